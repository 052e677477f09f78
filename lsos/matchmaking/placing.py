"""Giving slots to the pairs that should meet, and room to those for whom there was none at first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from math import log
from random import Random
from time import monotonic

from lsos.matchmaking.relaxation import Selection
from lsos.matchmaking.timetable import Timetable, slots_in

#: How willingly a loss is taken, as a share of a usual pair's value, at the start and at the end.
WARM, COLD = 0.08, 0.01
#: Steps for each second allowed, and at most for each pair.
STEPS_A_SECOND, STEPS_A_PAIR = 15_000, 300


def place_selection(table: Timetable, selection: Selection) -> None:
    """Place the chosen pairs: those of scarce slots there, then the others, the hardest to place first.

    The hardest is the pair with the fewest slots left in common (saturation, as in Brélaz's colouring
    of graphs). Its slot is the one that makes the fewest new breaks and that its people's other pairs
    need least; that need is the regret of taking it.
    """
    waiting: set[int] = set()
    for pair, slot in zip(selection.pairs, selection.slots, strict=True):
        if slot >= 0 and table.may_meet(pair) and table.common(pair) & table.open & 1 << slot:
            table.place(pair, slot)
        else:
            waiting.add(pair)
    others: list[set[int]] = [set() for _ in table.free]
    for pair in waiting:
        for person in table.ends[pair]:
            others[person].add(pair)

    queue = [(table.common(pair).bit_count(), pair) for pair in waiting]
    heapify(queue)
    while queue:
        slots, pair = heappop(queue)
        if pair not in waiting:
            continue
        if slots != table.common(pair).bit_count():
            heappush(queue, (table.common(pair).bit_count(), pair))
            continue
        waiting.discard(pair)
        rivals = []
        for person in table.ends[pair]:
            others[person].discard(pair)
            rivals.extend(sorted(others[person]))
        if insert(table, pair, rivals):
            for rival in rivals:
                heappush(queue, (table.common(rival).bit_count(), rival))


def adopt(table: Timetable, selection: Selection) -> None:
    """Take over a complete schedule if it is worth more than what stands."""
    before, value = list(table.slot_of), table.value()
    slots = dict(zip(selection.pairs, selection.slots, strict=True))
    table.restore([slots.get(pair, -1) for pair in range(len(before))])
    if table.value() < value:
        table.restore(before)


def insert(table: Timetable, pair: int, rivals: Iterable[int] = ()) -> bool:
    """Find a slot for a pair, if need be by moving other meetings; none of them is dropped.

    Tried in turn: a slot in which both are free and a table is left; one in which both are free, with a
    table won by moving other meetings on; one in which one of them is busy with a meeting that can
    change over to another slot.
    """
    if not table.may_meet(pair):
        return False
    if _insert_where_both_are_free(table, pair, rivals):
        return True
    a, b = table.ends[pair]
    both = table.instance.common[pair]
    for busy, free in ((a, b), (b, a)):
        for slot in slots_in(both & ~table.free[busy] & table.free[free]):
            for target in slots_in(table.free[busy]):
                moved = table.chain(table.at[busy][slot], target)
                if moved is None:
                    continue
                table.exchange(moved, slot, target)
                if table.common(pair) >> slot & 1 and _insert_where_both_are_free(table, pair, rivals):
                    return True
                table.exchange(moved, slot, target)
    return False


def fill(table: Timetable, pairs: Collection[int], *, deadline: float) -> None:
    """Add pairs by what they bring, the most valuable first, until none can be added.

    Those that fit as things stand are added in any case, so that no two people are left with a free
    slot and a table in common; moving others for them ends at `deadline`.
    """
    for mover in (_insert_as_things_stand, insert, _insert_as_things_stand):
        if not table.open:
            break
        queue = [(-table.gain(pair), pair) for pair in pairs if table.slot_of[pair] < 0 and table.may_meet(pair)]
        heapify(queue)
        while queue and table.open:
            if mover is insert and monotonic() > deadline:
                break
            promised, pair = heappop(queue)
            if not table.may_meet(pair):
                continue
            if -table.gain(pair) > promised:
                heappush(queue, (-table.gain(pair), pair))
                continue
            mover(table, pair)


def exchange_for_better(
    table: Timetable, pairs: Sequence[int], *, bound: float, seed: int, seconds: float, deadline: float
) -> None:
    """Let pairs in at the cost of the meetings in their way, by simulated annealing (Kirkpatrick et al., 1983).

    A step takes a pair and a slot in which both can. If they meet already, their meeting changes over to
    that slot, which costs nothing and shakes the rest loose. If not, way is made for them when that pays,
    else with a chance that falls with the loss and with time. The best timetable seen is kept; one that
    reaches `bound` ends it.
    """
    if not pairs:
        return
    chance = Random(seed).random  # noqa: S311 - nothing secret: the same seed gives the same schedule
    steps = min(int(STEPS_A_SECOND * seconds), STEPS_A_PAIR * len(pairs))
    best = table.value()
    kept = list(table.slot_of)
    usual = sum(table.instance.values) / len(table.instance.values)
    began = monotonic()
    heat = 0.0
    for step in range(steps):
        if best >= bound * (1 - 1e-9):
            break
        if not step & 63:
            late = (monotonic() - began) / max(deadline - began, 1e-9)
            if late >= 1:
                break
            heat = usual * WARM * (COLD / WARM) ** max(step / steps, late)
        pair = pairs[int(chance() * len(pairs))]
        slots = list(slots_in(table.instance.common[pair]))
        slot = slots[int(chance() * len(slots))]
        source = table.slot_of[pair]
        if source >= 0:
            moved = table.chain(pair, slot) if slot != source else None
            table.exchange(moved or (), source, slot)
        elif _make_way(table, pair, slot, least=heat * log(1 - chance())) and table.value() > best + 1e-9:
            best, kept = table.value(), list(table.slot_of)
    table.restore(kept)


def _make_way(table: Timetable, pair: int, slot: int, *, least: float) -> bool:
    """Place a pair in a slot, and elsewhere what is in its way, if that brings so much in all; else change nothing."""
    before = table.value()
    gone = [(way, table.remove(way)) for way in _in_the_way(table, pair, slot)]
    table.place(pair, slot)
    again = [way for way, _ in gone if _insert_as_things_stand(table, way)]
    if table.value() - before >= least:
        return True
    for way in (*again, pair):
        table.remove(way)
    for way, place in gone:
        table.place(way, place)
    return False


def _in_the_way(table: Timetable, pair: int, slot: int) -> Iterator[int]:
    """Name one at a time the meetings to take out before a pair can meet in a slot, the cheapest where any will do."""
    for person in table.ends[pair]:
        if slot in table.at[person]:
            yield table.at[person][slot]
    for person in table.ends[pair]:
        if table.left[person] <= 0:
            yield min(table.at[person].values(), key=table.loss)
    if table.room[slot] <= 0:
        yield min(table.inside[slot], key=table.loss)


def _insert_as_things_stand(table: Timetable, pair: int, rivals: Iterable[int] = ()) -> bool:
    """Place a pair where both are free and a table is left, moving nobody."""
    possible = table.common(pair) & table.open if table.may_meet(pair) else 0
    if possible:
        table.place(pair, _kindest(table, pair, possible, rivals))
    return bool(possible)


def _insert_where_both_are_free(table: Timetable, pair: int, rivals: Iterable[int]) -> bool:
    """Place a pair in a slot in which both are free; move other meetings on until a table is free there."""
    if _insert_as_things_stand(table, pair, rivals):
        return True
    steps = _way_to_a_table(table, table.common(pair))
    if not steps:
        return False
    for other, target in steps:
        slot = table.remove(other)
        table.place(other, target)
    table.place(pair, slot)
    return True


def _way_to_a_table(table: Timetable, start: int) -> list[tuple[int, int]]:
    """Find the fewest meetings to move, each into the slot the one before left, until one has a table.

    A breadth-first search from the full slots `start`. Gives (pair, its new slot), the one that moves
    to a free table first; nothing when there is no way.
    """
    reached: dict[int, tuple[int, int] | None] = dict.fromkeys(slots_in(start))
    seen = start
    frontier = list(reached)
    for slot in frontier:
        for other in table.inside[slot]:
            onward = table.common(other) & ~seen
            if not onward:
                continue
            if onward & table.open:
                steps = [(other, next(slots_in(onward & table.open)))]
                while (before := reached[slot]) is not None:
                    steps.append((before[0], slot))
                    slot = before[1]  # noqa: PLW2901 - the way back begins at this slot
                return steps
            for target in slots_in(onward):
                reached[target] = (other, slot)
                frontier.append(target)
            seen |= onward
    return []


def _kindest(table: Timetable, pair: int, possible: int, rivals: Iterable[int]) -> int:
    """Choose the slot with the fewest new breaks and the least regret, then the most tables left."""
    instance = table.instance
    a, b = table.ends[pair]
    needed = [(common, 1 / common.bit_count() ** 2) for rival in rivals if (common := table.common(rival))]

    def harm(slot: int) -> tuple[float, int, int]:
        breaks = instance.new_breaks(table.busy[a], slot) + instance.new_breaks(table.busy[b], slot)
        regret = sum(weight for common, weight in needed if common >> slot & 1)
        return breaks + regret, -table.room[slot], slot

    return min(slots_in(possible), key=harm)
