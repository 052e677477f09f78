"""Delegations as the organiser has them: seats held for an organisation, more or fewer of them, until they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.models import Person
from lsos.accounts.queries import fold_address
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.invitations import mails
from lsos.invitations.models import Claim, Delegation, DelegationManager
from lsos.invitations.rules import (
    LINKS_OUT,
    ClaimState,
    DelegationRefusal,
    seats_refusal,
)
from lsos.organisations.service import settle_organisation
from lsos.registration import seats, steps
from lsos.registration.models import ParticipationType, Registration, WaitingEntry
from lsos.registration.rules import HeldFor
from lsos.registration.waiting import hand_over_colleagues

HELD = HeldFor.DELEGATION


@dataclass(frozen=True)
class Manager:
    """Who looks after the seats of a delegation."""

    address: str
    name: str = ""
    language: str = "pl"


# ---- what the organiser does


def found(
    event_id: int,
    organisation: str,
    type_code: str,
    number: int,
    *,
    until: datetime | None = None,
    note: str = "",
    managers: Sequence[Manager] = (),
    by: int | None,
    now: datetime,
) -> Delegation:
    """Hold seats for the people of an organisation, and write to whoever looks after them.

    Raises:
        Refused: so many seats are not free, the event has no such kind of participation, or whoever is to look
            after them was erased.
    """
    if until is not None and until <= now:
        raise Refused(DelegationRefusal.UNTIL_IN_THE_PAST)
    with transaction() as session:
        seats.lock(session, event_id)
        kind = session.scalar(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id, ParticipationType.code == type_code)
            .options(selectinload(ParticipationType.capacities), joinedload(ParticipationType.event))
        )
        if kind is None:
            raise Refused(DelegationRefusal.NO_TYPE)
        for manager in managers:
            refuse_erased(session, manager.address)
        if not seats.hold(session, kind.capacities, number, what=HELD):
            raise Refused(DelegationRefusal.NO_SEAT)
        return add_delegation(
            session,
            kind,
            settle_organisation(session, organisation, now=now).id,
            number,
            until=until,
            note=note,
            managers=managers,
            by=by,
            now=now,
        )


def add_delegation(
    session: Session,
    kind: ParticipationType,
    organisation_id: int | None,
    number: int,
    *,
    title: str = "",
    until: datetime | None = None,
    note: str = "",
    managers: Sequence[Manager] = (),
    by: int | None,
    now: datetime,
) -> Delegation:
    """Store a delegation whose seats the caller has held already, and write to its managers."""
    delegation = Delegation(
        event_id=kind.event_id,
        organisation_id=organisation_id,
        title=title,
        participation_type_id=kind.id,
        seats=number,
        sent=0,
        claimed=0,
        until=until,
        note=note,
        created_at=now,
        managers=[
            DelegationManager(address=fold_address(m.address), name=m.name, language=m.language) for m in managers
        ],
    )
    session.add(delegation)
    session.flush()
    for manager in delegation.managers:
        mails.hand_over(session, manager, delegation, now=now)
    record(session, delegation, "founded", by, seats=number)
    return delegation


def change(
    event_id: int, uid: str, number: int, *, until: datetime | None, note: str, by: int, now: datetime
) -> Delegation:
    """Change how many seats a delegation has, until when, and what organisers note about it; all of it or nothing.

    Raises:
        NotFound: the event has no such delegation.
        Refused: it has ended, the moment has passed, or so many seats cannot be had.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        if until is not None and until <= now and until != delegation.until:
            raise Refused(DelegationRefusal.UNTIL_IN_THE_PAST)
        delegation.until = until
        delegation.note = note
        _resize(session, delegation, number, by, now)
        record(session, delegation, "changed", by)
        return delegation


def _resize(session: Session, delegation: Delegation, number: int, by: int, now: datetime) -> None:
    """Move seats between what a delegation holds and what is free for all."""
    refusal = seats_refusal(number, promised=delegation.sent + delegation.claimed)
    if refusal is not None:
        raise Refused(refusal)
    capacities, more = delegation.participation_type.capacities, number - delegation.seats
    if more == 0:
        return
    if more > 0 and not seats.hold(session, capacities, more, what=HELD):
        raise Refused(DelegationRefusal.NO_SEAT)
    delegation.seats = number
    record(session, delegation, "resized", by, seats=number)
    if more < 0:
        seats.let_go(session, capacities, -more, what=HELD)
        session.flush()
        steps.hand_on(session, delegation.event_id, now)


def add_manager(event_id: int, uid: str, manager: Manager, *, by: int, now: datetime) -> Delegation:
    """Let one more person look after the seats, and write to them; said once more, it sends them a new link.

    Raises:
        NotFound: the event has no such delegation.
        Refused: it has ended, or whoever holds the address was erased.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        refuse_erased(session, manager.address)
        address = fold_address(manager.address)
        found = next((one for one in delegation.managers if one.address == address), None)
        if found is None:
            found = DelegationManager(address=address)
            delegation.managers.append(found)
        found.name = manager.name or found.name or ""
        found.language = manager.language
        session.flush()
        mails.hand_over(session, found, delegation, now=now)
        record(session, delegation, "manager_added", by)
        return delegation


def remove_manager(event_id: int, uid: str, address: str, *, by: int) -> Delegation:
    """Let somebody look after the seats no more: their links end.

    Raises:
        NotFound: the event has no such delegation.
    """
    with transaction() as session:
        delegation = locked(session, event_id, uid)
        delegation.managers = [one for one in delegation.managers if one.address != fold_address(address)]
        record(session, delegation, "manager_removed", by)
        return delegation


def end(event_id: int, uid: str, *, by: int, now: datetime) -> Delegation:
    """End a delegation: whoever has a seat keeps it, links open nothing any more, the rest goes to who waits.

    Raises:
        NotFound: the event has no such delegation.
        Refused: it has ended already.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        _end(session, delegation, by, now)
        return delegation


def let_time_pass(*, now: datetime) -> int:
    """End the delegations whose time is over; doing it twice changes nothing more. Says how many."""
    over = select(Delegation.event_id, Delegation.uid).where(Delegation.closed_at.is_(None), Delegation.until <= now)
    found = db.session.execute(over).all()
    db.session.rollback()
    for event_id, uid in found:
        with transaction() as session:
            delegation = locked(session, event_id, uid)
            if delegation.closed_at is None and delegation.until is not None and delegation.until <= now:
                _end(session, delegation, None, now)
    return len(found)


def _end(session: Session, delegation: Delegation, by: int | None, now: datetime) -> None:
    unclaimed = delegation.seats - delegation.claimed
    for claim in claims_of(session, delegation):
        if claim.state in LINKS_OUT:
            claim.state = ClaimState.WITHDRAWN
    delegation.sent = 0
    delegation.seats = delegation.claimed
    delegation.closed_at = now
    seats.let_go(session, delegation.participation_type.capacities, unclaimed, what=HELD)
    steps.hand_on(session, delegation.event_id, now)
    record(session, delegation, "ended", by, given_back=unclaimed)


# ---- groups that waited together


def take_over_groups(*, now: datetime) -> int:
    """Make a delegation of each group whose seats are held since it got them; says how many.

    Whoever registered the group looks after the seats of the colleagues. Doing it twice makes none twice.
    """
    waiting = select(Registration.event_id, WaitingEntry.id).join(WaitingEntry.registration)
    found = db.session.execute(waiting.where(WaitingEntry.colleagues_held > 0).order_by(WaitingEntry.id)).all()
    db.session.rollback()
    return sum(_take_over(event_id, entry_id, now) for event_id, entry_id in found)


def _take_over(event_id: int, entry_id: int, now: datetime) -> bool:
    with transaction() as session:
        seats.lock(session, event_id)
        number = hand_over_colleagues(session, entry_id)
        if not number:
            return False
        leader = session.scalars(
            select(Registration)
            .join(WaitingEntry, WaitingEntry.registration_id == Registration.id)
            .where(WaitingEntry.id == entry_id)
            .options(
                joinedload(Registration.person).selectinload(Person.emails),
                joinedload(Registration.participation_type).joinedload(ParticipationType.event),
            )
        ).one()
        person = leader.person
        add_delegation(
            session,
            leader.participation_type,
            leader.organisation_id,
            number,
            title="" if leader.organisation_id else person.name,
            managers=[Manager(person.email, person.name, person.language)] if person.email else [],
            by=None,
            now=now,
        )
        return True


# ---- what they share

NO_DELEGATION = N_("There is no such delegation at this event.")


def locked(session: Session, event_id: int, uid: str) -> Delegation:
    """Lock the seats of the event first, then the delegation, in which order everybody does."""
    seats.lock(session, event_id)
    delegation = session.scalar(
        select(Delegation)
        .where(Delegation.event_id == event_id, Delegation.uid == uid)
        .options(
            joinedload(Delegation.event),
            joinedload(Delegation.organisation),
            joinedload(Delegation.participation_type).selectinload(ParticipationType.capacities),
            selectinload(Delegation.managers),
        )
        .with_for_update(of=Delegation)
        .execution_options(populate_existing=True)
    )
    if delegation is None:
        raise NotFound(NO_DELEGATION)
    return delegation


def still_open(session: Session, event_id: int, uid: str) -> Delegation:
    """Lock a delegation that has not ended."""
    delegation = locked(session, event_id, uid)
    if delegation.closed_at is not None:
        raise Refused(DelegationRefusal.CLOSED)
    return delegation


def claims_of(session: Session, delegation: Delegation) -> list[Claim]:
    """List the promises of a delegation in the order they were made."""
    return list(session.scalars(select(Claim).where(Claim.delegation_id == delegation.id).order_by(Claim.id)))


def record(session: Session, delegation: Delegation, action: str, by: int | None, **more: object) -> None:
    """Put a change of a delegation on record."""
    scope = session.scalars(select(Event.slug).where(Event.id == delegation.event_id)).one()
    audit.record(session, f"delegation.{action}", actor_id=by, scope=scope, object_uid=delegation.uid, **more)
