"""What organisers write down about a registration, for the team only."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound
from lsos.events.models import Event
from lsos.registration.list_models import InternalNote
from lsos.registration.models import Registration


def notes_on(registration_id: int) -> list[InternalNote]:
    """List what was written down about a registration, with who wrote it."""
    return list(
        db.session.scalars(
            select(InternalNote)
            .where(InternalNote.registration_id == registration_id)
            .order_by(InternalNote.id)
            .options(joinedload(InternalNote.by))
        )
    )


def write_note(event_id: int, uid: str, text: str, *, by: int, now: datetime) -> None:
    """Write something down; the record of changes says that it was done, and not what.

    Raises:
        NotFound: the event has no such registration.
    """
    with transaction() as session:
        registration_id = session.scalar(
            select(Registration.id).where(Registration.event_id == event_id, Registration.uid == uid)
        )
        if registration_id is None:
            raise NotFound(N_("There is no such registration at this event."))
        session.add(InternalNote(registration_id=registration_id, by_id=by, at=now, text=text))
        slug = session.get_one(Event, event_id).slug
        audit.record(session, "registration.noted", actor_id=by, scope=slug, object_uid=uid)
