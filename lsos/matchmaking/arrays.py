"""A timetable in arrays: what changes over between two slots, for all their meetings at once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lsos.matchmaking.days import DayCosts, Floats, Whole, count_breaks
from lsos.matchmaking.timetable import Timetable

Flags = NDArray[np.bool_]
#: Gives so many random numbers.
Noise = Callable[[int], Floats]
#: What a chain that cannot change over would cost.
NEVER = 1e9


class Arrays:
    """A timetable in arrays.

    Attributes:
        meetings: the pairs that meet at the start.
        slot_of: pair -> its slot, or -1.
        ends: the first people of the pairs, and the second.
        at: slot by person -> the pair that meets then, or -1.
        inside: slot -> the pairs that meet then.
        costs: of the days.
        words: part of the event by person -> the bits of the slots of the meetings, locked ones too.
    """

    def __init__(self, table: Timetable, costs: DayCosts) -> None:
        """Copy a timetable; it stays as it is."""
        instance = table.instance
        people, slots = len(table.free), len(instance.tables)
        self.costs = costs
        self.ends = np.array(instance.ends, dtype=np.int64).reshape(-1, 2).T.copy()
        self.slot_of = np.array(table.slot_of, dtype=np.int64)
        self.meetings = np.flatnonzero(self.slot_of >= 0)
        self.at = np.full((slots, people), -1, dtype=np.int64)
        for ends in self.ends:
            self.at[self.slot_of[self.meetings], ends[self.meetings]] = self.meetings
        self._can = instance.free.T.copy()
        self.inside = [np.flatnonzero(self.slot_of == slot) for slot in range(slots)]
        self._room = list(table.room)
        self._takes = np.ones(len(self.slot_of))
        self._takes[sorted(instance.tableless)] = 0
        self._quotas = instance.quotas
        self._quotas_of = instance.quotas_of
        self._left = list(table.quota_left)
        every = (1 << slots) - 1
        #: Only quotas of some slots can be broken by a change-over. Each is of one person, and so of one chain.
        self._counted = {
            pair
            for pair, quotas in enumerate(instance.quotas_of)
            if any(self._quotas[quota].slots != every for quota in quotas)
        }
        self.words = costs.words(table.busy)
        self._locked = costs.words(instance.busy)
        self._place = np.zeros(len(self.slot_of), dtype=np.int64)

    def cost(self) -> float:
        """Add up what all days cost."""
        everybody = np.arange(self.at.shape[1])
        return float(sum(self.costs.cost(part, words, everybody).sum() for part, words in enumerate(self.words)))

    def breaks(self, slot_of: Whole) -> int:
        """Count the breaks of a timetable, given by the slots of its pairs."""
        words = [word.copy() for word in self._locked]
        for slot, bit in enumerate(self.costs.bit):
            words[self.costs.part_of[slot]][self.ends[:, slot_of == slot].ravel()] |= np.uint64(bit)
        return int(sum(count_breaks(word).sum() for word in words))

    def step(self, one: int, other: int, heat: float, noise: Noise) -> float:
        """Let the best chains change over between two slots, as seen through noise; say what that adds to the cost."""
        pairs = np.concatenate([self.inside[one], self.inside[other]])
        count, firsts = len(pairs), len(self.inside[one])
        if not count:
            return 0.0
        numbers = np.arange(count)
        self._place[pairs] = numbers
        people = self.ends[:, pairs]
        #: The meetings that its people have in the other of the two slots.
        facing = np.concatenate([self.at[other][people[:, :firsts]], self.at[one][people[:, firsts:]]], axis=1)
        alone = facing < 0
        chain = _chains(numbers, np.where(alone, numbers, self._place[facing]))

        side, meeting = alone.nonzero()
        person = people[side, meeting]
        change = self._change(one, other, person)
        change[~self._can[np.where(meeting < firsts, other, one), person]] = NEVER
        brings = np.bincount(chain[meeting], weights=change, minlength=count)
        takes = self._takes[pairs]
        takes[firsts:] *= -1
        balance = np.bincount(chain, weights=takes, minlength=count)
        counted = self._counts(one, other, pairs, chain, firsts) if self._counted else {}
        for (quota, head), more in counted.items():
            if more > self._left[quota]:
                brings[head] = NEVER

        (heads,) = ((chain == numbers) & (brings < NEVER / 2) & (balance <= 1) & (balance >= -1)).nonzero()
        chosen = heads[
            _best(brings[heads] + heat * noise(len(heads)), balance[heads], self._room[other], self._room[one])
        ]
        if not len(chosen):
            return 0.0
        moves = np.zeros(count, dtype=bool)
        moves[chosen] = True
        for (quota, head), more in counted.items():
            self._left[quota] -= more * int(moves[head])
        moves = moves[chain]
        self._change_over(one, other, pairs, moves, firsts)
        gone = person[moves[meeting]]
        for slot in (one, other):
            self.words[self.costs.part_of[slot]][gone] ^= np.uint64(self.costs.bit[slot])
        return float(brings[chosen].sum())

    def _change(self, one: int, other: int, people: Whole) -> Floats:
        """Say what it adds to the cost of people who meet in one of two slots to meet in the other instead."""
        costs = self.costs
        part, beside = costs.part_of[one], costs.part_of[other]
        bit, further = np.uint64(costs.bit[one]), np.uint64(costs.bit[other])
        if part == beside:
            return costs.change(part, self.words[part][people], bit | further, people)
        change = costs.change(part, self.words[part][people], bit, people)
        change += costs.change(beside, self.words[beside][people], further, people)
        return change

    def _counts(self, one: int, other: int, pairs: Whole, chain: Whole, firsts: int) -> dict[tuple[int, int], int]:
        """Give, for each quota and chain, how many meetings more would count if the chain changed over."""
        counts: dict[tuple[int, int], int] = {}
        for place, pair in enumerate(pairs.tolist()):
            if pair not in self._counted:
                continue
            source, target = (one, other) if place < firsts else (other, one)
            for quota in self._quotas_of[pair]:
                slots = self._quotas[quota].slots
                key = quota, int(chain[place])
                counts[key] = counts.get(key, 0) + (slots >> target & 1) - (slots >> source & 1)
        return counts

    def _change_over(self, one: int, other: int, pairs: Whole, moves: Flags, firsts: int) -> None:
        to_other, to_one = pairs[:firsts][moves[:firsts]], pairs[firsts:][moves[firsts:]]
        self.at[one][self.ends[:, to_other]] = -1
        self.at[other][self.ends[:, to_one]] = -1
        self.at[other][self.ends[:, to_other]] = to_other
        self.at[one][self.ends[:, to_one]] = to_one
        self.slot_of[to_other] = other
        self.slot_of[to_one] = one
        self.inside[one] = np.concatenate([pairs[:firsts][~moves[:firsts]], to_one])
        self.inside[other] = np.concatenate([pairs[firsts:][~moves[firsts:]], to_other])
        moved = int(self._takes[to_other].sum() - self._takes[to_one].sum())
        self._room[one] += moved
        self._room[other] -= moved


def _chains(numbers: Whole, facing: Whole) -> Whole:
    """Name for each meeting the first of its chain, given the two meetings tied to it (itself where there is none)."""
    first, second = facing
    chain = numbers
    while True:
        lower = np.minimum(chain, np.minimum(chain[first], chain[second]))
        lower = lower[lower]
        if (lower == chain).all():
            return chain
        chain = lower


def _best(costs: Floats, balance: Whole, room: int, room_back: int) -> Whole:
    """Choose the chains to change over: the cheapest set that has its tables.

    Args:
        costs: of each chain; below 0 where it pays.
        balance: of each chain: by how many meetings the second slot grows and the first shrinks; -1, 0 or 1.
        room: tables left in the second slot.
        room_back: tables left in the first.
    """
    order = costs.argsort(kind="stable")
    pays, balance = int((costs < 0).sum()), balance[order]
    even, there, back = (order[:pays][balance[:pays] == 0], order[balance > 0], order[balance < 0])
    more = int((balance[:pays] > 0).sum())
    fewer = pays - len(even) - more
    if more - fewer > room:
        fewer = _paid(costs[there[room:]], costs[back])
        more = fewer + room
    elif fewer - more > room_back:
        more = _paid(costs[back[room_back:]], costs[there])
        fewer = more + room_back
    return np.concatenate([even, there[:more], back[:fewer]])


def _paid(one: Floats, other: Floats) -> int:
    """Say how many of two sorted lists to take, as many of each, so that they cost least together."""
    both = min(len(one), len(other))
    return int((one[:both] + other[:both] < 0).sum())
