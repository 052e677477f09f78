"""Reasons that organisers of an event give again and again, in both languages."""

from sqlalchemy import func, select

from lsos import audit
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.registration.list_models import ReasonTemplate
from lsos.texts import Bilingual


def templates_of(event_id: int) -> list[ReasonTemplate]:
    """List the reasons of an event in their order."""
    return list(
        db.session.scalars(
            select(ReasonTemplate)
            .where(ReasonTemplate.event_id == event_id)
            .order_by(ReasonTemplate.position, ReasonTemplate.id)
        )
    )


def text_of(event_id: int, template_id: str) -> Bilingual:
    """Give a reason in both languages; nothing where there is none of that number."""
    if not template_id.isdecimal():
        return Bilingual()
    return next((one.text for one in templates_of(event_id) if one.id == int(template_id)), Bilingual())


def keep_template(event_id: int, template_id: int | None, pl: str, en: str, *, by: int) -> None:
    """Add a reason, change one, or take it away where nothing is left of it."""
    with transaction() as session:
        found = session.scalar(
            select(ReasonTemplate).where(ReasonTemplate.event_id == event_id, ReasonTemplate.id == template_id)
        )
        text = Bilingual(pl, en)
        if found is not None and not text:
            session.delete(found)
        elif found is not None:
            found.text = text
        elif text:
            last = session.scalar(select(func.max(ReasonTemplate.position)).where(ReasonTemplate.event_id == event_id))
            session.add(ReasonTemplate(event_id=event_id, text=text, position=(last or 0) + 1))
        audit.record(session, "reasons.changed", actor_id=by, scope=session.get_one(Event, event_id).slug)
