"""What is wrong in a programme: told with words, in the order of the programme, and never mended in silence."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Final

from lsos.calendar_reading import Wrong
from lsos.errors import N_
from lsos.schedule_files.model import Day, Programme, Session, known_zone

#: Of each kind so many are told; a file in which everything clashes with everything would not end.
MOST_OF_A_KIND: Final = 500


class Kind(StrEnum):
    """What can be wrong, in words for whoever brings the programme."""

    LEFT_OUT_UNREADABLE = N_(
        "Line %(line)s: the session %(session)s is left out. Its %(field)s cannot be read: %(value)s."
    )
    LEFT_OUT_MISSING = N_("Line %(line)s: the session %(session)s is left out. Its %(field)s is missing.")
    LEFT_OUT_NO_SESSION = N_("Line %(line)s: what stands there is no session, so it is left out.")
    LEFT_OUT_CANCELLED = N_("Line %(line)s: %(session)s is cancelled, so it is left out.")
    DAY_UNREADABLE = N_("Line %(line)s: the day has no date that can be read: %(value)s.")
    DAY_REPEATED = N_("Line %(line)s: the day of %(day)s has no number of its own, so it is now number %(num)s.")
    NO_OFFSET = N_("Times say no offset from UTC. They are read as times in %(zone)s.")
    START_AT_ODDS = N_("Line %(line)s: %(session)s starts at %(date)s by its date, at %(start)s by its start.")
    END_AT_ODDS = N_("Line %(line)s: %(session)s ends at %(end)s, which its duration of %(duration)s does not give.")
    ROOM_AT_ODDS = N_("Line %(line)s: %(session)s stands in the room %(room)s, but names the room %(named)s.")
    EXTRA_UNREADABLE = N_("What an earlier export kept beside the programme cannot be read. The programme itself can.")

    NO_ZONE = N_("The programme names no time zone.")
    UNKNOWN_ZONE = N_("There is no time zone %(zone)s.")
    OFFSET_AT_ODDS = N_("%(session)s is at %(start)s, but clocks in %(zone)s then show %(clock)s.")
    NO_TITLE = N_("The session at %(start)s in the room %(room)s has no title.")
    NO_ROOM = N_("%(session)s has no room.")
    NO_LENGTH = N_("%(session)s takes no time at all.")
    NEGATIVE_LENGTH = N_("%(session)s ends before it starts.")
    NO_DAY = N_("%(session)s, %(start)s, belongs to no day of the programme.")
    OUTSIDE_DAY = N_(
        "%(session)s, from %(start)s to %(end)s, is outside its day, which is from %(opens)s to %(closes)s."
    )
    DAY_AT_ODDS = N_("%(session)s, %(start)s, stands under the day %(day)s.")
    SAME_ID = N_("%(first)s and %(second)s have the same %(field)s: %(value)s.")
    ROOM_TWICE = N_("%(first)s and %(second)s are in the room %(room)s at the same time, %(start)s.")
    PERSON_TWICE = N_("%(person)s is in %(first)s and in %(second)s at the same time, %(start)s.")
    MORE = N_("There are more of this kind; only the first %(num)s are told.")


#: What is not in the programme after it.
_LEFT_OUT: Final = frozenset(
    {
        Kind.LEFT_OUT_UNREADABLE,
        Kind.LEFT_OUT_MISSING,
        Kind.LEFT_OUT_NO_SESSION,
        Kind.LEFT_OUT_CANCELLED,
        Wrong.NO_ENTRY,
        Wrong.NO_START,
        Wrong.NO_END,
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its kind, the values of its sentence, and its sessions by their place."""

    kind: Kind | Wrong
    details: Mapping[str, object] = field(default_factory=dict)
    sessions: tuple[int, ...] = ()

    @property
    def is_left_out(self) -> bool:
        """Whether something of the file is not in the programme."""
        return self.kind in _LEFT_OUT

    @property
    def words(self) -> str:
        """The sentence, in English."""
        return self.kind % self.details if self.details else str(self.kind)


def look(programme: Programme) -> tuple[Finding, ...]:
    """Say what is wrong in a programme, by kind; at most `MOST_OF_A_KIND` of each, and `MORE` after them."""
    days = {day.index: day for day in programme.days}
    checks: list[Iterable[Finding]] = [
        _of_zone(programme),
        *(_each(programme, check) for check in (_title, _room, _length, _offset)),
        _each(programme, lambda which, session, of: _day(which, session, of, days)),
        chain.from_iterable(_same(programme, name) for name in ("guid", "id", "code")),
        _clashes(programme, Kind.ROOM_TWICE, "room", lambda session: {session.room: session.room}),
        _clashes(
            programme,
            Kind.PERSON_TWICE,
            "person",
            lambda session: {person.key: person.name for person in session.persons},
        ),
    ]
    return tuple(chain.from_iterable(_bounded(found) for found in checks))


def shown(moment: datetime) -> str:
    """Write a moment as the programme shows it."""
    return f"{moment:%Y-%m-%d %H:%M}"


def named(session: Session) -> str:
    """Name a session in a sentence."""
    return session.title.strip() or session.id or session.guid or session.code or shown(session.start)


_Check = Callable[[int, Session, Programme], Iterator[Finding]]


def _each(programme: Programme, check: _Check) -> Iterator[Finding]:
    for which, session in enumerate(programme.sessions):
        yield from check(which, session, programme)


def _bounded(found: Iterable[Finding]) -> Iterator[Finding]:
    for count, finding in enumerate(found):
        if count == MOST_OF_A_KIND:
            yield Finding(Kind.MORE, {"num": MOST_OF_A_KIND})
            return
        yield finding


def _of_zone(programme: Programme) -> Iterator[Finding]:
    if not programme.zone:
        yield Finding(Kind.NO_ZONE)
    elif known_zone(programme.zone) is None:
        yield Finding(Kind.UNKNOWN_ZONE, {"zone": programme.zone})


def _title(which: int, session: Session, _of: Programme) -> Iterator[Finding]:
    if not session.title.strip():
        yield Finding(Kind.NO_TITLE, {"start": shown(session.start), "room": session.room}, (which,))


def _room(which: int, session: Session, _of: Programme) -> Iterator[Finding]:
    if not session.room.strip():
        yield Finding(Kind.NO_ROOM, {"session": named(session)}, (which,))


def _length(which: int, session: Session, _of: Programme) -> Iterator[Finding]:
    if session.duration <= timedelta():
        kind = Kind.NEGATIVE_LENGTH if session.duration < timedelta() else Kind.NO_LENGTH
        yield Finding(kind, {"session": named(session)}, (which,))


def _offset(which: int, session: Session, programme: Programme) -> Iterator[Finding]:
    zone = known_zone(programme.zone)
    if zone is not None and session.start.astimezone(zone).utcoffset() != session.start.utcoffset():
        details = {
            "session": named(session),
            "start": session.start.isoformat(sep=" ", timespec="minutes"),
            "zone": programme.zone,
            "clock": shown(session.start.astimezone(zone)),
        }
        yield Finding(Kind.OFFSET_AT_ODDS, details, (which,))


def _day(which: int, session: Session, programme: Programme, days: Mapping[int, Day]) -> Iterator[Finding]:
    day = days.get(session.day)
    details: dict[str, object] = {"session": named(session), "start": shown(session.start)}
    if day is None:
        yield Finding(Kind.NO_DAY, details, (which,))
    elif day.starts_at is not None and day.ends_at is not None:
        if session.start < day.starts_at or max(session.start, session.end) > day.ends_at:
            details |= {"end": shown(session.end), "opens": shown(day.starts_at), "closes": shown(day.ends_at)}
            yield Finding(Kind.OUTSIDE_DAY, details, (which,))
    elif programme.day_of(session.start) != day.date:
        yield Finding(Kind.DAY_AT_ODDS, details | {"day": day.date.isoformat()}, (which,))


def _same(programme: Programme, name: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for which, session in enumerate(programme.sessions):
        value = getattr(session, name)
        if not value:
            continue
        before = seen.setdefault(value, which)
        if before != which:
            first, second = named(programme.sessions[before]), named(session)
            yield Finding(
                Kind.SAME_ID, {"first": first, "second": second, "field": name, "value": value}, (before, which)
            )


def _clashes(
    programme: Programme, kind: Kind, what: str, of: Callable[[Session], Mapping[str, str]]
) -> Iterator[Finding]:
    """Tell every two sessions that share something at the same time, each two once."""
    sharing: dict[str, list[int]] = defaultdict(list)
    names: dict[str, str] = {}
    for which, session in enumerate(programme.sessions):
        if session.duration <= timedelta():
            continue
        for key, name in of(session).items():
            if key:
                sharing[key].append(which)
                names.setdefault(key, name)
    for key, all_of_it in sharing.items():
        for before, which in _overlaps(programme.sessions, all_of_it):
            one, other = programme.sessions[before], programme.sessions[which]
            details = {"first": named(one), "second": named(other), what: names[key], "start": shown(other.start)}
            yield Finding(kind, details, (before, which))


def _overlaps(sessions: Sequence[Session], some: Iterable[int]) -> Iterator[tuple[int, int]]:
    running: list[int] = []
    for which in sorted(some, key=lambda one: (sessions[one].start, one)):
        start = sessions[which].start
        running = [before for before in running if sessions[before].end > start]
        for before in running:
            yield before, which
        running.append(which)
