"""A schedule in the making: who is free when, which meetings stand, which tables are left.

People and pairs are numbered from 0 here, and sets of slots are bits of one whole number, so that
"both are free and a table is left" is two operations.
"""

from collections.abc import Iterator


class Timetable:
    """Meetings placed so far. Every method keeps the hard rules true; asking for more is a programming error.

    Attributes:
        ends: pair -> its two people.
        free: person -> bits of the slots in which the person is present and meets nobody.
        meets: person -> slot -> pair that meets then.
        left: person -> further meetings allowed.
        count: person -> meetings had, locked ones included.
        slot_of: pair -> its slot, or -1.
        inside: slot -> pairs that meet then, in the order of their coming.
        room: slot -> tables left.
        open: bits of the slots with a table left.
    """

    def __init__(self, ends: list[tuple[int, int]], free: list[int], left: list[int], room: list[int]) -> None:
        self.ends = ends
        self.free = free
        self.left = left
        self.room = room
        self.meets: list[dict[int, int]] = [{} for _ in free]
        self.count = [0] * len(free)
        self.slot_of = [-1] * len(ends)
        self.inside: list[dict[int, None]] = [{} for _ in room]
        self.open = sum(1 << slot for slot, tables in enumerate(room) if tables > 0)

    def common(self, pair: int) -> int:
        """Give the bits of the slots in which both people of a pair are free."""
        a, b = self.ends[pair]
        return self.free[a] & self.free[b]

    def place(self, pair: int, slot: int) -> None:
        """Let a pair meet in a slot in which both are free, may meet once more, and a table is left."""
        a, b = self.ends[pair]
        bit = 1 << slot
        self.slot_of[pair] = slot
        for person in (a, b):
            self.free[person] ^= bit
            self.left[person] -= 1
            self.count[person] += 1
            self.meets[person][slot] = pair
        self.inside[slot][pair] = None
        self.room[slot] -= 1
        if not self.room[slot]:
            self.open ^= bit

    def reserve(self, a: int, b: int, slot: int) -> None:
        """Take places for a meeting that stands outside this table and never moves."""
        bit = 1 << slot
        for person in (a, b):
            self.free[person] &= ~bit
            self.left[person] -= 1
            self.count[person] += 1
        self.room[slot] -= 1
        if not self.room[slot]:
            self.open &= ~bit

    def remove(self, pair: int) -> int:
        """Take a meeting out, and give the slot it was in."""
        a, b = self.ends[pair]
        slot = self.slot_of[pair]
        bit = 1 << slot
        self.slot_of[pair] = -1
        for person in (a, b):
            self.free[person] ^= bit
            self.left[person] += 1
            self.count[person] -= 1
            del self.meets[person][slot]
        del self.inside[slot][pair]
        if not self.room[slot]:
            self.open ^= bit
        self.room[slot] += 1
        return slot


def slots_in(bits: int) -> Iterator[int]:
    """Name the slots of a set of bits, the earliest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
