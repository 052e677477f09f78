"""Reads of the waiting list: who stands where, for whom it is, and by which link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.elements import ColumnElement

from lsos.accounts.models import Person
from lsos.accounts.queries import token_hash
from lsos.db import db
from lsos.registration.models import (
    Capacity,
    ParticipationType,
    ParticipationTypeCapacity,
    Registration,
    SeatLink,
    WaitingEntry,
)
from lsos.registration.waiting_rules import OPEN, EntryState, Party, whose_turn


@dataclass(frozen=True)
class Line:
    """Everybody who waits for seats of an event, in order, and the seats that are free, by capacity."""

    parties: Sequence[Party]
    free: Mapping[int, int]
    lets_smaller_pass: frozenset[int]


def line(session: Session, event_id: int) -> Line:
    """Read the line of an event; who has an offer holds their seats already and does not stand in it."""
    rows = session.execute(
        select(Capacity.id, Capacity.free, Capacity.lets_smaller_pass).where(Capacity.event_id == event_id)
    ).all()
    needed: dict[int, set[int]] = {}
    links = select(ParticipationTypeCapacity.participation_type_id, ParticipationTypeCapacity.capacity_id).join(
        Capacity, Capacity.id == ParticipationTypeCapacity.capacity_id
    )
    for kind_id, capacity_id in session.execute(links.where(Capacity.event_id == event_id)):
        needed.setdefault(kind_id, set()).add(capacity_id)
    waiting = session.execute(
        select(WaitingEntry.id, WaitingEntry.size, Registration.participation_type_id)
        .join(WaitingEntry.registration)
        .where(Registration.event_id == event_id, WaitingEntry.state == EntryState.WAITING)
        .order_by(*_in_order())
    )
    return Line(
        [Party(entry_id, size, frozenset(needed.get(kind_id, ()))) for entry_id, size, kind_id in waiting],
        {capacity_id: free for capacity_id, free, _ in rows},
        frozenset(capacity_id for capacity_id, _, lets_pass in rows if lets_pass),
    )


def whose_turn_now(event_id: int) -> int:
    """Count the places in line for which every seat they need is free, as when nobody has handed it on yet."""
    there = line(db.session(), event_id)
    return len(whose_turn(there.parties, there.free, lets_smaller_pass=there.lets_smaller_pass))


def _in_order() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return WaitingEntry.priority.desc(), WaitingEntry.id.asc()


def locked_entries(session: Session, ids: Sequence[int]) -> list[WaitingEntry]:
    """Give entries in the order of their ids as asked for, with all that is written to their owners."""
    found = session.scalars(
        select(WaitingEntry)
        .join(WaitingEntry.registration)
        .where(WaitingEntry.id.in_(ids))
        .options(*_whole())
        .with_for_update(of=[WaitingEntry, Registration])
        .execution_options(populate_existing=True)
    )
    by_id = {entry.id: entry for entry in found}
    return [by_id[one] for one in ids]


def _whole() -> Sequence[ExecutableOption]:
    registration = contains_eager(WaitingEntry.registration)
    return (
        registration.joinedload(Registration.person).selectinload(Person.emails),
        registration.joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
        registration.joinedload(Registration.event),
        registration.selectinload(Registration.changes),
    )


def open_entry(session: Session, registration: Registration) -> WaitingEntry | None:
    """Find somebody's place on the waiting list, if they stand on it."""
    return session.scalar(
        select(WaitingEntry)
        .where(WaitingEntry.registration_id == registration.id, WaitingEntry.state.in_(OPEN))
        .execution_options(populate_existing=True)
    )


def holds_for_colleagues(session: Session, registration: Registration) -> bool:
    """Say whether seats are held for somebody's colleagues that no delegation has taken over yet."""
    held = select(WaitingEntry.id).where(
        WaitingEntry.registration_id == registration.id, WaitingEntry.colleagues_held > 0
    )
    return session.scalar(held.limit(1)) is not None


def place_of(registration_id: int) -> WaitingEntry | None:
    """Find somebody's place on the waiting list, if they stand on it, for a page."""
    return db.session.scalar(
        select(WaitingEntry).where(WaitingEntry.registration_id == registration_id, WaitingEntry.state.in_(OPEN))
    )


def line_of(capacity_id: int) -> list[WaitingEntry]:
    """List who waits for seats of a capacity, in order; those with an offer come first, since it is their turn."""
    kinds = select(ParticipationTypeCapacity.participation_type_id).where(
        ParticipationTypeCapacity.capacity_id == capacity_id
    )
    return list(
        db.session.scalars(
            select(WaitingEntry)
            .join(WaitingEntry.registration)
            .where(Registration.participation_type_id.in_(kinds), WaitingEntry.state.in_(OPEN))
            .order_by(WaitingEntry.state != EntryState.OFFERED, *_in_order())
            .options(
                contains_eager(WaitingEntry.registration).options(
                    joinedload(Registration.person),
                    joinedload(Registration.organisation),
                    joinedload(Registration.participation_type),
                )
            )
        )
    )


def registration_by_link(token: str) -> Registration | None:
    """Find the registration that a link in a letter is for."""
    return db.session.scalar(
        select(Registration)
        .join(SeatLink, SeatLink.registration_id == Registration.id)
        .where(SeatLink.token_hash == token_hash(token))
        .options(
            joinedload(Registration.person).selectinload(Person.emails),
            joinedload(Registration.participation_type),
            joinedload(Registration.event),
        )
    )


def events_with_offers_over(now: datetime) -> list[int]:
    """List the events in which somebody has not answered an offer in time."""
    return list(
        db.session.scalars(
            select(Registration.event_id)
            .join(WaitingEntry, WaitingEntry.registration_id == Registration.id)
            .where(WaitingEntry.state == EntryState.OFFERED, WaitingEntry.offered_until <= now)
            .distinct()
            .order_by(Registration.event_id)
        )
    )


def offers_over(session: Session, event_id: int, now: datetime) -> list[int]:
    """List the entries of an event whose offer was not answered in time."""
    return list(
        session.scalars(
            select(WaitingEntry.id)
            .join(WaitingEntry.registration)
            .where(
                Registration.event_id == event_id,
                WaitingEntry.state == EntryState.OFFERED,
                WaitingEntry.offered_until <= now,
            )
            .order_by(WaitingEntry.id)
        )
    )
