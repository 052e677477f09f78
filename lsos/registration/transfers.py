"""A seat goes from one hand to another: offered to a colleague, taken, declined, taken back, run out.

Until the colleague takes it, the giver has it. Taking it is registering (`service.register`), which in one
transaction first cancels the giver's registration and keeps the seat held (`giving_up`), and in the end notes whose
it is (`taking`), so that the seat is never free in between and nobody who waits could get it, or lose it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.models import EmailAddress
from lsos.accounts.queries import fold_address, token_hash
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.registration import seats, steps, transfer_mails
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import HeldFor, RegistrationState
from lsos.registration.steps import Also
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import (
    OfferRefusal,
    TakingRefusal,
    TransferState,
    colleague_refusal,
    needs_review,
    offer_ends,
    offer_refusal,
    taking_refusal,
)

#: What the history of a registration says of why it ended.
HANDED_ON = N_("The seat was handed on to a colleague.")


@dataclass(frozen=True)
class Colleague:
    """Whom a seat is offered to, as the giver writes them down."""

    address: str
    given_name: str
    family_name: str = ""
    language: str = "pl"


def doors_close_at(event: Event, kind: ParticipationType) -> datetime:
    """Give the last closing of the doors on the days that a way to take part is for."""
    last: date = max(kind.days_of(event), default=event.ends_on)
    return moment(last, event.doors_close, event.timezone)


def holding_for(kind: ParticipationType) -> HeldFor:
    """Say for what a seat is held between two hands: for whoever takes it now, or for the organiser's word on them."""
    reviewed = needs_review(needs_approval=kind.needs_approval, watches_answers=bool(kind.watched_answers))
    return HeldFor.REVIEW if reviewed else HeldFor.INVITED


# ---- what the giver does, or an organiser for them


def why_not(
    registration: Registration, *, is_of_delegation: bool, has_offer: bool, now: datetime
) -> OfferRefusal | None:
    """Say why a seat cannot be offered to a colleague now; None when it can."""
    kind = registration.participation_type
    return offer_refusal(
        registration.state,
        is_transferable=kind.is_transferable,
        is_of_delegation=is_of_delegation,
        has_offer=has_offer,
        doors_close_at=doors_close_at(registration.event, kind),
        now=now,
    )


def offer(
    event_id: int,
    uid: str,
    colleague: Colleague,
    *,
    is_of_delegation: bool,
    by: int,
    now: datetime,
) -> SeatTransfer:
    """Offer somebody's seat to a colleague, and write to the colleague.

    Raises:
        NotFound: the event has no such registration.
        Refused: `offer_refusal` gave a reason, the address is the giver's own or that of somebody who was erased,
            or an organiser offers it to somebody who cannot take it.
    """
    try:
        with transaction() as session:
            seats.lock(session, event_id)
            giver = steps.locked(session, event_id, uid)
            has_offer = _open_offer(session, giver.id) is not None
            refusal = why_not(giver, is_of_delegation=is_of_delegation, has_offer=has_offer, now=now)
            refusal = refusal or _colleague_refusal(session, giver, colleague, by)
            if refusal is not None:
                raise Refused(refusal)
            refuse_erased(session, colleague.address)
            token = secrets.token_urlsafe(32)
            transfer = SeatTransfer(
                giver=giver,
                address=fold_address(colleague.address),
                given_name=colleague.given_name,
                family_name=colleague.family_name,
                language=colleague.language,
                token_hash=token_hash(token),
                state=TransferState.OFFERED,
                offered_at=now,
                expires_at=offer_ends(now, doors_close_at=doors_close_at(giver.event, giver.participation_type)),
            )
            session.add(transfer)
            session.flush()
            transfer_mails.offer(session, transfer, token)
            _record(session, "seat.offered", giver, by)
            return transfer
    except IntegrityError:
        #: The giver and an organiser offered it at the same moment.
        raise Refused(OfferRefusal.OFFERED) from None


def _colleague_refusal(session: Session, giver: Registration, colleague: Colleague, by: int) -> OfferRefusal | None:
    address = fold_address(colleague.address)
    if address in {one.address for one in giver.person.emails}:
        return OfferRefusal.OWN_ADDRESS
    if by == giver.person_id:
        return None
    theirs = session.scalar(
        select(Registration)
        .join(EmailAddress, EmailAddress.person_id == Registration.person_id)
        .where(Registration.event_id == giver.event_id, EmailAddress.address == address)
        .options(joinedload(Registration.participation_type))
    )
    if theirs is None:
        return None
    return colleague_refusal(
        theirs.state,
        is_public_guest=theirs.participation_type.is_light and not giver.participation_type.is_light,
    )


def take_back(event_id: int, uid: str, *, by: int, now: datetime) -> None:
    """Take the offer of a seat back, and write to the colleague; without an open offer nothing happens.

    Raises:
        NotFound: the event has no such registration.
        Refused: the colleague was faster.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        giver = steps.locked(session, event_id, uid)
        transfer = _open_offer(session, giver.id)
        if transfer is None:
            if giver.state is not RegistrationState.CONFIRMED and handed_on_to(giver.id, session) is not None:
                raise Refused(TakingRefusal.ACCEPTED)
            return
        steps.end_offer(session, giver, now=now)
        _record(session, "seat.taken_back", giver, by)


def expire(*, now: datetime) -> int:
    """End the offers that nobody answered in time, and tell the givers that they still have their seats; says how many.

    Safe however often it is called: each offer is ended once.
    """
    over = select(SeatTransfer.id, Registration.event_id).join(SeatTransfer.giver)
    found = db.session.execute(
        over.where(SeatTransfer.state == TransferState.OFFERED, SeatTransfer.expires_at <= now).order_by(
            SeatTransfer.id
        )
    ).all()
    db.session.rollback()
    return sum(_expire(event_id, transfer_id, now) for transfer_id, event_id in found)


def _expire(event_id: int, transfer_id: int, now: datetime) -> bool:
    with transaction() as session:
        seats.lock(session, event_id)
        transfer = _locked_transfer(session, transfer_id)
        if transfer.state is not TransferState.OFFERED:
            return False
        transfer.state, transfer.ended_at = TransferState.EXPIRED, now
        transfer_mails.tell_giver(session, transfer)
        return True


# ---- what the colleague does


def by_token(event_id: int, token: str) -> SeatTransfer | None:
    """Find the offer of a seat by the token of its link."""
    return db.session.scalar(
        select(SeatTransfer)
        .join(SeatTransfer.giver)
        .where(SeatTransfer.token_hash == token_hash(token), Registration.event_id == event_id)
        .options(
            joinedload(SeatTransfer.giver).options(
                joinedload(Registration.person),
                joinedload(Registration.event),
                joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
            )
        )
    )


def decline(event_id: int, token: str, *, now: datetime) -> None:
    """Say that one does not take a seat that was offered; the giver is told, and keeps it.

    Raises:
        NotFound: no link reads so.
        Refused: the offer was answered or is over.
    """
    found = by_token(event_id, token)
    if found is None:
        raise NotFound(N_("This link is not complete. Copy the whole address from the letter."))
    with transaction() as session:
        seats.lock(session, event_id)
        transfer = _locked_transfer(session, found.id)
        refusal = taking_refusal(transfer.state, expires_at=transfer.expires_at, now=now)
        if refusal is not None:
            raise Refused(refusal)
        transfer.state, transfer.ended_at = TransferState.DECLINED, now
        transfer_mails.tell_giver(session, transfer)
        _record(session, "seat.not_wanted", transfer.giver, None)


def giving_up(transfer: SeatTransfer, *, release: Also, now: datetime) -> Callable[[Session], None]:
    """Make what takes the seat from the giver and holds it, as the first part of the colleague's registering.

    `release` gives back the giver's time; it comes before the registration is locked, since it locks several, in
    order. The offer must be for the way to take part that the colleague saw.
    """
    transfer_id, giver_id, kind_id = transfer.id, transfer.giver_id, transfer.giver.participation_type_id

    def give_up(session: Session) -> None:
        state = session.scalar(select(SeatTransfer.state).where(SeatTransfer.id == transfer_id))
        if state is TransferState.OFFERED:
            release(session, giver_id)
        found = _locked_transfer(session, transfer_id)
        refusal = taking_refusal(found.state, expires_at=found.expires_at, now=now)
        giver = found.giver
        if refusal is not None:
            raise Refused(refusal)
        if giver.state is not RegistrationState.CONFIRMED or giver.participation_type_id != kind_id:
            raise Refused(TakingRefusal.TAKEN_BACK)
        found.state, found.ended_at = TransferState.ACCEPTED, now
        session.flush()
        kind = giver.participation_type
        seats.keep_held(session, kind.capacities, what=holding_for(kind))
        cancelled = RegistrationState.CANCELLED
        steps.enter(session, giver, cancelled, by_id=giver.person_id, reason=HANDED_ON, now=now, letter="")

    return give_up


def taking(transfer: SeatTransfer) -> Also:
    """Make what notes whose the seat is now, and tells the giver, as the last part of the colleague's registering."""
    transfer_id = transfer.id

    def take(session: Session, registration_id: int) -> None:
        taken = session.scalar(
            update(SeatTransfer)
            .where(
                SeatTransfer.id == transfer_id,
                SeatTransfer.state == TransferState.ACCEPTED,
                SeatTransfer.taker_id.is_(None),
            )
            .values(taker_id=registration_id)
            .returning(SeatTransfer.id)
        )
        if taken is None:
            raise Refused(TakingRefusal.ACCEPTED)
        found = _locked_transfer(session, transfer_id)
        taker = session.get_one(Registration, registration_id)
        _record(session, "seat.handed_on", found.giver, None, to=taker.uid)
        _record(session, "seat.received", taker, None, of=found.giver.uid)
        transfer_mails.tell_giver(session, found)

    return take


# ---- reads


def offer_of(registration_id: int) -> SeatTransfer | None:
    """Find the offer of somebody's seat that is open."""
    return _open_offer(db.session(), registration_id)


def handed_on_to(registration_id: int, session: Session | None = None) -> SeatTransfer | None:
    """Find the transfer by which somebody's seat went to a colleague, the latest if it came back meanwhile."""
    return (session or db.session()).scalar(
        select(SeatTransfer)
        .where(SeatTransfer.giver_id == registration_id, SeatTransfer.state == TransferState.ACCEPTED)
        .order_by(SeatTransfer.id.desc())
        .limit(1)
    )


def handed_on_of_all(event_id: int) -> set[int]:
    """Give the registrations of an event whose seat went to a colleague."""
    given = (
        select(SeatTransfer.giver_id)
        .join(Registration, Registration.id == SeatTransfer.giver_id)
        .where(Registration.event_id == event_id, SeatTransfer.state == TransferState.ACCEPTED)
    )
    return set(db.session.scalars(given))


def handed_on_from(registration_id: int) -> Registration | None:
    """Find who had somebody's seat before them, if it was handed on."""
    return db.session.scalar(
        select(Registration)
        .join(SeatTransfer, SeatTransfer.giver_id == Registration.id)
        .where(SeatTransfer.taker_id == registration_id, SeatTransfer.state == TransferState.ACCEPTED)
        .order_by(SeatTransfer.id.desc())
        .limit(1)
        .options(joinedload(Registration.person), joinedload(Registration.organisation))
    )


def was_handed_on(registration: Registration) -> bool:
    """Say whether a registration ended because its seat went to a colleague; asked of the few that ended only."""
    return registration.state is RegistrationState.CANCELLED and handed_on_to(registration.id) is not None


# ---- what they share


def _open_offer(session: Session, registration_id: int) -> SeatTransfer | None:
    return session.scalar(
        select(SeatTransfer).where(
            SeatTransfer.giver_id == registration_id, SeatTransfer.state == TransferState.OFFERED
        )
    )


def _locked_transfer(session: Session, transfer_id: int) -> SeatTransfer:
    """Lock the giver's registration first, then the offer, in which order everybody does."""
    event_id, uid = session.execute(
        select(Registration.event_id, Registration.uid)
        .join(SeatTransfer, SeatTransfer.giver_id == Registration.id)
        .where(SeatTransfer.id == transfer_id)
    ).one()
    steps.locked(session, event_id, uid)
    return session.get_one(SeatTransfer, transfer_id, with_for_update=True, populate_existing=True)


def _record(session: Session, action: str, registration: Registration, by: int | None, **more: str) -> None:
    audit.record(session, action, actor_id=by, scope=registration.event.slug, object_uid=registration.uid, **more)
