"""From what stands in schedule.xml and schedule.json to the model: both say the same, in the words of the JSON.

`date` counts before `start`; where only `start` stands, times before the change of day are in the night after, since a
session past midnight belongs to the day before. What is not known here goes into `extra`. A session without a start or
a duration that can be read is left out, and told.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, TypeVar

from lsos.schedule_files.findings import Finding, Kind, shown
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
    day_of,
    duration_of,
    duration_text,
    localised,
    moment_of,
    text_of,
    time_of,
    translated,
)

GENERATOR: Final = "LSOS"
T = TypeVar("T")


@dataclass(frozen=True)
class RawEvent:
    """A session as it stands in a file; None is something else than a session."""

    facts: Mapping[str, Any] | None
    line: int


@dataclass(frozen=True)
class RawRoom:
    """A room of a day."""

    name: str
    facts: Mapping[str, Any]
    events: list[RawEvent]


@dataclass(frozen=True)
class RawDay:
    """A day: its index, date, start and end, as texts, and its rooms."""

    facts: Mapping[str, Any]
    rooms: list[RawRoom]
    line: int


@dataclass(frozen=True)
class RawFile:
    """A whole file: what stands around the conference, the conference without its days, and these."""

    head: Mapping[str, Any]
    conference: Mapping[str, Any]
    days: list[RawDay]


class Facts:
    """Facts that are taken one by one; those left over, and those that are not what they should be, are the rest."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.left = dict(facts)
        self.odd: dict[str, Any] = {}

    def take(self, name: str) -> Any:
        return self.left.pop(name, None)

    def text(self, name: str) -> str:
        value = self.take(name)
        text = text_of(value)
        if text is None:
            self.odd[name] = value
            return translated(value)
        return text

    def read(self, name: str, how: Callable[[str], T | None]) -> T | None:
        """Read a text as something else; one that cannot be is kept as it is."""
        text = self.text(name)
        found = how(text) if text.strip() else None
        if found is None and text.strip():
            self.odd[name] = text
        return found

    def truth(self, name: str) -> bool | None:
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return value
        known = _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else None
        if known is None and value != "":
            self.odd[name] = value
        return known

    def things(self, name: str, how: Callable[[Any], T | None]) -> tuple[T, ...]:
        """Read a list; what is not as it should be is kept as it is."""
        value = self.take(name)
        if not isinstance(value, list):
            if value not in (None, ""):
                self.odd[name] = value
            return ()
        found = [(one, how(one)) for one in value]
        if odd := [one for one, thing in found if thing is None]:
            self.odd[name] = odd
        return tuple(thing for _, thing in found if thing is not None)

    def rest(self) -> dict[str, Any]:
        return {name: value for name, value in self.left.items() if value is not None} | self.odd


_TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def programme_of(raw: RawFile, *, zone: str = "") -> tuple[Programme, list[Finding]]:
    """Read a programme, and say what was wrong on the way.

    Args:
        raw: the file.
        zone: the zone of times without an offset, where the file names none that is known.
    """
    return _Builder(raw, zone).build()


class _Builder:
    def __init__(self, raw: RawFile, zone: str) -> None:
        self.raw = raw
        self.findings: list[Finding] = []
        self.conference = Facts(raw.conference)
        self.head = Facts(raw.head)
        named = self.conference.text("time_zone_name")
        self.zone = named if known_zone(named) or not zone else zone
        if named and self.zone != named:
            self.conference.odd["time_zone_name"] = named
        self.clock: tzinfo = known_zone(self.zone) or UTC
        self.change = self.conference.read("day_change", time_of)
        self.days: list[Day] = []
        self.rooms: dict[str, Room] = {}
        self.sessions: list[Session] = []
        self.of_days: dict[str, Any] = {}
        self.taken: set[int] = set()
        self.highest = 0
        self.is_naive = False

    def build(self) -> tuple[Programme, list[Finding]]:
        of, head = self.conference, self.head
        for room in of.things("rooms", _room):
            self.rooms.setdefault(room.name, room)
        tracks = of.things("tracks", _track)
        for day in self.raw.days:
            self._day(day)
        if self.is_naive:
            self.findings.insert(0, Finding(Kind.NO_OFFSET, {"zone": known_zone(self.zone) or "UTC"}))
        base, other_base = head.text("base_url"), of.text("base_url")
        if base and other_base and base != other_base:
            head.odd["base_url"] = base
        if (count := of.text("daysCount")) and count.strip() != str(len(self.days)):
            of.odd["daysCount"] = count
        programme = Programme(
            title=of.text("title"),
            acronym=of.text("acronym"),
            subtitle=of.text("subtitle"),
            description=of.text("description"),
            venue=of.text("venue"),
            city=of.text("city"),
            version=head.text("version"),
            url=of.text("url"),
            base_url=other_base or base,
            logo=of.text("logo"),
            first_day=self._date("start"),
            last_day=self._date("end"),
            zone=self.zone,
            day_change=self.change,
            slot=of.read("timeslot_duration", duration_of),
            days=tuple(self.days),
            rooms=tuple(self.rooms.values()),
            tracks=tracks,
            sessions=tuple(self.sessions),
        )
        extra = of.rest()
        if around := head.rest():
            extra["schedule"] = around
        if self.of_days:
            extra["days"] = self.of_days
        return replace(programme, extra=extra), self.findings

    def _date(self, name: str) -> date | None:
        text = self.conference.text(name)
        found = day_of(text) if text.strip() else None
        if text.strip() and (found is None or text.strip() != found.isoformat()):
            self.conference.odd[name] = text
        return found

    def _day(self, raw: RawDay) -> None:
        facts = Facts(raw.facts)
        opens, closes = facts.read("start", moment_of), facts.read("end", moment_of)
        text = facts.text("date")
        on = day_of(text) if text.strip() else opens.date() if opens else None
        index = facts.read("index", _index)
        day = None
        if on is None:
            self.findings.append(Finding(Kind.DAY_UNREADABLE, {"line": raw.line, "value": text.strip()[:80]}))
            facts.odd["date"] = text
        else:
            if index is None or index in self.taken:
                index = self.highest + 1
                details = {"line": raw.line, "day": on.isoformat(), "num": index}
                self.findings.append(Finding(Kind.DAY_REPEATED, details))
            self.taken.add(index)
            self.highest = max(self.highest, index)
            day = Day(index, on, self._local(opens), self._local(closes))
            self.days.append(day)
        if rest := facts.rest():
            self.of_days[str(day.index if day else f"line {raw.line}")] = rest
        for room in raw.rooms:
            known = self.rooms.get(room.name)
            if known is None:
                known = Room(room.name)
            found = _room({"name": room.name, **room.facts}) or known
            self.rooms[room.name] = replace(known, guid=known.guid or found.guid, extra={**found.extra, **known.extra})
            for event in room.events:
                session = self._session(event, day, room.name)
                if session is not None:
                    self.sessions.append(session)

    def _local(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        self.is_naive = self.is_naive or moment.tzinfo is None
        return localised(moment, self.clock)

    # ---- sessions

    def _session(self, event: RawEvent, day: Day | None, room: str) -> Session | None:
        if event.facts is None:
            self.findings.append(Finding(Kind.LEFT_OUT_NO_SESSION, {"line": event.line}))
            return None
        facts = Facts(event.facts)
        title, guid, number = facts.text("title"), facts.text("guid"), facts.text("id")
        told = _Told(event.line, title.strip() or number or guid, self.findings)
        start = self._start(facts, day, told)
        duration = self._duration(facts, start, told) if start is not None else None
        if start is None or duration is None:
            return None
        named = facts.text("room")
        if named and named != room:
            told.say(Kind.ROOM_AT_ODDS, room=room, named=named)
            facts.odd["room"] = named
        texts: dict[str, Any] = {name: facts.text(name) for name in TEXTS}
        recording = Recording(
            license=facts.text("recording_license"),
            do_not_record=facts.truth("do_not_record"),
            do_not_stream=facts.truth("do_not_stream"),
            url=facts.text("recording_url"),
            link=facts.text("recording_link"),
        )
        session = Session(
            title=title,
            start=start,
            duration=duration,
            day=day.index if day else 0,
            room=room,
            guid=guid,
            id=number,
            persons=facts.things("persons", _person),
            links=facts.things("links", link_of),
            attachments=facts.things("attachments", link_of),
            recording=recording,
            **texts,
        )
        return replace(session, extra=facts.rest())

    def _start(self, facts: Facts, day: Day | None, told: "_Told") -> datetime | None:
        at, clock = facts.text("date"), facts.text("start")
        shows = time_of(clock)
        moment = moment_of(at)
        if moment is None and (on := day_of(at) if at.strip() else None) and shows:
            moment = datetime.combine(on, shows)
        if moment is None and not at.strip():
            if shows is None:
                told.left_out("start" if clock.strip() else "date", clock)
                return None
            if day is None:
                told.left_out("date")
                return None
            moment = datetime.combine(self._calendar_day(day, shows), shows)
        if moment is None:
            told.left_out("date", at)
            return None
        self.is_naive = self.is_naive or moment.tzinfo is None
        start = localised(moment, self.clock)
        if clock.strip() and (shows is None or shows != start.time().replace(microsecond=0, second=shows.second)):
            told.say(Kind.START_AT_ODDS, date=shown(start), start=clock.strip()[:80])
            facts.odd["start"] = clock
        return start

    def _calendar_day(self, day: Day, shows: time) -> date:
        """Before the change of day, it is the night after."""
        return day.date + timedelta(days=1) if shows < (self.change or DAY_CHANGE) else day.date

    def _duration(self, facts: Facts, start: datetime, told: "_Told") -> timedelta | None:
        text, until = facts.text("duration"), facts.text("end")
        found = duration_of(text)
        if text.strip() and found is None:
            told.left_out("duration", text)
            return None
        ends = moment_of(until)
        ends = localised(ends, self.clock) if ends else None
        if found is None:
            if ends is None:
                told.left_out("duration", until)
                return None
            return ends - start
        if until.strip() and (ends is None or abs(start + max(found, timedelta()) - ends) >= timedelta(minutes=1)):
            told.say(Kind.END_AT_ODDS, end=until.strip()[:80], duration=duration_text(found))
            facts.odd["end"] = until
        return found


#: Facts of a session that are texts, and nothing else.
TEXTS: Final = (
    "code", "subtitle", "slug", "track", "type", "language", "abstract", "description", "url", "logo", "feedback_url",
    "origin_url", "video_download_url",
)  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """What is told of one session."""

    line: int
    session: str
    findings: list[Finding] = field(repr=False)

    def say(self, kind: Kind, **details: object) -> None:
        self.findings.append(Finding(kind, {"line": self.line, "session": self.session, **details}))

    def left_out(self, name: str, value: str = "") -> None:
        """Say that the session is not taken."""
        if value.strip():
            self.say(Kind.LEFT_OUT_UNREADABLE, field=name, value=value.strip()[:80])
        else:
            self.say(Kind.LEFT_OUT_MISSING, field=name)


def _index(text: str) -> int | None:
    found = text.strip()
    return int(found) if re.fullmatch("[1-9][0-9]{0,6}", found) else None


def _room(value: Any) -> Room | None:
    if not isinstance(value, Mapping):
        return None
    facts = Facts(value)
    capacity = facts.take("capacity")
    if capacity is not None and (not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 0):
        facts.odd["capacity"], capacity = capacity, None
    texts = {name: facts.text(name) for name in ("name", "guid", "slug", "type", "description", "url")}
    return Room(**texts, capacity=capacity, extra=facts.rest())


def _track(value: Any) -> Track | None:
    if isinstance(value, str):
        return Track(value)
    if not isinstance(value, Mapping):
        return None
    facts = Facts(value)
    texts = {name: facts.text(name) for name in ("name", "slug", "color")}
    return Track(**texts, extra=facts.rest())


def _person(value: Any) -> Person | None:
    if isinstance(value, str):
        return Person(value)
    if not isinstance(value, Mapping):
        return None
    facts = Facts(value)
    public = facts.text("public_name")
    texts = {name: facts.text(name) for name in ("name", "id", "guid", "code", "role", "url", "avatar", "biography")}
    if public and texts["name"] and public != texts["name"]:
        facts.odd["public_name"] = public
    texts["name"] = texts["name"] or public
    return Person(**texts, extra=facts.rest())


def link_of(value: Any) -> Link | None:
    """Read a link or an attachment."""
    if isinstance(value, str):
        return Link(value)
    if not isinstance(value, Mapping):
        return None
    facts = Facts(value)
    texts = {name: facts.text(name) for name in ("url", "title", "type", "service")}
    return Link(**texts, extra=facts.rest())
