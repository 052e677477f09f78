"""Who was where, from scans: arrivals, sessions with their times, and what became of sign-ups.

Certificates, lists, reports and somebody's own day ask here, so that all of them mean the same.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionSignup
from lsos.checkin.models import Arrival, MeetingPresence, Scan, SessionAttendance
from lsos.checkin.rules import Direction, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState


class Outcome(StrEnum):
    """What became of somebody and a session."""

    #: Signed up, and came.
    CAME = "came"
    #: Came without having signed up.
    WITHOUT_SIGN_UP = "without_sign_up"
    #: Signed up, and was not scanned at a session at which others were.
    NO_SHOW = "no_show"
    #: Signed up; it is not over yet.
    EXPECTED = "expected"
    #: Signed up; nobody was scanned there, so that nobody knows.
    UNKNOWN = "unknown"


def outcome(*, signed_up: bool, came: bool, is_over: bool, was_counted: bool) -> Outcome | None:
    """Say what became of somebody and a session; None where the two have nothing to do with each other.

    Whoever is not scanned at a session at which nobody was is no no-show: no badge was scanned there.
    """
    if came:
        return Outcome.CAME if signed_up else Outcome.WITHOUT_SIGN_UP
    if not signed_up:
        return None
    if not is_over:
        return Outcome.EXPECTED
    return Outcome.NO_SHOW if was_counted else Outcome.UNKNOWN


# ---- one person


@dataclass(frozen=True)
class Attended:
    """A session that somebody attended: when they were first scanned there, and when they last left before its end.

    `left_at` is None where they were not scanned going out after they last came in.
    """

    session: Session
    at: datetime
    left_at: datetime | None


def arrivals_of(registration_id: int) -> list[Arrival]:
    """List the days on which somebody came, each with when they first did."""
    return list(
        db.session.scalars(
            select(Arrival).where(Arrival.registration_id == registration_id).order_by(Arrival.day, Arrival.id)
        )
    )


def days_attended(registration_id: int) -> list[date]:
    """List the days on which somebody came."""
    return [one.day for one in arrivals_of(registration_id)]


def attended_by(registration_id: int) -> list[Attended]:
    """List the sessions that somebody attended, in the order of time."""
    return attended_of([registration_id]).get(registration_id, [])


def attended_of(registration_ids: Collection[int]) -> dict[int, list[Attended]]:
    """List the sessions that each of some people attended, in the order of time; in as many statements as for one."""
    wanted = list(registration_ids)
    rows = db.session.scalars(
        select(SessionAttendance)
        .join(SessionAttendance.session)
        .where(SessionAttendance.registration_id.in_(wanted))
        .order_by(Session.starts_at, Session.id, SessionAttendance.id)
        .options(
            contains_eager(SessionAttendance.session).joinedload(Session.room),
            contains_eager(SessionAttendance.session).joinedload(Session.format),
        )
    ).all()
    last = _last_directions(wanted)
    found: dict[int, list[Attended]] = {}
    for row in rows:
        left_at = last.get((row.registration_id, row.session_id))
        found.setdefault(row.registration_id, []).append(Attended(row.session, row.at, left_at))
    return found


def _last_directions(registration_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """Give, by person and session, when somebody left it, where leaving was the last that was scanned."""
    undo = aliased(Scan)
    rows = db.session.execute(
        select(Scan.registration_id, Scan.session_id, Scan.direction, Scan.scanned_at)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.registration_id.in_(registration_ids),
            Scan.session_id.is_not(None),
            Scan.result.in_((ScanResult.ADMITTED, ScanResult.LEFT)),
            undo.id.is_(None),
        )
        .order_by(Scan.scanned_at, Scan.id)
    )
    last = {
        (who, session_id): (direction, at)
        for who, session_id, direction, at in rows
        if who is not None and session_id is not None
    }
    return {key: at for key, (direction, at) in last.items() if direction is Direction.EXIT}


def days_present(event: Event, registration_ids: Collection[int] | None = None) -> dict[int, list[date]]:
    """List the days on which people were there, of some or of all: scanned at a door, or at a session."""
    zone = ZoneInfo(event.timezone)
    arrivals = select(Arrival.registration_id, Arrival.day).where(Arrival.event_id == event.id)
    scanned = (
        select(SessionAttendance.registration_id, SessionAttendance.at)
        .join(Session, Session.id == SessionAttendance.session_id)
        .where(Session.event_id == event.id)
    )
    if registration_ids is not None:
        arrivals = arrivals.where(Arrival.registration_id.in_(registration_ids))
        scanned = scanned.where(SessionAttendance.registration_id.in_(registration_ids))
    days: dict[int, set[date]] = {}
    for who, day in db.session.execute(arrivals).all():
        days.setdefault(who, set()).add(day)
    for who, at in db.session.execute(scanned).all():
        days.setdefault(who, set()).add(at.astimezone(zone).date())
    return {who: sorted(each) for who, each in days.items()}


def was_there() -> ColumnElement[bool]:
    """Say in SQL that the registration of a row was scanned at a door, or at a session."""
    return or_(
        exists().where(Arrival.registration_id == Registration.id),
        exists().where(SessionAttendance.registration_id == Registration.id),
    )


# ---- one session


@dataclass(frozen=True)
class Line:
    """Somebody in the list of a session: what became of their sign-up, and when they were first scanned there."""

    registration: Registration
    outcome: Outcome
    at: datetime | None


def roll_of(session: Session, *, now: datetime) -> list[Line]:
    """List who signed up for a session or attended it, in the order of the alphabet."""
    there = dict(
        db.session.execute(
            select(SessionAttendance.registration_id, SessionAttendance.at).where(
                SessionAttendance.session_id == session.id
            )
        ).all()
    )
    signed_up = set(
        db.session.scalars(select(SessionSignup.registration_id).where(SessionSignup.session_id == session.id))
    )
    people = db.session.scalars(_with_names().where(Registration.id.in_(there.keys() | signed_up)))
    is_over = session.ends_at is not None and session.ends_at <= now
    lines = []
    for one in people:
        became = outcome(signed_up=one.id in signed_up, came=one.id in there, is_over=is_over, was_counted=bool(there))
        if became is not None:
            lines.append(Line(one, became, there.get(one.id)))
    return lines


def _with_names() -> Select[Registration]:
    return (
        select(Registration)
        .join(Registration.person)
        .order_by(Person.family_name, Person.given_name, Registration.id)
        .options(
            contains_eager(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
        )
    )


# ---- all of an event


@dataclass(frozen=True)
class Tally:
    """What became of a session's sign-ups, in numbers."""

    session: Session
    signed_up: int
    came: int
    #: Of those who came, how many had signed up.
    came_signed_up: int
    is_over: bool

    @property
    def without_sign_up(self) -> int:
        """Count who came without having signed up."""
        return self.came - self.came_signed_up

    @property
    def no_shows(self) -> int | None:
        """Count who signed up and did not come; None while it is not over, or where nobody was scanned."""
        return self.signed_up - self.came_signed_up if self.is_over and self.came else None


def tallies(event_id: int, *, now: datetime) -> list[Tally]:
    """Count, for each session that takes sign-ups or was attended, what became of it; in the order of time."""
    came, both = _attendances(event_id)
    rows = db.session.scalars(
        select(Session)
        .where(Session.event_id == event_id, Session.withdrawn_at.is_(None), Session.starts_at.is_not(None))
        .where(or_(Session.takes_signups, Session.id.in_(came)))
        .order_by(Session.starts_at, Session.id)
        .options(joinedload(Session.room))
    )
    return [
        Tally(
            row,
            row.signed_up,
            came.get(row.id, 0),
            both.get(row.id, 0),
            row.ends_at is not None and row.ends_at <= now,
        )
        for row in rows
    ]


def _attendances(event_id: int) -> tuple[dict[int, int], dict[int, int]]:
    """Count, by session, who was scanned there, and who of them had signed up."""
    signed = SessionSignup.id.is_not(None)
    rows = db.session.execute(
        select(SessionAttendance.session_id, func.count(), func.count(SessionSignup.id).filter(signed))
        .join(Session, Session.id == SessionAttendance.session_id)
        .outerjoin(
            SessionSignup,
            (SessionSignup.session_id == SessionAttendance.session_id)
            & (SessionSignup.registration_id == SessionAttendance.registration_id),
        )
        .where(Session.event_id == event_id)
        .group_by(SessionAttendance.session_id)
    ).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


@dataclass(frozen=True)
class Presence:
    """What one person attended at an event, for lists."""

    registration: Registration
    arrivals: tuple[Arrival, ...]
    sessions: tuple[tuple[Session, datetime], ...]
    no_shows: tuple[Session, ...]


def presences(event_id: int, *, now: datetime) -> list[Presence]:
    """List everybody with a seat or a scan, with what they attended and what they missed; in the order of the alphabet.

    As many statements for few people as for many.
    """
    arrived: dict[int, list[Arrival]] = {}
    for row in db.session.scalars(
        select(Arrival).where(Arrival.event_id == event_id).order_by(Arrival.day, Arrival.id)
    ):
        arrived.setdefault(row.registration_id, []).append(row)
    sessions = {
        one.id: one
        for one in db.session.scalars(select(Session).where(Session.event_id == event_id).order_by(Session.starts_at))
    }
    attended: dict[int, list[tuple[Session, datetime]]] = {}
    pairs = set()
    for session_id, registration_id, at in db.session.execute(
        select(SessionAttendance.session_id, SessionAttendance.registration_id, SessionAttendance.at)
        .where(SessionAttendance.session_id.in_(sessions))
        .order_by(SessionAttendance.at, SessionAttendance.id)
    ):
        attended.setdefault(registration_id, []).append((sessions[session_id], at))
        pairs.add((session_id, registration_id))
    counted = {session_id for session_id, _ in pairs}
    missed: dict[int, list[Session]] = {}
    for session_id, registration_id in db.session.execute(
        select(SessionSignup.session_id, SessionSignup.registration_id)
        .where(SessionSignup.session_id.in_(counted))
        .order_by(SessionSignup.id)
    ):
        one = sessions[session_id]
        if (session_id, registration_id) not in pairs and one.ends_at is not None and one.ends_at <= now:
            missed.setdefault(registration_id, []).append(one)
    known = arrived.keys() | attended.keys()
    people = db.session.scalars(
        _with_names().where(
            Registration.event_id == event_id,
            or_(Registration.state == RegistrationState.CONFIRMED, Registration.id.in_(known)),
        )
    )
    return [
        Presence(
            one,
            tuple(arrived.get(one.id, ())),
            tuple(attended.get(one.id, ())),
            tuple(missed.get(one.id, ())),
        )
        for one in people
    ]


# ---- conditions, for lists


def attended_any(codes: Collection[str]) -> ColumnElement[bool]:
    """Say in SQL that the registration of a row was scanned at one of some sessions of its event, by their codes."""
    return exists().where(
        SessionAttendance.registration_id == Registration.id,
        SessionAttendance.session_id == Session.id,
        Session.code.in_(codes),
    )


def missed_any(codes: Collection[str], *, now: datetime) -> ColumnElement[bool]:
    """Say in SQL that somebody signed up for one of some sessions, was not scanned there, and others were."""
    other = aliased(SessionAttendance)
    own = aliased(SessionAttendance)
    return exists().where(
        SessionSignup.registration_id == Registration.id,
        SessionSignup.session_id == Session.id,
        Session.code.in_(codes),
        Session.ends_at <= now,
        exists().where(other.session_id == Session.id),
        ~exists().where(own.session_id == Session.id, own.registration_id == SessionSignup.registration_id),
    )


def missed_meeting(*, now: datetime) -> ColumnElement[bool]:
    """Say in SQL that the registration of a row missed a meeting, as `meetings_missed` counts them."""
    return Registration.id.in_(_missed(now=now).with_only_columns(MeetingParticipant.registration_id))


def meetings_missed(registration_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """Count the meetings that each of some people missed: the other side was scanned there, and nobody of their own.

    Who missed none is left out. Where the two said that they met, it stands before scans.
    """
    rows = db.session.execute(
        _missed(now=now)
        .with_only_columns(MeetingParticipant.registration_id, func.count())
        .where(MeetingParticipant.registration_id.in_(registration_ids))
        .group_by(MeetingParticipant.registration_id)
    )
    return dict(iter(rows))


def _missed(*, now: datetime) -> Select[Any]:
    other, own = aliased(MeetingParticipant), aliased(MeetingParticipant)
    return (
        select(MeetingParticipant)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(
            Meeting.state.in_((MeetingState.SCHEDULED, MeetingState.NO_SHOW)),
            Meeting.ends_at <= now,
            _was_scanned(other, _side(other) != _side(MeetingParticipant)),
            ~_was_scanned(own, _side(own) == _side(MeetingParticipant)),
        )
    )


def _side(one: type[MeetingParticipant]) -> ColumnElement[int]:
    """Give which of the two somebody sits with; a colleague sits with whoever brings them."""
    return func.coalesce(one.beside_id, one.registration_id)


def _was_scanned(who: type[MeetingParticipant], which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        who.meeting_id == MeetingParticipant.meeting_id,
        which,
        MeetingPresence.meeting_id == who.meeting_id,
        MeetingPresence.registration_id == who.registration_id,
    )


def titles_attended(registration_ids: Iterable[int]) -> dict[int, list[Session]]:
    """Give the sessions that each of some people attended, in the order of time; one query."""
    found: dict[int, list[Session]] = {}
    for registration_id, session in db.session.execute(
        select(SessionAttendance.registration_id, Session)
        .join(Session, Session.id == SessionAttendance.session_id)
        .where(SessionAttendance.registration_id.in_(list(registration_ids)))
        .order_by(Session.starts_at, Session.id)
    ):
        found.setdefault(registration_id, []).append(session)
    return found
