"""Use cases of certificates: what organisers want of them, issuing, revoking, and letting the letters go out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lsos import audit
from lsos.certificates import queries
from lsos.certificates.models import Certificate, CertificateSettings
from lsos.certificates.queries import Holder
from lsos.certificates.rules import (
    NUMBER_LETTERS,
    SENT_AT,
    CertificateRefusal,
    Content,
    RevokeRefusal,
    Sending,
    Unit,
)
from lsos.db import new_code, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.registration.models import Registration
from lsos.texts import Bilingual

#: So many are looked up in one statement.
AT_ONCE = 500
NOBODY = N_("Nobody of them gets a certificate. The list says why.")


@dataclass(frozen=True)
class Wish:
    """What organisers want of the certificates of an event."""

    is_given: bool
    content: Content
    unit: Unit
    words: Bilingual
    signer: str
    function: Bilingual
    sending: Sending


def save_settings(event_id: int, wish: Wish, *, by: int) -> None:
    """Keep what organisers want of certificates."""
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"of": Event, "key_share": True})
        row = session.get(CertificateSettings, event_id)
        if row is None:
            row = CertificateSettings(event_id=event_id)
            session.add(row)
        row.is_given, row.content, row.unit, row.sending = wish.is_given, wish.content, wish.unit, wish.sending
        row.words, row.signer, row.function = wish.words, wish.signer, wish.function
        audit.record(
            session,
            "certificates.settings_saved",
            actor_id=by,
            scope=event.slug,
            object_uid=event.uid,
            is_given=wish.is_given,
            content=wish.content.value,
            sending=wish.sending.value,
        )


def sent_from(event: Event, known: CertificateSettings) -> datetime | None:
    """Say since when letters go out, or from when on they will; None where nobody said."""
    if not known.is_given:
        return None
    if known.sending is Sending.BY_HAND:
        return known.letters_since
    return moment(event.ends_on + timedelta(days=1), SENT_AT, event.timezone)


# ---- issuing


def issue(session: Session, registration_ids: Collection[int], *, now: datetime) -> None:
    """Give a number to each of some registrations that has none, as part of another change.

    Whoever is first writes it: the others wait for the registration, and find it.
    """
    ids = sorted(registration_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        session.execute(
            select(Registration.id)
            .where(Registration.id.in_(some))
            .order_by(Registration.id)
            .with_for_update(of=Registration, key_share=True)
        )
        known = set(session.scalars(select(Certificate.registration_id).where(Certificate.registration_id.in_(some))))
        new = [
            {"registration_id": each, "number": new_code(NUMBER_LETTERS), "issued_at": now}
            for each in some
            if each not in known
        ]
        if new:
            session.execute(insert(Certificate), new)


def take(registration_id: int, *, now: datetime) -> Holder:
    """Give its owner a certificate, as it stands now, and note that they took it.

    Raises:
        Refused: they get none.
    """
    with transaction() as session:
        holder = queries.holder_of(session.get_one(Registration, registration_id), now=now)
        if holder.refusal is not None:
            raise Refused(holder.refusal)
        issue(session, [registration_id], now=now)
        session.execute(
            update(Certificate)
            .where(Certificate.registration_id == registration_id, Certificate.downloaded_at.is_(None))
            .values(downloaded_at=now)
            .execution_options(synchronize_session=False)
        )
        session.expire_all()
        return queries.holder_of(session.get_one(Registration, registration_id), now=now)


def issue_to(event: Event, registration_ids: Collection[int] | None, *, by: int, now: datetime) -> list[Holder]:
    """Give organisers the certificates of everybody, or of some, who get one now.

    Raises:
        Refused: none of them does.
    """
    with transaction() as session:
        found = queries.holders(event, registration_ids, with_sessions=False, now=now)
        entitled = [one.registration.id for one in found if one.refusal is None]
        if not entitled:
            refusals = {one.refusal for one in found}
            raise Refused(refusals.pop() or NOBODY if len(refusals) == 1 else NOBODY)
        issue(session, entitled, now=now)
        if registration_ids is not None and len(registration_ids) == 1:
            _record(session, "certificate.printed", session.get_one(Registration, entitled[0]), by)
        else:
            number = len(entitled)
            audit.record(
                session, "certificates.printed", actor_id=by, scope=event.slug, object_uid=event.uid, number=number
            )
        session.expire_all()
        return queries.holders(event, entitled, now=now)


# ---- revoking


def revoke(event_id: int, registration_uid: str, reason: str, *, by: int, now: datetime) -> None:
    """Let a certificate count no more; its number says so from now on. Whoever has none yet gets none.

    Raises:
        NotFound: nobody of this event is called so.
        Refused: no reason was given, or it is revoked already.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(RevokeRefusal.NO_REASON)
    with transaction() as session:
        row, registration = _locked(session, event_id, registration_uid, now)
        if row.revoked_at is not None:
            raise Refused(RevokeRefusal.ALREADY)
        row.revoked_at, row.revoked_reason, row.revoked_by_id = now, reason, by
        _record(session, "certificate.revoked", registration, by, reason=reason)


def restore(event_id: int, registration_uid: str, *, by: int, now: datetime) -> None:
    """Let a revoked certificate count again, under its number.

    Raises:
        NotFound: nobody of this event is called so.
        Refused: it is not revoked.
    """
    with transaction() as session:
        row, registration = _locked(session, event_id, registration_uid, now)
        if row.revoked_at is None:
            raise Refused(RevokeRefusal.NOT_REVOKED)
        row.revoked_at, row.revoked_reason, row.revoked_by_id = None, "", None
        _record(session, "certificate.restored", registration, by)


def _locked(session: Session, event_id: int, uid: str, now: datetime) -> tuple[Certificate, Registration]:
    registration = session.scalar(
        select(Registration).where(Registration.event_id == event_id, Registration.uid == uid)
    )
    if registration is None:
        raise NotFound(N_("There is no such registration at this event."))
    issue(session, [registration.id], now=now)
    row = session.scalars(
        select(Certificate)
        .where(Certificate.registration_id == registration.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return row, registration


def _record(session: Session, action: str, registration: Registration, by: int, **details: str) -> None:
    scope = registration.event.slug
    audit.record(session, action, actor_id=by, scope=scope, object_uid=registration.uid, **details)


# ---- two records, one being


def lead_on(session: Session, lose_id: int, keep_id: int) -> None:
    """Let the number of a registration that is merged into another lead to that one, as part of the merge.

    Where only one has a certificate, it is the other's now; where both have, either number proves the same.
    """
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.registration_id.in_((lose_id, keep_id)))
        .order_by(Certificate.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    known = {one.registration_id: one for one in rows}
    lost, kept = known.get(lose_id), known.get(keep_id)
    if lost is None:
        return
    if kept is None:
        lost.registration_id = keep_id
    elif kept.same_as_id is None:
        lost.same_as_id = kept.id
    session.flush()


# ---- letters


def let_letters_go(event_id: int, *, by: int, now: datetime) -> None:
    """Let the letters go out from now on to who gets a certificate and had none; the worker writes them.

    Raises:
        Refused: no certificates are given, or the event is not over.
    """
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update={"of": Event, "key_share": True})
        row = session.get(CertificateSettings, event_id, with_for_update=True)
        if row is None or not row.is_given:
            raise Refused(CertificateRefusal.NOT_GIVEN)
        if now < queries.over_at(event):
            raise Refused(CertificateRefusal.NOT_OVER)
        row.letters_since = now
        audit.record(session, "certificates.letters_let_go", actor_id=by, scope=event.slug, object_uid=event.uid)
