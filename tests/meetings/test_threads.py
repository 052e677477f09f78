"""Questions about requests, whose turn it is, how long a request stays open for them, and how many may be open."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import queries, requesting
from lsos.meetings.models import MeetingRequest, MeetingSettings, RequestNote
from lsos.meetings.rules import (
    MOST_QUESTIONS,
    TIME_TO_REPLY,
    NoteRefusal,
    RequestRefusal,
    RequestState,
    note_refusal,
    open_until,
    pushed,
    request_limit,
)
from lsos.meetings.threads import quota_of, threads_of, waits_for_asker
from lsos.meetings.words import roughly
from lsos.registration.models import ParticipationType, Registration
from tests import make
from tests.racing import race

NOW = make.BEFORE
MAY_ASK = {
    "is_addressee": True,
    "is_asker": False,
    "state": RequestState.OPEN,
    "waits_for_asker": False,
    "questions": 0,
}
MAY_ANSWER = {"is_addressee": False, "is_asker": True, "waits_for_asker": True, "questions": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"questions": MOST_QUESTIONS - 1}, None),
        ({"questions": MOST_QUESTIONS}, NoteRefusal.ENOUGH),
        ({"waits_for_asker": True, "questions": 1}, NoteRefusal.WAITS_FOR_ASKER),
        ({"is_addressee": False}, NoteRefusal.NOT_YOURS),
        ({"state": RequestState.EXPIRED}, NoteRefusal.CLOSED),
        ({"state": RequestState.ACCEPTED}, NoteRefusal.CLOSED),
        (MAY_ANSWER, None),
        (MAY_ANSWER | {"questions": MOST_QUESTIONS}, None),
        (MAY_ANSWER | {"waits_for_asker": False}, NoteRefusal.NOTHING_ASKED),
        (MAY_ANSWER | {"state": RequestState.WITHDRAWN}, NoteRefusal.CLOSED),
    ],
)
def test_who_may_write_about_a_request(change, reason):
    assert note_refusal(**MAY_ASK | change) is reason


def test_whoever_is_asked_has_time_to_reply_but_not_beyond_the_last_slot():
    later, hour = NOW + TIME_TO_REPLY, timedelta(hours=1)
    assert pushed(NOW + hour, last_slot_ends_at=None, now=NOW) == later
    assert pushed(later + hour, last_slot_ends_at=None, now=NOW) == later + hour
    assert pushed(NOW + hour, last_slot_ends_at=NOW + 2 * hour, now=NOW) == NOW + 2 * hour
    assert open_until(NOW + 3 * hour, last_slot_ends_at=NOW + 2 * hour) == NOW + 2 * hour
    assert pushed(NOW + 3 * hour, last_slot_ends_at=NOW + 2 * hour, now=NOW) == NOW + 3 * hour


def test_a_way_to_take_part_has_the_first_word_on_the_number():
    assert (request_limit(None, 10), request_limit(3, 10)) == (10, 3)


@pytest.mark.parametrize(("count", "said"), [(10, 10), (12, 10), (13, 15), (29, 30), (37, 40), (44, 40)])
def test_a_load_is_said_as_people_say_it(count, said):
    assert roughly(count) == said


# ---- a thread


@pytest.fixture
def asked(app):
    event = make.event()
    make.meeting_grid(event)
    asker, other = make.registration(event, make.person("Ola")), make.registration(event, make.person("Jan"))
    return requesting.ask(asker.id, other.uid, now=NOW)


def write(request, by, words="Which phase?", *, after=timedelta(0)):
    return requesting.write_note(request.uid, words, by=by, now=NOW + after)


def my_turn(request):
    return {who: queries.inbox_size(who, now=NOW + timedelta(hours=1)) for who in (request.from_id, request.to_id)}


def test_they_take_turns_and_each_word_goes_by_letter(asked):
    late = timedelta(hours=71)
    write(asked, asked.to_id, after=late)
    assert my_turn(asked) == {asked.from_id: 1, asked.to_id: 0}
    assert asked.expires_at == NOW + late + TIME_TO_REPLY
    with pytest.raises(Refused, match="Your question waits"):
        write(asked, asked.to_id, after=late)

    write(asked, asked.from_id, "Phase two.", after=late)
    assert my_turn(asked) == {asked.from_id: 0, asked.to_id: 1}
    with pytest.raises(Refused, match="Nothing is asked"):
        write(asked, asked.from_id, after=late)

    assert [(note.author_id, note.text) for note in threads_of([asked])[asked.id].notes] == [
        (asked.to_id, "Which phase?"),
        (asked.from_id, "Phase two."),
    ]
    letters = dict(db.session.execute(select(OutgoingMail.letter, OutgoingMail.text)).all())
    assert "Which phase?" in letters["request_question"]
    assert "/meetings/#questions" in letters["request_question"]
    assert "Phase two." in letters["request_explained"]


def test_a_thread_closes_with_its_request(asked):
    write(asked, asked.to_id)
    requesting.answer(asked.uid, by=asked.to_id, accept=True, now=NOW)
    with pytest.raises(Refused, match="was answered"):
        write(asked, asked.from_id)


def test_strangers_write_nothing(asked):
    stranger = make.registration(asked.event, make.person("Ewa"))
    with pytest.raises(Refused, match="not yours"):
        write(asked, stranger.id)
    with pytest.raises(NotFound):
        requesting.write_note("nothing", "Hello", by=stranger.id, now=NOW)


def test_the_database_and_the_thread_agree_on_whose_turn_it_is(asked):
    for author in (asked.to_id, asked.from_id):
        write(asked, author)
        said = db.session.scalar(select(waits_for_asker()).select_from(MeetingRequest))
        assert bool(said) is threads_of([asked])[asked.id].waits_for_asker


def test_two_questions_at_once_are_one(app, asked):
    uid, who = asked.uid, asked.to_id
    results = race(app, [lambda: requesting.write_note(uid, "Which phase?", by=who, now=NOW)] * 8)
    refused = [one for one in results if isinstance(one, Refused)]
    assert {one.message for one in refused} == {NoteRefusal.WAITS_FOR_ASKER}
    assert len(refused) == 7
    assert db.session.scalar(select(func.count()).select_from(RequestNote)) == 1


# ---- how many


def crowd(number, most):
    event = make.event()
    make.meeting_grid(event, max_open_requests=most)
    people = [make.registration(event, make.person(f"Ola{n}")) for n in range(number + 1)]
    return people[0], people[1:]


def test_fifty_at_once_send_as_many_requests_as_may_be_open(app):
    me, others = crowd(50, most=10)
    mine, uids = me.id, [other.uid for other in others]
    results = race(app, [partial(requesting.ask, mine, uid, now=NOW) for uid in uids])
    refused = [one for one in results if isinstance(one, Refused)]
    assert {one.message for one in refused} == {RequestRefusal.TOO_MANY_OPEN}
    assert len(refused) == 40
    assert db.session.scalar(select(func.count()).select_from(MeetingRequest)) == 10


@pytest.mark.any_database
def test_an_answer_a_withdrawal_and_time_give_a_request_back(app):
    me, others = crowd(4, most=3)
    first, second, _third = (requesting.ask(me.id, other.uid, now=NOW) for other in others[:3])
    with pytest.raises(Refused, match="as may be open at once"):
        requesting.ask(me.id, others[3].uid, now=NOW)

    def left(now=NOW):
        return quota_of(db.session.get_one(Registration, me.id), now=now).left

    requesting.answer(first.uid, by=first.to_id, accept=False, now=NOW)
    assert left() == 1
    requesting.withdraw(second.uid, by=me.id, now=NOW)
    assert left() == 2
    assert left(NOW + timedelta(days=4)) == 3


@pytest.mark.any_database
def test_the_organiser_sets_the_number_for_all_and_for_a_way_to_take_part(app):
    me, _others = crowd(1, most=3)
    requesting.set_limits(me.event_id, {"max_open_requests": 7}, by=make.person("Iza").id)
    assert db.session.get_one(MeetingSettings, me.event_id).max_open_requests == 7
    with transaction() as session:
        session.get_one(ParticipationType, me.participation_type_id).max_open_requests = 2
    assert quota_of(db.session.get_one(Registration, me.id), now=NOW).most == 2
