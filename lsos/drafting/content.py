"""All that an organiser may say of a session, and its one way into JSON and back.

As JSON it is flat, a text in two languages being two parts, so that two organisers who write one language each
do not touch the same part. Ids stay ids; moments are ISO 8601 in UTC. The draft, its steps and the changes of a
release hold it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from lsos.agenda.rules import Interval, SessionRole, Visibility
from lsos.texts import Bilingual

#: A content as JSON: by the name of the part.
Parts = dict[str, Any]
#: Where nobody says how long a session is meant to be.
USUAL_MINUTES = 30


@dataclass(frozen=True, order=True)
class Cast:
    """Somebody, and what they do in a session."""

    person_id: int
    role: SessionRole = SessionRole.SPEAKER


@dataclass(frozen=True)
class Content:
    """What an organiser says of a session.

    Attributes:
        code: its name in addresses; empty for a new session, which gets one.
        minutes: how long it is meant to be while it has no time.
        people: in the order in which they are named.
        partners: ids of organisations, in the order in which they are named.
        equipment: what its room must have, sorted.
        languages: codes of what is spoken in it, sorted.
        audience: ids of the kinds of participation that see it, sorted, where its visibility is "chosen".
        is_locked: it stays where it is when a programme is built.
        is_withdrawn: it does not take place; it has neither time nor room.
    """

    title: Bilingual
    format_id: int
    code: str = ""
    abstract: Bilingual = field(default_factory=Bilingual)
    focus_area_id: int | None = None
    zone_id: int | None = None
    room_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int | None = None
    seats: int | None = None
    takes_signups: bool = True
    signup_opens_at: datetime | None = None
    is_public: bool = False
    visibility: Visibility = Visibility.PUBLIC
    audience: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    people: tuple[Cast, ...] = ()
    partners: tuple[int, ...] = ()
    equipment: tuple[str, ...] = ()
    is_locked: bool = False
    is_withdrawn: bool = False

    @property
    def when(self) -> Interval | None:
        """Give its time, or None while it has none."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return Interval(self.starts_at, self.ends_at)

    @property
    def length(self) -> int:
        """Say how many minutes it takes, or is meant to take."""
        when = self.when
        if when is None:
            return self.minutes or USUAL_MINUTES
        return max(1, round((when.ends_at - when.starts_at).total_seconds() / 60))

    @property
    def person_ids(self) -> tuple[int, ...]:
        """Name everybody in it once."""
        return tuple(dict.fromkeys(one.person_id for one in self.people))


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()


def _read_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


_Way = tuple[Callable[[Any], Any], Callable[[Any], Any]]
#: How a part is written and read, where it is not written as it is.
_WAYS: Mapping[str, _Way] = {
    "starts_at": (_moment, _read_moment),
    "ends_at": (_moment, _read_moment),
    "signup_opens_at": (_moment, _read_moment),
    "languages": (list, tuple),
    "equipment": (list, tuple),
    "partners": (list, tuple),
    "visibility": (lambda visibility: visibility.value, Visibility),
    "audience": (list, tuple),
    "people": (
        lambda people: [[one.person_id, one.role.value] for one in people],
        lambda pairs: tuple(Cast(person_id, SessionRole(role)) for person_id, role in pairs),
    ),
}
_TEXTS = ("title", "abstract")


def encode(content: Content) -> Parts:
    """Write a content as JSON."""
    parts: Parts = {}
    for each in fields(Content):
        value = getattr(content, each.name)
        if each.name in _TEXTS:
            parts |= {f"{each.name}_pl": value.pl, f"{each.name}_en": value.en}
        else:
            write, _ = _WAYS.get(each.name, (None, None))
            parts[each.name] = write(value) if write else value
    return parts


def decode(parts: Mapping[str, Any]) -> Content:
    """Read a content; a part that was not known when it was written is as in a new session."""
    values: dict[str, Any] = {}
    for each in fields(Content):
        if each.name in _TEXTS:
            values[each.name] = Bilingual(parts.get(f"{each.name}_pl", ""), parts.get(f"{each.name}_en", ""))
        elif each.name in parts:
            _, read = _WAYS.get(each.name, (None, None))
            values[each.name] = read(parts[each.name]) if read else parts[each.name]
        elif each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"This is no session: it says nothing of its {each.name}.")
    return Content(**values)
