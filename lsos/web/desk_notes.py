"""What the desk is told of people when their badges are scanned: all notes of an event, and one to write."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lsos.checkin import queries
from lsos.checkin.facts import local_day
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.desk_notes import LENGTH, with_desk_note, write_desk_note
from lsos.registration.models import Registration
from lsos.registration.queries import registration_by_uid
from lsos.web.errors import words_of
from lsos.web.forms import PageForm, name_field
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("desk_notes", __name__, url_prefix="/events/<slug>/organise/desk-notes")
#: Who may find guests by name at the door.
bp.before_request(only(Role.REGISTRATIONS))


class DeskNoteForm(PageForm):
    """What the desk reads when the badge is scanned."""

    text = name_field(
        _l("What the desk reads"),
        max_length=LENGTH,
        description=_l(
            "Short, such as: Speaker, please call Magda. Everybody at the door sees it, and the person in the file of "
            "their data. Nothing of health or beliefs."
        ),
    )


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the notes, with who came today, and find somebody to write one on."""
    event = event_or_404(slug)
    words = request.args.get("q", "").strip()[:100]
    noted = with_desk_note(event.id)
    today = local_day(event, datetime.now(UTC))
    return render_template(
        "desk_notes/index.html",
        noted=noted,
        here=queries.here_among([one.id for one in noted], today),
        is_on=today in event.days,
        words=words,
        found=queries.search_by_name(event.id, words) if words else [],
    )


@bp.route("/<uid>", methods=["GET", "POST"])
def write(slug: str, uid: str) -> ResponseReturnValue:
    """Show the note on one person, and write it; an empty one is taken away."""
    event = event_or_404(slug)
    registration = _one(event, uid)
    form = DeskNoteForm(data={"text": registration.desk_note})
    if form.is_submitted() and form.validate():
        text = form.text.data or ""
        try:
            write_desk_note(event, uid, text, by=signed_in_reader().id)
        except Refused as error:
            form.text.errors = [*form.text.errors, words_of(error)]
        else:
            said = _("The desk will be told.") if text else _("The desk is told nothing any more.")
            flash(said, "done")
            return redirect(url_for(".index", slug=slug))
    page = render_template("desk_notes/write.html", registration=registration, form=form)
    return page, 422 if form.errors else 200


def _one(event: Event, uid: str) -> Registration:
    found = registration_by_uid(event.id, uid)
    if found is None:
        raise NotFound(_("There is no such registration at this event."))
    return found
