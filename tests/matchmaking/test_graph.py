from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.model import Affinity
from lsos.matchmaking.rules import objections
from tests.matchmaking.people import TAXONOMY, crowd, participants, person


def pair_by_pair(people, taxonomy, best, weights=DEFAULT_WEIGHTS, fusion=Fusion.GEOMETRIC):
    """Build the edges of the candidate graph as its definition says, from all pairs."""
    ranked: dict[int, list[tuple[float, int, Affinity]]] = {each.key: [] for each in people}
    for a, b in combinations(sorted(people, key=lambda each: each.key), 2):
        fit = affinity(a, b, taxonomy, weights, fusion)
        if fit.fused > 0 and not any(objections(a, b, taxonomy)):
            ranked[a.key].append((-fit.fused, b.key, fit))
            ranked[b.key].append((-fit.fused, a.key, fit))
    return {
        (min(key, other), max(key, other)): fit
        for key, others in ranked.items()
        for _, other, fit in sorted(others, key=lambda each: each[:2])[:best]
    }


def edges(graph):
    return {(min(a, b), max(a, b)): data["affinity"] for a, b, data in graph.edges(data=True)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(participants(st.integers(0, 11)), max_size=12, unique_by=lambda each: each.key),
    st.integers(1, 12),
    st.sampled_from(Fusion),
    st.sampled_from([DEFAULT_WEIGHTS, Weights(need_met=0), Weights(shared_tags=0, trl_fits=0.8, stage_fits=0)]),
)
def test_the_graph_holds_what_the_pairwise_score_says(people, best, fusion, weights):
    graph = candidate_graph(people, TAXONOMY, best=best, weights=weights, fusion=fusion)

    assert edges(graph) == pair_by_pair(people, TAXONOMY, best, weights, fusion)
    assert set(graph) == {each.key for each in people}


@pytest.mark.parametrize("fusion", Fusion)
def test_the_graph_of_a_crowd_holds_what_the_pairwise_score_says(fusion):
    people, taxonomy = crowd(150)

    assert edges(candidate_graph(people, taxonomy, best=7, fusion=fusion)) == pair_by_pair(
        people, taxonomy, 7, fusion=fusion
    )


def test_among_equals_the_smallest_keys_are_kept():
    people = [person(key, tags=["ai"]) for key in range(400)]

    graph = candidate_graph(people, TAXONOMY, best=3)

    assert sorted(graph[200]) == [0, 1, 2]
    assert sorted(graph[1])[:3] == [0, 2, 3]


def test_the_order_of_the_people_changes_nothing():
    people, taxonomy = crowd(80)

    one, other = candidate_graph(people, taxonomy, best=5), candidate_graph(people[::-1], taxonomy, best=5)

    assert edges(one) == edges(other)
    assert list(one) == list(other)


def test_suggestions_are_ranked_and_seen_from_the_person_asked_about():
    people, taxonomy = crowd(60)
    graph = candidate_graph(people, taxonomy, best=5)

    for key in graph:
        ranked = suggestions(graph, key)
        assert [fit.fused for _, fit in ranked] == sorted((fit.fused for _, fit in ranked), reverse=True)
        for other, fit in ranked:
            assert fit.a_gains == affinity(people[key], people[other], taxonomy).a_gains
    assert len(suggestions(graph, 0, 2)) == 2


def test_an_edge_carries_its_score_and_a_node_its_person():
    people = [person(1, tags=["ai"]), person(2, tags=["ai"])]

    graph = candidate_graph(people, TAXONOMY)

    assert graph.nodes[2]["participant"] is people[1]
    assert graph.edges[1, 2]["score"] == graph.edges[1, 2]["affinity"].fused > 0


def test_two_people_with_one_key_are_refused():
    with pytest.raises(ValueError, match="key 5"):
        candidate_graph([person(5), person(5)], TAXONOMY)


@pytest.mark.parametrize("size", [0, 1])
def test_nobody_and_one_alone_have_no_candidates(size):
    assert candidate_graph([person(key) for key in range(size)], TAXONOMY).number_of_edges() == 0
