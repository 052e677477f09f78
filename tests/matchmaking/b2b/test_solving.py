from time import monotonic

import pytest
from hypothesis import assume, given, settings

from lsos.matchmaking.b2b import annealing, exact, linear
from lsos.matchmaking.b2b.annealing import anneal
from lsos.matchmaking.b2b.contradiction import find, only
from lsos.matchmaking.b2b.problem import Problem, measures, objections
from lsos.matchmaking.b2b.solving import solve
from lsos.matchmaking.b2b.windows import crowd
from tests.matchmaking.b2b.instances import fewest_breaks, problem, problems, timetables

QUICKLY = settings(max_examples=40, deadline=None)


@pytest.fixture(params=["with the solver", "without it"])
def solver(request, monkeypatch):
    """Run a test twice: with the optional solver, and as if it were not installed."""
    if request.param == "without it":
        monkeypatch.setattr(exact, "library", lambda: None)
    elif not exact.library():
        pytest.skip("The extra `exact` is not installed.")


@pytest.mark.parametrize("installed", [True, False])
def test_small_cases_equal_what_trying_all_gives(installed):
    if installed and not exact.library():
        pytest.skip("The extra `exact` is not installed.")

    @settings(max_examples=25, deadline=None)
    @given(problems())
    def equal(asked):
        answer = solve(asked, seconds=1)
        fewest = fewest_breaks(asked, 2)
        if fewest is None:
            fewest = fewest_breaks(asked)
        if fewest is None:
            assert answer.contradiction
            assert answer.slots == ()
        else:
            assert answer.contradiction is None
            assert list(objections(asked, answer.slots)) == []
            assert answer.measures.left_out == 0
            assert answer.measures.breaks == fewest
            assert answer.bound <= fewest

    with pytest.MonkeyPatch.context() as patch:
        if not installed:
            patch.setattr(exact, "library", lambda: None)
        equal()


@QUICKLY
@given(problems())
def test_what_is_named_as_a_contradiction_is_one_and_nothing_in_it_is_superfluous(asked):
    assume(not any(timetables(asked)))

    statements = find(asked, lambda part: linear.contradicts(part, seconds=60), ends=monotonic() + 60).statements

    assert not any(timetables(only(asked, statements)))
    for left_out in statements:
        fewer = [statement for statement in statements if statement != left_out]
        assert any(timetables(only(asked, fewer)))


@QUICKLY
@given(problems(most_meetings=12, most_slots=6))
def test_annealing_keeps_every_rule_even_where_not_all_meetings_fit(asked):
    found = anneal(asked, seconds=0.02, seed=1, most_breaks=2)

    assert list(objections(asked, found)) == []


@QUICKLY
@given(problems())
def test_meetings_are_named_as_crowded_exactly_when_they_cannot_all_have_a_place(asked):
    alone = only(asked, [])  # no participant, session or order counts; only the slots that are given below
    options = dict(enumerate(asked.possible[1:], 1))
    found = crowd(options, asked.tables)

    fits = any(
        all(options[number] >> slot & 1 for number, slot in enumerate(slots, 1))
        and all(slots.count(slot) <= asked.tables for slot in slots)
        for slots in timetables(alone)
    )
    assert (found is None) == fits
    if found:
        meetings, bits = found
        assert all(options[number] & ~bits == 0 for number in meetings)
        assert len(meetings) > asked.tables * bits.bit_count()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            problem([(1, 2)], fixed={1: 3}, forbidden={2: [3]}),
            (
                "Meeting 1 has no slot: meeting 1 of participants 1 and 2 is fixed in slot 3; "
                "participant 2 has no meeting in slot 3."
            ),
        ),
        (
            problem([(1, 2), (1, 3), (1, 4)], slots=3, forbidden={1: [2]}),
            (
                "3 meetings of participant 1 (1, 2, 3) have only the slots 1, 3: "
                "participant 1 has no meeting in slot 2; participant 1 is in one meeting at a time."
            ),
        ),
        (
            problem([(1, 2), (3, 4), (5, 6)], slots=1, tables=2),
            "3 meetings (1, 2, 3) have only slot 1: a slot has 2 tables.",
        ),
        (
            problem([(1, 2), (3, 4), (5, 6)], slots=2, before={2: [1], 3: [2]}),
            "Meeting 1 has no slot: meeting 1 is before meeting 2; meeting 2 is before meeting 3.",
        ),
        (problem([(1, 2)], before={1: [1]}), "Meeting 1 has no slot: meeting 1 is before meeting 1."),
        (
            problem([(1, 2), (3, 4)], before={1: [2], 2: [1]}),
            "Meeting 1 has no slot: meeting 2 is before meeting 1; meeting 1 is before meeting 2.",
        ),
        (
            problem([(1, 2), (2, 3), (3, 1)], slots=2),
            (
                "Exhaustive search shows that these cannot all hold: participant 1 is in one meeting at a time; "
                "participant 2 is in one meeting at a time; participant 3 is in one meeting at a time."
            ),
        ),
    ],
    ids=["fixed", "participant", "tables", "order", "itself", "circle", "search"],
)
def test_why_there_is_no_timetable_is_said_in_few_words(solver, asked, words):
    answer = solve(asked, seconds=10)

    assert answer.contradiction
    assert answer.contradiction.words == words


def test_nothing_to_place_is_an_empty_timetable(solver):
    answer = solve(problem([], participants=3))

    assert (answer.slots, answer.contradiction, answer.optimal) == ((), None, True)


def test_the_same_seed_gives_the_same_timetable_when_the_clock_does_not_end_it(monkeypatch):
    monkeypatch.setattr(annealing, "monotonic", lambda: 0.0)
    asked = problem([(a, b) for a in range(1, 5) for b in range(5, 9) if a != b - 4], slots=5, tables=3)

    first, again, other = (anneal(asked, seconds=0.2, seed=seed, most_breaks=2) for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_fairness_is_kept_when_it_can_be_and_let_go_of_when_it_cannot(solver):
    meetings = [(1, other) for other in range(2, 6)]
    forced = problem(meetings, slots=7, fixed={1: 1, 2: 3, 3: 5, 4: 7})

    answer = solve(forced, seconds=2, fairness=2)

    assert answer.contradiction is None
    assert (answer.measures.breaks, answer.measures.gap) == (3, 3)


def test_without_any_time_the_rules_are_kept_all_the_same(solver):
    asked = problem([(a, b) for a in range(1, 7) for b in range(a + 1, 7)], slots=6)

    answer = solve(asked, seconds=0)

    assert answer.contradiction is None
    assert list(objections(asked, answer.slots)) == []


def test_measures_travel_with_the_timetable(solver):
    asked: Problem = problem([(1, 2), (1, 3)], fixed={1: 1, 2: 4})

    answer = solve(asked, seconds=1)

    assert answer.measures == measures(asked, answer.slots)
    assert answer.optimal
