"""A programme laid out: by day and hour as a list, by hour and room as a grid. Pure; it only arranges."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from lsos.agenda.models import Session
from lsos.agenda.rules import Interval
from lsos.events.models import Room

#: Rows of the grid are as high as they are long, in steps of five minutes, up to this.
TALLEST_ROW = 120


@dataclass(frozen=True)
class Hour:
    """What starts at one moment."""

    starts_at: datetime
    sessions: list[Session]


@dataclass(frozen=True)
class Cell:
    """One place of the grid: sessions that run one into another in a room, and how many rows they take."""

    sessions: list[Session]
    rows: int


@dataclass(frozen=True)
class Row:
    """A stretch of time in which nothing begins or ends; a place is None while an earlier cell still covers it."""

    starts_at: datetime
    minutes: int
    cells: list[Cell | None]


@dataclass(frozen=True)
class Grid:
    """Time down, rooms across; a room of None holds what has no room yet."""

    rooms: list[Room | None]
    rows: list[Row]


@dataclass(frozen=True)
class Day:
    """One day of a programme."""

    day: date
    hours: list[Hour]
    sessions: list[Session]

    @property
    def begins_at(self) -> datetime:
        """Say when the first session begins."""
        return min(when.starts_at for when, _ in placed(self.sessions))

    @property
    def ends_at(self) -> datetime:
        """Say when the last session ends."""
        return max(when.ends_at for when, _ in placed(self.sessions))

    @property
    def grid(self) -> Grid:
        """Lay the day out by hour and room."""
        return grid(self.sessions)


def local_day(moment: datetime, zone: str) -> date:
    """Give the date that calendars of a zone show at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def placed(sessions: Iterable[Session]) -> list[tuple[Interval, Session]]:
    """Give the sessions that have a time, each with it, in its order."""
    found = [(when, session) for session in sessions if (when := session.when) is not None]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def days(sessions: Iterable[Session], zone: str) -> list[Day]:
    """Arrange sessions that have a time by day and hour."""
    found = []
    for day, of_day in groupby(placed(sessions), key=lambda pair: local_day(pair[0].starts_at, zone)):
        todays = list(of_day)
        hours = [
            Hour(starts_at, [session for _, session in group])
            for starts_at, group in groupby(todays, key=lambda pair: pair[0].starts_at)
        ]
        found.append(Day(day, hours, [session for _, session in todays]))
    return found


def grid(sessions: Iterable[Session]) -> Grid:
    """Lay sessions of one day out by hour and room; what runs one into another in a room shares a cell."""
    todays = placed(sessions)
    moments = sorted({at for when, _ in todays for at in (when.starts_at, when.ends_at)})
    row_of = {at: place for place, at in enumerate(moments)}
    rooms = {session.room_id: session.room for _, session in todays}
    columns = sorted(
        rooms.values(), key=lambda room: (room is None, room.position if room else 0, room.id if room else 0)
    )
    cells: list[list[Cell | None]] = [[Cell([], 1) for _ in columns] for _ in moments[:-1]]
    for column, room in enumerate(columns):
        for span, block in _blocks([pair for pair in todays if pair[1].room is room]):
            first, last = row_of[span.starts_at], row_of[span.ends_at]
            cells[first][column] = Cell(block, last - first)
            for covered in range(first + 1, last):
                cells[covered][column] = None
    rows = [Row(begin, _minutes(begin, end), cells[place]) for place, (begin, end) in enumerate(pairwise(moments))]
    return Grid(columns, rows)


def _minutes(begin: datetime, end: datetime) -> int:
    exact = (end - begin).total_seconds() / 60
    return int(min(max(5, round(exact / 5) * 5), TALLEST_ROW))


def _blocks(todays: Iterable[tuple[Interval, Session]]) -> list[tuple[Interval, list[Session]]]:
    """Gather sessions of one room that overlap, however many run one into another."""
    blocks: list[tuple[Interval, list[Session]]] = []
    for when, session in todays:
        if blocks and when.overlaps(blocks[-1][0]):
            span, block = blocks[-1]
            blocks[-1] = (Interval(span.starts_at, max(span.ends_at, when.ends_at)), [*block, session])
        else:
            blocks.append((when, [session]))
    return blocks


@dataclass(frozen=True)
class Around:
    """What is on at a moment, and what comes after it on the same day."""

    now: list[Session]
    following: list[Session]
    following_at: datetime | None


def around(sessions: Iterable[Session], now: datetime, zone: str) -> Around:
    """Find what is on now, and what starts next on the same day."""
    every = placed(sessions)
    running = [session for when, session in every if when.starts_at <= now < when.ends_at]
    at = next((when.starts_at for when, _ in every if when.starts_at > now), None)
    if at is None or local_day(at, zone) != local_day(now, zone):
        return Around(running, [], None)
    return Around(running, [session for when, session in every if when.starts_at == at], at)
