"""Prices found without a linear programme."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from lsos.matchmaking import relaxation
from lsos.matchmaking.exchange_format import problem_of
from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.prices import bound_at, smooth_prices
from lsos.matchmaking.problem import Problem, value_of
from lsos.matchmaking.relaxation import select
from lsos.matchmaking.scheduling import solve
from tests.matchmaking.instances import instances
from tests.matchmaking.test_scheduling import everyone


def crowd(people=120, tables=40, caps=4):
    """Give everybody a value with everybody, different for each pair."""
    chance = np.random.default_rng(5)
    pairs = {pair: float(chance.integers(1, 1000)) for pair in combinations(range(people), 2)}
    return Problem(4, [tables] * 4, everyone(people, 4), pairs, dict.fromkeys(range(people), caps))


def chosen(instance):
    """Solve the linear programmes, however long they take."""
    selection = select(instance, deadline=float("inf"), rounding=1.0)
    assert selection is not None
    return selection


@settings(max_examples=60, deadline=None)
@given(instances(further=True))
def test_quick_prices_prove_a_bound_whatever_the_rules(document):
    problem = problem_of(document)
    schedule = solve(problem, seconds=1)
    further = [each for each in schedule.meetings if each not in problem.locked]
    _, instance = instance_of(problem)
    instance = replace(instance, needed=sum((a, b) in problem.musts for a, b, _ in further))
    prices, _ = smooth_prices(instance)

    assert bound_at(instance, prices) >= schedule.value - value_of(problem, problem.locked) - 1e-6


def test_quick_prices_come_within_a_hundredth_of_the_best_bound():
    _, instance = instance_of(crowd())
    best = chosen(instance).bound
    prices, meet = smooth_prices(instance)

    assert best * (1 - 1e-9) <= bound_at(instance, prices) <= 1.01 * best
    assert meet == pytest.approx(160, rel=0.05)


def test_leaving_out_pairs_without_promise_changes_no_answer(monkeypatch):
    _, instance = instance_of(crowd())
    whole = chosen(instance)
    monkeypatch.setattr(relaxation, "FEW", 100)
    fewer = chosen(instance)
    worth, of_fewer = (np.asarray(instance.values)[list(each.pairs)].sum() for each in (whole, fewer))

    assert of_fewer == pytest.approx(worth, rel=1e-4)
    assert fewer.bound == pytest.approx(whole.bound, rel=1e-4)
