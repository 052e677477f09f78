"""Who may sign up for a session, and what a session still lacks."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.agenda.rules import (
    EditRefusal,
    Interval,
    LeaveRefusal,
    SessionGap,
    SignupRefusal,
    edit_refusal,
    leave_refusal,
    session_gaps,
    signup_refusal,
)
from tests import make

HOUR = timedelta(hours=1)
TEN = make.DOORS + HOUR


def at(start: float, end: float) -> Interval:
    return Interval(TEN + start * HOUR, TEN + end * HOUR)


FREE = {
    "is_confirmed": True,
    "takes_signups": True,
    "free_seats": None,
    "when": at(0, 1),
    "sessions": (),
    "meetings": (),
    "now": make.BEFORE,
}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"free_seats": 1}, None),
        ({"when": None}, None),
        ({"is_confirmed": False}, SignupRefusal.NOT_CONFIRMED),
        ({"takes_signups": False}, SignupRefusal.NO_SIGNUP),
        ({"opens_at": make.BEFORE + HOUR}, SignupRefusal.NOT_OPEN),
        ({"opens_at": make.BEFORE}, None),
        ({"opens_at": make.BEFORE + HOUR, "free_seats": 0}, SignupRefusal.NOT_OPEN),
        ({"free_seats": 0}, SignupRefusal.FULL),
        ({"now": TEN + HOUR}, SignupRefusal.OVER),
        ({"now": TEN + HOUR - timedelta(seconds=1)}, None),
        ({"sessions": [at(0.5, 2)]}, SignupRefusal.CLASH),
        ({"sessions": [at(-1, 0), at(1, 2)]}, None),
        ({"meetings": [at(0.9, 1.2)]}, SignupRefusal.MEETING),
        ({"meetings": [at(1, 1.3)]}, None),
        ({"speaking": [at(0.5, 2)]}, SignupRefusal.SPEAKING),
        ({"speaking": [at(-1, 0), at(1, 2)]}, None),
        ({"pitches": [at(0.5, 0.6)]}, SignupRefusal.PITCH),
        ({"speaking": [at(0, 1)], "pitches": [at(0, 1)], "sessions": [at(0, 1)]}, SignupRefusal.SPEAKING),
        ({"pitches": [at(0, 1)], "sessions": [at(0, 1)], "free_seats": 0}, SignupRefusal.PITCH),
        ({"days": [date(2025, 11, 28)], "day": date(2025, 11, 27)}, SignupRefusal.WRONG_DAY),
        ({"days": [date(2025, 11, 27)], "day": date(2025, 11, 27)}, None),
        ({"is_confirmed": False, "takes_signups": False}, SignupRefusal.NOT_CONFIRMED),
        ({"takes_signups": False, "free_seats": 0}, SignupRefusal.NO_SIGNUP),
        ({"now": TEN + 2 * HOUR, "sessions": [at(0, 1)]}, SignupRefusal.OVER),
        ({"sessions": [at(0, 1)], "meetings": [at(0, 1)], "free_seats": 0}, SignupRefusal.CLASH),
        ({"meetings": [at(0, 1)], "free_seats": 0}, SignupRefusal.MEETING),
    ],
)
def test_a_sign_up_is_refused_for_the_first_reason_that_holds(facts, reason):
    assert signup_refusal(**(FREE | facts)) is reason


moments = st.integers(0, 40).map(lambda n: TEN + n * timedelta(minutes=15))
intervals = st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Interval(*pair))


@given(intervals, intervals)
def test_two_stretches_overlap_both_ways_or_not_at_all(one, other):
    assert one.overlaps(other) == other.overlaps(one)
    shares_a_moment = any(
        one.starts_at <= TEN + n * timedelta(minutes=15) < one.ends_at
        and other.starts_at <= TEN + n * timedelta(minutes=15) < other.ends_at
        for n in range(41)
    )
    assert one.overlaps(other) == shares_a_moment


def test_a_session_can_be_left_until_it_is_over():
    assert leave_refusal(at(0, 1), now=TEN) is None
    assert leave_refusal(None, now=TEN) is None
    assert leave_refusal(at(0, 1), now=TEN + HOUR) is LeaveRefusal.OVER


@pytest.mark.parametrize(
    ("start", "end", "seats", "signed_up", "reason"),
    [
        (TEN, TEN + HOUR, None, 5, None),
        (None, None, 5, 5, None),
        (TEN, None, None, 0, EditRefusal.ONE_TIME_ONLY),
        (TEN, TEN, None, 0, EditRefusal.ENDS_TOO_EARLY),
        (TEN + HOUR, TEN, None, 0, EditRefusal.ENDS_TOO_EARLY),
        (TEN, TEN + HOUR, 4, 5, EditRefusal.SEATS_TAKEN),
    ],
)
def test_a_session_can_be_changed_only_into_one_that_can_be(start, end, seats, signed_up, reason):
    assert edit_refusal(start, end, has_title=True, seats=seats, signed_up=signed_up) is reason


def test_a_session_has_a_title():
    assert edit_refusal(None, None, has_title=False, seats=None, signed_up=0) is EditRefusal.NO_TITLE


def test_a_whole_session_lacks_nothing():
    whole = session_gaps(
        when=at(0, 1), has_room=True, room_capacity=30, seats=30, is_translated=True, same_room=[at(1, 2)]
    )
    assert whole == []


def test_what_a_session_lacks_is_told_all_at_once():
    assert session_gaps(
        when=None, has_room=False, room_capacity=None, seats=None, is_translated=False, same_room=[]
    ) == [SessionGap.NO_TIME, SessionGap.NO_ROOM, SessionGap.NOT_TRANSLATED]
    assert session_gaps(
        when=at(0, 1), has_room=True, room_capacity=10, seats=11, is_translated=True, same_room=[at(0.5, 1.5)]
    ) == [SessionGap.ROOM_TAKEN, SessionGap.TOO_MANY_SEATS]
