"""What happens to personal invitations: made, sent, reminded of, answered, taken back, and let go when time is up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.accounts.erased import erased_among
from lsos.accounts.models import EmailAddress
from lsos.accounts.queries import fold_address
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.invitations import mails
from lsos.invitations.links import link_of
from lsos.invitations.models import EntryLink, Invitation
from lsos.invitations.queries import has_no_need
from lsos.invitations.rules import (
    STANDING,
    WITHOUT_ANSWER,
    EntryRefusal,
    InvitationState,
    InviteRefusal,
    invitation_refusal,
    reminder_refusal,
    terms_refusal,
)
from lsos.registration import seats, steps
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import HeldFor, RegistrationState
from lsos.texts import Bilingual

S = InvitationState
NO_INVITATION = N_("There is no such invitation at this event.")


@dataclass(frozen=True)
class Asked:
    """Whom an organiser wants to invite, to what, and how."""

    address: str
    type_code: str
    given_name: str = ""
    family_name: str = ""
    organisation: str = ""
    language: str = "pl"
    line: Bilingual = field(default_factory=Bilingual)
    is_locked: bool = True
    expires_at: datetime | None = None
    #: From sending on a seat is held until then; None holds none.
    holds_until: datetime | None = None


@dataclass(frozen=True)
class Done:
    """What came of something that was wanted for several: for how many it was done, and for whom not, and why."""

    number: int
    refused: Sequence[tuple[str, str]] = ()


# ---- making them


def invite(event_id: int, asked: Asked, *, by: int, now: datetime) -> Invitation:
    """Write an invitation down as a draft; nothing is sent.

    Raises:
        Refused: `InviteRefusal` says why the address cannot be invited that way.
    """
    try:
        with transaction() as session:
            event = session.get_one(Event, event_id)
            refusal = _over(event, now) or _terms_refusal(asked, now)
            if refusal is not None:
                raise Refused(refusal)
            kinds = _kinds(session, event_id)
            taken = taken_addresses(session, event_id, [asked.address])
            if fold_address(asked.address) in taken:
                raise Refused(taken[fold_address(asked.address)])
            invitation = _draft(event, kinds, asked, now)
            session.add(invitation)
            session.flush()
            _record(session, event, "invitation.made", by, invitation.uid)
            return invitation
    except IntegrityError:
        raise Refused(InviteRefusal.INVITED) from None


def invite_many(event_id: int, asked: Sequence[Asked], *, by: int, now: datetime) -> Done:
    """Write many invitations down as drafts; addresses that are invited or registered already are passed over.

    Raises:
        Refused: the event is over, or a kind of participation or the held seats cannot be had for any of them.
    """
    try:
        return _invite_many(event_id, asked, by, now)
    except IntegrityError:
        #: Somebody invited one of them at the same moment; now that is there to be read.
        return _invite_many(event_id, asked, by, now)


def _invite_many(event_id: int, asked: Sequence[Asked], by: int, now: datetime) -> Done:
    with transaction() as session:
        event = session.get_one(Event, event_id)
        refusal = _over(event, now) or next((why for one in asked if (why := _terms_refusal(one, now))), None)
        if refusal is not None:
            raise Refused(refusal)
        kinds = _kinds(session, event_id)
        taken = taken_addresses(session, event_id, [one.address for one in asked])
        good, refused = [], []
        for one in asked:
            address = fold_address(one.address)
            if address in taken:
                refused.append((one.address, str(taken[address])))
            else:
                taken[address] = InviteRefusal.INVITED
                good.append(one)
        session.add_all(_draft(event, kinds, one, now) for one in good)
        _record(session, event, "invitations.imported", by, event.uid, rows=len(good))
        return Done(len(good), refused)


def change(event_id: int, uid: str, asked: Asked, *, by: int, now: datetime) -> Invitation:
    """Change a draft; what was sent stays as it was read.

    Raises:
        NotFound: the event has no such invitation.
        Refused: it was sent, or the address is invited or registered.
    """
    try:
        with transaction() as session:
            (invitation,) = _locked(session, event_id, [uid])
            if invitation.state is not S.DRAFT:
                raise Refused(InviteRefusal.NOT_A_DRAFT)
            refusal = _terms_refusal(asked, now)
            if refusal is not None:
                raise Refused(refusal)
            address = fold_address(asked.address)
            taken = taken_addresses(session, event_id, [address])
            if address != invitation.address and address in taken:
                raise Refused(taken[address])
            _write(invitation, _kinds(session, event_id), asked)
            _record(session, invitation.event, "invitation.changed", by, uid)
            return invitation
    except IntegrityError:
        raise Refused(InviteRefusal.INVITED) from None


def taken_addresses(session: Session, event_id: int, addresses: Collection[str]) -> dict[str, InviteRefusal]:
    """Say of these addresses which are invited or registered already, or must not be written to."""
    wanted = [fold_address(address) for address in addresses]
    found: dict[str, InviteRefusal] = {}
    registered = (
        select(EmailAddress.address)
        .join(Registration, Registration.person_id == EmailAddress.person_id)
        .where(
            Registration.event_id == event_id,
            Registration.state.not_in([RegistrationState.CANCELLED, RegistrationState.DECLINED]),
        )
    )
    invited = select(Invitation.address).where(Invitation.event_id == event_id, Invitation.state.in_(STANDING))
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        there = session.scalars(registered.where(EmailAddress.address.in_(part)))
        found |= dict.fromkeys(there, InviteRefusal.REGISTERED)
        found |= dict.fromkeys(session.scalars(invited.where(Invitation.address.in_(part))), InviteRefusal.INVITED)
    return found | dict.fromkeys(erased_among(session, wanted), InviteRefusal.ERASED)


def _over(event: Event, now: datetime) -> InviteRefusal | None:
    ends_at = moment(event.ends_on, event.doors_close, event.timezone)
    return InviteRefusal.EVENT_OVER if now > ends_at else None


def _terms_refusal(asked: Asked, now: datetime) -> InviteRefusal | None:
    return terms_refusal(expires_at=asked.expires_at, holds_until=asked.holds_until, now=now)


def _kinds(session: Session, event_id: int) -> dict[str, ParticipationType]:
    found = session.scalars(select(ParticipationType).where(ParticipationType.event_id == event_id))
    return {kind.code: kind for kind in found}


def _draft(event: Event, kinds: dict[str, ParticipationType], asked: Asked, now: datetime) -> Invitation:
    invitation = Invitation(event=event, created_at=now, state=S.DRAFT)
    _write(invitation, kinds, asked)
    return invitation


def _write(invitation: Invitation, kinds: dict[str, ParticipationType], asked: Asked) -> None:
    if asked.type_code not in kinds:
        raise Refused(InviteRefusal.NO_TYPE)
    invitation.participation_type = kinds[asked.type_code]
    invitation.address = fold_address(asked.address)
    invitation.given_name = asked.given_name
    invitation.family_name = asked.family_name
    invitation.organisation = asked.organisation
    invitation.language = asked.language
    invitation.line = asked.line
    invitation.is_locked = asked.is_locked
    invitation.expires_at = asked.expires_at
    invitation.holds_until = asked.holds_until
    invitation.fold()


# ---- sending, reminding, taking back


def send_one(session: Session, invitation: Invitation, *, by: int | None, now: datetime) -> InviteRefusal | None:
    """Send a draft, with a seat held for it if it wants one; the seats are locked. Say why it cannot be sent."""
    if invitation.state is not S.DRAFT:
        return InviteRefusal.NOT_A_DRAFT
    refusal = terms_refusal(expires_at=invitation.expires_at, holds_until=invitation.holds_until, now=now)
    if refusal is not None:
        return refusal
    capacities = invitation.participation_type.capacities
    wants_seat = invitation.holds_until is not None
    if wants_seat and not capacities:
        return InviteRefusal.NOT_COUNTED
    if wants_seat and not seats.hold(session, capacities, 1, what=HeldFor.INVITED):
        return InviteRefusal.NO_SEAT
    invitation.holds_seat = wants_seat
    invitation.state = S.SENT
    invitation.sent_at = invitation.written_at = now
    mails.invite(session, invitation, now=now)
    _record(session, invitation.event, "invitation.sent", by, invitation.uid)
    return None


def remind_one(
    session: Session, invitation: Invitation, *, is_forced: bool, by: int | None, now: datetime
) -> InviteRefusal | None:
    """Remind somebody who has not answered, not twice within a day unless forced. Say why they are not reminded."""
    refusal = reminder_refusal(
        invitation.state, written_at=invitation.written_at, is_forced=is_forced, now=now
    ) or _too_late(invitation, now)
    holding = HeldFor.INVITED if invitation.holds_seat else None
    if refusal is None and has_no_need(
        invitation.event_id, invitation.address, invitation.participation_type, holding=holding
    ):
        refusal = InviteRefusal.REGISTERED
    if refusal is not None:
        return refusal
    invitation.reminders += 1
    invitation.written_at = now
    mails.invite(session, invitation, now=now)
    _record(session, invitation.event, "invitation.reminded", by, invitation.uid)
    return None


def _too_late(invitation: Invitation, now: datetime) -> InviteRefusal | None:
    refusal = invitation_refusal(invitation.state, expires_at=invitation.expires_at, now=now)
    return InviteRefusal.NOT_SENT if refusal is not None else None


def take_back_one(session: Session, invitation: Invitation, *, by: int | None, now: datetime) -> InviteRefusal | None:
    """Take an invitation back: its links open nothing any more, and a held seat goes on. Say why it cannot be."""
    if invitation.state not in STANDING:
        return InviteRefusal.NOT_TO_WITHDRAW
    had_seat = invitation.holds_seat
    let_go(session, invitation)
    invitation.state = S.WITHDRAWN
    _record(session, invitation.event, "invitation.withdrawn", by, invitation.uid)
    if had_seat:
        steps.hand_on(session, invitation.event_id, now)
    return None


#: So many letters are written in one transaction, so that nobody waits long for a seat meanwhile.
PART = 25


# ---- answering


def note_opened(token: str, *, now: datetime) -> None:
    """Note that the page of an invitation was opened; a second time changes nothing, nor does an unknown link."""
    link = link_of(token)
    if link is None or link.invitation_id is None:
        return
    with transaction() as session:
        session.execute(
            update(Invitation)
            .where(Invitation.id == link.invitation_id, Invitation.state == S.SENT)
            .values(state=S.OPENED, opened_at=now)
        )


def decline(token: str, *, reason: str = "", now: datetime) -> Invitation:
    """Answer an invitation with no; the seat that was held goes on at once.

    Raises:
        NotFound: no invitation has this link.
        Refused: it cannot be answered any more.
    """
    link = link_of(token)
    if link is None or link.invitation_id is None:
        raise NotFound(EntryRefusal.UNKNOWN)
    with transaction() as session:
        found = session.execute(
            select(Invitation.event_id, Invitation.uid)
            .join(EntryLink, EntryLink.invitation_id == Invitation.id)
            .where(EntryLink.id == link.id)
        ).one()
        seats.lock(session, found.event_id)
        (invitation,) = _locked(session, found.event_id, [found.uid])
        refusal = invitation_refusal(invitation.state, expires_at=invitation.expires_at, now=now)
        if refusal is not None:
            raise Refused(refusal)
        _decline(session, invitation, reason=reason, by=None, now=now)
        return invitation


def decline_for(event_id: int, uid: str, *, note: str, by: int, now: datetime) -> Invitation:
    """Note for somebody that they do not come, with how they said so.

    Raises:
        NotFound: the event has no such invitation.
        Refused: it was answered, or nothing is noted.
    """
    if not note:
        raise Refused(InviteRefusal.NOTE_MISSING)
    with transaction() as session:
        seats.lock(session, event_id)
        (invitation,) = _locked(session, event_id, [uid])
        refusal = invitation_refusal(invitation.state, expires_at=None, now=now, by_organiser=True)
        if refusal is not None:
            raise Refused(InviteRefusal.NOT_OPEN)
        invitation.note = note
        invitation.answered_by_id = by
        _decline(session, invitation, reason="", by=by, now=now)
        return invitation


def _decline(session: Session, invitation: Invitation, *, reason: str, by: int | None, now: datetime) -> None:
    had_seat = invitation.holds_seat
    let_go(session, invitation)
    invitation.state = S.DECLINED
    invitation.answered_at = now
    invitation.reason = reason
    _record(session, invitation.event, "invitation.declined", by, invitation.uid)
    if had_seat:
        steps.hand_on(session, invitation.event_id, now)


def let_go(session: Session, invitation: Invitation) -> None:
    """Give the seat of an invitation free, if one is held; the caller hands it on."""
    if invitation.holds_seat:
        seats.let_go(session, invitation.participation_type.capacities, 1, what=HeldFor.INVITED)
        invitation.holds_seat = False


# ---- when time is up


def let_time_pass(*, now: datetime) -> int:
    """End invitations whose time is over, and let go seats held no longer; doing it twice changes nothing more.

    Returns:
        How many invitations changed.
    """
    return sum(_expire_at(event_id, now) for event_id in _events_with_something_over(now))


def _expired(now: datetime) -> ColumnElement[bool]:
    return and_(Invitation.state.in_(WITHOUT_ANSWER), Invitation.expires_at <= now)


def _held_too_long(now: datetime) -> ColumnElement[bool]:
    return and_(Invitation.holds_seat, Invitation.holds_until <= now)


def _events_with_something_over(now: datetime) -> list[int]:
    """List the events where something is to be done; an idle worker only reads."""
    over = or_(_expired(now), _held_too_long(now))
    found = list(db.session.scalars(select(Invitation.event_id).where(over).distinct()))
    db.session.rollback()
    return found


def _expire_at(event_id: int, now: datetime) -> int:
    with transaction() as session:
        seats.lock(session, event_id)
        over = select(Invitation.uid).where(Invitation.event_id == event_id, or_(_expired(now), _held_too_long(now)))
        invitations = _locked(session, event_id, session.scalars(over).all())
        for one in invitations:
            let_go(session, one)
            if one.state in WITHOUT_ANSWER and one.expires_at is not None and one.expires_at <= now:
                one.state = S.EXPIRED
                _record(session, one.event, "invitation.expired", None, one.uid)
            else:
                _record(session, one.event, "invitation.seat_let_go", None, one.uid)
        steps.hand_on(session, event_id, now)
        return len(invitations)


# ---- what they share


def _locked(session: Session, event_id: int, uids: Collection[str]) -> list[Invitation]:
    """Load invitations of an event in one order, so that none changes meanwhile."""
    found = list(
        session.scalars(
            select(Invitation)
            .where(Invitation.event_id == event_id, Invitation.uid.in_(uids))
            .order_by(Invitation.id)
            .options(
                joinedload(Invitation.event),
                joinedload(Invitation.participation_type).selectinload(ParticipationType.capacities),
            )
            .with_for_update(of=Invitation)
            .execution_options(populate_existing=True)
        )
    )
    if len(found) != len(set(uids)):
        raise NotFound(NO_INVITATION)
    return found


def _record(session: Session, event: Event, action: str, by: int | None, uid: str, **more: object) -> None:
    audit.record(session, action, actor_id=by, scope=event.slug, object_uid=uid, **more)
