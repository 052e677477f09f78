"""Rooms and focus areas that come with a programme from elsewhere, within a change that is being made."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.events.models import FocusArea, Room
from lsos.events.rooms import room_code
from lsos.texts import Bilingual, free_code


@dataclass(frozen=True)
class NewRoom:
    """What is said of a room that is made."""

    name: Bilingual
    capacity: int | None = None


def make_rooms(session: Session, event_id: int, wanted: Sequence[NewRoom]) -> list[Room]:
    """Add rooms after those that are there, in their order."""
    known = session.scalars(select(Room).where(Room.event_id == event_id)).all()
    codes = {room.code for room in known}
    position = max((room.position for room in known), default=-1)
    made = []
    for wish in wanted:
        position += 1
        code = room_code(wish.name, codes)
        codes.add(code)
        made.append(
            Room(
                event_id=event_id,
                code=code,
                name=wish.name,
                capacity=wish.capacity,
                kind="session",
                equipment=[],
                position=position,
            )
        )
    session.add_all(made)
    session.flush()
    return made


def make_areas(session: Session, event_id: int, wanted: Sequence[Bilingual]) -> list[FocusArea]:
    """Add focus areas after those that are there, in their order."""
    known = session.scalars(select(FocusArea).where(FocusArea.event_id == event_id)).all()
    codes = {area.code for area in known}
    position = max((area.position for area in known), default=-1)
    made = []
    for name in wanted:
        position += 1
        code = free_code(name.en or name.pl, {"new", *codes}, stem="area")
        codes.add(code)
        made.append(FocusArea(event_id=event_id, code=code, name=name, position=position))
    session.add_all(made)
    session.flush()
    return made
