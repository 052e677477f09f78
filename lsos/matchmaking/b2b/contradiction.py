"""Why there is no timetable: a few statements that cannot all hold, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import monotonic

from lsos.matchmaking.b2b.problem import Problem, Session, slots_in
from lsos.matchmaking.b2b.windows import crowd


class Kind(StrEnum):
    """What a statement is about."""

    #: The meeting has this slot.
    FIXED = "fixed"
    #: The participant has no meeting in this slot.
    FORBIDDEN = "forbidden"
    #: The meeting is in the morning (1) or the afternoon (2).
    SESSION = "session"
    #: The first meeting is in an earlier slot than the second.
    BEFORE = "before"
    #: The participant is in one meeting at a time.
    ONE_AT_A_TIME = "one_at_a_time"
    #: A slot has so many tables.
    TABLES = "tables"


@dataclass(frozen=True, order=True)
class Statement:
    """One thing that is asked.

    Attributes:
        kind: what it is about.
        numbers: the meeting, participant, slot or tables of it, in the order in which `Kind` names them.
    """

    kind: Kind
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Contradiction:
    """Statements that cannot all hold when every meeting is to have a slot of the day.

    Attributes:
        statements: leaving out any of them would not do, unless time was too short to try all.
        words: the same for people, in English.
    """

    statements: tuple[Statement, ...]
    words: str


def statements_of(problem: Problem) -> list[Statement]:
    """Take a problem apart."""
    found = [Statement(Kind.BEFORE, pair) for pair in problem.order]
    found += [Statement(Kind.FIXED, (number, slot)) for number, slot in enumerate(problem.fixed, 1) if slot]
    for person, slots in enumerate(problem.forbidden, 1):
        found += [Statement(Kind.FORBIDDEN, (person, slot)) for slot in sorted(slots)]
    for number, session in enumerate(problem.sessions, 1):
        if session is not Session.ANY:
            found.append(Statement(Kind.SESSION, (number, int(session))))
    found += [
        Statement(Kind.ONE_AT_A_TIME, (person,)) for person, numbers in problem.meetings_of.items() if len(numbers) > 1
    ]
    return [*found, Statement(Kind.TABLES, (problem.tables,))]


def only(problem: Problem, statements: Sequence[Statement]) -> Problem:
    """Give the problem in which nothing but these statements is asked."""
    kept = set(statements)
    people, meetings = problem.participants, list(problem.meetings)
    forbidden = [
        frozenset(slot for slot in slots if Statement(Kind.FORBIDDEN, (person, slot)) in kept)
        for person, slots in enumerate(problem.forbidden, 1)
    ]
    for person, numbers in problem.meetings_of.items():
        if len(numbers) > 1 and Statement(Kind.ONE_AT_A_TIME, (person,)) not in kept:
            for number in numbers:  # who may be in two places is a different person in each
                people += 1
                a, b = meetings[number - 1]
                meetings[number - 1] = (people, b) if a == person else (a, people)
                forbidden.append(forbidden[person - 1])
    return replace(
        problem,
        participants=people,
        tables=problem.tables if Statement(Kind.TABLES, (problem.tables,)) in kept else len(meetings),
        meetings=tuple(meetings),
        sessions=tuple(
            session if Statement(Kind.SESSION, (number, int(session))) in kept else Session.ANY
            for number, session in enumerate(problem.sessions, 1)
        ),
        forbidden=tuple(forbidden),
        fixed=tuple(
            slot if Statement(Kind.FIXED, (number, slot)) in kept else 0 for number, slot in enumerate(problem.fixed, 1)
        ),
        before=tuple(
            tuple(other for other in earlier if Statement(Kind.BEFORE, (other, number)) in kept)
            for number, earlier in enumerate(problem.before, 1)
        ),
    )


def narrowed(problem: Problem) -> list[int]:
    """Give for each meeting the slots that remain when the others are looked at, as bits; see `Problem.possible`.

    A meeting is after the first slot of each that must be earlier, before the last of each that must be later,
    and not in a slot that is the only one of another meeting of its people.
    """
    possible = list(problem.possible)
    before: list[int] = []
    while possible != before:
        before = possible[:]
        for earlier, later in problem.order:
            first = possible[earlier] & -possible[earlier]
            last = 1 << possible[later].bit_length() >> 1
            possible[later] &= ~((first << 1) - 1) if first else 0
            possible[earlier] &= last - 1 if last else 0
        for numbers in problem.meetings_of.values():
            for number in numbers:
                if possible[number].bit_count() == 1:
                    for other in numbers:
                        if other != number:
                            possible[other] &= ~possible[number]
    return possible


def crowded(problem: Problem, possible: Sequence[int]) -> tuple[str, frozenset[int], int] | None:
    """Find meetings that have too few places, by counting alone.

    Returns:
        Whose they are, in words; the meetings; bits of the slots in which they could be. None when counting
        shows nothing.
    """
    for number, bits in enumerate(possible[1:], 1):
        if not bits:
            return "", frozenset([number]), 0
    for person, numbers in sorted(problem.meetings_of.items()):
        found = crowd({number: possible[number] for number in numbers}, 1)
        if found:
            return f"of participant {person} ", *found
    found = crowd(dict(enumerate(possible[1:], 1)), problem.tables)
    return found and ("", *found)


def find(problem: Problem, contradicts: Callable[[Problem], bool], *, ends: float) -> Contradiction:
    """Find a small part of a problem without an answer that has no answer either.

    Args:
        problem: it has no timetable.
        contradicts: says whether it can show that a problem has none; counting is tried before.
        ends: on the clock of `time.monotonic`; what has not been tried by then stays in.

    Source:
        Junker, QuickXplain, AAAI 2004.
    """

    def fails(kept: Sequence[Statement]) -> bool:
        part = only(problem, kept)
        return crowded(part, narrowed(part)) is not None or (not counted and monotonic() < ends and contradicts(part))

    counted = crowded(problem, narrowed(problem)) is not None
    everything = statements_of(problem)
    for kind in Kind:  # whole kinds first
        fewer = [statement for statement in everything if statement.kind is not kind]
        if fails(fewer):
            everything = fewer
    small = _smallest(everything, fails)
    part = only(problem, small)
    return Contradiction(tuple(small), _in_words(problem, small, crowded(part, narrowed(part))))


def _smallest(statements: list[Statement], fails: Callable[[Sequence[Statement]], bool]) -> list[Statement]:
    """Give statements of which none can be left out, in their order."""

    def explain(known: list[Statement], added: bool, rest: list[Statement]) -> list[Statement]:
        if added and fails(known):
            return []
        if len(rest) <= 1:
            return rest
        half = len(rest) // 2
        second = explain(known + rest[:half], True, rest[half:])
        return explain(known + second, bool(second), rest[:half]) + second

    return [] if fails([]) else explain([], False, statements)


def _in_words(problem: Problem, statements: Sequence[Statement], count: tuple[str, frozenset[int], int] | None) -> str:
    told = "; ".join(_said(problem, statement) for statement in statements)
    if count is None:
        return f"Exhaustive search shows that these cannot all hold: {told}."
    whose, meetings, bits = count
    slots = [*slots_in(bits)]
    room = f"only {'slot' if len(slots) == 1 else 'the slots'} {', '.join(map(str, slots))}" if slots else "no slot"
    numbers = ", ".join(map(str, sorted(meetings)))
    many = f"{len(meetings)} meetings {whose}({numbers}) have" if len(meetings) > 1 else f"meeting {numbers} has"
    because = f": {told}" if told else ""
    words = f"{many} {room}{because}."
    return words[0].upper() + words[1:]


def _said(problem: Problem, statement: Statement) -> str:
    numbers = statement.numbers
    match statement.kind:
        case Kind.FIXED:
            return f"meeting {numbers[0]} {_of(problem, numbers[0])} is fixed in slot {numbers[1]}"
        case Kind.FORBIDDEN:
            return f"participant {numbers[0]} has no meeting in slot {numbers[1]}"
        case Kind.SESSION:
            part = "morning" if numbers[1] == Session.MORNING else "afternoon"
            return f"meeting {numbers[0]} {_of(problem, numbers[0])} is in the {part}"
        case Kind.BEFORE:
            return f"meeting {numbers[0]} is before meeting {numbers[1]}"
        case Kind.ONE_AT_A_TIME:
            return f"participant {numbers[0]} is in one meeting at a time"
        case Kind.TABLES:
            return f"a slot has {numbers[0]} tables"


def _of(problem: Problem, number: int) -> str:
    a, b = problem.meetings[number - 1]
    return f"of participants {a} and {b}"
