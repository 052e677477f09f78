"""Which session of a file is which of the draft, and what the file says of it in the draft's terms: pure.

A file's own names count first (guid, id, code), then the guid that our files give, then title, time and room.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lsos.agenda.rules import SessionRole
from lsos.drafting.content import Content, Parts, encode
from lsos.drafting.rules import TOGETHER, merged
from lsos.schedule_files.findings import named
from lsos.schedule_files.fitting import made_guid
from lsos.schedule_files.model import Person, Programme, Session
from lsos.schedule_files.plain_text import as_text
from lsos.schedule_files.values import cleaned
from lsos.texts import search_key

#: What a file may call somebody who leads a session.
_CHAIRS = frozenset({"chair", "moderator", "host", "moderacja", "prowadzenie"})
#: Longer names of people are cut for their key.
_KEY_LENGTH = 300


@dataclass(frozen=True)
class Source:
    """What an earlier file said of a session of the draft."""

    facts: Session
    parts: Parts
    #: The step with which it came was taken back since.
    is_undone: bool = False
    #: By the person's id, what the file calls them in it.
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """What the words of a file stand for here; a room or track that is not among them is left out.

    Attributes:
        language: of the titles and descriptions: pl or en.
        rooms: name -> id.
        tracks: name -> the part it is told by, and the id.
        kinds: kind -> id of the format.
        format_id: of sessions whose kind nobody says.
        people: key -> id.
    """

    language: str
    rooms: Mapping[str, int]
    tracks: Mapping[str, tuple[str, int]]
    kinds: Mapping[str, int]
    format_id: int
    people: Mapping[str, int]
    #: Formats that nobody signs up for: breaks and the like.
    pauses: frozenset[int] = frozenset()


def key_of(person: Person) -> str:
    """Give what tells somebody of a file from the others there; nothing where they have no name."""
    return one_line(person.key)[:_KEY_LENGTH] if one_line(person.name) else ""


def one_line(text: str) -> str:
    """Give a title or a name with single blanks, and with nothing that no database or page can hold."""
    return " ".join(cleaned(text).split())


def role_of(person: Person) -> SessionRole:
    """Say what somebody does in a session."""
    return SessionRole.CHAIR if person.role.strip().lower() in _CHAIRS else SessionRole.SPEAKER


# ---- which is which


@dataclass
class _Game:
    """Sessions of a file and of the draft, of which each finds one other at most."""

    sessions: Sequence[Session]
    found: dict[int, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def play(
        self, mine: Callable[[Session], Hashable | None], theirs: Iterable[tuple[Hashable, str]], *, is_once: bool
    ) -> None:
        """Match what has the same name on both sides; `is_once` asks that it names one on each side alone."""
        here: dict[Hashable, list[int]] = defaultdict(list)
        there: dict[Hashable, list[str]] = defaultdict(list)
        for place, session in enumerate(self.sessions):
            if place not in self.found and (name := mine(session)) is not None:
                here[name].append(place)
        for name, uid in theirs:
            if uid not in self.taken:
                there[name].append(uid)
        for name, places in here.items():
            uids = there.get(name, [])
            if is_once and not len(places) == len(uids) == 1:
                continue
            for place, uid in zip(places, uids, strict=False):
                if uid not in self.taken:
                    self.found[place] = uid
                    self.taken.add(uid)


def matched(
    programme: Programme,
    contents: Mapping[str, Content],
    sources: Mapping[str, Source],
    rooms: Mapping[str, int],
) -> dict[int, str]:
    """Say which sessions of a file are in the draft: place in the file -> uid.

    Args:
        programme: the file.
        contents: uid -> what the draft says.
        sources: uid -> what an earlier file said; those of other sessions are passed over.
        rooms: what the file's rooms are here.
    """
    sessions = programme.sessions
    known = {uid: source for uid, source in sources.items() if uid in contents}
    game = _Game(sessions)
    ours = [(made_guid("session", uid), uid) for uid in contents]
    game.play(lambda one: one.guid or None, [(source.facts.guid, uid) for uid, source in known.items()], is_once=False)
    game.play(lambda one: one.guid or None, ours, is_once=False)
    for name in ("id", "code"):
        if _is_same_file(programme, known, name):
            theirs = [(value, uid) for uid, source in known.items() if (value := _number(source.facts, name))]
            game.play(lambda one, name=name: _number(one, name), theirs, is_once=False)  # type: ignore[misc]
    game.play(
        lambda one: (search_key(named(one)), one.start, rooms.get(one.room)),
        [((title, one.starts_at, one.room_id), uid) for title, one, uid in _titles(contents)],
        is_once=False,
    )
    for place, uid in _at_the_same_time(game, contents):
        game.found[place] = uid
        game.taken.add(uid)
    nameless = [uid for uid in contents if uid not in known or not _has_name(known[uid].facts)]
    of_nameless = {uid: contents[uid] for uid in nameless}
    game.play(
        lambda one: search_key(named(one)) if not _has_name(one) else None,
        [(title, uid) for title, _, uid in _titles(of_nameless)],
        is_once=True,
    )
    return game.found


def _at_the_same_time(game: _Game, contents: Mapping[str, Content]) -> Iterator[tuple[int, str]]:
    """Match by title and time what is in another room; breaks are in many, so one on each side alone."""
    here: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    there: dict[tuple[str, datetime | None], set[str]] = defaultdict(set)
    for place, session in enumerate(game.sessions):
        if place not in game.found:
            here[search_key(named(session)), session.start].append(place)
    for title, content, uid in _titles(contents):
        if uid not in game.taken:
            there[title, content.starts_at].add(uid)
    for name, places in here.items():
        uids = there.get(name, set()) - game.taken
        if len(places) == len(uids) == 1:
            yield places[0], next(iter(uids))


def _titles(contents: Mapping[str, Content]) -> Iterator[tuple[str, Content, str]]:
    for uid, content in contents.items():
        for title in dict.fromkeys((search_key(content.title.pl), search_key(content.title.en))):
            if title:
                yield title, content, uid


def _has_name(session: Session) -> bool:
    return bool(session.guid or session.id or session.code)


def _number(session: Session, name: str) -> str | None:
    """Give an id or a code where the session has no better name."""
    value: str = getattr(session, name)
    return value if value and not session.guid else None


def _is_same_file(programme: Programme, known: Mapping[str, Source], name: str) -> bool:
    """Say whether ids of a file are those of an earlier one: two files that both count from 1 speak of other things."""
    titles: dict[str, set[str]] = defaultdict(set)
    for source in known.values():
        titles[getattr(source.facts, name)].add(search_key(source.facts.title))
    meeting = [one for one in programme.sessions if getattr(one, name) in titles]
    same = sum(search_key(one.title) in titles[getattr(one, name)] for one in meeting)
    return 2 * same >= len(meeting)


# ---- what it says


def told(session: Session, terms: Terms) -> Parts:
    """Say in the draft's terms what a file says of a session; what it does not speak of is not there."""
    begins, ends = session.start.astimezone(UTC), session.end.astimezone(UTC)
    parts: Parts = {f"title_{terms.language}": one_line(named(session))}
    if words := description(session):
        parts[f"abstract_{terms.language}"] = words
    if session.duration > timedelta():
        parts |= {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    if session.room in terms.rooms:
        parts["room_id"] = terms.rooms[session.room]
    if session.type in terms.kinds:
        parts["format_id"] = terms.kinds[session.type]
    if track := terms.tracks.get(session.track):
        parts[track[0]] = track[1]
    if language := language_of(session):
        parts["languages"] = [language]
    people = [
        [terms.people[key], role_of(one).value] for one in session.persons if (key := key_of(one)) in terms.people
    ]
    if people:
        parts["people"] = [list(pair) for pair in dict.fromkeys(map(tuple, people))]
    return parts


def description(session: Session) -> str:
    """Give all that a file says in words of a session, as one text."""
    subtitle, abstract, whole = (as_text(text) for text in (session.subtitle, session.abstract, session.description))
    if whole.startswith(abstract):
        abstract = ""
    return "\n\n".join(text for text in (subtitle, abstract, whole) if text)


def language_of(session: Session) -> str:
    """Give the code of the language that is spoken; nothing where the file does not say, or in words."""
    code = session.language.strip().lower().replace("_", "-").partition("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def new_parts(parts: Parts, terms: Terms) -> Parts:
    """Fill in what a new session has and its file does not say."""
    format_id = parts.get("format_id", terms.format_id)
    return {"format_id": format_id, "takes_signups": format_id not in terms.pauses} | parts


@dataclass(frozen=True)
class Joined:
    """What the draft says of a session once a file is read.

    Attributes:
        parts: all of it.
        kept: parts of which the file says something else than an earlier one did, and which were changed here since.
    """

    parts: Parts
    kept: tuple[str, ...] = ()


def joined(current: Content, says: Parts, source: Source | None, *, file_is_right: bool) -> Joined:
    """Put what a file says onto what the draft says.

    What the file said before, too, is no news, so that what was changed here since stays.
    """
    now = encode(current)
    news = {name: value for name, value in says.items() if not _is_said(now, name, value)}
    held: frozenset[str] = TOGETHER[0] if current.is_locked else frozenset()
    if source is None or source.is_undone or file_is_right:
        return Joined(now | {name: value for name, value in news.items() if name not in held})
    base = now | source.parts
    found = merged(base, base | news, now)
    clashing = {
        name
        for group in (*TOGETHER, *({name} for name in found.clashes))
        for name in group
        if group & set(found.clashes)
    }
    kept = clashing | (held & set(news))
    parts = {name: now.get(name) if name in kept | held else value for name, value in found.parts.items()}
    return Joined(parts, tuple(name for name in now if name in kept and found.parts.get(name) != now[name]))


def _is_said(now: Mapping[str, Any], name: str, value: Any) -> bool:
    """Say whether the draft says this already, as far as a file can tell."""
    if name == "languages":
        return set(value) <= set(now["languages"])
    for text in ("title", "abstract"):
        if name.startswith(text):
            mine = one_line(value)
            return mine in {one_line(now[f"{text}_pl"]), one_line(now[f"{text}_en"])}
    if name in {"starts_at", "ends_at"} and now[name] is not None:
        return datetime.fromisoformat(now[name]) == datetime.fromisoformat(value)
    return bool(now.get(name) == value)
