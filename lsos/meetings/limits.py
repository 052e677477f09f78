"""Reads of how many meetings people have and may have; a constant number of statements for however many people."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate

from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.matchmaking.problem import Limit
from lsos.meetings.limit_rules import Most, limit_refusal, most_of
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingPreference, MeetingSettings
from lsos.meetings.places import local_day, states_that_count
from lsos.meetings.rules import BookingRefusal
from lsos.registration.models import ParticipationType, Registration


@dataclass(frozen=True)
class Budget:
    """How many meetings somebody may have, and how many they have, by day.

    Attributes:
        zone: in which days are counted.
    """

    most: Most
    zone: str
    had: Counter[date] = field(default_factory=Counter)

    def refusal(self, at: datetime | None = None) -> BookingRefusal | None:
        """Say why they may not have another at a moment, or at all; None when they may."""
        return limit_refusal(self.had, self.most, local_day(at, self.zone) if at else None)

    def refuses_move(self, was_at: datetime, at: datetime) -> bool:
        """Say whether the day of a moment is full for a meeting that comes from another; it is not counted here."""
        day = local_day(at, self.zone)
        if day == local_day(was_at, self.zone):
            return False
        return limit_refusal(self.had, Most(a_day=self.most.a_day), day) is not None

    def take(self, at: datetime) -> None:
        """Count one more."""
        self.had[local_day(at, self.zone)] += 1

    def move(self, was_at: datetime, at: datetime) -> None:
        """Count one on another day."""
        self.had[local_day(was_at, self.zone)] -= 1
        self.take(at)


def limits_of(registration_ids: Collection[int]) -> dict[int, Budget]:
    """Give, for each registration, how many meetings it may have, as if it had none."""
    rows = db.session.execute(
        select(
            Registration.id,
            Event.timezone,
            MeetingSettings.max_per_person,
            MeetingSettings.max_per_day,
            ParticipationType.max_meetings,
            ParticipationType.max_meetings_a_day,
            MeetingPreference.most_meetings,
            MeetingPreference.most_a_day,
        )
        .join(Event, Event.id == Registration.event_id)
        .join(MeetingSettings, MeetingSettings.event_id == Event.id)
        .join(Registration.participation_type)
        .outerjoin(MeetingPreference, MeetingPreference.registration_id == Registration.id)
        .where(Registration.id.in_(registration_ids))
    )
    return {
        registration_id: Budget(most_of(Most(*of_event), Most(*of_type), Most(*own)), zone)
        for registration_id, zone, *numbers in rows
        for of_event, of_type, own in [(numbers[:2], numbers[2:4], numbers[4:])]
    }


def budgets(
    registration_ids: Collection[int], *, with_drafts: bool = False, but: int | None = None
) -> dict[int, Budget]:
    """Give, for each registration, how many meetings it may have and has; drafts count on request, `but` does not."""
    found = limits_of(registration_ids)
    rows = db.session.execute(
        select(MeetingParticipant.registration_id, Meeting.starts_at)
        .join(MeetingParticipant.meeting)
        .where(
            MeetingParticipant.registration_id.in_(registration_ids),
            Meeting.state.in_(states_that_count(with_drafts=with_drafts)),
            *([Meeting.id != but] if but is not None else []),
        )
    )
    for registration_id, starts_at in rows:
        if registration_id in found:
            found[registration_id].take(starts_at)
    return found


def most_in_all(registration_id: int) -> int | None:
    """Say how many meetings somebody may have in all; None where nothing bounds them."""
    found = limits_of([registration_id]).get(registration_id)
    return found.most.in_all if found else None


def limits_by_day(
    most: Mapping[int, Most],
    available: Mapping[int, Collection[int]],
    days: Sequence[int],
    had: Mapping[int, Collection[int]],
) -> Iterator[Limit]:
    """Put before the core how many meetings people may have on a day, where they could have more.

    Slots are numbered in the order of time, and `days` counts those of each day. What they had stays, even where it is
    more than they may have.
    """
    for end, length in zip(accumulate(days), days, strict=True):
        day = frozenset(range(end - length, end))
        for person, may in most.items():
            if may.a_day is not None and len(day.intersection(available.get(person, ()))) > may.a_day:
                yield Limit(person, max(may.a_day, len(day.intersection(had.get(person, ())))), slots=day)


def first_refusal(of: Iterable[Budget], at: datetime | None = None) -> BookingRefusal | None:
    """Say why one of several people may not have another meeting at a moment, or at all; None when all may."""
    return next((why for each in of if (why := each.refusal(at)) is not None), None)
