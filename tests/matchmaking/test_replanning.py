"""Planning again around published meetings: who told people a time keeps to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.checking import check, compared
from lsos.matchmaking.contradictions import Contradiction
from lsos.matchmaking.exchange_format import problem_of
from lsos.matchmaking.problem import Problem
from lsos.matchmaking.replanning import Fate, Obstacle, Outcome, replan
from lsos.matchmaking.scheduling import solve
from tests.matchmaking.instances import instances


@st.composite
def changes(draw, further=False):
    """Draw an instance, a plan of it, and the instance after people cancelled, came late or have other times."""
    before = draw(instances(most_people=8, most_slots=4, further=further))
    plan = solve(problem_of(before), seconds=0.1).meetings
    slots = before["slots"]
    after = before | {"locked": [], "participants": [dict(each) for each in before["participants"]]}
    for person in after["participants"]:
        match draw(st.sampled_from(["as before", "as before", "gone", "other times", "other cap"])):
            case "gone":
                person["available"] = "0" * slots
            case "other times":
                person["available"] = "".join(draw(st.sampled_from("01")) for _ in range(slots))
            case "other cap":
                person["cap"] = draw(st.integers(0, 3))
    if draw(st.booleans()):
        after["tables"] = draw(st.integers(0, 3))
    if further:
        after["musts_are_hard"] = False
    return after, plan


@settings(max_examples=50, deadline=None)
@given(changes(), st.none() | st.integers(0, 3))
def test_a_new_plan_keeps_every_rule_and_the_number_of_moves(change, most):
    instance, published = change
    made = replan(problem_of(instance), published, max_moves=most, seconds=0.2)
    verdict = check(instance, {"meetings": made.schedule.meetings}, before={"meetings": published})

    assert verdict["errors"] == []
    assert verdict["moved"] == made.moved
    if most is not None:
        assert verdict["moved"] <= most


@settings(max_examples=40, deadline=None)
@given(changes(further=True), st.none() | st.integers(0, 3))
def test_so_it_is_with_further_rules(change, most):
    instance, published = change
    made = replan(problem_of(instance), published, max_moves=most, seconds=0.2)
    verdict = check(instance, {"meetings": made.schedule.meetings}, before={"meetings": published})

    assert verdict["errors"] == []
    assert made.moved == verdict["moved"] <= (len(published) if most is None else most)


@settings(max_examples=50, deadline=None)
@given(changes(), st.sampled_from([0, None]))
def test_without_spare_moves_all_stays_that_can(change, most):
    instance, published = change
    made = replan(problem_of(instance), published, max_moves=most, seconds=0.2)
    kept = [meeting for meeting, fate in made.fates.items() if fate.outcome is Outcome.KEPT]

    assert set(kept) <= set(made.schedule.meetings)
    for meeting, fate in made.fates.items():
        if fate.outcome is not Outcome.KEPT:
            assert check(instance, {"meetings": [*kept, meeting]})["errors"] != []
            assert fate.why not in {None, Obstacle.BETTER_ELSEWHERE}


@settings(max_examples=40, deadline=None)
@given(changes(), st.none() | st.integers(0, 3))
def test_every_published_meeting_is_told_what_became_of_it(change, most):
    instance, published = change
    made = replan(problem_of(instance), published, max_moves=most, seconds=0.2)
    now = {(a, b): slot for a, b, slot in made.schedule.meetings}
    counts = compared({"meetings": published}, {"meetings": made.schedule.meetings})

    assert set(made.fates) == set(published)
    for (a, b, slot), fate in made.fates.items():
        assert fate.slot == now.get((a, b))
        assert (fate.outcome is Outcome.KEPT) == (fate.slot == slot) == (fate.why is None)
        assert (fate.outcome is Outcome.CANCELLED) == (fate.slot is None)
    for outcome in Outcome:
        assert counts[outcome.value] == sum(fate.outcome is outcome for fate in made.fates.values())


def everyone(people, slots):
    return {key: frozenset(range(slots)) for key in range(people)}


def test_nothing_moves_when_nothing_changed():
    problem = Problem(3, [1, 1, 1], everyone(6, 3), {(0, 1): 3.0, (2, 3): 2.0, (4, 5): 1.0})
    published = [(0, 1, 2), (2, 3, 1), (4, 5, 0)]

    made = replan(problem, published)

    assert made.schedule.meetings == ((0, 1, 2), (2, 3, 1), (4, 5, 0))
    assert set(made.fates.values()) == {Fate(Outcome.KEPT, 0), Fate(Outcome.KEPT, 1), Fate(Outcome.KEPT, 2)}


def test_who_cannot_at_the_old_time_gets_another_before_anybody_new():
    available = everyone(4, 2) | {0: frozenset({1})}
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0, (1, 2): 9.0, (1, 3): 8.0}, caps={1: 1})

    made = replan(problem, [(0, 1, 0)])

    assert made.fates == {(0, 1, 0): Fate(Outcome.MOVED, 1, Obstacle.NOT_AVAILABLE)}


def test_without_moves_the_time_goes_to_others_and_the_fate_says_so():
    available = everyone(4, 2) | {0: frozenset({1})}
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0, (1, 2): 9.0})

    made = replan(problem, [(0, 1, 0)], max_moves=0)

    assert made.fates == {(0, 1, 0): Fate(Outcome.CANCELLED, None, Obstacle.NOT_AVAILABLE, out_of_moves=True)}
    assert [meeting[:2] for meeting in made.schedule.meetings] == [(1, 2)]


@pytest.mark.parametrize(("most", "value"), [(0, 1.0), (1, 10.0), (5, 10.0), (None, 1.0)])
def test_a_meeting_makes_way_for_a_late_comer_when_it_may(most, value):
    available = {0: frozenset({0, 1}), 1: frozenset({0, 1}), 2: frozenset({0})}
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0, (0, 2): 9.0})

    made = replan(problem, [(0, 1, 0)], max_moves=most)

    assert made.schedule.value == value
    assert made.fates[0, 1, 0].why is (Obstacle.BETTER_ELSEWHERE if value > 1 else None)


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        ({"pairs": {(2, 3): 1.0}}, Obstacle.NO_LONGER_A_PAIR),
        ({"forbidden": frozenset({(0, 1)})}, Obstacle.NO_LONGER_A_PAIR),
        ({"available": {0: frozenset({1}), 1: frozenset({0}), 2: frozenset({0}), 3: frozenset({0})}}, "not_available"),
        ({"locked": ((0, 3, 0),)}, Obstacle.LOCKED_OTHERWISE),
        ({"locked": ((0, 1, 1),)}, Obstacle.LOCKED_OTHERWISE),
        ({"caps": {0: 0}}, Obstacle.PERSON_FULL),
        ({"tables": [1, 1]}, Obstacle.TABLES_FULL),
        ({"tables": [1, 0]}, Obstacle.TABLES_FULL),
        ({"alternatives": (frozenset({(0, 1), (2, 3)}),)}, Obstacle.ALTERNATIVE_MEETS),
    ],
)
def test_what_cannot_stand_is_told_with_its_reason(change, obstacle):
    plain = {"slots": 2, "tables": [2, 2], "available": everyone(4, 2), "pairs": {(0, 1): 1.0, (2, 3): 2.0}}

    made = replan(Problem(**plain | change), [(0, 1, 0), (2, 3, 0)])

    assert made.fates[0, 1, 0].why == obstacle


def test_hard_must_meets_come_before_what_was_published():
    available = {0: frozenset({0}), 1: frozenset({0, 1}), 2: frozenset({0})}
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0, (0, 2): 1.0}, musts=frozenset({(0, 2)}), musts_are_hard=True)

    made = replan(problem, [(0, 1, 0)])

    assert made.schedule.meetings == ((0, 2, 0),)
    assert made.fates == {(0, 1, 0): Fate(Outcome.CANCELLED, None, Obstacle.MUST_MEETS)}


def test_a_must_meet_that_cannot_stay_and_may_not_move_is_told():
    available = {0: frozenset({1}), 1: frozenset({0, 1})}
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0}, musts=frozenset({(0, 1)}), musts_are_hard=True)

    with pytest.raises(ValueError, match="0 and 1 must meet; their meeting cannot stay where it was"):
        replan(problem, [(0, 1, 0)], max_moves=0)


def test_a_problem_that_contradicts_itself_is_told_whatever_was_published():
    problem = Problem(1, [1], everyone(4, 1), {(0, 1): 1.0}, locked=((0, 1, 0), (0, 2, 0)))

    with pytest.raises(Contradiction, match="0 and 1 have a locked meeting in slot 0"):
        replan(problem, [(0, 1, 0)])
