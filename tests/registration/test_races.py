"""Many at once: never more people than seats, and nobody lost or doubled."""

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import Person
from lsos.db import db
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from lsos.organisations.models import Organisation
from lsos.registration import queries, service, waiting
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import ALONE, Waits, nothing_else
from lsos.web.leaving import release_time
from tests import make
from tests.make import BEFORE
from tests.racing import CROWD, race
from tests.registration import last_seats

S = RegistrationState


def registering(
    kind: ParticipationType, name: str, *, once: str = "", waits: Waits = ALONE, **more: Any
) -> partial[service.Outcome]:
    person = Details(given_name=name, email=f"{name.lower()}@example.org", language="en", **more)
    return partial(service.register, kind.event_id, kind.code, person, (), by=None, once=once, waits=waits, now=BEFORE)


def states(kind: ParticipationType) -> dict[RegistrationState, int]:
    return {state: number for state, number in queries.counts_by_state(kind.event_id).items() if number}


def seats(kind: ParticipationType) -> tuple[int, int]:
    row = db.session.execute(select(Capacity.taken, Capacity.seats).where(Capacity.event_id == kind.event_id)).one()
    return row[0], row[1]


def ranks(kind: ParticipationType) -> list[int]:
    waiting = db.session.scalars(
        select(Registration).where(Registration.event_id == kind.event_id, Registration.state == S.WAITLISTED)
    )
    return sorted(queries.waiting_rank(one) for one in waiting.all())


def test_of_two_for_the_last_seat_one_gets_it_and_one_waits(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    outcomes = race(app, [registering(kind, "Ola"), registering(kind, "Jan")])
    assert sorted(outcome.state for outcome in outcomes) == [S.CONFIRMED, S.WAITLISTED]
    assert seats(kind) == (1, 1)


def test_of_many_for_the_last_seat_one_gets_it_and_the_rest_wait_in_a_line(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    for name in ("First", "Second"):
        registering(kind, name)()
    outcomes = race(app, [registering(kind, f"P{n}") for n in range(CROWD)])

    assert sum(outcome.state is S.CONFIRMED for outcome in outcomes) == 1
    assert sorted(outcome.rank for outcome in outcomes if outcome.rank) == list(range(1, CROWD))
    assert states(kind) == {S.CONFIRMED: 3, S.WAITLISTED: CROWD - 1}
    assert seats(kind) == (3, 3)
    assert ranks(kind) == list(range(1, CROWD))
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == CROWD + 2


def test_the_same_form_sent_twice_at_once_is_one_registration_and_one_letter(app: Flask):
    kind = make.participation_type(make.event(), seats=5)
    outcomes = race(app, [registering(kind, "Ola", once="one form")] * 6)
    assert {outcome.state for outcome in outcomes} == {S.CONFIRMED}
    assert seats(kind) == (1, 5)
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 1


def test_colleagues_who_type_a_new_organisation_at_once_share_it(app: Flask):
    kind = make.participation_type(make.event())
    before = db.session.scalar(select(func.count()).select_from(Organisation))
    race(app, [registering(kind, f"P{n}", organisation="Nowa Spółka") for n in range(8)])
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == (before or 0) + 1
    assert states(kind) == {S.CONFIRMED: 8}


def test_while_some_cancel_and_others_come_no_seat_is_lost(app: Flask):
    kind = make.participation_type(make.event(), seats=5)
    inside = [registering(kind, f"In{n}")().registration for n in range(5)]
    for n in range(5):
        registering(kind, f"Waiting{n}")()

    def cancelling(one: Registration) -> partial[Registration]:
        release = release_time(actor_id=one.person_id, now=BEFORE)
        return partial(service.move, kind.event_id, one.uid, S.CANCELLED, by=one.person_id, release=release, now=BEFORE)

    calls: list[Any] = [cancelling(one) for one in inside if one is not None]
    calls += [registering(kind, f"New{n}") for n in range(5)]
    race(app, calls)

    assert states(kind) == {S.CONFIRMED: 5, S.WAITLISTED: 5, S.CANCELLED: 5}
    assert seats(kind) == (5, 5)
    assert ranks(kind) == [1, 2, 3, 4, 5]
    first_in_line = db.session.scalars(
        select(Person.given_name)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.state == S.CONFIRMED)
    ).all()
    assert sorted(first_in_line) == [f"Waiting{n}" for n in range(5)]


def test_two_organisers_who_decide_at_once_decide_once(app: Flask):
    kind = make.participation_type(make.event(), seats=5, needs_approval=True)
    one = registering(kind, "Ola")().registration
    assert one is not None
    move = partial(service.move, kind.event_id, one.uid, by=None, release=nothing_else, now=BEFORE)
    results = race(app, [partial(move, S.CONFIRMED)] * 4)
    assert sum(isinstance(result, Refused) for result in results) == 3
    assert seats(kind) == (1, 5)


def test_of_forty_for_ten_seats_beside_a_delegation_and_a_line_ten_get_in_and_the_rest_have_a_rank(app: Flask):
    last_seats.check(last_seats.run(app, newcomers=40), newcomers=40)


def test_an_offer_that_is_taken_while_it_runs_out_ends_one_way_only(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = registering(kind, "First")().registration
    asked = registering(kind, "Asked", waits=Waits(accepts_automatically=False))().registration
    registering(kind, "Behind")()
    assert first is not None
    assert asked is not None
    leave = partial(service.move, kind.event_id, first.uid, S.CANCELLED, by=None, release=nothing_else)
    leave(now=BEFORE)
    late = BEFORE + timedelta(hours=48)
    calls: list[Any] = [partial(waiting.close_offers, now=late)] * 3
    calls += [partial(waiting.accept, kind.event_id, asked.id, now=late - timedelta(seconds=1))] * 3
    race(app, calls)
    assert states(kind)[S.CONFIRMED] == 1
    assert seats(kind) == (1, 1)
    assert {state: number for state, number in states(kind).items() if state is not S.CONFIRMED} in (
        {S.CANCELLED: 2},
        {S.CANCELLED: 1, S.WAITLISTED: 1},
    )
