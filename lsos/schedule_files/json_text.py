"""JSON read strictly and within bounds, and the line of anything in it."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from lsos.errors import N_
from lsos.schedule_files.wrong import WrongFile

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_HALF: Final = re.compile("[\ud800-\udfff]")
_AHEAD: Final = json.JSONDecoder()


def loads(text: str) -> Any:
    """Read JSON; where a name stands twice in an object, lists are joined, so that no session is lost.

    Raises:
        WrongFile: it is none, or holds what JSON cannot mean.
    """
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise WrongFile(
            N_("Line %(line)s, column %(column)s: this is no JSON that can be read: %(why)s."),
            line=error.lineno,
            column=error.colno,
            why=error.msg,
        ) from None
    except (RecursionError, ValueError):
        raise WrongFile(N_("The file is nested too deeply, or holds a number with too many digits.")) from None
    return _whole(found) if _HALF.search(text) or "\\ud" in text.lower() else found


def children(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """Give what is in the object or list at a place of sound JSON: its name or number, and where it begins."""
    is_object = text[at] == "{"
    place, number = _blank(text, at + 1), 0
    while text[place] not in "]}":
        name: str | int = number
        if is_object:
            name, place = _AHEAD.raw_decode(text, place)
            place = _blank(text, _blank(text, place) + 1)
        yield name, place
        place = _blank(text, _AHEAD.raw_decode(text, place)[1])
        place = _blank(text, place + 1) if text[place] == "," else place
        number += 1


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found = {}
        for name, value in pairs:
            before = found.get(name)
            if isinstance(before, list) and isinstance(value, list):
                found[name] = before + value
            elif name in found and before != value:
                raise WrongFile(N_("%(field)s: the name stands twice in one object, with two values."), field=name)
            else:
                found[name] = value
    return found


def _no_number(what: str) -> NoReturn:
    raise WrongFile(N_("%(value)s stands for a number, which is no JSON."), value=what)


def _whole(value: Any) -> Any:
    """Replace halves of letters, which no file can be written with."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return value
