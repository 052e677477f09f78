"""Changes that organisers make to the facts of an event."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select

from lsos import audit
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.accounts.service import new_person
from lsos.db import transaction
from lsos.errors import Refused
from lsos.events.models import Event, RoleGrant
from lsos.events.rules import EventStatus, Role, facts_refusal
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


@dataclass(frozen=True)
class Appointed:
    """Who holds a role now, and what of that is new."""

    person: Person
    is_new_person: bool
    is_new_role: bool


def appoint(address: str, name: str, role: Role, event: Event | None, *, language: str, now: datetime) -> Appointed:
    """Give the holder of an address a role, in one event or in all; whoever is not known yet becomes known.

    The name is for a new person: its last word becomes the family name.
    """
    with transaction() as session:
        holder = select(Person).join(Person.emails).where(EmailAddress.address == fold_address(address))
        person = session.scalar(holder)
        is_new_person = person is None
        if person is None:
            given_name, _, family_name = name.strip().rpartition(" ")
            names = (given_name, family_name) if given_name else (family_name, "")
            person = new_person(*names, address, language=language, now=now, is_verified=True)
            session.add(person)
            session.flush()
        where = event.id if event else None
        held = session.scalar(
            select(RoleGrant.id).where(
                RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.event_id.is_not_distinct_from(where)
            )
        )
        if held is None:
            session.add(RoleGrant(person_id=person.id, role=role, event_id=where))
            scope = event.slug if event else ""
            audit.record(session, "role.granted", actor_id=None, scope=scope, object_uid=person.uid, role=role.value)
    return Appointed(person, is_new_person, is_new_role=held is None)
