"""What two people say of one meeting, and what figures make of it."""

from datetime import date, datetime, timedelta

import pytest

from lsos.meetings.feedback_rules import (
    FeedbackRefusal,
    Impression,
    Said,
    feedback_refusal,
    follow_up_refusal,
    is_disputed,
    outcome_of,
    state_after,
)
from lsos.meetings.rules import MeetingState as S
from tests import make

MET, MISSED, SILENT = Said(Impression.LITTLE), Said(Impression.MISSED), Said()
TODAY = date(2025, 11, 27)


def said(outcome: int, at: datetime) -> Said:
    return Said(Impression.INFORMATIVE, outcome, at)


def test_of_two_outcomes_the_one_said_last_counts():
    early, late = said(1, make.DOORS), said(2, make.DOORS + timedelta(days=90))
    assert outcome_of([early, late]) == outcome_of([late, early]) == 2
    assert outcome_of([early, MET, SILENT]) == 1
    assert outcome_of([MET, MISSED]) is None


@pytest.mark.parametrize(
    ("views", "stands"),
    [
        ([MET, SILENT], S.HELD),
        ([MET, MET], S.HELD),
        ([Said(outcome=3, at=make.DOORS)], S.HELD),
        ([MISSED, SILENT], S.NO_SHOW),
        ([MISSED, MISSED], S.NO_SHOW),
        ([SILENT], S.SCHEDULED),
        ([MET, MISSED], S.SCHEDULED),
    ],
)
def test_what_both_say_decides_where_a_meeting_stands(views, stands):
    assert state_after(S.SCHEDULED, views, are_all_present=False) is stands
    assert is_disputed(views) == (views == [MET, MISSED])


def test_scans_decide_before_words():
    assert state_after(S.SCHEDULED, [MET, MISSED], are_all_present=True) is S.HELD
    assert feedback_refusal(SILENT, are_all_present=True, impression=Impression.MISSED) is FeedbackRefusal.SCANNED
    assert feedback_refusal(SILENT, are_all_present=False, impression=Impression.MISSED) is None


def test_what_the_organiser_settled_stays_until_somebody_changes_whether_they_met():
    assert state_after(S.NO_SHOW, [MET, MISSED], are_all_present=False, is_new=False) is S.NO_SHOW
    assert state_after(S.NO_SHOW, [MET, MISSED], are_all_present=False, is_new=True) is S.SCHEDULED


def test_nothing_comes_of_a_meeting_that_did_not_happen():
    assert feedback_refusal(MISSED, are_all_present=False, wants_outcome=True) is FeedbackRefusal.MISSED


@pytest.mark.parametrize(
    ("wish", "before", "refusal"),
    [
        (None, None, None),
        (TODAY, None, None),
        (TODAY - timedelta(days=1), None, FeedbackRefusal.DAY_PAST),
        (TODAY - timedelta(days=1), TODAY - timedelta(days=1), None),
        (TODAY + timedelta(days=367), None, FeedbackRefusal.DAY_FAR),
    ],
)
def test_a_reminder_is_for_a_day_ahead(wish, before, refusal):
    assert follow_up_refusal(wish, before=before, today=TODAY) is refusal
