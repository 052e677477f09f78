"""Which pairs meet, and in which slot, so that the summed value is greatest."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heapify, heappop, heappush
from itertools import accumulate, pairwise

from lsos.matchmaking.timetable import Timetable, slots_in

Pair = tuple[int, int]
#: The first person, the second, the slot; first < second.
Placed = tuple[int, int, int]

#: What somebody's first, second and third meeting are worth beside a score in [0, 1]: enough that
#: people without a meeting come before good further meetings of others, not before much better ones.
COVERAGE_BONUS = (0.4, 0.2, 0.1)


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
    """

    meetings: tuple[Placed, ...]
    value: float
    bound: float
    unmet: Mapping[Pair, Why]
    breaks: int


def solve(problem: Problem, *, seconds: float = 2.0, seed: int = 1) -> Schedule:  # noqa: ARG001
    """Choose pairs and slots.

    Raises:
        ValueError: the problem contradicts itself; the words say where.
    """
    _check(problem)
    people = sorted(problem.available)
    number = {key: index for index, key in enumerate(people)}
    locked = {(a, b) for a, b, _ in problem.locked}
    pairs = sorted(pair for pair in problem.pairs if pair not in locked)
    table = Timetable(
        ends=[(number[a], number[b]) for a, b in pairs],
        free=[sum(1 << slot for slot in problem.available[key]) for key in people],
        left=[problem.caps.get(key, problem.slots) for key in people],
        room=list(problem.tables),
    )
    for a, b, slot in problem.locked:
        table.reserve(number[a], number[b], slot)
    values = [problem.pairs[pair] for pair in pairs]
    bonus = (*problem.first_meeting_bonus, *[0.0] * (problem.slots + 1))

    def worth(pair: int) -> float:
        a, b = table.ends[pair]
        return values[pair] + bonus[table.count[a]] + bonus[table.count[b]]

    waiting = [(-worth(pair), pair) for pair in range(len(pairs))]
    heapify(waiting)
    while waiting:
        promised, pair = heappop(waiting)
        a, b = table.ends[pair]
        possible = table.common(pair) & table.open
        if not possible or not table.left[a] or not table.left[b]:
            continue
        if -worth(pair) > promised:
            heappush(waiting, (-worth(pair), pair))
            continue
        table.place(pair, max(slots_in(possible), key=lambda slot: (table.room[slot], -slot)))

    met = {pair: slot for pair, slot in zip(pairs, table.slot_of, strict=True) if slot >= 0}
    meetings = tuple(sorted([*problem.locked, *((a, b, slot) for (a, b), slot in met.items())]))
    value = value_of(problem, meetings)
    top = [sum(bonus[: min(problem.caps.get(key, problem.slots), problem.slots)]) for key in people]
    return Schedule(
        meetings=meetings,
        value=value,
        bound=max(value, sum(problem.pairs.values()) + sum(top)),
        unmet={pair: _why(problem, table, number, pair) for pair in pairs if pair not in met},
        breaks=breaks_of(meetings, problem.days),
    )


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


def _why(problem: Problem, table: Timetable, number: Mapping[int, int], pair: Pair) -> Why:
    a, b = pair
    if not problem.available[a] & problem.available[b]:
        return Why.NO_COMMON_SLOT
    if not table.left[number[a]] or not table.left[number[b]]:
        return Why.PERSON_FULL
    if table.free[number[a]] & table.free[number[b]]:
        return Why.TABLES_FULL
    return Why.LOWER_VALUE


def _check(problem: Problem) -> None:
    """Refuse a problem that cannot be meant, or whose locked meetings cannot all stand."""
    if len(problem.tables) != problem.slots:
        raise ValueError(f"There are {problem.slots} slots, but numbers of tables for {len(problem.tables)}.")
    if min(problem.tables, default=0) < 0:
        raise ValueError("A number of tables is below 0.")
    if problem.days and sum(problem.days) != problem.slots:
        raise ValueError(f"The days have {sum(problem.days)} slots together, not {problem.slots}.")
    if any(later > earlier for earlier, later in pairwise(problem.first_meeting_bonus)):
        raise ValueError("The bonus of a later meeting is above that of an earlier one.")
    if any(not 0 <= slot < problem.slots for slots in problem.available.values() for slot in slots):
        raise ValueError(f"Somebody is available in a slot outside 0 to {problem.slots - 1}.")
    for a, b in problem.pairs:
        if not a < b:
            raise ValueError(f"The pair {a}, {b} is not ordered.")
        if not problem.pairs[a, b] > 0:
            raise ValueError(f"The pair {a}, {b} has no value above 0.")
        if a not in problem.available or b not in problem.available:
            raise ValueError(f"The availability of {a} or {b} is missing.")
    _check_locked(problem)


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
