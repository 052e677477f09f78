"""Reviewing, as a juror does it: my applications, one review at a time, and what binds me to whoever applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import Field, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from lsos.db import db
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.registration.models import Profile
from lsos.texts import search_key
from lsos.web.errors import back_with, words_of
from lsos.web.forms import ChipsField, PageForm, long_field, name_field, options
from lsos.web.review_reading import Sheet, sheet_of, texts_of
from lsos.web.session import LETS_IN, event_or_404, page_event, reader, signed_in, signed_in_reader
from lsos.web.zone_mine import zone_file
from lsos.wording import plain
from lsos.zone.jury_models import Criterion, Review
from lsos.zone.jury_queries import (
    Board,
    areas_of,
    call_by_uid,
    call_of_review,
    is_juror,
    load,
    profile_of,
)
from lsos.zone.jury_reviewing import Declared, Written, WrongScores, declare_conflicts, write_review
from lsos.zone.jury_rules import (
    BLACKED,
    DECLARED,
    JUDGED,
    Act,
    ConflictKind,
    OthersShown,
    Progress,
    ReviewFacts,
    ReviewRefusal,
    ReviewState,
    may_review,
    sees_others,
)
from lsos.zone.jury_service import set_areas
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.queries import calls_of
from lsos.zone.rules import FileUse

bp = Blueprint("review", __name__, url_prefix="/events/<slug>/review")


def jurors() -> ResponseReturnValue | None:
    """Guard of pages for the jurors of the event of the page; they need no role behind the scenes."""
    answer = signed_in()
    if answer is not None:
        return answer
    page_event()
    if not _is_juror():
        abort(403, _("Only jurors of this event review applications. Ask the organiser to be made one."))
    return None


def _is_juror() -> bool:
    person = reader()
    if "is_juror" not in g:
        g.is_juror = person is not None and is_juror(page_event().id, person.id)
    return bool(g.is_juror)


LETS_IN[jurors] = _is_juror
bp.before_request(jurors)


# ---- my applications


@dataclass(frozen=True)
class Mine:
    """What one call asks of a juror."""

    call: ZoneCall
    board: Board
    progress: Progress
    sheets: Sequence[Sheet]
    conflicts: Sequence[Sheet]
    next_uid: str | None
    #: Why nothing can be reviewed now, if so.
    closed: str


class AreasForm(PageForm):
    """What a juror knows well."""

    areas = ChipsField(_l("Focus areas you know well"))


def areas_form(event: Event, juror_id: int) -> AreasForm:
    """Make the form of what somebody who judges knows well."""
    found = focus_areas(event.id)
    known = areas_of(db.session(), event.id, [juror_id])[juror_id]
    form = AreasForm(data={"areas": [one.code for one in found if one.id in known]})
    form.areas.choices = options(*((one.code, plain(one.name)) for one in found))
    return form


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show what the reader is to review, what is done, and what comes next."""
    event, juror, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    mine = [_mine(load(db.session(), call), juror.id, now) for call in calls_of(event.id)]
    return render_template("jury/mine.html", mine=mine, form=areas_form(event, juror.id), State=ReviewState)


def _mine(board: Board, juror_id: int, now: datetime) -> Mine:
    judged = [one for one in board.everything if one.state in JUDGED]
    sheets = [sheet_of(board, one, juror_id, now) for one in judged]
    held = [one for one in sheets if one.state is not None and one.conflict is None]
    open_now = next((one for one in held if one.refusal), None)
    is_over = board.jury.is_over(now)
    closed = ReviewRefusal.CLOSED if is_over else (open_now.refusal if open_now else None)
    return Mine(
        call=board.call,
        board=board,
        progress=board.progress_of(juror_id),
        #: What is left to do stands first.
        sheets=sorted(held, key=lambda one: one.state is ReviewState.SENT),
        conflicts=[one for one in sheets if one.conflict is not None],
        next_uid=None if is_over else _next(held),
        closed=_(closed) if closed else "",
    )


def _next(sheets: Sequence[Sheet], after: str = "") -> str | None:
    """Give the review that comes next: begun or not, and not sent; from the one just left on, then from the first."""
    uids = [one.uid for one in sheets]
    start = uids.index(after) + 1 if after in uids else 0
    turned = [*sheets[start:], *sheets[:start]]
    return next((one.uid for one in turned if one.state is not ReviewState.SENT and one.refusal is None), None)


@bp.post("/areas")
def areas(slug: str) -> ResponseReturnValue:
    """Store what the reader knows well."""
    event, juror = event_or_404(slug), signed_in_reader()
    form = areas_form(event, juror.id)
    if not form.validate():
        abort(400)
    set_areas(event.id, juror.id, form.areas.data or [])
    flash(_("Saved. It counts when applications are shared out."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- one review


class _ReviewForm(PageForm):
    """What every review holds besides the scores."""

    comment = long_field(_l("Comment for the jury"))
    feedback = long_field(_l("Feedback to the start-up"))


def _score_name(criterion: Criterion) -> str:
    return f"score_{criterion.uid}"


def _review_form(board: Board, review: Review, **more: Any) -> _ReviewForm:
    """Make the form with a row of scores for each criterion, before the texts."""
    fields: dict[str, Any] = {}
    for criterion in board.criteria:
        scores = [(str(value), str(value)) for value in criterion.scale.steps]
        fields[_score_name(criterion)] = RadioField(
            plain(criterion.name), [Optional()], choices=options(*scores), description=plain(criterion.hint)
        )
    fields |= {name: vars(_ReviewForm)[name] for name in ("comment", "feedback")}
    data: dict[str, Any] = {"comment": review.comment, "feedback": review.feedback}
    values = review.values
    data |= {_score_name(one): str(values[one.id]) for one in board.criteria if one.id in values}
    form: _ReviewForm = type("ReviewForm", (_ReviewForm,), fields)(data=data, **more)
    return form


@dataclass(frozen=True)
class Opened:
    """A review that its juror may read."""

    board: Board
    review: Review
    application: ZoneApplication
    facts: ReviewFacts


def _open(event: Event, uid: str, now: datetime) -> Opened:
    """Open a review of the reader's, or say why not.

    Raises:
        NotFound: there is none of theirs under this id.
        Refused: `may_review` gave a reason.
    """
    juror = signed_in_reader()
    call = call_of_review(event.id, uid)
    board = load(db.session(), call) if call else None
    review = (
        next((one for one in board.reviews if one.uid == uid and one.juror_id == juror.id), None) if board else None
    )
    if board is None or review is None:
        raise NotFound(ReviewRefusal.NOT_ASSIGNED)
    application = next(one for one in board.everything if one.id == review.application_id)
    facts = board.facts(application, juror.id, now=now)
    refusal = may_review(facts, Act.READ)
    if refusal is not None:
        raise Refused(refusal)
    return Opened(board, review, application, facts)


class ConflictForm(PageForm):
    """What binds the reader to whoever applied."""

    kind = SelectField(_l("What binds you to it"), [InputRequired(_l("Choose what binds you to whoever applied."))])
    note = name_field(_l("In a few words"), max_length=500)


def _conflict_form(**more: Any) -> ConflictForm:
    form = ConflictForm(**more)
    form.kind.choices = [*options(("", _("Choose what it is"))), *_kinds()]
    return form


def _kinds() -> list[Any]:
    return options(*((one.value, _(_KIND_WORDS[one])) for one in DECLARED))


#: As the juror says it of themselves.
_KIND_WORDS = {
    ConflictKind.EMPLOYER: N_("I work or worked for it"),
    ConflictKind.INVESTOR: N_("I have money in it, or mean to"),
    ConflictKind.FAMILY: N_("Family or close friends"),
    ConflictKind.MENTOR: N_("I mentor or advise it"),
    ConflictKind.OTHER: N_("Another reason"),
}


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show an application with the review beside it."""
    event = event_or_404(slug)
    try:
        opened = _open(event, uid, datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    return _page(opened, _review_form(opened.board, opened.review))


def _page(opened: Opened, form: _ReviewForm, conflict_form: ConflictForm | None = None) -> str:
    board, review, application = opened.board, opened.review, opened.application
    hides = board.jury.hides_names
    deck = None if hides else application.file(FileUse.DECK)
    sheet = sheet_of(board, application, review.juror_id, opened.facts.now)
    refusal = may_review(opened.facts, Act.WRITE)
    others = [one for one in board.counted() if one.application_id == application.id and one.id != review.id]
    profile: Profile | None = profile_of(application)
    return render_template(
        "jury/review.html",
        form=form,
        rows=[(one, form[_score_name(one)]) for one in board.criteria],
        review=review,
        sheet=sheet,
        application=application,
        texts=texts_of(application, hides=hides),
        profile=profile,
        areas=application.registration.focus_areas,
        hides=hides,
        blacked=BLACKED,
        has_deck=application.file(FileUse.DECK) is not None,
        deck=deck,
        jury=board.jury,
        refusal=_(refusal) if refusal else "",
        is_final=board.jury.others_shown is OthersShown.AFTER_SENDING,
        others=[(one, board.mark_of(one)) for one in others] if sees_others(opened.facts) else None,
        scale=board.scale,
        criteria=board.criteria,
        progress=board.progress_of(review.juror_id),
        conflict_form=conflict_form or _conflict_form(formdata=None),
        State=ReviewState,
    )


@bp.post("/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Save a review as a draft, or send it and lead on to the next."""
    event, now = event_or_404(slug), datetime.now(UTC)
    try:
        opened = _open(event, uid, now)
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    form = _review_form(opened.board, opened.review)
    if not form.validate():
        return _page(opened, form), 422
    written = Written(
        scores={one.id: _number(form[_score_name(one)]) for one in opened.board.criteria},
        comment=form.comment.data or "",
        feedback=form.feedback.data or "",
    )
    sends = request.form.get("do") == "send"
    juror_id, call_id = signed_in_reader().id, opened.board.call.id
    try:
        state = write_review(call_id, uid, written, sends=sends, juror_id=juror_id, now=now)
    except WrongScores as wrong:
        for criterion in opened.board.criteria:
            if criterion.id in wrong.wrong:
                form[_score_name(criterion)].errors = [_(wrong.wrong[criterion.id])]
        return _page(_open(event, uid, now), form), 422
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _page(_open(event, uid, now), form), 422
    if state is ReviewState.SENT:
        return _lead_on(event, opened.board.call, uid, now)
    flash(_("Saved as a draft. Only you see it until you send it."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _number(field: Field) -> int | None:
    return int(field.data) if field.data else None


def _lead_on(event: Event, call: ZoneCall, uid: str, now: datetime) -> ResponseReturnValue:
    """Say that a review was sent, and lead to the one that comes next."""
    mine = _mine(load(db.session(), call), signed_in_reader().id, now)
    following = _next(mine.sheets, uid) if mine.next_uid else None
    if following is None:
        flash(_("Sent. That was the last one: thank you."), "done")
        return redirect(url_for(".index", slug=event.slug))
    words = ngettext(
        "Sent. %(num)s review is left; this is it.",
        "Sent. %(num)s reviews are left; this is the next.",
        mine.progress.missing,
    )
    flash(words, "done")
    return redirect(url_for(".show", slug=event.slug, uid=following))


@bp.get("/<uid>/deck")
def deck(slug: str, uid: str) -> ResponseReturnValue:
    """Give the pitch deck of an application, to be kept and never shown inside the page."""
    event = event_or_404(slug)
    try:
        opened = _open(event, uid, datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    return zone_file(None if opened.board.jury.hides_names else opened.application.file(FileUse.DECK))


# ---- conflicts of interest


@bp.post("/<uid>/conflict")
def conflict(slug: str, uid: str) -> ResponseReturnValue:
    """Declare what binds the reader to the application of a review; it is closed to them from then on."""
    event, now = event_or_404(slug), datetime.now(UTC)
    try:
        opened = _open(event, uid, now)
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    form = _conflict_form()
    if not form.validate():
        return _page(opened, _review_form(opened.board, opened.review, formdata=None), form), 422
    said = {opened.application.uid: Declared(ConflictKind(form.kind.data), form.note.data or "")}
    declare_conflicts(opened.board.call.id, said, juror_id=signed_in_reader().id, now=now)
    flash(_("Thank you for saying so. The application is closed to you, and nothing you scored for it counts."), "done")
    return redirect(url_for(".index", slug=slug))


@dataclass(frozen=True)
class Bond:
    """An applicant, and what binds the reader to it."""

    uid: str
    name: str
    person: str
    found: ConflictKind | None
    declared: ConflictKind | None


def _bonds(board: Board, juror_id: int) -> list[Bond]:
    """List all who applied, by name and in that order only, so that no text can be told from it."""
    bonds = []
    for application in board.applications:
        review = board.held.get((application.id, juror_id))
        person = application.registration.person.name
        found, declared = board.found(application.id, juror_id), review.conflict if review else None
        bonds.append(Bond(application.uid, application.name or person, person, found, declared))
    return sorted(bonds, key=lambda one: (search_key(one.name), search_key(one.person)))


@bp.route("/conflicts/<call>", methods=["GET", "POST"])
def conflicts(slug: str, call: str) -> ResponseReturnValue:
    """Show all who applied, for the reader to say what binds them to whom before anything is shared out."""
    event, juror = event_or_404(slug), signed_in_reader()
    found = call_by_uid(event.id, call) or abort(404)
    bonds = _bonds(load(db.session(), found), juror.id)
    if request.method == "GET":
        return render_template("jury/conflicts.html", call=found, bonds=bonds, kinds=_kinds(), form=PageForm())
    form = PageForm()
    if not form.validate():
        return render_template("jury/conflicts.html", call=found, bonds=bonds, kinds=_kinds(), form=form), 422
    said = {}
    for bond in bonds:
        kind = request.form.get(f"kind-{bond.uid}", "")
        if bond.found is None and kind in {one.value for one in DECLARED} and kind != bond.declared:
            said[bond.uid] = Declared(ConflictKind(kind))
    if not said:
        flash(_("Nothing was different, so nothing was changed."), "done")
    else:
        declare_conflicts(found.id, said, juror_id=juror.id, now=datetime.now(UTC))
        words = ngettext(
            "%(num)s conflict of interest is on record. You will not be given that application.",
            "%(num)s conflicts of interest are on record. You will not be given those applications.",
            len(said),
        )
        flash(words, "done")
    return redirect(url_for(".index", slug=slug))
