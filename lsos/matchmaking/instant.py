"""One free person now: whom to meet at once, from the scores that are there already, in milliseconds."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest
from typing import Any

import networkx as nx

from lsos.matchmaking.model import Affinity
from lsos.matchmaking.problem import Pair, Placed, Problem


class NobodyNow(StrEnum):
    """Why there is nobody to meet just now; the first that holds."""

    #: The person meets somebody, or is not there.
    NOT_FREE = "not_free"
    #: Every table is taken.
    NO_TABLE = "no_table"
    #: The person has no candidates at all.
    NO_CANDIDATES = "no_candidates"
    #: All candidates are busy, away, full, or were met already.
    NOBODY_FREE = "nobody_free"


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody to meet now.

    Attributes:
        key: who.
        score: the fused one, in [0, 1] where the graph is that of `candidate_graph`.
        affinity: with the reasons, in which a is the one who asked; None where the graph holds scores alone.
    """

    key: int
    score: float
    affinity: Affinity | None


@dataclass(frozen=True, slots=True)
class Now:
    """Whom somebody can meet at once, the best first; `nobody` says why the list is empty."""

    partners: tuple[Partner, ...]
    nobody: NobodyNow | None = None


def partners_now(
    graph: "nx.Graph[int]",
    key: int,
    *,
    free: Collection[int],
    tables_left: int,
    met: Collection[Pair] = (),
    never: Collection[Pair] = (),
    best: int = 5,
) -> Now:
    """Rank whom one free person can meet at once.

    Args:
        graph: people as nodes, edges with `score` and, in that of `candidate_graph`, `affinity`.
        key: who is free.
        free: everybody who can meet now; a set, as it is asked for each candidate. `free_now` gives it.
        tables_left: free tables, of which one is needed.
        met: pairs (a, b), a < b, that met or are about to meet; sets again.
        never: pairs that may not meet, where the graph does not know it yet.
        best: how many to name.

    Returns:
        The best score first, ties by key. The time grows with the candidates of one person, not with the event.
    """
    if key not in free:
        return Now((), NobodyNow.NOT_FREE)
    if tables_left <= 0:
        return Now((), NobodyNow.NO_TABLE)
    return _ranked(graph, key, free, (met, never), best)


def after_a_no_show(
    graph: "nx.Graph[int]",
    waiting: int,
    *,
    absent: int,
    free: Collection[int],
    met: Collection[Pair] = (),
    never: Collection[Pair] = (),
    best: int = 5,
) -> Now:
    """Rank whom somebody can meet who sits at a table to which the other did not come.

    Args:
        graph: as in `partners_now`, and so are `met`, `never` and `best`.
        waiting: who sits there, free or not; no further table is needed.
        absent: who did not come, and is not proposed.
        free: everybody else who can meet now; others who wait for somebody belong to them.
        met: pairs that met or are about to meet.
        never: further pairs that may not meet.
        best: how many to name.
    """
    missing = (min(waiting, absent), max(waiting, absent))
    return _ranked(graph, waiting, free, (met, never, {missing}), best)


def free_now(problem: Problem, meetings: Iterable[Placed], slot: int) -> frozenset[int]:
    """Name everybody who can meet in a slot and meets nobody then, and may have a further meeting.

    A limit on meetings with certain partners is not read here: those pairs belong to what `partners_now` is given
    as `never`.
    """
    placed = tuple(meetings)
    had = Counter(person for a, b, _ in placed for person in (a, b))
    busy = {person for a, b, when in placed if when == slot for person in (a, b)}
    busy |= {
        limit.person
        for limit in problem.limits
        if limit.partners is None
        and (limit.slots is None or slot in limit.slots)
        and sum(limit.counts(*meeting) for meeting in placed) >= limit.most
    }
    return frozenset(
        person
        for person, slots in problem.available.items()
        if slot in slots and person not in busy and had[person] < problem.caps.get(person, problem.slots)
    )


def tables_now(problem: Problem, meetings: Iterable[Placed], slot: int) -> int:
    """Count the tables that are left in a slot."""
    taken = sum(when == slot and (a, b) not in problem.without_table for a, b, when in meetings)
    return problem.tables[slot] - taken


def _ranked(
    graph: "nx.Graph[int]", key: int, free: Collection[int], barred: Collection[Collection[Pair]], best: int
) -> Now:
    candidates = graph.adj[key] if key in graph else {}
    if not candidates:
        return Now((), NobodyNow.NO_CANDIDATES)
    possible = (
        (-edge["score"], other)
        for other, edge in candidates.items()
        if other in free and not any(((key, other) if key < other else (other, key)) in pairs for pairs in barred)
    )
    ranked = nsmallest(best, possible)
    if not ranked:
        return Now((), NobodyNow.NOBODY_FREE)
    return Now(tuple(Partner(other, -score, _affinity(key, other, candidates[other])) for score, other in ranked))


def _affinity(key: int, other: int, edge: Mapping[str, Any]) -> Affinity | None:
    """Give the reasons on an edge, turned so that a is the one who asks."""
    found: Affinity | None = edge.get("affinity")
    return found.turned() if found and other < key else found
