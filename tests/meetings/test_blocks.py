"""Blocks of time: slots follow them, meetings hold them, and what people keep free goes over to the new slots."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.meetings import blocks, places, tables
from lsos.meetings.block_rules import TimesRefusal, overlap, slot_times, times_refusal
from lsos.meetings.blocks import BlockFacts
from lsos.meetings.feasibility import meter
from lsos.meetings.models import BlockedSlot, Meeting, MeetingSlot, TableTime
from lsos.meetings.rules import MeetingState, RequestState
from lsos.meetings.tables import TableFacts
from tests import make
from tests.counting import counting
from tests.racing import race


def at(minutes):
    return make.DOORS + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("ends", "length", "pause", "starts"),
    [
        (60, 20, 0, [0, 20, 40]),
        (60, 20, 5, [0, 25]),
        (70, 20, 5, [0, 25, 50]),
        (69, 20, 5, [0, 25]),
        (20, 20, 30, [0]),
        (19, 20, 0, []),
    ],
)
def test_a_block_is_cut_into_slots_of_one_length(ends, length, pause, starts):
    cut = slot_times(at(0), at(ends), slot_minutes=length, buffer_minutes=pause)
    assert cut == [(at(start), at(start + length)) for start in starts]


@pytest.mark.parametrize(
    ("wanted", "others", "reason"),
    [
        ([], [], TimesRefusal.TOO_SHORT),
        ([(0, 20)], [(20, 40)], None),
        ([(0, 20), (25, 45)], [(40, 60)], TimesRefusal.OVERLAPS),
        ([(0, 60)], [(10, 20)], TimesRefusal.OVERLAPS),
    ],
)
def test_when_slots_can_be(wanted, others, reason):
    assert times_refusal([(at(a), at(b)) for a, b in wanted], [(at(a), at(b)) for a, b in others]) is reason


def test_times_that_touch_do_not_overlap():
    assert not overlap((at(0), at(20)), (at(20), at(40)))
    assert overlap((at(0), at(21)), (at(20), at(40)))


class Scene:
    """An event with two tables and a block of three slots, and people."""

    def __init__(self, people=4):
        self.event = make.event()
        tables.make_tables(self.event.id, 1, 2, TableFacts(), by=None)
        self.block = self.save(None, 0, 70)
        self.people = [make.registration(self.event) for _ in range(people)]

    def save(self, uid, starts, ends, length=20, pause=5):
        return blocks.save_block(self.event.id, uid, BlockFacts(at(starts), at(ends), length, pause), by=None)

    def slots(self):
        db.session.rollback()
        return places.slots_of(self.event.id)

    def starts(self):
        return [(slot.starts_at - make.DOORS) / timedelta(minutes=1) for slot in self.slots()]


@pytest.mark.any_database
def test_a_block_makes_its_slots_and_open_tables_with_them(app):
    scene = Scene()
    assert scene.starts() == [0, 25, 50]
    assert {len(them) for them in places.open_tables(scene.event.id).values()} == {2}
    second = scene.save(None, 120, 160, 40, 0)
    assert scene.starts() == [0, 25, 50, 120]
    blocks.remove_block(scene.event.id, second.uid, by=None)
    assert scene.starts() == [0, 25, 50]
    with pytest.raises(NotFound):
        blocks.remove_block(scene.event.id, second.uid, by=None)


@pytest.mark.any_database
def test_a_change_keeps_the_slots_that_stay_with_their_meetings(app):
    scene = Scene()
    meeting = make.meeting(scene.people[0], scene.people[1], scene.slots()[0])
    scene.save(scene.block.uid, 0, 45)
    assert scene.starts() == [0, 25]
    assert db.session.get_one(Meeting, meeting.id).slot_id == meeting.slot_id
    with pytest.raises(Refused) as refused:
        scene.save(scene.block.uid, 5, 45)
    assert (refused.value.message, refused.value.details["count"]) == (TimesRefusal.HAS_MEETINGS, 1)
    with pytest.raises(Refused):
        blocks.remove_block(scene.event.id, scene.block.uid, by=None)
    assert scene.starts() == [0, 25]


def test_blocks_do_not_overlap(app):
    scene = Scene()
    with pytest.raises(Refused) as refused:
        scene.save(None, 60, 120)
    assert refused.value.message == TimesRefusal.OVERLAPS


@pytest.mark.any_database
def test_what_people_keep_free_and_closed_tables_go_over_to_the_new_slots(app):
    scene = Scene()
    first = scene.slots()[0]
    make.add(BlockedSlot(registration_id=scene.people[0].id, slot_id=first.id))
    tables.change_table(scene.event.id, 2, TableFacts(closed=frozenset({first.id})), by=None)
    make.meeting(scene.people[1], scene.people[2], first, state=MeetingState.PROPOSED)

    scene.save(scene.block.uid, 10, 70, 15, 0)

    free = places.open_slots(scene.event.id, [scene.people[0].id])[scene.people[0].id]
    assert [slot.starts_at for slot in scene.slots() if slot not in free] == [at(10)]
    assert {slot_id: len(them) for slot_id, them in places.open_tables(scene.event.id).items()} == {
        slot.id: 1 if slot.starts_at == at(10) else 2 for slot in scene.slots()
    }
    assert db.session.scalars(select(Meeting.id)).all() == []


@pytest.mark.any_database
def test_of_two_who_make_the_same_block_at_once_one_does(app):
    scene = Scene()
    event_id, facts = scene.event.id, BlockFacts(at(100), at(160), 20, 0)
    answers = race(app, [lambda: blocks.save_block(event_id, None, facts, by=None)] * 6)
    assert sum(isinstance(answer, Refused) for answer in answers) == 5
    assert scene.starts() == [0, 25, 50, 100, 120, 140]


def test_the_meter_sets_demand_beside_places_and_names_the_tightest_slot(app):
    scene = Scene(people=6)
    slots = scene.slots()
    pairs = [scene.people[n : n + 2] for n in range(0, 6, 2)]
    for n, pair in enumerate(pairs):
        make.meeting_request(*pair, state=RequestState.ACCEPTED if n else RequestState.OPEN)
    for person in (pairs[0][0], pairs[1][0]):
        for slot in slots[1:]:
            make.add(BlockedSlot(registration_id=person.id, slot_id=slot.id))
    for slot in slots:
        make.add(BlockedSlot(registration_id=pairs[2][0].id, slot_id=slot.id))
    tables.change_table(scene.event.id, 2, TableFacts(closed=frozenset({slots[0].id})), by=None)

    with counting() as statements:
        found = meter(scene.event.id, now=make.BEFORE)

    assert (found.agreed, found.asked, found.places, found.without_time) == (2, 1, 5, 1)
    assert found.tightest is not None
    assert (found.tightest.slot.id, found.tightest.pairs, found.tightest.tables) == (slots[0].id, 2.0, 1)
    assert len(statements) < 20


def test_the_database_drops_the_times_of_a_slot_with_it(app):
    scene = Scene()
    blocks.remove_block(scene.event.id, scene.block.uid, by=None)
    assert db.session.scalars(select(MeetingSlot.id)).all() == []
    assert db.session.scalars(select(TableTime.slot_id)).all() == []
