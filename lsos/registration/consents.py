"""What people agree to, purpose by purpose, and take back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound
from lsos.registration.models import Consent, ConsentText, Registration
from lsos.registration.queries import consent_texts
from lsos.registration.rules import ConsentKind, Purpose
from lsos.texts import Bilingual

#: The words of what every event asks for on the spot; a text is stored for an event when somebody first agrees.
OWN_WORDS: Final[Mapping[str, Bilingual]] = {
    Purpose.EXCHANGE_CONTACTS: Bilingual(
        "Każda osoba, która zeskanuje mój identyfikator, może od razu dostać mój kontakt",
        "Whoever scans my badge may have my contact at once",
    ),
    Purpose.STAND_SCANS: Bilingual(
        "Stoiska, na których zeskanowano mój identyfikator, mogą dostać mój kontakt i zabrać go ze sobą",
        "Stands at which my badge is scanned may have my contact and take it along",
    ),
}


def asked_of(event_id: int) -> list[ConsentText]:
    """List what an event asks for, and what every event asks for on the spot, whose texts may not be stored yet."""
    found = consent_texts(event_id)
    known = {text.purpose for text in found}
    return found + [_own_text(event_id, purpose) for purpose in OWN_WORDS if purpose not in known]


def _own_text(event_id: int, purpose: str) -> ConsentText:
    return ConsentText(
        event_id=event_id,
        purpose=purpose,
        version=1,
        kind=ConsentKind.CONSENT,
        wording=OWN_WORDS[purpose],
        is_required=False,
        is_current=True,
        position=900 + list(OWN_WORDS).index(purpose),
    )


def _store_own_text(event_id: int, purpose: str) -> None:
    """Store the words of a purpose of the platform for an event; of two who do it at once one does."""
    has_one = select(ConsentText.id).where(ConsentText.event_id == event_id, ConsentText.purpose == purpose)
    if purpose not in OWN_WORDS or db.session.scalar(has_one.limit(1)) is not None:
        return
    try:
        with transaction() as session:
            session.add(_own_text(event_id, purpose))
    except IntegrityError:
        pass  # somebody else was faster; the words are the same


def give_consent(registration_id: int, purpose: str, *, by: int, now: datetime) -> None:
    """Agree to a purpose, in the words it has now; agreeing twice is agreeing once.

    Raises:
        NotFound: the event asks for no consent of that kind.
    """
    _store_own_text(db.session.get_one(Registration, registration_id).event_id, purpose)
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
