"""Which pairs meet, and in which slot, so that the summed value is greatest."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic

from lsos.matchmaking.anytime import Progress, Watch
from lsos.matchmaking.bits import bits_of
from lsos.matchmaking.compaction import Leeway, reduce_breaks
from lsos.matchmaking.contradictions import Contradiction, contradiction, wishes
from lsos.matchmaking.days import DayCosts, DayWeights, DayWish, Half, Term, day_counts, least_breaks_of
from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.placing import adopt, exchange_for_better, fill, keep_musts, place_selection
from lsos.matchmaking.prices import Prices, bound_at, prices_by_values, reduced_values
from lsos.matchmaking.problem import Limit, Pair, Placed, Problem, breaks_of, day_of, refuse_malformed, value_of
from lsos.matchmaking.reasons import Reason, Why, reasons, unmet
from lsos.matchmaking.relaxation import finish, select
from lsos.matchmaking.timetable import Timetable

__all__ = [
    "COVERAGE_BONUS",
    "Contradiction",
    "DayWeights",
    "DayWish",
    "Half",
    "Limit",
    "Pair",
    "Placed",
    "Problem",
    "Progress",
    "Reason",
    "Schedule",
    "Why",
    "breaks_of",
    "common_slots",
    "first_common_slot",
    "reasons",
    "solve",
    "unkept",
    "value_of",
]

#: What somebody's first, second and third meeting are worth beside a score in [0, 1]: enough that
#: people without a meeting come before good further meetings of others, not before much better ones.
COVERAGE_BONUS = (0.4, 0.2, 0.1)

#: A share of a value that is as good as nothing.
ROUNDING = 1e-9

#: Saying why a pair does not meet takes about so many seconds.
TELLING = 8e-6

#: The linear programmes may take so many times the seconds given.
PATIENCE = 5.0
#: Where no clock is heeded, so many pairs in a second of it are tried to be put in by moving others.
TRIES = 500


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was decided, how good it is, and why the rest was not possible.

    Attributes:
        meetings: (a, b, slot), sorted, locked ones included.
        value: of the pairs that meet, with the bonuses.
        bound: no schedule of this problem that keeps as many must-meets is worth more.
        unmet: every other pair wished for, or that must meet -> why it does not; `reasons.reasons` says more.
        breaks: stretches without a meeting between two meetings of one person on one day.
        prices: of people, in the order of the sorted keys of `available`, of their time, of tables, of limits and
            must-meets; they prove `bound`, or where branch and bound has lowered that, one a little above it.
        musts: how many must-meets are kept; of alternatives that must meet, one counts.
        musts_bound: no schedule keeps more.
        least_breaks: no schedule in which everybody has as many meetings has fewer breaks.
        unkept: person -> what of the wishes about the days is not kept, and how often.
    """

    meetings: tuple[Placed, ...]
    value: float
    bound: float
    unmet: Mapping[Pair, Why]
    breaks: int
    prices: Prices = field(compare=False)
    musts: int = 0
    musts_bound: int = 0
    least_breaks: int = 0
    unkept: Mapping[int, Mapping[Term, int]] = field(default_factory=dict)


def solve(
    problem: Problem,
    *,
    seconds: float = 2.0,
    seed: int = 1,
    heeds_clock: bool = True,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Schedule:
    """Choose who meets whom and when: most must-meets, then the greatest value, then days that cost least.

    Never in the answer: a person in two meetings of one slot, a pair twice, somebody who is not
    available, more meetings in a slot than tables, more for a person than the cap or a limit, two
    alternatives, a forbidden pair, a locked meeting moved or missing. No unmet pair could meet without
    moving another.

    The pairs come from linear programmes (`lsos.matchmaking.relaxation`), the slots from saturation,
    exchanges and ways to a table (`placing`), fewer breaks from annealing (`compaction`). When the
    time is too short for the programmes, quick prices choose the pairs, and of few pairs the values alone.

    Args:
        problem: what is to be decided.
        seconds: about how long it may take. The linear programmes come first and may take more, at most
            five times as long, for all that follows rests on them: with 1,200 people a second is enough
            for everything, with 20,000 it takes about twenty.
        seed: of the annealing. The same problem, seconds and seed give the same schedule, unless the
            machine was so slow that time ended a step.
        heeds_clock: whether time ends a step. If not, the seconds say only how many steps there are, so that the
            schedule is the same on any machine; nothing is branched then, for that ends by the clock alone.
        progress: told now and then how far it is, and at the end.
        stop: asked now and then; once it gives true, the best so far is given back. A linear programme under
            way is finished first.

    Returns:
        A schedule with an upper bound: what the prices of the linear programme prove by weak duality
        for this problem, whoever's programme found them; in small problems, the bound of the branch
        and bound where it is lower.

    Raises:
        Contradiction: statements of the problem cannot all hold; it names the fewest.
        ValueError: the problem says what cannot be meant; the words say where.
    """
    began = monotonic()
    watch = Watch(seconds, progress, stop)
    refuse_malformed(problem)
    if (found := contradiction(problem)) is not None:
        raise found
    pairs, instance = instance_of(problem)
    everyone = range(len(pairs))

    def until(share: float, least: float) -> float:
        """Give the time at which this share of the seconds has passed, but leave so much of them in any case."""
        if watch.ends():
            return monotonic()
        if not heeds_clock:
            return inf
        return max(began + share * seconds, monotonic() + least * seconds)

    musts = keep_musts(instance, deadline=until(1, 0))
    instance = replace(instance, needed=musts.kept)
    table = Timetable(instance)
    base = value_of(problem, problem.locked)
    bound = inf

    def tell(value: float | None = None, breaks: Callable[[], int] | None = None, *, at_once: bool = False) -> bool:
        """Tell how far it is; without other words, how things stand in the timetable."""
        value = base + (table.worth if value is None else value)
        breaks = breaks or (lambda: sum(instance.breaks[busy] for busy in table.busy))
        return watch.tell(value, base + bound, breaks, at_once=at_once)

    tell(at_once=True)
    selection = select(instance, deadline=until(PATIENCE, 0), rounding=0.3 * seconds)
    if selection is not None:
        place_selection(table, selection)
        if table.musts < musts.kept:
            table.restore(musts.slot_of)
            place_selection(table, selection)
    else:
        table.restore(musts.slot_of)
    fill(table, everyone, deadline=until(0.5, 0.05), tries=inf if heeds_clock else TRIES * seconds)
    prices = (selection and selection.prices) or prices_by_values(instance)
    bound = selection.bound if selection else bound_at(instance, prices)

    tell(at_once=True)

    def target() -> float:
        #: Where value may be given up for better days, its last thousandths are not worth the time for them.
        return bound * (1 - max(ROUNDING, problem.leeway / 10)) + (
            musts.bound * instance.must_value if musts.bound else 0.0
        )

    exchange_for_better(
        table,
        everyone,
        target=target(),
        seed=seed,
        seconds=seconds,
        deadline=until(0.6, 0.02),
        tell=lambda best: tell(best % instance.must_value if musts.bound else best),
    )
    if table.value() < target() and (exact := finish(instance, deadline=until(0.9, 0.1))):
        bound = min(bound, exact.bound)
        adopt(table, exact)
    calendar = problem.calendar()
    unavoidable = least_breaks_of(_meetings(problem, pairs, table), problem.available, calendar, problem.locked)
    spare = _spare(problem, table, bound)
    reduce_breaks(
        table,
        seed=seed,
        seconds=seconds,
        deadline=until(1 - min(0.2, TELLING * len(problem.pairs) / max(seconds, ROUNDING)), 0.1),
        costs=_day_costs(problem),
        least=unavoidable * problem.day_weights.breaks,
        leeway=Leeway(spare, reduced_values(instance, prices)) if spare > 0 else None,
        tell=lambda _cost, breaks: tell(breaks=breaks),
    )
    fill(table, everyone, deadline=0)

    meetings = _meetings(problem, pairs, table)
    value = value_of(problem, meetings)
    tell(at_once=True)
    locked = {(a, b) for a, b, _ in problem.locked}
    kept = sum(not wish.isdisjoint(locked) for wish in wishes(problem))
    return Schedule(
        meetings=meetings,
        value=value,
        #: Sums of prices carry rounding, which is no gap.
        bound=base + bound if base + bound > value * (1 + ROUNDING) else value,
        unmet=unmet(problem, meetings),
        breaks=breaks_of(meetings, problem.days),
        prices=prices,
        musts=kept + table.musts,
        musts_bound=kept + max(musts.bound, table.musts),
        least_breaks=least_breaks_of(meetings, problem.available, calendar, problem.locked),
        unkept=unkept(problem, meetings),
    )


def unkept(problem: Problem, meetings: Collection[Placed]) -> dict[int, dict[Term, int]]:
    """Count, for everybody with a wish about the days, in what it is not kept; who has all is left out."""
    busy: defaultdict[int, list[int]] = defaultdict(list)
    for a, b, slot in meetings:
        busy[a].append(slot)
        busy[b].append(slot)
    calendar = problem.calendar()
    found: dict[int, dict[Term, int]] = {}
    for key, wish in sorted(problem.wishes.items()):
        counts = day_counts(wish, busy[key], problem.available[key], calendar)
        counts.pop(Term.BREAKS, None)
        if counts:
            found[key] = counts
    return found


def _day_costs(problem: Problem) -> DayCosts:
    """Weigh breaks, and what people wish for the days."""
    people = sorted(problem.available)
    available = [bits_of(problem.available[key]) for key in people]
    return DayCosts(problem.calendar(), available, [problem.wishes.get(key) for key in people], problem.day_weights)


def _spare(problem: Problem, table: Timetable, bound: float) -> float:
    """Say how much value may be given up for better days.

    Bonuses are no part of it, so that a turn of the fairness dial gives no more of it.
    """
    values = table.instance.values
    score = sum(value for value, slot in zip(values, table.slot_of, strict=True) if slot >= 0)
    return min(problem.leeway * score, table.worth - (1 - problem.leeway) * bound)


def _meetings(problem: Problem, pairs: Sequence[Pair], table: Timetable) -> tuple[Placed, ...]:
    """List what stands, locked meetings included."""
    placed = ((*pair, slot) for pair, slot in zip(pairs, table.slot_of, strict=True) if slot >= 0)
    return tuple(sorted([*problem.locked, *placed]))


def _new_breaks(slot: int, busy: Collection[int], day: Callable[[int], int]) -> int:
    """Say how many breaks a meeting in this slot adds for one person; -1 when it fills one exactly."""
    same_day = [taken for taken in busy if day(taken) == day(slot)]
    if not same_day:
        return 0
    return 1 - (slot - 1 in same_day) - (slot + 1 in same_day)


def common_slots(
    free_a: Collection[int],
    free_b: Collection[int],
    *,
    busy_a: Collection[int] = (),
    busy_b: Collection[int] = (),
    tables_left: Mapping[int, int] | None = None,
    days: Sequence[int] = (),
    more: Callable[[int], float] | None = None,
) -> Iterator[int]:
    """Name the slots in which two people can meet, the kindest to their days first.

    A slot that touches a meeting of theirs, or lies on a day without one, makes no new break; such
    slots come first, then those that make one break, then two; then counts what else is said against
    a slot, and the earlier wins a tie.

    Args:
        free_a: slots in which the first person can meet.
        free_b: the same for the second.
        busy_a: slots in which the first already meets somebody.
        busy_b: the same for the second.
        tables_left: slot -> free tables; None asks for no table.
        days: for each day, how many slots it has; empty means one day.
        more: what else a slot costs the two, for example what they wish for their days.
    """
    day = day_of(days)
    possible = [slot for slot in set(free_a) & set(free_b) if tables_left is None or tables_left.get(slot, 0) > 0]
    yield from sorted(
        possible,
        key=lambda slot: (
            _new_breaks(slot, busy_a, day) + _new_breaks(slot, busy_b, day),
            more(slot) if more is not None else 0.0,
            slot,
        ),
    )


def first_common_slot(
    free_a: Collection[int],
    free_b: Collection[int],
    *,
    busy_a: Collection[int] = (),
    busy_b: Collection[int] = (),
    tables_left: Mapping[int, int] | None = None,
    days: Sequence[int] = (),
) -> int | None:
    """Give the best of `common_slots`, or None when there is none."""
    return next(common_slots(free_a, free_b, busy_a=busy_a, busy_b=busy_b, tables_left=tables_left, days=days), None)
