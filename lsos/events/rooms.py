"""Rooms of an event, as organisers set them up: names, seats, equipment, hours; and when people cannot come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, PersonAway, Room, RoomHours
from lsos.taxonomy.listing import put_after
from lsos.texts import Bilingual, free_code

#: A stretch of time: its start, and its end, which is not part of it.
Stretch = tuple[datetime, datetime]


class RoomRefusal(StrEnum):
    """Why a room, or an absence, cannot be set as asked, in words for the organiser."""

    NO_NAME = N_("Give the room a name in at least one language.")
    ENDS_TOO_EARLY = N_("It ends before it starts.")


@dataclass(frozen=True)
class RoomFacts:
    """What organisers say of a room.

    Attributes:
        capacity: people it holds; None where nobody counts.
        hours: when it can be used; without any it always can.
        after: the code of the room that it stands behind in lists and in the editor; None: it is the first.
    """

    name: Bilingual
    capacity: int | None
    equipment: tuple[str, ...]
    hours: tuple[Stretch, ...]
    after: str | None


def save_room(event_id: int, code: str | None, wish: RoomFacts, *, actor_id: int) -> Room:
    """Change a room, or without a code add one.

    Raises:
        NotFound: there is no such room.
        Refused: it has no name, or hours that end before they start.
    """
    if not wish.name:
        raise Refused(RoomRefusal.NO_NAME)
    if any(ends <= starts for starts, ends in wish.hours):
        raise Refused(RoomRefusal.ENDS_TOO_EARLY)
    with transaction() as session:
        event = session.scalars(
            select(Event).where(Event.id == event_id).with_for_update(key_share=True, of=Event)
        ).one()
        known = session.scalars(select(Room).where(Room.event_id == event_id).order_by(Room.position, Room.id)).all()
        room = next((one for one in known if one.code == code), None)
        if code is not None and room is None:
            raise NotFound(N_("This room is not part of this event."))
        if room is None:
            new = room_code(wish.name, [one.code for one in known])
            room = Room(event_id=event_id, code=new, kind="session")
            session.add(room)
        room.name, room.capacity, room.equipment = wish.name, wish.capacity, list(wish.equipment)
        room.is_illustrative = False
        put_after(known, room, wish.after)
        session.flush()
        session.execute(delete(RoomHours).where(RoomHours.room_id == room.id))
        session.add_all(RoomHours(room_id=room.id, starts_at=starts, ends_at=ends) for starts, ends in wish.hours)
        audit.record(session, "room.saved", actor_id=actor_id, scope=event.slug, room=room.code)
    return room


def room_code(name: Bilingual, taken: Iterable[str]) -> str:
    """Make a code for a room from its name, that no other has; a word of the organisers' addresses is none."""
    return free_code(name.en or name.pl, {"new", *taken}, stem="room")


def note_absence(event_id: int, person_id: int, stretch: Stretch, *, actor_id: int) -> None:
    """Note that somebody cannot be in a session for a while; the same twice is noted once.

    Raises:
        Refused: it ends before it starts.
    """
    starts_at, ends_at = stretch
    if ends_at <= starts_at:
        raise Refused(RoomRefusal.ENDS_TOO_EARLY)
    with transaction() as session:
        event = session.scalars(
            select(Event).where(Event.id == event_id).with_for_update(key_share=True, of=Event)
        ).one()
        known = session.scalar(
            select(PersonAway.id).where(
                PersonAway.event_id == event_id,
                PersonAway.person_id == person_id,
                PersonAway.starts_at == starts_at,
                PersonAway.ends_at == ends_at,
            )
        )
        if known is None:
            session.add(PersonAway(event_id=event_id, person_id=person_id, starts_at=starts_at, ends_at=ends_at))
            audit.record(session, "absence.noted", actor_id=actor_id, scope=event.slug)


def forget_absence(event_id: int, absence_id: int, *, actor_id: int) -> None:
    """Take an absence back; one that is gone stays gone."""
    with transaction() as session:
        event = session.get_one(Event, event_id)
        gone = session.scalars(
            delete(PersonAway)
            .where(PersonAway.event_id == event_id, PersonAway.id == absence_id)
            .returning(PersonAway.id)
        )
        if gone.all():
            audit.record(session, "absence.taken_back", actor_id=actor_id, scope=event.slug)
