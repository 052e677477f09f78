"""Moving a demonstration to other days: every moment goes along, and clocks on the wall keep showing the same."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.orm import Session as DatabaseSession

from lsos import audit
from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.checkin.models import Arrival, MeetingPresence, Scan, SessionAttendance
from lsos.checkin.rows import COUNTS
from lsos.checkin.rules import ScanResult, UndoReason
from lsos.db import transaction
from lsos.drafting.moving import shift_draft
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, PersonAway, Room, RoomHours
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.models import Meeting, MeetingBlock, MeetingRequest, MeetingSlot
from lsos.meetings.rules import MeetingState, RequestState
from lsos.proposals.models import ProposalCall, SpeakerProfile
from lsos.proposals.review_models import ReviewPhase
from lsos.registration.models import ParticipationType, Registration
from lsos.zone.models import PitchSlot, ZoneCall


def later(at: datetime, days: int, zone: str) -> datetime:
    """Give the moment whole days later when clocks of a zone show the same time, over a change of clocks too."""
    return (at.astimezone(ZoneInfo(zone)) + timedelta(days=days)).astimezone(UTC)


def move_edition(event: Event, first_day: date, *, now: datetime) -> Event:
    """Let a demonstration begin on another day: programme, slots and meetings go along, the doors start anew.

    Raises:
        NotFound: the event is not there any more.
        Refused: it is no demonstration.
    """
    with transaction() as session:
        found = session.scalar(select(Event).where(Event.id == event.id).with_for_update())
        if found is None:
            raise NotFound(N_("There is no event %(event)s any more."), event=event.slug)
        if not is_demonstration(session, found):
            raise Refused(
                N_("%(event)s is not a demonstration: real people registered for it. Its dates stay as they are."),
                event=found.slug,
            )
        shift(session, found, (first_day - found.starts_on).days, now=now)
        day = found.starts_on.isoformat()
        audit.record(session, "event.moved", actor_id=None, scope=found.slug, object_uid=found.uid, first_day=day)
    return found


def is_demonstration(session: DatabaseSession, event: Event) -> bool:
    """Say whether an event was moved before, has invented people, or has nobody at all."""
    people = select(Person.is_invented).join(Registration).where(Registration.event_id == event.id).distinct()
    kinds = set(session.scalars(people))
    return bool(event.moved_days) or not kinds or True in kinds


def shift(session: DatabaseSession, event: Event, days: int, *, now: datetime) -> None:
    """Move everything of an event by so many days, within a change under way."""
    if not days:
        return
    event.starts_on, event.ends_on = event.starts_on + timedelta(days=days), event.ends_on + timedelta(days=days)
    event.moved_days += days
    for opening in ("registration_opens_at", "registration_closes_at"):
        at = getattr(event, opening)
        if at is not None:
            setattr(event, opening, later(at, days, event.timezone))
    for kind in session.scalars(select(ParticipationType).where(ParticipationType.event_id == event.id)):
        kind.days = [(date.fromisoformat(day) + timedelta(days=days)).isoformat() for day in kind.days]
    session.flush()

    _take_back_attendance(session, event, now)
    is_open = (MeetingRequest.event_id == event.id) & (MeetingRequest.state == RequestState.OPEN)
    _move(session, event, days, Session.event_id == event.id, Session.starts_at, Session.ends_at)
    _move(session, event, days, Session.event_id == event.id, Session.signup_opens_at)
    of_event = RoomHours.room_id.in_(select(Room.id).where(Room.event_id == event.id))
    _move(session, event, days, of_event, RoomHours.starts_at, RoomHours.ends_at)
    _move(session, event, days, PersonAway.event_id == event.id, PersonAway.starts_at, PersonAway.ends_at)
    shift_draft(session, event.id, lambda at: later(at, days, event.timezone))
    _move_proposals(session, event, days)
    _move_zone(session, event, days)
    _move(session, event, days, MeetingSlot.event_id == event.id, MeetingSlot.starts_at, MeetingSlot.ends_at)
    _move(session, event, days, MeetingBlock.event_id == event.id, MeetingBlock.starts_at, MeetingBlock.ends_at)
    _move(session, event, days, Meeting.event_id == event.id, Meeting.starts_at, Meeting.ends_at)
    _move(session, event, days, is_open, MeetingRequest.expires_at)
    session.execute(update(Meeting).where(Meeting.event_id == event.id).values(sequence=Meeting.sequence + 1))
    session.expire_all()


def _move_proposals(session: DatabaseSession, event: Event, days: int) -> None:
    """Move the call, when it is reviewed, and the days on which speakers can come."""
    _move(session, event, days, ProposalCall.event_id == event.id, ProposalCall.opens_at, ProposalCall.closes_at)
    of_event = ReviewPhase.call_id.in_(select(ProposalCall.id).where(ProposalCall.event_id == event.id))
    _move(session, event, days, of_event, ReviewPhase.opens_at, ReviewPhase.closes_at)
    for call in session.scalars(select(ProposalCall).where(ProposalCall.event_id == event.id)):
        call.confirm_by = call.confirm_by and call.confirm_by + timedelta(days=days)
    for profile in session.scalars(select(SpeakerProfile).where(SpeakerProfile.event_id == event.id)):
        moved = {day: (date.fromisoformat(day) + timedelta(days=days)).isoformat() for day in profile.days}
        profile.hours = {moved[day]: hours for day, hours in profile.hours.items() if day in moved}
        profile.days = list(moved.values())


def _move_zone(session: DatabaseSession, event: Event, days: int) -> None:
    """Move the calls for applications to zones, the pitches, and until when the needs of stands are said."""
    _move(session, event, days, ZoneCall.event_id == event.id, ZoneCall.opens_at, ZoneCall.closes_at)
    of_event = PitchSlot.call_id.in_(select(ZoneCall.id).where(ZoneCall.event_id == event.id))
    _move(session, event, days, of_event, PitchSlot.starts_at, PitchSlot.ends_at)
    for call in session.scalars(select(ZoneCall).where(ZoneCall.event_id == event.id)):
        call.needs_by = call.needs_by and call.needs_by + timedelta(days=days)


def _move(
    session: DatabaseSession, event: Event, days: int, where: Any, first: InstrumentedAttribute[Any], *more: Any
) -> None:
    """Move the moments of rows, beginning at the end where nothing stands in the way, so that unique times stay so."""
    table, moments = first.class_.__table__, (first, *more)
    rows = session.execute(select(first.class_.id, *moments).where(where, first.is_not(None))).all()
    changes = [
        {"row": row[0]} | {m.key: later(at, days, event.timezone) for m, at in zip(moments, row[1:], strict=True)}
        for row in sorted(rows, key=lambda row: row[1], reverse=days > 0)
    ]
    if changes:
        values: dict[str, Any] = {m.key: bindparam(m.key) for m in moments}
        session.connection().execute(update(table).where(table.c.id == bindparam("row")).values(values), changes)


def _take_back_attendance(session: DatabaseSession, event: Event, now: datetime) -> None:
    """Take back, by scans that say so, every scan that let somebody in; nobody is there and no meeting was held."""
    undo = aliased(Scan)
    standing = session.execute(
        select(Scan.id, Scan.point_id, Scan.code, Scan.registration_id)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.event_id == event.id,
            Scan.result.in_(COUNTS),
            undo.id.is_(None),
        )
    ).all()
    if standing:
        same = {"event_id": event.id, "result": ScanResult.UNDONE, "reason": UndoReason.MISTAKE.name}
        session.execute(
            insert(Scan),
            [
                same
                | {"undoes_id": row.id, "point_id": row.point_id, "code": row.code}
                | {"registration_id": row.registration_id, "scanned_at": now, "received_at": now}
                for row in standing
            ],
        )
    session.execute(delete(Arrival).where(Arrival.event_id == event.id))
    held = select(Session.id).where(Session.event_id == event.id).scalar_subquery()
    session.execute(delete(SessionAttendance).where(SessionAttendance.session_id.in_(held)))
    of_event = select(Meeting.id).where(Meeting.event_id == event.id).scalar_subquery()
    session.execute(delete(MeetingPresence).where(MeetingPresence.meeting_id.in_(of_event)))
    session.execute(delete(MeetingFeedback).where(MeetingFeedback.meeting_id.in_(of_event)))
    session.execute(
        update(Meeting)
        .where(Meeting.event_id == event.id, Meeting.state.in_((MeetingState.HELD, MeetingState.NO_SHOW)))
        .values(state=MeetingState.SCHEDULED, outcome_id=None)
    )
