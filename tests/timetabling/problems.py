"""Small problems for the laws, and a slow second opinion on everything that is counted."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, pairwise, product

from hypothesis import strategies as st

from lsos.timetabling.judging import Conflict, conflicts
from lsos.timetabling.problem import Break, Kind, Place, Problem, Room, Session, Severity, Span

GRID = 10
#: Two short days, a night apart.
DAYS = (0, 1000)
PEOPLE = ("ada", "bo", "cy")
THINGS = ("screen", "stage")
KINDS = list(Kind)


@st.composite
def spans(draw, most: int = 8) -> tuple[Span, ...]:
    """Some hours: one or two stretches, on the grid or a little beside it."""
    found = []
    for day in draw(st.sampled_from([DAYS[:1], DAYS, DAYS[1:]])):
        start = day + draw(st.integers(0, 4)) * GRID
        found.append(Span(start, start + draw(st.integers(1, most)) * GRID - draw(st.sampled_from([0, 0, 0, 3]))))
    return tuple(found)


@st.composite
def places(draw, rooms: list[str]) -> Place:
    return Place(draw(st.sampled_from(rooms)), draw(st.sampled_from(DAYS)) + draw(st.integers(0, 9)) * GRID)


@st.composite
def problems(draw, most: int = 6, *, strict: bool = False) -> Problem:
    """A problem with everything in it; a strict one forbids what a first programme should not have."""
    rooms = [
        Room(key, draw(spans()), draw(st.sampled_from([None, 20, 60])), draw(st.frozensets(st.sampled_from(THINGS))))
        for key in ("big", "small", "yard")[: draw(st.integers(1, 3))]
    ]
    keys = [room.key for room in rooms]
    sessions = [
        Session(
            key=f"s{number}",
            minutes=draw(st.sampled_from([10, 10, 20, 30, 40, 15])),
            track=draw(st.sampled_from([None, "red", "blue"])),
            people=tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))),
            audience=draw(st.sampled_from([None, 10, 40])),
            equipment=draw(st.sampled_from([frozenset[str](), frozenset[str](), frozenset(THINGS[:1])])),
            place=draw(st.none() | places(keys)),
            released=draw(st.none() | places(keys)),
        )
        for number in range(draw(st.integers(1, most)))
    ]
    sessions = [
        replace(session, locked=session.place is not None and draw(st.integers(0, 3)) == 0) for session in sessions
    ]
    pairs = list(combinations([session.key for session in sessions], 2))
    wanted = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else []
    levels = (
        {} if strict else draw(st.dictionaries(st.sampled_from(KINDS), st.sampled_from(list(Severity)), max_size=5))
    )
    return Problem(
        rooms=rooms,
        sessions=sessions,
        away={person: draw(spans(4)) for person in draw(st.sets(st.sampled_from(PEOPLE), max_size=2))},
        audiences={pair: draw(st.sampled_from([1.0, 12.0])) for pair in wanted},
        breaks=tuple(
            Break(Span(30, 30 + GRID), draw(st.sampled_from([None, frozenset(keys[:1])])))
            for _ in range(draw(st.integers(0, 1)))
        ),
        room_buffer=draw(st.sampled_from([0, 0, 5, 10])),
        person_buffer=draw(st.sampled_from([0, 0, 10, 15])),
        grid=GRID,
        severities=levels,
    )


def forbidden(problem: Problem, placed: Mapping[str, Place]) -> set[Conflict]:
    """What is forbidden in a programme."""
    return {each for each in conflicts(problem, placed) if each.severity is Severity.FORBID}


def possible(problem: Problem) -> list[Place]:
    """Every place there could be, on the grid, from the first hour to the last of all rooms."""
    first = min(span.start for room in problem.rooms for span in room.open)
    last = max(span.end for room in problem.rooms for span in room.open)
    return [Place(room.key, start) for room in problem.rooms for start in range(first, last, problem.grid)]


def most_placed(problem: Problem) -> int:
    """The greatest number of sessions that have a place in any programme without anything forbidden; by trying all."""
    everywhere = possible(problem)
    alone = {
        session.key: [place for place in everywhere if not forbidden(problem, {session.key: place})]
        for session in problem.sessions
    }
    best = 0

    def go(number: int, placed: dict[str, Place]) -> None:
        nonlocal best
        best = max(best, len(placed))
        if number == len(problem.sessions) or len(placed) + len(problem.sessions) - number <= best:
            return
        key = problem.sessions[number].key
        for place in alone[key]:
            more = placed | {key: place}
            if not forbidden(problem, more):
                go(number + 1, more)
        go(number + 1, placed)

    go(0, {})
    return best


def cost_by_hand(problem: Problem, placed: Mapping[str, Place]) -> float:
    """What a programme costs, counted anew from the definitions in docs/timetabling.md."""
    w = problem.weights
    at = {session.key: session for session in problem.sessions}
    end = {key: place.start + at[key].minutes for key, place in placed.items()}
    room = {each.key: each for each in problem.rooms}
    cost = w.unplaced * (len(problem.sessions) - len(placed))
    cost += sum(w.moved for key, place in placed.items() if at[key].released is not None and at[key].released != place)
    days: dict[str, dict[int, list[tuple[int, int, int]]]] = defaultdict(lambda: defaultdict(list))
    for key, place in placed.items():
        track = at[key].track
        if track:
            number = problem.room_numbers[place.room]
            days[track][problem.day_of(place.start)].append((place.start, end[key], number))
    for by_day in days.values():
        cost += w.track_day * (len(by_day) - 1)
        for stays in by_day.values():
            stays.sort()
            rooms = [number for *_, number in stays]
            cost += w.off_main_room * (len(rooms) - max(rooms.count(each) for each in rooms))
            cost += w.room_change * sum(a != b for a, b in pairwise(rooms))
            for number, (start, *_) in enumerate(stays[1:], 1):
                latest = max(until for _, until, _ in stays[:number])
                cost += w.beside_itself if start < latest else w.track_gap * (start - latest) / 60
    whole = sum(problem.audiences.values())
    for (a, b), weight in problem.audiences.items():
        if a in placed and b in placed and placed[a].start < end[b] and placed[b].start < end[a]:
            cost += w.audience * len(problem.sessions) * weight / whole
    for key, place in placed.items():
        wanted, seats = at[key].audience, room[place.room].capacity
        if wanted is not None and seats is not None:
            cost += w.misfit * ((wanted - seats) / wanted if wanted > seats else (seats - wanted) / seats / 2)
    for each, day in product(problem.rooms, range(len(problem.day_starts))):
        held = [minute for key, p in placed.items() if p.room == each.key for minute in range(p.start, end[key])]
        taken = {minute for minute in held if problem.day_of(minute) == day}
        if taken:
            pauses = problem.breaks_in(problem.room_numbers[each.key])
            cost += (w.idle / 60) * sum(
                any(span.start <= minute < span.end for span in each.open)
                and not any(span.start <= minute < span.end for span in pauses)
                for minute in range(min(taken), max(taken))
                if minute not in taken
            )
    return cost + sum(w.severities.get(each.severity, 0.0) for each in conflicts(problem, placed))
