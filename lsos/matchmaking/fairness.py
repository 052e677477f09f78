"""How evenly meetings are shared: one dial, what each position of it costs, and what fairness is possible at all.

The dial sets what somebody's first, second and third meeting add to the value of a schedule. At 0 they add
nothing, and only the pairs count. At 1 the first two come before everything else: nobody is left below two
meetings where a schedule exists in which nobody is, save in problems made for it.

Whether one exists is another question, and `coverage_bound` gives a proof for the answer "no": the linear
programme with pairs worth nothing and the first k meetings of everybody worth 1 each. Its prices prove by weak
duality that no schedule gives people more of their first k meetings; the difference to what each could have
alone is missing in every schedule.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from time import monotonic

from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.prices import Prices, bound_at, prices_by_values
from lsos.matchmaking.problem import Placed, Problem
from lsos.matchmaking.relaxation import select
from lsos.matchmaking.scheduling import solve

#: What a first, second and third meeting are worth at the end of the dial, in values of the best pair. With
#: several times that value, no exchange of a few pairs pays for a meeting somebody lacks.
FAIREST = (10.0, 8.0, 1.0)
#: How fast each of them grows with the dial: as this power of it.
POWERS = (2, 3, 3)
#: The positions of which a table of prices is made.
POSITIONS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
#: Rounding of the solver that is no meeting.
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many meetings people have, of those who can have any.

    Attributes:
        people: how many they are.
        below: of them, how many have fewer than one meeting, than two, than three.
        jain: the square of the sum of meetings by the sum of their squares, by `people`; in (0, 1], 1 where all
            have equally many (Jain, Chiu, Hawe, DEC-TR-301, 1984). 0 where there are no meetings.
    """

    people: int
    below: tuple[int, int, int]
    jain: float


@dataclass(frozen=True, slots=True)
class CoverageBound:
    """What coverage no schedule exceeds.

    Attributes:
        least: how many meetings everybody should have, k.
        needs: person -> so many of the first k the person could have if nobody else met; above 0.
        reachable: no schedule has a larger sum, over people, of meetings up to k.
        missing: in every schedule people lack at least so many meetings of `needs` together.
        below: in every schedule at least so many people have fewer meetings than they need.
        prices: what proves `reachable` where pairs are worth nothing and the first k meetings 1 each.
    """

    least: int
    needs: Mapping[int, int]
    reachable: int
    missing: int
    below: int
    prices: Prices = field(compare=False)

    def lacking(self, meetings: Iterable[Placed]) -> dict[int, int]:
        """Give for everybody with fewer meetings than needed how many are lacking."""
        count = _counts(meetings)
        return {person: need - count[person] for person, need in self.needs.items() if count[person] < need}


@dataclass(frozen=True, slots=True)
class Price:
    """What one position of the dial costs and brings.

    Attributes:
        dial: in [0, 1].
        bonus: what a first, second and third meeting added.
        score: of the pairs that meet, without bonuses.
        share: the score as a share of the highest in the table.
        meetings: how many.
        coverage: how they are shared.
        breaks: stretches without a meeting between two meetings of one person on one day.
        least_breaks: no schedule in which everybody has as many meetings has fewer.
        gap: how far value and bound, with the bonuses, are apart, as a share of the bound.
    """

    dial: float
    bonus: tuple[float, ...]
    score: float
    share: float
    meetings: int
    coverage: Coverage
    breaks: int
    least_breaks: int
    gap: float


def coverage_bonus(dial: float, best: float = 1.0) -> tuple[float, ...]:
    """Give what somebody's first, second and third meeting add at a position of the dial.

    With d the position and w the value of the best pair: 10 w d², 8 w d³, w d³; never rising from one to
    the next. At 0.2 a first meeting is worth 0.4 of the best pair, at 1 ten times as much.

    Args:
        dial: 0 for score only, 1 for fairness.
        best: the value of the best pair, at least 0.

    Raises:
        ValueError: the dial is turned outside [0, 1].
    """
    if not 0 <= dial <= 1:
        raise ValueError(f"The dial is at {dial}, outside 0 to 1.")
    return tuple(best * most * dial**power for most, power in zip(FAIREST, POWERS, strict=True)) if dial else ()


def with_dial(problem: Problem, dial: float) -> Problem:
    """Turn the dial of a problem: give it the bonus of that position, instead of its own."""
    return replace(problem, first_meeting_bonus=coverage_bonus(dial, max(problem.pairs.values(), default=0.0)))


def coverage_of(problem: Problem, meetings: Iterable[Placed]) -> Coverage:
    """Measure how evenly meetings are shared among those who can have any."""
    count = _counts(meetings)
    had = [count[person] for person in meetings_possible(problem, 1)]
    squares = sum(each * each for each in had)
    below = (sum(each < 1 for each in had), sum(each < 2 for each in had), sum(each < 3 for each in had))
    return Coverage(len(had), below, sum(had) ** 2 / (len(had) * squares) if squares else 0.0)


def meetings_possible(problem: Problem, most: int) -> dict[int, int]:
    """Say how many meetings, up to `most`, each person could have if nobody else met; who could have none is left out.

    Counted are partners that are not forbidden, each with a slot of its own in which both can; caps hold, and
    locked meetings are had. Limits and alternatives are not looked at, so it may be too many, never too few.
    """
    open_slots = frozenset(slot for slot, tables in enumerate(problem.tables) if tables)
    had: defaultdict[int, set[int]] = defaultdict(set)
    for a, b, slot in problem.locked:
        had[a].add(slot)
        had[b].add(slot)
    locked = {(a, b) for a, b, _ in problem.locked}
    common: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    for pair in sorted(problem.pairs.keys() | problem.musts):
        if pair in locked or pair in problem.forbidden:
            continue
        a, b = pair
        both = (problem.available[a] & problem.available[b]) - had[a] - had[b]
        if pair not in problem.without_table:
            both &= open_slots
        if both:
            common[a].append(both)
            common[b].append(both)
    possible: dict[int, int] = {}
    for person in sorted(problem.available):
        limit = min(most, problem.caps.get(person, problem.slots))
        count = len(had[person]) + _matched(common[person], limit - len(had[person]))
        if min(limit, count) > 0:
            possible[person] = min(limit, count)
    return possible


def _matched(choices: Sequence[frozenset[int]], enough: int) -> int:
    """Give as many as possible one slot each of their own, up to `enough`; say how many that are (Kuhn, 1955)."""
    holder: dict[int, int] = {}

    def give(place: int, seen: set[int]) -> bool:
        for slot in sorted(choices[place] - seen):
            seen.add(slot)
            if slot not in holder or give(holder[slot], seen):
                holder[slot] = place
                return True
        return False

    count = 0
    for place in range(len(choices)):
        if count >= enough:
            break
        count += give(place, set())
    return count


def coverage_bound(problem: Problem, least: int = 2, *, seconds: float = 10.0) -> CoverageBound:
    """Prove how many of everybody's first `least` meetings no schedule exceeds.

    Args:
        problem: without contradictions; its values, bonus and locked meetings' values play no part.
        least: how many meetings everybody should have, k.
        seconds: for the linear programme; if it is too short, tables alone are priced.
    """
    needs = meetings_possible(problem, least)
    _, instance = instance_of(replace(problem, first_meeting_bonus=(1.0,) * least))
    instance = replace(instance, values=[0.0] * len(instance.values), musts=frozenset())
    selection = select(instance, deadline=monotonic() + seconds, rounding=0.0)
    prices = (selection and selection.prices) or prices_by_values(instance)
    count = _counts(problem.locked)
    had = sum(min(least, locked) for locked in count.values())
    bound = selection.bound if selection else bound_at(instance, prices)
    proved = had + floor(bound + EPSILON)
    wanted = sum(needs.values())
    reachable = min(wanted, proved)
    missing = wanted - reachable
    return CoverageBound(least, needs, reachable, missing, ceil(missing / least) if least else 0, prices)


def price_of_fairness(
    problem: Problem,
    positions: Iterable[float] = POSITIONS,
    *,
    seconds: float = 2.0,
    seed: int = 1,
    tell: Callable[[Price], None] = lambda _price: None,
) -> list[Price]:
    """Solve a problem at several positions of the dial, and say what each costs; for a table or a plot.

    Args:
        problem: its own bonus plays no part.
        positions: of the dial, each in [0, 1].
        seconds: for each position, as in `solve`.
        seed: as in `solve`.
        tell: called after each position; there `share` is of the highest score until then.
    """
    found: list[Price] = []
    best = 0.0
    for dial in positions:
        turned = with_dial(problem, dial)
        schedule = solve(turned, seconds=seconds, seed=seed)
        score = sum(problem.pairs.get((a, b), 0.0) for a, b, _ in schedule.meetings)
        best = max(best, score)
        price = Price(
            dial=dial,
            bonus=turned.first_meeting_bonus,
            score=score,
            share=score / best if best else 1.0,
            meetings=len(schedule.meetings),
            coverage=coverage_of(problem, schedule.meetings),
            breaks=schedule.breaks,
            least_breaks=schedule.least_breaks,
            gap=1 - schedule.value / schedule.bound if schedule.bound else 0.0,
        )
        tell(price)
        found.append(price)
    return [replace(price, share=price.score / best if best else 1.0) for price in found]


def _counts(meetings: Iterable[Placed]) -> Counter[int]:
    return Counter(person for a, b, _ in meetings for person in (a, b))
