"""Make a programme better: take some of it off the board, put it back another way, keep what is better, and again.

Simulated annealing over large neighbourhoods: whole tracks, whole rooms of a day, sessions that have to do with each
other, pairs that change places. What is worse by d is kept with probability exp(-d / heat), and the heat falls.
"""

from collections.abc import Callable
from math import exp
from random import Random
from typing import Final

from lsos.timetabling.board import Board
from lsos.timetabling.filling import by_track, insert, insert_track, trial
from lsos.timetabling.small import place_most

HOT: Final = 8.0
COLD: Final = 0.05
#: So many rooms, or rooms on a day, are looked at for one session or track, of those there are.
SOME: Final = 12
#: A programme without its last sessions is searched through once in so many turns, around one of them.
THOROUGH: Final = 20
#: What sums of costs may be off by.
TINY: Final = 1e-9


class Search:
    """One search on one board."""

    def __init__(self, board: Board, random: Random) -> None:
        instance = board.instance
        self.board = board
        self.random = random
        self.rooms = range(len(instance.hours))
        self.spots = [
            (room, day)
            for room in self.rooms
            for day, bits in enumerate(instance.day_bits)
            if any(instance.starts[number][room] & bits for number in instance.free)
        ]
        self.tracks = [track for track, members in enumerate(instance.members) if len(members) > 1]
        self.loose = set(instance.free)
        #: Those that could have a place if they were alone with what stays.
        self.hopeful = {number for number in instance.free if any(instance.starts[number])}
        self.best = self.standing()
        self.found = board.snapshot()
        self._now = self.score()

    def standing(self) -> tuple[int, float]:
        """Give what decides which programme is better: first how many sessions are missing, then the cost."""
        return len(self.board.instance.free) - self.board.placed(), self.board.cost

    def score(self) -> float:
        """Give the two in one number, by which the search goes on."""
        missing, cost = self.standing()
        return cost + self.board.weights.unplaced * missing

    def missing(self) -> list[int]:
        """Give the sessions without a place that could have one."""
        return [
            number for number in self.board.instance.free if self.board.rooms[number] < 0 and number in self.hopeful
        ]

    def run(self, work: int, pace: Callable[[float], float]) -> None:
        """Search for so much work, or as long as the pace says, and leave the best programme on the board.

        Args:
            work: to be done, in about 10 microseconds each.
            pace: is told the share of the work that is done, and says how far the search is to be; at 1 it ends.
        """
        board, began, turn = self.board, self.board.work, 0
        while self.spots and self.best > (0, TINY):
            share = pace((board.work - began) / work if work else 1.0)
            if share >= 1:
                break
            turn += 1
            board.work += 5
            self._turn(HOT * (COLD / HOT) ** share, turn)
        different = [number for number in board.instance.free if self._differs(number)]
        board.restore(self.found, different, self.best[1])

    def _differs(self, number: int) -> bool:
        room, moment = self.found[number]
        return (self.board.rooms[number], self.board.starts[number] if room >= 0 else moment) != (room, moment)

    def _turn(self, heat: float, turn: int) -> None:
        board, random = self.board, self.random
        before, cost = board.snapshot(), board.cost
        missing = self.missing()
        if missing and turn % THOROUGH == 0:
            touched = self._around(random.choice(missing))
        elif missing and random.random() < 0.4:
            touched = self._make_room(random.choice(missing))
        else:
            moves = [self._company, self._company, self._pair, self._pair, self._reorder, self._exchange, self._spots]
            if self.tracks:
                moves += [self._track, self._track]
            touched = random.choice(moves)(heat)
        now = self.score()
        worse = now - self._now
        if worse <= 0 or random.random() < exp(-worse / heat):
            self._now = now
            left, reached = self.standing()
            if (left, reached + TINY) < self.best:
                self.best, self.found = (left, reached), board.snapshot()
        else:
            board.restore(before, touched, cost)

    def _take(self, numbers: list[int]) -> list[int]:
        """Take sessions off the board, each once; give those too that were not on it."""
        numbers = list(dict.fromkeys(numbers))
        for number in numbers:
            if self.board.rooms[number] >= 0:
                self.board.take(number)
        return numbers

    def _in_spot(self, room: int, day: int) -> list[int]:
        board = self.board
        there = [
            number
            for number in board.within[room]
            if number in self.loose and board.instance.days[board.starts[number]] == day
        ]
        return sorted(there, key=lambda number: (board.starts[number], number))

    def _some_rooms(self) -> list[int]:
        rooms = list(self.rooms)
        return rooms if len(rooms) <= SOME else self.random.sample(rooms, SOME)

    def _refill(self, numbers: list[int], heat: float, first: list[tuple[int, int]]) -> None:
        """Put sessions back track by track."""
        random = self.random
        for group in by_track(self.board, numbers, lambda: 0.5 + random.random()):
            if random.random() < 0.3:
                random.shuffle(group)
            spots = self.spots if len(self.spots) <= SOME else first + random.sample(self.spots, SOME)
            for number in insert_track(self.board, group, random, list(dict.fromkeys(spots)), heat):
                insert(self.board, number, random, self.rooms, heat / 4)

    def _track(self, heat: float) -> list[int]:
        """A whole track, and perhaps what is in the way somewhere."""
        board, random = self.board, self.random
        track = max(random.sample(self.tracks, min(3, len(self.tracks))), key=board.track_total)
        numbers = list(board.instance.members[track])
        first = list(dict.fromkeys(board.spot(number) for number in numbers if board.rooms[number] >= 0))
        if random.random() < 0.7:
            spot = random.choice(self.spots)
            there = self._in_spot(*spot)
            numbers += there
            first.append(spot)
            if random.random() < 0.4:
                for other in {board.instance.tracks[number]: number for number in there}:
                    numbers += board.instance.members[other] if other >= 0 else []
        numbers = self._take(numbers)
        self._refill(numbers, heat, first)
        return numbers

    def _spots(self, heat: float) -> list[int]:
        """All that is in two rooms on a day each."""
        spots = self.random.sample(self.spots, min(2, len(self.spots)))
        numbers = self._take([number for spot in spots for number in self._in_spot(*spot)])
        self._refill(numbers, heat, spots)
        return numbers

    def _company(self, heat: float) -> list[int]:
        """Some sessions that have to do with each other."""
        board, random = self.board, self.random
        instance = board.instance
        number = random.choice(instance.free)
        near = instance.mates[number] + instance.others[number].tolist()
        if board.rooms[number] >= 0:
            near = near + self._in_spot(*board.spot(number))
        near = [each for each in near if each in self.loose]
        wanted = random.randint(1, 5)
        numbers = [number, *random.sample(near, min(wanted, len(near)))]
        numbers += random.sample(instance.free, min(len(instance.free), random.randint(0, 2)))
        numbers = self._take(numbers)
        random.shuffle(numbers)
        for each in numbers:
            insert(board, each, random, self._some_rooms(), heat / 4)
        return numbers

    def _pair(self, heat: float) -> list[int]:
        """Two sessions change places; where that does not work, each goes where it is best."""
        board, random = self.board, self.random
        numbers = random.sample(board.instance.free, min(2, len(board.instance.free)))
        places = [(board.rooms[number], board.starts[number]) for number in numbers]
        self._take(numbers)
        for number, (room, moment) in zip(numbers, reversed(places), strict=True):
            if room < 0 or not board.openings(number, room) >> moment & 1:
                insert(board, number, random, self._some_rooms(), heat / 4)
            else:
                board.put(number, room, moment)
        return numbers

    def _lay(self, numbers: list[int], spot: tuple[int, int]) -> None:
        """Put sessions into a room on a day one after the other, and those that do not fit wherever it is best."""
        bars = {number: self.board.common_bars(number) for number in numbers}
        fitting, _ = trial(self.board, numbers, *spot, bars)
        for number, moment in fitting:
            self.board.put(number, spot[0], moment)

    def _reorder(self, heat: float) -> list[int]:
        """All in a room on a day, in another order."""
        spot = self.random.choice(self.spots)
        numbers = self._take(self._in_spot(*spot))
        if self.random.random() < 0.5:
            groups = by_track(self.board, numbers, self.random.random)
            self._lay([number for group in groups for number in group], spot)
        else:
            self._lay(self.random.sample(numbers, len(numbers)), spot)
        self._finish(numbers, heat)
        return numbers

    def _exchange(self, heat: float) -> list[int]:
        """What is in one room on a day goes into another, and what is there comes here."""
        one, other = self.random.sample(self.spots, 2) if len(self.spots) > 1 else (self.spots[0],) * 2
        here, there = self._in_spot(*one), [] if one == other else self._in_spot(*other)
        numbers = self._take(here + there)
        self._lay(here, other)
        self._lay(there, one)
        self._finish(numbers, heat)
        return numbers

    def _finish(self, numbers: list[int], heat: float) -> None:
        for number in numbers:
            if self.board.rooms[number] < 0:
                insert(self.board, number, self.random, self.rooms, heat / 4)

    def _make_room(self, number: int) -> list[int]:
        """Put a session without a place somewhere, and what is in its way elsewhere."""
        board, random, instance = self.board, self.random, self.board.instance
        rooms = [room for room in self.rooms if instance.starts[number][room]]
        if not rooms:
            return []
        room = random.choice(rooms)
        moments = instance.starts[number][room]
        moment = random.choice([each for each in range(moments.bit_length()) if moments >> each & 1])
        out = self._take([other for other in board.in_the_way(number, room, moment) if other in self.loose])
        if board.openings(number, room) >> moment & 1:
            board.put(number, room, moment)
        self._finish(sorted(out, key=lambda _: random.random()), 0.0)
        return [number, *out]

    def _around(self, number: int) -> list[int]:
        """Search through all ways to place a session and a few that could make room for it."""
        board, random, instance = self.board, self.random, self.board.instance
        possible = [other for room in self.rooms if instance.starts[number][room] for other in board.within[room]]
        possible = [other for other in dict.fromkeys(possible + instance.mates[number]) if other in self.loose]
        numbers = self._take([number, *random.sample(possible, min(4, len(possible)))])
        place_most(board, numbers, nodes=300)
        self._finish(numbers, 0.0)
        return numbers
