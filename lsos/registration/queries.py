"""Reads of registrations and profiles."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.registration.models import Registration


def registration_of(event_id: int, person_id: int) -> Registration | None:
    """Find a person's registration for an event, in whatever state."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.person_id == person_id)
        .options(joinedload(Registration.participation_type), joinedload(Registration.person))
    )


def registration_by_badge(event_id: int, badge_code: str) -> Registration | None:
    """Find the registration of an event that carries a badge code."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.badge_code == badge_code)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.participation_type),
            joinedload(Registration.organisation),
        )
    )


def registration_by_uid(event_id: int, uid: str) -> Registration | None:
    """Find a registration of an event by its public id."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.uid == uid)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.participation_type),
            joinedload(Registration.organisation),
        )
    )
