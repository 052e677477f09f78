"""Paper for when network or phones fail: made, printed, and what was ticked on it typed or brought back."""

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from lsos.checkin import paper_lines, paper_making, queries, service
from lsos.checkin.models import ScanPoint
from lsos.checkin.paper_lines import PaperLine, Ticked, Usual
from lsos.checkin.paper_rules import AHEAD, DESKS_AT_MOST, LineRefusal, paper_uid, time_written
from lsos.checkin.rules import ScanResult, UndoReason, badge_code_of
from lsos.checkin.service import Reading, Verdict
from lsos.db import new_uid
from lsos.errors import InputError, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.import_reading import BYTES_AT_MOST
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_badge
from lsos.texts import LANGUAGE_NAMES, Bilingual, Language
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import Needed, PageForm, long_field, name_field, options
from lsos.web.look import link
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.tellings import Telling, row_of, tell
from lsos.wording import clock, day, plain

bp = Blueprint("paper", __name__, url_prefix="/events/<slug>/organise/paper")
bp.before_request(only(Role.REGISTRATIONS))

_UID = Regexp(r"^[A-Za-z0-9_-]{16,22}\Z")
#: So many names are offered where what was typed is no code.
FOUND = 12


def type_address(slug: str, spoken: Language) -> str:
    """Give the address of the page where what was ticked is typed in, as it is printed."""
    return link("paper.enter", slug=slug, lang=spoken)


# ---- making and printing


class MakeForm(PageForm):
    """Of which day, and in which language."""

    day = RadioField(_l("Day"), [InputRequired(_l("Choose one."))])
    language = RadioField(_l("Language"), [InputRequired(_l("Choose one."))])


class WordsForm(PageForm):
    """Between how many desks the list is shared, and what stands on the first page."""

    desks = IntegerField(
        _l("Desks at the door"),
        [InputRequired(_l("Write a number.")), NumberRange(1, DESKS_AT_MOST, _l("Between 1 and 9 desks."))],
        description=_l("The list is shared between them by first letters, so that each has about as many guests."),
    )
    words_pl = long_field(_l("Whom to call and what else to know, in Polish"), length=600)
    words_en = long_field(_l("Whom to call and what else to know, in English"), length=600)


def _today(event: Event) -> date:
    """Give the day that is meant most likely: today, else the nearest of the event."""
    here = datetime.now(UTC).astimezone(ZoneInfo(event.timezone)).date()
    return min(max(here, event.starts_on), event.ends_on)


def _days(event: Event) -> list[tuple[str, str]]:
    return [(when.isoformat(), day(when)) for when in event.days]


def _make_form(event: Event) -> MakeForm:
    form = MakeForm(prefix="make-", data={"day": _today(event).isoformat(), "language": language.current()})
    form.day.choices = options(*_days(event))
    form.language.choices = options(*LANGUAGE_NAMES.items())
    return form


def _words_form(event: Event, *, is_sent: bool) -> WordsForm:
    known = paper_making.words_of(event.id)
    data = {"desks": 1, "words_pl": "", "words_en": ""}
    if known is not None:
        data = {"desks": known.desks, "words_pl": known.words.pl, "words_en": known.words.en}
    return WordsForm(request.form if is_sent else None, data=data)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show which papers there are, and what to do with them."""
    event = event_or_404(slug)
    return _index(event, _make_form(event), _words_form(event, is_sent=False))


def _index(event: Event, form: MakeForm, words: WordsForm) -> str:
    kits, order = paper_making.kits_of(event.id), paper_making.order_of(event.id)
    return render_template(
        "paper/index.html",
        kits=kits,
        changed=paper_making.changed_since(event.id, kits),
        languages=LANGUAGE_NAMES,
        form=form,
        words=words,
        order=order,
        trouble=paper_making.trouble_with(order) if order is not None else None,
    )


@bp.post("/make")
def make(slug: str) -> ResponseReturnValue:
    """Ask for the paper of a day; the worker makes it."""
    event = event_or_404(slug)
    form = _make_form(event)
    if not form.validate():
        return _index(event, form, _words_form(event, is_sent=False)), 422
    spoken: Language = "pl" if form.language.data == "pl" else "en"
    when, now = date.fromisoformat(form.day.data), datetime.now(UTC)
    try:
        paper_making.ask_for(event, when, spoken, by=signed_in_reader().id, now=now)
    except Refused as error:
        flash(words_of(error), "refused")
    return redirect(url_for(".index", slug=slug))


@bp.post("/call-off")
def call_off(slug: str) -> ResponseReturnValue:
    """Stop making a paper that was asked for."""
    event = event_or_404(slug)
    paper_making.call_off(event, request.form.get("order", "")[:22], by=signed_in_reader().id)
    return redirect(url_for(".index", slug=slug))


@bp.post("/words")
def save_words(slug: str) -> ResponseReturnValue:
    """Store what organisers say for the paper."""
    event = event_or_404(slug)
    form = _words_form(event, is_sent=True)
    if not form.validate():
        return _index(event, _make_form(event), form), 422
    words = Bilingual(form.words_pl.data or "", form.words_en.data or "")
    paper_making.save_words(event, desks=form.desks.data or 1, words=words, by=signed_in_reader().id)
    flash(_("Saved. It stands on the next paper that is made."), "done")
    return redirect(url_for(".index", slug=slug))


@bp.get("/<uid>.pdf")
def pdf(slug: str, uid: str) -> ResponseReturnValue:
    """Give a paper to print; that it was taken is written down."""
    event = event_or_404(slug)
    try:
        kit, content = paper_making.taken(event, uid, by=signed_in_reader().id)
    except NotFound as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".index", slug=slug))
    name = f"{slug}-paper-{kit.day.isoformat()}-{kit.language}.pdf"
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name=name)


# ---- typing


class WhereForm(PageForm):
    """When and where something was ticked; it stays from line to line."""

    day = SelectField(_l("Day of the paper"))
    time = name_field(_l("Time"), InputRequired(_l("Write a time, as 9:00.")), max_length=20)
    point = SelectField(_l("Where"))


class EnterForm(WhereForm):
    """One line of the paper."""

    said = name_field(_l("Code or name"), InputRequired(_l("Type the code beside the name, or the name.")))
    #: What makes a page sent twice one scan.
    ticket = HiddenField(validators=[Length(max=60)])


class UndoForm(PageForm):
    """Which line is taken back."""

    scan = HiddenField(validators=[InputRequired(), Length(max=22)])
    uid = HiddenField(validators=[InputRequired(), _UID])


def _where(event: Event, form: WhereForm, points: Sequence[ScanPoint]) -> None:
    """Offer days and points, and begin with what was used last: it is carried in the address."""
    form.day.choices = options(*_days(event))
    form.point.choices = options(*((point.code, plain(point.name) or point.code) for point in points))
    if form.is_submitted():
        return
    form.day.data = request.args.get("day") or _today(event).isoformat()
    form.time.data = request.args.get("time") or clock(event.doors_open, event.timezone)
    form.point.data = request.args.get("point") or (points[0].code if points else "")


def _moment(event: Event, form: WhereForm, now: datetime) -> datetime | None:
    """Read when something was ticked; None, with the reason at its field, where that cannot be."""
    at = time_written(form.time.data or "", day=date.fromisoformat(form.day.data), zone=event.timezone)
    if at is None:
        form.time.errors = [_(LineRefusal.NO_TIME, said=form.time.data)]
        return None
    if at > now + AHEAD:
        form.time.errors = [_(LineRefusal.AHEAD)]
        return None
    return min(at, now)


@bp.route("/type", methods=["GET", "POST"])
def enter(slug: str) -> ResponseReturnValue:
    """Type what was ticked, line by line: a code is taken at once, of a name those so called are offered."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    points = queries.points(event.id)
    form = EnterForm()
    _where(event, form, points)
    if not form.is_submitted():
        verdict = service.told(event, request.args["scan"]) if "scan" in request.args else None
        return _enter(event, form, telling=tell(verdict) if verdict else None)
    at = _moment(event, form, now) if form.validate() else None
    if at is None:
        return _enter(event, form), 422
    said = form.said.data or ""
    guest = registration_by_badge(event.id, badge_code_of(said)[:16])
    if guest is None:
        found = queries.search_by_name(event.id, said, limit=FOUND)
        if not found:
            form.said.errors = [_(LineRefusal.NOBODY, said=said)]
        return _enter(event, form, found=found), 200 if found else 422
    uid = paper_uid(form.ticket.data or new_uid(), guest.badge_code, form.point.data)
    reading = Reading(guest.badge_code, uid, at, signed_in_reader().id)
    verdict = service.take(event.id, form.point.data, reading, now=now)
    return redirect(url_for(".enter", slug=slug, scan=verdict.uid, **_carried(form)))


def _carried(form: WhereForm) -> dict[str, Any]:
    return {name: form[name].data or "" for name in ("day", "time", "point")}


def _enter(event: Event, form: EnterForm, *, telling: Telling | None = None, found: Sequence[Registration] = ()) -> str:
    form.ticket.data = new_uid()
    undo = UndoForm(formdata=None)
    undo.uid.data = new_uid()
    scans = paper_lines.taken_lately(event.id)
    return render_template(
        "paper/type.html",
        form=form,
        undo=undo,
        telling=telling,
        found=found,
        rows=[(row_of(event, scan), scan) for scan in scans],
        has_points=bool(form.point.choices),
        carried=_carried(form),
    )


@bp.post("/type/undo")
def undo(slug: str) -> ResponseReturnValue:
    """Take back a line that was typed by mistake."""
    event = event_or_404(slug)
    form = UndoForm()
    if not form.validate():
        abort(400)
    try:
        service.undo(
            event,
            form.scan.data or "",
            uid=form.uid.data or "",
            reason=UndoReason.MISTAKE,
            by_id=signed_in_reader().id,
            now=datetime.now(UTC),
        )
    except (Refused, NotFound) as error:
        flash(words_of(error), "refused")
    else:
        flash(_("Taken back."), "done")
    carried: dict[str, Any] = {
        name: request.args[name][:60] for name in ("day", "time", "point") if name in request.args
    }
    return redirect(url_for(".enter", slug=slug, **carried))


# ---- bringing a file


class BringForm(WhereForm):
    """A file to read, and what holds for lines that do not say it."""

    file = FileField(_l("CSV or XLSX file"), [Needed()])


class WriteForm(WhereForm):
    """The same, with the lines as they were read: nothing of them is kept before they are taken."""

    mark = HiddenField(validators=[Regexp(r"^[0-9a-f]{64}\Z")])
    lines = HiddenField(validators=[InputRequired(), Length(max=450_000)])


@dataclass(frozen=True)
class Refusal:
    """A line that cannot be taken, and why."""

    number: int
    said: str
    why: str


@bp.route("/import", methods=["GET", "POST"])
def bring(slug: str) -> ResponseReturnValue:
    """Ask for a file, and show what each of its lines would do; nothing is taken yet."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    points = queries.points(event.id)
    form = BringForm()
    _where(event, form, points)
    if not form.is_submitted():
        return _bring(form)
    given = request.files.get("file")
    is_good = form.validate() and _moment(event, form, now) is not None
    if given is None or not given.filename:
        form.file.errors = [_("Choose a file first.")]
        is_good = False
    if not is_good or given is None:
        return _bring(form), 422
    try:
        read = paper_lines.read(given.filename or "", given.read(BYTES_AT_MOST + 1))
    except InputError as error:
        form.file.errors = [words_of(error)]
        return _bring(form), 422
    look = WriteForm(formdata=None)
    _where(event, look, points)
    for name, value in _carried(form).items():
        look[name].data = value
    look.mark.data = read.mark
    look.lines.data = json.dumps([asdict(line) for line in read.lines], ensure_ascii=False)
    return _look(event, look, _understand(event, look, read.lines, points, now))


def _bring(form: BringForm) -> str:
    return render_template("paper/bring.html", form=form, has_points=bool(form.point.choices))


def _understand(
    event: Event, form: WhereForm, lines: Sequence[PaperLine], points: Sequence[ScanPoint], now: datetime
) -> list[Ticked]:
    point = next(each for each in points if each.code == form.point.data)
    usual = Usual(date.fromisoformat(form.day.data), form.time.data or "", point)
    return paper_lines.understand(event, lines, usual, now=now)


def _refusals(ticked: Sequence[Ticked]) -> list[Refusal]:
    return [Refusal(one.line.number, one.line.said, words_of(one.problem)) for one in ticked if one.problem is not None]


def _look(event: Event, form: WriteForm, ticked: Sequence[Ticked]) -> str:
    good = [one for one in ticked if one.problem is None]
    return render_template(
        "paper/look.html", form=form, good=good, refused=_refusals(ticked), total=len(ticked), zone=event.timezone
    )


@bp.post("/import/write")
def write(slug: str) -> ResponseReturnValue:
    """Take the good lines, and list what each was told; sent twice, it takes nothing twice."""
    event = event_or_404(slug)
    now = datetime.now(UTC)
    points = queries.points(event.id)
    form = WriteForm()
    _where(event, form, points)
    if not form.validate() or _moment(event, form, now) is None:
        abort(400)
    try:
        lines = [PaperLine(**one) for one in json.loads(form.lines.data or "")]
    except (ValueError, TypeError):
        abort(400)
    ticked = _understand(event, form, lines[: paper_lines.LINES_AT_MOST], points, now)
    done = paper_lines.write(event, form.mark.data or "", ticked, by=signed_in_reader().id, now=now)
    results = Counter("undone" if verdict.is_undone else verdict.result.value for _one, verdict in done)
    return render_template(
        "paper/brought.html",
        results=results,
        told=[(one, tell(verdict), verdict) for one, verdict in done if _is_worth_saying(verdict)],
        refused=_refusals(ticked),
        total=len(ticked),
    )


def _is_worth_saying(verdict: Verdict) -> bool:
    """Say whether somebody should look at a line: it counted nothing, or was taken back since."""
    return verdict.is_undone or verdict.result in {ScanResult.AGAIN, ScanResult.REFUSED}
