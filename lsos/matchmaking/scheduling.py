"""Which pairs meet, and in which slot, so that the summed value is greatest."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate, pairwise
from time import monotonic

from lsos.matchmaking.compaction import reduce_breaks
from lsos.matchmaking.instance import Instance
from lsos.matchmaking.placing import adopt, exchange_for_better, fill, place_selection
from lsos.matchmaking.relaxation import Prices, bound_at, finish, prices_by_values, select
from lsos.matchmaking.timetable import Timetable

Pair = tuple[int, int]
#: The first person, the second, the slot; first < second.
Placed = tuple[int, int, int]

#: What somebody's first, second and third meeting are worth beside a score in [0, 1]: enough that
#: people without a meeting come before good further meetings of others, not before much better ones.
COVERAGE_BONUS = (0.4, 0.2, 0.1)

#: The linear programmes may take so many times the seconds given.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Who could meet whom, when everybody is free, and how many tables there are.

    Attributes:
        slots: how many; they are numbered from 0 in the order of time.
        tables: for each slot, how many meetings it can hold.
        available: person -> slots in which the person can meet, those of locked meetings too.
        pairs: (a, b) with a < b -> value above 0. A pair that is not here does not meet, unless it is locked.
        caps: person -> most meetings, locked ones included; who is not here has no limit.
        locked: meetings (a, b, slot) that stay as they are.
        first_meeting_bonus: what a person's first, second, third … meeting adds to the value; never
            rising, for example `COVERAGE_BONUS`. Locked meetings come first.
        days: for each day, how many slots it has, summing to `slots`; empty means one day.
    """

    slots: int
    tables: Sequence[int]
    available: Mapping[int, frozenset[int]]
    pairs: Mapping[Pair, float]
    caps: Mapping[int, int] = field(default_factory=dict)
    locked: tuple[Placed, ...] = ()
    first_meeting_bonus: tuple[float, ...] = ()
    days: tuple[int, ...] = ()


class Why(StrEnum):
    """Why a wished-for pair does not meet; the first that holds."""

    #: Never free in the same slot, whoever else they meet.
    NO_COMMON_SLOT = "no_common_slot"
    #: One of them has as many meetings as allowed.
    PERSON_FULL = "person_full"
    #: Both are free together, but every table is taken then.
    TABLES_FULL = "tables_full"
    #: Whenever both could, one of them meets somebody else, which is worth more in all.
    LOWER_VALUE = "lower_value"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was decided, how good it is, and why the rest was not possible.

    Attributes:
        meetings: (a, b, slot), sorted, locked ones included.
        value: of the pairs that meet, with the bonuses.
        bound: no schedule of this problem is worth more.
        unmet: every other pair of the problem -> why it does not meet.
        breaks: stretches without a meeting between two meetings of one person on one day.
        prices: of people, in the order of the sorted keys of `available`, of their time, and of tables; they prove
            `bound`, or where branch and bound has lowered that, one a little above it.
    """

    meetings: tuple[Placed, ...]
    value: float
    bound: float
    unmet: Mapping[Pair, Why]
    breaks: int
    prices: Prices = field(compare=False)


def solve(problem: Problem, *, seconds: float = 2.0, seed: int = 1) -> Schedule:
    """Choose who meets whom and when, so that the summed value is greatest, then so that days have few breaks.

    Never in the answer: a person in two meetings of one slot, a pair twice, somebody who is not
    available, more meetings in a slot than tables, more for a person than the cap, a locked meeting
    moved or missing. No unmet pair has a free slot and a table in common.

    The pairs come from linear programmes (`lsos.matchmaking.relaxation`), the slots from saturation,
    exchanges and ways to a table (`placing`), fewer breaks from annealing (`compaction`). When the
    time is too short for the programmes, pairs are placed by falling value instead.

    Args:
        problem: what is to be decided.
        seconds: about how long it may take. The linear programmes come first and may take more, at most
            five times as long, for all that follows rests on them: with 1,200 people a second is enough
            for everything, with 20,000 it takes about twenty.
        seed: of the annealing. The same problem, seconds and seed give the same schedule, unless the
            machine was so slow that time ended a step.

    Returns:
        A schedule with an upper bound: what the prices of the linear programme prove by weak duality
        for this problem, whoever's programme found them; in small problems, the bound of the branch
        and bound where it is lower.

    Raises:
        ValueError: the problem contradicts itself; the words say where.
    """
    began = monotonic()
    _check(problem)
    pairs, instance = _instance(problem)
    table = Timetable(instance)
    everyone = range(len(pairs))

    def until(share: float, least: float) -> float:
        """Give the time at which this share of the seconds has passed, but leave so much of them in any case."""
        return max(began + share * seconds, monotonic() + least * seconds)

    selection = select(instance, deadline=until(PATIENCE, 0), rounding=0.3 * seconds)
    if selection is not None:
        place_selection(table, selection)
    fill(table, everyone, deadline=until(0.5, 0.1))
    prices = (selection and selection.prices) or prices_by_values(instance)
    bound = selection.bound if selection else bound_at(instance, prices)
    exchange_for_better(table, everyone, bound=bound, seed=seed, seconds=seconds, deadline=until(0.6, 0.2))
    if table.value() < bound * (1 - 1e-9) and (exact := finish(instance, deadline=until(0.9, 0.2))):
        bound = min(bound, exact.bound)
        adopt(table, exact)
    reduce_breaks(table, seed=seed, seconds=seconds, deadline=until(1, 0.3))
    fill(table, everyone, deadline=0)

    found = ((*pair, slot) for pair, slot in zip(pairs, table.slot_of, strict=True) if slot >= 0)
    meetings = tuple(sorted([*problem.locked, *found]))
    value = value_of(problem, meetings)
    return Schedule(
        meetings=meetings,
        value=value,
        bound=max(value, value_of(problem, problem.locked) + bound),
        unmet=_unmet(problem, meetings),
        breaks=breaks_of(meetings, problem.days),
        prices=prices,
    )


def _instance(problem: Problem) -> tuple[list[Pair], Instance]:
    """Put the problem into numbers; pairs that cannot meet in any schedule are left out."""
    people = sorted(problem.available)
    number = {key: index for index, key in enumerate(people)}
    tables = list(problem.tables)
    busy = [0] * len(people)
    had = [0] * len(people)
    for a, b, slot in problem.locked:
        tables[slot] -= 1
        for key in (a, b):
            busy[number[key]] |= 1 << slot
            had[number[key]] += 1
    open_slots = sum(1 << slot for slot, left in enumerate(tables) if left)
    available = [
        sum(1 << slot for slot in problem.available[key]) & open_slots & ~busy[index]
        for index, key in enumerate(people)
    ]
    limits = [
        min(problem.caps.get(key, problem.slots) - had[index], available[index].bit_count())
        for index, key in enumerate(people)
    ]
    locked = {(a, b) for a, b, _ in problem.locked}
    pairs = sorted(
        (a, b)
        for a, b in problem.pairs
        if (a, b) not in locked
        and available[number[a]] & available[number[b]]
        and limits[number[a]] > 0
        and limits[number[b]] > 0
    )
    instance = Instance(
        ends=[(number[a], number[b]) for a, b in pairs],
        values=[problem.pairs[pair] for pair in pairs],
        available=available,
        limits=limits,
        bonus=[problem.first_meeting_bonus[count:] for count in had],
        tables=tables,
        busy=busy,
        days=problem.days or (problem.slots,),
    )
    return pairs, instance


def _unmet(problem: Problem, meetings: Sequence[Placed]) -> dict[Pair, Why]:
    """Say of every pair without a meeting why; read off the schedule alone, however it was made."""
    met = {(a, b) for a, b, _ in meetings}
    taken: defaultdict[int, set[int]] = defaultdict(set)
    for a, b, slot in meetings:
        taken[a].add(slot)
        taken[b].add(slot)

    def why(a: int, b: int) -> Why:
        both = problem.available[a] & problem.available[b]
        if not both:
            return Why.NO_COMMON_SLOT
        if any(len(taken[key]) >= problem.caps.get(key, problem.slots) for key in (a, b)):
            return Why.PERSON_FULL
        return Why.TABLES_FULL if both - taken[a] - taken[b] else Why.LOWER_VALUE

    return {(a, b): why(a, b) for a, b in sorted(problem.pairs) if (a, b) not in met}


def value_of(problem: Problem, meetings: Sequence[Placed]) -> float:
    """Add up what these meetings are worth: the values of the pairs, and the bonuses of their people."""
    count = Counter(person for a, b, _ in meetings for person in (a, b))
    return sum(problem.pairs.get((a, b), 0.0) for a, b, _ in meetings) + sum(
        sum(problem.first_meeting_bonus[:had]) for had in count.values()
    )


def breaks_of(meetings: Sequence[Placed], days: Sequence[int] = ()) -> int:
    """Count the stretches without a meeting between two meetings of one person on one day."""
    day = _day_of(days)
    taken: dict[tuple[int, int], list[int]] = defaultdict(list)
    for a, b, slot in meetings:
        taken[a, day(slot)].append(slot)
        taken[b, day(slot)].append(slot)
    return sum(later - earlier > 1 for slots in taken.values() for earlier, later in pairwise(sorted(slots)))


def _check(problem: Problem) -> None:
    """Refuse a problem that cannot be meant, or whose locked meetings cannot all stand."""
    if len(problem.tables) != problem.slots:
        raise ValueError(f"There are {problem.slots} slots, but numbers of tables for {len(problem.tables)}.")
    if min(problem.tables, default=0) < 0:
        raise ValueError("A number of tables is below 0.")
    if problem.days and sum(problem.days) != problem.slots:
        raise ValueError(f"The days have {sum(problem.days)} slots together, not {problem.slots}.")
    if min(problem.first_meeting_bonus, default=0) < 0:
        raise ValueError("A bonus for a meeting is below 0.")
    if any(later > earlier for earlier, later in pairwise(problem.first_meeting_bonus)):
        raise ValueError("The bonus of a later meeting is above that of an earlier one.")
    _check_people(problem)
    _check_locked(problem)


def _check_people(problem: Problem) -> None:
    if any(not 0 <= slot < problem.slots for slots in problem.available.values() for slot in slots):
        raise ValueError(f"Somebody is available in a slot outside 0 to {problem.slots - 1}.")
    for key, cap in problem.caps.items():
        if cap < 0:
            raise ValueError(f"The limit of {key} is below 0.")
    for a, b in problem.pairs:
        if not a < b:
            raise ValueError(f"The pair {a}, {b} is not ordered.")
        if not problem.pairs[a, b] > 0:
            raise ValueError(f"The pair {a}, {b} has no value above 0.")
        if a not in problem.available or b not in problem.available:
            raise ValueError(f"The availability of {a} or {b} is missing.")


def _check_locked(problem: Problem) -> None:
    where: dict[tuple[int, int], Placed] = {}
    paired: dict[Pair, Placed] = {}
    load: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for meeting in problem.locked:
        a, b, slot = meeting
        if not a < b:
            raise ValueError(f"The locked meeting of {a} and {b} is not ordered.")
        if (a, b) in paired:
            raise ValueError(f"{a} and {b} have two locked meetings, in slots {paired[a, b][2]} and {slot}.")
        paired[a, b] = meeting
        load[slot] += 1
        for person in (a, b):
            if slot not in problem.available.get(person, ()):
                raise ValueError(f"{person} has a locked meeting in slot {slot}, but is not available then.")
            if (person, slot) in where:
                raise ValueError(f"{person} has two locked meetings in slot {slot}.")
            where[person, slot] = meeting
            count[person] += 1
    for slot, meetings in load.items():
        if meetings > problem.tables[slot]:
            raise ValueError(f"Slot {slot} has {meetings} locked meetings, but {problem.tables[slot]} tables.")
    for person, had in count.items():
        if had > problem.caps.get(person, problem.slots):
            raise ValueError(f"{person} has {had} locked meetings, but may have {problem.caps[person]}.")


def _day_of(days: Sequence[int]) -> Callable[[int], int]:
    ends = list(accumulate(days))
    return (lambda slot: bisect_right(ends, slot)) if ends else (lambda _slot: 0)


def _new_breaks(slot: int, busy: Collection[int], day: Callable[[int], int]) -> int:
    """Say how many breaks a meeting in this slot adds for one person; -1 when it fills one exactly."""
    same_day = [taken for taken in busy if day(taken) == day(slot)]
    if not same_day:
        return 0
    return 1 - (slot - 1 in same_day) - (slot + 1 in same_day)


def common_slots(
    free_a: Collection[int],
    free_b: Collection[int],
    *,
    busy_a: Collection[int] = (),
    busy_b: Collection[int] = (),
    tables_left: Mapping[int, int] | None = None,
    days: Sequence[int] = (),
) -> Iterator[int]:
    """Name the slots in which two people can meet, the kindest to their days first.

    A slot that touches a meeting of theirs, or lies on a day without one, makes no new break; such
    slots come first, then those that make one break, then two; the earlier wins a tie.

    Args:
        free_a: slots in which the first person can meet.
        free_b: the same for the second.
        busy_a: slots in which the first already meets somebody.
        busy_b: the same for the second.
        tables_left: slot -> free tables; None asks for no table.
        days: for each day, how many slots it has; empty means one day.
    """
    day = _day_of(days)
    possible = [slot for slot in set(free_a) & set(free_b) if tables_left is None or tables_left.get(slot, 0) > 0]
    yield from sorted(
        possible, key=lambda slot: (_new_breaks(slot, busy_a, day) + _new_breaks(slot, busy_b, day), slot)
    )


def first_common_slot(
    free_a: Collection[int],
    free_b: Collection[int],
    *,
    busy_a: Collection[int] = (),
    busy_b: Collection[int] = (),
    tables_left: Mapping[int, int] | None = None,
    days: Sequence[int] = (),
) -> int | None:
    """Give the best of `common_slots`, or None when there is none."""
    return next(common_slots(free_a, free_b, busy_a=busy_a, busy_b=busy_b, tables_left=tables_left, days=days), None)
