"""A whole event at its full size, with all that must never happen looked for after each act."""

import pytest

from lsos.simulation.story import simulate

pytestmark = pytest.mark.torture


def test_twelve_hundred_people_meet_for_two_days_and_no_promise_is_broken():
    made = simulate(1200, seed=1)
    assert made.figures["held"] > 500
