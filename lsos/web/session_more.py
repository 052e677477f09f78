"""What belongs to a session besides its words, room and time: who sees it."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from lsos.agenda.models import Session
from lsos.agenda.queries import session_by_code
from lsos.agenda.rules import Visibility
from lsos.agenda.seeing import set_visibility
from lsos.errors import N_, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.queries import participation_types
from lsos.web.errors import words_of
from lsos.web.forms import ChipsField, PageForm, options
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("session_more", __name__, url_prefix="/events/<slug>/organise/agenda/<code>/seen")
bp.before_request(only(Role.PROGRAMME))

#: Who sees a session, in words for the organiser.
VISIBILITY_WORDS = {
    Visibility.PUBLIC: N_("Everybody, without signing in"),
    Visibility.REGISTERED: N_("People with a confirmed registration"),
    Visibility.CHOSEN: N_("Only the kinds of participation chosen below"),
}


class VisibilityForm(PageForm):
    """Who may know of a session."""

    visibility = RadioField(_l("Who sees this session"))
    kinds = ChipsField(_l("Kinds of participation"))


def _session(event: Event, code: str) -> Session:
    return session_by_code(event.id, code) or abort(404)


@bp.route("", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show who sees a session, and change it."""
    event = event_or_404(slug)
    found = _session(event, code)
    kinds = {kind.code: kind for kind in participation_types(event.id)}
    meant = {item.participation_type_id for item in found.audience}
    form = VisibilityForm(
        data={
            "visibility": found.visibility.value,
            "kinds": [code for code, kind in kinds.items() if kind.id in meant],
        }
    )
    form.visibility.choices = options(*((one.value, _(words)) for one, words in VISIBILITY_WORDS.items()))
    form.kinds.choices = options(*((code, plain(kind.name)) for code, kind in kinds.items()))
    if not form.is_submitted():
        return render_template("organise/seen.html", form=form, session=found)
    if form.validate():
        chosen = [kinds[code].id for code in form.kinds.data or ()]
        try:
            set_visibility(found.id, Visibility(form.visibility.data), chosen, actor_id=signed_in_reader().id)
        except Refused as error:
            form.kinds.errors = [*form.kinds.errors, words_of(error)]
        else:
            flash(_("Saved."), "done")
            return redirect(url_for(".edit", slug=slug, code=code))
    return render_template("organise/seen.html", form=form, session=found), 422
