"""A time for two who have none: the fewest planned meetings that would have to go elsewhere, and where to."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lsos.matchmaking.problem import Pair, Placed, day_of

#: After so many places tried, whatever was found is the answer.
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Chain:
    """A slot for a pair, and the meetings that make way.

    Attributes:
        slot: where the pair meets then.
        moves: pair -> the slot it goes to, other than where it is.
    """

    slot: int
    moves: Mapping[Pair, int]


def find_chain(
    pair: Pair,
    slots: Sequence[int],
    *,
    meetings: Collection[Placed],
    movable: Collection[Pair],
    free: Mapping[int, Collection[int]],
    tables: Sequence[int],
    days: Sequence[int],
    most: int = 3,
    steps: int = STEPS,
) -> Chain | None:
    """Find a slot for two people that comes free when a few meetings of others go to another slot of their day.

    Args:
        pair: (a, b), who meet nowhere so far.
        slots: where they could meet, meetings and tables aside.
        meetings: all that are planned: (a, b, slot).
        movable: those of them that may be asked to move.
        free: person -> slots in which they can meet, meetings aside.
        tables: how many meetings fit in each slot.
        days: how many slots each day has.
        most: so many meetings move at most.
        steps: so many places are tried at most, which bounds the time.

    Returns:
        Of the chains with fewest moves the one that asks fewest people, then the one with the shortest ways; None
        where there is none. All of it can stand together: nobody and no table is anywhere twice.
    """
    return Search(meetings, frozenset(movable), free, tables, days, steps).find(pair, slots, most=most)


@dataclass
class Search:
    """What stands where, and how many places may still be tried; the rest as for `find_chain`."""

    meetings: Collection[Placed]
    movable: frozenset[Pair]
    free: Mapping[int, Collection[int]]
    tables: Sequence[int]
    days: Sequence[int]
    steps: int
    day: Callable[[int], int] = field(init=False)
    where: dict[Pair, int] = field(init=False)
    at: dict[tuple[int, int], Pair] = field(init=False)
    in_slot: dict[int, list[Pair]] = field(init=False)

    def __post_init__(self) -> None:
        self.day = day_of(self.days)
        self.where = {(a, b): slot for a, b, slot in self.meetings}
        self.at = {(person, slot): (a, b) for a, b, slot in self.meetings for person in (a, b)}
        self.in_slot = {}
        for a, b, slot in self.meetings:
            self.in_slot.setdefault(slot, []).append((a, b))

    def find(self, pair: Pair, slots: Sequence[int], *, most: int) -> Chain | None:
        """Find the chain that `find_chain` gives."""
        for moves in range(most + 1):
            found = [
                chain
                for slot in slots
                for chain in self.chains({pair: None}, pair, slot, moves)
                if len(chain.moves) == moves
            ]
            if found:
                return min(found, key=self.cost)
        return None

    def cost(self, chain: Chain) -> tuple[int, int, int]:
        """Count the people asked, and the ways."""
        asked = {person for pair in chain.moves for person in pair}
        return len(asked), sum(abs(self.where[pair] - to) for pair, to in chain.moves.items()), chain.slot

    def chains(self, placed: dict[Pair, int | None], pair: Pair, slot: int, left: int) -> Iterator[Chain]:
        """Put a pair into a slot, and then all that has to leave for it; `placed` are those moved so far."""
        self.steps -= 1
        if self.steps < 0:
            return
        now = {**placed, pair: slot}
        taken = Counter(to for to in now.values() if to is not None)
        if any(to == slot and other != pair and not set(other).isdisjoint(pair) for other, to in now.items()):
            return
        lifted = {there for person in pair if (there := self.at.get((person, slot))) is not None and there not in now}
        gone = sum(self.where.get(one) == slot for one in now) + len(lifted)
        is_full = len(self.in_slot.get(slot, ())) - gone + taken[slot] > self.tables[slot]
        if not lifted <= self.movable or len(lifted) + is_full > left:
            return
        waiting = [one for one, to in now.items() if to is None]
        ways: list[set[Pair]] = [lifted]
        if is_full:
            stays = [one for one in self.in_slot.get(slot, ()) if one not in now and one not in lifted]
            ways = [{*lifted, one} for one in stays if one in self.movable]
        for leave in ways:
            yield from self._rest({**now, **dict.fromkeys(leave)}, [*waiting, *sorted(leave)], left - len(leave))

    def _rest(self, placed: dict[Pair, int | None], waiting: Sequence[Pair], left: int) -> Iterator[Chain]:
        """Find a place for each that waits for one."""
        if not waiting:
            first, *others = placed.items()
            slot = first[1]
            if slot is not None:
                yield Chain(slot, {pair: to for pair, to in others if to is not None})
            return
        pair = waiting[0]
        was = self.where[pair]
        for to in sorted(set(self.free[pair[0]]) & set(self.free[pair[1]]), key=lambda each: abs(each - was)):
            if to != was and self.day(to) == self.day(was):
                yield from self.chains(placed, pair, to, left)
