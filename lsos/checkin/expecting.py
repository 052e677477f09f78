"""How many people are expected by when: a plain model that gives a range, and says what it rests on.

Everybody with a place for the day has a stretch of time in which they come, if they come. Where the event had an
earlier day, its arrivals give the hours; else what somebody signed up for first does. How many come at all is a share
from the earlier day, from earlier events, or, where there are none, assumed. Nobody is expected by name.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, floor
from typing import Final

#: Whoever comes for something comes at most so long before it, and so long after it began.
BEFORE: Final = timedelta(minutes=60)
AFTER: Final = timedelta(minutes=15)
#: Whoever signed up for nothing comes within so long after the programme began.
WITHOUT_PLAN: Final = timedelta(hours=3)
#: Hours of an earlier day hold to within so much.
AROUND: Final = timedelta(minutes=20)
#: With fewer arrivals a day says nothing about hours, nor about how many come.
LEAST: Final = 20
#: Where nothing is known: of those who register for events without a fee, so many come.
ASSUMED: Final = (0.5, 0.9)
#: What one day or a few events tell is never exact.
MARGIN_OF_DAY, MARGIN_OF_EVENTS = 0.10, 0.05


class Basis(StrEnum):
    """What an expectation rests on."""

    DAY = "day"
    EVENTS = "events"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Turnout:
    """Which share of those with a place comes: from, to, and how that is known."""

    low: float
    high: float
    basis: Basis


@dataclass(frozen=True)
class Stretch:
    """In which time somebody comes, if they come."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Expected:
    """So many people are expected by a moment, from and to."""

    at: datetime
    low: int
    high: int


def turnout(day: tuple[int, int] | None, events: Sequence[tuple[int, int]]) -> Turnout:
    """Say which share comes.

    Args:
        day: how many came on the event's last full day, of how many with a place for it; None on the first.
        events: the same of earlier events, each; those to which nobody was scanned are not among them.
    """
    if day is not None and day[0] >= LEAST and day[1]:
        share = day[0] / day[1]
        return _within(share - MARGIN_OF_DAY, share + MARGIN_OF_DAY, Basis.DAY)
    shares = [came / placed for came, placed in events if placed and came >= LEAST]
    if shares:
        return _within(min(shares) - MARGIN_OF_EVENTS, max(shares) + MARGIN_OF_EVENTS, Basis.EVENTS)
    return Turnout(*ASSUMED, Basis.ASSUMED)


def _within(low: float, high: float, basis: Basis) -> Turnout:
    return Turnout(max(low, 0.0), min(high, 1.0), basis)


def by_plan(first: Iterable[datetime | None], *, opens_at: datetime, begins_at: datetime | None) -> list[Stretch]:
    """Say when people come by what they signed up for first.

    Args:
        first: for each person when that begins; None for who signed up for nothing that day.
        opens_at: when doors open.
        begins_at: when the programme of the day begins; None while it is not known.
    """
    start = begins_at or opens_at
    without = Stretch(max(opens_at, start - BEFORE), max(opens_at, start) + WITHOUT_PLAN)
    return [
        without if one is None else Stretch(max(opens_at, one - BEFORE), max(opens_at, one) + AFTER) for one in first
    ]


def by_day(people: int, earlier: Sequence[timedelta], *, opens_at: datetime) -> list[Stretch]:
    """Say when so many people come by an earlier day, of which `earlier` are the arrivals, from its opening on."""
    offsets = sorted(earlier)
    moments = [opens_at + offsets[place * len(offsets) // people] for place in range(people)]
    return [Stretch(one - AROUND, one + AROUND) for one in moments]


def expected(stretches: Sequence[Stretch], share: Turnout, moments: Iterable[datetime]) -> list[Expected]:
    """Say how many are expected by each of some moments: who must have come by then, and who may have."""
    earliest = sorted(one.earliest for one in stretches)
    latest = sorted(one.latest for one in stretches)
    return [
        Expected(at, floor(share.low * bisect_right(latest, at)), ceil(share.high * bisect_right(earliest, at)))
        for at in moments
    ]
