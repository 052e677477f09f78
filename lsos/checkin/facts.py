"""What a decision asks, read from the database: of an event, of a point, of one guest or of everybody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import aliased, joinedload

from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.checkin.deciding import (
    DOORS,
    Day,
    EventFacts,
    GuestFacts,
    MeetingFacts,
    Past,
    PointFacts,
    SessionFacts,
    meeting_now,
)
from lsos.checkin.inside import Passing, inside
from lsos.checkin.models import MeetingPresence, Scan, ScanPoint
from lsos.checkin.queries import day_bounds, real_meetings
from lsos.checkin.rules import Direction, PointKind, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.questionnaires.queries import asked_at_the_door, asks_anything
from lsos.questionnaires.rules import AskedWhen
from lsos.registration.models import Registration
from lsos.registration.transfers import was_handed_on

#: Results that count something until they are taken back.
COUNTS = (ScanResult.ADMITTED, ScanResult.LEFT, ScanResult.PRESENT)
#: Where a session may be held for which a scan counts.
_WITH_SESSIONS = frozenset({PointKind.ROOM, PointKind.SESSION})


def milliseconds(at: datetime) -> int:
    """Give a moment as decisions know it: milliseconds since 1970, UTC."""
    return round(at.timestamp() * 1000)


def local_day(event: Event, at: datetime) -> date:
    """Give the date of a moment where the event is."""
    return at.astimezone(ZoneInfo(event.timezone)).date()


def is_door(point: ScanPoint) -> bool:
    """Say whether those who are scanned at a point have come in."""
    return point.kind is PointKind.DOOR


def event_facts(event: Event) -> EventFacts:
    """Say when an event is; with the days around it, since people try."""
    days = []
    day = event.starts_on - timedelta(days=1)
    while day <= event.ends_on + timedelta(days=1):
        begins, ends = (milliseconds(at) for at in day_bounds(day, event.timezone))
        days.append(Day(day.isoformat(), begins, ends))
        day += timedelta(days=1)
    return EventFacts(
        opens=milliseconds(moment(event.starts_on, event.doors_open, event.timezone)),
        closes=milliseconds(moment(event.ends_on, event.doors_close, event.timezone)),
        days=tuple(days),
    )


def counts_who_is_in(point: ScanPoint) -> bool:
    """Say whether it can be known who is in at a point: where people are scanned going out, or for a session."""
    return point.has_exit or point.kind in _WITH_SESSIONS


def point_facts(points: Collection[ScanPoint], *, now: datetime | None = None) -> dict[int, PointFacts]:
    """Give the rules of some points of one event, with what is held there; by their ids.

    With a moment they also know how many are in then, where so many fit in; a phone counts them by itself.
    """
    held = _sessions(points)
    full = [point for point in points if point.fits is not None and counts_who_is_in(point)]
    numbers = {each.id: len(found) for each, found in inside_points(full, held, now=now)} if now and full else {}
    fitting = {point.id: point.fits for point in full}
    return {
        point.id: PointFacts(
            code=point.code,
            kind=point.kind,
            admits=tuple(sorted(each.participation_type.code for each in point.types)),
            opens=milliseconds(point.opens_at) if point.opens_at else None,
            closes=_closes(point),
            repeat=point.repeat,
            sign_up=point.sign_up,
            has_exit=point.has_exit,
            sessions=tuple(held.get(point.id, ())),
            fits=fitting.get(point.id),
            inside=numbers.get(point.id, 0),
        )
        for point in points
    }


def inside_points(
    points: Collection[ScanPoint], held: Mapping[int, Sequence[SessionFacts]], *, now: datetime
) -> Iterable[tuple[ScanPoint, dict[int, int]]]:
    """Say of some points of one event who is in at a moment, and since when; all doors are one place.

    One query for all of them, of the scans there on the local day.
    """
    event = next((point.event for point in points), None)
    if event is None:
        return
    since, until = day_bounds(local_day(event, now), event.timezone)
    found: dict[str, list[Passing]] = {}
    for kind, code, who, at, direction, session in _passings(event.id, points, since, until):
        scope = DOORS if kind is PointKind.DOOR else code
        found.setdefault(scope, []).append(Passing(who, milliseconds(at), direction, session))
    for point in points:
        scope = DOORS if point.kind is PointKind.DOOR else point.code
        ends = {one.id: one.ends for one in held.get(point.id, ())}
        yield point, inside(found.get(scope, ()), at=milliseconds(now), ends=ends, empties=[milliseconds(until)])


def _passings(
    event_id: int, points: Collection[ScanPoint], since: datetime, until: datetime
) -> Iterable[tuple[PointKind, str, int, datetime, Direction, int | None]]:
    """Read the scans at some points of an event between two moments that let somebody in or out, and still count."""
    undo = aliased(Scan)
    has_door = any(point.kind is PointKind.DOOR for point in points)
    doors = ScanPoint.kind == PointKind.DOOR if has_door else false()
    here = or_(doors, ScanPoint.id.in_([point.id for point in points]))
    rows = db.session.execute(
        select(ScanPoint.kind, ScanPoint.code, Scan.registration_id, Scan.scanned_at, Scan.direction, Scan.session_id)
        .join(Scan.point)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.event_id == event_id,
            here,
            Scan.result.in_((ScanResult.ADMITTED, ScanResult.LEFT)),
            Scan.scanned_at >= since,
            Scan.scanned_at < until,
            undo.id.is_(None),
        )
        .order_by(Scan.scanned_at, Scan.id)
    )
    for kind, code, who, at, direction, session in rows:
        yield kind, code, who or 0, at, direction, session


def _closes(point: ScanPoint) -> int | None:
    """Say until when people are counted at a point; one that was closed for good counts who came before."""
    ends = [milliseconds(at) for at in (point.closes_at, point.closed_for_good_at) if at is not None]
    return min(ends, default=None)


def _sessions(points: Iterable[ScanPoint]) -> dict[int, list[SessionFacts]]:
    asked = [point for point in points if point.kind in _WITH_SESSIONS]
    rooms = {point.room_id: point.id for point in asked if point.kind is PointKind.ROOM and point.room_id is not None}
    alone = {point.session_id: point.id for point in asked if point.kind is PointKind.SESSION}
    found: dict[int, list[SessionFacts]] = {}
    if not rooms and not alone:
        return found
    held = db.session.scalars(
        select(Session)
        .where(or_(Session.room_id.in_(rooms), Session.id.in_(alone)), Session.starts_at.is_not(None))
        .order_by(Session.starts_at, Session.id)
    )
    for session in held:
        if session.when is None:
            continue
        begins, ends = milliseconds(session.when.starts_at), milliseconds(session.when.ends_at)
        facts = SessionFacts(session.id, begins, ends, session.takes_signups)
        for point_id in (rooms.get(session.room_id or 0), alone.get(session.id)):
            if point_id is not None:
                found.setdefault(point_id, []).append(facts)
    return found


def guest_facts(guest: Registration, point: PointFacts, at: datetime, *, is_revoked: bool = False) -> GuestFacts:
    """Say of one guest what a scan at a point asks; what it does not ask is not read."""
    meetings = real_meetings(guest.id, after=at) if point.kind is PointKind.TABLES else ()
    return GuestFacts(
        state=guest.state,
        kind=guest.participation_type.code,
        days=tuple(guest.participation_type.days),
        was_handed_on=was_handed_on(guest),
        is_revoked=is_revoked,
        signed_up=tuple(_signed_up(guest, [one.id for one in point.sessions if one.takes_signups])),
        meetings=tuple(meeting_facts(one) for one in meetings),
        has_note=bool(guest.desk_note),
        has_questions=asks_anything(guest.event_id, at=AskedWhen.CHECK_IN) and bool(asked_at_the_door(guest)),
    )


def meeting_facts(meeting: Meeting) -> MeetingFacts:
    """Say of a meeting what a scan at a table asks."""
    return MeetingFacts(
        meeting.id,
        milliseconds(meeting.starts_at),
        milliseconds(meeting.ends_at),
        meeting.table.number if meeting.table is not None else None,
        meeting.state is MeetingState.HELD,
    )


def meeting_for_scan(guest: Registration, *, now: datetime) -> Meeting | None:
    """Find the meeting that a scan of somebody would be for now."""
    theirs = {one.id: one for one in real_meetings(guest.id, after=now)}
    found = meeting_now([meeting_facts(one) for one in theirs.values()], milliseconds(now))
    return None if found is None else theirs[found.id]


def _signed_up(guest: Registration, session_ids: Collection[int]) -> list[int]:
    """Name those of some sessions that are somebody's: signed up for, or with a part in it."""
    if not session_ids:
        return []
    theirs = select(SessionSignup.session_id).where(
        SessionSignup.registration_id == guest.id, SessionSignup.session_id.in_(session_ids)
    )
    parts = select(SessionPerson.session_id).where(
        SessionPerson.person_id == guest.person_id, SessionPerson.session_id.in_(session_ids)
    )
    return sorted(db.session.scalars(theirs.union(parts)))


def past_of(guest: Registration) -> list[Past]:
    """List the scans of a guest that count, and still do."""
    return [past for _, past in _past(_standing().where(Scan.registration_id == guest.id))]


def past_of_all(event_id: int) -> dict[int, list[Past]]:
    """List the scans of everybody at an event that count, by registration."""
    found: dict[int, list[Past]] = {}
    for registration_id, past in _past(_standing().where(Scan.event_id == event_id)):
        found.setdefault(registration_id, []).append(past)
    return found


def _standing() -> Select[Scan, int | None]:
    undo = aliased(Scan)
    return (
        select(Scan, MeetingPresence.meeting_id)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .outerjoin(MeetingPresence, MeetingPresence.scan_id == Scan.id)
        .where(Scan.result.in_(COUNTS), undo.id.is_(None))
        .order_by(Scan.id)
        .options(joinedload(Scan.point))
    )


def _past(rows: Select[Scan, int | None]) -> Iterable[tuple[int, Past]]:
    for scan, meeting_id in db.session.execute(rows):
        scope = DOORS if scan.point.kind is PointKind.DOOR else f"at {scan.point.code}"
        at = milliseconds(scan.scanned_at)
        past = Past(scan.uid, at, scope, scan.point.code, scan.direction, session=scan.session_id, meeting=meeting_id)
        yield scan.registration_id or 0, past
