"""What a file of a programme would do to a draft: what its words stand for here, and each session before and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.db import db
from lsos.drafting.content import Content, Parts, decode, encode
from lsos.drafting.import_matching import Terms, joined, key_of, matched, new_parts, one_line, told
from lsos.drafting.models import ProgrammeSource, SpeakerSource
from lsos.drafting.queries import Draft
from lsos.drafting.sources import sources_of
from lsos.events.making import NewRoom
from lsos.events.queries import focus_areas, zones
from lsos.schedule_files.fitting import made_guid
from lsos.schedule_files.model import Person as Speaker
from lsos.schedule_files.model import Programme
from lsos.taxonomy.models import SessionFormat
from lsos.taxonomy.queries import session_formats
from lsos.texts import Bilingual, search_key

#: What becomes of a name that is not known here: it is made, or left out.
MAKE, LEAVE = "+", ""
#: Words in the name of a format that nobody signs up for.
_PAUSES: Final = frozenset({"break", "networking", "registration", "meetings", "lunch", "coffee"})
#: What a kind in a file is likely to be here, by words of its name and codes of formats, the first that there is.
_LIKELY: Final = (
    ("keynote", ("keynote", "plenary")),
    ("plenary", ("plenary", "keynote")),
    ("panel", ("panel",)),
    ("workshop", ("workshop",)),
    ("pitch", ("pitch",)),
    ("break", ("break", "networking")),
    ("lunch", ("break", "networking")),
    ("registration", ("registration", "break")),
)


@dataclass(frozen=True)
class Choices:
    """What the words of a file stand for here.

    Attributes:
        language: of its titles and descriptions.
        rooms: name -> code of a room, or MAKE, or LEAVE.
        tracks: name -> "area:" or "zone:" with a code, or MAKE a focus area, or LEAVE.
        kinds: name -> code of a format.
    """

    language: str = ""
    rooms: Mapping[str, str] = field(default_factory=dict)
    tracks: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A session of the file, and what would become of it here; ids below nothing are of what is yet to be made."""

    place: int
    uid: str | None
    before: Content | None
    after: Content
    says: Parts
    #: Parts that were changed here since an earlier file, and stay.
    kept: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        """Say whether the draft would be another."""
        return self.before != self.after


@dataclass(frozen=True)
class Plan:
    """What a file would do to a draft.

    Attributes:
        rows: of the sessions in the file, in its order.
        missing: uids of sessions that came with an earlier file and are not in this one.
        others: so many sessions of the draft no file has brought; they stay as they are.
        rooms: rooms that would be made, by the id that stands for them.
        areas: focus areas that would be made, in the same way.
        people: people of whom only the name would be known, in the same way.
    """

    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    others: int
    rooms: Mapping[int, NewRoom]
    areas: Mapping[int, str]
    people: Mapping[int, Speaker]
    #: Who is who in the file: key -> id.
    cast: Mapping[str, int]

    @property
    def new(self) -> list[Row]:
        """List what is not in the draft yet."""
        return [row for row in self.rows if row.before is None]

    @property
    def changed(self) -> list[Row]:
        """List what would be other than it is."""
        return [row for row in self.rows if row.before is not None and row.is_change]

    @property
    def unchanged(self) -> list[Row]:
        """List what stays as it is."""
        return [row for row in self.rows if not row.is_change]


@dataclass(frozen=True)
class Known:
    """All of an event that the words of a file may stand for."""

    draft: Draft
    #: By folded name and by the guid of our own files -> code.
    rooms: Mapping[str, str]
    room_ids: Mapping[str, int]
    #: By folded name -> "area:" or "zone:" with a code.
    tracks: Mapping[str, str]
    track_ids: Mapping[str, tuple[str, int]]
    has_areas: bool
    formats: list[SessionFormat]
    chosen: Choices
    speakers: Mapping[str, int]


def written(choices: Choices) -> dict[str, Any]:
    """Write choices as they are kept."""
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in vars(choices).items()}


def read_choices(kept: Mapping[str, Any]) -> Choices:
    """Read choices that were kept."""
    return Choices(**kept)


def known_of(draft: Draft) -> Known:
    """Read all of an event that the words of a file may stand for."""
    event = draft.event
    areas = focus_areas(event.id)
    both = [("area", "focus_area_id", one) for one in areas]
    both += [("zone", "zone_id", one) for one in zones(event.id)]  # type: ignore[misc]
    stored = db.session.get(ProgrammeSource, event.id)
    speakers: dict[str, int] = {}
    uids = db.session.execute(select(Person.id, Person.uid).where(Person.id.in_(draft.names)))
    speakers |= {f"guid:{made_guid('person', uid)}": person_id for person_id, uid in uids}
    rows = db.session.execute(
        select(SpeakerSource.key, SpeakerSource.person_id).where(SpeakerSource.event_id == event.id)
    )
    speakers |= {row[0]: row[1] for row in rows}
    return Known(
        draft=draft,
        rooms={made_guid("room", event.uid, room.code): room.code for room in draft.rooms}
        | {name: room.code for room in reversed(draft.rooms) for name in _folded(room.name)},
        room_ids={room.code: room.id for room in draft.rooms},
        tracks={name: f"{kind}:{one.code}" for kind, _, one in reversed(both) for name in _folded(one.name)},
        track_ids={f"{kind}:{one.code}": (part, one.id) for kind, part, one in both},
        has_areas=bool(areas),
        formats=session_formats(),
        chosen=read_choices(stored.choices) if stored else Choices(),
        speakers=speakers,
    )


def _folded(name: Bilingual) -> list[str]:
    return [key for key in (search_key(name.pl), search_key(name.en)) if key]


def choices_for(programme: Programme, known: Known, asked: Choices | None) -> Choices:
    """Say what each name stands for: as chosen now, or then, or by what is called the same here."""
    asked = asked or Choices()
    return Choices(
        language=asked.language or known.chosen.language or _language(programme),
        rooms={name: _room(name, programme, known, asked) for name in rooms_in(programme)},
        tracks={name: _track(name, known, asked) for name in tracks_in(programme)},
        kinds={name: _kind(name, known, asked) for name in kinds_in(programme)},
    )


def rooms_in(programme: Programme) -> list[str]:
    """Name the rooms in which a file has sessions, in its order."""
    return _used((room.name for room in programme.rooms), [session.room for session in programme.sessions])


def tracks_in(programme: Programme) -> list[str]:
    """Name the tracks of a file's sessions, in its order."""
    return _used((track.name for track in programme.tracks), [session.track for session in programme.sessions])


def _used(listed: Iterable[str], used: Sequence[str]) -> list[str]:
    """Give the names that are used, those in a list in its order first."""
    there = set(used)
    return [name for name in dict.fromkeys([*listed, *used]) if name.strip() and name in there]


def kinds_in(programme: Programme) -> list[str]:
    """Name the kinds of a file's sessions; one that names none is among them by an empty name."""
    return list(dict.fromkeys(session.type for session in programme.sessions))


def _language(programme: Programme) -> str:
    polish = sum(session.language.strip().lower()[:2] == "pl" for session in programme.sessions)
    return "pl" if 2 * polish > len(programme.sessions) else "en"


def _room(name: str, programme: Programme, known: Known, asked: Choices) -> str:
    may_be = {MAKE, LEAVE, *known.room_ids}
    for chosen in (asked.rooms, known.chosen.rooms):
        if chosen.get(name) in may_be:
            return chosen[name]
    guid = next((room.guid for room in programme.rooms if room.name == name), "")
    return known.rooms.get(guid) or known.rooms.get(search_key(name)) or MAKE


def _track(name: str, known: Known, asked: Choices) -> str:
    may_be = {MAKE, LEAVE, *known.track_ids}
    for chosen in (asked.tracks, known.chosen.tracks):
        if chosen.get(name) in may_be:
            return chosen[name]
    #: A focus area is seen by everybody at once, so none is made beside others without being asked for.
    return known.tracks.get(search_key(name)) or (LEAVE if known.has_areas else MAKE)


def _kind(name: str, known: Known, asked: Choices) -> str:
    codes = {one.code for one in known.formats}
    for chosen in (asked.kinds, known.chosen.kinds):
        if chosen.get(name) in codes:
            return chosen[name]
    words = search_key(name)
    for one in known.formats:
        if words and words in {one.code, *_folded(one.name)}:
            return one.code
    likely = [code for word, those in _LIKELY if word in words for code in those if code in codes]
    usual = [code for code in ("talk", "lecture", "presentation", "focus") if code in codes]
    return [*likely, *usual, known.formats[0].code][0]


def plan_of(programme: Programme, known: Known, choices: Choices, *, file_is_right: bool) -> Plan:
    """Say what a file would do to a draft.

    `file_is_right`: where it says otherwise than what was changed here since an earlier file, the file counts.
    """
    draft = known.draft
    ids = count(-1, -1)
    sizes = {room.name: room.capacity for room in programme.rooms}
    new_rooms = {
        next(ids): (name, NewRoom(in_language(choices.language, name), sizes.get(name)))
        for name, what in choices.rooms.items()
        if what == MAKE
    }
    new_areas = {next(ids): name for name, what in choices.tracks.items() if what == MAKE}
    people, new_people = _people(programme, known, ids)
    rooms = {name: known.room_ids[what] for name, what in choices.rooms.items() if what in known.room_ids}
    tracks = {name: known.track_ids[what] for name, what in choices.tracks.items() if what in known.track_ids}
    formats = {one.code: one.id for one in known.formats}
    terms = Terms(
        language=choices.language,
        rooms=rooms | {name: made for made, (name, _) in new_rooms.items()},
        tracks=tracks | {name: ("focus_area_id", made) for made, name in new_areas.items()},
        kinds={name: formats[what] for name, what in choices.kinds.items() if name},
        format_id=formats[choices.kinds.get("", _kind("", known, choices))],
        people=people,
        pauses=frozenset(one.id for one in known.formats if one.code in _PAUSES),
    )
    sources = sources_of(draft.event.id)
    found = matched(programme, draft.contents, sources, terms.rooms)
    rows = []
    for place, session in enumerate(programme.sessions):
        uid = found.get(place)
        says = told(session, terms)
        before = draft.contents[uid] if uid else None
        if before is None:
            rows.append(Row(place, None, None, decode(_BLANK | new_parts(says, terms)), says))
        elif before.is_withdrawn:
            rows.append(Row(place, uid, before, before, says))
        else:
            result = joined(before, says, sources.get(uid or ""), file_is_right=file_is_right)
            rows.append(Row(place, uid, before, decode(result.parts), says, result.kept))
    there = set(found.values())
    came = {uid for uid, source in sources.items() if not source.is_undone}
    missing = [
        uid
        for uid, content in draft.contents.items()
        if uid in came and uid not in there and content.when is not None and not content.is_withdrawn
    ]
    return Plan(
        rows=tuple(rows),
        missing=tuple(missing),
        others=len(draft.contents) - len(there) - len(missing),
        rooms={made: room for made, (_, room) in new_rooms.items()},
        areas=new_areas,
        people=new_people,
        cast=people,
    )


#: What a session says of itself while nothing is said of it.
_BLANK: Final[Parts] = {
    name: value for name, value in encode(Content(title=Bilingual(), format_id=0)).items() if name != "format_id"
}


def in_language(language: str, name: str) -> Bilingual:
    """Give the name of a room or a track, which is the same in both languages until somebody translates it."""
    return Bilingual(one_line(name), "") if language == "pl" else Bilingual("", one_line(name))


def _people(programme: Programme, known: Known, ids: "count[int]") -> tuple[dict[str, int], dict[int, Speaker]]:
    """Say who the people of a file are: whom an earlier file named so, who has this name in the draft, or somebody new.

    A name that two people bear here, or two in the file, is nobody's.
    """
    named: dict[str, list[int]] = {}
    for person_id, name in known.draft.names.items():
        named.setdefault(search_key(name), []).append(person_id)
    speakers: dict[str, Speaker] = {}
    for session in programme.sessions:
        for person in session.persons:
            if key := key_of(person):
                speakers.setdefault(key, person)
    found = {key: known.speakers[key] for key in speakers if key in known.speakers}
    taken = set(found.values())
    new: dict[int, Speaker] = {}
    for key, person in speakers.items():
        if key in found:
            continue
        called = named.get(search_key(person.name), [])
        if len(called) == 1 and called[0] not in taken:
            found[key] = called[0]
            taken.add(called[0])
        else:
            found[key] = next(ids)
            new[found[key]] = person
    return found, new
