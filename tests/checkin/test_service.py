"""What scans do: arrivals, presence in rooms, meetings that are held, and scans that are taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from lsos.audit import AuditEntry
from lsos.checkin import queries
from lsos.checkin.models import Arrival, MeetingPresence, Scan
from lsos.checkin.points import lay_out_points
from lsos.checkin.rules import PointKind, Refusal, ScanResult, UndoReason, UndoRefusal
from lsos.checkin.service import scan, told, undo
from lsos.db import db, new_uid, transaction
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.racing import race

MINUTE = timedelta(minutes=1)


def at(event, point, code, *, after=timedelta(), uid="", by_id=None):
    """Scan a code at a point, so long after the doors opened."""
    when = make.DOORS + after
    return scan(event, point.code, code, uid=uid or new_uid(), scanned_at=when, by_id=by_id, now=when)


def count(table):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def door(event):
    return make.point(event, name=Bilingual("Wejście A", "Door A"))


@pytest.fixture
def guest(event):
    organisation = make.organisation("Instytut Ł")
    return make.registration(event, make.person("Łucja", "Wąs"), organisation_id=organisation.id)


# ---- doors


def test_a_confirmed_guest_comes_in(event, door, guest):
    verdict = at(event, door, guest.badge_code)

    assert verdict.result is ScanResult.ADMITTED
    assert verdict.guest is not None
    assert (verdict.guest.name, verdict.guest.organisation) == ("Łucja Wąs", "Instytut Ł")
    assert verdict.first_at == make.DOORS
    (arrival,) = queries.arrivals(event.id)
    assert (arrival.registration_id, arrival.day, arrival.at) == (guest.id, make.FIRST_DAY, make.DOORS)


def test_a_second_scan_says_when_and_where_the_first_was(event, door, guest):
    other = make.point(event, name=Bilingual("Wejście B", "Door B"))
    at(event, door, guest.badge_code)
    again = at(event, other, guest.badge_code, after=2 * MINUTE)

    assert again.result is ScanResult.AGAIN
    assert again.first_at == make.DOORS
    assert again.first_point == Bilingual("Wejście A", "Door A")
    assert count(Arrival) == 1
    assert count(Scan) == 2


def test_the_next_day_is_another_arrival(event, door, guest):
    at(event, door, guest.badge_code)
    tomorrow = at(event, door, guest.badge_code, after=timedelta(days=1))

    assert tomorrow.result is ScanResult.ADMITTED
    assert [arrival.day for arrival in queries.arrivals(event.id)] == event.days
    assert queries.first_arrivals(event.id) == {guest.id: make.DOORS}
    assert queries.arrivals_on(event.id, event.days[1]) == 1


def test_days_are_those_of_the_events_zone(event, door, guest):
    """Half past midnight in Kraków is still yesterday in UTC."""
    at(event, door, guest.badge_code)
    night = at(event, door, guest.badge_code, after=timedelta(hours=15, minutes=30))
    assert night.result is ScanResult.ADMITTED
    assert queries.arrivals_on(event.id, event.days[1]) == 1


def test_an_address_from_the_qr_code_is_as_good_as_the_code(event, door, guest):
    assert at(event, door, f"HTTPS://LSOS.EXAMPLE.ORG/B/{guest.badge_code}").result is ScanResult.ADMITTED


def test_an_unknown_code_is_refused_and_written_down(event, door):
    verdict = at(event, door, "nobody's")
    assert (verdict.result, verdict.reason, verdict.guest) == (ScanResult.REFUSED, Refusal.UNKNOWN, None)
    assert db.session.scalars(select(Scan.code)).one() == "NOBODY'S"


def test_a_badge_of_another_event_is_unknown(event, door):
    assert at(event, door, make.registration().badge_code).reason is Refusal.UNKNOWN


def test_a_code_of_any_length_is_written_down_cut(event, door):
    at(event, door, "X" * 5000)
    assert len(db.session.scalars(select(Scan.code)).one()) == 64


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (RegistrationState.CANCELLED, Refusal.CANCELLED),
        (RegistrationState.PENDING, Refusal.PENDING),
        (RegistrationState.WAITLISTED, Refusal.WAITLISTED),
        (RegistrationState.DECLINED, Refusal.DECLINED),
    ],
)
def test_a_guest_without_a_seat_is_refused_by_name(event, door, state, reason):
    guest = make.registration(event, state=state)
    verdict = at(event, door, guest.badge_code)
    assert (verdict.result, verdict.reason) == (ScanResult.REFUSED, reason)
    assert verdict.guest is not None
    assert count(Arrival) == 0


def test_a_badge_for_the_second_day_waits_for_it(event, door):
    second_day = event.days[1].isoformat()
    kind = make.participation_type(event, days=[second_day])
    guest = make.registration(event, participation_type=kind)
    assert at(event, door, guest.badge_code).reason is Refusal.WRONG_DAY
    assert at(event, door, guest.badge_code, after=timedelta(days=1)).result is ScanResult.ADMITTED


def test_a_scan_kept_without_network_counts_for_when_it_was_made(event, door, guest):
    made = make.DOORS + 5 * MINUTE
    tomorrow = make.DOORS + timedelta(days=1)
    verdict = scan(event, door.code, guest.badge_code, uid=new_uid(), scanned_at=made, by_id=None, now=tomorrow)
    assert verdict.first_at == made
    assert queries.arrivals(event.id)[0].day == make.FIRST_DAY


def test_a_point_that_is_not_there_is_said_so(event, door, guest):
    elsewhere = make.point(make.event())
    with pytest.raises(NotFound, match="no such point"):
        at(event, elsewhere, guest.badge_code)


def test_the_next_meeting_is_told_at_the_door(event, door, guest):
    slots = make.meeting_grid(event)
    other = make.registration(event, make.person("Jan", "Kos"))
    make.meeting(guest, other, slots[1], table=2)
    verdict = at(event, door, guest.badge_code)
    assert verdict.next_meeting is not None
    assert (verdict.next_meeting.other, verdict.next_meeting.table) == ("Jan Kos", 2)
    assert at(event, door, guest.badge_code, after=timedelta(hours=3)).next_meeting is None


# ---- the same scan sent again


def test_a_scan_sent_again_is_one_scan_with_one_answer(event, door, guest):
    uid = new_uid()
    first = at(event, door, guest.badge_code, uid=uid)
    again = [at(event, door, guest.badge_code, uid=uid, after=n * MINUTE) for n in range(5)]
    assert again == [first] * 5
    assert count(Scan) == count(Arrival) == 1


def test_a_second_scan_sent_again_keeps_its_answer_too(event, door, guest):
    at(event, door, guest.badge_code)
    uid = new_uid()
    second = at(event, door, guest.badge_code, uid=uid, after=MINUTE)
    assert at(event, door, guest.badge_code, uid=uid, after=2 * MINUTE) == second
    assert told(event, uid) == second
    assert told(event, new_uid()) is None


def test_scans_are_only_ever_added(event, door, guest):
    at(event, door, guest.badge_code)
    row = db.session.scalars(select(Scan)).one()
    for change in (lambda: setattr(row, "code", "X"), lambda: db.session.delete(row)):
        db.session.rollback()
        with pytest.raises(DatabaseError, match="only ever added"), transaction():
            change()


# ---- rooms


def test_a_room_counts_each_guest_once_a_day_and_apart_from_the_door(event, door, guest):
    room = make.point(event, PointKind.ROOM, room_id=make.room(event).id)
    other_room = make.point(event, PointKind.ROOM, room_id=make.room(event).id)
    at(event, door, guest.badge_code)
    assert at(event, room, guest.badge_code, after=MINUTE).result is ScanResult.ADMITTED
    again = at(event, room, guest.badge_code, after=2 * MINUTE)
    assert (again.result, again.first_at) == (ScanResult.AGAIN, make.DOORS + MINUTE)
    assert at(event, other_room, guest.badge_code, after=3 * MINUTE).result is ScanResult.ADMITTED
    assert count(Arrival) == 1
    assert queries.people_by_point(event.id, event.timezone, make.FIRST_DAY) == {
        door.id: 1,
        room.id: 1,
        other_room.id: 1,
    }


# ---- meetings


@pytest.fixture
def tables(event):
    return make.point(event, PointKind.TABLES, name=Bilingual("Stoliki", "Tables"))


@pytest.fixture
def other(event):
    return make.registration(event, make.person("Jan", "Kos"))


def state_of(meeting):
    db.session.rollback()
    return db.session.get_one(Meeting, meeting.id, populate_existing=True).state


def test_a_meeting_is_held_when_both_badges_were_scanned(event, tables, guest, other):
    meeting = make.meeting(guest, other, make.meeting_grid(event)[0])

    first = at(event, tables, guest.badge_code)
    assert (first.result, first.missing) == (ScanResult.PRESENT, ("Jan Kos",))
    assert first.meeting is not None
    assert (first.meeting.other, first.meeting.table) == ("Jan Kos", 1)
    assert state_of(meeting) is MeetingState.SCHEDULED

    second = at(event, tables, other.badge_code, after=MINUTE)
    assert (second.result, second.missing) == (ScanResult.PRESENT, ())
    assert state_of(meeting) is MeetingState.HELD
    assert count(Arrival) == 0


def test_the_first_ones_answer_stays_what_it_was(event, tables, guest, other):
    make.meeting(guest, other, make.meeting_grid(event)[0])
    uid = new_uid()
    first = at(event, tables, guest.badge_code, uid=uid)
    at(event, tables, other.badge_code)
    assert at(event, tables, guest.badge_code, uid=uid, after=MINUTE) == first


def test_scanned_twice_at_the_table_is_present_once(event, tables, guest, other):
    make.meeting(guest, other, make.meeting_grid(event)[0])
    at(event, tables, guest.badge_code)
    again = at(event, tables, guest.badge_code, after=MINUTE)
    assert (again.result, again.first_at, again.missing) == (ScanResult.AGAIN, make.DOORS, ("Jan Kos",))
    assert count(MeetingPresence) == 1


def test_without_a_meeting_now_the_next_one_is_told(event, tables, guest, other):
    make.meeting(guest, other, make.meeting_grid(event)[3])
    verdict = at(event, tables, guest.badge_code)
    assert (verdict.result, verdict.reason) == (ScanResult.REFUSED, Refusal.NO_MEETING)
    assert verdict.next_meeting is not None
    assert verdict.next_meeting.starts_at == make.DOORS + 75 * MINUTE


def test_a_draft_of_the_organisers_is_no_meeting_yet(event, tables, guest, other):
    make.meeting(guest, other, make.meeting_grid(event)[0], state=MeetingState.PROPOSED)
    assert at(event, tables, guest.badge_code).reason is Refusal.NO_MEETING


def test_a_meeting_noted_as_missed_is_held_after_all(event, tables, guest, other):
    meeting = make.meeting(guest, other, make.meeting_grid(event)[0], state=MeetingState.NO_SHOW)
    at(event, tables, guest.badge_code)
    at(event, tables, other.badge_code)
    assert state_of(meeting) is MeetingState.HELD


def test_a_cancelled_guest_is_refused_at_the_table_too(event, tables, other):
    guest = make.registration(event, state=RegistrationState.CANCELLED)
    assert at(event, tables, guest.badge_code).reason is Refusal.CANCELLED


# ---- taking back


def take_back(event, verdict, *, uid="", reason=UndoReason.MISTAKE, by_id=None):
    return undo(event, verdict.uid, uid=uid or new_uid(), reason=reason, by_id=by_id, now=make.DOORS + 30 * MINUTE)


def test_an_arrival_is_taken_back_and_may_come_again(event, door, guest):
    first = at(event, door, guest.badge_code)
    taken = take_back(event, first, reason=UndoReason.STAYED_OUT)

    assert taken.result is ScanResult.UNDONE
    assert count(Arrival) == 0
    assert count(Scan) == 2
    undone = told(event, first.uid)
    assert undone is not None
    assert undone.is_undone
    back = at(event, door, guest.badge_code, after=40 * MINUTE)
    assert (back.result, back.first_at) == (ScanResult.ADMITTED, make.DOORS + 40 * MINUTE)
    again = at(event, door, guest.badge_code, after=41 * MINUTE)
    assert again.first_at == make.DOORS + 40 * MINUTE


def test_taking_back_is_written_down_with_its_reason(event, door, guest):
    olga = make.person("Olga", "Drzwi")
    first = at(event, door, guest.badge_code)
    take_back(event, first, reason=UndoReason.OTHER_GUEST, by_id=olga.id)
    row = db.session.scalars(select(Scan).where(Scan.undoes_id.is_not(None))).one()
    assert (row.reason, row.by_id) == ("OTHER_GUEST", olga.id)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "scan.undone")).one()
    assert (entry.actor_id, entry.object_uid, entry.details["reason"]) == (olga.id, first.uid, "other_guest")


def test_a_held_meeting_is_not_held_any_more(event, tables, guest, other):
    meeting = make.meeting(guest, other, make.meeting_grid(event)[0])
    at(event, tables, guest.badge_code)
    second = at(event, tables, other.badge_code)
    take_back(event, second)
    assert state_of(meeting) is MeetingState.SCHEDULED
    assert count(MeetingPresence) == 1
    at(event, tables, other.badge_code, after=MINUTE)
    assert state_of(meeting) is MeetingState.HELD


def test_only_what_was_done_is_taken_back_and_only_once(event, door, guest):
    first = at(event, door, guest.badge_code)
    again = at(event, door, guest.badge_code, after=MINUTE)
    with pytest.raises(Refused, match=UndoRefusal.NOTHING):
        take_back(event, again)
    take_back(event, first)
    with pytest.raises(Refused, match=UndoRefusal.DONE):
        take_back(event, first)
    with pytest.raises(NotFound):
        undo(event, new_uid(), uid=new_uid(), reason=UndoReason.MISTAKE, by_id=None, now=make.DOORS)


def test_an_undo_sent_again_is_one_undo(event, door, guest):
    first = at(event, door, guest.badge_code)
    uid = new_uid()
    assert take_back(event, first, uid=uid) == take_back(event, first, uid=uid)
    assert count(Scan) == 2


# ---- many at once


def each_for_itself(event, point, code, *, after=timedelta(), uid=""):
    """Prepare a scan for a thread of its own, which loads the event anew."""
    event_id, point_code, when = event.id, point.code, make.DOORS + after
    uid = uid or new_uid()

    def call():
        mine = db.session.get_one(Event, event_id)
        return scan(mine, point_code, code, uid=uid, scanned_at=when, by_id=None, now=when)

    return call


def test_one_badge_at_two_doors_at_once_arrives_once_and_all_are_told_the_same(app, event, door, guest):
    other = make.point(event, name=Bilingual("Wejście B", "Door B"))
    calls = [
        each_for_itself(event, point, guest.badge_code, after=timedelta(seconds=n))
        for n, point in enumerate([door, other] * 8)
    ]
    verdicts = race(app, calls)
    results = [verdict.result for verdict in verdicts]
    assert results.count(ScanResult.ADMITTED) == 1
    assert results.count(ScanResult.AGAIN) == len(calls) - 1
    assert len({(verdict.first_at, verdict.first_point) for verdict in verdicts}) == 1
    assert count(Arrival) == 1
    assert count(Scan) == len(calls)


@pytest.mark.parametrize("code", ["", "NOBODY"])
def test_one_scan_sent_by_many_threads_is_one(app, event, door, guest, code):
    verdicts = race(app, [each_for_itself(event, door, code or guest.badge_code, uid=new_uid())] * 8)
    assert verdicts == [verdicts[0]] * 8
    assert count(Scan) == 1


def test_both_people_scanned_at_the_same_moment_hold_their_meeting(app, event, tables):
    meetings, calls = [], []
    for n, slot in enumerate(make.meeting_grid(event, slots=4)):
        pair = make.registration(event), make.registration(event)
        meetings.append(make.meeting(*pair, slot))
        calls += [each_for_itself(event, tables, side.badge_code, after=n * 25 * MINUTE) for side in pair]
    verdicts = race(app, calls)
    assert {verdict.result for verdict in verdicts} == {ScanResult.PRESENT}
    assert sum(not verdict.missing for verdict in verdicts) == 4
    assert [state_of(meeting) for meeting in meetings] == [MeetingState.HELD] * 4


def test_a_scan_is_taken_back_once_however_many_ask(app, event, door, guest):
    first = at(event, door, guest.badge_code)
    event_id = event.id
    answers = race(app, [lambda: take_back(db.session.get_one(Event, event_id), first)] * 6)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 5
    assert {error.reason for error in refused} == {"done"}
    assert count(Arrival) == 0
    assert count(Scan) == 2


# ---- points


def test_points_are_laid_out_from_rooms_and_tables_once(event):
    hall = make.room(event, kind="plenary")
    make.room(event, kind="networking")
    make.meeting_grid(event)
    lay_out_points(event, by_id=None)
    made = lay_out_points(event, by_id=None)
    assert [(point.code, point.kind) for point in made] == [
        ("main", PointKind.DOOR),
        ("tables", PointKind.TABLES),
        (f"room-{hall.code}", PointKind.ROOM),
    ]


def test_an_event_without_tables_has_no_point_for_them(event):
    assert [point.code for point in lay_out_points(event, by_id=None)] == ["main"]


def test_points_that_an_event_has_by_other_names_are_not_made_again(event):
    hall = make.room(event, kind="plenary")
    make.point(event, code="side")
    make.point(event, PointKind.ROOM, code="hall", room_id=hall.id)
    assert {point.code for point in lay_out_points(event, by_id=None)} == {"side", "hall"}


# ---- looking people up


def test_people_are_found_by_any_part_of_their_name_or_organisation(event, guest):
    make.registration(event, make.person("Jan", "Kos"))
    make.registration(make.event(), make.person("Łucja", "Inna"))
    assert [found.id for found in queries.search_by_name(event.id, "was LUC")] == [guest.id]
    assert [found.id for found in queries.search_by_name(event.id, "instytut")] == [guest.id]
    assert queries.search_by_name(event.id, "łucja nowak") == []
    namesake = make.registration(event, make.person("Ina", "Instytucka"))
    assert [found.id for found in queries.search_by_name(event.id, "instyt")] == [namesake.id, guest.id]
    assert queries.search_by_name(event.id, "100%") == []
