"""Giving up a little value for better days: in one slot, some meetings go and pairs of nearly the same worth come.

Two kinds of exchange, each the best set of its kind as seen through noise, as in `arrays`: meetings go and pairs
of whom nobody meets anybody then come; or one of two people who meet then meets somebody else instead.
"""

import numpy as np

from lsos.matchmaking.arrays import Arrays, Flags, Noise
from lsos.matchmaking.days import DayCosts, Floats, Whole
from lsos.matchmaking.timetable import Timetable

#: Pairs take part whose meeting would lose no more than so many units of cost are worth.
TAKEN = 2.0


class Trading:
    """What may be exchanged in a timetable, and how much value that has lost.

    Must-meets and pairs with limits, alternatives or a place of their own are left alone.

    Attributes:
        lost: value given up so far; below 0 when it has grown.
    """

    def __init__(
        self, arrays: Arrays, table: Timetable, costs: DayCosts, *, most: float, rate: float, reduced: Floats
    ) -> None:
        """Prepare to give up at most so much value, where a break, or the unit of cost, is worth `rate` of it.

        Args:
            arrays: the timetable that is changed.
            table: the same, as it stood.
            costs: of the days.
            most: how much value may be given up in all.
            rate: value per unit of cost, above 0.
            reduced: for each pair, what it is worth beyond the prices it would pay in its cheapest slot.
        """
        instance = table.instance
        self.lost = 0.0
        self._arrays = arrays
        self._costs = costs
        self._most = most
        self._per_value = costs.unit / rate
        self._values = np.array(instance.values, dtype=np.float64)
        self._left = np.array(table.left, dtype=np.int64)
        self._had = np.array([len(at) for at in table.at], dtype=np.int64)
        self._bonus = np.zeros((len(table.free), max(instance.limits, default=0) + 2))
        for person, bonus in enumerate(instance.bonus):
            known = bonus[: instance.limits[person]]
            self._bonus[person, : len(known)] = known
        #: One more, so that "no pair", -1, is not tradable.
        self._tradable = np.ones(len(self._values) + 1, dtype=bool)
        bound = {pair for pair, quotas in enumerate(instance.quotas_of) if quotas} if instance.quotas else set()
        self._tradable[[*sorted(instance.musts | instance.tableless | bound), -1]] = False
        promising = (reduced > -TAKEN * rate) & self._tradable[:-1]
        self._wanted = [np.flatnonzero(possible & promising) for possible in instance.possible.T]

    def replace(self, slot: int, heat: float, noise: Noise) -> float:
        """Let pairs come for meetings that go; say what that adds to the cost, with what is lost."""
        arrays = self._arrays
        going = arrays.inside[slot][self._tradable[arrays.inside[slot]]]
        coming = self._waiting(slot)
        ends = arrays.ends[:, coming]
        coming = coming[((arrays.at[slot][ends] < 0) & (self._left[ends] > 0)).all(axis=0)]
        if not len(going) or not len(coming):
            return 0.0
        worth_out, worth_in = self._worth(going, 1), self._worth(coming, 0)
        out = worth_out * self._per_value + self._change(slot, arrays.ends[:, going]).sum(axis=0)
        into = -worth_in * self._per_value + self._change(slot, arrays.ends[:, coming]).sum(axis=0)
        noisy_out, noisy_in = out + heat * noise(len(out)), into + heat * noise(len(into))
        first, second = np.argsort(noisy_out, kind="stable"), np.argsort(noisy_in, kind="stable")
        second = second[_each_once(arrays.ends[:, coming[second]])]
        both = min(len(first), len(second))
        first, second = first[:both], second[:both]
        pays = int((noisy_out[first] + noisy_in[second] < 0).sum())
        taken = self._affordable(worth_out[first[:pays]] - worth_in[second[:pays]])
        first, second = first[:taken], second[:taken]
        self._exchange(slot, going[first], coming[second])
        return float(out[first].sum() + into[second].sum())

    def hand_over(self, slot: int, heat: float, noise: Noise) -> float:
        """Let people meet somebody else instead; say what that adds to the cost, with what is lost."""
        arrays = self._arrays
        coming = self._waiting(slot)
        ends = arrays.ends[:, coming]
        meets = arrays.at[slot][ends]
        free = (meets < 0) & (self._left[ends] > 0)
        stays = self._tradable[meets]
        chosen = np.flatnonzero((free[0] & stays[1]) | (free[1] & stays[0]))
        if not len(chosen):
            return 0.0
        coming, side = coming[chosen], free[0, chosen].astype(np.int64)
        #: Who stays is the second where the first comes.
        staying, comer = arrays.ends[side, coming], arrays.ends[1 - side, coming]
        going = arrays.at[slot][staying]
        leaver = arrays.ends[:, going].sum(axis=0) - staying
        lost = self._values[going] + self._bonus[leaver, self._had[leaver] - 1]
        lost -= self._values[coming] + self._bonus[comer, self._had[comer]]
        change = lost * self._per_value + self._change(slot, np.stack([leaver, comer])).sum(axis=0)
        noisy = change + heat * noise(len(change))
        order = np.argsort(noisy, kind="stable")[: int((noisy < 0).sum())]
        order = order[_each_once(np.stack([going[order], len(self._values) + comer[order]]))]
        order = order[: self._affordable(lost[order])]
        self._exchange(slot, going[order], coming[order])
        return float(change[order].sum())

    def _waiting(self, slot: int) -> Whole:
        wanted = self._wanted[slot]
        return wanted[self._arrays.slot_of[wanted] < 0]

    def _worth(self, pairs: Whole, standing: int) -> Floats:
        """Say what meetings add that come (0), or that stand and go (1)."""
        first, second = self._arrays.ends[:, pairs]
        bonus = self._bonus[first, self._had[first] - standing] + self._bonus[second, self._had[second] - standing]
        worth: Floats = self._values[pairs] + bonus
        return worth

    def _change(self, slot: int, people: Whole) -> Floats:
        """Say what it adds to the cost of people if who meets somebody does not, and the other way round."""
        part, bit = self._costs.part_of[slot], np.uint64(self._costs.bit[slot])
        flat = people.ravel()
        return self._costs.change(part, self._arrays.words[part][flat], bit, flat).reshape(people.shape)

    def _affordable(self, lost: Floats) -> int:
        """Say how many exchanges, from the first, can be paid; note what they lose."""
        total = np.cumsum(lost)
        taken = int(np.logical_and.accumulate(total <= self._most - self.lost).sum())
        if taken:
            self.lost += float(total[taken - 1])
        return taken

    def _exchange(self, slot: int, gone: Whole, come: Whole) -> None:
        if not len(gone):
            return
        arrays = self._arrays
        part, bit = self._costs.part_of[slot], np.uint64(self._costs.bit[slot])
        for pairs, change in ((gone, -1), (come, 1)):
            for people in arrays.ends[:, pairs]:
                arrays.at[slot][people] = pairs if change > 0 else -1
                arrays.words[part][people] ^= bit
                self._had[people] += change
                self._left[people] -= change
            arrays.slot_of[pairs] = slot if change > 0 else -1
        inside = arrays.inside[slot]
        arrays.inside[slot] = np.concatenate([inside[arrays.slot_of[inside] == slot], come])


def _each_once(keys: Whole) -> Flags:
    """Say of each column whether both of its keys come in no column before it."""
    flat = keys.T.ravel()
    fresh = np.zeros(len(flat), dtype=bool)
    fresh[np.unique(flat, return_index=True)[1]] = True
    return fresh[::2] & fresh[1::2]
