"""What a session leaves behind: organisers add it, and whoever may see the session takes it."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, SelectField, StringField
from wtforms.validators import Length

from lsos.agenda.materials import MEGABYTES, TAKEN, Sent, add, file_path, material_of, materials_of, remove
from lsos.agenda.models import Session
from lsos.agenda.queries import session_by_code
from lsos.agenda.rules import MaterialKind
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field, options, strip
from lsos.web.look import settings
from lsos.web.seeing import session_or_404
from lsos.web.session import anyone, event_or_404, only, signed_in_reader
from lsos.web.zone_mine import kinds_words

bp = Blueprint("material", __name__, url_prefix="/events/<slug>/programme/<code>/files")
bp.before_request(anyone)
desk = Blueprint("materials", __name__, url_prefix="/events/<slug>/organise/agenda/<code>/files")
desk.before_request(only(Role.PROGRAMME))

KIND_WORDS = {
    MaterialKind.RECORDING: N_("Recording"),
    MaterialKind.SLIDES: N_("Slides"),
    MaterialKind.MORE: N_("More to read"),
}


class MaterialForm(PageForm):
    """A link or a file, and what it is."""

    kind = SelectField(_l("What it is"))
    title_pl = name_field(_l("Name in Polish"))
    title_en = name_field(_l("Name in English"))
    url = StringField(_l("Address"), [Length(max=500)], filters=[strip])
    file = FileField(_l("Or a file"))


@bp.get("/<uid>")
def take(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Give a file, as what its kind is, and let nothing in it run."""
    session = session_or_404(event_or_404(slug), code)
    found = material_of(session.id, uid)
    if found is None or not found.name:
        abort(404)
    place = file_path(settings().data_dir, found.uid)
    if not place.is_file():
        raise NotFound(N_("This file is not on the server any more."))
    answer = Response(place.read_bytes(), mimetype=found.content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _released(event: Event, code: str) -> Session:
    return session_by_code(event.id, code) or abort(404)


@desk.route("", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show what a session left behind, and add to it."""
    event = event_or_404(slug)
    session = _released(event, code)
    form = MaterialForm()
    form.kind.choices = options(*((kind.value, _(words)) for kind, words in KIND_WORDS.items()))
    form.file.description = _("Up to %(megabytes)s MB: %(kinds)s.", megabytes=MEGABYTES, kinds=kinds_words(TAKEN))
    if form.is_submitted() and form.validate():
        sent = request.files.get("file")
        try:
            add(
                session.id,
                MaterialKind(form.kind.data),
                Bilingual(form.title_pl.data or "", form.title_en.data or ""),
                url=form.url.data or "",
                sent=Sent(sent.filename, sent.read()) if sent is not None and sent.filename else None,
                data_dir=settings().data_dir,
                by=signed_in_reader().id,
                now=datetime.now(UTC),
            )
        except Refused as error:
            form.url.errors = [*form.url.errors, words_of(error)]
        else:
            flash(_("Added. Whoever may see the session sees it now."), "done")
            return redirect(url_for(".edit", slug=slug, code=code))
    page = render_template(
        "organise/materials.html", form=form, session=session, materials=materials_of([session.id])[session.id]
    )
    return page, 422 if form.errors else 200


@desk.post("/<uid>/remove")
def take_away(slug: str, code: str, uid: str) -> ResponseReturnValue:
    """Take a link or a file away."""
    session = _released(event_or_404(slug), code)
    remove(session.id, uid, by=signed_in_reader().id)
    flash(_("It is taken away."), "done")
    return redirect(url_for(".edit", slug=slug, code=code))
