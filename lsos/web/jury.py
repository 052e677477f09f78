"""The jury of a zone, for organisers: the ranking, each application's reviews, who reviews what, how the jury works."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, DateTimeLocalField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.web.errors import back_with, words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer, put_on_record
from lsos.wording import plain
from lsos.zone import jury_service as service
from lsos.zone.jury_models import Criterion
from lsos.zone.jury_queries import Board, Ranking, call_by_uid, load, ranked, unsent
from lsos.zone.jury_rules import (
    REVIEWS_AT_MOST,
    SCALE_AT_MOST,
    WEIGHT_AT_MOST,
    Act,
    CriterionRefusal,
    OthersShown,
    ReviewRefusal,
    ReviewState,
    Scale,
    may_review,
)
from lsos.zone.jury_scores import REVIEWS_TO_NORMALISE
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.queries import calls_of

bp = Blueprint("jury", __name__, url_prefix="/events/<slug>/organise/jury")
bp.before_request(only(Role.REGISTRATIONS))

MOMENT = "%Y-%m-%dT%H:%M"


def call_or_404(event: Event, uid: str) -> ZoneCall:
    """Give the call of this page."""
    return call_by_uid(event.id, uid) or abort(404)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Lead to the jury of the one call there is, or let choose."""
    event = event_or_404(slug)
    calls = calls_of(event.id)
    if len(calls) == 1:
        return redirect(url_for(".ranking", slug=slug, call=calls[0].uid))
    return render_template("jury/calls.html", calls=calls)


@bp.get("/left")
def left(slug: str) -> ResponseReturnValue:
    """Lead to those jurors who have reviews left, of the call where they are due first."""
    found = unsent(event_or_404(slug).id)
    if not found:
        return redirect(url_for(".index", slug=slug))
    return redirect(url_for("jury_people.whom", slug=slug, call=found[0].call.uid, left="yes"))


# ---- the ranking


@bp.get("/<call>")
def ranking(slug: str, call: str) -> ResponseReturnValue:
    """Show which applications the jury puts first, and what is missing."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    is_normalised = request.args.get("by") == "juror"
    result = ranked(board, is_normalised=is_normalised, unseen=board.bound(signed_in_reader().id))
    return render_template(
        "jury/ranking.html",
        call=board.call,
        board=board,
        ranking=result,
        sent=len(board.counted()),
        wanted=board.jury.reviews_wanted * len(board.applications),
        missing=sum(row.missing for row in result.rows),
        few=REVIEWS_TO_NORMALISE,
    )


@bp.get("/<call>/ranking.csv")
def export(slug: str, call: str) -> ResponseReturnValue:
    """Give the ranking as a file."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    is_normalised = request.args.get("by") == "juror"
    result = ranked(board, is_normalised=is_normalised, unseen=board.bound(signed_in_reader().id))
    head = [
        _("Rank"),
        _("Organisation"),
        _("Applied"),
        _("State"),
        _("Mean"),
        _("Reviews"),
        _("Missing"),
        _("Lowest"),
        _("Highest"),
        _("Jurors differ"),
        *(plain(one.name) for one in result.criteria),
    ]
    lines = list(_lines(result))
    put_on_record(event, "jury.exported", rows=len(lines))
    return csv_answer(f"{event.slug}-jury.csv", head, lines)


def _lines(result: Ranking) -> Iterator[list[object]]:
    for row in result.rows:
        one, application = row.standing, row.application
        numbers = [one.mean, one.lowest, one.highest]
        mean, lowest, highest = ("" if value is None else round(value, 2) for value in numbers)
        yield [
            "" if one.rank is None else one.rank,
            application.name,
            application.registration.person.name,
            _(application.state.words),
            mean,
            one.reviews,
            row.missing,
            lowest,
            highest,
            _("yes") if one.is_disputed else "",
            *(round(row.means[each.id], 2) if each.id in row.means else "" for each in result.criteria),
        ]


# ---- one application


@bp.get("/<call>/applications/<uid>")
def show(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Show what each juror thinks of an application, and who else may review it."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    application = _application(board, uid)
    unseen = board.bound(signed_in_reader().id)
    if application.id in unseen:
        return back_with(Refused(ReviewRefusal.CONFLICT), url_for(".ranking", slug=slug, call=call))
    now = datetime.now(UTC)
    free = [
        juror
        for juror in board.jurors
        if (application.id, juror.id) not in board.held
        and may_review(board.facts(application, juror.id, now=now), Act.BE_ASSIGNED) is None
    ]
    result = ranked(board, unseen=unseen)
    counted = board.counted()
    return render_template(
        "jury/application.html",
        call=board.call,
        board=board,
        application=application,
        row=result.by_application.get(application.id),
        ranking=result,
        reviews=[
            (one, board.mark_of(one), board.conflict(application.id, one.juror_id), one in counted)
            for one in board.reviews_of(application.id)
        ],
        found=[
            (juror, kind)
            for juror in board.jurors
            if (application.id, juror.id) not in board.held and (kind := board.found(application.id, juror.id))
        ],
        free=free,
        criteria=board.criteria,
        State=ReviewState,
    )


def _application(board: Board, uid: str) -> ZoneApplication:
    return next((one for one in board.everything if one.uid == uid), None) or abort(404)


@bp.post("/<call>/applications/<uid>/give")
def give(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Give an application to a juror by hand."""
    event = event_or_404(slug)
    found, back = call_or_404(event, call), url_for(".show", slug=slug, call=call, uid=uid)
    now = datetime.now(UTC)
    try:
        service.give(found.id, uid, request.form.get("juror", ""), by=signed_in_reader().id, now=now)
    except LsosError as error:
        return back_with(error, back)
    flash(_("Given. The juror finds it on their list; write to them from the list of jurors."), "done")
    return redirect(back)


@bp.post("/<call>/applications/<uid>/<review>/<what>")
def act(slug: str, call: str, uid: str, review: str, what: str) -> ResponseReturnValue:
    """Take an application from a juror, open a review again, or lift a conflict that was declared by mistake."""
    event = event_or_404(slug)
    found, back = call_or_404(event, call), url_for(".show", slug=slug, call=call, uid=uid)
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        if what == "take":
            service.take_away(found.id, review, by=by)
            flash(_("Taken away."), "done")
        elif what == "reopen":
            service.reopen(found.id, review, by=by, now=now)
            flash(_("Open again. It counts once its juror sends it again."), "done")
        elif what == "lift":
            service.lift_conflict(found.id, review, by=by, now=now)
            flash(_("The conflict is lifted. What the juror had scored is a draft again."), "done")
        else:
            abort(404)
    except LsosError as error:
        return back_with(error, back)
    return redirect(back)


# ---- who reviews what


@bp.get("/<call>/sharing")
def sharing(slug: str, call: str) -> ResponseReturnValue:
    """Show who reviews what, and what sharing out the rest would do."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    plan = service.plan_for(board) if board.jurors and board.applications else None
    gaps = {one.application: one for one in plan.gaps} if plan else {}
    theirs = [
        (
            application,
            [one for one in board.reviews_of(application.id) if board.conflict(application.id, one.juror_id) is None],
            gaps.get(application.id),
        )
        for application in board.applications
    ]
    return render_template(
        "jury/sharing.html",
        call=board.call,
        board=board,
        rows=theirs,
        unseen=board.bound(signed_in_reader().id),
        plan=plan,
        gaps=sum(one.missing for one in gaps.values()),
        loads=[(juror, board.progress_of(juror.id)) for juror in board.jurors],
        unbegun=sum(one.state is ReviewState.ASSIGNED for one in board.reviews),
        areas={one.id: one for one in focus_areas(event.id)},
    )


@bp.post("/<call>/sharing")
def share_out(slug: str, call: str) -> ResponseReturnValue:
    """Share out what is missing."""
    event = event_or_404(slug)
    found, back = call_or_404(event, call), url_for(".sharing", slug=slug, call=call)
    try:
        plan = service.share_out(found.id, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, back)
    words = ngettext(
        "%(num)s review is given out. Nobody was written to; do that from the list of jurors.",
        "%(num)s reviews are given out. Nobody was written to; do that from the list of jurors.",
        len(plan.pairs),
    )
    flash(words if plan.pairs else _("Everything that can be given out was given out already."), "done")
    return redirect(back)


@bp.post("/<call>/sharing/take-back")
def take_back(slug: str, call: str) -> ResponseReturnValue:
    """Take back what no juror has begun with."""
    event = event_or_404(slug)
    number = service.take_back_unbegun(call_or_404(event, call).id, by=signed_in_reader().id)
    words = ngettext("%(num)s review is withdrawn.", "%(num)s reviews are withdrawn.", number)
    flash(words if number else _("Nothing was there to take back: all of it was begun."), "done")
    return redirect(url_for(".sharing", slug=slug, call=call))


# ---- how the jury works


class WayForm(PageForm):
    """How a jury works."""

    reviews_wanted = IntegerField(
        _l("Reviews for each application"),
        [
            InputRequired(_l("Write a number of reviews.")),
            NumberRange(1, REVIEWS_AT_MOST, _l("Write a number from 1 to 20.")),
        ],
    )
    opens_at = DateTimeLocalField(_l("Reviewing begins"), [Optional()], format=MOMENT)
    closes_at = DateTimeLocalField(_l("Reviewing ends"), [Optional()], format=MOMENT)
    hides_names = BooleanField(_l("Hide names from jurors"))
    others_shown = RadioField(_l("When jurors see what the others think"), [InputRequired()])


@bp.route("/<call>/rules", methods=["GET", "POST"])
def rules(slug: str, call: str) -> ResponseReturnValue:
    """Show how the jury works and by what it judges, and change how it works."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    jury, zone = board.jury, event.timezone
    data = {
        "reviews_wanted": jury.reviews_wanted,
        "opens_at": to_local(jury.opens_at, zone),
        "closes_at": to_local(jury.closes_at, zone),
        "hides_names": jury.hides_names,
        "others_shown": jury.others_shown.value,
    }
    form = WayForm(data=data)
    form.others_shown.choices = options(*((one.value, _(one.words)) for one in OthersShown))
    if form.validate_on_submit():
        way = service.Way(
            reviews_wanted=form.reviews_wanted.data or 1,
            hides_names=bool(form.hides_names.data),
            others_shown=OthersShown(form.others_shown.data),
            opens_at=from_local(form.opens_at.data, zone),
            closes_at=from_local(form.closes_at.data, zone),
        )
        try:
            service.set_up(board.call.id, way, by=signed_in_reader().id)
        except Refused as refused:
            form.closes_at.errors = [words_of(refused)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".rules", slug=slug, call=call))
    page = render_template("jury/rules.html", call=board.call, form=form, board=board, criteria=board.criteria)
    return (page, 422) if form.is_submitted() else page


class CriterionForm(PageForm):
    """One thing every application is scored for."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    hint_pl = long_field(_l("What to look at, in Polish"), length=1000)
    hint_en = long_field(_l("What to look at, in English"), length=1000)
    weight = IntegerField(
        _l("Weight"),
        [
            InputRequired(_l("Write a weight; 1 is the usual one.")),
            NumberRange(0, WEIGHT_AT_MOST, _l("Write a number from 0 to 100.")),
        ],
    )
    low = IntegerField(
        _l("Worst score"),
        [
            InputRequired(_l("Write a number.")),
            NumberRange(0, SCALE_AT_MOST, _l("Write a number from 0 to 10.")),
        ],
    )
    high = IntegerField(
        _l("Best score"),
        [
            InputRequired(_l("Write a number.")),
            NumberRange(0, SCALE_AT_MOST, _l("Write a number from 0 to 10.")),
        ],
    )


@bp.route("/<call>/criteria/new", methods=["GET", "POST"])
def new_criterion(slug: str, call: str) -> ResponseReturnValue:
    """Add a criterion."""
    event = event_or_404(slug)
    return _criterion(event, call_or_404(event, call), None)


@bp.route("/<call>/criteria/<uid>", methods=["GET", "POST"])
def edit_criterion(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Change a criterion."""
    event = event_or_404(slug)
    board = load(db.session(), call_or_404(event, call))
    found = next((one for one in board.criteria if one.uid == uid), None) or abort(404)
    return _criterion(event, board.call, found)


def _criterion(event: Event, call: ZoneCall, found: Criterion | None) -> ResponseReturnValue:
    data: dict[str, Any] = {"weight": 1, "low": 1, "high": 5}
    if found is not None:
        data = {name: getattr(found, name) for name in ("weight", "low", "high")}
        data |= {"name_pl": found.name.pl, "name_en": found.name.en}
        data |= {"hint_pl": found.hint.pl, "hint_en": found.hint.en}
    form = CriterionForm(data=data)
    if form.validate_on_submit():
        wish = service.CriterionFacts(
            name=Bilingual(form.name_pl.data or "", form.name_en.data or ""),
            hint=Bilingual(form.hint_pl.data or "", form.hint_en.data or ""),
            weight=form.weight.data or 0,
            scale=Scale(form.low.data or 0, form.high.data or 0),
        )
        try:
            service.save_criterion(call.id, found.uid if found else None, wish, by=signed_in_reader().id)
        except Refused as refused:
            at = form.name_pl if refused.message == CriterionRefusal.NO_NAME else form.high
            at.errors = [*at.errors, words_of(refused)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".rules", slug=event.slug, call=call.uid))
    page = render_template("jury/criterion.html", call=call, form=form, criterion=found)
    return (page, 422) if form.is_submitted() else page


@bp.post("/<call>/criteria/<uid>/move")
def move_criterion(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Move a criterion up or down by one."""
    event = event_or_404(slug)
    steps = 1 if request.form.get("down") else -1
    try:
        service.move_criterion(call_or_404(event, call).id, uid, steps=steps)
    except Refused as refused:
        flash(words_of(refused), "refused")
    return redirect(url_for(".rules", slug=slug, call=call))


@bp.post("/<call>/criteria/<uid>/delete")
def delete_criterion(slug: str, call: str, uid: str) -> ResponseReturnValue:
    """Take a criterion away."""
    event = event_or_404(slug)
    try:
        service.delete_criterion(call_or_404(event, call).id, uid, by=signed_in_reader().id)
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(_("The criterion is gone."), "done")
    return redirect(url_for(".rules", slug=slug, call=call))
