"""Reviewing proposals, for organisers: phases, criteria, reviewers, sharing out, and words that are hidden."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, DateTimeLocalField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from lsos.accounts.models import Person
from lsos.db import db
from lsos.errors import LsosError
from lsos.events.models import Event, FocusArea
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.proposals import reviewing
from lsos.proposals.deciding import bound_ids
from lsos.proposals.models import Proposal
from lsos.proposals.review_queries import Board, load
from lsos.proposals.review_rules import REVIEWS_AT_MOST, DeskRefusal, hidden_words
from lsos.texts import Bilingual
from lsos.web import language
from lsos.web.errors import back_with, words_of
from lsos.web.facts import from_local
from lsos.web.forms import PageForm, PrintableName, address_field, name_field, options
from lsos.web.limits import ADDRESS, limiter
from lsos.web.proposals import call_or_404
from lsos.web.review import AreasForm
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import plain
from lsos.zone.jury_assignment import Gap, Plan, Shortage
from lsos.zone.jury_rules import ReviewState
from lsos.zone.jury_service import set_areas

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
_FORMS = {"phase": PhaseForm, "criterion": CriterionForm, "reviewer": ReviewerForm}


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show phases, criteria, reviewers with how far they are, and what can be shared out."""
    return _page(event_or_404(slug), {})


def _page(event: Event, sent: dict[str, PageForm]) -> str:
    board = load(db.session(), call_or_404(event.id))
    known = focus_areas(event.id)
    forms = {name: sent.get(name) or kind(formdata=None, prefix=f"{name}-") for name, kind in _FORMS.items()}
    return render_template(
        "proposals/reviewing.html",
        board=board,
        forms=forms,
        now_on=board.phase(datetime.now(UTC)),
        progress=[
            Progress(
                one,
                board.sent_by(one.id),
                board.given_to(one.id),
                [area for area in known if area.id in board.areas[one.id]],
                _areas_form(known, one, board.areas[one.id]),
            )
            for one in board.reviewers
        ],
    )


@dataclass(frozen=True)
class Progress:
    """How far a reviewer is, and what they know well."""

    person: Person
    sent: int
    given: int
    areas: list[FocusArea]
    form: AreasForm


def _areas_form(known: Sequence[FocusArea], reviewer: Person, chosen: Collection[int], **more: Any) -> AreasForm:
    codes = [one.code for one in known if one.id in chosen]
    form = AreasForm(prefix=f"{reviewer.uid}-", data={"areas": codes}, **(more or {"formdata": None}))
    form.areas.label.text = _("Focus areas")
    form.areas.choices = options(*((one.code, plain(one.name)) for one in known))
    return form


@bp.post("/reviewer/<uid>/areas")
def areas(slug: str, uid: str) -> ResponseReturnValue:
    """Store what a reviewer knows well."""
    event, here = event_or_404(slug), url_for(".index", slug=slug, _anchor="reviewer")
    board = load(db.session(), call_or_404(event.id))
    reviewer = next((one for one in board.reviewers if one.uid == uid), None) or abort(404)
    form = _areas_form(focus_areas(event.id), reviewer, (), formdata=request.form)
    if not form.validate():
        abort(400)
    set_areas(event.id, reviewer.id, form.areas.data or [])
    flash(_("Saved. It counts when proposals are shared out."), "done")
    return redirect(here)


# ---- who reviews what


#: Why a proposal gets fewer reviews than wanted.
SHORTAGES = {
    Shortage.FEW_JURORS: _l("There are fewer reviewers than reviews wanted. Add reviewers, or want fewer reviews."),
    Shortage.CONFLICTS: _l("Conflicts of interest leave too few reviewers. Add one who has none."),
}


@dataclass(frozen=True)
class Share:
    """What one proposal gets when proposals are given out: whom it has, who comes new, and what it lacks."""

    proposal: Proposal
    has: list[Person]
    #: Whether each of them knows its focus area.
    gets: list[tuple[Person, bool]]
    gap: Gap | None
    #: It binds the reader: they do not learn who reads it.
    is_hidden: bool


@bp.route("/sharing", methods=["GET", "POST"])
def share(slug: str) -> ResponseReturnValue:
    """Show who would be given what; and, confirmed, give out what was shown."""
    event, person = event_or_404(slug), signed_in_reader()
    board = load(db.session(), call_or_404(event.id))
    if not board.reviewers:
        flash(_(DeskRefusal.NO_REVIEWERS), "refused")
        return redirect(url_for(".index", slug=slug))
    is_asked, is_looked_at = "wanted" in request.values, request.method == "GET"
    form = SharingForm(request.values if is_asked else None, meta={"csrf": not is_looked_at})
    if is_asked and not form.validate():
        return _share_page(board, form, None), 422
    plan = reviewing.plan_for(board, wanted=form.wanted.data or 1)
    if is_looked_at:
        return _share_page(board, form, plan)
    try:
        made = reviewing.share_out(
            event.id,
            wanted=form.wanted.data or 1,
            seen=request.form.get("seen", ""),
            by=person.id,
            now=datetime.now(UTC),
        )
    except LsosError as error:
        return back_with(error, url_for(".share", slug=slug, wanted=form.wanted.data))
    flash(ngettext("%(num)s review is given out.", "%(num)s reviews are given out.", len(made.pairs)), "done")
    return redirect(url_for(".index", slug=slug, _anchor="reviewer"))


def _share_page(board: Board, form: SharingForm, plan: Plan | None) -> str:
    bound = bound_ids(db.session(), board.call.id, signed_in_reader().id)
    pairs = plan.pairs if plan else ()
    gaps = {one.application: one for one in plan.gaps} if plan else {}
    held = [pair for pair, one in board.reviews.items() if one.state is not ReviewState.CONFLICT]
    shares = [
        Share(
            one,
            [each for each in board.reviewers if (one.id, each.id) in held],
            [
                (each, one.focus_area_id in board.areas[each.id])
                for each in board.reviewers
                if (one.id, each.id) in pairs
            ],
            gaps.get(one.id),
            one.id in bound,
        )
        for one in board.proposals
    ]
    has, gets = Counter(who for _one, who in held), Counter(who for _one, who in pairs)
    return render_template(
        "proposals/sharing.html",
        form=form,
        plan=plan,
        seen=reviewing.mark_of(plan) if plan else "",
        shares=shares,
        shortages=SHORTAGES,
        loads=[(one, has[one.id], gets[one.id], has[one.id] + gets[one.id]) for one in board.reviewers],
    )


@bp.post("/<what>")
@limiter.limit(ADDRESS, key_func=lambda: f"review:{signed_in_reader().id}:{request.form.get('reviewer-address', '')}")
def add(slug: str, what: str) -> ResponseReturnValue:
    """Add a phase, a criterion or a reviewer."""
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
    assert isinstance(form, ReviewerForm)
    address, name_of = form.address.data or "", form.name.data or ""
    reviewing.add_reviewer(event.id, address, name_of, language=language.current(), by=by, now=now)
    return str(_("They review now, and a letter says so."))


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
