"""Taking away what nothing uses: a room, a focus area, a zone or a format."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Column, Select, Table, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Writing

from lsos import audit
from lsos.agenda.models import Session
from lsos.db import Model, db, transaction
from lsos.drafting.models import DraftSession, DraftStep
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, FocusArea, Room, Zone
from lsos.taxonomy.models import SessionFormat

Part = Room | FocusArea | Zone | SessionFormat
#: How often each table speaks of something, by the table's name.
Uses = Counter[str]

IN_USE = N_("It is in use. What uses it is named below.")
#: The part of a session's content that names it.
NAMED_BY: dict[type[Part], str] = {
    Room: "room_id",
    FocusArea: "focus_area_id",
    Zone: "zone_id",
    SessionFormat: "format_id",
}
#: What only says more of it, or offers it, and goes with it.
_GOES_ALONG = {"focus_area_tag", "proposal_call_area", "proposal_call_format", "room_hours"}
#: What goes with it unless somebody used that: a check-in point at which badges were scanned.
_GOES_UNUSED: dict[str, Callable[[], Column[int]]] = {
    "scan_point": lambda: Model.metadata.tables["scan"].c.point_id,
}


def referring_to(kind: type[Part]) -> list[Column[int]]:
    """List the columns in which tables name such a thing by its id, but those that go with it."""
    target = Model.metadata.tables[kind.__tablename__]
    return [
        column
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if table.name not in _GOES_ALONG and any(key.column.table is target for key in column.foreign_keys)
    ]


def uses_of(kind: type[Part], ids: Collection[int]) -> dict[int, Uses]:
    """Count what uses each of some things; a session counts once, whether it is released, in the draft, or both."""
    found: dict[int, Uses] = {one: Counter() for one in ids}
    sessions: set[tuple[int, str]] = set()
    for column in referring_to(kind):
        table = column.table
        if table is Session.__table__:
            sessions.update(db.session.execute(select(column, Session.uid).where(column.in_(ids))))
            continue
        assert isinstance(table, Table)
        counted = select(column, func.count()).where(column.in_(ids)).group_by(column)
        if table.name in _GOES_UNUSED:
            counted = counted.where(exists().where(_GOES_UNUSED[table.name]() == table.c.id))
        for one, number in db.session.execute(counted):
            found[one][table.name] = number
    drafted = DraftSession.content[NAMED_BY[kind]].as_integer()
    sessions.update(db.session.execute(select(drafted, DraftSession.uid).where(drafted.in_(ids))))
    for one, _uid in sessions:
        found[one][Session.__tablename__] += 1
    return found


def remove(kind: type[Part], event: Event | None, code: str, *, actor_id: int) -> None:
    """Take away a thing that nothing uses; of an event, or without one of the platform.

    Raises:
        NotFound: there is none.
        Refused: something uses it.
    """
    with transaction() as session:
        part = _locked(session, kind, event, code)
        if part is None:
            raise NotFound(N_("It is gone already."))
        if uses_of(kind, [part.id])[part.id] or (kind is SessionFormat and _is_remembered(session, part.id)):
            raise Refused(IN_USE)
        session.delete(part)
        try:
            session.flush()
        except IntegrityError as error:
            raise Refused(IN_USE) from error
        scope = event.slug if event else ""
        audit.record(session, f"{kind.__tablename__}.removed", actor_id=actor_id, scope=scope, code=code)


def _locked(session: Writing, kind: type[Part], event: Event | None, code: str) -> Part | None:
    """Find it, while nobody else changes the draft of its event."""
    wanted: Select[Any] = select(kind).where(kind.code == code)
    if event is not None:
        session.execute(select(Event.id).where(Event.id == event.id).with_for_update(key_share=True))
        wanted = wanted.filter_by(event_id=event.id)
    part: Part | None = session.scalar(wanted)
    return part


def _is_remembered(session: Writing, format_id: int) -> bool:
    """Say whether a step of a draft names a format, which a session cannot be without when the step is undone."""
    sides: Iterable[Column[int]] = (
        side["format_id"].as_integer() == format_id for side in (DraftStep.before, DraftStep.after)
    )
    one, other = sides
    return session.scalar(select(DraftStep.id).where(one | other).limit(1)) is not None
