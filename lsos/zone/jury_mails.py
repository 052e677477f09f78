"""Letters to jurors: they are jurors now, or something is left to review."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from lsos import mail
from lsos.accounts.models import Person
from lsos.accounts.rules import MAIL_LINK_LIFE
from lsos.accounts.service import issue_link
from lsos.events.models import Event


def write(session: Session, event: Event, person: Person, template: str, *, now: datetime, **more: object) -> None:
    """Write to a juror, with a link that signs them in and leads to what they have to review."""
    if not person.emails:
        return
    path = f"/{person.language}/events/{event.slug}/review"
    token = issue_link(session, person, email_id=person.emails[0].id, life=MAIL_LINK_LIFE, next_path=path, now=now)
    mail.enqueue(
        session,
        template,
        key=f"{template}:{event.uid}:{person.uid}:{secrets.token_hex(8)}",
        to=person.email,
        name=person.name,
        language=person.language,
        scope=event.slug,
        is_secret=True,
        token=token,
        event=event,
        person=person,
        **more,
    )
