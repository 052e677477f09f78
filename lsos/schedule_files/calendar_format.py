"""A programme as a calendar file, which has no people, tracks or days of its own: what it shows is what is read."""

from datetime import datetime, timedelta
from typing import Final

from lsos import calendar_reading
from lsos.calendar_file import CalendarEntry, CalendarPerson, write
from lsos.calendar_reading import ReadEntry
from lsos.errors import InputError
from lsos.schedule_files.findings import Finding, Kind
from lsos.schedule_files.fitting import fitted
from lsos.schedule_files.model import Day, Programme, Room, Session, known_zone
from lsos.schedule_files.values import cleaned
from lsos.schedule_files.wrong import WrongFile

#: RFC 5545, 3.6.1: an entry ends later than it starts.
_SHORTEST: Final = timedelta(minutes=1)


#: A published entry names an organiser (RFC 5546, 3.2.1), who has to have an address; RFC 2606 says which is nobody's.
NOBODY: Final = "nobody@programme.invalid"


def write_calendar(programme: Programme, *, now: datetime, organizer: CalendarPerson | None = None) -> bytes:
    """Write a calendar file; a session that takes no time gets a minute.

    Args:
        programme: what to write; where its zone is not known, times are written in UTC.
        now: when this version is written.
        organizer: whom entries name as organiser; without, the conference, by an address that is nobody's.
    """
    zone = programme.zone if known_zone(programme.zone) else "UTC"
    fit = fitted(programme).programme
    place = ", ".join(cleaned(one) for one in (programme.venue, programme.city) if one)
    organizer = organizer or CalendarPerson(_line(fit.title), NOBODY)
    entries = [_entry(session, zone=zone, place=place, now=now, organizer=organizer) for session in fit.sessions]
    return write(entries, name=_line(fit.title))


def _line(text: str) -> str:
    return " ".join(text.split())


def _entry(session: Session, *, zone: str, place: str, now: datetime, organizer: CalendarPerson) -> CalendarEntry:
    people = ", ".join(person.name for person in session.persons if person.name)
    parts = (session.subtitle, people, session.abstract or session.description)
    return CalendarEntry(
        uid=session.guid,
        sequence=0,
        summary=_line(session.title),
        starts_at=session.start,
        ends_at=session.start + max(session.duration, _SHORTEST),
        zone=zone,
        stamp=now,
        organizer=organizer,
        location=_line(", ".join(one for one in (session.room, place) if one)),
        description="\n\n".join(part for part in parts if part),
        url=session.url,
    )


def read_calendar(content: bytes, *, zone: str = "") -> tuple[Programme, list[Finding]]:
    """Read a calendar file: each entry is a session, its place the room.

    Raises:
        WrongFile: it is no calendar.
    """
    clock = known_zone(zone)
    try:
        read = calendar_reading.read(content, zone=zone if clock else "UTC")
    except InputError as error:
        raise WrongFile(error.message, **error.details) from None
    findings = [Finding(problem.kind, problem.details) for problem in read.problems]
    entries = []
    for entry in read.entries:
        if entry.is_cancelled:
            findings.append(Finding(Kind.LEFT_OUT_CANCELLED, {"line": entry.line, "session": entry.summary}))
        else:
            entries.append(entry)
    bare = Programme(zone=zone if clock else "UTC")
    starts = [entry.starts_at.astimezone(bare.clock) for entry in entries]
    dates = sorted({bare.day_of(start) for start in starts})
    days = {day: index for index, day in enumerate(dates, start=1)}
    sessions = tuple(
        _session(entry, start, days[bare.day_of(start)]) for entry, start in zip(entries, starts, strict=True)
    )
    programme = Programme(
        zone=bare.zone,
        first_day=dates[0] if dates else None,
        last_day=dates[-1] if dates else None,
        days=tuple(Day(index, day) for day, index in days.items()),
        rooms=tuple(Room(name) for name in dict.fromkeys(one.room for one in sessions) if name),
        sessions=sessions,
    )
    return programme, findings


def _session(entry: ReadEntry, start: datetime, day: int) -> Session:
    return Session(
        title=_line(entry.summary),
        start=start,
        duration=entry.ends_at - entry.starts_at,
        day=day,
        room=_line(entry.location),
        guid=entry.uid,
        abstract=entry.description,
        url=entry.url,
        extra={"rrule": entry.rule} if entry.rule else {},
    )
