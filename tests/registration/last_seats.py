"""The last seats of an event, with a delegation that claims its own, people in line, and newcomers, all at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore
from typing import Any

from flask import Flask
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.registration import queries, seats, service, steps
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import HeldFor, RegistrationState
from tests import make
from tests.make import BEFORE
from tests.racing import race

S = RegistrationState
#: Seats that get free while everybody comes.
LAST = 10
#: Seats that stay held for a delegation whose people come at the same time.
DELEGATES = 4
#: So many are served at a time; the others stand before the door, as before a server with so many threads.
AT_A_TIME = 8
#: People who stand in line before.
EARLY = 3


@dataclass(frozen=True)
class Result:
    """What the race came to."""

    confirmed: set[str]
    ranks: list[int]
    taken: int
    held: int


def coming(kind: ParticipationType, name: str, **more: Any) -> partial[service.Outcome]:
    """Make the call of somebody who registers."""
    who = Details(given_name=name, email=f"{name.lower()}@example.org", language="en")
    return partial(service.register, kind.event_id, kind.code, who, (), by=None, now=BEFORE, **more)


def let_ten_go(event_id: int, kind_id: int) -> int:
    """Free the seats that another delegation gives back, and hand them on."""
    with transaction() as session:
        seats.lock(session, event_id)
        seats.let_go(session, session.get_one(ParticipationType, kind_id).capacities, LAST)
        return steps.hand_on(session, event_id, BEFORE)


def served(call: Callable[[], Any], places: BoundedSemaphore) -> Callable[[], Any]:
    """Let a call wait until it is served, as a server does whose threads are fewer than those who come."""

    def waits() -> Any:
        with places:
            return call()

    return waits


def run(app: Flask, newcomers: int) -> Result:
    """Let two delegations hold all seats, put people in line, then let everybody come at once."""
    kind = make.participation_type(make.event(), seats=LAST + DELEGATES)
    with transaction() as session:
        seats.lock(session, kind.event_id)
        assert seats.hold(session, session.get_one(ParticipationType, kind.id).capacities, LAST + DELEGATES)
    for n in range(EARLY):
        assert coming(kind, f"Early{n}")().state is S.WAITLISTED
    calls: list[Any] = [coming(kind, f"New{n}") for n in range(newcomers)]
    calls[newcomers // 2 : newcomers // 2] = [partial(let_ten_go, kind.event_id, kind.id)]
    calls += [coming(kind, f"Delegate{n}", holding=HeldFor.DELEGATION) for n in range(DELEGATES)]
    places = BoundedSemaphore(AT_A_TIME)
    race(app, [served(call, places) for call in calls])
    db.session.rollback()
    db.session.expire_all()
    everybody = db.session.scalars(select(Registration).where(Registration.event_id == kind.event_id)).all()
    waiting = [one for one in everybody if one.state is S.WAITLISTED]
    capacity = db.session.get_one(Capacity, kind.capacities[0].id)
    return Result(
        {one.person.given_name for one in everybody if one.state is S.CONFIRMED},
        sorted(queries.waiting_rank(one) for one in waiting),
        capacity.taken,
        capacity.held,
    )


def check(result: Result, newcomers: int) -> None:
    """Hold the promise: ten get in, those in line before the newcomers, and everybody else has a rank."""
    assert {name for name in result.confirmed if name.startswith("Delegate")} == {
        f"Delegate{n}" for n in range(DELEGATES)
    }
    assert {f"Early{n}" for n in range(EARLY)} <= result.confirmed
    assert sum(not name.startswith("Delegate") for name in result.confirmed) == LAST
    assert result.ranks == list(range(1, newcomers + EARLY - LAST + 1))
    assert (result.taken, result.held) == (LAST + DELEGATES, 0)
