"""How good a programme is: the terms of its cost, and what people can be told of its tracks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from lsos.timetabling.problem import Kind, Place, Problem, Weights


@dataclass(frozen=True, slots=True)
class Costs:
    """What a programme costs, term by term, weights already in; `Weights` says what each counts."""

    unplaced: float
    moved: float
    tracks: float
    audience: float
    misfit: float
    idle: float
    conflicts: float

    @property
    def total(self) -> float:
        """Give the sum."""
        return sum((self.unplaced, self.moved, self.tracks, self.audience, self.misfit, self.idle, self.conflicts))


class Stay(NamedTuple):
    """One session of a track: when, in which room, and its number."""

    start: int
    end: int
    room: int
    session: int


def track_cost(stays: Sequence[Stay], weights: Weights) -> float:
    """Say what the sessions of a track on one day cost, in the order of time."""
    if len(stays) < 2:
        return 0.0
    changes = beside = gap = 0
    rooms: dict[int, int] = {}
    _, latest, before, _ = stays[0]
    rooms[before] = 1
    for start, end, room, _ in stays[1:]:
        rooms[room] = rooms.get(room, 0) + 1
        if room != before:
            changes += 1
            before = room
        if start < latest:
            beside += 1
        else:
            gap += start - latest
        latest = max(latest, end)
    return (
        weights.off_main_room * (len(stays) - max(rooms.values()))
        + weights.room_change * changes
        + weights.beside_itself * beside
        + weights.track_gap * gap / 60
    )


def misfit(audience: int | None, capacity: int | None) -> float:
    """Say how ill a room fits, in [0, 1]: the share of those who find no seat, or half the share of empty seats."""
    if audience is None or capacity is None or audience == capacity:
        return 0.0
    return (audience - capacity) / audience if audience > capacity else (capacity - audience) / capacity / 2


def clash_costs(problem: Problem) -> dict[tuple[int, int], float]:
    """Say for each pair of sessions, by number, what it costs to have them at the same time.

    The wishes of all pairs together cost `weights.audience` a session, however many people are behind them; a pair that
    is a conflict, and not forbidden, costs what its severity does besides.
    """
    whole = sum(problem.audiences.values())
    extra = problem.weights.severities.get(problem.severity(Kind.AUDIENCE), 0.0)
    return {
        (problem.numbers[a], problem.numbers[b]): problem.weights.audience * len(problem.sessions) * weight / whole
        + (extra if weight >= problem.audience_clash else 0.0)
        for (a, b), weight in problem.audiences.items()
    }


@dataclass(frozen=True, slots=True)
class Shape:
    """What following a track is like, over all sessions that have one.

    Attributes:
        main_room: the share of sessions that are in the room that their track has most of on that day.
        room_changes: the share of steps from one session of a track to the next on one day that lead to another room.
    """

    main_room: float
    room_changes: float


def shape(problem: Problem, places: Mapping[str, Place]) -> Shape:
    """Measure a programme as `tests.benchmarks.timetabling` does; without tracks it is perfect."""
    days: dict[tuple[str, int], list[Stay]] = defaultdict(list)
    for key, place in places.items():
        number = problem.numbers[key]
        session = problem.sessions[number]
        if session.track is not None:
            stay = Stay(place.start, place.start + session.minutes, problem.room_numbers[place.room], number)
            days[session.track, problem.day_of(place.start)].append(stay)
    whole = sum(map(len, days.values()))
    main = changes = 0
    for stays in days.values():
        stays.sort()
        rooms = [stay.room for stay in stays]
        main += max(map(rooms.count, rooms))
        changes += sum(a != b for a, b in pairwise(rooms))
    steps = whole - len(days)
    return Shape(main / whole if whole else 1.0, changes / steps if steps else 0.0)
