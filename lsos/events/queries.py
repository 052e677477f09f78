"""Reads of events, their parts, and who works on them."""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.events.models import Event, FocusArea, RoleGrant, Room, Zone
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
        db.session.scalars(select(FocusArea).where(FocusArea.event_id == event_id).order_by(FocusArea.position))
    )


def zones(event_id: int) -> list[Zone]:
    """List the zones of an event in their order."""
    return list(db.session.scalars(select(Zone).where(Zone.event_id == event_id).order_by(Zone.position)))


def rooms(event_id: int) -> list[Room]:
    """List the rooms of an event in their order."""
    return list(db.session.scalars(select(Room).where(Room.event_id == event_id).order_by(Room.position)))


def roles_of(person_id: int, event_id: int | None) -> frozenset[Role]:
    """Give the roles a person holds in an event, with those held everywhere; None asks for the latter only."""
    everywhere = RoleGrant.event_id.is_(None)
    here = everywhere if event_id is None else or_(everywhere, RoleGrant.event_id == event_id)
    return frozenset(db.session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id, here)))


def works_anywhere(person_id: int) -> bool:
    """Say whether a person holds any role at all, in any event."""
    return db.session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1)) is not None


def worked_on(person_id: int) -> list[Event]:
    """List the events a person holds a role in, the latest first; a role held everywhere brings every event."""
    grants = select(RoleGrant.event_id).where(RoleGrant.person_id == person_id)
    everywhere = select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.event_id.is_(None)).exists()
    mine = or_(Event.id.in_(grants.where(RoleGrant.event_id.is_not(None))), everywhere)
    return list(db.session.scalars(select(Event).where(mine).order_by(Event.starts_on.desc(), Event.id).limit(50)))
