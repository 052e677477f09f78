"""Certificates of attendance: who gets one, what stands on it, and the number under which anybody can check it."""
