"""Blocks of time for 1:1 meetings: into which slots one is cut, and why it cannot be as it is wished."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from lsos.errors import N_

#: A slot: when it starts and when it ends.
Time = tuple[datetime, datetime]


class TimesRefusal(StrEnum):
    """Why a block of time cannot be made, changed or taken away, in words for the organiser."""

    TOO_SHORT = N_("No slot fits between these times. Choose a later end, or shorter slots.")
    OVERLAPS = N_("Another block of time is at these hours. Change that one, or choose other times.")
    HAS_MEETINGS = N_(
        "%(count)s meetings are in slots that there would be no more. Move or cancel them first. Nothing was changed."
    )
    NO_SUCH_BLOCK = N_("There is no such block of time. Somebody took it away meanwhile.")


def slot_times(starts_at: datetime, ends_at: datetime, *, slot_minutes: int, buffer_minutes: int) -> list[Time]:
    """Cut a block into slots of one length with a pause between two; what is left at its end stays empty."""
    length, step = timedelta(minutes=slot_minutes), timedelta(minutes=slot_minutes + buffer_minutes)
    found, at = [], starts_at
    while at + length <= ends_at:
        found.append((at, at + length))
        at += step
    return found


def overlap(one: Time, other: Time) -> bool:
    """Say whether two times share a moment; one may begin as the other ends."""
    return one[0] < other[1] and other[0] < one[1]


def times_refusal(wanted: Collection[Time], others: Collection[Time]) -> TimesRefusal | None:
    """Say why slots cannot be at these times, beside those of other blocks; None when they can."""
    if not wanted:
        return TimesRefusal.TOO_SHORT
    if any(overlap(one, other) for one in wanted for other in others):
        return TimesRefusal.OVERLAPS
    return None
