"""Judging a solution from outside: plain Python that reads the JSON and shares no code with the solver.

It is slower than the solver's own sums, and simple enough to be read against docs/instance-format.md line by line.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Document = Mapping[str, Any]
#: A meeting as it stands in the file: two people, a slot, and perhaps a table.
Row = Sequence[int]
#: So many faults are told; one is enough to refuse a solution.
TOLD = 10


def check(
    instance: Document, solution: Document, *, certificate: Document | None = None, before: Document | None = None
) -> dict[str, Any]:
    """Say whether a solution keeps every rule of its instance, what it is worth, and how far that is from a bound.

    Args:
        instance: a `meeting-instance/1`.
        solution: a `meeting-solution/1`.
        certificate: prices that prove a bound; `certified_bound` says how.
        before: an older solution, to be compared with.

    Returns:
        `feasible` and `errors` (the first ten); `objective` = `weight` + `bonus`; counts of meetings, of people with
        a wish and no meeting, of breaks, idle slots and table changes; with `before`, of meetings kept, moved,
        cancelled and added; with a certificate, its bound and the share of it that was reached.

    Raises:
        ValueError: a price of the certificate is missing, below 0 where it must not be, or no number.
    """
    errors = list(faults(instance, solution))
    weights = _weights(instance)
    rows = [row for row in solution["meetings"] if _is_known(instance, weights, row)]
    count = Counter(person for a, b, *_ in rows for person in (a, b))
    weight = sum(weights[a, b] for a, b, *_ in rows)
    bonus = sum(sum(_bonus(instance)[:had]) for had in count.values())
    wishing = {person for pair in weights for person in pair}
    had = sorted(count[person] for person in wishing)
    taken = _slots_by_person_and_day(instance, rows)
    met = {(a, b) for a, b, *_ in rows}
    verdict = {
        "instance": instance.get("name"),
        "feasible": not errors,
        "errors": errors[:TOLD],
        "objective": weight + bonus,
        "weight": weight,
        "bonus": bonus,
        "meetings": len(solution["meetings"]),
        "without_meeting": had.count(0),
        "below_two_meetings": had.count(0) + had.count(1),
        "p10_meetings": had[len(had) // 10] if had else 0,
        "jain": round(sum(had) ** 2 / (len(had) * sum(each * each for each in had)), 4) if any(had) else 0,
        "musts_unmet": sum(tuple(pair) not in met for pair in instance.get("musts") or ()),
        "idle_slots": sum(
            instance["participants"][person]["available"][earlier + 1 : later].count("1")
            for (person, _), slots in taken.items()
            for earlier, later in pairwise(slots)
        ),
        "breaks": sum(later - earlier > 1 for slots in taken.values() for earlier, later in pairwise(slots)),
        "table_changes": _table_changes(rows),
    }
    if before is not None:
        verdict |= compared(before, solution)
    if certificate is not None:
        bound = certified_bound(instance, certificate)
        verdict |= {
            "certified_bound": round(bound, 3),
            "ratio": round(verdict["objective"] / bound, 5) if bound > 0 else 1.0,
        }
    return verdict


def compared(before: Document, solution: Document) -> dict[str, int]:
    """Count the meetings of an older solution that kept their slot, moved, or are gone, and those that are new."""
    old = {(a, b): slot for a, b, slot, *_ in before["meetings"]}
    new = {(a, b): slot for a, b, slot, *_ in solution["meetings"]}
    kept = sum(new.get(pair) == slot for pair, slot in old.items())
    gone = sum(pair not in new for pair in old)
    return {
        "kept": kept,
        "moved": len(old) - kept - gone,
        "cancelled": gone,
        "added": sum(pair not in old for pair in new),
    }


def faults(instance: Document, solution: Document) -> Iterator[str]:
    """Name everything in a solution that a rule of its instance forbids."""
    weights = _weights(instance)
    rows = []
    for row in solution["meetings"]:
        if _is_known(instance, weights, row):
            rows.append(row)
        else:
            yield f"{list(row)}: no such pair, or no such slot"
    yield from _faults_of_pairs(instance, rows)
    yield from _faults_of_people(instance, rows)
    yield from _faults_of_tables(instance, rows)
    yield from _faults_of_musts(instance, rows)


def _faults_of_pairs(instance: Document, rows: Sequence[Row]) -> Iterator[str]:
    times = Counter((a, b) for a, b, *_ in rows)
    yield from (f"{a} and {b} meet {often} times" for (a, b), often in times.items() if often > 1)
    for a, b in instance.get("forbidden") or ():
        if (a, b) in times:
            yield f"{a} and {b} meet, which is forbidden"
    placed = {(a, b, slot) for a, b, slot, *_ in rows}
    for a, b, slot in instance.get("locked") or ():
        if (a, b, slot) not in placed:
            yield f"the locked meeting of {a} and {b} in slot {slot} is missing"
    for group in instance.get("alternatives") or ():
        meeting = [tuple(pair) for pair in group if tuple(pair) in times]
        if len(meeting) > 1:
            yield f"of the alternatives {meeting} more than one meets"


def _faults_of_people(instance: Document, rows: Sequence[Row]) -> Iterator[str]:
    people = instance["participants"]
    busy = Counter((person, slot) for a, b, slot, *_ in rows for person in (a, b))
    for (person, slot), often in busy.items():
        if often > 1:
            yield f"{person} has {often} meetings in slot {slot}"
        if people[person]["available"][slot] != "1":
            yield f"{person} is not available in slot {slot}"
    for person, had in Counter(person for a, b, *_ in rows for person in (a, b)).items():
        if had > people[person]["cap"]:
            yield f"{person} has {had} meetings, and may have {people[person]['cap']}"
    for limit in instance.get("limits") or ():
        person, slots, partners = limit["person"], limit.get("slots"), limit.get("partners")
        had = sum(
            person in (a, b)
            and (slots is None or slot in slots)
            and (partners is None or (b if a == person else a) in partners)
            for a, b, slot, *_ in rows
        )
        if had > limit["most"]:
            yield f"{person} has {had} meetings of the kind of which a limit allows {limit['most']}"


def _faults_of_tables(instance: Document, rows: Sequence[Row]) -> Iterator[str]:
    tables = _tables(instance)
    without = {tuple(pair) for pair in instance.get("without_table") or ()}
    load = Counter(slot for a, b, slot, *_ in rows if (a, b) not in without)
    for slot, meetings in load.items():
        if meetings > tables[slot]:
            yield f"slot {slot} has {meetings} meetings on {tables[slot]} tables"
    given = Counter((slot, table) for _, _, slot, *rest in rows for table in rest)
    for (slot, table), often in given.items():
        if often > 1:
            yield f"table {table} is given out {often} times in slot {slot}"
        if not 0 <= table < tables[slot]:
            yield f"there is no table {table} in slot {slot}"


def _faults_of_musts(instance: Document, rows: Sequence[Row]) -> Iterator[str]:
    if instance.get("musts_are_hard"):
        met = {(a, b) for a, b, *_ in rows}
        yield from (f"{a} and {b} must meet, and do not" for a, b in instance["musts"] if (a, b) not in met)


def certified_bound(instance: Document, certificate: Document) -> float:
    """Compute what prices prove by weak duality: no solution of the instance has a higher objective.

    With u the price of a meeting of a person (any sign), p >= 0 that of a person's slot and mu >= 0 that of a table,
    locked meetings being constants, and for each person i the further meetings k and slots t that are left,

        value <= locked + sum_t tables_t mu_t + sum_it p_it + sum_i sum_k max(0, bonus_ik + u_i)
                 + sum_ij max(0, w_ij - u_i - u_j - min_t (p_it + p_jt + mu_t)).

    A pair that takes no table pays no mu. Where the certificate has prices q >= 0 of limits and of alternatives, each
    adds q times the meetings it leaves, and these pay q. With a price of must-meets, each adds that price to w, and
    the sum is less by `musts` times as much: the bound is then one of the solutions that keep so many further ones.

    Raises:
        ValueError: a price is missing, below 0 where it must not be, or no number.
    """
    prices = _prices(instance, certificate)
    people, tables, bonus = instance["participants"], _tables(instance), _bonus(instance)
    weights = _weights(instance)
    free = [{slot for slot, mark in enumerate(person["available"]) if mark == "1"} for person in people]
    without = {tuple(pair) for pair in instance.get("without_table") or ()}
    musts = {tuple(pair) for pair in instance.get("musts") or ()}
    settled = {(a, b) for a, b in instance.get("forbidden") or ()}
    locked = instance.get("locked") or ()
    used = Counter[int]()
    bound = 0.0
    for a, b, slot in locked:
        settled.add((a, b))
        bound += weights[a, b]
        tables[slot] -= (a, b) not in without
        for person in (a, b):
            free[person].discard(slot)
            used[person] += 1

    bound += sum(tables[slot] * price for slot, price in enumerate(prices.table))
    bound += sum(price for slots in prices.time for price in slots.values())
    bound -= prices.must * prices.musts
    for count in prices.counts:
        bound += count.price * (count.most - sum(count.holds(*meeting) for meeting in locked))
    for person, each in enumerate(people):
        bound += sum(bonus[: used[person]])
        further = max(0, min(each["cap"] - used[person], len(free[person])))
        for place in range(used[person], used[person] + further):
            bound += max(0.0, (bonus[place] if place < len(bonus) else 0) + prices.meeting[person])
    for (a, b), weight in weights.items():
        common = free[a] & free[b]
        if common and (a, b) not in settled:
            table = 0.0 if (a, b) in without else 1.0
            counted = [count for count in prices.counts if count.concerns(a, b)]
            cheapest = min(
                prices.time[a].get(slot, 0.0)
                + prices.time[b].get(slot, 0.0)
                + table * prices.table[slot]
                + sum(count.price for count in counted if count.holds(a, b, slot))
                for slot in common
            )
            worth = weight + (prices.must if (a, b) in musts else 0.0)
            bound += max(0.0, worth - prices.meeting[a] - prices.meeting[b] - cheapest)
    return bound


@dataclass(frozen=True, slots=True)
class _Count:
    """A bound on certain meetings, and what one of them pays for it: a limit of somebody, or alternatives."""

    price: float
    most: int
    person: int | None
    slots: frozenset[int] | None
    partners: frozenset[int] | None
    pairs: frozenset[tuple[int, int]]

    def concerns(self, a: int, b: int) -> bool:
        if self.person is None:
            return (a, b) in self.pairs
        return self.person in (a, b) and (self.partners is None or (b if a == self.person else a) in self.partners)

    def holds(self, a: int, b: int, slot: int) -> bool:
        return self.concerns(a, b) and (self.slots is None or slot in self.slots)


@dataclass(frozen=True, slots=True)
class _Prices:
    meeting: Sequence[float]
    time: Sequence[Mapping[int, float]]
    table: Sequence[float]
    counts: Sequence[_Count]
    must: float
    musts: int


def _prices(instance: Document, certificate: Document) -> _Prices:
    """Read the prices, so that a wrong certificate proves nothing."""
    people, slots = len(instance["participants"]), instance["slots"]
    limits, groups = instance.get("limits") or [], instance.get("alternatives") or []
    lists = {
        "u": _numbers(certificate, "u", people, least=None),
        "mu": _numbers(certificate, "mu", slots),
        "limits": _numbers(certificate, "limits", len(limits), needed=False),
        "alternatives": _numbers(certificate, "alternatives", len(groups), needed=False),
    }
    entries = certificate.get("p")
    if not isinstance(entries, list) or len(entries) != people:
        raise ValueError(f"p: the certificate must have a list of {people} entries.")
    counts = [
        _Count(price, each["most"], each["person"], _set(each.get("slots")), _set(each.get("partners")), frozenset())
        for each, price in zip(limits, lists["limits"], strict=True)
        if price
    ]
    counts += [
        _Count(price, 1, None, None, None, frozenset((a, b) for a, b in group))
        for group, price in zip(groups, lists["alternatives"], strict=True)
        if price
    ]
    (must,) = _numbers({"must": [certificate.get("must", 0.0)]}, "must", 1)
    musts = certificate.get("musts", 0)
    if not isinstance(musts, int) or musts < 0:
        raise ValueError("musts: it is no whole number from 0.")
    time = [_time_prices(person, entry, slots) for person, entry in enumerate(entries)]
    return _Prices(lists["u"], time, lists["mu"], counts, must, musts)


def _time_prices(person: int, entry: object, slots: int) -> Mapping[int, float]:
    """Read the prices of one person's slots: a list of slots and one of as many prices, or nothing."""
    if not entry:
        return {}
    match entry:
        case [[*where], [*prices]]:
            known = [slot for slot in where if isinstance(slot, int) and 0 <= slot < slots]
            if len(set(known)) == len(where) == len(prices):
                return dict(zip(known, _numbers({f"p[{person}]": prices}, f"p[{person}]", len(prices)), strict=True))
    raise ValueError(f"p[{person}]: it must be a list of different slots and one of as many prices.")


def _numbers(
    certificate: Document, name: str, wanted: int, *, least: float | None = 0.0, needed: bool = True
) -> Sequence[float]:
    found = certificate.get(name)
    if found is None and not needed:
        return [0.0] * wanted
    if not isinstance(found, list) or len(found) != wanted:
        raise ValueError(f"{name}: the certificate must have a list of {wanted} prices.")
    for price in found:
        #: Also refuses what JSON calls NaN, which every comparison lets pass.
        if not isinstance(price, int | float) or not abs(price) < float("inf"):
            raise ValueError(f"{name}: a price is no number.")
        if least is not None and price < least:
            raise ValueError(f"{name}: a price is below 0.")
    return found


def _set(values: Sequence[int] | None) -> frozenset[int] | None:
    return None if values is None else frozenset(values)


def _is_known(instance: Document, weights: Mapping[tuple[int, int], float], row: Row) -> bool:
    a, b, slot = row[:3]
    return (a, b) in weights and 0 <= slot < instance["slots"]


def _weights(instance: Document) -> dict[tuple[int, int], float]:
    return {(a, b): weight for a, b, weight in instance["pairs"]}


def _tables(instance: Document) -> list[int]:
    tables = instance["tables"]
    return list(tables) if isinstance(tables, list) else [tables] * instance["slots"]


def _bonus(instance: Document) -> Sequence[float]:
    return instance.get("bonus") or ()


def _slots_by_person_and_day(instance: Document, rows: Sequence[Row]) -> dict[tuple[int, int], list[int]]:
    """Give for each person and day the slots of their meetings, in order."""
    days = instance.get("days") or [instance["slots"]]
    day = [number for number, length in enumerate(days) for _ in range(length)]
    taken = defaultdict(list)
    for a, b, slot, *_ in sorted(rows, key=lambda row: row[2]):
        taken[a, day[slot]].append(slot)
        taken[b, day[slot]].append(slot)
    return taken


def _table_changes(rows: Sequence[Row]) -> int | None:
    """Count how often somebody's next meeting with a table is at another one; None where no tables were given out."""
    seats = defaultdict(list)
    for a, b, slot, *table in rows:
        if table:
            seats[a].append((slot, table[0]))
            seats[b].append((slot, table[0]))
    if not seats:
        return None
    return sum(one != other for each in seats.values() for (_, one), (_, other) in pairwise(sorted(each)))
