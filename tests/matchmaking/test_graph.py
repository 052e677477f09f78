import pickle
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity_of
from lsos.matchmaking.answers import Answer, Verdict
from lsos.matchmaking.graph import candidate_graph, suggestions
from lsos.matchmaking.model import Affinity
from lsos.matchmaking.outline import outlines
from lsos.matchmaking.rules import NO_RULES, Rules, objections_of
from tests.matchmaking.people import TAXONOMY, crowd, participants, person


def pair_by_pair(people, taxonomy, best, weights=DEFAULT_WEIGHTS, fusion=Fusion.GEOMETRIC, rules=NO_RULES, answers=()):
    """Build the edges of the candidate graph as its definition says, from all pairs."""
    ranked: dict[int, list[tuple[float, int, Affinity]]] = {each.key: [] for each in people}
    musts: dict[tuple[int, int], Affinity] = {}
    whole = outlines(sorted(people, key=lambda each: each.key), taxonomy, answers=answers)
    for a, b in combinations(whole, 2):
        if any(objections_of(a, b, taxonomy, rules)):
            continue
        fit = affinity_of(a, b, taxonomy, weights, fusion)
        one, other = a.person.key, b.person.key
        if other in a.person.must or one in b.person.must:
            musts[one, other] = fit
        if fit.fused > 0 and not any(objections_of(_free(a), _free(b), taxonomy, rules)):
            ranked[one].append((-fit.fused, other, fit))
            ranked[other].append((-fit.fused, one, fit))
    return musts | {
        (min(key, other), max(key, other)): fit
        for key, others in ranked.items()
        for _, other, fit in sorted(others, key=lambda each: each[:2])[:best]
    }


def _free(each):
    """Give somebody without musts, since these stand beside the best."""
    return replace(each, person=replace(each.person, must=frozenset()))


def edges(graph):
    return {(min(a, b), max(a, b)): data["affinity"] for a, b, data in graph.edges(data=True)}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(participants(st.integers(0, 11)), max_size=12, unique_by=lambda each: each.key),
    st.integers(1, 12),
    st.sampled_from(Fusion),
    st.sampled_from([DEFAULT_WEIGHTS, Weights(need_met=0), Weights(shared_tags=0, trl_fits=0.8, stage_fits=0)]),
    st.sampled_from(
        [
            NO_RULES,
            Rules(may_meet={"startup": frozenset({"vc", "hospital"})}, stage_bars=True, ticket_bars=True),
            Rules(may_meet={"vc": frozenset({"startup"})}, trl_bars=True, place_bars=True),
        ]
    ),
    st.lists(st.builds(Answer, st.integers(0, 11), st.integers(0, 11), st.sampled_from(Verdict)), max_size=6),
)
def test_the_graph_holds_what_the_pairwise_score_says(people, best, fusion, weights, rules, answers):
    graph = candidate_graph(people, TAXONOMY, best=best, weights=weights, fusion=fusion, rules=rules, answers=answers)

    assert edges(graph) == pair_by_pair(people, TAXONOMY, best, weights, fusion, rules, answers)
    assert set(graph) == {each.key for each in people}


@pytest.mark.parametrize("fusion", Fusion)
def test_the_graph_of_a_crowd_holds_what_the_pairwise_score_says(fusion):
    people, taxonomy = crowd(90)

    assert edges(candidate_graph(people, taxonomy, best=7, fusion=fusion)) == pair_by_pair(
        people, taxonomy, 7, fusion=fusion
    )


def test_the_graph_of_a_crowd_with_answers_and_rules_holds_what_the_pairwise_score_says():
    people, taxonomy = crowd(70)
    rules = Rules(may_meet={"startup": frozenset({"vc", "hospital"})}, stage_bars=True)
    answers = [Answer(n, (7 * n + 3) % 70, list(Verdict)[n % 3 == 0]) for n in range(50)]

    graph = candidate_graph(people, taxonomy, best=6, rules=rules, answers=answers)

    assert edges(graph) == pair_by_pair(people, taxonomy, 6, rules=rules, answers=answers)


def test_a_must_is_an_edge_whatever_else_and_stands_first():
    people, taxonomy = crowd(60)
    people[0] = replace(people[0], must=frozenset({50}))

    ranked = suggestions(candidate_graph(people, taxonomy, best=2), 0, 2)

    assert ranked[0][0] == 50
    assert suggestions(candidate_graph(people, taxonomy, best=2), 50)[0][0] == 0


def test_reasons_are_found_when_they_are_read_and_are_those_of_the_definition():
    people, taxonomy = crowd(40)
    graph = candidate_graph(people, taxonomy, best=4)
    whole = {each.person.key: each for each in outlines(people, taxonomy)}

    for key in graph:
        for other, fit in suggestions(graph, key):
            there = affinity_of(whole[key], whole[other], taxonomy, DEFAULT_WEIGHTS, Fusion.GEOMETRIC).reasons
            assert set(fit.reasons) == set(there)


def test_the_graph_can_be_stored_with_its_reasons():
    people, taxonomy = crowd(20)
    graph = candidate_graph(people, taxonomy, best=3)

    assert edges(pickle.loads(pickle.dumps(graph))) == edges(graph)


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
            assert fit.b_gains == dict(suggestions(graph, other))[key].a_gains
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
