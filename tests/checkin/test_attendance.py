"""Who was where: what became of sign-ups, one person's sessions with their times, and lists of all."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lsos.checkin import attendance, service
from lsos.checkin.attendance import Outcome, outcome
from lsos.checkin.rules import Direction, PointKind, UndoReason
from lsos.db import db, new_uid
from lsos.meetings.models import MeetingParticipant
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration
from tests import make
from tests.counting import counting

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("signed_up", "came", "is_over", "was_counted", "found"),
    [
        (True, True, False, True, Outcome.CAME),
        (True, True, True, True, Outcome.CAME),
        (False, True, True, True, Outcome.WITHOUT_SIGN_UP),
        (True, False, False, True, Outcome.EXPECTED),
        (True, False, False, False, Outcome.EXPECTED),
        (True, False, True, True, Outcome.NO_SHOW),
        (True, False, True, False, Outcome.UNKNOWN),
        (False, False, True, True, None),
        (False, False, False, False, None),
    ],
)
def test_what_became_of_somebody(signed_up, came, is_over, was_counted, found):
    assert outcome(signed_up=signed_up, came=came, is_over=is_over, was_counted=was_counted) is found


class Hall:
    """Two sessions of an hour, one after the other, in a room that counts both ways; a third nobody scans."""

    def __init__(self):
        self.event = make.event()
        room = make.room(self.event)
        make.point(self.event, PointKind.DOOR, "main")
        make.point(self.event, PointKind.ROOM, "hall", room_id=room.id, has_exit=True)
        self.first, self.second = (
            make.session(self.event, starts_at=make.DOORS + n * HOUR, room_id=room.id) for n in range(2)
        )
        self.elsewhere = make.session(self.event, starts_at=make.DOORS)
        self.ada, self.ewa, self.jan = (
            make.registration(self.event, make.person(name, "Próbny")) for name in ("Ada", "Ewa", "Jan")
        )
        for who, what in ((self.ada, self.first), (self.ewa, self.first), (self.ewa, self.elsewhere)):
            make.signup(who, what)
        self.scan(self.ada, 0)
        self.scan(self.jan, 1)

    def scan(self, who, minutes, point="hall", direction=Direction.ENTRY):
        at = make.DOORS + timedelta(minutes=minutes)
        return service.scan(
            self.event, point, who.badge_code, uid=new_uid(), scanned_at=at, by_id=None, direction=direction, now=at
        )


@pytest.fixture
def hall(app):
    return Hall()


def test_the_list_of_a_session_says_who_came_who_did_not_and_who_had_not_signed_up(hall):
    def seen(hours, session=hall.first):
        db.session.rollback()
        lines = attendance.roll_of(session, now=make.DOORS + hours * HOUR)
        return {one.registration.person.given_name: one.outcome for one in lines}

    assert seen(0.5) == {"Ada": Outcome.CAME, "Ewa": Outcome.EXPECTED, "Jan": Outcome.WITHOUT_SIGN_UP}
    assert seen(1) == {"Ada": Outcome.CAME, "Ewa": Outcome.NO_SHOW, "Jan": Outcome.WITHOUT_SIGN_UP}
    assert seen(1, hall.elsewhere) == {"Ewa": Outcome.UNKNOWN}
    assert seen(1, hall.second) == {}


def test_figures_of_all_sessions_leave_out_what_nobody_knows(hall):
    found = {one.session.id: one for one in attendance.tallies(hall.event.id, now=make.DOORS + 3 * HOUR)}
    first, elsewhere = found[hall.first.id], found[hall.elsewhere.id]
    assert (first.signed_up, first.came, first.came_signed_up, first.without_sign_up, first.no_shows) == (2, 2, 1, 1, 1)
    assert (elsewhere.signed_up, elsewhere.came, elsewhere.no_shows) == (1, 0, None)
    running = attendance.tallies(hall.event.id, now=make.DOORS)
    assert all(one.no_shows is None for one in running)


def test_what_somebody_attended_has_its_times_and_what_is_taken_back_is_gone(hall):
    hall.scan(hall.ada, 0, "main")
    left = hall.scan(hall.ada, 40, direction=Direction.EXIT)
    [one] = attendance.attended_by(hall.ada.id)
    assert (one.session.id, one.at, one.left_at) == (hall.first.id, make.DOORS, make.DOORS + 40 * HOUR / 60)
    hall.scan(hall.ada, 43)
    again = hall.scan(hall.ada, 70)
    assert [(each.session.id, each.left_at) for each in attendance.attended_by(hall.ada.id)] == [
        (hall.first.id, None),
        (hall.second.id, None),
    ]
    assert attendance.days_attended(hall.ada.id) == [make.FIRST_DAY]
    now = make.DOORS + 2 * HOUR
    service.undo(hall.event, again.uid, uid=new_uid(), reason=UndoReason.MISTAKE, by_id=None, now=now)
    db.session.rollback()
    assert [each.session.id for each in attendance.attended_by(hall.ada.id)] == [hall.first.id]
    assert left.result == "left"


def test_everybody_with_what_they_attended_and_missed_in_as_many_statements_for_many(hall):
    def read():
        db.session.rollback()
        with counting() as asked:
            found = attendance.presences(hall.event.id, now=make.DOORS + 3 * HOUR)
        return len(asked), found

    few, found = read()
    assert {
        one.registration.person.given_name: ([s.id for s, _ in one.sessions], [s.id for s in one.no_shows])
        for one in found
    } == {"Ada": ([hall.first.id], []), "Ewa": ([], [hall.first.id]), "Jan": ([hall.first.id], [])}
    for number in range(30):
        guest = make.registration(hall.event)
        make.signup(guest, hall.first)
        if number % 2:
            hall.scan(guest, 2)
    assert read()[0] == few


def test_lists_ask_who_was_at_a_session_and_who_missed_it(hall):
    def names(condition):
        rows = db.session.query(Registration).filter(Registration.event_id == hall.event.id, condition)
        return sorted(one.person.given_name for one in rows)

    assert names(attendance.attended_any([hall.first.code])) == ["Ada", "Jan"]
    assert names(attendance.attended_any([hall.second.code])) == []
    later = make.DOORS + 3 * HOUR
    assert names(attendance.missed_any([hall.first.code, hall.elsewhere.code], now=later)) == ["Ewa"]
    assert names(attendance.missed_any([hall.first.code], now=make.DOORS)) == []


def test_whoever_did_not_come_to_a_meeting_while_the_other_side_was_there_missed_it(app):
    event = make.event()
    slots = make.meeting_grid(event, slots=3)
    point = make.point(event, PointKind.TABLES, "tables")
    ada, ewa, jan, ida, colleague = (
        make.registration(event, make.person(name, "Próbny")) for name in ("Ada", "Ewa", "Jan", "Ida", "Ola")
    )
    missed, both_missed, half_there = (
        make.meeting(ada, other, slot) for other, slot in zip((ewa, jan, ida), slots, strict=True)
    )
    make.add(MeetingParticipant(meeting_id=half_there.id, registration_id=colleague.id, beside_id=ida.id))
    for who, meeting in ((ada, missed), (ada, half_there), (colleague, half_there)):
        at = meeting.starts_at
        service.scan(event, point.code, who.badge_code, uid=new_uid(), scanned_at=at, by_id=None, now=at)
    assert both_missed.state is MeetingState.SCHEDULED

    everybody, after = [one.id for one in (ada, ewa, jan, ida, colleague)], half_there.ends_at
    assert attendance.meetings_missed(everybody, now=after) == {ewa.id: 1}
    assert attendance.meetings_missed(everybody, now=missed.starts_at) == {}
    found = db.session.scalars(select(Registration.id).where(attendance.missed_meeting(now=after)))
    assert found.all() == [ewa.id]
