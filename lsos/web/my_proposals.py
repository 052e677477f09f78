"""One's own proposals: written, sent, taken back; others named as speakers; and what a speaker says of themselves."""

from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import Refused
from lsos.proposals import deciding, placing, speaking, writing
from lsos.proposals.models import Proposal, ProposalCall
from lsos.proposals.queries import counted_of, gaps_of, is_speaker, mine_of, profile_of, proposal_by_uid
from lsos.proposals.rules import (
    IN,
    Gap,
    ProposalState,
    SpeakerState,
    answer_refusal,
    edit_refusal,
    may_withdraw,
    new_refusal,
)
from lsos.web.errors import back_with, words_of
from lsos.web.limits import REGISTER, limiter
from lsos.web.proposal_forms import (
    GAP_FIELDS,
    CompletionForm,
    ProposalForm,
    SpeakerForm,
    completion_form,
    profile_form,
    proposal_form,
)
from lsos.web.proposals import call_or_404
from lsos.web.session import event_or_404, page_event, signed_in, signed_in_reader
from lsos.web.timetable import local_day

bp = Blueprint("my_proposals", __name__, url_prefix="/events/<slug>/me")
bp.before_request(signed_in)


@bp.get("/proposals")
def index(slug: str) -> ResponseReturnValue:
    """List what the reader wrote or is named in, with what each waits for."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    call = call_or_404(event.id)
    refusal = new_refusal(
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        mine=counted_of(call.id, person.id),
        per_person=call.per_person,
        now=now,
    )
    mine = mine_of(event.id, person.id)
    speaks = is_speaker(event.id, person.id)
    return render_template(
        "proposals/mine.html",
        call=call,
        person=person,
        mine=[one for one in mine if one.author_id == person.id],
        asked=[(one, _as_speaker(one, person.id)) for one in mine if one.author_id != person.id],
        refusal=gettext(refusal) if refusal else "",
        speaks=speaks,
        lacks=[gettext(gap) for gap in gaps_of(profile_of(event.id, person.id))] if speaks else [],
        is_in=any(one.state is ProposalState.CONFIRMED for one in mine),
        too_late=_too_late(call, ProposalState.ACCEPTED, now),
    )


def _as_speaker(proposal: Proposal, person_id: int) -> SpeakerState | None:
    return next((one.state for one in proposal.speakers if one.person_id == person_id), None)


@bp.post("/proposals")
@limiter.limit(REGISTER)
def new(slug: str) -> ResponseReturnValue:
    """Begin a proposal."""
    event = event_or_404(slug)
    try:
        begun = writing.begin(event.id, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, url_for(".index", slug=slug))
    return redirect(url_for(".show", slug=slug, uid=begun.uid))


# ---- one of them


def _mine(uid: str) -> Proposal:
    """Give a proposal that the reader wrote, or speaks in once it is sent."""
    found = proposal_by_uid(page_event().id, uid) or abort(404)
    person = signed_in_reader()
    state = _as_speaker(found, person.id)
    if found.author_id != person.id and state in {None, SpeakerState.DECLINED}:
        abort(404)
    return found


@bp.get("/proposals/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show a proposal: as a form while it may be changed, else as it was read."""
    event = event_or_404(slug)
    mine = _mine(uid)
    return _page(mine, proposal_form(call_or_404(event.id), mine), SpeakerForm(formdata=None))


def _page(mine: Proposal, form: ProposalForm, speaker: SpeakerForm, completion: CompletionForm | None = None) -> str:
    event, person, now = page_event(), signed_in_reader(), datetime.now(UTC)
    call = call_or_404(event.id)
    refusal = edit_refusal(mine.state, opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    is_author = mine.author_id == person.id
    return render_template(
        "proposals/edit.html",
        mine=mine,
        call=call,
        form=form,
        speaker=speaker,
        is_author=is_author,
        my_state=_as_speaker(mine, person.id),
        completion=(completion or completion_form(mine, formdata=None)) if is_author and mine.state in IN else None,
        can_edit=is_author and refusal is None,
        refusal=gettext(refusal) if refusal and is_author and mine.state is not ProposalState.CONFIRMED else "",
        can_withdraw=is_author and may_withdraw(mine.state),
        too_late=_too_late(call, mine.state, now),
        missing=[gettext(gap) for gap in writing.gaps_of(mine)],
        State=ProposalState,
    )


def _too_late(call: ProposalCall, state: ProposalState, now: datetime) -> str:
    today = local_day(now, page_event().timezone)
    refusal = answer_refusal(state, says_yes=True, confirm_by=call.confirm_by, today=today)
    return gettext(refusal) if refusal else ""


@bp.post("/proposals/<uid>")
def save(slug: str, uid: str) -> ResponseReturnValue:
    """Store what was written as a draft, or send it; what is wrong or missing is said at its field."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    mine = _mine(uid)
    form, speaker = proposal_form(call_or_404(event.id), mine), SpeakerForm(formdata=None)
    sends, was_sent = "send" in request.form, mine.state is ProposalState.SENT
    if not form.validate():
        return _page(mine, form, speaker), 422
    try:
        missing = writing.save(event.id, uid, form.content(), sends=sends, by=person.id, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
        return _page(_mine(uid), form, speaker), 409
    if missing:
        _show_missing(form, missing)
        if not was_sent:
            flash(gettext("Saved as a draft. Before it can be sent, something is missing."), "refused")
        return _page(_mine(uid), form, speaker), 422
    if was_sent:
        flash(gettext("Your changes are saved."), "done")
    elif sends:
        flash(gettext("Your proposal is sent. You can change it until the call closes."), "done")
    else:
        flash(gettext("Saved as a draft. Nobody reads it before you send it."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


def _show_missing(form: ProposalForm, missing: list[Gap]) -> None:
    for gap in missing:
        field = form[GAP_FIELDS[gap]]
        field.errors = [*field.errors, gettext(gap)]


@bp.post("/proposals/<uid>/complete")
def complete(slug: str, uid: str) -> ResponseReturnValue:
    """Add the language that what was accepted lacks, and to its session in the draft."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    mine = _mine(uid)
    form = completion_form(mine)
    if not form.validate():
        unchanged = proposal_form(call_or_404(event.id), mine, formdata=None), SpeakerForm(formdata=None)
        return _page(mine, *unchanged, form), 422
    try:
        writing.complete(event.id, uid, form.text("title"), form.text("abstract"), by=person.id, now=now)
    except Refused as refused:
        return back_with(refused, url_for(".show", slug=slug, uid=uid))
    placing.add_language(event.id, uid, by=person.id, now=now)
    flash(gettext("Saved. The organiser sees it now."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid))


@bp.post("/proposals/<uid>/withdraw")
def withdraw(slug: str, uid: str) -> ResponseReturnValue:
    """Take a proposal back; a draft is thrown away."""
    event = event_or_404(slug)
    try:
        is_kept = writing.withdraw(event.id, uid, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, url_for(".show", slug=slug, uid=uid))
    flash(gettext("The proposal is withdrawn.") if is_kept else gettext("The draft is gone."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/proposals/<uid>/answer")
def answer(slug: str, uid: str) -> ResponseReturnValue:
    """Confirm that one speaks, or not: as the author for the place in the programme, as another for oneself."""
    event, person, now = event_or_404(slug), signed_in_reader(), datetime.now(UTC)
    says_yes = request.form.get("answer") == "yes"
    if request.form.get("answer") not in {"yes", "no"}:
        abort(400)
    mine = _mine(uid)
    here = url_for(".index" if not says_yes else ".show", slug=slug, uid=None if not says_yes else uid)
    try:
        if mine.author_id == person.id:
            deciding.answer(event.id, uid, says_yes=says_yes, by=person.id, now=now)
        else:
            writing.answer_as_speaker(event.id, uid, says_yes=says_yes, by=person.id, now=now)
            if says_yes:
                placing.add_to_cast(event.id, uid, by=person.id, now=now)
    except Refused as refused:
        return back_with(refused, here)
    if mine.author_id != person.id:
        words = gettext("You are among the speakers.") if says_yes else gettext("You are not among the speakers.")
        flash(words, "done")
        return redirect(here)
    if says_yes:
        #: Where the draft cannot take it now, the organiser's list says so, with the button to try again.
        with suppress(Refused):
            placing.put_into_draft(event.id, by=person.id, now=now)
        flash(gettext("Confirmed. Now tell us who you are and when you can speak."), "done")
        return redirect(url_for(".profile", slug=slug))
    flash(gettext("You gave the place up, and the organiser sees it."), "done")
    return redirect(here)


@bp.post("/proposals/<uid>/speakers")
@limiter.limit(REGISTER)
def add_speaker(slug: str, uid: str) -> ResponseReturnValue:
    """Name another person who speaks."""
    event, now = event_or_404(slug), datetime.now(UTC)
    mine, form = _mine(uid), SpeakerForm()
    unchanged = proposal_form(call_or_404(event.id), mine, formdata=None)
    if not form.validate():
        return _page(mine, unchanged, form), 422
    address, name = form.address.data or "", form.name.data or ""
    try:
        writing.add_speaker(event.id, uid, address, name, by=signed_in_reader().id, now=now)
    except Refused as refused:
        form.address.errors = [words_of(refused)]
        return _page(_mine(uid), unchanged, form), 409
    if mine.state is ProposalState.SENT:
        flash(gettext("Named. A letter asks them whether they speak."), "done")
    else:
        flash(gettext("Named. A letter asks them once you send the proposal."), "done")
    return redirect(url_for(".show", slug=slug, uid=uid, _anchor="speakers"))


@bp.post("/proposals/<uid>/speakers/<speaker>/remove")
def remove_speaker(slug: str, uid: str, speaker: str) -> ResponseReturnValue:
    """Take somebody out of those who speak."""
    event, here = event_or_404(slug), url_for(".show", slug=slug, uid=uid, _anchor="speakers")
    try:
        writing.remove_speaker(event.id, uid, speaker, by=signed_in_reader().id, now=datetime.now(UTC))
    except Refused as refused:
        return back_with(refused, here)
    flash(gettext("Taken out of the speakers."), "done")
    return redirect(here)


# ---- as a speaker


@bp.route("/speaker", methods=["GET", "POST"])
def profile(slug: str) -> ResponseReturnValue:
    """Show what the reader says of themselves as a speaker, and store it."""
    event, person = event_or_404(slug), signed_in_reader()
    if not is_speaker(event.id, person.id):
        return redirect(url_for("proposals.index", slug=slug))
    known = profile_of(event.id, person.id)
    form = profile_form(event, known)
    if form.validate_on_submit():
        speaking.save_profile(event.id, person.id, form.said(), now=datetime.now(UTC))
        flash(gettext("Saved. The organiser sees it now."), "done")
        return redirect(url_for(".profile", slug=slug))
    page = render_template(
        "proposals/speaker.html", form=form, person=person, lacks=[gettext(gap) for gap in gaps_of(known)]
    )
    return (page, 422) if form.is_submitted() else page
