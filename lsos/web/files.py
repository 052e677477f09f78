"""The list as a file, and a file as the list: what is exported can be changed in a spreadsheet and brought back."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired

from lsos import audit
from lsos.db import transaction
from lsos.errors import InputError, LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration import exporting, import_running, import_words, importing, listing
from lsos.registration.fields import Register
from lsos.registration.import_reading import BYTES_AT_MOST, read
from lsos.registration.importing import Outcome, Plan
from lsos.registration.list_models import RegistrationImport
from lsos.texts import LANGUAGE_NAMES
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, Needed, PageForm, name_field, options
from lsos.web.leaving import release_time
from lsos.web.list_fields import read_address, register_for, write_address
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import XLSX, file_answer

bp = Blueprint("files", __name__, url_prefix="/events/<slug>/organise/people/files")
bp.before_request(only(Role.REGISTRATIONS))

#: So many lines of each outcome are shown before they are written.
SHOWN = 100


class TakeForm(PageForm):
    """Which columns a file has, and how it is written; its answers stand in its address."""

    class Meta(PageForm.Meta):
        """Taking a file changes nothing, so it needs no token."""

        csrf = False

    columns = ChipsField(_l("Columns"), validate_choice=False)
    kind = RadioField(_l("Kind of file"), [InputRequired()], default="csv")
    words = RadioField(_l("Language of the heads and words"), [InputRequired()])
    mark = BooleanField(_l("Tell Excel that the CSV file is UTF-8"), default=True)


class BringForm(PageForm):
    """A file to read."""

    file = FileField(_l("CSV or XLSX file"), [Needed()])


class WriteForm(PageForm):
    """What is said about a file before it is written."""

    source = name_field(_l("Where did new people accept what they must accept?"), max_length=200)
    letters = BooleanField(_l("Write to each of them what their registration has come to"))


# ---- taking


def _take_form(register: Register) -> TakeForm:
    form = TakeForm(request.args if "kind" in request.args else None)
    form.columns.choices = options(*((one.code, one.title) for one in register.in_files()))
    form.kind.choices = options(("csv", "CSV"), ("xlsx", "XLSX (Excel)"))
    form.words.choices = options(*LANGUAGE_NAMES.items())
    if "kind" not in request.args:
        form.columns.data = [one.code for one in register.in_files()]
        form.kind.data, form.words.data = "csv", language.current()
    return form


@bp.get("/export")
def take(slug: str) -> ResponseReturnValue:
    """Ask which columns the file shall have."""
    event = event_or_404(slug)
    register = register_for(event)
    ids, kept = _whom(event, register)
    return render_template("people/take.html", form=_take_form(register), total=len(ids), kept=kept)


def _whom(event: Event, register: Register) -> tuple[list[int], dict[str, Any]]:
    """Say who goes into the file, and what of the address says so: those who were ticked, or whom the list shows."""
    chosen = request.args.get("chosen", "")
    if chosen:
        selection = listing.selection_by_uid(event.id, chosen) or abort(404)
        return listing.ids_chosen(selection), {"chosen": chosen}
    wanted = read_address(request.args, register)
    return listing.ids_of(register, wanted), write_address(wanted)


@bp.get("/people")
def download(slug: str) -> ResponseReturnValue:
    """Give the list, as it is filtered, as a file; whoever takes it sees what each person agreed to."""
    event = event_or_404(slug)
    register = register_for(event)
    ids, kept = _whom(event, register)
    form = _take_form(register)
    if not form.validate():
        return render_template("people/take.html", form=form, total=len(ids), kept=kept), 422
    rows = exporting.table(register, ids, form.columns.data or [], form.words.data or language.current())
    with transaction() as session:
        audit.record(
            session,
            "registrations.exported",
            actor_id=signed_in_reader().id,
            scope=event.slug,
            object_uid=event.uid,
            rows=len(ids),
            columns=form.columns.data,
            filters=kept,
        )
    name = f"{event.slug}-people.{form.kind.data}"
    if form.kind.data == "xlsx":
        return file_answer(name, exporting.as_xlsx(rows, name=event.slug), XLSX)
    return file_answer(name, exporting.as_csv(rows, has_mark=bool(form.mark.data)), "text/csv")


# ---- bringing


@bp.get("/import")
def bring(slug: str) -> ResponseReturnValue:
    """Ask for a file."""
    return _bring_page(event_or_404(slug), BringForm(formdata=None))


def _bring_page(event: Event, form: BringForm) -> str:
    register = register_for(event)
    known = [one for one in register.in_files() if one.code in import_words.WRITTEN]
    return render_template("people/bring.html", form=form, known=known, brought=importing.imports_of(event.id))


@bp.post("/import")
def receive(slug: str) -> ResponseReturnValue:
    """Read a file and keep it; nothing is written yet."""
    event = event_or_404(slug)
    form = BringForm()
    given = request.files.get("file")
    if not form.validate() or given is None or not given.filename:
        form.file.errors = [gettext("Choose a file first.")]
        return _bring_page(event, form), 422
    try:
        found = read(given.filename, given.read(BYTES_AT_MOST + 1), import_words.heads_of(event))
    except InputError as error:
        form.file.errors = [words_of(error)]
        return _bring_page(event, form), 422
    kept = importing.keep(event.id, given.filename, found.lines, by=signed_in_reader().id, now=datetime.now(UTC))
    if found.unknown:
        names = ", ".join(found.unknown[:20])
        flash(gettext("These columns are not read from a file, and are passed over: %(names)s", names=names))
    return redirect(url_for(".look", slug=slug, uid=kept.uid))


def _kept(event: Event, uid: str) -> RegistrationImport:
    found = importing.import_by_uid(event.id, uid)
    if found is None:
        abort(404)
    return found


@bp.get("/import/<uid>")
def look(slug: str, uid: str) -> ResponseReturnValue:
    """Show what each line would do, or, once it is being written, how far it is and what came of it."""
    event = event_or_404(slug)
    kept = _kept(event, uid)
    if kept.started_at is None:
        form = WriteForm(formdata=None, source=kept.source, letters=kept.writes_letters)
        return _look_page(event, kept, form)
    return render_template(
        "people/brought.html",
        kept=kept,
        outcomes=kept.outcomes,
        refused=[_refused_words(event, one) for one in kept.refused],
    )


def _titles(event: Event) -> dict[str, str]:
    return {one.code: one.title for one in register_for(event)}


def _refused_words(event: Event, noted: dict[str, Any]) -> dict[str, Any]:
    titles = _titles(event)
    error = LsosError(noted["message"], **noted["details"])
    return {"number": noted["number"], "field": titles.get(noted["field"], ""), "why": words_of(error)}


def _look_page(event: Event, kept: RegistrationImport, form: WriteForm) -> str:
    planned = importing.plans(event, importing.lines_of(kept), source=kept.source)
    by_outcome: dict[Outcome, list[Plan]] = {outcome: [] for outcome in Outcome}
    for plan in planned:
        by_outcome[plan.outcome].append(plan)
    counts = Counter(plan.outcome for plan in planned)
    titles = _titles(event)
    return render_template(
        "people/look.html",
        kept=kept,
        form=form,
        counts=counts,
        total=len(planned),
        good=counts[Outcome.NEW] + counts[Outcome.CHANGED],
        new=by_outcome[Outcome.NEW][:SHOWN],
        changed=by_outcome[Outcome.CHANGED][:SHOWN],
        refused=[
            {
                "number": plan.line.number,
                "name": plan.name,
                "problems": [(titles.get(code, ""), words_of(error)) for code, error in plan.problems],
            }
            for plan in by_outcome[Outcome.REFUSED][:SHOWN]
        ],
        titles=titles,
        consents_given=sum(bool(plan.given) for plan in planned if plan.outcome is not Outcome.REFUSED),
    )


@bp.post("/import/<uid>")
def write(slug: str, uid: str) -> ResponseReturnValue:
    """Write the good lines, so many at a time; or look again with what was said about the file."""
    event = event_or_404(slug)
    kept = _kept(event, uid)
    now = datetime.now(UTC)
    if kept.started_at is None:
        form = WriteForm()
        if not form.validate():
            return _look_page(event, kept, form), 422
        importing.set_source(event.id, uid, form.source.data or "", writes_letters=bool(form.letters.data))
        if request.form.get("again"):
            return redirect(url_for(".look", slug=slug, uid=uid))
    import_running.proceed(event.id, uid, release=release_time(actor_id=signed_in_reader().id, now=now), now=now)
    return redirect(url_for(".look", slug=slug, uid=uid))


@bp.post("/import/<uid>/<any(pause, resume, stop):deed>")
def hold(slug: str, uid: str, deed: str) -> ResponseReturnValue:
    """Pause the writing of a file, let it go on, or stop it for good."""
    event = event_or_404(slug)
    _kept(event, uid)
    by, now = signed_in_reader().id, datetime.now(UTC)
    match deed:
        case "pause":
            import_running.pause(event.id, uid, by=by, now=now)
        case "resume":
            import_running.resume(event.id, uid, by=by)
        case _:
            left = import_running.stop(event.id, uid, by=by, now=now)
            flash(ngettext("%(num)s line is not written.", "%(num)s lines are not written.", left), "done")
    return redirect(url_for(".look", slug=slug, uid=uid))
