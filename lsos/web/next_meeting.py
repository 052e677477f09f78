"""The next meeting, as its owner needs it on their phone: who, when, where, why, and a question to begin with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lsos.checkin.deciding import EARLY_AT_TABLE
from lsos.checkin.queries import arrived_on, present_ids
from lsos.checkin.rules import is_overdue
from lsos.events.models import Event
from lsos.meetings.ice_breaker import asked_for, first_question
from lsos.meetings.models import Meeting
from lsos.meetings.nearby import FreeNow, free_instead
from lsos.meetings.portraits import fits
from lsos.meetings.rules import MeetingState, change_refusal
from lsos.meetings.walk_up_rules import due_at
from lsos.meetings.words import Vocabulary, in_words, vocabulary
from lsos.registration.models import Registration
from lsos.web.timetable import local_day

#: A meeting that is further away, with something else before it, is told in a line.
NEAR = timedelta(minutes=60)
EARLY = timedelta(milliseconds=EARLY_AT_TABLE)


@dataclass(frozen=True)
class AtTable:
    """How it stands at the table of a meeting that goes on: who is there, and who could be met instead."""

    am_present: bool
    #: The reader has sat there alone for some minutes.
    is_alone: bool
    instead: list[FreeNow]


@dataclass(frozen=True)
class Card:
    """All that is told of the next meeting."""

    meeting: Meeting
    other: Registration
    #: Whoever else sits there: colleagues that either side brings.
    beside: list[Registration]
    minutes_left: int
    is_on: bool
    #: It is told in full; else in a line.
    is_near: bool
    #: It can still be moved, handed over or called off by the reader.
    may_change: bool
    #: The reader was brought along, and can stay away.
    may_leave: bool
    why: list[str]
    question: str
    #: None before anybody can be noted as being there.
    at_table: AtTable | None


def next_of_today(meetings: Iterable[Meeting], event: Event, now: datetime) -> Meeting | None:
    """Find the meeting of today that goes on or comes next; `meetings` are in the order of time."""
    today = local_day(now, event.timezone)
    return next(
        (each for each in meetings if is_ahead(each, now) and local_day(each.starts_at, event.timezone) == today), None
    )


def is_ahead(meeting: Meeting, now: datetime) -> bool:
    """Say whether a meeting goes on or is to come, and nobody said that it does not take place."""
    return meeting.ends_at > now and meeting.state is not MeetingState.NO_SHOW


def minutes_until(moment: datetime, now: datetime) -> int:
    """Say in how many minutes something begins; a minute that has begun counts."""
    return -int((now - moment).total_seconds() // 60)


def card_of(event: Event, mine: Registration, meeting: Meeting, *, now: datetime, is_first: bool) -> Card:
    """Tell of a meeting of somebody's; `is_first` where they have nothing else before it."""
    other = meeting.other(mine.id)
    is_on = meeting.starts_at <= now
    is_near = is_on or is_first or meeting.starts_at - now <= NEAR
    is_open = meeting.state is MeetingState.SCHEDULED and not is_on
    is_of_the_two = meeting.is_of_the_two(mine.id)
    names = vocabulary(event.id) if is_near else Vocabulary()
    reasons = fits(event.id, mine.id, [other.id])[other.id].reasons if is_near else []
    return Card(
        meeting=meeting,
        other=other,
        beside=[one for side in meeting.sides for one in side if one.id not in {mine.id, other.id}],
        minutes_left=minutes_until(meeting.starts_at, now),
        is_on=is_on,
        is_near=is_near,
        may_change=is_of_the_two and change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) is None,
        may_leave=is_open and not is_of_the_two,
        why=in_words(reasons, other.person.name, names).in_favour,
        question=first_question(asked_for(meeting, mine.id), reasons, names) if is_near else "",
        at_table=_at_table(event, mine, meeting, names, now) if meeting.starts_at - EARLY <= now else None,
    )


def _at_table(event: Event, mine: Registration, meeting: Meeting, names: Vocabulary, now: datetime) -> AtTable:
    present = present_ids(meeting.id)
    due = due_at(meeting.starts_at, meeting.created_at)
    is_alone = is_overdue(due, meeting.ends_at, present=present, me=mine.id, now=now)
    arrived = arrived_on(event.id, local_day(now, event.timezone)) if is_alone else set()
    instead = free_instead(meeting, mine, arrived, names, now=now) if is_alone else []
    return AtTable(mine.id in present, is_alone, instead)
