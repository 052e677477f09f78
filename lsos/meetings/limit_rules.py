"""How many meetings one person may have, in all and on one day: the one rule that every door asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lsos.meetings.rules import BookingRefusal


@dataclass(frozen=True)
class Most:
    """So many meetings at most; None sets no bound."""

    in_all: int | None = None
    a_day: int | None = None


#: Nobody said anything.
UNBOUNDED = Most()


def most_of(of_event: Most, of_type: Most = UNBOUNDED, own: Most = UNBOUNDED) -> Most:
    """Say how many meetings somebody may have: their way to take part has the first word, and they may want fewer."""
    return Most(
        _least(of_event.in_all if of_type.in_all is None else of_type.in_all, own.in_all),
        _least(of_event.a_day if of_type.a_day is None else of_type.a_day, own.a_day),
    )


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def limit_refusal(had: Mapping[date, int], most: Most, day: date | None = None) -> BookingRefusal | None:
    """Say why somebody with so many meetings, by day, may not have another on a day; None when they may.

    Without a day, only what they may have in all counts.
    """
    if most.in_all is not None and sum(had.values()) >= most.in_all:
        return BookingRefusal.TOO_MANY
    if day is not None and most.a_day is not None and had.get(day, 0) >= most.a_day:
        return BookingRefusal.TOO_MANY_THAT_DAY
    return None
