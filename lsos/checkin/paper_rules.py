"""The paper for when network or phones fail: when it is made, how desks share the alphabet, what a typed line says."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from lsos.errors import N_

#: From this time of the evening before, where the event is, the paper for a day is made by itself.
EVENING: Final = time(18)
DESKS_AT_MOST: Final = 9
#: What the id of a scan begins with that was ticked on paper; the rest makes it 22 letters, as every id is.
PREFIX: Final = "paper-"
_LETTERS_OF_AN_ID: Final = 16
#: So much later than our clock a time on paper may be: watches differ.
AHEAD: Final = timedelta(minutes=5)


def due_days(days: Iterable[date], *, closes: time, zone: str, now: datetime) -> list[date]:
    """List the days whose paper is due: from the evening before until the doors close, so that no hour is missed."""
    here = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return [
        day
        for day in days
        if datetime.combine(day - timedelta(days=1), EVENING) <= here <= datetime.combine(day, closes)
    ]


def share_out(counts: Sequence[tuple[str, int]], desks: int) -> list[list[str]]:
    """Give each desk letters that follow one another, so that the fullest desk has as few people as can be.

    Args:
        counts: each letter of the alphabet that is there, in order, with how many people have it.
        desks: between how many to share; fewer are used where there are fewer letters.
    """
    sizes = [number for _letter, number in counts]

    @cache
    def best(first: int, left: int) -> tuple[int, int]:
        """Give the fullest desk from a letter on, and where the next desk begins."""
        if left == 1:
            return sum(sizes[first:]), len(sizes)
        return min(
            (max(sum(sizes[first:end]), best(end, left - 1)[0]), end) for end in range(first + 1, len(sizes) - left + 2)
        )

    shared: list[list[str]] = []
    first = 0
    for left in range(min(desks, len(sizes)), 0, -1):
        end = best(first, left)[1]
        shared.append([letter for letter, _number in counts[first:end]])
        first = end
    return shared


def paper_uid(*parts: str) -> str:
    """Make the id of a scan from where it was written: the same file and line, the same id."""
    seed = "\x1f".join(parts).encode()
    return PREFIX + urlsafe_b64encode(hashlib.sha256(seed).digest())[:_LETTERS_OF_AN_ID].decode()


class LineRefusal(StrEnum):
    """Why a line ticked on paper cannot be taken, in words for whoever typed it."""

    NOBODY = N_("Nobody at this event has this code or name: %(said)s")
    SEVERAL = N_("%(number)s people are called %(said)s. Write the code that stands on the list.")
    EMPTY = N_("Neither a code nor a name stands here.")
    NO_TIME = N_("This is no time: %(said)s. Write it as 9:05, or with its day as 2027-11-25 9:05.")
    NO_POINT = N_("There is no such point at this event: %(said)s")
    AHEAD = N_("This time is still to come.")


def time_written(said: str, *, day: date, zone: str) -> datetime | None:
    """Read a time as it stands on paper: an hour of the day the paper is for, or a day and an hour; None for neither.

    An hour without its day is that of the paper.
    """
    words = said.strip().replace("T", " ").replace(",", " ").split()
    try:
        when = day if len(words) == 1 else date.fromisoformat(words[0])
        if not 1 <= len(words) <= 2:
            return None
        parts = [int(each) for each in words[-1].replace(".", ":").split(":")]
        if len(parts) not in {2, 3}:
            return None
        return datetime.combine(when, time(parts[0], parts[1]), ZoneInfo(zone))
    except (ValueError, IndexError):
        return None
