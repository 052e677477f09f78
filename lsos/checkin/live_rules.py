"""How it stands at a table while its slot runs, and how full a place is, for the staff who look after them."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from lsos.checkin.rules import GRACE


class Standing(StrEnum):
    """How a meeting of this slot stands."""

    #: Everybody is there, or was.
    RUNNING = "running"
    #: Somebody is missing, and it has only just begun.
    BEGINNING = "beginning"
    #: Somebody waits for somebody.
    LATE = "late"
    #: Nobody was noted as being there.
    NOBODY = "nobody"
    #: It is known that it does not take place.
    OFF = "off"


#: What needs a hand stands first.
ORDER = (Standing.LATE, Standing.NOBODY, Standing.BEGINNING, Standing.RUNNING, Standing.OFF)


def standing(
    *, due_at: datetime, present: Collection[int], expected: Collection[int], is_held: bool, is_off: bool, now: datetime
) -> Standing:
    """Say how a meeting stands; `due_at` is from when on its people are expected."""
    if is_held or set(expected) <= set(present):
        return Standing.RUNNING
    if is_off:
        return Standing.OFF
    if now < due_at + GRACE:
        return Standing.BEGINNING
    return Standing.LATE if present else Standing.NOBODY


def minutes_late(due_at: datetime, now: datetime) -> int:
    """Say for how many minutes somebody has been missing."""
    return max(0, int((now - due_at).total_seconds() // 60))


class Crowd(StrEnum):
    """How full a place is."""

    #: Nobody said how many fit in.
    OPEN = "open"
    ROOM = "room"
    NEAR = "near"
    FULL = "full"
    OVER = "over"


#: From this share of its capacity on a place is nearly full.
NEARLY = 0.9


def crowd(inside: int, capacity: int | None) -> Crowd:
    """Say how full a place is."""
    if capacity is None:
        return Crowd.OPEN
    if inside > capacity:
        return Crowd.OVER
    if inside == capacity:
        return Crowd.FULL
    return Crowd.NEAR if inside >= NEARLY * capacity else Crowd.ROOM
