"""Rooms that are too small for who wants to come, in words for organisers, with what would help."""

from collections.abc import Collection
from dataclasses import dataclass

from lsos.agenda.fit import Use, is_too_small, way_out
from lsos.agenda.models import Session
from lsos.checkin.fit_queries import wanted_by
from lsos.events.models import Room


@dataclass(frozen=True)
class TooSmall:
    """A session that more people want than its room holds."""

    wanted: int
    holds: int
    #: A room that would do; None where there is none.
    room: Room | None
    #: The session that would change places; None where the room is free then.
    other: Session | None


def too_small(event_id: int, sessions: Collection[Session]) -> dict[int, TooSmall]:
    """Find the sessions whose rooms are too small, by their ids; only rooms with such sessions are proposed."""
    wanted = wanted_by(sessions, event_id)
    placed = [one for one in sessions if one.room is not None and one.when is not None]
    uses = {
        one.id: Use(one.id, one.room_id, one.when, wanted.get(one.id, 0))
        for one in placed
        if one.room_id is not None and one.when is not None
    }
    rooms = {one.room.id: one.room for one in placed if one.room is not None and one.takes_signups}
    sizes = {key: room.capacity for key, room in rooms.items() if room.capacity is not None}
    by_id = {one.id: one for one in placed}
    found = {}
    for one in placed:
        use = uses[one.id]
        if one.takes_signups and is_too_small(use, sizes):
            way = way_out(use, uses.values(), sizes)
            found[one.id] = TooSmall(
                wanted=use.people,
                holds=sizes[use.room],
                room=rooms[way.room] if way else None,
                other=by_id[way.other] if way is not None and way.other is not None else None,
            )
    return found
