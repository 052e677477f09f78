"""Letters that ask somebody to come, offer a seat of a delegation, or hand the delegation over to its manager."""

import secrets
from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from lsos import mail
from lsos.events.models import Event
from lsos.invitations.letters import values_of_delegation, values_of_domain, values_of_invitation
from lsos.invitations.links import make_link
from lsos.invitations.models import Claim, Delegation, DelegationManager, Invitation
from lsos.mail import OutgoingMail, Words


def invite(
    session: Session, invitation: Invitation, *, now: datetime, batch: str = "", own_words: Words | None = None
) -> OutgoingMail:
    """Write to somebody who is invited; from the second time on it is a reminder.

    `batch` is what it is written for, with others; `own_words` are its words, where they differ from the event's.
    """
    return mail.enqueue(
        session,
        "invitation_reminder" if invitation.reminders else "invitation",
        key=f"invitation:{invitation.uid}:{invitation.reminders}",
        to=invitation.address,
        name=f"{invitation.given_name} {invitation.family_name}".strip(),
        language=invitation.language,
        scope=invitation.event.slug,
        is_secret=True,
        batch=batch,
        own_words=own_words,
        values=lambda: values_of_invitation(invitation),
        invitation=invitation,
        event=invitation.event,
        token=make_link(session, invitation, now=now),
    )


def offer_seat(
    session: Session,
    claim: Claim,
    delegation: Delegation,
    *,
    now: datetime,
    key: str = "",
    batch: str = "",
    own_words: Words | None = None,
) -> None:
    """Write to somebody for whom a delegation keeps a seat; from the second time on it is a reminder.

    `batch` is what it is written for, with others, and `key` tells it from those; `own_words` are its words,
    where they differ from the event's.
    """
    mail.enqueue(
        session,
        "delegation_reminder" if claim.reminders else "delegation_seat",
        key=key or f"delegation-seat:{claim.uid}:{claim.reminders}",
        to=claim.address,
        name=f"{claim.given_name} {claim.family_name}".strip(),
        language=claim.language,
        scope=delegation.event.slug,
        is_secret=True,
        batch=batch,
        own_words=own_words,
        values=lambda: values_of_delegation(delegation, claim.given_name, claim.name),
        claim=claim,
        delegation=delegation,
        event=delegation.event,
        token=make_link(session, claim, now=now),
    )


def handed_on(delegation: Delegation, language: str) -> str:
    """Say to somebody, in their language, why a seat of a delegation is theirs no more."""
    with force_locale(language):
        return str(gettext("%(organisation)s, who kept this seat for you, hands it on.", organisation=delegation.name))


def hand_over(session: Session, manager: DelegationManager, delegation: Delegation, *, now: datetime) -> None:
    """Write to whoever looks after the seats of a delegation, with a link to its page."""
    mail.enqueue(
        session,
        "delegation_manager",
        key=f"delegation-manager:{delegation.uid}:{secrets.token_hex(8)}",
        to=manager.address,
        name=manager.name,
        language=manager.language,
        scope=delegation.event.slug,
        is_secret=True,
        values=lambda: values_of_delegation(delegation, "", manager.name),
        manager=manager,
        delegation=delegation,
        event=delegation.event,
        token=make_link(session, manager, now=now),
    )


def prove_address(session: Session, event: Event, code: str, address: str, token: str, *, language: str) -> None:
    """Write a link to an address that may take part because of its domain."""
    mail.enqueue(
        session,
        "domain_link",
        key=f"domain-link:{secrets.token_hex(16)}",
        to=address,
        name="",
        language=language,
        scope=event.slug,
        is_secret=True,
        values=lambda: values_of_domain(event),
        event=event,
        code=code,
        token=token,
    )
