"""The rules of proposals, each with its edges and which reason wins."""

from datetime import date, timedelta

import pytest

from lsos.proposals.rules import (
    AnswerRefusal,
    CallRefusal,
    DecisionRefusal,
    Gap,
    ProposalState,
    SpeakerGap,
    SpeakerRefusal,
    WriteRefusal,
    answer_refusal,
    call_refusal,
    decision_refusal,
    edit_refusal,
    gaps,
    new_refusal,
    speaker_gaps,
    speaker_refusal,
)
from lsos.zone.rules import Decision
from tests import make

OPENS, CLOSES = make.BEFORE, make.BEFORE + timedelta(days=5)
S, D = ProposalState, Decision
DAY = date(2025, 11, 1)


@pytest.mark.parametrize(
    ("closes_in", "formats", "why"),
    [
        (1, 1, None),
        (0, 1, CallRefusal.CLOSES_TOO_EARLY),
        (-1, 0, CallRefusal.CLOSES_TOO_EARLY),
        (1, 0, CallRefusal.NO_FORMAT),
    ],
)
def test_a_call_closes_after_it_opens_and_offers_something(closes_in: int, formats: int, why: CallRefusal | None):
    closes_at = OPENS + timedelta(seconds=closes_in)
    assert call_refusal(opens_at=OPENS, closes_at=closes_at, formats=formats) is why


@pytest.mark.parametrize(
    ("now", "mine", "per_person", "why"),
    [
        (OPENS - timedelta(seconds=1), 0, None, WriteRefusal.NOT_OPEN_YET),
        (OPENS, 0, None, None),
        (CLOSES - timedelta(seconds=1), 1, 2, None),
        (CLOSES, 0, None, WriteRefusal.CLOSED),
        (OPENS, 2, 2, WriteRefusal.LIMIT),
        (OPENS, 19, None, None),
        (OPENS, 20, None, WriteRefusal.LIMIT),
        (CLOSES, 2, 2, WriteRefusal.CLOSED),
    ],
)
def test_one_begins_a_proposal_while_the_call_is_open_and_the_limit_is_not_reached(now, mine, per_person, why):
    assert new_refusal(opens_at=OPENS, closes_at=CLOSES, mine=mine, per_person=per_person, now=now) is why


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (S.DRAFT, None),
        (S.SENT, None),
        (S.WITHDRAWN, WriteRefusal.WITHDRAWN),
        (S.GIVEN_UP, WriteRefusal.WITHDRAWN),
        (S.ACCEPTED, WriteRefusal.DECIDED),
        (S.CONFIRMED, WriteRefusal.DECIDED),
    ],
)
def test_a_proposal_changes_until_it_is_decided(state: ProposalState, why: WriteRefusal | None):
    assert edit_refusal(state, opens_at=OPENS, closes_at=CLOSES, now=OPENS) is why


def test_a_draft_after_the_close_is_not_sent():
    assert edit_refusal(S.DRAFT, opens_at=OPENS, closes_at=CLOSES, now=CLOSES) is WriteRefusal.CLOSED


def test_what_is_missing_is_listed_in_the_order_of_the_form():
    assert gaps(title=False, abstract=True, has_format=False, languages=True) == [Gap.TITLE, Gap.FORMAT]


@pytest.mark.parametrize(
    ("decision", "state", "is_bound", "why"),
    [
        (D.ACCEPT, S.SENT, False, None),
        (D.ACCEPT, S.SENT, True, DecisionRefusal.CONFLICT),
        (D.ACCEPT, S.WITHDRAWN, True, DecisionRefusal.CONFLICT),
        (D.ACCEPT, S.ACCEPTED, False, DecisionRefusal.SAME),
        (D.DECLINE, S.ACCEPTED, False, None),
        (D.DECLINE, S.CONFIRMED, False, DecisionRefusal.CONFIRMED),
        (D.WAIT, S.DRAFT, False, DecisionRefusal.WITHDRAWN),
        (D.ACCEPT, S.GIVEN_UP, False, DecisionRefusal.WITHDRAWN),
        (D.ACCEPT, S.DECLINED, False, None),
    ],
)
def test_a_decision_can_be_changed_until_the_speaker_confirms(decision, state, is_bound, why):
    assert decision_refusal(decision, state, is_bound=is_bound) is why


@pytest.mark.parametrize(
    ("state", "says_yes", "today", "why"),
    [
        (S.ACCEPTED, True, DAY, None),
        (S.ACCEPTED, True, DAY + timedelta(days=1), AnswerRefusal.TOO_LATE),
        (S.ACCEPTED, False, DAY + timedelta(days=1), None),
        (S.CONFIRMED, True, DAY + timedelta(days=1), None),
        (S.CONFIRMED, False, DAY, None),
        (S.SENT, True, DAY, AnswerRefusal.NOT_ACCEPTED),
        (S.GIVEN_UP, True, DAY, AnswerRefusal.NO_MORE),
    ],
)
def test_one_confirms_until_the_day_and_gives_up_at_any_time(state, says_yes, today, why):
    assert answer_refusal(state, says_yes=says_yes, confirm_by=DAY, today=today) is why


def test_nobody_is_named_twice_nor_more_than_ten():
    assert speaker_refusal(is_there=True, others=1) is SpeakerRefusal.THERE
    assert speaker_refusal(is_there=False, others=9) is None
    assert speaker_refusal(is_there=False, others=10) is SpeakerRefusal.TOO_MANY


def test_a_no_to_pictures_is_an_answer():
    assert speaker_gaps(has_confirmed=True, bio_languages=2, has_photo_answer=True, days=["2025-11-27"]) == []
    assert speaker_gaps(has_confirmed=False, bio_languages=1, has_photo_answer=False, days=[]) == list(SpeakerGap)
