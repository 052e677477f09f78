"""What meetings, time and tables are worth at the margin, and what such prices prove.

Any prices prove a bound by weak duality, whoever named them; `bound_at` computes it over all pairs and slots. Good
ones come from the linear programmes of `relaxation`; quick ones, of a problem without slots, from a smoothed dual.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from lsos.matchmaking.bits import table_of
from lsos.matchmaking.instance import Instance

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
#: How many numbers are held at once when pairs are priced in all slots.
BLOCK = 1 << 21
#: Temperatures at which the dual is smoothed, as shares of the greatest value, and the steps taken at each.
COOLING = ((0.05, 30), (0.01, 60), (0.003, 60))


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
    bonus = np.concatenate([np.zeros(0), *(bonus_of(instance, person) for person in range(len(instance.limits)))])
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
    meeting[np.concatenate(people_of(instance))] = 0
    return Prices(meeting, np.zeros((people, slots)), np.zeros(slots))


def prices_by_values(instance: Instance) -> Prices:
    """Price tables alone, at once: they go to the most valuable pairs, and everybody has the full bonus."""
    values = np.sort(instance.values)[::-1]
    tables = sum(instance.tables)
    cut = values[tables] if tables < len(values) else 0.0
    return replace(no_prices(instance), table=np.full(len(instance.tables), cut))


def reduced_values(instance: Instance, prices: Prices) -> Floats:
    """Give for each pair what it is worth beyond the prices it would pay in its cheapest slot."""
    first, second = people_of(instance)
    reduced = np.asarray(instance.values) - prices.meeting[first] - prices.meeting[second]
    reduced[flags(instance.musts, len(reduced))] += prices.must
    tableless = flags(instance.tableless, len(reduced))
    quotas = quota_slots(instance) * _quota_prices(instance, prices)[:, None]
    counts = quotas_of(instance)
    for part in _parts(len(reduced), prices.time.shape[1]):
        cost = prices.time[first[part]] + prices.time[second[part]] + np.outer(~tableless[part], prices.table)
        if len(quotas):
            cost += counts[part] @ quotas
        cost[~instance.possible[part]] = np.inf
        reduced[part] -= cost.min(axis=1)
    return reduced


def smooth_prices(instance: Instance) -> tuple[Prices, float]:
    """Price people, tables, whole quotas and must-meets as if there were no slots, quickly and nearly best.

    Minimised is what `bound_at` computes, every max(0, z) in it smoothed to T ln(1 + exp(z / T)), with a falling
    temperature T. Its derivatives are the shares 1 / (1 + exp(-z / T)) in which pairs then meet.

    Returns:
        Prices without any of time; and about how many pairs meet.

    Source:
        Nesterov, Smooth minimization of non-smooth functions, Mathematical Programming 103, 2005.
    """
    first, second = people_of(instance)
    size, people, slots = len(first), len(instance.limits), len(instance.tables)
    values = np.asarray(instance.values, dtype=np.float64)
    paid, payee, plain = bonuses_of(instance)
    seated, must = ~flags(instance.tableless, size), flags(instance.musts, size)
    pair = np.arange(size)
    whole = [place for place, quota in enumerate(quota_slots(instance)) if quota.all()]
    takes = sparse.hstack(
        [
            ones(np.tile(pair, 2), np.concatenate([first, second]), (size, people)),
            ones(pair[seated], np.zeros(seated.sum(), dtype=np.int64), (size, 1)),
            quotas_of(instance)[:, whole],
            -ones(pair[must], np.zeros(must.sum(), dtype=np.int64), (size, 1)),
        ],
        "csr",
    )
    taken = takes.T.tocsr()
    room = np.concatenate(
        [plain, [instance.usable.sum()], [max(0, instance.quotas[place].most) for place in whole], [0]]
    )
    most = max(values.max(initial=0.0), paid.max(initial=0.0)) or 1.0

    def smoothed(prices: Floats, heat: float) -> tuple[float, Floats]:
        joins, earns, costs = (values - takes @ prices) / heat, (paid + prices[payee]) / heat, prices / heat
        slope = room * expit(costs) - taken @ expit(joins)
        slope[:people] += np.bincount(payee, expit(earns), minlength=people)
        slope[-1] -= instance.needed
        above = _softplus(joins).sum() + _softplus(earns).sum() + room @ _softplus(costs)
        return float(heat * above - instance.needed * prices[-1]), slope

    prices = np.zeros(len(room))
    #: The vectors are too short for threads: beside other work these wait for each other, ten times as long.
    with threadpool_limits(1, user_api="blas"):
        for share, steps in COOLING:
            heat = share * most
            found = minimize(smoothed, prices, args=(heat,), jac=True, method="L-BFGS-B", options={"maxiter": steps})
            prices = found.x
    prices[people:] = np.maximum(0, prices[people:])
    quota = np.zeros(len(instance.quotas))
    quota[whole] = prices[people + 1 : -1]
    meet = float(expit((values - takes @ prices) / heat).sum())
    table = np.full(slots, prices[people])
    return Prices(prices[:people], np.zeros((people, slots)), table, quota, float(prices[-1])), meet


def _softplus(heights: Floats) -> Floats:
    return np.maximum(heights, 0) + np.log1p(np.exp(-np.abs(heights)))


def bonuses_of(instance: Instance) -> tuple[Floats, Whole, Whole]:
    """Give the bonuses above 0, whose each is, and how many meetings each person may have beyond them."""
    people = len(instance.limits)
    bonus = [bonus_of(instance, person) for person in range(people)]
    paid = np.concatenate([np.zeros(0), *(each[each > 0] for each in bonus)])
    payee = np.repeat(np.arange(people), [int((each > 0).sum()) for each in bonus])
    return paid, payee, np.asarray(instance.limits) - np.bincount(payee, minlength=people)


def ones(rows: Whole, columns: Whole, shape: tuple[int, int]) -> "sparse.csr_array":
    """Give a matrix with a 1 in these places."""
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def quota_slots(instance: Instance) -> NDArray[np.bool_]:
    """Give the slots of the quotas as a table of quotas by slots."""
    return table_of([quota.slots for quota in instance.quotas], len(instance.tables))


def quotas_of(instance: Instance) -> "sparse.csr_array":
    """Give the quotas of the pairs as a table of pairs by quotas."""
    if not instance.quotas:
        return sparse.csr_array((len(instance.values), 0))
    lengths = [len(quotas) for quotas in instance.quotas_of]
    columns = np.fromiter((quota for quotas in instance.quotas_of for quota in quotas), dtype=np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(lengths), len(instance.quotas)))


def _quota_prices(instance: Instance, prices: Prices) -> Floats:
    return prices.quota if len(prices.quota) else np.zeros(len(instance.quotas))


def flags(places: Iterable[int], length: int) -> NDArray[np.bool_]:
    """Mark these places."""
    marked = np.zeros(length, dtype=bool)
    marked[list(places)] = True
    return marked


def people_of(instance: Instance) -> tuple[Whole, Whole]:
    """Give the first and the second person of each pair."""
    ends = np.asarray(instance.ends, dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def bonus_of(instance: Instance, person: int) -> Floats:
    """Give what each further meeting of a person adds, as many as the person may have."""
    bonus = np.zeros(instance.limits[person])
    known = instance.bonus[person][: len(bonus)]
    bonus[: len(known)] = known
    return bonus


def _parts(length: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, width))
    return (slice(low, low + step) for low in range(0, length, step))
