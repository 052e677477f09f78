"""What is about somebody is found, and nothing that is about those they wrote down or were mistaken for."""

from datetime import UTC, date, datetime

from flask import Flask

from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.privacy import forgetting
from lsos.privacy.register import belongings
from lsos.registration.models import Registration
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import TransferState
from tests import make
from tests.invitations.test_transfers import EWA, offered, registered

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def letter(to: str, event: Event) -> OutgoingMail:
    return make.add(
        OutgoingMail(
            key=f"{event.slug}:{to}",
            scope=event.slug,
            letter="registration_confirmed",
            to_address=to,
            subject="Private",
            text="For your eyes only",
            html="",
            language="en",
            created_at=NOW,
            next_try_at=NOW,
        )
    )


def taken_over(taker: Registration, giver: Registration) -> None:
    """Let somebody have their seat from somebody else, so that their address stands beside it."""
    make.add(
        SeatTransfer(
            giver_id=giver.id,
            taker_id=taker.id,
            address=taker.person.email,
            given_name="Ewa",
            token_hash=taker.uid,
            state=TransferState.ACCEPTED,
            offered_at=NOW,
            expires_at=NOW,
        )
    )


def test_a_colleague_to_whom_somebody_offered_a_seat_stays_out_of_what_is_theirs(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    giver = registered(kind, "Ola")
    offered(giver)
    private = letter(EWA.address, kind.event)
    theirs = belongings(db.session(), giver.person_id)
    assert theirs.addresses == {"ola@example.org"}
    assert private.id not in theirs.of("outgoing_mail")
    assert len(theirs.of("seat_transfer")) == 1


def test_a_registration_that_is_due_leaves_what_its_owner_has_at_other_events(app: Flask):
    who = make.person("Bogumiła", "Wąż", email="bogumila@example.org")
    old, new = make.event(days=1, starts_on=date(2020, 3, 3)), make.event(days=1, starts_on=date(2026, 3, 3))
    first, second = (make.registration(one, who) for one in (old, new))
    taken_over(first, make.registration(old))
    letters = [letter(who.email, one).id for one in (old, new)]
    with transaction() as session:
        forgetting.part_from(session, first.id, [first.id], NOW)
    db.session.expire_all()
    assert db.session.get_one(Registration, first.id).person_id != who.id
    assert db.session.get_one(Registration, second.id).person_id == who.id
    assert [db.session.get_one(OutgoingMail, one).text for one in letters] == ["", "For your eyes only"]
