"""What is left to do before an event: pure checks over facts, the most urgent first."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lsos.agenda.rules import SessionGap
from lsos.web.backup import days_since, last_backup
from lsos.web.cockpit import _WORDS, _done_words
from lsos.web.readiness import AFTERWARDS, DUE, OPEN, Check, Facts, Severity, findings

DAY = date(2025, 11, 27)
GOOD = Facts(DAY, DAY + timedelta(days=1))


def open_checks(facts: Facts, *, days_before: int = 30) -> dict[Check, Severity]:
    found = findings(facts, today=facts.starts_on - timedelta(days=days_before))
    return {one.check: one.severity for one in found if one.open}


def test_an_event_in_order_has_nothing_open():
    assert open_checks(GOOD) == {}
    assert len(findings(GOOD, today=DAY)) == len(Check)


@pytest.mark.parametrize(
    ("facts", "check"),
    [
        ({"is_draft": True}, Check.PUBLISHED),
        ({"has_venue": False}, Check.VENUE),
        ({"untranslated": 3}, Check.TEXTS),
        ({"ways": 0}, Check.WAYS),
        ({"ways_without_opening": 1}, Check.OPENING),
        ({"ways_without_seats": 1}, Check.SEATS_COUNTED),
        ({"waiting": 2, "turns": 2}, Check.SEATS_IDLE),
        ({"waiting": 2}, Check.SEATS_SHORT),
        ({"registered": 0}, Check.SOMEBODY),
        ({"pending": 2}, Check.APPROVALS),
        ({"pending": 2, "pending_long": 2}, Check.APPROVALS_OLD),
        ({"lacking_answers": 4}, Check.ANSWERS),
        ({"jury_left": 3}, Check.JURY),
        ({"undecided": 2}, Check.PROPOSALS),
        ({"untold": 2}, Check.UNTOLD),
        ({"unknown_speakers": 1}, Check.SPEAKERS),
        ({"unfilled_stands": 1}, Check.STAND_NEEDS),
        ({"sessions": 0}, Check.PROGRAMME),
        ({"gaps": {SessionGap.NO_TIME: 1}}, Check.NO_TIME),
        ({"gaps": {SessionGap.NO_ROOM: 1}}, Check.NO_ROOM),
        ({"gaps": {SessionGap.ROOM_TAKEN: 1}}, Check.ROOM_TAKEN),
        ({"gaps": {SessionGap.TOO_MANY_SEATS: 1}}, Check.TOO_MANY_SEATS),
        ({"gaps": {SessionGap.NOT_TRANSLATED: 1}}, Check.NOT_TRANSLATED),
        ({"is_matched": False, "people_to_match": 2}, Check.MATCHED),
        ({"drafts": 1}, Check.DRAFTS),
        ({"unplaced": 1}, Check.UNPLACED),
        ({"doors": 0}, Check.DOORS),
        ({"door_staff": 0}, Check.DOOR_STAFF),
        ({"badges_to_print": 5}, Check.BADGES),
        ({"failed_mails": 1}, Check.MAIL_FAILED),
        ({"is_mail_held": True}, Check.MAIL_HELD),
        ({"is_backup_known": False, "backup_days": None}, Check.BACKUP_UNKNOWN),
        ({"backup_days": None}, Check.BACKUP_MISSING),
        ({"backup_days": 2}, Check.BACKUP_OLD),
    ],
)
def test_each_fact_opens_its_own_check_and_no_other(facts: dict[str, Any], check: Check):
    assert open_checks(replace(GOOD, **facts)).keys() == {check}


@pytest.mark.parametrize(
    "facts", [{"is_matched": False, "people_to_match": 1}, {"is_matched": None, "people_to_match": 9}]
)
def test_nobody_is_to_be_matched_alone_or_without_times(facts: dict[str, Any]):
    assert open_checks(replace(GOOD, **facts)) == {}


@pytest.mark.parametrize(
    ("days_before", "severity"),
    [(18, Severity.NOTE), (17, Severity.SOON), (4, Severity.SOON), (3, Severity.BLOCKS), (0, Severity.BLOCKS)],
)
def test_urgency_grows_towards_the_event(days_before: int, severity: Severity):
    assert open_checks(replace(GOOD, doors=0), days_before=days_before) == {Check.DOORS: severity}


@pytest.mark.parametrize(("fact", "due"), [("jury_left", "jury_due"), ("unfilled_stands", "stands_due")])
def test_what_has_a_day_of_its_own_is_due_on_it(fact: str, due: str):
    lacking: dict[str, Any] = {fact: 1, due: DAY - timedelta(days=60)}
    (found,) = open_checks(replace(GOOD, **lacking), days_before=61).values()
    assert found is Severity.SOON
    (found,) = open_checks(replace(GOOD, **lacking), days_before=60).values()
    assert found is Severity.BLOCKS


def test_what_only_lacks_words_never_blocks():
    assert open_checks(replace(GOOD, untranslated=1), days_before=0) == {Check.TEXTS: Severity.SOON}


def test_the_most_urgent_stands_first_and_what_is_done_last():
    found = findings(replace(GOOD, is_draft=True, doors=0, sessions=0), today=DAY - timedelta(days=50))
    assert [one.check for one in found[:3]] == [Check.PUBLISHED, Check.PROGRAMME, Check.DOORS]
    assert not any(one.open for one in found[3:])


def test_after_the_event_only_letters_are_looked_at():
    found = findings(replace(GOOD, doors=0, failed_mails=1), today=GOOD.ends_on + timedelta(days=1))
    assert {one.check for one in found} == AFTERWARDS


def test_every_check_has_its_facts_its_day_and_its_words(app: object):
    assert set(OPEN) == set(DUE) == set(_WORDS) == set(_done_words()) == set(Check)


def test_the_age_of_a_backup_is_that_of_its_file_or_of_the_newest_in_its_folder(tmp_path: Path):
    now = datetime(2025, 11, 20, 12, tzinfo=UTC)
    assert last_backup(tmp_path) is None
    assert last_backup(tmp_path / "missing") is None
    for name, days in (("old", 9), ("new", 2)):
        (tmp_path / name).touch()
        moment = (now - timedelta(days=days, hours=1)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert days_since(last_backup(tmp_path / "old"), now=now) == 9
    assert days_since(last_backup(tmp_path), now=now) == 2
    assert days_since(None, now=now) is None
