"""What files said of a programme and the platform has no field for: read, and said again by our own files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import exists, select

from lsos.accounts.models import EmailAddress
from lsos.agenda.models import Session as Row
from lsos.db import db
from lsos.drafting.import_matching import Source, description, key_of, one_line, role_of
from lsos.drafting.models import DraftStep, ProgrammeSource, SessionSource, SpeakerSource
from lsos.schedule_files.model import Link, Person, Programme, Recording, Room, Session, Track
from lsos.texts import search_key

#: Fields that the platform has none for.
_BESIDE: Final = ("guid", "code", "slug", "logo", "feedback_url", "video_download_url", "extra")


_SESSION: Final = TypeAdapter(Session)
_PERSON: Final = TypeAdapter(Person)
_PROGRAMME: Final = TypeAdapter(Programme)


def _facts(kind: TypeAdapter[Any], thing: object) -> dict[str, Any]:
    found: dict[str, Any] = kind.dump_python(thing, mode="json", exclude_defaults=True)
    return found


def facts_of_session(session: Session, ids: Mapping[str, int]) -> dict[str, Any]:
    """Write a session as it is kept: without its people, who are kept apart, but with what each is called in it."""
    roles = {str(ids[key]): one.role for one in session.persons if one.role and (key := key_of(one)) in ids}
    return _facts(_SESSION, replace(session, persons=())) | ({"roles": roles} if roles else {})


def facts_of_person(person: Person) -> dict[str, Any]:
    """Write somebody as they are kept; what they do is said of each session."""
    return _facts(_PERSON, replace(person, role=""))


def facts_of_programme(programme: Programme) -> dict[str, Any]:
    """Write a conference as it is kept."""
    return _facts(_PROGRAMME, replace(programme, sessions=()))


def sources_of(event_id: int) -> dict[str, Source]:
    """Give what files said of sessions, by uid: of those that are in the draft and of others."""
    undone = set(
        db.session.scalars(
            select(DraftStep.undoes).where(DraftStep.event_id == event_id, DraftStep.undoes.is_not(None)).distinct()
        )
    )
    rows = db.session.execute(
        select(SessionSource.uid, SessionSource.batch, SessionSource.facts, SessionSource.parts)
        .where(SessionSource.event_id == event_id)
        .order_by(SessionSource.id)
    )
    read = _SESSION.validate_python
    return {
        uid: Source(read(facts), parts, batch in undone, facts.get("roles", {})) for uid, batch, facts, parts in rows
    }


# ---- said again


@dataclass(frozen=True)
class Sayings:
    """All that files said of the programme of an event.

    Attributes:
        sessions: by uid.
        people: by the person's id; who has an address here speaks for themselves.
        programme: the conference, without sessions; an empty one where no file was ever taken.
        rooms: name in the file -> code here.
    """

    sessions: Mapping[str, Source]
    people: Mapping[int, Person]
    programme: Programme
    rooms: Mapping[str, str]


def sayings_of(event_id: int) -> Sayings:
    """Read what files said of a programme; one statement where none was ever taken."""
    stored = db.session.get(ProgrammeSource, event_id)
    if stored is None:
        return Sayings({}, {}, Programme(), {})
    has_address = exists().where(EmailAddress.person_id == SpeakerSource.person_id)
    rows = db.session.execute(
        select(SpeakerSource.person_id, SpeakerSource.facts)
        .where(SpeakerSource.event_id == event_id, ~has_address)
        .order_by(SpeakerSource.id.desc())
    )
    read = _PERSON.validate_python
    return Sayings(
        sources_of(event_id),
        {person_id: read(facts) for person_id, facts in rows},
        _PROGRAMME.validate_python(stored.facts),
        stored.choices["rooms"],
    )


def said_again(session: Session, row: Row, sayings: Sayings) -> Session:
    """Add to a session what a file said of it; where the platform says something else by now, that counts.

    Args:
        session: as the platform says it; its people stand in the order of the row's.
        row: the released session.
        sayings: of its event.
    """
    source = sayings.sessions.get(row.uid)
    roles = source.roles if source else {}
    people = tuple(
        _somebody(person, sayings.people.get(item.person_id), roles.get(str(item.person_id), ""))
        for person, item in zip(session.persons, row.people, strict=True)
    )
    if source is None:
        return replace(session, persons=people)
    facts, parts = source.facts, source.parts
    values: dict[str, Any] = {name: value for name in _BESIDE if (value := getattr(facts, name))}
    if facts.recording != Recording():
        values["recording"] = facts.recording
    values["origin_url"] = facts.origin_url or (facts.url if facts.url != session.url else "")
    if one_line(session.title) == one_line(facts.title):
        values["title"] = facts.title
    if one_line(session.abstract) == one_line(description(facts)):
        values |= {name: getattr(facts, name) for name in ("subtitle", "abstract", "description")}
    if parts.get("format_id") == row.format_id:
        values["type"] = facts.type
    if not session.track and row.focus_area_id == parts.get("focus_area_id"):
        values["track"] = facts.track
    if facts.language and (not row.languages or list(row.languages) == parts.get("languages")):
        values["language"] = facts.language
    values["links"] = _once((*facts.links, *session.links))
    values["attachments"] = _once((*facts.attachments, *session.attachments))
    return replace(session, persons=people, **values)


def _somebody(person: Person, facts: Person | None, role: str) -> Person:
    if role and role_of(Person("", role=role)) == role_of(person):
        person = replace(person, role=role)
    if facts is None:
        return person
    return replace(
        facts,
        name=facts.name if one_line(facts.name) == person.name else person.name,
        guid=facts.guid or person.guid,
        role=person.role,
    )


def _once(links: Iterable[Link]) -> tuple[Link, ...]:
    """Leave out what has the address of an earlier one."""
    return tuple({link.url: link for link in reversed(tuple(links))}.values())[::-1]


def room_again(room: Room, code: str, sayings: Sayings) -> Room:
    """Add to a room what a file said of it."""
    names = {name for name, of in sayings.rooms.items() if of == code}
    facts = next((one for one in sayings.programme.rooms if one.name in names), None)
    if facts is None:
        return room
    return replace(facts, name=room.name, guid=facts.guid or room.guid, capacity=room.capacity)


def track_again(track: Track, sayings: Sayings) -> Track:
    """Add to a track what a file said of one with its name."""
    facts = next((one for one in sayings.programme.tracks if search_key(one.name) == search_key(track.name)), None)
    return replace(facts, name=track.name) if facts else track
