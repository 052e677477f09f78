"""Meetings on the spot: the rules, what happens step by step, and many at once."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lsos.agenda.rules import Interval
from lsos.db import db, transaction
from lsos.errors import LsosError, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import walk_ups
from lsos.meetings.models import Avoidance, BlockedSlot, Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.places import tables_of
from lsos.meetings.rules import BookingRefusal, MeetingOrigin, MeetingState, RequestState
from lsos.meetings.walk_up_models import WalkUp
from lsos.meetings.walk_up_queries import at_once
from lsos.meetings.walk_up_rules import (
    LASTS,
    WalkUpAnswerRefusal,
    WalkUpRefusal,
    WalkUpState,
    due_at,
    slots_at_once,
    walk_up_answer_refusal,
    walk_up_refusal,
)
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from tests import make
from tests.racing import CROWD, race

#: Two minutes into the first slot.
NOW = make.DOORS + timedelta(minutes=2)


def everybody(ids):
    return ids


def nobody(_ids):
    return ()


# ---- the rules

FINE = {
    "is_same_person": False,
    "asker_takes_part": True,
    "other_takes_part": True,
    "is_same_organisation": False,
    "avoids": False,
    "may_ask": True,
    "asker_is_here": True,
    "other_is_here": True,
    "has_meeting": False,
    "has_asked": False,
    "asks_another": False,
    "asks_today": 0,
    "was_declined": False,
    "no_place": None,
}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"asks_today": 1}, None),
        ({"no_place": WalkUpRefusal.NO_TABLE}, WalkUpRefusal.NO_TABLE),
        ({"asks_today": 2}, WalkUpRefusal.NOT_TODAY),
        ({"was_declined": True, "asks_today": 1}, WalkUpRefusal.NOT_TODAY),
        ({"was_declined": True, "asks_another": True}, WalkUpRefusal.ONE_AT_A_TIME),
        ({"asks_another": True, "has_asked": True}, WalkUpRefusal.ASKED),
        ({"has_asked": True, "has_meeting": True}, WalkUpRefusal.MEETING),
        ({"has_meeting": True, "other_is_here": False}, WalkUpRefusal.OTHER_NOT_HERE),
        ({"other_is_here": False, "asker_is_here": False}, WalkUpRefusal.NOT_HERE),
        ({"asker_is_here": False, "may_ask": False}, WalkUpRefusal.NOT_FOR_YOUR_KIND),
        ({"may_ask": False, "avoids": True}, WalkUpRefusal.AVOIDED),
        ({"avoids": True, "is_same_organisation": True}, WalkUpRefusal.SAME_ORGANISATION),
        ({"is_same_organisation": True, "other_takes_part": False}, WalkUpRefusal.OTHER_NOT_TAKING_PART),
        ({"other_takes_part": False, "asker_takes_part": False}, WalkUpRefusal.NOT_TAKING_PART),
        ({"asker_takes_part": False, "is_same_person": True}, WalkUpRefusal.ONESELF),
    ],
)
def test_why_somebody_cannot_be_asked_and_which_reason_wins(facts, reason):
    assert walk_up_refusal(**FINE | facts) is reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, None),
        ({"are_both_there": False}, WalkUpAnswerRefusal.GONE),
        ({"are_both_there": False, "accepts": False}, None),
        ({"state": WalkUpState.EXPIRED}, WalkUpAnswerRefusal.CLOSED),
        ({"state": WalkUpState.EXPIRED, "is_addressee": False}, WalkUpAnswerRefusal.NOT_YOURS),
    ],
)
def test_why_nobody_can_answer(facts, reason):
    fine = {"is_addressee": True, "state": WalkUpState.OPEN, "accepts": True, "are_both_there": True}
    assert walk_up_answer_refusal(**fine | facts) is reason


@pytest.mark.parametrize(
    ("minutes", "places"),
    [(-61, []), (-60, [0]), (-1, [0]), (0, [0, 1]), (10, [0, 1]), (11, [1]), (25, [1, 2]), (40, [2]), (61, [])],
)
def test_the_slot_that_runs_counts_while_half_of_it_is_left_and_the_next_within_the_hour(minutes, places):
    begins = [make.DOORS + timedelta(minutes=25 * n) for n in range(3)]
    slots = [Interval(begin, begin + timedelta(minutes=20)) for begin in begins]
    assert slots_at_once(slots, make.DOORS + timedelta(minutes=minutes)) == places


def test_who_agrees_after_the_slot_began_is_late_only_after_that():
    assert due_at(make.DOORS, NOW) == NOW
    assert due_at(make.DOORS, make.BEFORE) == make.DOORS


# ---- step by step


class Scene:
    """Two strangers in the house, two minutes into the first of three slots."""

    def __init__(self, *, slots=3, tables=2, **more):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, **more)
        self.me, self.other = (make.registration(self.event, make.person(n, "Próbny")) for n in ("Ola", "Jan"))

    def ask(self, who=None, whom=None, *, here=everybody, now=NOW, **more):
        return walk_ups.ask((who or self.me).id, (whom or self.other).uid, here=here, now=now, **more)

    def answer(self, said, *, by=None, accept=True, here=everybody, now=NOW):
        return walk_ups.answer(said.walk_up.uid, by=(by or self.other).id, accept=accept, here=here, now=now)


def taken_by_others(scene, slot):
    iga, leo = (make.registration(scene.event, make.person(n, "Obcy")) for n in ("Iga", "Leo"))
    return make.meeting(iga, leo, slot)


def came_of_it(scene):
    """Say what came of what somebody asked last."""
    said = at_once(scene.me.id, now=NOW).in_vain
    return said.state if said else None


def refusal_of(call, *args, **more):
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value.message


@pytest.fixture
def scene(app):
    return Scene()


def test_a_yes_books_the_slot_that_runs_and_writes_to_both(scene):
    asked = scene.ask()
    assert (asked.meeting, asked.no_place) == (None, None)
    assert [one.uid for one in at_once(scene.other.id, now=NOW).incoming] == [asked.walk_up.uid]

    done = scene.answer(asked)

    assert done.meeting.slot_id == scene.slots[0].id
    assert (done.meeting.origin, done.meeting.state) == (MeetingOrigin.WALK_UP, MeetingState.SCHEDULED)
    assert done.walk_up.state is WalkUpState.ACCEPTED
    letters = Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))
    assert letters == {"meeting_scheduled": 2}
    assert at_once(scene.other.id, now=NOW).incoming == []


def test_when_this_slot_is_not_free_for_both_the_next_is_taken(scene):
    make.add(BlockedSlot(registration_id=scene.other.id, slot_id=scene.slots[0].id))
    assert scene.answer(scene.ask()).meeting.slot_id == scene.slots[1].id


def test_the_table_at_which_the_asker_sits_is_taken_if_it_is_free(scene):
    second = scene.answer(scene.ask(table_id=_table(scene, 2))).meeting
    assert second.table.number == 2
    more = [make.registration(scene.event, make.person(n, "Próbny")) for n in ("Ewa", "Adam")]
    third = scene.answer(scene.ask(*more, table_id=_table(scene, 2)), by=more[1]).meeting
    assert (third.table.number, third.slot_id) == (1, scene.slots[0].id)


def _table(scene, number):
    return tables_of(scene.event.id)[number - 1].id


def test_two_who_ask_each_other_have_both_said_yes(scene):
    scene.ask()
    done = scene.ask(scene.other, scene.me)
    assert done.meeting is not None
    assert db.session.scalar(select(func.count()).select_from(WalkUp)) == 1


def test_an_answer_that_comes_after_five_minutes_changes_nothing_and_one_may_ask_once_more(scene):
    asked = scene.ask()
    late = NOW + LASTS
    assert refusal_of(scene.answer, asked, now=late) == WalkUpAnswerRefusal.CLOSED
    assert at_once(scene.me.id, now=late).in_vain is not None
    scene.ask(now=late)
    assert refusal_of(scene.ask, now=late + LASTS) == WalkUpRefusal.NOT_TODAY


def test_a_no_is_a_no_for_the_day(scene):
    scene.answer(scene.ask(), accept=False)
    assert came_of_it(scene) is WalkUpState.DECLINED
    assert refusal_of(scene.ask) == WalkUpRefusal.NOT_TODAY
    tomorrow = NOW + timedelta(days=1)
    assert refusal_of(scene.ask, now=tomorrow) == WalkUpRefusal.NO_TIME


def test_one_asks_one_at_a_time_and_takes_it_back_to_ask_another(scene):
    third = make.registration(scene.event, make.person("Ewa", "Trzecia"))
    asked = scene.ask()
    assert refusal_of(scene.ask) == WalkUpRefusal.ASKED
    assert refusal_of(scene.ask, whom=third) == WalkUpRefusal.ONE_AT_A_TIME
    assert refusal_of(walk_ups.withdraw, asked.walk_up.uid, by=third.id, now=NOW)
    walk_ups.withdraw(asked.walk_up.uid, by=scene.me.id, now=NOW)
    assert scene.ask(whom=third).walk_up.state is WalkUpState.OPEN
    assert refusal_of(scene.answer, asked) == WalkUpAnswerRefusal.CLOSED


def test_both_have_to_be_in_the_house(scene):
    assert refusal_of(scene.ask, here=nobody) == WalkUpRefusal.NOT_HERE
    assert refusal_of(scene.ask, here=lambda _ids: {scene.me.id}) == WalkUpRefusal.OTHER_NOT_HERE
    asked = scene.ask()
    assert refusal_of(scene.answer, asked, here=nobody) == WalkUpAnswerRefusal.GONE
    assert scene.answer(asked, here=nobody, accept=False).walk_up.state is WalkUpState.DECLINED


def test_without_a_place_nobody_is_asked(app):
    scene = Scene(slots=1, tables=1)
    stranger = taken_by_others(scene, scene.slots[0]).first
    assert refusal_of(scene.ask) == WalkUpRefusal.NO_TABLE
    assert refusal_of(scene.ask, stranger, scene.me) == WalkUpRefusal.NO_TIME
    full = Scene(max_per_person=1)
    make.meeting(full.me, make.registration(full.event), full.slots[2])
    assert refusal_of(full.ask) == BookingRefusal.TOO_MANY


def test_a_place_that_is_gone_by_the_time_of_the_yes_is_said_to_both(app):
    scene = Scene(slots=1, tables=1)
    asked = scene.ask()
    taken_by_others(scene, scene.slots[0])
    done = scene.answer(asked)
    assert (done.meeting, done.no_place) == (None, WalkUpRefusal.NO_TABLE)
    assert came_of_it(scene) is WalkUpState.UNPLACED


def test_who_is_never_to_be_met_waits_like_for_anybody_who_does_not_look(scene):
    make.add(Avoidance(owner_id=scene.other.person_id, person_id=scene.me.person_id, at=make.BEFORE))
    scene.ask()
    assert at_once(scene.other.id, now=NOW).incoming == []
    assert at_once(scene.me.id, now=NOW).asking is not None
    assert refusal_of(scene.ask, scene.other, scene.me) == WalkUpRefusal.AVOIDED


def test_what_was_asked_before_is_answered_with_it(scene):
    request = make.meeting_request(scene.other, scene.me, expires_at=NOW + timedelta(hours=1))
    meeting = scene.answer(scene.ask()).meeting
    assert meeting.request_id == request.id
    assert db.session.get_one(MeetingRequest, request.id).state is RequestState.ACCEPTED
    assert refusal_of(scene.ask) == WalkUpRefusal.MEETING


def test_a_draft_of_the_two_gives_way_only_when_they_sit_down(app):
    scene = Scene(slots=3, tables=1)
    make.meeting(scene.me, scene.other, scene.slots[2], state=MeetingState.PROPOSED)
    asked = scene.ask()
    taken = [taken_by_others(scene, slot) for slot in scene.slots[:2]]
    assert scene.answer(asked).meeting is None
    assert db.session.scalar(select(Meeting.state).where(Meeting.slot_id == scene.slots[2].id))
    with transaction() as session:
        session.delete(session.get_one(Meeting, taken[0].id))
    assert scene.answer(scene.ask()).meeting.slot_id == scene.slots[0].id
    assert db.session.scalar(select(Meeting).where(Meeting.slot_id == scene.slots[2].id)) is None


def test_whose_kind_may_not_ask_may_still_say_yes(scene):
    kind = make.participation_type(scene.event)
    mine = make.registration(scene.event, make.person("Ewa", "Inna"), participation_type=kind)
    of_other = scene.other.participation_type_id
    make.add(TypeRight(viewer_type_id=kind.id, other_type_id=of_other, right=Right.SEE))
    assert refusal_of(scene.ask, mine, scene.other) == WalkUpRefusal.NOT_FOR_YOUR_KIND
    assert scene.answer(scene.ask(scene.other, mine), by=mine).meeting is not None


def test_the_worker_closes_what_nobody_answered(scene):
    scene.ask()
    assert walk_ups.expire(now=NOW) == 0
    assert walk_ups.expire(now=NOW + LASTS) == 1


def test_people_of_another_event_are_not_there(scene):
    with pytest.raises(LsosError):
        scene.ask(whom=make.registration(make.event()))


# ---- many at once


def booked():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.SCHEDULED))


def nobody_is_twice_anywhere():
    db.session.rollback()
    for one, other in ((Meeting.slot_id, Meeting.table_id), (MeetingParticipant.registration_id, Meeting.slot_id)):
        rows = db.session.execute(
            select(one, other, func.count())
            .select_from(MeetingParticipant)
            .join(MeetingParticipant.meeting)
            .where(Meeting.slot_id.is_not(None))
            .group_by(one, other)
        )
        most = 2 if one is Meeting.slot_id else 1
        assert max((row[2] for row in rows), default=0) <= most


def crowd(scene, number):
    return [make.registration(scene.event, make.person(f"Gość{n}", "Próbny")) for n in range(number)]


def asking(who, whom):
    who_id, whom_uid = who.id, whom.uid
    return lambda: walk_ups.ask(who_id, whom_uid, here=everybody, now=NOW)


def accepting(said):
    uid, by = said.walk_up.uid, said.walk_up.to_id
    return lambda: walk_ups.answer(uid, by=by, accept=True, here=everybody, now=NOW)


def test_many_pairs_after_three_tables_in_two_slots(app):
    scene = Scene(slots=2, tables=3)
    people = crowd(scene, CROWD)
    asked = [scene.ask(people[2 * n], people[2 * n + 1]) for n in range(CROWD // 2)]

    answers = race(app, [accepting(one) for one in asked])

    nobody_is_twice_anywhere()
    assert booked() == 6
    assert Counter(one.no_place for one in answers) == {None: 6, WalkUpRefusal.NO_TABLE: CROWD // 2 - 6}
    states = Counter(db.session.scalars(select(WalkUp.state)))
    assert states == {WalkUpState.ACCEPTED: 6, WalkUpState.UNPLACED: CROWD // 2 - 6}


def test_a_crowd_after_one_person_who_says_yes_to_all(app):
    scene = Scene(slots=2, tables=CROWD)
    star, *people = crowd(scene, CROWD + 1)
    asked = [scene.ask(who, star) for who in people]

    answers = race(app, [accepting(one) for one in asked])

    nobody_is_twice_anywhere()
    assert booked() == 2
    assert Counter(one.no_place for one in answers) == {None: 2, WalkUpRefusal.NO_TIME: CROWD - 2}


def test_one_who_asks_many_at_once_asks_one(app):
    scene = Scene()
    me, *people = crowd(scene, CROWD + 1)

    answers = race(app, [asking(me, who) for who in people])

    assert Counter(getattr(one, "message", "asked") for one in answers) == {
        "asked": 1,
        WalkUpRefusal.ONE_AT_A_TIME: CROWD - 1,
    }
    assert db.session.scalar(select(func.count()).select_from(WalkUp)) == 1


def test_two_who_ask_each_other_at_once_meet_once(app):
    scene = Scene()
    ways = [(scene.me, scene.other), (scene.other, scene.me)]

    answers = race(app, [asking(*ways[n % 2]) for n in range(CROWD)])

    nobody_is_twice_anywhere()
    assert booked() == 1
    assert sum(getattr(one, "meeting", None) is not None for one in answers) == 1
    assert db.session.scalar(select(func.count()).select_from(WalkUp)) == 1
