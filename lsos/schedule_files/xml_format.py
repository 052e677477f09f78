"""schedule.xml, as frab, pretalx and FOSDEM publish it; written so that it meets the schema at c3voc.de/schedule.

What the schema has no element for (venue, roles, biographies …) stands at the end in an instruction for processors,
`<?lsos-programme …?>`, as JSON: every other program passes over it, and reading it again loses nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from lsos.errors import N_
from lsos.schedule_files.findings import Finding, Kind
from lsos.schedule_files.fitting import Fitted, by_day_and_room, fitted
from lsos.schedule_files.frab import GENERATOR, RawDay, RawEvent, RawFile, RawRoom, programme_of
from lsos.schedule_files.json_text import loads
from lsos.schedule_files.keeping import kept_of, restored
from lsos.schedule_files.model import Day, Programme, Session
from lsos.schedule_files.values import cleaned, duration_text, moment_text
from lsos.schedule_files.wrong import WrongFile
from lsos.schedule_files.xml_tree import Element, parse

KEPT: Final = "lsos-programme"
Node = tuple[str, Mapping[str, str], "str | list[Any]"]


def read_xml(content: bytes, *, zone: str = "") -> tuple[Programme, list[Finding]]:
    """Read a schedule.xml.

    Raises:
        WrongFile: it is none.
    """
    root = parse(content)
    programme, findings = _read(root, zone)
    for target, data in root.instructions:
        if target == KEPT:
            try:
                programme, is_whole = restored(programme, loads(data))
            except WrongFile:
                is_whole = False
            if not is_whole:
                findings.append(Finding(Kind.EXTRA_UNREADABLE))
    return programme, findings


def write_xml(programme: Programme, fit: Fitted | None = None) -> bytes:
    """Write a schedule.xml; whoever has made the programme fit already gives that."""
    fit = fit or fitted(programme)
    root = _schedule(fit.programme)
    text = "\n".join(_lines(root, ""))
    back, _ = _read(_as_read(root), "")
    if kept := kept_of(programme, fit.guids, back):
        said = json.dumps(kept, separators=(",", ":")).replace(">", "\\u003e")
        text = text.removesuffix("</schedule>") + f"  <?{KEPT} {said}?>\n</schedule>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


# ---- reading


def _read(root: Element, zone: str) -> tuple[Programme, list[Finding]]:
    if root.tag != "schedule":
        raise WrongFile(
            N_("Line %(line)s: this is no programme. It begins with <%(tag)s>, not with <schedule>."),
            line=root.line,
            tag=root.tag,
        )
    conference = next(root.all("conference"), None)
    if conference is None:
        raise WrongFile(N_("Line %(line)s, conference: the element is missing."), line=root.line)
    head: dict[str, Any] = {f"@{name}": value for name, value in root.attributes.items() if ":" not in name}
    generator = next(root.all("generator"), None)
    for child in root.children:
        if child.tag not in {"conference", "day"} and not (child is generator and _is_ours(child)):
            _put(head, child.tag, child.value())
    days = [_day(day) for day in root.all("day")]
    return programme_of(RawFile(head, _conference(conference), days), zone=zone)


def _is_ours(generator: Element) -> bool:
    return generator.attributes.get("name") == GENERATOR


def _put(facts: dict[str, Any], name: str, value: Any) -> None:
    """Keep a fact; one that stands there twice stays, in a list of the later ones."""
    if name in facts:
        facts.setdefault("again", []).append([name, value])
    else:
        facts[name] = value


def _conference(element: Element) -> dict[str, Any]:
    facts: dict[str, Any] = {"tracks": [_titled(track, "title") for track in element.all("track")]}
    facts |= {f"@{name}": value for name, value in element.attributes.items()}
    for child in element.children:
        if child.tag == "color" and not child.children:
            _put(facts, "colors", dict(child.attributes))
        elif child.tag != "track":
            _put(facts, "daysCount" if child.tag == "days" else child.tag, child.value())
    return facts


def _titled(element: Element, name: str) -> dict[str, Any]:
    """Give the attributes of an element, and its text by a name."""
    facts: dict[str, Any] = dict(element.attributes)
    if element.text.strip() or name in {"name", "url"}:
        facts[name] = element.text
    for child in element.children:
        _put(facts, child.tag, child.value())
    return facts


def _day(element: Element) -> RawDay:
    facts: dict[str, Any] = dict(element.attributes)
    rooms = []
    for child in element.children:
        if child.tag == "room":
            rooms.append(_room(child))
        elif child.tag == "event":
            rooms.append(RawRoom("", {}, [_event(child)]))
        else:
            _put(facts, child.tag, child.value())
    return RawDay(facts, rooms, element.line)


def _room(element: Element) -> RawRoom:
    facts: dict[str, Any] = {name: value for name, value in element.attributes.items() if name != "name"}
    for child in element.children:
        if child.tag != "event":
            _put(facts, child.tag, child.value())
    return RawRoom(element.attributes.get("name", ""), facts, [_event(event) for event in element.all("event")])


def _event(element: Element) -> RawEvent:
    facts: dict[str, Any] = dict(element.attributes)
    for child in element.children:
        if child.tag == "persons":
            _put(facts, "persons", [_titled(one, "name") for one in child.children])
        elif child.tag in {"links", "attachments"}:
            _put(facts, child.tag, [_link(one) for one in child.children])
        elif child.tag == "recording" and child.children:
            for one in child.children:
                _put(facts, _RECORDING.get(one.tag, f"recording_{one.tag}"), one.value())
        else:
            _put(facts, child.tag, child.value())
    return RawEvent(facts, element.line)


_RECORDING: Final = {"optout": "do_not_record"}


def _link(element: Element) -> dict[str, Any]:
    facts = _titled(element, "title")
    if "href" in facts:
        facts["url"] = facts.pop("href")
    return facts


# ---- writing


def _schedule(programme: Programme) -> Node:
    conference: list[Node] = [
        ("title", {}, programme.title),
        ("acronym", {}, programme.acronym),
        ("start", {}, programme.first_day.isoformat() if programme.first_day else ""),
        ("end", {}, programme.last_day.isoformat() if programme.last_day else ""),
        ("days", {}, str(len(programme.days))),
        ("timeslot_duration", {}, _duration(programme.slot) if programme.slot else ""),
    ]
    for name in ("base_url", "logo", "url"):
        conference += _said(name, getattr(programme, name))
    conference += _said("time_zone_name", programme.zone)
    colors = programme.extra.get("colors")
    if isinstance(colors, Mapping) and (primary := colors.get("primary")) and _is_color(primary):
        conference.append(("color", {"primary": primary}, ""))
    for track in programme.tracks:
        conference.append(("track", {"name": track.name} | _attributes(color=track.color, slug=track.slug), ""))
    sessions = by_day_and_room(programme)
    return (
        "schedule",
        {},
        [
            ("generator", {"name": GENERATOR}, ""),
            ("version", {}, programme.version),
            ("conference", {}, conference),
            *(_written_day(programme, day, sessions) for day in programme.days),
        ],
    )


def _is_color(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


def _written_day(programme: Programme, day: Day, sessions: Mapping[tuple[int, str], list[Session]]) -> Node:
    bounds = {
        "date": day.date.isoformat(),
        "start": moment_text(day.starts_at) if day.starts_at else "",
        "end": moment_text(day.ends_at) if day.ends_at else "",
        "index": str(day.index),
    }
    rooms: list[Node] = [
        (
            "room",
            {"name": room.name} | _attributes(guid=room.guid),
            [_written_session(session) for session in sessions.get((day.index, room.name), ())],
        )
        for room in programme.rooms
    ]
    return ("day", bounds, rooms)


def _written_session(session: Session) -> Node:
    parts: list[Node] = [
        ("date", {}, moment_text(session.start)),
        ("start", {}, session.start.strftime("%H:%M:%S" if session.start.second else "%H:%M")),
        ("duration", {}, _duration(session.duration)),
        ("room", {}, session.room),
        ("slug", {}, session.slug),
        ("title", {}, session.title),
        *_said("subtitle", session.subtitle),
        ("track", {}, session.track),
        ("type", {}, session.type),
        *_said("language", session.language),
        ("abstract", {}, session.abstract),
        *_said("description", session.description),
    ]
    for name in ("url", "logo", "feedback_url", "origin_url", "video_download_url"):
        parts += _said(name, getattr(session, name))
    if session.recording.license or session.recording.do_not_record is not None:
        optout = "true" if session.recording.do_not_record else "false"
        recording: list[Node] = [("license", {}, session.recording.license), ("optout", {}, optout)]
        recording += [*_said("url", session.recording.url), *_said("link", session.recording.link)]
        parts.append(("recording", {}, recording))
    people: list[Node] = [
        ("person", _attributes(id=person.id, guid=person.guid), person.name) for person in session.persons
    ]
    parts.append(("persons", {}, people))
    for name, links in (("links", session.links), ("attachments", session.attachments)):
        one = name.removesuffix("s")
        parts.append(
            (
                name,
                {},
                [
                    (
                        one,
                        _attributes(href=link.url, type=link.type, service=link.service if one == "link" else ""),
                        link.title,
                    )
                    for link in links
                ],
            )
        )
    return ("event", _attributes(guid=session.guid, id=session.id, code=session.code), parts)


def _duration(duration: Any) -> str:
    """Write a duration as the schema takes it: at most 99 hours."""
    text = duration_text(duration, with_seconds=True)
    return text if len(text.partition(":")[0]) == 2 else "99:00"


def _said(name: str, text: str) -> list[Node]:
    return [(name, {}, text)] if text else []


def _attributes(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _as_read(node: Node) -> Element:
    """Give what a reader of what is written would find."""
    tag, attributes, inside = node
    found = Element(tag, 0, {name: cleaned(value) for name, value in attributes.items()})
    if isinstance(inside, str):
        found.parts.append(inside)
    else:
        found.children += map(_as_read, inside)
    return found


def _lines(node: Node, indent: str) -> Iterator[str]:
    tag, attributes, inside = node
    said = "".join(f' {name}="{escape(cleaned(value), _IN_ATTRIBUTES)}"' for name, value in attributes.items())
    if isinstance(inside, str):
        text = escape(inside, _IN_TEXT)
        yield f"{indent}<{tag}{said}>{text}</{tag}>" if text else f"{indent}<{tag}{said}/>"
    elif not inside:
        yield f"{indent}<{tag}{said}/>"
    else:
        yield f"{indent}<{tag}{said}>"
        for one in inside:
            yield from _lines(one, f"{indent}  ")
        yield f"{indent}</{tag}>"


#: What a reader would take for another line end, or for a blank.
_IN_TEXT: Final = {"\r": "&#13;"}
_IN_ATTRIBUTES: Final = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}
