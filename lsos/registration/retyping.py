"""Somebody takes part another way: their seat goes with them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lsos.errors import Refused
from lsos.registration import seats, steps, waiting_queries
from lsos.registration.bulk_rules import TypeRefusal
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Move, follow


def change_type(
    session: Session,
    registration: Registration,
    kind: ParticipationType,
    *,
    by: int | None,
    takes_back: bool = False,
    now: datetime,
) -> None:
    """Let somebody take part another way, within a change that has locked the seats; their seat goes with them.

    `takes_back` is for `Move`. Whoever calls it hands on, last of all, the seats that have become free.

    Raises:
        Refused: they take part this way already, wait for a seat, hold some for colleagues, or there is none.
    """
    old = registration.participation_type
    if old.id == kind.id:
        raise Refused(TypeRefusal.SAME)
    if registration.state is RegistrationState.WAITLISTED or registration.to_review:
        raise Refused(TypeRefusal.WAITS)
    if waiting_queries.holds_for_colleagues(session, registration):
        raise Refused(TypeRefusal.GROUP)
    if registration.state is RegistrationState.CONFIRMED:
        kept = {one.id for one in old.capacities} & {one.id for one in kind.capacities}
        new = [one for one in kind.capacities if one.id not in kept]
        if not _take(session, new):
            raise Refused(TypeRefusal.NO_SEAT)
        seats.give_back(session, [one for one in old.capacities if one.id not in kept])
    steps.change_kind(session, registration, kind, now=now)
    follow(session, registration, Move(by, now, takes_back=takes_back))


def _take(session: Session, capacities: Sequence[Capacity]) -> bool:
    if not seats.hold(session, capacities, 1):
        return False
    return seats.take_held(session, capacities) if capacities else True
