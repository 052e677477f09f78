"""Seats: taken one by one, given back, and handed on to who waits; never more than there are.

Whoever touches them first locks the capacities of the event, all of them and in one order, so that
nobody overtakes the waiting list between a seat's being freed and its being given on.
"""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.registration.models import (
    Capacity,
    ParticipationType,
    ParticipationTypeCapacity,
    Registration,
)
from lsos.registration.queries import types_sharing_seats_with, waiting_since
from lsos.registration.rules import RegistrationState


def lock(session: Session, event_id: int) -> None:
    """Keep others from moving seats of this event until the change is written."""
    session.execute(select(Capacity.id).where(Capacity.event_id == event_id).order_by(Capacity.id).with_for_update())


def take(session: Session, kind: ParticipationType) -> bool:
    """Take one seat of each capacity of a participation type, or none at all."""
    taken: list[Capacity] = []
    for capacity in sorted(kind.capacities, key=lambda one: one.id):
        moved = session.scalar(
            update(Capacity)
            .where(Capacity.id == capacity.id, Capacity.taken < Capacity.seats)
            .values(taken=Capacity.taken + 1)
            .returning(Capacity.id)
        )
        if moved is None:
            give_back(session, taken)
            return False
        taken.append(capacity)
    return True


def give_back(session: Session, capacities: Sequence[Capacity]) -> None:
    """Free one seat of each of these capacities."""
    for capacity in capacities:
        session.execute(update(Capacity).where(Capacity.id == capacity.id).values(taken=Capacity.taken - 1))


def free_seats(session: Session, kind: ParticipationType) -> int | None:
    """Say how many more of a type have room; None where its seats are not counted."""
    of_kind = ParticipationTypeCapacity.participation_type_id == kind.id
    left = session.scalars(
        select(Capacity.seats - Capacity.taken)
        .join(ParticipationTypeCapacity, ParticipationTypeCapacity.capacity_id == Capacity.id)
        .where(of_kind)
    ).all()
    return min(left, default=None)


def how_many_wait(session: Session, kind: ParticipationType) -> int:
    """Count who stands on the waiting list for the seats of this type."""
    waiting = (
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.event_id == kind.event_id,
            Registration.state == RegistrationState.WAITLISTED,
            Registration.participation_type_id.in_(types_sharing_seats_with(kind.id)),
        )
    )
    return session.scalar(waiting) or 0


def next_in_line(session: Session, event_id: int) -> Registration | None:
    """Find who has waited longest among those for whom every seat they need is free."""
    full = (
        select(ParticipationTypeCapacity.capacity_id)
        .join(Capacity, Capacity.id == ParticipationTypeCapacity.capacity_id)
        .where(
            ParticipationTypeCapacity.participation_type_id == Registration.participation_type_id,
            Capacity.taken >= Capacity.seats,
        )
    )
    return session.scalar(
        select(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.WAITLISTED,
            ~full.exists(),
        )
        .order_by(waiting_since())
        .limit(1)
        .options(
            joinedload(Registration.person).selectinload(Person.emails),
            joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
            joinedload(Registration.event),
            selectinload(Registration.changes),
        )
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )
