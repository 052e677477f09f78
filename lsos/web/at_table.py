"""At a meeting table: whoever has a meeting there now says with one button that they are there."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.checkin import facts, queries, service
from lsos.checkin.rules import Refusal, ScanResult
from lsos.db import new_uid
from lsos.errors import NotFound
from lsos.events.models import Event
from lsos.meetings.models import MeetingTable
from lsos.meetings.rules import is_held
from lsos.web import session, walk_ups
from lsos.web.errors import back_with
from lsos.web.limits import LOOK_UP, limiter

bp = Blueprint("at_table", __name__, url_prefix="/events/<slug>/tables/<code>")
bp.before_request(session.attendees)


def _table(event: Event, code: str) -> MeetingTable:
    table = queries.table_by_code(code)
    if table is None or table.event_id != event.id:
        abort(404)
    return table


@bp.get("/")
def index(slug: str, code: str) -> ResponseReturnValue:
    """Show the reader's meeting at this table now, or where else they should be."""
    event, me = session.event_or_404(slug), session.attendee()
    table = _table(event, code)
    meeting = facts.meeting_for_scan(me, now=datetime.now(UTC))
    present = queries.present_ids(meeting.id) if meeting is not None else set()
    return render_template(
        "at_table/index.html",
        me=me,
        table=table,
        meeting=meeting,
        is_here=meeting is not None and meeting.table_id == table.id,
        am_present=me.id in present,
        now_asked=walk_ups.going_on(event, me, datetime.now(UTC)) if meeting is None else None,
        form=walk_ups.BadgeForm(formdata=None),
        are_both=meeting is not None and is_held(present, [[one.id for one in side] for side in meeting.sides]),
    )


@bp.post("/")
@limiter.limit(LOOK_UP)
def sit(slug: str, code: str) -> ResponseReturnValue:
    """Mark the reader as present at their meeting at this table."""
    event, me = session.event_or_404(slug), session.attendee()
    here = url_for(".index", slug=slug, code=code)
    try:
        verdict = service.sit_at(event, _table(event, code), me, uid=new_uid(), now=datetime.now(UTC))
    except NotFound as error:
        return back_with(error, here)
    if verdict.result is ScanResult.REFUSED:
        flash(_why_not(verdict.reason), "refused")
    elif verdict.missing:
        flash(gettext("Noted: you are here. Not here yet: %(names)s", names=", ".join(verdict.missing)), "done")
    else:
        flash(gettext("You are both here. Have a good talk."), "done")
    return redirect(here)


def _why_not(reason: Refusal | None) -> str:
    """Say to the guest themselves why nothing was noted; the sentences of scans speak to the desk."""
    match reason:
        case Refusal.NO_MEETING:
            return str(gettext("You have no meeting now."))
        case Refusal.OTHER_TABLE:
            return str(gettext(Refusal.OTHER_TABLE))
        case _:
            return str(gettext("You cannot be noted as being here. Please go to the help desk."))
