"""Stars: what somebody would like to see, without a seat and without a promise."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.agenda.models import Session, SessionSignup, SessionStar
from lsos.db import db, transaction
from lsos.registration.models import Registration


def starred(registration_id: int) -> frozenset[int]:
    """Give the ids of the sessions that somebody marked."""
    return frozenset(
        db.session.scalars(select(SessionStar.session_id).where(SessionStar.registration_id == registration_id))
    )


def starred_sessions(registration_id: int) -> list[Session]:
    """List the sessions that somebody marked and has no place in, in the order of time, with all that a page shows."""
    signed_up = select(SessionSignup.session_id).where(SessionSignup.registration_id == registration_id)
    return list(
        db.session.scalars(
            select(Session)
            .join(SessionStar, SessionStar.session_id == Session.id)
            .where(SessionStar.registration_id == registration_id, Session.id.not_in(signed_up))
            .order_by(Session.starts_at, Session.id)
            .options(
                joinedload(Session.room),
                joinedload(Session.format),
                joinedload(Session.focus_area),
                selectinload(Session.people),
            )
        )
    )


def stars_of(event_id: int) -> dict[int, int]:
    """Count the stars of each session of an event, by its id; what has none is not among them."""
    rows = db.session.execute(
        select(SessionStar.session_id, func.count())
        .join(Session, Session.id == SessionStar.session_id)
        .where(Session.event_id == event_id)
        .group_by(SessionStar.session_id)
    )
    return {row[0]: row[1] for row in rows}


def set_star(registration_id: int, session_id: int, *, is_on: bool, now: datetime) -> None:
    """Mark a session, or take the mark back; doing either twice changes nothing."""
    with transaction() as writing:
        writing.get_one(Registration, registration_id, with_for_update=True)  # so that two clicks come one by one
        mark = writing.get(SessionStar, (registration_id, session_id))
        if is_on and mark is None:
            writing.add(SessionStar(registration_id=registration_id, session_id=session_id, at=now))
        elif mark is not None and not is_on:
            writing.execute(
                delete(SessionStar).where(
                    SessionStar.registration_id == registration_id, SessionStar.session_id == session_id
                )
            )
