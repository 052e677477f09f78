"""Meetings that lie on a session get another time: as many as can, nobody twice at once, and both are told."""

import random
from collections import Counter
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings import replanning, service
from lsos.meetings.models import Meeting, MeetingSlot
from lsos.meetings.places import times_on_stage
from lsos.meetings.replanning import Replanned, in_the_way, replan
from lsos.meetings.rules import StayReason
from lsos.registration.models import Registration
from tests import make
from tests.meetings.test_races import nobody_and_nothing_is_anywhere_twice
from tests.racing import race

NOW = make.BEFORE
one_database = pytest.mark.any_database


def on(slot: MeetingSlot, event: Event, *whose: Registration) -> None:
    """Let somebody have a place in a session at the time of a slot."""
    talk = make.session(event, starts_at=slot.starts_at, minutes=20)
    for one in whose:
        make.signup(one, talk)


def at(what: Meeting) -> int | None:
    db.session.rollback()
    return db.session.get_one(Meeting, what.id).slot_id


@one_database
def test_a_meeting_on_a_session_moves_to_a_time_that_both_have_and_both_are_told(app: Flask):
    event = make.event()
    ala, jan, ewa = (make.registration(event) for _ in range(3))
    first, second, third, _ = slots = make.meeting_grid(event)
    lies, stands = make.meeting(ala, jan, first), make.meeting(jan, ewa, second)
    on(first, event, ala)
    on(third, event, jan)
    on(slots[3], event, ala)
    [way] = in_the_way(event, now=NOW)
    #: Nothing is free at first: the second slot is taken by the meeting that stands.
    assert (way.meeting.uid, way.slot, way.why) == (lies.uid, None, StayReason.NO_COMMON_SLOT)
    service.cancel(stands.uid, by=None, now=NOW)
    assert replan(event, by=None, now=NOW) == Replanned(moved=1, stayed=0)
    assert at(lies) == second.id
    told = db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "meeting_moved")).all()
    assert {letter.to_address for letter in told} == {one.person.email for one in (ala, jan)}
    assert replan(event, by=None, now=NOW) == Replanned(0, 0)


@one_database
def test_what_has_begun_is_never_moved(app: Flask):
    event = make.event()
    ala, jan = (make.registration(event) for _ in range(2))
    first, *_ = make.meeting_grid(event)
    meeting = make.meeting(ala, jan, first)
    on(first, event, ala)
    assert replan(event, by=None, now=first.starts_at) == Replanned(0, 0)
    assert at(meeting) == first.id


@one_database
def test_before_a_release_its_own_times_count_and_the_nearest_free_one_is_taken(app: Flask):
    event = make.event()
    ala, jan = (make.registration(event) for _ in range(2))
    *_, near, third, fourth = make.meeting_grid(event, slots=6)
    meeting = make.meeting(ala, jan, fourth)
    on(near, event, ala)
    assert in_the_way(event, now=NOW) == []
    sessions = {ala.id: [Interval(third.starts_at, fourth.ends_at)]}
    [way] = in_the_way(event, now=NOW, sessions=sessions)
    assert (way.meeting.uid, way.slot and way.slot.id) == (meeting.uid, near.id)


@one_database
def test_what_moves_leaves_its_table_to_what_could_not(app: Flask):
    event = make.event()
    ala, jan, ewa, olek = (make.registration(event) for _ in range(4))
    first, second, third = make.meeting_grid(event, slots=3, tables=1)
    one, other = make.meeting(ala, jan, first), make.meeting(ewa, olek, second)
    on(first, event, ala)
    on(second, event, ala, ewa)
    on(third, event, olek)
    #: Only the first slot suits Ewa and Olek, and its one table is taken until Ala and Jan have left it.
    assert [way.slot and way.slot.id for way in in_the_way(event, now=NOW)] == [third.id, first.id]
    assert replan(event, by=None, now=NOW) == Replanned(2, 0)
    assert (at(one), at(other)) == (third.id, first.id)


@one_database
def test_many_are_moved_one_handful_after_the_other(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replanning, "AT_ONCE", 1)
    event = make.event()
    ala, *others = (make.registration(event) for _ in range(3))
    slots = make.meeting_grid(event)
    for one, slot in zip(others, slots, strict=False):
        make.meeting(ala, one, slot)
        on(slot, event, one)
    assert replan(event, by=None, now=NOW, seconds=0) == Replanned(moved=1, stayed=0, left=1)
    assert replan(event, by=None, now=NOW) == Replanned(1, 0)


def crowded(event: Event, choose: random.Random) -> list[Meeting]:
    """Fill an event with meetings of pairs that are met once, and with sessions that some of them lie on."""
    people = [make.registration(event) for _ in range(8)]
    slots = make.meeting_grid(event, slots=6, tables=2)
    made: dict[frozenset[int], Meeting] = {}
    for slot in slots:
        them = choose.sample(people, 4)
        for table, (one, other) in enumerate((them[:2], them[2:]), start=1):
            pair = frozenset({one.id, other.id})
            if pair not in made and choose.random() < 0.6:
                made[pair] = make.meeting(one, other, slot, table=table)
    for slot in choose.sample(slots, 3):
        on(slot, event, *choose.sample(people, 3))
    return list(made.values())


@one_database
@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_twice_at_once_and_what_moved_lies_on_nothing(app: Flask, seed: int):
    event = make.event()
    meetings = crowded(event, random.Random(seed))
    before = {one.id: one.slot_id for one in meetings}
    shown = in_the_way(event, now=NOW)
    done = replan(event, by=None, now=NOW)
    assert done == Replanned(sum(way.slot is not None for way in shown), sum(way.slot is None for way in shown))
    nobody_and_nothing_is_anywhere_twice()
    lie = {way.meeting.id for way in shown}
    busy = times_on_stage([each for one in meetings for each in (one.first_id, one.second_id)])
    for one in meetings:
        now_at = at(one)
        assert one.id in lie or now_at == before[one.id]
        if now_at != before[one.id]:
            when = Interval(one.starts_at, one.ends_at)
            assert not any(when.overlaps(time) for each in (one.first_id, one.second_id) for time in busy[each])


def test_two_who_plan_again_while_others_book_put_nobody_anywhere_twice(app: Flask):
    event = make.event()
    meetings = crowded(event, random.Random(1))
    lie = [way.meeting.uid for way in in_the_way(event, now=NOW) if way.slot]
    assert lie
    free = [slot.starts_at for slot in db.session.scalars(select(MeetingSlot).where(MeetingSlot.event_id == event.id))]
    where = event.id

    def again() -> Replanned:
        return replan(db.session.get_one(Event, where), by=None, now=NOW)

    others = [
        partial(service.move, one.uid, starts_at, actor_id=None, now=NOW)
        for one, starts_at in zip(meetings[:4], reversed(free), strict=False)
    ]
    race(app, [again, again, *others])
    nobody_and_nothing_is_anywhere_twice()
    told = Counter(db.session.scalars(select(OutgoingMail.key)))
    assert max(told.values()) == 1
