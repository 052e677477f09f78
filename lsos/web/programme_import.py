"""A programme from a file: looked at first, then put into the draft, all at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField
from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.widgets import HiddenInput

from lsos.drafting.content import encode
from lsos.drafting.import_planning import LEAVE, MAKE, Choices, Plan, Row
from lsos.drafting.importing import Look, Taken, keep, look, take, upload_by_uid
from lsos.drafting.models import ProgrammeUpload
from lsos.drafting.rules import KINDS, change_kinds
from lsos.drafting.words import KIND_WORDS, Line, Names, lines_of, names_for
from lsos.errors import InputError, LsosError, NotFound
from lsos.events.models import Event
from lsos.events.queries import focus_areas, zones
from lsos.events.rules import Role
from lsos.schedule_files.findings import Finding
from lsos.schedule_files.model import Programme
from lsos.taxonomy.queries import session_formats
from lsos.texts import LANGUAGE_NAMES
from lsos.web.errors import words_of
from lsos.web.forms import Needed, PageForm, options
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.timetable import local_day
from lsos.wording import listed

bp = Blueprint("programme_import", __name__, url_prefix="/events/<slug>/organise/programme-file")
bp.before_request(only(Role.PROGRAMME))

#: So many sessions of each outcome are shown, and so many findings of each kind before the rest is folded away.
SHOWN, TOLD = 50, 3


class BringForm(PageForm):
    """A file to read."""

    file = FileField(_l("File of a programme"), [Needed()])


class TakeForm(PageForm):
    """What the words of a file stand for; a field for each of them is added to it."""

    language = RadioField(_l("Its titles and descriptions are in"))
    all_rooms = SelectField(_l("All rooms that are not known here"), [Needed()])
    all_tracks = SelectField(_l("All tracks that are not known here"), [Needed()])
    file_is_right = BooleanField(
        _l("Where the file says otherwise than what was changed here since, the file is right")
    )
    withdraws = BooleanField()
    seen = IntegerField(widget=HiddenInput())


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Ask for a file."""
    event_or_404(slug)
    return render_template("programme_import/index.html", form=BringForm(formdata=None))


@bp.post("")
def receive(slug: str) -> ResponseReturnValue:
    """Read a file and keep it; nothing is in the draft yet."""
    event = event_or_404(slug)
    form = BringForm()
    given = request.files.get("file")
    if not form.validate() or given is None or not given.filename:
        form.file.errors = [_("Choose a file first.")]
        return render_template("programme_import/index.html", form=form), 422
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        kept = keep(event.id, given.filename, given.read(), zone=event.timezone, by=by, now=now)
    except InputError as error:
        form.file.errors = [words_of(error)]
        return render_template("programme_import/index.html", form=form), 422
    return redirect(url_for(".show", slug=slug, uid=kept.uid))


@bp.get("/<uid>")
def show(slug: str, uid: str) -> ResponseReturnValue:
    """Show what a file holds, and what it would do to the draft."""
    event = event_or_404(slug)
    try:
        upload = upload_by_uid(event.id, uid)
    except NotFound as error:
        #: Whoever comes back to a file that is in the draft by now chooses another.
        flash(words_of(error), "refused")
        return redirect(url_for(".index", slug=slug))
    return _page(event, upload, look(event.id, upload, None, file_is_right=False))


@bp.post("/<uid>")
def put(slug: str, uid: str) -> ResponseReturnValue:
    """Put a file into the draft; or look again with other choices."""
    event = event_or_404(slug)
    by = signed_in_reader().id
    upload = upload_by_uid(event.id, uid)
    sent = request.form
    found = look(event.id, upload, None, file_is_right=False)
    form = _form(event, found, is_sent=True)
    if not form.validate():
        return _page(event, upload, found, form=form), 422
    asked = _asked(found, form)
    file_is_right, withdraws = bool(form.file_is_right.data), bool(form.withdraws.data)
    if "again" in sent:
        return _page(event, upload, look(event.id, upload, asked, file_is_right=file_is_right))
    try:
        done = take(
            event.id,
            uid,
            asked,
            file_is_right=file_is_right,
            withdraws=withdraws,
            seen=form.seen.data or 0,
            by=by,
            now=datetime.now(UTC),
        )
    except LsosError as error:
        flash(words_of(error), "refused")
        return _page(event, upload, look(event.id, upload, asked, file_is_right=file_is_right)), 409
    flash(_said(done), "done")
    day = local_day(done.first_at, event.timezone).isoformat() if done.first_at else None
    there = f"s-{done.first_uid}" if day else None
    return redirect(url_for("editor.index", slug=slug, day=day, _anchor=there))


def _said(done: Taken) -> str:
    parts = [
        ngettext("%(num)s new session", "%(num)s new sessions", done.new) if done.new else "",
        ngettext("%(num)s changed", "%(num)s changed", done.changed) if done.changed else "",
        ngettext("%(num)s withdrawn", "%(num)s withdrawn", done.withdrawn) if done.withdrawn else "",
    ]
    what = listed(part for part in parts if part) or _("nothing new")
    return str(_("From the file into the draft: %(what)s. Nobody else sees it before a release.", what=what))


# ---- what was chosen


def _names(found: Look) -> dict[str, dict[str, str]]:
    """Give the fields: kind of choice -> field -> name in the file."""
    parts = {"rooms": found.choices.rooms, "tracks": found.choices.tracks, "kinds": found.choices.kinds}
    return {part: {f"{part}_{place}": name for place, name in enumerate(names)} for part, names in parts.items()}


def _form(event: Event, found: Look, *, is_sent: bool = False) -> TakeForm:
    """Give the form with a field for each name; filled with what was chosen, or with what was sent."""
    names = _names(found)
    values = {"rooms": found.choices.rooms, "tracks": found.choices.tracks, "kinds": found.choices.kinds}
    fields = {
        field: SelectField(name or _("without a kind"), [Needed()])
        for part in names.values()
        for field, name in part.items()
    }
    data: dict[str, Any] = {field: values[part][name] for part, those in names.items() for field, name in those.items()}
    data |= {"language": found.choices.language, "seen": found.draft.latest, "all_rooms": "", "all_tracks": ""}
    kind = type("TakeForm", (TakeForm,), fields)
    form: TakeForm = kind(data=data) if is_sent else kind(formdata=None, data=data)
    form.language.choices = options(*LANGUAGE_NAMES.items())
    missing = len(found.plan.missing)
    form.withdraws.label.text = ngettext(
        "Withdraw the session that is not in the file any more",
        "Withdraw the %(num)s sessions that are not in the file any more",
        missing,
    )
    as_below = ("", _("as chosen below"))
    form.all_rooms.choices = options(as_below, (MAKE, _("make a room of each")), ("-", _("leave them out")))
    form.all_tracks.choices = options(as_below, (MAKE, _("make a focus area of each")), ("-", _("leave them out")))
    offers = _offers(event, found)
    for part, those in names.items():
        for field in those:
            form[field].choices = options(*offers[part])
    return form


def _offers(event: Event, found: Look) -> dict[str, list[tuple[str, str]]]:
    """List what the names of a file may stand for."""
    rooms = [(room.code, plain(room.name)) for room in found.draft.rooms]
    tracks = [
        *((f"area:{one.code}", plain(one.name)) for one in focus_areas(event.id)),
        *((f"zone:{one.code}", _("Zone: %(name)s", name=plain(one.name))) for one in zones(event.id)),
    ]
    return {
        "rooms": [(MAKE, _("make this room")), (LEAVE, _("leave it out: its sessions have no room")), *rooms],
        "tracks": [(MAKE, _("make this focus area")), (LEAVE, _("leave it out")), *tracks],
        "kinds": [(one.code, plain(one.name)) for one in session_formats()],
    }


def _asked(found: Look, form: TakeForm) -> Choices:
    """Read what was chosen."""
    names = _names(found)
    chosen = {part: {name: form[field].data for field, name in those.items()} for part, those in names.items()}
    for part, of_all in (("rooms", form.all_rooms.data), ("tracks", form.all_tracks.data)):
        if of_all:
            what = LEAVE if of_all == "-" else MAKE
            chosen[part] = {name: what if to in {MAKE, LEAVE} else to for name, to in chosen[part].items()}
    return Choices(form.language.data, **chosen)


# ---- the page


@dataclass(frozen=True)
class Shown:
    """A session of the file, in words."""

    title: str
    code: str
    lines: list[Line]
    #: What was changed here since, and stays.
    kept: str


def _page(event: Event, upload: ProgrammeUpload, found: Look, *, form: TakeForm | None = None) -> str:
    plan = found.plan
    programme = found.reading.programme
    contents = [content for row in plan.changed[:SHOWN] for content in (row.before, row.after)]
    names = _with_new(names_for(event.id, event.timezone, contents), plan)
    return render_template(
        "programme_import/look.html",
        upload=upload,
        programme=programme,
        counts=_counts(programme),
        first=min((session.start for session in programme.sessions), default=None),
        last=max((session.end for session in programme.sessions), default=None),
        plan=plan,
        form=form or _form(event, found),
        fields=_names(found),
        made={"rooms": len(plan.rooms), "tracks": len(plan.areas), "people": len(plan.people)},
        groups=list(_groups(found.reading.findings)),
        left_out=len(found.reading.left_out),
        outside=_outside(event, programme),
        new=[_shown(row, names) for row in plan.new[:SHOWN]],
        changed=[_shown(row, names) for row in plan.changed[:SHOWN]],
        kept=[one for row in plan.unchanged if row.kept for one in [_shown(row, names)]][:SHOWN],
        missing=[found.draft.contents[uid] for uid in plan.missing[:SHOWN]],
        has_kept=any(row.kept for row in plan.rows) or request.form.get("file_is_right"),
        number=len(plan.new) + len(plan.changed),
    )


def _counts(programme: Programme) -> dict[str, int]:
    people = {person.key for session in programme.sessions for person in session.persons}
    return {
        "sessions": len(programme.sessions),
        "days": len({programme.day_of(session.start) for session in programme.sessions}),
        "rooms": len({session.room for session in programme.sessions if session.room}),
        "tracks": len({session.track for session in programme.sessions if session.track}),
        "people": len(people),
    }


def _with_new(names: Names, plan: Plan) -> Names:
    """Name what is yet to be made, too."""
    return Names(
        names.zone,
        {**names.rooms, **{made: room.name for made, room in plan.rooms.items()}},
        {**names.people, **{made: person.name for made, person in plan.people.items()}},
        names.organisations,
    )


def _shown(row: Row, names: Names) -> Shown:
    before, after = row.before, row.after
    kinds = change_kinds(encode(before) if before else None, encode(after)) if row.is_change else ()
    kept = dict.fromkeys(str(_(KIND_WORDS[KINDS[part]])) for part in row.kept if part in KINDS)
    return Shown(plain(after.title), after.code, lines_of(kinds, before, after, names), listed(kept))


def _groups(findings: Iterable[Finding]) -> Iterator[tuple[list[str], list[str]]]:
    """Say what is wrong in the file, by kind: what is shown at once, and what is folded away."""
    kinds: dict[object, list[str]] = {}
    for one in sorted(findings, key=lambda one: not one.is_left_out):
        kinds.setdefault(one.kind, []).append(_finding_words(one))
    for said in kinds.values():
        yield said[:TOLD], said[TOLD:]


def _finding_words(finding: Finding) -> str:
    return str(_(str(finding.kind), **{name: str(value) for name, value in finding.details.items()}))


def _outside(event: Event, programme: Programme) -> int:
    """Count the sessions on other days than the event's."""
    days = set(event.days)
    return sum(local_day(session.start, event.timezone) not in days for session in programme.sessions)
