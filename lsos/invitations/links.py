"""Links that open a way in: a random token goes out, its hash stays."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.accounts.queries import token_hash
from lsos.db import db
from lsos.invitations.models import Claim, DelegationManager, EntryLink, Invitation


def make_link(session: Session, what: Invitation | Claim | DelegationManager, *, now: datetime) -> str:
    """Make one more link to something that is stored already, and give the token that it carries."""
    token = secrets.token_urlsafe(32)
    link = EntryLink(token_hash=token_hash(token), made_at=now)
    match what:
        case Invitation():
            link.invitation_id = what.id
        case Claim():
            link.claim_id = what.id
        case DelegationManager():
            link.manager_id = what.id
    session.add(link)
    return token


def link_of(token: str) -> EntryLink | None:
    """Find a link by its token."""
    return db.session.scalar(select(EntryLink).where(EntryLink.token_hash == token_hash(token)))
