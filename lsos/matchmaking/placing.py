"""Giving slots to the pairs that should meet, and room to those for whom there was none at first."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from math import floor, inf, log
from random import Random
from time import monotonic

from lsos.matchmaking.bits import slots_in
from lsos.matchmaking.instance import Instance
from lsos.matchmaking.relaxation import Selection, finish, select
from lsos.matchmaking.timetable import Timetable

#: How willingly a loss is taken, as a share of a usual pair's value, at the start and at the end.
WARM, COLD = 0.08, 0.01
#: Steps for each second allowed, and at most for each pair.
STEPS_A_SECOND, STEPS_A_PAIR = 15_000, 300


def place_selection(table: Timetable, selection: Selection) -> None:
    """Place the chosen pairs: those of scarce slots there, then the others, the hardest to place first.

    The hardest is the pair with the fewest slots left in common (saturation, as in Brélaz's colouring
    of graphs), must-meets before all others. Its slot is the one that makes the fewest new breaks and that
    its people's other pairs need least; that need is the regret of taking it.
    """
    waiting: set[int] = set()
    for pair, slot in zip(selection.pairs, selection.slots, strict=True):
        if table.slot_of[pair] >= 0:
            continue
        if slot >= 0 and table.may_meet(pair) and table.fits(pair) & 1 << slot:
            table.place(pair, slot)
        else:
            waiting.add(pair)
    others: list[set[int]] = [set() for _ in table.free]
    for pair in waiting:
        for person in table.ends[pair]:
            others[person].add(pair)

    musts = table.instance.musts
    queue = [(pair not in musts, table.common(pair).bit_count(), pair) for pair in waiting]
    heapify(queue)
    while queue:
        later, slots, pair = heappop(queue)
        if pair not in waiting:
            continue
        if slots != table.common(pair).bit_count():
            heappush(queue, (later, table.common(pair).bit_count(), pair))
            continue
        waiting.discard(pair)
        rivals = []
        for person in table.ends[pair]:
            others[person].discard(pair)
            rivals.extend(sorted(others[person]))
        if insert(table, pair, rivals):
            for rival in rivals:
                heappush(queue, (rival not in musts, table.common(rival).bit_count(), rival))


@dataclass(frozen=True, slots=True)
class Musts:
    """How many must-meets can be kept.

    Attributes:
        slot_of: pair -> its slot in a schedule of must-meets alone, or -1.
        kept: how many it keeps.
        bound: no schedule keeps more.
    """

    slot_of: Sequence[int]
    kept: int
    bound: int


def keep_musts(instance: Instance, *, deadline: float) -> Musts:
    """Place must-meets alone, as many as can be: by saturation, by a linear programme, by branch and bound."""
    chosen = sorted(instance.musts)
    slot_of = [-1] * len(instance.ends)
    if not chosen:
        return Musts(slot_of, 0, 0)
    alone = replace(
        instance,
        ends=[instance.ends[pair] for pair in chosen],
        values=[1.0] * len(chosen),
        bonus=[()] * len(instance.bonus),
        musts=frozenset(),
        tableless=frozenset(place for place, pair in enumerate(chosen) if pair in instance.tableless),
        quotas_of=[instance.quotas_of[pair] for pair in chosen],
    )
    table = Timetable(alone)
    places = range(len(chosen))
    place_selection(table, Selection(places, [-1] * len(chosen), float(len(chosen))))
    fill(table, places, deadline=deadline)
    bound = len(chosen)
    if table.worth < bound and (better := select(alone, deadline=max(deadline, monotonic() + 1), rounding=0.5)):
        bound = min(bound, floor(better.bound + 1e-6))
        again = Timetable(alone)
        place_selection(again, better)
        fill(again, places, deadline=deadline)
        table = max(again, table, key=Timetable.value)
    if table.worth < bound and (exact := finish(alone, deadline=max(deadline, monotonic() + 1))):
        bound = min(bound, floor(exact.bound + 1e-6))
        adopt(table, exact)
    for place, pair in enumerate(chosen):
        slot_of[pair] = table.slot_of[place]
    return Musts(slot_of, round(table.worth), bound)


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


def fill(table: Timetable, pairs: Collection[int], *, deadline: float, tries: float = inf) -> None:
    """Add pairs by what they bring, the most valuable first, until none can be added.

    Those that fit as things stand are added in any case, so that no two people are left with a free
    slot and a table in common; moving others for them ends at `deadline`, or after so many `tries`.
    """
    for mover in (_insert_as_things_stand, insert, _insert_as_things_stand):
        if not table.open and not table.instance.tableless:
            break
        queue = [(-table.gain(pair), pair) for pair in pairs if table.slot_of[pair] < 0 and table.may_meet(pair)]
        heapify(queue)
        while queue and (table.open or table.instance.tableless):
            if mover is insert and (tries <= 0 or monotonic() > deadline):
                break
            promised, pair = heappop(queue)
            if not table.may_meet(pair):
                continue
            if -table.gain(pair) > promised:
                heappush(queue, (-table.gain(pair), pair))
                continue
            if mover is insert:
                tries -= 1
            mover(table, pair)


def exchange_for_better(
    table: Timetable,
    pairs: Sequence[int],
    *,
    target: float,
    seed: int,
    seconds: float,
    deadline: float,
    tell: Callable[[float], bool] = lambda _best: False,
) -> None:
    """Let pairs in at the cost of the meetings in their way, by simulated annealing (Kirkpatrick et al., 1983).

    A step takes a pair and a slot in which both can. If they meet already, their meeting changes over to
    that slot, which costs nothing and shakes the rest loose. If not, way is made for them when that pays,
    else with a chance that falls with the loss and with time. The best timetable seen is kept; one worth
    `target` ends it, as does `tell`, called now and then with the best so far, when it gives true.
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
        if best >= target:
            break
        if not step & 63:
            late = (monotonic() - began) / max(deadline - began, 1e-9)
            if late >= 1 or tell(best):
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
    gone = [(way, table.remove(way)) for way in table.in_the_way(pair, slot)]
    table.place(pair, slot)
    again = [way for way, _ in gone if _insert_as_things_stand(table, way)]
    if table.value() - before >= least:
        return True
    for way in (*again, pair):
        table.remove(way)
    for way, place in gone:
        table.place(way, place)
    return False


def _insert_as_things_stand(table: Timetable, pair: int, rivals: Iterable[int] = ()) -> bool:
    """Place a pair where both are free and a table is left, moving nobody."""
    possible = table.fits(pair) if table.may_meet(pair) else 0
    if possible:
        table.place(pair, _kindest(table, pair, possible, rivals))
    return bool(possible)


def _insert_where_both_are_free(table: Timetable, pair: int, rivals: Iterable[int]) -> bool:
    """Place a pair in a slot in which both are free; move other meetings on until a table is free there."""
    if _insert_as_things_stand(table, pair, rivals):
        return True
    steps = _way_to_a_table(table, table.common(pair))
    done: list[tuple[int, int]] = []
    for other, target in steps:
        #: Two steps may ask for the last of one quota.
        if not table.fits(other) >> target & 1:
            break
        done.append((other, table.remove(other)))
        table.place(other, target)
    if done and len(done) == len(steps) and table.fits(pair) >> done[-1][1] & 1:
        table.place(pair, done[-1][1])
        return True
    for other, slot in reversed(done):
        table.remove(other)
        table.place(other, slot)
    return False


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
            if other in table.instance.tableless:
                continue
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
    breaks = table.instance.breaks
    a, b = (table.busy[person] for person in table.ends[pair])
    needed = [(common, 1 / common.bit_count() ** 2) for rival in rivals if (common := table.common(rival))]
    best, least, left = -1, inf, 0
    for slot in slots_in(possible):
        bit = 1 << slot
        harm = breaks[a | bit] + breaks[b | bit] + sum([weight for common, weight in needed if common & bit])
        if harm < least or (harm == least and table.room[slot] > left):
            best, least, left = slot, harm, table.room[slot]
    return best
