"""Letters that remind people of meetings ahead: so many minutes before, if they wish, and in the evening before."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from lsos import chores
from lsos.accounts.models import Person
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.mail import OutgoingMail
from lsos.meetings import mails
from lsos.meetings.ice_breaker import asked_for, first_question
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingPreference
from lsos.meetings.portraits import fits
from lsos.meetings.queries import whole_meetings
from lsos.meetings.reminder_rules import MINUTES, day_told, is_to_be_reminded
from lsos.meetings.rules import MeetingState
from lsos.meetings.words import vocabulary, where
from lsos.registration.letter_queries import for_letters
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.stepping import OF_A_WORKER, in_steps

SOON, EVENING = "meeting_soon", "meetings_tomorrow"


def write_due(*, now: datetime) -> int:
    """Write the reminders that are due, each once; any number of workers may call this at once."""
    soon = {reminder.meeting_uid: reminder.scope for reminder in _due(now=now)}
    days = _days_told(now=now)
    db.session.rollback()
    written = chores.each(Work.REMINDERS, soon.items(), partial(_write_soon, now=now), now=now)
    return written + chores.each(Work.REMINDERS, days.items(), partial(_write_evening, now=now), now=now)


# ---- so many minutes before


@dataclass(frozen=True)
class _Reminder:
    """Whom to remind of which meeting."""

    meeting_uid: str
    scope: str
    reader_id: int
    key: str


def _due(*, now: datetime, meeting_uid: str = "") -> list[_Reminder]:
    """List whom to remind now, of all meetings or of one; who was is left out."""
    statement = (
        select(
            Meeting.uid,
            Meeting.starts_at,
            Meeting.created_at,
            Event.slug,
            Registration.id,
            Registration.uid,
            MeetingPreference.letter_minutes,
        )
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .join(Registration, Registration.id == MeetingParticipant.registration_id)
        .join(MeetingPreference, MeetingPreference.registration_id == Registration.id)
        .join(Event, Event.id == Meeting.event_id)
        .where(
            Event.status == EventStatus.PUBLISHED,
            Registration.state == RegistrationState.CONFIRMED,
            MeetingPreference.letter_minutes > 0,
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at > now,
            Meeting.starts_at <= now + timedelta(minutes=max(MINUTES)),
        )
        .order_by(Meeting.starts_at, Meeting.id, Registration.id)
    )
    if meeting_uid:
        statement = statement.where(Meeting.uid == meeting_uid)
    found = [
        _Reminder(uid, slug, reader_id, f"{uid}:{starts_at.isoformat()}:{reader_uid}")
        for uid, starts_at, booked_at, slug, reader_id, reader_uid, minutes in db.session.execute(statement)
        if is_to_be_reminded(starts_at=starts_at, booked_at=booked_at, minutes=minutes, now=now)
    ]
    written = _written(SOON, [each.key for each in found])
    return [each for each in found if each.key not in written]


def _written(letter: str, keys: Sequence[str], *, at_once: int = 500) -> set[str]:
    """Say which letters of a kind are written already, by their keys."""
    found: set[str] = set()
    for start in range(0, len(keys), at_once):
        some = [f"{letter}:{key}" for key in keys[start : start + at_once]]
        found |= set(db.session.scalars(select(OutgoingMail.key).where(OutgoingMail.key.in_(some))))
    return {key.removeprefix(f"{letter}:") for key in found}


def _write_soon(uid: str, _scope: str, now: datetime) -> int:
    """Remind those who wish it of one meeting; while it is locked, nobody moves it or reminds of it."""
    questions = _questions(uid, [each.reader_id for each in _due(now=now, meeting_uid=uid)])
    with transaction() as session:
        meeting = session.scalar(
            whole_meetings()
            .where(Meeting.uid == uid)
            .with_for_update(of=Meeting, skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if meeting is None:
            return 0
        due = {each.reader_id: each.key for each in _due(now=now, meeting_uid=uid)}
        readers = [each for side in meeting.sides for each in side if each.id in due and each.id in questions]
        for reader in readers:
            mails.send(
                session,
                SOON,
                meeting.event,
                reader,
                key=due[reader.id],
                other=meeting.other(reader.id),
                meeting=meeting,
                others=_others(meeting, reader),
                where=where,
                question=questions[reader.id],
            )
    return len(readers)


def _questions(uid: str, reader_ids: Collection[int]) -> dict[int, Callable[[], str]]:
    """Find for each reader what could be asked first, before anything is locked; said in the language of the letter."""
    meeting = db.session.scalar(whole_meetings().where(Meeting.uid == uid))
    if meeting is None or not reader_ids:
        return {}
    names = vocabulary(meeting.event_id)
    found: dict[int, Callable[[], str]] = {}
    for reader_id in reader_ids:
        other = meeting.other(reader_id)
        reasons = fits(meeting.event_id, reader_id, [other.id])[other.id].reasons
        found[reader_id] = partial(first_question, asked_for(meeting, reader_id), list(reasons), names)
    return found


def _others(meeting: Meeting, reader: Registration) -> list[Registration]:
    """List whom somebody meets: one of the two first, then whom they bring."""
    return meeting.side(meeting.other(reader.id).id)


# ---- in the evening before


def _days_told(*, now: datetime) -> dict[str, str]:
    """Give the events whose meetings of tomorrow are told now, by public id, and their slugs."""
    rows = db.session.execute(
        select(Event.uid, Event.slug, Event.timezone)
        .join(Meeting, Meeting.event_id == Event.id)
        .where(
            Event.status == EventStatus.PUBLISHED,
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at > now,
            #: From the evening on, the end of the next day is no further away anywhere.
            Meeting.starts_at < now + timedelta(hours=31),
        )
        .distinct()
    )
    return {uid: slug for uid, slug, zone in rows if day_told(zone, now=now) is not None}


def _write_evening(uid: str, _scope: str, now: datetime) -> int:
    return in_steps(partial(_write_some, uid, now), OF_A_WORKER)


def _write_some(event_uid: str, now: datetime, rows: int) -> int:
    """Tell the next few of their meetings of tomorrow; who is told by another worker is passed over."""
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.uid == event_uid)).one()
        day = day_told(event.timezone, now=now)
        if day is None:
            return 0
        chosen = _unread(session, event, day, rows)
        #: Another worker may have written between the reading and the locking.
        written = _written(EVENING, [_key(each, day) for each in chosen])
        readers = [each for each in chosen if _key(each, day) not in written]
        meetings = _meetings_on(event, day, [each.id for each in readers])
        for reader in readers:
            own = meetings[reader.id]
            mails.send(
                session,
                EVENING,
                event,
                reader,
                key=_key(reader, day),
                other=own[0].other(reader.id),
                meeting=own[0],
                meetings=[(each, _others(each, reader)) for each in own],
                day=day,
                where=where,
            )
    return len(chosen)


def _key(reader: Registration, day: date) -> str:
    return f"{day.isoformat()}:{reader.uid}"


def _bounds(event: Event, day: date) -> tuple[datetime, datetime]:
    return moment(day, time(), event.timezone), moment(day + timedelta(days=1), time(), event.timezone)


def _unread(session: Session, event: Event, day: date, rows: int) -> list[Registration]:
    """Take the next few who have meetings on a day, wish the letter, have an address, and were not told yet."""
    begin, end = _bounds(event, day)
    has_meeting = (
        select(MeetingParticipant.meeting_id)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(
            MeetingParticipant.registration_id == Registration.id,
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at >= begin,
            Meeting.starts_at < end,
        )
        .exists()
    )
    told = select(OutgoingMail.id).where(OutgoingMail.key == f"{EVENING}:{day.isoformat()}:" + Registration.uid)
    found = session.scalars(
        select(Registration)
        .outerjoin(MeetingPreference, MeetingPreference.registration_id == Registration.id)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.CONFIRMED,
            func.coalesce(MeetingPreference.evening_letter, true()),
            Registration.person.has(Person.emails.any()),
            has_meeting,
            ~told.exists(),
        )
        .order_by(Registration.id)
        .limit(rows)
        .options(*for_letters())
        .with_for_update(of=Registration, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _meetings_on(event: Event, day: date, reader_ids: Iterable[int]) -> dict[int, list[Meeting]]:
    """Give, by person, their meetings of a day in the order of time."""
    begin, end = _bounds(event, day)
    wanted = set(reader_ids)
    theirs = select(MeetingParticipant.meeting_id).where(MeetingParticipant.registration_id.in_(wanted))
    found: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in db.session.scalars(
        whole_meetings()
        .where(
            Meeting.id.in_(theirs),
            Meeting.state == MeetingState.SCHEDULED,
            Meeting.starts_at >= begin,
            Meeting.starts_at < end,
        )
        .order_by(Meeting.starts_at, Meeting.id)
    ):
        for each in meeting.participants:
            if each.registration_id in wanted:
                found[each.registration_id].append(meeting)
    return found
