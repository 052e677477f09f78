"""What people wish for their days: said to the core, heard by bookings and runs; and limits of their own."""

from datetime import time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import Refused
from lsos.events.rules import moment
from lsos.matchmaking.days import DayWish, Half
from lsos.meetings import direct, requesting
from lsos.meetings.direct_rules import DirectRefusal, MeetingMode
from lsos.meetings.limits import limits_of
from lsos.meetings.models import Meeting, MeetingSlot
from lsos.meetings.places import day_lengths, settings_of
from lsos.meetings.preferences import Preference, day_wishes, mornings, preference_of
from lsos.meetings.preferring import save_preference
from lsos.meetings.rules import BookingRefusal, MeetingState
from lsos.registration.rules import Direction
from lsos.scheduling import matching, planning
from lsos.scheduling.rules import RunSettings
from tests import make
from tests.racing import CROWD, race

NOW = make.BEFORE
ZONE = "Europe/Warsaw"


def slots_at(*hours, day=make.FIRST_DAY):
    starts = [moment(day, time(hour), ZONE) for hour in hours]
    return [MeetingSlot(starts_at=at, ends_at=at + timedelta(minutes=20)) for at in starts]


class Scene:
    """An event of one long day: slots at each full hour from nine."""

    def __init__(self, people=3, slots=9, tables=4, **more):
        self.event = make.event(days=1)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, minutes=55, **more)
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(people)]

    def accept(self, asker, other):
        request = make.meeting_request(self.people[asker], self.people[other])
        return requesting.answer(request.uid, by=self.people[other].id, accept=True, now=NOW)

    def hour(self, meeting):
        return meeting.starts_at.astimezone(ZoneInfo(self.event.timezone)).hour


def test_wishes_are_said_as_the_core_understands_them_and_who_has_none_is_left_out():
    slots = slots_at(9, 11, 12, 13, 14, 16)
    wished = {
        1: Preference(no_waiting=True, compact=True, half=Half.MORNING, rest_after=3, keeps_lunch=True),
        2: Preference(most_meetings=3),
    }
    assert day_wishes(wished, slots, ZONE) == {
        1: DayWish(no_waiting=True, most_in_a_row=3, compact=True, half=Half.MORNING, lunch=frozenset({2, 3}))
    }


def test_a_morning_is_what_begins_before_noon_where_the_event_is():
    slots = [*slots_at(9, 11, 12), *slots_at(14, 15, day=make.FIRST_DAY + timedelta(days=1))]
    assert mornings(slots, day_lengths(slots, ZONE), ZONE) == (2, 0)


def test_what_somebody_wishes_is_kept_and_replaced(app):
    who = Scene(people=1).people[0].id
    assert preference_of(who) == Preference()
    save_preference(who, Preference(half=Half.AFTERNOON, rest_after=2))
    save_preference(who, Preference(compact=True))
    assert preference_of(who) == Preference(compact=True)


def test_an_accepted_request_finds_a_time_that_suits_both_where_there_is_one(app):
    scene = Scene()
    assert scene.hour(scene.accept(0, 1).meeting) < 12
    save_preference(scene.people[2].id, Preference(half=Half.AFTERNOON))
    meeting = scene.accept(0, 2).meeting
    #: No wish tears another's day apart: it lies beside the first meeting, or in an afternoon without a new wait.
    assert meeting is not None
    other = Scene(people=2)
    save_preference(other.people[1].id, Preference(half=Half.AFTERNOON))
    assert other.hour(other.accept(0, 1).meeting) >= 12


def test_a_wish_never_costs_a_meeting(app):
    scene = Scene(people=2, slots=2)
    save_preference(scene.people[0].id, Preference(half=Half.AFTERNOON))
    assert scene.accept(0, 1).meeting is not None


class Fair:
    """Seekers of a pilot site and hospitals that offer one, all day long."""

    def __init__(self, seekers=4, hospitals=4, **more):
        self.event = make.event(days=1)
        self.slots = make.meeting_grid(self.event, slots=8, tables=8, minutes=55, **more)
        pilot = make.cooperation_type("pilot-site")
        self.seekers = [make.registration(self.event, make.person(f"Firma{n}")) for n in range(seekers)]
        hospitals = [make.registration(self.event, make.person(f"Szpital{n}")) for n in range(hospitals)]
        for each in self.seekers:
            make.listing(each, Direction.SEEK, pilot)
        for each in hospitals:
            make.listing(each, Direction.OFFER, pilot)

    def run(self):
        run = matching.run_matching(self.event, by=None, now=NOW, seconds=1.0)
        db.session.rollback()
        return run

    def hours(self, who):
        whose = (Meeting.first_id == who.id) | (Meeting.second_id == who.id)
        zone = ZoneInfo(self.event.timezone)
        return [at.astimezone(zone).hour for at in db.session.scalars(select(Meeting.starts_at).where(whose))]


def test_a_run_gives_who_wishes_it_afternoons_and_says_that_it_did(app):
    fair = Fair()
    wishing = fair.seekers[0]
    save_preference(wishing.id, Preference(half=Half.AFTERNOON))

    run = fair.run()

    assert len(fair.hours(wishing)) == 4
    assert min(fair.hours(wishing)) >= 12
    assert (run.summary["day_wishes"], run.summary["day_wishes_unkept"]) == (1, 0)


def test_a_run_keeps_a_rest_and_lunch(app):
    fair = Fair()
    wishing = fair.seekers[0]
    save_preference(wishing.id, Preference(rest_after=2, keeps_lunch=True))
    run = fair.run()
    assert run.summary["day_wishes"] == 1
    assert len(fair.hours(wishing)) == 4


def test_a_run_reads_what_everybody_wishes(app):
    fair = Fair()
    for each in fair.seekers:
        save_preference(each.id, Preference(compact=True))
    settings = settings_of(fair.event.id)
    assert settings is not None
    question = planning.read(fair.event, settings, now=NOW, chosen=RunSettings())
    assert set(question.day_wishes) == {each.id for each in fair.seekers}


# ---- limits of one's own


@pytest.mark.parametrize(
    ("of_event", "own", "most"),
    [((12, None), (5, 2), (5, 2)), ((4, 1), (9, 9), (4, 1)), ((4, 3), (None, None), (4, 3))],
)
def test_ones_own_limit_is_never_above_that_of_the_event(app, of_event, own, most):
    scene = Scene(people=1, max_per_person=of_event[0], max_per_day=of_event[1])
    save_preference(scene.people[0].id, Preference(most_meetings=own[0], most_a_day=own[1]))
    found = limits_of([scene.people[0].id])[scene.people[0].id].most
    assert (found.in_all, found.a_day) == most


def test_whoever_wants_one_meeting_gets_one_by_every_door(app):
    scene = Scene(people=4, mode=MeetingMode.NOW)
    save_preference(scene.people[0].id, Preference(most_meetings=1))
    assert scene.accept(1, 0).meeting is not None
    assert scene.accept(2, 0).waits_because is BookingRefusal.TOO_MANY
    with pytest.raises(Refused) as refused:
        direct.book_now(scene.people[3].id, scene.people[0].uid, scene.slots[4].starts_at, now=NOW)
    assert refused.value.message == str(BookingRefusal.TOO_MANY)


def test_a_run_keeps_the_limits_people_set_themselves(app):
    fair = Fair()
    few, none_on_a_day = fair.seekers[:2]
    save_preference(few.id, Preference(most_meetings=1))
    save_preference(none_on_a_day.id, Preference(most_a_day=2))
    fair.run()
    assert (len(fair.hours(few)), len(fair.hours(none_on_a_day)), len(fair.hours(fair.seekers[2]))) == (1, 2, 4)


def test_ones_own_limit_holds_against_all_who_book(app):
    scene = Scene(people=CROWD + 1, slots=8, tables=10, mode=MeetingMode.NOW)
    save_preference(scene.people[0].id, Preference(most_a_day=3))
    uid, ids = scene.people[0].uid, [one.id for one in scene.people]
    at = [slot.starts_at for slot in scene.slots]
    results = race(app, [partial(direct.book_now, ids[n], uid, at[n % 8], now=NOW) for n in range(1, CROWD + 1)])
    db.session.rollback()
    stands = select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.SCHEDULED)
    assert db.session.scalar(stands) == 3
    refused = {one.message for one in results if isinstance(one, Refused)}
    assert refused <= {str(DirectRefusal.DAY_FULL), str(DirectRefusal.OTHER_BUSY)}
