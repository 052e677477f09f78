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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from lsos.matchmaking.instance import Instance, table_of

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
#: Up to so many pairs, all take part at once.
FEW = 4_000
#: The scarce slots may have so many variables, or a share of the number of pairs; all slots, up to so many.
COLUMNS, ALL_COLUMNS = 1_500, 8_000
#: Of more, so many for each meeting of the first programme take part, those with the best prices, and pairs
#: left out join while the bound may be lowered by more than this share of the value. Where more than `MANY`
#: would take part, each programme is a matter of seconds, and the second number holds.
PROMISING, PROMISING_OF_MANY = 2.0, 1.5
GAP, GAP_OF_MANY = 1e-5, 1e-4
MANY = 20_000
#: After this share of the time allowed, no further pairs are let in.
ENOUGH = 0.4
#: Up to so many variables, a programme is small enough for branch and bound.
BRANCHED = 20_000
#: How many numbers are held at once when pairs are priced in all slots.
BLOCK = 1 << 21


@dataclass(frozen=True, slots=True)
class Prices:
    """What meetings, time and tables are worth at the margin.

    Attributes:
        meeting: person -> u, the price of each further meeting; any sign.
        time: person by slot -> p, at least 0.
        table: slot -> m, at least 0.
        quota: quota -> q, at least 0.
        must: what a must-meet brings beyond its value, at least 0.
    """

    meeting: Floats
    time: Floats
    table: Floats
    quota: Floats = field(default_factory=lambda: np.zeros(0))
    must: float = 0.0


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
    """Choose the pairs; None when there is not enough time until `deadline` (of `time.monotonic`).

    Where the answer has fractions, they alone are branched into whole numbers, for so many seconds at
    most (`rounding`).
    """
    began = monotonic()
    size = len(instance.values)
    if not size:
        return Selection([], [], 0.0, no_prices(instance))
    kept = np.arange(size)
    musts = np.array(sorted(instance.musts), dtype=np.int64)
    answer: _Answer | None = None
    proofs: list[tuple[float, Prices]] = []
    if size > FEW:
        answer = _solve(_programme(instance, kept, columns=0), deadline)
        if answer is None:
            return None
        reduced = reduced_values(instance, answer.prices)
        proofs.append((bound_at(instance, answer.prices), answer.prices))
        promising = int(PROMISING * answer.shares.sum()) + FEW // 20
        if promising > MANY:
            promising = int(PROMISING_OF_MANY * answer.shares.sum()) + FEW // 20
        kept = np.union1d(np.argsort(-reduced, kind="stable")[:promising], musts)
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
        return None
    fractions = np.minimum(answer.shares, 1 - answer.shares) > 1e-6
    if fractions.any():
        whole = (answer.shares > 1 - 1e-6).astype(float)
        branched = _branch(answer.programme, min(deadline, monotonic() + rounding), least=whole)
        if branched is not None:
            answer = replace(answer, shares=branched[0])
    return _selection(answer, *min(proofs, key=lambda proof: proof[0]))


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


def bound_at(instance: Instance, prices: Prices) -> float:
    """Compute what prices prove: no schedule is worth more than this.

    With u the price of a meeting, p of time and m of a table, for schedules x of pairs ij in slots t,

        value <= sum_t tables_t m_t + sum_it p_it + sum_i sum_k max(0, bonus_ik + u_i)
                 + sum_ij max(0, w_ij - u_i - u_j - min_t (p_it + p_jt + m_t)),

    k counting the further meetings a person may have, t the slots in which i and j both can, tables only as
    many as pairs could meet at. A quota that allows n meetings at a price q adds n q, and what it counts
    pays q; with must-meets of which `needed` are met, each is worth l more and the sum is less by `needed`
    l; a pair that takes no table pays no m.
    """
    people = np.repeat(np.arange(len(instance.limits)), instance.limits)
    bonus = np.concatenate([np.zeros(0), *(_bonus(instance, person) for person in range(len(instance.limits)))])
    return float(
        np.dot(instance.usable, prices.table)
        + np.dot([quota.most for quota in instance.quotas], _quota_prices(instance, prices))
        - prices.must * instance.needed
        + prices.time[instance.free].sum()
        + np.maximum(0, bonus + prices.meeting[people]).sum()
        + np.maximum(0, reduced_values(instance, prices)).sum()
    )


def no_prices(instance: Instance) -> Prices:
    """Price nothing, neither people nor time nor tables, except that who can meet nobody gets no bonus."""
    people, slots = instance.free.shape
    meeting = np.array([-max(each, default=0.0) for each in instance.bonus], dtype=np.float64).reshape(people)
    meeting[np.concatenate(_people(instance))] = 0
    return Prices(meeting, np.zeros((people, slots)), np.zeros(slots))


def prices_by_values(instance: Instance) -> Prices:
    """Price tables alone, at once: they go to the most valuable pairs, and everybody has the full bonus."""
    values = np.sort(instance.values)[::-1]
    tables = sum(instance.tables)
    cut = values[tables] if tables < len(values) else 0.0
    return replace(no_prices(instance), table=np.full(len(instance.tables), cut))


def reduced_values(instance: Instance, prices: Prices) -> Floats:
    """Give for each pair what it is worth beyond the prices it would pay in its cheapest slot."""
    first, second = _people(instance)
    reduced = np.asarray(instance.values) - prices.meeting[first] - prices.meeting[second]
    reduced[_flags(instance.musts, len(reduced))] += prices.must
    tableless = _flags(instance.tableless, len(reduced))
    quotas = _quota_slots(instance) * _quota_prices(instance, prices)[:, None]
    counts = _quotas_of(instance)
    for part in _parts(len(reduced), prices.time.shape[1]):
        cost = prices.time[first[part]] + prices.time[second[part]] + np.outer(~tableless[part], prices.table)
        if len(quotas):
            cost += counts[part] @ quotas
        cost[~instance.possible[part]] = np.inf
        reduced[part] -= cost.min(axis=1)
    return reduced


def _programme(instance: Instance, kept: Whole, *, columns: int) -> _Programme:
    """Write the programme for some pairs; the scarcest slots have up to so many variables of their own."""
    first, second = (people[kept] for people in _people(instance))
    common = instance.possible[kept]
    seated = ~_flags(instance.tableless, len(instance.values))[kept]
    scarce = _scarcest(common, np.asarray(instance.tables), columns)
    group_of = _groups(instance, scarce, split=columns > 0)
    groups = int(group_of.max(initial=-1)) + 1
    member = np.eye(groups)[group_of].reshape(len(group_of), groups)
    #: The slot that stands for a group.
    sample = np.array([np.flatnonzero(group_of == group)[0] for group in range(groups)], dtype=np.int64)

    group, pair = np.nonzero((common @ member).T > 0)
    variable = np.arange(len(pair))
    both = np.concatenate([first[pair], second[pair]])

    people = len(instance.limits)
    bonus = [_bonus(instance, person) for person in range(people)]
    paid = np.concatenate([each[each > 0] for each in bonus])
    payee = np.repeat(np.arange(people), [int((each > 0).sum()) for each in bonus])
    plain = np.asarray(instance.limits) - np.bincount(payee, minlength=people)

    room = instance.free @ member
    #: The limit on all meetings already keeps those of a group below its slots.
    room[room >= np.asarray(instance.limits)[:, None]] = np.inf
    once = _ones(pair, variable, len(kept))
    time = _ones(both * groups + np.tile(group, 2), np.tile(variable, 2), people * groups)
    table = _ones(group[seated[pair]], variable[seated[pair]], groups)
    counted = _ones(both, np.tile(variable, 2), people)
    entries = _quotas_of(instance)[kept][pair].tocoo()
    inside = ~_quota_slots(instance) @ member == 0
    counts = inside[entries.col, group[entries.row]]
    quota = _ones(entries.col[counts], entries.row[counts], len(instance.quotas))
    must = np.flatnonzero(_flags(instance.musts, len(instance.values))[kept][pair])
    blocks = [once, time, table, quota, -_ones(np.zeros(len(must), dtype=np.int64), must, 1)]
    starts = np.cumsum([0, *(block.shape[0] for block in blocks)])
    for block in blocks:
        block.resize(block.shape[0], len(pair) + len(paid) + people)
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
        equal=sparse.hstack([counted, -_ones(payee, np.arange(len(paid)), people), -sparse.eye_array(people)], "csr"),
        time_rows=starts[1] + np.arange(people * groups).reshape(people, groups)[:, group_of],
        table_rows=starts[2] + group_of,
        quota_rows=starts[3] + np.arange(len(instance.quotas)),
        must_row=int(starts[4]),
    )


def _columns(instance: Instance, kept: Whole) -> int:
    """Say how many variables the slots may have of their own: all where they are few, else the scarcest some."""
    every = int(instance.possible[kept].sum())
    return every if every <= ALL_COLUMNS else max(COLUMNS, len(kept) // (2 if len(kept) <= MANY else 6))


def _groups(instance: Instance, scarce: Whole, *, split: bool) -> Whole:
    """Give for each slot its group: the scarce ones have their own, the others one for the quotas they count in.

    Without `split` all others have one; quotas that count in some of them only are then left out.
    """
    slots = len(instance.tables)
    marks = table_of(sorted({quota.slots for quota in instance.quotas if split}), slots).T
    alone = np.full(slots, -1)
    alone[scarce] = np.arange(len(scarce))
    keys = np.column_stack([alone, marks])
    keys[scarce, 1:] = 0
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(slots)


def _quota_slots(instance: Instance) -> NDArray[np.bool_]:
    """Give the slots of the quotas as a table of quotas by slots."""
    return table_of([quota.slots for quota in instance.quotas], len(instance.tables))


def _quotas_of(instance: Instance) -> "sparse.csr_array":
    """Give the quotas of the pairs as a table of pairs by quotas."""
    if not instance.quotas:
        return sparse.csr_array((len(instance.values), 0))
    lengths = [len(quotas) for quotas in instance.quotas_of]
    columns = np.fromiter((quota for quotas in instance.quotas_of for quota in quotas), dtype=np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(lengths), len(instance.quotas)))


def _quota_prices(instance: Instance, prices: Prices) -> Floats:
    return prices.quota if len(prices.quota) else np.zeros(len(instance.quotas))


def _flags(places: Iterable[int], length: int) -> NDArray[np.bool_]:
    flags = np.zeros(length, dtype=bool)
    flags[list(places)] = True
    return flags


def _scarcest(common: NDArray[np.bool_], tables: Whole, columns: int) -> Whole:
    """Name the slots with the fewest possible meetings for a table, up to so many meetings in all."""
    possible = common.sum(axis=0)
    order = np.argsort(possible / np.maximum(tables, 1), kind="stable")
    return np.sort(order[np.cumsum(possible[order]) <= columns])


def _ones(rows: Whole, columns: Whole, height: int) -> "sparse.csr_array":
    width = int(columns.max(initial=-1)) + 1
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(height, width))


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
        method="highs-ipm",
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
    """Find the best answer in whole numbers, not below `least`, and its bound, as far as branching comes in time."""
    left = deadline - monotonic()
    if left <= 0 or len(programme.pairs) > BRANCHED:
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


def _people(instance: Instance) -> tuple[Whole, Whole]:
    ends = np.asarray(instance.ends, dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def _bonus(instance: Instance, person: int) -> Floats:
    """Give what each further meeting of a person adds, as many as the person may have."""
    bonus = np.zeros(instance.limits[person])
    known = instance.bonus[person][: len(bonus)]
    bonus[: len(known)] = known
    return bonus


def _parts(length: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, width))
    return (slice(low, low + step) for low in range(0, length, step))
