"""Whom somebody who is free now can meet at once."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.checking import check
from lsos.matchmaking.exchange_format import problem_of
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.instant import NobodyNow, after_a_no_show, free_now, partners_now, tables_now
from lsos.matchmaking.problem import Limit, Problem
from lsos.matchmaking.scheduling import solve
from tests.matchmaking.instances import instances
from tests.matchmaking.people import crowd


def scored(*edges):
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from(edges, weight="score")
    return graph


GRAPH = scored((1, 2, 0.9), (1, 3, 0.8), (1, 4, 0.8), (1, 5, 0.3), (2, 3, 0.5))


def keys(now):
    return [partner.key for partner in now.partners]


def test_the_best_come_first_and_equals_by_key():
    assert keys(partners_now(GRAPH, 1, free={1, 2, 3, 4, 5}, tables_left=1)) == [2, 3, 4, 5]
    assert keys(partners_now(GRAPH, 1, free={1, 2, 3, 4, 5}, tables_left=1, best=2)) == [2, 3]


def test_who_is_busy_or_was_met_or_shall_never_be_met_is_left_out():
    now = partners_now(GRAPH, 1, free={1, 3, 4, 5}, tables_left=1, met={(1, 3)}, never={(1, 5)})

    assert keys(now) == [4]


@pytest.mark.parametrize(
    ("key", "free", "tables", "why"),
    [
        (1, {2, 3}, 1, NobodyNow.NOT_FREE),
        (1, {1, 2}, 0, NobodyNow.NO_TABLE),
        (6, {6, 1}, 1, NobodyNow.NO_CANDIDATES),
        (5, {5, 2}, 1, NobodyNow.NOBODY_FREE),
        (5, {5, 1}, 1, None),
    ],
)
def test_an_empty_answer_says_why(key, free, tables, why):
    assert partners_now(GRAPH, key, free=free, tables_left=tables).nobody is why


def test_after_a_no_show_the_table_is_there_and_the_absent_is_not_proposed():
    now = after_a_no_show(GRAPH, 1, absent=2, free={2, 3, 5}, met={(1, 2), (1, 5)})

    assert keys(now) == [3]


def test_the_reasons_are_those_of_the_one_who_asks():
    people, taxonomy = crowd(60)
    graph = candidate_graph(people, taxonomy, best=5)
    everybody = set(graph)

    for key in list(graph)[::7]:
        now = partners_now(graph, key, free=everybody, tables_left=1, best=100)
        assert [(partner.key, partner.affinity) for partner in now.partners] == suggestions(graph, key)


@settings(max_examples=50, deadline=None)
@given(instances(), st.data())
def test_a_meeting_with_a_partner_named_now_breaks_no_rule(instance, data):
    problem = problem_of(instance)
    meetings = solve(problem, seconds=0.1).meetings
    meetings = tuple(each for each in meetings if each in problem.locked or data.draw(st.booleans()))
    slot = data.draw(st.integers(0, problem.slots - 1))
    graph = scored(*((a, b, value) for (a, b), value in problem.pairs.items()))
    free, tables = free_now(problem, meetings, slot), tables_now(problem, meetings, slot)
    met = {(a, b) for a, b, _ in meetings}

    for key in problem.available:
        now = partners_now(graph, key, free=free, tables_left=tables, met=met, never=problem.forbidden)
        assert bool(now.partners) == (now.nobody is None)
        for partner in now.partners:
            further = (*sorted((key, partner.key)), slot)
            assert check(instance, {"meetings": [*meetings, further]})["errors"] == []


def test_whose_limit_for_the_day_is_used_up_is_not_free():
    available = dict.fromkeys(range(3), frozenset({0, 1}))
    problem = Problem(2, [1, 1], available, {(0, 1): 1.0}, limits=(Limit(0, 1, frozenset({0, 1})),))

    assert free_now(problem, [(0, 1, 0)], 1) == {1, 2}
