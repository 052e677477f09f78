"""A time with somebody, booked at once where an event lets people do that; as a page, and as JSON for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.meetings import direct, queries
from lsos.meetings.direct_queries import nearest
from lsos.meetings.places import Place, local_day
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_uid
from lsos.web import session
from lsos.web.errors import words_of
from lsos.web.matches import TooLate, ask_form, may_open, person_page, times_with
from lsos.web.requests import moment_of
from lsos.wording import clock, short_day

bp = Blueprint("direct", __name__, url_prefix="/events/<slug>/people/<uid>/times")
bp.before_request(session.attendees)


@bp.get("")
def index(slug: str, uid: str) -> ResponseReturnValue:
    """List the times that the reader could book with somebody, for programs; people read them on the person's page."""
    event, me, other = _two(slug, uid)
    if not _wants_json():
        return redirect(url_for("matches.person", slug=slug, uid=uid, _anchor="ask"))
    found, why_not = times_with(me, other, queries.under_way(me.id, now=datetime.now(UTC)).get(other.id))
    return jsonify({"times": _told(found, event), "why_not": why_not})


@bp.post("")
def book(slug: str, uid: str) -> ResponseReturnValue:
    """Book a time with somebody; who comes too late reads why, and other times."""
    event, me, other = _two(slug, uid)
    starts_at = moment_of(request.form.get("starts_at", ""))
    if starts_at is None:
        abort(400)
    form = ask_form(other, me)
    if not form.validate():
        if _wants_json():
            return jsonify({"reason": "wrong", "message": next(iter(form.errors.values()))[0]}), 422
        return person_page(slug, uid, form), 422
    now = datetime.now(UTC)
    try:
        meeting = direct.book_now(me.id, uid, starts_at, form.message.data or "", form.listing.data, now=now)
    except Refused as refused:
        me, other = (queries.whole_registration(each.id) for each in (me, other))
        found, _ = times_with(me, other, queries.under_way(me.id, now=now).get(other.id))
        others = nearest(found, starts_at)
        if _wants_json():
            said = {"reason": refused.reason, "message": words_of(refused), "alternatives": _told(others, event)}
            return jsonify(said), 409
        return person_page(slug, uid, form, TooLate(words_of(refused), others)), 409
    table = meeting.table.number if meeting.table else ""
    here = url_for("requests.meeting", slug=slug, uid=meeting.uid)
    if _wants_json():
        return jsonify({"meeting": here, "starts_at": meeting.starts_at.isoformat(), "table": table}), 201
    day = short_day(local_day(meeting.starts_at, event.timezone))
    time = clock(meeting.starts_at, event.timezone)
    name = other.person.name
    flash(
        gettext("Booked: %(name)s, %(day)s, %(time)s, table %(table)s.", name=name, day=day, time=time, table=table),
        "done",
    )
    return redirect(here)


def _two(slug: str, uid: str) -> tuple[Event, Registration, Registration]:
    event, me = session.event_or_404(slug), queries.whole_registration(session.attendee().id)
    found = registration_by_uid(event.id, uid)
    if found is None:
        abort(404)
    other = queries.whole_registration(found.id)
    if not may_open(me, other):
        abort(404)
    return event, me, other


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _told(places: Sequence[Place], event: Event) -> list[dict[str, Any]]:
    return [
        {
            "starts_at": place.slot.starts_at.isoformat(),
            "ends_at": place.slot.ends_at.isoformat(),
            "words": f"{short_day(local_day(place.slot.starts_at, event.timezone))}, "
            f"{clock(place.slot.starts_at, event.timezone)}",
            "table": place.table.number,
        }
        for place in places
    ]
