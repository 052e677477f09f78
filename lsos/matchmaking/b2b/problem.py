"""A given set of meetings that need a slot each: what is asked, how it is read, and what an answer must keep."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any


class Session(IntEnum):
    """The part of the day in which a meeting may be."""

    MORNING = 1
    AFTERNOON = 2
    ANY = 3


@dataclass(frozen=True)
class Problem:
    """Meetings that are agreed, and everything that says when they may be.

    Participants, meetings and slots are numbered from 1, as in the published instances; meeting m is
    `meetings[m - 1]`. The slots are one day in the order of time; that they run on through noon is part
    of the published problem.

    Attributes:
        participants: how many.
        tables: how many meetings one slot can hold.
        slots: how many.
        morning_slots: how many of them, the first ones, are before noon.
        meetings: for each meeting, its two participants. The same two may have several.
        sessions: for each meeting, when it may be.
        forbidden: for each participant, the slots in which there is no meeting.
        fixed: for each meeting, the slot that is settled, or 0.
        before: for each meeting, the meetings that must be in an earlier slot.

    Raises:
        ValueError: a number lies outside what the others allow; the words name the field.
    """

    participants: int
    tables: int
    slots: int
    morning_slots: int
    meetings: tuple[tuple[int, int], ...]
    sessions: tuple[Session, ...]
    forbidden: tuple[frozenset[int], ...]
    fixed: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        count = len(self.meetings)
        for name, least in (("participants", 0), ("tables", 0), ("slots", 0)):
            _within(name, [getattr(self, name)], least, None)
        _within("morning_slots", [self.morning_slots], 0, self.slots)
        for name, found, wanted in (
            ("sessions", len(self.sessions), count),
            ("fixed", len(self.fixed), count),
            ("before", len(self.before), count),
            ("forbidden", len(self.forbidden), self.participants),
        ):
            if found != wanted:
                raise ValueError(f"{name} has {found} entries where {wanted} are needed.")
        for number, (a, b) in enumerate(self.meetings, 1):
            _within(f"meetings, entry {number}", (a, b), 1, self.participants)
            if a == b:
                raise ValueError(f"meetings, entry {number}: participant {a} cannot meet themselves.")
        for number, slots in enumerate(self.forbidden, 1):
            _within(f"forbidden, entry {number}", slots, 1, self.slots)
        _within("fixed", self.fixed, 0, self.slots)
        for number, earlier in enumerate(self.before, 1):
            _within(f"before, entry {number}", earlier, 1, count)

    @cached_property
    def meetings_of(self) -> Mapping[int, Sequence[int]]:
        """Give for each participant who meets anybody the numbers of their meetings."""
        found = defaultdict(list)
        for number, people in enumerate(self.meetings, 1):
            for person in people:
                found[person].append(number)
        return found

    @cached_property
    def possible(self) -> Sequence[int]:
        """Give for each meeting the slots in which it may be as far as it alone is concerned: bit t for slot t.

        The first entry is empty, so that a meeting's number is its place.
        """
        day = (1 << self.slots + 1) - 2
        morning = (1 << self.morning_slots + 1) - 2
        allowed = {Session.MORNING: morning, Session.AFTERNOON: day ^ morning, Session.ANY: day}
        found = [0]
        for number, ((a, b), session, fixed) in enumerate(
            zip(self.meetings, self.sessions, self.fixed, strict=True), 1
        ):
            bits = 0 if number in self.before[number - 1] else allowed[session]
            for slot in self.forbidden[a - 1] | self.forbidden[b - 1]:
                bits &= ~(1 << slot)
            found.append(bits & 1 << fixed if fixed else bits)
        return found

    @cached_property
    def order(self) -> Sequence[tuple[int, int]]:
        """Give every pair of meetings of which the first must be in an earlier slot."""
        return [(earlier, later) for later, all_earlier in enumerate(self.before, 1) for earlier in all_earlier]


@dataclass(frozen=True)
class Measures:
    """How good a timetable is.

    Attributes:
        left_out: meetings without a slot.
        breaks: groups of idle slots between two meetings of one participant, over all of them.
        idle: those slots themselves.
        gap: the most breaks of a participant less the fewest of one.
    """

    left_out: int
    breaks: int
    idle: int
    gap: int


def slots_in(bits: int) -> Iterator[int]:
    """Give the slots of a set of bits, in the order of time."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1


def breaks_in(busy: int) -> int:
    """Count the groups of idle slots between the busy ones of one participant, given as bits."""
    return max((busy & ~(busy << 1)).bit_count() - 1, 0)


def objections(problem: Problem, timetable: Sequence[int]) -> Iterator[str]:
    """Say what is wrong with a timetable: the slot of each meeting, 0 for one left out.

    Raises:
        ValueError: there are not as many entries as meetings.
    """
    if len(timetable) != len(problem.meetings):
        raise ValueError(f"The timetable has {len(timetable)} entries for {len(problem.meetings)} meetings.")
    busy: Counter[tuple[int, int]] = Counter()
    for number, slot in enumerate(timetable, 1):
        if slot:
            if slot < 0 or not problem.possible[number] >> slot & 1:
                yield f"Meeting {number} may not be in slot {slot}."
            busy.update((person, slot) for person in problem.meetings[number - 1])
    for (person, slot), times in busy.items():
        if times > 1:
            yield f"Participant {person} has {times} meetings in slot {slot}."
    for slot, taken in sorted(Counter(slot for slot in timetable if slot).items()):
        if taken > problem.tables:
            yield f"Slot {slot} has {taken} meetings for {problem.tables} tables."
    for earlier, later in problem.order:
        if timetable[earlier - 1] and timetable[later - 1] and timetable[earlier - 1] >= timetable[later - 1]:
            yield f"Meeting {earlier} is not before meeting {later}."


def measures(problem: Problem, timetable: Sequence[int]) -> Measures:
    """Measure a timetable: the slot of each meeting, 0 for one left out."""
    days = []
    for person in range(1, problem.participants + 1):
        days.append(sorted({timetable[number - 1] for number in problem.meetings_of.get(person, ())} - {0}))
    breaks = [sum(later - earlier > 1 for earlier, later in pairwise(day)) for day in days]
    return Measures(
        left_out=sum(not slot for slot in timetable),
        breaks=sum(breaks),
        idle=sum(day[-1] - day[0] + 1 - len(day) for day in days if day),
        gap=max(breaks, default=0) - min(breaks, default=0),
    )


def read(path: Path) -> Problem:
    """Read an instance from its JSON, in the form in which the published ones are kept.

    Lists may be longer than there are meetings, for meetings that were declared but not listed (so
    `declared_meetings` may be larger); what is said of those is passed over.

    Raises:
        ValueError: the file is not JSON, a field is missing, or something in it cannot be; file and field are named.
        OSError: the file cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return parse(content)
    except ValueError as error:  # JSON that is none, and text that is not UTF-8, are ValueErrors too
        raise ValueError(f"{path}: {error}") from error


def parse(content: Any) -> Problem:
    """Make a problem of what the JSON of an instance holds; see `read`.

    Raises:
        ValueError: a field is missing or cannot be; the words name it.
    """
    if not isinstance(content, dict):
        raise _wrong("the instance", "an object", content)
    participants, tables, slots, morning = (
        _whole(name, _field(content, name)) for name in ("participants", "tables", "slots", "morning_slots")
    )
    meetings = _lists("meetings", _field(content, "meetings"))
    for number, people in enumerate(meetings, 1):
        if len(people) != 2:
            raise ValueError(f"meetings, entry {number}: two participants are needed, not {len(people)}.")
    count = len(meetings)
    declared = max(count, _whole("declared_meetings", content.get("declared_meetings", count)))
    sessions = _numbers("session", _field(content, "session"))[:count]
    for number, session in enumerate(sessions, 1):
        _within(f"session, entry {number}", [session], min(Session), max(Session))
    before = _lists("before", _field(content, "before"))[:count]
    for number, earlier in enumerate(before, 1):
        _within(f"before, entry {number}", earlier, 1, declared)
    return Problem(
        participants,
        tables,
        slots,
        morning,
        tuple((a, b) for a, b in meetings),
        tuple(Session(session) for session in sessions),
        tuple(frozenset(each) for each in _lists("forbidden", _field(content, "forbidden"))[:participants]),
        tuple(_numbers("fixed", _field(content, "fixed"))[:count]),
        tuple(tuple(number for number in earlier if number <= count) for earlier in before),
    )


def _wrong(name: str, needed: str, value: Any) -> ValueError:
    return ValueError(f"{name}: {needed} is needed, not {value!r:.40}.")


def _field(content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        raise ValueError(f"{name} is missing.")
    return content[name]


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "a whole number", value)
    return value


def _numbers(name: str, values: Any) -> list[int]:
    if not isinstance(values, list):
        raise _wrong(name, "a list", values)
    return [_whole(f"{name}, entry {number}", value) for number, value in enumerate(values, 1)]


def _lists(name: str, values: Any) -> list[list[int]]:
    if not isinstance(values, list):
        raise _wrong(name, "a list", values)
    return [_numbers(f"{name}, entry {number}", value) for number, value in enumerate(values, 1)]


def _within(name: str, values: Iterator[int] | Sequence[int] | frozenset[int], least: int, most: int | None) -> None:
    for value in values:
        if value < least or (most is not None and value > most):
            allowed = f"from {least} to {most}" if most is not None else f"of at least {least}"
            raise ValueError(f"{name}: a number {allowed} is needed, not {value}.")
