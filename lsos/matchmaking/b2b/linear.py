"""Whether there is a timetable at all, by branch and bound (HiGHS by SciPy), which is always installed."""

from collections import defaultdict

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from lsos.matchmaking.b2b.problem import Problem, slots_in

#: SciPy's word for a programme without an answer.
INFEASIBLE = 2


def place(problem: Problem, *, seconds: float) -> tuple[int, ...] | None:
    """Find some timetable with all meetings, whatever its breaks.

    Args:
        problem: what is asked.
        seconds: how long it may take.

    Returns:
        The slot of each meeting; empty when there is no timetable; None when the time was too short.
    """
    if not problem.meetings:
        return ()
    places = [(number, slot) for number, bits in enumerate(problem.possible) for slot in slots_in(bits)]
    rows: defaultdict[tuple[str, int, int], dict[int, float]] = defaultdict(dict)
    for column, (number, slot) in enumerate(places):
        rows["meeting", number, 0][column] = 1
        rows["slot", slot, 0][column] = 1
        for person in problem.meetings[number - 1]:
            rows["person", person, slot][column] = 1
    for earlier, later in problem.order:
        for cut in range(1, problem.slots + 1):  # whoever is later by this slot, the earlier is before it
            row = rows["order", earlier * len(problem.possible) + later, cut]
            for column, (number, slot) in enumerate(places):
                if number == later and slot <= cut:
                    row[column] = row.get(column, 0) + 1
                elif number == earlier and slot < cut:
                    row[column] = row.get(column, 0) - 1
    least = [1 if kind == "meeting" else -np.inf for kind, _, _ in rows]
    most = [{"slot": problem.tables, "order": 0}.get(kind, 1) for kind, _, _ in rows]
    entries = [(row, column, value) for row, line in enumerate(rows.values()) for column, value in line.items()]
    at, column_of, values = zip(*entries, strict=True)
    found = milp(
        np.zeros(len(places)),
        constraints=LinearConstraint(
            coo_array((values, (at, column_of)), (len(rows), len(places))).tocsr(), least, most
        ),
        integrality=np.ones(len(places)),
        bounds=Bounds(0, 1),
        options={"time_limit": max(seconds, 0.01)},
    )
    if found.status == INFEASIBLE:
        return ()
    if found.x is None:
        return None
    return tuple(slot for (_, slot), taken in zip(places, found.x, strict=True) if taken > 0.5)


def contradicts(problem: Problem, *, seconds: float) -> bool:
    """Say whether it was shown, in the time, that no timetable at all keeps the rules."""
    return seconds > 0 and place(problem, seconds=seconds) == ()
