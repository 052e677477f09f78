"""Must-meets, limits, delegates and meetings without a table, one behaviour at a time."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.prices import Prices, bound_at
from lsos.matchmaking.problem import Limit, Problem, value_of
from lsos.matchmaking.reasons import Reason, Why, reasons
from lsos.matchmaking.relaxation import select
from lsos.matchmaking.scheduling import solve
from tests.matchmaking.test_scheduling import everyone, faults, problems

MORNING, AFTERNOON = frozenset(range(3)), frozenset(range(3, 6))


def crowd(people=30, slots=6, tables=5, **given):
    """Make everybody like everybody, some more."""
    pairs = {(a, b): 1.0 + (a * 7 + b * 3) % 5 for a, b in combinations(range(people), 2)}
    return Problem(slots, [tables] * slots, everyone(people, slots), pairs, **given)


def pairs_of(schedule):
    return {(a, b) for a, b, _ in schedule.meetings}


def test_a_must_meet_comes_before_any_value():
    problem = Problem(1, [1], everyone(4, 1), {(0, 1): 1000.0, (2, 3): 0.01}, musts=frozenset({(2, 3)}))

    schedule = solve(problem)

    assert schedule.meetings == ((2, 3, 0),)
    assert (schedule.musts, schedule.musts_bound) == (1, 1)
    assert schedule.bound == pytest.approx(0.01)


def test_a_must_meet_needs_no_value_of_its_own():
    schedule = solve(replace(crowd(), pairs={}, musts=frozenset({(0, 1), (0, 2)})))

    assert pairs_of(schedule) == {(0, 1), (0, 2)}
    assert schedule.value == 0


def test_two_must_meets_come_before_one_whatever_they_displace():
    problem = Problem(
        2,
        [1, 1],
        {0: frozenset({0}), 1: frozenset({0, 1}), 2: frozenset({0, 1}), 3: frozenset({1})},
        {(1, 2): 9.0, (0, 1): 0.1, (2, 3): 0.1},
        musts=frozenset({(0, 1), (2, 3), (1, 2)}),
        caps={1: 1, 2: 1},
    )

    schedule = solve(problem)

    assert pairs_of(schedule) == {(0, 1), (2, 3)}
    assert schedule.unmet == {(1, 2): Why.PERSON_FULL}


def test_must_meets_are_kept_when_there_is_no_time_for_a_programme():
    musts = frozenset((key, key + 15) for key in range(15))

    schedule = solve(crowd(musts=musts), seconds=0)

    assert musts <= pairs_of(schedule)
    assert schedule.value <= schedule.bound


def test_all_must_meets_that_can_be_placed_are_placed_among_locked_meetings_and_scarce_tables():
    first = solve(crowd(people=40, tables=4), seconds=0.2)
    met = pairs_of(first)
    musts = frozenset([pair for pair in combinations(range(0, 40, 3), 2) if pair not in met][:20])

    problem = crowd(people=40, tables=6, locked=first.meetings, musts=musts)
    schedule = solve(problem, seconds=1)

    assert faults(problem, schedule.meetings) == []
    assert schedule.musts == schedule.musts_bound
    assert schedule.value >= 0.995 * schedule.bound


def test_a_limit_holds_for_its_day_and_its_partners_alone():
    start_ups = frozenset(range(1, 6))
    problem = crowd(
        limits=(Limit(0, 2, MORNING), Limit(0, 1, AFTERNOON, start_ups), Limit(0, 2, None, start_ups)), days=(3, 3)
    )
    problem = replace(problem, pairs=problem.pairs | {(0, other): 50.0 for other in range(1, 30)})

    own = [meeting for meeting in solve(problem, seconds=1).meetings if 0 in meeting[:2]]

    assert len(own) == 5
    assert sum(slot in MORNING for *_, slot in own) == 2
    assert sum(slot in AFTERNOON and b in start_ups for _, b, slot in own) <= 1
    assert sum(b in start_ups for _, b, _ in own) <= 2


def test_limits_by_day_are_kept_when_days_are_made_compact():
    limits = tuple(Limit(key, 1, day) for key in range(30) for day in (MORNING, AFTERNOON))
    problem = crowd(limits=limits, days=(3, 3))

    schedule = solve(problem, seconds=1)

    assert faults(problem, schedule.meetings) == []
    assert len(schedule.meetings) == 30
    assert schedule.value >= 0.9 * schedule.bound


def test_the_limit_that_is_full_is_named():
    limit = Limit(0, 1, MORNING)
    problem = Problem(6, [2] * 6, everyone(3, 6) | {0: MORNING}, {(0, 1): 2.0, (0, 2): 1.0}, limits=(limit,))

    assert reasons(problem, solve(problem).meetings) == {(0, 2): Reason(Why.PERSON_FULL, (0,), (limit,))}


def test_who_of_two_has_as_many_meetings_as_allowed_is_named():
    problem = Problem(2, [2, 2], everyone(3, 2), {(0, 1): 2.0, (1, 2): 1.0}, caps={1: 1})

    assert reasons(problem, solve(problem).meetings) == {(1, 2): Reason(Why.PERSON_FULL, (1,))}


def test_a_wish_that_a_rule_forbids_is_unmet_for_that_reason():
    wished = frozenset({(0, 1), (2, 3)})
    schedule = solve(crowd(forbidden=wished, musts=frozenset({(2, 3)})), seconds=0.2)

    assert {schedule.unmet[pair] for pair in wished} == {Why.RULE}
    assert schedule.musts_bound == 0


def test_of_several_delegates_the_one_who_is_free_goes_and_the_others_need_not():
    delegates = frozenset({(0, 1), (0, 2), (0, 3)})
    available = {0: frozenset({0, 1}), 1: frozenset({2}), 2: frozenset({1}), 3: frozenset({0, 1, 2})}
    problem = Problem(3, [1] * 3, available, dict.fromkeys(delegates, 1.0), caps={3: 0}, alternatives=(delegates,))

    schedule = solve(problem)

    assert schedule.meetings == ((0, 2, 1),)
    assert schedule.unmet == {(0, 1): Why.NO_COMMON_SLOT, (0, 3): Why.ALTERNATIVE_MET}
    assert reasons(problem, schedule.meetings)[0, 3].instead == (0, 2)


def test_a_delegate_without_a_meeting_goes_rather_than_one_who_has_one():
    delegates = frozenset({(0, 1), (0, 2)})
    pairs = dict.fromkeys(delegates, 1.0) | {(1, 3): 1.0}

    schedule = solve(Problem(2, [2, 2], everyone(4, 2), pairs, first_meeting_bonus=(0.5,), alternatives=(delegates,)))

    assert pairs_of(schedule) == {(0, 2), (1, 3)}


def test_one_of_several_delegates_who_must_meet_is_enough():
    delegates = frozenset({(0, 1), (0, 2), (0, 3)})

    schedule = solve(crowd(musts=delegates, musts_are_hard=True, alternatives=(delegates,)), seconds=0.2)

    assert len(pairs_of(schedule) & delegates) == 1
    assert schedule.musts == schedule.musts_bound == 1


def test_a_meeting_at_a_stand_takes_no_table_even_when_the_tables_are_closed():
    stand = frozenset({(0, 1), (0, 2)})
    problem = Problem(2, [0, 1], everyone(5, 2), dict.fromkeys([(0, 1), (0, 2), (3, 4)], 1.0), without_table=stand)

    schedule = solve(problem)

    assert len(schedule.meetings) == 3
    assert {slot for *pair, slot in schedule.meetings if tuple(pair) in stand} == {0, 1}


def test_a_closed_slot_and_tables_that_differ_are_kept():
    problem = replace(crowd(), tables=[0, 1, 2, 3, 4, 5])

    load = Counter(slot for *_, slot in solve(problem, seconds=1).meetings)

    assert [load[slot] for slot in range(6)] == [0, 1, 2, 3, 4, 5]


@settings(max_examples=60, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_any_prices_prove_a_bound(problem, chance):
    _, instance = instance_of(problem)
    people, slots = len(instance.limits), problem.slots
    prices = Prices(
        meeting=np.array([chance.uniform(-1, 1) for _ in range(people)]),
        time=np.array([[chance.uniform(0, 0.5) for _ in range(slots)] for _ in range(people)]).reshape(people, slots),
        table=np.array([chance.uniform(0, 1) for _ in range(slots)]),
        quota=np.array([chance.uniform(0, 1) for _ in instance.quotas]),
    )
    schedule = solve(problem, seconds=0.1)

    assert value_of(problem, problem.locked) + bound_at(instance, prices) >= schedule.value - 1e-9


@settings(max_examples=40, deadline=None)
@given(problems())
def test_the_prices_found_prove_the_bound_of_the_programme(problem):
    _, instance = instance_of(problem)
    selection = select(instance, deadline=float("inf"), rounding=0)

    assert selection
    assert selection.prices
    assert bound_at(instance, selection.prices) == pytest.approx(selection.bound)
