"""The public page of one event: what it is, when, where, what is on, and the way in."""

from collections import defaultdict
from datetime import UTC, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lsos.agenda.models import Session
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import KIND_NAMES, moment
from lsos.registration.openings import why_not_at
from lsos.registration.rules import RegistrationRefusal
from lsos.web import timetable
from lsos.web.seeing import programme_here
from lsos.web.session import anyone, event_or_404
from lsos.zone.queries import galleries

bp = Blueprint("edition", __name__, url_prefix="/events/<slug>")
bp.before_request(anyone)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show the event like a poster: date, place, the way in, and what is on by focus area."""
    event = event_or_404(slug)
    sessions = programme_here(event)
    by_area: dict[int, list[Session]] = defaultdict(list)
    by_zone: dict[int, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.focus_area_id is not None:
            by_area[session.focus_area_id].append(session)
        if session.zone_id is not None:
            by_zone[session.zone_id].append(session)
    now = datetime.now(UTC)
    refusal = why_not_at(event, now=now)
    return render_template(
        "edition/index.html",
        areas=focus_areas(event.id),
        zones=zones(event.id),
        by_area=by_area,
        by_zone=by_zone,
        galleries={call.zone_id for call in galleries(event, now=now)},
        days=timetable.days(sessions, event.timezone),
        sessions=sessions,
        is_illustrative=any(session.is_illustrative for session in sessions),
        kind=gettext(KIND_NAMES[event.kind]),
        refusal=gettext(refusal.value) if refusal else None,
        starts_at=moment(event.starts_on, event.doors_open, event.timezone),
        opens_at=event.registration_opens_at if refusal is RegistrationRefusal.NOT_OPEN_YET else None,
    )
