"""schedule.json, as frab, pretalx and the CCC publish it; written so that it meets the schema at c3voc.de/schedule.

What the schema has no field for stands in `conference.meta.lsos`, so that reading it again loses nothing.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lsos.errors import N_
from lsos.schedule_files.findings import Finding, Kind
from lsos.schedule_files.fitting import Fitted, by_day_and_room, fitted, made_guid
from lsos.schedule_files.frab import GENERATOR, RawDay, RawEvent, RawFile, RawRoom, programme_of
from lsos.schedule_files.json_text import children, loads
from lsos.schedule_files.keeping import kept_of, restored
from lsos.schedule_files.model import Day, Link, Person, Programme, Room, Session
from lsos.schedule_files.values import duration_text, moment_text
from lsos.schedule_files.wrong import WrongFile

SCHEMA: Final = "https://c3voc.de/schedule/schema.json"
KEPT: Final = "lsos"
_LINK_TYPES: Final = {"slides", "paper", "web", "blog", "article", "media", "related", "activitypub"}
_ROOM_TYPES: Final = {
    "lecturehall", "stage", "workshop", "outside", "online", "project", "bbb", "hangar", "other",
}  # fmt: skip


def read_json(content: bytes, *, zone: str = "") -> tuple[Programme, list[Finding]]:
    """Read a schedule.json.

    Raises:
        WrongFile: it is none.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongFile(N_("Line %(line)s: the file is not text in UTF-8."), line=line) from None
    document = loads(text)
    programme, findings = _read(document, zone, text)
    meta = document["schedule"]["conference"].get("meta")
    if isinstance(meta, dict) and KEPT in meta:
        programme, is_whole = restored(programme, meta[KEPT])
        if not is_whole:
            findings.append(Finding(Kind.EXTRA_UNREADABLE))
    return programme, findings


def write_json(programme: Programme, fit: Fitted | None = None) -> bytes:
    """Write a schedule.json; whoever has made the programme fit already gives that."""
    fit = fit or fitted(programme)
    document = _document(fit.programme)
    back, _ = _read(document, "", "")
    if kept := kept_of(programme, fit.guids, back):
        document["schedule"]["conference"]["meta"] = {KEPT: kept}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


# ---- reading


def _read(document: Any, zone: str, text: str) -> tuple[Programme, list[Finding]]:
    """Read what is loaded; from the text, where there is one, come the lines."""
    schedule = _object(document, "schedule", text)
    conference = _object(schedule, "conference", text)
    days = conference.get("days")
    if not isinstance(days, list):
        raise WrongFile(
            N_("Line %(line)s, schedule.conference.%(field)s: a list is missing here."),
            line=_line_of(text, "conference"),
            field="days",
        )
    facts = {name: value for name, value in conference.items() if name not in {"days", "meta"}}
    meta = conference.get("meta")
    if isinstance(meta, dict):
        meta = {name: value for name, value in meta.items() if name != KEPT}
    if meta:
        facts["meta"] = meta
    head = {name: value for name, value in schedule.items() if name != "conference"}
    generator = document.get("generator")
    if generator and not (isinstance(generator, dict) and generator.get("name") == GENERATOR):
        head["generator"] = generator
    lines = _Lines(text)
    return programme_of(RawFile(head, facts, [_day(day, at, lines) for at, day in enumerate(days)]), zone=zone)


def _object(within: Any, name: str, text: str) -> dict[str, Any]:
    found = within.get(name) if isinstance(within, dict) else None
    if not isinstance(found, dict):
        raise WrongFile(
            N_("Line %(line)s, %(field)s: an object is missing here."), line=_line_of(text, name), field=name
        )
    return found


def _line_of(text: str, name: str) -> int:
    return text.count("\n", 0, max(text.find(f'"{name}"'), 0)) + 1


def _day(value: Any, at: int, lines: "_Lines") -> RawDay:
    if not isinstance(value, dict):
        raise WrongFile(
            N_("Line %(line)s, schedule.conference.days[%(number)s]: a day is missing here."),
            line=lines.of_day(at),
            number=at,
        )
    facts = {name: each for name, each in value.items() if name not in {"rooms", "day_start", "day_end"}}
    facts |= {"start": value.get("day_start"), "end": value.get("day_end")}
    rooms = value.get("rooms")
    found = []
    if isinstance(rooms, dict):
        for name, events in rooms.items():
            there = events if isinstance(events, list) else [events]
            found.append(
                RawRoom(
                    name,
                    {},
                    [
                        RawEvent(event if isinstance(event, dict) else None, lines.of(at, name, which))
                        for which, event in enumerate(there)
                    ],
                )
            )
    elif rooms:
        facts["rooms"] = rooms
    return RawDay(facts, found, lines.of_day(at))


class _Lines:
    """The lines of days and sessions, found in one walk; without a text, all is in line 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.days: list[int] = []
        self.events: dict[tuple[int, str], list[int]] = {}
        if text:
            self._find()

    def of_day(self, at: int) -> int:
        return self.days[at] if at < len(self.days) else 1

    def of(self, at: int, room: str, which: int) -> int:
        there = self.events.get((at, room), [])
        return there[which] if which < len(there) else self.of_day(at)

    def _find(self) -> None:
        seen = line = 0
        for at, room, place in self._places():
            line += self.text.count("\n", seen, place)
            seen = place
            if room is None:
                self.days.append(line + 1)
            else:
                self.events.setdefault((at, room), []).append(line + 1)

    def _places(self) -> Iterator[tuple[int, str | None, int]]:
        text = self.text
        top = text.index("{")
        schedule = _last(text, top, "schedule")
        days = _last(text, _last(text, schedule, "conference"), "days")
        for at, (_, day) in enumerate(children(text, days)):
            yield at, None, day
            if text[day] != "{":
                continue
            for name, rooms in children(text, day):
                if name != "rooms" or text[rooms] != "{":
                    continue
                for room, events in children(text, rooms):
                    if text[events] == "[":
                        yield from ((at, str(room), event) for _, event in children(text, events))


def _last(text: str, at: int, name: str) -> int:
    """Find what an object has by a name, the last if there are two."""
    return [place for key, place in children(text, at) if key == name][-1]


# ---- writing


def _document(programme: Programme) -> dict[str, Any]:
    conference: dict[str, Any] = {
        "acronym": programme.acronym,
        "title": programme.title,
        **_said(description=programme.description),
        "start": programme.first_day.isoformat() if programme.first_day else "",
        "end": programme.last_day.isoformat() if programme.last_day else "",
        "daysCount": len(programme.days),
        "timeslot_duration": duration_text(programme.slot) if programme.slot else "",
        **_said(time_zone_name=programme.zone, logo=programme.logo, url=programme.url),
    }
    colors = programme.extra.get("colors")
    if isinstance(colors, Mapping) and all(isinstance(one, str) for one in colors.values()):
        conference["colors"] = dict(colors)
    if programme.tracks:
        conference["tracks"] = [_said(name=one.name, slug=one.slug, color=one.color) for one in programme.tracks]
    if any(room != Room(room.name) for room in programme.rooms):
        conference["rooms"] = [_room(room, programme) for room in programme.rooms]
    sessions = by_day_and_room(programme)
    conference["days"] = [_written_day(programme, day, sessions) for day in programme.days]
    schedule = {"version": programme.version, **_said(base_url=programme.base_url), "conference": conference}
    return {"$schema": SCHEMA, "generator": {"name": GENERATOR}, "schedule": schedule}


def _said(**values: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _room(room: Room, programme: Programme) -> dict[str, Any]:
    found: dict[str, Any] = {"name": room.name, "guid": room.guid or made_guid(programme.acronym, "room", room.name)}
    found |= _said(slug=room.slug, description=room.description, url=room.url)
    found |= _said(type=room.type if room.type in _ROOM_TYPES else "")
    return found | ({"capacity": room.capacity} if room.capacity is not None else {})


def _written_day(programme: Programme, day: Day, sessions: Mapping[tuple[int, str], list[Session]]) -> dict[str, Any]:
    rooms = {
        room.name: [_written_session(session) for session in sessions.get((day.index, room.name), ())]
        for room in programme.rooms
    }
    return {
        "index": day.index,
        "date": day.date.isoformat(),
        "day_start": moment_text(day.starts_at) if day.starts_at else "",
        "day_end": moment_text(day.ends_at) if day.ends_at else "",
        "rooms": rooms,
    }


def _written_session(session: Session) -> dict[str, Any]:
    recording = session.recording
    return {
        "guid": session.guid,
        "id": int(session.id),
        **_said(code=session.code),
        "url": session.url or f"urn:uuid:{session.guid}",
        **_said(logo=session.logo),
        "date": moment_text(session.start),
        "start": session.start.strftime("%H:%M"),
        "end": moment_text(max(session.start, session.end)),
        "duration": duration_text(session.duration),
        "room": session.room,
        "slug": session.slug,
        "title": session.title,
        "subtitle": session.subtitle,
        "track": session.track,
        "type": session.type,
        "language": session.language,
        "abstract": session.abstract,
        "description": session.description,
        **_said(recording_license=recording.license),
        **{
            name: value
            for name in ("do_not_record", "do_not_stream")
            if (value := getattr(recording, name)) is not None
        },
        "persons": [_person(person) for person in session.persons],
        "links": [_link(link) for link in session.links],
        "attachments": [_link(link) for link in session.attachments],
        **_said(feedback_url=session.feedback_url, origin_url=session.origin_url),
    }


def _person(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = {"name": person.name}
    if person.id:
        found["id"] = int(person.id)
    return found | _said(
        guid=person.guid,
        code=person.code,
        role=person.role,
        url=person.url,
        avatar=person.avatar,
        biography=person.biography,
    )


def _link(link: Link) -> dict[str, Any]:
    return _said(url=link.url, title=link.title, type=link.type if link.type in _LINK_TYPES else "")
