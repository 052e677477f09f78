"""Seats that are held: promised, taken, let go, and never more than there are."""

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.registration import seats, service, steps
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType
from lsos.registration.rules import HeldFor, RegistrationRefusal, RegistrationState
from tests import make
from tests.make import BEFORE

S = RegistrationState


def seats_of(kind: ParticipationType) -> tuple[int, int, int]:
    """Say how many seats of a type are taken, held and free."""
    db.session.rollback()
    db.session.expire_all()
    capacity = db.session.get_one(Capacity, kind.capacities[0].id)
    return capacity.taken, capacity.held, capacity.free


def hold(kind: ParticipationType, n: int, what: HeldFor = HeldFor.DELEGATION) -> bool:
    with transaction() as session:
        seats.lock(session, kind.event_id)
        return seats.hold(session, session.get_one(ParticipationType, kind.id).capacities, n, what=what)


def register(kind: ParticipationType, name: str = "Ola", *, holding: HeldFor | None = None) -> service.Outcome:
    who = Details(given_name=name, email=f"{name.lower()}@example.org", language="en")
    return service.register(kind.event_id, kind.code, who, (), by=None, holding=holding, now=BEFORE)


def test_held_seats_are_not_free_for_others(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    assert hold(kind, 2)
    assert register(kind, "Ola").state is S.CONFIRMED
    assert register(kind, "Jan").state is S.WAITLISTED
    assert seats_of(kind) == (1, 2, 0)


def test_more_than_is_free_is_not_held_at_all(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    assert hold(kind, 2)
    assert not hold(kind, 2)
    assert seats_of(kind) == (0, 2, 1)


def test_who_has_a_held_seat_takes_it_without_approval(app: Flask):
    kind = make.participation_type(make.event(), seats=1, needs_approval=True)
    hold(kind, 1)
    assert register(kind, holding=HeldFor.DELEGATION).state is S.CONFIRMED
    assert seats_of(kind) == (1, 0, 0)


def test_a_seat_that_is_held_for_another_reason_is_not_taken(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    hold(kind, 1, HeldFor.INVITED)
    with pytest.raises(Refused) as refused:
        register(kind, holding=HeldFor.DELEGATION)
    assert refused.value.message == RegistrationRefusal.NO_SEAT_HELD
    assert seats_of(kind) == (0, 1, 0)


def test_a_seat_that_is_let_go_goes_to_who_waits(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    hold(kind, 1)
    assert register(kind).state is S.WAITLISTED
    with transaction() as session:
        seats.lock(session, kind.event_id)
        seats.let_go(session, session.get_one(ParticipationType, kind.id).capacities, 1)
        assert steps.hand_on(session, kind.event_id, BEFORE) == 1
    assert seats_of(kind) == (1, 0, 0)


def test_the_database_refuses_to_hold_a_seat_that_does_not_exist(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(Capacity).where(Capacity.id == kind.capacities[0].id).values(taken=1, held_review=1))
