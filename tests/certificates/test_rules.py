"""Who gets a certificate, how long somebody was in sessions, and numbers as people write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.certificates.rules import (
    GRACE,
    NUMBER_LETTERS,
    CertificateRefusal,
    Span,
    Standing,
    certificate_refusal,
    grouped,
    lessons,
    number_of,
    span_of,
    standing_of,
    total_minutes,
)
from lsos.db import CODE_ALPHABET
from lsos.registration.rules import RegistrationState

START = datetime(2025, 11, 27, 8, tzinfo=UTC)
OVER = datetime(2025, 11, 28, 19, tzinfo=UTC)
R = CertificateRefusal
S = RegistrationState
FACTS = {
    "is_given": True,
    "state": S.CONFIRMED,
    "is_erased": False,
    "is_revoked": False,
    "days": 1,
    "over_at": OVER,
    "now": OVER,
}


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({}, None),
        ({"now": OVER - timedelta(seconds=1)}, R.NOT_OVER),
        ({"days": 0}, R.NEVER_CAME),
        #: Before the end nobody knows who will have come.
        ({"days": 0, "now": OVER - timedelta(days=1)}, R.NOT_OVER),
        ({"state": S.CANCELLED}, R.CANCELLED),
        ({"state": S.DECLINED}, R.CANCELLED),
        ({"state": S.WAITLISTED}, R.NO_SEAT),
        ({"state": S.PENDING}, R.NO_SEAT),
        ({"is_revoked": True}, R.REVOKED),
        ({"is_revoked": True, "state": S.CANCELLED}, R.REVOKED),
        ({"is_erased": True, "is_revoked": True}, R.ERASED),
        ({"is_given": False, "is_erased": True, "is_revoked": True}, R.NOT_GIVEN),
    ],
)
def test_who_gets_a_certificate_and_which_reason_wins(facts, refusal):
    assert certificate_refusal(**(FACTS | facts)) is refusal


@given(st.booleans(), st.sampled_from(S), st.booleans(), st.booleans(), st.integers(0, 3), st.integers(-(10**6), 10**6))
def test_whoever_gets_one_was_there_has_a_seat_and_the_event_is_over(given_, state, erased, revoked, days, seconds):
    now = OVER + timedelta(seconds=seconds)
    refusal = certificate_refusal(
        is_given=given_, state=state, is_erased=erased, is_revoked=revoked, days=days, over_at=OVER, now=now
    )
    entitled = given_ and state is S.CONFIRMED and not erased and not revoked and days > 0 and now >= OVER
    assert (refusal is None) == entitled


def test_a_number_proves_what_the_rule_says():
    proved = {refusal: standing_of(refusal) for refusal in (None, *R)}
    assert proved.pop(None) is Standing.GENUINE
    assert proved.pop(R.REVOKED) is Standing.REVOKED
    assert proved.pop(R.ERASED) is Standing.ERASED
    assert set(proved.values()) == {Standing.WITHDRAWN}


@given(st.text(CODE_ALPHABET, min_size=NUMBER_LETTERS, max_size=NUMBER_LETTERS))
def test_a_number_is_read_however_it_is_written(number):
    assert number_of(grouped(number)) == number
    assert number_of(f"  {grouped(number).lower().replace('-', ' ')} ") == number
    assert number_of(f"https://lsos.example.org/V/{number}/") == number
    assert number_of(f"lsos.example.org/pl/certificates/{grouped(number)}") == number


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [
        (0, None, 60),
        (-10, None, 60),
        #: A queue at the door is nobody's lateness.
        (15, None, 60),
        (16, None, 44),
        (0, 45, 60),
        (0, 44, 44),
        (20, 40, 20),
        (0, 90, 60),
        #: Typed in from paper: scanned when it was over, or left before it began.
        (80, None, 0),
        (0, -5, 0),
        (30, 20, 0),
    ],
)
def test_whoever_came_late_or_left_early_was_there_between(came, left, minutes):
    at, left_at = START + timedelta(minutes=came), START + timedelta(minutes=left) if left is not None else None
    assert span_of(START, START + timedelta(hours=1), at=at, left_at=left_at).minutes == minutes


MINUTES = st.integers(-200, 400).map(lambda minutes: timedelta(minutes=minutes))


@given(st.integers(1, 240), MINUTES, st.none() | MINUTES)
def test_what_counts_of_a_session_lies_within_it(length, came, left):
    end = START + timedelta(minutes=length)
    span = span_of(START, end, at=START + came, left_at=START + left if left is not None else None)
    assert span.starts_at <= span.ends_at
    assert START <= span.starts_at <= end or span.minutes == 0
    assert 0 <= span.minutes <= length
    if came <= GRACE and left is None:
        assert span == Span(START, end)


SPANS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 120)), max_size=12).map(
    lambda some: [Span(START + timedelta(minutes=a), START + timedelta(minutes=a + b)) for a, b in some]
)


@given(SPANS)
def test_a_minute_in_two_sessions_counts_once(spans):
    minutes = {
        minute
        for span in spans
        for minute in range(
            int((span.starts_at - START).total_seconds() // 60), int((span.ends_at - START).total_seconds() // 60)
        )
    }
    assert total_minutes(spans) == len(minutes)
    assert total_minutes([*spans, *spans]) == len(minutes)


@given(st.integers(0, 10_000))
def test_educational_hours_are_never_more_than_there_were(minutes):
    assert 0 <= minutes / 45 - lessons(minutes) < 0.1 + 1e-9


@pytest.mark.parametrize(("minutes", "hours"), [(0, 0), (44, 0.9), (45, 1), (390, 8.6), (450, 10)])
def test_educational_hours_have_45_minutes(minutes, hours):
    assert lessons(minutes) == hours
