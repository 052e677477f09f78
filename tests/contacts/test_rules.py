"""The rule of exchange: nobody has a contact to which not both agree, whatever is said in whatever order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lsos.contacts.rules import (
    AFTER_DAYS,
    ContactRefusal,
    LeadRefusal,
    LeadState,
    Seen,
    Word,
    after_scan,
    agrees,
    answer_refusal,
    counted_safely,
    day_told,
    has_exchanged,
    holds,
    known_tags,
    lead_refusal,
    lead_state,
    scan_refusal,
    seen,
)

LAST = date(2025, 11, 28)
WHO = st.sampled_from([0, 1])


class Exchange(RuleBasedStateMachine):
    """Two people scan, answer, take back, change their standing consent and whom they never meet, in any order.

    What each ever said is written down beside it, so that the rule is held against it and not against itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said = [Word.SILENT, Word.SILENT]
        self.standing = [False, False]
        self.never = [False, False]
        self.exchanged = self.was_exchanged = False
        #: By hand: whether each has said yes, by act or beforehand, and not taken it back.
        self.consents = [False, False]
        self.by_act = [False, False]

    @property
    def is_apart(self) -> bool:
        return any(self.never)

    def words(self) -> list[Word]:
        return [holds(word, is_standing=standing) for word, standing in zip(self.said, self.standing, strict=True)]

    def settle(self) -> None:
        self.exchanged = has_exchanged(*self.words(), is_apart=self.is_apart and not self.exchanged)
        self.was_exchanged = self.was_exchanged or self.exchanged

    @rule(who=WHO)
    def scan(self, who: int) -> None:
        other = 1 - who
        self.said[who] = Word.YES
        self.consents[who] = self.by_act[who] = True
        before = self.said[other]
        self.said[other] = after_scan(before, is_standing=self.standing[other], is_apart=self.is_apart)
        if self.said[other] is not before:
            assert self.standing[other]
            assert not self.is_apart
            self.consents[other] = True
        self.settle()

    @rule(who=WHO, is_yes=st.booleans())
    def answer(self, who: int, is_yes: bool) -> None:
        mine, theirs = self.words()[who], self.words()[1 - who]
        if answer_refusal(mine, theirs, is_apart=self.is_apart, is_yes=is_yes) is not None:
            return
        self.said[who] = Word.YES if is_yes else Word.NO
        self.consents[who] = self.by_act[who] = is_yes
        self.settle()

    @rule(who=WHO)
    def take_back(self, who: int) -> None:
        if agrees(self.said[who]):
            self.said[who] = Word.BACK
            self.exchanged = False
            self.consents[who] = self.by_act[who] = False

    @rule(who=WHO, is_standing=st.booleans())
    def change_standing(self, who: int, is_standing: bool) -> None:
        self.standing[who] = is_standing

    @rule(who=WHO, never=st.booleans())
    def never_meet(self, who: int, never: bool) -> None:
        self.never[who] = never

    def seen_by(self, who: int) -> Seen:
        words = self.words()
        return seen(
            words[who],
            words[1 - who],
            is_exchanged=self.exchanged and all(agrees(word) for word in words),
            is_apart=self.is_apart,
            was_exchanged=self.was_exchanged,
        )

    @invariant()
    def nobody_has_a_contact_without_both_consents(self) -> None:
        for who in (0, 1):
            if self.seen_by(who) is Seen.EXCHANGED:
                for each in (0, 1):
                    assert self.consents[each]
                    assert self.by_act[each] or self.standing[each], "what is said beforehand ends with that consent"

    @invariant()
    def both_see_an_exchange_or_neither_does(self) -> None:
        assert (self.seen_by(0) is Seen.EXCHANGED) == (self.seen_by(1) is Seen.EXCHANGED)

    @invariant()
    def who_never_meets_the_other_is_asked_nothing(self) -> None:
        if self.is_apart:
            assert Seen.ASKS_ME not in {self.seen_by(0), self.seen_by(1)}

    @invariant()
    def whoever_asked_in_vain_learns_nothing(self) -> None:
        """No, silence and a "never" look the same to who asked, as long as the two never had each other's contact."""
        for who in (0, 1):
            if self.said[who] is Word.YES and not self.was_exchanged:
                assert self.seen_by(who) is Seen.ASKED


TestExchange = Exchange.TestCase


def test_whoever_wants_it_can_always_get_there():
    """The rule does not keep everybody apart: scan and scan, scan and answer, a yes beforehand."""
    assert has_exchanged(Word.YES, after_scan(Word.YES, is_standing=False, is_apart=False), is_apart=False)
    assert answer_refusal(Word.SILENT, Word.YES, is_apart=False, is_yes=True) is None
    assert after_scan(Word.SILENT, is_standing=True, is_apart=False) is Word.STANDING


@pytest.mark.parametrize("word", [Word.YES, Word.NO, Word.BACK, Word.STANDING])
def test_a_yes_beforehand_changes_no_word_that_was_said(word: Word):
    assert after_scan(word, is_standing=True, is_apart=False) is word


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"today": LAST + timedelta(days=AFTER_DAYS)}, None),
        ({"today": LAST + timedelta(days=AFTER_DAYS + 1)}, ContactRefusal.OVER),
        ({"is_known": False}, ContactRefusal.UNKNOWN),
        ({"is_own": True}, ContactRefusal.OWN),
        ({"has_seat": False, "is_known": False}, ContactRefusal.NO_SEAT),
    ],
)
def test_why_a_badge_asks_nobody(facts: dict[str, object], expected: ContactRefusal | None):
    usual: dict[str, Any] = {"is_known": True, "is_own": False, "has_seat": True, "ends_on": LAST, "today": LAST}
    assert scan_refusal(**(usual | facts)) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"has_stand": False, "is_known": False}, LeadRefusal.NO_STAND),
        ({"is_known": False}, LeadRefusal.UNKNOWN),
        ({"is_colleague": True}, LeadRefusal.COLLEAGUE),
        ({"today": LAST + timedelta(days=AFTER_DAYS + 1), "is_known": False}, LeadRefusal.OVER),
    ],
)
def test_why_a_badge_makes_no_lead(facts: dict[str, object], expected: LeadRefusal | None):
    usual: dict[str, Any] = {"has_stand": True, "is_known": True, "is_colleague": False, "ends_on": LAST, "today": LAST}
    assert lead_refusal(**(usual | facts)) is expected


def test_a_no_to_a_stand_looks_like_silence_and_what_is_gone_like_what_was_taken_back():
    states = {word: lead_state(word, is_gone=False) for word in Word}
    assert states[Word.SILENT] is states[Word.NO] is LeadState.NOT_AGREED
    assert states[Word.YES] is states[Word.STANDING] is LeadState.WHOLE
    assert states[Word.BACK] is LeadState.WITHDRAWN
    assert {lead_state(word, is_gone=True) for word in Word} == {LeadState.WITHDRAWN}


@pytest.mark.parametrize(("hour", "is_told"), [(17, False), (18, True), (23, True), (0, False)])
def test_questions_are_gathered_in_the_evening(hour: int, is_told: bool):
    assert (day_told(datetime(2025, 11, 27, hour)) is not None) is is_told  # noqa: DTZ001  # a clock on a wall


def test_small_numbers_are_not_told_and_subjects_that_do_not_exist_are_left_out():
    assert [counted_safely(n, least=5) for n in (0, 1, 4, 5)] == [0, None, None, 5]
    assert known_tags(["b", "x", "a", "a"], ["a", "b", "c"]) == ["a", "b"]
