from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking import compaction, placing, relaxation, scheduling
from lsos.matchmaking.scheduling import (
    COVERAGE_BONUS,
    Limit,
    Pair,
    Placed,
    Problem,
    Schedule,
    Why,
    breaks_of,
    common_slots,
    first_common_slot,
    reasons,
    solve,
    value_of,
)


@st.composite
def problems(draw, most_people=7, most_slots=4, with_locks=True):
    """Draw a small problem; its locked meetings can all stand."""
    people = draw(st.integers(0, most_people))
    slots = draw(st.integers(0, most_slots))
    slot_sets = st.frozensets(st.integers(0, slots - 1)) if slots else st.just(frozenset[int]())
    tables = draw(st.lists(st.integers(0, 3), min_size=slots, max_size=slots))
    available = {key: draw(slot_sets) for key in range(people)}
    values = st.sampled_from([0.1, 0.2, 0.25, 0.5, 0.9, 1.0])
    pairs = {pair: draw(values) for pair in combinations(range(people), 2) if draw(st.booleans())}
    caps = {key: draw(st.integers(0, 4)) for key in range(people) if draw(st.booleans())}
    locked: list[tuple[int, int, int]] = []
    if with_locks:
        load = Counter[int]()
        taken = set[tuple[int, int]]()
        for a, b in combinations(range(people), 2):
            slot = draw(st.none() | st.integers(0, max(0, slots - 1)))
            if slot is None or slot not in available[a] & available[b] or load[slot] >= tables[slot]:
                continue
            if {(a, slot), (b, slot)} & taken:
                continue
            if any(sum(key in m[:2] for m in locked) >= caps.get(key, slots) for key in (a, b)):
                continue
            locked.append((a, b, slot))
            taken |= {(a, slot), (b, slot)}
            load[slot] += 1
    bonus = draw(st.sampled_from([(), COVERAGE_BONUS, (1.0,)]))
    days = draw(st.sampled_from([(), (slots // 2, slots - slots // 2)]))
    problem = Problem(slots, tables, available, pairs, caps, tuple(locked), bonus, days)
    return draw(with_rules(problem)) if draw(st.booleans()) else problem


@st.composite
def with_rules(draw, problem):
    """Add must-meets, forbidden pairs, limits, alternatives and meetings without a table; locks still stand."""
    people = range(len(problem.available))
    locked = {(a, b) for a, b, _ in problem.locked}
    every = sorted(combinations(people, 2))
    some = st.frozensets(st.sampled_from(every), max_size=3) if every else st.just(frozenset())
    slot_sets = st.frozensets(st.integers(0, problem.slots - 1)) if problem.slots else st.just(frozenset())
    limits = (
        st.builds(
            Limit,
            st.sampled_from(people),
            st.integers(0, 3),
            st.none() | slot_sets,
            st.none() | st.frozensets(st.sampled_from(people)),
        )
        if people
        else st.nothing()
    )
    groups: list[frozenset[Pair]] = []
    for group in draw(st.lists(some, max_size=2)):
        fresh = group - frozenset().union(*groups)
        if len(fresh & locked) < 2:
            groups.append(fresh)
    return replace(
        problem,
        musts=draw(some),
        forbidden=draw(some) - locked,
        limits=tuple(
            limit
            for limit in draw(st.lists(limits, max_size=3) if people else st.just([]))
            if sum(limit.counts(*meeting) for meeting in problem.locked) <= limit.most
        ),
        alternatives=tuple(groups),
        without_table=draw(some) - locked,
    )


def faults(problem: Problem, meetings: Sequence[Placed]) -> list[str]:
    """Name everything in these meetings that must never be; plain counting that shares nothing with the solver."""
    found = []
    times = Counter((key, slot) for a, b, slot in meetings for key in (a, b))
    had = Counter(key for a, b, _ in meetings for key in (a, b))
    load = Counter(slot for a, b, slot in meetings if (a, b) not in problem.without_table)
    met = Counter((a, b) for a, b, _ in meetings)
    found += [f"{key} is twice in slot {slot}" for (key, slot), n in times.items() if n > 1]
    found += [f"{pair} meet twice" for pair, n in met.items() if n > 1]
    found += [f"{key} is away in slot {slot}" for key, slot in times if slot not in problem.available[key]]
    found += [f"slot {slot} has too few tables" for slot, n in load.items() if n > problem.tables[slot]]
    found += [f"{key} meets too many" for key, n in had.items() if n > problem.caps.get(key, problem.slots)]
    found += [f"{meeting} is missing" for meeting in problem.locked if meeting not in meetings]
    locked = {(a, b) for a, b, _ in problem.locked}
    wished = {*problem.pairs, *problem.musts, *locked}
    found += [f"{pair} need not meet" for pair in met if pair not in wished]
    found += [f"{pair} may not meet" for pair in met if pair in problem.forbidden]
    found += [f"{group} meet in more than one way" for group in problem.alternatives if len(group & met.keys()) > 1]
    for limit in problem.limits:
        counted = [
            meeting
            for meeting in meetings
            if limit.person in meeting[:2]
            and (limit.slots is None or meeting[2] in limit.slots)
            and (limit.partners is None or (set(meeting[:2]) - {limit.person}) <= limit.partners)
        ]
        if len(counted) > limit.most:
            found.append(f"{limit} does not hold")
    return found


def forgotten(problem: Problem, schedule: Schedule) -> list[Pair]:
    """Name the pairs of which a schedule does not say either when they meet or why they do not."""
    met = {(a, b) for a, b, _ in schedule.meetings}
    return [pair for pair in {*problem.pairs, *problem.musts} if (pair in met) == (pair in schedule.unmet)]


def musts_kept(problem: Problem, meetings: Sequence[Placed]) -> int:
    """Count the must-meets; of alternatives at most one meets anyway."""
    return sum((a, b) in problem.musts for a, b, _ in meetings)


def best_of(problem: Problem) -> tuple[int, float]:
    """Try every schedule for the most must-meets, then the greatest value; only for the smallest problems."""
    pairs = sorted({*problem.pairs, *problem.musts} - {(a, b) for a, b, _ in problem.locked})

    def best(place: int, meetings: tuple[tuple[int, int, int], ...]) -> tuple[int, float]:
        if place == len(pairs):
            return musts_kept(problem, meetings), value_of(problem, meetings)
        found = best(place + 1, meetings)
        a, b = pairs[place]
        for slot in problem.available[a] & problem.available[b]:
            tried = (*meetings, (a, b, slot))
            if not faults(problem, tried):
                found = max(found, best(place + 1, tried))
        return found

    return best(0, problem.locked)


@settings(max_examples=200, deadline=None)
@given(problems(most_people=9, most_slots=6))
def test_a_schedule_keeps_every_hard_rule(problem):
    schedule = solve(problem, seconds=0.2)
    assert faults(problem, schedule.meetings) == []
    assert forgotten(problem, schedule) == []


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_bound_is_never_below_the_value_and_the_value_is_that_of_the_meetings(problem):
    schedule = solve(problem, seconds=0.2)

    assert schedule.bound >= schedule.value
    assert schedule.value == pytest.approx(value_of(problem, schedule.meetings))
    assert schedule.breaks == breaks_of(schedule.meetings, problem.days)


@settings(max_examples=60, deadline=None)
@given(problems(most_people=5, most_slots=3))
def test_of_a_small_problem_no_other_schedule_is_worth_more(problem):
    schedule = solve(problem, seconds=20)

    musts, value = best_of(problem)
    assert musts_kept(problem, schedule.meetings) == musts
    assert schedule.value == pytest.approx(value)
    assert schedule.bound == pytest.approx(schedule.value, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(problems(with_locks=False), st.integers(0, 3))
def test_more_tables_lower_neither_value_nor_bound(problem, more):
    fewer = solve(problem, seconds=20)
    further = solve(replace(problem, tables=[tables + more for tables in problem.tables]), seconds=20)

    assert further.musts_bound >= fewer.musts_bound
    #: One must-meet more may cost value.
    if further.musts == fewer.musts:
        assert further.value >= fewer.value - 1e-6
        assert further.bound >= fewer.bound - 1e-6


@settings(max_examples=40, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_naming_people_otherwise_changes_neither_value_nor_bound(problem, chance):
    keys = list(problem.available)
    names = dict(zip(keys, chance.sample(range(100), len(keys)), strict=True))

    def renamed(a, b):
        return min(names[a], names[b]), max(names[a], names[b])

    def all_renamed(pairs):
        return frozenset(renamed(*pair) for pair in pairs)

    def limit_renamed(limit):
        partners = limit.partners and frozenset(names[key] for key in limit.partners)
        return replace(limit, person=names[limit.person], partners=partners)

    other = solve(
        replace(
            problem,
            available={names[key]: slots for key, slots in problem.available.items()},
            pairs={renamed(*pair): value for pair, value in problem.pairs.items()},
            caps={names[key]: cap for key, cap in problem.caps.items()},
            locked=tuple((*renamed(a, b), slot) for a, b, slot in problem.locked),
            musts=all_renamed(problem.musts),
            forbidden=all_renamed(problem.forbidden),
            limits=tuple(map(limit_renamed, problem.limits)),
            alternatives=tuple(map(all_renamed, problem.alternatives)),
            without_table=all_renamed(problem.without_table),
        ),
        seconds=20,
    )
    one = solve(problem, seconds=20)
    assert (other.musts, other.value, other.bound) == pytest.approx((one.musts, one.value, one.bound))


@settings(max_examples=100, deadline=None)
@given(problems(most_people=9, most_slots=6))
def test_each_unmet_pair_has_the_reason_that_holds(problem):
    schedule = solve(problem, seconds=0.2)
    met = {(a, b) for a, b, _ in schedule.meetings}
    taken = {(key, slot) for a, b, slot in schedule.meetings for key in (a, b)}
    had = Counter(key for key, _ in taken)
    load = Counter(slot for a, b, slot in schedule.meetings if (a, b) not in problem.without_table)

    for (a, b), reason in reasons(problem, schedule.meetings).items():
        standing = {slot for *pair, slot in problem.locked if {a, b} & set(pair)}
        both = problem.available[a] & problem.available[b] - standing
        free = {slot for slot in both if (a, slot) not in taken and (b, slot) not in taken}
        full = {key for key in (a, b) if had[key] >= problem.caps.get(key, problem.slots)}
        match schedule.unmet[a, b]:
            case Why.RULE:
                assert (a, b) in problem.forbidden
            case Why.NO_COMMON_SLOT:
                assert not both
            case Why.ALTERNATIVE_MET:
                assert reason.instead in met
                assert any({(a, b), reason.instead} <= group for group in problem.alternatives)
            case Why.PERSON_FULL:
                assert reason.people
                assert set(reason.people) <= {a, b}
                assert full or reason.limits
                for limit in reason.limits:
                    assert sum(limit.counts(*meeting) for meeting in schedule.meetings) >= limit.most
            case Why.TABLES_FULL:
                assert not full
                assert reason.slots
                assert free.issuperset(reason.slots)
                assert all(load[slot] == problem.tables[slot] for slot in reason.slots)
                assert (a, b) not in problem.without_table
            case Why.LOWER_VALUE:
                assert not full
                assert reason.people
                assert not free


def everyone(people, slots):
    return {key: frozenset(range(slots)) for key in range(people)}


def test_the_same_problem_and_seed_give_the_same_schedule():
    pairs = {(a, b): 1 + (a * 7 + b * 3) % 5 for a in range(10) for b in range(10, 30)}
    problem = Problem(8, [6] * 8, everyone(30, 8), pairs, dict.fromkeys(range(30), 4))

    assert solve(problem, seconds=30, seed=4) == solve(problem, seconds=30, seed=4)


def test_without_a_clock_the_slowest_machine_finds_the_same_schedule(monkeypatch):
    pairs = {(a, b): 1 + (a * 7 + b * 3) % 5 for a in range(10) for b in range(10, 30)}
    problem = Problem(8, [6] * 8, everyone(30, 8), pairs, dict.fromkeys(range(30), 4))
    quickly = solve(problem, seconds=0.2, heeds_clock=False)

    for module in (scheduling, relaxation, placing, compaction):
        monkeypatch.setattr(module, "monotonic", partial(next, count(step=3600)))

    assert solve(problem, seconds=0.2, heeds_clock=False) == quickly
    assert quickly.value <= quickly.bound


def test_a_bonus_for_the_first_meeting_leaves_fewer_people_alone():
    pairs = {(0, other): 1.0 for other in range(1, 5)} | {(1, 2): 0.5, (3, 4): 0.5}
    problem = Problem(2, [2, 1], everyone(5, 2), pairs)

    alone = solve(problem)
    shared = solve(replace(problem, first_meeting_bonus=(2.0,)))

    assert {key for a, b, _ in shared.meetings for key in (a, b)} == set(range(5))
    assert value_of(replace(problem, first_meeting_bonus=()), shared.meetings) <= alone.value


def test_days_are_made_compact_without_losing_value():
    pairs = {(0, other): 1.0 for other in range(1, 5)}
    problem = Problem(12, [1] * 12, everyone(5, 12), pairs)

    schedule = solve(problem)

    assert len(schedule.meetings) == 4
    assert schedule.breaks == 0


def test_a_night_between_two_meetings_is_no_break():
    assert breaks_of([(1, 2, 1), (1, 3, 2), (1, 4, 5)], days=(2, 4)) == 1
    assert breaks_of([(1, 2, 1), (1, 3, 2), (1, 4, 5)]) == 1
    assert breaks_of([(1, 2, 0), (1, 3, 2)], days=(2, 2)) == 0


def test_too_little_time_still_gives_a_valid_schedule_with_a_bound():
    pairs = {pair: 1.0 + sum(pair) % 7 for pair in combinations(range(40), 2)}
    problem = Problem(10, [5] * 10, everyone(40, 10), pairs, dict.fromkeys(range(40), 5))

    schedule = solve(problem, seconds=0)

    assert faults(problem, schedule.meetings) == []
    assert forgotten(problem, schedule) == []
    assert len(schedule.meetings) == 50
    assert schedule.value <= schedule.bound < 50 * 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slots": -1, "tables": []}, "number of slots is below 0"),
        ({"locked": ((1, 0, 0),)}, "not ordered"),
        ({"locked": ((0, 1, 2),)}, "in slot 2, outside 0 to 1"),
        ({"locked": ((0, 1, 0), (0, 1, 0))}, "given twice"),
        ({"musts": frozenset({(1, 0)})}, "must-meet 1, 0 is not ordered"),
        ({"musts": frozenset({(0, 9)})}, "availability of 0 or 9 is missing"),
        ({"forbidden": frozenset({(1, 0)})}, "forbidden pair 1, 0 is not ordered"),
        ({"without_table": frozenset({(1, 0)})}, "without a table 1, 0 is not ordered"),
        ({"alternatives": (frozenset({(1, 0)}),)}, "alternative 1, 0 is not ordered"),
        ({"alternatives": (frozenset({(0, 1)}), frozenset({(0, 1), (0, 2)}))}, "two groups of alternatives"),
        ({"limits": (Limit(0, -1),)}, "limit of 0 is below 0"),
        ({"limits": (Limit(0, 1, frozenset({2})),)}, "limit of 0 names a slot outside 0 to 1"),
        ({"tables": [1]}, "2 slots, but numbers of tables for 1"),
        ({"tables": [1, -1]}, "below 0"),
        ({"days": (1, 2)}, "3 slots together, not 2"),
        ({"first_meeting_bonus": (0.1, 0.2)}, "above that of an earlier"),
        ({"first_meeting_bonus": (0.1, -0.2)}, "below 0"),
        ({"caps": {0: -1}}, "limit of 0 is below 0"),
        ({"pairs": {(1, 0): 1.0}}, "not ordered"),
        ({"pairs": {(0, 1): 0.0}}, "no value above 0"),
        ({"pairs": {(0, 1): float("nan")}}, "no value above 0"),
        ({"pairs": {(0, 1): float("inf")}}, "no value above 0"),
        ({"first_meeting_bonus": (float("nan"),)}, "no number"),
        ({"days": (3, -1)}, "A day has fewer than 0 slots"),
        ({"pairs": {(0, 9): 1.0}}, "availability of 0 or 9 is missing"),
        ({"available": {0: frozenset({5})}, "pairs": {}}, "outside 0 to 1"),
    ],
)
def test_a_problem_that_cannot_be_meant_is_refused_in_words(change, words):
    problem = Problem(2, [1, 2], everyone(4, 2) | {4: frozenset({1})}, {(0, 1): 1.0})

    with pytest.raises(ValueError, match=words):
        solve(replace(problem, **change))


def test_a_slot_that_adds_no_break_is_offered_first():
    day = range(8)

    assert first_common_slot(day, day) == 0
    assert first_common_slot(day, day, busy_a=[4]) == 3
    assert list(common_slots([1, 3, 7], [1, 3, 7], busy_a=[2], busy_b=[4])) == [3, 1, 7]
    assert first_common_slot(day, day, busy_a=[3, 5]) == 4


def test_another_day_adds_no_break_and_a_slot_without_a_table_is_not_offered():
    assert first_common_slot([1, 6], [1, 6], busy_a=[3], days=(4, 4)) == 6
    assert first_common_slot([1, 2], [1, 2], tables_left={1: 0, 2: 3}) == 2
    assert first_common_slot([1], [2]) is None
