from dataclasses import replace

import pytest
from hypothesis import given, settings

from lsos.matchmaking.scheduling import Problem, solve
from lsos.matchmaking.worth import Change, Worth, worths
from tests.matchmaking.test_scheduling import best_of, everyone, problems


def changed(problem: Problem, worth: Worth) -> Problem:
    """Make the change that is priced."""
    if worth.change is Change.TABLE:
        tables = [tables + (slot == worth.of) for slot, tables in enumerate(problem.tables)]
        return replace(problem, tables=tables)
    if worth.change is Change.MEETING:
        return replace(problem, caps={**problem.caps, worth.of: problem.caps[worth.of] + 1})
    return replace(
        problem,
        slots=problem.slots + 1,
        tables=[*problem.tables, problem.tables[worth.of]],
        available={
            key: slots | {problem.slots} if worth.of in slots else slots for key, slots in problem.available.items()
        },
        days=(),
    )


@settings(max_examples=80, deadline=None)
@given(problems(most_people=5, most_slots=2))
def test_no_change_brings_more_than_its_worth_and_the_slack(problem):
    schedule = solve(problem, seconds=5)
    found = worths(problem, schedule)

    for worth in found.changes:
        musts, value = best_of(changed(problem, worth))
        #: One must-meet more may cost value.
        if musts == schedule.musts:
            assert value - schedule.value <= worth.most + found.slack + 1e-6


def test_a_table_where_tables_lack_is_worth_the_next_best_meeting():
    pairs = {(0, 1): 5.0, (2, 3): 3.0, (4, 5): 2.0}
    problem = Problem(2, [1, 1], everyone(6, 2), pairs)
    schedule = solve(problem)
    found = worths(problem, schedule)

    assert [worth.most for worth in found.best(Change.TABLE, 5)] == pytest.approx([2.0, 2.0])
    assert found.best(Change.SLOT, 1)[0].most == pytest.approx(2.0)
    assert found.slack == pytest.approx(0, abs=1e-6)


def test_nothing_is_worth_anything_where_every_pair_meets():
    problem = Problem(4, [4] * 4, everyone(4, 4), {(0, 1): 1.0, (1, 2): 1.0}, {0: 2, 1: 3})
    schedule = solve(problem)

    assert {worth.most for worth in worths(problem, schedule).changes} == {0.0}


def test_one_more_meeting_for_the_most_wanted_person_comes_first():
    pairs = {(0, other): 1.0 for other in range(1, 7)}
    problem = Problem(6, [6] * 6, everyone(7, 6), pairs, dict.fromkeys(range(7), 3))
    schedule = solve(problem)
    found = worths(problem, schedule)

    assert (found.changes[0].change, found.changes[0].of) == (Change.MEETING, 0)
    assert found.changes[0].most == pytest.approx(1.0)
