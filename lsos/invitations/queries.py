"""Reads of invitations, codes, domains and delegations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from lsos.accounts.models import EmailAddress, Person
from lsos.db import db
from lsos.invitations.links import link_of
from lsos.invitations.models import (
    AccessCode,
    AccessCodeUse,
    Claim,
    Delegation,
    DelegationManager,
    Invitation,
    OpenDomain,
)
from lsos.invitations.rules import LINKS_OUT, ClaimState, InvitationState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.openings import why_not_again
from lsos.registration.rules import HeldFor, RegistrationRefusal
from lsos.texts import search_key

PAGE_LENGTH = 50


# ---- invitations


@dataclass(frozen=True)
class Wanted:
    """What the list of invitations shows: words in name, address or organisation, and chosen kinds."""

    words: str = ""
    state: InvitationState | None = None
    type_code: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.state or self.type_code)


def _listed(event_id: int, wanted: Wanted) -> Select[Any]:
    statement = select(Invitation).join(Invitation.participation_type).where(Invitation.event_id == event_id)
    for word in search_key(wanted.words).split():
        statement = statement.where(Invitation.search_key.contains(word, autoescape=True))
    if wanted.state is not None:
        statement = statement.where(Invitation.state == wanted.state)
    if wanted.type_code:
        statement = statement.where(ParticipationType.code == wanted.type_code)
    return statement


def count_listed(event_id: int, wanted: Wanted) -> int:
    """Count the invitations that the list would show."""
    return db.session.scalar(_listed(event_id, wanted).with_only_columns(func.count())) or 0


def listed(event_id: int, wanted: Wanted, *, page: int | None = 1) -> list[Invitation]:
    """List invitations by family name, a page at a time; without a page all of them."""
    statement = (
        _listed(event_id, wanted)
        .order_by(Invitation.search_key, Invitation.id)
        .options(joinedload(Invitation.participation_type), joinedload(Invitation.registration))
    )
    if page is not None:
        statement = statement.offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)
    return list(db.session.scalars(statement))


def uids_listed(event_id: int, wanted: Wanted) -> list[str]:
    """Give the public ids of all that the list would show, on whatever page."""
    return list(db.session.scalars(_listed(event_id, wanted).with_only_columns(Invitation.uid)))


def counts_by_state(event_id: int) -> dict[InvitationState, int]:
    """Count the invitations of an event by their state."""
    rows = db.session.execute(
        select(Invitation.state, func.count()).where(Invitation.event_id == event_id).group_by(Invitation.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in InvitationState}


def invitation_by_uid(event_id: int, uid: str) -> Invitation | None:
    """Find an invitation of an event by its public id."""
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.event_id == event_id, Invitation.uid == uid)
        .options(
            joinedload(Invitation.event),
            joinedload(Invitation.participation_type).selectinload(ParticipationType.capacities),
            joinedload(Invitation.registration).joinedload(Registration.person),
            joinedload(Invitation.answered_by),
        )
    )


def latest_to(event_id: int, addresses: Collection[str]) -> dict[str, Invitation]:
    """Give the latest invitation of an event to each of some addresses, with what it is for."""
    found = db.session.scalars(
        select(Invitation)
        .where(Invitation.event_id == event_id, Invitation.address.in_(addresses))
        .order_by(Invitation.id)
        .options(joinedload(Invitation.participation_type))
    )
    return {one.address: one for one in found}


# ---- codes and domains


def codes(event_id: int) -> list[AccessCode]:
    """List the codes of an event, those that still open something first."""
    return list(
        db.session.scalars(
            select(AccessCode)
            .where(AccessCode.event_id == event_id)
            .order_by(AccessCode.ended_at.is_not(None), AccessCode.code)
            .options(selectinload(AccessCode.types))
        )
    )


def code_by_uid(event_id: int, uid: str) -> AccessCode | None:
    """Find a code of an event by its public id."""
    return db.session.scalar(
        select(AccessCode)
        .where(AccessCode.event_id == event_id, AccessCode.uid == uid)
        .options(selectinload(AccessCode.types))
    )


def uses_of(code_id: int) -> list[AccessCodeUse]:
    """List who registered with a code, the latest first."""
    return list(
        db.session.scalars(
            select(AccessCodeUse)
            .where(AccessCodeUse.access_code_id == code_id)
            .order_by(AccessCodeUse.id.desc())
            .options(
                joinedload(AccessCodeUse.registration).joinedload(Registration.person),
                joinedload(AccessCodeUse.registration).joinedload(Registration.participation_type),
            )
        )
    )


def has_codes(event_id: int) -> bool:
    """Say whether an event has a code at all, so that its page asks for one."""
    return db.session.scalar(select(AccessCode.id).where(AccessCode.event_id == event_id).limit(1)) is not None


def domains(event_id: int) -> list[OpenDomain]:
    """List the domains that kinds of participation of an event are open to."""
    return list(
        db.session.scalars(
            select(OpenDomain)
            .join(OpenDomain.participation_type)
            .where(ParticipationType.event_id == event_id)
            .order_by(ParticipationType.position, OpenDomain.domain)
            .options(joinedload(OpenDomain.participation_type))
        )
    )


# ---- delegations


def delegations(event_id: int) -> list[Delegation]:
    """List the delegations of an event by the name of their organisation."""
    found = db.session.scalars(
        select(Delegation)
        .where(Delegation.event_id == event_id)
        .options(
            joinedload(Delegation.organisation),
            joinedload(Delegation.participation_type),
            selectinload(Delegation.managers),
        )
    )
    return sorted(found, key=lambda one: (one.closed_at is not None, search_key(one.name), one.id))


def delegation_by_uid(event_id: int, uid: str) -> Delegation | None:
    """Find a delegation of an event by its public id."""
    return db.session.scalar(_whole().where(Delegation.event_id == event_id, Delegation.uid == uid))


def delegation_by_token(event_id: int, token: str) -> Delegation | None:
    """Find a delegation of an event by the token of a manager's link."""
    link = link_of(token)
    if link is None or link.manager_id is None:
        return None
    return db.session.scalar(
        _whole()
        .join(DelegationManager, DelegationManager.delegation_id == Delegation.id)
        .where(Delegation.event_id == event_id, DelegationManager.id == link.manager_id)
    )


def _whole() -> Select[Delegation]:
    return select(Delegation).options(
        joinedload(Delegation.event),
        joinedload(Delegation.organisation),
        joinedload(Delegation.participation_type).selectinload(ParticipationType.capacities),
        selectinload(Delegation.managers),
    )


def delegations_of(event_id: int, addresses: Collection[str]) -> list[Delegation]:
    """List the delegations of an event that somebody with these addresses looks after."""
    if not addresses:
        return []
    return list(
        db.session.scalars(
            select(Delegation)
            .join(Delegation.managers)
            .where(Delegation.event_id == event_id, DelegationManager.address.in_(addresses))
            .order_by(Delegation.id)
            .distinct()
            .options(joinedload(Delegation.organisation))
        )
    )


#: Whoever still may come first, then whoever does, then the rest.
_ORDER = (ClaimState.OPENED, ClaimState.SENT, ClaimState.CLAIMED, ClaimState.DECLINED)


def claims(delegation_id: int) -> Sequence[Claim]:
    """List the links of a delegation: those without an answer first, then who comes, then the rest."""
    found = db.session.scalars(
        select(Claim)
        .where(Claim.delegation_id == delegation_id)
        .order_by(Claim.id)
        .options(joinedload(Claim.registration).joinedload(Registration.person).selectinload(Person.emails))
    )
    place = {state: number for number, state in enumerate(_ORDER)}
    return sorted(found, key=lambda one: (place.get(one.state, len(place)), one.id))


def registrations_at(event_id: int, addresses: Collection[str]) -> dict[str, Registration]:
    """Find the registrations for an event of those to whom addresses belong, by address."""
    rows = db.session.execute(
        select(EmailAddress.address, Registration)
        .join(Registration, Registration.person_id == EmailAddress.person_id)
        .where(Registration.event_id == event_id, EmailAddress.address.in_(addresses))
        .options(joinedload(Registration.participation_type))
    )
    return {row[0]: row[1] for row in rows}


def has_no_need(event_id: int, address: str, kind: ParticipationType, *, holding: HeldFor | None) -> bool:
    """Say whether the owner of an address is registered already, and cannot take what they were sent."""
    found = registrations_at(event_id, [address]).get(address)
    return found is not None and why_not_again(found, kind, holding=holding) is RegistrationRefusal.ALREADY


def without_need(delegation: Delegation, claims: Collection[Claim]) -> set[str]:
    """Name the links that their owner has no need of, by public id: they are registered already, and take no seat."""
    asked = [one for one in claims if one.address and one.state in LINKS_OUT | {ClaimState.DECLINED}]
    found = registrations_at(delegation.event_id, [one.address for one in asked])
    kind, already = delegation.participation_type, RegistrationRefusal.ALREADY
    needless = {at for at, one in found.items() if why_not_again(one, kind, holding=HeldFor.DELEGATION) is already}
    return {one.uid for one in asked if one.address in needless}


def is_of_delegation(registration_id: int) -> bool:
    """Say whether somebody has their seat from a delegation, which hands seats on by itself."""
    wanted = select(Claim.id).where(Claim.registration_id == registration_id, Claim.state == ClaimState.CLAIMED)
    return db.session.scalar(wanted.limit(1)) is not None
