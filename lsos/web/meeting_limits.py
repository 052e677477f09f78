"""How many requests for meetings a person may have open, for the organiser of the matchmaking."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from lsos.events.rules import Role
from lsos.meetings import places, requesting
from lsos.registration.queries import participation_types
from lsos.web import session
from lsos.web.forms import PageForm

bp = Blueprint("meeting_limits", __name__, url_prefix="/events/<slug>/organise/matching/requests")
bp.before_request(session.only(Role.MATCHMAKING))

MOST = 1000
OUT_OF_RANGE = _l("Choose a number from 1 to 1000.")


class LimitForm(PageForm):
    """How many requests may be open."""

    max_open_requests = IntegerField(
        _l("Requests for meetings a person may have open at once"),
        [InputRequired(OUT_OF_RANGE), NumberRange(1, MOST, OUT_OF_RANGE)],
    )


@bp.route("", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show and set how many requests of one person may be open at once."""
    event = session.event_or_404(slug)
    settings = places.settings_of(event.id) or abort(404)
    form = LimitForm(data={"max_open_requests": settings.max_open_requests})
    if form.is_submitted():
        if form.validate():
            requesting.set_limit(event.id, form.max_open_requests.data or 0, by=session.signed_in_reader().id)
            flash(gettext("Saved."), "done")
            return redirect(url_for(".edit", slug=slug))
        status = 422
    else:
        status = 200
    own = [kind for kind in participation_types(event.id) if kind.max_open_requests is not None]
    return render_template("matching/requests.html", form=form, own=own), status
