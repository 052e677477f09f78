"""The live board: how it stands at the meeting tables now, and whom to look for."""

from datetime import UTC, datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from lsos.checkin.live_queries import Board, board, stamp
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.meetings.places import tables_of
from lsos.web import language, session

bp = Blueprint("live", __name__, url_prefix="/events/<slug>/tables-live")
bp.before_request(session.only(Role.DOOR, Role.MATCHMAKING))


def _rooms(event: Event) -> list[Room]:
    """List the rooms in which tables stand, each once, in the order of their tables."""
    return list({table.room.id: table.room for table in tables_of(event.id) if table.room is not None}.values())


def _chosen(rooms: list[Room]) -> Room | None:
    return next((room for room in rooms if room.code == request.args.get("room")), None)


@bp.get("/")
def index(slug: str) -> ResponseReturnValue:
    """Show how it stands at the tables."""
    event = session.event_or_404(slug)
    rooms = _rooms(event)
    room = _chosen(rooms)
    return render_template(
        "live/index.html",
        rooms=rooms,
        room=room,
        is_screen="screen" in request.args,
        here={"slug": slug} | ({"room": room.code} if room else {}),
        **_seen(event, room),
    )


@bp.get("/news")
def news(slug: str) -> ResponseReturnValue:
    """Give the board as a piece of a page, or say that it is as it was."""
    event, now = session.event_or_404(slug), datetime.now(UTC)
    tag = f"{stamp(event)}:{now:%H%M}:{language.current()}:{request.args.get('room', '')[:60]}"
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(render_template("live/_board.html", **_seen(event, _chosen(_rooms(event)))))
    answer.set_etag(tag, weak=True)
    return answer


def _seen(event: Event, room: Room | None) -> dict[str, Board | datetime]:
    now = datetime.now(UTC)
    return {"board": board(event, room_id=room.id if room else None, now=now), "now": now}
