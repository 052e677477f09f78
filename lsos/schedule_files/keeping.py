"""What a format cannot say, kept beside what it can, so that nothing is lost on the way there and back.

A writer writes what its format has words for, as the schema wants it, reads that again, and compares: each field that
came back as something else is kept as it was, with a digest of what came back. A reader puts it in its place where the
digest still fits; where somebody changed the file in between, what they wrote counts.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from lsos.schedule_files.model import Day, Programme, Session
from lsos.schedule_files.values import FIRST_YEAR, LAST_YEAR, LONGEST

Kept = dict[str, Any]
T = TypeVar("T", Programme, Session)


def kept_of(original: Programme, guids: Sequence[str], back: Programme) -> Kept:
    """Give what has to stand beside a file so that it says all; empty when the file says all by itself.

    Args:
        original: what was to be written.
        guids: of its sessions, as they were written: each another one.
        back: what the file gives without anything beside it.
    """
    was = dict(zip(guids, original.sessions, strict=True))
    sessions = {session.guid: changed for session in back.sessions if (changed := _changes(was[session.guid], session))}
    kept: Kept = {"programme": _changes(original, back), "sessions": sessions}
    if [session.guid for session in back.sessions] != list(guids):
        kept["order"] = list(guids)
    return {name: value for name, value in kept.items() if value}


def restored(programme: Programme, kept: object) -> tuple[Programme, bool]:
    """Put what was kept in its place; say also whether all of it could be read."""
    if not isinstance(kept, Mapping):
        return programme, False
    by_guid, order = kept.get("sessions", {}), kept.get("order", [])
    if (
        not isinstance(by_guid, Mapping)
        or not isinstance(order, list)
        or not all(isinstance(one, str) for one in order)
    ):
        return programme, False
    places = {guid: place for place, guid in enumerate(order)}
    sessions = sorted(programme.sessions, key=lambda session: places.get(session.guid, len(places)))
    done = [_with(session, by_guid.get(session.guid, {})) for session in sessions]
    whole, is_whole = _with(programme, kept.get("programme", {}))
    return replace(whole, sessions=tuple(session for session, _ in done)), is_whole and all(fine for _, fine in done)


def plain(kind: type, name: str, value: object) -> Any:
    """Write a field of the model as JSON has it."""
    return _adapter(kind.__name__, name).dump_python(value, mode="json", exclude_defaults=True)


@lru_cache(maxsize=256)
def _adapter(kind: str, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(_KINDS[kind])[name])


_KINDS: Final[dict[str, type]] = {"Programme": Programme, "Session": Session}


def _changes(was: Programme | Session, now: Programme | Session) -> Kept:
    names = [one.name for one in fields(was) if one.name != "sessions"]
    kind = type(was)
    return {
        name: [_digest(kind, name, getattr(now, name)), plain(kind, name, getattr(was, name))]
        for name in names
        if getattr(was, name) != getattr(now, name)
    }


def _digest(kind: type, name: str, value: object) -> str:
    text = json.dumps(plain(kind, name, value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with(thing: T, changes: object) -> tuple[T, bool]:
    if not isinstance(changes, Mapping):
        return thing, False
    kind = type(thing)
    names = {one.name for one in fields(thing)} - {"sessions"}
    values: dict[str, Any] = {}
    is_whole = True
    for name, pair in changes.items():
        if name not in names or not isinstance(pair, list) or len(pair) != 2:
            is_whole = False
        elif pair[0] == _digest(kind, name, getattr(thing, name)):
            try:
                values[name] = _adapter(kind.__name__, name).validate_python(pair[1])
            except (ValidationError, RecursionError):
                is_whole = False
    sound = {name: value for name, value in values.items() if _is_sound(value)}
    return replace(thing, **sound), is_whole and len(sound) == len(values)


def _is_sound(value: object) -> bool:
    """Whether a value could have been read from a file: moments with an offset, no year or length beyond all sense."""
    match value:
        case datetime():
            return value.tzinfo is not None and FIRST_YEAR <= value.year <= LAST_YEAR
        case date():
            return FIRST_YEAR <= value.year <= LAST_YEAR
        case timedelta():
            return abs(value) <= LONGEST
        case tuple():
            return all(_is_sound(one) for one in value)
        case Day():
            return all(_is_sound(one) for one in (value.date, value.starts_at, value.ends_at))
        case _:
            return True
