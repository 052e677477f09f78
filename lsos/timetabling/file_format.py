"""Programmes as JSON files: reading a problem, writing an answer. docs/timetabling.md describes the fields."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lsos.timetabling.building import Answer
from lsos.timetabling.interest import Wish, audiences
from lsos.timetabling.judging import Conflict
from lsos.timetabling.problem import Break, Kind, Place, Problem, Room, Session, Severity, Span, Weights

FORMAT: Final = "timetable/1"
#: Moments without an offset are counted from here in local time, those with one in UTC.
ZERO: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local


class Line(BaseModel):
    """One object of a file; what it does not know is wrong, since it may be a slip of the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomLine(Line):
    """A room."""

    id: str
    open: list[tuple[datetime, datetime]]
    capacity: int | None = Field(default=None, ge=0)
    equipment: list[str] = []


class PlaceLine(Line):
    """A room and a start."""

    room: str
    start: datetime


class SessionLine(Line):
    """A session."""

    id: str
    minutes: int = Field(ge=1, le=100_000)
    title: str = ""
    track: str | None = None
    people: list[str] = []
    audience: int | None = Field(default=None, ge=0)
    equipment: list[str] = []
    place: PlaceLine | None = None
    locked: bool = False
    released: PlaceLine | None = None


class BreakLine(Line):
    """A break."""

    start: datetime
    end: datetime
    rooms: list[str] | None = None


class WishLine(Line):
    """Sessions that some people want."""

    sessions: list[str]
    people: float = Field(default=1.0, gt=0)


class ProblemFile(Line):
    """A whole file."""

    format: str
    name: str = ""
    grid: int = Field(default=5, ge=1, le=1440)
    room_buffer: int = Field(default=0, ge=0, le=1440)
    person_buffer: int = Field(default=0, ge=0, le=1440)
    audience_clash: float = Field(default=10.0, gt=0)
    days: list[tuple[datetime, datetime]] = []
    rooms: list[RoomLine]
    sessions: list[SessionLine]
    away: dict[str, list[tuple[datetime, datetime]]] = {}
    breaks: list[BreakLine] = []
    wishes: list[WishLine] = []
    severities: dict[str, Severity] = {}
    weights: dict[str, float] = {}


class Clock:
    """Turns the moments of one file into minutes and back: all have an offset, or none."""

    def __init__(self) -> None:
        self._zoned: bool | None = None
        self._zone = UTC

    def minutes(self, moment: datetime) -> int:
        """Count the minutes.

        Raises:
            ValueError: it has seconds, or an offset where others have none.
        """
        zoned = moment.tzinfo is not None
        if self._zoned not in {None, zoned}:
            raise ValueError("Some moments have an offset and some have none; write all in one way.")
        self._zoned = zoned
        if zoned:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        if moment.second or moment.microsecond:
            raise ValueError(f"{moment.isoformat()} is not a whole minute.")
        return (moment - ZERO) // timedelta(minutes=1)

    def moment(self, minutes: int) -> str:
        """Write a moment; in UTC where the file has offsets."""
        moment = ZERO + timedelta(minutes=minutes)
        return moment.isoformat(timespec="minutes") + ("Z" if self._zoned else "")

    def span(self, pair: tuple[datetime, datetime]) -> Span:
        """Read a stretch of time."""
        return Span(self.minutes(pair[0]), self.minutes(pair[1]))

    def place(self, line: PlaceLine | None) -> Place | None:
        """Read a place."""
        return None if line is None else Place(line.room, self.minutes(line.start))

    def places(self, document: Mapping[str, Any], problem: Problem) -> dict[str, Place]:
        """Read the places of an answer.

        Raises:
            ValueError: they are not there, or name what the problem does not have.
        """
        found = {}
        try:
            lines = {str(key): PlaceLine.model_validate(each) for key, each in dict(document["places"]).items()}
        except (KeyError, TypeError, ValueError):
            raise ValueError("The answer has no readable places.") from None
        for key, line in lines.items():
            if key not in problem.numbers or line.room not in problem.room_numbers:
                raise ValueError(f"The answer names session {key} in room {line.room}, and one of them is not there.")
            found[key] = Place(line.room, self.minutes(line.start))
        return found


def read_problem(path: Path) -> tuple[Problem, Clock]:
    """Read a file.

    Raises:
        ValueError: it cannot be read as `FORMAT`, or what it says is impossible; a sentence says where.
    """
    try:
        found = ProblemFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"]) or "the file"
        raise ValueError(f"{path.name}, {where}: {first['msg']}.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    if found.format != FORMAT:
        raise ValueError(f"{path.name} says it is {found.format}, and only {FORMAT} is known.")
    clock = Clock()
    return _problem(found, clock), clock


def _problem(found: ProblemFile, clock: Clock) -> Problem:
    rooms = [
        Room(each.id, tuple(map(clock.span, each.open)), each.capacity, frozenset(each.equipment))
        for each in found.rooms
    ]
    sessions = [
        Session(
            key=each.id,
            minutes=each.minutes,
            track=each.track,
            people=tuple(each.people),
            audience=each.audience,
            equipment=frozenset(each.equipment),
            place=clock.place(each.place),
            locked=each.locked,
            released=clock.place(each.released),
        )
        for each in found.sessions
    ]
    return Problem(
        rooms=rooms,
        sessions=sessions,
        away={person: tuple(map(clock.span, spans)) for person, spans in found.away.items()},
        audiences=audiences(Wish(tuple(each.sessions), each.people) for each in found.wishes),
        breaks=tuple(
            Break(clock.span((each.start, each.end)), None if each.rooms is None else frozenset(each.rooms))
            for each in found.breaks
        ),
        room_buffer=found.room_buffer,
        person_buffer=found.person_buffer,
        grid=found.grid,
        days=tuple(map(clock.span, found.days)),
        severities=_severities(found.severities),
        audience_clash=found.audience_clash,
        weights=_weights(found.weights),
    )


def _severities(given: Mapping[str, Severity]) -> dict[Kind, Severity]:
    known = {kind.name.lower(): kind for kind in Kind}
    for name in given:
        if name not in known:
            raise ValueError(f"{name} is no kind of conflict; there are {', '.join(known)}.")
    return {known[name]: severity for name, severity in given.items()}


def _weights(given: Mapping[str, float]) -> Weights:
    known = {each.name for each in fields(Weights)} - {"severities"}
    severities = Weights().severities
    own = {f"{severity.value}_conflict": severity for severity in severities}
    for name in given:
        if name not in known | own.keys():
            raise ValueError(f"{name} is no weight; there are {', '.join(sorted(known | own.keys()))}.")
    priced = {severity: given.get(name, severities[severity]) for name, severity in own.items()}
    return Weights(**{name: weight for name, weight in given.items() if name in known}, severities=priced)


def answer_document(answer: Answer, clock: Clock) -> dict[str, Any]:
    """Give an answer as a JSON object."""

    def placed(place: Place | None) -> dict[str, str] | None:
        return None if place is None else {"room": place.room, "start": clock.moment(place.start)}

    return {
        "format": "timetable-answer/1",
        "places": {key: placed(place) for key, place in answer.places.items()},
        "unplaced": {
            key: {
                "why": reason.why.name.lower(),
                "words": reason.words,
                "people": list(reason.people),
                "equipment": list(reason.equipment),
                "sessions": list(reason.sessions),
                "place": None
                if reason.room is None or reason.start is None
                else placed(Place(reason.room, reason.start)),
            }
            for key, reason in answer.unplaced.items()
        },
        "moved": [
            {"session": move.session, "released": placed(move.released), "now": placed(move.now)}
            for move in answer.moved
        ],
        "changed": list(answer.changed),
        "conflicts": [conflict_document(each) for each in answer.conflicts],
        "costs": {"before": costs_document(answer.before), "after": costs_document(answer.after)},
        "main_room_share": round(answer.shape.main_room, 4),
        "room_changes": round(answer.shape.room_changes, 4),
        "seconds": round(answer.seconds, 2),
        "ended": answer.ended.value,
    }


def conflict_document(conflict: Conflict) -> dict[str, Any]:
    """Give a conflict as a JSON object."""
    return {
        "kind": conflict.kind.name.lower(),
        "severity": conflict.severity.value,
        "sessions": list(conflict.sessions),
        "room": conflict.room,
        "people": list(conflict.people),
        "words": conflict.words,
    }


def costs_document(costs: Any) -> dict[str, float]:
    """Give costs as a JSON object, with their sum."""
    terms = {each.name: round(getattr(costs, each.name), 3) for each in fields(costs)}
    return terms | {"total": round(costs.total, 3)}
