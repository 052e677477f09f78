"""Walk-ins at the door: a short form, and the guest is registered and checked in at once."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField
from wtforms.validators import Email, InputRequired, Length, Optional, Regexp

from lsos.checkin.models import ScanPoint
from lsos.checkin.queries import points
from lsos.checkin.rules import PointKind
from lsos.checkin.service import scan
from lsos.db import new_uid
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import queries, walk_ins
from lsos.registration.details import Details
from lsos.registration.models import ConsentText, ParticipationType
from lsos.texts import LANGUAGE_NAMES
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, PrintableName, lower, name_field, options
from lsos.web.session import event_or_404, may, only, signed_in_reader
from lsos.web.timetable import local_day
from lsos.wording import plain

bp = Blueprint("walk_ins", __name__, url_prefix="/events/<slug>/walk-in")
bp.before_request(only(Role.DOOR))


class WalkInForm(PageForm):
    """Who stands at the door."""

    once = HiddenField(default=new_uid, validators=[Regexp(r"^[A-Za-z0-9_-]{22}\Z")])
    given_name = name_field(_l("Given name"), InputRequired(_l("Ask for a name.")), PrintableName())
    family_name = name_field(_l("Family name"))
    organisation = name_field(_l("Organisation"))
    email = EmailField(
        _l("E-mail"),
        [
            Optional(),
            Length(max=254),
            Email(_l("This is not an e-mail address. It looks like ola@example.org."), allow_smtputf8=True),
        ],
        filters=[lower],
    )
    language = SelectField(
        _l("Language of e-mails"), choices=options(*LANGUAGE_NAMES.items()), validators=[InputRequired()]
    )
    kind = RadioField(_l("Takes part as"), [InputRequired(_l("Choose how the guest takes part."))])
    point = SelectField(_l("Entrance"), [InputRequired()])
    accepts_terms = BooleanField(_l("The guest has read and accepts what is required"))
    adds_seat = BooleanField(_l("If every seat is taken, add one"))


def _kinds(event: Event, now: datetime, *, is_organiser: bool) -> list[ParticipationType]:
    """List the ways to take part today that the reader may let somebody in by."""
    today = local_day(now, event.timezone)
    return [
        kind
        for kind in queries.participation_types(event.id)
        if (today in kind.days_of(event) or today not in event.days)
        and (is_organiser or not (kind.needs_approval or kind.is_by_invitation))
    ]


def device_form(event: Event, places: Iterable[ScanPoint], now: datetime) -> WalkInForm:
    """Make the form for the holder of a device, who is no organiser; no number of seats, which a page kept belies."""
    form = WalkInForm(data={"language": language.current()}, prefix="guest-")
    form.point.choices = options(*((point.code, plain(point.name)) for point in places))
    kinds = _kinds(event, now, is_organiser=False)
    form.kind.choices = options(*((kind.code, plain(kind.name) or kind.code) for kind in kinds))
    del form.adds_seat
    return form


def required_texts(event: Event) -> list[ConsentText]:
    """List what whoever comes in has to accept."""
    return [text for text in queries.consent_texts(event.id) if text.is_required]


def details_of(form: WalkInForm) -> Details:
    """Take from the form who stands at the door."""
    return Details(
        given_name=form.given_name.data or "",
        family_name=form.family_name.data or "",
        organisation=form.organisation.data or "",
        email=form.email.data or "",
        language=form.language.data,
    )


def _form(event: Event, now: datetime) -> WalkInForm:
    form = WalkInForm(data={"language": language.current()})
    doors = [point for point in points(event.id) if point.kind is PointKind.DOOR]
    last = str(cookie.get("door_point", "")).partition("/")[2]
    doors.sort(key=lambda point: point.code != last)
    form.point.choices = options(*((point.code, plain(point.name)) for point in doors))
    kinds = _kinds(event, now, is_organiser=may(Role.REGISTRATIONS))
    form.kind.choices = options(*((kind.code, _with_seats(kind)) for kind in kinds))
    if not doors:
        del form.point
    if not may(Role.REGISTRATIONS):
        del form.adds_seat
    return form


def _with_seats(kind: ParticipationType) -> str:
    """Name a way to take part with the seats that are left."""
    name = plain(kind.name) or kind.code
    if not kind.capacities:
        return name
    free = max(min(one.free for one in kind.capacities), 0)
    return str(_("%(type)s (seats left: %(free)s)", type=name, free=free))


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show the form."""
    event = event_or_404(slug)
    return _page(event, _form(event, datetime.now(UTC)))


def _page(event: Event, form: WalkInForm) -> str:
    return render_template("walk_ins/index.html", form=form, texts=required_texts(event))


@bp.post("")
def register(slug: str) -> ResponseReturnValue:
    """Register the guest and check them in, or say why not; sent twice, it happens once."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    form = _form(event, now)
    if not form.validate():
        return _page(event, form), 422
    by = signed_in_reader().id
    guest = walk_ins.WalkIn(
        details=details_of(form),
        type_code=form.kind.data,
        once=form.once.data or "",
        accepts_terms=bool(form.accepts_terms.data),
        adds_seat="adds_seat" in form and bool(form.adds_seat.data),
    )
    try:
        came = walk_ins.register_at_door(event.id, guest, by=by, is_organiser=may(Role.REGISTRATIONS), now=now)
    except Refused as refused:
        at: Any = form.accepts_terms if refused.reason == "terms" else form.kind
        at.errors = [*at.errors, words_of(refused)]
        return _page(event, form), 409
    found = came.registration
    if "point" not in form:
        flash(_("%(name)s is registered. There is no door to check in at yet.", name=found.person.name), "done")
        return redirect(url_for(".index", slug=slug))
    point = form.point.data
    uid = urlsafe_b64encode(hashlib.sha256(f"walk-in/{guest.once}".encode()).digest())[:22].decode()
    verdict = scan(event, point, found.badge_code, uid=uid, scanned_at=now, by_id=by, now=now)
    name, code = found.person.name, found.badge_code
    flash(_("Registered: %(name)s. Code for a badge written by hand: %(code)s.", name=name, code=code), "done")
    return redirect(url_for("door.desk", slug=slug, point=point, scan=verdict.uid))
