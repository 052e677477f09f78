"""For how long an event keeps what: the rules, what would go today, and the dated proof of what went."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.privacy import keeping, printing, proof
from lsos.privacy.rules import DAYS_AT_MOST
from lsos.web import language
from lsos.web.errors import words_of
from lsos.web.look import settings
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.sheets import csv_answer, file_answer

bp = Blueprint("keeping", __name__, url_prefix="/events/<slug>/organise/keeping")
bp.before_request(only(Role.OWNER))


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show for how long what is kept, and what would go today."""
    return _page(event_or_404(slug))


def _page(event: Event, *, typed: dict[str, str] | None = None, wrong: dict[str, str] | None = None) -> str:
    now = datetime.now(UTC)
    kept = keeping.kept(event, now=now)
    return render_template(
        "privacy/keeping.html",
        kept=kept,
        typed=typed or {},
        wrong=wrong or {},
        total=sum(one.goes_today for one in keeping.counted_once(kept)),
        lines=proof.lines(event.slug),
        names=printing.names_of(event),
        broken=proof.broken(),
        most=DAYS_AT_MOST,
    )


@bp.post("")
def store(slug: str) -> ResponseReturnValue:
    """Store the rules; an empty field keeps what it names without end."""
    event = event_or_404(slug)
    typed = {name.removeprefix("days-"): value.strip() for name, value in request.form.items() if name[:5] == "days-"}
    wanted: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for what, value in typed.items():
        if not value:
            wanted[what] = None
        elif value.isascii() and value.isdigit() and int(value) <= DAYS_AT_MOST:
            wanted[what] = int(value)
        else:
            wrong[what] = gettext(keeping.TOO_MANY_DAYS, most=DAYS_AT_MOST)
    if wrong:
        return _page(event, typed=typed, wrong=wrong), 422
    for one in keeping.kept(event, now=datetime.now(UTC)):
        #: A question that was left as it follows the others goes on following them.
        if not one.is_chosen and one.what in wanted and wanted[one.what] == one.days:
            del wanted[one.what]
    try:
        changed = keeping.set_rules(event.id, wanted, by=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        flash(
            ngettext("Saved: %(num)s period has changed.", "Saved: %(num)s periods have changed.", len(changed))
            if changed
            else gettext("Nothing has changed."),
            "done",
        )
    return redirect(url_for(".index", slug=slug))


@bp.post("/run")
def run(slug: str) -> ResponseReturnValue:
    """Delete what is due now, instead of waiting for the daily run; the number is restated."""
    event = event_or_404(slug)
    expected = request.form.get("expected", type=int)
    values: dict[str, Any] = {"data_dir": settings().data_dir, "by": signed_in_reader().id, "now": datetime.now(UTC)}
    try:
        lines = keeping.run(event, expected=expected if expected is not None else -1, **values)
    except LsosError as error:
        flash(words_of(error), "refused")
    else:
        number = sum(line.number for line in lines)
        flash(ngettext("%(num)s entry is deleted.", "%(num)s entries are deleted.", number), "done")
    return redirect(url_for(".index", slug=slug, _anchor="proof"))


@bp.get("/proof.csv")
def proof_csv(slug: str) -> ResponseReturnValue:
    """Give the proof as a file."""
    event = event_or_404(slug)
    head, rows = printing.table(event)
    return csv_answer(f"{event.slug}-deleted.csv", head, rows)


@bp.get("/proof.pdf")
def proof_pdf(slug: str) -> ResponseReturnValue:
    """Give the proof as a printed page."""
    event = event_or_404(slug)
    content = printing.proof_pdf(event, language.current(), now=datetime.now(UTC))
    return file_answer(f"{event.slug}-deleted.pdf", content, "application/pdf")
