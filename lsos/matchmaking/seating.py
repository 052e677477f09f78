"""Which table each meeting has, after its slot is known: people stay where they sit, as far as tables allow.

Given the tables of the slots before and after, the best tables of one slot are an assignment problem, solved
exactly; the slots are gone through in turn, first forwards, then again until nothing becomes better.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lsos.matchmaking.problem import Pair, Placed

Costs = NDArray[np.float64]
#: What a meeting costs at a table that it may not have.
BARRED = 1e6
#: Among equals, a meeting that needs no zone spares the tables of those that do, then takes the first table:
#: so little that both together never outweigh a change of place.
SPARED, ORDER = 1e-4, 1e-9
#: To stay in one's zone, for all meetings of a slot together: less than one person who stays at a table.
NEAR = 0.1


@dataclass(frozen=True, slots=True)
class Table:
    """A table that meetings share.

    Attributes:
        name: unique.
        zone: the part of the place it stands in; empty means no zone.
        closed: slots in which it cannot be used.
    """

    name: str
    zone: str = ""
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Stand:
    """The place of somebody who receives there; it is no table, and nobody else's meetings are held there."""

    host: int


Place = Table | Stand


@dataclass(frozen=True, slots=True)
class Seating:
    """Where the meetings are held.

    Attributes:
        places: meeting -> its table or stand.
        unseated: meetings without a table, for no table that they may have is left; sorted.
        changes: how often somebody's next meeting is at another place than the one before.
    """

    places: Mapping[Placed, Place]
    unseated: tuple[Placed, ...] = ()
    changes: int = 0


@dataclass(frozen=True)
class Floor:
    """What there is to sit at.

    Attributes:
        tables: in the order in which they are filled; their names differ.
        zones: pair -> the zone its meeting needs; others may be held at any table.
        hosts: people who receive at their own stand. Where both do, the meeting is at the first one's.
    """

    tables: Sequence[Table]
    zones: Mapping[Pair, str] = field(default_factory=dict)
    hosts: frozenset[int] = frozenset()


def seat(
    meetings: Iterable[Placed],
    floor: Floor,
    *,
    published: Mapping[Placed, str] | None = None,
    deadline: float = float("inf"),
) -> Seating:
    """Give each meeting a place so that people change places seldom; the same input gives the same places.

    Never in the answer: two meetings of a slot at one table, a closed table, a table of another zone
    than needed, a published meeting at another table than before. As many meetings as possible are
    seated in each slot; where some are not, the tables of their zone or of the slot are too few.
    Among places with as few changes, people stay in their zone.

    Args:
        meetings: (a, b, slot) with a < b; nobody is in two of one slot.
        floor: the tables, zones and stands.
        published: meeting -> the name of the table at which it stays, whatever the zone.
        deadline: of `time.monotonic`; places are no longer made better after it.

    Raises:
        ValueError: two tables have the same name, or published meetings have the same table at the same
            time, a closed one, or one that there is not.
    """
    every = sorted(set(meetings))
    fixed = _published(every, floor, published or {})
    at_stand = {meeting: Stand(min(hosts)) for meeting in every if (hosts := floor.hosts & set(meeting[:2]))}
    places: dict[Placed, Place] = {**at_stand, **fixed}
    slots: defaultdict[int, list[Placed]] = defaultdict(list)
    for meeting in every:
        if meeting not in places:
            slots[meeting[2]].append(meeting)
    beside = _neighbours(every)
    taken: defaultdict[int, set[str]] = defaultdict(set)
    for meeting, table in fixed.items():
        taken[meeting[2]].add(table.name)
    order = sorted(slots)
    changes = _changes(every, places)
    for sweep in range(len(order) + 2):
        for slot in order if sweep % 2 == 0 else reversed(order):
            tables = [table for table in floor.tables if slot not in table.closed and table.name not in taken[slot]]
            _seat_slot(slots[slot], tables, floor.zones, beside, places)
        before, changes = changes, _changes(every, places)
        if (sweep and changes >= before) or monotonic() > deadline:
            break
    unseated = tuple(meeting for meeting in every if meeting not in places)
    return Seating(places, unseated, changes)


def arbitrary(meetings: Iterable[Placed], floor: Floor) -> Seating:
    """Give each meeting the first free table it may have, looking at nothing else: what `seat` is measured against."""
    places: dict[Placed, Place] = {}
    taken: set[tuple[int, str]] = set()
    every = sorted(set(meetings))
    for meeting in sorted(every, key=lambda each: (each[:2] not in floor.zones, each)):
        a, b, slot = meeting
        if hosts := floor.hosts & {a, b}:
            places[meeting] = Stand(min(hosts))
            continue
        zone = floor.zones.get((a, b))
        for table in floor.tables:
            if slot not in table.closed and zone in (None, table.zone) and (slot, table.name) not in taken:
                places[meeting] = table
                taken.add((slot, table.name))
                break
    unseated = tuple(meeting for meeting in every if meeting not in places)
    return Seating(places, unseated, _changes(every, places))


def _published(every: Sequence[Placed], floor: Floor, published: Mapping[Placed, str]) -> dict[Placed, Table]:
    """Look up the tables of published meetings that still stand."""
    by_name = {table.name: table for table in floor.tables}
    if len(by_name) < len(floor.tables):
        raise ValueError("Two tables have the same name.")
    fixed: dict[Placed, Table] = {}
    taken: set[tuple[int, str]] = set()
    for meeting in every:
        name = published.get(meeting)
        if name is None:
            continue
        a, b, slot = meeting
        if name not in by_name:
            raise ValueError(f"The published meeting of {a} and {b} is at table {name}, which there is not.")
        if slot in by_name[name].closed:
            raise ValueError(f"The published meeting of {a} and {b} is at table {name}, closed in slot {slot}.")
        if (slot, name) in taken:
            raise ValueError(f"Two published meetings are at table {name} in slot {slot}.")
        taken.add((slot, name))
        fixed[meeting] = by_name[name]
    return fixed


def _neighbours(every: Iterable[Placed]) -> dict[Placed, list[Placed]]:
    """Give for each meeting those that its people have before and after it."""
    beside: defaultdict[Placed, list[Placed]] = defaultdict(list)
    for own in _by_person(every).values():
        for one, other in pairwise(own):
            beside[one].append(other)
            beside[other].append(one)
    return beside


def _by_person(every: Iterable[Placed]) -> dict[int, list[Placed]]:
    by_person: defaultdict[int, list[Placed]] = defaultdict(list)
    for meeting in sorted(every, key=lambda each: each[2]):
        for person in meeting[:2]:
            by_person[person].append(meeting)
    return by_person


def _changes(every: Iterable[Placed], places: Mapping[Placed, Place]) -> int:
    """Count how often somebody's next meeting is at another place; the night between two days is no exception."""
    return sum(
        places[one] != places[other]
        for own in _by_person(every).values()
        for one, other in pairwise([meeting for meeting in own if meeting in places])
    )


def _seat_slot(
    meetings: Sequence[Placed],
    tables: Sequence[Table],
    zones: Mapping[Pair, str],
    beside: Mapping[Placed, Sequence[Placed]],
    places: dict[Placed, Place],
) -> None:
    """Give the meetings of a slot the tables at which the fewest of their people change places."""
    if not meetings or not tables:
        return
    for meeting in meetings:
        places.pop(meeting, None)
    column = {table.name: place for place, table in enumerate(tables)}
    zone_of = np.array([table.zone for table in tables])
    needed = np.isin(zone_of, [zones.get(meeting[:2], "") for meeting in meetings]) & (zone_of != "")
    free = ORDER * np.arange(len(tables)) + SPARED * needed
    costs = np.tile(free, (len(meetings), 1))
    for row, meeting in enumerate(meetings):
        zone = zones.get(meeting[:2])
        if zone is not None:
            costs[row] = np.where(zone_of == zone, 0.0, BARRED)
        for other in beside.get(meeting, ()):
            place = places.get(other)
            if not isinstance(place, Table):
                continue
            if place.name in column:
                costs[row, column[place.name]] -= 1
            if place.zone:
                costs[row, zone_of == place.zone] -= NEAR / len(meetings)
    for row, chosen in zip(*linear_sum_assignment(costs), strict=True):
        if costs[row, chosen] < BARRED / 2:
            places[meetings[row]] = tables[chosen]
