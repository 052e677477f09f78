"""The whole way from a set of meetings to a timetable with few breaks, or to the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from lsos.matchmaking.b2b import exact, linear
from lsos.matchmaking.b2b.annealing import anneal
from lsos.matchmaking.b2b.contradiction import Contradiction, crowded, find, narrowed
from lsos.matchmaking.b2b.problem import Measures, Problem, measures
from lsos.matchmaking.b2b.windows import day_windows

#: The share of the time that goes to annealing when a solver follows, and the most seconds of it.
ANNEALED, ANNEALED_SECONDS = 0.25, 6.0
#: The share of the time in which it is shown, without the optional solver, whether all meetings can have a slot.
PLACED = 0.3


@dataclass(frozen=True)
class Timetable:
    """When every meeting takes place, or why they cannot all.

    Attributes:
        slots: the slot of each meeting, from 1; 0 for a meeting that is left out, which happens only when the time was
            too short to find places for all. Empty where there is a contradiction.
        measures: of these slots: breaks, idle slots, the fairness gap and meetings left out.
        bound: no timetable as fair, with all meetings in it, has fewer breaks.
        fairness: the gap for which `bound` holds, the most breaks of a participant less the fewest; None for any.
        contradiction: why there is no timetable; None where there is one, or where it is not known.
    """

    slots: tuple[int, ...]
    measures: Measures
    bound: int
    fairness: int | None
    contradiction: Contradiction | None = None

    @property
    def optimal(self) -> bool:
        """Say whether it is proven that nothing is better."""
        return not self.contradiction and not self.measures.left_out and self.measures.breaks <= self.bound


def solve(problem: Problem, *, seconds: float = 10.0, seed: int = 1, fairness: int | None = 2) -> Timetable:
    """Give every meeting a slot so that the participants have the fewest breaks in all.

    Counting shows most contradictions. Annealing finds a good timetable; with the extra `exact`, CP-SAT goes on
    from it and proves what it can. When no timetable is as fair as asked, fairness is let go of.

    Args:
        problem: what is asked.
        seconds: how long it may take, on the clock.
        seed: of everything that is left to chance. The same problem, seconds and seed give the same answer, unless
            the machine was so slow that the clock ended a step.
        fairness: how many breaks one participant may have more than another; None for any number.
    """
    ends = monotonic() + seconds
    possible = narrowed(problem)
    if crowded(problem, possible):
        return _refused(problem, fairness, ends)
    bound = sum(not day_windows(problem, possible, person) for person in problem.meetings_of)
    if exact.library():
        return _proven(problem, possible, bound, seconds=seconds, ends=ends, seed=seed, fairness=fairness)

    start = linear.place(problem, seconds=PLACED * seconds)
    if start == () and problem.meetings:
        return _refused(problem, fairness, ends)
    found = anneal(
        problem,
        seconds=ends - monotonic() if start is None else (1 - PLACED) * seconds,
        seed=seed,
        most_breaks=fairness,
        enough=bound,
        start=start or (),
    )
    return _answer(problem, found, bound, fairness)


def _proven(
    problem: Problem,
    possible: Sequence[int],
    bound: int,
    *,
    seconds: float,
    ends: float,
    seed: int,
    fairness: int | None,
) -> Timetable:
    """Anneal for a while, then let the solver go on."""
    start = anneal(
        problem, seconds=min(ANNEALED * seconds, ANNEALED_SECONDS), seed=seed, most_breaks=fairness, enough=bound
    )
    best = _answer(problem, start, bound, fairness)
    if best.optimal and (fairness is None or best.measures.gap <= fairness):
        return best
    for fair in dict.fromkeys([fairness, None]):
        left = ends - monotonic()
        if left <= 0:
            break
        finish = exact.finish(problem, possible, seconds=left, seed=seed, fairness=fair, bound=bound, start=start)
        if finish.verdict is not exact.Verdict.INFEASIBLE:
            found = [_answer(problem, slots, finish.bound, fair) for slots in (start, finish.timetable) if slots]
            best = min(found, key=_badness)
            break
    else:
        return _refused(problem, fairness, ends)
    return best


def _answer(problem: Problem, slots: Sequence[int], bound: int, fairness: int | None) -> Timetable:
    return Timetable(tuple(slots), measures(problem, slots), bound, fairness)


def _badness(answer: Timetable) -> tuple[int, int, int]:
    """Rank answers: all meetings first, then fairness where it is asked for, then breaks."""
    unfair = max(answer.measures.gap - answer.fairness, 0) if answer.fairness is not None else 0
    return answer.measures.left_out, unfair, answer.measures.breaks


def _refused(problem: Problem, fairness: int | None, ends: float) -> Timetable:
    """Say why there is no timetable."""
    contradicts = exact.contradicts if exact.library() else linear.contradicts
    why = find(problem, lambda part: contradicts(part, seconds=ends - monotonic()), ends=ends)
    return Timetable((), Measures(len(problem.meetings), 0, 0, 0), 0, fairness, why)
