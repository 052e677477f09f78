"""Which letters of the ways in organisers may word themselves, and what fills their placeholders."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.errors import N_
from lsos.events.models import Event
from lsos.invitations.models import Claim, Delegation, DelegationManager, Invitation
from lsos.letters.rules import Placeholder
from lsos.mail import About, Letter, Sample, Samples
from lsos.registration.letters import OF_EVENT, OF_READER, OF_TYPE, values_of_event
from lsos.registration.models import ParticipationType
from lsos.wording import stamp

_ORGANISER = Placeholder("organiser", N_("the name of the organiser"))
_INVITATION = (
    *OF_READER,
    *OF_EVENT,
    OF_TYPE,
    _ORGANISER,
    Placeholder("answer_by", N_("until when an answer is asked for; empty where none is")),
)
_DELEGATION = (
    *OF_EVENT,
    OF_TYPE,
    _ORGANISER,
    Placeholder("organisation", N_("the organisation whose seats these are")),
    Placeholder("kept_until", N_("until when the seats are kept; empty where no day was set")),
)


def _values_at(event: Event, kind: ParticipationType | None = None) -> dict[str, str]:
    return {**values_of_event(event, kind), "organiser": event.organiser.name}


def values_of_invitation(invitation: Invitation) -> Mapping[str, str]:
    """Give what fills the placeholders of an invitation, in the language that is set."""
    event, until = invitation.event, invitation.expires_at
    return {
        **_values_at(event, invitation.participation_type),
        "given_name": invitation.given_name,
        "name": f"{invitation.given_name} {invitation.family_name}".strip(),
        "answer_by": stamp(until, event.timezone) if until is not None else "",
    }


def values_of_delegation(delegation: Delegation, given_name: str, name: str) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter about seats of an organisation, in the language that is set."""
    event, until = delegation.event, delegation.until
    return {
        **_values_at(event, delegation.participation_type),
        "given_name": given_name,
        "name": name,
        "organisation": delegation.name,
        "kept_until": stamp(until, event.timezone) if until is not None else "",
    }


def values_of_domain(event: Event) -> Mapping[str, str]:
    """Give what fills the placeholders of a letter to an address of which nothing else is known."""
    return _values_at(event)


# ---- a look at one

#: Whom letters are shown as where nobody was written to yet.
_GIVEN, _FAMILY, _ADDRESS, _GROUP = "Anna", "Lis", "anna@example.org", "Klinika Zdrowia"


def _event(event_id: int) -> Event:
    return db.session.get_one(Event, event_id, options=[joinedload(Event.venue), joinedload(Event.organiser)])


def _kind(event_id: int) -> ParticipationType | None:
    return db.session.scalar(
        select(ParticipationType)
        .where(ParticipationType.event_id == event_id)
        .order_by(ParticipationType.position, ParticipationType.id)
        .limit(1)
    )


def _count_invitations(event_id: int) -> int:
    return db.session.scalar(select(func.count(Invitation.id)).where(Invitation.event_id == event_id)) or 0


def _invitation_sample(event_id: int, number: int) -> Sample | None:
    invitation = db.session.scalar(
        select(Invitation)
        .where(Invitation.event_id == event_id)
        .order_by(Invitation.search_key, Invitation.id)
        .offset(number - 1)
        .limit(1)
        .options(joinedload(Invitation.participation_type))
    )
    is_invented = invitation is None
    if invitation is None:
        kind = _kind(event_id)
        if kind is None:
            return None
        invitation = Invitation(
            event=_event(event_id),
            participation_type=kind,
            address=_ADDRESS,
            given_name=_GIVEN,
            family_name=_FAMILY,
            language="pl",
            is_locked=True,
        )
    found = invitation
    context: dict[str, Any] = {"invitation": found, "event": found.event, "token": "-"}
    return Sample(
        found.address,
        f"{found.given_name} {found.family_name}".strip(),
        found.language,
        context=lambda _language: context,
        values=lambda _language: values_of_invitation(found),
        is_invented=is_invented,
    )


def _count_claims(event_id: int) -> int:
    return (
        db.session.scalar(
            select(func.count(Claim.id))
            .join(Claim.delegation)
            .where(Delegation.event_id == event_id, Claim.address != "")
        )
        or 0
    )


def _claim_sample(event_id: int, number: int) -> Sample | None:
    claim = db.session.scalar(
        select(Claim)
        .join(Claim.delegation)
        .where(Delegation.event_id == event_id, Claim.address != "")
        .order_by(Claim.id)
        .offset(number - 1)
        .limit(1)
    )
    is_invented = claim is None
    delegation = claim.delegation if claim is not None else _invented_delegation(event_id)
    if delegation is None:
        return None
    found = claim or Claim(address=_ADDRESS, given_name=_GIVEN, family_name=_FAMILY, language="pl")
    context: dict[str, Any] = {"claim": found, "delegation": delegation, "event": delegation.event, "token": "-"}
    return Sample(
        found.address,
        found.name,
        found.language,
        context=lambda _language: context,
        values=lambda _language: values_of_delegation(delegation, found.given_name, found.name),
        is_invented=is_invented,
    )


def _invented_delegation(event_id: int) -> Delegation | None:
    kind = _kind(event_id)
    return Delegation(event=_event(event_id), participation_type=kind, title=_GROUP, seats=5) if kind else None


def _count_managers(event_id: int) -> int:
    return (
        db.session.scalar(
            select(func.count(DelegationManager.id))
            .join(DelegationManager.delegation)
            .where(Delegation.event_id == event_id)
        )
        or 0
    )


def _manager_sample(event_id: int, number: int) -> Sample | None:
    manager = db.session.scalar(
        select(DelegationManager)
        .join(DelegationManager.delegation)
        .where(Delegation.event_id == event_id)
        .order_by(DelegationManager.id)
        .offset(number - 1)
        .limit(1)
    )
    is_invented = manager is None
    delegation = manager.delegation if manager is not None else _invented_delegation(event_id)
    if delegation is None:
        return None
    found = manager or DelegationManager(address=_ADDRESS, name=f"{_GIVEN} {_FAMILY}", language="pl")
    context: dict[str, Any] = {"manager": found, "delegation": delegation, "event": delegation.event, "token": "-"}
    return Sample(
        found.address,
        found.name,
        found.language,
        context=lambda _language: context,
        values=lambda _language: values_of_delegation(delegation, "", found.name),
        is_invented=is_invented,
    )


def _domain_sample(event_id: int, _number: int) -> Sample | None:
    kind = _kind(event_id)
    if kind is None:
        return None
    event = _event(event_id)
    context: dict[str, Any] = {"event": event, "code": kind.code, "token": "-"}
    return Sample(
        _ADDRESS,
        "",
        "pl",
        context=lambda _language: context,
        values=lambda _language: values_of_domain(event),
        is_invented=True,
    )


_INVITED = Samples(_count_invitations, _invitation_sample)
_CLAIMS = Samples(_count_claims, _claim_sample)
_FACTS = N_("the personal line, the facts of the event, until when to answer, and the button to the invitation")
_SEAT = N_("the facts of the event, until when the seat is kept, and the button to take it or decline")

LETTERS = (
    Letter(
        "invitation",
        N_("Invitation"),
        N_("when an organiser sends invitations"),
        _INVITATION,
        _INVITED,
        _FACTS,
        About.INVITATION,
    ),
    Letter(
        "invitation_reminder",
        N_("Invitation: a reminder"),
        N_("when an organiser reminds those who have not answered, or by itself at its time"),
        _INVITATION,
        _INVITED,
        _FACTS,
        About.INVITATION,
    ),
    Letter(
        "domain_link",
        N_("A link for an address of an organisation that may register"),
        N_("at once, when somebody types such an address"),
        (*OF_EVENT, _ORGANISER),
        Samples(lambda _event_id: 0, _domain_sample),
        N_("the button to the form, and how long it works"),
        About.INVITATION,
    ),
    Letter(
        "delegation_manager",
        N_("Delegation: to who looks after its seats"),
        N_("when an organiser makes somebody its manager, or sends the link again"),
        (Placeholder("name", N_("the reader's whole name")), *_DELEGATION),
        Samples(_count_managers, _manager_sample),
        N_("the facts of the event and the button to the page of the delegation"),
        About.DELEGATION,
    ),
    Letter(
        "delegation_seat",
        N_("Delegation: a seat is kept for you"),
        N_("when a manager sends somebody a seat"),
        (*OF_READER, *_DELEGATION),
        _CLAIMS,
        _SEAT,
        About.DELEGATION,
    ),
    Letter(
        "delegation_reminder",
        N_("Delegation: a reminder"),
        N_("when a manager reminds those who have not answered"),
        (*OF_READER, *_DELEGATION),
        _CLAIMS,
        _SEAT,
        About.DELEGATION,
    ),
)
