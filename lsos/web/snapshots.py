"""A release as a file: the programme as it was made known then, for organisers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.agenda.rules import Interval, SessionRole
from lsos.db import db
from lsos.drafting.content import Content, decode
from lsos.drafting.models import Release
from lsos.events.models import Event
from lsos.events.queries import focus_areas, rooms
from lsos.schedule_files import model
from lsos.schedule_files.fitting import made_guid
from lsos.taxonomy.queries import session_formats
from lsos.texts import Bilingual
from lsos.web.look import link, plain

#: The smallest step of a programme, as files of this family say it.
_SLOT = timedelta(minutes=5)


@dataclass(frozen=True)
class _Named:
    """What the ids in a release are called now; whoever was erased since has no name any more."""

    rooms: Mapping[int, Bilingual]
    areas: Mapping[int, Bilingual]
    formats: Mapping[int, Bilingual]
    people: Mapping[int, Person]
    #: By uid, of sessions that are still in the programme.
    ids: Mapping[str, int]
    address: Callable[[str], str]


def as_programme(event: Event, release: Release) -> model.Programme:
    """Say what was released as files of programmes do, in the reader's language; what had no time is not in them."""
    contents = {uid: decode(parts) for uid, parts in release.snapshot.items()}
    timed = sorted(
        ((when, uid) for uid, content in contents.items() if (when := content.when) is not None),
        key=lambda one: (one[0].starts_at, one[0].ends_at, one[1]),
    )
    named = _named(event, contents)
    used = {contents[uid].room_id for _, uid in timed}
    here = link("programme.index", slug=event.slug)
    return model.Programme(
        title=plain(event.name),
        acronym=event.slug.replace("-", "_"),
        version=plain(release.name),
        description=plain(event.tagline),
        venue=plain(event.venue.name) if event.venue else "",
        city=plain(event.venue.city) if event.venue else "",
        url=here,
        base_url=here,
        first_day=event.starts_on,
        last_day=event.ends_on,
        zone=event.timezone,
        slot=_SLOT,
        days=tuple(model.Day(index, day) for index, day in enumerate(event.days, start=1)),
        rooms=tuple(
            model.Room(name=plain(room.name), guid=made_guid("room", event.uid, room.code), capacity=room.capacity)
            for room in rooms(event.id)
            if room.id in used
        ),
        tracks=tuple(model.Track(name=plain(name)) for name in named.areas.values()),
        sessions=tuple(_said(uid, contents[uid], when, event, named) for when, uid in timed),
    )


def _named(event: Event, contents: Mapping[str, Content]) -> _Named:
    """Read what everything is called, in a constant number of statements."""
    people = {one for content in contents.values() for one in content.person_ids}
    areas = {content.focus_area_id for content in contents.values()}
    there = db.session.execute(
        select(Session.uid, Session.id).where(Session.event_id == event.id, Session.withdrawn_at.is_(None))
    )
    found = db.session.scalars(select(Person).where(Person.id.in_(people), Person.erased_at.is_(None)))
    before, _, after = link("programme.session", slug=event.slug, code="CODE").rpartition("CODE")
    return _Named(
        {room.id: room.name for room in rooms(event.id)},
        {area.id: area.name for area in focus_areas(event.id) if area.id in areas},
        {one.id: one.name for one in session_formats()},
        {person.id: person for person in found},
        {row[0]: row[1] for row in there},
        lambda code: before + quote(code, safe="") + after,
    )


def _said(uid: str, content: Content, when: Interval, event: Event, named: _Named) -> model.Session:
    is_there = uid in named.ids
    return model.Session(
        title=plain(content.title),
        start=when.starts_at.astimezone(ZoneInfo(event.timezone)),
        duration=when.ends_at - when.starts_at,
        room=plain(named.rooms.get(content.room_id or 0)),
        guid=made_guid("session", uid),
        id=str(named.ids[uid]) if is_there else "",
        track=plain(named.areas.get(content.focus_area_id or 0)),
        type=plain(named.formats.get(content.format_id)),
        language=content.languages[0] if content.languages else "",
        abstract=plain(content.abstract),
        url=named.address(content.code) if is_there else "",
        persons=tuple(
            model.Person(
                name=named.people[one.person_id].name,
                guid=made_guid("person", named.people[one.person_id].uid),
                role="" if one.role is SessionRole.SPEAKER else one.role.value,
            )
            for one in content.people
            if one.person_id in named.people
        ),
    )
