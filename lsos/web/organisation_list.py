"""A list of organisations from a file: looked at line by line, then taken in."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, TextAreaField
from wtforms.validators import ValidationError

from lsos.errors import InputError
from lsos.events.rules import Role
from lsos.organisations.keeping import facts_of
from lsos.organisations.listing import Found, Match, changes, find_lines, take
from lsos.organisations.queries import organisations_whole
from lsos.organisations.reading import Line, Reading, decode, read
from lsos.taxonomy.queries import stakeholder_types
from lsos.texts import search_key
from lsos.web.errors import words_of
from lsos.web.forms import Needed, PageForm
from lsos.web.organisations import FIELD_NAMES
from lsos.web.session import only_everywhere, signed_in_reader

bp = Blueprint("organisation_list", __name__, url_prefix="/organisations/list")
bp.before_request(only_everywhere(Role.REGISTRATIONS))

#: So many new and changed lines are shown whole; the rest is counted.
SHOWN = 100


class FileForm(PageForm):
    """A list as a file, or pasted from a spreadsheet."""

    file = FileField(_l("File"), [Needed()])
    pasted = TextAreaField(_l("Or paste it here, with the line that names the columns"), [Needed()])

    def validate_pasted(self, _field: TextAreaField) -> None:
        """Ask for one of the two."""
        if not self.file.data and not (self.pasted.data or "").strip():
            raise ValidationError(gettext("Choose a file, or paste a list."))


class TakeForm(PageForm):
    """The list once more, and whether it knows better."""

    text = TextAreaField()
    replace_known = BooleanField(_l("Where the list says otherwise than we do, the list is right"))


def _types() -> dict[str, str]:
    """Give the types of organisation by every way to write them."""
    found = {}
    for kind in stakeholder_types():
        for words in (kind.code, kind.name.pl, kind.name.en):
            found[search_key(words)] = kind.code
    return found


@bp.get("")
def choose() -> ResponseReturnValue:
    """Ask for a list."""
    return render_template("organisations/list.html", form=FileForm(formdata=None))


@bp.post("")
def look() -> ResponseReturnValue:
    """Read a list and say what each line comes to; nothing is written."""
    form = FileForm()
    if not form.validate():
        return render_template("organisations/list.html", form=form), 422
    try:
        text = decode(form.file.data.read() if form.file.data else (form.pasted.data or "").encode())
        reading = read(text, types=_types())
    except InputError as error:
        wrong = form.file if form.file.data else form.pasted
        wrong.errors = [words_of(error)]
        return render_template("organisations/list.html", form=form), 422
    return _preview(reading, TakeForm(formdata=None, data={"text": reading.text}))


def _preview(reading: Reading, form: TakeForm) -> str:
    found = find_lines(reading.lines)
    known = organisations_whole([key for _line, one in found for key in one.candidates])

    def lines(match: Match) -> list[tuple[Line, Found, list[Any]]]:
        return [
            (line, one, [known[key] for key in one.candidates if key in known])
            for line, one in found
            if one.match is match
        ]

    updates = [
        (line, one, of[0], [(FIELD_NAMES.get(c.field, NAMES.get(c.field, c.field)), c) for c in changed])
        for line, one, of in lines(Match.UPDATE)
        if of and (changed := changes(facts_of(of[0]), line.facts))
    ]
    return render_template(
        "organisations/list_preview.html",
        form=form,
        reading=reading,
        new=lines(Match.NEW),
        updates=updates,
        unchanged=len(lines(Match.UPDATE)) - len(updates),
        unsure=lines(Match.UNSURE),
        shown=SHOWN,
    )


#: What the facts are called that only add up.
NAMES = {"aliases": _l("Other name"), "domains": _l("Domain")}


@bp.post("/take")
def take_in() -> ResponseReturnValue:
    """Take the list in, with what the organiser decided about the lines that are unsure."""
    form = TakeForm()
    form.validate()
    try:
        reading = read((form.text.data or "").replace("\r\n", "\n"), types=_types())
    except InputError as error:
        flash(words_of(error), "refused")
        return redirect(url_for(".choose"))
    choices = {line.number: request.form.get(f"line-{line.number}", "") for line in reading.lines}
    done = take(
        reading.lines,
        choices,
        replace_known=bool(form.replace_known.data),
        by=signed_in_reader().id,
        now=datetime.now(UTC),
    )
    flash(
        ngettext("%(num)s organisation was added.", "%(num)s organisations were added.", len(done.added))
        + " "
        + ngettext("%(num)s was brought up to date.", "%(num)s were brought up to date.", len(done.updated)),
        "done",
    )
    for number, refused in done.refused:
        flash(gettext("Line %(line)s: %(why)s", line=number, why=words_of(refused)), "refused")
    return redirect(url_for("organisations.index"))
