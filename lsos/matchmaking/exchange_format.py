"""Instances and solutions as JSON: docs/instance-format.md says what each field means.

What is read comes from anybody, so everything is looked at, and what is wrong is told with its field and place:
`pairs[17]: 9 is not one of the people 0 to 7`. Fields that are not known here are left alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from math import isfinite
from operator import gt
from pathlib import Path
from typing import Any, Final, TypeVar

from lsos.matchmaking.days import DayWeights, DayWish, Half
from lsos.matchmaking.problem import Limit, Pair, Placed, Problem

INSTANCE: Final = "meeting-instance/1"
SOLUTION: Final = "meeting-solution/1"
#: More slots than any event has; a wrong number is told instead of filling the memory.
MOST_SLOTS: Final = 10_000

Document = Mapping[str, Any]
T = TypeVar("T")


class WrongFile(ValueError):
    """A file that does not say what it should; the words name the field, its place, and what is wrong there."""


def read_json(path: Path) -> Document:
    """Read a file that holds one JSON object.

    Raises:
        WrongFile: it cannot be read, or is something else; the words name the file and the place.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise WrongFile(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise WrongFile(f"{path} is not text in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise WrongFile(f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except (RecursionError, ValueError):
        raise WrongFile(f"{path} is nested too deeply, or holds a number with too many digits.") from None
    if not isinstance(found, dict):
        raise WrongFile(f"{path} holds no JSON object.")
    return found


def problem_of(document: Document, *, bonus: Sequence[float] | None = None) -> Problem:
    """Read an instance; people are named by their place in it.

    Args:
        document: the JSON object of a `meeting-instance/1`.
        bonus: takes the place of the instance's own.

    Raises:
        WrongFile: a field is missing or wrong. Whether all that is said can hold together, `solve` says.
    """
    _format(document, INSTANCE)
    slots = _whole("slots", _field(document, "slots"), most=MOST_SLOTS)
    days = tuple(_list("days", document.get("days") or ([slots] if slots else []), _whole))
    if sum(days) != slots:
        raise WrongFile(f"days: they have {sum(days)} slots together, but slots is {slots}.")
    available, caps = _people(_field(document, "participants"), slots)
    people = len(available)
    pairs = _pairs(_field(document, "pairs"), people)

    def among_pairs(field: str) -> frozenset[Pair]:
        return _those_among(pairs, field, document.get(field) or [], people)

    locked = _meetings("locked", document.get("locked") or [], people, slots, widths=(3,), once=False)
    _those_among(pairs, "locked", [[a, b] for a, b, _ in locked], people, once=False)
    return Problem(
        slots=slots,
        tables=_tables(_field(document, "tables"), slots),
        available=available,
        pairs=pairs,
        caps=caps,
        locked=locked,
        first_meeting_bonus=_bonus(document.get("bonus") or [] if bonus is None else bonus),
        days=days,
        forbidden=frozenset(pair for _, pair, _ in _rows("forbidden", document.get("forbidden") or [], people, (2,))),
        musts=among_pairs("musts"),
        musts_are_hard=_truth("musts_are_hard", document.get("musts_are_hard", False)),
        limits=tuple(
            _list("limits", document.get("limits") or [], lambda where, each: _limit(where, each, people, slots))
        ),
        alternatives=tuple(
            _list(
                "alternatives",
                document.get("alternatives") or [],
                lambda where, group: _those_among(pairs, where, group, people),
            )
        ),
        without_table=among_pairs("without_table"),
        wishes={
            place: _wish(f"participants[{place}].wish", person["wish"], slots)
            for place, person in enumerate(document["participants"])
            if person.get("wish")
        },
        day_weights=_day_weights(document.get("day_weights") or {}),
        mornings=_mornings(document.get("mornings") or [], days),
        leeway=_share("leeway", document.get("leeway", 0)),
    )


def meetings_of(document: Document, problem: Problem, *, once: bool = True) -> tuple[Placed, ...]:
    """Read the meetings of a solution, an older one too: people and slots must be there, the rest need not hold now.

    Args:
        document: the JSON object of a `meeting-solution/1`.
        problem: what it is a solution of.
        once: whether two people may be in it only once.

    Raises:
        WrongFile: a field is missing or wrong; the words name field and place.
    """
    _format(document, SOLUTION)
    rows = _field(document, "meetings")
    return _meetings("meetings", rows, len(problem.available), problem.slots, widths=(3, 4), once=once)


def tables_in(document: Document) -> dict[Placed, int]:
    """Give the tables that a solution, read without fault by `meetings_of`, names for its meetings."""
    return {(a, b, slot): table[0] for a, b, slot, *table in document["meetings"] if table}


def solution_document(
    instance: str, meetings: Sequence[Placed], *, tables: Mapping[Placed, int] | None = None
) -> dict[str, object]:
    """Write a solution.

    Args:
        instance: the name of the instance.
        meetings: (a, b, slot).
        tables: meeting -> number of its table, counted from 0; None where tables were not given out.
    """
    rows = [[*meeting, tables[meeting]] if tables and meeting in tables else [*meeting] for meeting in meetings]
    return {"format": SOLUTION, "instance": instance, "meetings": rows}


def _format(document: Document, wanted: str) -> None:
    found = document.get("format", wanted)
    if found != wanted:
        raise WrongFile(f"format: it is {_shown(found)}, not {_shown(wanted)}.")


def _field(document: Document, name: str, where: str = "") -> Any:
    if name not in document:
        raise WrongFile(f"{where}{where and '.'}{name}: it is missing.")
    return document[name]


def _shown(value: object) -> str:
    """Show a wrong value, but not a whole wrong file."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_number(value: object) -> bool:
    #: JSON's true and false are numbers to Python.
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _whole(where: str, value: object, *, most: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongFile(f"{where}: {_shown(value)} is no whole number from 0.")
    if most is not None and value > most:
        raise WrongFile(f"{where}: {value} is more than {most}.")
    return value


def _share(where: str, value: Any) -> float:
    if not _is_number(value) or not 0 <= value < 1:
        raise WrongFile(f"{where}: {_shown(value)} is no number from 0 to below 1.")
    return float(value)


def _truth(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongFile(f"{where}: {_shown(value)} is neither true nor false.")
    return value


def _list(where: str, value: object, read: Callable[[str, Any], T]) -> list[T]:
    if not isinstance(value, list):
        raise WrongFile(f"{where}: it is no list.")
    return [read(f"{where}[{place}]", each) for place, each in enumerate(value)]


def _below(where: str, value: object, count: int, kind: str) -> int:
    """Read the number of a person or of a slot."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        raise WrongFile(f"{where}: {_shown(value)} is not one of the {kind} 0 to {count - 1}.")
    return value


def _tables(value: object, slots: int) -> list[int]:
    """Read the number of tables: one for all slots, or a list with one for each."""
    if not isinstance(value, list):
        return [_whole("tables", value)] * slots
    if len(value) != slots:
        raise WrongFile(f"tables: there are {len(value)} numbers for {slots} slots.")
    return _list("tables", value, _whole)


def _people(value: object, slots: int) -> tuple[dict[int, frozenset[int]], dict[int, int]]:
    """Read for each person when they can meet, and their most meetings."""
    available: dict[int, frozenset[int]] = {}
    caps: dict[int, int] = {}

    def read(where: str, person: object) -> None:
        place = len(available)
        if not isinstance(person, dict):
            raise WrongFile(f"{where}: it is no JSON object.")
        if person.get("id", place) != place:
            raise WrongFile(f"{where}.id: {_shown(person['id'])} is not the person's place in the list, {place}.")
        marks = _field(person, "available", where)
        if not isinstance(marks, str) or len(marks) != slots or marks.strip("01"):
            raise WrongFile(f"{where}.available: {_shown(marks)} is no string of {slots} zeros and ones.")
        available[place] = frozenset(slot for slot, mark in enumerate(marks) if mark == "1")
        caps[place] = _whole(f"{where}.cap", _field(person, "cap", where))

    _list("participants", value, read)
    return available, caps


def _rows(
    field: str, value: object, people: int, widths: Sequence[int], *, once: bool = True
) -> Iterator[tuple[str, Pair, list[Any]]]:
    """Read rows that begin with two people, the smaller number first, each two of them once."""
    if not isinstance(value, list):
        raise WrongFile(f"{field}: it is no list.")
    seen: dict[Pair, int] = {}
    for place, row in enumerate(value):
        where = f"{field}[{place}]"
        if not isinstance(row, list) or len(row) not in widths:
            raise WrongFile(f"{where}: {_shown(row)} is no list of {' or '.join(map(str, widths))} numbers.")
        a, b = (_below(where, person, people, "people") for person in row[:2])
        if not a < b:
            raise WrongFile(f"{where}: {a}, {b} must be two people, the smaller number first.")
        if once and (a, b) in seen:
            raise WrongFile(f"{where}: {a} and {b} are in {field}[{seen[a, b]}] already.")
        seen[a, b] = place
        yield where, (a, b), row[2:]


def _pairs(value: object, people: int) -> dict[Pair, float]:
    pairs: dict[Pair, float] = {}
    for where, pair, (worth,) in _rows("pairs", value, people, (3,)):
        if not _is_number(worth) or worth <= 0:
            raise WrongFile(f"{where}: the value {_shown(worth)} is no number above 0.")
        pairs[pair] = worth
    return pairs


def _those_among(
    pairs: Mapping[Pair, float], field: str, value: object, people: int, *, once: bool = True
) -> frozenset[Pair]:
    """Read rows of two people who are one of the pairs."""
    found = set()
    for where, (a, b), _ in _rows(field, value, people, (2,), once=once):
        if (a, b) not in pairs:
            raise WrongFile(f"{where}: {a} and {b} are none of the pairs.")
        found.add((a, b))
    return frozenset(found)


def _meetings(
    field: str, value: object, people: int, slots: int, *, widths: Sequence[int], once: bool = True
) -> tuple[Placed, ...]:
    meetings = []
    for where, (a, b), (slot, *table) in _rows(field, value, people, widths, once=once):
        meetings.append((a, b, _below(where, slot, slots, "slots")))
        for number in table:
            _whole(f"{where}, its table", number)
    return tuple(meetings)


def _bonus(value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not all(_is_number(each) and each >= 0 for each in value):
        raise WrongFile(f"bonus: {_shown(value)} is no list of numbers from 0.")
    for place, (earlier, later) in enumerate(pairwise(value)):
        if later > earlier:
            raise WrongFile(f"bonus[{place + 1}]: {later} is above the {earlier} of the meeting before.")
    return tuple(value)


def _limit(where: str, value: object, people: int, slots: int) -> Limit:
    """Read one more bound on somebody's meetings."""
    if not isinstance(value, dict):
        raise WrongFile(f"{where}: it is no JSON object.")

    def numbers(name: str, count: int, kind: str) -> frozenset[int] | None:
        if value.get(name) is None:
            return None
        return frozenset(_list(f"{where}.{name}", value[name], lambda at, each: _below(at, each, count, kind)))

    return Limit(
        person=_below(f"{where}.person", _field(value, "person", where), people, "people"),
        most=_whole(f"{where}.most", _field(value, "most", where)),
        slots=numbers("slots", slots, "slots"),
        partners=numbers("partners", people, "people"),
    )


def _wish(where: str, value: object, slots: int) -> DayWish:
    """Read what somebody wishes for the days."""
    if not isinstance(value, dict):
        raise WrongFile(f"{where}: it is no JSON object.")
    half, row = value.get("half"), value.get("most_in_a_row")
    if half is not None and half not in list(Half):
        raise WrongFile(f"{where}.half: {_shown(half)} is neither {' nor '.join(map(_shown, Half))}.")
    if row is not None and _whole(f"{where}.most_in_a_row", row) < 1:
        raise WrongFile(f"{where}.most_in_a_row: it is below 1.")
    lunch = _list(f"{where}.lunch", value.get("lunch") or [], lambda at, slot: _below(at, slot, slots, "slots"))
    return DayWish(
        no_waiting=_truth(f"{where}.no_waiting", value.get("no_waiting", False)),
        most_in_a_row=row,
        compact=_truth(f"{where}.compact", value.get("compact", False)),
        half=None if half is None else Half(half),
        lunch=frozenset(lunch),
    )


def _day_weights(value: object) -> DayWeights:
    if not isinstance(value, dict):
        raise WrongFile("day_weights: it is no JSON object.")
    known = {each.name: value[each.name] for each in fields(DayWeights) if each.name in value}
    for name, weight in known.items():
        if not _is_number(weight) or weight < 0:
            raise WrongFile(f"day_weights.{name}: {_shown(weight)} is no number from 0.")
    return DayWeights(**known)


def _mornings(value: object, days: Sequence[int]) -> tuple[int, ...]:
    mornings = _list("mornings", value, _whole)
    if mornings and (len(mornings) != len(days) or any(map(gt, mornings, days))):
        raise WrongFile("mornings: they must be as many as the days, and none longer than its day.")
    return tuple(mornings)
