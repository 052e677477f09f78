"""A scheduling problem in numbers: people, pairs and slots count from 0, and sets of slots are bits.

Locked meetings are taken out: their places, tables and limits are used up. Pairs that cannot meet
whatever else happens are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lsos.matchmaking.bits import bits_of, table_of
from lsos.matchmaking.problem import Pair, Problem


class Quota(NamedTuple):
    """So many further meetings of certain pairs are possible in certain slots: a limit of somebody, or alternatives."""

    slots: int
    most: int


@dataclass(frozen=True)
class Instance:
    """What is left to decide.

    Attributes:
        ends: pair -> its two people.
        values: pair -> what its meeting is worth, at least 0.
        available: person -> bits of the slots still free.
        limits: person -> further meetings possible, never more than free slots.
        bonus: person -> what each further meeting adds, the next first; never rising.
        tables: slot -> tables left.
        busy: person -> bits of the slots of locked meetings.
        days: for each day, how many slots it has.
        musts: the pairs of which as many as possible meet, before any value.
        needed: so many of them can meet, and do; 0 where it is not known yet.
        tableless: the pairs whose meeting takes no table.
        quotas: further bounds.
        quotas_of: pair -> the quotas its meeting may count in; only pairs that have any.
    """

    ends: Sequence[tuple[int, int]]
    values: Sequence[float]
    available: Sequence[int]
    limits: Sequence[int]
    bonus: Sequence[tuple[float, ...]]
    tables: Sequence[int]
    busy: Sequence[int]
    days: Sequence[int]
    musts: frozenset[int] = frozenset()
    needed: int = 0
    tableless: frozenset[int] = frozenset()
    quotas: Sequence[Quota] = ()
    quotas_of: Sequence[tuple[int, ...]] = ()

    @cached_property
    def common(self) -> list[int]:
        """Give for each pair the bits of the slots in which both can, and have a table if they need one."""
        open_slots = sum(1 << slot for slot, left in enumerate(self.tables) if left)
        common = [self.available[a] & self.available[b] & open_slots for a, b in self.ends]
        for pair in self.tableless:
            a, b = self.ends[pair]
            common[pair] = self.available[a] & self.available[b]
        if self.quotas:
            for pair, quotas in enumerate(self.quotas_of):
                for quota in quotas:
                    if not self.quotas[quota].most:
                        common[pair] &= ~self.quotas[quota].slots
        return common

    @cached_property
    def must_value(self) -> float:
        """Give a number above the value of any schedule: what one more must-meet counts when pairs are placed."""
        bonus = sum(sum(each[:limit]) for each, limit in zip(self.bonus, self.limits, strict=True))
        return 1 + bonus + sum(sorted(self.values, reverse=True)[: sum(self.limits) // 2])

    @cached_property
    def day_masks(self) -> list[int]:
        """Give for each day the bits of its slots."""
        starts = accumulate(self.days, initial=0)
        return [((1 << length) - 1) << start for length, start in zip(self.days, starts, strict=False)]

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Give availability as a table of people by slots."""
        return table_of(self.available, len(self.tables))

    @cached_property
    def possible(self) -> NDArray[np.bool_]:
        """Give `common` as a table of pairs by slots."""
        return table_of(self.common, len(self.tables))

    @cached_property
    def usable(self) -> NDArray[np.int64]:
        """Give for each slot how many tables can be used: not more than there are pairs that could meet there."""
        return np.asarray(np.minimum(self.tables, self.possible.sum(axis=0)), dtype=np.int64)

    @cached_property
    def breaks(self) -> "Breaks":
        """Give, by the bits of the slots of somebody's meetings, the number of breaks in these days."""
        return Breaks(self.day_masks)


class Breaks(dict[int, int]):
    """Bits of slots -> stretches without a meeting between two meetings of one day, counted once each."""

    def __init__(self, day_masks: Sequence[int]) -> None:
        self._masks = day_masks
        self._starts = sum(mask & -mask for mask in day_masks)

    def __missing__(self, busy: int) -> int:
        runs = (busy & ~(busy << 1 & ~self._starts)).bit_count()
        self[busy] = runs - sum(busy & mask != 0 for mask in self._masks)
        return self[busy]


def instance_of(problem: Problem) -> tuple[list[Pair], Instance]:
    """Put a problem without contradictions into numbers, with the pairs in their order; who cannot meet is left out."""
    people = sorted(problem.available)
    number = {key: index for index, key in enumerate(people)}
    tables = list(problem.tables)
    busy = [0] * len(people)
    had = [0] * len(people)
    for a, b, slot in problem.locked:
        tables[slot] -= (a, b) not in problem.without_table
        for key in (a, b):
            busy[number[key]] |= 1 << slot
            had[number[key]] += 1
    open_slots = bits_of(slot for slot, left in enumerate(tables) if left)
    at_stands = {key for pair in problem.without_table for key in pair}
    available = [
        bits_of(problem.available[key]) & ~busy[index] & (-1 if key in at_stands else open_slots)
        for index, key in enumerate(people)
    ]
    quotas, quotas_of = _quotas(problem)
    own: defaultdict[int, list[Quota]] = defaultdict(list)
    for limit, quota in zip(problem.limits, quotas, strict=False):
        if limit.partners is None:
            own[limit.person].append(quota)
    limits = [
        max(0, min(problem.caps.get(key, problem.slots) - had[index], _most(available[index], own.get(key, ()))))
        for index, key in enumerate(people)
    ]
    locked = {(a, b) for a, b, _ in problem.locked}

    def may_meet(pair: Pair) -> bool:
        a, b = number[pair[0]], number[pair[1]]
        slots = available[a] & available[b]
        if not slots or limits[a] <= 0 or limits[b] <= 0 or pair in locked or pair in problem.forbidden:
            return False
        if pair not in problem.without_table:
            slots &= open_slots
        for quota in quotas_of.get(pair, ()):
            if not quotas[quota].most:
                slots &= ~quotas[quota].slots
        return slots != 0

    pairs = sorted(filter(may_meet, problem.pairs.keys() | problem.musts))
    return pairs, Instance(
        ends=[(number[a], number[b]) for a, b in pairs],
        values=[problem.pairs.get(pair, 0.0) for pair in pairs],
        available=available,
        limits=limits,
        bonus=[problem.first_meeting_bonus[count:] for count in had],
        tables=tables,
        busy=busy,
        days=problem.days or (problem.slots,),
        musts=frozenset(place for place, pair in enumerate(pairs) if pair in problem.musts)
        if problem.musts
        else frozenset(),
        tableless=frozenset(place for place, pair in enumerate(pairs) if pair in problem.without_table)
        if problem.without_table
        else frozenset(),
        quotas=quotas,
        quotas_of=[quotas_of.get(pair, ()) for pair in pairs],
    )


def _quotas(problem: Problem) -> tuple[list[Quota], dict[Pair, tuple[int, ...]]]:
    """Give what limits and alternatives leave beside the locked meetings, and which pairs count in which."""
    if not problem.limits and not problem.alternatives:
        return [], {}
    every = (1 << problem.slots) - 1
    partners: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in sorted(problem.pairs.keys() | problem.musts):
        for person in pair:
            partners[person].append(pair)
    locked = {(a, b) for a, b, _ in problem.locked}
    quotas: list[Quota] = []
    found: defaultdict[Pair, list[int]] = defaultdict(list)

    def add(slots: int, most: int, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            found[pair].append(len(quotas))
        quotas.append(Quota(slots, most))

    had: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for meeting in problem.locked:
        for person in meeting[:2]:
            had[person].append(meeting)
    for limit in problem.limits:
        add(
            every if limit.slots is None else bits_of(limit.slots),
            limit.most - sum(limit.counts(*meeting) for meeting in had[limit.person]),
            (pair for pair in partners[limit.person] if limit.concerns(*pair)),
        )
    for group in problem.alternatives:
        add(every, 1 - len(group & locked), sorted(group))
    return quotas, {pair: tuple(places) for pair, places in found.items()}


def _most(available: int, quotas: Iterable[Quota]) -> int:
    """Give how many meetings fit into these slots, as far as quotas of slots apart from each other say, like days."""
    most = 0
    for quota in quotas:
        if (available & quota.slots).bit_count() > quota.most:
            most += quota.most
            available &= ~quota.slots
    return most + available.bit_count()
