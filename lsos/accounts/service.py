"""What people do with their accounts: sign in, set a password, keep their name and addresses."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from lsos import audit, mail
from lsos.accounts.models import EmailAddress, Person, SignInLink
from lsos.accounts.queries import fold_address, person_by_email, token_hash
from lsos.accounts.rules import (
    ADDRESS_LINK_LIFE,
    ADDRESSES_AT_MOST,
    LINK_LIFE,
    LINK_MEMORY,
    AddressRefusal,
    PasswordRefusal,
    SignInRefusal,
    link_refusal,
    own_path,
    password_refusal,
)
from lsos.accounts.sessions import end_all_of
from lsos.db import db, transaction
from lsos.errors import Refused

#: Argon2id with the parameters of RFC 9106, section 4, second choice.
_hasher = PasswordHasher()


def new_person(
    given_name: str,
    family_name: str,
    address: str,
    *,
    language: str,
    now: datetime,
    is_verified: bool = False,
    is_invented: bool = False,
) -> Person:
    """Make a person with one address, ready to be added to a session."""
    email = EmailAddress(address=fold_address(address), is_primary=True, verified_at=now if is_verified else None)
    person = Person(
        given_name=given_name,
        family_name=family_name,
        language=language,
        is_invented=is_invented,
        created_at=now,
        emails=[email],
    )
    person.fold()
    return person


def known_by_name(name: str, *, language: str, now: datetime) -> Person:
    """Make a person of whom only the name is known: without an address, nobody signs in as them."""
    given_name, _, family_name = name.rpartition(" ")
    names = (given_name, family_name) if given_name else (family_name, "")
    person = Person(given_name=names[0], family_name=names[1], language=language, created_at=now, emails=[])
    person.fold()
    return person


def found_or_new(session: Session, address: str, name: str, *, language: str, now: datetime) -> Person:
    """Find who holds an address, or make who was invited to it by whatever name was typed, within a change."""
    person = session.scalar(
        select(Person)
        .join(Person.emails)
        .where(EmailAddress.address == fold_address(address))
        .options(selectinload(Person.emails))
    )
    if person is None:
        given_name, _, family_name = name.strip().rpartition(" ")
        names = (given_name, family_name) if given_name else (family_name or address.partition("@")[0], "")
        person = new_person(*names, address, language=language, now=now)
        session.add(person)
        session.flush()
    return person


# ---- signing in by a link


def issue_link(
    session: Session, person: Person, *, email_id: int | None, life: timedelta, next_path: str, now: datetime
) -> str:
    """Make a link that signs a person in once, as part of another change; only its hash is stored.

    Returns:
        The token that the link carries.
    """
    session.execute(
        delete(SignInLink).where(SignInLink.person_id == person.id, SignInLink.expires_at < now - LINK_MEMORY)
    )
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            person_id=person.id,
            email_id=email_id,
            token_hash=token_hash(token),
            expires_at=now + life,
            next_path=own_path(next_path),
        )
    )
    return token


def ask_for_link(address: str, *, next_path: str, language: str, now: datetime) -> None:
    """Write a sign-in link to whoever holds an address; for an unknown one do the same work and keep nothing."""
    address = fold_address(address)
    with transaction() as session:
        email = session.scalar(
            select(EmailAddress).where(EmailAddress.address == address).options(selectinload(EmailAddress.person))
        )
        if email is None:
            token = secrets.token_urlsafe(32)
            mail.compose("sign_in_link", key="", to=address, name="", language=language, token=token)
            return
        token = issue_link(session, email.person, email_id=email.id, life=LINK_LIFE, next_path=next_path, now=now)
        mail.enqueue(
            session,
            "sign_in_link",
            key=f"sign-in-link:{token_hash(token)}",
            to=email.address,
            name=email.person.name,
            language=email.person.language,
            is_secret=True,
            token=token,
        )


@dataclass(frozen=True)
class Opened:
    """Whom a link signed in, and where they wanted to go."""

    person: Person
    next_path: str


def open_link(token: str, *, now: datetime) -> Opened:
    """Use a link up and give its person; of two clicks at once, one comes through.

    Raises:
        Refused: the link is unknown, used or expired.
    """
    with transaction() as session:
        link = session.scalar(
            select(SignInLink)
            .where(SignInLink.token_hash == token_hash(token))
            .options(selectinload(SignInLink.person), selectinload(SignInLink.email))
        )
        if link is None:
            raise Refused(SignInRefusal.LINK_UNKNOWN)
        refusal = link_refusal(used_at=link.used_at, expires_at=link.expires_at, now=now)
        if refusal is not None:
            raise Refused(refusal)
        used = session.scalar(
            update(SignInLink)
            .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
            .values(used_at=now)
            .returning(SignInLink.id)
        )
        if used is None:
            raise Refused(SignInRefusal.LINK_USED)
        if link.email is not None and link.email.verified_at is None:
            link.email.verified_at = now
        audit.record(session, "person.signed_in", actor_id=link.person_id, object_uid=link.person.uid, by="link")
        return Opened(link.person, own_path(link.next_path))


# ---- signing in by a password


def _folded(password: str) -> str:
    """Write a password in one way, however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


@cache
def _decoy() -> str:
    """Give the hash of a password that nobody has: checking it takes the time that a real one takes."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _fits(password_hash: str | None, password: str) -> bool:
    """Say whether a password is the one behind a hash, in the same time whether or not there is a hash."""
    try:
        _hasher.verify(password_hash or _decoy(), _folded(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def sign_in_with_password(address: str, password: str) -> Person:
    """Give the person to whom an address and a password belong; renew the hash if its parameters are old.

    Raises:
        Refused: they do not belong together, or nobody holds the address.
    """
    person = person_by_email(address)
    held = person.password_hash if person else None
    if not _fits(held, password) or person is None or held is None:
        raise Refused(SignInRefusal.WRONG_PASSWORD)
    renewed = _hasher.hash(_folded(password)) if _hasher.check_needs_rehash(held) else None
    with transaction() as session:
        if renewed is not None:
            session.execute(
                update(Person).where(Person.id == person.id, Person.password_hash == held).values(password_hash=renewed)
            )
        audit.record(session, "person.signed_in", actor_id=person.id, object_uid=person.uid, by="password")
        return session.get_one(Person, person.id)


def set_password(person_id: int, new: str, *, current: str | None, now: datetime) -> Person:
    """Set a password; it ends every other session and every link that is still open.

    `current` is the present password; None comes from somebody who has just opened a link, or has none yet.

    Raises:
        Refused: the present password is wrong, or the new one is not taken.
    """
    person = db.session.get_one(Person, person_id)
    if current is not None and not _fits(person.password_hash, current):
        raise Refused(PasswordRefusal.WRONG_CURRENT)
    refusal = password_refusal(_folded(new), addresses=[email.address for email in person.emails])
    if refusal is not None:
        raise Refused(refusal)
    hashed = _hasher.hash(_folded(new))
    with transaction() as session:
        person = _for_update(session, person_id)
        person.password_hash = hashed
        _end_sessions(session, person, now)
        audit.record(session, "person.password_set", actor_id=person.id, object_uid=person.uid)
        return person


def sign_out_everywhere(person_id: int, *, now: datetime) -> Person:
    """End every session of a person, and every link that is still open."""
    with transaction() as session:
        person = _for_update(session, person_id)
        _end_sessions(session, person, now)
        audit.record(session, "person.signed_out_everywhere", actor_id=person.id, object_uid=person.uid)
        return person


def _end_sessions(session: Session, person: Person, now: datetime) -> None:
    end_all_of(session, person.id)
    session.execute(
        update(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None)).values(used_at=now)
    )


def _for_update(session: Session, person_id: int) -> Person:
    return session.scalars(
        select(Person)
        .where(Person.id == person_id)
        .options(selectinload(Person.emails))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


# ---- name, language, addresses


def rename(person_id: int, given_name: str, family_name: str, language: str) -> Person:
    """Change how a person is called and in which language they are written to."""
    with transaction() as session:
        person = _for_update(session, person_id)
        person.given_name = given_name
        person.family_name = family_name
        person.language = language
        person.fold()
        audit.record(session, "person.renamed", actor_id=person.id, object_uid=person.uid)
        return person


def _address_links() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="address of a person")


def ask_to_add_address(person_id: int, address: str, *, now: datetime) -> None:
    """Write to an address, so that its owner can add it to their account.

    Nothing is stored before they do, so that nobody can keep an address that is not theirs. If it
    belongs to an account, nothing is sent, and nobody is told.

    Raises:
        Refused: the account has as many addresses as it may keep.
    """
    address = fold_address(address)
    with transaction() as session:
        person = _for_update(session, person_id)
        if len(person.emails) >= ADDRESSES_AT_MOST:
            raise Refused(AddressRefusal.TOO_MANY)
        token = _address_links().dumps([person.uid, address, int((now + ADDRESS_LINK_LIFE).timestamp())])
        letter = mail.compose(
            "verify_address",
            key=f"verify-address:{token_hash(str(token))}:{secrets.token_hex(8)}",
            to=address,
            name=person.name,
            language=person.language,
            is_secret=True,
            token=token,
            person=person,
        )
        if session.scalar(select(EmailAddress.id).where(EmailAddress.address == address)) is None:
            session.add(letter)


def read_address_link(person: Person, token: str, *, now: datetime) -> str:
    """Give the address that a link adds to this person's account.

    Raises:
        Refused: the link is not whole, is another account's, or has expired.
    """
    try:
        uid, address, expires = _address_links().loads(token)
    except (BadSignature, ValueError):
        raise Refused(AddressRefusal.LINK_WRONG) from None
    if uid != person.uid:
        raise Refused(AddressRefusal.LINK_WRONG)
    if now >= datetime.fromtimestamp(expires, UTC):
        raise Refused(AddressRefusal.LINK_EXPIRED)
    return str(address)


def add_address(person: Person, token: str, *, now: datetime) -> str:
    """Add the address that a link proves; a second click changes nothing.

    Raises:
        Refused: the link is not good, or the address has gone to another account meanwhile.
    """
    address = read_address_link(person, token, now=now)
    try:
        with transaction() as session:
            owner = _for_update(session, person.id)
            if address in {email.address for email in owner.emails}:
                return address
            if len(owner.emails) >= ADDRESSES_AT_MOST:
                raise Refused(AddressRefusal.TOO_MANY)
            owner.emails.append(EmailAddress(address=address, is_primary=False, verified_at=now))
            owner.fold()
            audit.record(session, "person.address_added", actor_id=owner.id, object_uid=owner.uid)
    except IntegrityError:
        raise Refused(AddressRefusal.TAKEN) from None
    return address


def make_primary(person_id: int, address: str) -> None:
    """Send a person's mail to another of their addresses from now on.

    Raises:
        Refused: the address is not theirs any more.
    """
    with transaction() as session:
        person = _for_update(session, person_id)
        wanted = _own(person, address)
        for email in person.emails:
            email.is_primary = False
        session.flush()
        wanted.is_primary = True
        audit.record(session, "person.primary_address_changed", actor_id=person.id, object_uid=person.uid)


def remove_address(person_id: int, address: str) -> None:
    """Take an address away from a person; links sent to it stop working.

    Raises:
        Refused: it is the primary one, or not theirs any more.
    """
    with transaction() as session:
        person = _for_update(session, person_id)
        unwanted = _own(person, address)
        if unwanted.is_primary:
            raise Refused(AddressRefusal.PRIMARY)
        person.emails.remove(unwanted)
        person.fold()
        audit.record(session, "person.address_removed", actor_id=person.id, object_uid=person.uid)


def _own(person: Person, address: str) -> EmailAddress:
    folded = fold_address(address)
    found = next((email for email in person.emails if email.address == folded), None)
    if found is None:
        raise Refused(AddressRefusal.NOT_HERE)
    return found
