"""The answers people give when they register, as a form: asked once here, changed later in their profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import combinations, groupby
from typing import Any, ClassVar

from babel import Locale
from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from lsos.agenda.models import Session
from lsos.agenda.rules import Looker
from lsos.agenda.seeing import shown_to
from lsos.agenda.waiting_queries import waiting_in
from lsos.db import new_uid
from lsos.drawing import area_disc
from lsos.events.models import Event
from lsos.events.queries import focus_areas, zones
from lsos.organisations.queries import known_names
from lsos.registration.details import Agreement, Details, ProfileDetails
from lsos.registration.models import ConsentText, ParticipationType
from lsos.registration.rules import ON_THE_SPOT
from lsos.registration.steps import ALONE, Waits
from lsos.registration.waiting_rules import GROUP_AT_MOST
from lsos.taxonomy import queries as terms
from lsos.taxonomy.rules import GROUP_NAMES, InterestGroup
from lsos.texts import LANGUAGE_NAMES, Bilingual, search_key
from lsos.web import language
from lsos.web.forms import (
    ChipsField,
    PageForm,
    PrintableName,
    address_field,
    long_field,
    name_field,
    options,
)
from lsos.web.seeing import programme_here
from lsos.web.session import reader
from lsos.web.timetable import local_day
from lsos.wording import locale, plain

#: Codes that Babel lists beside the countries: unions, parts of countries, the unknown.
NOT_COUNTRIES = frozenset(["EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"])
NEEDS_LENGTH = 500
ABOUT_LENGTH = 1500


@lru_cache(maxsize=4)
def _countries(locale_name: str) -> list[tuple[str, str]]:
    territories = Locale.parse(locale_name).territories
    countries = [(c, n) for c, n in territories.items() if len(c) == 2 and c.isalpha() and c not in NOT_COUNTRIES]
    return sorted(countries, key=lambda pair: search_key(pair[1]))


def country_choices() -> list[tuple[str, str]]:
    """List the countries, by code and name, in the order of the reader's language."""
    return _countries(str(locale()))


@dataclass(frozen=True)
class Group:
    """A heading over some of the options of one field."""

    heading: str
    options: list[Any]

    @property
    def chosen(self) -> int:
        """Count the ticked ones."""
        return sum(bool(option.checked) for option in self.options)


@dataclass(frozen=True)
class SessionOffer:
    """A session that can be chosen, with the box to tick: for a seat, or, where it is full, for its waiting list."""

    session: Session
    #: None before sign-up opens.
    box: Any
    is_full: bool
    waiting: int


class UnlessAlone:
    """Asks for an organisation, unless somebody comes for themselves."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: "AnswersForm", field: Field) -> None:
        if not field.data and not form.alone.data:
            raise ValidationError(_l("Write where you work or study, or tick the box below."))
        if field.data and form.alone.data:
            raise ValidationError(_l("You ticked that you come for yourself. Empty this field, or take the tick out."))


class LightForm(PageForm):
    """What the public session asks for: enough to write to somebody, and nothing else."""

    once = HiddenField(default=new_uid)
    given_name = name_field(
        _l("Given name"), InputRequired(_l("Write the name you want to be called by.")), PrintableName()
    )
    email = address_field(_l("E-mail"))
    language = SelectField(
        _l("Language of e-mails"), choices=options(*LANGUAGE_NAMES.items()), validators=[InputRequired()]
    )

    group_size = IntegerField(
        _l("How many seats you need, yours included"),
        [
            Optional(),
            NumberRange(1, GROUP_AT_MOST, _l("Write a number from 1 to 20; for more, write to the organiser.")),
        ],
        default=1,
    )
    #: Radio buttons, not a box, so that a page from before the seats were gone says what most people want.
    on_turn = RadioField(
        _l("When it is my turn"),
        choices=options(("take", _l("give me the seat at once")), ("ask", _l("keep it for me, and ask me by e-mail"))),
        default="take",
    )

    #: The texts somebody agrees to, with the names of their boxes.
    texts: dict[str, ConsentText]

    @property
    def consents(self) -> list[tuple[Field, ConsentText]]:
        """Give the boxes of the consents, each with its text."""
        return [(self[name], text) for name, text in self.texts.items()]

    def address_to_write_to(self) -> str:
        """Give the address that was typed, if it is one."""
        if "email" not in self or not self.email.data:
            return ""
        return str(self.email.data) if self.email.validate(self) else ""

    def waits(self) -> Waits:
        """Give how they wait if there is no seat; who was not asked waits alone and takes what comes."""
        if "group_size" not in self:
            return ALONE
        return Waits(self.group_size.data or 1, self.on_turn.data != "ask")

    def agreements(self) -> frozenset[Agreement]:
        """Give what was agreed to."""
        return frozenset(Agreement(text.purpose, text.version) for field, text in self.consents if field.data)

    def details(self, *, email: str = "") -> Details:
        """Give the answers as typed values."""
        return Details(
            given_name=self.given_name.data or "",
            email=email or self.email.data or "",
            language=self.language.data,
        )


class AnswersForm(LightForm):
    """What everybody else is asked."""

    family_name = name_field(_l("Family name"), InputRequired(_l("Write your family name.")), PrintableName())
    organisation = name_field(
        _l("Organisation"), UnlessAlone(), render_kw={"list": "known-organisations", "autocomplete": "off"}
    )
    alone = BooleanField(_l("I come on my own behalf, without an organisation"))
    job_title = name_field(_l("Job title"))
    stakeholder_type = SelectField(
        _l("Type of organisation or role"), [InputRequired(_l("Choose what fits you best."))]
    )
    country = SelectField(_l("Country"), [InputRequired(_l("Choose your country."))])
    interest_group = SelectField(_l("Interest group of your organisation"))
    focus_areas = ChipsField(_l("Focus areas that interest you"))
    zones = ChipsField(_l("Zones you want to be in"))
    sessions = ChipsField(_l("Sessions you want a seat in"))
    waits_for = ChipsField(_l("Full sessions you would wait for"))
    about_pl = long_field(_l("About you, in Polish"), length=ABOUT_LENGTH)
    about_en = long_field(_l("About you, in English"), length=ABOUT_LENGTH)
    tags = ChipsField(_l("Topics you work on"))
    offers = ChipsField(_l("What you offer"))
    seeks = ChipsField(_l("What you look for"))
    stages = ChipsField(_l("Funding stage"))
    ticket_bands = ChipsField(_l("Size of the investment"))
    trl = SelectField(_l("Readiness of what you bring (TRL)"))
    trl_sought = SelectField(_l("Least readiness you look for (TRL)"))
    dietary_needs = name_field(_l("Dietary needs"), max_length=NEEDS_LENGTH)
    accessibility_needs = name_field(_l("Accessibility needs"), max_length=NEEDS_LENGTH)

    #: The sessions that can be chosen, or later, by code.
    offered: dict[str, Session]
    #: How many wait for a seat in a session, by its id.
    waiting: dict[int, int]
    tag_groups: dict[str, str]
    suggestions: list[str]

    def validate_sessions(self, field: Field) -> None:
        """Refuse two sessions at the same time, and name them."""
        chosen = [self.offered[code] for code in field.data or [] if code in self.offered]
        for one, other in combinations(chosen, 2):
            if one.when is not None and other.when is not None and one.when.overlaps(other.when):
                words = gettext(
                    "“%(first)s” and “%(second)s” are at the same time. Choose one of them.",
                    first=plain(one.title),
                    second=plain(other.title),
                )
                raise ValidationError(words)

    @property
    def sessions_by_day(self) -> list[tuple[date, list[SessionOffer]]]:
        """Give the sessions with their boxes, day by day in the order of time."""
        by_day = groupby(self.offered.values(), key=_local_day)
        seats, lines = ({box.data: box for box in chips} for chips in (self.sessions, self.waits_for))
        ticked = {*(self.sessions.data or ()), *(self.waits_for.data or ())}

        def offer(session: Session) -> SessionOffer:
            waiting = self.waiting.get(session.id, 0)
            is_full = session.seats is not None and session.signed_up + waiting >= session.seats
            box = (lines if is_full else seats).get(session.code)
            if box is not None:
                box.checked = session.code in ticked  # also where the last seat went while this was typed
            return SessionOffer(session, box, is_full, waiting)

        return [(day, [offer(session) for session in of_day]) for day, of_day in by_day]

    @property
    def some_are_full(self) -> bool:
        """Say whether there is a session that one can only wait for."""
        return any(offer.is_full for _day, offers in self.sessions_by_day for offer in offers)

    @property
    def tags_by_group(self) -> list[Group]:
        """Give the boxes of the subjects under their headings."""
        grouped = groupby(self.tags, key=lambda option: self.tag_groups[option.data])
        return [Group(heading, list(of_group)) for heading, of_group in grouped]

    def details(self, *, email: str = "") -> Details:
        """Give the answers as typed values."""
        group = self.interest_group.data
        return Details(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            email=email or self.email.data or "",
            language=self.language.data,
            organisation="" if self.alone.data else self.organisation.data or "",
            job_title=self.job_title.data or "",
            stakeholder_type=self.stakeholder_type.data,
            country=self.country.data,
            interest_group=InterestGroup(group) if group else None,
            focus_areas=_codes(self, "focus_areas"),
            zones=_codes(self, "zones"),
            dietary_needs=self.dietary_needs.data or "",
            accessibility_needs=self.accessibility_needs.data or "",
            profile=self._profile() if "tags" in self else None,
        )

    def _profile(self) -> ProfileDetails:
        return ProfileDetails(
            about=Bilingual(self.about_pl.data or "", self.about_en.data or ""),
            tags=_codes(self, "tags"),
            offers=_codes(self, "offers"),
            seeks=_codes(self, "seeks"),
            stages=_codes(self, "stages"),
            ticket_bands=_codes(self, "ticket_bands"),
            trl=int(self.trl.data) if self.trl.data else None,
            trl_sought=int(self.trl_sought.data) if self.trl_sought.data else None,
        )


class ReasonForm(PageForm):
    """A word that goes with a decision."""

    reason = name_field(_l("Message to the organiser"), max_length=NEEDS_LENGTH)


#: Asked only where people are matched.
PROFILE_FIELDS = (
    "about_pl",
    "about_en",
    "tags",
    "offers",
    "seeks",
    "stages",
    "ticket_bands",
    "trl",
    "trl_sought",
)


def _codes(form: PageForm, name: str) -> frozenset[str]:
    return frozenset(form[name].data or []) if name in form else frozenset()


def _local_day(session: Session) -> date:
    assert session.starts_at is not None
    return local_day(session.starts_at, session.event.timezone)


def registration_form(
    event: Event,
    kind: ParticipationType,
    texts: Sequence[ConsentText],
    *,
    known: Details | None = None,
    is_signed_in: bool = False,
    with_sessions: bool = True,
    may_wait: bool = False,
    typed: MultiDict[str, str] | None = None,
    now: datetime,
) -> LightForm:
    """Make the form of one way to take part, filled with what is known of somebody.

    `texts` are the words to agree to; a light one asks for those that are required only. `typed` is what
    somebody typed earlier and did not send, in the place of what is being sent.
    """
    base = LightForm if kind.is_light else AnswersForm
    asked = [text for text in texts if text.is_required or not (kind.is_light or text.purpose in ON_THE_SPOT)]
    boxes = {f"agree-{text.purpose}-{text.version}": text for text in asked}

    class Form(base):  # type: ignore[misc, valid-type]  # WTForms reads the fields of a class, so one is made for each
        """The form of this way to take part."""

    for name, text in boxes.items():
        checks = [InputRequired(_l("Tick this box to take part."))] if text.is_required else []
        setattr(Form, name, BooleanField(plain(text.wording), checks))
    form: LightForm
    if typed is None:
        form = Form(data=_as_data(known))
    else:
        form = Form(typed, data=_as_data(known), meta={"csrf": request.method != "POST"})
    form.texts = boxes
    if is_signed_in:
        del form.email
    if not may_wait:
        del form.group_size
        del form.on_turn
    if isinstance(form, AnswersForm):
        _offer(form, event, kind, with_sessions=with_sessions, now=now)
    return form


def _as_data(known: Details | None) -> dict[str, Any]:
    """Lay out what is known as the form holds it."""
    if known is None:
        return {"language": language.current()}
    data: dict[str, Any] = {
        "given_name": known.given_name,
        "family_name": known.family_name,
        "email": known.email,
        "language": known.language,
        "organisation": known.organisation,
        "alone": bool(known.stakeholder_type) and not known.organisation,
        "job_title": known.job_title,
        "stakeholder_type": known.stakeholder_type,
        "country": known.country,
        "interest_group": known.interest_group or "",
        "focus_areas": list(known.focus_areas),
        "zones": list(known.zones),
        "dietary_needs": known.dietary_needs,
        "accessibility_needs": known.accessibility_needs,
    }
    profile = known.profile
    if profile is not None:
        data |= {
            "about_pl": profile.about.pl,
            "about_en": profile.about.en,
            "tags": list(profile.tags),
            "offers": list(profile.offers),
            "seeks": list(profile.seeks),
            "stages": list(profile.stages),
            "ticket_bands": list(profile.ticket_bands),
            "trl": str(profile.trl or ""),
            "trl_sought": str(profile.trl_sought or ""),
        }
    return data


def _offer(form: AnswersForm, event: Event, kind: ParticipationType, *, with_sessions: bool, now: datetime) -> None:
    """Fill the lists to choose from, and take out what this event does not ask."""
    choose = ("", gettext("Choose"))
    form.suggestions = known_names()
    form.stakeholder_type.choices = options(choose, *((t.code, plain(t.name)) for t in terms.stakeholder_types()))
    form.country.choices = options(choose, *_countries(str(locale())))
    groups = ((group.value, f"{group.value} – {gettext(words)}") for group, words in GROUP_NAMES.items())
    form.interest_group.choices = options(("", gettext("I do not know, or none")), *groups)
    form.focus_areas.choices = options(
        *((a.code, Markup("{} {}").format(area_disc(a.position), plain(a.name))) for a in focus_areas(event.id))
    )
    form.zones.choices = options(*((zone.code, _named(zone.name, zone.purpose)) for zone in zones(event.id)))
    form.offered = _sessions_offered(event, kind, now) if with_sessions else {}
    form.waiting = waiting_in(event.id) if form.offered else {}
    opened = [one for one in form.offered.values() if one.signup_opens_at is None or one.signup_opens_at <= now]
    for field in (form.sessions, form.waits_for):
        field.choices = options(*((session.code, plain(session.title)) for session in opened))
    if not form.offered:
        del form.sessions, form.waits_for
    for name in ("focus_areas", "zones"):
        if not form[name].choices:
            del form[name]
    if kind.has_matchmaking:
        _offer_profile(form)
    else:
        for name in PROFILE_FIELDS:
            del form[name]


def _offer_profile(form: AnswersForm) -> None:
    grouped = terms.tags_by_group()
    form.tag_groups = {tag.code: plain(group.name) for group, tags in grouped for tag in tags}
    form.tags.choices = options(*((tag.code, plain(tag.name)) for _group, tags in grouped for tag in tags))
    cooperation = terms.cooperation_types()
    form.offers.choices = options(*((c.code, _named(c.name, c.offer)) for c in cooperation))
    form.seeks.choices = options(*((c.code, _named(c.name, c.seek)) for c in cooperation))
    form.stages.choices = options(*((stage.code, plain(stage.name)) for stage in terms.funding_stages()))
    form.ticket_bands.choices = options(*((band.code, plain(band.name)) for band in terms.ticket_bands()))
    levels = [(str(level.position), f"{level.position} – {plain(level.name)}") for level in terms.trl_levels()]
    form.trl.choices = options(("", gettext("Does not apply")), *levels)
    form.trl_sought.choices = options(("", gettext("Any")), *levels)


def _named(name: Bilingual, more: Bilingual) -> str | Markup:
    """Write a name with what it means under it."""
    if not more:
        return plain(name)
    return Markup('{}<span class="quiet">{}</span>').format(plain(name), plain(more))


def _sessions_offered(event: Event, kind: ParticipationType, now: datetime) -> dict[str, Session]:
    """Give the sessions to come that take sign-ups, on the days that somebody comes for.

    They are those that the reader may know of now, and may know of once they take part this way.
    """
    who, days = reader(), set(kind.days_of(event))
    then = Looker(person_id=who.id if who else None, participation_type_id=kind.id)
    return {
        session.code: session
        for session in shown_to(then, programme_here(event))
        if session.takes_signups
        and session.ends_at is not None
        and session.ends_at > now
        and _local_day(session) in days
    }
