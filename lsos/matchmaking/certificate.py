"""The prices that prove a bound, written so that anybody can check them against the instance alone.

The solver leaves out what cannot happen: slots without a table left, the meetings that somebody could have only in
them, and further meetings of somebody who has as many locked ones as allowed. Who checks from the instance does not,
and would find a weaker bound. So a table that is not there, and a meeting too many, get a price at which nobody takes
them, and the price of a person's meetings moves to their slots where that says the same.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import Any, Final

from lsos.matchmaking.contradictions import wishes
from lsos.matchmaking.instance import instance_of
from lsos.matchmaking.prices import bound_at, prices_by_values
from lsos.matchmaking.problem import Problem, value_of
from lsos.matchmaking.relaxation import select
from lsos.matchmaking.scheduling import Schedule

#: Prices below this share of the dearest pair prove nothing worth their place in a file.
DUST: Final = 1e-8


def unbound(problem: Problem, schedule: Schedule, *, seconds: float) -> Schedule:
    """Give a schedule that was planned around published meetings the prices and bound of all schedules.

    Args:
        problem: as it was before published meetings were locked.
        schedule: made with some of them locked, so that its own prices say nothing of schedules without them.
        seconds: for the linear programme; if it is too short, tables alone are priced.
    """
    _, instance = instance_of(problem)
    selection = select(instance, deadline=monotonic() + seconds, rounding=0.0)
    prices = (selection and selection.prices) or prices_by_values(instance)
    bound = value_of(problem, problem.locked) + bound_at(instance, prices)
    return replace(schedule, prices=prices, bound=max(schedule.value, bound))


def certificate_document(problem: Problem, schedule: Schedule) -> Mapping[str, Any]:
    """Write the prices of a schedule as a certificate.

    `checking.certified_bound` states the inequality. What it gives is the bound that these prices prove; where branch
    and bound has lowered `Schedule.bound` below that, it is a little above it, since that proof is no list of prices.

    Args:
        problem: the problem that was solved, its people numbered from 0 without a gap.
        schedule: what `solve` gave for it.

    Returns:
        `u`: for each person the price of a meeting; `p`: for each person a list of slots and one of their prices;
        `mu`: for each slot the price of a table. Where the problem has them, `limits` and `alternatives`: the price of
        each; `must`: what a must-meet brings beyond its value, and `musts`: of how many the bound speaks.
    """
    prices = schedule.prices
    tables = list(problem.tables)
    used = Counter[int]()
    free = {person: set(slots) for person, slots in problem.available.items()}
    for a, b, slot in problem.locked:
        tables[slot] -= (a, b) not in problem.without_table
        for person in (a, b):
            used[person] += 1
            free[person].discard(slot)
    closed = {slot for slot, left in enumerate(tables) if left <= 0}
    needs_none = {person for pair in problem.without_table for person in pair}

    dearest = max(problem.pairs.values(), default=0.0)
    #: Nobody takes a further meeting at this price, whatever the other person is paid for one.
    unpayable = dearest - min(0.0, float(prices.meeting.min(initial=0)))
    meeting: list[float] = []
    time: list[list[list[Any]]] = []
    for row, person in enumerate(sorted(problem.available)):
        u = float(prices.meeting[row])
        possible = sorted(free[person] if person in needs_none else free[person] - closed)
        paid = {slot: max(0.0, float(prices.time[row, slot])) for slot in possible}
        most = min(problem.caps.get(person, problem.slots) - used[person], len(free[person]))
        if most <= 0:
            u = unpayable
        elif len(possible) < most:
            next_bonus = dict(enumerate(problem.first_meeting_bonus)).get(used[person] + len(possible), 0.0)
            moved = max(0.0, u + next_bonus)
            paid = {slot: price + moved for slot, price in paid.items()}
            u -= moved
        paid = {slot: price for slot, price in paid.items() if price > DUST * dearest}
        meeting.append(u)
        time.append([list(paid), list(paid.values())])
    out_of_reach = dearest + prices.must + 2 * max(0.0, -min(meeting, default=0.0))
    table = [out_of_reach if slot in closed else max(0.0, float(price)) for slot, price in enumerate(prices.table)]
    document: dict[str, Any] = {"u": meeting, "p": time, "mu": table}
    if problem.limits or problem.alternatives:
        quota = [*map(float, prices.quota)] or [0.0] * (len(problem.limits) + len(problem.alternatives))
        document["limits"], document["alternatives"] = quota[: len(problem.limits)], quota[len(problem.limits) :]
    if prices.must:
        locked = {(a, b) for a, b, _ in problem.locked}
        document["must"] = prices.must
        document["musts"] = schedule.musts - sum(not wish.isdisjoint(locked) for wish in wishes(problem))
    return document
