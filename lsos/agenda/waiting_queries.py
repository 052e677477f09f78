"""Reads of the lines before full sessions: who stands where, and whose turn it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from lsos.agenda.models import Session, SessionWaiting
from lsos.agenda.queries import signups_of
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.mails import Planned
from lsos.registration.models import Registration


@dataclass(frozen=True)
class Wait:
    """Somebody's place in the line of a session."""

    session: Session
    #: From 1; those who were asked to choose are not counted.
    rank: int
    #: A seat was free, but they had something else then: it is for them to choose.
    is_asked: bool


def promised_to_others(registration_id: int, session_id: int) -> int:
    """Count who comes before somebody when a seat of a session is free: all who wait, or wait longer than they do."""
    mine = select(SessionWaiting.id).where(
        SessionWaiting.session_id == session_id, SessionWaiting.registration_id == registration_id
    )
    own_place = mine.scalar_subquery()
    return (
        db.session.scalar(
            select(func.count())
            .select_from(SessionWaiting)
            .where(
                SessionWaiting.session_id == session_id,
                SessionWaiting.passed_at.is_(None),
                or_(own_place.is_(None), SessionWaiting.id < own_place),
            )
        )
        or 0
    )


def waits_of(registration_id: int, *, now: datetime) -> list[Wait]:
    """List what somebody waits for, in the order of time; what is over is not waited for."""
    other = aliased(SessionWaiting)
    ahead = (
        select(func.count())
        .select_from(other)
        .where(
            other.session_id == SessionWaiting.session_id,
            other.passed_at.is_(None),
            other.id < SessionWaiting.id,
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Session, ahead, SessionWaiting.passed_at)
        .join(SessionWaiting, SessionWaiting.session_id == Session.id)
        .where(
            SessionWaiting.registration_id == registration_id,
            or_(Session.ends_at.is_(None), Session.ends_at > now),
        )
        .order_by(Session.starts_at, Session.id)
        .options(
            joinedload(Session.room),
            joinedload(Session.format),
            joinedload(Session.focus_area),
            selectinload(Session.people),
        )
    )
    return [Wait(session, before + 1, passed_at is not None) for session, before, passed_at in rows]


def planned_by(whose: Registration, now: datetime) -> list[Planned]:
    """Say for a letter what somebody signed up for and what they wait for, in the order of time."""
    having = [(place.session, None) for place in signups_of(whose.id)]
    waiting = [(wait.session, wait.rank) for wait in waits_of(whose.id, now=now)]
    planned = [
        Planned(one.title, one.starts_at, one.ends_at, one.room.name if one.room else None, rank)
        for one, rank in (*having, *waiting)
    ]
    return sorted(planned, key=lambda one: (one.starts_at is None, one.starts_at or now))


def waiting_in(event_id: int) -> dict[int, int]:
    """Count who waits for a seat in each session of an event, by its id; where nobody waits it is not among them."""
    rows = db.session.execute(
        select(SessionWaiting.session_id, func.count())
        .join(SessionWaiting.session)
        .where(Session.event_id == event_id)
        .group_by(SessionWaiting.session_id)
    )
    return {row[0]: row[1] for row in rows}


def whose_turn(but: Collection[int], *, with_asked: bool) -> list[tuple[int, str]]:
    """List whose turn it is where seats are free, by the id of their place in line and the slug of the event.

    Args:
        but: who is left out, since it was tried.
        with_asked: look also at those who were asked to choose; they may have chosen.
    """
    free = or_(Session.seats.is_(None), Session.signed_up < Session.seats)
    rows = db.session.execute(
        select(SessionWaiting.id, SessionWaiting.session_id, Session.seats, Session.signed_up, Event.slug)
        .join(SessionWaiting.session)
        .join(Session.event)
        .where(free, *(() if with_asked else (SessionWaiting.passed_at.is_(None),)))
        .order_by(SessionWaiting.id)
    )
    left: dict[int, int | None] = {}
    turn = []
    for waiting_id, session_id, seats, signed_up, slug in rows:
        seats_left = left.setdefault(session_id, None if seats is None else seats - signed_up)
        if waiting_id in but or seats_left == 0:
            continue
        turn.append((waiting_id, slug))
        if seats_left is not None:
            left[session_id] = seats_left - 1
    return turn
