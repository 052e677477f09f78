"""The ways to take part, for organisers: what each is for, who sees it, when it is open, what follows."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateTimeLocalField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.questionnaires.queries import questions_of
from lsos.questionnaires.watching import watchable
from lsos.registration import kinds
from lsos.registration.kind_queries import kinds_with_seats, people_by_kind
from lsos.registration.kind_rules import KindRefusal
from lsos.registration.models import ParticipationType
from lsos.registration.queries import capacities
from lsos.registration.rules import Audience, WatchedAnswer, asked_key
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import ChipsField, PageForm, long_field, name_field, options
from lsos.web.look import link, short_day
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain

bp = Blueprint("ways", __name__, url_prefix="/events/<slug>/organise/ways")
bp.before_request(only(Role.REGISTRATIONS))

#: The texts of a way to take part that exist in two languages, and how pages call them.
TEXTS = {
    "name": _l("name"),
    "description": _l("what it is for"),
    "next_steps": _l("what happens next"),
    "letter": _l("words in the letter"),
}
#: As `datetime-local` fields write moments.
_LOCAL = "%Y-%m-%dT%H:%M"


class KindForm(PageForm):
    """A way to take part."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    description_pl = long_field(_l("Description, in Polish"), length=500)
    description_en = long_field(_l("Description, in English"), length=500)
    next_steps_pl = long_field(_l("What happens next, in Polish"), length=500)
    next_steps_en = long_field(_l("What happens next, in English"), length=500)
    letter_pl = long_field(_l("Your text in the confirmation, in Polish"))
    letter_en = long_field(_l("Your text in the confirmation, in English"))
    audience = RadioField(_l("Who sees it"), [InputRequired(_l("Choose who sees it."))])
    is_by_invitation = BooleanField(_l("By invitation only"))
    is_transferable = BooleanField(_l("Whoever has a seat may hand it on to a colleague"))
    needs_approval = BooleanField(_l("The organiser approves each one"))
    watched_answers = ChipsField(_l("Ask for approval again when these answers change"))
    capacities = ChipsField(_l("Seats it counts towards"))
    has_matchmaking = BooleanField(_l("With 1:1 meetings"))
    max_open_requests = IntegerField(
        _l("Requests for meetings a person may have open at once"),
        [Optional(), NumberRange(1, 1000, _l("Choose a number from 1 to 1000."))],
    )
    max_meetings = IntegerField(
        _l("Meetings a person may have in all"),
        [Optional(), NumberRange(1, 1000, _l("Choose a number from 1 to 1000."))],
    )
    max_meetings_a_day = IntegerField(
        _l("Meetings a person may have on one day"),
        [Optional(), NumberRange(1, 1000, _l("Choose a number from 1 to 1000."))],
    )
    is_light = BooleanField(_l("Ask only for a first name and an e-mail address"))
    days = ChipsField(_l("Days it covers"))
    opens_at = DateTimeLocalField(_l("Opens"), [Optional()], format=_LOCAL)
    closes_at = DateTimeLocalField(_l("Closes"), [Optional()], format=_LOCAL)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the ways to take part, in the order in which people see them."""
    event = event_or_404(slug)
    found = kinds_with_seats(event.id)
    return render_template(
        "ways/index.html",
        kinds=found,
        people=people_by_kind(event.id),
        missing={kind.code: _missing(kind) for kind in found},
        links={kind.code: _link_of(event, kind) for kind in found if kind.audience is Audience.LINK},
    )


def _missing(kind: ParticipationType) -> dict[str, list[str]]:
    """Name the texts that lack a language, by the language they lack."""
    lacking: dict[str, list[str]] = {}
    for name, words in TEXTS.items():
        text: Bilingual = getattr(kind, name)
        for code in text.missing():
            lacking.setdefault(code, []).append(str(words))
    return lacking


def _link_of(event: Event, kind: ParticipationType) -> str:
    """Give the address that shows a way to take part which is not shown to everybody."""
    return link("registration.register", slug=event.slug, code=kind.code, key=kind.link_key)


@bp.route("/new", methods=["GET", "POST"])
def make(slug: str) -> ResponseReturnValue:
    """Make a new way to take part."""
    event = event_or_404(slug)
    return _edit(event, None, _form(event, None))


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Change a way to take part."""
    event = event_or_404(slug)
    found = _kind(event, code)
    return _edit(event, found, _form(event, found))


def _kind(event: Event, code: str) -> ParticipationType:
    return next((one for one in kinds_with_seats(event.id) if one.code == code), None) or abort(404)


def _form(event: Event, found: ParticipationType | None) -> KindForm:
    data: dict[str, Any] = {"audience": Audience.EVERYBODY.value, "has_matchmaking": True, "is_transferable": True}
    if found is not None:
        data = {
            "audience": found.audience.value,
            "opens_at": to_local(found.opens_at, event.timezone),
            "closes_at": to_local(found.closes_at, event.timezone),
            "capacities": [one.code for one in found.capacities],
        }
        for name in ("is_by_invitation", "is_transferable", "needs_approval", "watched_answers", "has_matchmaking"):
            data[name] = getattr(found, name)
        data |= {"is_light": found.is_light, "days": found.days}
        for name in ("max_open_requests", "max_meetings", "max_meetings_a_day"):
            data[name] = getattr(found, name)
        for name in TEXTS:
            text = getattr(found, name)
            data |= {f"{name}_pl": text.pl, f"{name}_en": text.en}
    form = KindForm(data=data)
    form.audience.choices = options(*((one.value, _(one.words)) for one in Audience))
    asked = [(asked_key(one.uid), plain(one.current.label)) for one in watchable(questions_of(event.id))]
    form.watched_answers.choices = options(*((one.value, _(one.words)) for one in WatchedAnswer), *asked)
    form.capacities.choices = options(*((one.code, plain(one.name) or one.code) for one in capacities(event.id)))
    form.days.choices = options(*((day.isoformat(), short_day(day)) for day in event.days))
    return form


def _wish(event: Event, form: KindForm) -> kinds.KindFacts:
    texts = {name: Bilingual(form[f"{name}_pl"].data or "", form[f"{name}_en"].data or "") for name in TEXTS}
    audience = Audience(form.audience.data)
    days: list[str] = form.days.data or []
    return kinds.KindFacts(
        **texts,
        audience=audience,
        is_by_invitation=bool(form.is_by_invitation.data) or audience is Audience.INVITED,
        is_transferable=bool(form.is_transferable.data),
        needs_approval=bool(form.needs_approval.data),
        watched_answers=list(form.watched_answers.data or []) if form.needs_approval.data else [],
        has_matchmaking=bool(form.has_matchmaking.data) and not form.is_light.data,
        is_light=bool(form.is_light.data),
        days=[] if len(days) == len(event.days) else days,
        opens_at=from_local(form.opens_at.data, event.timezone),
        closes_at=from_local(form.closes_at.data, event.timezone),
        max_open_requests=form.max_open_requests.data,
        max_meetings=form.max_meetings.data,
        max_meetings_a_day=form.max_meetings_a_day.data,
    )


#: Which field an answer of the rules belongs to; what is not here speaks of the seats.
_FIELDS = {
    KindRefusal.NO_NAME: "name_pl",
    KindRefusal.CLOSES_TOO_EARLY: "closes_at",
    KindRefusal.OUTSIDE_EVENT: "opens_at",
}


def _edit(event: Event, found: ParticipationType | None, form: KindForm) -> ResponseReturnValue:
    here = {"form": form, "kind": found, "people": people_by_kind(event.id).get(found.id, 0) if found else 0}
    if not form.is_submitted():
        return render_template("ways/edit.html", **here)
    if form.validate():
        code, by, now = found.code if found else None, signed_in_reader().id, datetime.now(UTC)
        try:
            kinds.save_kind(event.id, code, _wish(event, form), capacities=form.capacities.data or [], by=by, now=now)
        except Refused as error:
            at = form[next((field for words, field in _FIELDS.items() if words == error.message), "capacities")]
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".index", slug=event.slug))
    return render_template("ways/edit.html", **here), 422


@bp.post("/<code>/move")
def move(slug: str, code: str) -> ResponseReturnValue:
    """Move a way to take part one place up or down."""
    event = event_or_404(slug)
    kinds.move_kind(event.id, code, is_up=bool(request.form.get("up")), by=signed_in_reader().id)
    return redirect(url_for(".index", slug=slug, _anchor=f"way-{code}"))


@bp.post("/<code>/delete")
def delete(slug: str, code: str) -> ResponseReturnValue:
    """Take a way to take part away that nobody holds."""
    event = event_or_404(slug)
    try:
        kinds.delete_kind(event.id, code, by=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".index", slug=slug))
    flash(_("This way to take part is gone."), "done")
    return redirect(url_for(".index", slug=slug))
