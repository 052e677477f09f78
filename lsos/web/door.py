"""The door: choose a point, scan, and be told at arm's length what to do."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from wtforms import HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from lsos import wording
from lsos.checkin import facts, queries, service
from lsos.checkin.deciding import GuestFacts, Need, PointFacts, decide
from lsos.checkin.models import Scan, ScanPoint
from lsos.checkin.rules import (
    PointKind,
    Refusal,
    ScanResult,
    UndoReason,
    badge_code_of,
    undo_refusal,
)
from lsos.checkin.service import TableMeeting, Verdict
from lsos.db import new_uid
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.queries import registration_by_badge
from lsos.registration.rules import RegistrationState
from lsos.web import look, session
from lsos.web.door_questions import address_for
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options, strip
from lsos.web.limits import LOOK_UP, SCAN, limiter

bp = Blueprint("door", __name__, url_prefix="/events/<slug>/door")
bp.before_request(session.only(Role.DOOR))

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


# ---- the words of a verdict


@dataclass(frozen=True)
class Telling:
    """A verdict in the reader's language: a tone for the whole screen, one word, one name, one sentence."""

    uid: str
    tone: str
    word: str
    name: str
    #: As what and from where the guest comes.
    about: str
    sentence: str
    #: What follows for the guest; may be empty.
    next: str
    time: str
    #: The word in the list of the last scans.
    short: str
    can_undo: bool
    #: Where the guest is asked what is asked at the door only; empty where nothing is.
    asks: str = ""


_WORDS = {
    Refusal.UNKNOWN: _l("Unknown"),
    Refusal.TOO_EARLY: _l("Not yet"),
    Refusal.CLOSED: _l("Closed"),
    Refusal.OVER: _l("Over"),
    Refusal.WRONG_DAY: _l("Not today"),
    Refusal.WRONG_TYPE: _l("Not here"),
    Refusal.NOT_SIGNED_UP: _l("Not signed up"),
    Refusal.NO_SESSION: _l("No session"),
    Refusal.NOT_INSIDE: _l("Not in"),
    Refusal.NO_MEETING: _l("No meeting"),
    Refusal.OTHER_TABLE: _l("Another table"),
}
#: What is no fault of the guest and needs no help desk.
_MILD = frozenset({Refusal.NO_MEETING, Refusal.NO_SESSION, Refusal.NOT_INSIDE})


def tell(event: Event, verdict: Verdict) -> Telling:
    """Put a verdict into words."""
    guest = verdict.guest
    tone, word, sentence = _answer(event, verdict)
    about = " · ".join(filter(None, (look.plain(guest.participation), guest.organisation))) if guest else ""
    ahead = verdict.next_meeting
    return Telling(
        uid=verdict.uid,
        tone=tone,
        word=word,
        name=guest.name if guest else verdict.code,
        about=about,
        sentence=sentence,
        next=_next(event, ahead, verdict.at) if ahead else "",
        time=look.clock(verdict.at, event.timezone),
        short=_short(verdict.result)[1],
        can_undo=undo_refusal(verdict.result, is_undone=verdict.is_undone) is None,
        asks=address_for(event, verdict.code) if Need.QUESTIONS in verdict.needs else "",
    )


def _answer(event: Event, verdict: Verdict) -> tuple[str, str, str]:
    """Choose tone, word and sentence."""
    if verdict.result is ScanResult.UNDONE:
        return "undone", gettext("Withdrawn"), gettext("That scan counts no more.")
    if verdict.is_undone:
        return (
            "undone",
            gettext("Withdrawn"),
            gettext("This scan was taken back. Scan the badge again if it is right."),
        )
    if verdict.reason is not None:
        if verdict.result is ScanResult.ADMITTED:
            why = gettext(verdict.reason)
            return (
                "again",
                gettext("Let in"),
                gettext("A phone without network let the guest in, although: %(why)s", why=why),
            )
        tone = "again" if verdict.reason in _MILD else "stop"
        return tone, str(_WORDS.get(verdict.reason, _l("Stop"))), gettext(verdict.reason)
    if verdict.kind is PointKind.TABLES:
        return _at_the_tables(event, verdict)
    if verdict.result is ScanResult.AGAIN:
        return "again", gettext("Already in"), _first_time(event, verdict)
    if verdict.result is ScanResult.LEFT:
        return "go", gettext("Out"), gettext("The guest is counted as having left.")
    tone = "look" if verdict.needs else "go"
    if verdict.kind is PointKind.DOOR:
        return tone, gettext("Welcome"), _needs(verdict) or gettext("Everything is in order. Let the guest in.")
    return tone, gettext("Counted"), _needs(verdict) or _counted(verdict)


def _counted(verdict: Verdict) -> str:
    if verdict.session is not None:
        return str(gettext("Counted for “%(session)s”.", session=look.plain(verdict.session)))
    return str(gettext("The guest is counted here."))


def _needs(verdict: Verdict) -> str:
    """Say what else the desk does."""
    note = verdict.guest.note if verdict.guest else ""
    words = {
        Need.NOT_SIGNED_UP: gettext("The guest did not sign up for this session."),
        Need.NOTE: gettext("Please note: %(note)s", note=note),
        Need.QUESTIONS: gettext("Please ask what is still open."),
    }
    return " ".join(words[need] for need in verdict.needs if need is not Need.NOTE or note)


def _first_time(event: Event, verdict: Verdict) -> str:
    if verdict.first_at is None or verdict.first_point is None:
        return str(gettext("This badge was scanned here before."))
    time, point = look.clock(verdict.first_at, event.timezone), look.plain(verdict.first_point)
    return str(gettext("First scanned at %(time)s: %(point)s.", time=time, point=point))


def _at_the_tables(event: Event, verdict: Verdict) -> tuple[str, str, str]:
    meeting = verdict.meeting
    table = str(meeting.table) if meeting and meeting.table is not None else "–"
    time = look.clock(meeting.starts_at, event.timezone) if meeting else ""
    if not verdict.missing:
        sentence = gettext("Both are here. The meeting at table %(table)s is marked as held.", table=table)
        return "go", gettext("Held"), sentence
    name = wording.listed(verdict.missing)
    if verdict.result is ScanResult.AGAIN:
        sentence = gettext(
            "Already marked as present at table %(table)s. Still missing: %(name)s.", table=table, name=name
        )
        return "again", gettext("Present"), sentence
    sentence = gettext("Table %(table)s, %(time)s. Now scan the badge of %(name)s.", table=table, time=time, name=name)
    return "part", gettext("Present"), sentence


def _next(event: Event, meeting: TableMeeting, at: datetime) -> str:
    """Say when and where the guest's next meeting is; with its day when that is not today."""
    zone = ZoneInfo(event.timezone)
    time = look.clock(meeting.starts_at, event.timezone)
    if meeting.starts_at.astimezone(zone).date() != at.astimezone(zone).date():
        time = f"{look.short_day(meeting.starts_at, event.timezone)}, {time}"
    table = str(meeting.table) if meeting.table is not None else "–"
    words = gettext(
        "Next meeting: %(time)s, table %(table)s, with %(name)s.", time=time, table=table, name=meeting.other
    )
    return str(words)


@dataclass(frozen=True)
class Row:
    """One of the last scans, in short."""

    uid: str
    tone: str
    word: str
    name: str
    time: str


def _short(result: ScanResult) -> tuple[str, str]:
    """Give a result's tone and its word in the list of the last scans."""
    words = {
        ScanResult.ADMITTED: ("go", gettext("In")),
        ScanResult.LEFT: ("go", gettext("Out")),
        ScanResult.PRESENT: ("go", gettext("Present")),
        ScanResult.AGAIN: ("again", gettext("Again")),
        ScanResult.REFUSED: ("stop", gettext("Refused")),
        ScanResult.UNDONE: ("undone", gettext("Withdrawn")),
    }
    return words[result]


def _row(event: Event, scan: Scan) -> Row:
    tone, word = _short(scan.result)
    name = scan.registration.person.name if scan.registration else scan.code
    return Row(scan.uid, tone, word, name, look.clock(scan.scanned_at, event.timezone))


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
        kinds=PointKind,
        has_tables=queries.table_point(event.id) is not None,
        form=PageForm(),
    )


@bp.post("/")
def set_up(slug: str) -> ResponseReturnValue:
    """Make the points of an event that has none."""
    event = session.event_or_404(slug)
    service.lay_out_points(event, by_id=session.signed_in_reader().id)
    flash(gettext("The points are ready. Choose where you are scanning."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.get("/badge/<code>")
@limiter.limit(SCAN, key_func=_by_person)
def badge(slug: str, code: str) -> ResponseReturnValue:
    """Show whose badge a phone's own camera read, and take the scan when it is confirmed."""
    event = session.event_or_404(slug)
    guest = registration_by_badge(event.id, badge_code_of(code)[:16])
    if guest is None:
        raise NotFound(Refusal.UNKNOWN)
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
    here = _point_or_404(event, point)
    cookie["door_point"] = f"{slug}/{point}"
    if request.method == "GET":
        verdict = service.told(event, request.args["scan"]) if "scan" in request.args else None
        return _desk(event, here, ScanForm(formdata=None), verdict)

    form = ScanForm()
    if not form.validate():
        if _wants_json():
            return jsonify(error=" ".join(str(error) for errors in form.errors.values() for error in errors)), 422
        return _desk(event, here, form, None), 422
    now = datetime.now(UTC)
    verdict = service.scan(
        event,
        point,
        form.code.data or "",
        uid=form.uid.data or _uid_of(form),
        scanned_at=now - timedelta(milliseconds=form.waited_ms.data or 0),
        by_id=session.signed_in_reader().id,
        now=now,
    )
    return _told(event, here, verdict)


def _uid_of(form: ScanForm) -> str:
    """Make one id of the page's ticket and the code: a page sent twice is one scan, two codes from it are two."""
    seed = f"{form.ticket.data or new_uid()}/{form.code.data}"
    return urlsafe_b64encode(hashlib.sha256(seed.encode()).digest())[:22].decode()


def _told(event: Event, point: ScanPoint, verdict: Verdict) -> ResponseReturnValue:
    """Answer the page itself, or lead a browser without JavaScript to the verdict."""
    if _wants_json():
        return jsonify(asdict(tell(event, verdict)) | {"count": _count(event, point)})
    return redirect(url_for(".desk", slug=event.slug, point=point.code, scan=verdict.uid))


def _count(event: Event, point: ScanPoint) -> int:
    """Count who is in: by all doors together, or at this point."""
    today = _today(event).date()
    if point.kind is PointKind.DOOR:
        return queries.arrivals_on(event.id, today)
    return queries.people_by_point(event.id, event.timezone, today)[point.id]


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
        telling=tell(event, verdict) if verdict else None,
        rows=[_row(event, scan) for scan in queries.latest_scans(point.id, limit=LAST)],
        count=_count(event, point),
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
    here = _point_or_404(event, point)
    form = UndoForm(prefix="undo-")
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
    return _told(event, here, verdict)


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
