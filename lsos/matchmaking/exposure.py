"""Prices for the over-asked, so that not everybody is shown the same five funds.

Everybody is shown the k candidates with the best score / price^dial. At dial 0 prices do nothing; at dial 1 those
whom more people would be shown than others cost as much as it takes to spread them. The prices are found by
steps, as an auction would: who is shown too often gets dearer, who is shown too seldom cheaper. What this costs
in score, and how much more equal it is (Gini), is measured, for an organiser to choose by.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

#: How many steps are taken towards the prices, the first length of a step, and how fast steps get shorter.
STEPS = 60
STEP = 0.15
SLOWING = 0.05
#: No price leaves this range, so that a score still says something.
LIMIT = 5.0

Whole = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who is shown to how many, and what that costs.

    Attributes:
        dial: 0 for the best scores, 1 for the most equal exposure.
        shown: key -> to how many people somebody is shown.
        gini: 0 when all are shown equally often, near 1 when few are shown to all.
        most: to how many the most shown is shown.
        unseen: how many people are shown to nobody.
        score: the mean score of all that is shown, without prices.
        loss: the share of the score at dial 0 that is lost.
    """

    dial: float
    shown: Mapping[int, int]
    gini: float
    most: int
    unseen: int
    score: float
    loss: float


def gini(amounts: Iterable[float]) -> float:
    """Say how unequally something is spread: 0 for all the same, (n - 1) / n when one of n has all.

    Raises:
        ValueError: an amount is below zero.

    Source:
        Gini, Variabilità e mutabilità, 1912, as the mean difference by twice the mean.
    """
    values = np.sort(np.fromiter(amounts, dtype=np.float64))
    if len(values) and values[0] < 0:
        raise ValueError("The Gini coefficient is of amounts from 0.")
    total = values.sum()
    if total == 0:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * total))


def full_prices(graph: "nx.Graph[int]", *, count: int = 10) -> dict[int, float]:
    """Find the prices at which exposure is as equal as steps of an auction make it.

    Args:
        graph: of candidates, with more of them for each person than are shown, or there is nothing to choose.
        count: how many candidates are shown to each person.

    Returns:
        key -> price, above 0 and about 1 in the middle; the more than others want somebody, the dearer. Nobody's
        price is other than 1 in a graph without edges.
    """
    sides = _Sides(graph)
    price = np.zeros(len(sides.keys))
    best, least = price, gini(sides.shown(sides.top(price, count)))
    target = np.minimum(sides.degrees, count).sum() / max(1, len(sides.keys))
    for step in range(STEPS):
        shown = sides.shown(sides.top(price, count))
        spread = gini(shown)
        if spread < least:
            best, least = price, spread
        change = np.log((shown + 1) / (target + 1))
        price = np.clip(price + STEP / (1 + SLOWING * step) * change, -LIMIT, LIMIT)
    return dict(zip(sides.keys, np.exp(best).tolist(), strict=True))


def prices_at(full: Mapping[int, float], dial: float) -> dict[int, float]:
    """Turn the prices by a dial from 0, where all are 1, to 1, where they are full; `graph.suggestions` takes them.

    Raises:
        ValueError: the dial lies outside [0, 1].
    """
    if not 0 <= dial <= 1:
        raise ValueError(f"The dial is {dial}; it must lie in [0, 1].")
    return {key: price**dial for key, price in full.items()}


def trade_off(
    graph: "nx.Graph[int]",
    dials: Sequence[float] = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0),
    *,
    count: int = 10,
    full: Mapping[int, float] | None = None,
) -> list[Exposure]:
    """Measure, for positions of the dial, how equal exposure is and what that costs: the points of a plot.

    Args:
        graph: of candidates.
        dials: positions from 0 to 1.
        count: how many candidates are shown to each person.
        full: the prices at 1, if they are at hand.
    """
    sides = _Sides(graph)
    full = full_prices(graph, count=count) if full is None else full
    logs = np.log([full[key] for key in sides.keys]) if sides.keys else np.zeros(0)
    at_zero = sides.scores[sides.top(np.zeros_like(logs), count)].sum()
    points = []
    for dial in dials:
        prices_at({}, dial)  # says when the dial is wrong
        chosen = sides.top(dial * logs, count)
        shown = sides.shown(chosen)
        total = sides.scores[chosen].sum()
        points.append(
            Exposure(
                dial=dial,
                shown=dict(zip(sides.keys, shown.astype(int).tolist(), strict=True)),
                gini=gini(shown),
                most=int(shown.max(initial=0)),
                unseen=int((shown == 0).sum()),
                score=float(total / max(1, len(chosen))),
                loss=float(1 - total / at_zero) if at_zero > 0 else 0.0,
            )
        )
    return points


class _Sides:
    """The edges of a graph, from each side that may ask the other: who is shown whom, and the score."""

    def __init__(self, graph: "nx.Graph[int]") -> None:
        self.keys = sorted(graph)
        place = {key: row for row, key in enumerate(self.keys)}
        scored: Iterable[tuple[int, int, float]] = graph.edges(data="score")
        edges = [(place[a], place[b], score) for a, b, score in scored if score > 0]
        ends = np.array([(a, b) for a, b, _ in edges], dtype=np.int64).reshape(-1, 2)
        scores = np.array([score for _, _, score in edges], dtype=np.float64)
        rows: Whole = np.concatenate([ends[:, 0], ends[:, 1]])
        columns: Whole = np.concatenate([ends[:, 1], ends[:, 0]])
        #: Nobody is shown whom they may not ask, as in `graph.suggestions`.
        people = [graph.nodes[key].get("participant") for key in self.keys]
        never = [person.may_not_ask if person else frozenset() for person in people]
        asks = np.array(
            [self.keys[b] not in never[a] for a, b in zip(rows.tolist(), columns.tolist(), strict=True)], dtype=bool
        )
        self.rows, self.columns = rows[asks], columns[asks]
        self.scores: Numbers = np.concatenate([scores, scores])[asks]
        self.degrees = np.bincount(self.rows, minlength=len(self.keys))
        self._logs = np.log(self.scores)

    def top(self, price: Numbers, count: int) -> Whole:
        """Name the places of what everybody is shown, by logarithms of prices; ties go to the smaller key."""
        worth = self._logs - price[self.columns]
        order = np.lexsort((self.columns, -worth, self.rows))
        starts = np.cumsum(self.degrees) - self.degrees
        rank = np.arange(len(order)) - starts[self.rows[order]]
        chosen: Whole = order[rank < count]
        return chosen

    def shown(self, chosen: Whole) -> Numbers:
        """Count to how many everybody is shown."""
        return np.bincount(self.columns[chosen], minlength=len(self.keys)).astype(np.float64)
