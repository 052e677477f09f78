"""Answers, as somebody gave them, written into the tables: codes become the terms that they name."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.events.models import FocusArea, Zone
from lsos.organisations.models import Affiliation, Organisation
from lsos.organisations.queries import organisation_by_name, organisations_by_names
from lsos.organisations.service import new_organisation, settle_organisation
from lsos.registration.details import Details, ProfileDetails
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.rules import Direction, Said, WatchedAnswer
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.texts import search_key


def watched_answers(registration: Registration) -> dict[str, Said]:
    """Give the answers that approval may rest on, to be compared before and after a change, and read after it."""
    organisation, kind = registration.organisation, registration.stakeholder_type
    return {
        WatchedAnswer.ORGANISATION.value: {"given": [organisation.name] if organisation else []},
        WatchedAnswer.JOB_TITLE.value: {"given": [registration.job_title] if registration.job_title else []},
        WatchedAnswer.STAKEHOLDER_TYPE.value: {"given": [kind.code], "pl": kind.name.pl, "en": kind.name.en}
        if kind
        else {"given": []},
        WatchedAnswer.COUNTRY.value: {"given": [registration.country] if registration.country else []},
    }


def rename(person: Person, details: Details) -> Person:
    """Write somebody's name and language as their answers give them."""
    person.given_name = details.given_name
    person.family_name = details.family_name or person.family_name
    person.language = details.language
    person.fold()
    return person


class Terms:
    """The listed terms and organisations that answers name; for many registrations each list is read once."""

    def __init__(self, session: Session, event_id: int, *, for_many: bool = False) -> None:
        self._session = session
        self._event_id = event_id
        self._for_many = for_many
        self._lists: dict[Any, dict[str, Any]] = {}
        self._organisations: dict[str, Organisation] = {}

    def of(self, kind: Any, codes: Collection[str]) -> list[Any]:
        """Give the terms of a kind by their codes, in their order."""
        if not codes:
            return []
        own = (kind.event_id == self._event_id,) if hasattr(kind, "event_id") else ()
        rows = select(kind).where(*own).order_by(kind.position, kind.id)
        if not self._for_many:
            return list(self._session.scalars(rows.where(kind.code.in_(codes))))
        if kind not in self._lists:
            self._lists[kind] = {row.code: row for row in self._session.scalars(rows)}
        return [row for code, row in self._lists[kind].items() if code in codes]

    def organisation(self, name: str) -> Organisation | None:
        """Find the organisation that goes by a name."""
        return self._organisations.get(search_key(name)) or organisation_by_name(name, self._session)

    def settle(self, wanted: Iterable[Details], *, now: datetime) -> None:
        """Find the organisations that many name, and make those that are new, all at once.

        Where somebody makes one of them at the same moment, the database refuses all, to be tried again.
        """
        first: dict[str, Details] = {}
        for details in wanted:
            first.setdefault(search_key(details.organisation), details)
        first.pop("", None)
        names = {folded: details.organisation for folded, details in first.items()}
        self._organisations |= organisations_by_names(names, self._session)
        for folded, details in first.items():
            if folded not in self._organisations:
                stakeholder = next(iter(self.of(StakeholderType, {details.stakeholder_type} - {""})), None)
                self._organisations[folded] = _new(" ".join(details.organisation.split()), details, stakeholder, now)
        self._session.add_all(self._organisations.values())
        self._session.flush()


def write_answers(
    session: Session,
    registration: Registration,
    details: Details,
    *,
    is_owner: bool,
    now: datetime,
    terms: Terms | None = None,
) -> None:
    """Write answers into a registration; codes that name nothing are passed over.

    `is_owner` says that the person answers for themselves, so that what is known of them changes too.
    `terms` are handed in where many are written, one after another.
    """
    terms = terms or Terms(session, registration.event.id)
    stakeholder = next(iter(terms.of(StakeholderType, {details.stakeholder_type} - {""})), None)
    organisation = _organisation(session, details, stakeholder, terms, now)
    registration.organisation = organisation
    registration.stakeholder_type = stakeholder
    registration.job_title = details.job_title
    registration.country = details.country or None
    registration.dietary_needs = details.dietary_needs
    registration.accessibility_needs = details.accessibility_needs
    registration.focus_areas = terms.of(FocusArea, details.focus_areas)
    registration.zones = terms.of(Zone, details.zones)
    if details.profile is not None:
        _write_profile(registration, details.profile, terms, now)
    if organisation is not None and is_owner:
        _affiliate(session, registration.person, organisation, details.job_title)


def _organisation(
    session: Session, details: Details, stakeholder: StakeholderType | None, terms: Terms, now: datetime
) -> Organisation | None:
    """Find the organisation that was typed; of a new one, remember what its first person says of it."""
    if not details.organisation:
        return None
    known = terms.organisation(details.organisation)
    if known is not None:
        return known
    made = settle_organisation(session, details.organisation, now=now)
    return _described(made, details, stakeholder)


def _new(name: str, details: Details, stakeholder: StakeholderType | None, now: datetime) -> Organisation:
    return _described(new_organisation(name, now=now), details, stakeholder)


def _described(made: Organisation, details: Details, stakeholder: StakeholderType | None) -> Organisation:
    """Note of a new organisation what its first person says of it."""
    made.stakeholder_type = stakeholder
    made.country = details.country or None
    made.interest_group = details.interest_group or (stakeholder.default_group if stakeholder else None)
    return made


def _affiliate(session: Session, person: Person, organisation: Organisation, job_title: str) -> None:
    """Let somebody stand for an organisation from now on."""
    if not inspect(person).has_identity:
        session.add(Affiliation(person=person, organisation=organisation, job_title=job_title))
        return
    session.flush()
    all_of_them = session.scalars(
        select(Affiliation).where(Affiliation.person_id == person.id).execution_options(populate_existing=True)
    ).all()
    for one in all_of_them:
        one.is_current = False
    session.flush()
    mine = next((one for one in all_of_them if one.organisation_id == organisation.id), None)
    if mine is None:
        session.add(Affiliation(person_id=person.id, organisation_id=organisation.id, job_title=job_title))
        return
    mine.is_current = True
    mine.job_title = job_title


def _write_profile(registration: Registration, wanted: ProfileDetails, terms: Terms, now: datetime) -> None:
    if registration.profile is None:
        registration.profile = Profile()
    profile = registration.profile
    profile.about = wanted.about
    profile.trl = wanted.trl
    profile.trl_sought = wanted.trl_sought
    profile.tags = terms.of(Tag, wanted.tags)
    profile.stages = terms.of(FundingStage, wanted.stages)
    profile.ticket_bands = terms.of(TicketBand, wanted.ticket_bands)
    _write_listings(profile, wanted, terms, now)


def _write_listings(profile: Profile, wanted: ProfileDetails, terms: Terms, now: datetime) -> None:
    """Keep the offers and needs that stay, so that what others said about them stays true.

    What has a title was written in the market: ticks neither make it twice nor take it away.
    """
    sides = {Direction.OFFER: wanted.offers, Direction.SEEK: wanted.seeks}
    kinds = terms.of(CooperationType, wanted.offers | wanted.seeks)
    by_code = {kind.code: kind for kind in kinds}
    there: defaultdict[tuple[Direction, str], list[Listing]] = defaultdict(list)
    for one in profile.listings:
        there[one.direction, one.cooperation_type.code].append(one)
    for (direction, code), listings in there.items():
        ticked = next((one for one in listings if not one.title), None)
        if ticked is not None and code not in sides[direction] and not ticked.is_closed:
            profile.listings.remove(ticked)
    for direction, codes in sides.items():
        for code in sorted(codes & by_code.keys()):
            listings = there[direction, code]
            if any(not one.is_closed for one in listings):
                continue
            closed = next((one for one in listings if not one.title), None)
            if closed is not None:
                closed.is_closed = False
                closed.changed_at = now
            else:
                made = Listing(direction=direction, cooperation_type=by_code[code], made_at=now, changed_at=now)
                profile.listings.append(made)
