"""How the whole house stands, read from what was scanned."""

from datetime import timedelta

import pytest

from lsos.checkin import devices, service
from lsos.checkin.devices import DeviceWish
from lsos.checkin.expecting import Basis
from lsos.checkin.house import house
from lsos.checkin.live_rules import Crowd
from lsos.checkin.rules import Direction, PointKind
from lsos.db import db, new_uid, transaction
from lsos.registration.rules import RegistrationState
from tests import make
from tests.counting import counting

MINUTE = timedelta(minutes=1)


class Hall:
    """An event with a door that counts both ways and a room for two, in which a session runs."""

    def __init__(self):
        self.event = make.event()
        self.door = make.point(self.event, PointKind.DOOR, "main", has_exit=True)
        self.room = make.room(self.event, capacity=2)
        self.session = make.session(self.event, starts_at=make.DOORS + 30 * MINUTE, room_id=self.room.id)
        self.point = make.point(self.event, PointKind.ROOM, "hall", room_id=self.room.id)

    def guest(self, **more):
        return make.registration(self.event, **more)

    def scan(self, guest, point="main", minutes=0, direction=Direction.ENTRY):
        at = make.DOORS + minutes * MINUTE
        code = guest if isinstance(guest, str) else guest.badge_code
        return service.scan(
            self.event, point, code, uid=new_uid(), scanned_at=at, by_id=None, direction=direction, now=at
        )

    def seen(self, minutes=40):
        db.session.rollback()
        return house(self.event, now=make.DOORS + minutes * MINUTE)


@pytest.fixture
def hall(app):
    return Hall()


def test_who_came_who_is_in_and_how_full_a_room_is(hall):
    guests = [hall.guest() for _ in range(4)]
    for guest in guests[:3]:
        hall.scan(guest)
        hall.scan(guest, "hall", 31)
    hall.scan(guests[0], minutes=35, direction=Direction.EXIT)
    seen = hall.seen()
    assert (seen.placed, seen.came, seen.in_house) == (4, 3, 2)
    door, room = seen.places
    assert (door.inside, door.fits, door.today) == (2, None, 3)
    assert (room.inside, room.fits, room.crowd, room.attended) == (3, 2, Crowd.OVER, 3)
    assert room.session == hall.session.title
    assert hall.seen(30 + 24 * 60).came == 0, "the next day begins anew"


def test_after_the_session_its_room_is_empty(hall):
    hall.scan(hall.guest(), "hall", 31)
    assert hall.seen(60 * 8).places[1].inside == 0


def test_where_no_door_counts_who_leaves_nobody_knows_who_is_in(hall):
    with transaction() as session:
        session.merge(hall.door).has_exit = False
    hall.scan(hall.guest())
    assert hall.seen().in_house is None


def test_people_are_split_by_kind_and_only_those_of_the_day_count(hall):
    whole, second = make.participation_type(hall.event), make.participation_type(hall.event, days=["2025-11-28"])
    one = hall.guest(participation_type=whole)
    hall.guest(participation_type=second)
    hall.guest(participation_type=whole, state=RegistrationState.CANCELLED)
    hall.scan(one)
    seen = hall.seen()
    assert [(part.placed, part.came) for part in seen.by_type] == [(1, 1)]
    assert seen.placed == 1


def test_the_curve_ends_now_and_the_range_at_the_close(hall):
    for minutes in (1, 20):
        hall.scan(hall.guest(), minutes=minutes)
    seen = hall.seen(40)
    assert seen.curve[-1] == (make.DOORS + 40 * MINUTE, 2)
    assert seen.range[0].at == make.DOORS - 30 * MINUTE
    assert seen.range[-1].at == make.DOORS + timedelta(hours=9)
    assert seen.turnout.basis is Basis.ASSUMED


def test_a_second_day_is_expected_as_the_first(hall):
    guests = [hall.guest() for _ in range(40)]
    for number, guest in enumerate(guests[:30]):
        hall.scan(guest, minutes=number)
    seen = hall.seen(24 * 60 + 60)
    assert (seen.turnout.basis, seen.turnout.low) == (Basis.DAY, pytest.approx(0.65))
    assert (seen.by_now.low, seen.by_now.high) == (26, 34)


def test_who_needs_a_hand_stands_first_among_devices(hall):
    by = make.person().id
    for name, seen, waiting, drift in (("a", 1, 0, 0), ("b", 20, 0, 0), ("c", 1, 3, 0), ("d", 1, 0, 300_000)):
        device = devices.save_device(hall.event, None, DeviceWish(name), actor_id=by, now=make.DOORS)
        code = devices.offer_code(hall.event, device.uid, actor_id=by, now=make.DOORS)
        _, token = devices.pair(code, now=make.DOORS)
        at = make.DOORS + (40 - seen) * MINUTE
        known = devices.paired_by_token(token, now=make.DOORS)
        devices.note_seen(known, waiting=waiting, ahead=timedelta(milliseconds=drift), snapshot_at=None, now=at)
    devices.save_device(hall.event, None, DeviceWish("never paired"), actor_id=by, now=make.DOORS)
    found = hall.seen().phones
    assert [(one.name, one.is_silent, one.waiting, one.minutes_off) for one in found] == [
        ("c", False, 3, 0),
        ("d", False, 0, 5),
        ("b", True, 0, 0),
        ("a", False, 0, 0),
    ]


def test_refusals_by_reason_and_people_with_a_note(hall):
    late = hall.guest(desk_note="Paczka.")
    hall.guest(desk_note="Telefon.")
    hall.scan(late, minutes=5)
    for code in ("NOBODY1", "NOBODY2"):
        hall.scan(code, minutes=6)
    hall.scan(hall.guest(state=RegistrationState.CANCELLED), minutes=7)
    seen = hall.seen()
    assert seen.refused == (("UNKNOWN", 2), ("CANCELLED", 1))
    assert [one.reason for one in seen.last_refused] == ["CANCELLED", "UNKNOWN", "UNKNOWN"]
    assert {one.note: one.came_at for one in seen.noted} == {"Paczka.": make.DOORS + 5 * MINUTE, "Telefon.": None}


def test_the_mark_changes_with_what_is_shown_and_not_with_the_clock(hall):
    before = hall.seen(40).mark
    assert hall.seen(40).mark == before
    hall.scan(hall.guest(), minutes=40)
    assert hall.seen(40).mark != before


def test_it_asks_as_much_for_many_as_for_few(hall):
    def statements():
        db.session.rollback()
        with counting() as found:
            house(hall.event, now=make.DOORS + 40 * MINUTE)
        return len(found)

    hall.scan(hall.guest(desk_note="Paczka."))
    few = statements()
    for _ in range(40):
        guest = hall.guest(desk_note="Paczka.")
        hall.scan(guest)
        hall.scan(guest, "hall", 31)
    assert statements() == few
