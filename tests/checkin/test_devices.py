"""Phones that scan by themselves: paired once, revoked, what they know, and what they kept while alone."""

import json
from datetime import timedelta
from functools import cached_property

import pytest

from lsos.checkin import devices, points, queries
from lsos.checkin.deciding import Told
from lsos.checkin.device_rules import AFTER, OLDEST, PAIRS_FOR, DeviceRefusal, clock_of, guest_key
from lsos.checkin.devices import DeviceWish, Kept
from lsos.checkin.models import Arrival, Device, Scan
from lsos.checkin.points import PointWish
from lsos.checkin.rules import PointKind, Refusal, ScanResult
from lsos.checkin.snapshot import snapshot
from lsos.db import db, new_uid
from lsos.errors import NotFound, Refused
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.counting import counting
from tests.racing import race

NOW = make.DOORS
HOUR = timedelta(hours=1)


class Hall:
    """An event with two doors, and a phone at one of them."""

    def __init__(self):
        self.event = make.event()
        self.organiser = make.person("Ada", "Organizator")
        self.a, self.b = (
            points.save_point(
                self.event, None, PointWish(Bilingual(f"Wejście {n}", f"Door {n}"), PointKind.DOOR), actor_id=1
            )
            for n in "AB"
        )
        self.device = self.make_device("Telefon 1", self.a.code)

    def make_device(self, name, point=None, **more):
        return devices.save_device(
            self.event, None, DeviceWish(name, point, **more), actor_id=self.organiser.id, now=NOW
        )

    def code(self, device=None, now=NOW):
        return devices.offer_code(self.event, (device or self.device).uid, actor_id=self.organiser.id, now=now)

    def paired(self):
        device, token = devices.pair(self.code(), now=NOW)
        return device, token

    @cached_property
    def secret(self):
        return self.paired()[1]

    def known(self, device=None, now=NOW):
        db.session.rollback()
        device = db.session.get_one(Device, (device or self.device).id)
        return snapshot(self.event, device, now=now).data


@pytest.fixture
def hall(app):
    return Hall()


def why_not(call, *arguments, **more):
    with pytest.raises((Refused, NotFound)) as refused:
        call(*arguments, **more)
    return refused.value.message


# ---- paired


def test_a_code_pairs_one_device_once(hall):
    code = hall.code()
    device, token = devices.pair(code.lower(), now=NOW)
    assert devices.device_by_token(token, now=NOW).uid == device.uid == hall.device.uid
    assert why_not(devices.pair, code, now=NOW) == DeviceRefusal.CODE_OVER
    stored = json.dumps([str(value) for value in db.session.get_one(Device, device.id).__dict__.values()])
    assert token not in stored
    assert code not in stored


def test_a_code_is_over_after_half_an_hour_and_with_the_next_one(hall):
    first = hall.code()
    assert why_not(devices.pair, first, now=NOW + PAIRS_FOR) == DeviceRefusal.CODE_OVER
    hall.code()
    assert why_not(devices.pair, first, now=NOW) == DeviceRefusal.CODE_OVER


def test_of_many_who_show_up_with_one_code_one_is_paired(app, hall):
    code = hall.code()
    results = race(app, [lambda: devices.pair(code, now=NOW)[1]] * 10)
    assert sum(isinstance(each, str) for each in results) == 1


def test_a_device_that_was_revoked_or_paired_anew_is_not_let_in(hall):
    _, token = hall.paired()
    hall.code()
    assert why_not(devices.device_by_token, token, now=NOW) == DeviceRefusal.REVOKED
    _, token = hall.paired()
    devices.revoke(hall.event, hall.device.uid, actor_id=hall.organiser.id, now=NOW)
    assert why_not(devices.device_by_token, token, now=NOW) == DeviceRefusal.REVOKED
    assert why_not(devices.device_by_token, "x", now=NOW) == DeviceRefusal.REVOKED


def test_after_the_event_nobody_is_let_in(hall):
    _, token = hall.paired()
    assert why_not(devices.device_by_token, token, now=NOW + timedelta(days=2) + AFTER) == DeviceRefusal.OVER


def test_a_kiosk_never_searches_and_a_device_needs_a_name(hall):
    kiosk = hall.make_device("Kiosk", hall.a.code, is_kiosk=True, may_search=True, may_choose_point=True)
    assert (kiosk.may_search, kiosk.may_choose_point) == (False, False)
    assert why_not(hall.make_device, "Kiosk", is_kiosk=True) == DeviceRefusal.KIOSK_NOWHERE
    assert why_not(hall.make_device, "  ") == DeviceRefusal.NO_NAME


# ---- what it knows


def test_a_phone_knows_names_and_facts_and_nothing_that_opens_anything(hall):
    guest = make.registration(
        hall.event, make.person("Łucja", "Wąs", email="lucja@example.org"), desk_note="Wózek.", job_title="Dyrektorka"
    )
    data = hall.known()
    [known] = data["guests"]
    assert known == {
        "key": guest_key(bytes.fromhex(data["badge_key"]), guest.badge_code),
        "kind": guest.participation_type.code,
        "name": "Łucja Wąs",
        "note": "Wózek.",
    }
    words = json.dumps(data)
    for secret in (guest.badge_code, guest.uid, "lucja@example.org", "Dyrektorka"):
        assert secret not in words
    assert [point["code"] for point in data["points"]] == [hall.a.code]


def test_a_badge_is_named_otherwise_in_each_snapshot(hall):
    make.registration(hall.event)
    first, second = (hall.known(each) for each in (hall.device, hall.make_device("Telefon 2", hall.b.code)))
    assert first["badge_key"] != second["badge_key"]
    assert first["guests"][0]["key"] != second["guests"][0]["key"]
    assert hall.known()["guests"][0]["key"] != first["guests"][0]["key"]


def test_a_kiosk_knows_first_names_only(hall):
    lab = make.organisation("Laboratorium Przykładowe")
    make.registration(hall.event, make.person("Łucja", "Wąs"), desk_note="Wózek.", organisation=lab)
    kiosk = hall.make_device("Kiosk", hall.a.code, is_kiosk=True)
    [known] = hall.known(kiosk)["guests"]
    assert {name: known[name] for name in known.keys() - {"key", "kind"}} == {"name": "Łucja", "has_note": True}


def test_a_phone_knows_who_is_in_already_and_who_may_not_come(hall):
    guest = make.registration(hall.event)
    make.registration(hall.event, state=RegistrationState.CANCELLED)
    hall.device.event = hall.event
    take(hall, Kept(new_uid(), hall.b.code, guest.badge_code, NOW))
    inside, gone = hall.known()["guests"]
    assert (inside["past"][0]["scope"], inside["past"][0]["point"]) == ("door", hall.b.code)
    assert gone["state"] == "cancelled"


def test_the_snapshot_costs_as_many_statements_for_many_as_for_few(hall):
    def cost():
        with counting() as statements:
            hall.known()
        return len(statements)

    make.registration(hall.event)
    few = cost()
    for _ in range(12):
        make.registration(hall.event)
    assert cost() == few


def test_the_stamp_changes_with_what_a_phone_must_hear_of(hall):
    guest = make.registration(hall.event)
    before = hall.known()["stamp"]
    assert hall.known(now=NOW + HOUR)["stamp"] == before
    take(hall, Kept(new_uid(), hall.a.code, guest.badge_code, NOW))
    assert hall.known()["stamp"] != before


# ---- what it kept


def take(hall, *kept, device_now=NOW, now=NOW):
    return devices.take_in(hall.secret, kept, device_now=device_now, now=now)[1]


def test_what_was_kept_counts_once_however_often_it_is_sent(hall):
    guest = make.registration(hall.event)
    kept = Kept(new_uid(), hall.a.code, guest.badge_code, NOW - HOUR / 4, told=Told(ScanResult.ADMITTED))
    first = [take(hall, kept)[0].result for _ in range(5)]
    assert first == [ScanResult.ADMITTED] * 5
    assert db.session.query(Scan).count() == db.session.query(Arrival).count() == 1


def test_a_scan_that_cannot_be_taken_keeps_no_other_from_it(hall):
    guest = make.registration(hall.event)
    kept = [Kept(new_uid(), "elsewhere", "X", NOW), Kept(new_uid(), hall.a.code, guest.badge_code, NOW)]
    lost, taken = take(hall, *kept)
    assert (lost.reason, taken.result) == (Refusal.UNKNOWN, ScanResult.ADMITTED)
    assert db.session.query(Scan).count() == 2


def test_a_scan_kept_for_a_point_that_was_taken_away_is_taken_and_told(hall):
    guest, other, third = (make.registration(hall.event) for _ in range(3))
    points.remove_point(hall.event, hall.b.code, actor_id=1)
    let_in, knew = Told(ScanResult.ADMITTED), PointKind.DOOR
    kept = [
        Kept(new_uid(), hall.b.code, guest.badge_code, NOW, told=let_in, knew=knew),
        Kept(new_uid(), hall.b.code, other.badge_code, NOW, knew=knew),
        Kept(new_uid(), "coffee", third.badge_code, NOW, told=let_in, knew=PointKind.MEAL),
    ]
    for _ in range(2):
        taken = take(hall, *kept)
        assert [(each.result, each.reason) for each in taken] == [
            (ScanResult.ADMITTED, Refusal.GONE),
            (ScanResult.REFUSED, Refusal.GONE),
            (ScanResult.ADMITTED, Refusal.GONE),
        ]
    assert [arrival.registration_id for arrival in queries.arrivals(hall.event.id)] == [guest.id], "a door is a door"
    assert {scan.registration_id for scan in devices.seen_otherwise(hall.event.id, limit=9)} == {guest.id, third.id}
    assert [point.code for point in queries.points(hall.event.id)] == [hall.a.code], "nobody is offered what is gone"


def test_who_came_while_a_point_was_open_is_in_and_who_came_after_is_told(hall):
    guest, other = make.registration(hall.event), make.registration(hall.event)
    points.close_point(hall.event, hall.b.code, actor_id=1, now=NOW + HOUR)
    early, late = take(
        hall,
        Kept(new_uid(), hall.b.code, guest.badge_code, NOW + HOUR / 2, told=Told(ScanResult.ADMITTED)),
        Kept(new_uid(), hall.b.code, other.badge_code, NOW + HOUR * 2, told=Told(ScanResult.ADMITTED)),
        now=NOW + HOUR * 3,
        device_now=NOW + HOUR * 3,
    )
    assert (early.result, early.reason) == (ScanResult.ADMITTED, None)
    assert (late.result, late.reason) == (ScanResult.ADMITTED, Refusal.CLOSED)


def test_whom_two_phones_let_in_while_alone_came_once(hall):
    guest = make.registration(hall.event)
    let_in = Told(ScanResult.ADMITTED)
    [one] = take(hall, Kept(new_uid(), hall.b.code, guest.badge_code, NOW + HOUR / 2, told=let_in), now=NOW + HOUR)
    [other] = take(hall, Kept(new_uid(), hall.a.code, guest.badge_code, NOW + HOUR / 4, told=let_in), now=NOW + HOUR)
    assert (one.result, other.result) == (ScanResult.ADMITTED, ScanResult.AGAIN)
    assert db.session.query(Arrival).count() == 1


def test_who_was_let_in_while_alone_is_in_although_they_had_cancelled(hall):
    guest = make.registration(hall.event, state=RegistrationState.CANCELLED)
    [taken] = take(hall, Kept(new_uid(), hall.a.code, guest.badge_code, NOW, told=Told(ScanResult.ADMITTED)))
    assert (taken.result, taken.reason) == (ScanResult.ADMITTED, Refusal.CANCELLED)
    assert len(queries.arrivals(hall.event.id)) == 1


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_is_hours_off_is_put_right(hall, hours):
    guest, wrong = make.registration(hall.event), hours * HOUR
    kept = Kept(new_uid(), hall.a.code, guest.badge_code, NOW - HOUR / 6 + wrong)
    [taken] = take(hall, kept, device_now=NOW + HOUR + wrong, now=NOW + HOUR)
    assert taken.at == NOW - HOUR / 6
    assert taken.reason is Refusal.TOO_EARLY
    db.session.rollback()
    assert db.session.query(Scan).one().device_at == NOW - HOUR / 6 + wrong


def test_no_clock_is_believed_that_cannot_be():
    clock = clock_of(NOW, now=NOW)
    assert clock.ours(NOW + HOUR, now=NOW) == NOW
    assert clock.ours(NOW - timedelta(days=400), now=NOW) == NOW - OLDEST
