"""Times that are booked at once: who may, what is taken, what the other gets, and many at once."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from lsos.meetings import direct, requesting, service, wishing
from lsos.meetings.direct_queries import ALTERNATIVES, nearest, places_for, why_not_book
from lsos.meetings.direct_rules import (
    Bookable,
    DirectRefusal,
    MeetingMode,
    direct_refusal,
    may_be_booked,
    slot_refusal,
)
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSettings
from lsos.meetings.preferences import Preference
from lsos.meetings.preferring import save_preference
from lsos.meetings.rules import BookingRefusal, MeetingState, RequestRefusal, RequestState, WishGrade
from tests import make
from tests.racing import CROWD, race

NOW = make.BEFORE


class Scene:
    """An event at which times are booked at once."""

    def __init__(self, people=3, slots=4, tables=2, mode=MeetingMode.NOW, **more):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, mode=mode, **more)
        self.times = [slot.starts_at for slot in self.slots]
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(people)]

    def book(self, one, other, slot, **more):
        return direct.book_now(self.people[one].id, self.people[other].uid, self.times[slot], now=NOW, **more)

    def places(self, one, other):
        pair = sorted((self.people[one].id, self.people[other].id))
        return places_for(self.event.id, (pair[0], pair[1]), now=NOW)


def booked():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.SCHEDULED))


# ---- rules


@pytest.mark.parametrize(
    ("bookable", "facts", "may"),
    [
        (Bookable.EVERYBODY, {}, True),
        (Bookable.EVERYBODY, {"avoids": True}, False),
        (Bookable.EVERYBODY, {"called_off": True}, False),
        (Bookable.WISHED, {}, False),
        (Bookable.WISHED, {"wishes": True}, True),
        (Bookable.WISHED, {"wishes": True, "avoids": True}, False),
        (Bookable.NOBODY, {"wishes": True}, False),
    ],
)
def test_whose_time_may_be_booked_at_once(bookable, facts, may):
    assert may_be_booked(bookable, **{"wishes": False, "avoids": False, "called_off": False} | facts) is may


@pytest.mark.parametrize(
    ("mode", "may", "reason"),
    [
        (MeetingMode.NOW, True, None),
        (MeetingMode.NOW, False, DirectRefusal.ASKS_FIRST),
        (MeetingMode.LATER, True, DirectRefusal.LATER_HERE),
        (MeetingMode.LATER, False, DirectRefusal.LATER_HERE),
    ],
)
def test_the_event_has_the_first_word(mode, may, reason):
    assert direct_refusal(mode, may_be_booked=may) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"is_over": True, "am_free": False}, DirectRefusal.PAST),
        ({"am_free": False, "is_other_free": False}, DirectRefusal.YOU_BUSY),
        ({"is_other_free": False, "is_day_full": True}, DirectRefusal.OTHER_BUSY),
        ({"is_day_full": True, "has_table": False}, DirectRefusal.DAY_FULL),
        ({"has_table": False}, DirectRefusal.NO_TABLE),
    ],
)
def test_why_a_time_cannot_be_had(change, reason):
    fine = {"is_over": False, "am_free": True, "is_other_free": True, "is_day_full": False, "has_table": True}
    assert slot_refusal(**fine | change) is reason


# ---- one booking


def test_a_free_time_is_booked_at_once_and_both_hear_of_it(app):
    scene = Scene()

    meeting = scene.book(0, 1, 2, message="Pilotaż?")

    assert (meeting.state, meeting.starts_at) == (MeetingState.SCHEDULED, scene.times[2])
    assert meeting.request is not None
    assert meeting.request.booked_at_once
    assert (meeting.request.state, meeting.request.message) == (RequestState.ACCEPTED, "Pilotaż?")
    letters = db.session.execute(select(OutgoingMail.key, OutgoingMail.to_address)).all()
    assert {(row[0].partition(":")[0], row[1]) for row in letters} == {
        ("meeting_scheduled", scene.people[0].person.email),
        ("meeting_booked", scene.people[1].person.email),
    }


def test_what_is_booked_takes_nobodys_quota_of_open_requests(app):
    scene = Scene(people=4, max_open_requests=1)
    scene.book(0, 1, 0)
    scene.book(0, 2, 1)
    requesting.ask(scene.people[0].id, scene.people[3].uid, now=NOW)
    assert booked() == 2


def test_at_an_event_where_people_ask_no_time_is_booked_at_once(app):
    scene = Scene(mode=MeetingMode.LATER)
    with pytest.raises(Refused) as refused:
        scene.book(0, 1, 0)
    assert refused.value.message == DirectRefusal.LATER_HERE


@pytest.mark.parametrize("grade", [None, WishGrade.MUST, WishGrade.NICE, WishGrade.MET])
def test_who_lets_only_people_book_whom_they_wish_to_meet_is_asked_by_others(app, grade):
    scene = Scene()
    me, other = scene.people[:2]
    save_preference(other.id, Preference(bookable=Bookable.WISHED))
    if grade is not None:
        wishing.wish(other.id, me.uid, grade, now=NOW)
    may = grade in {WishGrade.MUST, WishGrade.NICE}
    assert why_not_book(me, other) is (None if may else DirectRefusal.ASKS_FIRST)
    if not may:
        with pytest.raises(Refused, match="Ask for a meeting"):
            scene.book(0, 1, 0)
        assert requesting.ask(me.id, other.uid, now=NOW).state is RequestState.OPEN


def test_whom_somebody_never_meets_reads_what_everybody_reads_who_has_to_ask(app):
    scene = Scene()
    avoided, other, stranger = scene.people
    wishing.avoid(other.id, avoided.uid, whole_organisation=False, now=NOW)
    save_preference(other.id, Preference(bookable=Bookable.WISHED))
    for one in (0, 2):
        with pytest.raises(Refused) as refused:
            scene.book(one, 1, 0)
        assert refused.value.message == DirectRefusal.ASKS_FIRST
    assert scene.book(1, 2, 0).other(other.id).id == stranger.id
    with pytest.raises(Refused) as own:
        scene.book(1, 0, 1)
    assert own.value.message == RequestRefusal.AVOIDED


def test_who_called_a_booking_off_is_asked_the_next_time(app):
    scene = Scene()
    meeting = scene.book(0, 1, 0)
    service.cancel(meeting.uid, by=scene.people[1].id, now=NOW)
    with pytest.raises(Refused) as refused:
        scene.book(0, 1, 1)
    assert refused.value.message == DirectRefusal.ASKS_FIRST
    assert scene.book(1, 0, 1).starts_at == scene.times[1]


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda s: service.block_slot(s.people[0].id, s.times[0], now=NOW), DirectRefusal.YOU_BUSY),
        (lambda s: service.block_slot(s.people[1].id, s.times[0], now=NOW), DirectRefusal.OTHER_BUSY),
        (lambda s: s.book(2, 3, 0), DirectRefusal.NO_TABLE),
        (lambda s: s.book(0, 2, 0), DirectRefusal.YOU_BUSY),
        (lambda s: s.book(2, 1, 0), DirectRefusal.OTHER_BUSY),
        (lambda s: requesting.ask(s.people[1].id, s.people[0].uid, now=NOW), RequestRefusal.UNDER_WAY),
        (lambda s: [s.book(0, 2, 1), s.book(0, 3, 2)], BookingRefusal.TOO_MANY),
        (lambda s: [s.book(1, 2, 1), s.book(1, 3, 2)], BookingRefusal.TOO_MANY),
    ],
)
def test_why_a_booking_is_refused(app, prepare, reason):
    scene = Scene(people=4, tables=1, max_per_person=2)
    prepare(scene)
    before = booked()
    with pytest.raises(Refused) as refused:
        scene.book(0, 1, 0)
    assert refused.value.message == str(reason)
    assert booked() == before


def test_a_day_that_is_full_takes_no_more_and_is_not_offered(app):
    scene = Scene(people=4, max_per_day=1)
    scene.book(0, 2, 0)
    assert scene.places(0, 1) == []
    with pytest.raises(Refused) as refused:
        scene.book(0, 1, 1)
    assert refused.value.message == DirectRefusal.DAY_FULL


def test_a_time_that_is_over_or_that_nobody_knows_is_refused(app):
    scene = Scene()
    me, other = scene.people[:2]
    for at, reason in ((scene.times[0], DirectRefusal.PAST), (scene.times[1] + timedelta(minutes=1), "UNKNOWN")):
        with pytest.raises(Refused) as refused:
            direct.book_now(me.id, other.uid, at, now=scene.times[0])
        assert refused.value.message == str(DirectRefusal.UNKNOWN if reason == "UNKNOWN" else reason)


def test_a_request_that_ran_out_is_not_in_the_way(app):
    scene = Scene()
    make.meeting_request(scene.people[1], scene.people[0], expires_at=NOW - timedelta(hours=1))
    assert scene.book(0, 1, 0).state is MeetingState.SCHEDULED


def test_a_draft_gives_way_and_a_locked_one_does_not(app):
    scene = Scene(people=4, tables=1)
    draft = make.meeting(scene.people[0], scene.people[2], scene.slots[0], state=MeetingState.PROPOSED)
    locked = make.meeting(scene.people[0], scene.people[3], scene.slots[1], state=MeetingState.PROPOSED, is_locked=True)
    gone, kept = draft.uid, locked.uid

    assert [place.slot.id for place in scene.places(0, 1)] == [scene.slots[n].id for n in (0, 2, 3)]
    with pytest.raises(Refused):
        scene.book(0, 1, 1)
    scene.book(0, 1, 0)

    db.session.rollback()
    states = {row[0]: row[1] for row in db.session.execute(select(Meeting.uid, Meeting.state))}
    assert gone not in states
    assert states[kept] is MeetingState.PROPOSED


def test_a_draft_of_the_two_goes_when_they_choose_a_time_themselves(app):
    scene = Scene()
    make.meeting(scene.people[0], scene.people[1], scene.slots[0], state=MeetingState.PROPOSED)
    scene.book(0, 1, 3)
    db.session.rollback()
    assert db.session.execute(select(Meeting.state, Meeting.starts_at)).all() == [
        (MeetingState.SCHEDULED, scene.times[3])
    ]


def test_who_came_too_late_gets_the_five_nearest_other_times(app):
    scene = Scene(slots=9, people=4)
    scene.book(1, 2, 4)
    found = nearest(scene.places(0, 1), scene.times[4])
    assert len(found) == ALTERNATIVES
    assert [place.slot.starts_at for place in found] == [scene.times[n] for n in (2, 3, 5, 6, 1)][-1:] + [
        scene.times[n] for n in (2, 3, 5, 6)
    ]


def test_the_organiser_says_how_a_time_is_found(app):
    scene = Scene(mode=MeetingMode.LATER)
    by = make.person("Iza").id
    direct.set_mode(scene.event.id, MeetingMode.NOW, by=by)
    assert db.session.get_one(MeetingSettings, scene.event.id).mode is MeetingMode.NOW
    assert scene.book(0, 1, 0).state is MeetingState.SCHEDULED


# ---- many at once


def nothing_is_anywhere_twice():
    db.session.rollback()
    for columns in (
        (Meeting.slot_id, Meeting.table_id),
        (MeetingParticipant.slot_id, MeetingParticipant.registration_id),
    ):
        rows = db.session.execute(
            select(*columns, func.count()).where(columns[0].is_not(None)).group_by(*columns)
        ).all()
        assert max((row[2] for row in rows), default=1) == 1


def told(results):
    return Counter(one.message if isinstance(one, Refused) else "booked" for one in results)


def calls(scene, pairs, slot):
    ids, uids = [one.id for one in scene.people], [one.uid for one in scene.people]
    at = scene.times[slot]
    return [partial(direct.book_now, ids[one], uids[other], at, now=NOW) for one, other in pairs]


def test_of_all_who_want_one_time_of_one_person_one_gets_it(app):
    scene = Scene(people=CROWD + 1, slots=3, tables=30)

    results = race(app, calls(scene, [(n, 0) for n in range(1, CROWD + 1)], 0))

    nothing_is_anywhere_twice()
    assert booked() == 1
    assert told(results) == {"booked": 1, str(DirectRefusal.OTHER_BUSY): CROWD - 1}
    loser = next(n for n, one in enumerate(results, start=1) if isinstance(one, Refused))
    assert [place.slot.starts_at for place in nearest(scene.places(loser, 0), scene.times[0])] == scene.times[1:]


def test_of_many_pairs_after_fewer_tables_as_many_meet_as_there_are_tables(app):
    tables = 2 * CROWD // 5
    scene = Scene(people=2 * CROWD, slots=2, tables=tables)

    results = race(app, calls(scene, [(n, CROWD + n) for n in range(CROWD)], 0))

    nothing_is_anywhere_twice()
    assert booked() == tables
    assert told(results) == {"booked": tables, str(DirectRefusal.NO_TABLE): CROWD - tables}


def test_all_who_book_one_another_at_one_time_end_in_pairs(app):
    scene = Scene(people=20, slots=2, tables=30)
    pairs = [(n % 20, (n * 7 + 3) % 20) for n in range(CROWD) if n % 20 != (n * 7 + 3) % 20]

    results = race(app, calls(scene, pairs, 0))

    nothing_is_anywhere_twice()
    assert told(results)["booked"] == booked()
    busy = set(db.session.scalars(select(MeetingParticipant.registration_id)))
    #: Nobody was refused a time that both could still have: of each pair that did not meet, one is busy.
    ids = [one.id for one in scene.people]
    assert all({ids[one], ids[other]} & busy for one, other in pairs)


def test_the_limit_of_a_person_holds_against_all_who_book(app):
    scene = Scene(people=CROWD + 1, slots=20, tables=30, max_per_person=5)
    ids, uid = [one.id for one in scene.people], scene.people[0].uid

    results = race(
        app,
        [partial(direct.book_now, ids[n], uid, scene.times[n % 20], now=NOW) for n in range(1, CROWD + 1)],
    )

    nothing_is_anywhere_twice()
    assert booked() == 5
    assert told(results)["booked"] == 5


def test_one_press_too_many_books_once(app):
    scene = Scene(people=2)
    results = race(app, calls(scene, [(0, 1), (1, 0)] * (CROWD // 2), 0))
    assert booked() == 1
    assert told(results) == {"booked": 1, str(RequestRefusal.UNDER_WAY): CROWD - 1}
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(MeetingRequest)) == 1


def test_bookings_blocks_and_answers_at_once_break_nothing(app):
    scene = Scene(people=40, slots=3, tables=6)
    ids, uids = [one.id for one in scene.people], [one.uid for one in scene.people]
    asked = [make.meeting_request(scene.people[n], scene.people[n + 20]) for n in range(10)]

    race(
        app,
        [
            *[
                partial(direct.book_now, ids[n % 40], uids[(n * 3 + 1) % 40], scene.times[n % 3], now=NOW)
                for n in range(60)
            ],
            *[partial(requesting.answer, one.uid, by=one.to_id, accept=True, now=NOW) for one in asked],
            *[partial(service.block_slot, ids[n], scene.times[n % 3], now=NOW) for n in range(30)],
        ],
    )

    nothing_is_anywhere_twice()
    assert booked() <= 18
