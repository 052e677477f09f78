"""Proposals, for organisers: the call, what was proposed, decisions with letters, and what is not known of speakers."""

from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.proposals import deciding, mails, placing
from lsos.proposals.calls import save_call
from lsos.proposals.models import Proposal, ProposalCall
from lsos.proposals.queries import (
    Filters,
    call_of,
    counts_by_state,
    proposal_by_uid,
    proposal_ids,
    proposals,
    speakers_of,
    unplaced_of,
)
from lsos.proposals.review_queries import Board, load
from lsos.proposals.rules import (
    PAGE_LENGTH,
    SEEN,
    CallRefusal,
    Decision,
    ProposalState,
    SpeakerState,
    decision_refusal,
)
from lsos.web.errors import back_with, words_of
from lsos.web.navigation import reach
from lsos.web.proposal_forms import CallForm, MessageForm, call_form
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer, put_on_record
from lsos.wording import plain, stamp

bp = Blueprint("call_desk", __name__, url_prefix="/events/<slug>/organise/proposals")
bp.before_request(only(Role.PROGRAMME))


# ---- the call


@bp.route("/call", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Set up the call, or change it."""
    event = event_or_404(slug)
    call = call_of(event.id)
    form = call_form(event, call)
    if not form.is_submitted():
        return _call_page(call, form)
    if form.validate():
        try:
            save_call(event.id, form.facts(event), by=signed_in_reader().id)
        except Refused as error:
            _show(form, error)
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".index", slug=slug))
    return _call_page(call, form), 422


def _show(form: CallForm, error: Refused) -> None:
    if error.message == CallRefusal.CLOSES_TOO_EARLY:
        form.closes_at.errors = [words_of(error)]
        return
    first = next((one for one in form if one.name.startswith("minutes_")), None)
    if first is not None:
        first.errors = [words_of(error)]
    else:
        flash(words_of(error), "refused")


def _call_page(call: ProposalCall | None, form: CallForm) -> str:
    return render_template(
        "proposals/call_form.html",
        call=call,
        form=form,
        lengths=[one for one in form if one.name.startswith("minutes_")],
    )


# ---- what was proposed


def _filters() -> Filters:
    state = request.args.get("state", "")
    return Filters(
        ProposalState(state) if state in SEEN else None,
        request.args.get("area", ""),
        request.args.get("format", ""),
        request.args.get("q", "")[:200],
    )


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List what was proposed, narrowed, to be decided on; without a call, lead to setting one up."""
    event, now = event_or_404(slug), datetime.now(UTC)
    call = call_of(event.id)
    if call is None:
        return render_template("proposals/none.html")
    filters = _filters()
    ids = proposal_ids(call.id, filters)
    last = max(-(-len(ids) // PAGE_LENGTH), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    board = load(db.session(), call)
    standings = board.standings() if board.criteria else {}
    by_mark = request.args.get("sort") == "mark" and bool(standings)
    bound = _bound(board)
    if by_mark:
        places = {key: place for place, key in enumerate(standings) if key not in bound}
        ids.sort(key=lambda key: places.get(key, len(places)))
    counts = counts_by_state(call.id)
    here = {name: value for name in ("state", "area", "format", "q") if (value := request.args.get(name, ""))}
    return render_template(
        "proposals/list.html",
        call=call,
        shown=proposals(ids[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]),
        total=len(ids),
        everybody=sum(number for state, number in counts.items() if state in SEEN),
        drafts=counts[ProposalState.DRAFT],
        counts={state: counts[state] for state in ProposalState if state in SEEN and counts[state]},
        filters=filters,
        areas=focus_areas(event.id),
        formats=sorted((one.format for one in call.formats), key=lambda one: (one.position, one.code)),
        bound=bound,
        standings=standings,
        by_mark=by_mark,
        decisions=list(Decision),
        here=here,
        waits_for_draft=unplaced_of(call.id),
        page=page,
        last_page=last,
        is_open=call.opens_at <= now < call.closes_at,
        is_early=now < call.opens_at,
    )


def _bound(board: Board) -> frozenset[int]:
    """Give the proposals with which the reader has a conflict of interest: they neither see marks nor decide."""
    return deciding.bound_ids(db.session(), board.call.id, signed_in_reader().id)


@bp.get("/proposals.csv")
def export(slug: str) -> ResponseReturnValue:
    """Give what is listed as a file."""
    event = event_or_404(slug)
    call = call_of(event.id) or abort(404)
    found = proposals(proposal_ids(call.id, _filters()))
    lines = list(_lines(event, found))
    head = [
        _("Title in Polish"),
        _("Title in English"),
        _("State"),
        _("Format"),
        _("Focus area"),
        _("Languages"),
        _("Author"),
        _("E-mail"),
        _("Speakers"),
        _("Abstract in Polish"),
        _("Abstract in English"),
        _("Notes to the reviewers"),
        _("Equipment you need"),
        _("Sent"),
        _("Link"),
    ]
    put_on_record(event, "proposals.exported", rows=len(lines))
    return csv_answer(f"{slug}-proposals.csv", head, lines)


def _lines(event: Event, found: list[Proposal]) -> Iterator[list[object]]:
    for one in found:
        yield [
            one.title.pl,
            one.title.en,
            _(one.state.words),
            plain(one.format.name) if one.format else "",
            plain(one.focus_area.name) if one.focus_area else "",
            " ".join(one.languages),
            one.author.name,
            one.author.email,
            "; ".join(each.person.name for each in one.speakers if each.state is not SpeakerState.DECLINED),
            one.abstract.pl,
            one.abstract.en,
            one.notes,
            one.equipment,
            stamp(one.sent_at, event.timezone) if one.sent_at else "",
            url_for(".show", slug=event.slug, uid=one.uid, _external=True),
        ]


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show one proposal, with all that was written and who speaks."""
    event = event_or_404(slug)
    one = proposal_by_uid(event.id, uid)
    if one is None or one.state not in SEEN:
        abort(404)
    board = load(db.session(), call_of(event.id) or abort(404))
    is_bound = one.id in _bound(board)
    return render_template(
        "proposals/show.html",
        one=one,
        is_bound=is_bound,
        reviews=[] if is_bound else [(each, board.mark_of(each)) for each in board.counted(one)],
        decisions=[wish for wish in Decision if decision_refusal(wish, one.state, is_bound=is_bound) is None],
    )


# ---- decisions


@bp.post("/decide")
def decide(slug: str) -> ResponseReturnValue:
    """Say again what is to be decided on which proposals; and, confirmed, do it."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    call = call_of(event.id) or abort(404)
    wish = request.form.get("do", "")
    if wish not in set(Decision):
        abort(400)
    decision = Decision(wish)
    uids = list(dict.fromkeys(request.form.getlist("uid")))[:PAGE_LENGTH]
    if not uids:
        flash(_("Nothing is ticked, so nothing was changed. Tick the proposals first."), "refused")
        return redirect(url_for(".index", slug=slug))
    is_confirmed = bool(request.form.get("confirmed"))
    form = MessageForm() if is_confirmed else MessageForm(formdata=None)
    if not is_confirmed:
        return _decide_page(call, decision, uids, form)
    if not form.validate():
        return _decide_page(call, decision, uids, form), 422
    try:
        number = deciding.decide(call.id, uids, decision, message=form.message, by=person.id, now=now)
    except LsosError as error:
        flash(words_of(error), "refused")
        return _decide_page(call, decision, uids, form), 409
    flash(
        ngettext(
            "Decided on %(num)s proposal. The letter leaves in ten minutes; decide anew before, and it does not.",
            "Decided on %(num)s proposals. The letters leave in ten minutes; decide anew before, and they do not.",
            number,
        ),
        "done",
    )
    return redirect(url_for(".index", slug=slug))


def _decide_page(call: ProposalCall, decision: Decision, uids: list[str], form: MessageForm) -> str:
    seen = deciding.outlook(call, uids, decision, by=signed_in_reader().id)
    return render_template(
        "proposals/decide.html",
        call=call,
        decision=decision,
        uids=uids,
        form=form,
        seen=seen,
        question=_question(decision, len(seen.able)),
        letter=reach("letter_words.edit", code=mails.DECISIONS[decision.leads_to]),
    )


def _question(decision: Decision, number: int) -> str:
    if decision is Decision.ACCEPT:
        return str(ngettext("Accept %(num)s proposal", "Accept %(num)s proposals", number))
    if decision is Decision.WAIT:
        words = ngettext(
            "Put %(num)s proposal on the waiting list", "Put %(num)s proposals on the waiting list", number
        )
    else:
        words = ngettext("Decline %(num)s proposal", "Decline %(num)s proposals", number)
    return str(words)


# ---- speakers


@bp.get("/speakers")
def speakers(slug: str) -> ResponseReturnValue:
    """List who speaks in what was accepted, and what is not known of each."""
    event = event_or_404(slug)
    call = call_of(event.id) or abort(404)
    found = speakers_of(event.id)
    lacking = [one for one in found if one.gaps]
    only_missing = request.args.get("missing") == "1"
    return render_template(
        "proposals/speakers.html",
        call=call,
        shown=lacking if only_missing else found,
        total=len(found),
        lacking=len(lacking),
        only_missing=only_missing,
    )


@bp.post("/speakers/remind")
def remind(slug: str) -> ResponseReturnValue:
    """Write to the speakers who are ticked that something is not known of them."""
    event, here = event_or_404(slug), url_for(".speakers", slug=slug)
    ticked = set(request.form.getlist("uid"))
    people = [one.person.id for one in speakers_of(event.id) if one.gaps and one.person.uid in ticked]
    if not people:
        flash(_("Nobody is ticked, so nobody was written to."), "refused")
        return redirect(here)
    number = deciding.remind(event.id, people, by=signed_in_reader().id, now=datetime.now(UTC))
    flash(
        ngettext("%(num)s speaker is written to.", "%(num)s speakers are written to.", number),
        "done",
    )
    return redirect(here)


@bp.post("/place")
def place(slug: str) -> ResponseReturnValue:
    """Put what is confirmed and not in the draft of the programme there."""
    event, here = event_or_404(slug), url_for(".index", slug=slug)
    try:
        number = placing.put_into_draft(event.id, by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, here)
    flash(
        ngettext("%(num)s session is in the draft.", "%(num)s sessions are in the draft.", number)
        if number
        else _("Everything that is confirmed is in the draft already."),
        "done",
    )
    return redirect(here)
