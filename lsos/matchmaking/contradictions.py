"""Statements of a problem that cannot all hold: as few as possible, as data and in words."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from lsos.matchmaking.problem import Limit, Pair, Placed, Problem

#: One question to the solver may take so many seconds; unanswered, it counts as "they can all hold".
PATIENCE = 2.0
#: No further question is asked after so many seconds; statements not asked about by then are kept.
ALL_PATIENCE = 10.0


class Said(StrEnum):
    """What a statement is about."""

    LOCKED = "locked"
    MUST = "must"
    FORBIDDEN = "forbidden"
    AVAILABLE = "available"
    TABLES = "tables"
    CAP = "cap"
    LIMIT = "limit"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a problem says.

    Attributes:
        kind: what it is about.
        people: whom: the two that meet, or the one whose time or number of meetings is bounded.
        slots: of a locked meeting; in which somebody is available; whose tables or meetings are counted.
        number: of tables, or of meetings at most.
        pairs: of which one must meet, or at most one may.
        partners: with whom meetings are counted; None means everybody.
    """

    kind: Said
    people: tuple[int, ...] = ()
    slots: tuple[int, ...] = ()
    number: int = 0
    pairs: tuple[Pair, ...] = ()
    partners: tuple[int, ...] | None = None

    def __str__(self) -> str:
        pairs = ", ".join(f"{a} and {b}" for a, b in self.pairs)
        match self.kind:
            case Said.LOCKED:
                return f"{self.people[0]} and {self.people[1]} have a locked meeting in slot {self.slots[0]}"
            case Said.MUST:
                return f"{pairs} must meet" if len(self.pairs) == 1 else f"one of these pairs must meet: {pairs}"
            case Said.FORBIDDEN:
                return f"{self.people[0]} and {self.people[1]} may not meet"
            case Said.AVAILABLE:
                return f"{self.people[0]} is available in {_ranges(self.slots)}{' only' if self.slots else ''}"
            case Said.TABLES:
                return f"slot {self.slots[0]} has {_count(self.number, 'table')}"
            case Said.CAP:
                return f"{self.people[0]} may have {_count(self.number, 'meeting')} at most"
            case Said.LIMIT:
                whom = "" if self.partners is None else f" with {', '.join(map(str, self.partners)) or 'nobody'}"
                when = f" in {_ranges(self.slots)}"
                return f"{self.people[0]} may have {_count(self.number, 'meeting')} at most{whom}{when}"
            case Said.ONE_OF:
                return f"at most one of these pairs may meet: {pairs}"


class Contradiction(ValueError):
    """A problem that no schedule can solve.

    Attributes:
        statements: that cannot all hold. Where locked meetings are at odds with each other or with what
            bounds them, there is no smaller such set. Where hard must-meets take part, none of them can
            be left out, unless there were so many that time ended the search (`ALL_PATIENCE`).
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = tuple(statements)
        super().__init__("These statements cannot all hold: " + "; ".join(map(str, self.statements)) + ".")


def contradiction(problem: Problem) -> Contradiction | None:
    """Find statements of a well-formed problem that cannot all hold; None when there is a schedule.

    Locked meetings have their slots, so they can all stand unless a single bound is broken: each case
    names that bound and just enough meetings to break it, and the shortest is taken. Hard must-meets
    ask for a solver; prices of an elastic programme narrow the statements down, and QuickXplain then
    leaves only those that are needed.

    Source:
        Chinneck, Dravnieks, Locating minimal infeasible constraint sets in linear programs, ORSA J. Comput. 3, 1991;
        Junker, QUICKXPLAIN: Preferred explanations and relaxations for over-constrained problems, AAAI 2004.
    """
    smallest = min(_broken_by_locks(problem), key=len, default=None)
    if smallest is not None:
        return Contradiction(smallest)
    if not problem.musts_are_hard or not problem.musts:
        return None
    said = list(_statements(problem))
    rows = _Rows.of(problem, said)
    if rows.can_hold(range(len(said))):
        return None
    return Contradiction([said[place] for place in sorted(_needed(rows))])


def wishes(problem: Problem) -> list[frozenset[Pair]]:
    """Name the must-meets: of the pairs of one group of alternatives, one is enough. Sorted by their first pair."""
    group_of = {pair: group for group in problem.alternatives for pair in group}
    enough = problem.musts | {(a, b) for a, b, _ in problem.locked}
    found = {group_of.get(pair, frozenset({pair})) & enough for pair in problem.musts}
    return sorted(found, key=min)


def _broken_by_locks(problem: Problem) -> Iterator[list[Statement]]:
    """Name the sets of statements that locked meetings break, each as small as its bound allows."""
    of_pair: defaultdict[Pair, list[Placed]] = defaultdict(list)
    of_slot: defaultdict[int, list[Placed]] = defaultdict(list)
    of_person: defaultdict[int, list[Placed]] = defaultdict(list)
    at: defaultdict[tuple[int, int], list[Placed]] = defaultdict(list)
    for meeting in sorted(problem.locked):
        a, b, slot = meeting
        of_pair[a, b].append(meeting)
        if (a, b) not in problem.without_table:
            of_slot[slot].append(meeting)
        for person in (a, b):
            of_person[person].append(meeting)
            at[person, slot].append(meeting)
            if slot not in problem.available.get(person, ()):
                yield [_availability(problem, person), _locked(meeting)]
        if (a, b) in problem.forbidden:
            yield [Statement(Said.FORBIDDEN, (a, b)), _locked(meeting)]
    for meetings in (*of_pair.values(), *at.values()):
        if len(meetings) > 1:
            yield [_locked(meeting) for meeting in meetings[:2]]
    bounds = [(Statement(Said.TABLES, slots=(slot,), number=problem.tables[slot]), of_slot[slot]) for slot in of_slot]
    bounds += [
        (Statement(Said.CAP, (person,), number=problem.caps[person]), meetings)
        for person, meetings in of_person.items()
        if person in problem.caps
    ]
    bounds += [
        (_limit(problem, limit), [meeting for meeting in of_person[limit.person] if limit.counts(*meeting)])
        for limit in problem.limits
        if limit.person in of_person
    ]
    bounds += [
        (_one_of(group), [each for pair in sorted(group) for each in of_pair.get(pair, ())])
        for group in problem.alternatives
    ]
    for bound, meetings in bounds:
        if len(meetings) > bound.number:
            yield [bound, *map(_locked, meetings[: bound.number + 1])]


def _statements(problem: Problem) -> Iterator[Statement]:
    """Name everything that can keep a must-meet from taking place, the must-meets last."""
    asked = wishes(problem)
    concerned = {pair for wish in asked for pair in wish} | {(a, b) for a, b, _ in problem.locked}
    people = sorted({person for pair in concerned for person in pair})
    for slot, number in enumerate(problem.tables):
        yield Statement(Said.TABLES, slots=(slot,), number=number)
    for person in people:
        yield _availability(problem, person)
        if person in problem.caps:
            yield Statement(Said.CAP, (person,), number=problem.caps[person])
    yield from (_limit(problem, limit) for limit in problem.limits if limit.person in people)
    yield from (_one_of(group) for group in problem.alternatives if len(group & concerned) > 1)
    yield from (Statement(Said.FORBIDDEN, pair) for pair in sorted(problem.forbidden & concerned))
    yield from map(_locked, sorted(problem.locked))
    yield from (Statement(Said.MUST, pairs=tuple(sorted(wish))) for wish in asked)


def can_all_hold(problem: Problem, statements: Sequence[Statement]) -> bool:
    """Say whether some schedule keeps all these statements; what is not stated does not bind.

    Nobody is ever in two meetings at once, and no pair meets twice. A question too hard for the solver
    counts as yes.
    """
    return _Rows.of(problem, statements).can_hold(range(len(statements)))


@dataclass(frozen=True, slots=True)
class _Rows:
    """A row for each statement, over columns for pairs and slots: `low` <= `said` x <= `high`.

    Attributes:
        always: rows that no statement need name, each at most 1: a person in a slot, a pair.
    """

    said: "sparse.csr_array"
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    always: "sparse.csr_array"

    @classmethod
    def of(cls, problem: Problem, statements: Sequence[Statement]) -> "_Rows":
        """Write the rows; columns are the meetings that a statement asks for, in every slot."""
        asked = {(each.people[0], each.people[1]) for each in statements if each.kind is Said.LOCKED}
        asked |= {pair for each in statements if each.kind is Said.MUST for pair in each.pairs}
        pairs, slots = sorted(asked), problem.slots
        of_pair = {pair: range(place * slots, (place + 1) * slots) for place, pair in enumerate(pairs)}
        of_person: defaultdict[int, list[int]] = defaultdict(list)
        at: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        at_tables: defaultdict[int, list[int]] = defaultdict(list)
        meetings = [(*pair, slot) for pair in pairs for slot in range(slots)]
        for column, (a, b, slot) in enumerate(meetings):
            for person in (a, b):
                of_person[person].append(column)
                at[person, slot].append(column)
            if (a, b) not in problem.without_table:
                at_tables[slot].append(column)

        def counted(each: Statement) -> list[int]:
            match each.kind:
                case Said.LOCKED | Said.FORBIDDEN:
                    own = of_pair.get((each.people[0], each.people[1]), range(0))
                    return [column for column in own if not each.slots or meetings[column][2] in each.slots]
                case Said.MUST | Said.ONE_OF:
                    return [column for pair in each.pairs for column in of_pair.get(pair, ())]
                case Said.TABLES:
                    return at_tables[each.slots[0]]
                case Said.CAP:
                    return of_person[each.people[0]]
                case Said.AVAILABLE | Said.LIMIT:
                    return [column for column in of_person[each.people[0]] if _counted(each, meetings[column])]

        at_least = [each.kind in (Said.LOCKED, Said.MUST) for each in statements]
        return cls(
            said=_matrix([counted(each) for each in statements], len(meetings)),
            low=np.where(at_least, 1.0, -np.inf),
            high=np.where(at_least, np.inf, [float(each.number) for each in statements]),
            always=_matrix([*map(list, of_pair.values()), *at.values()], len(meetings)),
        )

    def can_hold(self, places: Collection[int]) -> bool:
        """Ask the solver whether these statements can all hold."""
        chosen = list(places)
        columns = self.said.shape[1]
        if not chosen or not columns:
            #: Without a meeting, only what asks for one is broken.
            return not (self.low[chosen] > 0).any()
        result = milp(
            np.zeros(columns),
            integrality=np.ones(columns),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(self.said[chosen], self.low[chosen], self.high[chosen]),
                LinearConstraint(self.always, -np.inf, 1),
            ],
            options={"time_limit": PATIENCE},
        )
        #: 2 is the solver's word for "infeasible", shown, not guessed.
        return int(result.status) != 2

    def suspects(self) -> list[int]:
        """Name statements that already in fractions cannot all hold: those with a price when each may be bought off.

        Nothing is known when in fractions all of them hold; then all are suspects.
        """
        every = list(range(self.said.shape[0]))
        least = self.low > 0
        sign = np.where(least, -1.0, 1.0)
        result = linprog(
            np.concatenate([np.zeros(self.said.shape[1]), np.ones(len(every))]),
            A_ub=sparse.vstack(
                [
                    sparse.hstack([sparse.diags_array(sign) @ self.said, -sparse.eye_array(len(every))]),
                    sparse.hstack([self.always, sparse.csr_array((self.always.shape[0], len(every)))]),
                ],
                "csr",
            ),
            b_ub=np.concatenate([np.where(least, -1.0, self.high), np.ones(self.always.shape[0])]),
            method="highs-ds",
            options={"time_limit": PATIENCE},
        )
        if result.status != 0 or result.fun < 1e-6:
            return every
        return np.flatnonzero(result.ineqlin.marginals[: len(every)] < -1e-9).tolist()


def _matrix(rows: Sequence[Sequence[int]], columns: int) -> "sparse.csr_array":
    lengths = [len(row) for row in rows]
    places = np.fromiter((column for row in rows for column in row), dtype=np.int64, count=sum(lengths))
    numbers = np.repeat(np.arange(len(rows)), lengths)
    return sparse.csr_array((np.ones(len(places)), (numbers, places)), shape=(len(rows), columns))


def _needed(rows: _Rows) -> list[int]:
    """Leave out statements until none can be left out; by their places."""
    deadline = monotonic() + ALL_PATIENCE

    def holds(places: Collection[int]) -> bool:
        return monotonic() > deadline or rows.can_hold(places)

    def explain(given: list[int], changed: bool, left: list[int]) -> list[int]:
        if changed and not holds(given):
            return []
        if len(left) == 1:
            return left
        first, second = left[: len(left) // 2], left[len(left) // 2 :]
        of_second = explain(given + first, True, second)
        return explain(given + of_second, bool(of_second), first) + of_second

    suspects = rows.suspects()
    if rows.can_hold(suspects):
        suspects = list(range(len(rows.low)))
    return explain([], False, suspects)


def _locked(meeting: Placed) -> Statement:
    a, b, slot = meeting
    return Statement(Said.LOCKED, (a, b), (slot,))


def _availability(problem: Problem, person: int) -> Statement:
    return Statement(Said.AVAILABLE, (person,), tuple(sorted(problem.available.get(person, ()))))


def _limit(problem: Problem, limit: Limit) -> Statement:
    return Statement(
        Said.LIMIT,
        (limit.person,),
        tuple(range(problem.slots) if limit.slots is None else sorted(limit.slots)),
        limit.most,
        partners=None if limit.partners is None else tuple(sorted(limit.partners)),
    )


def _one_of(group: Collection[Pair]) -> Statement:
    return Statement(Said.ONE_OF, number=1, pairs=tuple(sorted(group)))


def _counted(bound: Statement, meeting: Placed) -> bool:
    """Say whether a meeting is one of those that a limit counts, or that availability bars."""
    a, b, slot = meeting
    if bound.kind is Said.AVAILABLE:
        return slot not in bound.slots
    other = b if bound.people[0] == a else a
    return slot in bound.slots and (bound.partners is None or other in bound.partners)


def _count(number: int, name: str) -> str:
    return f"{number or 'no'} {name}{'' if number == 1 else 's'}"


def _ranges(slots: Sequence[int]) -> str:
    """Put sorted slots into words: slot 3; slots 0 to 4, 7."""
    if not slots:
        return "no slot"
    runs = [[slot for _, slot in run] for _, run in groupby(enumerate(slots), key=lambda each: each[1] - each[0])]
    words = ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"slot{'s' if len(slots) > 1 else ''} {words}"
