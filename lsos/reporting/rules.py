"""What can be said about a figure, and whose indicators these are."""

from enum import StrEnum

from lsos.errors import N_

#: The organisation that coordinates the cluster: its events are the cluster's own, its staff read the indicators.
CLUSTER_CODE = "klsk"


class Computability(StrEnum):
    """How far the platform's own records give an indicator."""

    FULL = "full"
    PARTIAL = "partial"
    MANUAL = "manual"


class NoteRefusal(StrEnum):
    """Why a figure cannot be typed in, in words for the one who types."""

    FUTURE = N_("This year has not begun yet. A figure can be noted for this year or an earlier one.")
    NO_SOURCE = N_("Say where the figure comes from; without its source it cannot be used.")


def note_refusal(*, year: int, source: str, this_year: int) -> NoteRefusal | None:
    """Say why a figure may not be noted for a year; None when it may."""
    if year > this_year:
        return NoteRefusal.FUTURE
    if not source.strip():
        return NoteRefusal.NO_SOURCE
    return None
