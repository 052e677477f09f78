"""Delegations: seats that are kept for an organisation, promised, taken, swapped, given back, and let go in time."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.invitations import claims, delegations, queries
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.passing import let_time_pass
from lsos.invitations.reading import Person
from lsos.invitations.rules import ClaimState, DelegationRefusal
from lsos.invitations.service import Done
from lsos.mail import OutgoingMail
from lsos.registration import service as registering
from lsos.registration.details import Details
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Waits
from lsos.web.leaving import release_time
from tests import make
from tests.invitations.given import accept, by, delegation, letters, seats_of, token
from tests.make import BEFORE

C = ClaimState
DAY = timedelta(days=1)
OLA, JAN, EWA = (
    Person(n, f"{name.lower()}@example.org", name, "Nowak") for n, name in enumerate(["Ola", "Jan", "Ewa"])
)


@pytest.fixture
def kind(app: Flask) -> ParticipationType:
    return make.participation_type(make.event(), seats=4)


def figures(one: Delegation) -> tuple[int, int, int, int]:
    """Say how many seats it has, and how many are taken, promised and free."""
    db.session.rollback()
    found = db.session.get_one(Delegation, one.id, populate_existing=True)
    return found.seats, found.claimed, found.sent, found.free


def send(one: Delegation, *people: Person) -> Done:
    return claims.send_links(one.event_id, one.uid, people, language="en", by=None, now=BEFORE)


def claimed(kind: ParticipationType, one: Delegation, person: Person = OLA) -> Claim:
    """Promise a seat to somebody who takes it."""
    send(one, person)
    accept(kind, f"claim.{token('delegation-seat', person.address)}", person.given_name)
    return next(each for each in queries.claims(one.id) if each.address == person.address)


def test_seats_are_kept_and_promised_and_taken_and_never_more_than_there_are(kind: ParticipationType):
    one = delegation(kind, 2)
    assert letters("manager@example.org")[0].startswith("Your delegation to")
    assert seats_of(kind) == (0, 2, 2)
    done = send(one, OLA, JAN, EWA, OLA)
    assert done.number == 2
    assert done.refused == [
        ("ewa@example.org", DelegationRefusal.NONE_FREE),
        ("ola@example.org", DelegationRefusal.ASKED_ALREADY),
    ]
    outcome = accept(kind, f"claim.{token('delegation-seat', 'ola@example.org')}")
    assert outcome.state is RegistrationState.CONFIRMED
    assert figures(one) == (2, 1, 1, 0)
    assert seats_of(kind) == (1, 1, 2)


def test_a_link_is_used_once(kind: ParticipationType):
    one = delegation(kind, 2)
    claimed(kind, one)
    with pytest.raises(Refused, match="taken with this link already"):
        accept(kind, f"claim.{token('delegation-seat', 'ola@example.org')}", "Jan")
    assert figures(one) == (2, 1, 0, 1)


def test_a_seat_goes_from_one_to_another_at_once_and_both_are_written_to(kind: ParticipationType):
    one = delegation(kind, 1)
    claim = claimed(kind, one)
    release = release_time(actor_id=None, now=BEFORE)
    claims.swap(kind.event_id, one.uid, claim.uid, JAN, language="en", release=release, by=None, now=BEFORE)
    assert figures(one) == (1, 0, 1, 0)
    assert seats_of(kind) == (0, 1, 3)
    assert letters("ola@example.org")[-1].startswith("Your registration")
    assert letters("ola@example.org")[-1].endswith("is cancelled")
    to_ola = select(OutgoingMail.text).where(OutgoingMail.to_address == "ola@example.org").order_by(OutgoingMail.id)
    told = db.session.scalars(to_ola).all()[-1]
    assert "Klinika Zdrowia, who kept this seat for you, hands it on." in " ".join(told.split())
    assert "The organiser cancelled" not in told
    assert letters("jan@example.org")[-1].startswith("Klinika Zdrowia keeps a seat for you")
    assert db.session.get_one(Registration, claim.registration_id).state is RegistrationState.CANCELLED
    accept(kind, f"claim.{token('delegation-seat', 'jan@example.org')}", "Jan")
    assert figures(one) == (1, 1, 0, 0)


def test_somebody_who_cancels_leaves_the_delegation_and_their_seat_goes_to_who_waits(kind: ParticipationType):
    one = delegation(kind, 4)
    claim = claimed(kind, one)
    waiting = registering.register(
        kind.event_id, kind.code, Details("Iga", "iga@example.org", "en"), (), by=None, now=BEFORE
    )
    assert waiting.state is RegistrationState.WAITLISTED
    mine = db.session.get_one(Registration, claim.registration_id)
    release = release_time(actor_id=mine.person_id, now=BEFORE)
    registering.move(
        kind.event_id, mine.uid, RegistrationState.CANCELLED, by=mine.person_id, release=release, now=BEFORE
    )
    assert figures(one) == (3, 0, 0, 3)
    assert seats_of(kind) == (1, 3, 0)
    assert queries.claims(one.id)[0].state is C.GONE


def test_a_delegation_grows_while_seats_are_free_and_never_shrinks_below_what_is_promised(kind: ParticipationType):
    one = delegation(kind, 2)
    send(one, OLA, JAN)
    resize = partial(delegations.change, kind.event_id, one.uid, until=one.until, note="", by=by(), now=BEFORE)
    with pytest.raises(Refused, match="not free"):
        resize(5)
    with pytest.raises(Refused, match="Withdraw links first"):
        resize(1)
    resize(4)
    assert seats_of(kind) == (0, 4, 0)
    claims.give_back(kind.event_id, one.uid, 2, by=None, now=BEFORE)
    with pytest.raises(Refused, match="no more than are free"):
        claims.give_back(kind.event_id, one.uid, 1, by=None, now=BEFORE)
    assert figures(one) == (2, 0, 2, 0)
    assert seats_of(kind) == (0, 2, 2)


def test_when_its_time_is_up_unclaimed_seats_go_back_once_and_taken_ones_stay(kind: ParticipationType):
    one = delegation(kind, 3, until=BEFORE + DAY)
    claimed(kind, one)
    send(one, JAN)
    assert let_time_pass(now=BEFORE + DAY) == 1
    assert let_time_pass(now=BEFORE + DAY) == 0
    assert figures(one) == (1, 1, 0, 0)
    assert seats_of(kind) == (1, 0, 3)
    with pytest.raises(Refused, match="holds no seat any more"):
        accept(kind, f"claim.{token('delegation-seat', 'jan@example.org')}", "Jan")
    with pytest.raises(Refused, match="has ended"):
        send(one, EWA)


def test_who_declines_leaves_the_seat_to_a_colleague_and_reminders_go_to_the_others(kind: ParticipationType):
    one = delegation(kind, 2)
    send(one, OLA, JAN)
    claims.decline(token("delegation-seat", "ola@example.org"), reason="Urlop", now=BEFORE)
    assert figures(one) == (2, 0, 1, 1)
    uids = [each.uid for each in queries.claims(one.id)]
    done = claims.remind(kind.event_id, one.uid, uids, by=None, now=BEFORE + 2 * DAY)
    assert done.number == 1
    assert [why for _, why in done.refused] == [DelegationRefusal.ANSWERED]
    assert len(letters("jan@example.org")) == 2
    assert len(letters("ola@example.org")) == 1


def test_a_link_to_copy_takes_a_seat_and_a_second_link_to_the_same_seat_leads_there_too(kind: ParticipationType):
    one = delegation(kind, 1)
    first = claims.copy_link(kind.event_id, one.uid, "", language="en", by=None, now=BEFORE)
    (claim,) = queries.claims(one.id)
    second = claims.copy_link(kind.event_id, one.uid, claim.uid, language="en", by=None, now=BEFORE)
    assert figures(one) == (1, 0, 1, 0)
    accept(kind, f"claim.{second}")
    with pytest.raises(Refused, match="taken with this link already"):
        accept(kind, f"claim.{first}", "Jan")


def test_a_group_that_gets_its_seats_becomes_a_delegation_once(kind: ParticipationType):
    leader = Details("Iga", "iga@example.org", "en", organisation="Klinika Zdrowia")
    registering.register(kind.event_id, kind.code, leader, (), by=None, waits=Waits(size=3), now=BEFORE)
    assert seats_of(kind) == (1, 2, 1)
    assert let_time_pass(now=BEFORE) == 1
    assert let_time_pass(now=BEFORE) == 0
    (one,) = queries.delegations(kind.event_id)
    assert (one.name, one.free, one.managers[0].address) == ("Klinika Zdrowia", 2, "iga@example.org")
    assert seats_of(kind) == (1, 2, 1)
