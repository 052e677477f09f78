"""What the desk is told when a badge is scanned: a short note on one person, written by organisers."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from lsos import audit
from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration.models import Registration

#: It is read at arm's length while somebody waits.
LENGTH = 160


class DeskNoteRefusal(StrEnum):
    """Why a note cannot be as asked, in words for its writer."""

    TOO_LONG = N_("The note is too long to be read at the door. Write at most %(most)s characters.")
    ERASED = N_("This person had everything erased, and comes no more.")


def with_desk_note(event_id: int) -> list[Registration]:
    """List the people of an event on whom there is a note for the desk, in the order of the alphabet."""
    return list(
        db.session.scalars(
            select(Registration)
            .join(Registration.person)
            .where(Registration.event_id == event_id, Registration.desk_note != "")
            .order_by(Person.family_name, Person.given_name, Registration.id)
            .options(
                contains_eager(Registration.person),
                joinedload(Registration.organisation),
                joinedload(Registration.participation_type),
                joinedload(Registration.stakeholder_type),
            )
        )
    )


def write_desk_note(event: Event, uid: str, text: str, *, by: int) -> None:
    """Write what the desk is told of somebody; nothing takes the note away.

    The record of changes says that it was done, and not what. Phones at the door hear of it with their next look.

    Raises:
        NotFound: the event has no such registration.
        Refused: it is too long, or there is nobody any more to tell of.
    """
    text = " ".join(text.split())
    if len(text) > LENGTH:
        raise Refused(DeskNoteRefusal.TOO_LONG, most=LENGTH)
    with transaction() as session:
        registration = session.scalar(
            select(Registration)
            .where(Registration.event_id == event.id, Registration.uid == uid)
            .with_for_update(of=Registration)
        )
        if registration is None:
            raise NotFound(N_("There is no such registration at this event."))
        if registration.erased_at is not None and text:
            raise Refused(DeskNoteRefusal.ERASED)
        if registration.desk_note == text:
            return
        registration.desk_note = text
        action = "registration.desk_note_written" if text else "registration.desk_note_taken"
        audit.record(session, action, actor_id=by, scope=event.slug, object_uid=uid)
