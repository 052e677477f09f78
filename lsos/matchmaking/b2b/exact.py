"""The optional finisher: CP-SAT of OR-Tools, which proves what annealing can only find.

`pip install lsos[exact]` brings it. Everything else of the package works without it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib import import_module
from math import ceil
from time import monotonic
from typing import Any

from lsos.matchmaking.b2b.problem import Problem, slots_in
from lsos.matchmaking.b2b.windows import day_windows

#: Who takes turns in the end: clause learning without a linear programme, and the solver's large neighbourhoods.
SEARCHES, TURNS = ("no_lp",), 3
#: The solver's own measure of work, for each second: about what one core of a slow machine does, so that the work
#: ends the search and not the clock, and the same question has the same answer.
WORK_A_SECOND = 0.9
#: The shares of the work that go, first and beside each other, into asking outright for no more breaks than the bound
#: and into raising the bound core by core, as MaxSAT does; then into the turns.
DIRECT, RAISING, TURNING = 0.1, 0.4, 0.65
#: The most work of each of the first two: what they do not find early, they seldom find.
FIRST_WORK = 5.0


class Verdict(Enum):
    """What the solver could say."""

    OPTIMAL = auto()
    FOUND = auto()
    INFEASIBLE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Finish:
    """How the search ended.

    Attributes:
        verdict: what was shown.
        timetable: the slot of each meeting; empty without one.
        bound: no timetable has fewer breaks.
    """

    verdict: Verdict
    timetable: tuple[int, ...]
    bound: int


@cache
def library() -> Any:
    """Load the solver, which takes most of a second; None where the extra is not installed."""
    try:
        return import_module("ortools.sat.python.cp_model")
    except ImportError:
        return None


def finish(
    problem: Problem,
    possible: Sequence[int],
    *,
    seconds: float,
    seed: int,
    fairness: int | None,
    bound: int,
    start: Sequence[int] = (),
) -> Finish:
    """Look for the timetable with the fewest breaks, and show that there is no better one.

    Args:
        problem: what is asked.
        possible: for each meeting, bits of the slots in which it may be, perhaps narrowed; the first entry is not used.
        seconds: how long.
        seed: of the solver.
        fairness: how many breaks one participant may have more than another; None for any number.
        bound: it is known that there are not fewer breaks.
        start: the best timetable known; it may have left meetings out.
    """
    ends, work = monotonic() + seconds, WORK_A_SECOND * seconds
    whole = _Model(problem, possible, fairness)
    direct = whole.model.clone()
    direct.add(sum(whole.breaks) <= bound)
    whole.model.add(sum(whole.breaks) >= bound)
    whole.model.minimize(sum(whole.breaks))
    whole.begin_with(start)

    asking = _solver(seed, min(DIRECT * work, FIRST_WORK), ends)
    asking.parameters.linearization_level = 0
    raising = _solver(seed, min(RAISING * work, FIRST_WORK), ends)
    raising.parameters.subsolvers.append("core")
    with ThreadPoolExecutor(max_workers=1) as other:  # the solver lets other threads run
        raised = other.submit(raising.solve, whole.model.clone())
        if asking.solve(direct) in {library().OPTIMAL, library().FEASIBLE}:
            raising.stop_search()
            return Finish(Verdict.OPTIMAL, whole.read(asking), bound)
    first = whole.finish_of(raising, raised.result(), bound)
    if first.verdict in {Verdict.OPTIMAL, Verdict.INFEASIBLE}:
        return first

    whole.model.add(sum(whole.breaks) >= first.bound)
    if first.timetable:
        whole.begin_with(first.timetable)
    last = _solver(seed, TURNING * work, ends)
    last.parameters.subsolvers.extend(SEARCHES)
    last.parameters.num_workers = TURNS
    last.parameters.interleave_search = True
    second = whole.finish_of(last, last.solve(whole.model), first.bound)
    return second if second.verdict is not Verdict.UNKNOWN else first


def contradicts(problem: Problem, *, seconds: float) -> bool:
    """Say whether it was shown, in the time, that no timetable at all keeps the rules."""
    ends = monotonic() + seconds
    if seconds <= 0:
        return False
    solver = _solver(1, WORK_A_SECOND * seconds, ends)
    return bool(solver.solve(_Model(problem, problem.possible, None, breaks=False).model) == library().INFEASIBLE)


def _solver(seed: int, work: float, ends: float) -> Any:
    solver = library().CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.max_time_in_seconds = max(ends - monotonic(), 0.01)
    return solver


class _Model:
    """The problem in variables that are true or false.

    The implied constraints that a participant is busy in as many slots as they have meetings, and that in a slot
    at most twice as many people are busy as there are tables, are those of Bofill et al. (JAIR 74, 2022). Each
    participant has either one day without a break, of a list of all that are possible for them, or a break.
    """

    def __init__(self, problem: Problem, possible: Sequence[int], fairness: int | None, *, breaks: bool = True) -> None:
        self.problem, self.possible, self.model = problem, possible, library().CpModel()
        self.at: list[dict[int, Any]] = [{}]
        self._meetings()
        self.busy: dict[int, dict[int, Any]] = {}
        self._people()
        self._tables()
        self._order()
        self.breaks: list[Any] = []
        if breaks:
            self._breaks(fairness)

    def finish_of(self, solver: Any, status: Any, bound: int) -> Finish:
        """Say how a search ended."""
        if status == library().INFEASIBLE:
            return Finish(Verdict.INFEASIBLE, (), bound)
        bound = max(bound, ceil(solver.best_objective_bound - 1e-6))
        if status not in {library().OPTIMAL, library().FEASIBLE}:
            return Finish(Verdict.UNKNOWN, (), bound)
        return Finish(Verdict.OPTIMAL if status == library().OPTIMAL else Verdict.FOUND, self.read(solver), bound)

    def begin_with(self, start: Sequence[int]) -> None:
        """Hand a timetable to the solver; a whole one with the value of every variable, so that it is not lost."""
        self.model.clear_hints()
        for slots, known in zip(self.at[1:], start, strict=False):
            for slot, variable in slots.items() if known else ():
                self.model.add_hint(variable, slot == known)
        solver = library().CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.fix_variables_to_their_hinted_value = True
        if start and all(start) and solver.solve(self.model) == library().OPTIMAL:
            self.model.clear_hints()
            for index, value in enumerate(solver.response_proto.solution):
                self.model.add_hint(self.model.get_int_var_from_proto_index(index), value)

    def read(self, solver: Any) -> tuple[int, ...]:
        """Give the timetable that the solver found."""
        return tuple(
            next(slot for slot, variable in slots.items() if solver.boolean_value(variable)) for slots in self.at[1:]
        )

    def _meetings(self) -> None:
        for bits in self.possible[1:]:
            slots = {slot: self.model.new_bool_var("") for slot in slots_in(bits)}
            self.model.add_exactly_one(slots.values())
            self.at.append(slots)

    def _people(self) -> None:
        for person, numbers in self.problem.meetings_of.items():
            found: dict[int, list[Any]] = {}
            for number in numbers:
                for slot, variable in self.at[number].items():
                    found.setdefault(slot, []).append(variable)
            self.busy[person] = {slot: self.model.new_bool_var("") for slot in sorted(found)}
            for slot, busy in self.busy[person].items():
                self.model.add_exactly_one([*found[slot], ~busy])
            self.model.add(sum(self.busy[person].values()) == len(numbers))

    def _tables(self) -> None:
        for slot in range(1, self.problem.slots + 1):
            self.model.add(sum(slots[slot] for slots in self.at if slot in slots) <= self.problem.tables)
            self.model.add(sum(busy[slot] for busy in self.busy.values() if slot in busy) <= 2 * self.problem.tables)

    def _order(self) -> None:
        for earlier, later in self.problem.order:
            for slot in self.at[later]:
                so_far = [variable for other, variable in self.at[later].items() if other <= slot]
                first = [variable for other, variable in self.at[earlier].items() if other < slot]
                self.model.add(sum(so_far) <= sum(first))

    def _breaks(self, most_gap: int | None) -> None:
        for person, busy in self.busy.items():
            count = len(self.problem.meetings_of[person])
            if not 1 < count < self.problem.slots:
                continue
            days = []
            for day in day_windows(self.problem, self.possible, person):
                whole = self.model.new_bool_var("")
                for slot, variable in busy.items():
                    self.model.add_implication(whole, variable if day >> slot & 1 else ~variable)
                days.append(whole)
            broken = self.model.new_bool_var("")
            self.model.add_exactly_one([*days, broken])
            ends = self._ends(busy)
            total = self.model.new_int_var(0, self.problem.slots if most_gap is None else most_gap, "")
            self.model.add(total >= sum(ends))
            self.model.add(total >= broken)
            self.breaks.append(total)

    def _ends(self, busy: dict[int, Any]) -> list[Any]:
        """Give for each busy slot a variable that is true when a break begins after it."""
        last = max(busy)
        later = {last: busy[last], last + 1: self.model.new_constant(0)}
        for slot in range(last - 1, 1, -1):
            later[slot] = self.model.new_bool_var("")
            here = [busy[slot]] if slot in busy else []
            self.model.add_bool_or([later[slot + 1], *here, ~later[slot]])
            for each in [later[slot + 1], *here]:
                self.model.add_implication(each, later[slot])
        found = []
        for slot, variable in busy.items():
            if slot < last - 1:
                end = self.model.new_bool_var("")
                after = [busy[slot + 1]] if slot + 1 in busy else []
                self.model.add_bool_or([end, ~variable, *after, ~later[slot + 2]])
                found.append(end)
        return found
