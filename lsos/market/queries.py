"""Reads of the market: who looks finds what others offer and seek, as far as these agreed to be seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.interfaces import LoaderOption

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import FocusArea
from lsos.market.models import SavedSearch
from lsos.market.rules import GONE, Wanted, wanted_of
from lsos.organisations.models import Organisation
from lsos.registration.models import Consent, Listing, Profile, Registration
from lsos.registration.rules import Direction
from lsos.registration.showing import Place, may_show, shown_in
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.texts import search_key

PAGE_LENGTH = 20


# ---- what an offer says, itself or by its profile


def trl_of(listing: Listing) -> int | None:
    """Give the readiness of what is offered, or the least that is wanted; where it is silent, that of the profile."""
    profile = listing.profile
    return listing.trl or (profile.trl if listing.direction is Direction.OFFER else profile.trl_sought)


def areas_of(listing: Listing) -> list[FocusArea]:
    """Give the focus area it names, or those of its owner."""
    return [listing.focus_area] if listing.focus_area else list(listing.profile.registration.focus_areas)


def tags_of(listing: Listing) -> list[Tag]:
    """Give the subjects it names, or those of its owner."""
    return list(listing.tags or listing.profile.tags)


def stages_of(listing: Listing) -> list[FundingStage]:
    """Give the funding stages it names, or those of its owner."""
    return list(listing.stages or listing.profile.stages)


def bands_of(listing: Listing) -> list[TicketBand]:
    """Give the ranges of money it names, or those of its owner."""
    return list(listing.ticket_bands or listing.profile.ticket_bands)


# ---- reading


def _joined() -> Select[Listing]:
    """Select offers and requests with who stands behind them."""
    return (
        select(Listing)
        .join(Listing.profile)
        .join(Profile.registration)
        .join(Registration.person)
        .outerjoin(Registration.organisation)
    )


def _whole() -> list[LoaderOption]:
    """Load what a card or a page of an offer shows, in a number of statements that is the same for any number."""
    profile = contains_eager(Listing.profile)
    registration = profile.contains_eager(Profile.registration)
    return [
        joinedload(Listing.cooperation_type),
        joinedload(Listing.focus_area),
        selectinload(Listing.tags),
        selectinload(Listing.stages),
        selectinload(Listing.ticket_bands),
        profile.selectinload(Profile.tags),
        profile.selectinload(Profile.stages),
        profile.selectinload(Profile.ticket_bands),
        registration.contains_eager(Registration.person).selectinload(Person.emails),
        registration.contains_eager(Registration.organisation).joinedload(Organisation.stakeholder_type),
        registration.joinedload(Registration.participation_type),
        registration.joinedload(Registration.stakeholder_type),
        registration.selectinload(Registration.focus_areas),
        registration.selectinload(Registration.consents).joinedload(Consent.text),
    ]


def is_shown(listing: Listing) -> bool:
    """Say whether others may read an offer or request: its owner agreed to be seen, and it is open."""
    owner = listing.profile.registration
    return not listing.is_closed and owner.participation_type.has_matchmaking and may_show(Place.PROFILE, owner)


def _shown(event_id: int) -> list[ColumnElement[bool]]:
    """Ask in SQL for what `is_shown` says of one; a test holds the two together."""
    return [
        Registration.event_id == event_id,
        ~Listing.is_closed,
        shown_in(Place.PROFILE),
        Registration.participation_type.has(has_matchmaking=True),
    ]


def _not(unseen: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    return [] if unseen is None else [~unseen]


def _own_or_of_profile(own: Any, of_profile: Any, kind: Any, codes: Sequence[str]) -> ColumnElement[bool]:
    """Ask for codes among what an offer names, or where it names none among those of its profile."""
    return or_(own.any(kind.code.in_(codes)), and_(~own.any(), of_profile.any(kind.code.in_(codes))))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.direction is not None:
        found.append(Listing.direction == wanted.direction)
    if wanted.kinds:
        found.append(Listing.cooperation_type.has(CooperationType.code.in_(wanted.kinds)))
    if wanted.areas:
        named = Listing.focus_area.has(FocusArea.code.in_(wanted.areas))
        of_owner = Registration.focus_areas.any(FocusArea.code.in_(wanted.areas))
        found.append(or_(named, and_(Listing.focus_area_id.is_(None), of_owner)))
    for codes, own, of_profile, kind in (
        (wanted.tags, Listing.tags, Profile.tags, Tag),
        (wanted.stages, Listing.stages, Profile.stages, FundingStage),
        (wanted.bands, Listing.ticket_bands, Profile.ticket_bands, TicketBand),
    ):
        if codes:
            found.append(_own_or_of_profile(own, of_profile, kind, codes))
    if wanted.countries:
        found.append(Registration.country.in_(wanted.countries))
    if wanted.organisations:
        wanted_type = StakeholderType.code.in_(wanted.organisations)
        of_organisation = and_(
            Registration.stakeholder_type_id.is_(None), Organisation.stakeholder_type.has(wanted_type)
        )
        found.append(or_(Registration.stakeholder_type.has(wanted_type), of_organisation))
    trl = func.coalesce(
        Listing.trl, case((Listing.direction == Direction.OFFER, Profile.trl), else_=Profile.trl_sought)
    )
    if wanted.trl_from is not None:
        found.append(trl >= wanted.trl_from)
    if wanted.trl_to is not None:
        found.append(trl <= wanted.trl_to)
    return found


def _worded(words: str) -> list[ColumnElement[bool]]:
    """Ask for every word in title or details, the organisation, the kind of cooperation or a subject, either language.

    Names of people are not searched here: their keys hold addresses, and nobody may find out who has which.
    """
    wanted = search_key(words).split()
    if not wanted:
        return []
    kinds = _folded(db.session.scalars(select(CooperationType)))
    tags = _folded(db.session.scalars(select(Tag)))
    found = []
    for word in wanted:
        of_kind = [number for number, folded in kinds if word in folded]
        of_tag = [number for number, folded in tags if word in folded]
        found.append(
            or_(
                Listing.search_key.contains(word, autoescape=True),
                Organisation.search_key.contains(word, autoescape=True),
                Listing.cooperation_type_id.in_(of_kind),
                Listing.tags.any(Tag.id.in_(of_tag)),
                and_(~Listing.tags.any(), Profile.tags.any(Tag.id.in_(of_tag))),
            )
        )
    return found


def _folded(terms: Iterable[CooperationType | Tag]) -> list[tuple[int, str]]:
    return [(term.id, search_key(term.name.pl, term.name.en)) for term in terms]


def search(
    event_id: int,
    wanted: Wanted,
    *,
    unseen: ColumnElement[bool] | None = None,
    limit: int = PAGE_LENGTH,
    offset: int = 0,
) -> tuple[list[Listing], int]:
    """Find what others offer and seek, what has words of its own first, then what changed last; and count it all.

    `unseen` asks for the registrations whose offers this reader does not see: their own, and whom they avoid or may
    not see.
    """
    conditions = [*_shown(event_id), *_conditions(wanted), *_worded(wanted.words), *_not(unseen)]
    total = db.session.scalar(_joined().with_only_columns(func.count(Listing.id)).where(*conditions)) or 0
    found = db.session.scalars(
        _joined()
        .where(*conditions)
        .order_by(Listing.search_key == "", Listing.changed_at.desc(), Listing.id.desc())
        .limit(limit)
        .offset(offset)
        .options(*_whole())
    )
    return list(found), total


def listing_by_uid(event_id: int, uid: str) -> Listing | None:
    """Find an offer or request of an event by its public id, whoever may see it."""
    return db.session.scalar(_joined().where(Registration.event_id == event_id, Listing.uid == uid).options(*_whole()))


def listings_of(registration_id: int) -> list[Listing]:
    """List what somebody offers and seeks, closed ones last."""
    return list(
        db.session.scalars(
            _joined()
            .where(Registration.id == registration_id)
            .order_by(Listing.is_closed, Listing.direction, Listing.id)
            .options(*_whole())
        )
    )


def left_behind(registration: Registration) -> list[Listing]:
    """List what colleagues, who do not take part any more, wrote in the name of somebody's organisation."""
    if registration.organisation_id is None:
        return []
    return list(
        db.session.scalars(
            _joined()
            .where(
                Registration.event_id == registration.event_id,
                Registration.organisation_id == registration.organisation_id,
                Registration.state.in_(GONE),
                Listing.is_of_organisation,
            )
            .order_by(Listing.direction, Listing.id)
            .options(*_whole())
        )
    )


def countries_shown(event_id: int, *, unseen: ColumnElement[bool] | None = None) -> list[str]:
    """List the countries from which something is offered or sought, as far as the reader sees it."""
    rows = db.session.scalars(
        _joined()
        .with_only_columns(Registration.country)
        .where(*_shown(event_id), Registration.country.is_not(None), *_not(unseen))
        .distinct()
    )
    return sorted(code for code in rows if code)


# ---- an organisation at an event


@dataclass(frozen=True)
class Stand:
    """An organisation at an event, as participants read it: its people who agreed to be seen, and what they bring."""

    organisation: Organisation
    people: list[Registration]
    offers: list[Listing]
    seeks: list[Listing]
    areas: list[FocusArea]


def organisation_at(event_id: int, uid: str, *, unseen: ColumnElement[bool] | None = None) -> Stand | None:
    """Find an organisation with its visible people at an event; None where nobody of it is to be seen."""
    people = list(
        db.session.scalars(
            select(Registration)
            .join(Registration.organisation)
            .join(Registration.person)
            .where(
                Organisation.uid == uid,
                Registration.event_id == event_id,
                shown_in(Place.PROFILE),
                *_not(unseen),
            )
            .order_by(Person.family_name, Person.given_name, Registration.id)
            .options(
                contains_eager(Registration.organisation).joinedload(Organisation.stakeholder_type),
                contains_eager(Registration.person).selectinload(Person.emails),
                joinedload(Registration.participation_type),
                joinedload(Registration.stakeholder_type),
                selectinload(Registration.focus_areas),
            )
        )
    )
    if not people or people[0].organisation is None:
        return None
    ids = [one.id for one in people]
    listings = db.session.scalars(
        _joined()
        .where(*_shown(event_id), Registration.id.in_(ids))
        .order_by(Listing.is_of_organisation.desc(), Listing.changed_at.desc(), Listing.id)
        .options(*_whole())
    ).all()
    areas = {area.id: area for one in people for area in one.focus_areas}
    return Stand(
        organisation=people[0].organisation,
        people=people,
        offers=[one for one in listings if one.direction is Direction.OFFER],
        seeks=[one for one in listings if one.direction is Direction.SEEK],
        areas=sorted(areas.values(), key=lambda area: area.position),
    )


def made_between(
    event_id: int, wanted: Wanted, after: datetime, until: datetime, *, unseen: ColumnElement[bool] | None = None
) -> list[Listing]:
    """Find what of a search was made after one moment and until another, the latest first."""
    conditions = [*_shown(event_id), *_conditions(wanted), *_worded(wanted.words), *_not(unseen)]
    return list(
        db.session.scalars(
            _joined()
            .where(*conditions, Listing.made_at > after, Listing.made_at <= until)
            .order_by(Listing.made_at.desc(), Listing.id.desc())
            .options(
                joinedload(Listing.cooperation_type),
                contains_eager(Listing.profile)
                .contains_eager(Profile.registration)
                .contains_eager(Registration.organisation),
            )
        )
    )


# ---- saved searches


@dataclass(frozen=True)
class Kept:
    """A search somebody keeps, with how much of it is there, and how much they have not seen."""

    search: SavedSearch
    wanted: Wanted
    total: int
    new: int


def searches_of(registration_id: int) -> list[SavedSearch]:
    """List the searches somebody keeps, by their names."""
    return list(
        db.session.scalars(
            select(SavedSearch).where(SavedSearch.registration_id == registration_id).order_by(SavedSearch.name)
        )
    )


def kept_of(event_id: int, registration_id: int, *, unseen: ColumnElement[bool] | None = None) -> list[Kept]:
    """Count what each of somebody's searches finds now, and what of it was made since they looked."""
    found = []
    for one in searches_of(registration_id):
        wanted = wanted_of(one.query)
        total, new = _counted(event_id, wanted, one.seen_at, unseen)
        found.append(Kept(one, wanted, total, new))
    return found


def _counted(event_id: int, wanted: Wanted, since: datetime, unseen: ColumnElement[bool] | None) -> tuple[int, int]:
    conditions = [*_shown(event_id), *_conditions(wanted), *_worded(wanted.words), *_not(unseen)]
    is_new = case((Listing.made_at > since, 1), else_=0)
    row = db.session.execute(
        _joined().with_only_columns(func.count(Listing.id), func.coalesce(func.sum(is_new), 0)).where(*conditions)
    ).one()
    return row[0], row[1]
