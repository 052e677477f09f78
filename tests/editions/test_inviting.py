"""The ways in of a demonstration are about people who are there or plainly invented, and its seats still add up."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.db import Model, db
from lsos.editions import demo
from lsos.editions.demo import fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.invitations.models import AccessCode, AccessCodeUse, Claim, Delegation, Invitation
from lsos.invitations.queries import delegations_of
from lsos.invitations.rules import ClaimState, InvitationState
from lsos.mail import OutgoingMail
from lsos.organisations.models import Organisation
from lsos.paths import folder
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import RegistrationState
from tests import make

FIRST_DAY = date(2026, 11, 26)
BEFORE = moment(FIRST_DAY - timedelta(days=10), time(12), make.ZONE)


@pytest.fixture(autouse=True)
def _without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the hashes, which are slow on purpose."""
    monkeypatch.setattr(demo, "_set_passwords", lambda _now: None)


def filled(now: datetime = BEFORE) -> Event:
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=FIRST_DAY, now=now)
    fill(event, people=90, seed=1, now=now)
    db.session.rollback()
    return event


def count(kind: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_invitations_seats_and_codes_stand_in_several_states_and_a_second_run_adds_none(app: Flask):
    event = filled()
    states = Counter(db.session.scalars(select(Invitation.state)))
    usual = (InvitationState.DRAFT, InvitationState.SENT, InvitationState.OPENED, InvitationState.DECLINED)
    assert all(states[one] for one in usual)
    assert states[InvitationState.ACCEPTED]
    promised = Counter(db.session.scalars(select(Claim.state)))
    assert all(promised[one] for one in (ClaimState.SENT, ClaimState.OPENED, ClaimState.DECLINED))
    (own,) = delegations_of(event.id, [demo.VISITOR.address])
    assert own.free > 0
    assert count(AccessCode) == 2
    rows = {kind: count(kind) for kind in (Invitation, Delegation, Claim, AccessCode, OutgoingMail, Person)}
    fill(event, people=90, seed=1, now=BEFORE + timedelta(days=1))
    assert rows == {kind: count(kind) for kind in rows}


def test_seats_that_are_held_and_taken_by_the_ways_in_add_up(app: Flask):
    event = filled()
    taken: Counter[int] = Counter()
    for registration in db.session.scalars(select(Registration).where(Registration.event_id == event.id)):
        if registration.state is RegistrationState.CONFIRMED:
            taken.update(capacity.id for capacity in registration.participation_type.capacities)
    held: Counter[int] = Counter()
    for one in db.session.scalars(select(Delegation)):
        held.update({capacity.id: one.seats - one.claimed for capacity in one.participation_type.capacities})
    for code in db.session.scalars(select(AccessCode)):
        held.update({capacity.id: code.seats_held for kind in code.types for capacity in kind.capacities})
    assert sum(held.values()) > 0
    for capacity in db.session.scalars(select(Capacity).where(Capacity.event_id == event.id)):
        assert (capacity.taken, capacity.held) == (taken[capacity.id], held[capacity.id])
    for code in db.session.scalars(select(AccessCode)):
        assert code.uses == len(
            db.session.scalars(select(AccessCodeUse.id).where(AccessCodeUse.access_code_id == code.id)).all()
        )


def test_whoever_came_is_of_the_demonstration_and_the_others_can_be_reached_by_no_letter(app: Flask):
    filled()
    for address in db.session.scalars(select(OutgoingMail.to_address)):
        assert address.endswith(("@example.org", ".example"))
    assert all(one.organisation and one.organisation.is_invented for one in db.session.scalars(select(Delegation)))
    assert count(Organisation) > 0
    for state, registration_id in db.session.execute(select(Claim.state, Claim.registration_id)):
        assert (registration_id is not None) == (state is ClaimState.CLAIMED)


def test_nobody_is_written_to_about_an_event_that_is_over(app: Flask):
    filled(datetime(2026, 12, 24, tzinfo=UTC))
    assert set(db.session.scalars(select(Invitation.state))) == {InvitationState.ACCEPTED}
    assert count(OutgoingMail) == count(Delegation) == 0
