from collections import Counter
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.exposure import full_prices, gini, prices_at, trade_off
from lsos.matchmaking.graph import candidate_graph, suggestions
from tests.matchmaking.people import crowd


@pytest.fixture(scope="module")
def graph():
    people, taxonomy = crowd(200)
    return candidate_graph(people, taxonomy, best=30)


def test_exposure_is_the_more_equal_the_higher_the_dial(graph):
    points = trade_off(graph, (0, 0.25, 0.5, 0.75, 1), count=5)

    assert [point.gini for point in points] == sorted((point.gini for point in points), reverse=True)
    assert points[-1].gini < points[0].gini / 2
    assert points[-1].most < points[0].most
    assert points[-1].unseen <= points[0].unseen


def test_the_loss_is_what_is_shown_less_than_without_prices(graph):
    points = trade_off(graph, (0, 0.5, 1), count=5)

    assert points[0].loss == 0
    assert 0 <= points[1].loss <= points[2].loss < 0.5
    for point in points:
        assert point.loss == pytest.approx(1 - point.score / points[0].score)
        assert sum(point.shown.values()) == sum(points[0].shown.values())


def test_exposure_counts_what_suggestions_show(graph):
    prices = prices_at(full_prices(graph, count=5), 0.5)
    [point] = trade_off(graph, (0.5,), count=5)
    shown = dict.fromkeys(graph, 0)
    for key in graph:
        for other, _ in suggestions(graph, key, 5, prices=prices):
            shown[other] += 1

    assert shown == point.shown


def test_whom_somebody_may_not_ask_counts_as_little_as_it_is_suggested():
    people, taxonomy = crowd(60)
    closed = frozenset(person.key for person in people[:20])
    open_to = [replace(p, may_not_ask=closed - {p.key}) if p.key not in closed else p for p in people]
    graph = candidate_graph(open_to, taxonomy, best=30)
    prices = prices_at(full_prices(graph, count=5), 1)
    [point] = trade_off(graph, (1,), count=5)
    shown = Counter(other for key in graph for other, _ in suggestions(graph, key, 5, prices=prices))

    assert shown == Counter(point.shown)


def test_whom_everybody_wants_is_dearer_than_others():
    star: nx.Graph[int] = nx.Graph()
    for key in range(1, 21):
        star.add_edge(0, key, score=0.9)
        star.add_edge(key, key % 20 + 1, score=0.8)
    prices = full_prices(star, count=1)

    assert prices[0] == max(prices.values()) > 1


def test_prices_at_nothing_are_one_and_at_full_are_full():
    assert prices_at({1: 4.0}, 0) == {1: 1.0}
    assert prices_at({1: 4.0}, 0.5) == {1: 2.0}
    assert prices_at({1: 4.0}, 1) == {1: 4.0}


@pytest.mark.parametrize("dial", [-0.1, 1.1])
def test_a_dial_outside_its_range_is_refused(graph, dial):
    with pytest.raises(ValueError, match="dial"):
        trade_off(graph, (dial,))


@pytest.mark.parametrize("size", [0, 1])
def test_a_graph_without_edges_shows_nobody(size):
    empty: nx.Graph[int] = nx.empty_graph(size)
    [point] = trade_off(empty, (1,))

    assert (point.gini, point.loss, point.most) == (0, 0, 0)


@pytest.mark.parametrize(("amounts", "expected"), [([], 0), ([0, 0], 0), ([3, 3, 3], 0), ([0, 0, 0, 8], 0.75)])
def test_gini_of_known_amounts(amounts, expected):
    assert gini(amounts) == pytest.approx(expected)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_gini_is_the_mean_difference_by_twice_the_mean(amounts):
    count, total = len(amounts), sum(amounts)
    expected = sum(abs(a - b) for a in amounts for b in amounts) / (2 * count * total) if total else 0

    assert gini(amounts) == pytest.approx(expected)


def test_gini_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="from 0"):
        gini([1, -1])
