"""What happens on the waiting list: an offer is taken or runs out, somebody is moved forward, nobody is forgotten.

Leaving it is cancelling a registration: `service.move`.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit, chores
from lsos.chores import Rows, Work
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.registration import seats, steps, waiting_queries
from lsos.registration.models import Registration, WaitingEntry
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_rules import EntryState, WaitingRefusal, answer_refusal


def accept(event_id: int, registration_id: int, *, now: datetime) -> Registration:
    """Take the seats that are offered to somebody on the waiting list; taking them twice is taking them once.

    Raises:
        Refused: there is no offer, or it is over.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        registration = session.get_one(Registration, registration_id, populate_existing=True)
        if registration.state is RegistrationState.CONFIRMED:
            return registration
        entry = waiting_queries.open_entry(session, registration)
        if entry is None:
            raise Refused(WaitingRefusal.NO_OFFER)
        (entry,) = waiting_queries.locked_entries(session, [entry.id])
        refusal = answer_refusal(entry.state, offered_until=entry.offered_until, now=now)
        if refusal is not None:
            raise Refused(refusal)
        steps.take_seats(session, entry)
        state, owner = RegistrationState.CONFIRMED, entry.registration.person_id
        steps.enter(session, entry.registration, state, by_id=owner, reason="", now=now)
        return entry.registration


def close_offers(*, now: datetime) -> int:
    """Let the seats of offers that were not answered in time go on; says how many offers ran out.

    Safe however often and by however many it is called: each event is done by one at a time.
    """
    found = waiting_queries.events_with_offers_over(now)
    db.session.rollback()
    return chores.each(
        Work.OFFERS, [(str(event_id), "") for event_id in found], partial(_close_offers, now=now), now=now
    )


def _close_offers(key: str, scope: str, now: datetime) -> int:
    tried, event_id = Rows(Work.OFFERS, key, scope, now=now), int(key)
    with transaction() as session:
        seats.lock(session, event_id)
        ids = [one for one in waiting_queries.offers_over(session, event_id, now) if one not in tried.left_out]
        for entry in waiting_queries.locked_entries(session, ids):
            tried.attempt(session, entry.id, partial(_close, session, entry, now))
        steps.hand_on(session, event_id, now)
    tried.settle()
    return len(ids) - len(tried.left_out & set(ids))


def _close(session: Session, entry: WaitingEntry, now: datetime) -> None:
    registration = entry.registration
    steps.leave_line(session, registration, to=EntryState.EXPIRED)
    state, letter = RegistrationState.CANCELLED, "registration_offer_expired"
    steps.enter(session, registration, state, by_id=None, reason="", now=now, letter=letter)


def prioritise(event_id: int, uid: str, *, priority: int, reason: str, by: int, now: datetime) -> WaitingEntry:
    """Move somebody on the waiting list before or behind all of another priority; the reason is kept.

    Raises:
        NotFound: nobody waits there under that id.
        Refused: no reason was given.
    """
    if priority and not reason:
        raise Refused(WaitingRefusal.NO_REASON)
    with transaction() as session:
        seats.lock(session, event_id)
        entry = _waiting(session, event_id, uid)
        entry.priority, entry.priority_reason = priority, reason if priority else ""
        session.flush()
        audit.record(
            session,
            "waiting.moved",
            actor_id=by,
            scope=entry.registration.event.slug,
            object_uid=entry.registration.uid,
            priority=priority,
            reason=reason,
        )
        steps.hand_on(session, event_id, now)
        return entry


def _waiting(session: Session, event_id: int, uid: str) -> WaitingEntry:
    found = session.scalar(
        select(WaitingEntry.id)
        .join(WaitingEntry.registration)
        .where(Registration.event_id == event_id, WaitingEntry.uid == uid, WaitingEntry.state == EntryState.WAITING)
    )
    if found is None:
        raise NotFound(N_("Nobody waits here under that name any more. Reload the page to see who does."))
    return waiting_queries.locked_entries(session, [found])[0]


def reconfirm(event_id: int, registration_id: int, *, now: datetime) -> None:
    """Note that somebody is still coming.

    Raises:
        Refused: they have no seat to come to.
    """
    with transaction() as session:
        registration = session.scalar(
            select(Registration)
            .where(Registration.event_id == event_id, Registration.id == registration_id)
            .with_for_update()
        )
        if registration is None or registration.state is not RegistrationState.CONFIRMED:
            raise Refused(N_("You have no seat at this event any more. You can register again while it is open."))
        registration.reconfirmed_at = now


def hand_over_colleagues(session: Session, entry_id: int) -> int:
    """Take over the seats held for the colleagues of a group, as part of another change; says how many they are.

    They stay held, as `HeldFor.DELEGATION`; from now on whoever calls this answers for them.
    """
    entry = session.scalars(select(WaitingEntry).where(WaitingEntry.id == entry_id).with_for_update()).one()
    n, entry.colleagues_held = entry.colleagues_held, 0
    return n
