"""What happens to registrations: they are made, and moved from state to state."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts import erased
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import new_person
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration import mails, seats, steps, upgrades, waiting_queries
from lsos.registration.answers import rename, write_answers
from lsos.registration.details import Agreement, Details
from lsos.registration.models import Capacity, Consent, ConsentText, ParticipationType, Registration
from lsos.registration.openings import is_shown, why_not, why_not_again
from lsos.registration.queries import waiting_rank, whole
from lsos.registration.rules import (
    GIVES_UP,
    HeldFor,
    MoveRefusal,
    RegistrationRefusal,
    RegistrationState,
    consent_refusal,
    move_refusal,
    state_for_lack_of_a_seat,
    state_on_arrival,
)
from lsos.registration.steps import ALONE, Also, Waits, nothing_else


@dataclass(frozen=True)
class Outcome:
    """What registering came to, as the person who registered is told.

    It reads the same for an address that was registered before: only a letter to it says so.
    """

    state: RegistrationState
    #: The place on the waiting list.
    rank: int | None
    #: None for an address that was registered before.
    registration: Registration | None
    #: Until the organiser decides they stay what they were, a guest of the public session.
    keeps_seat: bool = False


# ---- registering


def register(
    event_id: int,
    type_code: str,
    details: Details,
    agreements: Collection[Agreement],
    *,
    by: int | None,
    once: str = "",
    key: str = "",
    is_invited: bool = False,
    is_approved: bool = False,
    holding: HeldFor | None = None,
    waits: Waits = ALONE,
    entry: Also = nothing_else,
    also: Also = nothing_else,
    first: Callable[[Session], None] | None = None,
    now: datetime,
) -> Outcome:
    """Register somebody for an event, take a seat if one is free, and write to them what it came to.

    Args:
        event_id: the event.
        type_code: the way to take part in it.
        details: what they say of themselves.
        agreements: the purposes they agree to.
        by: the person who is signed in; without one, the address tells who it is.
        once: what the form carries, the same each time that it is sent: the second time nothing happens.
        key: what the link carries that shows a way which is not shown to everybody.
        is_invited: lets somebody in where one may take part by invitation only.
        is_approved: the organiser has decided already, as for whoever has a code, so that no approval is asked.
        holding: a seat is held for them, for this reason, in each capacity of the type: they are confirmed with
            it at once, without approval, and may have waited for a seat before. Held for review, it stays so
            until the organiser has approved them.
        waits: how they wait if there is no seat, and with how many they come: seats for all of them or for none.
        entry: uses up what let them in, such as an invitation; called whatever it comes to, and it may refuse.
        also: writes what belongs to a seat, such as places in sessions; called only for who has one.
        first: takes the seat from who hands it on, before anything else is locked; it may refuse.
        now: the moment.

    Raises:
        NotFound: the event has no such way to take part.
        Refused: `registration_refusal`, `consent_refusal` or `why_not_again` gave a reason, or the seat that
            was to be held is not.
    """
    wish = _Wish(
        event_id,
        type_code,
        details,
        frozenset(agreements),
        by,
        _uid_from(once),
        key,
        is_invited,
        is_approved,
        holding,
        waits,
        entry,
        also,
        first,
        now,
    )
    try:
        return _register(wish)
    except IntegrityError:
        #: The same person or organisation was written at the same moment; now it is there to be read.
        return _register(wish)


@dataclass(frozen=True)
class _Wish:
    event_id: int
    type_code: str
    details: Details
    agreements: frozenset[Agreement]
    by: int | None
    uid: str
    key: str
    is_invited: bool
    is_approved: bool
    holding: HeldFor | None
    waits: Waits
    entry: Also
    also: Also
    first: Callable[[Session], None] | None
    now: datetime


def _uid_from(once: str) -> str:
    """Make the public id of a registration from what its form carries, so that the form is known again."""
    return urlsafe_b64encode(hashlib.sha256(once.encode()).digest())[:22].decode() if once else new_uid()


def _register(wish: _Wish) -> Outcome:
    with transaction() as session:
        #: First of all, so that nobody who waits for it holds a name or an organisation that others wait for.
        seats.lock(session, wish.event_id)
        event = session.get_one(Event, wish.event_id)
        kind = _kind(session, wish)
        texts = _agreed_texts(session, event, wish)
        if wish.first is not None and not _was_sent_before(session, wish):
            wish.first(session)
        person, is_owner = _person(session, wish)
        found = _registration_of(session, event, person)
        if found is not None and found.uid == wish.uid:
            return _outcome(session, found)
        if found is not None and wish.by is None and wish.first is None:
            return _tell_of_earlier(session, found, kind, wish)
        if found is not None and _asks_for_more(found, kind, wish):
            return _ask_for_more(session, found, kind, texts, wish)

        registration = found or _new_registration(session, event, person, wish)
        seated = _give_up_what_was(session, found) if found is not None else None
        steps.change_kind(session, registration, kind, now=wish.now)
        write_answers(session, registration, wish.details, is_owner=is_owner, now=wish.now)
        _write_agreements(registration, texts, wish.now)
        session.flush()
        wish.entry(session, registration.id)
        state = _state_on_arrival(session, registration, wish, seated)
        by_id = wish.by or person.id
        is_seated = state is RegistrationState.CONFIRMED
        first = wish.also if is_seated else None
        steps.enter(session, registration, state, by_id=by_id, reason="", now=wish.now, waits=wish.waits, first=first)
        if is_seated and wish.waits.size > 1 and wish.holding is None and kind.capacities:
            steps.seat_group(session, registration, wish.waits.size, wish.now)
        if found is not None:
            steps.hand_on(session, event.id, wish.now)
        return _outcome(session, registration)


def _kind(session: Session, wish: _Wish) -> ParticipationType:
    """Load the way to take part, if it is open now."""
    kind = session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == wish.event_id, ParticipationType.code == wish.type_code)
        .options(joinedload(ParticipationType.event), selectinload(ParticipationType.capacities))
    )
    is_signed_in = wish.by is not None
    if kind is None or not is_shown(kind, is_signed_in=is_signed_in, key=wish.key, is_invited=wish.is_invited):
        raise NotFound(N_("This event has no such way to take part."))
    refusal = why_not(kind, is_invited=wish.is_invited, is_handed_on=wish.first is not None, now=wish.now)
    if refusal is not None:
        raise Refused(refusal)
    return kind


def _agreed_texts(session: Session, event: Event, wish: _Wish) -> list[ConsentText]:
    """Give the texts somebody agrees to, if all that are required are among them."""
    texts = session.scalars(select(ConsentText).where(ConsentText.event_id == event.id)).all()
    agreed = [text for text in texts if Agreement(text.purpose, text.version) in wish.agreements]
    required = {text.purpose for text in texts if text.is_current and text.is_required}
    refusal = consent_refusal(required, {text.purpose for text in agreed if text.is_current})
    if refusal is not None:
        raise Refused(refusal)
    return agreed


def _person(session: Session, wish: _Wish) -> tuple[Person, bool]:
    """Find who registers, or make them, and say whether they speak for themselves.

    A stranger who types an address changes nothing of its owner.
    """
    details = wish.details
    if wish.by is not None:
        return rename(session.get_one(Person, wish.by, options=[selectinload(Person.emails)]), details), True
    found = session.scalar(
        select(Person)
        .join(Person.emails)
        .where(EmailAddress.address == fold_address(details.email))
        .options(selectinload(Person.emails))
    )
    if found is not None:
        return found, False
    person = new_person(details.given_name, details.family_name, details.email, language=details.language, now=wish.now)
    erased.forget(session, details.email)
    session.add(person)
    session.flush()
    return person, True


def _registration_of(session: Session, event: Event, person: Person) -> Registration | None:
    return session.scalar(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(*whole(), joinedload(Registration.event), selectinload(Registration.changes))
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )


def _new_registration(session: Session, event: Event, person: Person, wish: _Wish) -> Registration:
    is_taken = session.scalar(select(Registration.id).where(Registration.uid == wish.uid)) is not None
    registration = Registration(
        uid=new_uid() if is_taken else wish.uid,
        event=event,
        person=person,
        state=RegistrationState.PENDING,
        registered_at=wish.now,
    )
    session.add(registration)
    return registration


def _state_on_arrival(
    session: Session, registration: Registration, wish: _Wish, seated: list[Capacity] | None
) -> RegistrationState:
    """Decide where a new registration starts, and take its seat if it starts confirmed; who waits goes first.

    `seated` are the capacities in which somebody who is confirmed another way already has a seat.
    """
    kind = registration.participation_type
    if wish.holding is HeldFor.REVIEW:
        registration.to_review = list(kind.watched_answers)
        return RegistrationState.PENDING
    if wish.holding is not None:
        if not seats.take_held(session, kind.capacities, what=wish.holding):
            raise Refused(RegistrationRefusal.NO_SEAT_HELD)
        seats.give_back(session, seated or ())
        return RegistrationState.CONFIRMED
    if seated is not None:
        if not upgrades.take_instead(session, kind, seated):
            raise Refused(RegistrationRefusal.UPGRADE_FULL)
        return RegistrationState.CONFIRMED
    if kind.needs_approval and not wish.is_approved:
        return state_on_arrival(needs_approval=True)
    steps.hand_on(session, kind.event_id, wish.now)
    size = wish.waits.size
    has_seat = steps.is_their_turn(session, kind, size=size) and seats.hold(session, kind.capacities, size)
    if has_seat:
        seats.take_held(session, kind.capacities)
    return state_on_arrival(needs_approval=False, has_seat=has_seat)


def _write_agreements(registration: Registration, texts: Collection[ConsentText], now: datetime) -> None:
    """Note what somebody agrees to; what they agreed to before, word for word, stays as it is."""
    held = {consent.text_id for consent in registration.consents if consent.withdrawn_at is None}
    registration.consents += [Consent(text=text, given_at=now) for text in texts if text.id not in held]


def _was_sent_before(session: Session, wish: _Wish) -> bool:
    """Say whether this very form made a registration already."""
    return session.scalar(select(Registration.id).where(Registration.uid == wish.uid)) is not None


def _asks_for_more(found: Registration, kind: ParticipationType, wish: _Wish) -> bool:
    """Say whether somebody who has a seat as a guest asks for one that the organiser approves first.

    Raises:
        Refused: `why_not_again` gave a reason why they may not register once more.
    """
    refusal = why_not_again(found, kind, holding=wish.holding)
    if refusal is not None:
        raise Refused(refusal)
    has_seat = found.state is RegistrationState.CONFIRMED
    return has_seat and wish.holding is None and kind.needs_approval and not wish.is_approved


def _give_up_what_was(session: Session, found: Registration) -> list[Capacity] | None:
    """Take back what somebody was promised before, and name the seats they have, if they have any."""
    steps.withdraw(session, found)
    return list(found.participation_type.capacities) if found.state is RegistrationState.CONFIRMED else None


def _ask_for_more(
    session: Session, found: Registration, kind: ParticipationType, texts: Collection[ConsentText], wish: _Wish
) -> Outcome:
    """Keep a guest what they are, with what they now say of themselves, until the organiser has decided."""
    write_answers(session, found, wish.details, is_owner=True, now=wish.now)
    _write_agreements(found, texts, wish.now)
    session.flush()
    wish.entry(session, found.id)
    upgrades.ask(session, found, kind, by=wish.by or found.person_id, now=wish.now)
    return Outcome(RegistrationState.PENDING, None, found, keeps_seat=True)


def _tell_of_earlier(session: Session, found: Registration, kind: ParticipationType, wish: _Wish) -> Outcome:
    """Write to the owner of the address, and answer as if it were new."""
    mails.tell_of_earlier(session, found, now=wish.now)
    state = state_on_arrival(
        needs_approval=kind.needs_approval and not wish.is_approved,
        has_seat=steps.is_their_turn(session, kind, size=wish.waits.size),
    )
    rank = seats.how_many_wait(session, kind) + 1 if state is RegistrationState.WAITLISTED else None
    return Outcome(state, rank, None)


def _outcome(session: Session, registration: Registration) -> Outcome:
    is_waiting = registration.state is RegistrationState.WAITLISTED
    rank = waiting_rank(registration, session) if is_waiting else None
    return Outcome(registration.state, rank, registration)


# ---- moving from state to state


def move(
    event_id: int,
    uid: str,
    wanted: RegistrationState,
    *,
    by: int | None,
    reason: str = "",
    release: Also,
    now: datetime,
) -> Registration:
    """Approve, decline or cancel a registration, and write to its owner; a seat that gets free goes on at once.

    Somebody who is let in while every seat is taken goes onto the waiting list. `release` gives back the time
    of somebody who does not come; it comes before this registration is locked, since it locks several, in order.

    Raises:
        NotFound: the event has no such registration.
        Refused: it cannot go there from where it stands, or there is no seat.
    """
    with transaction() as session:
        return moved(session, event_id, uid, wanted, by=by, reason=reason, release=release, now=now)


def moved(
    session: Session,
    event_id: int,
    uid: str,
    wanted: RegistrationState,
    *,
    by: int | None,
    reason: str,
    release: Also,
    now: datetime,
    letter: str | None = None,
) -> Registration:
    """Do what `move` does within a change under way, such as one of many registrations.

    `letter` is for `steps.enter`. Nothing was written where it raises.
    """
    seats.lock(session, event_id)
    if wanted in GIVES_UP:
        release(session, _id_of(session, event_id, uid))
    registration = steps.locked(session, event_id, uid)
    refusal = move_refusal(registration.state, wanted, is_erased=registration.erased_at is not None)
    if refusal is not None:
        raise Refused(refusal)
    if wanted is RegistrationState.CONFIRMED:
        wanted = _with_seat(session, registration)
    elif wanted is RegistrationState.WAITLISTED and registration.to_review:
        #: Before they stand in line themselves, since the seat that was held goes to who waits already.
        steps.end_review(session, registration)
        steps.hand_on(session, event_id, now)
    had_seat = registration.state is RegistrationState.CONFIRMED
    steps.enter(session, registration, wanted, by_id=by, reason=reason, now=now, letter=letter)
    if had_seat:
        seats.give_back(session, registration.participation_type.capacities)
        steps.release_colleagues(session, registration)
    if wanted in GIVES_UP:
        steps.withdraw(session, registration)
        steps.hand_on(session, event_id, now)
    return registration


def _id_of(session: Session, event_id: int, uid: str) -> int:
    found = session.scalar(select(Registration.id).where(Registration.event_id == event_id, Registration.uid == uid))
    if found is None:
        raise NotFound(N_("There is no such registration at this event."))
    return found


def _with_seat(session: Session, registration: Registration) -> RegistrationState:
    """Take a seat for somebody who is let in, or find where they go without one."""
    if _takes_seat(session, registration):
        return RegistrationState.CONFIRMED
    instead = state_for_lack_of_a_seat(registration.state)
    if instead is None:
        raise Refused(MoveRefusal.NO_SEAT)
    return instead


def _takes_seat(session: Session, registration: Registration) -> bool:
    """Take the seat that is held for somebody, or one that is free, with those of the colleagues they wait with."""
    if registration.to_review:
        registration.to_review, registration.approved_answers = [], {}
        return seats.take_held(session, registration.participation_type.capacities, what=HeldFor.REVIEW)
    entry = waiting_queries.open_entry(session, registration)
    return steps.take_seats(session, entry) if entry else seats.take(session, registration.participation_type)


def fill_free_seats(event_id: int, *, now: datetime) -> int:
    """Give seats that have become free, as when a capacity was raised, to those who wait; says to how many."""
    with transaction() as session:
        seats.lock(session, event_id)
        return steps.hand_on(session, event_id, now)
