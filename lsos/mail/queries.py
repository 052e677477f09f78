"""Reads of the outbox."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import selectinload

from lsos.db import db
from lsos.mail.models import MailHold, MailState, OutgoingMail

PAGE_LENGTH = 50


def counts_by_state(*scopes: str) -> dict[MailState, int]:
    """Count the mails of an event, or of some scopes, by their state."""
    rows = db.session.execute(
        select(OutgoingMail.state, func.count()).where(OutgoingMail.scope.in_(scopes)).group_by(OutgoingMail.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in MailState}


def _listed(scopes: Collection[str], state: MailState | None, words: str, batch: str | None) -> Select[OutgoingMail]:
    mails = select(OutgoingMail).where(OutgoingMail.scope.in_(scopes))
    if state is not None:
        mails = mails.where(OutgoingMail.state == state)
    if batch is not None:
        mails = mails.where(OutgoingMail.batch == batch)
    for word in words.split():
        mails = mails.where(
            or_(
                OutgoingMail.to_address.icontains(word, autoescape=True),
                OutgoingMail.to_name.icontains(word, autoescape=True),
                OutgoingMail.subject.icontains(word, autoescape=True),
            )
        )
    return mails


def outbox(
    scopes: Collection[str], *, state: MailState | None = None, words: str = "", batch: str | None = None, page: int = 1
) -> list[OutgoingMail]:
    """List the mails of some scopes, the newest first, a page at a time; those to or about some words."""
    newest = OutgoingMail.created_at.desc(), OutgoingMail.id.desc()
    mails = _listed(scopes, state, words, batch)
    return list(db.session.scalars(mails.order_by(*newest).offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)))


def counts_listed(scopes: Collection[str], *, words: str = "", batch: str | None = None) -> dict[MailState, int]:
    """Count by state the mails that the outbox would list."""
    listed = _listed(scopes, None, words, batch)
    rows = db.session.execute(
        listed.with_only_columns(OutgoingMail.state, func.count()).group_by(OutgoingMail.state).order_by(None)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in MailState}


def counts_by_batch(batches: Collection[str]) -> dict[str, dict[MailState, int]]:
    """Count by state the mails of several campaigns or rules."""
    rows = db.session.execute(
        select(OutgoingMail.batch, OutgoingMail.state, func.count())
        .where(OutgoingMail.batch.in_(batches))
        .group_by(OutgoingMail.batch, OutgoingMail.state)
    )
    counts: dict[str, dict[MailState, int]] = {batch: dict.fromkeys(MailState, 0) for batch in batches}
    for batch, state, number in rows:
        counts[batch][state] = number
    return counts


def held_up() -> ColumnElement[bool]:
    """Say of a mail whether its event, or what it was written for, is paused."""
    return exists().where(
        MailHold.scope == OutgoingMail.scope, or_(MailHold.batch == "", MailHold.batch == OutgoingMail.batch)
    )


def refused(address: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Say whether the latest letter to an address that came to an end was refused for good by a mail server."""
    ended = OutgoingMail.state.in_([MailState.SENT, MailState.FAILED])
    latest = (
        select(OutgoingMail.is_refused)
        .where(OutgoingMail.to_address == address, ended)
        .order_by(OutgoingMail.id.desc())
        .limit(1)
        .correlate_except(OutgoingMail)
        .scalar_subquery()
    )
    return func.coalesce(latest, false())


def refused_among(addresses: Collection[str]) -> dict[str, OutgoingMail]:
    """Find the addresses that a mail server refused for good, each with the letter by which that is known."""
    ended = OutgoingMail.state.in_([MailState.SENT, MailState.FAILED])
    latest = (
        select(func.max(OutgoingMail.id))
        .where(OutgoingMail.to_address.in_(addresses), ended)
        .group_by(OutgoingMail.to_address)
    )
    rows = db.session.scalars(select(OutgoingMail).where(OutgoingMail.id.in_(latest), OutgoingMail.is_refused))
    return {one.to_address: one for one in rows}


def hold_of(scope: str, batch: str = "") -> MailHold | None:
    """Find what holds up an event's mail, or one batch of it."""
    return db.session.scalar(select(MailHold).where(MailHold.scope == scope, MailHold.batch == batch))


def mail_by_uid(uid: str, scopes: Collection[str]) -> OutgoingMail | None:
    """Find a mail of some scopes, with its files."""
    return db.session.scalar(
        select(OutgoingMail)
        .where(OutgoingMail.uid == uid, OutgoingMail.scope.in_(scopes))
        .options(selectinload(OutgoingMail.attachments))
    )


def mails_to(addresses: Collection[str], scope: str) -> list[OutgoingMail]:
    """List what was written to some addresses about one event, the newest first."""
    return list(
        db.session.scalars(
            select(OutgoingMail)
            .where(OutgoingMail.to_address.in_(addresses), OutgoingMail.scope == scope)
            .order_by(OutgoingMail.created_at.desc(), OutgoingMail.id.desc())
        )
    )
