"""Reads of what people say of their meetings; a private row is read by its writer's pages only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_rules import Impression, Said, is_disputed
from lsos.meetings.models import Meeting
from lsos.meetings.queries import whole_meetings
from lsos.meetings.rules import MeetingState

#: Reminders go out in the morning, where the event is.
MORNING = time(8)


@dataclass(frozen=True)
class Contact:
    """What somebody gave the other after both had said that they want to stay in touch."""

    email: str
    phone: str


def own_feedback(registration_id: int, meeting_ids: Collection[int]) -> dict[int, MeetingFeedback]:
    """Give, by meeting, what somebody said and keeps of their meetings."""
    found = db.session.scalars(
        select(MeetingFeedback)
        .where(MeetingFeedback.registration_id == registration_id, MeetingFeedback.meeting_id.in_(meeting_ids))
        .options(joinedload(MeetingFeedback.said_outcome))
    )
    return {one.meeting_id: one for one in found}


def said_of(session: Session, meeting_id: int) -> list[Said]:
    """List what was said of a meeting, in the transaction that decides where it stands."""
    return [
        one.said for one in session.scalars(select(MeetingFeedback).where(MeetingFeedback.meeting_id == meeting_id))
    ]


def contacts(registration_id: int, meetings: Collection[Meeting]) -> dict[int, Contact]:
    """Give, by meeting, how the other can be reached, where both said yes; a yes of one alone is told to nobody."""
    mine, theirs = aliased(MeetingFeedback), aliased(MeetingFeedback)
    rows = db.session.execute(
        select(mine.meeting_id, theirs.phone)
        .join(theirs, (theirs.meeting_id == mine.meeting_id) & (theirs.registration_id != mine.registration_id))
        .where(
            mine.registration_id == registration_id,
            mine.meeting_id.in_([meeting.id for meeting in meetings]),
            mine.wants_contact,
            theirs.wants_contact,
        )
    )
    phones: dict[int, str] = {row.meeting_id: row.phone for row in rows}
    return {
        meeting.id: Contact(meeting.other(registration_id).person.email, phones[meeting.id])
        for meeting in meetings
        if meeting.id in phones
    }


def disputed(event_id: int) -> list[tuple[Meeting, int]]:
    """List the meetings of which the two say different things, with who says that they met, the earliest first."""
    met, missed = aliased(MeetingFeedback), aliased(MeetingFeedback)
    rows = db.session.execute(
        whole_meetings()
        .add_columns(met.registration_id)
        .join(met, met.meeting_id == Meeting.id)
        .join(missed, missed.meeting_id == Meeting.id)
        .where(
            Meeting.event_id == event_id,
            Meeting.state == MeetingState.SCHEDULED,
            missed.impression == Impression.MISSED,
            or_(met.impression != Impression.MISSED, met.said_outcome_id.is_not(None)),
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [(row[0], row[1]) for row in rows]


def is_disputed_now(session: Session, meeting: Meeting) -> bool:
    """Say whether a meeting waits for the organiser's word."""
    return meeting.state is MeetingState.SCHEDULED and is_disputed(said_of(session, meeting.id))


def due_reminders(*, now: datetime, limit: int) -> list[MeetingFeedback]:
    """List whom a letter should remind of a meeting by now, the longest due first."""
    found = db.session.execute(
        select(MeetingFeedback, Event.timezone)
        .join(MeetingFeedback.meeting)
        .join(Event, Event.id == Meeting.event_id)
        .where(
            MeetingFeedback.follow_up_on <= _latest_day(now),
            MeetingFeedback.reminded_at.is_(None),
        )
        .order_by(MeetingFeedback.follow_up_on, MeetingFeedback.meeting_id, MeetingFeedback.registration_id)
        .limit(limit)
    )
    return [row for row, zone in found if row.follow_up_on and moment(row.follow_up_on, MORNING, zone) <= now]


def _latest_day(now: datetime) -> date:
    """Give the latest day on which it is morning anywhere by now: clocks in the far east go fourteen hours ahead."""
    return (now.astimezone(UTC) + timedelta(hours=14)).date()
