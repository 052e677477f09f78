"""The organisers' proposals for a better schedule: found, ticked, looked at once more, and put to who is in them."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos.errors import N_, LsosError
from lsos.events.rules import Role
from lsos.meetings import changing, improving
from lsos.meetings.change_queries import asked_by_organisers, change_by_uid
from lsos.meetings.change_rules import ChangeKind, ChangeState
from lsos.meetings.improving import Proposal
from lsos.web import session
from lsos.web.errors import back_with

bp = Blueprint("matching_improving", __name__, url_prefix="/events/<slug>/organise/matching/improve")
bp.before_request(session.only(Role.MATCHMAKING))

STATES = {
    ChangeState.OPEN: N_("waits for answers"),
    ChangeState.DONE: N_("all agreed: moved"),
    ChangeState.DECLINED: N_("somebody said no"),
    ChangeState.WITHDRAWN: N_("taken back"),
    ChangeState.EXPIRED: N_("not all answered in time"),
    ChangeState.OVERTAKEN: N_("not possible any more"),
}
#: So many of those that were asked are shown, the open ones first.
ASKED_AT_ONCE = 50


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what could get better by asking people to move, and what was asked so far."""
    event, now = session.event_or_404(slug), datetime.now(UTC)
    return _page(improving.proposals(event, now=now), now, asked=asked_by_organisers(event.id, limit=ASKED_AT_ONCE))


def _page(found: list[Proposal], now: datetime, **more: object) -> str:
    return render_template(
        "matching/improve.html",
        gifts=[each for each in found if each.gives],
        reliefs=[each for each in found if not each.gives],
        people=len({one.id for each in found for one in each.asked}),
        waits=sum(each.saved for each in found if not each.gives),
        most=improving.MOST,
        now=now,
        states=STATES,
        **more,
    )


@bp.post("/look")
def look(slug: str) -> ResponseReturnValue:
    """Show what was ticked once more, and how many people would be asked; nobody is yet."""
    event, now = session.event_or_404(slug), datetime.now(UTC)
    ticked = request.form.getlist("proposal")
    found = improving.chosen(event, ticked, now=now)
    if not found:
        flash(_nothing(bool(ticked)), "refused")
        return redirect(url_for(".index", slug=slug))
    _tell_lost(len(set(ticked)) - len(found))
    return _page(found, now, is_last=True)


def _nothing(was_ticked: bool) -> str:
    if was_ticked:
        return str(gettext("Meanwhile something changed, and what you ticked is not possible any more. Choose again."))
    return str(gettext("Tick what you want to ask for first."))


def _tell_lost(lost: int) -> None:
    if lost:
        flash(
            ngettext(
                "%(num)s proposal is not possible any more: something changed meanwhile. Nobody is asked about it.",
                "%(num)s proposals are not possible any more: something changed meanwhile. Nobody is asked about them.",
                lost,
            ),
            "refused",
        )


@bp.post("/ask")
def ask(slug: str) -> ResponseReturnValue:
    """Ask the people of what was ticked."""
    event, ticked = session.event_or_404(slug), request.form.getlist("proposal")
    done = improving.ask(event, ticked, actor_id=session.signed_in_reader().id, now=datetime.now(UTC))
    if done.proposals:
        _tell_lost(done.lost)
        flash(
            ngettext(
                "%(num)s person is asked by letter. Until the yes of all concerned, nothing moves.",
                "%(num)s people are asked by letter. Until the yes of all concerned, nothing moves.",
                done.people,
            ),
            "done",
        )
    else:
        flash(_nothing(bool(ticked)), "refused")
    return redirect(url_for(".index", slug=slug, _anchor="asked"))


@bp.post("/<uid>/withdraw")
def withdraw(slug: str, uid: str) -> ResponseReturnValue:
    """Take back what organisers asked for."""
    event = session.event_or_404(slug)
    found = change_by_uid(event.id, uid)
    if found is None or found.kind is not ChangeKind.IMPROVEMENT:
        abort(404)
    here = url_for(".index", slug=slug, _anchor="asked")
    try:
        changing.withdraw(uid, by=None, actor_id=session.signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as refused:
        return back_with(refused, here)
    flash(gettext("Taken back. Everything stays as it was."), "done")
    return redirect(here)
