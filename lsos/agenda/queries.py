"""Reads of the programme and of who signed up for what."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.agenda.models import Session, SessionPartner, SessionPerson, SessionSignup
from lsos.agenda.rules import (
    Interval,
    Looker,
    SessionGap,
    SignupRefusal,
    Visibility,
    may_see,
    session_gaps,
    signup_refusal,
)
from lsos.audit import AuditEntry
from lsos.db import db
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.wording import plain
from lsos.zone.models import PitchSlot
from lsos.zone.queries import pitch_of


def programme(event_id: int) -> list[Session]:
    """List the placed sessions of an event in the order of time and room, with all that a page shows of them."""
    return list(
        db.session.scalars(
            select(Session)
            .where(Session.event_id == event_id, Session.starts_at.is_not(None))
            .order_by(Session.starts_at, Session.ends_at, Session.id)
            .options(
                joinedload(Session.format),
                joinedload(Session.focus_area),
                joinedload(Session.zone),
                joinedload(Session.room),
                selectinload(Session.people).joinedload(SessionPerson.person),
            )
        )
    )


def session_by_code(event_id: int, code: str) -> Session | None:
    """Find a session of an event by its code, with all that its page shows."""
    return db.session.scalar(
        select(Session)
        .where(Session.event_id == event_id, Session.code == code)
        .options(
            joinedload(Session.format),
            joinedload(Session.focus_area),
            joinedload(Session.zone),
            joinedload(Session.room),
            selectinload(Session.people).joinedload(SessionPerson.person),
            selectinload(Session.partners).joinedload(SessionPartner.organisation),
        )
    )


def sessions_of(event_id: int) -> list[Session]:
    """List every session of an event in the order of time, those without a time at the end, withdrawn ones left out."""
    return list(
        db.session.scalars(
            select(Session)
            .where(Session.event_id == event_id, Session.withdrawn_at.is_(None))
            .order_by(Session.starts_at.is_(None), Session.starts_at, Session.ends_at, Session.id)
            .options(
                joinedload(Session.format),
                joinedload(Session.focus_area),
                joinedload(Session.zone),
                joinedload(Session.room),
            )
        )
    )


def gaps_of(sessions: Collection[Session]) -> dict[int, list[SessionGap]]:
    """Say of each session of an event what it lacks, by its id; all of them come, since rooms are compared."""
    times = {session.id: session.when for session in sessions}
    in_room: dict[int, list[tuple[int, Interval]]] = defaultdict(list)
    for session in sessions:
        when = times[session.id]
        if session.room_id is not None and when is not None:
            in_room[session.room_id].append((session.id, when))
    return {
        session.id: session_gaps(
            when=times[session.id],
            has_room=session.room is not None,
            room_capacity=session.room.capacity if session.room else None,
            seats=session.seats,
            is_translated=not (session.title.missing() or session.abstract.missing()),
            same_room=[when for other, when in in_room.get(session.room_id or 0, ()) if other != session.id],
        )
        for session in sessions
    }


def signups_of(registration_id: int) -> list[SessionSignup]:
    """List the sessions somebody signed up for, in the order of time."""
    return list(
        db.session.scalars(
            select(SessionSignup)
            .join(SessionSignup.session)
            .where(SessionSignup.registration_id == registration_id)
            .order_by(Session.starts_at, Session.id)
            .options(
                joinedload(SessionSignup.session).joinedload(Session.room),
                joinedload(SessionSignup.session).joinedload(Session.format),
                joinedload(SessionSignup.session).joinedload(Session.focus_area),
            )
        )
    )


def parts_of(whose: Registration) -> list[SessionPerson]:
    """List the sessions somebody speaks in or chairs, in the order of time; one they do both in stands there twice."""
    return list(
        db.session.scalars(
            select(SessionPerson)
            .join(SessionPerson.session)
            .where(
                SessionPerson.person_id == whose.person_id,
                Session.event_id == whose.event_id,
                Session.starts_at.is_not(None),
            )
            .order_by(Session.starts_at, Session.id, SessionPerson.id)
            .options(
                joinedload(SessionPerson.session).joinedload(Session.room),
                joinedload(SessionPerson.session).joinedload(Session.format),
                joinedload(SessionPerson.session).joinedload(Session.focus_area),
            )
        )
    )


def busy_intervals(registration_ids: Collection[int]) -> dict[int, list[Interval]]:
    """Give, for each registration, the times of the sessions it signed up for; one query for all of them."""
    busy: dict[int, list[Interval]] = defaultdict(list)
    rows = db.session.execute(
        select(SessionSignup.registration_id, Session.starts_at, Session.ends_at)
        .join(SessionSignup.session)
        .where(SessionSignup.registration_id.in_(registration_ids), Session.starts_at.is_not(None))
        .order_by(Session.starts_at, Session.id)
    )
    for registration_id, starts_at, ends_at in rows:
        if starts_at is not None and ends_at is not None:
            busy[registration_id].append(Interval(starts_at, ends_at))
    return busy


def revisions(event_slug: str) -> dict[str, int]:
    """Count how often each session of an event was changed, by its uid: what calendars call its SEQUENCE."""
    rows = db.session.execute(
        select(AuditEntry.object_uid, func.count())
        .where(AuditEntry.scope == event_slug, AuditEntry.action == "session.edited")
        .group_by(AuditEntry.object_uid)
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Stage:
    """What keeps somebody on a stage of their own while a session is on."""

    #: The other sessions they speak in or chair.
    sessions: tuple[Session, ...] = ()
    #: Their pitch; one in the room of the session is a part of it.
    pitch: PitchSlot | None = None

    def details_of(self, refusal: SignupRefusal) -> dict[str, str]:
        """Give what the sentence of a refusal names, in the language that is set."""
        return {"session": plain(self.sessions[0].title)} if refusal is SignupRefusal.SPEAKING else {}


def stage_of(whose: Registration, what: Session) -> Stage:
    """Say where somebody is on stage themselves while a session is on."""
    when = what.when
    if when is None:
        return Stage()
    theirs = {part.session_id: part.session for part in parts_of(whose) if part.session_id != what.id}
    sessions = [one for one in theirs.values() if (hours := one.when) is not None and hours.overlaps(when)]
    pitch = pitch_of(whose.id)
    is_there = pitch is not None and (pitch.room_id is None or pitch.room_id != what.room_id)
    is_then = pitch is not None and Interval(pitch.starts_at, pitch.ends_at).overlaps(when)
    return Stage(tuple(sessions), pitch if is_there and is_then else None)


def why_not(
    whose: Registration,
    what: Session,
    *,
    stage: Stage,
    sessions: Collection[Interval],
    meetings: Collection[Interval],
    promised: int,
    now: datetime,
) -> SignupRefusal | None:
    """Ask the rule of sign-ups about one registration and one session, as both stand.

    `whose` comes with its event and its participation type; `stage` is what `stage_of` says of the two; `promised` are
    the seats that belong to who waits longer.
    """
    when = what.when
    looker = Looker(person_id=whose.person_id, participation_type_id=whose.participation_type_id)
    is_limited = what.visibility is not Visibility.PUBLIC
    return signup_refusal(
        is_confirmed=whose.state is RegistrationState.CONFIRMED,
        is_seen=may_see(
            what.visibility,
            looker,
            people=[item.person_id for item in what.people] if is_limited else (),
            audience=[item.participation_type_id for item in what.audience] if is_limited else (),
        ),
        takes_signups=what.takes_signups,
        opens_at=what.signup_opens_at,
        is_withdrawn=what.withdrawn_at is not None,
        free_seats=None if what.seats is None else what.seats - what.signed_up - promised,
        when=when,
        sessions=sessions,
        meetings=meetings,
        speaking=[hours for one in stage.sessions if (hours := one.when) is not None],
        pitches=[Interval(stage.pitch.starts_at, stage.pitch.ends_at)] if stage.pitch else (),
        now=now,
        days=[date.fromisoformat(day) for day in whose.participation_type.days],
        day=when.starts_at.astimezone(ZoneInfo(whose.event.timezone)).date() if when else None,
    )
