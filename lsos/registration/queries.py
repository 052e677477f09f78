"""Reads of registrations and profiles."""

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from lsos.db import db
from lsos.events.models import Event
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


def registrations_of_person(person_id: int) -> list[Registration]:
    """List a person's registrations, the latest event first."""
    return list(
        db.session.scalars(
            select(Registration)
            .join(Registration.event)
            .where(Registration.person_id == person_id)
            .order_by(Event.starts_on.desc(), Registration.id)
            .options(contains_eager(Registration.event), joinedload(Registration.participation_type))
        )
    )
