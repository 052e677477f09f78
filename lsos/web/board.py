"""A day of the draft laid out to the minute: rooms across, time down, what overlaps side by side. It only arranges.

Moments come in UTC and leave as minutes from the top of the board.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from lsos.events.rules import moment

#: What a board opens on where nothing says otherwise, and never less than so many hours.
MORNING, LEAST_HOURS = time(9), 8
#: The pace of the grid: what is dragged or moved by keys stops at these minutes.
PACE = 5


@dataclass(frozen=True)
class Piece:
    """A session with a time.

    Attributes:
        room: the id of its room; None while it has none.
        same: what its copies in other rooms share with it, such as a break's title; None for what stands alone.
    """

    uid: str
    room: int | None
    starts_at: datetime
    ends_at: datetime
    same: Hashable = None


@dataclass(frozen=True)
class Laid:
    """A piece in its column.

    Attributes:
        start: minutes from the top of the board.
        lane: its place among `lanes` that lie side by side, counted from 0.
        goes_on: whether the next column to the right has the same at the same time, so that the two are drawn as one.
        came_on: the same, of the column to the left.
    """

    uid: str
    start: int
    minutes: int
    lane: int = 0
    lanes: int = 1
    goes_on: bool = False
    came_on: bool = False


@dataclass(frozen=True)
class Column:
    """A room and what is in it, in the order of time."""

    room: int | None
    pieces: tuple[Laid, ...]


@dataclass(frozen=True)
class Board:
    """One day; `hours` are the moments at which a line with a clock is drawn, from the top to the foot."""

    begins_at: datetime
    ends_at: datetime
    hours: tuple[datetime, ...]
    columns: tuple[Column, ...]

    @property
    def minutes(self) -> int:
        """Say how high it is."""
        return _minutes(self.ends_at - self.begins_at)


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)


def lay(
    pieces: Iterable[Piece],
    rooms: Sequence[int],
    *,
    day: date,
    zone: str,
    hours: Collection[tuple[datetime, datetime]] = (),
) -> Board:
    """Lay out what starts on one day.

    Args:
        pieces: in any order; a room that is not among `rooms` counts as none.
        rooms: in the order of their columns. What has no room gets a column at the end, if there is any.
        day: of the event, in its zone.
        zone: whose clocks tell full hours.
        hours: when rooms are open that day; the board shows all of it.
    """
    todays = sorted(pieces, key=lambda piece: (piece.starts_at, piece.ends_at, piece.uid))
    begins_at, ends_at = _span(todays, day=day, zone=zone, hours=hours)
    by_room: dict[int | None, list[Piece]] = {room: [] for room in rooms}
    homeless = [piece for piece in todays if piece.room not in by_room]
    for piece in todays:
        if piece.room in by_room:
            by_room[piece.room].append(piece)
    if homeless:
        by_room[None] = homeless
    columns = [Column(room, tuple(_in_lanes(found, begins_at))) for room, found in by_room.items()]
    same = {piece.uid: (piece.same, piece.starts_at, piece.ends_at) for piece in todays if piece.same is not None}
    return Board(
        begins_at,
        ends_at,
        tuple(begins_at + timedelta(hours=hour) for hour in range(_minutes(ends_at - begins_at) // 60 + 1)),
        tuple(_joined(columns, same)),
    )


def _span(
    pieces: Collection[Piece], *, day: date, zone: str, hours: Collection[tuple[datetime, datetime]]
) -> tuple[datetime, datetime]:
    """Say from when to when a board goes: whole hours around all that is on it."""
    starts = [piece.starts_at for piece in pieces] + [begin for begin, _ in hours]
    ends = [piece.ends_at for piece in pieces] + [end for _, end in hours]
    begin = min(starts, default=moment(day, MORNING, zone))
    end = max([*ends, begin + timedelta(hours=LEAST_HOURS)])
    hour = timedelta(hours=1)
    midnight = moment(day, time(0), zone)
    first = midnight + (begin - midnight) // hour * hour
    return first, first - (first - end) // hour * hour


def _in_lanes(pieces: Sequence[Piece], begins_at: datetime) -> Iterable[Laid]:
    """Give each piece of a room the first lane that is free; what hangs together has lanes of one width."""
    ends: list[datetime] = []
    group: list[Laid] = []
    for piece in pieces:
        if all(end <= piece.starts_at for end in ends):
            yield from _widths(group, len(ends))
            ends, group = [], []
        lane = next((lane for lane, end in enumerate(ends) if end <= piece.starts_at), len(ends))
        ends[lane : lane + 1] = [piece.ends_at]
        start = _minutes(piece.starts_at - begins_at)
        group.append(Laid(piece.uid, start, _minutes(piece.ends_at - piece.starts_at), lane))
    yield from _widths(group, len(ends))


def _widths(group: Iterable[Laid], lanes: int) -> Iterable[Laid]:
    return (replace(laid, lanes=lanes) for laid in group)


def _joined(columns: Sequence[Column], same: dict[str, tuple[Hashable, datetime, datetime]]) -> Iterable[Column]:
    """Mark what stands in neighbouring rooms at the same time and is the same, such as a break for all of them."""
    held = [{same[laid.uid] for laid in column.pieces if laid.uid in same and laid.lanes == 1} for column in columns]
    for place, column in enumerate(columns):
        left = held[place - 1] if place else set()
        right = held[place + 1] if place + 1 < len(columns) else set()

        def mark(laid: Laid, left: Collection[Hashable] = left, right: Collection[Hashable] = right) -> Laid:
            known = same.get(laid.uid) if laid.lanes == 1 else None
            return replace(laid, came_on=known in left, goes_on=known in right)

        yield replace(column, pieces=tuple(mark(laid) for laid in column.pieces))


def closed(
    open_hours: Collection[tuple[datetime, datetime]], *, begins_at: datetime, ends_at: datetime
) -> list[tuple[int, int]]:
    """List when a room is closed between two moments: each time the minute, from the first, and how many minutes."""
    found = []
    at = begins_at
    for start, end in sorted(open_hours):
        if start > at:
            found.append((at, min(start, ends_at)))
        at = max(at, end)
    found.append((at, ends_at))
    return [(_minutes(start - begins_at), _minutes(end - start)) for start, end in found if start < end]


def day_shown(days: Sequence[date], wish: str, today: date) -> date:
    """Choose the day a board opens on: the one asked for, else today, else the first."""
    return next((day for day in days if day.isoformat() == wish), today if today in days else days[0])
