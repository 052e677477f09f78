"""A crowd at once after the same people, slots and tables: exactly the right ones win, the others get a sentence."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import event, func, select

from lsos.agenda import service as agenda
from lsos.agenda.rules import SignupRefusal
from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings import changing, direct, queries, requesting, service
from lsos.meetings.change_rules import ChangeState
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import (
    AnswerRefusal,
    BookingRefusal,
    MeetingState,
    PlaceRefusal,
    RequestRefusal,
    RequestState,
)
from lsos.registration.rules import Direction
from lsos.scheduling import matching, publishing
from tests import make
from tests.racing import CROWD, race

pytestmark = pytest.mark.each_database


def at_once(app, calls):
    """Start every call at the same moment; of a refusal the sentence is the answer."""
    return [answer.message if isinstance(answer, Refused) else answer for answer in race(app, calls)]


def crowd(where, number):
    return [make.registration(where, make.person(f"Gość{n}", "Próbny")) for n in range(number)]


def accepting(request):
    uid, by = request.uid, request.to_id
    return lambda: requesting.answer(uid, by=by, accept=True, now=make.BEFORE)


def nobody_and_nothing_is_anywhere_twice():
    db.session.rollback()
    tables = db.session.execute(
        select(Meeting.slot_id, Meeting.table_id, func.count())
        .where(Meeting.slot_id.is_not(None))
        .group_by(Meeting.slot_id, Meeting.table_id)
    )
    assert max((row[2] for row in tables), default=1) == 1
    people = db.session.execute(
        select(MeetingParticipant.registration_id, Meeting.slot_id, func.count())
        .join(MeetingParticipant.meeting)
        .where(Meeting.slot_id.is_not(None))
        .group_by(MeetingParticipant.registration_id, Meeting.slot_id)
    )
    assert max((row[2] for row in people), default=1) == 1
    pairs = db.session.execute(
        select(Meeting.first_id, Meeting.second_id, func.count())
        .where(Meeting.state != MeetingState.CANCELLED)
        .group_by(Meeting.first_id, Meeting.second_id)
    )
    assert max((row[2] for row in pairs), default=1) == 1


def booked():
    return db.session.scalar(select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.SCHEDULED))


def test_many_pairs_after_fewer_places(app):
    where, places = make.event(), 2 * CROWD // 5
    make.meeting_grid(where, slots=2, tables=places // 2)
    people = crowd(where, 2 * CROWD)
    requests = [make.meeting_request(people[n], people[CROWD + n]) for n in range(CROWD)]

    answers = at_once(app, [accepting(request) for request in requests])

    nobody_and_nothing_is_anywhere_twice()
    assert booked() == places
    told = Counter(answer.waits_because for answer in answers if isinstance(answer, requesting.Answered))
    assert told == {None: places, BookingRefusal.NO_TABLE: CROWD - places}
    letters = Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))
    assert letters == {"meeting_scheduled": 2 * places, "request_waiting_for_time": 2 * (CROWD - places)}


def test_a_crowd_after_one_person_with_eight_slots(app):
    where = make.event()
    make.meeting_grid(where, slots=8, tables=30)
    star, *people = crowd(where, CROWD + 1)
    requests = [make.meeting_request(star, who) for who in people]

    answers = at_once(app, [accepting(request) for request in requests])

    nobody_and_nothing_is_anywhere_twice()
    assert booked() == 8
    told = Counter(answer.waits_because for answer in answers if isinstance(answer, requesting.Answered))
    assert told == {None: 8, BookingRefusal.NO_COMMON_SLOT: CROWD - 8}


def test_the_limit_of_a_person_holds_against_a_crowd(app):
    where = make.event()
    make.meeting_grid(where, slots=30, tables=30, max_per_person=5)
    star, *people = crowd(where, CROWD + 1)
    requests = [make.meeting_request(who, star) for who in people]

    at_once(app, [accepting(request) for request in requests])

    nobody_and_nothing_is_anywhere_twice()
    assert booked() == 5


def test_two_people_ask_each_other_at_once_and_there_is_one_request(app):
    where = make.event()
    make.meeting_grid(where)
    one, other = crowd(where, 2)
    ways = [(one.id, other.uid), (other.id, one.uid)]

    def asking(way: tuple[int, str]) -> Callable[[], object]:
        return lambda: requesting.ask(*way, now=make.BEFORE)

    answers = at_once(app, [asking(ways[n % 2]) for n in range(CROWD)])

    assert Counter(type(answer) for answer in answers) == {MeetingRequest: 1, str: CROWD - 1}
    assert {answer for answer in answers if isinstance(answer, str)} == {RequestRefusal.UNDER_WAY}
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 1


def test_one_request_is_answered_once_however_often_the_button_is_pressed(app):
    where = make.event()
    make.meeting_grid(where)
    one, other = crowd(where, 2)
    request = make.meeting_request(one, other)

    answers = at_once(app, [accepting(request) for _ in range(CROWD)])

    nobody_and_nothing_is_anywhere_twice()
    assert booked() == 1
    assert {answer for answer in answers if isinstance(answer, str)} == {AnswerRefusal.CLOSED}


def test_of_all_who_move_to_one_table_one_gets_it(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=2, tables=30)
    people, there = crowd(where, 60), slots[1].starts_at
    uids = [make.meeting(people[2 * n], people[2 * n + 1], slots[0], table=n + 1).uid for n in range(30)]

    def moving(uid: str) -> Callable[[], object]:
        return lambda: service.move(uid, there, table_number=7, actor_id=None, now=make.BEFORE)

    answers = at_once(app, [moving(uid) for uid in uids])

    nobody_and_nothing_is_anywhere_twice()
    assert Counter(type(answer) for answer in answers) == {Meeting: 1, str: 29}
    assert {answer for answer in answers if isinstance(answer, str)} == {PlaceRefusal.TABLE_TAKEN}


def test_a_session_and_a_meeting_never_get_the_same_time(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=1, tables=CROWD)
    talk = make.session(where, starts_at=slots[0].starts_at)
    people = crowd(where, CROWD)
    requests = [make.meeting_request(people[2 * n], people[2 * n + 1]) for n in range(CROWD // 2)]
    session_id = talk.id

    def signing_up(who: int) -> Callable[[], object]:
        return lambda: agenda.sign_up(who, session_id, meetings=queries.meeting_intervals, now=make.BEFORE)

    answers = at_once(app, [each for r in requests for each in (accepting(r), signing_up(r.to_id))])

    nobody_and_nothing_is_anywhere_twice()
    meetings = booked() or 0
    db.session.refresh(talk)
    assert meetings + talk.signed_up == CROWD // 2
    assert Counter(a for a in answers if isinstance(a, str)) == Counter({SignupRefusal.MEETING: meetings})


def test_a_run_among_bookings_breaks_nothing(app):
    where = make.event()
    make.meeting_grid(where, slots=4, tables=8)
    pilot = make.cooperation_type("pilot-site")
    people = crowd(where, 40)
    for number, who in enumerate(people):
        make.listing(who, Direction.SEEK if number % 2 else Direction.OFFER, pilot)
    requests = [make.meeting_request(people[2 * n], people[2 * n + 1]) for n in range(20)]

    event_id = where.id

    def event() -> Event:
        return db.session.get_one(Event, event_id)

    at_once(
        app,
        [
            *[accepting(request) for request in requests],
            *[lambda: matching.run_matching(event(), by=None, now=make.BEFORE, seconds=0.1)] * 2,
            lambda: publishing.publish(event(), by=None, now=make.BEFORE),
            lambda: matching.discard(event(), by=None),
        ],
    )

    nobody_and_nothing_is_anywhere_twice()
    states = Counter(db.session.scalars(select(MeetingRequest.state)))
    assert states == {RequestState.ACCEPTED: 20}


# ---- one short transaction


def test_an_answer_a_booking_and_an_agreed_change_are_one_transaction_each(app):
    where = make.event()
    slots = make.meeting_grid(where, slots=3, tables=2, mode=MeetingMode.NOW)
    one, two, three = crowd(where, 3)
    request = make.meeting_request(one, two)
    kept: list[object] = []
    keep = kept.append
    event.listen(db.engine, "commit", keep)

    meeting = accepting(request)().meeting
    direct.book_now(one.id, three.uid, slots[1].starts_at, now=make.BEFORE)
    change = changing.propose(meeting.uid, slots[2].starts_at, by=one.id, now=make.BEFORE)
    done = changing.answer(change.uid, by=two.id, says_yes=True, now=make.BEFORE)

    event.remove(db.engine, "commit", keep)
    assert done.state is ChangeState.DONE
    assert len(kept) == 4
