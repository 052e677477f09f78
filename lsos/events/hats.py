"""Organisers hand out hats: founder, mentor, juror, host, volunteer."""

from collections.abc import Collection

from sqlalchemy import delete, select

from lsos import audit
from lsos.accounts.models import Person
from lsos.db import transaction
from lsos.events.models import Event, Hat
from lsos.events.rules import GIVEN_HATS, HatKind


def give_hats(event: Event, person_id: int, kinds: Collection[HatKind], *, by: int) -> list[str]:
    """Let somebody wear exactly these hats at an event; those that follow from the programme are not touched.

    Returns:
        The names of the hats that they now wear and did not, or wore and do not any more.
    """
    wanted = set(kinds) & set(GIVEN_HATS)
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        mine = Hat.event_id == event.id, Hat.person_id == person_id
        worn = set(session.scalars(select(Hat.kind).where(*mine)))
        session.execute(delete(Hat).where(*mine, Hat.kind.in_(worn - wanted)))
        session.add_all(Hat(event_id=event.id, person_id=person_id, kind=kind) for kind in sorted(wanted - worn))
        changed = sorted(kind.value for kind in wanted ^ worn)
        if changed:
            audit.record(
                session,
                "person.hats_changed",
                actor_id=by,
                scope=event.slug,
                object_uid=person.uid,
                hats=sorted(kind.value for kind in wanted),
            )
    return changed
