"""A scheduling problem in numbers: people, pairs and slots count from 0, and sets of slots are bits.

Locked meetings are taken out: their places, tables and limits are used up. Pairs that cannot meet
whatever else happens are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Instance:
    """What is left to decide.

    Attributes:
        ends: pair -> its two people.
        values: pair -> what its meeting is worth, above 0.
        available: person -> bits of the slots still free that have a table.
        limits: person -> further meetings possible, never more than free slots.
        bonus: person -> what each further meeting adds, the next first; never rising.
        tables: slot -> tables left.
        busy: person -> bits of the slots of locked meetings.
        days: for each day, how many slots it has.
    """

    ends: Sequence[tuple[int, int]]
    values: Sequence[float]
    available: Sequence[int]
    limits: Sequence[int]
    bonus: Sequence[tuple[float, ...]]
    tables: Sequence[int]
    busy: Sequence[int]
    days: Sequence[int]

    @cached_property
    def common(self) -> list[int]:
        """Give for each pair the bits of the slots in which both can."""
        return [self.available[a] & self.available[b] for a, b in self.ends]

    @cached_property
    def day_masks(self) -> list[int]:
        """Give for each day the bits of its slots."""
        starts = accumulate(self.days, initial=0)
        return [((1 << length) - 1) << start for length, start in zip(self.days, starts, strict=False)]

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Give availability as a table of people by slots."""
        return np.array(
            [[bits >> slot & 1 for slot in range(len(self.tables))] for bits in self.available], dtype=bool
        ).reshape(len(self.available), len(self.tables))

    @cached_property
    def breaks(self) -> "Breaks":
        """Give, by the bits of the slots of somebody's meetings, the number of breaks in these days."""
        return Breaks(self.day_masks)

    def new_breaks(self, busy: int, slot: int) -> int:
        """Say how many breaks a meeting in `slot` adds for somebody; -1 when it closes one."""
        return self.breaks[busy | 1 << slot] - self.breaks[busy]


class Breaks(dict[int, int]):
    """Bits of slots -> stretches without a meeting between two meetings of one day, counted once each."""

    def __init__(self, day_masks: Sequence[int]) -> None:
        self._masks = day_masks
        self._starts = sum(mask & -mask for mask in day_masks)

    def __missing__(self, busy: int) -> int:
        runs = (busy & ~(busy << 1 & ~self._starts)).bit_count()
        self[busy] = runs - sum(busy & mask != 0 for mask in self._masks)
        return self[busy]
