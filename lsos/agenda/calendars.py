"""Sessions as entries of calendars: the same in a file, in somebody's feed and in a letter."""

from datetime import datetime

from lsos.agenda.models import Session
from lsos.calendar_file import CalendarEntry
from lsos.events.calendars import house, organizer
from lsos.events.models import Event
from lsos.wording import plain


def entry_of(found: Session, event: Event, *, revision: int, stamp: datetime, url: str = "") -> CalendarEntry | None:
    """Write a session as an entry of a calendar, in the language of the moment; None while it has no time."""
    when = found.when
    if when is None:
        return None
    place = [plain(found.room.name) if found.room else "", house(event)]
    return CalendarEntry(
        uid=f"{found.uid}@session.lsos",
        sequence=revision,
        summary=plain(found.title),
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        zone=event.timezone,
        stamp=stamp,
        organizer=organizer(event),
        location=", ".join(part for part in place if part),
        description=plain(found.abstract),
        url=url,
    )
