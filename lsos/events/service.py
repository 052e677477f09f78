"""Changes that organisers make to the facts of an event."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select

from lsos import audit
from lsos.db import transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import EventStatus, facts_refusal
from lsos.texts import Bilingual


@dataclass(frozen=True)
class EventFacts:
    """What an organiser may say of an event here."""

    status: EventStatus
    name: Bilingual
    tagline: Bilingual
    website: str
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None


def edit_facts(event_id: int, wish: EventFacts, *, actor_id: int) -> list[str]:
    """Change the facts of an event, and note which of them changed.

    Returns:
        The names of the facts that changed; nothing is written when there are none.

    Raises:
        Refused: `facts_refusal` gave a reason.
    """
    refusal = facts_refusal(
        status=wish.status,
        has_name=bool(wish.name),
        opens_at=wish.registration_opens_at,
        closes_at=wish.registration_closes_at,
    )
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.id == event_id).with_for_update()).one()
        changed = [field.name for field in fields(wish) if getattr(event, field.name) != getattr(wish, field.name)]
        for name in changed:
            setattr(event, name, getattr(wish, name))
        if changed:
            audit.record(
                session, "event.edited", actor_id=actor_id, scope=event.slug, object_uid=event.uid, parts=changed
            )
    return changed
