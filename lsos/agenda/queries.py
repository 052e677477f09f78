"""Reads of the programme and of who signed up for what."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lsos.agenda.models import Session, SessionPerson, SessionSignup
from lsos.agenda.rules import Interval
from lsos.db import db


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


def signups_of(registration_id: int) -> list[SessionSignup]:
    """List the sessions somebody signed up for, in the order of time."""
    return list(
        db.session.scalars(
            select(SessionSignup)
            .join(SessionSignup.session)
            .where(SessionSignup.registration_id == registration_id)
            .order_by(Session.starts_at)
            .options(joinedload(SessionSignup.session).joinedload(Session.room))
        )
    )


def busy_intervals(registration_ids: Collection[int]) -> dict[int, list[Interval]]:
    """Give, for each registration, the times of the sessions it signed up for; one query for all of them."""
    busy: dict[int, list[Interval]] = defaultdict(list)
    rows = db.session.execute(
        select(SessionSignup.registration_id, Session.starts_at, Session.ends_at)
        .join(SessionSignup.session)
        .where(SessionSignup.registration_id.in_(registration_ids), Session.starts_at.is_not(None))
        .order_by(Session.starts_at)
    )
    for registration_id, starts_at, ends_at in rows:
        if starts_at is not None and ends_at is not None:
            busy[registration_id].append(Interval(starts_at, ends_at))
    return busy
