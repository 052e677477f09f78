"""The organisers' agenda editor: a day of the draft as a board, and a small form for each block of it.

Every address answers a page, or, to the script of the board, JSON with the board as it is afterwards.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange, Optional

from lsos.drafting import service
from lsos.drafting.conflicts import conflicts_of
from lsos.drafting.content import Content
from lsos.drafting.desk import EditedMeanwhile
from lsos.drafting.queries import Draft, draft_of, history_of, latest_step
from lsos.drafting.suggested import places_for
from lsos.errors import N_, LsosError, Refused
from lsos.events import rules
from lsos.events.models import Event, Room
from lsos.events.queries import focus_areas
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.web.board import day_shown
from lsos.web.editor_sheet import Block, Sheet, block_of, finds_of, sheet_of, title_of, version_of, where_words
from lsos.web.errors import words_of
from lsos.web.forms import Needed, PageForm, options
from lsos.web.look import plain, short_day, stamp
from lsos.web.people import FRAGMENT
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.timetable import local_day
from lsos.wording import listed

bp = Blueprint("editor", __name__, url_prefix="/events/<slug>/organise/editor")
bp.before_request(only(Role.PROGRAMME))


#: A programme from a file may be decades old; beyond that, dates cannot be reckoned with in every zone.
REACH = timedelta(days=36_500)


class UndoRefusal(StrEnum):
    """Why the last step is not taken back, in words for whoever made it."""

    CHANGED = N_("%(name)s has changed the same since, so it stays as it is now.")


class CopyRefusal(StrEnum):
    """Why nothing is copied, in words for whoever asked for it."""

    NO_ROOMS = N_("Choose at least one room to copy it to.")


class PlaceForm(PageForm):
    """Where and when a session is, and how long."""

    room = SelectField(_l("Room"))
    day = SelectField(_l("Day"))
    start = TimeField(_l("Starts"), [Needed(), Optional()], format="%H:%M")
    minutes = IntegerField(
        _l("Length in minutes"),
        [
            InputRequired(_l("Say how many minutes it takes.")),
            NumberRange(min=1, max=1440, message=_l("Write a number of minutes, up to a day.")),
        ],
    )


# ---- the board


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show a day of the draft; whoever has seen it already is told by 304 that it is still the same."""
    event = event_or_404(slug)
    day = _day(event, request.args.get("day", ""))
    version = version_of(latest_step(event.id), day)
    if FRAGMENT in request.headers:
        if request.headers.get("If-None-Match") == version:
            return Response(status=304, headers={"ETag": version})
        answer = make_response(_board(event, day))
        answer.headers["ETag"] = version
        return answer
    draft = draft_of(event.id)
    if day.isoformat() != request.args.get("day"):
        day = _day_with_blocks(draft, day)
    return render_template("editor/index.html", sheet=_sheet(draft, day), words=_words())


def _words() -> dict[str, str]:
    """Give the sentences that the script says by itself."""
    return {
        "clash": _("At the same time:"),
        "locked": _("It is locked where it is. Open it to unlock it."),
        "offline": _("No connection. What you did last is not saved; try it again."),
        "stale": _("That was not saved. Reload the page and try it again."),
    }


def _day(event: Event, wish: str) -> date:
    """Choose the day that is looked at: the one asked for, else today or the first."""
    try:
        asked = date.fromisoformat(wish)
    except ValueError:
        asked = event.starts_on
    others = [asked] if abs(asked - event.starts_on) < REACH else []
    return day_shown([*event.days, *others], wish, local_day(datetime.now(UTC), event.timezone))


def _day_with_blocks(draft: Draft, day: date) -> date:
    """Give a day to open on that nobody asked for: this one if it has a session, else the first that has one."""
    timed = (content.when for content in draft.contents.values())
    days = {local_day(when.starts_at, draft.event.timezone) for when in timed if when}
    return day if day in days else min(days, default=day)


def _sheet(draft: Draft, day: date) -> Sheet:
    event_id = draft.event.id
    return sheet_of(
        draft,
        history_of(event_id),
        day=day,
        areas=focus_areas(event_id),
        reader_id=signed_in_reader().id,
        found=conflicts_of(draft),
    )


def _board(event: Event, day: date) -> str:
    return render_template("editor/_board.html", sheet=_sheet(draft_of(event.id), day))


# ---- answers


def _is_for_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _seen(event: Event) -> int:
    """Give the number of the step that the sender's page was made after."""
    typed = request.form.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else latest_step(event.id)


def _done(event: Event, said: str, uid: str = "", *, day: date | None = None) -> ResponseReturnValue:
    """Say what was done, and show the board: the day that was looked at, or to a reader of pages the one it is on."""
    shown = _day(event, request.form.get("shown", ""))
    if _is_for_script():
        return jsonify(said=said, board=_board(event, shown))
    flash(said, "done")
    return redirect(
        url_for(".index", slug=event.slug, day=(day or shown).isoformat(), _anchor=f"s-{uid}" if uid else None)
    )


def _not_done(event: Event, error: LsosError) -> ResponseReturnValue:
    """Say why something was refused, beside the board as it is."""
    shown = _day(event, request.form.get("shown", ""))
    if _is_for_script():
        return jsonify(said=words_of(error), board=_board(event, shown)), 409
    flash(words_of(error), "refused")
    return redirect(url_for(".index", slug=event.slug, day=shown.isoformat()))


# ---- one session


@dataclass(frozen=True)
class Choice:
    """What two people wanted of a session, each in words."""

    words: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Offer:
    """A place that suits a session."""

    room: str
    name: Bilingual
    at: datetime
    day: date


def _form(event: Event, draft: Draft, content: Content) -> PlaceForm:
    """Give the form filled with where the session is, or with what was sent."""
    when = content.when
    zone = event.timezone
    room = next((room.code for room in draft.rooms if room.id == content.room_id), "")
    form = PlaceForm(
        data={
            "room": room,
            "day": local_day(when.starts_at, zone).isoformat() if when else "",
            "start": _local_time(when.starts_at, event) if when else None,
            "minutes": content.length,
        }
    )
    days = {*event.days, *([local_day(when.starts_at, zone)] if when else [])}
    form.room.choices = options(("", _("no room yet")), *((room.code, plain(room.name)) for room in draft.rooms))
    form.day.choices = options(("", _("not placed yet")), *((day.isoformat(), short_day(day)) for day in sorted(days)))
    return form


def _local_time(at: datetime, event: Event) -> time:
    return at.astimezone(ZoneInfo(event.timezone)).time()


def _content(draft: Draft, uid: str) -> Content:
    found = draft.contents.get(uid)
    if found is None or found.is_withdrawn:
        abort(404)
    return found


@bp.route("/sessions/<uid>", methods=["GET", "POST"])
def place(slug: str, uid: str) -> ResponseReturnValue:
    """Show where a session is, with places that suit it, and move it."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    content = _content(draft, uid)
    form = _form(event, draft, content)
    if not form.is_submitted():
        return _form_page(event, draft, uid, form)
    if form.validate() and not form.day.data and form.start.data:
        form.day.errors = [_("Say on which day.")]
    elif not form.errors and form.day.data and not form.start.data:
        form.start.errors = [_("Say when it starts.")]
    if form.errors:
        return _form_page(event, draft, uid, form, code=422)
    room_id = next((room.id for room in draft.rooms if room.code == form.room.data), None)
    day = date.fromisoformat(form.day.data) if form.day.data else None
    starts_at = rules.moment(day, form.start.data, event.timezone) if day and form.start.data else None
    ends_at = starts_at + timedelta(minutes=form.minutes.data or 1) if starts_at else None
    by, now = signed_in_reader().id, datetime.now(UTC)
    try:
        service.place(event.id, uid, room_id, starts_at, ends_at, seen=_seen(event), by=by, now=now)
    except EditedMeanwhile as error:
        fresh = draft_of(event.id)
        mine = where_words(fresh, _wished(fresh, uid, room_id, starts_at, ends_at))
        last = max(error.clashes, key=lambda clash: clash.at)
        said = _("%(name)s moved this session at %(at)s, while you had the page open.", name=last.by, at=stamp(last.at))
        choice = Choice(said, mine, where_words(fresh, fresh.contents[uid]))
        return _form_page(event, fresh, uid, form, choice=choice, code=409)
    except Refused as error:
        if _is_for_script() and request.form.get("from") != "form":
            return _not_done(event, error)
        form.room.errors = [*form.room.errors, words_of(error)]
        return _form_page(event, draft_of(event.id), uid, form, code=422)
    return _done(event, _where_it_is(draft_of(event.id), uid), uid, day=day)


def _where_it_is(draft: Draft, uid: str) -> str:
    """Say where a session is now, and what stops a release there."""
    content = draft.contents[uid]
    where = f"{title_of(content)}: {where_words(draft, content)}"
    stopping = [each.words for each in conflicts_of(draft) if each.stops_release and uid in each.uids]
    return " ".join([f"{where}.", *stopping]) if stopping else where


def _wished(
    draft: Draft, uid: str, room_id: int | None, starts_at: datetime | None, ends_at: datetime | None
) -> Content:
    return replace(draft.contents[uid], room_id=room_id, starts_at=starts_at, ends_at=ends_at)


def _form_page(
    event: Event, draft: Draft, uid: str, form: PlaceForm, *, choice: Choice | None = None, code: int = 200
) -> ResponseReturnValue:
    """Show the small form: on its own page, or as what stands in the dialog."""
    content = draft.contents[uid]
    found = [each for each in conflicts_of(draft) if uid in each.uids]
    block: Block = block_of(draft, uid, areas=focus_areas(event.id), found=found)
    when = content.when
    day = _day(
        event,
        request.values.get("shown", "") or (local_day(when.starts_at, event.timezone).isoformat() if when else ""),
    )
    facts = {
        "block": block,
        "where": where_words(draft, content),
        "form": form,
        "choice": choice,
        "items": finds_of(draft, found, day=day, ways=False),
        "places": [] if content.is_locked else _offers(event, draft, uid),
        "copies": _rooms_beside(draft, content),
        "seen": draft.latest,
        "shown": day.isoformat(),
    }
    if _is_for_script():
        said = choice.words if choice else _("One answer needs another look.")
        return jsonify(said=said, form=render_template("editor/_form.html", **facts), board=_board(event, day)), code
    if FRAGMENT in request.headers:
        return render_template("editor/_form.html", **facts), code
    return render_template("editor/place.html", **facts), code


def _offers(event: Event, draft: Draft, uid: str) -> list[Offer]:
    here = (draft.contents[uid].room_id, draft.contents[uid].starts_at)
    return [
        Offer(each.room.code, each.room.name, each.starts_at, local_day(each.starts_at, event.timezone))
        for each in places_for(draft, uid)
        if (each.room.id, each.starts_at) != here
    ]


def _rooms_beside(draft: Draft, content: Content) -> list[Room]:
    """List the other rooms in which nothing is at the time of a break, to which it can be copied."""
    when = content.when
    if when is None or content.takes_signups or content.room_id is None:
        return []
    busy = {
        other.room_id
        for other in draft.contents.values()
        if other.when is not None and other.when.overlaps(when) and not other.is_withdrawn
    }
    return [room for room in draft.rooms if room.id not in busy]


def _rooms_chosen(draft: Draft) -> list[int]:
    """Read the rooms that were ticked; the script sends them in one word."""
    codes = {code for word in request.form.getlist("rooms") for code in word.split(",")}
    return [room.id for room in draft.rooms if room.code in codes]


@bp.post("/sessions/<uid>/copy")
def copy(slug: str, uid: str) -> ResponseReturnValue:
    """Copy a break to other rooms at the same time."""
    event = event_or_404(slug)
    draft = draft_of(event.id)
    content = _content(draft, uid)
    by, now = signed_in_reader().id, datetime.now(UTC)
    chosen = _rooms_chosen(draft)
    if not chosen:
        return _not_done(event, Refused(CopyRefusal.NO_ROOMS))
    try:
        made = service.copy_to_rooms(event.id, uid, chosen, by=by, now=now)
    except Refused as error:
        return _not_done(event, error)
    said = ngettext(
        "%(title)s is in %(num)s more room.", "%(title)s is in %(num)s more rooms.", len(made), title=title_of(content)
    )
    return _done(event, said, uid, day=_day_of(event, content))


def _day_of(event: Event, content: Content) -> date | None:
    when = content.when
    return local_day(when.starts_at, event.timezone) if when else None


@bp.post("/sessions/<uid>/lock")
def lock(slug: str, uid: str) -> ResponseReturnValue:
    """Keep a session where it is, or let it move again."""
    event = event_or_404(slug)
    content = _content(draft_of(event.id), uid)
    is_locked = request.form.get("is_locked") == "1"
    service.lock(event.id, uid, is_locked, by=signed_in_reader().id, now=datetime.now(UTC))
    said = _("%(title)s is locked where it is.") if is_locked else _("%(title)s can be moved again.")
    return _done(event, said % {"title": title_of(content)}, uid, day=_day_of(event, content))


@bp.post("/undo")
def undo(slug: str) -> ResponseReturnValue:
    """Take back what the reader did last; what others changed since stays."""
    event = event_or_404(slug)
    try:
        touched = service.undo(event.id, by=signed_in_reader().id, now=datetime.now(UTC))
    except EditedMeanwhile as error:
        return _not_done(event, Refused(UndoRefusal.CHANGED, name=error.clashes[0].by))
    except Refused as error:
        return _not_done(event, error)
    draft = draft_of(event.id)
    names = [title_of(draft.contents[uid]) for uid in touched if uid in draft.contents]
    said = _("Taken back: %(titles)s.", titles=listed(names)) if names else _("Taken back.")
    return _done(event, said, touched[0] if len(touched) == 1 else "")
