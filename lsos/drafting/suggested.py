"""Where a session could go while all others stay: places within the hours of the house, the best first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lsos.drafting.conflicts import minute, moment, problem_of
from lsos.drafting.queries import Draft
from lsos.events import rules
from lsos.events.models import Event, Room
from lsos.timetabling.problem import Problem, Span
from lsos.timetabling.suggesting import suggestions


@dataclass(frozen=True)
class Suggested:
    """A place for a session."""

    room: Room
    starts_at: datetime


def house_hours(event: Event) -> tuple[Span, ...]:
    """Give the hours of the house on each day of an event."""
    return tuple(
        Span(
            minute(rules.moment(day, event.doors_open, event.timezone)),
            minute(rules.moment(day, event.doors_close, event.timezone)),
        )
        for day in event.days
    )


def within_hours(draft: Draft, problem: Problem) -> Problem:
    """Open rooms of which no hours are known when the house is open, so that nothing is put into the night.

    The rooms that stand for none are closed to what is to be placed.
    """
    known: Mapping[str, bool] = {str(room.id): room.id in draft.hours for room in draft.rooms}
    hours = house_hours(draft.event)
    rooms = [
        room if known.get(room.key) else replace(room, open=hours if room.key in known else ())
        for room in problem.rooms
    ]
    return replace(problem, rooms=rooms)


def places_for(draft: Draft, uid: str, *, most: int = 6) -> list[Suggested]:
    """Find places for a session of the draft in which nothing is forbidden, the best first; none where none is free.

    Raises:
        KeyError: the draft has no such session, or it is withdrawn.
    """
    rooms = {str(room.id): room for room in draft.rooms}
    found = suggestions(within_hours(draft, problem_of(draft)), uid, most=most)
    return [Suggested(rooms[each.place.room], moment(each.place.start)) for each in found]
