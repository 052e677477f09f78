"""Who may register when, which moves there are, and who sees whom."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.registration.rules import (
    MOVES,
    MoveRefusal,
    Purpose,
    RegistrationRefusal,
    RegistrationState,
    consent_refusal,
    may_be_shown,
    move_refusal,
    registration_refusal,
    repeat_refusal,
    state_for_lack_of_a_seat,
    state_on_arrival,
    takes_part_in_matchmaking,
)
from tests.make import DOORS

S = RegistrationState
R = RegistrationRefusal
HOUR = timedelta(hours=1)
OPEN: dict[str, Any] = {
    "is_published": True,
    "is_cancelled": False,
    "is_by_invitation": False,
    "opens_at": None,
    "closes_at": None,
    "ends_at": DOORS + 8 * HOUR,
    "now": DOORS,
}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({}, None),
        ({"is_published": False}, R.NOT_PUBLISHED),
        ({"is_cancelled": True}, R.EVENT_CANCELLED),
        ({"is_cancelled": True, "is_published": False}, R.EVENT_CANCELLED),
        ({"opens_at": DOORS + HOUR}, R.NOT_OPEN_YET),
        ({"opens_at": DOORS}, None),
        ({"closes_at": DOORS}, None),
        ({"closes_at": DOORS - timedelta(seconds=1)}, R.CLOSED),
        ({"ends_at": DOORS}, None),
        ({"ends_at": DOORS - timedelta(seconds=1)}, R.OVER),
        ({"ends_at": DOORS - HOUR, "closes_at": DOORS - HOUR}, R.OVER),
        ({"is_by_invitation": True}, R.BY_INVITATION),
        ({"is_by_invitation": True, "closes_at": DOORS - HOUR}, R.CLOSED),
    ],
)
def test_registration_is_open_or_says_why_not(changed: dict[str, Any], refusal: RegistrationRefusal | None):
    assert registration_refusal(**(OPEN | changed)) is refusal


@pytest.mark.parametrize(
    ("needs_approval", "has_seat", "state"),
    [
        (False, True, S.CONFIRMED),
        (False, False, S.WAITLISTED),
        (True, True, S.PENDING),
        (True, False, S.PENDING),
    ],
)
def test_a_registration_starts_where_approval_and_seats_put_it(needs_approval: bool, has_seat: bool, state: S):
    assert state_on_arrival(needs_approval=needs_approval, has_seat=has_seat) is state


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (S.CANCELLED, None),
        (S.DECLINED, R.DECLINED),
        (S.PENDING, R.ALREADY),
        (S.WAITLISTED, R.ALREADY),
        (S.CONFIRMED, R.ALREADY),
    ],
)
def test_only_who_cancelled_may_register_once_more(state: S, refusal: RegistrationRefusal | None):
    assert repeat_refusal(state) is refusal


@given(st.sampled_from(S), st.sampled_from(S))
def test_a_move_is_refused_exactly_when_it_is_not_listed(current: S, wanted: S):
    assert (move_refusal(current, wanted) is None) == (wanted in MOVES[current])


def test_what_is_left_of_somebody_who_was_erased_moves_nowhere():
    assert {move_refusal(one, other, is_erased=True) for one in S for other in S} == {MoveRefusal.ERASED}


def test_nobody_moves_to_where_they_stand():
    assert {move_refusal(state, state) for state in S} == {MoveRefusal.NOT_FROM_HERE}


@pytest.mark.parametrize(
    ("state", "instead"), [(S.PENDING, S.WAITLISTED), (S.DECLINED, S.WAITLISTED), (S.WAITLISTED, None)]
)
def test_without_a_seat_whoever_is_let_in_waits(state: S, instead: S | None):
    assert state_for_lack_of_a_seat(state) is instead


@pytest.mark.parametrize(
    ("required", "given_ones", "refusal"),
    [
        (set(), set(), None),
        ({"terms"}, {"terms", "image"}, None),
        ({"terms"}, set(), R.CONSENT_MISSING),
        ({"terms", "privacy-notice"}, {"terms"}, R.CONSENT_MISSING),
    ],
)
def test_what_is_required_must_be_agreed_to(required: set[str], given_ones: set[str], refusal: R | None):
    assert consent_refusal(required, given_ones) is refusal


@given(st.sampled_from(S), st.sets(st.sampled_from(Purpose)))
def test_only_the_confirmed_who_agreed_are_seen_and_matched(state: S, purposes: set[str]):
    is_in = state is S.CONFIRMED
    assert may_be_shown(state, purposes, purpose=Purpose.CATALOGUE) == (is_in and Purpose.CATALOGUE in purposes)
    assert takes_part_in_matchmaking(state, True, purposes) == (is_in and Purpose.MATCHMAKING in purposes)
    assert not takes_part_in_matchmaking(state, False, purposes)
