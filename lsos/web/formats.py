"""Formats of sessions, the same for every event: for those who make programmes on the whole platform."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from lsos.drafting.removing import remove, uses_of
from lsos.errors import LsosError
from lsos.events.rules import Role
from lsos.taxonomy.models import SessionFormat
from lsos.taxonomy.queries import session_formats
from lsos.taxonomy.service import save_format
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field
from lsos.web.session import only_everywhere, signed_in_reader
from lsos.web.uses import place_choices, uses_words
from lsos.wording import plain

bp = Blueprint("formats", __name__, url_prefix="/formats")
bp.before_request(only_everywhere(Role.PROGRAMME))


class FormatForm(PageForm):
    """What a format is called."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    after = SelectField(_l("Where it stands in lists"))


@bp.get("")
def index() -> ResponseReturnValue:
    """List the formats, each with what uses it."""
    formats = session_formats()
    uses = uses_of(SessionFormat, [one.id for one in formats])
    return render_template("formats/index.html", formats=[(one, uses_words(uses[one.id])) for one in formats])


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Show an empty form, and add a format."""
    return _edit(None)


@bp.route("/<code>", methods=["GET", "POST"])
def edit(code: str) -> ResponseReturnValue:
    """Show a format, and change it."""
    return _edit(next((one for one in session_formats() if one.code == code), None) or abort(404))


def _edit(found: SessionFormat | None) -> ResponseReturnValue:
    places, place = place_choices([(one, plain(one.name)) for one in session_formats()], found)
    data = {"name_pl": found.name.pl, "name_en": found.name.en} if found else {}
    form = FormatForm(data=data | {"after": place})
    form.after.choices = places
    if form.is_submitted() and form.validate():
        name = Bilingual(form.name_pl.data or "", form.name_en.data or "")
        after = form.after.data or None
        try:
            save_format(found.code if found else None, name, after=after, actor_id=signed_in_reader().id)
        except LsosError as error:
            form.name_pl.errors = [*form.name_pl.errors, words_of(error)]
        else:
            flash(_("Saved. Everybody reads it so from now on."), "done")
            return redirect(url_for(".index"))
    uses = uses_words(uses_of(SessionFormat, [found.id])[found.id]) if found else []
    page = render_template("formats/edit.html", form=form, found=found, uses=uses)
    return page, 422 if form.is_submitted() else 200


@bp.post("/<code>/remove")
def remove_format(code: str) -> ResponseReturnValue:
    """Take away a format that nothing uses."""
    try:
        remove(SessionFormat, None, code, actor_id=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "wrong")
        return redirect(url_for(".edit", code=code))
    flash(_("Taken away."), "done")
    return redirect(url_for(".index"))
