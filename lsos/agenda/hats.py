"""The hats of people at an event: what the programme says of them, and what organisers handed out."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import CompoundSelect, Select, select, union_all
from sqlalchemy.types import String

from lsos.agenda.models import Session, SessionPerson
from lsos.db import db
from lsos.events.models import Hat
from lsos.events.rules import HatKind

_ORDER = {kind: place for place, kind in enumerate(HatKind)}


def _hats(person_ids: Collection[int]) -> tuple[Select[int, int, str], Select[int, int, str]]:
    """Select event, person and hat: those the programme gives, and those organisers gave."""
    spoken = (
        select(Session.event_id, SessionPerson.person_id, SessionPerson.role.cast(String))
        .join(SessionPerson.session)
        .where(SessionPerson.person_id.in_(person_ids))
    )
    given = select(Hat.event_id, Hat.person_id, Hat.kind.cast(String)).where(Hat.person_id.in_(person_ids))
    return spoken, given


def hats_of(event_id: int, person_ids: Collection[int]) -> dict[int, tuple[HatKind, ...]]:
    """Give the hats of people at an event, in one statement for however many; who has none is not among them.

    Badge, list and a person's own page all ask this.
    """
    spoken, given = _hats(person_ids)
    return {
        person_id: hats
        for (_event_id, person_id), hats in _gathered(
            spoken.where(Session.event_id == event_id), given.where(Hat.event_id == event_id)
        ).items()
    }


def wearers(event_id: int, kinds: Collection[HatKind]) -> CompoundSelect[int]:
    """Select the people who wear one of these hats at an event, for a filter."""
    values = [kind.value for kind in kinds]
    spoken = (
        select(SessionPerson.person_id)
        .join(SessionPerson.session)
        .where(Session.event_id == event_id, SessionPerson.role.cast(String).in_(values))
    )
    given = select(Hat.person_id).where(Hat.event_id == event_id, Hat.kind.cast(String).in_(values))
    return union_all(spoken, given)


def hats_by_event(person_id: int) -> dict[int, tuple[HatKind, ...]]:
    """Give the hats of one person at every event, by the id of the event."""
    return {event_id: hats for (event_id, _person_id), hats in _gathered(*_hats([person_id])).items()}


def _gathered(*selects: Select[int, int, str]) -> dict[tuple[int, int], tuple[HatKind, ...]]:
    found: defaultdict[tuple[int, int], set[HatKind]] = defaultdict(set)
    for event_id, person_id, kind in db.session.execute(union_all(*selects)):
        found[event_id, person_id].add(HatKind(kind))
    return {key: tuple(sorted(kinds, key=_ORDER.__getitem__)) for key, kinds in found.items()}
