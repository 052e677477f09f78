"""Guests who come without having registered: a name, and in, while there are seats."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.checkin.models import Arrival
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import ConsentKind, RegistrationState
from tests import make
from tests.conftest import Reader

S = RegistrationState


@pytest.fixture
def event(app: Flask) -> Event:
    """Make an event that goes on now, all day long."""
    today = datetime.now(UTC).date()
    event = make.event(starts_on=today, timezone="UTC", doors_open=time(0), doors_close=time(23, 59, 59))
    make.point(event, code="main")
    make.consent_text(event, "terms", ConsentKind.ACCEPTANCE, is_required=True)
    return event


def form(kind: ParticipationType, **more: Any) -> dict[str, Any]:
    values = {
        "once": "A" * 22,
        "given_name": "Zofia",
        "language": "pl",
        "kind": kind.code,
        "point": "main",
        "accepts_terms": "y",
    }
    return {name: value for name, value in (values | more).items() if value is not None}


def path(event: Event) -> str:
    return f"/en/events/{event.slug}/walk-in"


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_name_is_enough_and_sent_twice_it_is_one_guest(client: Reader, event: Event):
    kind = make.participation_type(event, seats=5)
    client.sign_in(make.staff(Role.DOOR, event))
    people = count(Person)
    for _ in range(2):
        answer = client.post(path(event), data=form(kind), follow_redirects=True)
        assert "Registered: Zofia. Code for a badge written by hand:" in answer.text
    assert (count(Person), count(Registration), count(Arrival)) == (people + 1, 1, 1)
    (one,) = db.session.scalars(select(Registration))
    assert (one.state, one.person.emails, one.consents[0].source) == (S.CONFIRMED, [], "door")
    assert count(OutgoingMail) == 0


def test_the_last_seat_is_the_last_and_an_organiser_may_add_one(client: Reader, event: Event):
    kind = make.participation_type(event, seats=0)
    client.sign_in(make.staff(Role.DOOR, event))
    answer = client.post(path(event), data=form(kind, adds_seat="y"))
    assert answer.status_code == 409
    assert "Every seat of this kind is taken." in answer.text
    assert count(Registration) == 0
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    client.sign_in(make.staff(Role.OWNER, event))
    assert client.post(path(event), data=form(kind, adds_seat="y")).status_code == 302
    capacity = db.session.scalars(select(Capacity)).one()
    assert (capacity.seats, capacity.taken) == (1, 1)


def test_who_waited_is_let_in_and_keeps_what_they_said(client: Reader, event: Event):
    kind = make.participation_type(event, seats=1)
    guest = make.person("Łucja", "Wąs", email="lucja@example.org")
    before = make.registration(event, guest, participation_type=kind, state=S.WAITLISTED, job_title="CEO")
    client.sign_in(make.staff(Role.DOOR, event))
    client.post(path(event), data=form(kind, email="LUCJA@example.org"))
    (one,) = db.session.scalars(select(Registration))
    assert (one.id, one.state, one.job_title, one.person.given_name) == (before.id, S.CONFIRMED, "CEO", "Łucja")
    assert db.session.scalars(select(Capacity)).one().taken == 1


def test_the_desk_does_not_let_in_by_approval_and_asks_for_the_terms(client: Reader, event: Event):
    kind = make.participation_type(event, needs_approval=True)
    make.participation_type(event)
    client.sign_in(make.staff(Role.DOOR, event))
    assert client.post(path(event), data=form(kind)).status_code == 422
    client.sign_in(make.staff(Role.OWNER, event))
    answer = client.post(path(event), data=form(kind, accepts_terms=None))
    assert answer.status_code == 409
    assert "Ask the guest to accept the terms" in answer.text
    assert client.post(path(event), data=form(kind)).status_code == 302
