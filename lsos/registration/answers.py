"""Answers, as somebody gave them, written into the tables: codes become the terms that they name."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.events.models import FocusArea, Zone
from lsos.organisations.models import Affiliation, Organisation
from lsos.organisations.queries import organisation_by_name
from lsos.organisations.service import settle_organisation
from lsos.registration.details import Details, ProfileDetails
from lsos.registration.models import Listing, Profile, Registration
from lsos.registration.rules import Direction
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand


def write_answers(
    session: Session, registration: Registration, details: Details, *, is_owner: bool, now: datetime
) -> None:
    """Write answers into a registration; codes that name nothing are passed over.

    `is_owner` says that the person answers for themselves, so that what is known of them changes too.
    """
    event_id = registration.event.id
    stakeholder = session.scalar(select(StakeholderType).where(StakeholderType.code == details.stakeholder_type))
    organisation = _organisation(session, details, stakeholder, now)
    registration.organisation = organisation
    registration.stakeholder_type = stakeholder
    registration.job_title = details.job_title
    registration.country = details.country or None
    registration.dietary_needs = details.dietary_needs
    registration.accessibility_needs = details.accessibility_needs
    areas = select(FocusArea).where(FocusArea.event_id == event_id, FocusArea.code.in_(details.focus_areas))
    registration.focus_areas = list(session.scalars(areas))
    zones = select(Zone).where(Zone.event_id == event_id, Zone.code.in_(details.zones))
    registration.zones = list(session.scalars(zones))
    if details.profile is not None:
        _write_profile(session, registration, details.profile)
    if organisation is not None and is_owner:
        _affiliate(session, registration.person, organisation, details.job_title)


def _organisation(
    session: Session, details: Details, stakeholder: StakeholderType | None, now: datetime
) -> Organisation | None:
    """Find the organisation that was typed; of a new one, remember what its first person says of it."""
    if not details.organisation:
        return None
    known = organisation_by_name(details.organisation, session)
    if known is not None:
        return known
    made = settle_organisation(session, details.organisation, now=now)
    made.stakeholder_type = stakeholder
    made.country = details.country or None
    made.interest_group = details.interest_group or (stakeholder.default_group if stakeholder else None)
    return made


def _affiliate(session: Session, person: Person, organisation: Organisation, job_title: str) -> None:
    """Let somebody stand for an organisation from now on."""
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


def _write_profile(session: Session, registration: Registration, wanted: ProfileDetails) -> None:
    if registration.profile is None:
        registration.profile = Profile()
    profile = registration.profile
    profile.about = wanted.about
    profile.trl = wanted.trl
    profile.trl_sought = wanted.trl_sought
    profile.tags = list(session.scalars(select(Tag).where(Tag.code.in_(wanted.tags))))
    profile.stages = list(session.scalars(select(FundingStage).where(FundingStage.code.in_(wanted.stages))))
    profile.ticket_bands = list(session.scalars(select(TicketBand).where(TicketBand.code.in_(wanted.ticket_bands))))
    _write_listings(session, profile, wanted)


def _write_listings(session: Session, profile: Profile, wanted: ProfileDetails) -> None:
    """Keep the offers and needs that stay, so that what others said about them stays true."""
    sides = {Direction.OFFER: wanted.offers, Direction.SEEK: wanted.seeks}
    kinds = session.scalars(select(CooperationType).where(CooperationType.code.in_(wanted.offers | wanted.seeks)))
    by_code = {kind.code: kind for kind in kinds}
    there = {(one.direction, one.cooperation_type.code): one for one in profile.listings}
    for (direction, code), listing in there.items():
        if code not in sides[direction]:
            profile.listings.remove(listing)
    for direction, codes in sides.items():
        for code in sorted(codes & by_code.keys()):
            if (direction, code) not in there:
                profile.listings.append(Listing(direction=direction, cooperation_type=by_code[code]))
