"""Passkeys: signing in by a key that a device keeps, proven by touch, face or its own code (WebAuthn)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lsos import audit
from lsos.accounts.models import Passkey, Person
from lsos.accounts.rules import DEVICES_AT_MOST, CodeRefusal, PasskeyRefusal
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused


@dataclass(frozen=True)
class Site:
    """What a passkey is bound to: the host that people type, and the whole address of the site."""

    host: str
    origin: str


@dataclass(frozen=True)
class Asked:
    """What a browser is asked for, and the challenge that its answer has to sign."""

    options: dict[str, Any]
    challenge: str


def passkeys_of(person_id: int) -> list[Passkey]:
    """List somebody's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)))


def ask_to_make(person: Person, site: Site) -> Asked:
    """Ask a browser to make a passkey for somebody, on a device that has none of theirs."""
    made = generate_registration_options(
        rp_id=site.host,
        rp_name="LSOS",
        user_id=person.uid.encode(),
        user_name=person.email,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in passkeys_of(person.id)
        ],
    )
    return Asked(json.loads(options_to_json(made)), bytes_to_base64url(made.challenge))


def keep(person_id: int, name: str, answer: dict[str, Any], *, challenge: str, site: Site, now: datetime) -> Passkey:
    """Keep a passkey that a browser made.

    Raises:
        Refused: the answer does not fit what was asked, the key is kept already, or the account keeps enough.
    """
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise Refused(PasskeyRefusal.NOT_MADE) from None
    try:
        with transaction() as session:
            person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
            held = select(func.count()).select_from(Passkey).where(Passkey.person_id == person_id)
            if (session.scalar(held) or 0) >= DEVICES_AT_MOST:
                raise Refused(CodeRefusal.TOO_MANY)
            passkey = Passkey(
                person_id=person_id,
                name=name,
                credential_id=bytes_to_base64url(made.credential_id),
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                created_at=now,
            )
            session.add(passkey)
            audit.record(session, "person.passkey_added", actor_id=person_id, object_uid=person.uid)
    except IntegrityError:
        raise Refused(PasskeyRefusal.NOT_MADE) from None
    return passkey


def ask_to_sign_in(site: Site) -> Asked:
    """Ask a browser to prove any passkey that it keeps for this site; nobody has to say who they are."""
    asked = generate_authentication_options(rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED)
    return Asked(json.loads(options_to_json(asked)), bytes_to_base64url(asked.challenge))


def sign_in(answer: dict[str, Any], *, challenge: str, site: Site, now: datetime) -> Person:
    """Give the person whose passkey signed the challenge.

    Raises:
        Refused: nobody's passkey did, or it was copied.
    """
    with transaction() as session:
        passkey = session.scalar(
            select(Passkey)
            .where(Passkey.credential_id == str(answer.get("id", "")))
            .options(joinedload(Passkey.person))
            .with_for_update(of=Passkey)
        )
        if passkey is None:
            raise Refused(PasskeyRefusal.UNKNOWN)
        try:
            proven = verify_authentication_response(
                credential=answer,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Refused(PasskeyRefusal.NOT_PROVEN) from None
        passkey.sign_count, passkey.last_used_at = proven.new_sign_count, now
        person = passkey.person
        audit.record(session, "person.signed_in", actor_id=person.id, object_uid=person.uid, by="passkey")
        return person


def remove(person_id: int, uid: str) -> None:
    """Forget a passkey; its device may go on offering it, to no avail.

    Raises:
        NotFound: it is not theirs, or was forgotten already.
    """
    with transaction() as session:
        passkey = session.scalar(
            select(Passkey)
            .where(Passkey.person_id == person_id, Passkey.uid == uid)
            .options(joinedload(Passkey.person))
        )
        if passkey is None:
            raise NotFound(N_("There is no such device in your account."))
        session.delete(passkey)
        audit.record(session, "person.passkey_removed", actor_id=person_id, object_uid=passkey.person.uid)
