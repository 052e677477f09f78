"""What fits into which slots: the days of one participant, and the meetings that compete for the same places."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from lsos.matchmaking.b2b.problem import Problem, slots_in


def crowd(options: Mapping[int, int], places: int) -> tuple[frozenset[int], int] | None:
    """Find meetings that have too few places between them, if not all can have one.

    Args:
        options: meeting -> bits of the slots in which it may be.
        places: how many of these meetings one slot can hold.

    Returns:
        Meetings, and bits of all the slots in which any of them may be: more meetings than places there.
        None when every meeting can have a place (Hall's theorem, by augmenting paths).
    """
    inside: defaultdict[int, list[int]] = defaultdict(list)
    for number in options:
        seen, waiting = 0, [number]
        comes: dict[int, int] = {}
        free = 0
        for each in waiting:
            for slot in slots_in(options[each] & ~seen):
                seen |= 1 << slot
                comes[slot] = each
                if len(inside[slot]) < places:
                    free = slot
                    break
                waiting += inside[slot]
            if free:
                break
        if not free:
            return frozenset(waiting), seen
        while True:  # back along the path, everybody takes the place that the one before has left
            each = comes[free]
            inside[free].append(each)
            if each == number:
                break
            free = next(slot for slot, numbers in inside.items() if each in numbers and slot != free)
            inside[free].remove(each)
    return None


def day_windows(problem: Problem, possible: Sequence[int], person: int) -> list[int]:
    """Give the days without a break that a participant could have, as bits of busy slots, as far as they alone decide.

    Args:
        problem: what is asked.
        possible: for each meeting, bits of the slots in which it may be; the first entry is not used.
        person: whose days.
    """
    options = {number: possible[number] for number in problem.meetings_of.get(person, ())}
    block = (1 << len(options)) - 1
    days = [block << first for first in range(1, problem.slots - len(options) + 2)]
    return [day for day in days if crowd({number: bits & day for number, bits in options.items()}, 1) is None]
