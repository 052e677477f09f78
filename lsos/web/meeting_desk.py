"""Meetings on the day, for organisers: signs for the tables, and meetings of which the two say different things."""

import io

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.checkin import table_signs
from lsos.checkin.queries import table_point
from lsos.checkin.table_signs import Layout
from lsos.errors import LsosError
from lsos.events.rules import Role
from lsos.meetings import feedback
from lsos.meetings.feedback_queries import disputed
from lsos.meetings.places import tables_of
from lsos.web import language, session
from lsos.web.errors import back_with
from lsos.web.look import settings

bp = Blueprint("meeting_desk", __name__, url_prefix="/events/<slug>/organise/matching/day")
bp.before_request(session.only(Role.MATCHMAKING))

#: From so many signs on they are printed by a process of its own.
LONG = 60


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show what to print for the tables, and which meetings need the organiser's word."""
    event = session.event_or_404(slug)
    return render_template(
        "meeting_desk/index.html",
        tables=len(tables_of(event.id)),
        is_scanned=table_point(event.id) is not None,
        disputed=[
            (meeting, meeting.first if who == meeting.first_id else meeting.second, meeting.other(who))
            for meeting, who in disputed(event.id)
        ],
        layouts=Layout,
    )


@bp.post("/signs.pdf")
def signs(slug: str) -> ResponseReturnValue:
    """Print the signs of all tables; that they were printed is written down."""
    event = session.event_or_404(slug)
    try:
        layout = Layout(request.form.get("layout", Layout.A5))
    except ValueError:
        abort(400)
    tables = tables_of(event.id)
    if not tables:
        flash(gettext("This event has no tables for 1:1 meetings."), "refused")
        return redirect(url_for(".index", slug=slug))
    base_url, spoken = settings().base_url, language.current()
    with table_signs.document(event, tables, layout=layout, base_url=base_url, language=spoken) as made:
        printed = made.long_pdf() if len(tables) > LONG else made.pdf()
    table_signs.note_printing(event, count=len(tables), layout=layout, by_id=session.signed_in_reader().id)
    return send_file(
        io.BytesIO(printed), mimetype="application/pdf", download_name=f"{slug}-table-signs-{layout.value}.pdf"
    )


@bp.post("/meetings/<uid>/settle")
def settle_meeting(slug: str, uid: str) -> ResponseReturnValue:
    """Say whether a meeting took place of which the two say different things."""
    event = session.event_or_404(slug)
    word = request.form.get("was_held")
    if word not in {"yes", "no"}:
        abort(400)
    here = url_for(".index", slug=slug)
    try:
        feedback.settle(event.id, uid, was_held=word == "yes", actor_id=session.signed_in_reader().id)
    except LsosError as error:
        return back_with(error, here)
    flash(gettext("Noted. The report counts it so."), "done")
    return redirect(here)
