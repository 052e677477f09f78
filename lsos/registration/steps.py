"""Steps that use cases share: a registration enters a state, and free seats go on to who waits.

Each takes the session of a transaction that has called `seats.lock`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lsos import audit
from lsos.registration import mails, seats
from lsos.registration.models import Registration, RegistrationChange
from lsos.registration.rules import RegistrationState


def enter(
    session: Session,
    registration: Registration,
    state: RegistrationState,
    *,
    by_id: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Put a registration into a state: on its history, on record, and in a letter to its owner."""
    registration.state = state
    change = RegistrationChange(state=state, at=now, by_id=by_id, reason=reason)
    registration.changes.append(change)
    session.flush()
    audit.record(
        session,
        f"registration.{state.value}",
        actor_id=by_id,
        scope=registration.event.slug,
        object_uid=registration.uid,
    )
    mails.tell(session, registration, change, now=now)


def hand_on(session: Session, event_id: int, now: datetime) -> int:
    """Give free seats to those who wait, in their order, until nobody who waits fits."""
    moved = 0
    while (waiting := seats.next_in_line(session, event_id)) is not None:
        if not seats.take(session, waiting.participation_type):
            break
        enter(session, waiting, RegistrationState.CONFIRMED, by_id=None, reason="", now=now)
        moved += 1
    return moved
