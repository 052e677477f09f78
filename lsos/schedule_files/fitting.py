"""A programme as the schemas of schedule.xml and schedule.json want it: identifiers, slugs and addresses that fit.

What does not fit is made to: a missing identifier is made from what tells the session from others, one that is used
twice is made anew, an address that is none is left out. `keeping` sees to it that the true values are not lost.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, Final, TypeVar
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, uuid5

from lsos.schedule_files.model import DAY_CHANGE, Day, Link, Person, Programme, Recording, Room, Session, Track
from lsos.schedule_files.values import cleaned, in_zone, moment_text

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
CODE: Final = re.compile(r"[0-9A-Z]{6}")
_SLUG: Final = re.compile(r"[a-z0-9_]{4,}-[a-z0-9\-_]{3,}[a-z0-9]")
_TRACK_SLUG: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_ROOM_SLUG: Final = re.compile(r"[a-z0-9_-]+[a-z0-9]")
_ACRONYM: Final = re.compile(r"[a-z0-9_]{4,40}")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_ZONE: Final = re.compile(r"UTC|[A-Z][a-z]+/[A-Z][A-Za-z_/+-]*[a-z]")
_LETTERS: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_ADDRESS: Final = re.compile(
    rf"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]{{0,250}}[A-Za-z0-9])?(?::[0-9]{{1,5}})?"
    rf"(?:/{_LETTERS}*)?(?:\?(?:{_LETTERS}|\?)*)?(?:#(?:{_LETTERS}|\?)*)?"
)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_PERSON_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Fitted:
    """A programme that fits, and the guids of its sessions in their order."""

    programme: Programme
    guids: tuple[str, ...]


def fitted(programme: Programme) -> Fitted:
    """Make everything fit; the sessions keep their order."""
    days = _days(programme)
    names = _Names(programme, days)
    sessions = tuple(names.fit(session) for session in programme.sessions)
    rooms = _once(
        (*(_room(room) for room in programme.rooms), *(Room(one.room) for one in sessions)), lambda room: room.name
    )
    done = replace(
        programme,
        title=cleaned(programme.title),
        acronym=names.acronym,
        description=cleaned(programme.description),
        version=cleaned(programme.version),
        url=_address(programme.url),
        base_url=_address(programme.base_url),
        logo=_address(programme.logo),
        first_day=programme.first_day or days[0].date,
        last_day=programme.last_day or days[-1].date,
        zone=programme.zone if _ZONE.fullmatch(programme.zone) else "",
        slot=programme.slot if programme.slot and timedelta() < programme.slot < timedelta(hours=99) else _SLOT,
        days=days,
        rooms=rooms,
        tracks=_once((_track(track) for track in programme.tracks), lambda track: track.name),
        sessions=sessions,
    )
    return Fitted(done, tuple(session.guid for session in sessions))


_SLOT: Final = timedelta(minutes=5)


class _Names:
    """Identifiers that fit and are used once; those that are in the programme already go first."""

    def __init__(self, programme: Programme, days: tuple[Day, ...]) -> None:
        self.programme = programme
        self.acronym = _acronym(programme)
        self.guids = {session.guid.lower() for session in programme.sessions}
        self.numbers = {session.id for session in programme.sessions}
        self.slugs = {session.slug.lower() for session in programme.sessions}
        self.given: dict[str, set[str]] = {"guid": set(), "id": set(), "code": set(), "slug": set()}
        self.indexes = frozenset(day.index for day in days)
        self.of_date = {day.date: day.index for day in reversed(days)}
        self.days = days
        self.next_number = 1

    def fit(self, session: Session) -> Session:
        guid, number = self._guid(session), self._number(session)
        texts: dict[str, Any] = {name: cleaned(getattr(session, name)) for name in _TEXTS}
        texts |= {name: _address(getattr(session, name), self.programme.base_url) for name in _ADDRESSES}
        return replace(
            session,
            guid=guid,
            id=number,
            code=self._once("code", session.code) if CODE.fullmatch(session.code) else "",
            slug=self._slug(session, number),
            day=self._day(session),
            start=datetime.fromisoformat(moment_text(session.start)),
            **texts,
            persons=tuple(_person(person) for person in session.persons),
            links=_links(session.links, self.programme.base_url),
            attachments=_links(session.attachments, self.programme.base_url),
            recording=_recording(session.recording),
        )

    def _day(self, session: Session) -> int:
        if session.day in self.indexes:
            return session.day
        return self.of_date.get(self.programme.day_of(session.start), self.days[0].index)

    def _once(self, kind: str, value: str) -> str:
        """Give a value the first time, and then no more."""
        key = value.lower()
        if key in self.given[kind]:
            return ""
        self.given[kind].add(key)
        return value

    def _guid(self, session: Session) -> str:
        if GUID.fullmatch(session.guid) and self._once("guid", session.guid):
            return session.guid
        what = (session.guid, session.id, session.code, session.slug, session.title, moment_text(session.start))
        return self._new("guid", self.guids, (made_guid(self.acronym, *what, str(which)) for which in count()))

    def _number(self, session: Session) -> str:
        if _NUMBER.fullmatch(session.id) and self._once("id", session.id):
            return session.id
        found = self._new("id", self.numbers, map(str, count(self.next_number)))
        self.next_number = int(found)
        return found

    def _slug(self, session: Session, number: str) -> str:
        slug = session.slug.lower()
        if _SLUG.fullmatch(slug) and self._once("slug", slug):
            return slug
        words = _folded(session.slug or session.title).strip("_")[:60].strip("_")
        base = f"{self.acronym}-{number}-{words}" if len(words) > 2 else f"{self.acronym}-{number}-session{words}"
        return self._new("slug", self.slugs, (f"{base}-{which}" if which else base for which in count()))

    def _new(self, kind: str, there: set[str], candidates: Iterable[str]) -> str:
        found = next(one for one in candidates if one not in there and one not in self.given[kind])
        self.given[kind].add(found)
        return found


_TEXTS: Final = ("title", "subtitle", "track", "type", "language", "abstract", "description", "room")
_ADDRESSES: Final = ("url", "logo", "feedback_url", "origin_url", "video_download_url")


def by_day_and_room(programme: Programme) -> dict[tuple[int, str], list[Session]]:
    """Give the sessions as files order them: (index of the day, name of the room) -> sessions."""
    found: dict[tuple[int, str], list[Session]] = {}
    for session in programme.sessions:
        found.setdefault((session.day, session.room), []).append(session)
    return found


def made_guid(*what: str) -> str:
    """Make the identifier of something from what tells it from others: the same at every writing."""
    return str(uuid5(NAMESPACE_URL, "|".join(cleaned(one) for one in what)))


def _folded(text: str) -> str:
    """Write a text in small letters, figures and underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain)


def _acronym(programme: Programme) -> str:
    if _ACRONYM.fullmatch(programme.acronym):
        return programme.acronym
    found = _folded(programme.acronym).strip("_") or _folded(programme.title).strip("_")
    return found[:40].strip("_").ljust(4, "_") if found else "programme"


def _days(programme: Programme) -> tuple[Day, ...]:
    """Give every day a number of its own and its bounds, and every session a day."""
    change = programme.day_change or DAY_CHANGE
    seen: dict[int, Day] = {}
    for day in programme.days:
        index = day.index if day.index > 0 and day.index not in seen else max([*seen, 0]) + 1
        seen[index] = _bounded(replace(day, index=index), change, programme)
    dates = {day.date for day in seen.values()}
    for session in programme.sessions:
        wanted = programme.day_of(session.start)
        if session.day not in seen and wanted not in dates:
            dates.add(wanted)
            index = max([*seen, 0]) + 1
            seen[index] = _bounded(Day(index, wanted), change, programme)
    if not seen:
        only = programme.first_day or programme.last_day or _SOME_DAY
        seen[1] = _bounded(Day(1, only), change, programme)
    return tuple(seen.values())


_SOME_DAY: Final = date(2000, 1, 1)


def _bounded(day: Day, change: time, programme: Programme) -> Day:
    first = datetime.combine(day.date, change)
    opens = day.starts_at or in_zone(first.replace(tzinfo=programme.clock), programme.clock)
    closes = day.ends_at or in_zone((first + timedelta(days=1)).replace(tzinfo=programme.clock), programme.clock)
    return replace(day, starts_at=_fitting(opens), ends_at=_fitting(closes))


def _fitting(moment: datetime) -> datetime:
    return datetime.fromisoformat(moment_text(moment))


def _address(text: str, base: str = "") -> str:
    """Give an address in full; nothing where there is none."""
    if text and not _ADDRESS.fullmatch(text) and ":" not in text.partition("/")[0] and _ADDRESS.fullmatch(base):
        try:
            text = urljoin(base, text)
        except ValueError:
            return ""
    return text if _ADDRESS.fullmatch(text) else ""


def _links(links: tuple[Link, ...], base: str) -> tuple[Link, ...]:
    found = ((link, _address(link.url, base)) for link in links)
    return tuple(
        Link(url, cleaned(link.title), cleaned(link.type), cleaned(link.service)) for link, url in found if url
    )


def _person(person: Person) -> Person:
    return Person(
        name=cleaned(person.name),
        id=person.id if _PERSON_NUMBER.fullmatch(person.id) else "",
        guid=person.guid if GUID.fullmatch(person.guid) else "",
        code=person.code if re.fullmatch("[A-Z0-9]+", person.code) else "",
        role=cleaned(person.role),
        url=_address(person.url),
        avatar=_address(person.avatar),
        biography=cleaned(person.biography),
    )


def _recording(recording: Recording) -> Recording:
    return replace(
        recording,
        license=cleaned(recording.license),
        url=_address(recording.url),
        link=_address(recording.link),
    )


def _room(room: Room) -> Room:
    return Room(
        name=cleaned(room.name),
        guid=room.guid if GUID.fullmatch(room.guid) else "",
        slug=room.slug if _ROOM_SLUG.fullmatch(room.slug) else "",
        type=room.type,
        description=cleaned(room.description),
        capacity=room.capacity,
        url=_address(room.url),
    )


def _track(track: Track) -> Track:
    return Track(
        name=cleaned(track.name),
        slug=track.slug if _TRACK_SLUG.fullmatch(track.slug) else "",
        color=track.color if _COLOR.fullmatch(track.color) else "",
    )


T = TypeVar("T")


def _once(things: Iterable[T], key: Callable[[T], str]) -> tuple[T, ...]:
    """Leave out what has the name of an earlier one."""
    seen: dict[str, T] = {}
    for thing in things:
        seen.setdefault(key(thing), thing)
    return tuple(seen.values())
