from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.matchmaking.days import WORD, DayCosts, Days, DayWeights, DayWish, Half, Term, day_counts, least_breaks


@st.composite
def events(draw, most_slots=14):
    """Draw the days of an event."""
    lengths = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3).filter(lambda days: sum(days) <= most_slots))
    mornings = draw(st.just([]) | st.tuples(*(st.integers(0, length) for length in lengths)))
    return Days(lengths, mornings)


def slot_sets(days):
    return st.frozensets(st.integers(0, sum(days.lengths) - 1))


@st.composite
def wishes(draw, days):
    """Draw what somebody wishes."""
    return DayWish(
        no_waiting=draw(st.booleans()),
        most_in_a_row=draw(st.none() | st.integers(1, 4)),
        compact=draw(st.booleans()),
        half=draw(st.none() | st.sampled_from(Half)),
        lunch=draw(slot_sets(days)),
    )


def bits(slots):
    return sum(1 << slot for slot in slots)


@given(st.data(), events())
def test_days_in_numbers_cost_what_counting_slot_by_slot_says(data, days):
    people = data.draw(st.lists(st.tuples(wishes(days), slot_sets(days), slot_sets(days)), min_size=1, max_size=4))
    weights = DayWeights(*data.draw(st.tuples(*[st.integers(0, 9)] * 6)))
    costs = DayCosts(days, [bits(free | busy) for _, free, busy in people], [wish for wish, *_ in people], weights)

    everybody = np.arange(len(people))
    found = sum(
        costs.cost(part, words, everybody)
        for part, words in enumerate(costs.words([bits(busy) for *_, busy in people]))
    )
    for (wish, free, busy), cost in zip(people, np.atleast_1d(found).tolist(), strict=True):
        counts = day_counts(wish, busy, free | busy, days)
        #: The first half-day costs too, but always: only what changes matters to a search.
        first = weights.half_days * (wish.compact and bool(busy))
        assert cost == pytest.approx(first + sum(weights.of(term) * count for term, count in counts.items()))


@given(st.data(), events(most_slots=9), st.integers(0, 5))
def test_no_choice_of_slots_has_fewer_breaks_than_the_least_and_one_has_as_many(data, days, meetings):
    free = data.draw(slot_sets(days))
    locked = data.draw(st.frozensets(st.sampled_from(sorted(free)), max_size=2)) if free else frozenset()
    meetings = min(max(meetings, len(locked)), len(free))

    every = [
        day_counts(DayWish(), slots, free, days).get(Term.BREAKS, 0)
        for slots in combinations(sorted(free), meetings)
        if locked <= set(slots)
    ]
    assert least_breaks(free, meetings, days, locked) == min(every)


@given(st.data(), events(most_slots=9))
def test_nothing_locked_is_the_same_as_choosing_freely(data, days):
    free = data.draw(slot_sets(days))
    one = data.draw(st.integers(0, len(free)))
    least = min(least_breaks(free, one, days, [slot]) for slot in free) if free and one else 0

    assert least_breaks(free, one, days) == least


def test_a_day_longer_than_a_number_holds_is_counted_in_parts():
    days = Days([WORD + 10])
    costs = DayCosts(days, [0], weights=DayWeights(breaks=1))
    words = costs.words([bits({0, 2, WORD, WORD + 3})])

    assert [costs.cost(part, word, np.array([0])).tolist() for part, word in enumerate(words)] == [[1.0], [1.0]]


def test_each_wish_is_counted_where_it_fails():
    days = Days([6, 6], mornings=[2, 3])
    free = frozenset(range(12))

    def counts(slots, **wish):
        return day_counts(DayWish(**wish), slots, free, days)

    assert counts([0, 1, 4, 6]) == {Term.BREAKS: 1}
    assert counts([0, 1, 4, 6], no_waiting=True) == {Term.BREAKS: 1, Term.IDLE: 2}
    assert counts([0, 1, 2, 3], most_in_a_row=2) == {Term.NO_REST: 2}
    assert counts([0, 1, 2, 6], compact=True) == {Term.HALF_DAYS: 2}
    assert counts([0, 1, 2, 6], half=Half.MORNING) == {Term.OTHER_HALF: 1}
    assert counts([2, 3], lunch=frozenset({2, 3, 8})) == {Term.NO_LUNCH: 1}


def test_a_slot_in_which_somebody_is_away_is_a_break_but_no_waiting():
    counts = day_counts(DayWish(no_waiting=True), [0, 2], frozenset({0, 2}), Days([3]))

    assert counts == {Term.BREAKS: 1}


def test_no_single_wish_outweighs_a_break():
    weights = DayWeights()

    assert all(weights.of(term) < weights.breaks for term in Term if term is not Term.BREAKS)
