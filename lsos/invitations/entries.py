"""What somebody holds that lets them in: found by its link or code, judged, and used up where they register."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.invitations import mails
from lsos.invitations.links import link_of
from lsos.invitations.models import AccessCode, AccessCodeUse, Claim, Delegation, Invitation, OpenDomain
from lsos.invitations.rules import (
    LINKS_OUT,
    PASS_LIFE,
    WITHOUT_ANSWER,
    ClaimState,
    DomainRule,
    EntryRefusal,
    InvitationState,
    Means,
    Opening,
    Pass,
    code_as_typed,
    code_refusal,
    domain_fits,
    invitation_refusal,
    link_refusal,
    way_in,
)
from lsos.registration import transfers
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.openings import why_not
from lsos.registration.rules import HeldFor
from lsos.registration.steps import Also, nothing_else
from lsos.registration.transfer_models import SeatTransfer
from lsos.registration.transfer_rules import taking_refusal


@dataclass(frozen=True)
class Known:
    """What is known of somebody before they have typed anything."""

    address: str = ""
    given_name: str = ""
    family_name: str = ""
    organisation: str = ""
    language: str = ""


@dataclass(frozen=True)
class Entry:
    """What somebody holds, with all that registering needs of it."""

    held: Pass
    known: Known = Known()
    #: Why a seat is held for them, if one is.
    holding: HeldFor | None = None
    #: The owner of the address that the link was mailed to, where nobody else may use it.
    person_id: int | None = None
    #: Uses it up, in the transaction that registers.
    use: Also = nothing_else
    #: What it is, for the page that shows it.
    invitation: Invitation | None = None
    claim: Claim | None = None
    code: AccessCode | None = None
    transfer: SeatTransfer | None = None


def entry_of(event_id: int, text: str, *, now: datetime) -> Entry | None:
    """Find what "invitation.…", "claim.…", "code.…", "address.…" or "transfer.…" stands for; None for anything else."""
    means, _, value = text.partition(".")
    finders: dict[str, Callable[[int, str, datetime], Entry]] = {
        Means.INVITATION: invitation_entry,
        Means.CLAIM: claim_entry,
        Means.CODE: code_entry,
        Means.ADDRESS: address_entry,
        Means.TRANSFER: transfer_entry,
    }
    return finders[means](event_id, value, now) if means in finders and value else None


def _nothing(means: Means, refusal: EntryRefusal) -> Entry:
    return Entry(Pass(means, frozenset(), refusal))


def opening(kind: ParticipationType, *, entry: Entry | None, person: Person | None, now: datetime) -> Opening:
    """Say whether a way to take part is open to somebody, with what they hold; one rule for every page."""
    return _opening(kind, entry, person, _domains([kind.id]).get(kind.id, ()), now)


def openings(
    kinds: Collection[ParticipationType], *, entry: Entry | None, person: Person | None, now: datetime
) -> dict[int, Opening]:
    """Say the same of several ways at once, by the number of each."""
    domains = _domains([kind.id for kind in kinds])
    return {kind.id: _opening(kind, entry, person, domains.get(kind.id, ()), now) for kind in kinds}


def _opening(
    kind: ParticipationType,
    entry: Entry | None,
    person: Person | None,
    domains: Collection[DomainRule],
    now: datetime,
) -> Opening:
    is_handed_on = entry is not None and entry.transfer is not None
    return way_in(
        kind.code,
        refusal=why_not(kind, now=now),
        refusal_when_invited=why_not(kind, is_invited=True, is_handed_on=is_handed_on, now=now),
        needs_approval=kind.needs_approval,
        held=entry.held if entry else None,
        addresses=[one.address for one in person.emails if one.verified_at is not None] if person else None,
        domains=domains,
    )


def _domains(kind_ids: Collection[int]) -> dict[int, list[DomainRule]]:
    found: dict[int, list[DomainRule]] = {}
    for one in db.session.scalars(
        select(OpenDomain).where(OpenDomain.participation_type_id.in_(kind_ids)).order_by(OpenDomain.domain)
    ):
        rule = DomainRule(one.domain, one.opens, one.skips_approval)
        found.setdefault(one.participation_type_id, []).append(rule)
    return found


def _record(session: Session, action: str, registration_id: int, by: int | None, **more: str) -> None:
    """Put on record, in the history of a registration, what let it in."""
    found = session.execute(
        select(Registration.uid, Event.slug).join(Registration.event).where(Registration.id == registration_id)
    ).one()
    audit.record(session, action, actor_id=by, scope=found.slug, object_uid=found.uid, **more)


# ---- an invitation


def invitation_entry(event_id: int, token: str, now: datetime) -> Entry:
    """Find an invitation by the token of its link."""
    link = link_of(token)
    invitation = db.session.scalar(_whole_invitation(event_id, link.invitation_id)) if link else None
    if invitation is None:
        return _nothing(Means.INVITATION, EntryRefusal.UNKNOWN)
    return of_invitation(
        invitation, invitation_refusal(invitation.state, expires_at=invitation.expires_at, now=now), now=now
    )


def _whole_invitation(event_id: int, invitation_id: int | None) -> Select[Invitation]:
    return (
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.event_id == event_id)
        .options(joinedload(Invitation.participation_type), joinedload(Invitation.event))
    )


def of_invitation(
    invitation: Invitation,
    refusal: EntryRefusal | None,
    *,
    note: str = "",
    by: int | None = None,
    now: datetime,
) -> Entry:
    """Make an entry of an invitation; an organiser who answers in somebody's stead gives a note."""
    address = invitation.address if invitation.is_locked else ""
    owner = None
    if address and refusal is None:
        owner = db.session.scalar(select(EmailAddress.person_id).where(EmailAddress.address == address))
    return Entry(
        held=Pass(Means.INVITATION, frozenset({invitation.participation_type.code}), refusal, address=address),
        known=Known(
            invitation.address,
            invitation.given_name,
            invitation.family_name,
            invitation.organisation,
            invitation.language,
        ),
        holding=HeldFor.INVITED if invitation.holds_seat else None,
        person_id=owner,
        use=_use_invitation(invitation, note, by, now),
        invitation=invitation,
    )


def _use_invitation(invitation: Invitation, note: str, by: int | None, now: datetime) -> Also:
    states = WITHOUT_ANSWER if by is None else WITHOUT_ANSWER | {InvitationState.DRAFT}
    held = invitation.holds_seat

    def use(session: Session, registration_id: int) -> None:
        used = session.scalar(
            update(Invitation)
            .where(Invitation.id == invitation.id, Invitation.state.in_(states), Invitation.holds_seat == held)
            .values(
                state=InvitationState.ACCEPTED,
                answered_at=now,
                registration_id=registration_id,
                holds_seat=False,
                note=note,
                answered_by_id=by,
            )
            .returning(Invitation.uid)
        )
        if used is None:
            state = session.scalar(select(Invitation.state).where(Invitation.id == invitation.id))
            raise Refused(_why_not_used(state))
        _record(session, "invitation.accepted", registration_id, by, invitation=used)

    return use


def _why_not_used(state: InvitationState | None) -> EntryRefusal:
    if state in WITHOUT_ANSWER:
        return EntryRefusal.HOLD_ENDED
    refusal = invitation_refusal(state, expires_at=None, now=datetime.now(UTC)) if state else None
    return refusal or EntryRefusal.UNKNOWN


# ---- a seat of a delegation


def claim_entry(event_id: int, token: str, now: datetime) -> Entry:
    """Find a seat of a delegation by the token of its link."""
    link = link_of(token)
    claim = None
    if link is not None and link.claim_id is not None:
        claim = db.session.scalar(
            select(Claim)
            .join(Claim.delegation)
            .where(Claim.id == link.claim_id, Delegation.event_id == event_id)
            .options(
                joinedload(Claim.delegation).joinedload(Delegation.organisation),
                joinedload(Claim.delegation).joinedload(Delegation.participation_type),
                joinedload(Claim.delegation).joinedload(Delegation.event),
            )
        )
    if claim is None:
        return _nothing(Means.CLAIM, EntryRefusal.UNKNOWN)
    delegation = claim.delegation
    refusal = link_refusal(claim.state, is_closed=delegation.closed_at is not None)
    organisation = delegation.organisation.name if delegation.organisation else ""
    known = Known(claim.address, claim.given_name, claim.family_name, organisation, claim.language)
    return Entry(
        held=Pass(Means.CLAIM, frozenset({delegation.participation_type.code}), refusal),
        known=known,
        holding=HeldFor.DELEGATION,
        use=_use_claim(claim, now),
        claim=claim,
    )


def _use_claim(claim: Claim, now: datetime) -> Also:
    def use(session: Session, registration_id: int) -> None:
        #: The delegation first, as whoever swaps or takes links back does, so that neither waits for the other.
        counted = session.scalar(
            update(Delegation)
            .where(Delegation.id == claim.delegation_id, Delegation.closed_at.is_(None), Delegation.sent >= 1)
            .values(sent=Delegation.sent - 1, claimed=Delegation.claimed + 1)
            .returning(Delegation.uid)
        )
        used = session.scalar(
            update(Claim)
            .where(Claim.id == claim.id, Claim.state.in_(LINKS_OUT))
            .values(state=ClaimState.CLAIMED, answered_at=now, registration_id=registration_id)
            .returning(Claim.uid)
        )
        if counted is None or used is None:
            state = session.scalar(select(Claim.state).where(Claim.id == claim.id))
            raise Refused(EntryRefusal.CLAIM_TAKEN if state is ClaimState.CLAIMED else EntryRefusal.CLAIM_ENDED)
        _record(session, "delegation.claimed", registration_id, None, delegation=counted, claim=used)

    return use


# ---- a code


def code_entry(event_id: int, typed: str, now: datetime) -> Entry:
    """Find a code as somebody typed it."""
    known_by = func.replace(AccessCode.code, "-", "")
    code = db.session.scalar(
        select(AccessCode)
        .where(AccessCode.event_id == event_id, known_by == code_as_typed(typed))
        .options(selectinload(AccessCode.types))
    )
    if code is None:
        return _nothing(Means.CODE, EntryRefusal.CODE_UNKNOWN)
    refusal = code_refusal(
        uses=code.uses,
        uses_allowed=code.uses_allowed,
        valid_until=code.valid_until,
        is_ended=code.ended_at is not None,
        now=now,
    )
    return Entry(
        held=Pass(Means.CODE, frozenset(kind.code for kind in code.types), refusal, skips_approval=code.skips_approval),
        holding=HeldFor.DELEGATION if code.seats_held else None,
        use=_use_code(code, now),
        code=code,
    )


def _use_code(code: AccessCode, now: datetime) -> Also:
    held = 1 if code.seats_held else 0

    def use(session: Session, registration_id: int) -> None:
        used = session.scalar(
            update(AccessCode)
            .where(
                AccessCode.id == code.id,
                AccessCode.uses < AccessCode.uses_allowed,
                AccessCode.ended_at.is_(None),
                AccessCode.seats_held >= held,
            )
            .values(uses=AccessCode.uses + 1, seats_held=AccessCode.seats_held - held)
            .returning(AccessCode.id)
        )
        if used is None:
            raise Refused(EntryRefusal.CODE_USED_UP)
        session.add(AccessCodeUse(access_code_id=code.id, registration_id=registration_id, at=now))
        _record(session, "code.used", registration_id, None, code=code.uid)

    return use


# ---- a seat that is handed on


def transfer_entry(event_id: int, token: str, now: datetime) -> Entry:
    """Find a seat that somebody hands on by the token of its link; it is for the address that it was mailed to."""
    transfer = transfers.by_token(event_id, token)
    if transfer is None:
        return _nothing(Means.TRANSFER, EntryRefusal.UNKNOWN)
    kind = transfer.giver.participation_type
    owner = db.session.scalar(select(EmailAddress.person_id).where(EmailAddress.address == transfer.address))
    holding = transfers.holding_for(kind)
    return Entry(
        held=Pass(
            Means.TRANSFER,
            frozenset({kind.code}),
            taking_refusal(transfer.state, expires_at=transfer.expires_at, now=now),
            skips_approval=holding is not HeldFor.REVIEW,
            address=transfer.address,
        ),
        known=Known(transfer.address, transfer.given_name, transfer.family_name, language=transfer.language),
        holding=holding,
        person_id=owner,
        use=transfers.taking(transfer),
        transfer=transfer,
    )


# ---- an address of a domain


def _passes() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="a way in by address")


def ask_for_pass(kind: ParticipationType, address: str, *, language: str, now: datetime) -> None:
    """Write to an address that a way to take part is open to, so that its owner can go on from there.

    Nothing is stored and no seat is held before they do.

    Raises:
        Refused: the address is of another domain.
    """
    address = fold_address(address)
    rules = _domains([kind.id]).get(kind.id, ())
    if not any(domain_fits(address, rule.domain) for rule in rules):
        raise Refused(EntryRefusal.OTHER_DOMAIN)
    token = _passes().dumps([kind.event_id, kind.code, address, int((now + PASS_LIFE).timestamp())])
    with transaction() as session:
        event = session.get_one(Event, kind.event_id)
        mails.prove_address(session, event, kind.code, address, str(token), language=language)


def address_entry(event_id: int, token: str, now: datetime) -> Entry:
    """Find which address a link proves, and what is open to it."""
    try:
        of_event, type_code, address, expires = _passes().loads(token)
    except (BadSignature, ValueError):
        return _nothing(Means.ADDRESS, EntryRefusal.UNKNOWN)
    if of_event != event_id:
        return _nothing(Means.ADDRESS, EntryRefusal.UNKNOWN)
    kind = db.session.scalar(
        select(ParticipationType).where(ParticipationType.event_id == event_id, ParticipationType.code == type_code)
    )
    rules = _domains([kind.id]).get(kind.id, ()) if kind else ()
    fitting = [rule for rule in rules if domain_fits(address, rule.domain)]
    refusal = None if fitting else EntryRefusal.OTHER_DOMAIN
    if now >= datetime.fromtimestamp(expires, UTC):
        refusal = EntryRefusal.PASS_EXPIRED
    return Entry(
        held=Pass(
            Means.ADDRESS,
            frozenset({type_code}),
            refusal,
            skips_approval=any(rule.skips_approval for rule in fitting),
            address=address,
        ),
        known=Known(address=address),
        person_id=db.session.scalar(select(EmailAddress.person_id).where(EmailAddress.address == address)),
        use=_prove(address, now),
    )


def _prove(address: str, now: datetime) -> Also:
    """Note that an address is proved: its owner came by a letter to it."""

    def use(session: Session, _registration_id: int) -> None:
        session.execute(
            update(EmailAddress)
            .where(EmailAddress.address == address, EmailAddress.verified_at.is_(None))
            .values(verified_at=now)
        )

    return use
