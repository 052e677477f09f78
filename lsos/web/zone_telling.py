"""Who got which stand and pitch: companies are told by letter, organisers of what did not come back."""

from collections.abc import Collection
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.web.errors import words_of
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.wording import stamp
from lsos.zone import places
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.queries import Lost, accepted_of, call_of_zone, lost_places, news_of

bp = Blueprint("zone_telling", __name__, url_prefix="/events/<slug>/organise/zone/<code>/places/tell")
bp.before_request(only(Role.REGISTRATIONS))


def _call(event: Event, code: str) -> ZoneCall:
    return call_of_zone(event.id, code) or abort(404)


@bp.get("")
def whom(slug: str, code: str) -> ResponseReturnValue:
    """Name whom the letter would go to, and what it would tell them."""
    call = _call(event_or_404(slug), code)
    return render_template("zone/tell.html", call=call, news=news_of(call, accepted_of(call.id, {})))


@bp.post("")
def tell(slug: str, code: str) -> ResponseReturnValue:
    """Write to those who were named."""
    event = event_or_404(slug)
    call = _call(event, code)
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        number = places.tell(event.id, call.uid, set(request.form.getlist("to")), by=by, now=now)
    except Refused as refused:
        flash(words_of(refused), "refused")
    else:
        flash(ngettext("%(num)s company was written to.", "%(num)s companies were written to.", number), "done")
    return redirect(url_for("zone.places_of", slug=slug, code=code))


def lost_words(event: Event, registration_ids: Collection[int]) -> list[str]:
    """Say which stands and pitches did not come back to companies that are accepted again, and why."""
    return [_lost(one, event.timezone) for one in lost_places(registration_ids)]


def _lost(one: Lost, zone: str) -> str:
    names = {"company": _name(one.application), "other": _name(one.holder) if one.holder else ""}
    if one.pitch is None:
        words = (
            gettext("%(company)s: stand %(code)s has gone to %(other)s.", code=one.stand, **names)
            if one.holder
            else gettext("%(company)s: stand %(code)s is not there any more.", code=one.stand, **names)
        )
    else:
        when = stamp(one.pitch, zone)
        words = (
            gettext("%(company)s: the pitch at %(when)s has gone to %(other)s.", when=when, **names)
            if one.holder
            else gettext("%(company)s: the pitch at %(when)s is not there any more.", when=when, **names)
        )
    return str(words)


def _name(application: ZoneApplication) -> str:
    return application.name or application.registration.person.name
