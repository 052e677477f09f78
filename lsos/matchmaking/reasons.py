"""Why a wish was not met, read off a schedule alone, whoever made it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lsos.matchmaking.bits import bits_of, slots_in
from lsos.matchmaking.problem import Limit, Pair, Placed, Problem


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
    return {
        pair: Reason(why, people, limits, tuple(slots_in(slots)), instead)
        for pair, (why, people, limits, slots, instead) in _facts(problem, meetings)
    }


def unmet(problem: Problem, meetings: Sequence[Placed]) -> dict[Pair, Why]:
    """Say the same in a word."""
    return {pair: why for pair, (why, *_) in _facts(problem, meetings)}


#: The attributes of a reason, the slots as bits.
_Fact = tuple[Why, tuple[int, ...], tuple[Limit, ...], int, Pair | None]


def _facts(problem: Problem, meetings: Sequence[Placed]) -> Iterator[tuple[Pair, _Fact]]:
    met = {(a, b) for a, b, _ in meetings}
    available = {person: bits_of(slots) for person, slots in problem.available.items()}
    taken, standing = _taken(problem, meetings), _taken(problem, problem.locked)
    had = {person: slots.bit_count() for person, slots in taken.items()}
    full = {person for person, count in had.items() if count >= problem.caps.get(person, problem.slots)}
    used_up = _used_up(problem, meetings)
    instead = {pair: other for group in problem.alternatives for other in sorted(group & met) for pair in group}

    def fact(a: int, b: int) -> _Fact:
        if (a, b) in problem.forbidden:
            return Why.RULE, (), (), 0, None
        both = available[a] & available[b] & ~(standing[a] | standing[b])
        if not both:
            return Why.NO_COMMON_SLOT, (), (), 0, None
        if (a, b) in instead:
            return Why.ALTERNATIVE_MET, (), (), 0, instead[a, b]
        if a in full or b in full:
            return Why.PERSON_FULL, tuple(person for person in (a, b) if person in full), (), 0, None
        free = both & ~(taken[a] | taken[b])
        limits = [limit for person in (a, b) for limit in used_up.get(person, ()) if limit.concerns(a, b)]
        if limits:
            closed = 0
            for limit in limits:
                closed |= both if limit.slots is None else bits_of(limit.slots)
            if not (free or both) & ~closed:
                return Why.PERSON_FULL, tuple(dict.fromkeys(limit.person for limit in limits)), tuple(limits), 0, None
            free &= ~closed
        if free:
            return Why.TABLES_FULL, (), (), free, None
        return Why.LOWER_VALUE, tuple(person for person in (a, b) if both & taken[person]), (), 0, None

    for pair in sorted(problem.pairs.keys() | problem.musts):
        if pair not in met:
            yield pair, fact(*pair)


def _taken(problem: Problem, meetings: Sequence[Placed]) -> dict[int, int]:
    """Give for everybody the bits of the slots of these meetings."""
    taken = dict.fromkeys(problem.available, 0)
    for a, b, slot in meetings:
        taken[a] |= 1 << slot
        taken[b] |= 1 << slot
    return taken


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
