from collections import Counter
from dataclasses import replace
from itertools import pairwise
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.fairness import (
    Price,
    coverage_bonus,
    coverage_bound,
    coverage_of,
    meetings_possible,
    price_of_fairness,
    with_dial,
)
from lsos.matchmaking.scheduling import Problem, solve
from tests.matchmaking.test_public_instances import load, problem_of
from tests.matchmaking.test_scheduling import best_of, everyone, problems


def without_musts(problem: Problem) -> Problem:
    """Let pairs that must meet be pairs like others."""
    return replace(problem, pairs=dict.fromkeys(problem.musts, 0.5) | dict(problem.pairs), musts=frozenset())


def most_covered(problem: Problem, least: int) -> int:
    """Try every schedule: the largest sum over people of meetings up to `least`."""
    plain = without_musts(problem)
    _, value = best_of(replace(plain, pairs=dict.fromkeys(plain.pairs, 1e-9), first_meeting_bonus=(1.0,) * least))
    return floor(value + 1e-6)


def meetings_alone(problem: Problem, person: int, most: int) -> int:
    """Try every schedule in which only one person has meetings, beside those that are locked."""
    plain = without_musts(problem)
    pairs = {pair: 1.0 for pair in plain.pairs if person in pair}
    alone = solve(replace(plain, pairs=pairs, first_meeting_bonus=()), seconds=5)
    return min(most, sum(person in meeting[:2] for meeting in alone.meetings))


@settings(max_examples=50, deadline=None)
@given(problems(most_people=5, most_slots=3), st.integers(1, 3))
def test_no_schedule_gives_people_more_of_their_first_meetings_than_proved(problem, least):
    bound = coverage_bound(problem, least)
    covered = most_covered(problem, least)

    assert bound.reachable >= covered
    assert bound.missing <= sum(bound.needs.values()) - covered
    assert bound.below * least >= bound.missing


@settings(max_examples=40, deadline=None)
@given(problems(most_people=5, most_slots=4), st.integers(1, 3))
def test_nobody_alone_could_have_more_meetings_than_needed(problem, least):
    needs = meetings_possible(problem, least)

    for person in problem.available:
        assert needs.get(person, 0) >= meetings_alone(problem, person, least)


@settings(max_examples=40, deadline=None)
@given(problems(most_people=5, most_slots=3))
def test_at_fairness_nobody_is_left_below_two_meetings_where_a_schedule_exists_in_which_nobody_is(problem):
    problem = without_musts(problem)
    bound = coverage_bound(problem)
    schedule = solve(with_dial(problem, 1.0), seconds=5)
    lacking = sum(bound.lacking(schedule.meetings).values())

    assert lacking >= bound.missing
    if most_covered(problem, 2) == sum(bound.needs.values()):
        assert lacking == 0


def test_at_fairness_nobody_of_a_whole_forum_is_left_below_two_meetings():
    instance = load("generator").generate("lsos", 1)
    problem = problem_of(instance)
    bound = coverage_bound(problem)
    #: One second is enough; a machine that is busy elsewhere has fewer of its own.
    schedule = solve(with_dial(problem, 1.0), seconds=6)

    assert bound.missing == 0
    assert bound.lacking(schedule.meetings) == {}
    #: The independent checker reads the same bound off the prices, with pairs worth nothing and two meetings worth 1.
    plain = {**instance, "pairs": [[a, b, 0] for a, b, _ in instance["pairs"]], "bonus": [1, 1]}
    time = [[list(range(problem.slots)), row.tolist()] for row in bound.prices.time]
    prices = {"u": bound.prices.meeting.tolist(), "p": time, "mu": bound.prices.table.tolist()}
    assert load("checker").certified_bound(plain, prices) < bound.reachable + 1


def test_the_more_the_dial_is_turned_the_more_a_lacking_meeting_is_worth():
    bonuses = [coverage_bonus(step / 10, best=2.0) for step in range(11)]

    assert bonuses[0] == ()
    assert bonuses[10] == (20.0, 16.0, 2.0)
    for bonus, further in pairwise(bonuses[1:]):
        assert list(bonus) == sorted(bonus, reverse=True)
        assert all(more > less for more, less in zip(further, bonus, strict=True))


@pytest.mark.parametrize("dial", [-0.1, 1.1, float("nan")])
def test_a_dial_turned_too_far_is_refused_in_words(dial):
    with pytest.raises(ValueError, match="outside 0 to 1"):
        coverage_bonus(dial)


def star():
    """One person whom everybody wants, and pairs of little value among the others; few tables."""
    pairs = {(0, other): 10.0 for other in range(1, 9)} | {(one, one + 1): 1.0 for one in range(1, 8)}
    return Problem(8, [1] * 8, everyone(9, 8), pairs)


def test_each_position_of_the_dial_says_what_it_costs_and_brings():
    prices = price_of_fairness(star(), (0.0, 0.3, 1.0), seconds=5)

    assert [price.dial for price in prices] == [0.0, 0.3, 1.0]
    assert prices[0].share == 1.0
    assert prices[0].coverage.below == (0, 8, 8)
    assert prices[-1].coverage.below[1] < 8
    assert [price.score for price in prices] == sorted((price.score for price in prices), reverse=True)
    assert all(price.share == price.score / prices[0].score for price in prices)
    assert all(price.gap <= 1e-6 for price in prices)
    assert all(price.least_breaks <= price.breaks for price in prices)


def test_prices_are_told_one_by_one():
    told: list[Price] = []
    prices = price_of_fairness(star(), (0.0, 1.0), tell=told.append)

    assert [each.dial for each in told] == [each.dial for each in prices]


@given(problems())
def test_coverage_counts_those_who_can_meet_anybody(problem):
    coverage = coverage_of(problem, problem.locked)
    can = meetings_possible(problem, 1)
    count = Counter(person for a, b, _ in problem.locked for person in (a, b))

    assert coverage.people == len(can)
    assert coverage.below == tuple(sum(count[person] < most for person in can) for most in (1, 2, 3))
    assert 0 <= coverage.jain <= 1


def test_equally_many_meetings_for_all_are_perfectly_fair():
    problem = Problem(2, [2, 2], everyone(4, 2), {(0, 1): 1.0, (2, 3): 1.0})

    assert coverage_of(problem, [(0, 1, 0), (2, 3, 0)]).jain == 1.0
    assert coverage_of(problem, [(0, 1, 0)]).jain == 0.5
    assert coverage_of(problem, []).jain == 0.0
