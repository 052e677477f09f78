"""Invitations and codes: sent, reminded of, answered for somebody, taken back, and let go when time is up."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from lsos.db import db
from lsos.errors import Refused
from lsos.invitations import codes, queries, service
from lsos.invitations.codes import Wanted
from lsos.invitations.models import AccessCode, Invitation
from lsos.invitations.passing import let_time_pass
from lsos.invitations.rules import CodeRefusal, InvitationState, InviteRefusal, WaveKind
from lsos.invitations.service import Asked
from lsos.registration.models import ParticipationType
from lsos.registration.rules import RegistrationState
from tests import make
from tests.invitations.given import accept, act, by, invited, letters, seats_of, token
from tests.make import BEFORE

S, K = InvitationState, WaveKind
DAY = timedelta(days=1)


@pytest.fixture
def kind(app: Flask) -> ParticipationType:
    return make.participation_type(make.event(), seats=2, is_by_invitation=True)


def state(one: Invitation) -> InvitationState:
    db.session.rollback()
    return db.session.get_one(Invitation, one.id, populate_existing=True).state


def test_importing_a_list_sends_nothing_and_passes_over_who_is_there(kind: ParticipationType):
    make.registration(kind.event, make.person(email="here@example.org"), participation_type=kind)
    invited(kind, "asked@example.org", is_sent=False)
    asked = [Asked(address, kind.code) for address in ("new@example.org", "here@example.org", "asked@example.org")]
    done = service.invite_many(kind.event_id, asked, by=by(), now=BEFORE)
    assert done.number == 1
    assert done.refused == [
        ("here@example.org", InviteRefusal.REGISTERED),
        ("asked@example.org", InviteRefusal.INVITED),
    ]
    assert letters("new@example.org") == []
    assert queries.counts_by_state(kind.event_id)[S.DRAFT] == 2


def test_the_same_address_is_not_invited_twice_until_it_has_answered(kind: ParticipationType):
    first = invited(kind)
    with pytest.raises(Refused, match="invited already"):
        invited(kind, "OLA@example.org")
    act(K.WITHDRAW, kind, [first.uid])
    assert state(invited(kind)) is S.SENT


def test_sending_holds_a_seat_only_while_one_is_free(kind: ParticipationType):
    made = [
        invited(kind, f"p{n}@example.org", given_name=f"P{n}", family_name="", holds_until=make.DOORS, is_sent=False)
        for n in range(3)
    ]
    done = act(K.SEND, kind, [one.uid for one in made])
    assert done.number == 2
    assert done.refused == [("P2", InviteRefusal.NO_SEAT)]
    assert seats_of(kind) == (0, 2, 0)
    assert letters("p2@example.org") == []


def test_reminders_go_to_those_who_have_not_answered_and_not_twice_within_a_day(kind: ParticipationType):
    waiting, declined = invited(kind, "a@example.org"), invited(kind, "b@example.org")
    service.decline(token("invitation", "b@example.org"), now=BEFORE)
    both = [waiting.uid, declined.uid]
    too_soon = act(K.REMIND, kind, both, now=BEFORE + DAY / 2)
    #: Who has declined is not asked to begin with.
    assert (too_soon.number, [why for _, why in too_soon.refused]) == (0, [InviteRefusal.TOO_SOON])
    assert act(K.REMIND, kind, both, is_forced=True, now=BEFORE + DAY / 2).number == 1
    assert act(K.REMIND, kind, both, now=BEFORE + 2 * DAY).number == 1
    assert len(letters("a@example.org")) == 3
    assert len(letters("b@example.org")) == 1


def test_the_first_letter_still_opens_the_invitation_after_a_reminder(kind: ParticipationType):
    invitation = invited(kind)
    first = token("invitation", "ola@example.org")
    act(K.REMIND, kind, [invitation.uid], now=BEFORE + 2 * DAY)
    assert token("invitation", "ola@example.org") != first
    accept(kind, f"invitation.{first}")
    assert state(invitation) is S.ACCEPTED


def test_accepting_takes_the_seat_that_is_held_and_no_other(kind: ParticipationType):
    invited(kind, holds_until=make.DOORS)
    make.registration(kind.event, participation_type=kind)
    outcome = accept(kind, f"invitation.{token('invitation', 'ola@example.org')}")
    assert outcome.state is RegistrationState.CONFIRMED
    assert seats_of(kind) == (1, 0, 1)  # the maker's registration took none


def test_an_organiser_notes_a_no_with_how_it_was_said(kind: ParticipationType):
    invitation = invited(kind, is_sent=False)
    with pytest.raises(Refused, match="short note"):
        service.decline_for(kind.event_id, invitation.uid, note="", by=by(), now=BEFORE)
    service.decline_for(kind.event_id, invitation.uid, note="By telephone", by=by(), now=BEFORE)
    assert state(invitation) is S.DECLINED


def test_when_time_is_up_invitations_expire_and_held_seats_go_on_once(kind: ParticipationType):
    gone = invited(kind, "a@example.org", holds_until=BEFORE + 2 * DAY, expires_at=BEFORE + DAY)
    held = invited(kind, "b@example.org", holds_until=BEFORE + DAY)
    assert let_time_pass(now=BEFORE + DAY - timedelta(seconds=1)) == 0
    assert let_time_pass(now=BEFORE + DAY) == 2
    assert (state(gone), state(held)) == (S.EXPIRED, S.SENT)
    assert seats_of(kind) == (0, 0, 2)
    assert let_time_pass(now=BEFORE + DAY) == 0


def test_a_code_that_holds_seats_gives_them_to_its_users_and_the_rest_back_when_it_ends(kind: ParticipationType):
    wanted = Wanted("FUND-25", "", [kind.code], 2, holds_seats=True)
    made = codes.make_code(kind.event_id, wanted, by=by(), now=BEFORE)
    assert seats_of(kind) == (0, 2, 0)
    accept(kind, "code.fund-25")
    assert seats_of(kind) == (1, 1, 0)
    assert [use.registration.person.given_name for use in queries.uses_of(made.id)] == ["Ola"]
    codes.end_code(kind.event_id, made.uid, by=by(), now=BEFORE)
    assert seats_of(kind) == (1, 0, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "fund-25"}, CodeRefusal.TAKEN),
        ({"code": "F-UND 25"}, CodeRefusal.TAKEN),
        ({"code": "a b"}, CodeRefusal.WRONG_LETTERS),
        ({"type_codes": []}, CodeRefusal.NO_TYPE),
        ({"uses_allowed": 3, "holds_seats": True}, CodeRefusal.NO_SEAT),
        ({"valid_until": BEFORE}, CodeRefusal.UNTIL_IN_THE_PAST),
    ],
)
def test_a_code_that_cannot_be_is_refused_with_the_reason(
    kind: ParticipationType, change: dict[str, Any], reason: CodeRefusal
):
    codes.make_code(kind.event_id, Wanted("FUND-25", "", [kind.code], 1), by=by(), now=BEFORE)
    values: dict[str, Any] = {"code": "", "label": "", "type_codes": [kind.code], "uses_allowed": 1} | change
    with pytest.raises(Refused) as refused:
        codes.make_code(kind.event_id, Wanted(**values), by=by(), now=BEFORE)
    assert refused.value.message == reason
    assert db.session.query(AccessCode).count() == 1
