"""Why a session has no place: what can be said of it for certain, and what stands in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lsos.errors import N_
from lsos.timetabling.board import Board
from lsos.timetabling.problem import Kind


class Why(StrEnum):
    """Why a session has no place, in words for the organiser; the first that holds.

    Down to `SESSIONS_STAY` it could not have a place even if every session to be placed but this one were left out.
    """

    NO_ROOM = N_("There is no room at all.")
    EQUIPMENT = N_("No room has what it needs: %(equipment)s.")
    TOO_BIG = N_("No room that has what it needs holds %(audience)s people.")
    TOO_LONG = N_("No room that suits it is open for %(minutes)s minutes in one go.")
    PERSON_AWAY = N_("%(people)s: away whenever a room that suits it is open long enough.")
    SESSIONS_STAY = N_("Sessions that stay where they are leave it no time: %(sessions)s.")
    PEOPLE_BUSY = N_("Rooms are free, but its people are in other sessions then: %(sessions)s.")
    AUDIENCE = N_("Rooms are free, but many of the same people want what is on then: %(sessions)s.")
    ROOMS_FULL = N_(
        "The rooms that suit it are full whenever its people can. It would fit in %(room)s without %(sessions)s."
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a session has no place, with what can be said of it.

    Attributes:
        people: who is away or busy.
        equipment: what it needs, sorted.
        sessions: what stands in its way where the fewest do.
        room: there.
        start: then, in minutes.
    """

    why: Why
    minutes: int
    audience: int | None = None
    people: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    room: str | None = None
    start: int | None = None

    @property
    def values(self) -> dict[str, str]:
        """Give what the sentence is filled with, in keys; a page puts names in their place."""
        return {
            "minutes": str(self.minutes),
            "audience": str(self.audience),
            "people": ", ".join(self.people),
            "equipment": ", ".join(self.equipment),
            "sessions": ", ".join(self.sessions),
            "room": self.room or "",
        }

    @property
    def words(self) -> str:
        """Say it in English, with keys for names."""
        return self.why.value % self.values


def reason(board: Board, number: int) -> Reason:
    """Say why a session that is not on the board has no place there."""
    instance = board.instance
    problem, session = instance.problem, instance.sessions[number]
    rooms = range(len(problem.rooms))
    facts: dict[str, Any] = {
        "minutes": session.minutes,
        "audience": session.audience,
        "equipment": tuple(sorted(session.equipment)),
    }

    def because(why: Why, **more: Any) -> Reason:
        return Reason(why, **facts, **more)

    if not rooms:
        return because(Why.NO_ROOM)
    forbidden = [[kind for kind in instance.unsuited(number, room) if problem.forbids(kind)] for room in rooms]
    if all(Kind.EQUIPMENT in kinds for kinds in forbidden):
        return because(Why.EQUIPMENT)
    if all(forbidden):
        return because(Why.TOO_BIG)
    suiting = [room for room in rooms if not forbidden[room]]
    starts = {room: instance.open_starts(number, room) for room in suiting}
    if not any(starts.values()):
        if any(instance.open_starts(number, room, ignoring={Kind.PERSON_AWAY}) for room in suiting):
            away = tuple(person for person in session.people if problem.away.get(person))
            return because(Why.PERSON_AWAY, people=away)
        return because(Why.TOO_LONG)
    if not any(instance.starts[number]):
        return because(Why.SESSIONS_STAY, **_least(board, number, starts))
    free = {room: board.room_openings(number, room) for room in suiting}
    if not any(free.values()):
        return because(Why.ROOMS_FULL, **_least(board, number, dict(zip(rooms, instance.starts[number], strict=True))))
    found = _least(board, number, free)
    blocking = [instance.sessions[problem.numbers[key]] for key in found["sessions"]]
    busy = tuple(person for person in session.people if any(person in other.people for other in blocking))
    return because(Why.PEOPLE_BUSY if busy else Why.AUDIENCE, people=busy, **found)


def _least(board: Board, number: int, starts: Mapping[int, int]) -> dict[str, Any]:
    """Find the place where the least is in the way, and say what that is."""
    instance = board.instance
    best: tuple[int, int, int, int] | None = None
    blocking: list[int] = []
    for room, bits in starts.items():
        for moment in (each for each in range(bits.bit_length()) if bits >> each & 1):
            them = board.in_the_way(number, room, moment)
            found = (len(them), sum(instance.lengths[each] for each in them), moment, room)
            if best is None or found < best:
                best, blocking = found, them
    assert best is not None
    _, _, moment, room = best
    place = instance.place(room, moment)
    names = tuple(instance.sessions[other].key for other in blocking)
    return {"sessions": names, "room": place.room, "start": place.start}
