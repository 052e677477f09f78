"""A seat goes from one hand to another, whole and never free in between."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda.models import SessionSignup
from lsos.checkin.delegations import of_organisation
from lsos.checkin.rules import Refusal, ScanResult
from lsos.checkin.service import Verdict, scan
from lsos.db import db, new_uid, transaction
from lsos.errors import Refused
from lsos.invitations import claims, entries
from lsos.invitations.passing import let_time_pass
from lsos.mail import OutgoingMail
from lsos.registration import seats, service, steps, transfers
from lsos.registration.details import Details
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.retyping import change_type
from lsos.registration.rules import Purpose, RegistrationState
from lsos.registration.service import Outcome
from lsos.registration.steps import nothing_else
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import OFFER_LIFE, OfferRefusal, TakingRefusal, TransferState
from lsos.registration.transfers import Colleague
from lsos.web.leaving import release_time
from tests import make
from tests.invitations.given import accept as take_a_claim
from tests.invitations.given import delegation, letters, seats_of
from tests.invitations.given import token as claim_token
from tests.invitations.test_delegations import EWA as IGA
from tests.invitations.test_delegations import JAN, OLA, send
from tests.make import BEFORE
from tests.racing import race

S = RegistrationState
EWA = Colleague("ewa@example.org", "Ewa", "Lis", "en")


def registered(kind: ParticipationType, name: str) -> Registration:
    who = Details(name, f"{name.lower()}@example.org", "en", dietary_needs="vegan", job_title="CEO")
    outcome = service.register(kind.event_id, kind.code, who, (), by=None, now=BEFORE)
    assert outcome.registration is not None
    return outcome.registration


def offered(
    giver: Registration, colleague: Colleague = EWA, *, is_of_delegation: bool = False, by: int | None = None
) -> str:
    """Offer a seat, and read the token of the link from the letter."""
    where = giver.event_id, giver.uid
    transfers.offer(*where, colleague, is_of_delegation=is_of_delegation, by=by or giver.person_id, now=BEFORE)
    text = db.session.scalars(
        select(OutgoingMail.text).where(OutgoingMail.to_address == colleague.address).order_by(OutgoingMail.id.desc())
    ).first()
    found = re.search(r"/seat-from/([\w-]+)", text or "")
    assert found is not None
    return found[1]


def taking(kind: ParticipationType, token: str, *, once: str = "", now=BEFORE) -> Callable[[], Outcome]:
    """Make what registers with the link, as the page of registration does."""
    event_id, code = kind.event_id, kind.code

    def register() -> Outcome:
        entry = entries.transfer_entry(event_id, token, now)
        assert entry.transfer is not None
        return service.register(
            event_id,
            code,
            Details("Ewa", "ewa@example.org", "en"),
            (),
            by=entry.person_id,
            once=once,
            is_invited=True,
            is_approved=entry.held.skips_approval,
            holding=entry.holding,
            entry=entry.use,
            first=transfers.giving_up(entry.transfer, release=release_time(actor_id=None, now=now), now=now),
            now=now,
        )

    return register


def state_of(one: Registration) -> RegistrationState:
    return db.session.get_one(Registration, one.id, populate_existing=True).state


def offer_state(giver: Registration) -> TransferState:
    db.session.rollback()
    found = select(SeatTransfer.state).where(SeatTransfer.giver_id == giver.id).order_by(SeatTransfer.id.desc())
    state = db.session.scalars(found).first()
    assert state is not None
    return state


def test_the_colleague_gets_that_very_seat_before_all_who_wait_and_nothing_personal(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver, waiting = registered(kind, "Ola"), registered(kind, "Jan")
    session = make.session(kind.event)
    make.signup(giver, session)
    old_code = giver.badge_code
    outcome = taking(kind, offered(giver))()

    taker = outcome.registration
    assert taker is not None
    assert (outcome.state, state_of(giver), state_of(waiting)) == (S.CONFIRMED, S.CANCELLED, S.WAITLISTED)
    assert seats_of(kind) == (1, 0, 0)
    assert db.session.scalars(select(SessionSignup)).all() == []
    assert taker.badge_code != old_code
    assert (taker.dietary_needs, taker.job_title, taker.consents) == ("", "", [])
    assert offer_state(giver) is TransferState.ACCEPTED
    assert letters("ola@example.org")[-1].endswith("is now that of Ewa Lis")


def test_until_it_is_taken_the_giver_has_the_seat_and_can_take_the_offer_back(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    token = offered(giver)
    assert state_of(giver) is S.CONFIRMED
    transfers.take_back(kind.event_id, giver.uid, by=giver.person_id, now=BEFORE)
    with pytest.raises(Refused, match=TakingRefusal.TAKEN_BACK):
        taking(kind, token)()
    assert (state_of(giver), seats_of(kind)) == (S.CONFIRMED, (1, 0, 0))
    assert letters("ewa@example.org")[-1].endswith("is not offered any more")


def test_a_colleague_who_waits_takes_it_and_leaves_the_line(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver, colleague = registered(kind, "Ola"), registered(kind, "Ewa")
    assert colleague.state is S.WAITLISTED
    assert taking(kind, offered(giver))().state is S.CONFIRMED
    assert (state_of(giver), state_of(colleague), seats_of(kind)) == (S.CANCELLED, S.CONFIRMED, (1, 0, 0))


def test_a_colleague_who_has_a_seat_cannot_take_another_and_the_giver_keeps_theirs(app: Flask):
    kind = make.participation_type(make.event(), seats=2)
    giver = registered(kind, "Ola")
    registered(kind, "Ewa")
    token = offered(giver)
    with pytest.raises(Refused, match="registered for this event already"):
        taking(kind, token)()
    assert (state_of(giver), offer_state(giver), seats_of(kind)) == (S.CONFIRMED, TransferState.OFFERED, (2, 0, 0))
    organiser = make.person("Olga", "Organizator").id
    transfers.take_back(kind.event_id, giver.uid, by=organiser, now=BEFORE)
    with pytest.raises(Refused, match=OfferRefusal.HAS_SEAT):
        offered(giver, by=organiser)


def test_where_approval_rests_on_answers_the_seat_is_held_until_the_organiser_has_decided(app: Flask):
    kind = make.participation_type(make.event(), seats=1, needs_approval=True, watched_answers=["organisation"])
    giver = registered(kind, "Ola")
    move = partial(service.move, kind.event_id, by=None, release=nothing_else, now=BEFORE)
    move(giver.uid, S.CONFIRMED)
    taker = taking(kind, offered(giver))().registration
    assert taker is not None
    assert (state_of(giver), state_of(taker), seats_of(kind)) == (S.CANCELLED, S.PENDING, (0, 1, 0))
    move(taker.uid, S.CONFIRMED)
    assert (state_of(taker), seats_of(kind)) == (S.CONFIRMED, (1, 0, 0))


def test_a_seat_can_be_taken_after_registration_has_closed(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    token = offered(giver)
    kind.event.registration_closes_at = BEFORE
    db.session.commit()
    assert taking(kind, token, now=BEFORE + timedelta(hours=1))().state is S.CONFIRMED


def test_an_offer_that_nobody_answers_runs_out_once_and_the_giver_is_told(app: Flask):
    giver = registered(make.participation_type(make.event(), seats=1), "Ola")
    offered(giver)
    assert let_time_pass(now=BEFORE + OFFER_LIFE - timedelta(seconds=1)) == 0
    assert let_time_pass(now=BEFORE + OFFER_LIFE) == 1
    assert let_time_pass(now=BEFORE + OFFER_LIFE) == 0
    assert (state_of(giver), offer_state(giver)) == (S.CONFIRMED, TransferState.EXPIRED)
    assert letters("ola@example.org")[-1].startswith("Nobody has taken your seat")


def test_who_cancels_takes_their_offer_back_and_the_seat_goes_to_the_line(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver, waiting = registered(kind, "Ola"), registered(kind, "Jan")
    token = offered(giver)
    service.move(kind.event_id, giver.uid, S.CANCELLED, by=giver.person_id, release=nothing_else, now=BEFORE)
    assert (offer_state(giver), state_of(waiting)) == (TransferState.TAKEN_BACK, S.CONFIRMED)
    with pytest.raises(Refused):
        taking(kind, token)()


def test_an_offer_ends_when_its_seat_becomes_one_of_another_kind(app: Flask):
    event = make.event()
    kind, other = make.participation_type(event, seats=1), make.participation_type(event, seats=1)
    giver = registered(kind, "Ola")
    token = offered(giver)
    with transaction() as session:
        seats.lock(session, event.id)
        one = steps.locked(session, event.id, giver.uid)
        change_type(session, one, session.get_one(ParticipationType, other.id), by=None, now=BEFORE)
    assert offer_state(giver) is TransferState.TAKEN_BACK
    with pytest.raises(Refused):
        taking(other, token)()


def test_a_delegation_keeps_its_own_swap(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    made = delegation(kind)
    send(made, OLA)
    outcome = take_a_claim(kind, f"claim.{claim_token('delegation-seat', 'ola@example.org')}", "Ola")
    assert outcome.registration is not None
    with pytest.raises(Refused, match=OfferRefusal.DELEGATION):
        offered(outcome.registration, is_of_delegation=True)


def test_a_seat_that_is_taken_while_it_is_cancelled_and_twice_at_once_goes_one_way(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver, waiting = registered(kind, "Ola"), registered(kind, "Jan")
    token = offered(giver)
    cancel = partial(service.move, kind.event_id, giver.uid, S.CANCELLED, by=giver.person_id, now=BEFORE)
    back = partial(transfers.take_back, kind.event_id, giver.uid, by=giver.person_id, now=BEFORE)
    calls: list[Callable[[], object]] = [partial(cancel, release=release_time(actor_id=None, now=BEFORE)), back]
    results = race(app, [*calls, *(taking(kind, token, once=f"form {n}") for n in range(4))])

    assert seats_of(kind) == (1, 0, 0)
    confirmed = db.session.scalars(select(Registration.id).where(Registration.state == S.CONFIRMED)).all()
    assert len(confirmed) == 1
    taken = sum(isinstance(result, Outcome) for result in results)
    assert taken == (offer_state(giver) is TransferState.ACCEPTED)
    assert (state_of(waiting) is S.CONFIRMED) is (state_of(giver) is S.CANCELLED and not taken)


def test_the_same_form_sent_twice_at_once_hands_the_seat_on_once(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    token = offered(giver)
    results = race(app, [taking(kind, token, once="one form")] * 4)
    assert {result.state for result in results} == {S.CONFIRMED}
    assert (state_of(giver), seats_of(kind)) == (S.CANCELLED, (1, 0, 0))
    assert len([letter for letter in letters("ola@example.org") if "is now that of" in letter]) == 1


def test_a_switched_off_kind_and_ones_own_address_are_refused(app: Flask):
    kind = make.participation_type(make.event(), seats=2, is_by_invitation=True)
    assert not kind.is_transferable
    guest = make.registration(kind.event, participation_type=kind, purposes=(Purpose.IMAGE,))
    with pytest.raises(Refused, match=OfferRefusal.NOT_THIS_KIND):
        offered(guest)
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    with pytest.raises(Refused, match=OfferRefusal.OWN_ADDRESS):
        offered(giver, Colleague("OLA@example.org", "Ola"))


def test_the_old_badge_is_turned_away_with_its_reason_and_the_new_one_lets_in(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    taker = taking(kind, offered(giver))().registration
    assert taker is not None
    door = make.point(kind.event)

    def scanned(code: str) -> Verdict:
        now = make.DOORS
        return scan(kind.event, door.code, code, uid=new_uid(), scanned_at=now, by_id=None, now=now)

    assert scanned(giver.badge_code).reason is Refusal.HANDED_ON
    assert scanned(taker.badge_code).result is ScanResult.ADMITTED


def test_an_organisation_reads_its_delegations_in_figures(app: Flask):
    kind = make.participation_type(make.event(), seats=5)
    made = delegation(kind, 4)
    send(made, OLA, JAN, IGA)
    outcome = take_a_claim(kind, f"claim.{claim_token('delegation-seat', 'ola@example.org')}", "Ola")
    claims.decline(claim_token("delegation-seat", "jan@example.org"), now=BEFORE)
    assert outcome.registration is not None
    door, now = make.point(kind.event), make.DOORS
    code = outcome.registration.badge_code
    scan(kind.event, door.code, code, uid=new_uid(), scanned_at=now, by_id=None, now=now)
    (found,) = of_organisation(made.organisation_id or 0)
    assert (found.delegation.seats, found.answered, found.asked, found.came) == (4, 2, 3, 1)
