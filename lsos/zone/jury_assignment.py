"""Who reviews what: as many reviews as wanted, evenly shared, by those who know the subject, never by who is bound.

Pure; the same input gives the same result, in whatever order it comes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import networkx as nx

from lsos.errors import N_

#: An application and a juror.
Pair = tuple[int, int]


class Shortage(StrEnum):
    """Why an application gets fewer reviews than wanted."""

    FEW_JURORS = "few_jurors"
    CONFLICTS = "conflicts"

    @property
    def words(self) -> str:
        """Say it to people; translated where it is shown."""
        return _SHORTAGE_WORDS[self]


_SHORTAGE_WORDS = {
    Shortage.FEW_JURORS: N_("There are fewer jurors than reviews wanted. Add jurors, or want fewer reviews."),
    Shortage.CONFLICTS: N_("Conflicts of interest leave too few jurors. Add a juror who has none."),
}


@dataclass(frozen=True)
class Gap:
    """An application that gets fewer reviews than wanted, and why."""

    application: int
    missing: int
    #: So many jurors have a conflict of interest with it.
    bound: int
    why: Shortage


@dataclass(frozen=True)
class Plan:
    """Who is given what besides what they have, and what cannot be filled."""

    pairs: tuple[Pair, ...]
    gaps: tuple[Gap, ...]


def assign(
    applications: Mapping[int, Collection[int]],
    jurors: Mapping[int, Collection[int]],
    *,
    wanted: int,
    conflicts: Collection[Pair] = (),
    given: Collection[Pair] = (),
) -> Plan:
    """Share reviews out: each application gets as many as wanted, or as can be.

    First as many reviews as possible; then loads as even as possible, what jurors have already counted in; then
    as many focus areas shared by juror and application as possible. A flow of least cost: each further review
    of a juror costs more than all focus areas together are worth, and rises, so that the sum is least where
    loads are even.

    Args:
        applications: its focus areas, by application.
        jurors: their focus areas, by juror.
        wanted: reviews for each application, at least 1.
        conflicts: who may not review what.
        given: who has what already, whether sent or not; it stays, also where the juror is none any more.

    Returns:
        The new pairs, sorted, and the gaps, by application.

    Source:
        Network simplex, by way of networkx.
    """
    bound, held = set(conflicts), set(given)
    has = Counter(application for application, _juror in held)
    loads = Counter(juror for _application, juror in held)
    open_pairs = {
        application: [
            juror for juror in sorted(jurors) if (application, juror) not in held and (application, juror) not in bound
        ]
        for application in sorted(applications)
    }
    gets = {key: min(max(wanted - has[key], 0), len(open_pairs[key])) for key in open_pairs}
    gaps = tuple(
        _gap(key, wanted - has[key] - gets[key], jurors, bound)
        for key in open_pairs
        if wanted - has[key] - gets[key] > 0
    )
    shared = {
        (key, juror): len(set(applications[key]) & set(jurors[juror]))
        for key in open_pairs
        for juror in open_pairs[key]
    }
    return Plan(pairs=tuple(_cheapest(open_pairs, gets, loads, shared)), gaps=gaps)


def _gap(application: int, missing: int, jurors: Iterable[int], bound: Collection[Pair]) -> Gap:
    excluded = sum((application, juror) in bound for juror in jurors)
    return Gap(application, missing, excluded, Shortage.CONFLICTS if excluded else Shortage.FEW_JURORS)


def _cheapest(
    open_pairs: Mapping[int, list[int]], gets: Mapping[int, int], loads: Mapping[int, int], shared: Mapping[Pair, int]
) -> list[Pair]:
    """Choose pairs so that each application gets its number, at the least cost."""
    total = sum(gets.values())
    #: Dearer than any choice of focus areas can make good.
    dear = 1 + total * max(shared.values(), default=0)
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.add_node("sink", demand=total)
    may_get = Counter(juror for key, jurors in open_pairs.items() if gets[key] for juror in jurors)
    for juror in sorted(may_get):
        graph.add_node(("juror", juror), demand=0)
        for load in range(loads[juror], loads[juror] + may_get[juror]):
            graph.add_edge(("juror", juror), "sink", capacity=1, weight=dear * (2 * load + 1))
    for key, number in gets.items():
        if not number:
            continue
        graph.add_node(("application", key), demand=-number)
        for juror in open_pairs[key]:
            graph.add_edge(("application", key), ("juror", juror), capacity=1, weight=-shared[key, juror])
    _cost, flow = nx.network_simplex(graph)
    return [
        (key, juror)
        for key, jurors in open_pairs.items()
        if gets[key]
        for juror in jurors
        if flow["application", key]["juror", juror][0]
    ]
