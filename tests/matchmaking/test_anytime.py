from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.days import DayWish, Half, Term
from lsos.matchmaking.scheduling import DayWeights, Problem, Progress, solve, unkept
from tests.matchmaking.test_scheduling import everyone, faults, problems


def crowd():
    """Give a problem with more wishes than tables."""
    pairs = {(a, b): 1.0 + (a * 7 + b * 3) % 5 for a in range(12) for b in range(12, 36)}
    return Problem(8, [6] * 8, everyone(36, 8), pairs, dict.fromkeys(range(36), 4), days=(4, 4))


def test_progress_is_told_with_rising_shares_and_ends_at_the_schedule():
    told: list[Progress] = []
    schedule = solve(crowd(), seconds=1, progress=told.append)

    assert [each.share for each in told] == sorted(each.share for each in told)
    assert all(0 <= each.share <= 1 for each in told)
    assert all(each.value <= each.bound + 1e-6 for each in told)
    assert told[-1].value == pytest.approx(schedule.value)
    assert told[-1].breaks == schedule.breaks


def test_telling_how_far_it_is_changes_nothing():
    assert solve(crowd(), seconds=20, progress=lambda _: None) == solve(crowd(), seconds=20)


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(0, 6))
def test_whenever_it_is_stopped_the_schedule_keeps_every_rule_and_its_bound_holds(problem, patience):
    asked = 0

    def stop():
        nonlocal asked
        asked += 1
        return asked > patience

    schedule = solve(problem, seconds=0.2, stop=stop)
    assert faults(problem, schedule.meetings) == []
    assert schedule.value <= schedule.bound


@settings(max_examples=60, deadline=None)
@given(problems(most_people=9, most_slots=6))
def test_no_schedule_has_fewer_breaks_than_the_least(problem):
    schedule = solve(problem, seconds=0.2)

    assert schedule.least_breaks <= schedule.breaks


def test_wishes_for_the_day_cost_no_value_and_those_not_kept_are_named():
    problem = crowd()
    wishes = {0: DayWish(half=Half.MORNING), 1: DayWish(compact=True), 2: DayWish(lunch=frozenset({1, 2, 5, 6}))}
    schedule, other = solve(replace(problem, wishes=wishes), seconds=2), solve(problem, seconds=2)

    assert schedule.value == pytest.approx(other.value)
    assert set(schedule.unkept) <= set(wishes)
    assert schedule.unkept == unkept(problem=replace(problem, wishes=wishes), meetings=schedule.meetings)
    assert sum(sum(each.values()) for each in schedule.unkept.values()) <= sum(
        sum(each.values()) for each in unkept(replace(problem, wishes=wishes), other.meetings).values()
    )


def test_with_leeway_days_have_fewer_breaks_and_the_value_stays_within_it():
    strict, loose = solve(crowd(), seconds=2), solve(replace(crowd(), leeway=0.05), seconds=2)

    assert loose.breaks <= strict.breaks
    assert loose.value >= 0.95 * loose.bound
    assert faults(crowd(), loose.meetings) == []


def test_a_weight_turned_to_nothing_asks_for_nothing():
    problem = replace(crowd(), wishes={0: DayWish(half=Half.MORNING)}, day_weights=DayWeights(other_half=0))

    assert solve(problem, seconds=2).meetings == solve(crowd(), seconds=2).meetings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wishes": {99: DayWish()}}, "availability of 99 is missing"),
        ({"wishes": {0: DayWish(most_in_a_row=0)}}, "0 wishes a rest after fewer"),
        ({"wishes": {0: DayWish(lunch=frozenset({8}))}}, "0 wishes lunch in a slot outside 0 to 7"),
        ({"day_weights": DayWeights(idle=-1)}, "The weight of idle is below 0"),
        ({"leeway": 1.0}, "leeway for better days is no share"),
        ({"mornings": (2,)}, "2 days, but mornings for 1"),
        ({"mornings": (2, 5)}, "A morning has more slots than its day"),
    ],
)
def test_wishes_that_cannot_be_meant_are_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        solve(replace(crowd(), **change))


def test_a_wish_not_kept_is_counted_for_its_person():
    wishes = {0: DayWish(most_in_a_row=1), 1: DayWish(most_in_a_row=1)}
    problem = Problem(3, [1] * 3, everyone(4, 3), {(0, 1): 1.0, (0, 2): 1.0, (0, 3): 1.0}, wishes=wishes)

    assert solve(problem).unkept == {0: {Term.NO_REST: 2}}
