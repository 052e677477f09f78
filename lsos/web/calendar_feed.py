"""One's own days in a calendar program: once as a file, or by an address that the program reads again by itself."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos import calendar_file
from lsos.agenda import feeds
from lsos.web.limits import FEED, limiter
from lsos.web.look import link, plain
from lsos.web.myday import days_of
from lsos.web.session import anyone, attendee, attendees, event_or_404

bp = Blueprint("calendar_feed", __name__, url_prefix="/events/<slug>/me/calendar")
bp.before_request(attendees)
open_bp = Blueprint("open_feed", __name__, url_prefix="/events/<slug>")
open_bp.before_request(anyone)

#: So often calendar programs are asked to read an address again; some of them take their own time.
REFRESH = timedelta(hours=1)


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show both ways into a calendar, and the address if there is one."""
    feed = feeds.feed_of(attendee().id)
    address = link("open_feed.read", slug=slug, key=feeds.key_of(feed)) if feed else ""
    return render_template("myday/calendar.html", feed=feed, address=address, opens=_to_subscribe(address))


def _to_subscribe(address: str) -> str:
    """Give the address as calendar programs on phones and computers open it."""
    return "webcal" + address[address.index(":") :] if address else ""


@bp.post("/address")
def renew(slug: str) -> ResponseReturnValue:
    """Make an address; an earlier one ends."""
    had_one = feeds.feed_of(attendee().id) is not None
    feeds.renew(attendee().id, now=datetime.now(UTC))
    if had_one:
        flash(_("This is your new address. The old one shows nothing any more."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.post("/address/end")
def end(slug: str) -> ResponseReturnValue:
    """End the address."""
    feeds.end(attendee().id)
    flash(_("Your address is switched off. Programs that read it get nothing any more."), "done")
    return redirect(url_for(".index", slug=slug))


@open_bp.get("/calendar/<key>.ics")
@limiter.limit(FEED, key_func=lambda: (request.view_args or {}).get("key", ""))
def read(slug: str, key: str) -> ResponseReturnValue:
    """Give somebody's days to a calendar program."""
    event = event_or_404(slug)
    owner = feeds.owner_of(event.id, key) or abort(404)
    days = days_of(owner, event, now=datetime.now(UTC))
    content = calendar_file.write(days, name=plain(event.name), refresh_every=REFRESH)
    return Response(content, mimetype="text/calendar", headers={"Cache-Control": "private, max-age=300"})
