"""Who may ask, answer, withdraw, book, move, block and report; each rule as a table of cases."""

from datetime import timedelta

import pytest

from lsos.meetings.rules import (
    MEETING_MOVES,
    AnswerRefusal,
    BlockRefusal,
    MeetingMoveRefusal,
    MeetingState,
    OutcomeRefusal,
    PlaceRefusal,
    RequestRefusal,
    RequestState,
    answer_refusal,
    block_refusal,
    change_refusal,
    is_expired,
    is_held,
    meeting_move_refusal,
    outcome_refusal,
    place_refusal,
    request_refusal,
    withdrawal_refusal,
)
from tests import make

MAY_ASK = {
    "asker_takes_part": True,
    "other_takes_part": True,
    "may_ask": True,
    "is_same_person": False,
    "is_same_organisation": False,
    "avoids": False,
    "is_under_way": False,
    "last_slot_ends_at": make.DOORS,
    "requests_left": 1,
    "now": make.BEFORE,
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"is_same_person": True}, RequestRefusal.ONESELF),
        ({"asker_takes_part": False}, RequestRefusal.NOT_TAKING_PART),
        ({"other_takes_part": False}, RequestRefusal.OTHER_NOT_TAKING_PART),
        ({"asker_takes_part": False, "other_takes_part": False}, RequestRefusal.NOT_TAKING_PART),
        ({"is_same_organisation": True}, RequestRefusal.SAME_ORGANISATION),
        ({"avoids": True, "is_under_way": True}, RequestRefusal.AVOIDED),
        ({"is_under_way": True}, RequestRefusal.UNDER_WAY),
        ({"is_under_way": True, "may_ask": False}, RequestRefusal.UNDER_WAY),
        ({"may_ask": False, "requests_left": 0}, RequestRefusal.NOT_FOR_YOUR_KIND),
        ({"now": make.DOORS}, RequestRefusal.OVER),
        ({"now": make.DOORS - timedelta(seconds=1)}, None),
        ({"last_slot_ends_at": None}, RequestRefusal.OVER),
        ({"requests_left": 0}, RequestRefusal.TOO_MANY_OPEN),
    ],
)
def test_who_may_ask_whom(change, reason):
    assert request_refusal(**MAY_ASK | change) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"accepts": False}, None),
        ({"is_addressee": False}, AnswerRefusal.NOT_YOURS),
        ({"state": RequestState.ACCEPTED}, AnswerRefusal.CLOSED),
        ({"state": RequestState.DECLINED}, AnswerRefusal.CLOSED),
        ({"state": RequestState.EXPIRED}, AnswerRefusal.CLOSED),
        ({"state": RequestState.WITHDRAWN, "is_addressee": False}, AnswerRefusal.NOT_YOURS),
        ({"are_both_coming": False}, AnswerRefusal.NOT_COMING),
        ({"are_both_coming": False, "accepts": False}, None),
        ({"avoids": True, "are_both_coming": False}, AnswerRefusal.AVOIDED),
        ({"avoids": True, "accepts": False}, None),
    ],
)
def test_who_may_answer(change, reason):
    may = {
        "is_addressee": True,
        "state": RequestState.OPEN,
        "accepts": True,
        "avoids": False,
        "are_both_coming": True,
    }
    assert answer_refusal(**may | change) is reason


@pytest.mark.parametrize(
    ("is_asker", "is_party", "state", "has_meeting", "reason"),
    [
        (True, True, RequestState.OPEN, False, None),
        (False, True, RequestState.OPEN, False, AnswerRefusal.NOT_YOURS_TO_WITHDRAW),
        (False, True, RequestState.ACCEPTED, False, None),
        (False, False, RequestState.ACCEPTED, False, AnswerRefusal.NOT_YOURS_TO_WITHDRAW),
        (True, True, RequestState.ACCEPTED, True, AnswerRefusal.CLOSED),
        (True, True, RequestState.DECLINED, False, AnswerRefusal.CLOSED),
        (True, True, RequestState.EXPIRED, False, AnswerRefusal.CLOSED),
    ],
)
def test_who_may_take_a_request_back(is_asker, is_party, state, has_meeting, reason):
    found = withdrawal_refusal(is_asker=is_asker, is_party=is_party, state=state, has_meeting=has_meeting)
    assert found is reason


def test_only_an_open_request_expires_and_at_its_very_moment():
    assert is_expired(RequestState.OPEN, make.DOORS, make.DOORS)
    assert not is_expired(RequestState.OPEN, make.DOORS, make.DOORS - timedelta(seconds=1))
    assert not is_expired(RequestState.ACCEPTED, make.DOORS, make.DOORS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"now": make.DOORS}, PlaceRefusal.PAST),
        ({"first_is_free": False, "second_is_free": False}, PlaceRefusal.FIRST_BUSY),
        ({"second_is_free": False, "table_is_free": False}, PlaceRefusal.SECOND_BUSY),
        ({"first_is_full": True, "second_is_free": False}, PlaceRefusal.SECOND_BUSY),
        ({"first_is_full": True, "second_is_full": True}, PlaceRefusal.FIRST_FULL),
        ({"second_is_full": True, "table_is_free": False}, PlaceRefusal.SECOND_FULL),
        ({"table_is_free": False}, PlaceRefusal.TABLE_TAKEN),
    ],
)
def test_where_two_people_can_meet(change, reason):
    can = {
        "starts_at": make.DOORS,
        "first_is_free": True,
        "second_is_free": True,
        "first_is_full": False,
        "second_is_full": False,
        "table_is_free": True,
        "now": make.BEFORE,
    }
    assert place_refusal(**can | change) is reason


@pytest.mark.parametrize("state", list(MeetingState))
def test_only_a_meeting_ahead_can_be_moved_or_cancelled(state):
    ahead = change_refusal(state, starts_at=make.DOORS, now=make.BEFORE)
    begun = change_refusal(state, starts_at=make.DOORS, now=make.DOORS)
    if state in {MeetingState.PROPOSED, MeetingState.SCHEDULED}:
        assert ahead is None
        assert begun is MeetingMoveRefusal.BEGUN
    else:
        assert ahead is begun is MeetingMoveRefusal.DONE


@pytest.mark.parametrize("current", list(MeetingState))
@pytest.mark.parametrize("wanted", list(MeetingState))
def test_a_meeting_moves_as_the_table_of_moves_says(current, wanted):
    expected = None if wanted in MEETING_MOVES[current] else MeetingMoveRefusal.DONE
    assert meeting_move_refusal(current, wanted) is expected


def test_a_time_with_a_meeting_cannot_be_kept_free():
    assert block_refusal(starts_at=make.DOORS, has_meeting=True, now=make.BEFORE) is BlockRefusal.MEETING
    assert block_refusal(starts_at=make.DOORS, has_meeting=False, now=make.DOORS) is BlockRefusal.PAST
    assert block_refusal(starts_at=make.DOORS, has_meeting=False, now=make.BEFORE) is None


@pytest.mark.parametrize(
    ("is_participant", "state", "minutes", "reason"),
    [
        (True, MeetingState.SCHEDULED, 0, None),
        (True, MeetingState.NO_SHOW, 60, None),
        (True, MeetingState.HELD, 60, None),
        (True, MeetingState.SCHEDULED, -1, OutcomeRefusal.TOO_EARLY),
        (True, MeetingState.CANCELLED, 60, OutcomeRefusal.CANCELLED),
        (True, MeetingState.PROPOSED, 60, OutcomeRefusal.NOT_PUBLISHED),
        (False, MeetingState.HELD, 60, OutcomeRefusal.NOT_YOURS),
    ],
)
def test_who_may_say_what_came_of_a_meeting(is_participant, state, minutes, reason):
    now = make.DOORS + timedelta(minutes=minutes)
    assert outcome_refusal(is_participant=is_participant, state=state, starts_at=make.DOORS, now=now) is reason


@pytest.mark.parametrize(
    ("present", "sides", "held"),
    [
        ({1, 2, 9}, [{1}, {2}], True),
        ({1}, [{1}, {2}], False),
        ({3, 2}, [{1, 3}, {2}], True),
        ({1, 3}, [{1, 3}, {2}], False),
        (set(), [], False),
    ],
)
def test_a_meeting_is_held_when_somebody_of_each_side_was_there(present, sides, held):
    assert is_held(present, sides) is held
