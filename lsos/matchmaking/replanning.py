"""Planning again after people were told: published meetings stay, and only what a change touches moves.

A meeting that cannot stand, since somebody is away, full or gone, or a table is missing, is offered another slot before
anything new is planned. All others are locked, but for those that `max_moves` lets make way for people whom the change
concerns. Moves are counted, whatever their cause.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import monotonic

from lsos.matchmaking.contradictions import Said, contradiction
from lsos.matchmaking.problem import Limit, Pair, Placed, Problem, value_of
from lsos.matchmaking.scheduling import Schedule, solve

#: The plan may take this share of the seconds; where a second one may follow, the first takes less.
ONCE, FIRST = 0.9, 0.45
#: Up to so many pairs for each second, a second plan is tried, in which published meetings make way.
PAIRS_A_SECOND = 8_000


class Outcome(StrEnum):
    """What became of a published meeting."""

    KEPT = "kept"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Obstacle(StrEnum):
    """Why a published meeting cannot stand as it was; the first that holds."""

    #: One of them takes part no longer, or not with the other.
    NO_LONGER_A_PAIR = "no_longer_a_pair"
    #: One of them is away in that slot.
    NOT_AVAILABLE = "not_available"
    #: A locked meeting takes the place: the same pair's, or one of them has it in that slot.
    LOCKED_OTHERWISE = "locked_otherwise"
    #: One of them may have fewer meetings now, and has others that are worth more.
    PERSON_FULL = "person_full"
    #: There are fewer tables now, and meetings that are worth more have them.
    TABLES_FULL = "tables_full"
    #: Of the pairs of which one may meet, another does.
    ALTERNATIVE_MEETS = "alternative_meets"
    #: Must-meets cannot all take place while it stands.
    MUST_MEETS = "must_meets"
    #: It could stand, but its move makes a better plan.
    BETTER_ELSEWHERE = "better_elsewhere"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one published meeting.

    Attributes:
        outcome: kept, moved or cancelled.
        slot: where it is now; None when it was cancelled.
        why: why it could not stay as it was; None when it was kept.
        out_of_moves: it was cancelled, or might have been, since as many meetings as allowed had moved.
    """

    outcome: Outcome
    slot: int | None
    why: Obstacle | None = None
    out_of_moves: bool = False


@dataclass(frozen=True, slots=True)
class Replan:
    """A plan made from an older one.

    Attributes:
        schedule: the new plan. Its bound is that of all plans that keep what was kept.
        fates: published meeting -> what became of it.
    """

    schedule: Schedule
    fates: Mapping[Placed, Fate]

    @property
    def moved(self) -> int:
        """Count the published meetings that are in another slot now."""
        return sum(fate.outcome is Outcome.MOVED for fate in self.fates.values())


def replan(
    problem: Problem,
    before: Iterable[Placed],
    *,
    max_moves: int | None = None,
    seconds: float = 1.0,
    seed: int = 1,
) -> Replan:
    """Plan again around the meetings that people know of.

    Args:
        problem: as it is now, after cancellations, late comers and changed availability.
        before: the published meetings (a, b, slot).
        max_moves: so many of them may change their slot, with those that cannot stand; 0 moves none. None lets
            all that cannot stand move, and nothing else.
        seconds: about how long it may take in all.
        seed: as in `solve`.

    Returns:
        A plan in which every published meeting that can stand has its slot, but for those that `max_moves` lets move
        because the plan is worth more so; none of these is cancelled. When seconds are short beside the pairs
        (`PAIRS_A_SECOND`), only what cannot stand moves.

    Raises:
        Contradiction: the problem itself cannot be solved, whatever was published.
        ValueError: the problem is not well formed.
    """
    began = monotonic()
    published = tuple(dict.fromkeys(before))
    standing, fallen = _sorted_out(problem, published)
    locked = {(a, b) for a, b, _ in problem.locked}
    wished = (problem.pairs.keys() | problem.musts) - problem.forbidden - locked
    movable = frozenset((a, b) for a, b, _ in fallen) & wished

    def planned(kept: Iterable[Placed], first: frozenset[Pair], until: float) -> Schedule:
        """Plan around `kept`; of the movable pairs only `first` may meet, before any others."""
        left = max(0.0, began + until * seconds - monotonic())
        return solve(_around(problem, kept, first, movable - first), seconds=left, seed=seed)

    twice = bool(max_moves) and len(problem.pairs) <= PAIRS_A_SECOND * seconds
    first = movable if max_moves is None else frozenset(_most_wanted(problem, movable, standing)[:max_moves])
    plan = planned(standing, first, FIRST if twice else ONCE)
    if twice and max_moves is not None and max_moves > len(first):
        moved = first.intersection((a, b) for a, b, _ in plan.meetings)
        loose = frozenset(_in_the_way(problem, plan, standing, fallen)[: max_moves - len(moved)])
        tried = moved.union((a, b) for a, b, _ in loose)
        again = planned([meeting for meeting in standing if meeting not in loose], tried, 1.0) if loose else plan
        if tried <= {(a, b) for a, b, _ in again.meetings} and _rank(problem, again) > _rank(problem, plan):
            first, plan = tried, again
    return Replan(plan, _fates(published, plan, fallen, barred=movable - first))


def _most_wanted(problem: Problem, pairs: Iterable[Pair], standing: Iterable[Placed]) -> list[Pair]:
    """Order the pairs that still have a slot in common beside what stands: must-meets first, then by value."""
    busy: defaultdict[int, set[int]] = defaultdict(set)
    for a, b, slot in (*problem.locked, *standing):
        busy[a].add(slot)
        busy[b].add(slot)
    possible = ((a, b) for a, b in pairs if (problem.available[a] & problem.available[b]) - busy[a] - busy[b])
    return sorted(possible, key=lambda pair: (pair not in problem.musts, -problem.pairs.get(pair, 0.0), pair))


def _around(problem: Problem, kept: Iterable[Placed], first: frozenset[Pair], barred: frozenset[Pair]) -> Problem:
    """State the problem with published meetings locked, pairs that come before all others, and some that may not meet.

    Raises:
        ValueError: a pair must meet, but may not move to where it can.
    """
    if problem.musts_are_hard:
        for a, b in sorted(barred & problem.musts):
            raise ValueError(f"{a} and {b} must meet; their meeting cannot stay where it was, and no more may move.")
    return replace(
        problem,
        locked=tuple(dict.fromkeys((*problem.locked, *kept))),
        pairs={pair: value for pair, value in problem.pairs.items() if pair not in barred} if barred else problem.pairs,
        musts=problem.musts - barred if problem.musts_are_hard else (problem.musts | first) - barred,
    )


def _rank(problem: Problem, plan: Schedule) -> tuple[int, float]:
    """Say how good a plan is: must-meets come before value."""
    return len(problem.musts.intersection((a, b) for a, b, _ in plan.meetings)), value_of(problem, plan.meetings)


def _sorted_out(problem: Problem, published: Sequence[Placed]) -> tuple[list[Placed], dict[Placed, Obstacle]]:
    """Part the published meetings into those that can stand together, and the others with what is in their way.

    Where not all can stand, must-meets come first, then those that are worth most.
    """
    ledger = _Ledger(problem)
    for meeting in problem.locked:
        ledger.add(meeting)
    locked = set(problem.locked)
    order = sorted(published, key=lambda each: (each[:2] not in problem.musts, -problem.pairs.get(each[:2], 0.0), each))
    standing: list[Placed] = []
    fallen: dict[Placed, Obstacle] = {}
    for meeting in order:
        if meeting in locked:
            continue
        obstacle = ledger.obstacle(meeting)
        if obstacle is None:
            ledger.add(meeting)
            standing.append(meeting)
        else:
            fallen[meeting] = obstacle
    while problem.musts_are_hard and (found := contradiction(replace(problem, locked=(*problem.locked, *standing)))):
        said = {(*each.people, *each.slots) for each in found.statements if each.kind is Said.LOCKED}
        loose = [meeting for meeting in standing if meeting in said]
        if not loose:
            raise found
        fallen[loose[-1]] = Obstacle.MUST_MEETS
        standing.remove(loose[-1])
    return standing, fallen


class _Ledger:
    """Places, tables and limits used up so far, as the rules of a problem count them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pairs: set[Pair] = set()
        self.at: set[tuple[int, int]] = set()
        self.had = Counter[int]()
        self.load = Counter[int]()
        self.limits: defaultdict[int, list[Limit]] = defaultdict(list)
        self.used = Counter[Limit]()
        for limit in problem.limits:
            self.limits[limit.person].append(limit)

    def add(self, meeting: Placed) -> None:
        """Count a meeting in."""
        a, b, slot = meeting
        self.pairs.add((a, b))
        self.load[slot] += (a, b) not in self.problem.without_table
        for person in (a, b):
            self.at.add((person, slot))
            self.had[person] += 1
            self.used.update(limit for limit in self.limits[person] if limit.counts(a, b, slot))

    def obstacle(self, meeting: Placed) -> Obstacle | None:
        """Say why a meeting cannot stand beside those counted so far."""
        a, b, slot = meeting
        problem, pair = self.problem, (a, b)
        if (pair not in problem.pairs and pair not in problem.musts) or pair in problem.forbidden:
            return Obstacle.NO_LONGER_A_PAIR
        if any(slot not in problem.available.get(person, ()) for person in pair):
            return Obstacle.NOT_AVAILABLE
        if pair in self.pairs or (a, slot) in self.at or (b, slot) in self.at:
            return Obstacle.LOCKED_OTHERWISE
        if any(self.had[person] >= problem.caps.get(person, problem.slots) for person in pair) or any(
            self.used[limit] >= limit.most
            for person in pair
            for limit in self.limits[person]
            if limit.counts(a, b, slot)
        ):
            return Obstacle.PERSON_FULL
        if pair not in problem.without_table and self.load[slot] >= problem.tables[slot]:
            return Obstacle.TABLES_FULL
        if any(pair in group and not group.isdisjoint(self.pairs) for group in problem.alternatives):
            return Obstacle.ALTERNATIVE_MEETS
        return None


def _in_the_way(problem: Problem, plan: Schedule, standing: Iterable[Placed], fallen: Iterable[Placed]) -> list[Placed]:
    """Name the published meetings that keep apart people whom the change concerns, the most costly first.

    The change concerns whoever lost a meeting, and whoever had none so far. A meeting is in the way of a pair when it
    alone keeps one of the two from a slot in which both could; and it must have another slot in which its people can.
    """
    at: dict[tuple[int, int], Placed] = {}
    busy: defaultdict[int, set[int]] = defaultdict(set)
    for meeting in plan.meetings:
        for person in meeting[:2]:
            at[person, meeting[2]] = meeting
            busy[person].add(meeting[2])
    lost = {person for a, b, _ in fallen for person in (a, b)}
    had = {person for a, b, _ in standing for person in (a, b)}
    loose = {
        (a, b, slot)
        for a, b, slot in standing
        if (problem.available[a] & problem.available[b]) - busy[a] - busy[b] - {slot}
    }
    promise: defaultdict[Placed, float] = defaultdict(float)
    for (a, b), value in problem.pairs.items():
        concerned = a in lost or b in lost or a not in had or b not in had
        if not concerned or (a, b) not in plan.unmet:
            continue
        if any(len(busy[person]) >= problem.caps.get(person, problem.slots) for person in (a, b)):
            continue
        for slot in problem.available[a] & problem.available[b] & (busy[a] ^ busy[b]):
            meeting = at[a if slot in busy[a] else b, slot]
            if meeting in loose:
                promise[meeting] = max(promise[meeting], value)
    return sorted(promise, key=lambda meeting: (-promise[meeting], meeting))


def _fates(
    published: Iterable[Placed],
    plan: Schedule,
    fallen: Mapping[Placed, Obstacle],
    *,
    barred: frozenset[Pair],
) -> dict[Placed, Fate]:
    now = {(a, b): slot for a, b, slot in plan.meetings}

    def fate(a: int, b: int, slot: int) -> Fate:
        found = now.get((a, b))
        if found == slot:
            return Fate(Outcome.KEPT, slot)
        why = fallen.get((a, b, slot), Obstacle.BETTER_ELSEWHERE)
        if found is not None:
            return Fate(Outcome.MOVED, found, why)
        return Fate(Outcome.CANCELLED, None, why, out_of_moves=(a, b) in barred)

    return {meeting: fate(*meeting) for meeting in published}
