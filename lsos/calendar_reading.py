"""Calendar files as others write them (RFC 5545): each entry that can be read, and each line that cannot, by number.

Files in the wild are cut off, hold lines of no meaning, or name zones that nobody knows. The text is taken apart here,
line by line, so that one broken entry costs itself and no other; what stands in an entry is read by `icalendar`.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.error import BrokenCalendarProperty

from lsos.errors import N_, InputError

#: Octets. The largest of real ones known to us holds 1,458 entries in a third of it.
LARGEST = 5_000_000

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARK = re.compile(r"(BEGIN|END):(\S+)\s*$", re.IGNORECASE)
_ZONE = re.compile(r';TZID="?([^":;,]+)', re.IGNORECASE)


@dataclass(frozen=True)
class ReadEntry:
    """One thing in somebody's calendar, as a file tells it.

    `starts_at` and `ends_at` are aware, the end not included; whole days reach from midnight to midnight.
    """

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    is_whole_days: bool
    location: str
    description: str
    url: str
    #: How it comes again, as the file writes it (RRULE); empty where it does not.
    rule: str
    is_cancelled: bool
    #: Where it begins in the file, counted from 1.
    line: int


class Wrong(StrEnum):
    """What can be wrong with a line of a calendar file, in words for whoever brings it."""

    NO_LETTER = N_("Line %(line)s: a letter here is not written in UTF-8.")
    NOT_CLOSED = N_("Line %(line)s: what begins here with BEGIN:%(name)s does not end.")
    NOT_OPENED = N_("Line %(line)s: END:%(name)s ends something that did not begin.")
    NO_ENTRY = N_("Line %(line)s: this entry cannot be read, so it is left out.")
    NO_START = N_("Line %(line)s: this entry has no start that can be read, so it is left out.")
    NO_END = N_("Line %(line)s: this entry has no end that can be read, so it is left out.")


@dataclass(frozen=True)
class Problem:
    """What cannot be read, where, and what else its sentence says."""

    kind: Wrong
    line: int
    name: str = ""

    @property
    def details(self) -> dict[str, object]:
        """Give what the sentence takes."""
        return {"line": self.line, "name": self.name} if self.name else {"line": self.line}


@dataclass(frozen=True)
class CalendarReading:
    """What a calendar file holds: entries in its order, how many it has in all, and what cannot be read."""

    entries: tuple[ReadEntry, ...]
    found: int
    problems: tuple[Problem, ...]


def read(data: bytes, *, zone: str) -> CalendarReading:
    """Read a calendar file; `zone` is where times that name none are meant, an IANA name.

    Raises:
        InputError: this is no calendar at all, or larger than `LARGEST`.
    """
    if len(data) > LARGEST:
        raise InputError(N_("The file is larger than %(most)s megabytes."), most=LARGEST // 1_000_000)
    text = data.decode("utf-8-sig", errors="replace")
    problems = []
    if "\N{REPLACEMENT CHARACTER}" in text:
        before = text[: text.index("\N{REPLACEMENT CHARACTER}")]
        problems.append(Problem(Wrong.NO_LETTER, len(_LINE_END.findall(before)) + 1))
    blocks = list(_blocks(text, problems))
    if not blocks and not re.search(r"BEGIN:V", text, re.IGNORECASE):
        raise InputError(N_("This is not a calendar file: it has no line BEGIN:VCALENDAR."))
    zones = {name: block for block in blocks if block.name == "VTIMEZONE" for name in [_zone_name(block)] if name}
    found = [block for block in blocks if block.name == "VEVENT"]
    entries = []
    for block in found:
        try:
            entries.append(_entry(block, zones, ZoneInfo(zone)))
        except _Unreadable as error:
            problems.append(Problem(error.kind, block.line))
    return CalendarReading(tuple(entries), len(found), tuple(sorted(problems, key=lambda each: each.line)))


# ---- lines


@dataclass
class _Block:
    """The lines from a BEGIN to its END, what stands inside included."""

    name: str
    line: int
    lines: list[str]
    is_closed: bool = False


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Give each line with the number of its first part; a line that begins with a blank goes on with the last one."""
    number, whole = 0, ""
    for count, part in enumerate(_LINE_END.split(text), start=1):
        if part[:1] in {" ", "\t"} and number:
            whole += part[1:]
            continue
        if number:
            yield number, whole
        number, whole = count, part
    if number:
        yield number, whole


def _blocks(text: str, problems: list[Problem]) -> Iterator[_Block]:
    """Give the entries and zones of a file; what is not closed is told, and ends where the next one begins."""
    outer: _Block | None = None
    inside: list[str] = []
    for number, line in _unfolded(text):
        mark = _MARK.match(line)
        word, name = (mark[1].upper(), mark[2].upper()) if mark else ("", "")
        if word == "BEGIN" and name in {"VEVENT", "VTIMEZONE"}:
            if outer is not None:
                problems.append(_not_closed(outer))
                yield outer
            outer, inside = _Block(name, number, [line]), []
            continue
        if outer is None:
            continue
        outer.lines.append(line)
        if word == "BEGIN":
            inside.append(name)
        elif word == "END" and name == outer.name:
            outer.is_closed = True
            yield outer
            outer = None
        elif word == "END" and inside and inside[-1] == name:
            inside.pop()
        elif word == "END":
            problems.append(Problem(Wrong.NOT_OPENED, number, name))
            outer.lines.pop()
    if outer is not None:
        problems.append(_not_closed(outer))
        yield outer


def _not_closed(block: _Block) -> Problem:
    return Problem(Wrong.NOT_CLOSED, block.line, block.name)


def _zone_name(block: _Block) -> str:
    return next((line[5:].strip() for line in block.lines if line[:5].upper() == "TZID:"), "")


# ---- entries


class _Unreadable(Exception):
    """An entry of which too little can be read."""

    def __init__(self, kind: Wrong) -> None:
        super().__init__(kind)
        self.kind = kind


def _entry(block: _Block, zones: dict[str, _Block], zone: ZoneInfo) -> ReadEntry:
    event = _parsed(block, zones)
    start, end = _times(event)
    is_whole_days = not isinstance(start, datetime)
    return ReadEntry(
        uid=_text(event, "uid"),
        summary=_text(event, "summary"),
        starts_at=_moment(start, zone),
        ends_at=_moment(end, zone),
        is_whole_days=is_whole_days,
        location=_text(event, "location"),
        description=_text(event, "description"),
        url=_text(event, "url"),
        rule=_rule(event),
        is_cancelled=_text(event, "status").upper() == "CANCELLED",
        line=block.line,
    )


def _parsed(block: _Block, zones: dict[str, _Block]) -> Event:
    """Read one entry, in a calendar of its own with the zones it names."""
    named = {name for line in block.lines for name in _ZONE.findall(line)}
    for wanted in ([*_lines_of(zones[name] for name in sorted(named & zones.keys()))], []):
        text = "\r\n".join(["BEGIN:VCALENDAR", *wanted, *_whole(block), "END:VCALENDAR"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                calendar = Calendar.from_ical(text)
            except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError):
                continue
        for found in calendar.walk("VEVENT"):
            if isinstance(found, Event):
                return found
    raise _Unreadable(Wrong.NO_ENTRY)


def _lines_of(blocks: Iterable[_Block]) -> Iterator[str]:
    for block in blocks:
        yield from block.lines


def _whole(block: _Block) -> list[str]:
    """Give the lines of an entry that say something of itself: no alarms, nothing without a name or a value."""
    kept, depth = [], 0
    for line in block.lines[1:]:
        mark = _MARK.match(line)
        if mark and mark[1].upper() == "BEGIN":
            depth += 1
        elif mark and depth:
            depth -= 1
        elif not mark and not depth and re.match(r"[A-Za-z0-9-]+[:;]", line):
            kept.append(line)
    return ["BEGIN:VEVENT", *kept, "END:VEVENT"]


def _times(event: Event) -> tuple[date, date]:
    """Give start and end by RFC 5545, 3.6.1: without an end a day lasts a day, and a moment no time."""
    start = _date(event, "dtstart")
    if start is None:
        raise _Unreadable(Wrong.NO_START)
    end = _date(event, "dtend")
    if end is None:
        length = _value(event, "duration")
        if not isinstance(length, timedelta):
            length = timedelta() if isinstance(start, datetime) else timedelta(days=1)
        try:
            end = start + length
        except OverflowError:
            raise _Unreadable(Wrong.NO_END) from None
    return start, end


def _date(event: Event, name: str) -> date | None:
    found = _value(event, name)
    return found if isinstance(found, date) else None


def _value(event: Event, name: str) -> object:
    value = event.get(name)
    try:
        return getattr(value[0] if isinstance(value, list) else value, "dt", None)
    except BrokenCalendarProperty:
        return None


def _moment(when: date, zone: ZoneInfo) -> datetime:
    """Make a moment of a day, or of a time that names no zone."""
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        raise _Unreadable(Wrong.NO_START) from None


def _text(event: Event, name: str) -> str:
    value: Any = event.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value)


def _rule(event: Event) -> str:
    rules = event.get("rrule", [])
    first = rules[0] if isinstance(rules, list) and rules else rules
    written: bytes = first.to_ical() if first else b""
    return written.decode()
