"""The fields that every list has, in the order in which files give them, and those of an event's consents."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, String, and_, case, cast, exists, false, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from lsos.accounts.models import EmailAddress, Person
from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event, FocusArea, Zone
from lsos.organisations.models import Organisation
from lsos.registration.fields import (
    NONE,
    STATES,
    Choice,
    Field,
    Kind,
    Value,
    any_of,
    days_between,
    like,
    linked,
    numbers_between,
    of_profile,
    yes_or_no,
)
from lsos.registration.list_models import Label, RegistrationLabel, SearchLine
from lsos.registration.models import (
    Consent,
    ConsentText,
    Listing,
    ParticipationType,
    Profile,
    ProfileStage,
    ProfileTag,
    ProfileTicketBand,
    Registration,
    RegistrationFocusArea,
    RegistrationZone,
)
from lsos.registration.rules import Awaiting, Direction, RegistrationState
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import TransferState
from lsos.taxonomy.models import CooperationType, FundingStage, StakeholderType, Tag, TicketBand
from lsos.taxonomy.rules import GROUP_NAMES, InterestGroup
from lsos.texts import LANGUAGE_NAMES, Bilingual, search_key
from lsos.wording import country_name, plain

R = Registration


# ---- choices


def _terms(kind: Any, *where: Any) -> list[Choice]:
    rows = db.session.scalars(select(kind).where(*where).order_by(kind.position, kind.code))
    return [Choice(row.code, plain(row.name) or row.code) for row in rows]


def _event_terms(kind: Any) -> Callable[[Event], list[Choice]]:
    return lambda event: _terms(kind, kind.event_id == event.id)


def _all_terms(kind: Any) -> Callable[[Event], list[Choice]]:
    return lambda _event: _terms(kind)


def _countries(event: Event) -> list[Choice]:
    codes = db.session.scalars(select(R.country).where(R.event_id == event.id, R.country.is_not(None)).distinct())
    return sorted((Choice(code, country_name(code)) for code in codes if code), key=lambda one: search_key(one.name))


def labels_of(event_id: int) -> list[Label]:
    """List the labels of an event, by name."""
    return list(db.session.scalars(select(Label).where(Label.event_id == event_id).order_by(Label.folded)))


def _label_choices(event: Event) -> list[Choice]:
    return [Choice(one.folded, one.name) for one in labels_of(event.id)]


def _labelled(event: Event, values: Sequence[str]) -> ColumnElement[bool]:
    carried = exists().where(
        RegistrationLabel.registration_id == R.id,
        RegistrationLabel.label_id == Label.id,
        Label.event_id == event.id,
        Label.folded.in_([value for value in values if value != NONE]),
    )
    none = not_(exists().where(RegistrationLabel.registration_id == R.id))
    return or_(carried, none) if NONE in values else carried


def labels_by_registration(ids: Collection[int]) -> dict[int, list[str]]:
    """Give the labels that registrations carry."""
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        select(RegistrationLabel.registration_id, Label.name)
        .join(Label, Label.id == RegistrationLabel.label_id)
        .where(RegistrationLabel.registration_id.in_(ids))
        .order_by(Label.folded)
    )
    for registration_id, name in rows:
        found.setdefault(registration_id, []).append(name)
    return found


# ---- values


def _names(terms: Iterable[Any]) -> tuple[str, ...]:
    return tuple(plain(term.name) or term.code for term in terms)


def awaits(how: Awaiting) -> ColumnElement[bool]:
    """Ask for those who wait for the organiser's word for one reason."""
    is_pending, is_again = R.state == RegistrationState.PENDING, func.json_array_length(R.to_review) > 0
    if how is Awaiting.FIRST:
        return and_(is_pending, not_(is_again))
    #: Of somebody who has the seat of a colleague, nothing was approved that could have changed.
    has_approved = cast(R.approved_answers, String) != "{}"
    got = exists().where(SeatTransfer.taker_id == R.id, SeatTransfer.state == TransferState.ACCEPTED)
    was_handed_on = and_(not_(has_approved), got)
    return and_(is_pending, is_again, was_handed_on if how is Awaiting.HANDED_ON else not_(was_handed_on))


def count_reviews(event_id: int) -> int:
    """Count who was approved once and waits for the organiser's word again."""
    again = or_(awaits(Awaiting.CHANGED), awaits(Awaiting.HANDED_ON))
    return db.session.scalar(select(func.count()).where(R.event_id == event_id, again)) or 0


def _waits_by_registration(ids: Collection[int]) -> dict[int, Value]:
    how = case(*((awaits(one), one.value) for one in Awaiting))
    rows = db.session.execute(select(R.id, how).where(R.id.in_(ids), R.state == RegistrationState.PENDING))
    return {row[0]: gettext(Awaiting(row[1]).words) for row in rows}


def _profile(part: Callable[[Profile], Value]) -> Callable[[Registration], Value]:
    return lambda one: part(one.profile) if one.profile else None


def _side(direction: Direction) -> Callable[[Registration], Value]:
    return _profile(lambda p: _names(each.cooperation_type for each in p.listings if each.direction is direction))


def _has_listing(direction: Direction, values: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(
        Profile.registration_id == R.id,
        Listing.profile_id == Profile.id,
        Listing.direction == direction,
        Listing.cooperation_type_id == CooperationType.id,
        CooperationType.code.in_(values),
    )


def _of_organisation(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for organisations that go by some words, whatever their letters."""
    said = [value for value in values if value != NONE]
    found = R.organisation_id.in_(
        select(Organisation.id).where(
            or_(false(), *(column.contains(search_key(one), autoescape=True) for one in said))
        )
    )
    if NONE not in values:
        return found
    return or_(found, R.organisation_id.is_(None)) if said else R.organisation_id.is_(None)


def _of_person(column: Any) -> Any:
    return select(column).where(Person.id == R.person_id).scalar_subquery()


def _organisation(column: Any) -> Any:
    return select(column).where(Organisation.id == R.organisation_id).scalar_subquery()


def _listings_loaded() -> tuple[ExecutableOption, ...]:
    return (selectinload(R.profile).selectinload(Profile.listings).joinedload(Listing.cooperation_type),)


_PERSON = (joinedload(R.person),)
_EMAILS = (joinedload(R.person).selectinload(Person.emails),)
_ORGANISATION = (joinedload(R.organisation),)
_PROFILE = (selectinload(R.profile),)

#: What every list has, in the order in which files give it; codes never change, since files and views name them.
OWN: tuple[Field, ...] = (
    Field("uid", N_("Record"), Kind.TEXT, lambda one: one.uid, is_column=False),
    Field(
        "name",
        N_("Name"),
        Kind.TEXT,
        lambda one: one.person.name,
        #: Every list is read from these lines, so they need no joining.
        where=lambda _event, values: or_(
            false(), *(SearchLine.name_key.contains(search_key(one), autoescape=True) for one in values)
        ),
        order=SearchLine.name_key,
        load=_PERSON,
        is_in_files=False,
    ),
    Field("given_name", N_("Given name"), Kind.TEXT, lambda one: one.person.given_name, load=_PERSON),
    Field("family_name", N_("Family name"), Kind.TEXT, lambda one: one.person.family_name, load=_PERSON),
    Field(
        "email",
        N_("E-mail"),
        Kind.TEXT,
        lambda one: one.person.email,
        where=lambda _event, values: R.person_id.in_(
            select(EmailAddress.person_id).where(like(EmailAddress.address, values))
        ),
        load=_EMAILS,
    ),
    Field(
        "language",
        N_("Language of e-mails"),
        Kind.CHOICE,
        lambda one: LANGUAGE_NAMES[one.person.language],
        where=lambda _event, values: any_of(_of_person(Person.language), values),
        order=_of_person(Person.language),
        choices=lambda _event: [Choice(code, name) for code, name in LANGUAGE_NAMES.items()],
        load=_PERSON,
    ),
    Field(
        "type",
        N_("Takes part as"),
        Kind.CHOICE,
        lambda one: plain(one.participation_type.name) or one.participation_type.code,
        where=lambda event, values: R.participation_type_id.in_(
            select(ParticipationType.id).where(
                ParticipationType.event_id == event.id, ParticipationType.code.in_(values)
            )
        ),
        order=select(ParticipationType.position)
        .where(ParticipationType.id == R.participation_type_id)
        .scalar_subquery(),
        choices=_event_terms(ParticipationType),
        load=(joinedload(R.participation_type),),
    ),
    Field(
        "state",
        N_("State"),
        Kind.CHOICE,
        lambda one: gettext(one.state.words),
        where=lambda _event, values: R.state.in_([RegistrationState(v) for v in values if v in STATES]),
        order=R.state,
        choices=lambda _event: [Choice(state.value, gettext(state.words)) for state in RegistrationState],
    ),
    Field(
        "approval",
        N_("Approval"),
        Kind.CHOICE,
        fetch=_waits_by_registration,
        where=lambda _event, values: or_(false(), *(awaits(one) for one in Awaiting if one in values)),
        choices=lambda _event: [Choice(one.value, gettext(one.words)) for one in Awaiting],
    ),
    Field(
        "registered",
        N_("Registered"),
        Kind.DAY,
        lambda one: one.registered_at,
        where=lambda event, values: days_between(R.registered_at, event, values),
        order=R.registered_at,
        is_always_known=True,
    ),
    Field(
        "organisation",
        N_("Organisation"),
        Kind.TEXT,
        lambda one: one.organisation.name if one.organisation else "",
        where=lambda _event, values: _of_organisation(Organisation.search_key, values),
        order=_organisation(Organisation.search_key),
        load=_ORGANISATION,
    ),
    Field(
        "job_title",
        N_("Job title"),
        Kind.TEXT,
        lambda one: one.job_title,
        where=lambda _event, values: like(R.job_title, values),
        order=func.lower(R.job_title),
    ),
    Field(
        "stakeholder",
        N_("Type of organisation or role"),
        Kind.CHOICE,
        lambda one: plain(one.stakeholder_type.name) if one.stakeholder_type else "",
        where=lambda _event, values: any_of(
            select(StakeholderType.code).where(StakeholderType.id == R.stakeholder_type_id).scalar_subquery(), values
        ),
        order=select(StakeholderType.position).where(StakeholderType.id == R.stakeholder_type_id).scalar_subquery(),
        choices=_all_terms(StakeholderType),
        load=(joinedload(R.stakeholder_type),),
    ),
    Field(
        "country",
        N_("Country"),
        Kind.CHOICE,
        lambda one: country_name(one.country),
        where=lambda _event, values: any_of(R.country, values),
        order=R.country,
        choices=_countries,
    ),
    Field(
        "interest_group",
        N_("Interest group"),
        Kind.CHOICE,
        lambda one: (one.organisation.interest_group or "") if one.organisation else "",
        where=lambda _event, values: any_of(_organisation(Organisation.interest_group), values),
        order=_organisation(Organisation.interest_group),
        choices=lambda _event: [Choice(one.value, gettext(GROUP_NAMES[one])) for one in InterestGroup],
        load=_ORGANISATION,
    ),
    Field(
        "area",
        N_("Focus areas"),
        Kind.CHOICES,
        lambda one: _names(one.focus_areas),
        where=lambda _event, values: linked(RegistrationFocusArea, FocusArea, "registration_id", values),
        choices=_event_terms(FocusArea),
        load=(selectinload(R.focus_areas),),
    ),
    Field(
        "zone",
        N_("Zones"),
        Kind.CHOICES,
        lambda one: _names(one.zones),
        where=lambda _event, values: linked(RegistrationZone, Zone, "registration_id", values),
        choices=_event_terms(Zone),
        load=(selectinload(R.zones),),
    ),
    Field(
        "profile",
        N_("Has written a profile"),
        Kind.YES_NO,
        lambda one: bool(one.profile and (one.profile.about or one.profile.listings or one.profile.tags)),
        where=lambda _event, values: yes_or_no(
            exists().where(
                Profile.registration_id == R.id,
                or_(
                    Profile.about_pl != "",  # type: ignore[attr-defined]  # the columns behind a text in two languages
                    Profile.about_en != "",  # type: ignore[attr-defined]
                    exists().where(Listing.profile_id == Profile.id),
                    exists().where(ProfileTag.profile_id == Profile.id),
                ),
            ),
            values,
        ),
        load=(*_listings_loaded(), selectinload(R.profile).selectinload(Profile.tags)),
        is_in_files=False,
    ),
    Field(
        "tags",
        N_("Topics"),
        Kind.CHOICES,
        _profile(lambda p: _names(p.tags)),
        where=lambda _event, values: of_profile(ProfileTag, Tag, values),
        choices=_all_terms(Tag),
        load=(selectinload(R.profile).selectinload(Profile.tags),),
    ),
    Field(
        "offers",
        N_("Offers"),
        Kind.CHOICES,
        _side(Direction.OFFER),
        where=lambda _event, values: _has_listing(Direction.OFFER, values),
        choices=_all_terms(CooperationType),
        load=_listings_loaded(),
    ),
    Field(
        "seeks",
        N_("Looks for"),
        Kind.CHOICES,
        _side(Direction.SEEK),
        where=lambda _event, values: _has_listing(Direction.SEEK, values),
        choices=_all_terms(CooperationType),
        load=_listings_loaded(),
    ),
    Field(
        "stages",
        N_("Funding stage"),
        Kind.CHOICES,
        _profile(lambda p: _names(p.stages)),
        where=lambda _event, values: of_profile(ProfileStage, FundingStage, values),
        choices=_all_terms(FundingStage),
        load=(selectinload(R.profile).selectinload(Profile.stages),),
    ),
    Field(
        "ticket_bands",
        N_("Size of the investment"),
        Kind.CHOICES,
        _profile(lambda p: _names(p.ticket_bands)),
        where=lambda _event, values: of_profile(ProfileTicketBand, TicketBand, values),
        choices=_all_terms(TicketBand),
        load=(selectinload(R.profile).selectinload(Profile.ticket_bands),),
    ),
    Field(
        "trl",
        N_("TRL"),
        Kind.NUMBER,
        _profile(lambda p: p.trl),
        where=lambda _event, values: exists().where(
            Profile.registration_id == R.id, numbers_between(Profile.trl, values)
        ),
        order=select(Profile.trl).where(Profile.registration_id == R.id).scalar_subquery(),
        load=_PROFILE,
    ),
    Field(
        "trl_sought",
        N_("TRL looked for"),
        Kind.NUMBER,
        _profile(lambda p: p.trl_sought),
        where=lambda _event, values: exists().where(
            Profile.registration_id == R.id, numbers_between(Profile.trl_sought, values)
        ),
        order=select(Profile.trl_sought).where(Profile.registration_id == R.id).scalar_subquery(),
        load=_PROFILE,
    ),
    Field("about_pl", N_("About, in Polish"), Kind.TEXT, _profile(lambda p: p.about.pl), load=_PROFILE),
    Field("about_en", N_("About, in English"), Kind.TEXT, _profile(lambda p: p.about.en), load=_PROFILE),
    Field(
        "dietary_needs",
        N_("Dietary needs"),
        Kind.TEXT,
        lambda one: one.dietary_needs,
        where=lambda _event, values: like(R.dietary_needs, values),
    ),
    Field(
        "accessibility_needs",
        N_("Accessibility"),
        Kind.TEXT,
        lambda one: one.accessibility_needs,
        where=lambda _event, values: like(R.accessibility_needs, values),
    ),
    Field(
        "badge_code",
        N_("Badge code"),
        Kind.TEXT,
        lambda one: one.badge_code,
        where=lambda _event, values: like(R.badge_code, values),
        order=R.badge_code,
    ),
    Field(
        "label",
        N_("Labels"),
        Kind.CHOICES,
        fetch=labels_by_registration,
        where=_labelled,
        choices=_label_choices,
    ),
)


CONSENT_PREFIX = "consent-"


def consent_fields(texts: Iterable[ConsentText]) -> list[Field]:
    """Make a field of each purpose that an event asks consent for."""
    return [_consent_field(text.purpose, text.wording) for text in texts]


def _consent_field(purpose: str, wording: Bilingual) -> Field:
    given = exists().where(
        Consent.registration_id == R.id,
        Consent.withdrawn_at.is_(None),
        Consent.text_id == ConsentText.id,
        ConsentText.purpose == purpose,
    )
    return Field(
        f"{CONSENT_PREFIX}{purpose}",
        Bilingual(*(f"{_CONSENT[code]}: {_shortened(getattr(wording, code)) or purpose}" for code in ("pl", "en"))),
        Kind.YES_NO,
        lambda one: purpose in one.purposes,
        where=lambda _event, values: yes_or_no(given, values),
        load=(selectinload(R.consents).joinedload(Consent.text),),
    )


_CONSENT = {"pl": "Zgoda", "en": "Consent"}


def _shortened(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"
