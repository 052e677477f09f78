"""Other times for one's meetings: one proposes, all whom it concerns say yes or no, and until then nothing changes."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.meetings import changing, swapping
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_queries import change_by_uid, people_of
from lsos.meetings.change_rules import ChangeState
from lsos.meetings.models import Meeting
from lsos.meetings.queries import meeting_by_uid
from lsos.meetings.rules import BOOKED
from lsos.registration.models import Registration
from lsos.web import session
from lsos.web.errors import back_with, shown_on
from lsos.web.requests import ProposalForm, meeting_page, moment_of

bp = Blueprint("meeting_changes", __name__, url_prefix="/events/<slug>/meeting-changes")
bp.before_request(session.attendees)


def _mine(event: Event, uid: str, me: Registration) -> Meeting:
    """Find a real meeting of the reader; no other exists for them."""
    found = meeting_by_uid(event.id, uid)
    if found is None or me.id not in people_of(found) or found.state not in BOOKED:
        abort(404)
    return found


def _own_change(event: Event, uid: str, me: Registration) -> MeetingChange:
    """Find a change that concerns the reader; no other exists for them."""
    found = change_by_uid(event.id, uid)
    if found is None or me.id not in {each.registration_id for each in found.consents}:
        abort(404)
    return found


@bp.post("/meetings/<uid>/propose")
def propose(slug: str, uid: str) -> ResponseReturnValue:
    """Propose another time for a meeting."""
    event, me = session.event_or_404(slug), session.attendee()
    found = _mine(event, uid, me)
    starts_at = moment_of(request.form.get("starts_at", ""))
    if starts_at is None:
        abort(400)
    here = url_for("requests.meeting", slug=slug, uid=uid)
    form = ProposalForm()
    if not form.validate():
        return meeting_page(slug, uid, form), 422
    try:
        changing.propose(uid, starts_at, by=me.id, message=form.message.data or "", now=datetime.now(UTC))
    except LsosError as refused:
        return shown_on(refused, lambda: meeting_page(slug, uid, form))
    flash(
        gettext(
            "%(name)s is asked. Until the yes, the old time stands; you get a letter either way.",
            name=found.other(me.id).person.name,
        ),
        "done",
    )
    return redirect(here)


@bp.post("/requests/<uid>/ask-others")
def ask_others(slug: str, uid: str) -> ResponseReturnValue:
    """Ask a few others to move, so that an agreed meeting of the reader gets a time."""
    session.event_or_404(slug)
    me = session.attendee()
    here = url_for("requests.index", slug=slug)
    try:
        asked = swapping.ask_others(uid, by=me.id, now=datetime.now(UTC))
    except LsosError as refused:
        return back_with(refused, here)
    waits = sum(each.says_yes is None for each in asked.consents)
    flash(
        ngettext(
            "%(num)s person is asked to move a meeting. With the yes you meet; until then nothing changes.",
            "%(num)s people are asked to move meetings. When all say yes you meet; until then nothing changes.",
            waits,
        ),
        "done",
    )
    return redirect(here)


@bp.post("/<uid>/answer")
def answer(slug: str, uid: str) -> ResponseReturnValue:
    """Say yes or no to a change."""
    event, me = session.event_or_404(slug), session.attendee()
    _own_change(event, uid, me)
    here = url_for("requests.index", slug=slug)
    try:
        changed = changing.answer(uid, by=me.id, says_yes=said_yes(), now=datetime.now(UTC))
    except LsosError as refused:
        return back_with(refused, here)
    flash(*outcome_of(changed))
    if changed.state is ChangeState.OVERTAKEN and len(changed.moves) == 1:
        #: There stand the times that are free now.
        here = url_for("requests.meeting", slug=slug, uid=changed.moves[0].meeting.uid, _anchor="move")
    return redirect(here)


def said_yes() -> bool:
    """Read which of the two buttons was pressed."""
    word = request.form.get("answer")
    if word not in {"yes", "no"}:
        abort(400)
    return word == "yes"


def outcome_of(changed: MeetingChange) -> tuple[str, str]:
    """Say to whom has just answered what came of it, and in which kind of notice."""
    match changed.state:
        case ChangeState.DONE:
            return gettext("Done. All of you get a letter that moves it in the calendar."), "done"
        case ChangeState.OPEN:
            return gettext(
                "Thank you. The others are asked too; until all have said yes, the old time stands."
            ), "waits"
        case ChangeState.DECLINED:
            return gettext("Noted. Nothing changes, the old time stands."), "done"
        case _:
            return (
                gettext("Meanwhile one of the times or tables was taken, so nothing was changed. The old time stands."),
                "refused",
            )


@bp.post("/<uid>/withdraw")
def withdraw(slug: str, uid: str) -> ResponseReturnValue:
    """Take back what the reader proposed."""
    event, me = session.event_or_404(slug), session.attendee()
    _own_change(event, uid, me)
    here = url_for("requests.index", slug=slug)
    try:
        changing.withdraw(uid, by=me.id, now=datetime.now(UTC))
    except LsosError as refused:
        return back_with(refused, here)
    flash(gettext("Taken back. The old time stands."), "done")
    return redirect(here)
