"""What is wrong with a draft: what timetabling finds, and what only the platform knows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from flask_babel import gettext

from lsos.agenda.rules import Interval
from lsos.drafting.content import Content
from lsos.drafting.queries import Draft
from lsos.drafting.rules import Gap
from lsos.events.models import Event
from lsos.events.models import Room as RoomRow
from lsos.timetabling import interest
from lsos.timetabling.judging import conflicts
from lsos.timetabling.problem import LONGEST, SEVERITIES, Kind, Place, Problem, Room, Session, Severity, Span, Weights
from lsos.wording import listed, plain

#: How bad each gap is unless the organiser says otherwise; more sign-ups than seats cannot be.
GAP_SEVERITIES: Mapping[Gap, Severity] = {
    gap: Severity.FORBID if gap is Gap.SEATS_TAKEN else Severity.WARN for gap in Gap
}
#: With what is so bad, a programme cannot be released.
STOPPING = frozenset({Severity.FORBID, Severity.BLOCK_RELEASE})
#: The whole of a programme lies within so many days.
_DAYS = 60
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Kinds by the name under which severities are stored.
KINDS: Mapping[str, Kind | Gap] = {kind.name.lower(): kind for kind in (*Kind, *Gap)}


@dataclass(frozen=True)
class Found:
    """Something wrong with one session, or between two.

    Attributes:
        kind: its name, as severities are stored under it.
        uids: one or two sessions, the earlier first.
        room_id: where, if it has to do with a room.
        message: the sentence, a gettext id.
        values: what fills it, with names in the language of the moment.
    """

    kind: str
    severity: Severity
    uids: tuple[str, ...]
    room_id: int | None
    message: str
    values: Mapping[str, str]

    @property
    def words(self) -> str:
        """Say it in the language of the moment."""
        return str(gettext(self.message, **self.values))

    @property
    def stops_release(self) -> bool:
        """Say whether a programme with it cannot be released."""
        return self.severity in STOPPING

    @property
    def key(self) -> tuple[str, tuple[str, ...], int | None]:
        """Give what makes it the same conflict in two states of a draft."""
        return self.kind, self.uids, self.room_id


def usual_severity(kind: Kind | Gap) -> Severity:
    """Say how bad a kind is unless the organiser says otherwise.

    What a good programme never has may be in a draft, or else two sessions could not change places one after the
    other; it stops a release.
    """
    if isinstance(kind, Gap):
        return GAP_SEVERITIES[kind]
    return Severity.BLOCK_RELEASE if SEVERITIES[kind] is Severity.FORBID else SEVERITIES[kind]


def severity_of(draft: Draft, kind: Kind | Gap) -> Severity:
    """Say how bad a kind is at the event of a draft."""
    return draft.severities.get(kind.name.lower(), usual_severity(kind))


def minute(moment: datetime) -> int:
    """Count the minutes to a moment, as timetabling does here: since 1970 in UTC."""
    return int((moment - _EPOCH) // _MINUTE)


def moment(minutes: int) -> datetime:
    """Give the moment of a minute."""
    return _EPOCH + minutes * _MINUTE


def window(event: Event) -> Span:
    """Give the stretch of time in which sessions of an event can be: its days, with one before and one after."""
    zone = ZoneInfo(event.timezone)
    first = datetime.combine(event.starts_on - timedelta(days=1), time(), zone)
    last = min(event.ends_on + timedelta(days=2), event.starts_on + timedelta(days=_DAYS))
    return Span(minute(first), minute(datetime.combine(last, time(), zone)))


def _span(stretch: Interval, within: Span) -> Span | None:
    start, end = max(minute(stretch.starts_at), within.start), min(minute(stretch.ends_at), within.end)
    return Span(start, end) if start < end else None


def _spans(stretches: list[Interval], within: Span) -> tuple[Span, ...]:
    return tuple(span for stretch in stretches if (span := _span(stretch, within)) is not None)


def _nowhere(uid: str) -> str:
    """Name the room of its own that stands for the one a session has not got."""
    return f"-{uid}"


def place_of(uid: str, content: Content, within: Span, room_keys: frozenset[str]) -> Place | None:
    """Say where a content puts a session, for timetabling; None without a time within the event."""
    when = content.when
    if when is None or content.is_withdrawn:
        return None
    start = minute(when.starts_at)
    if start < within.start or start + content.length > within.end:
        return None
    key = str(content.room_id)
    return Place(key if key in room_keys else _nowhere(uid), start)


def problem_of(draft: Draft, *, with_audiences: bool = True) -> Problem:
    """Give timetabling a draft: rooms and sessions by id and uid, a room of its own for each that has none.

    Without `with_audiences` only sessions at the same time are asked who wants both, which is all that judging needs.
    """
    within = window(draft.event)
    keys = frozenset(str(room.id) for room in draft.rooms)
    taking_place = {uid: content for uid, content in draft.contents.items() if not content.is_withdrawn}
    things = {word.casefold(): word for room in draft.rooms for word in room.equipment}

    def named_alike(words: Iterable[str]) -> frozenset[str]:
        return frozenset(things.get(word.casefold(), word) for word in words)

    sessions = []
    for uid, content in taking_place.items():
        place = place_of(uid, content, within, keys)
        there = draft.released.get(uid)
        sessions.append(
            Session(
                key=uid,
                minutes=min(content.length, LONGEST),
                track=str(content.focus_area_id) if content.focus_area_id else None,
                people=tuple(str(one) for one in content.person_ids),
                audience=len(draft.fans[uid]) if uid in draft.fans else None,
                equipment=named_alike(content.equipment),
                place=place,
                locked=content.is_locked and place is not None,
                released=place_of(uid, there, within, keys) if there else None,
            )
        )
    named = {place.room for each in sessions for place in (each.place, each.released) if place}
    rooms = [
        Room(
            key=str(room.id),
            open=_spans(draft.hours[room.id], within) if room.id in draft.hours else (within,),
            capacity=room.capacity,
            equipment=named_alike(room.equipment),
        )
        for room in draft.rooms
    ]
    rooms += [Room(key=key, open=(within,)) for key in sorted(named - keys)]
    return Problem(
        rooms=rooms,
        sessions=sessions,
        away={str(one): _spans(stretches, within) for one, stretches in draft.away.items()},
        audiences=_audiences(draft, taking_place) if with_audiences else _rivals(draft, taking_place),
        room_buffer=draft.buffers.room,
        person_buffer=draft.buffers.person,
        severities={kind: severity_of(draft, kind) for kind in Kind},
    )


def wishes_beside(draft: Draft, sessions: Iterable[str], uid: str) -> tuple[dict[tuple[str, str], float], Weights]:
    """Say who wants one session and another of these, and weigh that so that each pair costs what it costs among all.

    That is enough where one session alone is placed.
    """
    fans = {other: draft.fans[other] for other in sessions if other in draft.fans}
    mine = fans.get(uid, frozenset())
    found = {(uid, other): float(both) for other, them in fans.items() if other != uid and (both := len(mine & them))}
    wishes = Counter(chain.from_iterable(fans.values()))
    whole = sum(number * (number - 1) for number in wishes.values()) / 2
    usual = Weights()
    return found, replace(usual, audience=usual.audience * (sum(found.values()) / whole if whole else 1.0))


def _audiences(draft: Draft, contents: Mapping[str, Content]) -> dict[tuple[str, str], float]:
    wanted: dict[int, list[str]] = {}
    for uid in contents:
        for registration_id in draft.fans.get(uid, ()):
            wanted.setdefault(registration_id, []).append(uid)
    return interest.audiences(interest.Wish(tuple(uids)) for uids in wanted.values())


def _rivals(draft: Draft, contents: Mapping[str, Content]) -> dict[tuple[str, str], float]:
    timed = sorted(
        ((when, uid) for uid, content in contents.items() if (when := content.when) and uid in draft.fans),
    )
    found = {}
    for place, (when, uid) in enumerate(timed):
        for other_when, other in timed[place + 1 :]:
            if other_when.starts_at >= when.ends_at:
                break
            both = len(draft.fans[uid] & draft.fans[other])
            if both:
                found[uid, other] = float(both)
    return found


def conflicts_of(draft: Draft, problem: Problem | None = None) -> list[Found]:
    """List what is wrong with a draft, the worst first, what is ignored left out.

    Whoever has put it to timetabling already, with audiences or without, gives that.
    """
    problem = problem or problem_of(draft, with_audiences=False)
    places = {each.key: each.place for each in problem.sessions if each.place is not None}
    rooms = {str(room.id): room for room in draft.rooms}
    found = []
    for each in conflicts(problem, places):
        room = rooms.get(each.room or "")
        titles = [plain(draft.contents[uid].title) for uid in each.sessions]
        values = each.values | {
            "first": titles[0],
            "second": titles[-1],
            "room": plain(room.name) if room else "",
            "people": listed(draft.names.get(int(one), "") for one in each.people),
            "equipment": listed(each.equipment),
        }
        kind = each.kind
        found.append(
            Found(kind.name.lower(), each.severity, each.sessions, room.id if room else None, kind.value, values)
        )
    found += [each for each in _gaps(draft) if each.severity is not Severity.IGNORE]
    order = {severity: number for number, severity in enumerate(Severity)}
    return sorted(found, key=lambda each: order[each.severity])


def _gaps(draft: Draft) -> Iterator[Found]:
    rooms = {room.id: room for room in draft.rooms}
    for uid, content in draft.contents.items():
        if content.is_withdrawn:
            continue
        room = rooms.get(content.room_id or 0)
        for gap, values in _gaps_of(draft, uid, content, room):
            known = {"first": plain(content.title), "room": plain(room.name) if room else ""} | values
            yield Found(gap.name.lower(), severity_of(draft, gap), (uid,), content.room_id, gap.value, known)


def _gaps_of(draft: Draft, uid: str, content: Content, room: RoomRow | None) -> Iterator[tuple[Gap, dict[str, str]]]:
    when = content.when
    if when is None:
        yield Gap.NO_TIME, {}
    if room is None:
        yield Gap.NO_ROOM, {}
    if content.title.missing() or content.abstract.missing():
        yield Gap.NOT_TRANSLATED, {}
    absent = [draft.names[one] for one in content.person_ids if one in draft.names and one not in draft.confirmed]
    if absent:
        yield Gap.NOT_CONFIRMED, {"people": listed(absent)}
    unsure = [draft.names[one] for one in content.person_ids if one in draft.names and one in draft.unsure.get(uid, ())]
    if unsure:
        yield Gap.NOT_AGREED, {"people": listed(unsure)}
    seats = content.seats
    if seats is not None and room is not None and room.capacity is not None and seats > room.capacity:
        yield Gap.SEATS_OVER_ROOM, {"need": str(seats), "have": str(room.capacity)}
    taken = draft.signed_up.get(uid, 0)
    if seats is not None and taken > seats:
        yield Gap.SEATS_TAKEN, {"need": str(taken), "have": str(seats)}
    if when is not None:
        busy = [
            draft.names.get(one, "")
            for one in content.person_ids
            if any(when.overlaps(meeting) for meeting in draft.meetings.get(one, ()))
        ]
        if busy:
            yield Gap.MEETINGS, {"people": listed(busy)}


def forbidden_anew(before: Draft, after: Draft, uids: frozenset[str]) -> list[Found]:
    """List what is forbidden in a draft and was not so before, of these sessions."""
    known = {each.key for each in conflicts_of(before) if each.severity is Severity.FORBID}
    return [
        each
        for each in conflicts_of(after)
        if each.severity is Severity.FORBID and each.key not in known and uids & set(each.uids)
    ]
