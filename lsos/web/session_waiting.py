"""The line before a full session: standing in it, and leaving it."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.agenda import waiting
from lsos.errors import Refused
from lsos.web.errors import words_of
from lsos.web.look import plain
from lsos.web.seeing import session_or_404
from lsos.web.session import attendee, attendees, event_or_404

bp = Blueprint("session_waiting", __name__, url_prefix="/events/<slug>/me/sessions/<code>")
bp.before_request(attendees)


@bp.post("/wait")
def join(slug: str, code: str) -> ResponseReturnValue:
    """Stand at the end of the line."""
    found = session_or_404(event_or_404(slug), code)
    try:
        waiting.wait(attendee().id, found.id, now=datetime.now(UTC))
    except Refused as error:
        flash(words_of(error), "refused")
    else:
        flash(
            _(
                "You wait for a seat in “%(session)s”. An e-mail tells you when it is yours.",
                session=plain(found.title),
            ),
            "done",
        )
    return redirect(url_for("programme.session", slug=slug, code=code))


@bp.post("/stop-waiting")
def leave(slug: str, code: str) -> ResponseReturnValue:
    """Leave the line."""
    found = session_or_404(event_or_404(slug), code)
    waiting.stop_waiting(attendee().id, found.id)
    flash(_("You do not wait for “%(session)s” any more.", session=plain(found.title)), "done")
    if "day" in request.args:
        return redirect(url_for("myday.index", slug=slug))
    return redirect(url_for("programme.session", slug=slug, code=code))
