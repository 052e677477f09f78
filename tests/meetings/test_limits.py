"""How many meetings one person may have, in all and on one day, at every door."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lsos.agenda.rules import Interval
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.meetings import limits, replanning, requesting, service, wishing
from lsos.meetings.limit_rules import Most, limit_refusal, most_of
from lsos.meetings.models import Meeting
from lsos.meetings.rules import BookingRefusal, MeetingState, PlaceRefusal, WishGrade, WishRefusal
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import Direction
from lsos.scheduling import matching, publishing
from tests import make
from tests.counting import counting
from tests.racing import race

ONE, OTHER = date(2026, 6, 10), date(2026, 6, 11)
TOO_MANY, THAT_DAY = BookingRefusal.TOO_MANY, BookingRefusal.TOO_MANY_THAT_DAY


@pytest.mark.parametrize(
    ("of_event", "of_type", "own", "most"),
    [
        (Most(12), Most(), Most(), Most(12)),
        (Most(12, 6), Most(20), Most(), Most(20, 6)),
        (Most(12, 6), Most(None, 8), Most(), Most(12, 8)),
        (Most(12, 6), Most(20, 8), Most(4, 9), Most(4, 8)),
        (Most(12), Most(), Most(20, 3), Most(12, 3)),
    ],
)
def test_the_way_to_take_part_has_the_first_word_and_who_wants_fewer_gets_fewer(of_event, of_type, own, most):
    assert most_of(of_event, of_type, own) == most


@pytest.mark.parametrize(
    ("had", "most", "day", "reason"),
    [
        ({}, Most(1, 1), ONE, None),
        ({ONE: 1}, Most(2, 1), OTHER, None),
        ({ONE: 1}, Most(2, 1), ONE, THAT_DAY),
        ({ONE: 1, OTHER: 1}, Most(2, 1), ONE, TOO_MANY),
        ({ONE: 5}, Most(2), OTHER, TOO_MANY),
        ({ONE: 5}, Most(), ONE, None),
        ({ONE: 1}, Most(2, 1), None, None),
        ({ONE: 2}, Most(2, 1), None, TOO_MANY),
    ],
)
def test_who_may_not_have_another_meeting(had, most, day, reason):
    assert limit_refusal(had, most, day) is reason


class Scene:
    """Two days of slots, somebody whom many want to meet, and a limit on a day."""

    def __init__(self, *, people=6, slots=3, tables=6, **settings):
        self.event = make.event(days=2)
        self.slots = make.meeting_grid(self.event, days=2, slots=slots, tables=tables, **settings)
        self.star, *self.others = (make.registration(self.event) for _ in range(people))

    def accept(self, other, who=None):
        request = make.meeting_request(other, who or self.star)
        return requesting.answer(request.uid, by=request.to_id, accept=True, now=make.BEFORE)

    def days(self, who=None):
        db.session.rollback()
        found = limits.budgets([(who or self.star).id])
        return sorted(found[(who or self.star).id].had.values())

    def of_type(self, who, **most):
        with transaction() as session:
            kind = session.get_one(ParticipationType, who.participation_type_id)
            for name, number in most.items():
                setattr(kind, name, number)


@pytest.mark.any_database
def test_a_booking_goes_to_the_day_that_has_room_and_then_waits(app):
    scene = Scene(max_per_day=1)
    first, second, third = (scene.accept(other) for other in scene.others[:3])

    assert (first.meeting.slot_id, second.meeting.slot_id) == (scene.slots[0].id, scene.slots[3].id)
    assert third.waits_because is THAT_DAY
    assert scene.days() == [1, 1]


def test_a_way_to_take_part_has_a_number_of_its_own(app):
    scene = Scene(max_per_person=1)
    busy = make.registration(scene.event, participation_type=make.participation_type(scene.event, max_meetings=3))
    told = [scene.accept(other, busy).waits_because for other in scene.others[:4]]
    assert told == [None, None, None, TOO_MANY]
    #: The number of the others is still the event's.
    assert scene.accept(scene.others[0]).waits_because is TOO_MANY


@pytest.mark.any_database
def test_a_move_to_a_full_day_is_refused_and_one_within_a_day_is_not(app):
    scene = Scene(max_per_day=1)
    first, second = scene.accept(scene.others[0]).meeting, scene.accept(scene.others[1]).meeting
    with pytest.raises(Refused) as refused:
        service.move(second.uid, scene.slots[1].starts_at, actor_id=None, now=make.BEFORE)
    whose = PlaceRefusal.FIRST_FULL if second.first_id == scene.star.id else PlaceRefusal.SECOND_FULL
    assert refused.value.message == whose
    moved = service.move(first.uid, scene.slots[1].starts_at, actor_id=None, now=make.BEFORE)
    assert moved.slot_id == scene.slots[1].id


@pytest.mark.any_database
def test_the_limit_of_a_day_holds_against_many_at_once(app):
    scene = Scene(people=31, slots=8, tables=30, max_per_day=3)
    requests = [make.meeting_request(other, scene.star) for other in scene.others]
    star_id = scene.star.id

    def accepting(uid):
        return lambda: requesting.answer(uid, by=star_id, accept=True, now=make.BEFORE).waits_because

    told = Counter(race(app, [accepting(request.uid) for request in requests]))

    assert told == {None: 6, THAT_DAY: 24}
    assert scene.days() == [3, 3]


@pytest.mark.parametrize("most", [{"max_meetings_a_day": 1}, {"max_meetings": 2}])
def test_a_run_and_its_publishing_keep_to_the_limits(app, most):
    scene = Scene(people=1)
    pilot = make.cooperation_type("pilot-site")
    make.listing(scene.star, Direction.SEEK, pilot)
    kind = make.participation_type(scene.event)
    for _ in range(5):
        make.listing(make.registration(scene.event, participation_type=kind), Direction.OFFER, pilot)
    scene.of_type(scene.star, **most)

    run = matching.run_matching(scene.event, by=None, now=make.BEFORE, seconds=0.2)
    assert run.summary["drafts"] == 2
    publishing.publish(scene.event, by=None, now=make.BEFORE)
    assert sum(scene.days()) == 2
    if "max_meetings_a_day" in most:
        assert scene.days() == [1, 1]


def test_a_limit_that_was_lowered_since_drops_the_draft(app):
    scene = Scene(people=1)
    pilot = make.cooperation_type("pilot-site")
    make.listing(scene.star, Direction.SEEK, pilot)
    for _ in range(3):
        make.listing(make.registration(scene.event), Direction.OFFER, pilot)
    assert matching.run_matching(scene.event, by=None, now=make.BEFORE, seconds=0.2).summary["drafts"] == 3
    requesting.set_limits(scene.event.id, {"max_per_person": 1}, by=make.person().id)
    published = publishing.publish(scene.event, by=None, now=make.BEFORE)
    assert (published.scheduled, published.dropped) == (1, 2)


def test_meetings_above_a_lowered_limit_stay_and_a_run_goes_round_them(app):
    scene = Scene(people=3)
    make.meeting(scene.star, scene.others[0], scene.slots[0])
    make.meeting(scene.star, scene.others[1], scene.slots[1])
    requesting.set_limits(scene.event.id, {"max_per_person": 1, "max_per_day": 1}, by=make.person().id)
    run = matching.run_matching(scene.event, by=None, now=make.BEFORE, seconds=0.1)
    assert run.summary["meetings"] == 2


def test_a_meeting_in_the_way_of_a_session_does_not_go_to_a_full_day(app):
    scene = Scene(slots=1, people=3, max_per_day=1)
    stays = make.meeting(scene.star, scene.others[0], scene.slots[1])
    moves = make.meeting(scene.star, scene.others[1], scene.slots[0])
    slot = scene.slots[0]
    busy = {scene.others[1].id: [Interval(slot.starts_at - timedelta(minutes=5), slot.ends_at)]}
    [found] = replanning.in_the_way(scene.event, now=make.BEFORE, sessions=busy)
    assert (found.meeting.id, found.slot) == (moves.id, None)
    with transaction() as session:
        session.get_one(Meeting, stays.id).state = MeetingState.NO_SHOW


def test_one_has_as_many_must_meets_as_one_may_have_meetings(app):
    scene = Scene()
    scene.of_type(scene.star, max_meetings=1)
    wishing.wish(scene.star.id, scene.others[0].uid, WishGrade.MUST, now=make.BEFORE)
    with pytest.raises(Refused) as refused:
        wishing.wish(scene.star.id, scene.others[1].uid, WishGrade.MUST, now=make.BEFORE)
    assert refused.value.message == WishRefusal.TOO_MANY


def test_the_limits_of_many_cost_as_many_statements_as_those_of_one(app):
    Scene(people=12)
    everybody = db.session.scalars(select(Registration.id)).all()
    with counting() as few:
        limits.budgets(everybody[:1])
    with counting() as many:
        assert set(limits.budgets(everybody)) == set(everybody)
    assert len(few) == len(many)
