"""Who may come in, what a scan is for, and what can be taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.agenda.rules import Interval
from lsos.checkin.rules import (
    EARLY,
    MeetingTime,
    Refusal,
    ScanResult,
    UndoRefusal,
    badge_code_of,
    check_in_refusal,
    meeting_now,
    undo_refusal,
)
from lsos.registration.rules import RegistrationState

NINE = datetime(2025, 11, 27, 8, tzinfo=UTC)
DAY_ONE, DAY_TWO = date(2025, 11, 27), date(2025, 11, 28)
CONFIRMED = RegistrationState.CONFIRMED


def refusal(state=CONFIRMED, *, days=(), today=DAY_ONE, now=NINE, was_handed_on=False):
    return check_in_refusal(
        state,
        days=days,
        today=today,
        doors_open_at=NINE,
        ends_at=NINE + timedelta(days=1, hours=9),
        now=now,
        was_handed_on=was_handed_on,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"now": NINE - timedelta(seconds=1)}, Refusal.TOO_EARLY),
        ({"now": NINE + timedelta(days=1, hours=9)}, None),
        ({"now": NINE + timedelta(days=1, hours=9, seconds=1)}, Refusal.OVER),
        ({"days": [DAY_TWO]}, Refusal.WRONG_DAY),
        ({"days": [DAY_TWO], "today": DAY_TWO}, None),
        ({"state": RegistrationState.CANCELLED}, Refusal.CANCELLED),
        ({"state": RegistrationState.CANCELLED, "was_handed_on": True}, Refusal.HANDED_ON),
        #: Who handed a seat on and has one again comes in.
        ({"was_handed_on": True}, None),
        ({"state": RegistrationState.PENDING}, Refusal.PENDING),
        ({"state": RegistrationState.WAITLISTED}, Refusal.WAITLISTED),
        ({"state": RegistrationState.DECLINED}, Refusal.DECLINED),
        #: The state is what the guest can do something about, so it is told first.
        ({"state": RegistrationState.CANCELLED, "now": NINE - timedelta(days=1)}, Refusal.CANCELLED),
        ({"days": [DAY_TWO], "now": NINE - timedelta(days=1)}, Refusal.TOO_EARLY),
    ],
)
def test_the_door_says_why_somebody_may_not_come_in(given, expected):
    assert refusal(**given) is expected


@pytest.mark.parametrize("state", RegistrationState)
def test_only_confirmed_people_come_in(state):
    assert (refusal(state) is None) == (state is CONFIRMED)


@pytest.mark.parametrize(
    "scanned",
    [
        "ABCD234XYZ",
        "abcd234xyz",
        " ABCD-234-XYZ\n",
        "https://x.org/b/abcd234xyz",
        "HTTPS://X.ORG/B/ABCD234XYZ/",
        "abcd 234 xyz",
    ],
)
def test_a_code_is_found_in_whatever_was_scanned_or_typed(scanned):
    assert badge_code_of(scanned) == "ABCD234XYZ"


@given(st.text())
def test_any_text_has_a_code_without_blanks_or_slashes(scanned):
    code = badge_code_of(scanned)
    assert not any(letter.isspace() or letter == "/" for letter in code)
    assert badge_code_of(code) == code


def meeting(minutes_from_nine, *, is_held=False, minutes=20):
    starts_at = NINE + timedelta(minutes=minutes_from_nine)
    return MeetingTime(Interval(starts_at, starts_at + timedelta(minutes=minutes)), is_held)


@pytest.mark.parametrize(
    ("meetings", "minutes", "expected"),
    [
        ([], 0, None),
        ([meeting(30)], 0, None),
        ([meeting(30)], 20, 0),
        ([meeting(30)], 49, 0),
        ([meeting(30)], 50, None),
        #: One that runs goes before the next, which has not begun.
        ([meeting(0), meeting(25)], 17, 0),
        ([meeting(0), meeting(25)], 20, 1),
        #: One that was held gives way.
        ([meeting(0, is_held=True), meeting(25)], 17, 1),
        ([meeting(0, is_held=True), meeting(60)], 17, 0),
        ([meeting(25), meeting(0)], 17, 1),
    ],
)
def test_a_scan_is_for_the_meeting_that_runs_or_is_about_to(meetings, minutes, expected):
    assert meeting_now(meetings, moment=NINE + timedelta(minutes=minutes)) == expected


@given(st.lists(st.tuples(st.integers(-60, 60), st.booleans()), max_size=5))
def test_the_chosen_meeting_is_near_and_none_near_is_left_out(times):
    meetings = [meeting(minutes, is_held=is_held) for minutes, is_held in times]
    near = [m for m in meetings if m.when.starts_at - EARLY <= NINE < m.when.ends_at]
    chosen = meeting_now(meetings, moment=NINE)
    assert (chosen is None) == (not near)
    if chosen is not None:
        assert meetings[chosen] in near


@pytest.mark.parametrize(
    ("result", "is_undone", "expected"),
    [
        (ScanResult.ADMITTED, False, None),
        (ScanResult.PRESENT, False, None),
        (ScanResult.ADMITTED, True, UndoRefusal.DONE),
        (ScanResult.AGAIN, False, UndoRefusal.NOTHING),
        (ScanResult.REFUSED, False, UndoRefusal.NOTHING),
        (ScanResult.UNDONE, False, UndoRefusal.NOTHING),
    ],
)
def test_only_a_scan_that_did_something_can_be_taken_back(result, is_undone, expected):
    assert undo_refusal(result, is_undone=is_undone) is expected
