"""Reviewing proposals, for organisers: phases, criteria, reviewers, sharing out, and words that are hidden."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, DateTimeLocalField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from lsos.db import db
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.proposals import reviewing
from lsos.proposals.review_queries import load
from lsos.proposals.review_rules import REVIEWS_AT_MOST, hidden_words
from lsos.texts import Bilingual
from lsos.web import language
from lsos.web.errors import back_with, words_of
from lsos.web.facts import from_local
from lsos.web.forms import PageForm, PrintableName, address_field, name_field
from lsos.web.limits import ADDRESS, limiter
from lsos.web.proposals import call_or_404
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("review_desk", __name__, url_prefix="/events/<slug>/organise/proposals/reviewing")
bp.before_request(only(Role.PROGRAMME))

_LOCAL = "%Y-%m-%dT%H:%M"


class PhaseForm(PageForm):
    """A phase of reviewing."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    opens_at = DateTimeLocalField(_l("Begins"), [InputRequired(_l("Say when it begins."))], format=_LOCAL)
    closes_at = DateTimeLocalField(_l("Ends"), [InputRequired(_l("Say when it ends."))], format=_LOCAL)
    hides_names = BooleanField(_l("Hide names and the words you redact"))
    shows_others = BooleanField(_l("Whoever has sent a review reads those of the others"))


class CriterionForm(PageForm):
    """One thing every proposal is scored for."""

    name_pl = name_field(_l("Criterion in Polish"))
    name_en = name_field(_l("Criterion in English"))
    weight = IntegerField(
        _l("Weight"),
        [
            InputRequired(_l("Write a weight; 1 is the usual one.")),
            NumberRange(0, 100, _l("Write a number from 0 to 100.")),
        ],
        default=1,
    )


class ReviewerForm(PageForm):
    """Somebody who reviews."""

    name = name_field(_l("Their name"), InputRequired(_l("Write their name.")), PrintableName())
    address = address_field(_l("Their e-mail"))


class SharingForm(PageForm):
    """How many reviews each proposal gets."""

    wanted = IntegerField(
        _l("Reviews for each proposal"),
        [
            InputRequired(_l("Write a number of reviews.")),
            NumberRange(1, REVIEWS_AT_MOST, _l("Write a number from 1 to 20.")),
        ],
        default=3,
    )


#: By what is sent: the form that reads it.
_FORMS = {"phase": PhaseForm, "criterion": CriterionForm, "reviewer": ReviewerForm, "sharing": SharingForm}


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show phases, criteria, reviewers with how far they are, and what can be shared out."""
    return _page(event_or_404(slug), {})


def _page(event: Event, sent: dict[str, PageForm]) -> str:
    board = load(db.session(), call_or_404(event.id))
    forms = {name: sent.get(name) or kind(formdata=None, prefix=f"{name}-") for name, kind in _FORMS.items()}
    return render_template(
        "proposals/reviewing.html",
        board=board,
        forms=forms,
        now_on=board.phase(datetime.now(UTC)),
        progress=[(one, board.sent_by(one.id), board.given_to(one.id)) for one in board.reviewers],
    )


@bp.post("/<what>")
@limiter.limit(ADDRESS, key_func=lambda: f"review:{signed_in_reader().id}:{request.form.get('reviewer-address', '')}")
def add(slug: str, what: str) -> ResponseReturnValue:
    """Add a phase, a criterion or a reviewer, or share out what is missing."""
    event = event_or_404(slug)
    call_or_404(event.id)
    if what not in _FORMS:
        return redirect(url_for(".index", slug=slug))
    form = _FORMS[what](prefix=f"{what}-")
    if not form.validate():
        return _page(event, {what: form}), 422
    try:
        words = _done(event, form)
    except LsosError as error:
        first = next(iter(form))
        first.errors = [words_of(error)]
        return _page(event, {what: form}), 409
    flash(words, "done")
    return redirect(url_for(".index", slug=slug, _anchor=what))


def _done(event: Event, form: PageForm) -> str:
    by, now = signed_in_reader().id, datetime.now(UTC)
    if isinstance(form, PhaseForm):
        opens_at, closes_at = (from_local(one.data, event.timezone) for one in (form.opens_at, form.closes_at))
        assert opens_at is not None
        assert closes_at is not None
        reviewing.add_phase(
            event.id,
            Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            opens_at=opens_at,
            closes_at=closes_at,
            hides_names=bool(form.hides_names.data),
            shows_others=bool(form.shows_others.data),
            by=by,
        )
        return str(_("The phase is there."))
    if isinstance(form, CriterionForm):
        name = Bilingual(form.name_pl.data or "", form.name_en.data or "")
        reviewing.add_criterion(event.id, name, form.weight.data or 0, by=by)
        return str(_("The criterion is there."))
    if isinstance(form, ReviewerForm):
        address, name_of = form.address.data or "", form.name.data or ""
        reviewing.add_reviewer(event.id, address, name_of, language=language.current(), by=by, now=now)
        return str(_("They review now, and a letter says so."))
    assert isinstance(form, SharingForm)
    plan = reviewing.share_out(event.id, wanted=form.wanted.data or 1, by=by, now=now)
    return str(ngettext("%(num)s review is given out.", "%(num)s reviews are given out.", len(plan.pairs)))


@bp.post("/<what>/<uid>/remove")
def remove(slug: str, what: str, uid: str) -> ResponseReturnValue:
    """Take a phase, a criterion or a reviewer away."""
    event, by, here = event_or_404(slug), signed_in_reader().id, url_for(".index", slug=slug, _anchor=what)
    ways = {
        "phase": reviewing.delete_phase,
        "criterion": reviewing.delete_criterion,
        "reviewer": reviewing.remove_reviewer,
    }
    if what in ways:
        try:
            ways[what](event.id, uid, by=by)
        except LsosError as error:
            return back_with(error, here)
        flash(_("Taken away."), "done")
    return redirect(here)


@bp.post("/proposals/<uid>/redact")
def redact(slug: str, uid: str) -> ResponseReturnValue:
    """Say which words of a proposal reviewers do not read while names are hidden."""
    event = event_or_404(slug)
    words = hidden_words(request.form.get("words", "")[:4000])
    reviewing.hide_words(event.id, uid, words, by=signed_in_reader().id)
    flash(_("Saved. Reviewers do not read these words while names are hidden."), "done")
    return redirect(url_for("call_desk.show", slug=slug, uid=uid, _anchor="redacted"))
