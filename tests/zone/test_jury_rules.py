"""Who may review what, what binds a juror, what a review must hold, and which names are blacked out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lsos.zone.jury_rules import (
    Act,
    Applicant,
    ConflictKind,
    CriterionRefusal,
    OthersShown,
    Progress,
    ReviewFacts,
    ReviewRefusal,
    ReviewState,
    Scale,
    SettingsRefusal,
    Ties,
    Verdict,
    counts,
    criterion_refusal,
    found_conflict,
    may_review,
    progress,
    sees_others,
    settings_refusal,
    without_names,
    wrong_scores,
)
from lsos.zone.rules import ApplicationState

NOW = datetime(2025, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE = ReviewFacts(
    is_juror=True,
    application=ApplicationState.SENT,
    conflict=None,
    state=ReviewState.ASSIGNED,
    has_criteria=True,
    opens_at=NOW - HOUR,
    closes_at=NOW + HOUR,
    others_shown=OthersShown.NEVER,
    now=NOW,
)


@pytest.mark.parametrize(
    ("change", "act", "refusal"),
    [
        ({}, Act.WRITE, None),
        ({"state": ReviewState.DRAFT}, Act.WRITE, None),
        ({"state": ReviewState.SENT}, Act.WRITE, None),
        ({"opens_at": None, "closes_at": None}, Act.WRITE, None),
        ({"is_juror": False}, Act.READ, ReviewRefusal.NOT_A_JUROR),
        ({"is_juror": False, "conflict": ConflictKind.FAMILY}, Act.READ, ReviewRefusal.NOT_A_JUROR),
        ({"conflict": ConflictKind.SAME_DOMAIN}, Act.BE_ASSIGNED, ReviewRefusal.CONFLICT),
        ({"conflict": ConflictKind.SAME_DOMAIN}, Act.READ, ReviewRefusal.CONFLICT),
        ({"state": ReviewState.CONFLICT}, Act.READ, ReviewRefusal.CONFLICT),
        ({"state": ReviewState.CONFLICT}, Act.BE_ASSIGNED, ReviewRefusal.CONFLICT),
        ({"application": ApplicationState.WITHDRAWN}, Act.READ, ReviewRefusal.NOT_JUDGED),
        ({"application": ApplicationState.DRAFT}, Act.BE_ASSIGNED, ReviewRefusal.NOT_JUDGED),
        ({"application": ApplicationState.DECLINED}, Act.READ, None),
        ({"state": None}, Act.BE_ASSIGNED, None),
        ({"state": None}, Act.READ, ReviewRefusal.NOT_ASSIGNED),
        ({"has_criteria": False}, Act.READ, ReviewRefusal.NO_CRITERIA),
        ({"has_criteria": False, "state": None}, Act.BE_ASSIGNED, None),
        ({"opens_at": NOW + HOUR}, Act.READ, ReviewRefusal.NOT_OPEN),
        ({"opens_at": NOW}, Act.WRITE, None),
        ({"closes_at": NOW}, Act.WRITE, ReviewRefusal.CLOSED),
        ({"closes_at": NOW}, Act.READ, None),
        ({"state": ReviewState.SENT, "others_shown": OthersShown.AFTER_SENDING}, Act.WRITE, ReviewRefusal.FINAL),
        ({"state": ReviewState.SENT, "others_shown": OthersShown.AFTER_SENDING}, Act.READ, None),
        ({"state": ReviewState.SENT, "others_shown": OthersShown.ALWAYS}, Act.WRITE, None),
    ],
)
def test_who_may_review(change: dict[str, Any], act: Act, refusal: ReviewRefusal | None):
    assert may_review(replace(FINE, **change), act) is refusal


@pytest.mark.parametrize(
    ("change", "sees"),
    [
        ({"others_shown": OthersShown.NEVER, "state": ReviewState.SENT}, False),
        ({"others_shown": OthersShown.AFTER_SENDING}, False),
        ({"others_shown": OthersShown.AFTER_SENDING, "state": ReviewState.DRAFT}, False),
        ({"others_shown": OthersShown.AFTER_SENDING, "state": ReviewState.SENT}, True),
        ({"others_shown": OthersShown.ALWAYS}, True),
        ({"others_shown": OthersShown.ALWAYS, "conflict": ConflictKind.SAME_ORGANISATION}, False),
        ({"others_shown": OthersShown.ALWAYS, "state": ReviewState.CONFLICT}, False),
        ({"others_shown": OthersShown.ALWAYS, "state": None}, False),
    ],
)
def test_who_sees_what_the_others_think(change: dict[str, Any], sees: bool):
    assert sees_others(replace(FINE, **change)) is sees


@pytest.mark.parametrize(
    ("juror", "applicant", "conflict"),
    [
        (Ties(1), Applicant(2), None),
        (Ties(1), Applicant(1), ConflictKind.OWN_APPLICATION),
        (Ties(1, frozenset({7, 8})), Applicant(2, 8), ConflictKind.SAME_ORGANISATION),
        (Ties(1, frozenset({7})), Applicant(2, None), None),
        (Ties(1, domains=frozenset({"a.org"})), Applicant(2, 8, frozenset({"a.org"})), ConflictKind.SAME_DOMAIN),
        (Ties(1, domains=frozenset({"lab.a.org"})), Applicant(2, 8, frozenset({"a.org"})), ConflictKind.SAME_DOMAIN),
        (Ties(1, domains=frozenset({"beta.org"})), Applicant(2, 8, frozenset({"a.org"})), None),
        (Ties(1, domains=frozenset({"org"})), Applicant(2, 8, frozenset({"a.org"})), None),
    ],
)
def test_what_binds_a_juror_is_found(juror: Ties, applicant: Applicant, conflict: ConflictKind | None):
    assert found_conflict(juror, applicant) is conflict


def test_only_what_was_sent_by_somebody_free_goes_into_the_sums():
    assert counts(ReviewState.SENT, None)
    assert not counts(ReviewState.SENT, ConflictKind.SAME_ORGANISATION)
    assert not counts(ReviewState.CONFLICT, ConflictKind.FAMILY)
    assert not counts(ReviewState.DRAFT, None)


def test_a_draft_may_lack_scores_and_a_sent_review_may_not():
    scales = {1: Scale(1, 5), 2: Scale(0, 3)}
    assert wrong_scores({1: 5}, scales, is_sent=False) == {}
    assert wrong_scores({1: 5}, scales, is_sent=True) == {2: Verdict.MISSING}
    assert wrong_scores({1: 6, 2: 0}, scales, is_sent=False) == {1: Verdict.OFF_SCALE}
    assert wrong_scores({1: 1, 2: 0}, scales, is_sent=True) == {}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"has_name": False}, CriterionRefusal.NO_NAME),
        ({"scale": Scale(3, 3)}, CriterionRefusal.SCALE),
        ({"is_scored": True}, CriterionRefusal.SCORED),
        ({"is_scored": True, "before": Scale(1, 5)}, None),
        ({"is_scored": True, "before": Scale(1, 6)}, CriterionRefusal.SCORED),
        ({"others": 20}, CriterionRefusal.TOO_MANY),
        ({"others": 20, "before": Scale(1, 5)}, None),
    ],
)
def test_what_a_criterion_may_be(change: dict[str, Any], refusal: CriterionRefusal | None):
    facts: dict[str, Any] = {
        "has_name": True,
        "scale": Scale(1, 5),
        "before": None,
        "others": 0,
        "is_scored": False,
    }
    assert criterion_refusal(**(facts | change)) is refusal


def test_reviewing_ends_after_it_begins():
    assert settings_refusal(opens_at=NOW, closes_at=NOW) is SettingsRefusal.CLOSES_TOO_EARLY
    assert settings_refusal(opens_at=NOW, closes_at=NOW + HOUR) is None
    assert settings_refusal(opens_at=None, closes_at=NOW) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Celbud grows cells. celbud's team", "▇▇▇ grows cells. ▇▇▇'s team"),
        ("W Celbudzie i od Celbudu", "W ▇▇▇ i od ▇▇▇"),
        ("Anna Łoś, Łoś and Łosoś", "▇▇▇, ▇▇▇ and Łosoś"),
        ("See www.celbud.example/pitch", "See www.▇▇▇/pitch"),
        ("Excelbudget", "Excelbudget"),
        ("", ""),
    ],
)
def test_names_are_blacked_out(text: str, read: str):
    assert without_names(text, ["Celbud", "Łoś", "Anna Łoś", "celbud.example", "", "A"]) == read


def test_progress_leaves_conflicts_out():
    states = [ReviewState.SENT, ReviewState.DRAFT, ReviewState.CONFLICT, ReviewState.ASSIGNED]
    assert progress(states) == Progress(sent=1, of=3)
    assert progress(states).missing == 2
