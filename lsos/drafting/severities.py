"""How bad each kind of conflict is at an event: what its organisers set."""

from collections.abc import Mapping

from sqlalchemy import delete

from lsos import audit
from lsos.db import transaction
from lsos.drafting.conflicts import KINDS, usual_severity
from lsos.drafting.desk import lock_draft
from lsos.drafting.models import ConflictSeverity, ProgrammeBuffers
from lsos.drafting.queries import Buffers, buffers_of, severities_of
from lsos.events.models import Event
from lsos.timetabling.problem import Severity


def set_severities(event_id: int, wish: Mapping[str, Severity], buffers: Buffers, *, actor_id: int) -> list[str]:
    """Set how bad kinds of conflicts are, by name, and the time between sessions; what is as usual is not kept.

    Returns:
        The kinds that changed, and "buffers" where they did; nothing is written when there are none.
    """
    with transaction() as writing:
        lock_draft(writing, event_id)
        there = severities_of(event_id)
        wanted = {kind: severity for kind, severity in wish.items() if severity is not usual_severity(KINDS[kind])}
        changed = sorted(kind for kind in wish if there.get(kind) is not wanted.get(kind))
        if buffers != buffers_of(event_id):
            writing.merge(ProgrammeBuffers(event_id=event_id, room_minutes=buffers.room, person_minutes=buffers.person))
            changed.append("buffers")
        if changed:
            event = writing.get_one(Event, event_id)
            writing.execute(
                delete(ConflictSeverity).where(
                    ConflictSeverity.event_id == event_id, ConflictSeverity.kind.in_(changed)
                )
            )
            writing.add_all(
                ConflictSeverity(event_id=event_id, kind=kind, severity=wanted[kind])
                for kind in changed
                if kind in wanted
            )
            audit.record(
                writing,
                "severities.set",
                actor_id=actor_id,
                scope=event.slug,
                room_minutes=buffers.room,
                person_minutes=buffers.person,
                **{kind: wish[kind].value for kind in changed if kind in wish},
            )
    return changed
