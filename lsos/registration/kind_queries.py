"""Reads for organisers of seats and ways to take part: who has, holds, waits for what, so that it adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.db import db
from lsos.errors import N_
from lsos.registration.models import (
    Capacity,
    ParticipationType,
    ParticipationTypeCapacity,
    Registration,
    WaitingEntry,
)
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_rules import EntryState

PAGE_LENGTH = 50


class Part(StrEnum):
    """What a seat is: the first six add up to all seats; the last two hold none."""

    CONFIRMED = "confirmed"
    REVIEW = "review"
    DELEGATION = "delegation"
    INVITED = "invited"
    OFFER = "offer"
    FREE = "free"
    PENDING = "pending"
    WAITING = "waiting"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _PART_WORDS[self]


_PART_WORDS = {
    Part.CONFIRMED: N_("confirmed seats"),
    Part.REVIEW: N_("held until a changed answer is approved"),
    Part.DELEGATION: N_("held for delegations, groups and codes"),
    Part.INVITED: N_("held for invited people"),
    Part.OFFER: N_("offered to people on the waiting list"),
    Part.FREE: N_("free"),
    Part.PENDING: N_("waiting for approval"),
    Part.WAITING: N_("on the waiting list"),
}
#: These add up to the seats there are.
SUMMED = (Part.CONFIRMED, Part.REVIEW, Part.DELEGATION, Part.INVITED, Part.OFFER, Part.FREE)
#: These hold no seat.
BESIDE = (Part.PENDING, Part.WAITING)
#: These are people of ours, who can be listed.
LISTED = (Part.CONFIRMED, Part.REVIEW, Part.OFFER, Part.PENDING, Part.WAITING)


@dataclass(frozen=True)
class Account:
    """The seats of one capacity, and what each of them is."""

    capacity: Capacity
    kinds: Sequence[ParticipationType]
    numbers: Mapping[Part, int]
    #: Seats that those on the waiting list want, which are more than they are where groups wait.
    wanted: int


def kinds_with_seats(event_id: int) -> list[ParticipationType]:
    """List the ways to take part in their order, with their seats."""
    return list(
        db.session.scalars(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id)
            .order_by(ParticipationType.position, ParticipationType.id)
            .options(selectinload(ParticipationType.capacities))
        )
    )


def accounts(event_id: int) -> list[Account]:
    """Add up the seats of an event, capacity by capacity."""
    kinds = kinds_with_seats(event_id)
    found = db.session.scalars(select(Capacity).where(Capacity.event_id == event_id).order_by(Capacity.id)).all()
    link, entry = ParticipationTypeCapacity, WaitingEntry
    pending = _numbers(
        select(link.capacity_id, func.count())
        .join(Registration, Registration.participation_type_id == link.participation_type_id)
        .where(Registration.event_id == event_id, Registration.state == RegistrationState.PENDING)
        .group_by(link.capacity_id)
    )
    line = (
        select(link.capacity_id, func.count(), func.sum(entry.size))
        .join(Registration, Registration.participation_type_id == link.participation_type_id)
        .join(entry, entry.registration_id == Registration.id)
        .where(Registration.event_id == event_id, entry.state == EntryState.WAITING)
        .group_by(link.capacity_id)
    )
    waiting = {row[0]: (row[1], row[2]) for row in db.session.execute(line)}
    return [
        Account(
            capacity=one,
            kinds=[kind for kind in kinds if one in kind.capacities],
            numbers={
                Part.CONFIRMED: one.taken,
                Part.REVIEW: one.held_review,
                Part.DELEGATION: one.held_delegation,
                Part.INVITED: one.held_invited,
                Part.OFFER: one.held_offer,
                Part.FREE: one.free,
                #: Those under review have their seat among the held ones.
                Part.PENDING: pending.get(one.id, 0) - one.held_review,
                Part.WAITING: waiting.get(one.id, (0, 0))[0],
            },
            wanted=waiting.get(one.id, (0, 0))[1],
        )
        for one in found
    ]


def _numbers(statement: Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(statement)}


def people_by_kind(event_id: int) -> dict[int, int]:
    """Count who is registered each way, in whatever state."""
    return _numbers(
        select(Registration.participation_type_id, func.count())
        .where(Registration.event_id == event_id)
        .group_by(Registration.participation_type_id)
    )


def capacity_by_code(event_id: int, code: str) -> Capacity | None:
    """Find seats of an event by their code."""
    return db.session.scalar(select(Capacity).where(Capacity.event_id == event_id, Capacity.code == code))


def _people(capacity_id: int, part: Part) -> Select[Registration]:
    kinds = select(ParticipationTypeCapacity.participation_type_id).where(
        ParticipationTypeCapacity.capacity_id == capacity_id
    )
    statement = select(Registration).where(Registration.participation_type_id.in_(kinds))
    states = {
        Part.CONFIRMED: RegistrationState.CONFIRMED,
        Part.PENDING: RegistrationState.PENDING,
        Part.REVIEW: RegistrationState.PENDING,
    }
    if part in states:
        statement = statement.where(Registration.state == states[part])
    if part in {Part.PENDING, Part.REVIEW}:
        was_changed = func.json_array_length(Registration.to_review) > 0
        statement = statement.where(was_changed if part is Part.REVIEW else ~was_changed)
    if part in {Part.OFFER, Part.WAITING}:
        state = EntryState.OFFERED if part is Part.OFFER else EntryState.WAITING
        statement = statement.join(WaitingEntry, WaitingEntry.registration_id == Registration.id).where(
            WaitingEntry.state == state
        )
    return statement


def people_of(capacity_id: int, part: Part, *, page: int = 1) -> tuple[list[Registration], int]:
    """List the people behind a number, a page at a time, and count them all."""
    statement = _people(capacity_id, part)
    total = db.session.scalar(statement.with_only_columns(func.count())) or 0
    found = db.session.scalars(
        statement.join(Registration.person)
        .order_by(Registration.registered_at, Registration.id)
        .offset((page - 1) * PAGE_LENGTH)
        .limit(PAGE_LENGTH)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
        )
    )
    return list(found), total
