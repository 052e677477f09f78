"""Focus areas and zones of an event, as organisers set them up: what sessions and people gather under."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, FocusArea, Zone
from lsos.taxonomy.listing import put_after
from lsos.taxonomy.models import Tag
from lsos.texts import Bilingual, free_code

Track = TypeVar("Track", FocusArea, Zone)


class TrackRefusal(StrEnum):
    """Why a focus area or a zone cannot be set as asked, in words for the organiser."""

    NO_NAME = N_("Give it a name in at least one language.")


@dataclass(frozen=True)
class AreaFacts:
    """What organisers say of a focus area.

    Attributes:
        tags: codes of the subjects that lie within it.
        after: the code of the focus area that it stands behind; None: it is the first.
    """

    name: Bilingual
    scope: Bilingual
    tags: frozenset[str]
    after: str | None


@dataclass(frozen=True)
class ZoneFacts:
    """What organisers say of a zone.

    Attributes:
        is_public: whoever comes may go there, also without a seat at the event.
        after: the code of the zone that it stands behind; None: it is the first.
    """

    name: Bilingual
    purpose: Bilingual
    is_public: bool
    after: str | None


def save_area(event_id: int, code: str | None, wish: AreaFacts, *, actor_id: int) -> FocusArea:
    """Change a focus area, or without a code add one.

    Raises:
        NotFound: there is no such focus area.
        Refused: it has no name.
    """
    with _saving(FocusArea, event_id, code, wish, actor_id=actor_id) as (session, area):
        area.name, area.scope = wish.name, wish.scope
        area.tags = list(session.scalars(select(Tag).where(Tag.code.in_(wish.tags)).order_by(Tag.id)))
    return area


def save_zone(event_id: int, code: str | None, wish: ZoneFacts, *, actor_id: int) -> Zone:
    """Change a zone, or without a code add one.

    Raises:
        NotFound: there is no such zone.
        Refused: it has no name.
    """
    with _saving(Zone, event_id, code, wish, actor_id=actor_id) as (_session, zone):
        zone.name, zone.purpose, zone.is_public = wish.name, wish.purpose, wish.is_public
        zone.is_illustrative = False
    return zone


@contextmanager
def _saving(
    table: type[Track], event_id: int, code: str | None, wish: AreaFacts | ZoneFacts, *, actor_id: int
) -> Iterator[tuple[Session, Track]]:
    """Give what is saved, new or not, to write its texts; then it gets its place and the change is noted."""
    if not wish.name:
        raise Refused(TrackRefusal.NO_NAME)
    with transaction() as session:
        event = session.scalars(
            select(Event).where(Event.id == event_id).with_for_update(key_share=True, of=Event)
        ).one()
        tracks: Sequence[Track] = session.scalars(
            select(table).where(table.event_id == event_id).order_by(table.position, table.id)
        ).all()
        track = next((one for one in tracks if one.code == code), None)
        if code is not None and track is None:
            raise NotFound(N_("This is not part of this event."))
        what = table.__tablename__
        if track is None:
            taken = {"new", *(one.code for one in tracks)}
            track = table(event_id=event_id, code=free_code(wish.name.en or wish.name.pl, taken, stem=what))
            session.add(track)
        yield session, track
        put_after(tracks, track, wish.after)
        audit.record(session, f"{what}.saved", actor_id=actor_id, scope=event.slug, code=track.code)
