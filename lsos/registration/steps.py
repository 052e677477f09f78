"""Steps that use cases share: a registration enters a state, and free seats go on to who waits.

Each takes the session of a transaction that has called `seats.lock`. What a use case frees it hands on
with `hand_on`, last of all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.models import Person
from lsos.errors import N_, NotFound
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.registration import mails, seats, transfer_mails, waiting_queries
from lsos.registration.models import ParticipationType, Registration, RegistrationChange, WaitingEntry
from lsos.registration.rules import GIVES_UP, HeldFor, RegistrationState
from lsos.registration.transfer_models import SeatTransfer, UpgradeWish
from lsos.registration.transfer_rules import TransferState
from lsos.registration.waiting_rules import EntryState, Party, offer_ends, whose_turn

#: What rooms downstream write in the same transaction, for the registration of this id.
Also = Callable[[Session, int], None]


def nothing_else(_session: Session, _registration_id: int) -> None:
    """Write nothing more, where nobody downstream has anything to write."""


@dataclass(frozen=True)
class Waits:
    """How somebody waits if there is no seat: with how many, themselves counted, and whether they want to be asked."""

    size: int = 1
    accepts_automatically: bool = True


ALONE = Waits()


@dataclass(frozen=True)
class Move:
    """What those who follow a registration need to know of its change beside where it stands now."""

    by_id: int | None
    now: datetime
    #: It was made in this transaction, so that nothing hangs on it yet.
    is_new: bool = False
    #: False where no letter goes out, as of a file whose people are not written to.
    may_write: bool = True
    #: It undoes what an organiser did by mistake: what ended by that goes on as it was, and nobody is told.
    takes_back: bool = False


#: What a room downstream keeps in step with a registration: called, in the same transaction, whenever it has come
#: to stand somewhere else, by whichever door, or takes part another way. It says whether it wrote the letter
#: that tells its owner of it, so that none goes out twice.
Follower = Callable[[Session, Registration, "Move"], bool]
_followers: list[Follower] = []


def add_follower(follower: Follower) -> None:
    """Let a room downstream follow what becomes of registrations; once is enough."""
    if follower not in _followers:
        _followers.append(follower)


def follow(session: Session, registration: Registration, move: Move) -> bool:
    """Tell those who follow that a registration has changed its state or its type; says whether one wrote of it."""
    told = [follower(session, registration, move) for follower in _followers]
    return any(told)


def enter(
    session: Session,
    registration: Registration,
    state: RegistrationState,
    *,
    by_id: int | None,
    reason: str,
    now: datetime,
    waits: Waits = ALONE,
    letter: str | None = None,
    is_new: bool = False,
    first: Also | None = None,
) -> None:
    """Put a registration into a state: on its history, on record, on or off the waiting list, and in a letter.

    `letter` names another template than the state's own; an empty one writes none. Whoever calls it has moved the seat.
    `first` writes what else comes with the state, by the id of the registration, so that the letter can speak of it.
    `is_new` says that it never stood in line, so that many can be written at once.
    """
    registration.state = state
    change = RegistrationChange(state=state, at=now, by_id=by_id, reason=reason)
    registration.changes.append(change)
    if not is_new or letter != "":
        session.flush()
    if state is RegistrationState.WAITLISTED:
        _join(session, registration, waits, now, is_new=is_new)
    elif not is_new:
        leave_line(session, registration)
    if state in GIVES_UP and not is_new:
        end_offer(session, registration, now=now)
    has_written = follow(session, registration, Move(by_id, now, is_new=is_new, may_write=letter != ""))
    audit.record(
        session,
        f"registration.{state.value}",
        actor_id=by_id,
        scope=registration.event.slug,
        object_uid=registration.uid,
    )
    if first is not None:
        first(session, registration.id)
    if letter != "" and not has_written:
        mails.tell(session, registration, change, template=letter, now=now)


def locked(session: Session, event_id: int, uid: str) -> Registration:
    """Load a registration with its owner, its seats and its history, and keep others from changing it.

    Raises:
        NotFound: the event has no such registration.
    """
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


# ---- the waiting list


def _join(session: Session, registration: Registration, waits: Waits, now: datetime, *, is_new: bool) -> None:
    """Put somebody at the end of the line; who stands in it stays where they are."""
    if not is_new and waiting_queries.open_entry(session, registration) is not None:
        return
    session.add(
        WaitingEntry(
            registration=registration,
            size=waits.size,
            accepts_automatically=waits.accepts_automatically,
            since=now,
        )
    )
    if not is_new:
        session.flush()


def leave_line(session: Session, registration: Registration, *, to: EntryState = EntryState.LEFT) -> None:
    """Take somebody off the waiting list, if they stand on it; seats that were offered to them get free."""
    entry = waiting_queries.open_entry(session, registration)
    if entry is None:
        return
    if entry.state is EntryState.OFFERED:
        seats.let_go(session, registration.participation_type.capacities, entry.size, what=HeldFor.OFFER)
    entry.state, entry.offered_until = to, None
    session.flush()


def take_seats(session: Session, entry: WaitingEntry) -> bool:
    """Give somebody on the waiting list their seat, and hold those of their colleagues; False where there are too few.

    The seats of an offer are theirs already.
    """
    capacities = entry.registration.participation_type.capacities
    if entry.state is EntryState.OFFERED:
        seats.let_go(session, capacities, entry.size, what=HeldFor.OFFER)
    if not seats.hold(session, capacities, entry.size):
        return False
    seats.take_held(session, capacities)
    entry.state, entry.offered_until, entry.colleagues_held = EntryState.ACCEPTED, None, entry.size - 1
    session.flush()
    return True


def seat_group(session: Session, registration: Registration, size: int, now: datetime) -> None:
    """Note a group that got its seats without having to wait; the colleagues' are held already."""
    session.add(
        WaitingEntry(
            registration=registration,
            size=size,
            since=now,
            state=EntryState.ACCEPTED,
            colleagues_held=size - 1,
        )
    )


def end_offer(session: Session, registration: Registration, *, now: datetime) -> None:
    """Take back, if there is one, the offer of somebody's seat to a colleague, and write to the colleague."""
    transfer = session.scalar(
        select(SeatTransfer)
        .where(SeatTransfer.giver_id == registration.id, SeatTransfer.state == TransferState.OFFERED)
        .with_for_update()
    )
    if transfer is None:
        return
    transfer.state, transfer.ended_at = TransferState.TAKEN_BACK, now
    transfer_mails.tell_taken_back(session, transfer)
    session.flush()


def change_kind(session: Session, registration: Registration, kind: ParticipationType, *, now: datetime) -> None:
    """Let somebody take part another way: what they asked for, and what they offered of the way before, is over."""
    is_new, is_other = registration.id is None, registration.participation_type_id != kind.id
    registration.participation_type = kind
    if is_other and not is_new:
        forget_wish(session, registration)
        end_offer(session, registration, now=now)


def forget_wish(session: Session, registration: Registration) -> None:
    """Take away what a guest of the public session asks for, since they have it, or do not come."""
    session.execute(delete(UpgradeWish).where(UpgradeWish.registration_id == registration.id))


def withdraw(session: Session, registration: Registration) -> None:
    """Take back what somebody was promised beside a seat: a place in line, an offer, the seat of a review, a wish."""
    leave_line(session, registration)
    forget_wish(session, registration)
    end_review(session, registration)


def end_review(session: Session, registration: Registration) -> None:
    """Let go of the seat of somebody whose changed answers wait for approval, if they do."""
    if registration.to_review:
        seats.let_go(session, registration.participation_type.capacities, 1, what=HeldFor.REVIEW)
        registration.to_review, registration.approved_answers = [], {}
        session.flush()


def release_colleagues(session: Session, registration: Registration) -> None:
    """Let go of seats held for the colleagues of somebody who does not come, unless they were handed out."""
    groups = session.scalars(
        select(WaitingEntry).where(WaitingEntry.registration_id == registration.id, WaitingEntry.colleagues_held > 0)
    ).all()
    for entry in groups:
        seats.let_go(session, registration.participation_type.capacities, entry.colleagues_held)
        entry.colleagues_held = 0


def is_their_turn(
    session: Session, kind: ParticipationType, *, size: int, has_already: frozenset[int] = frozenset()
) -> bool:
    """Say whether somebody who comes now gets so many seats of a type, or stands behind others.

    In the capacities of `has_already` they have a seat, which they keep.
    """
    newcomer = Party(0, size, frozenset(one.id for one in kind.capacities) - has_already)
    line = waiting_queries.line(session, kind.event_id)
    return 0 in whose_turn([*line.parties, newcomer], line.free, lets_smaller_pass=line.lets_smaller_pass)


def hand_on(session: Session, event_id: int, now: datetime) -> int:
    """Give or offer free seats to those who wait, in their order; says to how many."""
    line = waiting_queries.line(session, event_id)
    turn = whose_turn(line.parties, line.free, lets_smaller_pass=line.lets_smaller_pass)
    if not turn or _is_over(session.get_one(Event, event_id), now):
        return 0
    for entry in waiting_queries.locked_entries(session, turn):
        if entry.accepts_automatically:
            if take_seats(session, entry):
                state = RegistrationState.CONFIRMED
                enter(session, entry.registration, state, by_id=None, reason="", now=now)
        else:
            _offer(session, entry, now)
    return len(turn)


def _is_over(event: Event, now: datetime) -> bool:
    """Say whether nobody can use a seat any more."""
    return event.status is EventStatus.CANCELLED or now > moment(event.ends_on, event.doors_close, event.timezone)


def _offer(session: Session, entry: WaitingEntry, now: datetime) -> None:
    """Hold seats for somebody whose turn it is, and ask them."""
    registration = entry.registration
    kind, event = registration.participation_type, registration.event
    if not seats.hold(session, kind.capacities, entry.size, what=HeldFor.OFFER):
        return
    first_day = min(kind.days_of(event), default=event.starts_on)
    entry.state = EntryState.OFFERED
    entry.offered_until = offer_ends(
        now,
        hours=min(one.offer_hours for one in kind.capacities),
        doors_open_at=moment(first_day, event.doors_open, event.timezone),
    )
    session.flush()
    audit.record(session, "waiting.offered", actor_id=None, scope=event.slug, object_uid=registration.uid)
    mails.tell_of_offer(session, entry, now=now)
