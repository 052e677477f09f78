"""What changed, in words: for the change log, for organisers before a release, and for letters after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.db import db
from lsos.drafting.content import Content, encode
from lsos.drafting.rules import KINDS, ChangeKind, differing
from lsos.errors import N_
from lsos.events.queries import rooms
from lsos.organisations.models import Organisation
from lsos.texts import Bilingual
from lsos.wording import clock, listed, plain, short_day

#: What a change is called, before what it was and what it is.
KIND_WORDS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: N_("New"),
    ChangeKind.WITHDRAWN: N_("Withdrawn"),
    ChangeKind.BACK: N_("Takes place again"),
    ChangeKind.TIME: N_("Time"),
    ChangeKind.ROOM: N_("Room"),
    ChangeKind.PEOPLE: N_("People"),
    ChangeKind.WORDS: N_("Title"),
    ChangeKind.OTHER: N_("Details"),
}
#: What a part is called where only that it changed is told.
_PARTS = {
    "format_id": N_("format"),
    "focus_area_id": N_("focus area"),
    "zone_id": N_("zone"),
    "seats": N_("seats"),
    "takes_signups": N_("sign-ups"),
    "signup_opens_at": N_("when sign-up opens"),
    "languages": N_("languages"),
}


@dataclass(frozen=True)
class Names:
    """What ids are called."""

    zone: str
    rooms: Mapping[int, Bilingual]
    people: Mapping[int, str]
    organisations: Mapping[int, str]


@dataclass(frozen=True)
class Line:
    """One thing that changed: what it is called, what it was, and what it is; either may be empty."""

    kind: ChangeKind
    label: str
    before: str = ""
    after: str = ""


def names_for(event_id: int, zone: str, contents: Iterable[Content | None]) -> Names:
    """Read what the ids in some contents are called, in three statements."""
    known = [content for content in contents if content is not None]
    people = {one for content in known for one in content.person_ids}
    partners = {one for content in known for one in content.partners}
    return Names(
        zone,
        {room.id: room.name for room in rooms(event_id)},
        {person.id: person.name for person in db.session.scalars(select(Person).where(Person.id.in_(people)))},
        {one.id: one.name for one in db.session.scalars(select(Organisation).where(Organisation.id.in_(partners)))},
    )


def when_words(content: Content, zone: str) -> str:
    """Say when a session is."""
    when = content.when
    if when is None:
        return str(gettext("no time yet"))
    day = short_day(when.starts_at.astimezone(ZoneInfo(zone)).date())
    return f"{day}, {clock(when.starts_at, zone)}–{clock(when.ends_at, zone)}"


def room_words(content: Content, names: Names) -> str:
    """Say where a session is."""
    name = plain(names.rooms.get(content.room_id or 0))
    return name or str(gettext("no room yet"))


def place_words(content: Content, names: Names) -> str:
    """Say when and where a session is."""
    time = when_words(content, names.zone)
    return f"{time}, {room_words(content, names)}" if content.room_id else time


def _people(content: Content, names: Names) -> str:
    people = [names.people.get(one, "") for one in content.person_ids]
    partners = [names.organisations.get(one, "") for one in content.partners]
    return listed(name for name in (*people, *partners) if name)


def lines_of(kinds: Iterable[ChangeKind], before: Content | None, after: Content, names: Names) -> list[Line]:
    """Say what changes of a session, one line for each thing, in the language of the moment."""
    found = []
    for kind in kinds:
        label = str(gettext(KIND_WORDS[kind]))
        if kind is ChangeKind.NEW or kind is ChangeKind.BACK or before is None:
            found.append(Line(kind, label, after=place_words(after, names)))
        elif kind is ChangeKind.WITHDRAWN:
            found.append(Line(kind, label, before=place_words(before, names)))
        elif kind is ChangeKind.TIME:
            found.append(Line(kind, label, when_words(before, names.zone), when_words(after, names.zone)))
        elif kind is ChangeKind.ROOM:
            found.append(Line(kind, label, room_words(before, names), room_words(after, names)))
        elif kind is ChangeKind.PEOPLE:
            found.append(Line(kind, label, _people(before, names), _people(after, names)))
        elif kind is ChangeKind.WORDS:
            found += _of_words(before, after)
        else:
            parts = [_PARTS[part] for part in _others(before, after)]
            found.append(Line(kind, label, after=listed(str(gettext(part)) for part in parts)))
    return found


def told_lines(kinds: Iterable[ChangeKind], before: Content | None, after: Content, names: Names) -> list[Line]:
    """Say what changes, and beside it the time or the room that stays: a letter is read away from the programme."""
    known = list(kinds)
    found = lines_of(known, before, after, names)
    if after.when is None or {ChangeKind.NEW, ChangeKind.WITHDRAWN, ChangeKind.BACK}.intersection(known):
        return found
    place = {ChangeKind.TIME: when_words(after, names.zone), ChangeKind.ROOM: room_words(after, names)}
    found += [
        Line(kind, str(gettext(KIND_WORDS[kind])), after=words) for kind, words in place.items() if kind not in known
    ]
    order = list(ChangeKind)
    return sorted(found, key=lambda line: order.index(line.kind))


def _of_words(before: Content, after: Content) -> list[Line]:
    found = []
    title = plain(before.title), plain(after.title)
    if title[0] != title[1]:
        found.append(Line(ChangeKind.WORDS, str(gettext("Title")), *title))
    if before.abstract != after.abstract or not found:
        found.append(Line(ChangeKind.WORDS, str(gettext("Its description is new"))))
    return found


def _others(before: Content, after: Content) -> list[str]:
    return [part for part in differing(encode(before), encode(after)) if KINDS.get(part) is ChangeKind.OTHER]
