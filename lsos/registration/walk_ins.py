"""Walk-ins: somebody stands at the door, gives a name, and is registered at once, while there are seats."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts import erased
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import new_person
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.registration import seats, steps, waiting_queries
from lsos.registration.answers import write_answers
from lsos.registration.details import Details
from lsos.registration.models import Capacity, Consent, ConsentText, ParticipationType, Registration
from lsos.registration.queries import whole
from lsos.registration.rules import RegistrationState, WalkInRefusal, walk_in_refusal

#: Where the terms were accepted, as the record of consents says it.
SOURCE = "door"


@dataclass(frozen=True)
class WalkIn:
    """Who stands at the door: a name is enough, since an address is not everybody's to give."""

    details: Details
    type_code: str
    #: What the form carries, the same each time that it is sent.
    once: str
    accepts_terms: bool
    #: The organiser lets them in beyond the seats there are, by adding one.
    adds_seat: bool = False
    #: The texts that were read, where they may have changed since; None means those of now.
    text_ids: frozenset[int] | None = None
    #: When it was accepted, where that is some time ago.
    accepted_at: datetime | None = None
    #: What was written on a badge by hand; nothing means that a code is made.
    badge_code: str = ""
    #: A phone without network has let them in: they are there, whatever there would be against it.
    was_let_in: bool = False


@dataclass(frozen=True)
class AtDoor:
    """What came of a walk-in.

    Attributes:
        registration: theirs.
        was_known: they had registered before, and come with that.
        added_seat: none was left, so one was added.
    """

    registration: Registration
    was_known: bool = False
    added_seat: bool = False


def register_at_door(event_id: int, guest: WalkIn, *, by: int | None, is_organiser: bool, now: datetime) -> AtDoor:
    """Register somebody who stands at the door, or let in who registered before and has no seat yet.

    Who is known by the address keeps what they said of themselves. Dates and approval do not matter here, but
    only an organiser lets somebody take part by approval or invitation, or adds a seat where none is left.

    Raises:
        NotFound: the event has no such way to take part.
        Refused: `walk_in_refusal` gave a reason, or every seat is taken.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        event = session.get_one(Event, event_id)
        kind = _kind(session, event_id, guest.type_code)
        person = _person(session, guest.details, now)
        found = _registration_of(session, event, person, guest.once)
        refusal = walk_in_refusal(
            is_cancelled=event.status is EventStatus.CANCELLED,
            is_open=not (kind.needs_approval or kind.is_by_invitation),
            is_organiser=is_organiser or guest.was_let_in,
            accepts_terms=guest.accepts_terms,
            state=found.state if found else None,
        )
        if refusal is not None:
            raise Refused(refusal)
        if found is not None and found.state is RegistrationState.CONFIRMED:
            return AtDoor(found, was_known=found.uid != guest.once)
        registration = found or _new(session, event, person, guest, now)
        if found is not None:
            _give_up(session, found)
        steps.change_kind(session, registration, kind, now=now)
        if found is None:
            write_answers(session, registration, guest.details, is_owner=person.created_at == now, now=now)
        _accept_terms(session, registration, guest, now)
        may_add = guest.was_let_in or (guest.adds_seat and is_organiser)
        added = _take_seat(session, event, kind, adds_seat=may_add, by=by)
        state = RegistrationState.CONFIRMED
        steps.enter(session, registration, state, by_id=by, reason="", now=now)
        steps.hand_on(session, event_id, now)
        return AtDoor(registration, was_known=found is not None and found.uid != guest.once, added_seat=added)


def _kind(session: Session, event_id: int, code: str) -> ParticipationType:
    kind = session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id, ParticipationType.code == code)
        .options(selectinload(ParticipationType.capacities))
    )
    if kind is None:
        raise NotFound(N_("This event has no such way to take part."))
    return kind


def _person(session: Session, details: Details, now: datetime) -> Person:
    """Find who stands there by their address, or make them; without an address they are always somebody new."""
    if details.email:
        known = session.scalar(
            select(Person)
            .join(Person.emails)
            .where(EmailAddress.address == fold_address(details.email))
            .options(selectinload(Person.emails))
        )
        if known is not None:
            return known
    person = new_person(details.given_name, details.family_name, details.email, language=details.language, now=now)
    if not details.email:
        person.emails = []
        person.fold()
    else:
        #: Whoever had everything erased stands here by themselves.
        erased.forget(session, details.email)
    session.add(person)
    session.flush()
    return person


def _registration_of(session: Session, event: Event, person: Person, once: str) -> Registration | None:
    """Find what this form made before, else what this person has here."""
    mine = (Registration.uid == once) | (Registration.person_id == person.id)
    found = session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, mine)
        .options(*whole(), joinedload(Registration.event), selectinload(Registration.changes))
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    ).all()
    sent_before = next((one for one in found if one.uid == once), None)
    if sent_before is not None and sent_before.person_id != person.id and not person.emails:
        session.delete(person)
    return sent_before or next(iter(found), None)


def _new(session: Session, event: Event, person: Person, guest: WalkIn, now: datetime) -> Registration:
    registration = Registration(
        uid=guest.once or new_uid(),
        event=event,
        person=person,
        state=RegistrationState.PENDING,
        registered_at=now,
    )
    if guest.badge_code and session.scalar(_with_badge(guest.badge_code)) is None:
        registration.badge_code = guest.badge_code
    session.add(registration)
    return registration


def _with_badge(code: str) -> Select[int]:
    return select(Registration.id).where(Registration.badge_code == code)


def _give_up(session: Session, found: Registration) -> None:
    """Take back the place in line or the seat under review that they had; here they get one at once."""
    if waiting_queries.open_entry(session, found) is not None or found.to_review:
        steps.withdraw(session, found)


def _accept_terms(session: Session, registration: Registration, guest: WalkIn, now: datetime) -> None:
    """Note that the guest accepted at the door what is required, in the version that they read."""
    read = ConsentText.is_current if guest.text_ids is None else ConsentText.id.in_(guest.text_ids)
    texts = session.scalars(
        select(ConsentText).where(ConsentText.event_id == registration.event.id, read, ConsentText.is_required)
    )
    at = guest.accepted_at or now
    held = {consent.text_id for consent in registration.consents if consent.withdrawn_at is None}
    registration.consents += [Consent(text=one, given_at=at, source=SOURCE) for one in texts if one.id not in held]


def _take_seat(session: Session, event: Event, kind: ParticipationType, *, adds_seat: bool, by: int | None) -> bool:
    """Take a seat; says whether one had to be added for it."""
    if seats.take(session, kind):
        return False
    if not adds_seat:
        raise Refused(WalkInRefusal.NO_SEAT)
    ids = [one.id for one in kind.capacities]
    full = session.scalars(select(Capacity).where(Capacity.id.in_(ids), Capacity.free < 1)).all()
    for one in full:
        session.execute(update(Capacity).where(Capacity.id == one.id).values(seats=Capacity.seats + 1))
        audit.record(session, "capacity.seat_added", actor_id=by, scope=event.slug, object_uid=one.code)
    seats.take(session, kind)
    return True
