"""Making people's days cost less, by moving meetings to other slots and, if some value may go, by better fitting ones.

Take two slots. The meetings in them fall into chains: whoever meets in both ties two meetings together, and
when one of these changes over to the other slot, so must the other (Kempe chains of edge colouring). Chains
share no people, so what a change-over brings is a sum over chains, and the best set of chains to change over,
with tables for all, is found exactly by sorting (`arrays`). A step does that for two slots, with some noise on
what each chain brings, less and less of it: annealing (Kirkpatrick, Gelatt, Vecchi, *Science* 220, 1983) over
all exchanges between two slots at once, with the logistic noise that gives each chain alone its heat-bath
chance. Who meets whom stays, unless value may be given up for it (`trading`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from time import monotonic

import numpy as np

from lsos.matchmaking.arrays import Arrays, Noise
from lsos.matchmaking.days import DayCosts, Days, DayWeights, Floats
from lsos.matchmaking.timetable import Timetable
from lsos.matchmaking.trading import Trading

#: How willingly a change for the worse is taken, in breaks, at the start and at the end.
WARM, COLD = 0.3, 0.1
#: How long a step takes on a slow machine, in seconds: so much, and so much for each meeting in the two slots.
STEP, STEP_A_MEETING = 1.5e-4, 6e-7
#: At most so many steps for each pair of slots, and for each meeting, where these are at least `MANY`; fewer, if fewer.
STEPS_A_PAIR, STEPS_A_MEETING, MANY = 10, 60, 200
#: Of so many steps, one also trades value for days.
TRADED = 8
#: What a break is worth when value may be given up: so many times the root of what could be given for each break
#: and what a meeting is worth. Found by trial: the value is then given up about when time is.
RATE = 1.0
#: So many random numbers are drawn at once.
DRAWN = 1 << 16


@dataclass(frozen=True, slots=True)
class Leeway:
    """How much value may be given up for better days.

    Attributes:
        most: in all, at least 0.
        reduced: for each pair, what it is worth beyond the prices it would pay in its cheapest slot.
    """

    most: float
    reduced: Floats


def reduce_breaks(
    table: Timetable,
    *,
    seed: int,
    seconds: float,
    deadline: float,
    costs: DayCosts | None = None,
    least: float = 0.0,
    leeway: Leeway | None = None,
    tell: Callable[[float, Callable[[], int]], bool] = lambda _cost, _breaks: False,
) -> None:
    """Let meetings change over between slots, so that all days together cost least, and with leeway trade some.

    The number of steps follows from `seconds` and the cooling from the steps, so that the same seed
    gives the same schedule; only when `deadline` (of `time.monotonic`) comes first does it cool
    faster and end there. Kept is the cheapest timetable seen.

    Args:
        table: what stands; it is changed.
        seed: of the annealing.
        seconds: about how long it may take.
        deadline: when it ends in any case.
        costs: of the days of its people, in their order; without them breaks alone count, one each.
        least: a cost that cannot be beaten by the same meetings; without leeway, reaching it ends the search.
        leeway: how much value may be given up; without it, who meets whom stays.
        tell: called now and then with the least cost so far, and what counts the breaks there; ends the
            search when true.
    """
    if costs is None:
        costs = DayCosts(Days(table.instance.days), table.busy, weights=DayWeights(breaks=1))
    state = Arrays(table, costs)
    if len(state.meetings) == 0 or len(table.instance.tables) < 2:
        return
    meetings, slots = len(state.meetings), len(table.instance.tables)
    enough = STEPS_A_PAIR * slots * (slots - 1) / 2 + STEPS_A_MEETING * meetings * min(1, meetings / MANY)
    steps = int(min(seconds / (STEP + STEP_A_MEETING * 2 * meetings / slots), enough))
    began = monotonic()
    chance = np.random.default_rng(seed)
    pairs = _pairs_of_slots(slots, chance)
    noise = _noise(chance)
    cost = best = state.cost()
    kept = state.slot_of.copy()
    changed = False
    trading = _trading(state, table, costs, leeway, cost) if leeway is not None and leeway.most > 0 else None
    for step in range(steps):
        if trading is None and best <= least + 1e-9:
            break
        if not step & 63:
            late = (monotonic() - began) / max(deadline - began, 1e-9)
            if late >= 1 or tell(best, lambda: state.breaks(kept)):
                break
            heat = costs.unit * WARM * (COLD / WARM) ** max(step / steps, late)
        one, other = next(pairs)
        cost += state.step(one, other, heat, noise)
        if trading is not None and step % TRADED == 0:
            cost += trading.replace(one, heat, noise) + trading.hand_over(other, heat, noise)
        if cost < best - 1e-9:
            best, changed = cost, True
            kept[:] = state.slot_of
    if changed:
        table.restore(kept.tolist())


def _trading(state: Arrays, table: Timetable, costs: DayCosts, leeway: Leeway, cost: float) -> Trading:
    """Say what a break is worth in value: the more, the more may be given up for each."""
    usual = sum(table.instance.values[pair] for pair in state.meetings.tolist()) / len(state.meetings)
    breaks = max(1.0, cost / costs.unit)
    rate = RATE * sqrt(leeway.most / breaks * max(usual, leeway.most / breaks))
    return Trading(state, table, costs, most=leeway.most, rate=rate, reduced=leeway.reduced)


def _pairs_of_slots(slots: int, chance: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Name two slots at a time, all of them before any comes again, in random order."""
    pairs = np.column_stack(np.triu_indices(slots, 1))
    while True:
        yield from pairs[chance.permutation(len(pairs))].tolist()


def _noise(chance: np.random.Generator) -> Noise:
    """Give logistic numbers, so many at a time."""
    drawn = np.empty(0)
    place = 0

    def draw(count: int) -> Floats:
        nonlocal drawn, place
        if place + count > len(drawn):
            share = chance.random(max(DRAWN, count))
            drawn, place = np.log(share + 1e-300) - np.log1p(-share), 0
        place += count
        return drawn[place - count : place]

    return draw
