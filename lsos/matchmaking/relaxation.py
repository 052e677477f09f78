"""Which pairs should meet, and a bound that no schedule exceeds: the problem as a linear programme.

The whole programme has a variable for each pair and slot; with 1,200 people that takes half a minute. But in
most slots far more people are free than tables can hold, and there it is enough that the totals fit.
So only the scarcest slots, those with the fewest possible meetings for a table, have variables of
their own; all others are one pool. And only promising pairs take part: those with the best prices in a
first programme without slots. The answer is nearly always in whole numbers, and `placing` then nearly
always finds slots for the pairs of the pool.

The bound does not rest on the solver: any prices prove one by weak duality, and `bound_at` computes
what the solver's prices prove over all pairs and slots. Only in a small problem that is finished by
branch and bound is the solver's own bound taken, when it is lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from lsos.matchmaking.bits import table_of
from lsos.matchmaking.instance import Instance
from lsos.matchmaking.prices import (
    Floats,
    Prices,
    Whole,
    bonuses_of,
    bound_at,
    flags,
    no_prices,
    ones,
    people_of,
    quota_slots,
    quotas_of,
    reduced_values,
    smooth_prices,
)

#: Up to so many pairs, all take part at once.
FEW = 4_000
#: The scarce slots may have half as many variables as there are pairs, within these bounds; all slots, up to so many.
COLUMNS, MOST_COLUMNS, ALL_COLUMNS = 1_500, 16_000, 8_000
#: Of more, so many for each meeting take part, those with the best prices, and as many of each person's as the person
#: may have, and one more.
PROMISING = 1.6
#: Pairs left out join while the bound may be lowered by more than this share of the value. Where more than `MANY`
#: take part, each programme is a matter of seconds, and the second number holds.
GAP, GAP_OF_MANY = 2e-5, 3e-4
MANY = 10_000
#: With so many variables, the simplex method is quicker than interior points.
SIMPLEX = range(20_000, 60_000)
#: After this share of the time allowed, no further pairs are let in.
ENOUGH = 0.4
#: Up to so many variables, a programme is small enough for branch and bound.
BRANCHED = 20_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Pairs that should meet.

    Attributes:
        pairs: the surest first.
        slots: for each its slot, or -1 where any of the pool will do.
        bound: no schedule is worth more.
        prices: what proves the bound; None where only the solver's word stands for it.
    """

    pairs: Sequence[int]
    slots: Sequence[int]
    bound: float
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class _Programme:
    """Maximise `worth` times x, with `upper` x at most `limits`, `equal` x = 0, and 0 <= x <= `most`.

    Attributes:
        pairs: of the first variables; the others count bonuses and further meetings.
        slots: of the same; -1 is the pool.
        time_rows: person by slot -> the row of `upper` whose price is that of the time.
        table_rows: slot -> the row of `upper` whose price is that of a table.
        quota_rows: quota -> the row of `upper` whose price is that of the quota.
        must_row: the row of `upper` that asks for the must-meets.
    """

    pairs: Whole
    slots: Whole
    worth: Floats
    most: Floats
    upper: "sparse.csr_array"
    limits: Floats
    equal: "sparse.csr_array"
    time_rows: Whole
    table_rows: Whole
    quota_rows: Whole
    must_row: int


@dataclass(frozen=True, slots=True)
class _Answer:
    programme: _Programme
    shares: Floats
    value: float
    prices: Prices


def select(instance: Instance, *, deadline: float, rounding: float) -> Selection | None:
    """Choose the pairs, by a linear programme if there is enough time until `deadline` (of `time.monotonic`).

    Without that time, many pairs are chosen by quick prices, and for few the answer is None. Where the programme's
    answer has fractions, they alone are branched into whole numbers, for so many seconds at most (`rounding`).
    """
    began = monotonic()
    size = len(instance.values)
    if not size:
        return Selection([], [], 0.0, no_prices(instance))
    kept = np.arange(size)
    answer: _Answer | None = None
    proofs: list[tuple[float, Prices]] = []
    if size > FEW:
        quick, meet = smooth_prices(instance)
        reduced = reduced_values(instance, quick)
        proofs.append((bound_at(instance, quick), quick))
        kept = _promising(instance, reduced, meet)
    for _ in range(5):
        further = _solve(_programme(instance, kept, columns=_columns(instance, kept)), deadline)
        if further is None:
            break
        answer = further
        proofs.append((bound_at(instance, answer.prices), answer.prices))
        least = min(bound for bound, _ in proofs)
        if least - answer.value <= (GAP if len(kept) <= MANY else GAP_OF_MANY) * answer.value:
            break
        if monotonic() - began > ENOUGH * (deadline - began):
            break
        paying = reduced_values(instance, answer.prices)
        kept = np.union1d(kept, np.flatnonzero(paying > 0))
    if answer is None:
        if not proofs:
            return None
        best = kept[np.lexsort((-reduced[kept], ~flags(instance.musts, size)[kept]))[: int(meet)]].tolist()
        return Selection(best, [-1] * len(best), *proofs[0])
    fractions = np.minimum(answer.shares, 1 - answer.shares) > 1e-6
    if fractions.any():
        whole = (answer.shares > 1 - 1e-6).astype(float)
        ends_at = inf if deadline == inf else min(deadline, monotonic() + rounding)
        branched = _branch(answer.programme, ends_at, least=whole)
        if branched is not None:
            answer = replace(answer, shares=branched[0])
    return _selection(answer, *min(proofs, key=lambda proof: proof[0]))


def _promising(instance: Instance, reduced: Floats, meet: float) -> Whole:
    """Name the must-meets and the pairs with the best prices, of all and of each person.

    Without enough pairs of one person, the programme would take meetings of that person to be cheap, and let all in.
    """
    best = np.argsort(-reduced, kind="stable")[: int(PROMISING * meet)]
    people, pairs = np.concatenate(people_of(instance)), np.tile(np.arange(len(reduced)), 2)
    order = np.lexsort((pairs, -reduced[pairs], people))
    rank = np.arange(len(order)) - np.searchsorted(people[order], people[order])
    own = pairs[order[rank <= np.asarray(instance.limits)[people[order]]]]
    return np.unique(np.concatenate([best, own, np.array(sorted(instance.musts), dtype=np.int64)]))


def finish(instance: Instance, *, deadline: float) -> Selection | None:
    """Look for the best schedule of a small problem by branch and bound over all pairs and slots.

    None for a larger problem, and when no schedule was found until `deadline`. Each pair has its slot;
    the bound is the solver's.
    """
    columns = sum(common.bit_count() for common in instance.common)
    if columns > BRANCHED:
        return None
    programme = _programme(instance, np.arange(len(instance.values)), columns=columns)
    branched = _branch(programme, deadline)
    if branched is None:
        return None
    shares, bound = branched
    chosen = np.flatnonzero(shares > 0.5)
    return Selection(programme.pairs[chosen].tolist(), programme.slots[chosen].tolist(), bound)


def _programme(instance: Instance, kept: Whole, *, columns: int) -> _Programme:
    """Write the programme for some pairs; the scarcest slots have up to so many variables of their own."""
    first, second = (people[kept] for people in people_of(instance))
    common = instance.possible[kept]
    seated = ~flags(instance.tableless, len(instance.values))[kept]
    scarce = _scarcest(common, np.asarray(instance.tables), columns)
    group_of = _groups(instance, scarce)
    groups = int(group_of.max(initial=-1)) + 1
    member = np.eye(groups)[group_of].reshape(len(group_of), groups)
    #: The slot that stands for a group.
    sample = np.array([np.flatnonzero(group_of == group)[0] for group in range(groups)], dtype=np.int64)

    group, pair = np.nonzero((common @ member).T > 0)
    variable = np.arange(len(pair))
    both = np.concatenate([first[pair], second[pair]])

    people = len(instance.limits)
    paid, payee, plain = bonuses_of(instance)

    room = instance.free @ member
    #: The limit on all meetings already keeps those of a group below its slots.
    room[room >= np.asarray(instance.limits)[:, None]] = np.inf
    width = len(pair) + len(paid) + people
    once = ones(pair, variable, (len(kept), width))
    time = ones(both * groups + np.tile(group, 2), np.tile(variable, 2), (people * groups, width))
    table = ones(group[seated[pair]], variable[seated[pair]], (groups, width))
    counted = ones(both, np.tile(variable, 2), (people, len(pair)))
    entries = quotas_of(instance)[kept][pair].tocoo()
    inside = ~quota_slots(instance) @ member == 0
    counts = inside[entries.col, group[entries.row]]
    quota = ones(entries.col[counts], entries.row[counts], (len(instance.quotas), width))
    must = np.flatnonzero(flags(instance.musts, len(instance.values))[kept][pair])
    blocks = [once, time, table, quota, -ones(np.zeros(len(must), dtype=np.int64), must, (1, width))]
    starts = np.cumsum([0, *(block.shape[0] for block in blocks)])
    return _Programme(
        pairs=kept[pair],
        slots=np.where(np.isin(sample, scarce), sample, -1)[group],
        worth=np.concatenate([np.asarray(instance.values)[kept[pair]], paid, np.zeros(people)]),
        most=np.concatenate([np.ones(len(pair) + len(paid)), plain]),
        upper=sparse.vstack(blocks, "csr"),
        limits=np.concatenate(
            [
                np.ones(len(kept)),
                room.ravel(),
                instance.usable @ member,
                [max(0, each.most) for each in instance.quotas],
                [-instance.needed],
            ]
        ),
        equal=sparse.hstack(
            [counted, -ones(payee, np.arange(len(paid)), (people, len(paid))), -sparse.eye_array(people)], "csr"
        ),
        time_rows=starts[1] + np.arange(people * groups).reshape(people, groups)[:, group_of],
        table_rows=starts[2] + group_of,
        quota_rows=starts[3] + np.arange(len(instance.quotas)),
        must_row=int(starts[4]),
    )


def _columns(instance: Instance, kept: Whole) -> int:
    """Say how many variables the slots may have of their own: all where they are few, else the scarcest some."""
    every = int(instance.possible[kept].sum())
    return every if every <= ALL_COLUMNS else min(max(COLUMNS, len(kept) // 2), MOST_COLUMNS)


def _groups(instance: Instance, scarce: Whole) -> Whole:
    """Give for each slot its group: the scarce ones have their own, the others one for the quotas they count in."""
    slots = len(instance.tables)
    marks = table_of(sorted({quota.slots for quota in instance.quotas}), slots).T
    alone = np.full(slots, -1)
    alone[scarce] = np.arange(len(scarce))
    keys = np.column_stack([alone, marks])
    keys[scarce, 1:] = 0
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(slots)


def _scarcest(common: NDArray[np.bool_], tables: Whole, columns: int) -> Whole:
    """Name the slots with the fewest possible meetings for a table, up to so many meetings in all."""
    possible = common.sum(axis=0)
    order = np.argsort(possible / np.maximum(tables, 1), kind="stable")
    return np.sort(order[np.cumsum(possible[order]) <= columns])


def _solve(programme: _Programme, deadline: float) -> _Answer | None:
    left = deadline - monotonic()
    if left <= 0:
        return None
    #: Rows that cannot bind, whatever x, are left out; their price is 0.
    binding = programme.upper.maximum(0) @ programme.most > programme.limits
    result = linprog(
        -programme.worth,
        A_ub=programme.upper[binding],
        b_ub=programme.limits[binding],
        A_eq=programme.equal,
        b_eq=np.zeros(programme.equal.shape[0]),
        bounds=np.column_stack([np.zeros(len(programme.most)), programme.most]),
        method="highs-ds" if len(programme.most) in SIMPLEX else "highs-ipm",
        options={"time_limit": left},
    )
    if result.status != 0:
        return None
    paid = np.zeros(len(binding))
    paid[binding] = np.maximum(0, -result.ineqlin.marginals)
    prices = Prices(
        -result.eqlin.marginals,
        paid[programme.time_rows],
        paid[programme.table_rows],
        paid[programme.quota_rows],
        float(paid[programme.must_row]),
    )
    return _Answer(programme, result.x[: len(programme.pairs)], -float(result.fun), prices)


def _branch(programme: _Programme, deadline: float, least: Floats | float = 0.0) -> tuple[Floats, float] | None:
    """Find the best answer in whole numbers, not below `least`, and its bound, as far as branching comes in time.

    Without a clock it is not begun, since nobody knows when it would end.
    """
    left = deadline - monotonic()
    if left <= 0 or left == inf or len(programme.pairs) > BRANCHED:
        return None
    lower = np.zeros(len(programme.worth))
    lower[: len(programme.pairs)] = least
    result = milp(
        -programme.worth,
        #: Counts of meetings are whole by themselves; saying so spares the solver to solve for them afterwards.
        integrality=np.ones(len(programme.worth)),
        bounds=Bounds(lower, programme.most),
        constraints=[
            LinearConstraint(programme.upper, -np.inf, programme.limits),
            LinearConstraint(programme.equal, 0, 0),
        ],
        options={"time_limit": left, "mip_rel_gap": 0},
    )
    if result.x is None:
        return None
    return result.x[: len(programme.pairs)], -float(result.mip_dual_bound)


def _selection(answer: _Answer, bound: float, prices: Prices) -> Selection:
    """Take each pair once, in the slot it has most of, the surest first."""
    chosen: dict[int, int] = {}
    for column in np.argsort(-answer.shares, kind="stable"):
        if answer.shares[column] < 0.1:
            break
        chosen.setdefault(int(answer.programme.pairs[column]), int(answer.programme.slots[column]))
    return Selection(list(chosen), list(chosen.values()), bound, prices)
