"""What was ticked on paper, typed or brought as a file later: each line becomes a scan at the time it stands at.

Every line is decided as any scan is. Its id is made of the file and the line, so that a file brought twice counts once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.accounts.models import Person
from lsos.checkin import queries
from lsos.checkin.models import Scan, ScanPoint
from lsos.checkin.paper_rules import AHEAD, PREFIX, LineRefusal, paper_uid, time_written
from lsos.checkin.rules import badge_code_of
from lsos.checkin.service import Reading, Verdict, take
from lsos.db import db
from lsos.errors import N_, InputError, LsosError, Refused
from lsos.events.models import Event
from lsos.organisations.models import Organisation
from lsos.registration.exporting import unsafe
from lsos.registration.import_reading import rows_of
from lsos.registration.models import Registration
from lsos.texts import search_key

LINES_AT_MOST: Final = 1_000
#: Longer than that is no name, no time and no point.
CELL_LENGTH: Final = 120
#: What a column may be called, folded.
HEADS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("code", "badge", "badge code", "kod", "kod identyfikatora", "identyfikator"), "code"),
    **dict.fromkeys(("name", "guest", "imie i nazwisko", "nazwisko i imie", "osoba", "gosc", "uczestnik"), "name"),
    **dict.fromkeys(("given name", "first name", "imie"), "given"),
    **dict.fromkeys(("family name", "last name", "surname", "nazwisko"), "family"),
    **dict.fromkeys(("day", "date", "dzien", "data"), "day"),
    **dict.fromkeys(("time", "at", "hour", "czas", "godzina", "o ktorej"), "time"),
    **dict.fromkeys(("point", "door", "room", "punkt", "wejscie", "drzwi", "sala"), "point"),
}
#: What the columns of a file without heads are.
_IN_ORDER: Final = ("code", "time", "point")


@dataclass(frozen=True)
class PaperLine:
    """One line as it was written: who, by code or name, when, and where; what is empty is as for the whole file."""

    number: int
    said: str
    time: str = ""
    point: str = ""


@dataclass(frozen=True)
class PaperFile:
    """A file as it was read, and what it is known by: the same bytes, the same mark."""

    mark: str
    lines: Sequence[PaperLine]


@dataclass(frozen=True)
class Ticked:
    """What a line means: whom, when and where; or why it cannot be taken."""

    line: PaperLine
    guest: str = ""
    code: str = ""
    organisation: str = ""
    at: datetime | None = None
    point: ScanPoint | None = None
    problem: LsosError | None = None


# ---- reading


def read(filename: str, content: bytes) -> PaperFile:
    """Read a CSV file or a workbook: a code or a name in each line, and a time and a point if they differ.

    Raises:
        InputError: it is no table, or has too many lines.
    """
    rows = rows_of(filename, content)
    first = next(rows, None)
    if first is None:
        raise InputError(N_("The file is empty."))
    heads = [HEADS.get(search_key(unsafe(cell.strip())), "") for cell in first[1]]
    has_heads = any(heads)
    if has_heads and not {"code", "name", "given", "family"} & set(heads):
        raise InputError(N_("No column holds codes or names. Name one of them “Code” or “Name” in the first line."))
    lines = [] if has_heads else [_line(*first, _IN_ORDER)]
    for number, row in rows:
        if len(lines) >= LINES_AT_MOST:
            raise InputError(N_("The file has more than %(most)s lines. Send it in parts."), most=LINES_AT_MOST)
        lines.append(_line(number, row, heads if has_heads else _IN_ORDER))
    return PaperFile(hashlib.sha256(content).hexdigest(), lines)


def _line(number: int, row: Sequence[str], heads: Sequence[str]) -> PaperLine:
    cells: dict[str, str] = {}
    for head, cell in zip(heads, row, strict=False):
        if head and not cells.get(head):
            cells[head] = unsafe(" ".join(cell.split()))[:CELL_LENGTH]
    name = cells.get("name") or f"{cells.get('given', '')} {cells.get('family', '')}".strip()
    #: A workbook keeps an hour as one of its first day, and a day with an hour of nothing.
    time = cells.get("time", "").removeprefix("1899-12-30T").removeprefix("1899-12-31T").removeprefix("1900-01-00T")
    day = cells.get("day", "").partition("T")[0]
    return PaperLine(number, cells.get("code") or name, f"{day} {time}".strip() if time else "", cells.get("point", ""))


# ---- what each line means


@dataclass(frozen=True)
class Usual:
    """What holds for lines that do not say it: the day of the paper, a time, a point."""

    day: date
    time: str
    point: ScanPoint


@dataclass(frozen=True)
class _Known:
    """Whom and what lines may name: people by code and by name, points by code and by name."""

    by_code: Mapping[str, tuple[str, str, str]]
    by_name: Mapping[str, Sequence[str]]
    points: Mapping[str, ScanPoint]


def understand(event: Event, lines: Sequence[PaperLine], usual: Usual, *, now: datetime) -> list[Ticked]:
    """Say of each line whom it means, when and where; nothing is written. Nothing was ticked later than now."""
    known = _Known(*_people(event.id), _points(event.id))
    return [_understand(event, line, known, usual, now=now) for line in lines]


def _people(event_id: int) -> tuple[dict[str, tuple[str, str, str]], dict[str, list[str]]]:
    """Give everybody's code, name and organisation by code, and the codes by name."""
    rows = db.session.execute(
        select(Registration.badge_code, Person.given_name, Person.family_name, Organisation.name)
        .join(Registration.person)
        .outerjoin(Registration.organisation)
        .where(Registration.event_id == event_id, Registration.erased_at.is_(None))
        .order_by(Registration.id)
    )
    by_code: dict[str, tuple[str, str, str]] = {}
    by_name: dict[str, list[str]] = defaultdict(list)
    for code, given, family, organisation in rows:
        by_code[code] = code, f"{given} {family}".strip(), organisation or ""
        for name in {search_key(given, family), search_key(family, given)}:
            by_name[name].append(code)
    return by_code, by_name


def _points(event_id: int) -> dict[str, ScanPoint]:
    """Give the points by code, and by their names in both languages."""
    found: dict[str, ScanPoint] = {}
    for point in queries.points(event_id):
        for name in (point.code, point.name.pl, point.name.en):
            if name:
                found.setdefault(search_key(name), point)
    return found


def _understand(event: Event, line: PaperLine, known: _Known, usual: Usual, *, now: datetime) -> Ticked:
    try:
        code, name, organisation = _whom(line.said, known)
        at = _when(line.time or usual.time, usual.day, event.timezone, now)
        point = _where(line.point, known) if line.point else usual.point
    except Refused as refused:
        return Ticked(line, problem=refused)
    return Ticked(line, name, code, organisation, at, point)


def _whom(said: str, known: _Known) -> tuple[str, str, str]:
    if not said:
        raise Refused(LineRefusal.EMPTY)
    by_code = known.by_code.get(badge_code_of(said))
    if by_code is not None:
        return by_code
    so_called = known.by_name.get(search_key(said.replace(",", " ")), ())
    if len(so_called) > 1:
        raise Refused(LineRefusal.SEVERAL, number=len(so_called), said=said)
    if not so_called:
        raise Refused(LineRefusal.NOBODY, said=said)
    return known.by_code[so_called[0]]


def _where(said: str, known: _Known) -> ScanPoint:
    point = known.points.get(search_key(said))
    if point is None:
        raise Refused(LineRefusal.NO_POINT, said=said)
    return point


def _when(said: str, day: date, zone: str, now: datetime) -> datetime:
    at = time_written(said, day=day, zone=zone)
    if at is None:
        raise Refused(LineRefusal.NO_TIME, said=said or "–")
    if at > now + AHEAD:
        raise Refused(LineRefusal.AHEAD)
    return min(at, now)


# ---- taking them


def write(
    event: Event, mark: str, ticked: Iterable[Ticked], *, by: int | None, now: datetime
) -> list[tuple[Ticked, Verdict]]:
    """Take the good lines as scans, the earliest first, and say what each was told; one taken before stays as it is.

    `mark` is that of the file.
    """
    verdicts: list[tuple[Ticked, Verdict]] = []
    for one in sorted(ticked, key=lambda each: (each.at or now, each.line.number)):
        if one.point is None or one.at is None:
            continue
        uid = paper_uid(mark, str(one.line.number), one.point.code)
        verdicts.append((one, take(event.id, one.point.code, Reading(one.code, uid, one.at, by), now=now)))
    return sorted(verdicts, key=lambda pair: pair[0].line.number)


def taken_lately(event_id: int, *, limit: int = 20) -> list[Scan]:
    """List the scans that came from paper, the latest first."""
    return list(
        db.session.scalars(
            select(Scan)
            .where(Scan.event_id == event_id, Scan.uid.startswith(PREFIX, autoescape=True))
            .order_by(Scan.id.desc())
            .limit(limit)
            .options(joinedload(Scan.registration).joinedload(Registration.person), joinedload(Scan.point))
        )
    )
