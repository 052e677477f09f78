"""When somebody may be erased, and when something's time is over."""

from datetime import date, timedelta
from typing import Any

import pytest

from lsos.privacy.rules import (
    KEEPINGS,
    QUESTION_PREFIX,
    QUESTIONS,
    DataClass,
    ErasureRefusal,
    ErasureState,
    days_kept,
    due_on,
    erasure_refusal,
    is_due,
    is_retyped,
    take_back_refusal,
)

DAY = date(2026, 5, 12)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({}, None),
        ({"state": ErasureState.TAKEN_BACK}, None),
        ({"state": ErasureState.ASKED}, ErasureRefusal.ALREADY),
        ({"state": ErasureState.CONFIRMED}, ErasureRefusal.ALREADY),
        ({"owned_alone": ["LSOS 2026"], "state": ErasureState.ASKED}, ErasureRefusal.ONLY_OWNER),
        ({"owns_all_alone": True, "owned_alone": ["LSOS 2026"]}, ErasureRefusal.ONLY_OWNER_OF_ALL),
        ({"is_erased": True, "owns_all_alone": True}, ErasureRefusal.ERASED),
    ],
)
def test_who_cannot_be_erased(facts: dict[str, Any], refusal: ErasureRefusal | None):
    plain: dict[str, Any] = {"is_erased": False, "owns_all_alone": False, "owned_alone": [], "state": None}
    assert erasure_refusal(**(plain | facts)) is refusal


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (ErasureState.ASKED, None),
        (ErasureState.CONFIRMED, None),
        (ErasureState.LAPSED, ErasureRefusal.NOT_ASKED),
        (ErasureState.DONE, ErasureRefusal.TOO_LATE),
    ],
)
def test_what_can_be_taken_back(state: ErasureState, refusal: ErasureRefusal | None):
    assert take_back_refusal(state) is refusal


def test_retyping_forgives_capitals_and_blanks_and_nothing_else():
    assert is_retyped(" Ola@Example.org ", "ola@example.org")
    assert is_retyped("Łucja  Wąs", "Łucja Wąs")
    assert not is_retyped("Lucja Was", "Łucja Wąs")


def test_something_is_kept_on_the_last_of_its_days_and_goes_on_the_next():
    assert due_on(DAY, 14) == DAY + timedelta(days=15)
    assert not is_due(DAY, 14, today=DAY + timedelta(days=14))
    assert is_due(DAY, 14, today=DAY + timedelta(days=15))
    assert not is_due(DAY, None, today=DAY + timedelta(days=9999))


@pytest.mark.parametrize(
    ("what", "chosen", "days"),
    [
        (DataClass.NEEDS, {}, 14),
        (DataClass.NEEDS, {DataClass.NEEDS: 3}, 3),
        (DataClass.NEEDS, {DataClass.NEEDS: None}, None),
        (QUESTION_PREFIX + "a", {}, 180),
        (QUESTION_PREFIX + "a", {QUESTIONS: 30}, 30),
        (QUESTION_PREFIX + "a", {QUESTIONS: 30, QUESTION_PREFIX + "a": None}, None),
    ],
)
def test_a_question_is_kept_like_the_others_unless_it_has_a_time_of_its_own(
    what: str, chosen: dict[str, int | None], days: int | None
):
    assert days_kept(what, chosen) == days


def test_every_class_of_data_has_a_proposal():
    assert {one.code for one in KEEPINGS} == {*DataClass, QUESTIONS}
