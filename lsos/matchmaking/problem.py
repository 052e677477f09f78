"""A scheduling problem as it is put: who could meet whom, when, and what must hold."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import inf, isfinite

from lsos.matchmaking.days import Days, DayWeights, DayWish, Term

Pair = tuple[int, int]
#: The first person, the second, the slot; first < second.
Placed = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many meetings of one person in some slots, with some partners: by day, by type of partner, or both.

    Attributes:
        person: whose meetings are counted, locked ones too.
        most: how many there may be.
        slots: which slots count, for example those of one day; None means all.
        partners: which partners count, for example all start-ups; None means everybody.
    """

    person: int
    most: int
    slots: frozenset[int] | None = None
    partners: frozenset[int] | None = None

    def concerns(self, a: int, b: int) -> bool:
        """Say whether a meeting of these two counts, if it is in one of the slots."""
        if self.person not in (a, b):
            return False
        return self.partners is None or (b if self.person == a else a) in self.partners

    def counts(self, a: int, b: int, slot: int) -> bool:
        """Say whether a meeting of these two in this slot counts."""
        return self.concerns(a, b) and (self.slots is None or slot in self.slots)


@dataclass(frozen=True, slots=True)
class Problem:
    """Who could meet whom, when everybody is free, and how many tables there are.

    Attributes:
        slots: how many; they are numbered from 0 in the order of time.
        tables: for each slot, how many meetings it can hold; 0 where it is closed.
        available: person -> slots in which the person can meet, those of locked meetings too.
        pairs: (a, b) with a < b -> value above 0. A pair that is neither here nor in `musts` does not
            meet, unless it is locked.
        caps: person -> most meetings, locked ones included; who is not here has no limit.
        locked: meetings (a, b, slot) that stay as they are.
        first_meeting_bonus: what a person's first, second, third … meeting adds to the value; never
            rising, for example `COVERAGE_BONUS`. Locked meetings come first.
        days: for each day, how many slots it has, summing to `slots`; empty means one day.
        musts: pairs that must meet: one more of them comes before any value. Without an entry in
            `pairs` their meeting is worth nothing beyond that.
        musts_are_hard: a problem in which not all of `musts` can meet is a contradiction.
        forbidden: pairs that a rule keeps apart, whatever else is said of them.
        limits: further bounds on the meetings of one person.
        alternatives: groups of pairs of which at most one meets, since one of several people may go.
        without_table: pairs whose meeting takes no table of the common ones, for example at a stand.
        wishes: person -> what the person wishes for the days; weighed after who meets whom.
        day_weights: what breaks and wishes that are not kept cost beside each other.
        mornings: for each day, how many of its slots are before noon; empty means half of them, rounded up.
        leeway: the share of the values of its pairs that a schedule gives up at most for better days, in [0, 1);
            nothing where the value is that share below the bound already.
    """

    slots: int
    tables: Sequence[int]
    available: Mapping[int, frozenset[int]]
    pairs: Mapping[Pair, float]
    caps: Mapping[int, int] = field(default_factory=dict)
    locked: tuple[Placed, ...] = ()
    first_meeting_bonus: tuple[float, ...] = ()
    days: tuple[int, ...] = ()
    musts: frozenset[Pair] = frozenset()
    musts_are_hard: bool = False
    forbidden: frozenset[Pair] = frozenset()
    limits: tuple[Limit, ...] = ()
    alternatives: tuple[frozenset[Pair], ...] = ()
    without_table: frozenset[Pair] = frozenset()
    wishes: Mapping[int, DayWish] = field(default_factory=dict)
    day_weights: DayWeights = field(default_factory=DayWeights)
    mornings: tuple[int, ...] = ()
    leeway: float = 0.0

    def calendar(self) -> Days:
        """Give the days of the event."""
        return Days(self.days or (self.slots,), self.mornings)


def value_of(problem: Problem, meetings: Sequence[Placed]) -> float:
    """Add up what these meetings are worth: the values of the pairs, and the bonuses of their people."""
    count = Counter(person for a, b, _ in meetings for person in (a, b))
    return sum(problem.pairs.get((a, b), 0.0) for a, b, _ in meetings) + sum(
        sum(problem.first_meeting_bonus[:had]) for had in count.values()
    )


def breaks_of(meetings: Sequence[Placed], days: Sequence[int] = ()) -> int:
    """Count the stretches without a meeting between two meetings of one person on one day."""
    day = day_of(days)
    taken: dict[tuple[int, int], list[int]] = defaultdict(list)
    for a, b, slot in meetings:
        taken[a, day(slot)].append(slot)
        taken[b, day(slot)].append(slot)
    return sum(later - earlier > 1 for slots in taken.values() for earlier, later in pairwise(sorted(slots)))


def day_of(days: Sequence[int]) -> Callable[[int], int]:
    """Give the function from a slot to its day."""
    ends = list(accumulate(days))
    return (lambda slot: bisect_right(ends, slot)) if ends else (lambda _slot: 0)


def refuse_malformed(problem: Problem) -> None:
    """Refuse a problem that says what cannot be meant.

    Raises:
        ValueError: the first fault found, in words.
    """
    for fault in _faults(problem):
        raise ValueError(fault)


def _faults(problem: Problem) -> Iterator[str]:
    yield from _faults_of_the_frame(problem)
    yield from _faults_of_the_days(problem)
    yield from _faults_of_people(problem)
    yield from _faults_of_pairs("The pair", problem.pairs, problem.available)
    for (a, b), value in problem.pairs.items():
        if not (value > 0 and isfinite(value)):
            yield f"The pair {a}, {b} has no value above 0 that is a number."
    yield from _faults_of_pairs("The must-meet", problem.musts, problem.available)
    for group in problem.alternatives:
        yield from _faults_of_pairs("The alternative", group, problem.available)
    if sum(map(len, problem.alternatives)) > len(frozenset[Pair]().union(*problem.alternatives)):
        yield "A pair is in two groups of alternatives."
    for name, pairs in (("forbidden pair", problem.forbidden), ("pair without a table", problem.without_table)):
        yield from (f"The {name} {a}, {b} is not ordered." for a, b in pairs if not a < b)
    if len(set(problem.locked)) < len(problem.locked):
        yield "A locked meeting is given twice."
    for a, b, slot in problem.locked:
        if not a < b:
            yield f"The locked meeting of {a} and {b} is not ordered."
        if slot not in range(problem.slots):
            yield f"The locked meeting of {a} and {b} is in slot {slot}, outside 0 to {problem.slots - 1}."


def _faults_of_people(problem: Problem) -> Iterator[str]:
    whole = frozenset(range(problem.slots))
    for key, found in problem.available.items():
        if not found <= whole:
            yield f"{key} is available in a slot outside 0 to {problem.slots - 1}."
    for key, cap in problem.caps.items():
        if not cap >= 0:
            yield f"The limit of {key} is below 0."
    for limit in problem.limits:
        if not limit.most >= 0:
            yield f"A limit of {limit.person} is below 0."
        if limit.slots is not None and not limit.slots <= whole:
            yield f"A limit of {limit.person} names a slot outside 0 to {problem.slots - 1}."


def _faults_of_the_days(problem: Problem) -> Iterator[str]:
    for key, wish in problem.wishes.items():
        if key not in problem.available:
            yield f"The availability of {key} is missing, who wishes something for the days."
        if wish.most_in_a_row is not None and not wish.most_in_a_row >= 1:
            yield f"{key} wishes a rest after fewer meetings than one."
        if any(slot not in range(problem.slots) for slot in wish.lunch):
            yield f"{key} wishes lunch in a slot outside 0 to {problem.slots - 1}."
    for term in Term:
        if not 0 <= problem.day_weights.of(term) < inf:
            yield f"The weight of {term} is below 0, or no number."
    if not 0 <= problem.leeway < 1:
        yield "The leeway for better days is no share of the value from 0 to below 1."
    days = problem.days or (problem.slots,)
    if problem.mornings and len(problem.mornings) != len(days):
        yield f"There are {len(days)} days, but mornings for {len(problem.mornings)}."
    elif any(not 0 <= before <= length for before, length in zip(problem.mornings, days, strict=False)):
        yield "A morning has more slots than its day, or fewer than 0."


def _faults_of_the_frame(problem: Problem) -> Iterator[str]:
    if problem.slots < 0:
        yield "The number of slots is below 0."
    if len(problem.tables) != problem.slots:
        yield f"There are {problem.slots} slots, but numbers of tables for {len(problem.tables)}."
    if not all(tables >= 0 for tables in problem.tables):
        yield "A number of tables is below 0."
    if not all(length >= 0 for length in problem.days):
        yield "A day has fewer than 0 slots."
    if problem.days and sum(problem.days) != problem.slots:
        yield f"The days have {sum(problem.days)} slots together, not {problem.slots}."
    if not all(bonus >= 0 and isfinite(bonus) for bonus in problem.first_meeting_bonus):
        yield "A bonus for a meeting is below 0, or no number."
    if any(later > earlier for earlier, later in pairwise(problem.first_meeting_bonus)):
        yield "The bonus of a later meeting is above that of an earlier one."


def _faults_of_pairs(name: str, pairs: Collection[Pair], people: Collection[int]) -> Iterator[str]:
    for a, b in pairs:
        if not a < b:
            yield f"{name} {a}, {b} is not ordered."
        if a not in people or b not in people:
            yield f"The availability of {a} or {b} is missing."
