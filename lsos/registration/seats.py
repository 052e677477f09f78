"""Seats: held, taken one by one, given back, and handed on to who waits; never more than there are.

Whoever touches them first locks the capacities of the event, all of them and in one order, so that
nobody overtakes the waiting list between a seat's being freed and its being given on.
"""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from lsos.registration.models import (
    Capacity,
    ParticipationType,
    ParticipationTypeCapacity,
    Registration,
)
from lsos.registration.queries import types_sharing_seats_with
from lsos.registration.rules import HeldFor, RegistrationState


def lock(session: Session, event_id: int) -> None:
    """Keep others from moving seats of this event until the change is written."""
    session.execute(select(Capacity.id).where(Capacity.event_id == event_id).order_by(Capacity.id).with_for_update())


def take(session: Session, kind: ParticipationType) -> bool:
    """Take one free seat of each capacity of a participation type, or none at all."""
    return _move(session, kind.capacities, Capacity.taken, 1)


def give_back(session: Session, capacities: Sequence[Capacity]) -> None:
    """Free one taken seat of each of these capacities."""
    for capacity in capacities:
        session.execute(update(Capacity).where(Capacity.id == capacity.id).values(taken=Capacity.taken - 1))


def hold(session: Session, capacities: Sequence[Capacity], n: int, *, what: HeldFor = HeldFor.DELEGATION) -> bool:
    """Promise n free seats of each of these capacities to somebody, or none at all.

    Where nothing is counted, in a type without capacities, there is nothing to hold and the answer is yes.
    """
    return _move(session, capacities, Capacity.held_for(what), n)


def let_go(session: Session, capacities: Sequence[Capacity], n: int, *, what: HeldFor = HeldFor.DELEGATION) -> None:
    """Free n seats that were held; whoever calls it hands them on with `steps.hand_on` in the same transaction."""
    held = Capacity.held_for(what)
    for capacity in capacities:
        session.execute(update(Capacity).where(Capacity.id == capacity.id).values({held: held - n}))


def take_held(session: Session, capacities: Sequence[Capacity], *, what: HeldFor = HeldFor.DELEGATION) -> bool:
    """Turn one held seat of each of these capacities into a taken one; False, and nothing moves, where none is held."""
    held = Capacity.held_for(what)
    ids = [capacity.id for capacity in capacities]
    if session.scalar(select(func.count()).where(Capacity.id.in_(ids), held >= 1)) != len(ids):
        return False
    session.execute(
        update(Capacity).where(Capacity.id.in_(ids)).values({held: held - 1, Capacity.taken: Capacity.taken + 1})
    )
    return True


def keep_held(session: Session, capacities: Sequence[Capacity], *, what: HeldFor) -> None:
    """Turn one taken seat of each of these capacities into a held one: `take_held` backwards."""
    held = Capacity.held_for(what)
    ids = [capacity.id for capacity in capacities]
    session.execute(
        update(Capacity).where(Capacity.id.in_(ids)).values({held: held + 1, Capacity.taken: Capacity.taken - 1})
    )


def _move(session: Session, capacities: Sequence[Capacity], to: InstrumentedAttribute[int], n: int) -> bool:
    """Move n free seats of each capacity to where they are counted, or leave all as they are."""
    moved: list[Capacity] = []
    for capacity in sorted(capacities, key=lambda one: one.id):
        found = session.scalar(
            update(Capacity)
            .where(Capacity.id == capacity.id, Capacity.free >= n)
            .values({to: to + n})
            .returning(Capacity.id)
        )
        if found is None:
            for one in moved:
                session.execute(update(Capacity).where(Capacity.id == one.id).values({to: to - n}))
            return False
        moved.append(capacity)
    return True


def free_seats(session: Session, kind: ParticipationType) -> int | None:
    """Say how many more of a type have room; None where its seats are not counted."""
    of_kind = ParticipationTypeCapacity.participation_type_id == kind.id
    left = session.scalars(
        select(Capacity.free)
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
