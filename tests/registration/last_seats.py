"""The last seats of an event: by links of a delegation, to people in line and to newcomers, all at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore
from typing import Any

from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.invitations import claims
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.rules import ClaimState
from lsos.registration import queries, service
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.invitations import given
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
    #: By what state their link is in, whose registration each of the links made.
    by_link: list[tuple[ClaimState, str]]
    #: Of each delegation: its seats, those that were taken, and those that are still promised.
    figures: list[tuple[int, int, int]]


def coming(kind: ParticipationType, name: str) -> partial[service.Outcome]:
    """Make the call of somebody who registers."""
    who = Details(given_name=name, email=f"{name.lower()}@example.org", language="en")
    return partial(service.register, kind.event_id, kind.code, who, (), by=None, now=BEFORE)


def link(delegation: Delegation) -> str:
    """Make a link to one of the seats of a delegation, as its manager does, and give what it carries."""
    made = claims.copy_link(delegation.event_id, delegation.uid, "", language="en", by=None, now=BEFORE)
    return f"claim.{made}"


def served(call: Callable[[], Any], places: BoundedSemaphore) -> Callable[[], Any]:
    """Let a call wait until it is served, as a server does whose threads are fewer than those who come."""

    def waits() -> Any:
        with places:
            return call()

    return waits


def run(app: Flask, newcomers: int) -> Result:
    """Let two delegations hold all seats, put people in line, then let one give back while everybody comes."""
    kind = make.participation_type(make.event(), seats=LAST + DELEGATES)
    leaving, coming_too = (given.delegation(kind, number) for number in (LAST, DELEGATES))
    links = [link(coming_too) for _ in range(DELEGATES)]
    for n in range(EARLY):
        assert coming(kind, f"Early{n}")().state is S.WAITLISTED
    calls: list[Any] = [coming(kind, f"New{n}") for n in range(newcomers)]
    gives_back = partial(claims.give_back, kind.event_id, leaving.uid, LAST, by=None, now=BEFORE)
    calls[newcomers // 2 : newcomers // 2] = [gives_back]
    calls += [given.accepting(kind, held, f"Delegate{n}") for n, held in enumerate(links)]
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
        [
            (one.state, one.registration.person.given_name if one.registration else "")
            for one in db.session.scalars(select(Claim).order_by(Claim.id))
        ],
        [(one.seats, one.claimed, one.sent) for one in db.session.scalars(select(Delegation).order_by(Delegation.id))],
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
    assert result.by_link == [(ClaimState.CLAIMED, f"Delegate{n}") for n in range(DELEGATES)]
    assert result.figures == [(0, 0, 0), (DELEGATES, DELEGATES, 0)]
