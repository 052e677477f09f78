"""A programme as a calendar file, for writing only: a calendar has no rooms, tracks or days of its own."""

from datetime import datetime, timedelta
from typing import Final

from lsos.calendar_file import CalendarEntry, CalendarPerson, write
from lsos.schedule_files.fitting import fitted
from lsos.schedule_files.model import Programme, Session, known_zone
from lsos.schedule_files.values import cleaned

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
