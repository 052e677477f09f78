"""When and where 1:1 meetings are held, for the organiser: blocks of slots, tables, stands, and whether all fits."""

from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange

from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.events.queries import rooms
from lsos.events.rules import Role, moment
from lsos.meetings import blocks, places, tables
from lsos.meetings.blocks import BlockFacts
from lsos.meetings.feasibility import meter
from lsos.meetings.models import MeetingBlock, MeetingTable
from lsos.meetings.tables import TableFacts
from lsos.web import session
from lsos.web.errors import back_with, words_of
from lsos.web.forms import ChipsField, PageForm, options
from lsos.web.look import short_day
from lsos.wording import plain

bp = Blueprint("meeting_places", __name__, url_prefix="/events/<slug>/organise/matching/places")
bp.before_request(session.only(Role.MATCHMAKING))

NUMBER = _l("Choose a number from 1 to 9999.")
LENGTH = _l("Choose a number of minutes from 5 to 240.")
PAUSE = _l("Choose a number of minutes from 0 to 120.")
TIME = _l("Give a time, such as 9:00.")


class TablesForm(PageForm):
    """New tables, with numbers in a row."""

    first = IntegerField(_l("First number"), [InputRequired(NUMBER), NumberRange(1, 9999, NUMBER)])
    last = IntegerField(_l("Last number"), [InputRequired(NUMBER), NumberRange(1, 9999, NUMBER)])
    room = SelectField(_l("Room"))


class TableForm(PageForm):
    """One table: where it stands, whose it is, and when it is closed."""

    room = SelectField(_l("Room"))
    host = SelectField(_l("Stand of"))


class BlockForm(PageForm):
    """A block of time, cut into slots."""

    day = SelectField(_l("Day"), [InputRequired(_l("Choose a day."))])
    starts = TimeField(_l("From"), [InputRequired(TIME)], format="%H:%M")
    ends = TimeField(_l("Until"), [InputRequired(TIME)], format="%H:%M")
    slot_minutes = IntegerField(_l("Minutes per meeting"), [InputRequired(LENGTH), NumberRange(5, 240, LENGTH)])
    buffer_minutes = IntegerField(
        _l("Minutes between two meetings"), [InputRequired(PAUSE), NumberRange(0, 120, PAUSE)]
    )


@bp.get("")
def index(slug: str) -> ResponseReturnValue:
    """Show blocks and tables, and whether what people wish fits into them."""
    event = session.event_or_404(slug)
    return _page(event, _tables_form(event))


def _page(event: Event, form: TablesForm, code: int = 200) -> ResponseReturnValue:
    slots, opened = places.slots_of(event.id), places.open_tables(event.id)
    open_times = [table.id for them in opened.values() for table in them]
    found = blocks.blocks_of(event.id)
    return render_template(
        "meeting_places/index.html",
        form=form,
        blocks=[(one, sum(one.starts_at <= slot.starts_at < one.ends_at for slot in slots)) for one in found],
        slots=len(slots),
        tables=[(one, len(slots) - open_times.count(one.id)) for one in places.tables_of(event.id)],
        meter=meter(event.id, now=datetime.now(UTC)) if slots and opened else None,
    ), code


def _tables_form(event: Event) -> TablesForm:
    last = max((table.number for table in places.tables_of(event.id)), default=0)
    form = TablesForm(data={"first": last + 1, "last": last + 10})
    form.room.choices = _room_choices(event)
    return form


def _room_choices(event: Event) -> list[tuple[str, str]]:
    return options(("", gettext("not said")), *((room.code, plain(room.name)) for room in rooms(event.id)))


def _room_id(event: Event, code: str | None) -> int | None:
    return next((room.id for room in rooms(event.id) if room.code == code), None)


# ---- tables


@bp.post("/tables")
def make_tables(slug: str) -> ResponseReturnValue:
    """Make tables with numbers in a row."""
    event = session.event_or_404(slug)
    form = _tables_form(event)
    if not form.validate():
        return _page(event, form, 422)
    try:
        made = tables.make_tables(
            event.id,
            form.first.data or 0,
            form.last.data or 0,
            TableFacts(_room_id(event, form.room.data)),
            by=session.signed_in_reader().id,
        )
    except LsosError as error:
        form.first.errors = [*form.first.errors, words_of(error)]
        return _page(event, form, 422)
    flash(ngettext("%(num)s table is there now.", "%(num)s tables are there now.", made), "done")
    return redirect(url_for(".index", slug=slug, _anchor="tables"))


@bp.post("/stands")
def make_stands(slug: str) -> ResponseReturnValue:
    """Make a table of each stand of the zone that has none yet."""
    event = session.event_or_404(slug)
    made = tables.stands_of_zone(event.id, by=session.signed_in_reader().id)
    if made:
        flash(ngettext("%(num)s stand is a table now.", "%(num)s stands are tables now.", made), "done")
    else:
        flash(gettext("Every organisation with a stand in the zone has a table already."), "done")
    return redirect(url_for(".index", slug=slug, _anchor="tables"))


@bp.route("/tables/<int:number>", methods=["GET", "POST"])
def table(slug: str, number: int) -> ResponseReturnValue:
    """Show a table, and say where it stands, whose it is and when it is closed."""
    event = session.event_or_404(slug)
    found = next((one for one in places.tables_of(event.id) if one.number == number), None) or abort(404)
    form, days = _table_form(event, found)
    if form.is_submitted() and form.validate():
        by_code = {str(host.id): host.id for host in tables.hosts_at(event.id)}
        closed = frozenset(int(typed) for day in days for typed in form[day].data or ())
        facts = TableFacts(_room_id(event, form.room.data), by_code.get(form.host.data or ""), closed)
        try:
            tables.change_table(event.id, number, facts, by=session.signed_in_reader().id)
        except LsosError as error:
            form.room.errors = [*form.room.errors, words_of(error)]
        else:
            flash(gettext("Saved."), "done")
            return redirect(url_for(".index", slug=slug, _anchor="tables"))
    return render_template(
        "meeting_places/table.html", form=form, days=days, table=found
    ), 422 if form.is_submitted() else 200


def _table_form(event: Event, found: MeetingTable) -> tuple[TableForm, list[str]]:
    """Give the form of a table, with its closed times as one field a day."""
    slots, opened = places.slots_of(event.id), places.open_tables(event.id)
    open_at = {slot_id for slot_id, them in opened.items() if found.id in {one.id for one in them}}
    zone = ZoneInfo(event.timezone)
    days = {
        f"closed_{day:%Y%m%d}": (short_day(day), list(group))
        for day, group in groupby(slots, key=lambda slot: places.local_day(slot.starts_at, event.timezone))
    }
    data: dict[str, object] = {
        "room": found.room.code if found.room else "",
        "host": str(found.host_organisation_id or ""),
        **{name: [str(one.id) for one in own if one.id not in open_at] for name, (_, own) in days.items()},
    }
    fields = {name: ChipsField(words) for name, (words, _) in days.items()}
    form: TableForm = type("TableForm", (TableForm,), fields)(data=data)
    for name, (_, own) in days.items():
        form[name].choices = options(*((str(one.id), f"{one.starts_at.astimezone(zone):%H:%M}") for one in own))
    form.room.choices = _room_choices(event)
    form.host.choices = options(
        ("", gettext("nobody: a table for everybody")), *((str(one.id), one.name) for one in tables.hosts_at(event.id))
    )
    return form, list(days)


@bp.post("/tables/<int:number>/remove")
def remove_table(slug: str, number: int) -> ResponseReturnValue:
    """Take a table away that nobody meets at."""
    event = session.event_or_404(slug)
    back = url_for(".index", slug=slug, _anchor="tables")
    try:
        tables.remove_table(event.id, number, by=session.signed_in_reader().id)
    except LsosError as error:
        return back_with(error, back)
    flash(gettext("Taken away."), "done")
    return redirect(back)


# ---- blocks of time


@bp.route("/times/new", methods=["GET", "POST"])
def new_block(slug: str) -> ResponseReturnValue:
    """Show an empty form, and make a block of slots."""
    return _edit(session.event_or_404(slug), None)


@bp.route("/times/<uid>", methods=["GET", "POST"])
def block(slug: str, uid: str) -> ResponseReturnValue:
    """Show a block, and change it."""
    event = session.event_or_404(slug)
    return _edit(event, next((one for one in blocks.blocks_of(event.id) if one.uid == uid), None) or abort(404))


def _edit(event: Event, found: MeetingBlock | None) -> ResponseReturnValue:
    form = _block_form(event, found)
    if form.is_submitted() and form.validate():
        day = next(day for day in event.days if day.isoformat() == form.day.data)
        assert form.starts.data is not None
        assert form.ends.data is not None
        facts = BlockFacts(
            moment(day, form.starts.data, event.timezone),
            moment(day, form.ends.data, event.timezone),
            form.slot_minutes.data or 0,
            form.buffer_minutes.data or 0,
        )
        try:
            blocks.save_block(event.id, found.uid if found else None, facts, by=session.signed_in_reader().id)
        except LsosError as error:
            form.ends.errors = [*form.ends.errors, words_of(error)]
        else:
            flash(ngettext("Saved: %(num)s slot.", "Saved: %(num)s slots.", len(facts.slots)), "done")
            return redirect(url_for(".index", slug=event.slug))
    page = render_template("meeting_places/block.html", form=form, block=found)
    return page, 422 if form.is_submitted() else 200


def _block_form(event: Event, found: MeetingBlock | None) -> BlockForm:
    settings = places.settings_of(event.id)
    data: dict[str, object] = {
        "slot_minutes": settings.slot_minutes if settings else 20,
        "buffer_minutes": settings.buffer_minutes if settings else 5,
    }
    if found is not None:
        zone = ZoneInfo(event.timezone)
        starts, ends = found.starts_at.astimezone(zone), found.ends_at.astimezone(zone)
        data = {
            "day": starts.date().isoformat(),
            "starts": starts.time(),
            "ends": ends.time(),
            "slot_minutes": found.slot_minutes,
            "buffer_minutes": found.buffer_minutes,
        }
    form = BlockForm(data=data)
    form.day.choices = options(*((day.isoformat(), short_day(day)) for day in event.days))
    return form


@bp.post("/times/<uid>/remove")
def remove_block(slug: str, uid: str) -> ResponseReturnValue:
    """Take a block away that no meeting is in."""
    event = session.event_or_404(slug)
    try:
        blocks.remove_block(event.id, uid, by=session.signed_in_reader().id)
    except LsosError as error:
        return back_with(error, url_for(".index", slug=slug))
    flash(gettext("Taken away."), "done")
    return redirect(url_for(".index", slug=slug))
