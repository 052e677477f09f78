"""A conference's programme as no format in particular has it: frozen, and with room for what is not known here.

An empty text, and None elsewhere, mean that the programme does not say. Years lie between 1900 and 2200, which is
what the readers take.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

#: What a file says beyond this model: its own name for it -> value as in JSON.
Extra = Mapping[str, Any]
#: Where nobody says when a day begins, it begins then, as it always did in this family of formats.
DAY_CHANGE: Final = time(4)


@dataclass(frozen=True)
class Person:
    """Somebody in a session; without a role, a speaker."""

    name: str
    id: str = ""
    guid: str = ""
    code: str = ""
    role: str = ""
    url: str = ""
    avatar: str = ""
    biography: str = ""
    extra: Extra = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """What tells one person from another: what identifies them, else their name."""
        return next(
            (f"{kind}:{value}" for kind in ("guid", "id", "code", "name") if (value := getattr(self, kind))), ""
        )


@dataclass(frozen=True)
class Link:
    """An address with its title, or a file."""

    url: str
    title: str = ""
    type: str = ""
    service: str = ""
    extra: Extra = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Recording:
    """What may be recorded and streamed, and where the recording is."""

    license: str = ""
    do_not_record: bool | None = None
    do_not_stream: bool | None = None
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Session:
    """One thing in the programme."""

    title: str
    start: datetime
    """Aware, with the offset that the programme shows it in."""
    duration: timedelta
    day: int = 0
    """The `index` of the day it belongs to, which for a session past midnight is the one before; 0 is none."""
    room: str = ""
    guid: str = ""
    id: str = ""
    code: str = ""
    subtitle: str = ""
    slug: str = ""
    track: str = ""
    type: str = ""
    language: str = ""
    abstract: str = ""
    description: str = ""
    url: str = ""
    logo: str = ""
    feedback_url: str = ""
    origin_url: str = ""
    video_download_url: str = ""
    persons: tuple[Person, ...] = ()
    links: tuple[Link, ...] = ()
    attachments: tuple[Link, ...] = ()
    recording: Recording = Recording()
    extra: Extra = field(default_factory=dict, hash=False)

    @property
    def end(self) -> datetime:
        """When it ends, which is before its start if its duration is negative."""
        return self.start + self.duration


@dataclass(frozen=True)
class Day:
    """A day of the programme, which may go on past midnight."""

    index: int
    date: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Room:
    """A room; its name is what sessions call it by."""

    name: str
    guid: str = ""
    slug: str = ""
    type: str = ""
    description: str = ""
    capacity: int | None = None
    url: str = ""
    extra: Extra = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Track:
    """A track; its name is what sessions call it by."""

    name: str
    slug: str = ""
    color: str = ""
    extra: Extra = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Programme:
    """A conference with all its sessions."""

    title: str = ""
    acronym: str = ""
    subtitle: str = ""
    description: str = ""
    venue: str = ""
    city: str = ""
    version: str = ""
    url: str = ""
    base_url: str = ""
    logo: str = ""
    first_day: date | None = None
    last_day: date | None = None
    zone: str = ""
    """As the file names it; `known_zone` says whether there is such a zone."""
    day_change: time | None = None
    slot: timedelta | None = None
    days: tuple[Day, ...] = ()
    rooms: tuple[Room, ...] = ()
    tracks: tuple[Track, ...] = ()
    sessions: tuple[Session, ...] = ()
    extra: Extra = field(default_factory=dict, hash=False)

    @property
    def clock(self) -> tzinfo:
        """The zone that times without an offset are read in; UTC where it is not known."""
        return known_zone(self.zone) or UTC

    def day_of(self, moment: datetime) -> date:
        """Give the day a moment belongs to, by the offset it is shown in: before the change of day, the one before."""
        change = self.day_change or DAY_CHANGE
        shown = moment.replace(tzinfo=None)
        return shown.date() - timedelta(days=1) if shown.time() < change else shown.date()


def known_zone(name: str) -> ZoneInfo | None:
    """Give a zone of the IANA database by its name; None when there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
