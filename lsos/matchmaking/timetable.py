"""A schedule in the making: who is free when, which meetings stand, which tables are left."""

from collections.abc import Collection, Iterator, Sequence

from lsos.matchmaking.instance import Instance


class Timetable:
    """Meetings placed so far. Sets of slots are bits: "both free and a table left" is two operations.

    Attributes:
        ends: pair -> its two people.
        free: person -> bits of the slots in which the person can meet and meets nobody.
        busy: person -> bits of the slots in which the person meets somebody, locked meetings too.
        left: person -> further meetings possible.
        at: person -> slot -> the pair that meets then; locked meetings are not in it.
        slot_of: pair -> its slot, or -1.
        inside: slot -> the pairs that meet then.
        room: slot -> tables left.
        open: bits of the slots with a table left.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ends = instance.ends
        self.free = list(instance.available)
        self.busy = list(instance.busy)
        self.left = list(instance.limits)
        self.at: list[dict[int, int]] = [{} for _ in self.free]
        self.slot_of = [-1] * len(self.ends)
        #: Dictionaries, as their order depends on nothing but what was done.
        self.inside: list[dict[int, None]] = [{} for _ in instance.tables]
        self.room = list(instance.tables)
        self._value = 0.0
        self.open = sum(1 << slot for slot, tables in enumerate(self.room) if tables)

    def common(self, pair: int) -> int:
        """Give the bits of the slots in which both people of a pair are free."""
        a, b = self.ends[pair]
        return self.free[a] & self.free[b]

    def may_meet(self, pair: int) -> bool:
        """Say whether both people of a pair may have a further meeting."""
        a, b = self.ends[pair]
        return self.left[a] > 0 and self.left[b] > 0

    def gain(self, pair: int) -> float:
        """Say what a meeting of a pair would add now."""
        return self.instance.values[pair] + sum(self._bonus(p, len(self.at[p])) for p in self.ends[pair])

    def loss(self, pair: int) -> float:
        """Say what is lost when the meeting of a pair is taken out now."""
        return self.instance.values[pair] + sum(self._bonus(p, len(self.at[p]) - 1) for p in self.ends[pair])

    def value(self) -> float:
        """Add up what all meetings are worth, with the bonuses; locked ones are not in it."""
        return self._value

    def restore(self, slot_of: Sequence[int]) -> None:
        """Make the meetings those of an earlier moment, given by the slots its pairs had."""
        changed = [pair for pair, slot in enumerate(slot_of) if slot != self.slot_of[pair]]
        for pair in changed:
            if self.slot_of[pair] >= 0:
                self.remove(pair)
        for pair in changed:
            if slot_of[pair] >= 0:
                self.place(pair, slot_of[pair])

    def _bonus(self, person: int, had: int) -> float:
        bonus = self.instance.bonus[person]
        return bonus[had] if had < len(bonus) else 0.0

    def place(self, pair: int, slot: int) -> None:
        """Let a pair meet in a slot in which both are free and a table is left."""
        bit = 1 << slot
        self._value += self.gain(pair)
        self.slot_of[pair] = slot
        for person in self.ends[pair]:
            self.free[person] ^= bit
            self.busy[person] ^= bit
            self.left[person] -= 1
            self.at[person][slot] = pair
        self.inside[slot][pair] = None
        self.room[slot] -= 1
        if not self.room[slot]:
            self.open ^= bit

    def remove(self, pair: int) -> int:
        """Take a meeting out, and give the slot it was in."""
        slot = self.slot_of[pair]
        bit = 1 << slot
        self._value -= self.loss(pair)
        self.slot_of[pair] = -1
        for person in self.ends[pair]:
            self.free[person] ^= bit
            self.busy[person] ^= bit
            self.left[person] += 1
            del self.at[person][slot]
        del self.inside[slot][pair]
        self.room[slot] += 1
        self.open |= bit
        return slot

    def chain(self, pair: int, target: int) -> list[int] | None:
        """Name the meetings that change over between two slots when this one moves to `target`.

        Whoever of its people meets somebody in `target` has that meeting moved back in exchange, and
        so on: a Kempe chain of edge colouring. None when somebody cannot, or a table is missing.
        """
        source = self.slot_of[pair]
        moved = [pair]
        balance = 0
        for each in moved:
            to = target if self.slot_of[each] == source else source
            balance += 1 if to == target else -1
            for person in self.ends[each]:
                other = self.at[person].get(to)
                if other is None:
                    if not self.free[person] >> to & 1:
                        return None
                elif other not in moved:
                    moved.append(other)
        if self.room[target] < balance or self.room[source] < -balance:
            return None
        return moved

    def exchange(self, moved: Collection[int], one: int, other: int) -> None:
        """Let meetings change over between two slots; done twice, all is as before."""
        places = [(pair, other if self.remove(pair) == one else one) for pair in moved]
        for pair, slot in places:
            self.place(pair, slot)


def slots_in(bits: int) -> Iterator[int]:
    """Name the slots of a set of bits, the earliest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
