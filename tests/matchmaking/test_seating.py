from collections import Counter
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.problem import Placed
from lsos.matchmaking.seating import Floor, Seating, Stand, Table, arbitrary, seat


@st.composite
def rooms(draw, most_tables=5, most_meetings=14):
    """Draw meetings in slots and a floor to hold them."""
    slots = st.integers(0, 4)
    names = "ABCDE"[: draw(st.integers(0, most_tables))]
    tables = [Table(name, draw(st.sampled_from(["", "hall", "yard"])), draw(st.frozensets(slots))) for name in names]
    meetings: set[Placed] = set()
    busy: set[tuple[int, int]] = set()
    for a, b, slot in draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), slots), max_size=most_meetings)):
        if a < b and not {(a, slot), (b, slot)} & busy:
            meetings.add((a, b, slot))
            busy |= {(a, slot), (b, slot)}
    zones = {
        meeting[:2]: draw(st.sampled_from(["hall", "yard"])) for meeting in sorted(meetings) if draw(st.booleans())
    }
    hosts = draw(st.frozensets(st.integers(0, 7), max_size=2))
    return meetings, Floor(tables, zones, hosts)


def faults(meetings, floor, seating: Seating):
    """Name what must never be; plain counting that shares nothing with the module."""
    held = Counter[tuple[str, int]]()
    for (a, b, slot), place in seating.places.items():
        if isinstance(place, Stand):
            if place.host not in floor.hosts & {a, b}:
                yield f"{place} receives neither {a} nor {b}"
            continue
        held[place.name, slot] += 1
        if floor.hosts & {a, b}:
            yield f"{a}, {b} meet at a table, not at their stand"
        if slot in place.closed:
            yield f"{place.name} is closed in {slot}"
        if place.zone != floor.zones.get((a, b), place.zone):
            yield f"{a}, {b} sit in another zone"
    yield from (f"{key} is taken twice" for key, count in held.items() if count > 1)
    if set(seating.places) | set(seating.unseated) != meetings or set(seating.places) & set(seating.unseated):
        yield "a meeting is forgotten"


def changes(places):
    """Count changes of place from one meeting of a person to the next."""
    people = {person for meeting in places for person in meeting[:2]}
    found = 0
    for person in people:
        own = [places[meeting] for meeting in sorted(places, key=lambda each: each[2]) if person in meeting[:2]]
        found += sum(one != other for one, other in pairwise(own))
    return found


def most_seated(meetings, floor, slot):
    """Try every way to seat the meetings of one slot that need a table, and give the greatest number seated."""
    waiting = [meeting for meeting in meetings if meeting[2] == slot and not floor.hosts & set(meeting[:2])]
    open_tables = [table for table in floor.tables if slot not in table.closed]
    seats = [*open_tables, *[None] * len(waiting)]
    return max(
        sum(
            table is not None and table.zone == floor.zones.get(meeting[:2], table.zone)
            for meeting, table in zip(waiting, chosen, strict=True)
        )
        for chosen in permutations(seats, len(waiting))
    )


@given(rooms())
def test_every_place_is_allowed_and_the_changes_are_those_counted(room):
    meetings, floor = room
    for seating in (seat(meetings, floor), arbitrary(meetings, floor)):
        assert list(faults(meetings, floor, seating)) == []
        assert seating.changes == changes(seating.places)


@settings(max_examples=50, deadline=None)
@given(rooms(most_tables=3, most_meetings=6))
def test_as_many_meetings_as_possible_have_a_place(room):
    meetings, floor = room
    seating = seat(meetings, floor)

    for slot in range(5):
        seated = sum(meeting[2] == slot and isinstance(place, Table) for meeting, place in seating.places.items())
        assert seated == most_seated(meetings, floor, slot)


def test_people_change_places_far_less_often_than_with_arbitrary_tables():
    chance = Random(3)
    meetings = set()
    for slot in range(8):
        people = chance.sample(range(24), 20)
        meetings |= {(min(pair), max(pair), slot) for pair in zip(people[:10], people[10:], strict=True)}
    floor = Floor([Table(f"{number}") for number in range(12)])

    assert seat(meetings, floor).changes <= 0.75 * arbitrary(meetings, floor).changes


@given(rooms(), st.data())
def test_published_meetings_keep_their_table_when_others_come(room, data):
    meetings, floor = room
    kept = data.draw(st.sets(st.sampled_from(sorted(meetings)))) if meetings else set()
    before = seat(kept, floor)
    published = {meeting: place.name for meeting, place in before.places.items() if isinstance(place, Table)}

    after = seat(meetings, floor, published=published)

    assert list(faults(meetings, floor, after)) == []
    for meeting, name in published.items():
        place = after.places[meeting]
        assert isinstance(place, Table)
        assert place.name == name


def test_people_who_meet_all_morning_stay_at_their_table():
    tables = [Table("A"), Table("B"), Table("C")]
    meetings = [(0, 10 + slot, slot) for slot in range(4)] + [(1, 20 + slot, slot) for slot in range(4)]

    assert seat(meetings, Floor(tables)).changes == 0


def test_a_meeting_that_needs_no_zone_leaves_the_zone_to_others_who_do():
    tables = [Table("A", "hall"), Table("B")]
    seating = seat([(0, 1, 0), (2, 3, 0)], Floor(tables, {(2, 3): "hall"}))

    assert [place for _, place in sorted(seating.places.items())] == [tables[1], tables[0]]


@pytest.mark.parametrize(
    ("tables", "published", "words"),
    [
        ([Table("A"), Table("A")], {}, "same name"),
        ([Table("A")], {(0, 1, 0): "B"}, "B, which there is not"),
        ([Table("A", closed=frozenset({0}))], {(0, 1, 0): "A"}, "closed in slot 0"),
        ([Table("A")], {(0, 1, 0): "A", (2, 3, 0): "A"}, "Two published meetings"),
    ],
)
def test_published_tables_that_cannot_be_are_refused_in_words(tables, published, words):
    with pytest.raises(ValueError, match=words):
        seat([(0, 1, 0), (2, 3, 0)], Floor(tables), published=published)
