"""What is wrong with a programme: one function, for the editor, for releases and for the builder."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lsos.timetabling.problem import Kind, Place, Problem, Severity


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something wrong with one session, or between two.

    Attributes:
        sessions: one or two, the earlier first.
        room: where, if it has to do with a room.
        people: whom it concerns, as the first of the sessions names them.
        equipment: what is lacking, sorted.
        have: seats there are, or minutes between; None where nothing is counted.
        need: seats or minutes there should be.
    """

    kind: Kind
    severity: Severity
    sessions: tuple[str, ...]
    room: str | None = None
    people: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    have: int | None = None
    need: int | None = None

    @property
    def values(self) -> dict[str, str]:
        """Give what the sentence of its kind is filled with, in keys; a page puts names in their place."""
        return {
            "first": self.sessions[0],
            "second": self.sessions[-1],
            "room": self.room or "",
            "people": ", ".join(self.people),
            "equipment": ", ".join(self.equipment),
            "have": str(self.have),
            "need": str(self.need),
        }

    @property
    def words(self) -> str:
        """Say it in English, with keys for names."""
        return self.kind.value % self.values


def conflicts(problem: Problem, places: Mapping[str, Place]) -> list[Conflict]:
    """Find every conflict of a programme that is not ignored, in the order of kinds and of time.

    Args:
        problem: what it is made of.
        places: session -> where it is. A session without a place has no conflict.

    Raises:
        KeyError: a session or a room is named that is not there.
    """
    order = {kind: number for number, kind in enumerate(Kind)}
    found = [each for each in _all(problem, places) if each.severity is not Severity.IGNORE]
    at = problem.numbers

    def when(each: Conflict) -> tuple[int, ...]:
        first = each.sessions[0]
        return (order[each.kind], places[first].start, *(at[key] for key in each.sessions))

    return sorted(found, key=when)


def _all(problem: Problem, places: Mapping[str, Place]) -> Iterator[Conflict]:
    by_room: dict[str, list[str]] = defaultdict(list)
    by_person: dict[str, list[str]] = defaultdict(list)
    for key in sorted(places, key=lambda key: (places[key].start, problem.numbers[key])):
        session = problem.sessions[problem.numbers[key]]
        by_room[places[key].room].append(key)
        for person in session.people:
            by_person[person].append(key)
        yield from _alone(problem, key, places[key])
    for room, keys in by_room.items():
        yield from _in_room(problem, places, room, keys)
    yield from _of_people(problem, places, by_person)
    for pair, weight in problem.audiences.items():
        if weight >= problem.audience_clash and all(key in places for key in pair):
            first, second = sorted(pair, key=lambda key: (places[key].start, problem.numbers[key]))
            if places[second].start < _end(problem, places, first):
                yield Conflict(Kind.AUDIENCE, problem.severity(Kind.AUDIENCE), (first, second))


def _end(problem: Problem, places: Mapping[str, Place], key: str) -> int:
    return places[key].start + problem.sessions[problem.numbers[key]].minutes


def _alone(problem: Problem, key: str, place: Place) -> Iterator[Conflict]:
    session = problem.sessions[problem.numbers[key]]
    number = problem.room_numbers[place.room]
    room = problem.rooms[number]
    end = place.start + session.minutes
    if not any(span.start <= place.start and end <= span.end for span in problem.hours(number)):
        yield Conflict(Kind.ROOM_CLOSED, problem.severity(Kind.ROOM_CLOSED), (key,), room.key)
    if any(span.overlaps(place.start, end) for span in problem.breaks_in(number)):
        yield Conflict(Kind.BREAK, problem.severity(Kind.BREAK), (key,), room.key)
    if room.capacity is not None and session.audience is not None and session.audience > room.capacity:
        severity = problem.severity(Kind.ROOM_TOO_SMALL)
        yield Conflict(Kind.ROOM_TOO_SMALL, severity, (key,), room.key, have=room.capacity, need=session.audience)
    lacking = tuple(sorted(session.equipment - room.equipment))
    if lacking:
        yield Conflict(Kind.EQUIPMENT, problem.severity(Kind.EQUIPMENT), (key,), room.key, equipment=lacking)
    away = tuple(
        person
        for person in session.people
        if any(span.overlaps(place.start, end) for span in problem.away.get(person, ()))
    )
    if away:
        yield Conflict(Kind.PERSON_AWAY, problem.severity(Kind.PERSON_AWAY), (key,), people=away)


def _in_room(problem: Problem, places: Mapping[str, Place], room: str, keys: list[str]) -> Iterator[Conflict]:
    for position, first in enumerate(keys):
        end = _end(problem, places, first)
        for second in keys[position + 1 :]:
            gap = places[second].start - end
            if gap >= problem.room_buffer and gap >= 0:
                break
            if gap < 0:
                yield Conflict(Kind.ROOM_TAKEN, problem.severity(Kind.ROOM_TAKEN), (first, second), room)
            else:
                severity = problem.severity(Kind.ROOM_BUFFER)
                yield Conflict(Kind.ROOM_BUFFER, severity, (first, second), room, have=gap, need=problem.room_buffer)


def _of_people(problem: Problem, places: Mapping[str, Place], by_person: Mapping[str, list[str]]) -> Iterator[Conflict]:
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    for person, keys in by_person.items():
        for position, first in enumerate(keys):
            latest = _end(problem, places, first) + problem.person_buffer
            for second in keys[position + 1 :]:
                if places[second].start >= latest:
                    break
                shared[first, second].add(person)
    for (first, second), known in shared.items():
        people = tuple(each for each in problem.sessions[problem.numbers[first]].people if each in known)
        gap = places[second].start - _end(problem, places, first)
        if gap < 0:
            yield Conflict(Kind.PERSON_TWICE, problem.severity(Kind.PERSON_TWICE), (first, second), people=people)
        elif places[first].room != places[second].room:
            severity = problem.severity(Kind.PERSON_BUFFER)
            yield Conflict(
                Kind.PERSON_BUFFER, severity, (first, second), people=people, have=gap, need=problem.person_buffer
            )
