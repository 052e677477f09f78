"""Solutions and certificates, judged by two checkers that share no code with the solver."""

import ast
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking import checking
from lsos.matchmaking.certificate import certificate_document
from lsos.matchmaking.checking import certified_bound, check
from lsos.matchmaking.exchange_format import problem_of, solution_document
from lsos.matchmaking.scheduling import solve
from tests.matchmaking.instances import instances
from tests.matchmaking.test_public_instances import load

outside = cache(load)


def through_json(document):
    return json.loads(json.dumps(document))


def solved(instance, seconds=0.2):
    """Solve an instance as the command does; gives solution, certificate and schedule."""
    problem = problem_of(instance)
    schedule = solve(problem, seconds=seconds)
    solution = solution_document(instance["name"], schedule.meetings)
    return through_json(solution), through_json(certificate_document(problem, schedule)), schedule


def test_the_checker_knows_nothing_of_the_solver():
    tree = ast.parse(Path(checking.__file__).read_text())
    imported = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    imported |= {name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names}

    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names


@settings(max_examples=40, deadline=None)
@given(instances())
def test_both_checkers_find_the_same_and_the_bound_holds(instance):
    solution, certificate, schedule = solved(instance)
    ours = check(instance, solution, certificate=certificate, before=solution)
    theirs = outside("checker").check(instance, solution, solution)
    bound = outside("checker").certified_bound(instance, certificate)

    assert {name: ours[name] for name in theirs} == theirs
    assert ours["feasible"]
    assert ours["objective"] == pytest.approx(schedule.value)
    assert ours["breaks"] == schedule.breaks
    assert certified_bound(instance, certificate) == pytest.approx(bound)
    assert bound >= schedule.bound - 1e-4 * max(1, schedule.bound)
    assert bound >= ours["objective"] - 1e-6


@settings(max_examples=40, deadline=None)
@given(instances(further=True))
def test_with_further_rules_our_checker_agrees_with_the_solver_and_the_bound_holds(instance):
    solution, certificate, schedule = solved(instance)
    ours = check(instance, solution, certificate=certificate)
    plain = {name: each for name, each in certificate.items() if name in {"u", "p", "mu"}}

    assert ours["errors"] == []
    assert ours["objective"] == pytest.approx(schedule.value)
    assert certified_bound(instance, certificate) >= schedule.value - 1e-6
    #: Without the prices of the further rules the bound is weaker, and still one.
    assert certified_bound(instance, plain) >= schedule.value - 1e-6


@settings(max_examples=40, deadline=None)
@given(instances(), st.data())
def test_both_checkers_judge_any_solution_alike(instance, data):
    people, slots = len(instance["participants"]), instance["slots"]
    pairs = st.sampled_from([row[:2] for row in instance["pairs"]]) if instance["pairs"] else st.just([0, 1])
    rows = st.tuples(pairs, st.integers(0, slots - 1), st.none() | st.integers(0, 3))
    drawn = data.draw(st.lists(rows, max_size=6)) if people > 1 else []
    solution = {"meetings": [[*pair, slot, *([] if table is None else [table])] for pair, slot, table in drawn]}
    ours, theirs = check(instance, solution), outside("checker").check(instance, solution)

    assert ours["feasible"] == theirs["feasible"]
    if ours["feasible"]:
        assert {name: ours[name] for name in theirs} == theirs


@settings(max_examples=40, deadline=None)
@given(instances(), st.data())
def test_any_prices_prove_a_bound_and_both_checkers_compute_the_same(instance, data):
    people, slots = len(instance["participants"]), instance["slots"]
    price = st.floats(0, 10, allow_nan=False)

    def some(number, each):
        return data.draw(st.lists(each, min_size=number, max_size=number))

    certificate = {
        "u": some(people, st.floats(-10, 10, allow_nan=False)),
        "p": [[sorted(where), some(len(where), price)] for where in some(people, st.sets(st.integers(0, slots - 1)))],
        "mu": some(slots, price),
    }
    bound = certified_bound(instance, certificate)

    assert bound == pytest.approx(outside("checker").certified_bound(instance, certificate))
    assert bound >= solve(problem_of(instance), seconds=0.2).value - 1e-6


@pytest.mark.parametrize("bonus", [(), (400, 200, 100)], ids=["plain", "with-bonus"])
@pytest.mark.parametrize("family", ["dense", "bipartite"])
def test_on_generated_instances_the_certificate_is_as_tight_as_the_bound(family, bonus):
    instance = outside("generator").generate(family, 3, list(bonus))
    solution, certificate, schedule = solved(instance, seconds=1)
    theirs = outside("checker").certified_bound(instance, certificate)

    assert check(instance, solution)["errors"] == []
    assert theirs == pytest.approx(certified_bound(instance, certificate))
    assert theirs == pytest.approx(schedule.bound, rel=2e-4)


def test_who_has_as_many_locked_meetings_as_allowed_makes_no_certificate_weaker():
    instance = outside("generator").generate("dense", 3, [])
    had = Counter(person for a, b, _ in instance["locked"] for person in (a, b))
    assert had
    for person, count in had.items():
        instance["participants"][person]["cap"] = count
    _, certificate, schedule = solved(instance, seconds=1)

    assert outside("checker").certified_bound(instance, certificate) == pytest.approx(schedule.bound, rel=2e-4)


def test_without_time_for_a_programme_the_certificate_still_proves_a_bound():
    instance = outside("generator").generate("dense", 1, [400, 200, 100])
    solution, certificate, schedule = solved(instance, seconds=0)

    assert check(instance, solution)["errors"] == []
    assert certified_bound(instance, certificate) == pytest.approx(schedule.bound)
    assert outside("checker").certified_bound(instance, certificate) >= schedule.value


SMALL = {
    "name": "small",
    "slots": 3,
    "tables": 1,
    "participants": [{"cap": 1, "available": "110"}, {"cap": 2, "available": "111"}, {"cap": 2, "available": "111"}],
    "pairs": [[0, 1, 5], [0, 2, 4], [1, 2, 3]],
}


@pytest.mark.parametrize(
    ("more", "meetings", "words"),
    [
        ({}, [[0, 1, 2]], "0 is not available in slot 2"),
        ({}, [[0, 1, 0], [0, 2, 1]], "0 has 2 meetings, and may have 1"),
        ({}, [[0, 1, 0], [1, 2, 0]], "1 has 2 meetings in slot 0"),
        ({}, [[0, 1, 0], [1, 2, 0]], "slot 0 has 2 meetings on 1 tables"),
        ({}, [[1, 2, 0], [1, 2, 1]], "1 and 2 meet 2 times"),
        ({}, [[1, 2, 5]], r"\[1, 2, 5\]: no such pair, or no such slot"),
        ({}, [[1, 0, 1]], r"\[1, 0, 1\]: no such pair"),
        ({}, [[1, 2, 0, 1]], "there is no table 1 in slot 0"),
        ({"tables": 2}, [[0, 1, 0, 0], [1, 2, 0, 0]], "table 0 is given out 2 times in slot 0"),
        ({"forbidden": [[1, 2]]}, [[1, 2, 0]], "1 and 2 meet, which is forbidden"),
        ({"locked": [[1, 2, 0]]}, [[1, 2, 1]], "the locked meeting of 1 and 2 in slot 0 is missing"),
        ({"alternatives": [[[0, 1], [1, 2]]]}, [[0, 1, 0], [1, 2, 1]], "of the alternatives .* more than one meets"),
        ({"limits": [{"person": 1, "most": 0, "slots": [1]}]}, [[1, 2, 1]], "1 has 1 meetings of the kind"),
        ({"limits": [{"person": 1, "most": 0, "partners": [2]}]}, [[1, 2, 1]], "1 has 1 meetings of the kind"),
        ({"musts": [[1, 2]], "musts_are_hard": True}, [], "1 and 2 must meet, and do not"),
    ],
)
def test_each_broken_rule_is_named(more, meetings, words):
    verdict = check(SMALL | more, {"meetings": meetings})

    assert not verdict["feasible"]
    assert [fault for fault in verdict["errors"] if re.search(words, fault)]


@pytest.mark.parametrize(
    ("more", "meetings"),
    [
        ({"without_table": [[0, 1]], "tables": 0}, [[0, 1, 0]]),
        ({"limits": [{"person": 1, "most": 0, "slots": [1]}]}, [[1, 2, 2]]),
        ({"limits": [{"person": 1, "most": 0, "partners": [0]}]}, [[1, 2, 1]]),
        ({"musts": [[1, 2]]}, []),
    ],
)
def test_what_no_rule_forbids_is_no_fault(more, meetings):
    assert check(SMALL | more, {"meetings": meetings})["errors"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"u": [0, 0]}, "u: the certificate must have a list of 3 prices"),
        ({"u": [0, 0, "dear"]}, "u: a price is no number"),
        ({"mu": [0, -1, 0]}, "mu: a price is below 0"),
        ({"mu": [0, float("nan"), 0]}, "mu: a price is no number"),
        ({"p": [[], []]}, "p: the certificate must have a list of 3 entries"),
        ({"p": [[], [], [[0], [-1]]]}, r"p\[2\]: a price is below 0"),
        ({"p": [[], [], [[0, 0], [1, 1]]]}, r"p\[2\]: it must be a list of different slots"),
        ({"p": [[], [[9], [1]], []]}, r"p\[1\]: it must be a list of different slots"),
        ({"must": -1}, "must: a price is below 0"),
        ({"musts": -1, "must": 1}, "musts: it is no whole number"),
    ],
)
def test_prices_that_prove_nothing_are_refused(change, words):
    certificate = {"u": [0, 0, 0], "p": [[], [], []], "mu": [0, 0, 0]}
    assert certified_bound(SMALL, certificate) == 5 + 4 + 3

    with pytest.raises(ValueError, match=words):
        certified_bound(SMALL, certificate | change)


def test_an_older_solution_is_compared():
    old = {"meetings": [[0, 1, 0], [0, 2, 1], [1, 2, 2]]}
    new = {"meetings": [[0, 1, 0], [1, 2, 1]]}

    verdict = check(SMALL | {"tables": 2}, new, before=old)

    assert [verdict[name] for name in ("kept", "moved", "cancelled", "added")] == [1, 1, 1, 0]
