"""Browsers in which people are signed in: begun, seen, listed and ended, each by itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.accounts.models import Person, UserSession
from lsos.accounts.queries import token_hash
from lsos.accounts.rules import SESSION_LIFE, SESSION_SEEN_EVERY, SessionRefusal, device_words
from lsos.db import db, transaction
from lsos.errors import NotFound


@dataclass(frozen=True)
class Begun:
    """A session that has just begun, and the key that its cookie carries."""

    session: UserSession
    key: str


def begin(
    person_id: int,
    *,
    user_agent: str,
    by_password: bool,
    by_second_factor: bool = False,
    instead_of: str = "",
    now: datetime,
) -> Begun:
    """Begin a session and give its key, which is kept nowhere else; the one it takes the place of ends."""
    key = secrets.token_urlsafe(32)
    with transaction() as session:
        if instead_of:
            session.execute(delete(UserSession).where(UserSession.key_hash == token_hash(instead_of)))
        #: Whoever signs in sweeps up what nobody can use any more; two at once leave each other's rows alone.
        old = select(UserSession.id).where(UserSession.last_seen_at < now - SESSION_LIFE).limit(500)
        session.execute(delete(UserSession).where(UserSession.id.in_(old.with_for_update(skip_locked=True))))
        begun = UserSession(
            person_id=person_id,
            key_hash=token_hash(key),
            device=device_words(user_agent),
            by_password=by_password,
            by_second_factor=by_second_factor,
            created_at=now,
            last_seen_at=now,
        )
        session.add(begun)
        session.flush()
        session.refresh(begun, ["person"])
    return Begun(begun, key)


def session_by_key(key: str, *, now: datetime) -> UserSession | None:
    """Find the session a cookie names, with its person, unless it was ended or nobody used it for long."""
    return db.session.scalar(
        select(UserSession)
        .where(UserSession.key_hash == token_hash(key), UserSession.last_seen_at > now - SESSION_LIFE)
        .options(joinedload(UserSession.person))
    )


def sessions_of(person_id: int, *, now: datetime) -> list[UserSession]:
    """List the browsers somebody is signed in with, the one seen last first."""
    return list(
        db.session.scalars(
            select(UserSession)
            .where(UserSession.person_id == person_id, UserSession.last_seen_at > now - SESSION_LIFE)
            .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        )
    )


def is_worth_noting(last_seen_at: datetime, *, now: datetime) -> bool:
    """Say whether it is so long since a session was seen that it should be written down."""
    return now - last_seen_at >= SESSION_SEEN_EVERY


def note_seen(session_id: int, *, now: datetime) -> None:
    """Write down that a session was used, to the hour."""
    with transaction() as session:
        session.execute(update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now))


def end(person_id: int, uid: str) -> UserSession:
    """End one session of a person.

    Raises:
        NotFound: it has ended already, or is somebody else's.
    """
    with transaction() as session:
        found = session.scalar(select(UserSession).where(UserSession.uid == uid, UserSession.person_id == person_id))
        if found is None:
            raise NotFound(SessionRefusal.GONE)
        session.delete(found)
        _note(session, person_id, "person.session_ended")
        return found


def end_others(person_id: int, *, but: int | None) -> int:
    """End every session of a person but one, which others may have left open; says how many."""
    with transaction() as session:
        ended = end_all_of(session, person_id, but=but)
        _note(session, person_id, "person.other_sessions_ended", ended=ended)
        return ended


def end_all_of(session: Session, person_id: int, *, but: int | None = None) -> int:
    """End a person's sessions within a change under way; says how many."""
    ended = session.scalars(
        delete(UserSession)
        .where(UserSession.person_id == person_id, UserSession.id != (but or 0))
        .returning(UserSession.id)
    ).all()
    return len(ended)


def _note(session: Session, person_id: int, action: str, **details: Any) -> None:
    person = session.get_one(Person, person_id)
    audit.record(session, action, actor_id=person_id, object_uid=person.uid, **details)
