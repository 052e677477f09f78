"""Why a wish was not met, read off a schedule alone, whoever made it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lsos.matchmaking.problem import Limit, Pair, Placed, Problem

NOTHING: frozenset[int] = frozenset()


class Why(StrEnum):
    """Why a wished-for pair does not meet; the first that holds."""

    #: They are forbidden to meet.
    RULE = "rule"
    #: Beside the meetings that stay in any case, never free in the same slot.
    NO_COMMON_SLOT = "no_common_slot"
    #: Another pair of the same group of alternatives meets: the wish is met.
    ALTERNATIVE_MET = "alternative_met"
    #: One of them has as many meetings as allowed: in all, or in these slots, or with such partners.
    PERSON_FULL = "person_full"
    #: Both are free together, but every table is taken then.
    TABLES_FULL = "tables_full"
    #: Whenever both could, one of them meets somebody else, which is worth more in all.
    LOWER_VALUE = "lower_value"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pair does not meet, with what can be said of it.

    Attributes:
        why: the kind.
        people: who of the two is full; who of them is busy whenever both could.
        limits: the limits that are used up; none where it is the cap on all meetings.
        slots: in which both are free, but no table is.
        instead: the pair that meets in place of this one.
    """

    why: Why
    people: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()
    slots: tuple[int, ...] = ()
    instead: Pair | None = None


def reasons(problem: Problem, meetings: Sequence[Placed]) -> dict[Pair, Reason]:
    """Say of every pair wished for, or that must meet, and does not, why; in the order of the pairs."""
    met = {(a, b) for a, b, _ in meetings}
    taken, standing = _taken(meetings), _taken(problem.locked)
    full = {person for person, slots in taken.items() if len(slots) >= problem.caps.get(person, problem.slots)}
    full |= {person for person, cap in problem.caps.items() if not cap}
    used_up = _used_up(problem, meetings)
    instead = {pair: other for group in problem.alternatives for other in sorted(group & met) for pair in group}

    def reason(a: int, b: int) -> Reason:
        if (a, b) in problem.forbidden:
            return Reason(Why.RULE)
        both = problem.available[a] & problem.available[b] - standing.get(a, NOTHING) - standing.get(b, NOTHING)
        if not both:
            return Reason(Why.NO_COMMON_SLOT)
        if (a, b) in instead:
            return Reason(Why.ALTERNATIVE_MET, instead=instead[a, b])
        if a in full or b in full:
            return Reason(Why.PERSON_FULL, tuple(person for person in (a, b) if person in full))
        free = both - taken.get(a, NOTHING) - taken.get(b, NOTHING)
        limits = [limit for person in (a, b) for limit in used_up.get(person, ()) if limit.concerns(a, b)]
        if limits:
            closed = frozenset().union(*(both if limit.slots is None else limit.slots for limit in limits))
            if not (free or both) - closed:
                people = dict.fromkeys(limit.person for limit in limits)
                return Reason(Why.PERSON_FULL, tuple(people), tuple(limits))
            free -= closed
        if free:
            return Reason(Why.TABLES_FULL, slots=tuple(sorted(free)))
        return Reason(Why.LOWER_VALUE, tuple(person for person in (a, b) if both & taken.get(person, NOTHING)))

    wished = sorted({*problem.pairs, *problem.musts} - met)
    return {pair: reason(*pair) for pair in wished}


def _taken(meetings: Sequence[Placed]) -> dict[int, set[int]]:
    """Give, by person, the slots of these meetings."""
    taken: defaultdict[int, set[int]] = defaultdict(set)
    for a, b, slot in meetings:
        taken[a].add(slot)
        taken[b].add(slot)
    return dict(taken)


def _used_up(problem: Problem, meetings: Sequence[Placed]) -> dict[int, list[Limit]]:
    """Give, by person, the limits that leave no further meeting."""
    if not problem.limits:
        return {}
    of_person: defaultdict[int, list[Placed]] = defaultdict(list)
    for meeting in meetings:
        for person in meeting[:2]:
            of_person[person].append(meeting)
    found: defaultdict[int, list[Limit]] = defaultdict(list)
    for limit in problem.limits:
        if sum(limit.counts(*meeting) for meeting in of_person[limit.person]) >= limit.most:
            found[limit.person].append(limit)
    return dict(found)
