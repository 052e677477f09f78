"""How many are expected by when: by tables, and as laws of the range."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.checkin.expecting import ASSUMED, Basis, Turnout, by_day, by_plan, expected, turnout
from tests.make import DOORS

MINUTE = timedelta(minutes=1)
HALF = Turnout(0.5, 1.0, Basis.ASSUMED)


@pytest.mark.parametrize(
    ("day", "events", "found"),
    [
        (None, [], Turnout(*ASSUMED, Basis.ASSUMED)),
        ((60, 100), [(90, 100)], Turnout(0.5, 0.7, Basis.DAY)),
        ((95, 100), [], Turnout(0.85, 1.0, Basis.DAY)),
        #: A handful says nothing.
        ((5, 100), [], Turnout(*ASSUMED, Basis.ASSUMED)),
        (None, [(60, 100), (80, 100)], Turnout(0.55, 0.85, Basis.EVENTS)),
        (None, [(3, 4)], Turnout(*ASSUMED, Basis.ASSUMED)),
    ],
)
def test_which_share_comes(day, events, found):
    share = turnout(day, events)
    assert (pytest.approx(share.low), pytest.approx(share.high), share.basis) == (found.low, found.high, found.basis)


def seen(stretches, *minutes):
    return [(one.low, one.high) for one in expected(stretches, HALF, [DOORS + n * MINUTE for n in minutes])]


def test_people_come_for_what_they_signed_up_for_first():
    plans = by_plan([DOORS + 120 * MINUTE] * 10, opens_at=DOORS, begins_at=DOORS)
    assert seen(plans, 59, 60, 134, 135, 600) == [(0, 0), (0, 10), (0, 10), (5, 10), (5, 10)]


def test_nobody_comes_before_the_doors_open():
    plans = by_plan([DOORS - 30 * MINUTE, DOORS, None], opens_at=DOORS, begins_at=None)
    assert seen(plans, -1, 0, 15, 180) == [(0, 0), (0, 3), (1, 3), (1, 3)]


def test_who_signed_up_for_nothing_comes_within_three_hours_of_the_first_session():
    plans = by_plan([None] * 4, opens_at=DOORS, begins_at=DOORS + 60 * MINUTE)
    assert seen(plans, 0, 239, 240) == [(0, 4), (0, 4), (2, 4)]


def test_a_second_day_goes_as_the_first():
    stretches = by_day(100, [n * MINUTE for n in range(50)], opens_at=DOORS)
    assert seen(stretches, -21, 5, 45, 69) == [(0, 0), (0, 52), (26, 100), (50, 100)]


OFFSETS = st.lists(st.integers(0, 600).map(lambda n: n * MINUTE), min_size=20, max_size=60)


@given(st.integers(0, 80), OFFSETS, st.floats(0, 1), st.floats(0, 1))
def test_the_range_rises_and_ends_at_the_share_of_all(people, offsets, one, other):
    share = Turnout(min(one, other), max(one, other), Basis.DAY)
    moments = [DOORS + n * MINUTE for n in range(-60, 700, 7)]
    found = expected(by_day(people, offsets, opens_at=DOORS), share, moments)
    lows, highs = [each.low for each in found], [each.high for each in found]
    assert lows == sorted(lows)
    assert highs == sorted(highs)
    assert all(each.low <= each.high <= people for each in found)
    assert (lows[-1], highs[0]) == (int(share.low * people), 0)
