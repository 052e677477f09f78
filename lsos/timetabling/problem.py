"""What a programme is built from: rooms, sessions, people, and how bad each kind of conflict is.

Moments are whole minutes since any moment the caller chooses, the same for all: for instance since 1970 in UTC.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from itertools import chain, pairwise
from math import inf
from typing import Final

from lsos.errors import N_

#: From the first moment that is spoken of to the last, so many minutes at most: two months.
LONGEST: Final = 62 * 1440
#: Where nobody says what a day is, so many minutes in which nothing is open part two days.
NIGHT: Final = 240


class Severity(StrEnum):
    """How bad a kind of conflict is; the organiser sets it."""

    FORBID = "forbid"
    BLOCK_RELEASE = "block_release"
    WARN = "warn"
    IGNORE = "ignore"


class Kind(StrEnum):
    """A kind of conflict, in words for the organiser."""

    ROOM_TAKEN = N_("%(first)s and %(second)s are in %(room)s at the same time.")
    ROOM_BUFFER = N_("%(first)s and %(second)s in %(room)s: %(have)s minutes between them instead of %(need)s.")
    ROOM_CLOSED = N_("%(room)s is not open for all of %(first)s.")
    BREAK = N_("%(first)s runs into a break in %(room)s.")
    ROOM_TOO_SMALL = N_("%(room)s holds %(have)s people, and %(need)s want %(first)s.")
    EQUIPMENT = N_("%(room)s lacks what %(first)s needs: %(equipment)s.")
    PERSON_TWICE = N_("%(people)s: in %(first)s and %(second)s at the same time.")
    PERSON_BUFFER = N_("%(people)s: %(have)s minutes from %(first)s to %(second)s instead of %(need)s.")
    PERSON_AWAY = N_("%(people)s: not available during %(first)s.")
    AUDIENCE = N_("%(first)s and %(second)s are at the same time, and many people want both.")


#: What is forbidden unless the organiser says otherwise; the rest is worth a warning.
SEVERITIES: Final[Mapping[Kind, Severity]] = {
    kind: Severity.WARN if kind in {Kind.ROOM_TOO_SMALL, Kind.AUDIENCE} else Severity.FORBID for kind in Kind
}


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A stretch of minutes, its end not included."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"A stretch of time ends before it starts: {self.start} to {self.end}.")

    def overlaps(self, start: int, end: int) -> bool:
        """Say whether it shares a minute with another."""
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a session is."""

    room: str
    start: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room.

    Attributes:
        open: its hours; stretches that touch are one.
        capacity: people it holds; None where nobody counts.
        equipment: codes of what is there.
    """

    key: str
    open: tuple[Span, ...]
    capacity: int | None = None
    equipment: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """A session.

    Attributes:
        minutes: its length, above 0.
        track: what it belongs to; None where it stands alone.
        people: speakers and chairs, each once; nobody is in two sessions at once.
        audience: so many people want it; None where nobody knows.
        equipment: codes of what its room must have.
        place: where the draft has it.
        locked: whether it stays where the draft has it, whatever that breaks.
        released: where the public was told it is.
    """

    key: str
    minutes: int
    track: str | None = None
    people: tuple[str, ...] = ()
    audience: int | None = None
    equipment: frozenset[str] = frozenset()
    place: Place | None = None
    locked: bool = False
    released: Place | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A time in which nothing takes place, in some rooms or, without rooms, in all."""

    span: Span
    rooms: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """What one of each costs when a programme is built; none below 0. docs/timetabling.md defines them.

    Attributes:
        unplaced: a session without a place.
        moved: a session that is not where it was released.
        off_main_room: a session outside the room that its track has most of on that day.
        room_change: two sessions of a track, one after the other on one day, in different rooms.
        beside_itself: a session that starts while another one of its track goes on.
        track_day: each further day of a track.
        audience: a session's worth of wishes that cannot be followed: see `costs.clash_costs`.
        misfit: a room much too large or too small, in [0, 1] for each session.
        track_gap: an hour between two sessions of a track on one day.
        idle: an open hour of a room between its first and last session of the day.
        severities: a conflict that is not forbidden.
    """

    unplaced: float = 1000.0
    moved: float = 20.0
    off_main_room: float = 10.0
    room_change: float = 6.0
    beside_itself: float = 8.0
    track_day: float = 2.0
    audience: float = 10.0
    misfit: float = 2.0
    track_gap: float = 0.5
    idle: float = 0.5
    severities: Mapping[Severity, float] = field(
        default_factory=lambda: {Severity.BLOCK_RELEASE: 50.0, Severity.WARN: 5.0}
    )

    def __post_init__(self) -> None:
        terms = [getattr(self, each.name) for each in fields(self) if each.name != "severities"]
        if not all(0 <= weight < inf for weight in (*terms, *self.severities.values())):
            raise ValueError("A weight is a number, 0 or more.")


@dataclass(frozen=True)
class Problem:
    """Everything a programme is built from.

    Attributes:
        away: person -> when they cannot.
        audiences: two different sessions, each pair once -> how many people want both, or any weight above 0.
        breaks: when nothing takes place.
        room_buffer: minutes between two sessions in a room.
        person_buffer: minutes between two sessions of a person in different rooms.
        grid: minutes; what is placed starts at a multiple of it, or where it was released or drafted.
        days: what counts as a day, in order of time; without it, see `NIGHT`.
        severities: kinds that are not as `SEVERITIES` has them.
        audience_clash: from this weight on, a pair at the same time is a conflict.

    Raises:
        ValueError: two rooms or sessions share a key, something is named that is not there, or a number is impossible.
    """

    rooms: Sequence[Room]
    sessions: Sequence[Session]
    away: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    audiences: Mapping[tuple[str, str], float] = field(default_factory=dict)
    breaks: tuple[Break, ...] = ()
    room_buffer: int = 0
    person_buffer: int = 0
    grid: int = 5
    days: tuple[Span, ...] = ()
    severities: Mapping[Kind, Severity] = field(default_factory=dict)
    audience_clash: float = 10.0
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for what, keys in (("room", [room.key for room in self.rooms]), ("session", list(self.numbers))):
            if len(set(keys)) < (len(keys) if what == "room" else len(self.sessions)):
                raise ValueError(f"Two of the {what}s have the same key.")
        if self.grid < 1 or min(self.room_buffer, self.person_buffer) < 0:
            raise ValueError("The grid is at least a minute, and a buffer is not below 0.")
        for session in self.sessions:
            self._examine(session)
        for each in self.breaks:
            if each.rooms is not None and not each.rooms <= self.room_numbers.keys():
                raise ValueError("A break names a room that is not there.")
        numbers = self.numbers
        for (a, b), weight in self.audiences.items():
            if a not in numbers or b not in numbers:
                raise ValueError(f"Somebody wants a session that is not there: {a} or {b}.")
            if a == b or (b, a) in self.audiences or not 0 < weight < inf:
                raise ValueError(f"An audience is of two different sessions, each pair once, above 0: {(a, b)}.")
        self._examine_time()

    def _examine_time(self) -> None:
        if any(one.end > other.start for one, other in pairwise(self.days)):
            raise ValueError("Days come in order of time and do not overlap.")
        moments = [moment for room in self.rooms for span in room.open for moment in (span.start, span.end)]
        moments += [place.start for each in self.sessions for place in (each.place, each.released) if place]
        if moments and max(moments) - min(moments) > LONGEST:
            raise ValueError("Hours and places lie more than two months apart; one of them is probably a slip.")
        if any(session.minutes > LONGEST for session in self.sessions):
            raise ValueError("A session is longer than two months.")

    def _examine(self, session: Session) -> None:
        if session.minutes < 1:
            raise ValueError(f"Session {session.key} has no length.")
        if len(set(session.people)) < len(session.people):
            raise ValueError(f"Session {session.key} names somebody twice.")
        if session.locked and session.place is None:
            raise ValueError(f"Session {session.key} is locked without a place.")
        for place in (session.place, session.released):
            if place is not None and place.room not in self.room_numbers:
                raise ValueError(f"Session {session.key} has a place in room {place.room}, which is not there.")

    def severity(self, kind: Kind) -> Severity:
        """Say how bad a kind of conflict is here."""
        return self.severities.get(kind, SEVERITIES[kind])

    def forbids(self, kind: Kind) -> bool:
        """Say whether a kind of conflict is forbidden here."""
        return self.severity(kind) is Severity.FORBID

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Give session -> its number."""
        return {session.key: number for number, session in enumerate(self.sessions)}

    @cached_property
    def room_numbers(self) -> dict[str, int]:
        """Give room -> its number."""
        return {room.key: number for number, room in enumerate(self.rooms)}

    @cached_property
    def day_starts(self) -> list[int]:
        """Give when each day starts."""
        if self.days:
            return [day.start for day in self.days]
        starts: list[int] = []
        latest = 0
        for span in sorted(chain.from_iterable(room.open for room in self.rooms)):
            if not starts or span.start - latest >= NIGHT:
                starts.append(span.start)
                latest = span.end
            latest = max(latest, span.end)
        return starts or [0]

    def day_of(self, moment: int) -> int:
        """Say on which day, counted from 0, something starts; what is before all days is on the first."""
        return max(0, bisect_right(self.day_starts, moment) - 1)

    def hours(self, room: int) -> list[Span]:
        """Give the hours of a room with stretches that touch or overlap made one."""
        joined: list[Span] = []
        for span in sorted(self.rooms[room].open):
            if joined and span.start <= joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
            else:
                joined.append(span)
        return joined

    def breaks_in(self, room: int) -> list[Span]:
        """Give the breaks of a room."""
        key = self.rooms[room].key
        return [each.span for each in self.breaks if each.rooms is None or key in each.rooms]
