"""Days, moments, roles, and what an event may say of itself."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from lsos.events.rules import (
    KIND_NAMES,
    STATUS_NAMES,
    EventKind,
    EventStatus,
    FactsRefusal,
    Role,
    days_of,
    facts_refusal,
    may_act,
    moment,
)

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def test_days_include_the_first_and_the_last():
    assert days_of(date(2025, 11, 27), date(2025, 11, 28)) == [date(2025, 11, 27), date(2025, 11, 28)]
    assert days_of(date(2025, 11, 27), date(2025, 11, 27)) == [date(2025, 11, 27)]


@pytest.mark.parametrize(("day", "hour"), [(date(2025, 11, 27), 8), (date(2025, 7, 1), 7)])
def test_nine_in_the_morning_depends_on_the_season(day, hour):
    assert moment(day, time(9), "Europe/Warsaw") == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "wanted", "allowed"),
    [
        ({Role.OWNER}, Role.DOOR, True),
        ({Role.DOOR}, Role.DOOR, True),
        ({Role.DOOR}, Role.READER, False),
        ({Role.PROGRAMME}, Role.READER, True),
        ({Role.PROGRAMME}, Role.MATCHMAKING, False),
        (set(), Role.READER, False),
    ],
)
def test_an_owner_does_everything_and_staff_may_look(held, wanted, allowed):
    assert may_act(held, wanted) is allowed


def test_every_kind_and_status_has_a_name():
    assert set(KIND_NAMES) == set(EventKind)
    assert set(STATUS_NAMES) == set(EventStatus)


@pytest.mark.parametrize(
    ("status", "has_name", "opens", "closes", "reason"),
    [
        (EventStatus.PUBLISHED, True, None, None, None),
        (EventStatus.DRAFT, False, None, None, None),
        (EventStatus.PUBLISHED, False, None, None, FactsRefusal.NO_NAME),
        (EventStatus.PUBLISHED, True, NOW, NOW + timedelta(minutes=1), None),
        (EventStatus.PUBLISHED, True, NOW, NOW, FactsRefusal.CLOSES_TOO_EARLY),
        (EventStatus.PUBLISHED, False, NOW, NOW, FactsRefusal.NO_NAME),
    ],
)
def test_facts_are_refused_for_the_first_reason_that_holds(status, has_name, opens, closes, reason):
    assert facts_refusal(status=status, has_name=has_name, opens_at=opens, closes_at=closes) is reason
