"""Forms that are not finished yet: kept by person, or by a token that only its owner has, for some days."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError

from lsos import mail
from lsos.accounts.queries import token_hash
from lsos.db import db, transaction
from lsos.questionnaires.letters import values_of_draft
from lsos.questionnaires.models import RegistrationDraft
from lsos.registration.models import ParticipationType

#: The fields of a form, and what stands in each.
Typed = Mapping[str, list[str]]


def _mine(type_id: int, person_id: int | None, token: str) -> Select[RegistrationDraft]:
    owner = (
        RegistrationDraft.person_id == person_id
        if person_id is not None
        else RegistrationDraft.token_hash == token_hash(token)
    )
    return select(RegistrationDraft).where(RegistrationDraft.participation_type_id == type_id, owner)


def draft_of(type_id: int, *, person_id: int | None, token: str, now: datetime) -> RegistrationDraft | None:
    """Find what somebody has typed into the form of one way to take part; the token is for who is not signed in."""
    if person_id is None and not token:
        return None
    return db.session.scalar(_mine(type_id, person_id, token).where(RegistrationDraft.expires_at > now))


def draft_by_token(token: str, *, now: datetime) -> RegistrationDraft | None:
    """Find the draft that a link leads to."""
    found = RegistrationDraft.token_hash == token_hash(token), RegistrationDraft.expires_at > now
    return db.session.scalar(select(RegistrationDraft).where(*found))


def keep_draft(type_id: int, typed: Typed, *, person_id: int | None, token: str, life: timedelta, now: datetime) -> str:
    """Keep what somebody has typed, in place of what was kept before.

    Returns:
        The token that leads to it; empty for whoever is signed in.
    """
    token = "" if person_id is not None else token or secrets.token_urlsafe(32)

    def keep() -> None:
        with transaction() as session:
            session.execute(delete(RegistrationDraft).where(RegistrationDraft.expires_at <= now))
            draft = session.scalar(_mine(type_id, person_id, token).with_for_update())
            if draft is None:
                draft = RegistrationDraft(
                    participation_type_id=type_id,
                    person_id=person_id,
                    token_hash=None if person_id is not None else token_hash(token),
                )
                session.add(draft)
            draft.typed = dict(typed)
            draft.kept_at = now
            draft.expires_at = now + life

    try:
        keep()
    except IntegrityError:
        #: The same form was kept at the same moment, as from two windows; the later one stays.
        keep()
    return token


def forget_draft(type_id: int, *, person_id: int | None, token: str) -> None:
    """Delete what somebody has typed, once it is sent or wanted no more."""
    if person_id is None and not token:
        return
    with transaction() as session:
        for draft in session.scalars(_mine(type_id, person_id, token)):
            session.delete(draft)


def mail_link(kind: ParticipationType, token: str, *, to: str, name: str, language: str, days: int) -> None:
    """Write to somebody how to come back to their form; one letter for each draft and address."""
    scope, key = kind.event.slug, f"draft:{token_hash(token)}:{to}"
    context: dict[str, Any] = {"token": token, "kind": kind, "event": kind.event, "days": days}
    with transaction() as session:
        if session.scalar(select(mail.OutgoingMail.id).where(mail.OutgoingMail.key == key)) is None:
            mail.enqueue(
                session,
                "registration_draft",
                key=key,
                to=to,
                name=name,
                language=language,
                scope=scope,
                is_secret=True,
                values=lambda: values_of_draft(kind),
                **context,
            )


def delete_expired_drafts(*, now: datetime) -> int:
    """Delete the drafts whose time is over; says how many."""
    with transaction() as session:
        gone = session.execute(
            delete(RegistrationDraft).where(RegistrationDraft.expires_at <= now).returning(RegistrationDraft.id)
        )
        return len(gone.all())
