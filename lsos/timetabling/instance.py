"""A problem in numbers: rooms, sessions and tracks count from 0, and sets of moments are the bits of an integer.

Bit t is the moment `origin + t * step`. What depends on one session and one room alone is worked out once here;
so is what a locked session leaves to the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import reduce
from itertools import chain
from math import gcd
from operator import or_

import numpy as np
from numpy.typing import NDArray

from lsos.timetabling.costs import clash_costs, misfit
from lsos.timetabling.problem import Kind, Place, Problem, Span

#: Kinds that one session has by itself, in its place.
ALONE = (Kind.ROOM_CLOSED, Kind.BREAK, Kind.PERSON_AWAY)


def smear(bits: int, reach: int) -> int:
    """Spread each bit over the `reach - 1` moments before it as well."""
    done = 1
    while done < reach:
        more = min(done, reach - done)
        bits |= bits >> more
        done += more
    return bits if reach > 0 else 0


class Instance:
    """A problem with some of its sessions to be placed.

    Attributes:
        free: numbers of the sessions to be placed.
        fixed: session -> (room, moment) of those that stay.
        step: minutes; starts, lengths, hours and breaks are multiples of it.
        lengths: session -> steps.
        starts: session -> room -> moments at which it can start as far as the rules of rooms, hours and people and
            the sessions that stay forbid nothing.
        flat: session -> room -> cost of the room for it; of one that stays, of its own room alone.
        dear: session -> room -> moments with the cost of each, in the same way.
        mates: session -> other sessions that share somebody with it.
        rivals: session -> other sessions that may not be at the same time because of those who want both.
        others, prices: session -> sessions that the same people want, and what each costs at the same time.
        tracks: session -> track, -1 without one.
        days: moment -> day.
        day_bits: day -> its moments.
        hours: room -> open moments outside breaks.
    """

    def __init__(self, problem: Problem, free: Collection[int], *, places: Collection[Place] = ()) -> None:
        """Put a problem into numbers; `places` are further ones that will be spoken of."""
        self.problem = problem
        self.free = sorted(free)
        self.sessions = problem.sessions
        self.weights = problem.weights
        given = [place for each in self.sessions for place in (each.place, each.released) if place]
        given += places
        spans = list(chain.from_iterable(room.open for room in problem.rooms))
        moments = [span.start for span in spans] + [place.start for place in given] + problem.day_starts
        ends = [span.end for span in spans] + [place.start + 1440 for place in given]
        edges = (edge for span in (*spans, *(each.span for each in problem.breaks)) for edge in (span.start, span.end))
        starts = (place.start for place in given)
        self.step = gcd(problem.grid, *starts, *(each.minutes for each in self.sessions), *edges)
        self.origin = min(moments) // self.step * self.step
        self.width = (max([*ends, *moments]) - self.origin) // self.step + 1
        self.whole = (1 << self.width) - 1
        self.lengths = [each.minutes // self.step for each in self.sessions]
        waiting = set(self.free)
        self.fixed = {
            number: self.numbered(each.place)
            for number, each in enumerate(self.sessions)
            if number not in waiting and each.place is not None
        }
        self.released = [None if each.released is None else self.numbered(each.released) for each in self.sessions]
        self._shut: dict[tuple[int, int], tuple[int, int]] = {}
        self._away: dict[int, int] = {}
        self._days()
        self._rules()
        self._company()
        self._audiences()
        self.starts = [[0] * len(problem.rooms) for _ in self.sessions]
        self.flat: list[dict[int, float]] = [{} for _ in self.sessions]
        self.dear: list[dict[int, list[tuple[int, float]]]] = [{} for _ in self.sessions]
        for number in range(len(self.sessions)):
            self._rooms_for(number)

    def numbered(self, place: Place) -> tuple[int, int]:
        """Put a place into numbers."""
        return self.problem.room_numbers[place.room], (place.start - self.origin) // self.step

    def place(self, room: int, moment: int) -> Place:
        """Put it back."""
        return Place(self.problem.rooms[room].key, self.origin + moment * self.step)

    def moments(self, start: int, end: int) -> int:
        """Give the bits of the moments from one minute to before another."""
        low = min(max(0, -((self.origin - start) // self.step)), self.width)
        high = min(max(0, -((self.origin - end) // self.step)), self.width)
        return (1 << high) - (1 << low) if high > low else 0

    def barred(self, other: int, at: int, length: int, *, overlap: bool, buffer: int) -> int:
        """Give the moments at which a session of so many steps cannot start because of another one at a moment.

        `overlap`: they may not be at the same time. `buffer`: if they are not, so many minutes are between them.
        """
        first, end = at - length + 1, at + self.lengths[other]
        gap = -(-buffer // self.step)
        low = first - gap if first > gap else 0
        if overlap:
            return (1 << end + gap) - (1 << low)
        return ((1 << max(0, first)) - (1 << low)) | ((1 << end + gap) - (1 << end))

    def _days(self) -> None:
        problem = self.problem
        starts = problem.day_starts
        self.days = [problem.day_of(self.origin + moment * self.step) for moment in range(self.width)]
        last = self.origin + self.width * self.step
        self.day_bits = [
            self.moments(start if number else self.origin, following)
            for number, (start, following) in enumerate(zip(starts, [*starts[1:], last], strict=True))
        ]
        self.hours = []
        for room in range(len(problem.rooms)):
            opened = reduce(or_, (self.moments(span.start, span.end) for span in problem.hours(room)), 0)
            self.hours.append(
                opened & ~reduce(or_, (self.moments(span.start, span.end) for span in problem.breaks_in(room)), 0)
            )
        first = -self.origin % problem.grid // self.step
        #: Steps from one moment of the grid to the next.
        self.pace = problem.grid // self.step
        self.grid = sum(1 << moment for moment in range(first, self.width, self.pace))
        self.fixed_in: list[list[tuple[int, int]]] = [[] for _ in problem.rooms]
        for number, (room, moment) in self.fixed.items():
            self.fixed_in[room].append((number, moment))

    def _rules(self) -> None:
        problem = self.problem
        self.price = {
            kind: 0.0 if problem.forbids(kind) else self.weights.severities.get(problem.severity(kind), 0.0)
            for kind in Kind
        }
        self.no_overlap = problem.forbids(Kind.ROOM_TAKEN)
        self.room_gap = problem.room_buffer if problem.forbids(Kind.ROOM_BUFFER) else 0
        self.never_twice = problem.forbids(Kind.PERSON_TWICE)
        self.person_gap = problem.person_buffer if problem.forbids(Kind.PERSON_BUFFER) else 0
        #: Steps there have to be between two sessions in a room.
        self.between = -(-self.room_gap // self.step)
        self.pays_in_room = self.price[Kind.ROOM_TAKEN] + self.price[Kind.ROOM_BUFFER] > 0
        self.pays_for_people = self.price[Kind.PERSON_TWICE] + self.price[Kind.PERSON_BUFFER] > 0

    def _company(self) -> None:
        names: dict[str, int] = {}
        for session in self.sessions:
            if session.track is not None:
                names.setdefault(session.track, len(names))
        self.tracks = [-1 if each.track is None else names[each.track] for each in self.sessions]
        self.members: list[list[int]] = [[] for _ in names]
        for number in self.free:
            if self.tracks[number] >= 0:
                self.members[self.tracks[number]].append(number)
        known: dict[str, list[int]] = defaultdict(list)
        for number, session in enumerate(self.sessions):
            for person in session.people:
                known[person].append(number)
        mates: list[set[int]] = [set() for _ in self.sessions]
        for numbers in known.values():
            for number in numbers:
                mates[number].update(numbers)
        self.mates = [sorted(them - {number}) for number, them in enumerate(mates)]

    def _audiences(self) -> None:
        problem = self.problem
        wanting: list[list[tuple[int, float]]] = [[] for _ in self.sessions]
        for (a, b), price in clash_costs(problem).items():
            wanting[a].append((b, price))
            wanting[b].append((a, price))
        for them in wanting:
            them.sort()
        nobody, nothing = np.array([], dtype=np.int64), np.array([], dtype=np.float64)
        self.others: list[NDArray[np.int64]] = [
            np.array([b for b, _ in each], dtype=np.int64) if each else nobody for each in wanting
        ]
        self.prices: list[NDArray[np.float64]] = [
            np.array([price for _, price in each]) if each else nothing for each in wanting
        ]
        self.rivals: list[list[int]] = [[] for _ in self.sessions]
        for (one, two), weight in problem.audiences.items():
            if weight >= problem.audience_clash and problem.forbids(Kind.AUDIENCE):
                a, b = problem.numbers[one], problem.numbers[two]
                self.rivals[a].append(b)
                self.rivals[b].append(a)
        for rivals in self.rivals:
            rivals.sort()

    def _struck(self, spans: Iterable[Span], length: int) -> int:
        """Give the moments at which something of so many steps cannot start if it must not touch these stretches."""
        return reduce(or_, (self.moments(span.start - length * self.step + 1, span.end) for span in spans), 0)

    def _held(self, spans: Iterable[Span], length: int) -> int:
        """Give the moments at which something of so many steps can start if it must lie within one of these."""
        return reduce(or_, (self.moments(span.start, span.end - length * self.step + 1) for span in spans), 0)

    def _wrong(self, number: int, room: int) -> dict[Kind, int]:
        """Give the moments at which a start would be wrong by itself, by kind."""
        problem, length = self.problem, self.lengths[number]
        if (room, length) not in self._shut:
            closed = self.whole & ~self._held(problem.hours(room), length)
            self._shut[room, length] = closed, self._struck(problem.breaks_in(room), length)
        if number not in self._away:
            people = self.sessions[number].people
            self._away[number] = self._struck((s for each in people for s in problem.away.get(each, ())), length)
        closed, paused = self._shut[room, length]
        return {Kind.ROOM_CLOSED: closed, Kind.BREAK: paused, Kind.PERSON_AWAY: self._away[number]}

    def open_starts(self, number: int, room: int, *, ignoring: Collection[Kind] = ()) -> int:
        """Give the moments at which a session could start if it were alone."""
        problem, session = self.problem, self.sessions[number]
        if any(problem.forbids(kind) for kind in self.unsuited(number, room)):
            return 0
        allowed = self.grid
        for place in (session.place, session.released):
            if place is not None and problem.room_numbers[place.room] == room:
                allowed |= 1 << self.numbered(place)[1]
        for kind, moments in self._wrong(number, room).items():
            if problem.forbids(kind) and kind not in ignoring:
                allowed &= ~moments
        return allowed

    def _rooms_for(self, number: int) -> None:
        """Work out where one session can be beside those that stay, and what that costs."""
        session = self.sessions[number]
        for room in [self.fixed[number][0]] if number in self.fixed else range(len(self.problem.rooms)):
            capacity = self.problem.rooms[room].capacity
            self.flat[number][room] = self.weights.misfit * misfit(session.audience, capacity) + sum(
                self.price[kind] for kind in self.unsuited(number, room)
            )
            self.dear[number][room] = [
                (self._wrong(number, room)[kind], self.price[kind]) for kind in ALONE if self.price[kind]
            ]
            if number not in self.fixed:
                allowed = self.open_starts(number, room)
                self.starts[number][room] = allowed & ~self._kept(number, room) if allowed else 0

    def unsuited(self, number: int, room: int) -> list[Kind]:
        """Say what speaks against a room whatever the time."""
        session, facts = self.sessions[number], self.problem.rooms[room]
        found = []
        if not session.equipment <= facts.equipment:
            found.append(Kind.EQUIPMENT)
        if facts.capacity is not None and session.audience is not None and session.audience > facts.capacity:
            found.append(Kind.ROOM_TOO_SMALL)
        return found

    def _kept(self, number: int, room: int) -> int:
        """Give the moments that the sessions that stay take from one session in one room."""
        length, barred = self.lengths[number], 0
        for other, at in self.fixed_in[room]:
            barred |= self.barred(other, at, length, overlap=self.no_overlap, buffer=self.room_gap)
        for other in self.mates[number]:
            if other in self.fixed:
                far = self.person_gap if self.fixed[other][0] != room else 0
                barred |= self.barred(other, self.fixed[other][1], length, overlap=self.never_twice, buffer=far)
        for other in self.rivals[number]:
            if other in self.fixed:
                barred |= self.barred(other, self.fixed[other][1], length, overlap=True, buffer=0)
        return barred
