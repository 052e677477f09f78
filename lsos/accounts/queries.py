"""Reads of people, their addresses and their links."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lsos.accounts.models import EmailAddress, Person, SignInLink
from lsos.db import db


def fold_address(address: str) -> str:
    """Write an address as it is stored: lower case, no blanks around it."""
    return address.strip().lower()


def token_hash(token: str) -> str:
    """Give what is stored of a token: enough to know it again, too little to make it."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_by_email(address: str) -> Person | None:
    """Find the person who holds an address."""
    return db.session.scalar(
        select(Person)
        .join(Person.emails)
        .where(EmailAddress.address == fold_address(address))
        .options(selectinload(Person.emails))
    )


def link_by_token(token: str) -> SignInLink | None:
    """Find a sign-in link by the token that stands in it."""
    return db.session.scalar(
        select(SignInLink).where(SignInLink.token_hash == token_hash(token)).options(joinedload(SignInLink.person))
    )
