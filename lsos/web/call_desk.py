"""Proposals, for organisers: the call, what was proposed, decisions with letters, and what is not known of speakers."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from lsos.db import db
from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.invitations import waves
from lsos.invitations.queries import latest_to
from lsos.invitations.rules import InvitationState, WaveKind
from lsos.invitations.service import Asked, Done, invite_many
from lsos.proposals import deciding, mails, placing
from lsos.proposals.calls import save_call
from lsos.proposals.models import Proposal, ProposalCall, SpeakerProfile
from lsos.proposals.queries import (
    Filters,
    KnownSpeaker,
    call_of,
    coming_of,
    counts_by_state,
    proposal_by_uid,
    proposal_ids,
    proposals,
    speakers_of,
    unplaced_of,
    untold_of,
)
from lsos.proposals.review_queries import load
from lsos.proposals.rules import (
    LEADS_TO,
    PAGE_LENGTH,
    SEEN,
    CallRefusal,
    ProposalState,
    SpeakerState,
    decision_refusal,
)
from lsos.registration.queries import participation_types
from lsos.texts import LANGUAGES, Bilingual
from lsos.web.errors import back_with, words_of
from lsos.web.invitations import tell as tell_of_invitations
from lsos.web.navigation import reach
from lsos.web.proposal_forms import CallForm, MessageForm, call_form
from lsos.web.session import event_or_404, may, only, signed_in_reader
from lsos.web.sheets import csv_answer, put_on_record
from lsos.wording import listed, plain, short_day, stamp
from lsos.zone.rules import Decision

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
    filters, bound = _filters(), _bound(call)
    ids = proposal_ids(call.id, filters, bound=bound)
    last = max(-(-len(ids) // PAGE_LENGTH), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    board = load(db.session(), call)
    standings = board.standings() if board.criteria else {}
    by_mark = request.args.get("sort") == "mark" and bool(standings)
    if by_mark:
        places = {key: place for place, key in enumerate(standings) if key not in bound}
        ids.sort(key=lambda key: places.get(key, len(places)))
    counts = counts_by_state(call.id, bound)
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
        untold=untold_of(event.id, bound),
        page=page,
        last_page=last,
        is_open=call.opens_at <= now < call.closes_at,
        is_early=now < call.opens_at,
    )


def _bound(call: ProposalCall) -> frozenset[int]:
    """Give the proposals with which the reader has a conflict of interest.

    They neither see marks nor decide, and what is decided they learn with the author.
    """
    return deciding.bound_ids(db.session(), call.id, signed_in_reader().id)


@bp.get("/proposals.csv")
def export(slug: str) -> ResponseReturnValue:
    """Give what is listed as a file."""
    event = event_or_404(slug)
    call = call_of(event.id) or abort(404)
    bound = _bound(call)
    found = proposals(proposal_ids(call.id, _filters(), bound=bound))
    lines = list(_lines(event, found, bound))
    head = [
        _("Title in Polish"),
        _("Title in English"),
        _("State"),
        _("The author knows"),
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


def _lines(event: Event, found: list[Proposal], bound: Collection[int]) -> Iterator[list[object]]:
    for one in found:
        state = one.state if one.id in bound else one.standing
        yield [
            one.title.pl,
            one.title.en,
            _(state.words),
            _("yes") if state is one.state else _("no"),
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
    call = call_of(event.id) or abort(404)
    board = load(db.session(), call)
    is_bound = one.id in _bound(call)
    standing = one.state if is_bound else one.standing
    return render_template(
        "proposals/show.html",
        one=one,
        is_bound=is_bound,
        standing=standing,
        made=None if is_bound else one.decision,
        reviews=[] if is_bound else [(each, board.mark_of(each)) for each in board.counted(one)],
        decisions=[wish for wish in Decision if decision_refusal(wish, standing, is_bound=is_bound) is None],
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
    is_confirmed, is_told = bool(request.form.get("confirmed")), request.form.get("confirmed") == "told"
    form = MessageForm() if is_confirmed else MessageForm(formdata=None)
    if not is_confirmed:
        return _decide_page(call, decision, uids, form)
    if not form.validate():
        return _decide_page(call, decision, uids, form), 422
    try:
        number = deciding.decide(call.id, uids, decision, message=form.message, is_told=is_told, by=person.id, now=now)
    except LsosError as error:
        flash(words_of(error), "refused")
        return _decide_page(call, decision, uids, form), 409
    if is_told:
        words = ngettext("Decided, and the author is told.", "Decided, and %(num)s authors are told.", number)
    else:
        words = ngettext(
            "Decided on %(num)s proposal. The author does not know yet.",
            "Decided on %(num)s proposals. The authors do not know yet.",
            number,
        )
    flash(words, "done")
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
        told_question=ngettext(
            "Decide so, and tell %(num)s author now", "Decide so, and tell %(num)s authors now", len(seen.able)
        ),
        letter=reach("letter_words.edit", code=mails.DECISIONS[LEADS_TO[decision]]),
    )


@bp.route("/tell", methods=["GET", "POST"])
def tell(slug: str) -> ResponseReturnValue:
    """Show whom a decision concerns who does not know yet; and write to those who were shown."""
    event, person = event_or_404(slug), signed_in_reader()
    call = call_of(event.id) or abort(404)
    if request.method == "POST":
        try:
            number = deciding.tell(call.id, request.form.getlist("uid"), by=person.id, now=datetime.now(UTC))
        except LsosError as error:
            return back_with(error, url_for(".index", slug=slug))
        flash(ngettext("%(num)s author is told.", "%(num)s authors are told.", number), "done")
        return redirect(url_for(".index", slug=slug))
    untold = deciding.to_be_told(call, by=person.id)
    decided = ((wish, [one for one in untold if one.standing is LEADS_TO[wish]]) for wish in Decision)
    return render_template(
        "proposals/tell.html",
        call=call,
        untold=untold,
        groups=[
            (LEADS_TO[wish], group, reach("letter_words.edit", code=mails.DECISIONS[LEADS_TO[wish]]))
            for wish, group in decided
            if group
        ],
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
    coming = coming_of(event.id, found)
    lacking = [one for one in found if one.gaps]
    absent = [one for one in found if coming[one.person.id].registration is None]
    only = "missing" if request.args.get("missing") == "1" else ""
    only = "absent" if request.args.get("absent") == "1" else only
    return render_template(
        "proposals/speakers.html",
        call=call,
        shown={"missing": lacking, "absent": absent}.get(only, found),
        total=len(found),
        lacking=len(lacking),
        absent=len(absent),
        only=only,
        coming=coming,
        kinds=participation_types(event.id) if may(Role.REGISTRATIONS) else [],
        times={one.person.id: list(_times(one.profile)) for one in found if one.profile},
    )


def _times(profile: SpeakerProfile) -> Iterator[str]:
    """Say on which days, and in which hours, somebody can be there."""
    for day in profile.days:
        comes, leaves = profile.hours.get(day, (None, None))
        words = {"day": short_day(date.fromisoformat(day)), "comes": comes, "leaves": leaves}
        if comes and leaves:
            yield _("%(day)s, %(comes)s–%(leaves)s", **words)
        elif comes:
            yield _("%(day)s, from %(comes)s", **words)
        else:
            yield _("%(day)s, until %(leaves)s", **words) if leaves else words["day"]


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


@bp.post("/speakers/invite")
def invite(slug: str) -> ResponseReturnValue:
    """Write personal invitations down for the speakers who are ticked and not registered, and go on to their number.

    Nothing is sent before that number is said again, where invitations are kept.
    """
    event, here = event_or_404(slug), url_for(".speakers", slug=slug)
    if not may(Role.REGISTRATIONS):
        abort(403)
    ticked, kind = set(request.form.getlist("uid")), request.form.get("kind", "")
    chosen = [one for one in speakers_of(event.id) if one.person.uid in ticked and one.person.email]
    coming = coming_of(event.id, chosen)
    wanted = [one for one in chosen if coming[one.person.id].may_be_invited]
    if not wanted:
        flash(_("Nobody is ticked who is neither registered nor invited, so nobody was invited."), "refused")
        return redirect(here)
    if not kind:
        flash(_("Choose as what they take part, then invite them."), "refused")
        return redirect(here)
    by, now = signed_in_reader().id, datetime.now(UTC)
    addresses = [one.person.email for one in wanted]
    try:
        done = invite_many(event.id, [_asked(one, kind) for one in wanted], by=by, now=now)
        drafts = {
            address: one.uid
            for address, one in latest_to(event.id, addresses).items()
            if one.state is InvitationState.DRAFT and one.participation_type.code == kind
        }
        tell_of_invitations(Done(0, [(who, why) for who, why in done.refused if who not in drafts]), "")
        wave = waves.freeze(event.id, list(drafts.values()), WaveKind.SEND, by=by, now=now)
    except LsosError as error:
        return back_with(error, here)
    return redirect(url_for("invitations.wave", slug=slug, uid=wave.uid))


def _asked(one: KnownSpeaker, kind: str) -> Asked:
    words = {}
    for code in LANGUAGES:
        with force_locale(code):
            titles = listed(plain(each.title) or _("No title yet") for each in one.proposals)
            words[code] = _("You speak here: %(titles)s. With this invitation you register yourself.", titles=titles)
    who = one.person
    return Asked(
        who.email,
        kind,
        given_name=who.given_name,
        family_name=who.family_name,
        language=who.language,
        line=Bilingual(**words),
    )


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
