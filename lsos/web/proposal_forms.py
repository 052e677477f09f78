"""The forms about proposals: the call, a proposal, another speaker, what a speaker says of themselves, a decision."""

from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    TimeField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.proposals.calls import CallFacts
from lsos.proposals.models import Proposal, ProposalCall, SpeakerProfile
from lsos.proposals.rules import (
    ABSTRACT_LENGTH,
    BIO_LENGTH,
    EQUIPMENT_LENGTH,
    MINUTES_AT_MOST,
    NOTES_LENGTH,
    PROPOSALS_AT_MOST,
    TITLE_LENGTH,
    Gap,
)
from lsos.proposals.speaking import Said
from lsos.proposals.writing import Content
from lsos.taxonomy.queries import session_formats
from lsos.texts import LANGUAGE_NAMES, LANGUAGES, Bilingual
from lsos.web.facts import from_local, to_local
from lsos.web.forms import (
    ChipsField,
    Needed,
    PageForm,
    PrintableName,
    address_field,
    long_field,
    name_field,
    options,
)
from lsos.wording import plain, short_day

_LOCAL = "%Y-%m-%dT%H:%M"
#: At which field each thing that is missing is said.
GAP_FIELDS = {Gap.TITLE: "title_pl", Gap.ABSTRACT: "abstract_pl", Gap.FORMAT: "format", Gap.LANGUAGES: "languages"}
#: Formats that nobody proposes: what fills the day between sessions.
NOT_PROPOSED = frozenset({"meetings", "networking", "registration"})


class NeededToSend:
    """Marks what a proposal is not sent without; a draft is stored without it."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: object, _field: Field) -> None:
        """Refuse nothing: what is missing is said when it is sent."""


def _pair(form: PageForm, name: str) -> Bilingual:
    return Bilingual(form[f"{name}_pl"].data or "", form[f"{name}_en"].data or "")


# ---- the call


class CallForm(PageForm):
    """What the call of an event says; a field of minutes for each format is added."""

    words_pl = long_field(_l("What is wanted, in Polish"))
    words_en = long_field(_l("What is wanted, in English"))
    opens_at = DateTimeLocalField(_l("The call opens"), [InputRequired(_l("Say when the call opens."))], format=_LOCAL)
    closes_at = DateTimeLocalField(
        _l("The call closes"), [InputRequired(_l("Say when the call closes."))], format=_LOCAL
    )
    areas = ChipsField(_l("Focus areas"))
    per_person = IntegerField(
        _l("Proposals one person may send"),
        [Optional(), NumberRange(1, PROPOSALS_AT_MOST, _l("Write a number from 1 to 20, or nothing."))],
    )
    confirm_by = DateField(_l("Speakers confirm until"), [Optional()])
    gives_feedback = BooleanField(_l("Pass on to authors what reviewers wrote for them"))

    def minutes(self) -> dict[str, int]:
        """Give the formats offered, by code, each with its length."""
        prefix = "minutes_"
        return {one.name.removeprefix(prefix): one.data for one in self if one.name.startswith(prefix) and one.data}

    def facts(self, event: Event) -> CallFacts:
        """Give what was written, as typed values."""
        opens_at, closes_at = (from_local(one.data, event.timezone) for one in (self.opens_at, self.closes_at))
        assert opens_at is not None
        assert closes_at is not None
        return CallFacts(
            opens_at=opens_at,
            closes_at=closes_at,
            words=_pair(self, "words"),
            formats=self.minutes(),
            areas=self.areas.data or [],
            per_person=self.per_person.data,
            confirm_by=self.confirm_by.data,
            gives_feedback=bool(self.gives_feedback.data),
        )


def call_form(event: Event, call: ProposalCall | None) -> CallForm:
    """Make the form of a call, with a length to fill in for each format that could be offered."""
    offered = {one.format.code: one.minutes for one in call.formats} if call else {}
    fields: dict[str, Any] = {}
    for kind in session_formats():
        if kind.code in NOT_PROPOSED and kind.code not in offered:
            continue
        label = gettext("%(format)s: minutes", format=plain(kind.name) or kind.code)
        within = NumberRange(1, MINUTES_AT_MOST, _l("Write a number of minutes from 1 to 480, or nothing."))
        fields[f"minutes_{kind.code}"] = IntegerField(label, [Optional(), within])
    data: dict[str, Any] = {f"minutes_{code}": minutes for code, minutes in offered.items()}
    if call is not None:
        data |= {
            "words_pl": call.words.pl,
            "words_en": call.words.en,
            "opens_at": to_local(call.opens_at, event.timezone),
            "closes_at": to_local(call.closes_at, event.timezone),
            "areas": [one.code for one in call.areas],
            "per_person": call.per_person,
            "confirm_by": call.confirm_by,
            "gives_feedback": call.gives_feedback,
        }
    form: CallForm = type("CallOfEventForm", (CallForm,), fields)(data=data)
    form.areas.choices = options(*((one.code, plain(one.name)) for one in focus_areas(event.id)))
    return form


# ---- a proposal


class ProposalForm(PageForm):
    """What somebody proposes to speak of."""

    title_pl = name_field(_l("Title in Polish"), NeededToSend(), max_length=TITLE_LENGTH, render_kw={"required": False})
    title_en = name_field(
        _l("Title in English"), NeededToSend(), max_length=TITLE_LENGTH, render_kw={"required": False}
    )
    abstract_pl = long_field(
        _l("Abstract in Polish"), NeededToSend(), length=ABSTRACT_LENGTH, render_kw={"required": False}
    )
    abstract_en = long_field(
        _l("Abstract in English"), NeededToSend(), length=ABSTRACT_LENGTH, render_kw={"required": False}
    )
    format = RadioField(_l("Format"), [NeededToSend()], validate_choice=False, render_kw={"required": False})
    area = SelectField(_l("Focus area"))
    languages = ChipsField(_l("Languages you can speak it in"), [NeededToSend()], render_kw={"required": False})
    equipment = name_field(_l("Equipment you need"), max_length=EQUIPMENT_LENGTH)
    notes = long_field(_l("Notes to the reviewers"), length=NOTES_LENGTH)

    def content(self) -> Content:
        """Give what was written, as typed values."""
        return Content(
            title=_pair(self, "title"),
            abstract=_pair(self, "abstract"),
            notes=self.notes.data or "",
            format=self.format.data or "",
            area=self.area.data or "",
            languages=self.languages.data or [],
            equipment=self.equipment.data or "",
        )


def proposal_form(call: ProposalCall, mine: Proposal, **more: Any) -> ProposalForm:
    """Make the form of a proposal, with what is written; what it chose and is not offered any more stays to choose.

    Where another form of its page was posted, it is made with `formdata=None`, so that nothing counts as unticked.
    """
    data = {
        "title_pl": mine.title.pl,
        "title_en": mine.title.en,
        "abstract_pl": mine.abstract.pl,
        "abstract_en": mine.abstract.en,
        "format": mine.format.code if mine.format else "",
        "area": mine.focus_area.code if mine.focus_area else "",
        "languages": mine.languages,
        "equipment": mine.equipment,
        "notes": mine.notes,
    }
    if len(call.formats) == 1:
        data["format"] = data["format"] or call.formats[0].format.code
    form = ProposalForm(data=data, **more)
    formats = {
        one.format.code: gettext("%(format)s, %(minutes)s minutes", format=plain(one.format.name), minutes=one.minutes)
        for one in sorted(call.formats, key=lambda one: (one.format.position, one.format.code))
    }
    if mine.format is not None:
        formats.setdefault(mine.format.code, plain(mine.format.name))
    form.format.choices = options(*formats.items())
    areas = {one.code: plain(one.name) for one in call.areas or focus_areas(call.event_id)}
    if mine.focus_area is not None:
        areas.setdefault(mine.focus_area.code, plain(mine.focus_area.name))
    form.area.choices = options(("", gettext("none of them")), *areas.items())
    form.languages.choices = options(*LANGUAGE_NAMES.items())
    return form


class CompletionForm(PageForm):
    """The language that what was accepted lacks; only what is missing is asked for."""

    title_pl = name_field(_l("Title in Polish"), max_length=TITLE_LENGTH)
    title_en = name_field(_l("Title in English"), max_length=TITLE_LENGTH)
    abstract_pl = long_field(_l("Abstract in Polish"), length=ABSTRACT_LENGTH)
    abstract_en = long_field(_l("Abstract in English"), length=ABSTRACT_LENGTH)

    def text(self, name: str) -> Bilingual:
        """Give what was added to the title, or to the abstract."""
        there = {code: self[f"{name}_{code}"].data or "" for code in LANGUAGES if f"{name}_{code}" in self}
        return Bilingual(there.get("pl", ""), there.get("en", ""))


def completion_form(mine: Proposal, **more: Any) -> CompletionForm:
    """Make the form that asks for what is missing in either language."""
    form = CompletionForm(**more)
    for name, text in (("title", mine.title), ("abstract", mine.abstract)):
        for code, words in (("pl", text.pl), ("en", text.en)):
            if words:
                del form[f"{name}_{code}"]
    return form


class SpeakerForm(PageForm):
    """Another person who speaks."""

    name = name_field(_l("Their name"), InputRequired(_l("Write their name.")), PrintableName())
    address = address_field(_l("Their e-mail"))


# ---- a speaker


@dataclass(frozen=True)
class DayFields:
    """The names of the fields that ask when a speaker is there on a day."""

    day: str
    on: str
    comes: str
    leaves: str


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


class ProfileForm(PageForm):
    """What a speaker says of themselves."""

    bio_pl = long_field(_l("Who you are, in Polish"), length=BIO_LENGTH)
    bio_en = long_field(_l("Who you are, in English"), length=BIO_LENGTH)
    is_public = BooleanField(_l("Show this to everybody on my page in the programme"))
    may_photograph = RadioField(_l("May you be photographed while you speak?"), [Optional()], validate_choice=False)
    times_note = name_field(_l("Trains, or anything else about time"), max_length=300)
    #: Public ids of the fields of each day: whether they come, from when, until when.
    days: ClassVar[list[DayFields]] = []

    def validate(self, extra_validators: Any = None) -> bool:
        """Check, besides each field, that nobody leaves before they come."""
        is_fine: bool = super().validate(extra_validators)
        for one in self.days:
            comes, leaves = self[one.comes], self[one.leaves]
            if comes.data is not None and leaves.data is not None and leaves.data <= comes.data:
                leaves.errors = [*leaves.errors, gettext("It ends before it starts.")]
                is_fine = False
        return is_fine

    def said(self) -> Said:
        """Give what was written, as typed values."""
        return Said(
            bio=_pair(self, "bio"),
            is_public=bool(self.is_public.data),
            may_photograph={"yes": True, "no": False}.get(self.may_photograph.data or ""),
            days=[one.day for one in self.days if any(self[name].data for name in (one.on, one.comes, one.leaves))],
            hours={one.day: [_clock(self[name].data) for name in (one.comes, one.leaves)] for one in self.days},
            times_note=self.times_note.data or "",
        )


def profile_form(event: Event, profile: SpeakerProfile | None) -> ProfileForm:
    """Make the form of a speaker, with what they said."""
    data: dict[str, Any] = {}
    if profile is not None:
        answer = {True: "yes", False: "no", None: ""}[profile.may_photograph]
        data = {
            "bio_pl": profile.bio.pl,
            "bio_en": profile.bio.en,
            "is_public": profile.is_public,
            "may_photograph": answer,
            "times_note": profile.times_note,
        }
    fields: dict[str, Any] = {"days": []}
    for day in event.days:
        key = day.isoformat()
        one = DayFields(key, *(f"{name}_{day:%Y%m%d}" for name in ("on", "comes", "leaves")))
        fields["days"].append(one)
        fields[one.on] = BooleanField(short_day(day))
        fields[one.comes] = TimeField(_l("%(day)s, from", day=short_day(day)), [Optional(), Needed()])
        fields[one.leaves] = TimeField(_l("%(day)s, to", day=short_day(day)), [Optional(), Needed()])
        if profile is not None:
            data[one.on] = key in profile.days
            for name, at in zip((one.comes, one.leaves), profile.hours.get(key, ()), strict=False):
                data[name] = time.fromisoformat(at) if at else None
    form: ProfileForm = type("ProfileOfEventForm", (ProfileForm,), fields)(data=data)
    form.may_photograph.choices = options(("yes", gettext("Yes")), ("no", gettext("No")))
    return form


class MessageForm(PageForm):
    """What an organiser writes with a decision."""

    message_pl = long_field(_l("Message, in Polish"), length=2000)
    message_en = long_field(_l("Message, in English"), length=2000)

    @property
    def message(self) -> Bilingual:
        """Give what was written."""
        return _pair(self, "message")
