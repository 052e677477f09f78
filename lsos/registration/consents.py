"""What people agree to, purpose by purpose, and take back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound
from lsos.registration.models import Consent, ConsentText, Registration
from lsos.registration.rules import ConsentKind


def give_consent(registration_id: int, purpose: str, *, by: int, now: datetime) -> None:
    """Agree to a purpose, in the words it has now; agreeing twice is agreeing once.

    Raises:
        NotFound: the event asks for no consent of that kind.
    """
    with transaction() as session:
        registration = _with_consents(session, registration_id)
        text = session.scalar(
            select(ConsentText).where(
                ConsentText.event_id == registration.event_id,
                ConsentText.purpose == purpose,
                ConsentText.kind == ConsentKind.CONSENT,
                ConsentText.is_current,
            )
        )
        if text is None:
            raise NotFound(N_("This event asks for no such consent."))
        older = [one for one in registration.consents if one.text.purpose == purpose and one.withdrawn_at is None]
        if any(one.text_id == text.id for one in older):
            return
        for one in older:
            one.withdrawn_at = now
        registration.consents.append(Consent(text=text, given_at=now))
        _record_consent(session, registration, "given", purpose, by)


def withdraw_consent(registration_id: int, purpose: str, *, by: int, now: datetime) -> None:
    """Take a consent back; from now on nothing is done on its ground. Terms that were accepted stay accepted."""
    with transaction() as session:
        registration = _with_consents(session, registration_id)
        open_ones = [
            one
            for one in registration.consents
            if one.text.purpose == purpose and one.withdrawn_at is None and one.text.kind is ConsentKind.CONSENT
        ]
        for one in open_ones:
            one.withdrawn_at = now
        if open_ones:
            _record_consent(session, registration, "withdrawn", purpose, by)


def _with_consents(session: Session, registration_id: int) -> Registration:
    return session.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event), selectinload(Registration.consents).joinedload(Consent.text))
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    ).one()


def _record_consent(session: Session, registration: Registration, what: str, purpose: str, by: int) -> None:
    audit.record(
        session,
        f"consent.{what}",
        actor_id=by,
        scope=registration.event.slug,
        object_uid=registration.uid,
        purpose=purpose,
    )
