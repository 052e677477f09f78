"""What somebody says of themselves when they register, as typed values that a page, a file or a command can give."""

from dataclasses import dataclass, field

from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from lsos.taxonomy.rules import InterestGroup
from lsos.texts import Bilingual

Codes = frozenset[str]


@dataclass(frozen=True)
class ProfileDetails:
    """What they bring and what they look for; sets hold the codes of listed terms."""

    about: Bilingual = field(default_factory=Bilingual)
    tags: Codes = frozenset()
    offers: Codes = frozenset()
    seeks: Codes = frozenset()
    stages: Codes = frozenset()
    ticket_bands: Codes = frozenset()
    trl: int | None = None
    trl_sought: int | None = None


@dataclass(frozen=True)
class Details:
    """One person's answers; an empty one was not given."""

    given_name: str
    email: str
    language: str
    family_name: str = ""
    #: As typed; it finds an organisation by any of its names, or makes one.
    organisation: str = ""
    job_title: str = ""
    stakeholder_type: str = ""
    #: ISO 3166-1 alpha-2.
    country: str = ""
    interest_group: InterestGroup | None = None
    focus_areas: Codes = frozenset()
    zones: Codes = frozenset()
    dietary_needs: str = ""
    accessibility_needs: str = ""
    #: None where nothing of the kind is asked.
    profile: ProfileDetails | None = None


@dataclass(frozen=True)
class Agreement:
    """A purpose somebody agrees to, by the version of the words that they read."""

    purpose: str
    version: int


def details_of(registration: Registration) -> Details:
    """Give the answers that a registration holds, for changing them or for registering elsewhere."""
    person, organisation = registration.person, registration.organisation
    return Details(
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.email,
        language=person.language,
        organisation=organisation.name if organisation else "",
        job_title=registration.job_title,
        stakeholder_type=registration.stakeholder_type.code if registration.stakeholder_type else "",
        country=registration.country or "",
        interest_group=organisation.interest_group if organisation else None,
        focus_areas=frozenset(area.code for area in registration.focus_areas),
        zones=frozenset(zone.code for zone in registration.zones),
        dietary_needs=registration.dietary_needs,
        accessibility_needs=registration.accessibility_needs,
        profile=_profile_of(registration),
    )


def _profile_of(registration: Registration) -> ProfileDetails:
    profile = registration.profile
    if profile is None:
        return ProfileDetails()

    def side(direction: Direction) -> Codes:
        open_ones = (one for one in profile.listings if one.direction is direction and not one.is_closed)
        return frozenset(one.cooperation_type.code for one in open_ones)

    return ProfileDetails(
        about=profile.about,
        tags=frozenset(tag.code for tag in profile.tags),
        offers=side(Direction.OFFER),
        seeks=side(Direction.SEEK),
        stages=frozenset(stage.code for stage in profile.stages),
        ticket_bands=frozenset(band.code for band in profile.ticket_bands),
        trl=profile.trl,
        trl_sought=profile.trl_sought,
    )
