"""Who fits whom, for everybody at once: a graph with people as nodes and scores with their reasons as edges."""

from collections.abc import Iterable
from operator import itemgetter

import networkx as nx

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity_of
from lsos.matchmaking.model import Affinity, Participant, Reason, Taxonomy
from lsos.matchmaking.outline import outline
from lsos.matchmaking.shortlist import Shortlist


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
        participants: keys unique; their order does not matter.
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
    people = [outline(person, taxonomy) for person in sorted(participants, key=lambda person: person.key)]
    graph: nx.Graph[int] = nx.Graph()
    for each in people:
        if each.person.key in graph:
            raise ValueError(f"Two participants have the key {each.person.key}.")
        graph.add_node(each.person.key, participant=each.person)
    seen: dict[Reason, Reason] = {}
    for row, columns in Shortlist(people, taxonomy, weights, fusion).near_best(best):
        key = people[row].person.key
        ranked: list[tuple[float, int, Affinity]] = []
        for column in columns.tolist():
            other = people[column].person.key
            if edge := graph.adj[key].get(other):
                ranked.append((-edge["score"], other, edge["affinity"]))
                continue
            a, b = (row, column) if row < column else (column, row)
            fit = affinity_of(people[a], people[b], taxonomy, weights, fusion)
            if fit.fused > 0:
                ranked.append((-fit.fused, other, fit))
        for _, other, fit in sorted(ranked, key=itemgetter(0, 1))[:best]:
            if other not in graph.adj[key]:
                #: Many pairs have the same reason; one of each is kept, or reasons would fill the memory.
                reasons = tuple(seen.setdefault(reason, reason) for reason in fit.reasons)
                kept = Affinity(fit.a_gains, fit.b_gains, fit.fused, reasons)
                graph.add_edge(key, other, score=fit.fused, affinity=kept)
    return graph


def suggestions(graph: "nx.Graph[int]", key: int, best: int | None = None) -> list[tuple[int, Affinity]]:
    """Rank whom one person should meet: the best score first, ties by key; in each affinity, a is this person."""
    ranked = sorted(graph[key].items(), key=lambda edge: (-edge[1]["score"], edge[0]))[:best]
    return [(other, edge["affinity"] if key < other else edge["affinity"].turned()) for other, edge in ranked]
