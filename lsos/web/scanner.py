"""The scanner: a page for phones that are paired with an event, which goes on without network by itself.

No account stands behind it. A cookie that no script reads carries the secret of the device, and opens nothing else.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from lsos.checkin import devices, queries, service
from lsos.checkin.deciding import Told
from lsos.checkin.device_rules import DeviceRefusal, clock_of, minutes_off
from lsos.checkin.devices import Kept, KeptWalkIn, Scanning
from lsos.checkin.models import Device
from lsos.checkin.rules import Direction, PointKind, Refusal, ScanResult, UndoReason
from lsos.checkin.service import Verdict
from lsos.checkin.snapshot import points_for, rights, snapshot, stamp
from lsos.checkin.telling import DESK, KIOSK
from lsos.db import CODE_ALPHABET, new_uid
from lsos.errors import LsosError, NotFound, Refused
from lsos.questionnaires.rules import QUESTIONS_AT_MOST, AnswerProblem
from lsos.registration.details import Details
from lsos.registration.rules import WalkInRefusal
from lsos.registration.walk_ins import WalkIn
from lsos.texts import OTHER, has_controls
from lsos.web import language, look
from lsos.web.door_questions import own_at_door
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, options, strip
from lsos.web.limits import LINKS, SCAN, limiter
from lsos.web.own_questions import Own
from lsos.web.phones import Moment, Uid, camera_words
from lsos.web.phones import worker as page_worker
from lsos.web.session import anyone
from lsos.web.tellings import Telling, short_words, tell, tell_guest
from lsos.web.walk_ins import WalkInForm, details_of, device_form, required_texts
from lsos.wording import plain

bp = Blueprint("scanner", __name__, url_prefix="/d")
bp.before_request(anyone)

COOKIE = "lsos_device"
#: A device that lies in a drawer between two days of an event is still paired after it.
_LASTS = timedelta(days=60)
#: What the page names, and what its scripts and styles ask for by themselves.
_NAMED = (
    "css/base.css",
    "css/camera.css",
    "css/door.css",
    "css/questions.css",
    "js/scanner.js",
    "img/icon.svg",
    "vendor/qr/decode.js",
)
_IMPORTED = (
    "css/tokens.css",
    "js/door/camera.js",
    "js/door/codes.js",
    "js/door/decide.js",
    "js/door/inside.js",
    "js/door/page.js",
    "js/door/signals.js",
    "js/door/tell.js",
    "js/door/vault.js",
    "js/questions/answers.js",
    "js/questions/conditions.js",
    "js/scanner/asking.js",
    "js/scanner/known.js",
    "js/scanner/walk_in.js",
    "js/scanner/store.js",
)
#: So many kept scans in one sending; a phone that was alone for a day sends several.
_BATCH = 200


def _device() -> Device:
    """Find the device that asks.

    Raises:
        NotFound: it is paired with nothing.
        Refused: it was revoked, or its event is over.
    """
    if "device" not in g:
        g.device = devices.device_by_token(_token(), now=datetime.now(UTC))
    found: Device = g.device
    return found


def _token() -> str:
    """Give the secret that a device sends along.

    Raises:
        NotFound: there is none.
    """
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise NotFound(DeviceRefusal.REVOKED)
    return token


def _who() -> str:
    """Count tries by device: many of them at one door share an address."""
    return f"device:{request.cookies.get(COOKIE, '')[:12]}"


@bp.errorhandler(NotFound)
@bp.errorhandler(Refused)
def _turned_away(error: LsosError) -> ResponseReturnValue:
    """Tell a device, or its holder, that it is not let in; the phone then forgets its guests."""
    if request.path.endswith(".json"):
        return jsonify(error=words_of(error)), 403
    return render_template("scanner/closed.html", why=words_of(error)), 403


# ---- paired


@bp.get("/pair/<code>")
@limiter.limit(LINKS)
def pair(code: str) -> ResponseReturnValue:
    """Ask whether this device is to be paired; a mail program that opens the address pairs nothing."""
    found = devices.device_by_code(code, now=datetime.now(UTC))
    if found is None:
        return render_template("scanner/closed.html", why=gettext(DeviceRefusal.CODE_OVER)), 410
    return render_template("scanner/pair.html", device=found, code=code, form=PageForm())


@bp.post("/pair/<code>")
@limiter.limit(LINKS)
def take_code(code: str) -> ResponseReturnValue:
    """Pair this device: from now on it holds a secret of its own."""
    try:
        _, token = devices.pair(code, now=datetime.now(UTC))
    except Refused as refused:
        return render_template("scanner/closed.html", why=words_of(refused)), 410
    answer = redirect(url_for(".index"))
    answer.set_cookie(
        COOKIE, token, max_age=_LASTS, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )
    return answer


# ---- the page


class TypedForm(PageForm):
    """One badge, typed where no script runs."""

    point = SelectField("", [InputRequired()])
    code = StringField("", [DataRequired(), Length(max=500)], filters=[strip])


@bp.route("/", methods=["GET", "POST"])
@limiter.limit(SCAN, key_func=_who, methods=["POST"])
def index() -> ResponseReturnValue:
    """Show the scanner; without scripts it takes a badge that is typed."""
    device = _device()
    points = points_for(device)
    form = TypedForm()
    form.point.choices = options(*((point.code, plain(point.name)) for point in points))
    telling, own = None, None
    guest_form = device_form(device.event, points, datetime.now(UTC)) if device.may_register else None
    if form.validate_on_submit():
        now = datetime.now(UTC)
        reading = service.Reading(form.code.data or "", new_uid(), now, device_id=device.id)
        verdict = service.take(device.event_id, form.point.data, reading, now=now)
        telling = _telling(device, verdict)
        if devices.questions_after(device, verdict):
            own = _questions(device, verdict.uid)
        form.code.data = ""
    return render_template(
        "scanner/index.html",
        device=device,
        event=device.event,
        points=points,
        form=form,
        telling=telling,
        own=own,
        reasons=[(reason.name, gettext(reason.value)) for reason in UndoReason],
        here=_here(device),
        words=_words(device),
        guest_form=guest_form,
        texts=required_texts(device.event) if guest_form is not None else (),
    )


def _questions(device: Device, scan: str) -> Own | None:
    """Put what is asked of the guest of a scan; a file is given at the desk."""
    guest = devices.scanned_by(device, scan)
    return own_at_door(device.event, guest, with_files=False) if guest is not None else None


@bp.post("/answers/<scan>")
@limiter.limit(SCAN, key_func=_who)
def answers(scan: str) -> ResponseReturnValue:
    """Store what a guest answered where no script runs."""
    device, now = _device(), datetime.now(UTC)
    guest, own = devices.scanned_by(device, scan), _questions(device, scan)
    if guest is None or own is None or device.is_kiosk:
        abort(404)
    why = ""
    is_good = not own or own.validate(now=now, data_dir=look.settings().data_dir)
    if is_good and own:
        try:
            devices.answer(device, scan, own.replies(), now=now)
        except Refused as refused:
            is_good = False
            if not own.show(refused):
                why = words_of(refused)
    page = render_template("scanner/answers.html", event=device.event, guest=guest, own=own, is_saved=is_good, why=why)
    return page, 200 if is_good else 422


def _here(device: Device) -> dict[str, Any]:
    """Give the addresses that the page asks, and what its holder may do."""
    names = {"snapshot": ".known", "scans": ".take", "undo": ".undo", "search": ".search"}
    pages = [language.current(), OTHER[language.current()]]
    return {name: url_for(endpoint) for name, endpoint in names.items()} | {
        "rights": rights(device),
        #: This page and the same in the other language: both open without network.
        "workers": [{"worker": url_for(".worker", lang=code), "page": url_for(".index", lang=code)} for code in pages],
    }


def _words(device: Device) -> dict[str, Any]:
    """Give what the phone says by itself, in the reader's language; names in them are filled in there."""
    idle = _("Hold your badge before the camera.") if device.is_kiosk else _("Scan a badge, or type its code.")
    manner = KIOSK if device.is_kiosk else DESK
    return {
        "ready": _("Ready"),
        "next_guest": idle,
        "scan_or_type": idle,
        "ready_offline": _("Ready for offline: %(people)s people, %(age)s, %(waiting)s scans waiting"),
        "alone": _("No network: deciding by itself. %(people)s people, %(age)s, %(waiting)s scans waiting"),
        "alone_unready": _("No network, and nobody is known here: scans are kept. %(waiting)s waiting"),
        "loading": _("Learning whom to let in…"),
        "no_offline": _("Not ready for offline: this page needs https and the browser's storage"),
        "just_now": _("just now"),
        "minutes_ago": _("%(minutes)s min ago"),
        "drill": _("Drill: decided as without network, and nothing is counted"),
        "clock_off": _("The clock of this device is off by %(minutes)s minutes. Its scans are put right."),
        "report": _("Sent after being alone: %(sent)s; counted elsewhere before: %(doubles)s"),
        "ask": _("Ask"),
        "ask_required": _("required"),
        "choose": _("Choose"),
        "yes": _("Yes"),
        "no": _("No"),
        "full": _("full"),
        "at_the_desk": _("A file is given at the help desk. Please send the guest there."),
        "answers_kept": _("Kept. The answers are sent when the network is back."),
        "answers_saved": _("Saved. Next guest, please."),
        "answers_refused": _("An answer could not be stored: %(why)s"),
        "problems": {problem.name: gettext(problem.value) for problem in AnswerProblem},
        "walk_in": {
            "given_name": _("Ask for a name."),
            "email": _("This is not an e-mail address. It looks like ola@example.org."),
            "kind": _("Choose how the guest takes part."),
            "accepts_terms": gettext(WalkInRefusal.TERMS),
            "registered": _("Registered: %(name)s. Code for a badge written by hand: %(code)s."),
            "provisional_word": _("Let in for now"),
            "provisional": _(
                "No network. The guest is registered when it is back. Write this code on a badge by hand: %(code)s."
            ),
            "refused": _("%(name)s could not be registered: %(why)s"),
            "other_code": _("The code written by hand counts no more; the right one is %(code)s."),
        },
        "turned_away": gettext(DeviceRefusal.REVOKED),
        "kept": _("Kept"),
        "kept_sentence": _("No network. This scan is kept and will be sent by itself."),
        "no_point": _("The place where this device scans was taken away. Ask the organiser for another."),
        "kept_by_kiosk": _("No network. You are noted; please go on to the desk."),
        **camera_words(),
        "stuck": _("Scans that the server does not understand stay on this device. Show them to the organiser."),
        "needs_network": _("This needs the network. Try again when it is back."),
        "nobody_found": _("Nobody is called so."),
        "sayings": {
            name: {"tone": saying.tone, "word": gettext(saying.word), "sentence": gettext(saying.sentence)}
            for name, saying in manner.sayings.items()
        },
        "needs": {need.value: gettext(words) for need, words in manner.needs.items()},
        "why": {reason.name: gettext(reason.value) for reason in Refusal},
        "short": short_words(),
    }


@bp.post("/walk-in")
@limiter.limit(SCAN, key_func=_who)
def walk_in() -> ResponseReturnValue:
    """Register a guest where no script runs."""
    device, now = _device(), datetime.now(UTC)
    if not device.may_register:
        raise Refused(DeviceRefusal.NOT_A_SUPERVISOR)
    event, points = device.event, points_for(device)
    form: WalkInForm | None = device_form(event, points, now)
    assert form is not None
    telling, code = None, ""
    if form.validate():
        once = form.once.data or ""
        uid = urlsafe_b64encode(hashlib.sha256(f"walk-in/{once}".encode()).digest())[:22].decode()
        guest = WalkIn(details_of(form), form.kind.data, once, bool(form.accepts_terms.data))
        try:
            kept = KeptWalkIn(guest, uid, form.point.data, now)
            verdict, found = devices.register(device, kept, device_now=now, now=now)
        except Refused as refused:
            at: Any = form.accepts_terms if refused.reason == "terms" else form.kind
            at.errors = [*at.errors, words_of(refused)]
        else:
            telling, code = _telling(device, verdict), found.badge_code
            form = None
    page = render_template(
        "scanner/walk_in.html",
        device=device,
        event=event,
        form=form,
        telling=telling,
        code=code,
        texts=required_texts(event),
    )
    return page, 200 if telling else 422


@bp.get("/worker.js")
def worker() -> ResponseReturnValue:
    """Give the worker that keeps the scanner for when there is no network."""
    return page_worker(url_for(".index"), _NAMED, _IMPORTED)


@bp.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """Say how the scanner is put on the first screen of a phone."""
    said = {
        "name": gettext("LSOS scanner"),
        "short_name": gettext("Scanner"),
        "lang": language.current(),
        "start_url": url_for(".index"),
        "scope": url_for(".index"),
        "display": "standalone",
        "background_color": "#16241f",
        "theme_color": "#16241f",
        "icons": [
            {"src": look.asset("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            *(
                {"src": look.asset(f"vendor/icons/{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
                for size in (192, 512)
            ),
            {
                "src": look.asset("vendor/icons/whole-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return Response(json.dumps(said), mimetype="application/manifest+json")


# ---- what the page asks


@bp.get("/snapshot.json")
@limiter.limit(SCAN, key_func=_who)
def known() -> ResponseReturnValue:
    """Give what the phone must know; nothing where nothing changed since."""
    device, now = _device(), datetime.now(UTC)
    if request.if_none_match.contains(stamp(device.event, device)):
        return Response(status=304)
    made = snapshot(device.event, device, now=now)
    answer = jsonify(made.data)
    answer.set_etag(made.stamp)
    return answer


def _printable(text: str) -> str:
    if has_controls(text) or "\n" in text:
        raise ValueError("characters that cannot be printed")
    return text


Name = Annotated[str, Field(max_length=80), AfterValidator(_printable)]


class SentScan(BaseModel):
    """One scan as a phone sends it: its times are milliseconds since 1970, by its own clock."""

    model_config = ConfigDict(extra="forbid")

    uid: Uid
    point: str = Field(max_length=60)
    code: str = Field(max_length=500)
    at: Moment
    direction: Direction = Direction.ENTRY
    told_result: ScanResult | None = None
    told_reason: str | None = Field(default=None, max_length=40)
    told_session: int | None = None
    #: What the point was, as far as the phone knew.
    kind: PointKind = PointKind.OTHER

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.told_result is ScanResult.REFUSED and self.told_reason not in Refusal.__members__:
            raise ValueError("say why the guest was sent away: told_reason")
        return self

    def kept(self) -> Kept:
        """Put it into the words of the use case."""
        told = None
        if self.told_result is not None:
            reason = Refusal.__members__.get(self.told_reason or "")
            told = Told(self.told_result, reason, self.told_session)
        return Kept(self.uid, self.point, self.code, self.at, self.direction, told, self.kind)


class SentWalkIn(BaseModel):
    """Somebody who was registered on a device, with the scan that lets them in."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    uid: Uid
    once: str = Field(pattern=r"^[A-Za-z0-9_-]{22}$")
    point: str = Field(max_length=60)
    kind: PointKind = PointKind.DOOR
    at: Moment
    #: The phone had no network and has let the guest in already, with a code that was written on a badge.
    was_let_in: bool = False
    badge_code: str = Field(default="", pattern=rf"^([{CODE_ALPHABET}]{{10}})?$")
    given_name: Name = Field(min_length=1)
    family_name: Name = ""
    organisation: Name = ""
    email: str = Field(default="", max_length=254)
    language: Literal["pl", "en"]
    type: str = Field(max_length=60)
    texts: list[int] = Field(default=[], max_length=50)
    accepts_terms: Literal[True]

    @field_validator("email")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not value:
            return ""
        try:
            return str(validate_email(value, check_deliverability=False).normalized).lower()
        except EmailNotValidError as error:
            raise ValueError("no e-mail address") from error

    def kept(self) -> KeptWalkIn:
        """Put it into the words of the use case."""
        details = Details(self.given_name, self.email, self.language, self.family_name, self.organisation)
        guest = WalkIn(
            details,
            self.type,
            self.once,
            self.accepts_terms,
            text_ids=frozenset(self.texts),
            badge_code=self.badge_code,
            was_let_in=self.was_let_in,
        )
        return KeptWalkIn(guest, self.uid, self.point, self.at, self.kind)


class SentReplies(BaseModel):
    """What a guest answered after a scan of this device."""

    model_config = ConfigDict(extra="forbid")

    uid: Uid
    scan: Uid
    replies: dict[str, list[str]] = Field(max_length=QUESTIONS_AT_MOST)


class SentUndo(BaseModel):
    """A scan that is taken back, and why."""

    model_config = ConfigDict(extra="forbid")

    scan: Uid
    uid: Uid
    reason: Literal["MISTAKE", "OTHER_GUEST", "STAYED_OUT"]


class Sending(BaseModel):
    """What a phone sends: its scans, what its clock says, how many wait after these, how old what it knows is."""

    model_config = ConfigDict(extra="forbid")

    now: Moment
    scans: list[SentScan] = Field(max_length=_BATCH)
    walk_ins: list[SentWalkIn] = Field(default=[], max_length=_BATCH)
    replies: list[SentReplies] = Field(default=[], max_length=_BATCH)
    waiting: int = Field(default=0, ge=0, le=1_000_000)
    snapshot_at: Moment | None = None
    #: The point of which the phone asks how many came; it does so now and then.
    count_at: str = Field(default="", max_length=60)


@bp.post("/scans.json")
@limiter.limit(SCAN, key_func=_who)
def take() -> ResponseReturnValue:
    """Take what a phone scanned; each scan is one however often it is sent, and is answered for itself."""
    token, now = _token(), datetime.now(UTC)
    try:
        sent = Sending.model_validate(request.get_json(silent=True))
    except ValidationError as error:
        return jsonify(error=str(error)), 422
    device, taken = devices.take_in(token, [scan.kept() for scan in sent.scans], device_now=sent.now, now=now)
    ahead = clock_of(sent.now, now=now).ahead
    devices.note_seen(device, waiting=sent.waiting, ahead=ahead, snapshot_at=sent.snapshot_at, now=now)
    walk_ins = [_registered(device, one, sent.now, now) for one in sent.walk_ins]
    replied = [_replied(device, one, now) for one in sent.replies]
    answer: dict[str, Any] = {
        "answers": [_answer(device, one) for one in taken],
        "walk_ins": walk_ins,
        "replies": replied,
        "minutes_off": minutes_off(ahead),
    }
    if sent.count_at:
        today = now.astimezone(ZoneInfo(device.timezone)).date()
        answer["count"] = queries.came_to(device.event_id, sent.count_at, day=today, zone=device.timezone)
    return jsonify(answer), {"Cache-Control": "no-store"}


def _answer(device: Scanning, verdict: Verdict) -> dict[str, Any]:
    asked = [question.code for question in devices.questions_after(device, verdict)]
    return {**vars(_telling(device, verdict)), "result": verdict.result.value, "questions": asked}


def _registered(device: Scanning, sent: SentWalkIn, device_now: datetime, now: datetime) -> dict[str, Any]:
    """Register one guest; one whom the rule refuses keeps no other from it."""
    try:
        verdict, guest = devices.register(device, sent.kept(), device_now=device_now, now=now)
    except (Refused, NotFound) as error:
        return {"uid": sent.uid, "error": words_of(error), "name": f"{sent.given_name} {sent.family_name}".strip()}
    return _answer(device, verdict) | {
        "code": guest.badge_code,
        "despite": gettext(verdict.reason.value) if verdict.reason is not None else "",
    }


def _replied(device: Scanning, sent: SentReplies, now: datetime) -> dict[str, Any]:
    """Store what one guest answered; what cannot be stored is told, and keeps no other from it."""
    replies = {code: tuple(given) for code, given in sent.replies.items()}
    try:
        devices.answer(device, sent.scan, replies, now=now)
    except (Refused, NotFound) as error:
        return {"uid": sent.uid, "error": words_of(error)}
    return {"uid": sent.uid}


def _telling(device: Scanning, verdict: Verdict) -> Telling:
    """Put a verdict into words for who reads it: whoever holds the device, or at a kiosk the guest."""
    return tell_guest(verdict) if device.is_kiosk else tell(verdict)


@bp.post("/undo.json")
@limiter.limit(SCAN, key_func=_who)
def undo() -> ResponseReturnValue:
    """Take back what a scan of this device did."""
    device, now = _device(), datetime.now(UTC)
    try:
        asked = SentUndo.model_validate(request.get_json(silent=True))
    except ValidationError as error:
        return jsonify(error=str(error)), 422
    try:
        verdict = devices.take_back(device, asked.scan, uid=asked.uid, reason=UndoReason[asked.reason], now=now)
    except (Refused, NotFound) as error:
        return jsonify(error=words_of(error)), 409
    return jsonify(asdict(tell(verdict)))


@bp.get("/search.json")
@limiter.limit(SCAN, key_func=_who)
def search() -> ResponseReturnValue:
    """Find guests by name, for supervisors; their badges are named, so that a scan of one can be made."""
    device = _device()
    if not device.may_search:
        raise Refused(DeviceRefusal.NOT_A_SUPERVISOR)
    words = request.args.get("q", "").strip()[:100]
    found: Sequence[Any] = queries.search_by_name(device.event_id, words) if words else []
    return jsonify(
        found=[
            {
                "code": one.badge_code,
                "name": one.person.name,
                "organisation": one.organisation.name if one.organisation else "",
                "participation": plain(one.participation_type.name),
                "state": gettext(one.state.words),
            }
            for one in found
        ]
    )
