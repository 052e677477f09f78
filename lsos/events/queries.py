"""Reads of events, their parts, and who works on them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event, FocusArea, RoleGrant, Room, SecondFactorRule, Zone
from lsos.events.rules import EventStatus, Role


def event_by_slug(slug: str) -> Event | None:
    """Find an event by the name in its address."""
    return db.session.scalar(
        select(Event).where(Event.slug == slug).options(joinedload(Event.venue), joinedload(Event.organiser))
    )


def public_events(*, today: date) -> list[Event]:
    """List the published events that are not over, the next one first."""
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.status == EventStatus.PUBLISHED, Event.ends_on >= today)
            .order_by(Event.starts_on, Event.id)
            .options(joinedload(Event.venue))
        )
    )


def past_events(*, today: date, limit: int = 50) -> list[Event]:
    """List the published events that are over, the latest one first."""
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.status == EventStatus.PUBLISHED, Event.ends_on < today)
            .order_by(Event.starts_on.desc(), Event.id)
            .limit(limit)
            .options(joinedload(Event.venue))
        )
    )


def focus_areas(event_id: int) -> list[FocusArea]:
    """List the focus areas of an event in their order."""
    return list(
        db.session.scalars(
            select(FocusArea).where(FocusArea.event_id == event_id).order_by(FocusArea.position, FocusArea.id)
        )
    )


def zones(event_id: int) -> list[Zone]:
    """List the zones of an event in their order."""
    return list(db.session.scalars(select(Zone).where(Zone.event_id == event_id).order_by(Zone.position, Zone.id)))


def rooms(event_id: int) -> list[Room]:
    """List the rooms of an event in their order."""
    return list(db.session.scalars(select(Room).where(Room.event_id == event_id).order_by(Room.position, Room.id)))


def held_now() -> ColumnElement[bool]:
    """Keep the grants that hold today; one that ran out is as good as none, wherever it is looked for.

    The database's own clock decides, so that no reader of grants can forget to ask for the day.
    """
    return or_(RoleGrant.until.is_(None), RoleGrant.until >= func.current_date())


@dataclass(frozen=True)
class Held:
    """A role somebody holds: in the event asked for, or everywhere; and since when it needs a second factor."""

    role: Role
    is_everywhere: bool
    second_factor_from: date | None


def grants_held(person_id: int, event_id: int | None) -> list[Held]:
    """List the roles a person holds in an event, with those held everywhere; None asks for the latter only."""
    everywhere = RoleGrant.event_id.is_(None)
    here = everywhere if event_id is None else or_(everywhere, RoleGrant.event_id == event_id)
    rows = db.session.execute(
        select(RoleGrant.role, everywhere, SecondFactorRule.required_from)
        .outerjoin(SecondFactorRule, SecondFactorRule.role == RoleGrant.role)
        .where(RoleGrant.person_id == person_id, here, held_now())
    )
    return [Held(role, bool(is_everywhere), since) for role, is_everywhere, since in rows]


def roles_of(person_id: int, event_id: int | None) -> frozenset[Role]:
    """Give the roles a person holds in an event, with those held everywhere; None asks for the latter only."""
    return frozenset(one.role for one in grants_held(person_id, event_id))


def second_factor_from(person_id: int) -> date | None:
    """Give the first day on which any role of a person, in whichever event, needs a second factor; None: never."""
    return db.session.scalar(
        select(func.min(SecondFactorRule.required_from))
        .join(RoleGrant, RoleGrant.role == SecondFactorRule.role)
        .where(RoleGrant.person_id == person_id, held_now())
    )


def second_factor_rules() -> dict[Role, date]:
    """Give the roles that need a second factor, and from when."""
    return {one.role: one.required_from for one in db.session.scalars(select(SecondFactorRule))}


def works_anywhere(person_id: int) -> bool:
    """Say whether a person holds any role at all, in any event."""
    return (
        db.session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == person_id, held_now()).limit(1)) is not None
    )


def grants_of_person(person_id: int) -> list[RoleGrant]:
    """List the roles somebody holds, those that hold everywhere first."""
    return list(
        db.session.scalars(
            select(RoleGrant)
            .outerjoin(RoleGrant.event)
            .where(RoleGrant.person_id == person_id, held_now())
            .options(contains_eager(RoleGrant.event))
            .order_by(RoleGrant.event_id.is_not(None), Event.starts_on.desc(), RoleGrant.role)
        )
    )


def team_of(event_id: int) -> list[RoleGrant]:
    """List who holds which role in an event, and everywhere, by name."""
    return list(
        db.session.scalars(
            select(RoleGrant)
            .join(RoleGrant.person)
            .where(or_(RoleGrant.event_id == event_id, RoleGrant.event_id.is_(None)))
            .options(contains_eager(RoleGrant.person).selectinload(Person.emails))
            .order_by(Person.search_key, RoleGrant.person_id, RoleGrant.role)
        )
    )


def worked_on(person_id: int) -> list[Event]:
    """List the events a person holds a role in, the latest first; a role held everywhere brings every event."""
    mine = RoleGrant.person_id == person_id, held_now()
    grants = select(RoleGrant.event_id).where(*mine)
    everywhere = select(RoleGrant.id).where(*mine, RoleGrant.event_id.is_(None)).exists()
    which = or_(Event.id.in_(grants.where(RoleGrant.event_id.is_not(None))), everywhere)
    return list(db.session.scalars(select(Event).where(which).order_by(Event.starts_on.desc(), Event.id).limit(50)))
