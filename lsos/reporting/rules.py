"""What can be said about a figure."""

from enum import StrEnum


class Computability(StrEnum):
    """How far the platform's own records give an indicator."""

    FULL = "full"
    PARTIAL = "partial"
    MANUAL = "manual"
