"""How two people come to a time, how many meetings and open requests a person may have; for organisers."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.events.rules import Role
from lsos.meetings import direct, places, requesting
from lsos.meetings.direct_rules import MeetingMode
from lsos.registration.queries import participation_types
from lsos.web import session
from lsos.web.forms import PageForm, options
from lsos.web.navigation import reach

bp = Blueprint("meeting_limits", __name__, url_prefix="/events/<slug>/organise/matching/requests")
bp.before_request(session.only(Role.MATCHMAKING))

MOST = 1000
#: What the form sets, as the settings call it.
NAMES = ("max_per_person", "max_per_day", "max_open_requests")
OUT_OF_RANGE = _l("Choose a number from 1 to 1000.")


class LimitForm(PageForm):
    """How two people come to a time, how many meetings one person may have, and how many requests may be open."""

    mode = RadioField(_l("How two people come to a time"))
    max_per_person = IntegerField(
        _l("Meetings a person may have in all"), [InputRequired(OUT_OF_RANGE), NumberRange(1, MOST, OUT_OF_RANGE)]
    )
    max_per_day = IntegerField(
        _l("Meetings a person may have on one day"), [Optional(), NumberRange(1, MOST, OUT_OF_RANGE)]
    )

    max_open_requests = IntegerField(
        _l("Requests for meetings a person may have open at once"),
        [InputRequired(OUT_OF_RANGE), NumberRange(1, MOST, OUT_OF_RANGE)],
    )


@bp.route("", methods=["GET", "POST"])
def edit(slug: str) -> ResponseReturnValue:
    """Show and set how two people come to a time, how many meetings each may have, and how many requests open."""
    event = session.event_or_404(slug)
    settings = places.settings_of(event.id) or abort(404)
    form = LimitForm(data={"mode": settings.mode.value} | {name: getattr(settings, name) for name in NAMES})
    form.mode.choices = options(*((each.value, gettext(each.words)) for each in MeetingMode))
    if form.is_submitted():
        if form.validate():
            by = session.signed_in_reader().id
            requesting.set_limits(event.id, {name: form[name].data for name in NAMES}, by=by)
            direct.set_mode(event.id, MeetingMode(form.mode.data), by=by)
            flash(gettext("Saved."), "done")
            return redirect(url_for(".edit", slug=slug))
        status = 422
    else:
        status = 200
    own = [
        kind
        for kind in participation_types(event.id)
        if kind.has_matchmaking and {kind.max_open_requests, kind.max_meetings, kind.max_meetings_a_day} != {None}
    ]
    may_open_ways = reach("ways.index") is not None
    return render_template("matching/requests.html", form=form, own=own, may_open_ways=may_open_ways), status
