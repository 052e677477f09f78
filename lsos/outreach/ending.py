"""Ending news by one click, as the reader of one of its letters."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.db import transaction
from lsos.mail import MailState, OutgoingMail
from lsos.outreach.letters import read_end_token
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.queries import recipient_by_letter
from lsos.outreach.rules import LetterPurpose
from lsos.registration.models import Consent, ConsentText, Registration
from lsos.registration.rules import ConsentKind, Purpose


@dataclass(frozen=True)
class Ending:
    """Whose news a link ends."""

    name: str
    address: str
    recipient: CampaignRecipient


def read(token: str) -> Ending | None:
    """Say whose news a link ends; None when it is nobody's."""
    letter_uid = read_end_token(token)
    recipient = recipient_by_letter(letter_uid) if letter_uid is not None else None
    return Ending(recipient.name, recipient.address, recipient) if recipient is not None else None


def end_news(ending: Ending, *, now: datetime) -> None:
    """Take back the reader's consent to news, at every event, and stop what of it is not sent yet.

    Once more changes nothing.
    """
    person_id = ending.recipient.registration.person_id
    with transaction() as session:
        consents = session.scalars(
            select(Consent)
            .join(Consent.registration)
            .join(Consent.text)
            .where(
                Registration.person_id == person_id,
                ConsentText.purpose == Purpose.NEWSLETTER.value,
                ConsentText.kind == ConsentKind.CONSENT,
                Consent.withdrawn_at.is_(None),
            )
            .order_by(Consent.id)
            .options(joinedload(Consent.registration).joinedload(Registration.event))
            .with_for_update(of=Consent)
            .execution_options(populate_existing=True)
        ).all()
        for consent in consents:
            consent.withdrawn_at = now
            audit.record(
                session,
                "consent.withdrawn",
                actor_id=person_id,
                scope=consent.registration.event.slug,
                object_uid=consent.registration.uid,
                purpose=Purpose.NEWSLETTER.value,
                by="link in a letter",
            )
        news = (
            select(CampaignRecipient.letter_uid)
            .join(CampaignRecipient.campaign)
            .join(CampaignRecipient.registration)
            .where(Registration.person_id == person_id, Campaign.purpose == LetterPurpose.NEWS)
        )
        session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.uid.in_(news), OutgoingMail.state == MailState.WAITING)
            .values(state=MailState.STOPPED)
            .execution_options(synchronize_session=False)
        )
