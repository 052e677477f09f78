"""The live page: who came against who is expected, how full rooms are, what devices say; it moves without reload."""

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext as _n
from markupsafe import Markup

from lsos import drawing
from lsos.checkin import queries
from lsos.checkin.expecting import AFTER, AROUND, BEFORE, WITHOUT_PLAN, Basis
from lsos.checkin.house import House, Place, house
from lsos.checkin.live_rules import Crowd
from lsos.checkin.rules import Refusal
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.web import language, session
from lsos.web.door import KINDS
from lsos.wording import clock, number, percent

bp = Blueprint("house", __name__, url_prefix="/events/<slug>/live")
#: Figures for everybody who looks after the event; notes and phones only for those who look after people.
bp.before_request(session.only(Role.DOOR, Role.REGISTRATIONS, Role.READER))

#: One reading serves everybody who looks within so many seconds.
FRESH_FOR = 5.0
#: Of so many events the last reading is kept.
KEPT = 32
_LOCK = threading.Lock()
_LATEST: dict[str, tuple[float, House]] = {}


def shared(event: Event, *, now: datetime) -> House:
    """Give a reading that is not older than some seconds; of many who ask at once, one reads."""
    with _LOCK:
        found = _LATEST.get(event.uid)
        if found is not None and monotonic() - found[0] < FRESH_FOR:
            return found[1]
        made = house(event, now=now)
        _LATEST.pop(event.uid, None)
        _LATEST[event.uid] = monotonic(), made
        while len(_LATEST) > KEPT:
            del _LATEST[next(iter(_LATEST))]
        return made


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show how the whole house stands."""
    event = session.event_or_404(slug)
    return render_template(
        "house/index.html",
        is_screen=_is_screen(),
        has_tables=queries.table_point(event.id) is not None and _may_look_at_tables(),
        **_seen(event),
    )


@bp.get("/news")
def news(slug: str) -> ResponseReturnValue:
    """Give the figures as a piece of a page, or say that they are as they were."""
    event = session.event_or_404(slug)
    seen = _seen(event)
    tag = f"{seen['house'].mark}:{language.current()}:{int(_is_screen())}{int(seen['has_names'])}"
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(render_template("house/_house.html", is_screen=_is_screen(), **seen))
    answer.set_etag(tag, weak=True)
    return answer


def _is_screen() -> bool:
    return "screen" in request.args


def _may_look_at_tables() -> bool:
    return session.may(Role.DOOR) or session.may(Role.MATCHMAKING)


def _seen(event: Event) -> dict[str, Any]:
    """Put a reading into words; no name of anybody stands on a screen that everybody sees."""
    read = shared(event, now=datetime.now(UTC))
    return {
        "house": read,
        "has_names": session.may(Role.REGISTRATIONS) and not _is_screen(),
        "course": _course(read, event.timezone),
        "verdict": _verdict(read),
        "definition": _definition(read),
        "crowd_words": _crowd_words,
        "kinds": KINDS,
        "reasons": {reason.name: reason.value for reason in Refusal},
    }


def _crowd_words(place: Place) -> str:
    """Say how full a place is."""
    over = (place.inside or 0) - (place.fits or 0)
    words = {
        Crowd.OPEN: "",
        Crowd.ROOM: "",
        Crowd.NEAR: _("nearly full"),
        Crowd.FULL: _("full"),
        Crowd.OVER: _n("%(num)s person too many", "%(num)s people too many", over),
    }
    return str(words[place.crowd])


def _verdict(read: House) -> str:
    """Say in one sentence how what came compares with what was expected."""
    due = read.by_now
    span = {"low": number(due.low), "high": number(due.high)}
    if not due.high:
        return str(_("Nobody is expected yet."))
    if read.came < due.low:
        return str(_("Fewer than expected by now: %(low)s to %(high)s.", **span))
    if read.came > due.high:
        return str(_("More than expected by now: %(low)s to %(high)s.", **span))
    return str(_("As expected by now: %(low)s to %(high)s.", **span))


def _definition(read: House) -> str:
    """Say what the expectation is, whole, on the page that shows it."""
    share = {"low": percent(read.turnout.low), "high": percent(read.turnout.high)}
    minutes = {"before": _minutes(BEFORE), "after": _minutes(AFTER), "hours": int(WITHOUT_PLAN / timedelta(hours=1))}
    by_plan = _(
        "Whoever signed up for a session or meeting comes between %(before)s minutes before the first of them and "
        "%(after)s minutes after it began, all others within %(hours)s hours of the day's first session.",
        **minutes,
    )
    if read.turnout.basis is Basis.DAY:
        return str(
            _(
                "Expected are %(low)s to %(high)s of those with a place today: the share that came the day before, "
                "with ten points to each side. They come at the hours of that day, give or take %(around)s minutes.",
                around=_minutes(AROUND),
                **share,
            )
        )
    if read.turnout.basis is Basis.EVENTS:
        first = _(
            "Expected are %(low)s to %(high)s of those with a place today: the shares that came to earlier events "
            "here, with five points to each side.",
            **share,
        )
    else:
        first = _(
            "Expected are %(low)s to %(high)s of those with a place today: an assumption, since there is no earlier "
            "event to learn from.",
            **share,
        )
    return f"{first} {by_plan}"


def _minutes(length: timedelta) -> int:
    return int(length / timedelta(minutes=1))


def _course(read: House, zone: str) -> Markup:
    """Draw what came over what was expected."""
    first, last = read.range[0].at, read.range[-1].at
    whole = last - first

    def share(at: datetime) -> float:
        return min(max((at - first) / whole, 0), 1)

    local = [one.at.astimezone(ZoneInfo(zone)) for one in read.range]
    hours = [at for at in local if not at.minute]
    each = max(len(hours) // 5, 1)
    return drawing.course(
        drawing.Course(
            band=[(share(one.at), one.low, one.high) for one in read.range],
            line=[(share(at), value) for at, value in read.curve],
            ticks=[(share(at), clock(at, zone)) for at in hours[::each]],
            level=(read.placed, _("with a place today: %(number)s", number=number(read.placed))),
        ),
        title=_("Came by now: %(came)s. %(verdict)s", came=number(read.came), verdict=_verdict(read)),
    )
