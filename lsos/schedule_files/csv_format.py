"""A programme as a table, a line for each session: docs/programme-files.md says what the columns mean and what is lost.

Reading needs the columns title, start and duration or end; others may be missing, and stand in any order. Cells that a
spreadsheet would take for a formula are marked as the lists of people are, and read back unmarked.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from lsos.errors import N_
from lsos.schedule_files.findings import Finding, Kind
from lsos.schedule_files.model import (
    DAY_CHANGE,
    Day,
    Link,
    Person,
    Programme,
    Recording,
    Room,
    Session,
    Track,
    known_zone,
)
from lsos.schedule_files.values import (
    cleaned,
    day_of,
    duration_of,
    duration_text,
    localised,
    moment_of,
    time_of,
)
from lsos.schedule_files.wrong import WrongFile

#: Columns of a session that are texts, in the order they are written.
_TEXTS: Final = ("room", "title", "subtitle", "track", "type", "language")
_LONG: Final = ("abstract", "description")
_MORE: Final = ("url", "slug", "logo", "feedback_url", "origin_url", "video_download_url")
_PERSONS: Final = {"persons": "name", "person_ids": "id", "person_guids": "guid", "person_roles": "role"}
COLUMNS: Final = (
    "conference", "zone", "day", "start", "duration", *_TEXTS, *_PERSONS, *_LONG, "links", "attachments",
    "license", "do_not_record", *_MORE, "guid", "id", "code",
)  # fmt: skip
#: A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); marks before it count as well.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_SPLIT: Final = re.compile(r"\\(.)|(;)", re.DOTALL)


def write_csv(programme: Programme) -> bytes:
    """Write a table in UTF-8, with the mark that tells Excel so."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    days = {day.index: day.date for day in programme.days}
    for session in programme.sessions:
        facts = _facts(programme, session, days.get(session.day))
        writer.writerow([_safe(cleaned(facts[name])) for name in COLUMNS])
    return written.getvalue().encode("utf-8-sig")


def read_csv(content: bytes, *, zone: str = "") -> tuple[Programme, list[Finding]]:
    """Read a table.

    Raises:
        WrongFile: it is none, or lacks a column that is needed.
    """
    lines = _lines(_decoded(content))
    heads = [head.strip().lower().replace(" ", "_") for head in next(lines, (1, []))[1]]
    missing = [name for name in ("title", "start") if name not in heads]
    missing += [] if {"duration", "end"} & set(heads) else ["duration"]
    if missing:
        raise WrongFile(N_("Line %(line)s: the column %(field)s is missing."), line=1, field=missing[0])
    if twice := [head for head in heads if head and heads.count(head) > 1]:
        raise WrongFile(N_("Line %(line)s: there are two columns %(field)s."), line=1, field=twice[0])
    rows = [
        (number, {head: _unsafe(cell) for head, cell in zip(heads, row, strict=False) if head}) for number, row in lines
    ]
    return _Table(rows, zone).programme()


# ---- writing


def _facts(programme: Programme, session: Session, day: date | None) -> Mapping[str, str]:
    recorded = session.recording.do_not_record
    return {
        "conference": programme.title,
        "zone": programme.zone,
        "day": day.isoformat() if day else "",
        "start": session.start.isoformat(),
        "duration": _duration(session.duration),
        **{name: getattr(session, name) for name in (*_TEXTS, *_LONG, *_MORE, "guid", "id", "code")},
        **{column: _joined(getattr(one, name) for one in session.persons) for column, name in _PERSONS.items()},
        "links": _linked(session.links),
        "attachments": _linked(session.attachments),
        "license": session.recording.license,
        "do_not_record": "" if recorded is None else "yes" if recorded else "no",
    }


def _duration(duration: timedelta) -> str:
    text = duration_text(abs(duration), with_seconds=True)
    return f"-{text}" if duration < timedelta() else text


def _joined(values: Iterable[str]) -> str:
    """Write several values in one cell; what separates them is marked where it stands in one."""
    texts = [re.sub(r"([\\;])", r"\\\1", value.strip()) for value in values]
    return "; ".join(texts) if any(texts) else ""


def _linked(links: Sequence[Link]) -> str:
    """Write an address and its title in a line each."""
    lines = ((re.sub(r"\s", "%20", link.url.strip()), " ".join(link.title.split())) for link in links)
    return "\n".join(f"{url} {title}".rstrip() for url, title in lines if url)


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unsafe(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


# ---- reading


def _decoded(content: bytes) -> str:
    """Read the letters: UTF-8, or those of Polish Windows, in which spreadsheets there save tables."""
    for coding in ("utf-8-sig", "cp1250"):
        try:
            return content.decode(coding)
        except UnicodeDecodeError as error:
            place = error.start
    raise WrongFile(N_("Line %(line)s: the file is not text in UTF-8."), line=content.count(b"\n", 0, place) + 1)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the lines that hold something, each with the number of its first."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    first = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield first, row
            first = reader.line_num + 1
    except csv.Error as error:
        raise WrongFile(
            N_("Line %(line)s: this is no table that can be read: %(why)s."), line=reader.line_num, why=error
        ) from None


class _Table:
    def __init__(self, rows: Sequence[tuple[int, Mapping[str, str]]], zone: str) -> None:
        self.rows = rows
        named = next((row["zone"].strip() for _, row in rows if row.get("zone", "").strip()), "")
        self.zone = named if known_zone(named) or not zone else zone
        self.clock: tzinfo = known_zone(self.zone) or UTC
        self.findings: list[Finding] = []
        self.is_naive = False

    def programme(self) -> tuple[Programme, list[Finding]]:
        """Read the sessions; days, rooms and tracks are those that they name."""
        found = [pair for number, row in self.rows if (pair := self._session(number, row))]
        bare = Programme(zone=self.zone)
        dates = sorted({day or bare.day_of(session.start) for session, day in found})
        index = {day: place + 1 for place, day in enumerate(dates)}
        sessions = tuple(replace(one, day=index[day or bare.day_of(one.start)]) for one, day in found)
        if self.is_naive:
            self.findings.insert(0, Finding(Kind.NO_OFFSET, {"zone": known_zone(self.zone) or "UTC"}))
        programme = Programme(
            title=next((row["conference"] for _, row in self.rows if row.get("conference")), ""),
            first_day=dates[0] if dates else None,
            last_day=dates[-1] if dates else None,
            zone=self.zone,
            days=tuple(Day(place, day) for day, place in index.items()),
            rooms=tuple(Room(name) for name in dict.fromkeys(one.room for one in sessions) if name),
            tracks=tuple(Track(name) for name in dict.fromkeys(one.track for one in sessions) if name),
            sessions=sessions,
        )
        return programme, self.findings

    def _session(self, line: int, row: Mapping[str, str]) -> tuple[Session, date | None] | None:
        start, day = self._start(line, row), day_of(row.get("day", "")) if row.get("day", "").strip() else None
        duration = self._duration(line, row, start) if start is not None else None
        if start is None or duration is None:
            return None
        known = {*COLUMNS, "end"}
        record = row.get("do_not_record", "").strip().lower()
        extra = {name: cell for name, cell in row.items() if name not in known and cell}
        if row.get("day", "").strip() and day is None:
            extra["day"] = row["day"]
        texts: dict[str, Any] = {name: row.get(name, "") for name in (*_TEXTS, *_LONG, *_MORE, "guid", "id", "code")}
        session = Session(
            start=start,
            duration=duration,
            **texts,
            persons=_persons(row),
            links=_links(row.get("links", "")),
            attachments=_links(row.get("attachments", "")),
            recording=Recording(
                license=row.get("license", ""),
                do_not_record=record in {"yes", "true", "1"} if record else None,
            ),
            extra=extra,
        )
        return session, day

    def _start(self, line: int, row: Mapping[str, str]) -> datetime | None:
        text = row.get("start", "").strip()
        moment = moment_of(text)
        if moment is None and (clock := time_of(text)) and (day := day_of(row.get("day", ""))):
            # Only a time: before the change of day it is the night after.
            moment = datetime.combine(day + timedelta(days=1) if clock < DAY_CHANGE else day, clock)
        if moment is None:
            self._left_out(line, row, "start", text)
            return None
        self.is_naive = self.is_naive or moment.tzinfo is None
        return localised(moment, self.clock)

    def _duration(self, line: int, row: Mapping[str, str], start: datetime) -> timedelta | None:
        text, until = row.get("duration", "").strip(), row.get("end", "").strip()
        if text:
            found = timedelta(minutes=int(text)) if _MINUTES.fullmatch(text) else duration_of(text)
            if found is None:
                self._left_out(line, row, "duration", text)
            return found
        ends = moment_of(until)
        if ends is None:
            self._left_out(line, row, "end" if until else "duration", until)
            return None
        return localised(ends, self.clock) - start

    def _left_out(self, line: int, row: Mapping[str, str], name: str, value: str) -> None:
        details = {"line": line, "session": row.get("title", "").strip() or row.get("guid", ""), "field": name}
        if value:
            self.findings.append(Finding(Kind.LEFT_OUT_UNREADABLE, details | {"value": value[:80]}))
        else:
            self.findings.append(Finding(Kind.LEFT_OUT_MISSING, details))


_MINUTES: Final = re.compile(r"\d{1,5}", re.ASCII)


def _split(cell: str) -> list[str]:
    """Read the values of a cell."""
    values, begun = [""], 0
    for found in _SPLIT.finditer(cell):
        values[-1] += cell[begun : found.start()]
        if found[2]:
            values.append("")
        else:
            values[-1] += found[1]
        begun = found.end()
    values[-1] += cell[begun:]
    return [value.strip() for value in values]


def _persons(row: Mapping[str, str]) -> tuple[Person, ...]:
    cells = {name: _split(row.get(column, "")) for column, name in _PERSONS.items()}
    size = max(len(values) for values in cells.values())
    padded = {name: values + [""] * (size - len(values)) for name, values in cells.items()}
    people = (_person({name: values[which] for name, values in padded.items()}) for which in range(size))
    return tuple(person for person in people if person != Person(""))


def _person(texts: Mapping[str, Any]) -> Person:
    return Person(**texts)


def _links(cell: str) -> tuple[Link, ...]:
    parts = (line.strip().partition(" ") for line in cell.splitlines())
    return tuple(Link(url, title.strip()) for url, _, title in parts if url)
