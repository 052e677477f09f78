"""Reads of registrations and profiles."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.models import (
    Capacity,
    Consent,
    ConsentText,
    Listing,
    ParticipationType,
    ParticipationTypeCapacity,
    Profile,
    Registration,
    RegistrationChange,
    WaitingEntry,
)
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_rules import EntryState


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


def waiting_rank(registration: Registration, session: Session | None = None) -> int:
    """Say how many stand before somebody in line for one of the same seats, and them: 1 is next.

    Who has an offer does not stand in line any more.
    """
    session = session or db.session()
    mine, before, other = aliased(WaitingEntry), aliased(WaitingEntry), aliased(Registration)
    comes_before = or_(before.priority > mine.priority, and_(before.priority == mine.priority, before.id < mine.id))
    ahead = session.scalar(
        select(func.count())
        .select_from(before)
        .join(other, other.id == before.registration_id)
        .join(mine, comes_before)
        .where(
            mine.registration_id == registration.id,
            mine.state == EntryState.WAITING,
            before.state == EntryState.WAITING,
            other.event_id == registration.event_id,
            other.participation_type_id.in_(types_sharing_seats_with(registration.participation_type_id)),
        )
    )
    return 1 + (ahead or 0)


def types_sharing_seats_with(type_id: int) -> Select[int]:
    """Select the participation types that take seats from one of the capacities of a type, and the type itself."""
    link = ParticipationTypeCapacity
    own = select(link.capacity_id).where(link.participation_type_id == type_id)
    sharing = select(link.participation_type_id).where(link.capacity_id.in_(own))
    return select(ParticipationType.id).where(or_(ParticipationType.id == type_id, ParticipationType.id.in_(sharing)))


# ---- what an event offers


def participation_types(event_id: int) -> list[ParticipationType]:
    """List the ways to take part in an event, with the seats they take."""
    return list(
        db.session.scalars(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id)
            .order_by(ParticipationType.position, ParticipationType.id)
            .options(selectinload(ParticipationType.capacities))
        )
    )


def capacities(event_id: int) -> list[Capacity]:
    """List the kinds of seat of an event."""
    return list(db.session.scalars(select(Capacity).where(Capacity.event_id == event_id).order_by(Capacity.id)))


def waiting_by_type(event_id: int) -> dict[int, int]:
    """Count who is on the waiting list, by participation type."""
    rows = db.session.execute(
        select(Registration.participation_type_id, func.count())
        .where(Registration.event_id == event_id, Registration.state == RegistrationState.WAITLISTED)
        .group_by(Registration.participation_type_id)
    )
    return {row[0]: row[1] for row in rows}


def consent_texts(event_id: int) -> list[ConsentText]:
    """List the words that people agree to now, in their order."""
    return list(
        db.session.scalars(
            select(ConsentText)
            .where(ConsentText.event_id == event_id, ConsentText.is_current)
            .order_by(ConsentText.position, ConsentText.id)
        )
    )


# ---- one registration, whole


def whole() -> Sequence[ExecutableOption]:
    """Give the options that load all that a page about registrations reads, in a fixed number of queries."""
    profile = selectinload(Registration.profile)
    return (
        joinedload(Registration.person).selectinload(Person.emails),
        joinedload(Registration.participation_type),
        joinedload(Registration.organisation),
        joinedload(Registration.stakeholder_type),
        selectinload(Registration.focus_areas),
        selectinload(Registration.zones),
        selectinload(Registration.consents).joinedload(Consent.text),
        profile.selectinload(Profile.tags),
        profile.selectinload(Profile.stages),
        profile.selectinload(Profile.ticket_bands),
        profile.selectinload(Profile.listings).joinedload(Listing.cooperation_type),
    )


def whole_registration(event_id: int, uid: str) -> Registration | None:
    """Find a registration of an event by its public id, with its profile, consents and history."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.uid == uid)
        .options(*whole(), selectinload(Registration.changes).joinedload(RegistrationChange.by))
    )


def latest_registration(person_id: int) -> Registration | None:
    """Find what a person said last, for any event, so that they need not say it again."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.person_id == person_id)
        .order_by(Registration.registered_at.desc(), Registration.id.desc())
        .limit(1)
        .options(*whole())
    )


# ---- counts


def counts_by_state(event_id: int) -> dict[RegistrationState, int]:
    """Count the registrations of an event by their state."""
    rows = db.session.execute(
        select(Registration.state, func.count()).where(Registration.event_id == event_id).group_by(Registration.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in RegistrationState}


def registrations_of_organisation(organisation_id: int) -> list[tuple[Event, dict[RegistrationState, int]]]:
    """Count an organisation's registrations by event and state, the latest event first."""
    rows = db.session.execute(
        select(Event, Registration.state, func.count())
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.organisation_id == organisation_id)
        .group_by(Event.id, Registration.state)
        .order_by(Event.starts_on.desc(), Event.id)
    )
    found: dict[Event, dict[RegistrationState, int]] = {}
    for event, state, number in rows:
        found.setdefault(event, {})[state] = number
    return list(found.items())
