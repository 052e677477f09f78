"""What a badge's QR code leads to: the desk for door staff, one's own badge for its owner, contacts for another guest.

Opening it says nothing to anybody: whoever scans with a plain camera presses once more. Strangers read a kind word.
"""

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lsos.accounts.models import Person
from lsos.checkin.queries import registration_by_any_badge
from lsos.checkin.rules import badge_code_of
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.registration.queries import registration_of
from lsos.registration.rules import RegistrationState
from lsos.texts import LANGUAGES
from lsos.web import session
from lsos.web.limits import LOOK_UP, limiter

#: Its addresses carry no language: they are printed once, for readers of both.
bp = Blueprint("badge_link", __name__)
bp.before_request(session.anyone)


@bp.get("/b/<code>")
@bp.get("/B/<code>")
@limiter.limit(LOOK_UP)
def open(code: str) -> ResponseReturnValue:  # noqa: A001  # the endpoint's name
    """Lead each reader where this badge means something to them; a stranger learns nothing, not even if it exists."""
    if request.args.get("lang") in LANGUAGES:
        g.lang = request.args["lang"]
    guest = registration_by_any_badge(badge_code_of(code)[:16])
    person = session.reader()
    if guest is None or person is None:
        return render_template("badges/found.html")

    slug = guest.event.slug
    if _works_at_the_door_of(guest.event):
        return redirect(url_for("door.badge", slug=slug, code=guest.badge_code))
    if guest.person_id == person.id:
        page = "mine.badge" if "mine.badge" in current_app.view_functions else "myday.index"
        return redirect(url_for(page, slug=slug))
    if _are_both_guests(guest, person):
        return redirect(url_for("contacts.badge", slug=slug, code=guest.badge_code))
    return render_template("badges/found.html")


def _are_both_guests(guest: Registration, reader: Person) -> bool:
    """Say whether whoever holds up a badge and whoever scans it both come to the event."""
    mine = registration_of(guest.event_id, reader.id)
    return mine is not None and {mine.state, guest.state} == {RegistrationState.CONFIRMED}


def _works_at_the_door_of(event: Event) -> bool:
    """Ask for the reader's roles in an event that the address does not name."""
    g.event = event
    works = session.may(Role.DOOR)
    for known in ("event", "roles"):
        g.pop(known)
    return works
