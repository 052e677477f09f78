"""How changes of a draft are joined, what differs from what is released, and what may not be."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from lsos.errors import N_

#: So long people are left in peace: releases shortly after each other make one letter.
QUIET = timedelta(minutes=30)
#: Parts that say one thing together: who changed one of them changed all.
TOGETHER: tuple[frozenset[str], ...] = (frozenset({"room_id", "starts_at", "ends_at"}),)


class ChangeKind(StrEnum):
    """What a release changes of a session, as the public change log names it."""

    NEW = "new"
    WITHDRAWN = "withdrawn"
    BACK = "back"
    TIME = "time"
    ROOM = "room"
    PEOPLE = "people"
    WORDS = "words"
    OTHER = "other"


#: By the part that differs, what kind of change that is; what is not here is no matter of the public.
KINDS: Mapping[str, ChangeKind] = {
    "starts_at": ChangeKind.TIME,
    "ends_at": ChangeKind.TIME,
    "room_id": ChangeKind.ROOM,
    "people": ChangeKind.PEOPLE,
    "partners": ChangeKind.PEOPLE,
    "title_pl": ChangeKind.WORDS,
    "title_en": ChangeKind.WORDS,
    "abstract_pl": ChangeKind.WORDS,
    "abstract_en": ChangeKind.WORDS,
    "format_id": ChangeKind.OTHER,
    "focus_area_id": ChangeKind.OTHER,
    "zone_id": ChangeKind.OTHER,
    "seats": ChangeKind.OTHER,
    "takes_signups": ChangeKind.OTHER,
    "signup_opens_at": ChangeKind.OTHER,
    "languages": ChangeKind.OTHER,
}


class Gap(StrEnum):
    """What is wrong with a session besides what timetabling finds, in words for the organiser."""

    NO_TIME = N_("%(first)s has no time.")
    NO_ROOM = N_("%(first)s has no room.")
    NOT_TRANSLATED = N_("%(first)s is not in both languages.")
    NOT_CONFIRMED = N_("%(people)s: in %(first)s without a confirmed registration.")
    NOT_AGREED = N_("%(people)s: in %(first)s without having confirmed its proposal.")
    SEATS_OVER_ROOM = N_("%(first)s has %(need)s seats, and %(room)s holds %(have)s people.")
    SEATS_TAKEN = N_("%(need)s people have signed up for %(first)s, and it would have %(have)s seats.")
    MEETINGS = N_("%(people)s: 1:1 meetings during %(first)s.")


class DraftRefusal(StrEnum):
    """Why the draft is not changed as asked, in words for the organiser."""

    CHANGED = N_("%(name)s changed this session meanwhile. Look at what is different, and save again.")
    GONE = N_("This session is not in the draft any more: %(name)s took it out.")
    WITHDRAWN = N_("This session is withdrawn. Bring it back first.")
    LOCKED = N_("This session is locked where it is. Unlock it first.")
    FORBIDDEN = N_("This is forbidden here: %(conflict)s")
    NOTHING_TO_UNDO = N_("There is nothing of yours to undo.")
    CODE_TAKEN = N_("Another session has this code already.")
    CODE_STAYS = N_("The code of a session that is released cannot change, since addresses hold it.")


@dataclass(frozen=True)
class Merged:
    """What comes of a wish that was made on an older state.

    Attributes:
        parts: the state of now with what was wished.
        clashes: parts that both changed, each to something else, in their order.
    """

    parts: dict[str, Any]
    clashes: tuple[str, ...]


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Name the parts in which two contents differ, in their order."""
    names = dict.fromkeys([*one, *other])
    return [name for name in names if one.get(name) != other.get(name)]


def merged(base: Mapping[str, Any], wish: Mapping[str, Any], current: Mapping[str, Any]) -> Merged:
    """Put what a wish changes of its base onto what is there now.

    Parts that nobody else changed meanwhile are taken over; what others changed and the wish left alone stays.
    Parts that say one thing together are one.
    """
    mine = set(differing(base, wish))
    theirs = set(differing(base, current))
    clashes: set[str] = set()
    for group in (*TOGETHER, *({name} for name in mine)):
        if mine & group and theirs & group and any(wish.get(name) != current.get(name) for name in group):
            clashes |= {name for name in group if wish.get(name) != current.get(name)}
    parts = {**current, **{name: wish[name] for name in mine if name in wish}}
    return Merged(parts, tuple(name for name in dict.fromkeys([*base, *wish]) if name in clashes))


@dataclass(frozen=True)
class Step:
    """A step of a draft, as undoing sees it."""

    number: int
    batch: int
    by_id: int | None
    undoes: int | None
    uid: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def can_be_undone(step: Step, now: Mapping[str, Any] | None) -> bool:
    """Say whether a step can be taken back: nobody changed the same since. `now` is what the draft says, or None."""
    if now is None or step.after is None:
        return now is None and step.after is None and step.before is not None
    if step.before is None:
        return now == step.after
    return not merged(step.after, step.before, now).clashes


def to_undo(steps: Sequence[Step], by_id: int, now: Callable[[str], Mapping[str, Any] | None]) -> int | None:
    """Name the latest batch of somebody that was not undone and can be; where none can be, the latest of all.

    None when there is none. `now` gives what the draft says of a session, by its uid.
    """
    undone = {step.undoes for step in steps if step.undoes is not None}
    mine: dict[int, list[Step]] = {}
    for step in steps:
        if step.by_id == by_id and step.undoes is None and step.batch not in undone:
            mine.setdefault(step.batch, []).append(step)
    latest_first = sorted(mine, reverse=True)
    possible = (batch for batch in latest_first if all(can_be_undone(step, now(step.uid)) for step in mine[batch]))
    return next(possible, latest_first[0] if latest_first else None)


def change_kinds(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[ChangeKind]:
    """Say what a release changes of a session, for its readers; None: it was never released."""
    was_there = before is not None and not before.get("is_withdrawn")
    is_there = not after.get("is_withdrawn")
    if before is None:
        if is_there:
            yield ChangeKind.NEW
    elif was_there and not is_there:
        yield ChangeKind.WITHDRAWN
    elif not was_there and is_there:
        yield ChangeKind.BACK
    elif is_there:
        found = {KINDS[name] for name in differing(before, after) if name in KINDS}
        yield from (kind for kind in ChangeKind if kind in found)


class Tie(StrEnum):
    """Why a session is somebody's."""

    PERSON = "person"
    SIGNUP = "signup"
    #: They waited for a seat, and the release hides the session from them.
    LOST = "lost"
    STAR = "star"


#: Changes that whoever wants to be in a session has to hear of, and those that its speakers hear of besides.
_HEARD = frozenset({ChangeKind.TIME, ChangeKind.ROOM, ChangeKind.WITHDRAWN, ChangeKind.BACK})
_HEARD_BY_SPEAKERS = _HEARD | {ChangeKind.NEW, ChangeKind.PEOPLE}


def is_told(tie: Tie, kinds: Iterable[ChangeKind]) -> bool:
    """Say whether somebody with this tie to a session is told of what changes of it."""
    if tie is Tie.LOST:
        return False
    return not (_HEARD_BY_SPEAKERS if tie is Tie.PERSON else _HEARD).isdisjoint(kinds)


def letters_wait(days: Collection[date], zone: str, now: datetime) -> timedelta:
    """Say how long after a release its letters leave: what is released until then goes with them.

    On the days of the event nobody waits.
    """
    return timedelta() if now.astimezone(ZoneInfo(zone)).date() in days else QUIET


class ReleaseRefusal(StrEnum):
    """Why a programme is not released, in words for the organiser."""

    NOTHING = N_("The draft is what is released already, so there is nothing to release.")
    CHANGED = N_("The draft was changed since you looked at it. Look once more at what would be released.")
    CONFLICTS = N_("There are conflicts that stop a release. Solve them, or set how bad they are.")
    NO_NAME = N_("Give the release a name in at least one language.")


def release_refusal(
    *, has_name: bool, is_different: bool, is_first: bool, is_as_seen: bool, has_conflicts: bool
) -> ReleaseRefusal | None:
    """Say why a draft may not be released now; None when it may.

    The first release may name what is there already.
    """
    if not is_as_seen:
        return ReleaseRefusal.CHANGED
    if not has_name:
        return ReleaseRefusal.NO_NAME
    if not is_different and not is_first:
        return ReleaseRefusal.NOTHING
    return ReleaseRefusal.CONFLICTS if has_conflicts else None


@dataclass(frozen=True)
class Clash:
    """A part that somebody else changed meanwhile, with both values, as they are kept."""

    part: str
    mine: Any
    theirs: Any
    by: str
    at: datetime
