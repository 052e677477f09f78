"""For whom a letter is: the choice as a form, and in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from lsos.agenda.queries import programme
from lsos.errors import N_
from lsos.events.models import Event
from lsos.events.queries import focus_areas, zones
from lsos.outreach.rules import Answer, Audience
from lsos.questionnaires.queries import questions_of
from lsos.questionnaires.rules import NOT_ASKED
from lsos.registration.own_fields import labels_of
from lsos.registration.queries import participation_types
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.rules import GuestRole
from lsos.web.forms import ChipsField, PageForm, options, strip
from lsos.wording import listed, plain

S = RegistrationState
STATES = (S.CONFIRMED, S.PENDING, S.WAITLISTED, S.DECLINED, S.CANCELLED)
#: Field -> what is said of those with whom it is so, and of the others.
ANSWERS: Mapping[str, tuple[str, str]] = {
    "profile": (N_("their profile is complete"), N_("their profile is not complete")),
    "answers": (N_("they answered every required question"), N_("a required question has no answer")),
    "asked": (N_("a request for a meeting waits for their answer"), N_("no request waits for their answer")),
    "meeting": (N_("they have a meeting"), N_("they have no meeting")),
    "arrived": (N_("they have arrived"), N_("they have not arrived")),
    "reconfirmed": (N_("they said that they are still coming"), N_("they have not said that they are still coming")),
    "mail": (N_("mail to them arrives"), N_("their address was refused by its mail server")),
    "news": (N_("they agreed to the newsletter"), N_("they did not agree to the newsletter")),
}
ROLE_WORDS: Mapping[GuestRole, str] = {
    GuestRole.STARTUP: N_("start-ups and scale-ups"),
    GuestRole.INVESTOR: N_("investors"),
    GuestRole.PARTNER: N_("companies and business support"),
    GuestRole.SCIENTIST: N_("scientists"),
    GuestRole.CLINICIAN: N_("clinicians"),
    GuestRole.PUBLIC: N_("the public"),
    GuestRole.PARTICIPANT: N_("who did not say what they are"),
}


class AudienceForm(PageForm):
    """Whom a letter is for; the choice stands in the address of the page."""

    class Meta(PageForm.Meta):
        """A choice changes nothing, so it needs no token."""

        csrf = False

    words = StringField(_l("Name, address or organisation"), filters=[strip])
    states = ChipsField(_l("Their registration is"))
    types = ChipsField(_l("They take part as"))
    roles = ChipsField(_l("They are"))
    areas = ChipsField(_l("They chose the focus area"))
    zones = ChipsField(_l("They chose the zone"))
    sessions = ChipsField(_l("They signed up for"))
    profile = SelectField(_l("Profile"))
    answers = SelectField(_l("Own questions"))
    asked = SelectField(_l("Requests for meetings"))
    meeting = SelectField(_l("Meetings"))
    arrived = SelectField(_l("At the door"))
    news = SelectField(_l("Newsletter"))
    reconfirmed = SelectField(_l("Still coming?"))
    mail = SelectField(_l("Mail to them"))
    labels = ChipsField(_l("They carry the label"))
    lacking = ChipsField(_l("They have not answered"))


@dataclass(frozen=True)
class Names:
    """What the codes of a choice are called, field by field."""

    by_field: Mapping[str, Mapping[str, str]]


def names_of(event: Event) -> Names:
    """Load what the codes of an event are called, in the reader's language."""
    return Names(
        {
            "states": {state.value: gettext(state.words) for state in STATES},
            "types": {kind.code: plain(kind.name) for kind in participation_types(event.id)},
            "roles": {role.value: gettext(words) for role, words in ROLE_WORDS.items()},
            "areas": {area.code: plain(area.name) for area in focus_areas(event.id)},
            "zones": {zone.code: plain(zone.name) for zone in zones(event.id)},
            "labels": {label.folded: label.name for label in labels_of(event.id)},
            "lacking": {
                question.uid: plain(question.current.label)
                for question in questions_of(event.id)
                if question.kind not in NOT_ASKED and not question.conditions
            },
            "sessions": {session.code: plain(session.title) for session in programme(event.id)},
        }
    )


def audience_form(names: Names, chosen: Audience | None = None) -> AudienceForm:
    """Make the form, filled from the address of the page, or with a choice that is stored."""
    form = AudienceForm(request.args) if chosen is None else AudienceForm(formdata=None, data=chosen.as_dict())
    _offer(form, names)
    return form


def posted_audience_form(names: Names) -> AudienceForm:
    """Make the form, filled from what was sent."""
    form = AudienceForm(request.form)
    _offer(form, names)
    return form


def _offer(form: AudienceForm, names: Names) -> None:
    #: Without a state nobody is chosen; that is no error, so no validator says it.
    form.states.flags.required = True
    for field, called in names.by_field.items():
        form[field].choices = options(*called.items())
    for field, (yes, no) in ANSWERS.items():
        form[field].choices = options(
            ("", gettext("either way")), (Answer.YES.value, gettext(yes)), (Answer.NO.value, gettext(no))
        )


def audience_of(form: AudienceForm) -> Audience:
    """Read the choice; what is not on offer is passed over."""
    form.validate()
    chosen: dict[str, Any] = {}
    for field in form:
        offered = {value for value, *_ in field.iter_choices()} if hasattr(field, "iter_choices") else None
        if offered is None:
            chosen[field.name] = field.data or ""
        elif isinstance(field.data, list):
            chosen[field.name] = tuple(code for code in field.data if code in offered)
        else:
            chosen[field.name] = field.data if field.data in offered else ""
    return Audience(**chosen)


def in_words(audience: Audience, names: Names) -> list[str]:
    """Say a choice, one condition a phrase."""
    phrases = []
    leads: dict[str, Callable[[str], object]] = {
        "states": lambda what: gettext("their registration is: %(what)s", what=what),
        "types": lambda what: gettext("they take part as: %(what)s", what=what),
        "roles": lambda what: gettext("they are: %(what)s", what=what),
        "areas": lambda what: gettext("they chose the focus area: %(what)s", what=what),
        "zones": lambda what: gettext("they chose the zone: %(what)s", what=what),
        "labels": lambda what: gettext("they carry the label: %(what)s", what=what),
        "lacking": lambda what: gettext("they have not answered: %(what)s", what=what),
        "sessions": lambda what: gettext("they signed up for: %(what)s", what=what),
    }
    for field, lead in leads.items():
        codes = getattr(audience, field)
        if codes:
            phrases.append(str(lead(listed(names.by_field[field].get(code, code) for code in codes))))
    for field, (yes, no) in ANSWERS.items():
        answer = getattr(audience, field)
        if answer:
            phrases.append(gettext(yes if answer == Answer.YES else no))
    if audience.words:
        phrases.append(gettext("their name, address or organisation holds: %(words)s", words=audience.words))
    return phrases
