"""When somebody is reminded of a meeting."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lsos.meetings.reminder_rules import day_told, is_to_be_reminded

BEGINS = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_left", "minutes", "booked_before", "is_due"),
    [
        (31, 30, 600, False),
        (30, 30, 600, True),
        (1, 30, 600, True),
        (0, 30, 600, False),
        (-5, 30, 600, False),
        (10, 10, 600, True),
        (11, 10, 600, False),
        #: Booked within the time: they have just been told.
        (5, 30, 20, False),
        (5, 30, 30, False),
        (5, 30, 31, True),
    ],
)
def test_a_letter_comes_so_many_minutes_before_and_not_to_whoever_has_just_been_told(
    minutes_left, minutes, booked_before, is_due
):
    now, booked_at = BEGINS - timedelta(minutes=minutes_left), BEGINS - timedelta(minutes=booked_before)
    assert is_to_be_reminded(starts_at=BEGINS, booked_at=booked_at, minutes=minutes, now=now) is is_due


@pytest.mark.parametrize(
    ("zone", "hour", "minute", "day"),
    [
        ("Europe/Warsaw", 16, 59, None),
        ("Europe/Warsaw", 17, 0, date(2026, 11, 27)),
        ("Europe/Warsaw", 22, 59, date(2026, 11, 27)),
        ("Europe/Warsaw", 23, 0, None),
        ("Asia/Tokyo", 9, 0, date(2026, 11, 27)),
        ("Asia/Tokyo", 17, 0, None),
    ],
)
def test_in_the_evening_where_the_event_is_the_next_day_is_told(zone, hour, minute, day):
    assert day_told(zone, now=datetime(2026, 11, 26, hour, minute, tzinfo=UTC)) == day
