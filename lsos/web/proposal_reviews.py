"""Reviewing proposals, as a reviewer does it: what is to be read, one review at a time, and what binds one."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from lsos.db import db
from lsos.errors import LsosError, NotFound, Refused
from lsos.events.models import Event
from lsos.proposals.models import Proposal
from lsos.proposals.review_models import SCALE, ReviewPhase
from lsos.proposals.review_queries import Board, load, redacted
from lsos.proposals.review_rules import read_refusal, review_refusal
from lsos.proposals.reviewing import Said, WrongScores, declare_conflict, write_review
from lsos.proposals.writing import NO_PROPOSAL
from lsos.web.errors import back_with, words_of
from lsos.web.forms import PageForm, long_field, options
from lsos.web.proposal_ties import my_ties
from lsos.web.proposals import call_or_404
from lsos.web.review import areas_form
from lsos.web.session import LETS_IN, event_or_404, page_event, signed_in, signed_in_reader
from lsos.wording import plain
from lsos.zone.jury_rules import BLACKED, DECLARED, ConflictKind, ReviewState
from lsos.zone.jury_service import set_areas

bp = Blueprint("proposal_reviews", __name__, url_prefix="/events/<slug>/proposals/review")


def reviewers() -> ResponseReturnValue | None:
    """Guard of pages for the reviewers of the event of the page; they need no role behind the scenes."""
    answer = signed_in()
    if answer is not None:
        return answer
    page_event()
    if not _is_reviewer():
        abort(403)
    return None


def _is_reviewer() -> bool:
    return my_ties().reviews


LETS_IN[reviewers] = _is_reviewer
bp.before_request(reviewers)


def _board(event: Event) -> Board:
    return load(db.session(), call_or_404(event.id))


def _hides(phase: ReviewPhase | None) -> bool:
    """Say whether names are hidden: as the phase says, and between phases always."""
    return phase is None or phase.hides_names


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List what the reader may review: first what was given to them, and what they have begun."""
    board, person, now = _board(event_or_404(slug)), signed_in_reader(), datetime.now(UTC)
    phase = board.phase(now)
    rows = []
    for proposal in board.proposals:
        if read_refusal(board.facts(proposal, person.id, now=now)) is None:
            review = board.reviews.get((proposal.id, person.id))
            rows.append((proposal, redacted(proposal, hides=_hides(phase)), review.state if review else None))
    order = {ReviewState.DRAFT: 0, ReviewState.ASSIGNED: 1, None: 2, ReviewState.SENT: 3}
    return render_template(
        "proposals/reviews.html",
        board=board,
        phase=phase,
        rows=sorted(rows, key=lambda row: order.get(row[2], 2)),
        sent=board.sent_by(person.id),
        given=board.given_to(person.id),
        left_out=len(board.proposals) - len(rows),
        form=areas_form(board.call.event, person.id),
    )


@bp.post("/areas")
def areas(slug: str) -> ResponseReturnValue:
    """Store what the reader knows well."""
    event, person = event_or_404(slug), signed_in_reader()
    form = areas_form(event, person.id)
    if not form.validate():
        abort(400)
    set_areas(event.id, person.id, form.areas.data or [])
    flash(_("Saved. It counts when proposals are shared out."), "done")
    return redirect(url_for(".index", slug=slug))


class _ReviewForm(PageForm):
    comment = long_field(_l("Comment for the reviewers and the organiser"))
    feedback = long_field(_l("Comment for the author"))


class ConflictForm(PageForm):
    """What binds the reader to whoever proposed something."""

    kind = SelectField(_l("What binds you"), [InputRequired(_l("Choose what binds you to whoever proposed it."))])


def _conflict_form(**more: Any) -> ConflictForm:
    form = ConflictForm(**more)
    form.kind.choices = options(("", _("Choose what it is")), *((one.value, _(one.words)) for one in DECLARED))
    return form


def _review_form(board: Board, proposal: Proposal, **more: Any) -> _ReviewForm:
    """Make the form with a row of scores for each criterion, before the comment."""
    review = board.reviews.get((proposal.id, signed_in_reader().id))
    scores = [(str(value), str(value)) for value in SCALE.steps]
    fields: dict[str, Any] = {
        f"score_{one.uid}": RadioField(plain(one.name), [Optional()], choices=options(*scores))
        for one in board.criteria
    }
    fields |= {name: vars(_ReviewForm)[name] for name in ("comment", "feedback")}
    values = review.values if review else {}
    data: dict[str, Any] = {f"score_{one.uid}": str(values[one.id]) for one in board.criteria if one.id in values}
    data |= {"comment": review.comment, "feedback": review.feedback} if review else {}
    form: _ReviewForm = type("ReviewForm", (_ReviewForm,), fields)(data=data, **more)
    return form


def _open(event: Event, uid: str, now: datetime) -> tuple[Board, Proposal]:
    """Open a proposal to review, or say why not.

    Raises:
        NotFound: there is no such proposal to review.
        Refused: a `ReviewRefusal`.
    """
    board = _board(event)
    proposal = next((one for one in board.proposals if one.uid == uid), None)
    if proposal is None:
        raise NotFound(NO_PROPOSAL)
    refusal = read_refusal(board.facts(proposal, signed_in_reader().id, now=now))
    if refusal is not None:
        raise Refused(refusal)
    return board, proposal


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show a proposal with the reader's review of it."""
    event, now = event_or_404(slug), datetime.now(UTC)
    try:
        board, proposal = _open(event, uid, now)
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    return _page(board, proposal, _review_form(board, proposal))


def _page(board: Board, proposal: Proposal, form: _ReviewForm, conflict: ConflictForm | None = None) -> str:
    person, now = signed_in_reader(), datetime.now(UTC)
    phase = board.phase(now)
    review = board.reviews.get((proposal.id, person.id))
    refusal = review_refusal(board.facts(proposal, person.id, now=now))
    sees = phase is not None and phase.shows_others and review is not None and review.state is ReviewState.SENT
    return render_template(
        "proposals/review.html",
        board=board,
        proposal=proposal,
        text=redacted(proposal, hides=_hides(phase)),
        hides=_hides(phase),
        number=board.number(proposal),
        phase=phase,
        form=form,
        rows=[(one, form[f"score_{one.uid}"]) for one in board.criteria],
        review=review,
        refusal=_(refusal) if refusal else "",
        others=[(one, board.mark_of(one)) for one in board.counted(proposal) if one.reviewer_id != person.id]
        if sees
        else None,
        conflict=conflict or _conflict_form(formdata=None),
        blacked=BLACKED,
    )


@bp.post("/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Save a review as a draft, or send it and lead on to the next."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    try:
        board, proposal = _open(event, uid, now)
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    form = _review_form(board, proposal)
    if not form.validate():
        return _page(board, proposal, form), 422
    typed = {one.id: form[f"score_{one.uid}"].data for one in board.criteria}
    scores = {key: int(value) if value else None for key, value in typed.items()}
    sends = request.form.get("do") == "send"
    try:
        said = Said(scores, form.comment.data or "", form.feedback.data or "")
        state = write_review(event.id, uid, said, sends=sends, by=person.id, now=now)
    except WrongScores as wrong:
        board, proposal = _open(event, uid, now)
        for criterion in board.criteria:
            if criterion.id in wrong.wrong:
                form[f"score_{criterion.uid}"].errors = [_(wrong.wrong[criterion.id])]
        return _page(board, proposal, form), 422
    except LsosError as error:
        flash(words_of(error), "refused")
        board, proposal = _open(event, uid, now)
        return _page(board, proposal, form), 409
    if state is ReviewState.SENT:
        flash(_("Your review is sent. You can change it as long as reviewing goes on."), "done")
        return redirect(url_for(".index", slug=slug))
    flash(_("Saved as a draft. Only you see it until you send it."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/<uid>/conflict")
def conflict(slug: str, uid: str) -> ResponseReturnValue:
    """Declare what binds the reader to who proposed it; it is closed to them from then on."""
    event, now = event_or_404(slug), datetime.now(UTC)
    form = _conflict_form()
    try:
        board, proposal = _open(event, uid, now)
        if not form.validate():
            return _page(board, proposal, _review_form(board, proposal, formdata=None), form), 422
        kind = ConflictKind(form.kind.data)
        declare_conflict(event.id, uid, kind, by=signed_in_reader().id, now=now)
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    flash(_("Thank you for saying so. The proposal is closed to you, and nothing you scored for it counts."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.app_template_global()
def reviews_proposals() -> bool:
    """Say whether the reader reviews what is proposed for the event of the page."""
    return _is_reviewer()
