"""Benchmarks: what people wait for, measured beside the least that the same server can do."""
