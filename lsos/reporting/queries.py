"""Reads of the catalogue, of typed values, and of who may see them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import extract, func, or_, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.events.models import Event, RoleGrant
from lsos.events.queries import held_now
from lsos.events.rules import EventStatus, Role
from lsos.organisations.models import Organisation
from lsos.registration.models import Listing, Profile, Registration
from lsos.reporting.models import Indicator, IndicatorValue
from lsos.reporting.rules import CLUSTER_CODE


def indicators() -> list[Indicator]:
    """List the whole catalogue in its own order."""
    return list(db.session.scalars(select(Indicator).order_by(Indicator.position, Indicator.id)))


def indicator_by_code(code: str) -> Indicator | None:
    """Find an indicator by the code of the catalogue."""
    return db.session.scalar(select(Indicator).where(Indicator.code == code))


def newest_values(year: int) -> dict[int, IndicatorValue]:
    """Give the typed value that counts for a year, by indicator: the newest one."""
    rows = db.session.scalars(
        select(IndicatorValue)
        .where(IndicatorValue.year == year)
        .order_by(IndicatorValue.noted_at, IndicatorValue.id)
        .options(joinedload(IndicatorValue.by))
    )
    return {row.indicator_id: row for row in rows}


def history(indicator_id: int) -> list[IndicatorValue]:
    """List every value that was typed in for an indicator, the latest year and the newest value first."""
    return list(
        db.session.scalars(
            select(IndicatorValue)
            .where(IndicatorValue.indicator_id == indicator_id)
            .order_by(IndicatorValue.year.desc(), IndicatorValue.noted_at.desc(), IndicatorValue.id.desc())
            .options(joinedload(IndicatorValue.by))
        )
    )


def years(*, today: date) -> list[int]:
    """List the years there is something to say about, this one included, the latest first."""
    found = set(
        db.session.scalars(
            select(extract("year", Event.starts_on))
            .where(Event.status == EventStatus.PUBLISHED, Event.starts_on <= date(today.year, 12, 31))
            .distinct()
        )
    )
    found |= set(db.session.scalars(select(IndicatorValue.year).distinct()))
    return sorted({int(year) for year in found} | {today.year}, reverse=True)


def grants_of(person_id: int) -> list[tuple[Role, int | None]]:
    """List every role somebody holds, with its event; None stands for all of them."""
    mine = RoleGrant.person_id == person_id, held_now()
    rows = db.session.execute(select(RoleGrant.role, RoleGrant.event_id).where(*mine))
    return [(role, event_id) for role, event_id in rows]


def cluster_roles(person_id: int) -> frozenset[Role]:
    """Give the roles somebody holds everywhere, or in any event that the cluster itself organises."""
    rows = db.session.scalars(
        select(RoleGrant.role)
        .outerjoin(RoleGrant.event)
        .outerjoin(Event.organiser)
        .where(
            RoleGrant.person_id == person_id,
            held_now(),
            or_(RoleGrant.event_id.is_(None), Organisation.code == CLUSTER_CODE),
        )
        .distinct()
    )
    return frozenset(rows)


def events_by_id(ids: Collection[int]) -> dict[int, Event]:
    """Find events, with their organisers."""
    rows = db.session.scalars(select(Event).where(Event.id.in_(ids)).options(joinedload(Event.organiser)))
    return {row.id: row for row in rows}


def organisations_by_id(ids: Collection[int]) -> dict[int, Organisation]:
    """Find organisations, with their types."""
    rows = db.session.scalars(
        select(Organisation).where(Organisation.id.in_(ids)).options(joinedload(Organisation.stakeholder_type))
    )
    return {row.id: row for row in rows}


def listings_by_id(ids: Collection[int]) -> dict[int, Listing]:
    """Find listings, with their kind and with the organisation and the event they belong to."""
    rows = db.session.scalars(
        select(Listing)
        .where(Listing.id.in_(ids))
        .options(
            joinedload(Listing.cooperation_type),
            joinedload(Listing.profile).joinedload(Profile.registration).joinedload(Registration.organisation),
            joinedload(Listing.profile).joinedload(Profile.registration).joinedload(Registration.event),
        )
    )
    return {row.id: row for row in rows}


def events_of_organisations(ids: Collection[int], year: int) -> dict[int, list[tuple[Event, int]]]:
    """List, for each organisation, the events of a year it has registrations for, and how many."""
    found: dict[int, list[tuple[Event, int]]] = {}
    rows = db.session.execute(
        select(Registration.organisation_id, Event, func.count(Registration.id))
        .join(Registration.event)
        .where(
            Registration.organisation_id.in_(ids),
            Event.status == EventStatus.PUBLISHED,
            Event.starts_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .group_by(Registration.organisation_id, Event.id)
        .order_by(Event.starts_on, Event.id)
    )
    for organisation_id, event, count in rows:
        if organisation_id is not None:
            found.setdefault(organisation_id, []).append((event, count))
    return found
