"""Where the meetings of a run are held: stands for those whose they are, and tables at which people stay seated."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np
from scipy.optimize import linear_sum_assignment
from sqlalchemy import and_, or_, select

from lsos.db import db
from lsos.matchmaking.problem import Pair, Placed
from lsos.matchmaking.seating import Floor, Table, seat
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.places import open_tables, organisations_of, tables_of
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.meetings.table_rules import is_theirs

#: So many seconds tables are looked for at most, while the people are locked.
SECONDS = 2.0
#: More than any number of meetings in a slot.
NEVER = 1e6


@dataclass(frozen=True)
class Places:
    """How many meetings fit into each slot, and who has a place of their own.

    Attributes:
        tables: for each slot, how many meetings fit at tables for everybody, and at stands that are taken by now.
        hosts: people who always have a stand of their organisation, as far as the tables kept for them go.
        shut: by host, slots in which there is no place for them at all.
    """

    tables: list[int]
    hosts: frozenset[int] = frozenset()
    shut: Mapping[int, frozenset[int]] = field(default_factory=dict)


def places_of(
    event_id: int,
    number: Mapping[int, int],
    *,
    people: Collection[int],
    wanted: Iterable[Pair],
    available: Mapping[int, Collection[int]],
    more_tables: int = 0,
) -> Places:
    """Count what there is to sit at in each slot, by its number; slots of a trial have every table.

    Of an organisation with fewer stands than people, those whom most want to meet have one; the others take tables.
    Where a stand is closed or taken, a table is kept for whose stand it is.
    """
    opened = open_tables(event_id)
    every = tables_of(event_id)
    held = standing_places(event_id)
    stands: defaultdict[int, list[MeetingTable]] = defaultdict(list)
    for table in every:
        if table.host_organisation_id is not None:
            stands[table.host_organisation_id].append(table)
    stand_ids = {table.id for tables in stands.values() for table in tables}
    tables, standing = [more_tables] * len(number), [0] * len(number)
    for slot_id, place in number.items():
        open_then = opened.get(slot_id, ()) if slot_id > 0 else every
        tables[place] += sum(table.id not in stand_ids for table in open_then)
    for slot_id, table_id in held:
        standing[number[slot_id]] += 1
        tables[number[slot_id]] += table_id in stand_ids
    asked = Counter(person for pair in wanted for person in pair)
    hosts: dict[int, MeetingTable] = {}
    by_organisation: defaultdict[int | None, list[int]] = defaultdict(list)
    for person, organisation in organisations_of(people).items():
        by_organisation[organisation].append(person)
    for organisation, own in stands.items():
        ranked = sorted(by_organisation[organisation], key=lambda person: (-asked[person], person))
        hosts |= dict(zip(ranked, own, strict=False))
    shut: defaultdict[int, set[int]] = defaultdict(set)
    opens = {(slot_id, table.id) for slot_id, them in opened.items() for table in them}
    for person, table in hosts.items():
        for slot_id, place in number.items():
            is_open = slot_id < 0 or (slot_id, table.id) in opens
            busy = held.get((slot_id, table.id))
            if place not in available.get(person, ()) or (is_open and busy is None) or person in (busy or ()):
                continue
            if tables[place] > standing[place]:
                tables[place] -= 1
            else:
                shut[person].add(place)
    return Places(tables, frozenset(hosts), {person: frozenset(slots) for person, slots in shut.items()})


def standing_places(event_id: int) -> dict[tuple[int, int], Pair]:
    """Give the two people of what stays, real meetings and locked drafts, by slot and table."""
    rows = db.session.execute(
        select(Meeting.slot_id, Meeting.table_id, Meeting.first_id, Meeting.second_id).where(
            Meeting.event_id == event_id,
            Meeting.slot_id.is_not(None),
            or_(Meeting.state.in_(BOOKED), and_(Meeting.state == MeetingState.PROPOSED, Meeting.is_locked)),
        )
    )
    return {(slot, table): (a, b) for slot, table, a, b in rows if slot is not None and table is not None}


def seated(event_id: int, slot_ids: Sequence[int], wanted: Collection[Placed]) -> dict[Placed, MeetingTable]:
    """Give each wanted meeting (a, b, number of the slot) a table or a stand of its people; those without are left out.

    What stands keeps its place. People change tables seldom, and rooms more seldom.
    """
    number = {slot_id: place for place, slot_id in enumerate(slot_ids)}
    opened = open_tables(event_id)
    held = standing_places(event_id)
    tables = {str(table.id): table for table in tables_of(event_id)}
    organisations = organisations_of({person for a, b, _ in wanted for person in (a, b)})
    fixed: dict[Placed, str] = {(*pair, number[slot]): str(table) for (slot, table), pair in held.items()}
    fixed |= _at_stands(wanted, slot_ids, opened, held, organisations)
    closed = {name: set(range(len(slot_ids))) for name in tables}
    for slot_id, place in number.items():
        for table in opened.get(slot_id, ()):
            if table.host_organisation_id is None:
                closed[str(table.id)].discard(place)
    for (_, _, place), name in fixed.items():
        closed[name].discard(place)
    floor = Floor(
        [
            Table(name, str(table.room_id or ""), frozenset(closed[name]))
            for name, table in sorted(tables.items(), key=lambda each: each[1].number)
        ]
    )
    found = seat([*wanted, *fixed], floor, published=fixed, deadline=monotonic() + SECONDS)
    at = ((meeting, found.places.get(meeting)) for meeting in wanted)
    return {meeting: tables[where.name] for meeting, where in at if isinstance(where, Table)}


def _at_stands(
    wanted: Collection[Placed],
    slot_ids: Sequence[int],
    opened: Mapping[int, Sequence[MeetingTable]],
    held: Collection[tuple[int, int]],
    organisations: Mapping[int, int | None],
) -> dict[Placed, str]:
    """Fill the stands: in each slot as many meetings of their organisations as can be there."""
    by_slot: defaultdict[int, list[Placed]] = defaultdict(list)
    for meeting in sorted(wanted):
        by_slot[meeting[2]].append(meeting)
    found: dict[Placed, str] = {}
    for place, meetings in by_slot.items():
        slot_id = slot_ids[place]
        stands = [
            table
            for table in opened.get(slot_id, ())
            if table.host_organisation_id is not None and (slot_id, table.id) not in held
        ]
        if not stands:
            continue
        costs = np.full((len(meetings), len(stands)), NEVER)
        for row, (a, b, _) in enumerate(meetings):
            whose = {organisations.get(a), organisations.get(b)}
            for column, table in enumerate(stands):
                if is_theirs(table.host_organisation_id, whose):
                    costs[row, column] = 0
        for row, column in zip(*linear_sum_assignment(costs), strict=True):
            if costs[row, column] < NEVER:
                found[meetings[row]] = str(stands[column].id)
    return found
