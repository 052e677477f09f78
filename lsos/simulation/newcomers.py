"""Whoever registers when the event is near: what they will say in the form."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.editions.filling import Guest
from lsos.registration.details import Agreement, Details, ProfileDetails
from lsos.registration.models import ConsentText
from lsos.registration.rules import Direction
from lsos.taxonomy.models import StakeholderType


@dataclass(frozen=True)
class Newcomer:
    """What somebody will say when they register."""

    type_code: str
    details: Details
    agrees_to: frozenset[Agreement]


def newcomers(session: Session, guests: list[Guest]) -> list[Newcomer]:
    """Write down what invented people say when they register."""
    types = set(session.scalars(select(StakeholderType.code)))
    texts = session.scalars(select(ConsentText).where(ConsentText.is_current)).all()
    return [
        Newcomer(
            guest.kind.code,
            _details(guest, types),
            frozenset(Agreement(text.purpose, text.version) for text in texts if text.purpose in guest.purposes),
        )
        for guest in guests
    ]


def _details(guest: Guest, types: set[str]) -> Details:
    person, place, profile = guest.person, guest.organisation, guest.profile
    brings = None
    if profile is not None:
        sides = {
            side: frozenset(one.cooperation for one in profile.listings if one.direction is side) for side in Direction
        }
        brings = ProfileDetails(
            about=profile.about,
            tags=frozenset(profile.tags),
            offers=sides[Direction.OFFER],
            seeks=sides[Direction.SEEK],
            stages=frozenset(profile.stages),
            ticket_bands=frozenset(profile.bands),
            trl=profile.trl,
            trl_sought=profile.trl_sought,
        )
    return Details(
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.address,
        language=person.language,
        organisation=place.name if place is not None else "",
        job_title=person.job_title,
        stakeholder_type=person.type if person.type in types else "",
        country=person.country,
        focus_areas=frozenset(profile.areas) if profile is not None else frozenset(),
        profile=brings,
    )
