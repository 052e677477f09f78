"""Letters to jurors: they are jurors now, or something is left to review."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lsos.accounts.letters import write_with_link
from lsos.accounts.models import Person
from lsos.events.models import Event


def write(session: Session, event: Event, person: Person, template: str, *, now: datetime, **more: Any) -> None:
    """Write to a juror, with a link that signs them in and leads to what they have to review."""
    write_with_link(
        session,
        person,
        template,
        about=f"{event.uid}:{person.uid}",
        leads_to=f"/{person.language}/events/{event.slug}/review",
        now=now,
        scope=event.slug,
        event=event,
        person=person,
        **more,
    )
