"""Whole editions: read from a file, or filled with invented people for a demonstration."""
