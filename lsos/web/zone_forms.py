"""The forms of the zone: a call, an application, what a stand needs, stands and pitches, a decision."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FileField,
    IntegerField,
    SelectField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lsos.registration.models import Profile
from lsos.taxonomy.queries import funding_stages, ticket_bands, trl_levels
from lsos.texts import Bilingual
from lsos.web.forms import ChipsField, Needed, NoControls, PageForm, long_field, name_field, options, strip
from lsos.wording import plain
from lsos.zone.applying import Content, Needs
from lsos.zone.models import ZoneApplication, ZoneNeeds
from lsos.zone.rules import (
    ADDRESS_LENGTH,
    CATALOGUE_LENGTH,
    EQUIPMENT_LENGTH,
    ONE_LINER_LENGTH,
    PARAGRAPH_LENGTH,
    PITCH_LENGTH,
    SLOTS_AT_ONCE,
    Gap,
    is_web_address,
)

#: As `datetime-local` fields write moments.
_LOCAL = "%Y-%m-%dT%H:%M"
_PAIRS = ("one_liner", "problem", "solution", "pitch")
#: At which field each thing that is missing is said; the company's name stands in the registration.
GAP_FIELDS = {
    Gap.ONE_LINER: ("one_liner_pl", "one_liner_en"),
    Gap.PITCH: ("pitch_pl", "pitch_en"),
    Gap.STAGE: ("stage",),
    Gap.TRL: ("trl",),
}


class NeededToSend:
    """Marks what an application is not sent without; a draft is stored without it."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: object, _field: Field) -> None:
        """Refuse nothing: what is missing is said when it is sent."""


class WebAddress:
    """Refuses a link that does not lead to a page of the web."""

    def __call__(self, _form: object, field: Field) -> None:
        if not is_web_address(field.data or ""):
            raise ValidationError(_l("This is not a web address. It begins with https://."))


def _web_field(label: Any) -> URLField:
    return URLField(label, [Optional(), Length(max=ADDRESS_LENGTH), NoControls(), WebAddress()], filters=[strip])


def _needed(make: Callable[..., Any], label: Any, **more: Any) -> Any:
    return make(label, NeededToSend(), render_kw={"required": False}, **more)


def _number(label: Any, least: int, most: int, words: Any) -> IntegerField:
    return IntegerField(label, [Optional(), NumberRange(least, most, words)])


class ApplicationForm(PageForm):
    """What somebody writes of their company."""

    one_liner_pl = _needed(name_field, _l("In one line, in Polish"), max_length=ONE_LINER_LENGTH)
    one_liner_en = _needed(name_field, _l("In one line, in English"), max_length=ONE_LINER_LENGTH)
    problem_pl = long_field(_l("The problem, in Polish"), length=PARAGRAPH_LENGTH)
    problem_en = long_field(_l("The problem, in English"), length=PARAGRAPH_LENGTH)
    solution_pl = long_field(_l("Your solution, in Polish"), length=PARAGRAPH_LENGTH)
    solution_en = long_field(_l("Your solution, in English"), length=PARAGRAPH_LENGTH)
    pitch_pl = _needed(long_field, _l("Pitch, in Polish"), length=PITCH_LENGTH)
    pitch_en = _needed(long_field, _l("Pitch, in English"), length=PITCH_LENGTH)
    stage = SelectField(_l("Stage of your company"), [NeededToSend()], render_kw={"required": False})
    trl = SelectField(_l("Readiness of your technology (TRL)"), [NeededToSend()], render_kw={"required": False})
    ticket_band = SelectField(_l("What you raise"))
    sought_eur = _number(
        _l("The sum in euros"), 1, 1_000_000_000, _l("Write a whole number of euros, at most 1,000,000,000.")
    )
    founded_year = _number(_l("Founded in"), 1800, 2200, _l("Write a year, such as 2021."))
    team_size = _number(_l("People in your team"), 1, 100_000, _l("Write a whole number, at least 1."))
    website = _web_field(_l("Website"))
    video = _web_field(_l("Link to a video"))
    deck = FileField(_l("Pitch deck"))
    is_for_gallery = BooleanField(_l("Show us in the public gallery of the zone"))

    def content(self) -> Content:
        """Give what was written, as typed values."""
        texts = {name: _pair(self, name) for name in _PAIRS}
        return Content(
            **texts,
            stage=self.stage.data or "",
            trl=int(self.trl.data) if self.trl.data else None,
            ticket_band=self.ticket_band.data or "",
            sought_eur=self.sought_eur.data,
            founded_year=self.founded_year.data,
            team_size=self.team_size.data,
            website=self.website.data or "",
            video=self.video.data or "",
            is_for_gallery=bool(self.is_for_gallery.data),
        )


def _pair(form: PageForm, name: str) -> Bilingual:
    return Bilingual(form[f"{name}_pl"].data or "", form[f"{name}_en"].data or "")


def application_form(application: ZoneApplication) -> ApplicationForm:
    """Make the form of an application, with what is known: what stands in the profile is not asked again."""
    profile: Profile | None = application.registration.profile
    data: dict[str, Any] = {
        name: getattr(application, name)
        for name in ("sought_eur", "founded_year", "team_size", "website", "video", "is_for_gallery")
    }
    for name in _PAIRS:
        words = getattr(application, name)
        data |= {f"{name}_pl": words.pl, f"{name}_en": words.en}
    if profile is not None:
        data["trl"] = str(profile.trl or "")
        data["stage"] = profile.stages[0].code if profile.stages else ""
        data["ticket_band"] = profile.ticket_bands[0].code if profile.ticket_bands else ""
    form = ApplicationForm(data=data)
    form.stage.choices = options(("", _l("choose")), *((one.code, plain(one.name)) for one in funding_stages()))
    levels = ((str(one.position), f"{one.position} – {plain(one.name)}") for one in trl_levels())
    form.trl.choices = options(("", _l("choose")), *levels)
    form.ticket_band.choices = options(("", _l("not said")), *((one.code, plain(one.name)) for one in ticket_bands()))
    return form


class NeedsForm(PageForm):
    """What an accepted company says of its stand."""

    catalogue_pl = long_field(_l("For the catalogue, in Polish"), length=CATALOGUE_LENGTH)
    catalogue_en = long_field(_l("For the catalogue, in English"), length=CATALOGUE_LENGTH)
    logo = FileField(_l("Logo"))
    needs_power = BooleanField(_l("We need a power socket"))
    needs_screen = BooleanField(_l("We need a screen"))
    equipment = long_field(_l("What else you need, or bring"), length=EQUIPMENT_LENGTH)
    badge_names = long_field(_l("Who stands there with you"), length=EQUIPMENT_LENGTH)

    def needs(self) -> Needs:
        """Give what was written, as typed values."""
        return Needs(
            catalogue=_pair(self, "catalogue"),
            needs_power=bool(self.needs_power.data),
            needs_screen=bool(self.needs_screen.data),
            equipment=self.equipment.data or "",
            badge_names=self.badge_names.data or "",
        )


def needs_form(stored: ZoneNeeds | None) -> NeedsForm:
    """Make the form of what a stand needs, with what was said before."""
    if stored is None:
        return NeedsForm()
    names = ("needs_power", "needs_screen", "equipment", "badge_names")
    data = {name: getattr(stored, name) for name in names}
    return NeedsForm(data=data | {"catalogue_pl": stored.catalogue.pl, "catalogue_en": stored.catalogue.en})


# ---- the organisers'


class CallForm(PageForm):
    """The call of a zone."""

    words_pl = long_field(_l("What you ask for and what one gets, in Polish"))
    words_en = long_field(_l("What you ask for and what one gets, in English"))
    opens_at = DateTimeLocalField(_l("Opens"), [InputRequired(_l("Say when it opens."))], format=_LOCAL)
    closes_at = DateTimeLocalField(_l("Closes"), [InputRequired(_l("Say when it closes."))], format=_LOCAL)
    types = ChipsField(_l("Ways to take part that one applies for"), [Needed()])
    pitch_minutes = IntegerField(
        _l("Minutes of a pitch"),
        [InputRequired(_l("Write a number from 1 to 120.")), NumberRange(1, 120, _l("Write a number from 1 to 120."))],
        default=5,
    )
    needs_by = DateField(_l("Accepted ones say what their stand needs by"), [Optional()])
    gallery_from = DateTimeLocalField(_l("The gallery is open to everybody from"), [Optional()], format=_LOCAL)


class StandsForm(PageForm):
    """Stands that stand alike."""

    codes = name_field(_l("Names"), InputRequired(_l("Write at least one name.")), max_length=500)
    place_pl = name_field(_l("Where it is and how large, in Polish"), max_length=200)
    place_en = name_field(_l("Where it is and how large, in English"), max_length=200)
    equipment_pl = name_field(_l("What stands there, in Polish"), max_length=200)
    equipment_en = name_field(_l("What stands there, in English"), max_length=200)

    @property
    def place(self) -> Bilingual:
        """Give where it is, in both languages."""
        return _pair(self, "place")

    @property
    def equipment(self) -> Bilingual:
        """Give what stands there, in both languages."""
        return _pair(self, "equipment")


class SlotsForm(PageForm):
    """Pitches one after another."""

    starts_at = DateTimeLocalField(
        _l("The first begins"), [InputRequired(_l("Say when the first one begins."))], format=_LOCAL
    )
    number = IntegerField(
        _l("How many"),
        [
            InputRequired(_l("Write how many.")),
            NumberRange(1, SLOTS_AT_ONCE, _l("Write a number from 1 to 100.")),
        ],
    )
    pause_minutes = IntegerField(
        _l("Minutes between them"),
        [InputRequired(_l("Write a number from 0 to 120.")), NumberRange(0, 120, _l("Write a number from 0 to 120."))],
        default=0,
    )
    room = SelectField(_l("Room"), validate_choice=False)


class DecisionForm(PageForm):
    """What those are told on whom something is decided."""

    template = SelectField(_l("Reason from your list"), validate_choice=False)
    reason_pl = name_field(_l("Reason in Polish, for the letter"), max_length=500)
    reason_en = name_field(_l("Reason in English, for the letter"), max_length=500)
    feedback_pl = long_field(_l("Feedback in Polish, for the page of each of them"), length=PITCH_LENGTH)
    feedback_en = long_field(_l("Feedback in English, for the page of each of them"), length=PITCH_LENGTH)
    with_jury = BooleanField(_l("Add what the jurors wrote for each of them, without the jurors' names"))
    in_letter = BooleanField(_l("Put the feedback into the letter, too"))

    @property
    def feedback(self) -> Bilingual:
        """Give the feedback, in both languages."""
        return _pair(self, "feedback")


class FeedbackForm(PageForm):
    """What one of them is told of how they were judged."""

    feedback_pl = long_field(_l("In Polish"), length=PITCH_LENGTH)
    feedback_en = long_field(_l("In English"), length=PITCH_LENGTH)

    @property
    def feedback(self) -> Bilingual:
        """Give the feedback, in both languages."""
        return _pair(self, "feedback")
