"""Who may hand a seat on, who may take it, and until when."""

from datetime import timedelta
from typing import Any

import pytest

from lsos.registration.rules import RegistrationState
from lsos.registration.transfer_rules import (
    OFFER_LIFE,
    OfferRefusal,
    TakingRefusal,
    TransferState,
    colleague_refusal,
    needs_review,
    offer_ends,
    offer_refusal,
    taking_refusal,
)
from tests.make import BEFORE, DOORS

S = RegistrationState
MAY: dict[str, Any] = {
    "state": S.CONFIRMED,
    "is_transferable": True,
    "is_of_delegation": False,
    "has_offer": False,
    "doors_close_at": DOORS,
    "now": BEFORE,
}


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({}, None),
        ({"state": S.PENDING}, OfferRefusal.NO_SEAT),
        ({"state": S.WAITLISTED}, OfferRefusal.NO_SEAT),
        ({"state": S.CANCELLED, "now": DOORS}, OfferRefusal.NO_SEAT),
        ({"now": DOORS - timedelta(seconds=1)}, None),
        ({"now": DOORS}, OfferRefusal.OVER),
        ({"is_transferable": False}, OfferRefusal.NOT_THIS_KIND),
        ({"is_of_delegation": True}, OfferRefusal.DELEGATION),
        ({"is_of_delegation": True, "is_transferable": False}, OfferRefusal.NOT_THIS_KIND),
        ({"has_offer": True}, OfferRefusal.OFFERED),
    ],
)
def test_a_confirmed_seat_that_is_ones_own_can_be_offered_once_until_the_doors_close(
    facts: dict[str, Any], refusal: OfferRefusal | None
):
    known = MAY | facts
    assert offer_refusal(known.pop("state"), **known) is refusal


@pytest.mark.parametrize(
    ("state", "is_public_guest", "refusal"),
    [
        (None, False, None),
        (S.WAITLISTED, False, None),
        (S.PENDING, False, None),
        (S.CANCELLED, False, None),
        (S.CONFIRMED, True, None),
        (S.CONFIRMED, False, OfferRefusal.HAS_SEAT),
        (S.DECLINED, False, OfferRefusal.DECLINED),
        (S.DECLINED, True, OfferRefusal.DECLINED),
    ],
)
def test_who_has_no_such_seat_and_was_not_declined_may_take_it(
    state: RegistrationState | None, is_public_guest: bool, refusal: OfferRefusal | None
):
    assert colleague_refusal(state, is_public_guest=is_public_guest) is refusal


@pytest.mark.parametrize(
    ("state", "now", "refusal"),
    [
        (TransferState.OFFERED, BEFORE, None),
        (TransferState.OFFERED, DOORS - timedelta(seconds=1), None),
        (TransferState.OFFERED, DOORS, TakingRefusal.EXPIRED),
        (TransferState.ACCEPTED, BEFORE, TakingRefusal.ACCEPTED),
        (TransferState.DECLINED, BEFORE, TakingRefusal.DECLINED),
        (TransferState.TAKEN_BACK, BEFORE, TakingRefusal.TAKEN_BACK),
        (TransferState.EXPIRED, BEFORE, TakingRefusal.EXPIRED),
    ],
)
def test_an_offer_is_answered_once_and_in_time(state: TransferState, now: Any, refusal: TakingRefusal | None):
    assert taking_refusal(state, expires_at=DOORS, now=now) is refusal


def test_an_offer_lives_a_week_and_never_longer_than_the_doors_are_open():
    assert offer_ends(BEFORE, doors_close_at=BEFORE + 3 * OFFER_LIFE) == BEFORE + OFFER_LIFE
    assert offer_ends(BEFORE, doors_close_at=BEFORE + timedelta(hours=1)) == BEFORE + timedelta(hours=1)


@pytest.mark.parametrize("needs_approval", [True, False])
@pytest.mark.parametrize("watches_answers", [True, False])
def test_the_colleague_is_approved_where_approval_rests_on_who_one_is(needs_approval: bool, watches_answers: bool):
    assert needs_review(needs_approval=needs_approval, watches_answers=watches_answers) is (
        needs_approval and watches_answers
    )
