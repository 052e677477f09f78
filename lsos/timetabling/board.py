"""A programme that is being built: where everything is, what may still start when, and what the next step costs.

The cost of a programme is counted up step by step: `price` says what one more session adds beside those on the board,
`put` adds it, `take` gives it back. So a search never counts anything twice.
"""

from bisect import insort

import numpy as np

from lsos.timetabling.costs import Costs, Stay, track_cost
from lsos.timetabling.instance import Instance, smear
from lsos.timetabling.problem import Kind

#: What people and audiences forbid: moments in all rooms; and room, moments there, moments elsewhere.
Bars = tuple[int, list[tuple[int, int, int]]]
#: The start of what is not on the board, and its end: before and after everything.
NEVER = 1 << 40


class Board:
    """A programme, for changing.

    Attributes:
        rooms: session -> room; -1 where it has none.
        starts: session -> moment.
        cost: of the programme so far, without what is missing.
        work: how much was looked at, in about 10 microseconds each.
    """

    def __init__(self, instance: Instance, *, counts_fixed: bool = True) -> None:
        """Begin with what stays; its cost may be left out where only what is added is asked."""
        self.instance = instance
        count = len(instance.sessions)
        self.rooms = [-1] * count
        self.starts = [0] * count
        self.cost = 0.0
        self.work = 0
        self._begins = np.full(count, NEVER, dtype=np.int64)
        self._ends = np.full(count, -NEVER, dtype=np.int64)
        rooms, days, tracks = len(instance.problem.rooms), len(instance.day_bits), len(instance.members)
        #: Room -> moments taken, and with what has to stay free after each session; the latter without those that stay.
        self.taken = [0] * rooms
        self.held = [0] * rooms
        self.within: list[list[int]] = [[] for _ in range(rooms)]
        self.stays: list[list[list[Stay]]] = [[[] for _ in range(days)] for _ in range(tracks)]
        self._track_costs: list[list[float | None]] = [[0.0] * days for _ in range(tracks)]
        self.weights = instance.weights
        begin = self.put if counts_fixed else self.lay
        for number, (room, moment) in instance.fixed.items():
            begin(number, room, moment)

    def snapshot(self) -> list[tuple[int, int]]:
        """Give room and moment of each session."""
        return list(zip(self.rooms, self.starts, strict=True))

    def placed(self) -> int:
        """Count the sessions to be placed that have a place."""
        return sum(self.rooms[number] >= 0 for number in self.instance.free)

    def common_bars(self, number: int) -> Bars:
        """Say what people and audiences forbid: moments in all rooms; and room, moments there, moments elsewhere."""
        instance = self.instance
        length, everywhere, apart = instance.lengths[number], 0, []
        for other in instance.mates[number]:
            room = self.rooms[other]
            if room >= 0 and other not in instance.fixed:
                here = instance.barred(other, self.starts[other], length, overlap=instance.never_twice, buffer=0)
                if instance.person_gap:
                    gap = instance.person_gap
                    away = instance.barred(other, self.starts[other], length, overlap=instance.never_twice, buffer=gap)
                    apart.append((room, here, away))
                else:
                    everywhere |= here
        for other in instance.rivals[number]:
            if self.rooms[other] >= 0 and other not in instance.fixed:
                everywhere |= instance.barred(other, self.starts[other], length, overlap=True, buffer=0)
        return everywhere, apart

    def openings(self, number: int, room: int, bars: Bars | None = None) -> int:
        """Give the moments at which a session that is not on the board could start in a room."""
        instance = self.instance
        self.work += 1
        allowed = instance.starts[number][room]
        if not allowed:
            return 0
        everywhere, apart = self.common_bars(number) if bars is None else bars
        allowed &= ~everywhere
        for where, here, away in apart:
            allowed &= ~(here if where == room else away)
        return allowed & ~self._room_bars(number, room)

    def room_openings(self, number: int, room: int) -> int:
        """Give the moments at which it could start if people could be in two places at once."""
        return self.instance.starts[number][room] & ~self._room_bars(number, room)

    def _room_bars(self, number: int, room: int) -> int:
        instance = self.instance
        length = instance.lengths[number]
        if instance.no_overlap:
            return smear(self.held[room], length + instance.between)
        barred = 0
        if instance.room_gap:
            for other in self.within[room]:
                if other not in instance.fixed:
                    gap = instance.room_gap
                    barred |= instance.barred(other, self.starts[other], length, overlap=False, buffer=gap)
        return barred

    def clashes(self, number: int, moments: list[int]) -> list[float]:
        """Say what those who want other sessions too would lose at each of these moments."""
        others = self.instance.others[number]
        if not others.size or not moments:
            return [0.0] * len(moments)
        at = np.array(moments, dtype=np.int64)[:, None]
        together = (self._begins[others] < at + self.instance.lengths[number]) & (self._ends[others] > at)
        self.work += 1
        found: list[float] = (together @ self.instance.prices[number]).tolist()
        return found

    def price(self, number: int, room: int, moment: int, clash: float | None = None) -> float:
        """Say what a session that is not on the board would add to the cost in a place."""
        self.work += 1
        if clash is None:
            clash = self.clashes(number, [moment])[0]
        return (
            clash
            + self.misfit_price(number, room)
            + self.moved_price(number, room, moment)
            + self.conflict_price(number, room, moment)
            + self.idle_price(number, room, moment)
            + self._track_price(number, room, moment)
        )

    def misfit_price(self, number: int, room: int) -> float:
        """Say what the room costs whatever the time."""
        return self.instance.flat[number][room]

    def moved_price(self, number: int, room: int, moment: int) -> float:
        """Say what it costs to be elsewhere than released."""
        released = self.instance.released[number]
        return 0.0 if released is None or released == (room, moment) else self.weights.moved

    def conflict_price(self, number: int, room: int, moment: int) -> float:
        """Say what the conflicts cost that are not forbidden, beside those of room and audience alone."""
        instance = self.instance
        cost = sum(price for moments, price in instance.dear[number][room] if moments >> moment & 1)
        start, end = moment, moment + instance.lengths[number]
        if instance.pays_in_room:
            for other in self.within[room]:
                cost += self._pair_price(
                    self._gap(other, start, end), instance.problem.room_buffer, Kind.ROOM_TAKEN, Kind.ROOM_BUFFER
                )
        if instance.pays_for_people:
            for other in instance.mates[number]:
                if self.rooms[other] >= 0:
                    buffer = instance.problem.person_buffer if self.rooms[other] != room else 0
                    gap = self._gap(other, start, end)
                    cost += self._pair_price(gap, buffer, Kind.PERSON_TWICE, Kind.PERSON_BUFFER)
        return cost

    def _gap(self, other: int, start: int, end: int) -> int:
        """Count the minutes between a session on the board and a stretch; below 0 if they overlap."""
        begins = self.starts[other]
        return max(begins - end, start - begins - self.instance.lengths[other]) * self.instance.step

    def _pair_price(self, gap: int, buffer: int, overlap: Kind, near: Kind) -> float:
        if gap < 0:
            return self.instance.price[overlap]
        return self.instance.price[near] if gap < buffer else 0.0

    def idle_price(self, number: int, room: int, moment: int) -> float:
        """Say by how much the empty hours of the room between its first and last session of the day cost more."""
        if not self.weights.idle:
            return 0.0
        day = self.instance.day_bits[self.instance.days[moment]]
        before = self.taken[room] & day
        after = before | ((1 << self.instance.lengths[number]) - 1) << moment
        hours = self.instance.hours[room]
        return (_idle(after, hours) - _idle(before, hours)) * self.weights.idle * self.instance.step / 60

    def _track_price(self, number: int, room: int, moment: int) -> float:
        track = self.instance.tracks[number]
        if track < 0:
            return 0.0
        day = self.instance.days[moment]
        stays = self.stays[track][day]
        if not stays:
            return self.weights.track_day if any(self.stays[track]) else 0.0
        joined = stays.copy()
        insort(joined, self._stay(number, room, moment))
        return track_cost(joined, self.weights) - self._track_cost(track, day)

    def _track_cost(self, track: int, day: int) -> float:
        cost = self._track_costs[track][day]
        if cost is None:
            cost = self._track_costs[track][day] = track_cost(self.stays[track][day], self.weights)
        return cost

    def _stay(self, number: int, room: int, moment: int) -> Stay:
        step = self.instance.step
        return Stay(moment * step, (moment + self.instance.lengths[number]) * step, room, number)

    def put(self, number: int, room: int, moment: int) -> None:
        """Give a session a place."""
        self.cost += self.price(number, room, moment)
        self.lay(number, room, moment)

    def lay(self, number: int, room: int, moment: int) -> None:
        """Give a session a place whose price is counted elsewhere."""
        instance = self.instance
        length = instance.lengths[number]
        self.rooms[number], self.starts[number] = room, moment
        self._begins[number], self._ends[number] = moment, moment + length
        self.taken[room] |= ((1 << length) - 1) << moment
        if number not in instance.fixed:
            self.held[room] |= ((1 << length + instance.between) - 1) << moment
        self.within[room].append(number)
        track = instance.tracks[number]
        if track >= 0:
            day = instance.days[moment]
            stays = self.stays[track][day]
            insort(stays, self._stay(number, room, moment))
            self._track_costs[track][day] = None

    def take(self, number: int) -> None:
        """Take a session off the board."""
        room, moment = self.rooms[number], self.starts[number]
        self.lift(number)
        self.cost -= self.price(number, room, moment)

    def lift(self, number: int) -> None:
        """Take a session off the board whose price is counted elsewhere."""
        instance = self.instance
        room, moment, length = self.rooms[number], self.starts[number], instance.lengths[number]
        self.rooms[number] = -1
        self._begins[number], self._ends[number] = NEVER, -NEVER
        self.within[room].remove(number)
        if instance.no_overlap and not instance.fixed_in[room] and instance.between == 0:
            self.taken[room] &= ~(((1 << length) - 1) << moment)
            self.held[room] = self.taken[room]
        else:
            self.taken[room] = self.held[room] = 0
            for other in self.within[room]:
                self.taken[room] |= ((1 << instance.lengths[other]) - 1) << self.starts[other]
                if other not in instance.fixed:
                    self.held[room] |= ((1 << instance.lengths[other] + instance.between) - 1) << self.starts[other]
        track = instance.tracks[number]
        if track >= 0:
            day = instance.days[moment]
            stays = self.stays[track][day]
            stays.remove(self._stay(number, room, moment))
            self._track_costs[track][day] = None

    def spot(self, number: int) -> tuple[int, int]:
        """Give room and day of a session on the board."""
        return self.rooms[number], self.instance.days[self.starts[number]]

    def track_total(self, track: int) -> float:
        """Say what a track costs."""
        return sum(self._track_cost(track, day) for day in range(len(self.stays[track])))

    def in_the_way(self, number: int, room: int, moment: int) -> list[int]:
        """Name the sessions on the board because of which, by what is forbidden, another one cannot start there."""
        instance = self.instance
        length, bit = instance.lengths[number], 1 << moment
        found = []
        for other in self.within[room]:
            gap = instance.room_gap
            if instance.barred(other, self.starts[other], length, overlap=instance.no_overlap, buffer=gap) & bit:
                found.append(other)
        for other in instance.mates[number]:
            if self.rooms[other] >= 0:
                gap = instance.person_gap if self.rooms[other] != room else 0
                if instance.barred(other, self.starts[other], length, overlap=instance.never_twice, buffer=gap) & bit:
                    found.append(other)
        for other in instance.rivals[number]:
            there = self.rooms[other] >= 0
            if there and instance.barred(other, self.starts[other], length, overlap=True, buffer=0) & bit:
                found.append(other)
        return list(dict.fromkeys(found))

    def restore(self, places: list[tuple[int, int]], numbers: list[int], cost: float) -> None:
        """Put some sessions back to where a snapshot has them, which then is all there was, at its cost."""
        for number in numbers:
            if self.rooms[number] >= 0:
                self.lift(number)
        for number in numbers:
            room, moment = places[number]
            if room >= 0:
                self.lay(number, room, moment)
        self.cost = cost

    def costs(self) -> Costs:
        """Tell the cost apart by terms; what is missing is among them."""
        instance, weights = self.instance, self.weights
        clash = misfit = moved = wrong = 0.0
        there = [number for number, room in enumerate(self.rooms) if room >= 0]
        pair = 0.0
        for number in there:
            room, moment = self.rooms[number], self.starts[number]
            clash += self.clashes(number, [moment])[0] / 2
            misfit += self.misfit_price(number, room)
            moved += self.moved_price(number, room, moment)
            alone = sum(price for moments, price in instance.dear[number][room] if moments >> moment & 1)
            wrong += alone
            self.within[room].remove(number)
            pair += (self.conflict_price(number, room, moment) - alone) / 2
            self.within[room].append(number)
        idle = sum(
            _idle(self.taken[room] & day, instance.hours[room])
            for room in range(len(self.taken))
            for day in instance.day_bits
        )
        tracks = sum(map(self.track_total, range(len(self.stays)))) + weights.track_day * sum(
            max(0, sum(map(bool, days)) - 1) for days in self.stays
        )
        return Costs(
            unplaced=weights.unplaced * (len(self.rooms) - len(there)),
            moved=moved,
            tracks=tracks,
            audience=clash,
            misfit=misfit,
            idle=idle * weights.idle * instance.step / 60,
            conflicts=wrong + pair,
        )


def _idle(taken: int, hours: int) -> int:
    """Count the open moments between the first and the last that are taken."""
    if not taken:
        return 0
    span = (1 << taken.bit_length()) - (taken & -taken)
    return (span & hours & ~taken).bit_count()
