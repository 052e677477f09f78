"""Rooms that are too small for who wants to come: what would help, and a button that puts it into the draft."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lsos.agenda.fit import Use, is_too_small, way_out
from lsos.agenda.models import Session
from lsos.agenda.queries import sessions_of
from lsos.agenda.rules import Interval
from lsos.checkin.fit_queries import wanted_by
from lsos.drafting.content import Content
from lsos.drafting.queries import Draft, draft_of
from lsos.drafting.service import Spot, arrange
from lsos.errors import N_, LsosError, Refused
from lsos.events.models import Room
from lsos.events.rules import Role
from lsos.web.errors import words_of
from lsos.web.look import plain
from lsos.web.session import event_or_404, only, signed_in_reader
from lsos.web.timetable import local_day
from lsos.wording import number

bp = Blueprint("room_fit", __name__, url_prefix="/events/<slug>/organise/agenda/<code>/room")
bp.before_request(only(Role.PROGRAMME))


class MendRefusal(StrEnum):
    """Why a session is not put into the room that was proposed, in words for the organiser."""

    MENDED = N_("In the draft this session has a room that is large enough, so nothing was moved.")
    LOCKED = N_("In the draft this session is locked where it is, so nothing was moved.")
    NOTHING = N_("The draft has changed since: no larger room can be had at that time any more.")
    OTHERWISE = N_("The draft has changed since: something else would help now. Look at what it is.")


@dataclass(frozen=True)
class TooSmall:
    """A session that more people want than its room holds."""

    wanted: int
    holds: int
    #: In the draft it has a room that does, or none yet.
    is_mended: bool = False
    #: In the draft it stays where it is.
    is_locked: bool = False
    #: A room that would do; None where there is none.
    room: Room | None = None
    #: The uid of the session that would change places, and what the draft says of it; None where the room is free.
    uid: str = ""
    other: Content | None = None


def too_small(draft: Draft, sessions: Collection[Session]) -> dict[int, TooSmall]:
    """Find the released sessions whose rooms are too small, by their ids, with what would help in the draft.

    Only rooms with sessions that people sign up for are proposed.
    """
    wanted = wanted_by(sessions, draft.event.id)
    people = {one.uid: wanted.get(one.id, 0) for one in sessions}
    uses = {
        uid: Use(key, content.room_id, content.when, people.get(uid, 0), is_fixed=content.is_locked)
        for key, (uid, content) in enumerate(draft.contents.items())
        if content.room_id is not None and content.when is not None
    }
    uids = list(draft.contents)
    contents = [*draft.contents.values(), *draft.released.values()]
    used = {content.room_id for content in contents if content.takes_signups}
    rooms = {room.id: room for room in draft.rooms if room.id in used}
    sizes = {key: room.capacity for key, room in rooms.items() if room.capacity is not None}
    found = {}
    for one in sessions:
        holds = sizes.get(one.room_id or 0)
        if one.when is None or not one.takes_signups or holds is None or people[one.uid] <= holds:
            continue
        use = uses.get(one.uid)
        if use is None or not is_too_small(use, sizes):
            found[one.id] = TooSmall(people[one.uid], holds, is_mended=True)
            continue
        open_then = {key: size for key, size in sizes.items() if key == use.room or _is_open(draft, key, use.when)}
        way = way_out(use, uses.values(), open_then)
        uid = uids[way.other] if way is not None and way.other is not None else ""
        found[one.id] = TooSmall(
            people[one.uid],
            holds,
            is_locked=use.is_fixed,
            room=rooms[way.room] if way else None,
            uid=uid,
            other=draft.contents[uid] if uid else None,
        )
    return found


def _is_open(draft: Draft, room_id: int, when: Interval) -> bool:
    """Say whether a room can be used for the whole of a stretch of time; one without hours always can."""
    hours = draft.hours.get(room_id)
    return hours is None or any(one.starts_at <= when.starts_at and when.ends_at <= one.ends_at for one in hours)


def mend_refusal(small: TooSmall | None, *, room: str, other: str) -> MendRefusal | None:
    """Say why the room and the change of places that somebody was shown are not what helps now; None when they are."""
    if small is None or small.is_mended:
        return MendRefusal.MENDED
    if small.is_locked:
        return MendRefusal.LOCKED
    if small.room is None:
        return MendRefusal.NOTHING
    return None if (small.room.code, small.uid) == (room, other) else MendRefusal.OTHERWISE


@bp.post("")
def mend(slug: str, code: str) -> ResponseReturnValue:
    """Put a session into the room that was proposed, changing places where that was proposed; then show the editor."""
    event = event_or_404(slug)
    sessions, draft = sessions_of(event.id), draft_of(event.id)
    one = next((each for each in sessions if each.code == code), None) or abort(404)
    small = too_small(draft, sessions).get(one.id)
    try:
        refusal = mend_refusal(small, room=request.form.get("room", ""), other=request.form.get("other", ""))
        if refusal is not None or small is None or small.room is None:
            raise Refused(refusal or MendRefusal.NOTHING)
        content = draft.contents[one.uid]
        spots = {one.uid: Spot(small.room.id, content.starts_at, content.ends_at)}
        if small.other is not None:
            spots[small.uid] = Spot(content.room_id, small.other.starts_at, small.other.ends_at)
        arrange(event.id, spots, seen=draft.latest, by=signed_in_reader().id, now=datetime.now(UTC))
    except LsosError as error:
        flash(words_of(error), "refused")
        return redirect(url_for("organise.agenda", slug=slug, _anchor=f"s-{code}"))
    flash(_said(content, small), "done")
    day = local_day(content.starts_at, event.timezone) if content.starts_at else None
    shown = day.isoformat() if day else None
    return redirect(url_for("editor.index", slug=slug, day=shown, _anchor=f"s-{one.uid}"))


def _said(content: Content, small: TooSmall) -> str:
    """Say what was done, and what it leaves to do."""
    assert small.room is not None
    title, room = plain(content.title), plain(small.room.name)
    words = (
        _("“%(session)s” is in %(room)s now, in the draft.", session=title, room=room)
        if small.other is None
        else _(
            "“%(session)s” is in %(room)s now and has changed rooms with “%(other)s”, in the draft.",
            session=title,
            room=room,
            other=plain(small.other.title),
        )
    )
    if content.seats is None or content.seats >= small.wanted:
        return str(words)
    seats = number(content.seats)
    return f"{words} " + str(
        _("It still has %(seats)s seats for sign-ups: open it if there are to be more.", seats=seats)
    )
