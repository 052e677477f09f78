"""How changes of a draft are joined, what differs from what is released, and what may not be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lsos.errors import N_

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
    "languages": ChangeKind.OTHER,
}


class Gap(StrEnum):
    """What is wrong with a session besides what timetabling finds, in words for the organiser."""

    NO_TIME = N_("%(first)s has no time.")
    NO_ROOM = N_("%(first)s has no room.")
    NOT_TRANSLATED = N_("%(first)s is not in both languages.")
    NOT_CONFIRMED = N_("%(people)s: in %(first)s without a confirmed registration.")
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


def to_undo(steps: Sequence[Step], by_id: int) -> int | None:
    """Name the latest batch of somebody that was not undone; None when there is none."""
    undone = {step.undoes for step in steps if step.undoes is not None}
    return max(
        (step.batch for step in steps if step.by_id == by_id and step.undoes is None and step.batch not in undone),
        default=None,
    )


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


@dataclass(frozen=True)
class Clash:
    """A part that somebody else changed meanwhile, with both values, as they are kept."""

    part: str
    mine: Any
    theirs: Any
    by: str
    at: datetime
