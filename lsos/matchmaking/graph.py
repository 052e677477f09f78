"""Who fits whom, for everybody at once: a graph with people as nodes and scores with their reasons as edges."""

from collections.abc import Iterable

import networkx as nx

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity_of
from lsos.matchmaking.model import Affinity, Participant, Taxonomy
from lsos.matchmaking.outline import outline
from lsos.matchmaking.rules import objections


def candidate_graph(
    participants: Iterable[Participant],
    taxonomy: Taxonomy,
    *,
    best: int = 30,
    weights: Weights = DEFAULT_WEIGHTS,
    fusion: Fusion = Fusion.GEOMETRIC,
) -> "nx.Graph[int]":
    """Join everybody with the people who fit them best.

    Args:
        participants: keys unique.
        taxonomy: what their codes mean to each other.
        best: how many candidates of each person are kept; somebody whom many want has more edges than that.
        weights: what each reason is worth.
        fusion: how two gains become one score.

    Returns:
        Nodes are keys, with `participant`. An edge has `score`, the fused one, and `affinity`, in
        which a is the smaller key; `suggestions` turns it. Nobody whom a rule bars, and no score of 0.

    Raises:
        ValueError: two participants have the same key.
    """
    people = sorted(participants, key=lambda person: person.key)
    outlines = [outline(person, taxonomy) for person in people]
    graph: nx.Graph[int] = nx.Graph()
    for person in people:
        if person.key in graph:
            raise ValueError(f"Two participants have the key {person.key}.")
        graph.add_node(person.key, participant=person)
    found: dict[tuple[int, int], Affinity] = {}
    ranked: dict[int, list[tuple[float, int]]] = {person.key: [] for person in people}
    for place, a in enumerate(outlines):
        for b in outlines[place + 1 :]:
            if any(objections(a.person, b.person, taxonomy)):
                continue
            fit = affinity_of(a, b, taxonomy, weights, fusion)
            if fit.fused > 0:
                found[a.person.key, b.person.key] = fit
                ranked[a.person.key].append((-fit.fused, b.person.key))
                ranked[b.person.key].append((-fit.fused, a.person.key))
    for key, others in ranked.items():
        for _, other in sorted(others)[:best]:
            fit = found[min(key, other), max(key, other)]
            graph.add_edge(key, other, score=fit.fused, affinity=fit)
    return graph


def suggestions(graph: "nx.Graph[int]", key: int, best: int | None = None) -> list[tuple[int, Affinity]]:
    """Rank whom one person should meet: the best score first, ties by key; in each affinity, a is this person."""
    ranked = sorted(graph[key].items(), key=lambda edge: (-edge[1]["score"], edge[0]))[:best]
    return [(other, edge["affinity"] if key < other else edge["affinity"].turned()) for other, edge in ranked]
