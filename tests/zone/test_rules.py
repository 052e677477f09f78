"""What an application comes to, when it may be changed, decided and shown, and how stands and pitches are laid out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.registration.rules import RegistrationState
from lsos.zone.rules import (
    ApplicationState,
    Decision,
    DecisionRefusal,
    EditRefusal,
    Gap,
    decision_refusal,
    edit_refusal,
    first_overlap,
    gaps,
    given_in_order,
    is_decision,
    is_gallery_open,
    is_web_address,
    places_mark,
    slot_times,
    stand_codes,
    state_following,
)

S, R = ApplicationState, RegistrationState
NOON = datetime(2025, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("registration", "before", "was_sent", "after"),
    [
        (R.PENDING, None, False, S.DRAFT),
        (R.PENDING, S.DRAFT, False, S.DRAFT),
        (R.PENDING, S.SENT, True, S.SENT),
        (R.PENDING, S.ACCEPTED, True, S.SENT),
        (R.PENDING, S.DECLINED, True, S.SENT),
        (R.PENDING, S.WITHDRAWN, True, S.DRAFT),
        (R.CONFIRMED, S.SENT, True, S.ACCEPTED),
        (R.CONFIRMED, S.WAITING, True, S.ACCEPTED),
        (R.CONFIRMED, S.DRAFT, False, S.ACCEPTED),
        (R.WAITLISTED, S.SENT, True, S.WAITING),
        (R.DECLINED, S.SENT, True, S.DECLINED),
        (R.CANCELLED, S.ACCEPTED, True, S.WITHDRAWN),
    ],
)
def test_an_application_follows_its_registration(
    registration: RegistrationState, before: ApplicationState | None, was_sent: bool, after: ApplicationState
):
    found = state_following(
        before, registration=registration, is_of_call=True, is_reviewed_again=False, was_sent=was_sent
    )
    assert found is after


def test_what_was_given_is_told_again_when_any_part_of_it_is_other():
    noon = datetime(2025, 11, 27, 12, tzinfo=UTC)
    marks = [
        places_mark(*each)
        for each in (
            (1, None, None, None),
            (1, "A1", None, None),
            (1, "A1", noon, None),
            (1, "A1", noon, 4),
            (1, None, noon, 4),
            (2, None, noon, 4),
        )
    ]
    assert marks[0] == ""
    assert len(set(marks)) == len(marks)


def test_a_changed_answer_loses_no_place_and_another_way_withdraws():
    kept = state_following(S.ACCEPTED, registration=R.PENDING, is_of_call=True, is_reviewed_again=True, was_sent=True)
    gone = state_following(
        S.ACCEPTED, registration=R.CONFIRMED, is_of_call=False, is_reviewed_again=False, was_sent=True
    )
    assert (kept, gone) == (S.ACCEPTED, S.WITHDRAWN)


@pytest.mark.parametrize(
    ("state", "now", "refusal"),
    [
        (S.DRAFT, NOON - HOUR - timedelta(seconds=1), EditRefusal.NOT_OPEN_YET),
        (S.DRAFT, NOON - HOUR, None),
        (S.SENT, NOON - timedelta(seconds=1), None),
        (S.SENT, NOON, EditRefusal.CLOSED),
        (S.ACCEPTED, NOON - timedelta(seconds=1), None),
        (S.DECLINED, NOON - timedelta(seconds=1), EditRefusal.DECLINED),
        (S.WITHDRAWN, NOON, EditRefusal.WITHDRAWN),
    ],
)
def test_an_application_is_changed_while_its_call_is_open(
    state: ApplicationState, now: datetime, refusal: EditRefusal | None
):
    assert edit_refusal(state, opens_at=NOON - HOUR, closes_at=NOON, now=now) is refusal


def test_what_is_missing_is_named_in_the_order_of_the_form():
    nothing = gaps(organisation=False, one_liner=False, pitch=False, stage=False, trl=False)
    assert nothing == list(Gap)
    assert gaps(organisation=True, one_liner=True, pitch=False, stage=True, trl=True) == [Gap.PITCH]


@pytest.mark.parametrize(
    ("decision", "state", "refusal"),
    [
        (Decision.ACCEPT, S.SENT, None),
        (Decision.ACCEPT, S.WAITING, None),
        (Decision.ACCEPT, S.DECLINED, None),
        (Decision.ACCEPT, S.ACCEPTED, DecisionRefusal.SAME),
        (Decision.DECLINE, S.ACCEPTED, DecisionRefusal.HAS_SEAT),
        (Decision.DECLINE, S.WAITING, None),
        (Decision.WAIT, S.DRAFT, DecisionRefusal.NOT_SENT),
        (Decision.WAIT, S.ACCEPTED, DecisionRefusal.HAS_SEAT),
        (Decision.WAIT, S.WITHDRAWN, DecisionRefusal.WITHDRAWN),
    ],
)
def test_only_what_was_sent_is_decided(decision: Decision, state: ApplicationState, refusal: DecisionRefusal | None):
    assert decision_refusal(decision, state) is refusal
    assert decision_refusal(decision, state, is_bound=True) is DecisionRefusal.CONFLICT


@pytest.mark.parametrize(
    ("before", "after", "is_own_step", "is_one"),
    [
        (S.SENT, S.ACCEPTED, False, True),
        (S.DRAFT, S.ACCEPTED, False, True),
        (S.WAITING, S.DECLINED, False, True),
        #: An organiser who applied does not let themselves in.
        (S.SENT, S.ACCEPTED, True, True),
        #: Whoever was put on the waiting list takes the place that is offered to them.
        (S.WAITING, S.ACCEPTED, True, False),
        (S.ACCEPTED, S.ACCEPTED, False, False),
        (S.SENT, S.WITHDRAWN, False, False),
        (S.DRAFT, S.SENT, True, False),
    ],
)
def test_only_a_decision_asks_for_somebody_who_is_free_of_bonds(
    before: ApplicationState, after: ApplicationState, *, is_own_step: bool, is_one: bool
):
    assert is_decision(before, after, is_own_step=is_own_step) is is_one


@pytest.mark.parametrize(("opens", "is_open"), [(NOON, True), (NOON + HOUR, False), (None, False)])
def test_the_gallery_is_open_from_its_moment_on(opens: datetime | None, is_open: bool):
    assert is_gallery_open(opens, now=NOON) is is_open


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://example.org/łącze?a=1", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://localhost", False),
        ("https://[", False),
        ("//example.org", False),
        ("https://example.org/ x", False),
    ],
)
def test_only_pages_of_the_web_stand_behind_a_link(address: str, is_one: bool):
    assert is_web_address(address) is is_one


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("A1, A2\nB1", ["A1", "A2", "B1"]),
        ("A1-A3", ["A1", "A2", "A3"]),
        ("7–9", ["7", "8", "9"]),
        ("A1-3 A2", ["A1", "A2", "A3"]),
        ("A3-A1", ["A3-A1"]),
        ("A1-B2", ["A1-B2"]),
        ("  ", []),
    ],
)
def test_names_of_stands_are_read_one_by_one_and_as_ranges(text: str, codes: list[str]):
    assert stand_codes(text) == codes


def test_a_range_of_thousands_is_cut_off_where_it_is_refused_anyway():
    assert len(stand_codes("A1-A9999")) == 301


@given(minutes=st.integers(1, 120), pause=st.integers(0, 120), number=st.integers(1, 30))
def test_pitches_follow_one_another_and_never_overlap(minutes: int, pause: int, number: int):
    slots = slot_times(NOON, minutes=minutes, pause_minutes=pause, number=number)
    assert len(slots) == number
    assert all(end - begin == timedelta(minutes=minutes) for begin, end in slots)
    assert all(later[0] - earlier[1] == timedelta(minutes=pause) for earlier, later in pairwise(slots))
    assert first_overlap(slots[:1], slots[1:]) is None
    assert first_overlap(slots, slots[-1:]) == slots[-1][0]


def test_what_is_free_goes_to_the_best_who_have_nothing():
    assert given_in_order([5, 3, 9, 1], have={3}, free=[70, 71]) == {5: 70, 9: 71}
    assert given_in_order([5], have=(), free=[]) == {}
