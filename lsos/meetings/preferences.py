"""What people wish for their meetings and days: read, and said as the core understands it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lsos.db import db
from lsos.matchmaking.days import DayWish, Half
from lsos.meetings.direct_rules import Bookable
from lsos.meetings.models import MeetingPreference, MeetingSlot
from lsos.meetings.reminder_rules import RINGS

#: Whoever wishes time for lunch has a slot free between these, wherever the event has slots then.
LUNCH = (time(12), time(14))
NOON = time(12)


@dataclass(frozen=True)
class Preference:
    """What somebody wishes; by itself, nothing but to be reminded. The names are those of the columns."""

    bookable: Bookable = Bookable.EVERYBODY
    no_waiting: bool = False
    compact: bool = False
    half: Half | None = None
    rest_after: int | None = None
    keeps_lunch: bool = False
    most_meetings: int | None = None
    most_a_day: int | None = None
    alarm_minutes: int = RINGS
    letter_minutes: int = 0
    evening_letter: bool = True


NAMES = tuple(each.name for each in fields(Preference))


def preferences_of(registration_ids: Collection[int]) -> dict[int, Preference]:
    """Give what each wishes, of those who said anything."""
    rows = db.session.execute(
        select(MeetingPreference.registration_id, *(getattr(MeetingPreference, name) for name in NAMES)).where(
            MeetingPreference.registration_id.in_(registration_ids)
        )
    )
    return {row[0]: Preference(*row[1:]) for row in rows}


def preference_of(registration_id: int) -> Preference:
    """Give what somebody wishes."""
    return preferences_of([registration_id]).get(registration_id, Preference())


def mornings(slots: Sequence[MeetingSlot], days: Sequence[int], zone: str) -> tuple[int, ...]:
    """Count, for each day, its slots before noon; `days` counts the slots of each day, in the order of time."""
    found, rest = [], iter(slots)
    for length in days:
        found.append(sum(_clock(next(rest), zone) < NOON for _ in range(length)))
    return tuple(found)


def day_wishes(wished: Mapping[int, Preference], slots: Sequence[MeetingSlot], zone: str) -> dict[int, DayWish]:
    """Say to the core what people wish for their days; who wishes nothing is left out. Slots are numbered in order."""
    lunch = frozenset(number for number, slot in enumerate(slots) if LUNCH[0] <= _clock(slot, zone) < LUNCH[1])
    said = {
        registration_id: DayWish(
            no_waiting=one.no_waiting,
            most_in_a_row=one.rest_after,
            compact=one.compact,
            half=one.half,
            lunch=lunch if one.keeps_lunch else frozenset(),
        )
        for registration_id, one in wished.items()
    }
    return {registration_id: wish for registration_id, wish in said.items() if wish != DayWish()}


def _clock(slot: MeetingSlot, zone: str) -> time:
    return slot.starts_at.astimezone(ZoneInfo(zone)).time()
