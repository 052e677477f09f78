"""What it costs somebody to give up time, and times that are kept free in one act."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.meetings import service, wishing
from lsos.meetings.cutting import Loss, loss, loss_of, names_of
from lsos.meetings.keeping_free import DayPart, Kept, keep_free, open_again
from lsos.meetings.models import BlockedSlot, Suggestion
from lsos.meetings.rules import RequestState
from tests import make
from tests.counting import counting

NOW = make.BEFORE


@pytest.mark.parametrize(
    ("times", "given_up", "agreed", "found"),
    [
        ({}, {1}, set(), Loss(0, 0)),
        ({7: {1, 2}, 8: {1}, 9: set()}, {1}, {7}, Loss(2, 1)),
        ({7: {1, 2}, 8: {1}}, {1, 2}, {8, 9}, Loss(2, 2, frozenset({8}))),
        ({7: {1}}, {2}, {7}, Loss(1, 0)),
    ],
)
def test_whom_one_could_not_meet_any_more(times, given_up, agreed, found):
    assert loss(times, given_up, agreed) == found


class Scene:
    """Somebody with others whom they may meet."""

    def __init__(self, others=4, slots=3, tables=2):
        self.event = make.event(days=1)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables)
        self.me, *self.others = (
            make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(others + 1)
        )

    def suggest(self, number):
        other, best = self.others[number], {"score": 0.5, "score_for_me": 0.5, "score_for_other": 0.5, "reasons": []}
        make.add(Suggestion(registration_id=self.me.id, other_id=other.id, rank=number + 1, **best))

    def loss(self, *slots):
        return loss_of(self.event.id, self.me.id, [self.slots[n].id for n in slots], now=NOW)


def only_at(scene, who, number):
    """Keep all of somebody's slots free but one."""
    for place, slot in enumerate(scene.slots):
        if place != number:
            service.block_slot(who.id, slot.starts_at, now=NOW)


def test_asked_agreed_wished_and_suggested_people_count_and_each_once(app):
    scene = Scene()
    asked, agreed, suggested, stranger = scene.others
    make.meeting_request(asked, scene.me)
    make.meeting_request(scene.me, agreed, state=RequestState.ACCEPTED)
    scene.suggest(2)
    scene.suggest(0)
    for who in (asked, agreed, stranger):
        only_at(scene, who, 0)
    only_at(scene, suggested, 1)
    assert scene.loss(0) == Loss(3, 2, frozenset({agreed.id}))
    assert scene.loss(2) == Loss(3, 0)
    assert names_of([agreed.id]) == ["Gość2 Próbny"]


def test_a_slot_without_a_table_is_no_possibility(app):
    scene = Scene(tables=1)
    scene.suggest(0)
    only_at(scene, scene.others[0], 0)
    assert scene.loss(0) == Loss(1, 1)
    make.meeting(scene.others[1], scene.others[2], scene.slots[0])
    assert scene.loss(0) == Loss(0, 0)


def test_whom_one_meets_already_does_not_count(app):
    scene = Scene()
    scene.suggest(0)
    make.meeting(scene.me, scene.others[0], scene.slots[1])
    assert scene.loss(0, 1, 2) == Loss(0, 0)


def test_a_never_of_another_changes_no_number_and_ones_own_does(app):
    scene = Scene()
    scene.suggest(0)
    scene.suggest(1)
    wishing.avoid(scene.others[0].id, scene.me.uid, whole_organisation=False, now=NOW)
    assert scene.loss(0, 1, 2).before == 2
    wishing.avoid(scene.me.id, scene.others[1].uid, whole_organisation=False, now=NOW)
    assert scene.loss(0, 1, 2).before == 1


def test_it_costs_the_same_for_many_people_as_for_few(app):
    def cost(number):
        scene = Scene(others=number)
        for place in range(number):
            scene.suggest(place)
        with counting() as sent:
            scene.loss(0)
        return len(sent)

    assert cost(2) == cost(20)


def test_a_part_of_a_day_is_told_by_the_clock_of_the_event():
    noon = make.DOORS + timedelta(hours=3)
    assert [part for part in DayPart if part.covers(noon, make.ZONE)] == [DayPart.AFTERNOON, DayPart.DAY]
    before = noon - timedelta(minutes=1)
    assert [part for part in DayPart if part.covers(before, make.ZONE)] == [DayPart.MORNING, DayPart.DAY]


def test_many_slots_are_kept_free_in_one_act_and_meetings_stay(app):
    scene = Scene()
    make.meeting(scene.me, scene.others[0], scene.slots[1])
    starts = [slot.starts_at for slot in scene.slots]
    assert keep_free(scene.me.id, starts, now=NOW) == Kept(2, 1)
    assert keep_free(scene.me.id, starts, now=NOW) == Kept(2, 1)
    assert db.session.scalar(select(func.count()).select_from(BlockedSlot)) == 2
    open_again(scene.me.id, starts)
    assert db.session.scalar(select(func.count()).select_from(BlockedSlot)) == 0
