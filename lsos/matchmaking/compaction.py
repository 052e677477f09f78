"""Moving meetings to other slots so that people's days have fewer breaks; who meets whom stays."""

from math import exp
from random import Random
from time import monotonic

from lsos.matchmaking.timetable import Timetable

#: How willingly a change for the worse is taken, in breaks, at the start and at the end.
WARM, COLD = 0.4, 0.08
#: Steps for each second allowed, about half of what a slow machine does, and at most for each meeting.
STEPS_A_SECOND, STEPS_A_MEETING = 40_000, 400
#: In a full slot, so many meetings are looked at to change places with.
LOOKED_AT = 8


def reduce_breaks(table: Timetable, *, seed: int, seconds: float, deadline: float) -> None:
    """Move meetings, singly or two in exchange, by simulated annealing (Kirkpatrick et al., 1983).

    A step takes a meeting of somebody with a break to a slot beside another meeting of its people, and
    stays when that adds no break, else with a chance that falls. The number of steps follows from
    `seconds` and the cooling from the steps, so that the same seed gives the same schedule; only when
    `deadline` (of `time.monotonic`) comes first does it cool faster and end there.
    """
    meetings = [pair for pair, slot in enumerate(table.slot_of) if slot >= 0]
    steps = min(int(STEPS_A_SECOND * seconds), STEPS_A_MEETING * len(meetings))
    breaks, busy = table.instance.breaks, table.busy
    chance = Random(seed).random  # noqa: S311 - nothing secret: the same seed gives the same schedule
    left = sum(breaks[each] for each in busy)
    began = monotonic()
    heat = WARM
    for step in range(steps):
        if not step & 255:
            late = (monotonic() - began) / max(deadline - began, 1e-9)
            if late >= 1 or left == 0:
                return
            heat = WARM * (COLD / WARM) ** max(step / steps, late)
        pair = meetings[int(chance() * len(meetings))]
        a, b = table.ends[pair]
        if not breaks[busy[a]] and not breaks[busy[b]]:
            continue
        source = table.slot_of[pair]
        target = _somewhere(table, pair, chance())
        if target < 0:
            continue
        moved, change = [pair], _change(table, pair, 1 << source | 1 << target)
        if table.room[target] <= 0:
            other, further = _counterpart(table, source, target, chance())
            if other < 0:
                continue
            moved.append(other)
            change += further
        if change <= 0 or chance() < exp(-change / heat):
            table.exchange(moved, source, target)
            left += change


def _somewhere(table: Timetable, pair: int, chance: float) -> int:
    """Choose a slot in which both are free, beside a meeting of theirs if there is one; -1 when there is none."""
    a, b = table.ends[pair]
    possible = table.free[a] & table.free[b]
    here = 1 << table.slot_of[pair]
    others = (table.busy[a] | table.busy[b]) ^ here
    possible = possible & (others << 1 | others >> 1) or possible
    for _ in range(int(chance * possible.bit_count())):
        possible &= possible - 1
    return (possible & -possible).bit_length() - 1


def _counterpart(table: Timetable, source: int, target: int, chance: float) -> tuple[int, int]:
    """Choose a meeting that can come from `target` to `source` in exchange, and say what that changes; -1 for none."""
    ends, free = table.ends, table.free
    there = list(table.inside[target])
    start = int(chance * len(there))
    moved = 1 << source | 1 << target
    best, change, looked = -1, 9, 0
    for other in there[start:] + there[:start]:
        a, b = ends[other]
        if free[a] & free[b] & 1 << source:
            further = _change(table, other, moved)
            looked += 1
            if further < change:
                best, change = other, further
            if change < 0 or looked == LOOKED_AT:
                break
    return best, change


def _change(table: Timetable, pair: int, moved: int) -> int:
    """Say how many breaks more its people have when a meeting moves between the two slots of `moved`."""
    breaks, busy = table.instance.breaks, table.busy
    a, b = table.ends[pair]
    return breaks[busy[a] ^ moved] - breaks[busy[a]] + breaks[busy[b] ^ moved] - breaks[busy[b]]
