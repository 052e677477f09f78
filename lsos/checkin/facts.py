"""What a decision asks, read from the database: of an event, of a point, of one guest or of everybody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import false, or_, select
from sqlalchemy.orm import aliased

from lsos.agenda.models import SessionPerson, SessionSignup
from lsos.checkin import rows
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
from lsos.checkin.models import Scan, ScanPoint
from lsos.checkin.queries import day_bounds
from lsos.checkin.rows import Ahead, Guest, Held, Standing
from lsos.checkin.rules import Direction, PointKind, Repeat, ScanResult, SignUpRule
from lsos.db import db
from lsos.events.rules import moment
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.questionnaires.queries import asked_at_the_door
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.transfers import handed_on_to

#: Where a session may be held for which a scan counts.
_WITH_SESSIONS = frozenset({PointKind.ROOM, PointKind.SESSION})


class Ending(Protocol):
    """An event, or a row that says when it ends."""

    @property
    def ends_on(self) -> date: ...
    @property
    def doors_close(self) -> time: ...
    @property
    def timezone(self) -> str: ...


class Timed(Ending, Protocol):
    """An event, or a row with all its times."""

    @property
    def starts_on(self) -> date: ...
    @property
    def doors_open(self) -> time: ...


class Ruled(Protocol):
    """A point with its rule: of the session, or a row."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> PointKind: ...
    @property
    def room_id(self) -> int | None: ...
    @property
    def session_id(self) -> int | None: ...
    @property
    def opens_at(self) -> datetime | None: ...
    @property
    def closes_at(self) -> datetime | None: ...
    @property
    def closed_for_good_at(self) -> datetime | None: ...
    @property
    def repeat(self) -> Repeat: ...
    @property
    def sign_up(self) -> SignUpRule: ...
    @property
    def has_exit(self) -> bool: ...
    @property
    def fits(self) -> int | None: ...
    @property
    def admits(self) -> tuple[str, ...]: ...


def milliseconds(at: datetime) -> int:
    """Give a moment as decisions know it: milliseconds since 1970, UTC."""
    return round(at.timestamp() * 1000)


def local_day(event: Timed, at: datetime) -> date:
    """Give the date of a moment where the event is."""
    return at.astimezone(ZoneInfo(event.timezone)).date()


def is_door(point: Ruled) -> bool:
    """Say whether those who are scanned at a point have come in."""
    return point.kind is PointKind.DOOR


def event_facts(event: Timed) -> EventFacts:
    """Say when an event is; with the days around it, since people try."""
    return _event_facts(event.starts_on, event.ends_on, event.doors_open, event.doors_close, event.timezone)


@lru_cache(maxsize=64)
def _event_facts(starts_on: date, ends_on: date, doors_open: time, doors_close: time, timezone: str) -> EventFacts:
    days = []
    day = starts_on - timedelta(days=1)
    while day <= ends_on + timedelta(days=1):
        begins, ends = (milliseconds(at) for at in day_bounds(day, timezone))
        days.append(Day(day.isoformat(), begins, ends))
        day += timedelta(days=1)
    return EventFacts(
        opens=milliseconds(moment(starts_on, doors_open, timezone)),
        closes=milliseconds(moment(ends_on, doors_close, timezone)),
        days=tuple(days),
    )


def counts_who_is_in(point: Ruled) -> bool:
    """Say whether it can be known who is in at a point: where people are scanned going out, or for a session."""
    return point.has_exit or point.kind in _WITH_SESSIONS


def held_at(points: Collection[Ruled]) -> dict[int, list[Held]]:
    """List what is held where badges are scanned, by the ids of some points, the first first."""
    asked = [point for point in points if point.kind in _WITH_SESSIONS]
    in_rooms = {
        point.room_id: point.id for point in asked if point.kind is PointKind.ROOM and point.room_id is not None
    }
    alone = {point.session_id: point.id for point in asked if point.session_id is not None}
    found: dict[int, list[Held]] = {}
    if in_rooms or alone:
        for one in rows.held(db.session.connection(), in_rooms, alone):
            for point_id in (in_rooms.get(one.room_id or 0), alone.get(one.id)):
                if point_id is not None:
                    found.setdefault(point_id, []).append(one)
    return found


def session_facts(held: Held) -> SessionFacts:
    """Say of a session what a scan asks."""
    return SessionFacts(held.id, milliseconds(held.starts_at), milliseconds(held.ends_at), held.takes_signups)


def point_facts(point: Ruled, held: Sequence[Held] = (), *, inside: int = 0) -> PointFacts:
    """Give the rule of a point, with what is held there, and how many are in where so many fit in.

    A phone counts who is in by itself.
    """
    return PointFacts(
        code=point.code,
        kind=point.kind,
        admits=point.admits,
        opens=milliseconds(point.opens_at) if point.opens_at else None,
        closes=_closes(point),
        repeat=point.repeat,
        sign_up=point.sign_up,
        has_exit=point.has_exit,
        sessions=tuple(session_facts(one) for one in held),
        fits=point.fits if counts_who_is_in(point) else None,
        inside=inside,
    )


def inside_points(
    event_id: int, zone: str, points: Collection[Ruled], held: Mapping[int, Sequence[Held]], *, now: datetime
) -> dict[int, dict[int, int]]:
    """Say of some points of an event, by their ids, who is in at a moment, and since when; all doors are one place.

    One query for all of them, of the scans there on the local day.
    """
    since, until = day_bounds(now.astimezone(ZoneInfo(zone)).date(), zone)
    found: dict[str, list[Passing]] = {}
    for kind, code, who, at, direction, session in _passings(event_id, points, since, until):
        scope = DOORS if kind is PointKind.DOOR else code
        found.setdefault(scope, []).append(Passing(who, milliseconds(at), direction, session))
    there = {}
    for point in points:
        scope = DOORS if point.kind is PointKind.DOOR else point.code
        ends = {one.id: milliseconds(one.ends_at) for one in held.get(point.id, ())}
        there[point.id] = inside(found.get(scope, ()), at=milliseconds(now), ends=ends, empties=[milliseconds(until)])
    return there


def _passings(
    event_id: int, points: Collection[Ruled], since: datetime, until: datetime
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


def _closes(point: Ruled) -> int | None:
    """Say until when people are counted at a point; one that was closed for good counts who came before."""
    ends = [milliseconds(at) for at in (point.closes_at, point.closed_for_good_at) if at is not None]
    return min(ends, default=None)


def guest_facts(
    guest: Guest, point: PointFacts, meetings: Iterable[Ahead], *, asks: bool, is_revoked: bool = False
) -> GuestFacts:
    """Say of one guest what a scan at a point asks; what it does not ask is not read.

    `asks` says that the event has questions for those who arrive; `meetings` are asked at tables only.
    """
    is_gone = guest.state is RegistrationState.CANCELLED
    return GuestFacts(
        state=guest.state,
        kind=guest.kind,
        days=guest.days,
        was_handed_on=is_gone and handed_on_to(guest.id) is not None,
        is_revoked=is_revoked,
        signed_up=tuple(_signed_up(guest, [one.id for one in point.sessions if one.takes_signups])),
        meetings=tuple(meeting_facts(one) for one in meetings) if point.kind is PointKind.TABLES else (),
        has_note=bool(guest.note),
        has_questions=asks and bool(asked_at_the_door(db.session.get_one(Registration, guest.id))),
    )


def meeting_facts(meeting: Ahead) -> MeetingFacts:
    """Say of a meeting what a scan at a table asks."""
    begins, ends = milliseconds(meeting.starts_at), milliseconds(meeting.ends_at)
    return MeetingFacts(meeting.id, begins, ends, meeting.table, meeting.state is MeetingState.HELD)


def meeting_for_scan(guest: Registration, *, now: datetime) -> Meeting | None:
    """Find the meeting that a scan of somebody would be for now."""
    theirs = rows.meetings_ahead(db.session.connection(), guest.id, after=now)
    found = meeting_now([meeting_facts(one) for one in theirs], milliseconds(now))
    return None if found is None else db.session.get_one(Meeting, found.id)


def _signed_up(guest: Guest, session_ids: Collection[int]) -> list[int]:
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


def past_of(standing: Standing) -> Past:
    """Say of a scan that counts what a decision on another asks."""
    scope = DOORS if standing.kind is PointKind.DOOR else f"at {standing.point}"
    at = milliseconds(standing.at)
    return Past(
        standing.uid,
        at,
        scope,
        standing.point,
        standing.direction,
        session=standing.session_id,
        meeting=standing.meeting_id,
    )


def past_of_all(event_id: int) -> dict[int, list[Past]]:
    """List the scans of everybody at an event that count, by registration."""
    found: dict[int, list[Past]] = {}
    for one in rows.standing_of_all(db.session.connection(), event_id):
        found.setdefault(one.registration_id, []).append(past_of(one))
    return found
