"""Seats of a delegation: promised by links, taken, handed from one to another, given back, and left."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.erased import erased_among, refuse_erased
from lsos.accounts.models import Person as Account
from lsos.accounts.rules import WritingRefusal
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.invitations import mails
from lsos.invitations.delegations import HELD, claims_of, locked, record, still_open
from lsos.invitations.links import link_of, make_link
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.queries import has_no_need
from lsos.invitations.reading import Person
from lsos.invitations.rules import (
    LINKS_OUT,
    ClaimState,
    DelegationRefusal,
    EntryRefusal,
    ask_again_refusal,
    link_refusal,
)
from lsos.invitations.service import PART, Done
from lsos.registration import seats, steps
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Also

NO_CLAIM = N_("This delegation has no such link any more. Reload the page to see how it stands.")
#: What stands in the way of one more link to the same address.
STANDING = LINKS_OUT | {ClaimState.CLAIMED}


# ---- what its manager does


def send_links(
    event_id: int, uid: str, people: Sequence[Person], *, language: str = "pl", by: int | None, now: datetime
) -> Done:
    """Promise a seat to each of these people by a link of their own; who gets none is said by name.

    Raises:
        NotFound: the event has no such delegation.
        Refused: it has ended.
    """
    parts = [people[start : start + PART] for start in range(0, len(people), PART)] or [[]]
    done = [_send_links(event_id, uid, part, language, by=by, now=now) for part in parts]
    return Done(sum(one.number for one in done), [each for one in done for each in one.refused])


def _send_links(
    event_id: int, uid: str, people: Sequence[Person], language: str, *, by: int | None, now: datetime
) -> Done:
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        asked = {one.address for one in claims_of(session, delegation) if one.state in STANDING}
        gone = erased_among(session, [person.address for person in people])
        number, refused = 0, []
        for person in people:
            why = _why_no_link(delegation, is_asked=person.address in asked, is_erased=person.address in gone)
            if why is not None:
                refused.append((person.address, str(why)))
                continue
            asked.add(person.address)
            claim = _promise(session, delegation, person, person.language or language, now)
            claim.written_at = now
            mails.offer_seat(session, claim, delegation, now=now)
            number += 1
        if number:
            record(session, delegation, "links_sent", by, number=number)
        return Done(number, refused)


def _why_no_link(
    delegation: Delegation, *, is_asked: bool, is_erased: bool
) -> DelegationRefusal | WritingRefusal | None:
    if is_erased:
        return WritingRefusal.ERASED
    if is_asked:
        return DelegationRefusal.ASKED_ALREADY
    return DelegationRefusal.NONE_FREE if delegation.free < 1 else None


def _promise(session: Session, delegation: Delegation, person: Person, language: str, now: datetime) -> Claim:
    claim = Claim(
        delegation_id=delegation.id,
        address=person.address,
        given_name=person.given_name,
        family_name=person.family_name,
        language=language,
        state=ClaimState.SENT,
        reminders=0,
        created_at=now,
    )
    delegation.sent += 1
    session.add(claim)
    session.flush()
    return claim


def copy_link(event_id: int, uid: str, claim_uid: str, *, language: str, by: int | None, now: datetime) -> str:
    """Make a link to hand over by oneself: to a seat that is promised, or, without one named, to a free seat.

    Returns:
        The token that the link carries; it is told this once.

    Raises:
        NotFound: there is no such delegation or promise.
        Refused: it has ended, no seat is free, or the person has answered.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        if claim_uid:
            claim = _claim(session, delegation, claim_uid)
            if claim.state not in LINKS_OUT:
                raise Refused(DelegationRefusal.ANSWERED)
        else:
            if delegation.free < 1:
                raise Refused(DelegationRefusal.NONE_FREE)
            claim = _promise(session, delegation, Person(0, ""), language, now)
        record(session, delegation, "link_copied", by, claim=claim.uid)
        return make_link(session, claim, now=now)


def remind(
    event_id: int, uid: str, claim_uids: Collection[str], *, is_forced: bool = False, by: int | None, now: datetime
) -> Done:
    """Remind those of a delegation who have not answered; not twice within a day unless forced.

    Nobody is reminded who is registered already, and so cannot take the seat.

    Raises:
        NotFound: there is no such delegation or promise.
        Refused: it has ended.
    """

    def one_more(session: Session, delegation: Delegation, claim: Claim) -> DelegationRefusal | None:
        refusal = ask_again_refusal(
            claim.state, address=claim.address, written_at=claim.written_at, is_forced=is_forced, now=now
        )
        kind = delegation.participation_type
        if refusal is None and has_no_need(event_id, claim.address, kind, holding=HELD):
            refusal = DelegationRefusal.REGISTERED
        if refusal is None:
            claim.reminders += 1
            claim.written_at = now
            mails.offer_seat(session, claim, delegation, now=now)
            record(session, delegation, "reminded", by, claim=claim.uid)
        return refusal

    return _each(event_id, uid, claim_uids, one_more)


def take_links_back(event_id: int, uid: str, claim_uids: Collection[str], *, by: int | None, now: datetime) -> Done:
    """Take promises back: the links open nothing any more, the seats stay with the delegation.

    Raises:
        NotFound: there is no such delegation or promise.
        Refused: it has ended.
    """

    def take_back(session: Session, delegation: Delegation, claim: Claim) -> DelegationRefusal | None:
        if claim.state not in LINKS_OUT:
            return DelegationRefusal.ANSWERED
        claim.state = ClaimState.WITHDRAWN
        claim.answered_at = now
        delegation.sent -= 1
        record(session, delegation, "link_taken_back", by, claim=claim.uid)
        return None

    return _each(event_id, uid, claim_uids, take_back)


def _each(
    event_id: int,
    uid: str,
    claim_uids: Collection[str],
    do: Callable[[Session, Delegation, Claim], DelegationRefusal | None],
) -> Done:
    wanted = list(dict.fromkeys(claim_uids))
    number, refused = 0, []
    for start in range(0, max(len(wanted), 1), PART):
        part = wanted[start : start + PART]
        with transaction() as session:
            delegation = still_open(session, event_id, uid)
            claims = [one for one in claims_of(session, delegation) if one.uid in part]
            if len(claims) != len(part):
                raise NotFound(NO_CLAIM)
            for claim in claims:
                why = do(session, delegation, claim)
                if why is None:
                    number += 1
                else:
                    refused.append((claim.name, str(why)))
    return Done(number, refused)


def swap(
    event_id: int,
    uid: str,
    claim_uid: str,
    instead: Person | None,
    *,
    language: str = "pl",
    release: Also,
    by: int | None,
    now: datetime,
) -> Claim | None:
    """Give a seat that somebody has taken to somebody else, all at once: one letter says no more, another offers it.

    Without somebody instead the seat stays with the delegation, free. `release` gives back the time of who
    goes; it comes before the registration is locked, since it locks several, in order.

    Raises:
        NotFound: there is no such delegation or claim.
        Refused: nobody has taken that seat, the new address has a link or a seat already, or its holder was erased.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        claim = _claim(session, delegation, claim_uid)
        if claim.state is not ClaimState.CLAIMED or claim.registration_id is None:
            raise Refused(DelegationRefusal.NOT_CLAIMED)
        taken = {one.address for one in claims_of(session, delegation) if one.state in STANDING}
        if instead is not None and instead.address in taken:
            raise Refused(DelegationRefusal.ASKED_ALREADY)
        if instead is not None:
            refuse_erased(session, instead.address)
        #: First of all, so that `leave`, which is part of releasing, finds nobody who leaves the delegation.
        claim.state = ClaimState.GONE
        claim.answered_at = now
        delegation.claimed -= 1
        session.flush()
        release(session, claim.registration_id)
        registration = _registration(session, claim.registration_id)
        if registration.state is not RegistrationState.CONFIRMED:
            raise Refused(DelegationRefusal.ANSWERED)
        seats.keep_held(session, registration.participation_type.capacities, what=HELD)
        reason = mails.handed_on(delegation, registration.person.language)
        steps.enter(session, registration, RegistrationState.CANCELLED, by_id=by, reason=reason, now=now)
        made = None
        if instead is not None:
            made = _promise(session, delegation, instead, instead.language or language, now)
            made.written_at = now
            mails.offer_seat(session, made, delegation, now=now)
        record(session, delegation, "swapped", by, claim=claim.uid)
        return made


def give_back(event_id: int, uid: str, number: int, *, by: int | None, now: datetime) -> Delegation:
    """Give seats back that nobody has taken or was promised; they go on to who waits.

    Raises:
        NotFound: the event has no such delegation.
        Refused: so many are not free, or it has ended.
    """
    with transaction() as session:
        delegation = still_open(session, event_id, uid)
        if not 1 <= number <= delegation.free:
            raise Refused(DelegationRefusal.NOT_THIS_MANY)
        delegation.seats -= number
        seats.let_go(session, delegation.participation_type.capacities, number, what=HELD)
        steps.hand_on(session, event_id, now)
        record(session, delegation, "gave_back", by, number=number)
        return delegation


# ---- what the person with the link does


def note_opened(token: str, *, now: datetime) -> None:
    """Note that the page of a link was opened; a second time changes nothing, nor does an unknown link."""
    link = link_of(token)
    if link is None or link.claim_id is None:
        return
    with transaction() as session:
        claim = session.get(Claim, link.claim_id, with_for_update=True)
        if claim is not None and claim.state is ClaimState.SENT:
            claim.state = ClaimState.OPENED
            claim.opened_at = now


def decline(token: str, *, reason: str = "", now: datetime) -> Claim:
    """Say that one does not take the seat; it stays with the delegation.

    Raises:
        NotFound: no link reads so.
        Refused: the link was used or taken back.
    """
    link = link_of(token)
    if link is None or link.claim_id is None:
        raise NotFound(EntryRefusal.UNKNOWN)
    found = db.session.execute(
        select(Delegation.event_id, Delegation.uid, Claim.uid.label("claim"))
        .join(Claim.delegation)
        .where(Claim.id == link.claim_id)
    ).one()
    with transaction() as session:
        delegation = locked(session, found.event_id, found.uid)
        claim = _claim(session, delegation, found.claim)
        refusal = link_refusal(claim.state, is_closed=delegation.closed_at is not None)
        if refusal is not None:
            raise Refused(refusal)
        claim.state = ClaimState.DECLINED
        claim.answered_at = now
        claim.reason = reason
        delegation.sent -= 1
        record(session, delegation, "declined", None, claim=claim.uid)
        return claim


def leave(session: Session, registration_id: int, *, now: datetime) -> None:
    """Note, as part of cancelling, that somebody of a delegation does not come: the seat goes to who waits."""
    claim = session.scalar(
        select(Claim).where(Claim.registration_id == registration_id, Claim.state == ClaimState.CLAIMED)
    )
    if claim is None:
        return
    delegation = session.get_one(Delegation, claim.delegation_id, with_for_update=True, populate_existing=True)
    claim.state = ClaimState.GONE
    claim.answered_at = now
    delegation.claimed -= 1
    delegation.seats -= 1
    session.flush()


# ---- what they share


def _claim(session: Session, delegation: Delegation, uid: str) -> Claim:
    claim = session.scalar(
        select(Claim).where(Claim.delegation_id == delegation.id, Claim.uid == uid).with_for_update()
    )
    if claim is None:
        raise NotFound(NO_CLAIM)
    return claim


def _registration(session: Session, registration_id: int) -> Registration:
    return session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(
            joinedload(Registration.event),
            joinedload(Registration.person).selectinload(Account.emails),
            joinedload(Registration.participation_type).selectinload(ParticipationType.capacities),
            selectinload(Registration.changes),
        )
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    ).one()
