"""What happens to registrations: they are made, moved from state to state, changed, and agreed to."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import new_person
from lsos.db import new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.registration import mails, seats, steps, waiting_queries
from lsos.registration.answers import watched_answers, write_answers
from lsos.registration.details import Agreement, Details
from lsos.registration.kind_rules import earliest, latest, may_see
from lsos.registration.models import Capacity, Consent, ConsentText, ParticipationType, Registration
from lsos.registration.queries import waiting_rank, whole
from lsos.registration.rules import (
    GIVES_UP,
    HeldFor,
    MoveRefusal,
    RegistrationRefusal,
    RegistrationState,
    answers_to_review,
    consent_refusal,
    is_upgrade,
    move_refusal,
    registration_refusal,
    repeat_refusal,
    state_for_lack_of_a_seat,
    state_on_arrival,
)
from lsos.registration.steps import ALONE, Waits

#: What rooms downstream write in the same transaction, for the registration of this id.
Also = Callable[[Session, int], None]


def nothing_else(_session: Session, _registration_id: int) -> None:
    """Write nothing more, where nobody downstream has anything to write."""


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
            it at once, without approval, and may have waited for a seat before.
        waits: how they wait if there is no seat, and with how many they come: seats for all of them or for none.
        entry: uses up what let them in, such as an invitation; called whatever it comes to, and it may refuse.
        also: writes what belongs to a seat, such as places in sessions; called only for who has one.
        now: the moment.

    Raises:
        NotFound: the event has no such way to take part.
        Refused: `registration_refusal`, `consent_refusal` or `repeat_refusal` gave a reason, or the seat that
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
        person, is_owner = _person(session, wish)
        found = _registration_of(session, event, person)
        if found is not None and found.uid == wish.uid:
            return _outcome(session, found)
        if found is not None and wish.by is None:
            return _tell_of_earlier(session, found, kind, wish)
        has_held_seat = wish.holding is not None
        if found is not None:
            more = is_upgrade(from_light=found.participation_type.is_light, to_light=kind.is_light)
            refusal = repeat_refusal(found.state, has_held_seat=has_held_seat, is_upgrade=more)
            if refusal is not None:
                raise Refused(refusal)

        registration = found or _new_registration(session, event, person, wish)
        seated: list[Capacity] | None = None
        if found is not None:
            steps.withdraw(session, found)
            if found.state is RegistrationState.CONFIRMED:
                seated = list(found.participation_type.capacities)
        registration.participation_type = kind
        write_answers(session, registration, wish.details, is_owner=is_owner, now=wish.now)
        _write_agreements(registration, texts, wish.now)
        session.flush()
        wish.entry(session, registration.id)
        state = _state_on_arrival(session, kind, wish, seated)
        by_id = wish.by or person.id
        steps.enter(session, registration, state, by_id=by_id, reason="", now=wish.now, waits=wish.waits)
        if state is RegistrationState.CONFIRMED:
            wish.also(session, registration.id)
            if wish.waits.size > 1 and wish.holding is None and kind.capacities:
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
    refusal = why_not(kind, is_invited=wish.is_invited, now=wish.now)
    if refusal is not None:
        raise Refused(refusal)
    return kind


def why_not(kind: ParticipationType, *, is_invited: bool = False, now: datetime) -> RegistrationRefusal | None:
    """Say why nobody may register this way now; None when one may."""
    return _why_not(
        kind.event,
        is_by_invitation=kind.is_by_invitation and not is_invited,
        last_day=max(kind.days_of(kind.event), default=kind.event.ends_on),
        opens_at=kind.opens_at,
        closes_at=kind.closes_at,
        now=now,
    )


def is_shown(kind: ParticipationType, *, is_signed_in: bool, key: str = "", is_invited: bool = False) -> bool:
    """Say whether somebody sees a way to take part; `key` is what their link carries."""
    has_link = bool(key) and secrets.compare_digest(key.encode(), kind.link_key.encode())
    return may_see(kind.audience, is_signed_in=is_signed_in, has_link=has_link, is_invited=is_invited)


def why_not_at(event: Event, *, now: datetime) -> RegistrationRefusal | None:
    """Say why nobody may register for an event now, in whatever way; None when one may."""
    return _why_not(event, is_by_invitation=False, last_day=event.ends_on, now=now)


def _why_not(
    event: Event,
    *,
    is_by_invitation: bool,
    last_day: date,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    now: datetime,
) -> RegistrationRefusal | None:
    return registration_refusal(
        is_published=event.status is not EventStatus.DRAFT,
        is_cancelled=event.status is EventStatus.CANCELLED,
        is_by_invitation=is_by_invitation,
        opens_at=latest(event.registration_opens_at, opens_at),
        closes_at=earliest(event.registration_closes_at, closes_at),
        ends_at=moment(last_day, event.doors_close, event.timezone),
        now=now,
    )


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
    session.add(person)
    session.flush()
    return person, True


def rename(person: Person, details: Details) -> Person:
    """Write somebody's name and language as their answers give them."""
    person.given_name = details.given_name
    person.family_name = details.family_name or person.family_name
    person.language = details.language
    person.fold()
    return person


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
    session: Session, kind: ParticipationType, wish: _Wish, seated: list[Capacity] | None
) -> RegistrationState:
    """Decide where a new registration starts, and take its seat if it starts confirmed; who waits goes first.

    `seated` are the capacities in which somebody who is confirmed another way already has a seat.
    """
    if wish.holding is not None:
        if not seats.take_held(session, kind.capacities, what=wish.holding):
            raise Refused(RegistrationRefusal.NO_SEAT_HELD)
        seats.give_back(session, seated or ())
        return RegistrationState.CONFIRMED
    if seated is not None:
        _move_seat(session, kind, seated, needs_approval=kind.needs_approval and not wish.is_approved)
        return RegistrationState.CONFIRMED
    if kind.needs_approval and not wish.is_approved:
        return state_on_arrival(needs_approval=True)
    steps.hand_on(session, kind.event_id, wish.now)
    size = wish.waits.size
    has_seat = steps.is_their_turn(session, kind, size=size) and seats.hold(session, kind.capacities, size)
    if has_seat:
        seats.take_held(session, kind.capacities)
    return state_on_arrival(needs_approval=False, has_seat=has_seat)


def _move_seat(session: Session, kind: ParticipationType, seated: list[Capacity], *, needs_approval: bool) -> None:
    """Let somebody who has a seat take one of another type instead, or leave it all as it was."""
    if needs_approval:
        raise Refused(RegistrationRefusal.UPGRADE_BY_APPROVAL)
    gained = [one for one in kind.capacities if one not in seated]
    has_already = frozenset(one.id for one in seated)
    if not (steps.is_their_turn(session, kind, size=1, has_already=has_already) and seats.hold(session, gained, 1)):
        raise Refused(RegistrationRefusal.UPGRADE_FULL)
    seats.take_held(session, gained)
    seats.give_back(session, [one for one in seated if one not in kind.capacities])


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
    registration = _locked(session, event_id, uid)
    refusal = move_refusal(registration.state, wanted)
    if refusal is not None:
        raise Refused(refusal)
    if wanted is RegistrationState.CONFIRMED:
        wanted = _with_seat(session, registration)
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


def _locked(session: Session, event_id: int, uid: str) -> Registration:
    registration = session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.uid == uid)
        .options(
            joinedload(Registration.event),
            joinedload(Registration.person).selectinload(Person.emails),
            joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
            selectinload(Registration.changes),
        )
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )
    if registration is None:
        raise NotFound(N_("There is no such registration at this event."))
    return registration


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
        registration.to_review = []
        return seats.take_held(session, registration.participation_type.capacities, what=HeldFor.REVIEW)
    entry = waiting_queries.open_entry(session, registration)
    return steps.take_seats(session, entry) if entry else seats.take(session, registration.participation_type)


def fill_free_seats(event_id: int, *, now: datetime) -> int:
    """Give seats that have become free, as when a capacity was raised, to those who wait; says to how many."""
    with transaction() as session:
        seats.lock(session, event_id)
        return steps.hand_on(session, event_id, now)


# ---- what somebody says of themselves


def change_details(event_id: int, uid: str, details: Details, *, by: int, now: datetime) -> Registration:
    """Store what somebody changed in their answers; an organiser may do it for them.

    Raises:
        NotFound: the event has no such registration.
    """
    try:
        return _change_details(event_id, uid, details, by, now)
    except IntegrityError:
        #: Somebody wrote the same new organisation at the same moment; now it is there to be read.
        return _change_details(event_id, uid, details, by, now)


def _change_details(event_id: int, uid: str, details: Details, by: int, now: datetime) -> Registration:
    with transaction() as session:
        seats.lock(session, event_id)
        _locked(session, event_id, uid)
        registration = session.scalars(
            select(Registration)
            .where(Registration.uid == uid)
            .options(*whole(), joinedload(Registration.event))
            .execution_options(populate_existing=True)
        ).one()
        rename(registration.person, details)
        before = watched_answers(registration)
        write_answers(session, registration, details, is_owner=True, now=now)
        audit.record(
            session, "registration.changed", actor_id=by, scope=registration.event.slug, object_uid=registration.uid
        )
        if by == registration.person_id:
            _ask_again(session, registration, before, now)
        return registration


def _ask_again(session: Session, registration: Registration, before: Mapping[str, object], now: datetime) -> None:
    """Let the organiser approve again what rests on answers that changed; the seat is held meanwhile."""
    changed = answers_to_review(
        registration.state,
        watched=registration.participation_type.watched_answers,
        before=before,
        after=watched_answers(registration),
    )
    if not changed:
        return
    seats.keep_held(session, registration.participation_type.capacities, what=HeldFor.REVIEW)
    registration.to_review = changed
    state, letter = RegistrationState.PENDING, "registration_review"
    steps.enter(session, registration, state, by_id=registration.person_id, reason="", now=now, letter=letter)


def _write_agreements(registration: Registration, texts: Collection[ConsentText], now: datetime) -> None:
    """Note what somebody agrees to; what they agreed to before, word for word, stays as it is."""
    held = {consent.text_id for consent in registration.consents if consent.withdrawn_at is None}
    registration.consents += [Consent(text=text, given_at=now) for text in texts if text.id not in held]
