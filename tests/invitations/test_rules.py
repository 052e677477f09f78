"""Which ways in are open to whom, and what may be done with invitations, codes, domains and claims."""

from datetime import timedelta

import pytest

from lsos.invitations.rules import (
    ClaimState,
    CodeRefusal,
    DelegationRefusal,
    DomainRule,
    EntryRefusal,
    InvitationState,
    InviteRefusal,
    Means,
    Opening,
    Pass,
    ask_again_refusal,
    clean_domain,
    code_as_shown,
    code_as_typed,
    code_refusal,
    code_wrong,
    domain_fits,
    invitation_refusal,
    link_refusal,
    reminder_refusal,
    seats_refusal,
    terms_refusal,
    way_in,
)
from lsos.registration.rules import RegistrationRefusal
from tests.make import BEFORE

S = InvitationState
C = ClaimState
CLOSED = RegistrationRefusal.BY_INVITATION
OVER = RegistrationRefusal.OVER
HOUR = timedelta(hours=1)
INVITED = Pass(Means.INVITATION, frozenset({"vip"}))
LOCKED = Pass(Means.INVITATION, frozenset({"vip"}), address="ola@example.org")
SPENT = Pass(Means.CODE, frozenset({"vip"}), EntryRefusal.CODE_USED_UP)
FOR_OTHERS = Pass(Means.CODE, frozenset({"press"}))
READ_STILL = Pass(Means.CODE, frozenset({"vip"}), skips_approval=False)
AGH = DomainRule("agh.edu.pl", opens=True, skips_approval=False)
AGH_AT_ONCE = DomainRule("agh.edu.pl", opens=False, skips_approval=True)


@pytest.mark.parametrize(
    ("refusal", "invited", "approval", "held", "addresses", "domains", "expected"),
    [
        # Holding nothing.
        (None, None, False, None, None, (), Opening(None, False)),
        (None, None, True, None, None, (), Opening(None, True)),
        (CLOSED, None, False, None, None, (), Opening(CLOSED, False)),
        # Something that opens it, and frees of approval.
        (CLOSED, None, True, INVITED, None, (), Opening(None, False, Means.INVITATION)),
        (CLOSED, None, True, READ_STILL, None, (), Opening(None, True, Means.CODE)),
        (None, None, True, INVITED, None, (), Opening(None, False, Means.INVITATION)),
        # What is over is over for those who are invited too.
        (OVER, OVER, False, INVITED, None, (), Opening(OVER, False, Means.INVITATION)),
        # What is spent, or for something else, opens nothing, and shuts nothing that is open anyway.
        (CLOSED, None, False, SPENT, None, (), Opening(EntryRefusal.CODE_USED_UP, False, Means.CODE)),
        (CLOSED, None, False, FOR_OTHERS, None, (), Opening(EntryRefusal.OTHER_TYPE, False, Means.CODE)),
        (None, None, True, SPENT, None, (), Opening(None, True)),
        # Locked to an address: a visitor may prove it by the link, somebody who is signed in must have it.
        (CLOSED, None, False, LOCKED, None, (), Opening(None, False, Means.INVITATION)),
        (CLOSED, None, False, LOCKED, ["ola@example.org"], (), Opening(None, False, Means.INVITATION)),
        (
            CLOSED, None, False, LOCKED, ["jan@example.org"], (),
            Opening(EntryRefusal.OTHER_ADDRESS, False, Means.INVITATION),
        ),
        (CLOSED, None, False, LOCKED, [], (), Opening(EntryRefusal.OTHER_ADDRESS, False, Means.INVITATION)),
        # By domain: only proved addresses count, and those below the domain.
        (CLOSED, None, False, None, ["a@agh.edu.pl"], [AGH], Opening(None, False, Means.ADDRESS)),
        (CLOSED, None, False, None, ["a@student.agh.edu.pl"], [AGH], Opening(None, False, Means.ADDRESS)),
        (CLOSED, None, False, None, ["a@uj.edu.pl"], [AGH], Opening(CLOSED, False)),
        (CLOSED, None, False, None, None, [AGH], Opening(CLOSED, False)),
        (None, None, True, None, ["a@agh.edu.pl"], [AGH_AT_ONCE], Opening(None, False, Means.ADDRESS)),
        (CLOSED, None, True, None, ["a@agh.edu.pl"], [AGH_AT_ONCE], Opening(CLOSED, False, Means.ADDRESS)),
        (OVER, OVER, False, None, ["a@agh.edu.pl"], [AGH], Opening(OVER, False, Means.ADDRESS)),
    ],
)  # fmt: skip
def test_a_way_is_open_to_somebody_or_says_why_not(refusal, invited, approval, held, addresses, domains, expected):
    found = way_in(
        "vip",
        refusal=refusal,
        refusal_when_invited=invited,
        needs_approval=approval,
        held=held,
        addresses=addresses,
        domains=domains,
    )
    assert found == expected


@pytest.mark.parametrize(
    ("state", "expires_in", "by_organiser", "expected"),
    [
        (S.SENT, None, False, None),
        (S.OPENED, HOUR, False, None),
        (S.OPENED, timedelta(0), False, EntryRefusal.EXPIRED),
        (S.DRAFT, None, False, EntryRefusal.DRAFT),
        (S.DRAFT, None, True, None),
        (S.ACCEPTED, None, True, EntryRefusal.ACCEPTED),
        (S.DECLINED, None, False, EntryRefusal.DECLINED),
        (S.EXPIRED, None, False, EntryRefusal.EXPIRED),
        (S.WITHDRAWN, HOUR, False, EntryRefusal.WITHDRAWN),
    ],
)
def test_an_invitation_is_answered_once_and_in_time(state, expires_in, by_organiser, expected):
    expires_at = BEFORE + expires_in if expires_in is not None else None
    assert invitation_refusal(state, expires_at=expires_at, now=BEFORE, by_organiser=by_organiser) is expected


@pytest.mark.parametrize(
    ("state", "written", "is_forced", "expected"),
    [
        (S.SENT, 24 * HOUR, False, None),
        (S.OPENED, 23 * HOUR, False, InviteRefusal.TOO_SOON),
        (S.OPENED, 23 * HOUR, True, None),
        (S.DRAFT, None, True, InviteRefusal.NOT_SENT),
        (S.ACCEPTED, 24 * HOUR, True, InviteRefusal.NOT_SENT),
        (S.DECLINED, 24 * HOUR, True, InviteRefusal.NOT_SENT),
    ],
)
def test_only_who_has_not_answered_is_reminded_and_not_twice_within_a_day(state, written, is_forced, expected):
    written_at = BEFORE - written if written else None
    assert reminder_refusal(state, written_at=written_at, is_forced=is_forced, now=BEFORE) is expected


@pytest.mark.parametrize(
    ("expires_in", "holds_for", "expected"),
    [
        (None, None, None),
        (HOUR, HOUR, None),
        (timedelta(0), HOUR, InviteRefusal.EXPIRES_IN_THE_PAST),
        (HOUR, timedelta(0), InviteRefusal.HOLD_IN_THE_PAST),
        (-HOUR, -HOUR, InviteRefusal.EXPIRES_IN_THE_PAST),
    ],
)
def test_nobody_is_invited_until_a_moment_that_has_passed(expires_in, holds_for, expected):
    expires_at = BEFORE + expires_in if expires_in is not None else None
    holds_until = BEFORE + holds_for if holds_for is not None else None
    assert terms_refusal(expires_at=expires_at, holds_until=holds_until, now=BEFORE) is expected


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("forum 25", None),
        ("FORUM-2025", None),
        ("abc", CodeRefusal.WRONG_LETTERS),
        ("a--b", CodeRefusal.WRONG_LETTERS),
        ("A" * 41, CodeRefusal.WRONG_LETTERS),
        ("żółw1", CodeRefusal.WRONG_LETTERS),
        ("a/b/c", CodeRefusal.WRONG_LETTERS),
    ],
)
def test_a_code_is_letters_digits_and_hyphens_however_it_is_typed(typed, wrong):
    assert code_wrong(code_as_shown(typed)) is wrong


@pytest.mark.parametrize(
    "typed",
    [
        "FORUM-25",
        "forum25",
        " forum 25 ",
        "Forum–25",
        "forum \u2014 25",
        "f o r u m-2-5",
        "\uff26\uff2f\uff32\uff35\uff2d25",
    ],
)
def test_a_code_is_known_without_its_hyphen_in_small_letters_and_with_blanks(typed):
    assert code_as_typed(typed) == code_as_typed("FORUM-25")


@pytest.mark.parametrize("typed", ["FORUM-26", "FORUM/25", "FORUM_25", "FORUM", ""])
def test_a_code_that_reads_otherwise_is_another_one(typed):
    assert code_as_typed(typed) != code_as_typed("FORUM-25")


@pytest.mark.parametrize(
    ("uses", "valid_in", "is_ended", "expected"),
    [
        (0, None, False, None),
        (4, HOUR, False, None),
        (5, HOUR, False, EntryRefusal.CODE_USED_UP),
        (0, timedelta(0), False, EntryRefusal.CODE_ENDED),
        (0, None, True, EntryRefusal.CODE_ENDED),
        (5, None, True, EntryRefusal.CODE_ENDED),
    ],
)
def test_a_code_opens_so_often_and_until_its_date(uses, valid_in, is_ended, expected):
    until = BEFORE + valid_in if valid_in is not None else None
    assert code_refusal(uses=uses, uses_allowed=5, valid_until=until, is_ended=is_ended, now=BEFORE) is expected


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("a@agh.edu.pl", True),
        ("a@AGH.edu.PL", True),
        ("a@student.agh.edu.pl", True),
        ("a@xagh.edu.pl", False),
        ("a@edu.pl", False),
        ("agh.edu.pl@example.org", False),
        ("a@agh.edu.pl.example.org", False),
    ],
)
def test_a_domain_takes_in_what_lies_below_it_and_nothing_that_only_looks_like_it(address, fits):
    assert domain_fits(address, "agh.edu.pl") is fits


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [("@AGH.edu.pl ", "agh.edu.pl"), ("ola@agh.edu.pl", "agh.edu.pl"), ("pl", None), ("a..pl", None), ("", None)],
)
def test_a_domain_is_stored_in_one_way(typed, cleaned):
    assert clean_domain(typed) == cleaned


@pytest.mark.parametrize(
    ("state", "is_closed", "expected"),
    [
        (C.SENT, False, None),
        (C.OPENED, False, None),
        (C.OPENED, True, EntryRefusal.CLAIM_ENDED),
        (C.CLAIMED, True, EntryRefusal.CLAIM_TAKEN),
        (C.WITHDRAWN, False, EntryRefusal.CLAIM_ENDED),
        (C.GONE, False, EntryRefusal.CLAIM_ENDED),
    ],
)
def test_a_link_takes_a_seat_while_it_holds_one(state, is_closed, expected):
    assert link_refusal(state, is_closed=is_closed) is expected


@pytest.mark.parametrize(
    ("state", "address", "written", "is_forced", "expected"),
    [
        (C.SENT, "a@example.org", 25 * HOUR, False, None),
        (C.SENT, "a@example.org", HOUR, False, DelegationRefusal.TOO_SOON),
        (C.SENT, "a@example.org", HOUR, True, None),
        (C.SENT, "", 25 * HOUR, True, DelegationRefusal.NO_ADDRESS),
        (C.CLAIMED, "a@example.org", 25 * HOUR, True, DelegationRefusal.ANSWERED),
    ],
)
def test_who_has_a_link_and_has_not_answered_is_reminded(state, address, written, is_forced, expected):
    found = ask_again_refusal(state, address=address, written_at=BEFORE - written, is_forced=is_forced, now=BEFORE)
    assert found is expected


def test_a_delegation_never_shrinks_below_what_is_taken_or_promised():
    assert seats_refusal(3, promised=3) is None
    assert seats_refusal(2, promised=3) is DelegationRefusal.BELOW_PROMISED
