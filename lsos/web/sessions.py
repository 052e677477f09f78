"""One session, for those who make the programme: its words, its room and time, its seats."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from lsos.agenda.models import Session
from lsos.agenda.queries import gaps_of, session_by_code, sessions_of
from lsos.agenda.rules import SessionGap
from lsos.agenda.service import SessionEdit
from lsos.agenda.service import edit as edit_session
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.queries import focus_areas, rooms
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.facts import from_local, to_local
from lsos.web.forms import PageForm, long_field, name_field, options
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader

bp = Blueprint("sessions", __name__, url_prefix="/events/<slug>/organise/agenda")
bp.before_request(only(Role.PROGRAMME))


class SessionForm(PageForm):
    """What a session says of itself, and where and when it is."""

    title_pl = name_field(_l("Title in Polish"))
    title_en = name_field(_l("Title in English"))
    abstract_pl = long_field(_l("What it is about, in Polish"))
    abstract_en = long_field(_l("What it is about, in English"))
    focus_area = SelectField(_l("Focus area"))
    room = SelectField(_l("Room"))
    starts_at = DateTimeLocalField(_l("Starts"), [Optional()], format="%Y-%m-%dT%H:%M")
    ends_at = DateTimeLocalField(_l("Ends"), [Optional()], format="%Y-%m-%dT%H:%M")
    seats = IntegerField(
        _l("Seats for sign-ups"),
        [Optional(), NumberRange(min=0, max=100_000, message=_l("Write a number of seats, or nothing."))],
        description=_l("Leave it empty where seats are not counted."),
    )


def _form(event: Event, found: Session) -> SessionForm:
    """Give the form filled with what the session says now, or with what was sent."""
    form = SessionForm(
        data={
            "title_pl": found.title.pl,
            "title_en": found.title.en,
            "abstract_pl": found.abstract.pl,
            "abstract_en": found.abstract.en,
            "focus_area": found.focus_area.code if found.focus_area else "",
            "room": found.room.code if found.room else "",
            "starts_at": to_local(found.starts_at, event.timezone),
            "ends_at": to_local(found.ends_at, event.timezone),
            "seats": found.seats,
        }
    )
    nothing = ("", _("none"))
    form.focus_area.choices = options(nothing, *((area.code, plain(area.name)) for area in focus_areas(event.id)))
    form.room.choices = options(nothing, *((room.code, plain(room.name)) for room in rooms(event.id)))
    return form


def _wish(event: Event, form: SessionForm) -> SessionEdit:
    areas = {area.code: area.id for area in focus_areas(event.id)}
    places = {room.code: room.id for room in rooms(event.id)}
    starts_at: datetime | None = from_local(form.starts_at.data, event.timezone)
    return SessionEdit(
        title=Bilingual(form.title_pl.data or "", form.title_en.data or ""),
        abstract=Bilingual(form.abstract_pl.data or "", form.abstract_en.data or ""),
        room_id=places.get(form.room.data),
        focus_area_id=areas.get(form.focus_area.data),
        starts_at=starts_at,
        ends_at=from_local(form.ends_at.data, event.timezone),
        seats=form.seats.data,
    )


#: Which field an answer of the rule belongs to.
_FIELDS = {"one_time_only": "starts_at", "ends_too_early": "ends_at", "seats_taken": "seats", "no_title": "title_pl"}


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show a session's parts, and change them."""
    event = event_or_404(slug)
    found = session_by_code(event.id, code) or abort(404)
    form = _form(event, found)
    if not form.is_submitted():
        return render_template("organise/session.html", form=form, session=found)
    if form.validate():
        try:
            changed = edit_session(found.id, _wish(event, form), actor_id=signed_in_reader().id)
        except Refused as error:
            at = form[_FIELDS[str(error.reason)]]
            at.errors = [*at.errors, words_of(error)]
        else:
            flash(_("Saved.") if changed else _("Nothing was different, so nothing was changed."), "done")
            _warn(event, found)
            return redirect(url_for("organise.agenda", slug=slug))
    return render_template("organise/session.html", form=form, session=found), 422


def _warn(event: Event, found: Session) -> None:
    """Say what the session now stands in the way of; the organiser decides whether that is meant."""
    gaps = gaps_of(sessions_of(event.id))[found.id]
    for gap in (SessionGap.ROOM_TAKEN, SessionGap.TOO_MANY_SEATS):
        if gap in gaps:
            flash(f"{plain(found.title)}: {_(gap.value)}", "refused")
