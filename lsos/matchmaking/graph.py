"""Who fits whom, for everybody at once: a graph with people as nodes and scores with their reasons as edges."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import networkx as nx

from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, Fusion, Weights, affinity_of, reasons_of
from lsos.matchmaking.answers import DEFAULT_TASTE, Answer, Taste
from lsos.matchmaking.model import Affinity, Participant, Reasons, Taxonomy
from lsos.matchmaking.outline import Outline, outlines
from lsos.matchmaking.rules import NO_RULES, Rules
from lsos.matchmaking.shortlist import Shortlist


def candidate_graph(
    participants: Iterable[Participant],
    taxonomy: Taxonomy,
    *,
    best: int = 30,
    weights: Weights = DEFAULT_WEIGHTS,
    fusion: Fusion = Fusion.GEOMETRIC,
    rules: Rules = NO_RULES,
    answers: Iterable[Answer] = (),
    taste: Taste = DEFAULT_TASTE,
    earlier: Sequence[Participant] = (),
) -> "nx.Graph[int]":
    """Join everybody with the people who fit them best.

    Args:
        participants: keys unique; their order does not matter.
        taxonomy: what their codes mean to each other.
        best: how many candidates of each person are kept; somebody whom many want has more edges than that.
        weights: what each reason is worth.
        fusion: how two gains become one score.
        rules: what an organiser bars.
        answers: what people said of each other so far.
        taste: how much these answers count.
        earlier: people as they were at earlier events, whom answers may be about.

    Returns:
        Nodes are keys, with `participant`. An edge has `score`, the fused one, and `affinity`, in
        which a is the smaller key; `suggestions` turns it. Its reasons are found when they are read.
        Nobody whom a rule bars, and no score of 0, except for two who have to meet.

    Raises:
        ValueError: two participants have the same key.
    """
    with _rubbish_left():
        people = outlines(
            sorted(participants, key=lambda person: person.key), taxonomy, answers=answers, taste=taste, earlier=earlier
        )
        return _joined(people, Shortlist(people, taxonomy, weights, fusion, rules), best, taxonomy, weights)


@contextmanager
def _rubbish_left() -> Iterator[None]:
    """Let the garbage collector rest: no object made here is rubbish, and looking through millions costs a quarter."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _joined(
    people: Sequence[Outline], shortlist: Shortlist, best: int, taxonomy: Taxonomy, weights: Weights
) -> "nx.Graph[int]":
    graph: nx.Graph[int] = nx.Graph()
    for each in people:
        if each.person.key in graph:
            raise ValueError(f"Two participants have the key {each.person.key}.")
        graph.add_node(each.person.key, participant=each.person)
    rows, columns, gains = shortlist.best(best)
    found = (numbers.tolist() for numbers in (rows, columns, *gains))
    for row, column, a_gains, b_gains, fused in zip(*found, strict=True):
        a, b = people[row], people[column]
        reasons = Reasons(partial(reasons_of, a, b, taxonomy, weights))
        fit = Affinity(a_gains, b_gains, fused, reasons)
        graph.add_edge(a.person.key, b.person.key, score=fused, affinity=fit)
    for row, column in shortlist.musts.tolist():
        #: A must lifts rules, so the score is not the one that rules have made 0.
        a, b = people[row], people[column]
        fit = affinity_of(a, b, taxonomy, weights, shortlist.fusion)
        graph.add_edge(a.person.key, b.person.key, score=fit.fused, affinity=fit)
    return graph


def suggestions(
    graph: "nx.Graph[int]", key: int, best: int | None = None, *, prices: Mapping[int, float] | None = None
) -> list[tuple[int, Affinity]]:
    """Rank whom one person should meet; in each affinity, a is this person.

    The best score first, ties by key; those who have to meet before all others, nobody whom they may not ask. With
    prices, as `lsos.matchmaking.exposure` gives them, the score is first divided by the price of who is suggested.
    """
    person: Participant = graph.nodes[key]["participant"]

    def order(other: int) -> tuple[bool, float, int]:
        has_to = other in person.must or key in graph.nodes[other]["participant"].must
        return not has_to, -graph.edges[key, other]["score"] / (prices[other] if prices else 1.0), other

    ranked = sorted((other for other in graph[key] if other not in person.may_not_ask), key=order)
    edges = ((other, graph.edges[key, other]["affinity"]) for other in ranked[:best])
    return [(other, fit if key < other else fit.turned()) for other, fit in edges]
