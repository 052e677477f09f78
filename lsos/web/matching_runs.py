"""Runs of the matching for their organiser: how far one is, cancelling, unmet wishes, locks, and what would be if."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import LsosError, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.meetings import locking, places
from lsos.meetings.rules import MeetingState
from lsos.scheduling import queries as run_queries
from lsos.scheduling import runs
from lsos.scheduling.rules import UNDER_WAY, RunKind, RunSettings, RunState
from lsos.web import session
from lsos.web.errors import back_with
from lsos.web.matching_words import Told, Trial, TrialForm, why_in_words

bp = Blueprint("matching_runs", __name__, url_prefix="/events/<slug>/organise/matching")
bp.before_request(session.only(Role.MATCHMAKING))

#: So many wishes are on a page.
WISHES_AT_ONCE = 50
#: What fairness costs is measured at several positions, each for so many seconds.
SECONDS_A_POSITION = 3.0


@bp.get("/runs/<uid>/progress")
def progress(slug: str, uid: str) -> ResponseReturnValue:
    """Say how far a run is, for the page that waits for it."""
    run = run_queries.run_by_uid(session.event_or_404(slug).id, uid)
    told = Told(run)
    return jsonify(share=run.share, words=told.words, so_far=told.so_far, is_over=run.state not in UNDER_WAY)


@bp.post("/runs/<uid>/cancel")
def cancel(slug: str, uid: str) -> ResponseReturnValue:
    """End a run that waits or is under way."""
    event = session.event_or_404(slug)
    run = runs.cancel(event.id, uid, by=session.signed_in_reader().id)
    return redirect(url_for("matching.index" if run.kind is RunKind.DRAFT else ".what_if", slug=slug))


@bp.get("/unmet")
def unmet(slug: str) -> ResponseReturnValue:
    """List whom the last run did not bring together, and why."""
    event = session.event_or_404(slug)
    run = run_queries.last_run(event.id) or abort(404)
    typed = request.args.get("page", "1")
    page = max(int(typed), 1) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 1
    found, total = run_queries.unmet_of(run.id, limit=WISHES_AT_ONCE, offset=(page - 1) * WISHES_AT_ONCE)
    return render_template(
        "matching/unmet.html",
        run=run,
        wishes=[(wish, why_in_words(wish.why)) for wish in found],
        total=total,
        page=page,
        pages=max(ceil(total / WISHES_AT_ONCE), 1),
    )


@bp.route("/what-if", methods=["GET", "POST"])
def what_if(slug: str) -> ResponseReturnValue:
    """Measure what more tables or slots would bring; nothing is changed by it."""
    event = session.event_or_404(slug)
    form = TrialForm()
    if not form.is_submitted():
        return _page(event, form)
    if not form.validate():
        return _page(event, form), 422
    return _ask(event, form.chosen)


@bp.post("/what-if/fairness")
def price(slug: str) -> ResponseReturnValue:
    """Measure what each position of the dial costs."""
    return _ask(session.event_or_404(slug), RunSettings(seconds=SECONDS_A_POSITION, prices_fairness=True))


def _ask(event: Event, chosen: RunSettings) -> ResponseReturnValue:
    here = url_for(".what_if", slug=event.slug)
    try:
        runs.ask(event, RunKind.WHAT_IF, chosen, by=session.signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        return back_with(error, here)
    return redirect(here)


def _page(event: Event, form: TrialForm) -> str:
    latest = run_queries.latest(event.id, RunKind.WHAT_IF)
    found = run_queries.latest_trials(event.id)
    priced = next((run for run in found if "prices" in run.result), None)
    return render_template(
        "matching/what_if.html",
        form=form,
        has_places=bool(places.slots_of(event.id)) and bool(places.tables_of(event.id)),
        current=Told(latest) if latest and latest.state is not RunState.DONE else None,
        trials=[Trial(run) for run in found if "then" in run.result],
        priced=priced,
    )


@bp.post("/meetings/<uid>/lock")
def lock(slug: str, uid: str) -> ResponseReturnValue:
    """Keep a meeting or a draft where it is, or let it be moved again."""
    event = session.event_or_404(slug)
    is_locked = request.form.get("locked") == "yes"
    try:
        meeting = locking.lock_meeting(
            event.id, uid, is_locked=is_locked, by=session.signed_in_reader().id, now=datetime.now(UTC)
        )
    except Refused as refused:
        return back_with(refused, url_for("matching.schedule", slug=slug))
    if not is_locked:
        flash(gettext("It is unlocked."), "done")
    elif meeting.state is MeetingState.PROPOSED:
        flash(gettext("The draft is locked: the next run plans around it."), "done")
    else:
        flash(gettext("The meeting is locked: nobody moves it before you unlock it."), "done")
    here: dict[str, Any] = {"slug": slug, "day": places.local_day(meeting.starts_at, event.timezone).isoformat()}
    if request.form.get("page", "").isdecimal():
        here["page"] = request.form["page"]
    return redirect(url_for("matching.schedule", **here))
