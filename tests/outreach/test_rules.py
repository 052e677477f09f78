"""Who may be written to, and when."""

from datetime import timedelta

import pytest

from lsos.outreach.rules import (
    Audience,
    CampaignState,
    LeftOut,
    LetterPurpose,
    OutreachRefusal,
    audience_refusal,
    edit_refusal,
    freeze_refusal,
    is_due,
    left_out,
    move_refusal,
    send_refusal,
)
from tests.make import BEFORE

S, R = CampaignState, OutreachRefusal


def test_choosing_nothing_chooses_nobody():
    assert audience_refusal(Audience()) is R.NO_STATE
    assert audience_refusal(Audience(types=("participant",))) is R.NO_STATE
    assert audience_refusal(Audience(states=("confirmed",))) is None


def test_a_choice_is_read_back_as_it_was_and_what_is_not_known_any_more_says_nothing():
    chosen = Audience(states=("confirmed", "pending"), news="yes", words="ola")
    assert Audience.from_dict(chosen.as_dict()) == chosen
    assert Audience.from_dict({"states": ["confirmed"], "shoe_size": "44"}) == Audience(states=("confirmed",))


@pytest.mark.parametrize(
    ("purpose", "address", "agreed", "expected"),
    [
        (LetterPurpose.ORGANISATIONAL, "a@b.c", False, None),
        (LetterPurpose.NEWS, "a@b.c", True, None),
        (LetterPurpose.NEWS, "a@b.c", False, LeftOut.NOT_AGREED),
        (LetterPurpose.ORGANISATIONAL, "", True, LeftOut.NO_ADDRESS),
        (LetterPurpose.NEWS, "", False, LeftOut.NO_ADDRESS),
    ],
)
def test_news_needs_the_consent_and_organisational_letters_do_not(purpose, address, agreed, expected):
    assert left_out(purpose, address=address, has_agreed=agreed) is expected


@pytest.mark.parametrize(
    ("state", "readers", "written", "expected"),
    [
        (S.DRAFT, ["pl", "en"], ["pl", "en"], None),
        (S.DRAFT, [], ["pl", "en"], R.NOBODY),
        (S.DRAFT, ["pl"], ["pl"], None),
        (S.DRAFT, ["pl", "en"], ["pl"], R.ENGLISH_MISSING),
        (S.DRAFT, ["pl"], ["en"], R.POLISH_MISSING),
        (S.FROZEN, ["pl"], ["pl"], R.FIXED),
        (S.SENDING, [], [], R.SENT),
    ],
)
def test_nobody_gets_a_letter_in_a_language_that_is_not_theirs(state, readers, written, expected):
    assert freeze_refusal(state, readers=readers, written=written) is expected


@pytest.mark.parametrize(
    ("state", "number", "typed", "expected"),
    [
        (S.FROZEN, 312, 312, None),
        (S.FROZEN, 312, 31, R.WRONG_NUMBER),
        (S.FROZEN, 312, None, R.WRONG_NUMBER),
        (S.FROZEN, 0, 0, R.NOBODY),
        (S.DRAFT, 312, 312, R.NOT_FIXED),
        (S.SENDING, 312, 312, R.SENT),
        (S.PAUSED, 312, 312, R.SENT),
        (S.STOPPED, 312, 312, R.SENT),
    ],
)
def test_sending_needs_the_number_and_happens_once(state, number, typed, expected):
    assert send_refusal(state, number=number, typed=typed) is expected


def test_what_was_sent_off_is_never_written_or_fixed_again():
    for state in (S.SENDING, S.PAUSED, S.STOPPED):
        assert edit_refusal(state) is R.SENT
        assert move_refusal(state, S.DRAFT) is R.NOT_FROM_HERE
        assert move_refusal(state, S.FROZEN) is R.NOT_FROM_HERE


@pytest.mark.parametrize(("after", "expected"), [(-1, False), (0, True), (47, True), (48, False), (500, False)])
def test_a_timed_letter_is_due_from_its_time_until_its_window_closes(after: int, expected: bool):
    assert is_due(BEFORE, window_hours=48, now=BEFORE + timedelta(hours=after)) is expected
