"""Whose turn it is, and how long an offer holds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.registration.waiting_rules import (
    LEAST_BEFORE_DOORS,
    SHORTEST_OFFER,
    EntryState,
    Party,
    WaitingRefusal,
    answer_refusal,
    offer_ends,
    whose_turn,
)
from tests.make import DOORS

HOUR = timedelta(hours=1)
HALL, ZONE = 1, 2


def party(key: int, size: int = 1, *capacities: int) -> Party:
    return Party(key, size, frozenset(capacities or [HALL]))


@pytest.mark.parametrize(
    ("parties", "free", "passing", "turn"),
    [
        ([], {HALL: 5}, (), []),
        ([party(1), party(2), party(3)], {HALL: 2}, (), [1, 2]),
        ([party(1, 3)], {HALL: 3}, (), [1]),
        #: Two seats are too few for the three who are first; nobody smaller overtakes them.
        ([party(1, 3), party(2), party(3)], {HALL: 2}, (), []),
        ([party(1, 3), party(2), party(3)], {HALL: 2}, (HALL,), [2, 3]),
        #: Who is short of a stand does not keep others from the hall, where there is room.
        ([party(1, 1, HALL, ZONE), party(2)], {HALL: 1, ZONE: 0}, (), [2]),
        ([party(1, 1, HALL, ZONE), party(2, 1, ZONE)], {HALL: 0, ZONE: 1}, (), [2]),
        ([party(1, 2, HALL, ZONE), party(2, 1, ZONE), party(3)], {HALL: 1, ZONE: 1}, (), []),
        #: Nothing is counted for this one.
        ([Party(1, 4, frozenset())], {}, (), [1]),
    ],
)
def test_seats_go_to_whom_the_order_says(parties, free, passing, turn):
    assert whose_turn(parties, free, lets_smaller_pass=passing) == turn


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sets(st.sampled_from([HALL, ZONE]), min_size=1)), max_size=8),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_no_more_seats_are_given_than_are_free_and_nobody_of_the_same_kind_is_passed(sizes, hall, zone):
    parties = [Party(key, size, frozenset(needs)) for key, (size, needs) in enumerate(sizes)]
    turn = whose_turn(parties, {HALL: hall, ZONE: zone})
    for capacity, free in ((HALL, hall), (ZONE, zone)):
        assert sum(one.size for one in parties if one.key in turn and capacity in one.capacities) <= free
    for one in parties:
        behind = [key for key in turn if key > one.key and parties[key].capacities == one.capacities]
        assert one.key in turn or not behind


@pytest.mark.parametrize(
    ("left", "hours", "holds"),
    [
        (timedelta(days=30), 48, 48 * HOUR),
        (8 * 24 * HOUR, 48, 48 * HOUR),
        (4 * 24 * HOUR, 48, 24 * HOUR),
        (4 * 24 * HOUR, 12, 12 * HOUR),
        (8 * HOUR, 48, 2 * HOUR),
        (LEAST_BEFORE_DOORS + HOUR / 2, 48, SHORTEST_OFFER),
        (-HOUR, 48, SHORTEST_OFFER),
    ],
)
def test_an_offer_holds_for_the_hours_of_its_seats_and_shorter_near_the_event(left, hours, holds):
    now = DOORS - left
    assert offer_ends(now, hours=hours, doors_open_at=DOORS) == now + holds


@pytest.mark.parametrize(
    ("state", "until", "refusal"),
    [
        (EntryState.OFFERED, DOORS + HOUR, None),
        (EntryState.OFFERED, DOORS, WaitingRefusal.NO_OFFER),
        (EntryState.WAITING, None, WaitingRefusal.NO_OFFER),
        (EntryState.EXPIRED, None, WaitingRefusal.NO_OFFER),
    ],
)
def test_an_offer_is_taken_while_it_holds(state, until, refusal):
    assert answer_refusal(state, offered_until=until, now=DOORS) is refusal
