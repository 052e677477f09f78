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
        quota_left: quota -> further meetings it allows.
        counted: quota -> the pairs whose meetings count in it.
        musts: how many of the must-meets stand.
        worth: what all meetings are worth, with the bonuses; locked ones are not in it.
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
        self.open = sum(1 << slot for slot, tables in enumerate(self.room) if tables)
        self.quota_left = [quota.most for quota in instance.quotas]
        self.counted: list[dict[int, None]] = [{} for _ in instance.quotas]
        self.musts = 0
        self.worth = 0.0
        #: Without must-meets and quotas, which is the rule, nothing is asked of them.
        self._levels = dict.fromkeys(instance.musts, instance.must_value)
        self._tableless = instance.tableless
        self._quotas_of = instance.quotas_of if instance.quotas else ()

    def common(self, pair: int) -> int:
        """Give the bits of the slots in which both people of a pair are free, and no quota is used up.

        A meeting that stands may move within the slots in which it counts already.
        """
        a, b = self.ends[pair]
        both = self.free[a] & self.free[b]
        if self._quotas_of and both:
            for quota in self._quotas_of[pair]:
                if self.quota_left[quota] <= 0:
                    slots = self.instance.quotas[quota].slots
                    if self.slot_of[pair] < 0 or not slots >> self.slot_of[pair] & 1:
                        both &= ~slots
        return both

    def fits(self, pair: int) -> int:
        """Give the bits of the slots in which a pair can meet as things stand: of `common`, those with a table."""
        common = self.common(pair)
        return common if pair in self._tableless else common & self.open

    def may_meet(self, pair: int) -> bool:
        """Say whether both people of a pair may have a further meeting."""
        a, b = self.ends[pair]
        return self.left[a] > 0 and self.left[b] > 0

    def gain(self, pair: int) -> float:
        """Say what a meeting of a pair would add now; a must-meet counts above all values."""
        return self._level(pair) + self._added(pair, 0)

    def loss(self, pair: int) -> float:
        """Say what is lost when the meeting of a pair is taken out now."""
        return self._level(pair) + self._added(pair, -1)

    def value(self) -> float:
        """Give what all meetings are worth, must-meets above all values."""
        return self.worth + self.musts * self.instance.must_value if self.musts else self.worth

    def restore(self, slot_of: Sequence[int]) -> None:
        """Make the meetings those of an earlier moment, given by the slots its pairs had."""
        changed = [pair for pair, slot in enumerate(slot_of) if slot != self.slot_of[pair]]
        for pair in changed:
            if self.slot_of[pair] >= 0:
                self.remove(pair)
        for pair in changed:
            if slot_of[pair] >= 0:
                self.place(pair, slot_of[pair])

    def _level(self, pair: int) -> float:
        return self._levels.get(pair, 0.0)

    def _added(self, pair: int, further: int) -> float:
        value = self.instance.values[pair]
        for person in self.ends[pair]:
            bonus = self.instance.bonus[person]
            had = len(self.at[person]) + further
            if had < len(bonus):
                value += bonus[had]
        return value

    def _count(self, pair: int, slot: int, change: int) -> None:
        """Note in quotas, tables and must-meets that a meeting has come (1) or gone (-1)."""
        if pair in self._levels:
            self.musts += change
        if self._quotas_of:
            for quota in self._quotas_of[pair]:
                if self.instance.quotas[quota].slots >> slot & 1:
                    self.quota_left[quota] -= change
                    if change > 0:
                        self.counted[quota][pair] = None
                    else:
                        del self.counted[quota][pair]
        if pair in self._tableless:
            return
        self.room[slot] -= change
        if self.room[slot]:
            self.open |= 1 << slot
        else:
            self.open &= ~(1 << slot)

    def place(self, pair: int, slot: int) -> None:
        """Let a pair meet in a slot of those that `fits` gives."""
        bit = 1 << slot
        self.worth += self._added(pair, 0)
        self.slot_of[pair] = slot
        for person in self.ends[pair]:
            self.free[person] ^= bit
            self.busy[person] ^= bit
            self.left[person] -= 1
            self.at[person][slot] = pair
        self.inside[slot][pair] = None
        self._count(pair, slot, 1)

    def remove(self, pair: int) -> int:
        """Take a meeting out, and give the slot it was in."""
        slot = self.slot_of[pair]
        bit = 1 << slot
        self.worth -= self._added(pair, -1)
        self.slot_of[pair] = -1
        for person in self.ends[pair]:
            self.free[person] ^= bit
            self.busy[person] ^= bit
            self.left[person] += 1
            del self.at[person][slot]
        del self.inside[slot][pair]
        self._count(pair, slot, -1)
        return slot

    def chain(self, pair: int, target: int) -> list[int] | None:
        """Name the meetings that change over between two slots when this one moves to `target`.

        Whoever of its people meets somebody in `target` has that meeting moved back in exchange, and
        so on: a Kempe chain of edge colouring. None when somebody cannot, a table is missing, or a quota is used up.
        """
        source = self.slot_of[pair]
        moved = [pair]
        balance = 0
        for each in moved:
            to = target if self.slot_of[each] == source else source
            if each not in self._tableless:
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
        return moved if self.quotas_allow(moved, source, target) else None

    def in_the_way(self, pair: int, slot: int) -> Iterator[int]:
        """Name one at a time the meetings to take out before a pair can meet in a slot, the cheapest of any."""
        for person in self.ends[pair]:
            if slot in self.at[person]:
                yield self.at[person][slot]
        for person in self.ends[pair]:
            if self.left[person] <= 0:
                yield min(self.at[person].values(), key=self.loss)
        for quota in self._quotas_of[pair] if self._quotas_of else ():
            if self.quota_left[quota] <= 0 and self.instance.quotas[quota].slots >> slot & 1:
                yield min(self.counted[quota], key=self.loss)
        if self.room[slot] <= 0 and pair not in self._tableless:
            yield min((other for other in self.inside[slot] if other not in self._tableless), key=self.loss)

    def quotas_allow(self, moved: Collection[int], one: int, other: int) -> bool:
        """Say whether the quotas still hold when these meetings change over between two slots."""
        if not self._quotas_of:
            return True
        change: dict[int, int] = {}
        for pair in moved:
            to, source = (other, one) if self.slot_of[pair] == one else (one, other)
            for quota in self._quotas_of[pair]:
                slots = self.instance.quotas[quota].slots
                change[quota] = change.get(quota, 0) + (slots >> to & 1) - (slots >> source & 1)
        return all(more <= 0 or self.quota_left[quota] >= more for quota, more in change.items())

    def exchange(self, moved: Collection[int], one: int, other: int) -> None:
        """Let meetings change over between two slots; done twice, all is as before."""
        places = [(pair, other if self.remove(pair) == one else one) for pair in moved]
        for pair, slot in places:
            self.place(pair, slot)
