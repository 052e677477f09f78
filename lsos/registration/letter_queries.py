"""Reads of those to whom a letter about their registration can be shown."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.models import Registration


def for_letters() -> Sequence[Any]:
    """Give the options that load of registrations all that letters to them say."""
    return (
        joinedload(Registration.person).selectinload(Person.emails),
        joinedload(Registration.participation_type),
        joinedload(Registration.organisation),
        joinedload(Registration.event).joinedload(Event.venue),
    )


def reader_by_number(event_id: int, number: int) -> Registration | None:
    """Find somebody of an event to show a letter to, by their number in the list of names."""
    return db.session.scalar(
        select(Registration)
        .join(Registration.person)
        .where(Registration.event_id == event_id)
        .order_by(Person.search_key, Registration.id)
        .offset(number - 1)
        .limit(1)
        .options(*for_letters())
    )


def count_readers(event_id: int) -> int:
    """Count the people of an event to whom a letter can be shown."""
    return db.session.scalar(select(func.count(Registration.id)).where(Registration.event_id == event_id)) or 0
