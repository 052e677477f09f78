"""What sessions need of house and people: rooms with seats, equipment and hours, and when speakers cannot come."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import DateTimeLocalField, IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.drafting.queries import Draft, draft_of, hours_of
from lsos.drafting.removing import remove, uses_of
from lsos.errors import LsosError
from lsos.events.models import Event, PersonAway, Room
from lsos.events.queries import rooms
from lsos.events.rooms import RoomFacts, Stretch, forget_absence, note_absence, save_room
from lsos.events.rules import Role, moment
from lsos.texts import Bilingual
from lsos.web.errors import words_of
from lsos.web.facts import from_local
from lsos.web.forms import PageForm, name_field, options
from lsos.web.look import short_day
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.timetable import local_day
from lsos.web.uses import place_choices, uses_words
from lsos.wording import plain

bp = Blueprint("rooms", __name__, url_prefix="/events/<slug>/organise/rooms")
bp.before_request(only(Role.PROGRAMME))


class RoomForm(PageForm):
    """What a room is called, holds and has; its hours follow, day by day."""

    name_pl = name_field(_l("Name in Polish"))
    name_en = name_field(_l("Name in English"))
    capacity = IntegerField(
        _l("Seats"),
        [Optional(), NumberRange(min=0, max=100_000, message=_l("Write a number of seats, or nothing."))],
        description=_l("Leave it empty where nobody counts."),
    )
    equipment = name_field(
        _l("What is there"), description=_l("By commas, such as: projector, piano. Sessions ask for it in these words.")
    )
    after = SelectField(_l("Where it stands in lists and in the editor"))


@dataclass(frozen=True)
class Open:
    """When a room can be used on a day, and which fields say so."""

    day: date
    opens: str
    closes: str


def _form(event: Event, room: Room | None, hours: list[Interval]) -> tuple[RoomForm, list[Open]]:
    """Give the form of a room, with two fields for each day; a stretch over midnight ends with its day."""
    days = [Open(day, f"opens_{day:%Y%m%d}", f"closes_{day:%Y%m%d}") for day in event.days]
    fields = {
        name: TimeField(label, [Optional()], format="%H:%M")
        for one in days
        for name, label in (
            (one.opens, _("%(day)s, from", day=short_day(one.day))),
            (one.closes, _("%(day)s, to", day=short_day(one.day))),
        )
    }
    places, place = place_choices([(one, plain(one.name)) for one in rooms(event.id)], room)
    data: dict[str, object] = {"after": place}
    if room is not None:
        data |= {
            "name_pl": room.name.pl,
            "name_en": room.name.en,
            "capacity": room.capacity,
            "equipment": ", ".join(room.equipment),
        }
    zone = event.timezone
    for one in days:
        todays = [span for span in hours if local_day(span.starts_at, zone) == one.day]
        if todays:
            data[one.opens] = _local(min(span.starts_at for span in todays), event)
            data[one.closes] = _local(max(span.ends_at for span in todays), event)
    form: RoomForm = type("RoomForm", (RoomForm,), fields)(data=data)
    form.after.choices = places
    return form, days


def _local(at: datetime, event: Event) -> time:
    return at.astimezone(ZoneInfo(event.timezone)).time()


def _hours(event: Event, form: RoomForm, days: list[Open]) -> list[Stretch]:
    """Read the hours; half of them, or none in the right order, is told at the field."""
    found = []
    for one in days:
        opens, closes = form[one.opens], form[one.closes]
        if opens.data is None and closes.data is None:
            continue
        if opens.data is None or closes.data is None:
            lacking = opens if opens.data is None else closes
            lacking.errors = [*lacking.errors, _("Give both, or neither.")]
        elif closes.data <= opens.data:
            closes.errors = [*closes.errors, _("It ends before it starts.")]
        else:
            found.append((moment(one.day, opens.data, event.timezone), moment(one.day, closes.data, event.timezone)))
    return found


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """List the rooms, and who cannot come when."""
    event = event_or_404(slug)
    return _list(event, _away_form(draft_of(event.id)))


def _list(event: Event, form: "AwayForm", *, code: int = 200) -> ResponseReturnValue:
    away = db.session.scalars(
        select(PersonAway)
        .where(PersonAway.event_id == event.id)
        .order_by(PersonAway.starts_at, PersonAway.id)
        .options(joinedload(PersonAway.person))
    ).all()
    return render_template(
        "rooms/index.html", rooms=rooms(event.id), hours=hours_of(event.id), form=form, away=away
    ), code


@bp.route("/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """Show an empty form, and add a room."""
    event = event_or_404(slug)
    return _edit(event, None, [])


@bp.route("/<code>", methods=["GET", "POST"])
def edit(slug: str, code: str) -> ResponseReturnValue:
    """Show a room, and change it."""
    event = event_or_404(slug)
    room = next((one for one in rooms(event.id) if one.code == code), None) or abort(404)
    return _edit(event, room, hours_of(event.id).get(room.id, []))


def _edit(event: Event, room: Room | None, hours: list[Interval]) -> ResponseReturnValue:
    form, days = _form(event, room, hours)
    if form.is_submitted() and form.validate():
        stretches = _hours(event, form, days)
        if not form.errors:
            words = {word.strip() for word in (form.equipment.data or "").split(",")}
            wish = RoomFacts(
                Bilingual(form.name_pl.data or "", form.name_en.data or ""),
                form.capacity.data,
                tuple(sorted(word for word in words if word)),
                tuple(stretches),
                form.after.data or None,
            )
            try:
                save_room(event.id, room.code if room else None, wish, actor_id=signed_in_reader().id)
            except LsosError as error:
                form.name_pl.errors = [*form.name_pl.errors, words_of(error)]
            else:
                flash(_("Saved."), "done")
                return redirect(url_for(".index", slug=event.slug))
    uses = uses_words(uses_of(Room, [room.id])[room.id]) if room else []
    page = render_template("rooms/edit.html", form=form, days=days, room=room, uses=uses)
    return page, 422 if form.is_submitted() else 200


@bp.post("/<code>/remove")
def remove_room(slug: str, code: str) -> ResponseReturnValue:
    """Take away a room that nothing uses."""
    event = event_or_404(slug)
    try:
        remove(Room, event, code, actor_id=signed_in_reader().id)
    except LsosError as error:
        flash(words_of(error), "wrong")
        return redirect(url_for(".edit", slug=slug, code=code))
    flash(_("Taken away."), "done")
    return redirect(url_for(".index", slug=slug))


# ---- who cannot come


class AwayForm(PageForm):
    """Who cannot be in a session, from when until when."""

    person = SelectField(_l("Who"), [InputRequired(_l("Choose somebody."))])
    starts_at = DateTimeLocalField(_l("From"), [InputRequired(_l("Say from when."))], format="%Y-%m-%dT%H:%M")
    ends_at = DateTimeLocalField(_l("Until"), [InputRequired(_l("Say until when."))], format="%Y-%m-%dT%H:%M")


def _away_form(draft: Draft) -> AwayForm:
    form = AwayForm()
    names = sorted(draft.names.items(), key=lambda pair: (pair[1], pair[0]))
    form.person.choices = options(("", _("choose")), *((str(key), name) for key, name in names))
    return form


@bp.post("/away")
def note_away(slug: str) -> ResponseReturnValue:
    """Note that somebody cannot come for a while."""
    event = event_or_404(slug)
    form = _away_form(draft_of(event.id))
    if form.validate():
        starts, ends = (from_local(field.data, event.timezone) for field in (form.starts_at, form.ends_at))
        assert starts is not None
        assert ends is not None
        stretch = starts.astimezone(UTC), ends.astimezone(UTC)
        try:
            note_absence(event.id, int(form.person.data), stretch, actor_id=signed_in_reader().id)
        except LsosError as error:
            form.ends_at.errors = [*form.ends_at.errors, words_of(error)]
        else:
            flash(_("Noted. The editor shows what it stands in the way of."), "done")
            return redirect(url_for(".index", slug=slug, _anchor="away"))
    return _list(event, form, code=422)


@bp.post("/away/<int:number>/forget")
def forget_away(slug: str, number: int) -> ResponseReturnValue:
    """Take an absence back."""
    event = event_or_404(slug)
    forget_absence(event.id, number, actor_id=signed_in_reader().id)
    flash(_("Taken back."), "done")
    return redirect(url_for(".index", slug=slug, _anchor="away"))
