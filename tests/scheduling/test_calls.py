"""The call list: whose answers unlock most, what they would bring, and who was called."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.errors import NotFound
from lsos.meetings.models import Avoidance, BlockedSlot, MeetingRequest, RequestNote
from lsos.meetings.places import slots_of
from lsos.meetings.rules import RequestState
from lsos.registration.rules import Direction
from lsos.scheduling import calls
from lsos.scheduling.call_rules import Unlocked, Waiting, meeting_value, unlocked
from tests import make
from tests.counting import counting


def waits(other, value, *slots, is_first=False):
    return Waiting(other, value, frozenset(slots), is_first)


@pytest.mark.parametrize(
    ("waiting", "room", "meetings", "value"),
    [
        ([], 3, 0, 0.0),
        ([waits(1, 0.5, 1)], 3, 1, 0.5),
        ([waits(1, 0.5)], 3, 0, 0.0),
        ([waits(1, 0.5, 1), waits(2, 0.75, 1)], 3, 1, 0.75),
        ([waits(1, 0.5, 2), waits(2, 0.75, 1, 2)], 3, 2, 1.25),
        ([waits(1, 0.5, 1), waits(2, 0.75, 1, 2)], 3, 2, 1.25),
        ([waits(1, 0.5, 1), waits(2, 0.75, 2)], 1, 1, 0.75),
        ([waits(1, 0.5, 1), waits(2, 0.75, 2)], 0, 0, 0.0),
        ([waits(1, 0.5, 1), waits(2, 0.75, 2)], None, 2, 1.25),
    ],
)
def test_what_answers_unlock_is_bound_by_common_time_and_by_how_many_meetings_somebody_may_have(
    waiting, room, meetings, value
):
    assert unlocked(waiting, room) == Unlocked(len(waiting), meetings, 0, value)


def test_first_meetings_are_counted_among_those_that_can_be():
    found = unlocked([waits(1, 0.5, 1, is_first=True), waits(2, 0.75, 2), waits(3, 0.25, is_first=True)], 5)

    assert (found.waiting, found.meetings, found.firsts) == (3, 2, 1)


@pytest.mark.parametrize(("counts", "value"), [((0, 0), 8.5), ((0, 1), 6.5), ((1, 1), 4.5), ((2, 9), 0.5)])
def test_a_meeting_is_worth_its_fit_and_what_a_first_one_counts(counts, value):
    assert meeting_value(0.5, counts, (4.0, 2.0)) == value


@pytest.fixture
def forum(app):
    """A fund that three asked, a hospital that one asked, and three slots."""
    where = make.event()
    make.meeting_grid(where, slots=3, tables=3)
    fund, hospital = (make.registration(where, make.person(name)) for name in ("Fundusz", "Szpital"))
    askers = [make.registration(where, make.person(f"Pyta{n}")) for n in range(4)]
    for who in askers[:3]:
        make.meeting_request(who, fund)
    make.meeting_request(askers[3], hospital)
    return where, fund, hospital, askers


def listed(where):
    return [
        (call.person.id, call.unlocks.waiting, call.unlocks.meetings)
        for call in calls.call_list(where.id, now=make.BEFORE)
    ]


def test_whose_answers_bring_most_stands_first(forum):
    where, fund, hospital, _askers = forum

    assert listed(where) == [(fund.id, 3, 3), (hospital.id, 1, 1)]


def test_who_has_no_time_in_common_with_anybody_is_not_called(forum):
    where, fund, hospital, _askers = forum
    for slot in slots_of(where.id):
        make.add(BlockedSlot(registration_id=hospital.id, slot_id=slot.id))

    assert listed(where) == [(fund.id, 3, 3)]


def test_a_request_that_its_addressee_never_sees_is_not_counted(forum):
    where, fund, hospital, askers = forum
    make.add(Avoidance(owner_id=hospital.person_id, person_id=askers[3].person_id, at=make.BEFORE))

    assert listed(where) == [(fund.id, 3, 3)]


def test_answered_and_expired_requests_unlock_nothing(forum):
    where, fund, _hospital, askers = forum
    request = db.session.scalars(select(MeetingRequest).where(MeetingRequest.from_id == askers[3].id)).one()
    request.state = RequestState.DECLINED
    db.session.commit()

    assert listed(where) == [(fund.id, 3, 3)]
    assert calls.call_list(where.id, now=make.BEFORE + timedelta(days=400)) == []


def test_while_a_question_is_open_it_is_who_asked_that_is_called(forum):
    where, fund, hospital, askers = forum
    request = db.session.scalars(select(MeetingRequest).where(MeetingRequest.from_id == askers[3].id)).one()
    make.add(RequestNote(request_id=request.id, author_id=hospital.id, text="Kiedy?", at=make.BEFORE))

    assert listed(where) == [(fund.id, 3, 3), (askers[3].id, 1, 1)]


def test_who_fits_better_is_worth_more(forum):
    where, fund, hospital, askers = forum
    for who in askers[:3]:
        db.session.delete(db.session.scalars(select(MeetingRequest).where(MeetingRequest.from_id == who.id)).one())
    db.session.commit()
    make.meeting_request(askers[0], fund)
    pilot = make.cooperation_type("pilot-site")
    make.listing(askers[3], Direction.SEEK, pilot)
    make.listing(hospital, Direction.OFFER, pilot)

    assert [person for person, _waiting, _meetings in listed(where)] == [hospital.id, fund.id]


def test_who_was_called_stands_last_until_that_is_taken_back(forum):
    where, fund, hospital, _askers = forum
    organiser = make.person("Olga")
    calls.mark(where, fund.uid, was_called=True, by=organiser.id, now=make.BEFORE)
    calls.mark(where, fund.uid, was_called=True, by=None, now=make.BEFORE)

    last = calls.call_list(where.id, now=make.BEFORE)[-1]
    assert last.person.id == fund.id
    assert last.called is not None
    assert last.called.by is not None
    assert last.called.by.id == organiser.id

    calls.mark(where, fund.uid, was_called=False, by=organiser.id, now=make.BEFORE)
    assert [person for person, _waiting, _meetings in listed(where)] == [fund.id, hospital.id]
    assert db.session.scalar(select(func.count()).where(AuditEntry.action.in_(["call.made", "call.not_made"]))) == 3


def test_nobody_of_another_event_is_marked(forum):
    _where, fund, _hospital, _askers = forum

    with pytest.raises(NotFound):
        calls.mark(make.event(), fund.uid, was_called=True, by=None, now=make.BEFORE)


def test_the_list_asks_the_same_for_few_as_for_many(forum):
    where, fund, _hospital, _askers = forum
    with counting() as few:
        calls.call_list(where.id, now=make.BEFORE)
    for n in range(12):
        make.meeting_request(make.registration(where, make.person(f"Więcej{n}")), fund)
    db.session.expire_all()
    with counting() as many:
        calls.call_list(where.id, now=make.BEFORE)

    assert len(many) == len(few)
