"""The door: choose a point, scan, and be told at arm's length what to do."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from wtforms import HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from lsos.checkin import facts, queries, service
from lsos.checkin.deciding import GuestFacts, PointFacts, decide
from lsos.checkin.models import ScanPoint
from lsos.checkin.points import lay_out_points
from lsos.checkin.rules import (
    Direction,
    PointKind,
    Refusal,
    UndoReason,
    badge_code_of,
)
from lsos.checkin.service import Verdict
from lsos.db import new_uid
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.queries import registration_by_badge
from lsos.registration.rules import RegistrationState
from lsos.web import session
from lsos.web.door_questions import address_for
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options, strip
from lsos.web.limits import LOOK_UP, SCAN, limiter
from lsos.web.tellings import row_of, tell

bp = Blueprint("door", __name__, url_prefix="/events/<slug>/door")
bp.before_request(session.only(Role.DOOR))

#: What is done at each kind of point.
KINDS = {
    PointKind.DOOR: _l("Door"),
    PointKind.ROOM: _l("Room"),
    PointKind.SESSION: _l("Session"),
    PointKind.TABLES: _l("Meetings: scan both badges"),
    PointKind.ZONE: _l("Zone"),
    PointKind.MEAL: _l("Meal"),
    PointKind.STAND: _l("Stand"),
    PointKind.OTHER: _l("Other"),
}
#: How many scans the desk shows again.
LAST = 5
#: A device that kept scans for longer than this has a clock that nobody can believe.
LONGEST_WAIT = timedelta(days=7)


class ScanForm(PageForm):
    """One badge, scanned or typed."""

    code = StringField(
        _l("Badge code"), [DataRequired(_l("Scan or type the code on the badge.")), Length(max=500)], filters=[strip]
    )
    #: What makes this scan one, however often it is sent: its own id, or the ticket of the page it was typed into.
    uid = HiddenField(validators=[Optional(), Regexp(r"^[A-Za-z0-9_-]{16,22}\Z")])
    ticket = HiddenField(validators=[Optional(), Length(max=60)])
    #: How long ago it was scanned, by the device's own measure: a scan kept without network counts for its own time.
    #: Whether the guest comes or goes, where people are also scanned when they leave.
    direction = RadioField(
        _l("The guest"),
        choices=options((Direction.ENTRY.value, _l("comes in")), (Direction.EXIT.value, _l("goes out"))),
        default=Direction.ENTRY.value,
    )
    #: What the page knew the point to be: a scan that was kept for one that is gone is still taken.
    knew = HiddenField(validators=[Optional(), AnyOf([kind.value for kind in PointKind])])
    waited_ms = IntegerField(validators=[Optional(), NumberRange(min=0, max=int(LONGEST_WAIT.total_seconds() * 1000))])


class UndoForm(PageForm):
    """Which scan is taken back, and why."""

    scan = HiddenField(validators=[InputRequired(), Length(max=22)])
    uid = HiddenField(validators=[InputRequired(), Regexp(r"^[A-Za-z0-9_-]{16,22}\Z")])
    reason = RadioField(
        _l("Why is this scan taken back?"),
        choices=options(*((reason.name, _l(reason.value)) for reason in UndoReason)),
        default=UndoReason.MISTAKE.name,
    )


def _by_person() -> str:
    """Count tries by person: many phones at one door share an address."""
    person = session.reader()
    return f"person:{person.id}" if person else get_remote_address()


# ---- pages


def _today(event: Event) -> datetime:
    return datetime.now(UTC).astimezone(ZoneInfo(event.timezone))


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _point_or_404(event: Event, code: str) -> ScanPoint:
    point = queries.point_by_code(event.id, code)
    if point is None:
        abort(404)
    return point


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Choose the point to scan at; each with the people scanned there today."""
    event = session.event_or_404(slug)
    today = _today(event).date()
    return render_template(
        "door/index.html",
        points=queries.points(event.id),
        people=queries.people_by_point(event.id, event.timezone, today),
        arrived=queries.arrivals_on(event.id, today),
        expected=queries.badge_count(event.id),
        kinds=KINDS,
        may_set_up=session.may(Role.REGISTRATIONS),
        has_tables=queries.table_point(event.id) is not None,
        form=PageForm(),
    )


@bp.post("/")
def set_up(slug: str) -> ResponseReturnValue:
    """Make the points of an event that has none."""
    event = session.event_or_404(slug)
    lay_out_points(event, by_id=session.signed_in_reader().id)
    flash(gettext("The points are ready. Choose where you are scanning."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.get("/badge/<code>")
@limiter.limit(SCAN, key_func=_by_person)
def badge(slug: str, code: str) -> ResponseReturnValue:
    """Show whose badge a phone's own camera read, and take the scan when it is confirmed."""
    event = session.event_or_404(slug)
    guest = registration_by_badge(event.id, badge_code_of(code)[:16])
    if guest is None:
        replaced = queries.replaced_badge(event.id, badge_code_of(code)[:16])
        raise Refused(Refusal.REVOKED) if replaced else NotFound(Refusal.UNKNOWN)
    last = cookie.get("door_point")
    return render_template(
        "door/badge.html",
        guest=guest,
        points=sorted(queries.points(event.id), key=lambda point: last != f"{slug}/{point.code}"),
        ticket=new_uid(),
    )


@bp.route("/<point>", methods=["GET", "POST"])
@limiter.limit(SCAN, key_func=_by_person, methods=["POST"])
def desk(slug: str, point: str) -> ResponseReturnValue:
    """Show the desk; take a scan typed, sent by a USB scanner, or sent by the page itself."""
    event = session.event_or_404(slug)
    cookie["door_point"] = f"{slug}/{point}"
    if request.method == "GET":
        verdict = service.told(event, request.args["scan"]) if "scan" in request.args else None
        return _desk(event, _point_or_404(event, point), ScanForm(formdata=None), verdict)

    form = ScanForm()
    if not form.validate():
        if _wants_json():
            return jsonify(error=" ".join(str(error) for errors in form.errors.values() for error in errors)), 422
        return _desk(event, _point_or_404(event, point), form, None), 422
    now, event_id = datetime.now(UTC), event.id
    #: What a page kept for a point that was taken away meanwhile is taken all the same; nothing else is done there.
    reading = service.Reading(
        form.code.data or "",
        form.uid.data or _uid_of(form),
        now - timedelta(milliseconds=form.waited_ms.data or 0),
        session.signed_in_reader().id,
        direction=Direction(form.direction.data),
        knew=PointKind(form.knew.data) if form.uid.data and form.knew.data else None,
    )
    try:
        verdict = service.take(event_id, point, reading, now=now)
    except NotFound:
        abort(404)
    return _told(event_id, verdict)


def _uid_of(form: ScanForm) -> str:
    """Make one id of the page's ticket and the code: a page sent twice is one scan, two codes from it are two."""
    seed = f"{form.ticket.data or new_uid()}/{form.code.data}"
    return urlsafe_b64encode(hashlib.sha256(seed.encode()).digest())[:22].decode()


def _told(event_id: int, verdict: Verdict) -> ResponseReturnValue:
    """Answer the page itself, or lead a browser without JavaScript to the verdict."""
    slug, point = (request.view_args or {})["slug"], (request.view_args or {})["point"]
    if not _wants_json():
        return redirect(url_for(".desk", slug=slug, point=point, scan=verdict.uid))
    answer: dict[str, object] = asdict(tell(verdict, asks=address_for(slug, verdict)))
    if verdict.point_code == point:
        today = datetime.now(UTC).astimezone(ZoneInfo(verdict.timezone)).date()
        answer["count"] = queries.came_to(event_id, point, day=today, zone=verdict.timezone)
    return jsonify(answer)


def _desk(event: Event, point: ScanPoint, form: ScanForm, verdict: Verdict | None) -> str:
    form.ticket.data = new_uid()
    form.code.data = None if verdict is not None else form.code.data
    undo_form = UndoForm(formdata=None, prefix="undo-")
    undo_form.uid.data = new_uid()
    undo_form.scan.data = verdict.uid if verdict else ""
    return render_template(
        "door/desk.html",
        point=point,
        form=form,
        undo_form=undo_form,
        telling=tell(verdict, asks=address_for(event.slug, verdict)) if verdict else None,
        rows=[row_of(event, scan) for scan in queries.latest_scans(point.id, limit=LAST)],
        count=queries.came_to(event.id, point.code, day=_today(event).date(), zone=event.timezone),
        closed=_closed(event),
        may_search=session.may(Role.REGISTRATIONS),
    )


def _closed(event: Event) -> str:
    """Say beforehand what every badge would be told now: that the doors are not open yet, or that all is over."""
    anybody = GuestFacts(RegistrationState.CONFIRMED, kind="")
    door = PointFacts("", PointKind.DOOR)
    decided = decide(facts.event_facts(event), door, anybody, at=facts.milliseconds(datetime.now(UTC)))
    return str(gettext(decided.reason)) if decided.reason else ""


@bp.post("/<point>/undo")
@limiter.limit(SCAN, key_func=_by_person)
def undo(slug: str, point: str) -> ResponseReturnValue:
    """Take back what a scan did."""
    event = session.event_or_404(slug)
    event_id, form = event.id, UndoForm(prefix="undo-")
    if not form.validate():
        abort(400)
    try:
        verdict = service.undo(
            event,
            form.scan.data or "",
            uid=form.uid.data or "",
            reason=UndoReason[form.reason.data],
            by_id=session.signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except (Refused, NotFound) as error:
        if _wants_json():
            return jsonify(error=words_of(error)), 409
        flash(words_of(error), "refused")
        return redirect(url_for(".desk", slug=slug, point=point))
    return _told(event_id, verdict)


@bp.get("/<point>/search")
@limiter.limit(LOOK_UP, key_func=_by_person)
def search(slug: str, point: str) -> ResponseReturnValue:
    """Find a guest who has no badge at hand; only for those who may see all registrations."""
    event = session.event_or_404(slug)
    if not session.may(Role.REGISTRATIONS):
        abort(403)
    words = request.args.get("q", "").strip()[:100]
    form = ScanForm(formdata=None)
    form.ticket.data = new_uid()
    return render_template(
        "door/search.html",
        point=_point_or_404(event, point),
        words=words,
        found=queries.search_by_name(event.id, words) if words else [],
        form=form,
        states=RegistrationState,
    )
