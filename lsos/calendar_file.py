"""Calendar files by RFC 5545, and invitations by RFC 5546, that every calendar program understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vDuration, vText

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
#: Octets of a line; a space goes before those that follow.
_LONGEST: Final = 74


@dataclass(frozen=True)
class CalendarPerson:
    """An organiser or a guest of an entry."""

    name: str
    email: str


@dataclass(frozen=True)
class CalendarEntry:
    """One thing in somebody's calendar.

    The same `uid` with a higher `sequence` replaces what was there (RFC 5546, 2.1.4).
    """

    uid: str
    sequence: int
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    #: When this version was written.
    stamp: datetime
    organizer: CalendarPerson
    location: str = ""
    description: str = ""
    url: str = ""
    #: Who is asked; a PUBLISH leaves them out, as it must.
    attendees: tuple[CalendarPerson, ...] = ()
    #: So long before it the calendar rings; a CANCEL never does.
    alarm: timedelta | None = None


def write(
    entries: Sequence[CalendarEntry],
    *,
    method: Method = "PUBLISH",
    name: str = "",
    refresh_every: timedelta | None = None,
) -> bytes:
    """Write entries as a calendar file: CRLF, folded lines, and the rules of every zone used.

    `refresh_every` is how often a program that subscribes to it should read it again (RFC 7986, 5.7).

    Raises:
        ValueError: a REQUEST without guests.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Klaster LifeScience Krakow//LSOS//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    if refresh_every is not None:
        calendar.add("refresh-interval", refresh_every, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(refresh_every))
    for zone in sorted({entry.zone for entry in entries}):
        years = [moment.year for e in entries if e.zone == zone for moment in (e.starts_at, e.ends_at)]
        calendar.add_component(_zone_rules(zone, min(years) - 1, max(years) + 1))
    for entry in entries:
        calendar.add_component(_event(entry, method))
    return b"".join(folded(line) + b"\r\n" for line in calendar.content_lines() if line)


def folded(line: str) -> bytes:
    """Fold a line (RFC 5545, 3.1), and neither within a letter nor within an escape; the library looks at each letter.

    That would be a third of the time of a whole programme.
    """
    left, parts = line.encode(), []
    while len(left) > _LONGEST:
        end = _LONGEST
        while left[end] & 0xC0 == 0x80:
            end -= 1
        if left[end - 1] in b"\\^":
            end -= 1
        parts.append(left[:end])
        left = left[end:]
    return b"\r\n ".join([*parts, left])


@lru_cache(maxsize=64)
def _zone_rules(zone: str, first_year: int, last_year: int) -> Timezone:
    """Describe a zone for the years around its entries; finding the changes takes longer than all the rest."""
    return Timezone.from_tzid(zone, first_date=date(first_year, 1, 1), last_date=date(last_year, 12, 31))


def _event(entry: CalendarEntry, method: Method) -> Event:
    event = Event()
    zone = ZoneInfo(entry.zone)
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamp)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", entry.summary)
    for property_name in ("location", "description", "url"):
        if value := getattr(entry, property_name):
            event.add(property_name, value)
    event["organizer"] = _address(entry.organizer)
    if method != "PUBLISH":
        if method == "REQUEST" and not entry.attendees:
            raise ValueError("a REQUEST names its guests")
        for guest in entry.attendees:
            address = _address(guest)
            address.params["role"] = vText("REQ-PARTICIPANT")
            address.params["partstat"] = vText("ACCEPTED")
            address.params["rsvp"] = vText("FALSE")
            event.add("attendee", address, encode=False)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if entry.alarm is not None and method != "CANCEL":
        event.add_component(_alarm(entry.alarm, entry.summary))
    return event


def _alarm(before: timedelta, words: str) -> Alarm:
    """Let the calendar show some words so long before an entry begins (RFC 5545, 3.6.6)."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", -before)
    return alarm


def _address(person: CalendarPerson) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["cn"] = vText(person.name)
    return address
