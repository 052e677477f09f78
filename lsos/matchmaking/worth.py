"""What one more table, slot or meeting would bring at most: the prices that prove a schedule's bound, in use.

A price is a promise in one direction. By weak duality no schedule with one more table in slot t is worth more
than the bound that the prices prove, plus the price of a table in t. So a change is worth no more than its
price here, and what the schedule may itself be below its bound (`slack`); it can be worth less. A change with
price 0 on a schedule at its bound is proved to bring nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from lsos.matchmaking.contradictions import wishes
from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.prices import Prices, bound_at, reduced_values
from lsos.matchmaking.problem import Pair, Problem, value_of
from lsos.matchmaking.scheduling import Schedule


class Change(StrEnum):
    """What there is one more of."""

    #: One more table in this slot.
    TABLE = "table"
    #: One more slot: with the tables and the people of this one, and beside it.
    SLOT = "slot"
    #: One more meeting allowed to this person, who could be at one more.
    MEETING = "meeting"


@dataclass(frozen=True, slots=True)
class Worth:
    """What a change brings at most.

    Attributes:
        change: what there is one more of.
        of: the slot or the person.
        most: in value, at least 0; beyond it a change can only bring the `slack` of the schedule.
    """

    change: Change
    of: int
    most: float


@dataclass(frozen=True, slots=True)
class Worths:
    """What all changes bring at most.

    Attributes:
        changes: the most valuable first; equal ones in the order table, slot, meeting, then by number.
        slack: what the schedule may be below what the prices prove.
    """

    changes: tuple[Worth, ...]
    slack: float

    def best(self, change: Change, count: int) -> tuple[Worth, ...]:
        """Give the most valuable of one kind that may bring anything."""
        return tuple(worth for worth in self.changes if worth.change is change and worth.most > 0)[:count]


def worths(problem: Problem, schedule: Schedule) -> Worths:
    """Say what one more table or slot, or one more meeting for somebody, would bring at most.

    Args:
        problem: as solved. Where it has must-meets, changes are priced for schedules that keep as many.
        schedule: the answer, with its prices.
    """
    view = _View(problem, schedule.prices)
    locked = {(a, b) for a, b, _ in problem.locked}
    kept = schedule.musts - sum(not wish.isdisjoint(locked) for wish in wishes(problem))
    proved = value_of(problem, problem.locked) + bound_at(replace(view.instance, needed=kept), schedule.prices)
    found = [Worth(Change.TABLE, slot, view.table(slot)) for slot in range(problem.slots)]
    found += [Worth(Change.SLOT, slot, view.slot(slot)) for slot in range(problem.slots)]
    found += [Worth(Change.MEETING, key, view.meeting(key)) for key in problem.caps if key in problem.available]
    order = list(Change)
    found.sort(key=lambda worth: (-worth.most, order.index(worth.change), worth.of))
    return Worths(tuple(found), max(0.0, proved - schedule.value))


class _View:
    """A problem and its prices, person by person and pair by pair."""

    def __init__(self, problem: Problem, prices: Prices) -> None:
        pairs, self.instance = instance_of(problem)
        self._problem = problem
        self._prices = prices
        self._number = {key: place for place, key in enumerate(sorted(problem.available))}
        #: What each pair adds to the bound as it is.
        self._paid = dict(zip(pairs, np.maximum(0, reduced_values(self.instance, prices)).tolist(), strict=True))
        self._had: defaultdict[int, int] = defaultdict(int)
        for a, b, _ in problem.locked:
            self._had[a] += 1
            self._had[b] += 1
        locked = {(a, b) for a, b, _ in problem.locked}
        settled = {pair for group in problem.alternatives if group & locked for pair in group}
        wished = sorted((problem.pairs.keys() | problem.musts) - problem.forbidden - locked - settled)
        self._busy = {(key, slot) for a, b, slot in problem.locked for key in (a, b)}
        self._pairs_of: defaultdict[int, list[Pair]] = defaultdict(list)
        for pair in wished:
            for key in pair:
                self._pairs_of[key].append(pair)
        self._wished = [pair for pair in wished if self._left(pair[0]) > 0 and self._left(pair[1]) > 0]
        self._ends = np.array([[self._number[key] for key in pair] for pair in self._wished], dtype=np.int64)
        self._ends = self._ends.reshape(-1, 2).T
        self._extra = np.array([self._base(pair) - self._paid.get(pair, 0.0) for pair in self._wished])
        self._takes = np.array([pair not in problem.without_table for pair in self._wished], dtype=bool)

    def table(self, slot: int) -> float:
        """Price one more table; in a slot without any it holds one meeting, worth no more than the best there."""
        if self.instance.tables[slot]:
            return float(self._prices.table[slot])
        return max(
            (
                max(0.0, extra) + sum(self._longer(key) for key in pair)
                for pair, extra, takes in zip(self._wished, self._extra.tolist(), self._takes.tolist(), strict=True)
                if takes and all(self._free(key, slot) for key in pair)
            ),
            default=0.0,
        )

    def slot(self, slot: int) -> float:
        """Price one more slot with the tables and people of this one."""
        here = np.zeros(len(self._number), dtype=bool)
        rates = np.zeros(len(self._number))
        longer = 0.0
        for key, person in self._number.items():
            if slot in self._problem.available[key]:
                here[person], rates[person] = True, self._rate(key, slot)
                longer += self._longer(key)
        table = float(self._prices.table[slot])
        if not self.instance.tables[slot]:
            #: Its tables, if any, are all used by locked meetings: there the prices say nothing of a table.
            table = self.table(slot)
        #: Somebody who has a locked meeting then has no price of time; this gives one, so that no pair gains.
        first, second = self._ends
        gains = self._extra - rates[first] - rates[second] - np.where(self._takes, table, 0.0)
        missing = np.zeros(len(rates))
        for place in np.flatnonzero((gains > 0) & here[first] & here[second]).tolist():
            one, other = first[place], second[place]
            missing[one] += max(0.0, gains[place] - missing[one] - missing[other])
        return self._problem.tables[slot] * table + float(rates.sum() + missing.sum()) + longer

    def meeting(self, key: int) -> float:
        """Price one more meeting allowed to a person; nothing where it is time that lacks."""
        person = self._number[key]
        room = self.instance.available[person].bit_count()
        if self._left(key) >= room:
            return 0.0
        if self._left(key) > 0:
            return self._beyond(key)
        return max(
            (self._only(key, pair) for pair in self._pairs_of[key] if self._left(pair[0] + pair[1] - key) > 0),
            default=0.0,
        )

    def _only(self, key: int, pair: Pair) -> float:
        """Price a pair of somebody who had no further meeting, in its cheapest slot."""
        a, b = pair
        both = self.instance.available[self._number[a]] & self.instance.available[self._number[b]]
        takes = pair not in self._problem.without_table
        costs = [
            self._rate(a, slot) + self._rate(b, slot) + takes * float(self._prices.table[slot])
            for slot in range(self._problem.slots)
            if both >> slot & 1 and (self.instance.tables[slot] or not takes)
        ]
        if not costs:
            return 0.0
        own = self._prices.meeting[self._number[key]]
        return max(0.0, self._next_bonus(key) + float(own) + self._base(pair) - min(costs))

    def _left(self, key: int) -> int:
        """Say how many further meetings the person may have, whatever the time."""
        return self._problem.caps.get(key, self._problem.slots + 1) - self._had[key]

    def _free(self, key: int, slot: int) -> bool:
        return slot in self._problem.available[key] and (key, slot) not in self._busy

    def _base(self, pair: Pair) -> float:
        """Give what a pair is worth beyond the prices of its people's meetings."""
        price = self._prices.meeting
        value = self._problem.pairs.get(pair, 0.0) - price[self._number[pair[0]]] - price[self._number[pair[1]]]
        return float(value) + (self._prices.must if pair in self._problem.musts else 0.0)

    def _rate(self, key: int, slot: int) -> float:
        person = self._number[key]
        return float(self._prices.time[person, slot]) if self.instance.available[person] >> slot & 1 else 0.0

    def _longer(self, key: int) -> float:
        """Price one more slot for a person: the further meeting that it allows, unless a cap forbids that."""
        person = self._number[key]
        return self._beyond(key) if self._left(key) > self.instance.available[person].bit_count() else 0.0

    def _beyond(self, key: int) -> float:
        """Price a meeting beyond those that now are possible."""
        return max(0.0, self._next_bonus(key) + float(self._prices.meeting[self._number[key]]))

    def _next_bonus(self, key: int) -> float:
        person = self._number[key]
        bonus, had = self.instance.bonus[person], self.instance.limits[person]
        return bonus[had] if had < len(bonus) else 0.0
