"""How somebody who is not registered comes to propose something: by a link to their address, and nothing before."""

from datetime import datetime

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lsos import audit
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.rules import MAIL_LINK_LIFE, SignInRefusal
from lsos.accounts.service import new_person
from lsos.db import transaction
from lsos.errors import N_, Refused
from lsos.events.models import Event
from lsos.proposals import mails

KNOWN = N_("This address has an account already. Sign in with it; your proposals are there.")


def ask_for_way_in(event: Event, address: str, name: str, *, language: str, now: datetime) -> None:
    """Write a link to an address; whether somebody has an account there shows nowhere but in the letter."""
    folded = fold_address(address)
    with transaction() as session:
        person = session.scalar(
            select(Person)
            .join(Person.emails)
            .where(EmailAddress.address == folded)
            .options(selectinload(Person.emails))
        )
        if person is not None:
            mails.send_way_in(session, event, person, now=now)
            return
        key = _keys().dumps([folded, name, language, int((now + MAIL_LINK_LIFE).timestamp())])
        mails.send_key(session, event, folded, name, key, language=language)


def open_way_in(event: Event, key: str, *, now: datetime) -> Person:
    """Make the account of whoever holds a key; it works once, since its address has an account then.

    Raises:
        Refused: the key is none of ours or too old, or somebody holds the address already.
    """
    refusal = key_refusal(key, now=now)
    if refusal is not None:
        raise Refused(refusal)
    address, name, language, _until = _keys().loads(key)
    with transaction() as session:
        #: Two clicks at once: the address is unique, and the event's row lets one through first.
        session.get_one(Event, event.id, with_for_update=True)
        known = session.scalar(select(EmailAddress.id).where(EmailAddress.address == address))
        if known is not None:
            raise Refused(KNOWN)
        given_name, _, family_name = name.strip().rpartition(" ")
        given_name, family_name = (given_name, family_name) if given_name else (family_name, "")
        person = new_person(given_name, family_name, address, language=language, now=now, is_verified=True)
        session.add(person)
        session.flush()
        audit.record(
            session, "person.signed_in", actor_id=person.id, scope=event.slug, object_uid=person.uid, by="proposal"
        )
        return person


def key_refusal(key: str, *, now: datetime) -> SignInRefusal | None:
    """Say why a key opens nothing; None when it is whole and not too old."""
    try:
        *_rest, until = _keys().loads(key)
    except BadSignature:
        return SignInRefusal.LINK_UNKNOWN
    return SignInRefusal.LINK_EXPIRED if now.timestamp() >= until else None


def _keys() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="begin a proposal")
