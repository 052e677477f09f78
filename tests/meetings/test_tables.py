"""Tables: stands are for their own, closed ones for nobody, and what stands there keeps them open."""

from collections import Counter

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.meetings import places, requesting, service, tables
from lsos.meetings.models import Meeting, TableTime
from lsos.meetings.rules import BookingRefusal, MeetingState, PlaceRefusal
from lsos.meetings.table_rules import TablesRefusal, is_theirs, range_refusal, table_refusal
from lsos.meetings.tables import TableFacts
from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from lsos.scheduling import matching
from lsos.zone.models import Stand, ZoneApplication
from lsos.zone.rules import ApplicationState
from tests import make
from tests.racing import race
from tests.zone import given


@pytest.mark.parametrize(
    ("host", "organisations", "may"),
    [(None, {None}, True), (None, {1, 2}, True), (1, {1, 2}, True), (1, {2, None}, False), (1, {1}, True)],
)
def test_a_stand_is_for_its_own_organisation(host, organisations, may):
    assert is_theirs(host, organisations) is may


@pytest.mark.parametrize(
    ("theirs", "opens", "reason"),
    [
        (True, True, None),
        (True, False, PlaceRefusal.TABLE_CLOSED),
        (False, True, PlaceRefusal.STAND),
        (False, False, PlaceRefusal.STAND),
    ],
)
def test_why_a_meeting_cannot_be_at_a_table(theirs, opens, reason):
    assert table_refusal(is_theirs=theirs, is_open=opens) is reason


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [(1, 1, None), (1, 500, None), (2, 1, TablesRefusal.BACKWARDS), (1, 501, TablesRefusal.TOO_MANY)],
)
def test_which_numbers_tables_may_have(first, last, reason):
    assert range_refusal(first, last) is reason


class Scene:
    """Slots and tables, and people of three organisations in turn."""

    def __init__(self, *, people=6, slots=3, tables=2):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables)
        self.firms = [make.organisation() for _ in range(3)]
        self.people = [make.registration(self.event, organisation_id=self.firms[n % 3].id) for n in range(people)]

    def change(self, number, *, host=None, closed=()):
        facts = TableFacts(None, host.id if host else None, frozenset(self.slots[n].id for n in closed))
        tables.change_table(self.event.id, number, facts, by=None)

    def accept(self, one, other):
        request = make.meeting_request(self.people[one], self.people[other])
        return requesting.answer(request.uid, by=request.to_id, accept=True, now=make.BEFORE)

    def place(self, meeting):
        db.session.rollback()
        found = db.session.get_one(Meeting, meeting.id)
        assert found.table is not None
        return [slot.starts_at for slot in self.slots].index(found.starts_at), found.table.number


def refused(call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    return caught.value.message


@pytest.mark.any_database
def test_a_booking_goes_round_closed_tables(app):
    scene = Scene(tables=1)
    scene.change(1, closed=[0, 1])
    assert scene.place(scene.accept(0, 1).meeting) == (2, 1)
    assert scene.accept(2, 3).waits_because is BookingRefusal.NO_TABLE
    scene.change(1, closed=[1])
    assert scene.place(scene.accept(4, 5).meeting) == (0, 1)


@pytest.mark.any_database
def test_the_database_keeps_meetings_from_closed_tables(app):
    scene = Scene()
    scene.change(1, closed=[0])
    with pytest.raises(IntegrityError):
        make.meeting(scene.people[0], scene.people[1], scene.slots[0], table=1)
    db.session.rollback()
    meeting = make.meeting(scene.people[0], scene.people[1], scene.slots[1], table=1)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(delete(TableTime).where(TableTime.slot_id == meeting.slot_id))


def test_new_tables_and_new_slots_are_open(app):
    scene = Scene(slots=2, tables=2)
    tables.make_tables(scene.event.id, 7, 8, TableFacts(), by=None)
    opened = {slot_id: [table.number for table in them] for slot_id, them in places.open_tables(scene.event.id).items()}
    assert opened == {slot.id: [1, 2, 7, 8] for slot in scene.slots}


@pytest.mark.any_database
def test_a_table_with_meetings_is_neither_closed_nor_taken_away_nor_anybodys_stand(app):
    scene = Scene()
    meeting = make.meeting(scene.people[0], scene.people[1], scene.slots[0], table=1)
    assert refused(scene.change, 1, closed=[0]) == TablesRefusal.CLOSED_WITH_MEETINGS
    assert refused(tables.remove_table, scene.event.id, 1, by=None) == TablesRefusal.HAS_MEETINGS
    assert refused(scene.change, 1, host=scene.firms[2]) == TablesRefusal.HELD_FOR_OTHERS
    scene.change(1, host=scene.firms[1], closed=[1])
    assert scene.place(meeting) == (0, 1)
    service.cancel(meeting.uid, by=None, now=make.BEFORE)
    tables.remove_table(scene.event.id, 1, by=None)
    assert [table.number for table in places.tables_of(scene.event.id)] == [2]
    with pytest.raises(NotFound):
        tables.remove_table(scene.event.id, 1, by=None)


def test_drafts_give_way_to_closing_unless_they_are_locked(app):
    scene = Scene()
    make.meeting(scene.people[0], scene.people[1], scene.slots[0], state=MeetingState.PROPOSED)
    locked = make.meeting(scene.people[2], scene.people[3], scene.slots[1], state=MeetingState.PROPOSED, is_locked=True)
    assert refused(scene.change, 1, closed=[0, 1]) == TablesRefusal.CLOSED_WITH_MEETINGS
    scene.change(1, closed=[0])
    assert db.session.scalars(select(Meeting.id)).all() == [locked.id]


@pytest.mark.any_database
def test_a_stand_takes_its_own_first_and_nobody_else(app):
    scene = Scene(slots=1, tables=3)
    scene.change(2, host=scene.firms[0])
    assert scene.place(scene.accept(1, 2).meeting) == (0, 1)
    assert scene.place(scene.accept(0, 4).meeting) == (0, 2)
    #: Their second meeting at the same time goes to the others' tables.
    assert scene.place(scene.accept(3, 5).meeting) == (0, 3)


def test_a_stand_of_others_is_offered_to_nobody_else_though_all_else_is_taken(app):
    scene = Scene(slots=1, tables=1)
    scene.change(1, host=scene.firms[0])
    one, other = scene.people[1].id, scene.people[2].id
    assert places.common_places(scene.event.id, one, other, now=make.BEFORE) == []
    assert scene.accept(1, 2).waits_because is BookingRefusal.NO_TABLE
    [place] = places.common_places(scene.event.id, scene.people[0].id, other, now=make.BEFORE)
    assert place.table.number == 1


def test_a_meeting_is_not_moved_to_a_closed_table_or_the_stand_of_others(app):
    scene = Scene(slots=2, tables=3)
    scene.change(2, host=scene.firms[0])
    scene.change(3, closed=[1])
    meeting = make.meeting(scene.people[1], scene.people[2], scene.slots[0])

    def move(number):
        return service.move(meeting.uid, scene.slots[1].starts_at, table_number=number, now=make.BEFORE)

    assert refused(move, 2) == PlaceRefusal.STAND
    assert refused(move, 3) == PlaceRefusal.TABLE_CLOSED
    assert scene.place(move(1)) == (1, 1)


@pytest.mark.any_database
def test_of_many_who_book_while_tables_close_nobody_ends_at_a_closed_one(app):
    scene = Scene(people=40, slots=2, tables=10)
    requests = [make.meeting_request(scene.people[n], scene.people[n + 1]) for n in range(0, 40, 2)]
    event_id, closed = scene.event.id, frozenset(slot.id for slot in scene.slots)

    def accepting(request):
        uid, by = request.uid, request.to_id
        return lambda: requesting.answer(uid, by=by, accept=True, now=make.BEFORE).waits_because

    def closing(number):
        return lambda: tables.change_table(event_id, number, TableFacts(closed=closed), by=None)

    answers = race(app, [*[accepting(one) for one in requests], *[closing(number) for number in range(1, 11)]])

    db.session.rollback()
    used = {(one.table_id, one.slot_id) for one in db.session.scalars(select(Meeting))}
    opened = {tuple(row) for row in db.session.execute(select(TableTime.table_id, TableTime.slot_id))}
    assert used <= opened
    kept_open = sum(isinstance(answer, Refused) for answer in answers)
    assert kept_open == len({table for table, _ in used})
    told = Counter(answer for answer in answers if not isinstance(answer, Refused))
    assert told[BookingRefusal.NO_TABLE] + len(used) == len(requests)


def test_a_run_keeps_to_open_tables_and_stands(app):
    scene = Scene(people=0, slots=3, tables=3)
    pilot = make.cooperation_type("pilot-site")
    for direction, number in ((Direction.SEEK, 4), (Direction.OFFER, 4)):
        for n in range(number):
            who = make.registration(scene.event, organisation_id=scene.firms[n].id if n < 3 else None)
            make.listing(who, direction, pilot)
    scene.change(3, host=scene.firms[0])
    scene.change(1, closed=[0])

    run = matching.run_matching(scene.event, by=None, now=make.BEFORE, seconds=0.2)

    db.session.rollback()
    drafts = db.session.scalars(select(Meeting)).all()
    assert run.summary["drafts"] == len(drafts)
    assert Counter(one.slot_id for one in drafts)[scene.slots[0].id] <= 2
    #: One table and the stand in the first slot, two and the stand later.
    assert len(drafts) == 2 + 3 + 3
    for one in drafts:
        if one.table is not None and one.table.number == 3:
            assert scene.firms[0].id in {one.first.organisation_id, one.second.organisation_id}


def test_the_stands_of_the_zone_become_tables_once(app):
    where = make.event()
    make.meeting_grid(where, tables=2)
    what = given.kind(where)
    call = given.call(where, what)
    with_stand, without = (given.application(where, what) for _ in range(2))
    make.add(Stand(call_id=call.id, code="A1", application_id=with_stand.id))
    make.add(Stand(call_id=call.id, code="A2"))
    with transaction() as session:
        for one in (with_stand, without):
            session.get_one(ZoneApplication, one.id).state = ApplicationState.ACCEPTED

    assert [tables.stands_of_zone(where.id, by=None) for _ in range(2)] == [1, 0]

    host = db.session.get_one(Registration, with_stand.registration_id).organisation_id
    assert host is not None
    assert [(one.number, one.host_organisation_id) for one in places.tables_of(where.id)] == [
        (1, None),
        (2, None),
        (3, host),
    ]
