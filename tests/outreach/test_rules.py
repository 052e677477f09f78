"""Who may be written to, and when."""

from datetime import UTC, datetime, time, timedelta

import pytest

from lsos.outreach.rules import (
    Anchor,
    Audience,
    CampaignState,
    LeftOut,
    LetterPurpose,
    OutreachRefusal,
    RuleRefusal,
    Standing,
    WrittenTo,
    again_refusal,
    anchored_within,
    audience_refusal,
    due_for,
    edit_refusal,
    freeze_refusal,
    is_due,
    left_out,
    move_refusal,
    rule_refusal,
    send_refusal,
    standing,
    view_refusal,
)
from tests.make import BEFORE

S, R, T = CampaignState, OutreachRefusal, Standing


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
        assert move_refusal(T(state.value), S.DRAFT) is R.NOT_FROM_HERE
        assert move_refusal(T(state.value), S.FROZEN) is R.NOT_FROM_HERE


@pytest.mark.parametrize(
    ("state", "to_come", "expected"),
    [
        (S.DRAFT, 0, T.DRAFT),
        (S.FROZEN, 0, T.FROZEN),
        (S.SENDING, 1, T.SENDING),
        (S.SENDING, 0, T.SENT),
        (S.PAUSED, 1, T.PAUSED),
        (S.PAUSED, 0, T.SENT),
        (S.STOPPED, 0, T.STOPPED),
    ],
)
def test_a_letter_is_sent_once_nothing_of_it_is_to_come(state, to_come, expected):
    assert standing(state, to_come=to_come) is expected


@pytest.mark.parametrize("wanted", list(S))
def test_what_is_sent_is_neither_held_up_nor_stopped_nor_written_again(wanted):
    assert move_refusal(T.SENT, wanted) is R.OVER


@pytest.mark.parametrize(
    ("stands", "missed", "expected"),
    [
        (T.SENT, 2, None),
        (T.STOPPED, 2, None),
        (T.SENT, 0, R.REACHED_ALL),
        (T.SENDING, 2, R.NOT_OVER),
        (T.PAUSED, 2, R.NOT_OVER),
        (T.DRAFT, 2, R.NOT_OVER),
    ],
)
def test_whom_a_letter_missed_may_be_written_to_again_once_it_is_over(stands, missed, expected):
    assert again_refusal(stands, missed=missed) is expected


@pytest.mark.parametrize(
    ("gone", "has_filter", "expected"),
    [
        ([], True, None),
        (["Lunch"], True, R.VIEW_GONE),
        (["Lunch"], False, R.VIEW_GONE),
        ([], False, R.VIEW_OF_ALL),
    ],
)
def test_a_view_of_everybody_or_by_what_is_gone_chooses_nobody(gone, has_filter, expected):
    assert view_refusal(gone=gone, has_filter=has_filter) is expected


@pytest.mark.parametrize(("after", "expected"), [(-1, False), (0, True), (47, True), (48, False), (500, False)])
def test_a_timed_letter_is_due_from_its_time_until_its_window_closes(after: int, expected: bool):
    assert is_due(BEFORE, window_hours=48, now=BEFORE + timedelta(hours=after)) is expected


ZONE = "Europe/Warsaw"


@pytest.mark.parametrize("days", [-3, 0, 3])
@pytest.mark.parametrize("window", [1, 24, 49])
def test_who_is_due_by_the_span_of_days_is_who_is_due_by_their_own_day(days: int, window: int):
    at = time(9)
    for hour in range(0, 24 * 12, 7):
        #: Across the end of summer time, when a day has 25 hours.
        now = datetime(2025, 10, 20, 5, 30, tzinfo=UTC) + timedelta(hours=hour)
        begin, end = anchored_within(days=days, at=at, window_hours=window, zone=ZONE, now=now)
        for own in (now + timedelta(hours=step) for step in range(-24 * 8, 24 * 8, 5)):
            due = due_for(own, days=days, at=at, zone=ZONE)
            assert (begin <= own < end) == is_due(due, window_hours=window, now=now)


@pytest.mark.parametrize(
    ("reader", "anchor", "audience", "has_day", "refusal"),
    [
        (WrittenTo.REGISTERED, Anchor.START, Audience(states=("confirmed",)), False, None),
        (WrittenTo.REGISTERED, Anchor.START, Audience(), False, OutreachRefusal.NO_STATE),
        (WrittenTo.REGISTERED, Anchor.INVITED, Audience(states=("confirmed",)), False, RuleRefusal.NOT_FOR_THEM),
        (WrittenTo.REGISTERED, Anchor.QUESTION, Audience(states=("confirmed",)), False, RuleRefusal.NO_QUESTION),
        (WrittenTo.REGISTERED, Anchor.QUESTION, Audience(states=("confirmed",)), True, None),
        (WrittenTo.INVITED, Anchor.ANSWER_BY, Audience(), False, None),
        (WrittenTo.INVITED, Anchor.REGISTERED, Audience(), False, RuleRefusal.NOT_FOR_THEM),
    ],
)
def test_a_rule_counts_from_a_day_that_its_readers_have(
    reader: WrittenTo, anchor: Anchor, audience: Audience, has_day: bool, refusal: RuleRefusal | OutreachRefusal | None
):
    assert rule_refusal(reader, anchor, audience, has_required_day=has_day) == refusal


def test_nobody_is_written_to_before_they_are_known():
    chosen = Audience(states=("confirmed",))
    refusal = rule_refusal(WrittenTo.REGISTERED, Anchor.REGISTERED, chosen, days=-1)
    assert refusal is RuleRefusal.NOT_KNOWN_BEFORE
    assert rule_refusal(WrittenTo.REGISTERED, Anchor.CLOSING, chosen, days=-1) is None
