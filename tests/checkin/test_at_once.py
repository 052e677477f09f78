"""Many phones at once: the same sending several times, clocks that are hours off, one badge at two doors."""

from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from sqlalchemy import select

from lsos.checkin import devices
from lsos.checkin.devices import DeviceWish, Kept
from lsos.checkin.models import Arrival, Scan
from lsos.checkin.rules import ScanResult
from lsos.db import db, new_uid
from lsos.texts import Bilingual
from tests import make
from tests.racing import race
from tests.registration.last_seats import AT_A_TIME, served

pytestmark = pytest.mark.each_database

NOW = make.DOORS + timedelta(hours=4)
#: How far the clocks of phones are off.
DRIFTS = [timedelta(hours=hours) for hours in (-3, 0, 3)]
PHONES = 50
SENDINGS = 5


@pytest.fixture
def event(app):
    found = make.event()
    for code in ("a", "b"):
        make.point(found, code=code, name=Bilingual(f"Wejście {code}", f"Door {code}"))
    return found


def phones(event, number):
    by = make.person("Ada", "Organizator").id
    made = [
        devices.save_device(event, None, DeviceWish(f"Phone {n}", None, may_choose_point=True), actor_id=by, now=NOW)
        for n in range(number)
    ]
    return [devices.pair(devices.offer_code(event, one.uid, actor_id=by, now=NOW), now=NOW)[1] for one in made]


def sending(secret, kept, drift):
    """Send what a phone kept, with its times by its own clock."""

    def act():
        _device, answers = devices.take_in(secret, kept, device_now=NOW + drift, now=NOW)
        return [(each.result, each.first_at, each.first_point) for each in answers]

    return act


def together(app, acts):
    places = BoundedSemaphore(AT_A_TIME)
    return race(app, [served(act, places) for act in acts])


def arrivals():
    db.session.rollback()
    return db.session.scalars(select(Arrival).order_by(Arrival.id)).all()


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_sending_that_comes_five_times_at_once_is_one(app, event, drift):
    guests = [make.registration(event) for _ in range(4)]
    (phone,) = phones(event, 1)
    kept = [
        Kept(new_uid(), "a", guest.badge_code, NOW + drift - timedelta(minutes=90 - place))
        for place, guest in enumerate(guests)
    ]
    told = together(app, [sending(phone, kept, drift)] * SENDINGS)
    assert told == [told[0]] * SENDINGS
    assert {result for result, _at, _point in told[0]} == {ScanResult.ADMITTED}
    assert {(one.registration_id, one.at) for one in arrivals()} == {
        (guest.id, NOW - timedelta(minutes=90 - place)) for place, guest in enumerate(guests)
    }
    assert len(db.session.scalars(select(Scan)).all()) == len(kept)


def test_fifty_phones_at_two_doors_with_one_badge_let_one_guest_in_and_all_are_told_the_same(app, event):
    guest = make.registration(event)
    acts = []
    for place, phone in enumerate(phones(event, PHONES)):
        drift = DRIFTS[place % len(DRIFTS)]
        acts.append(sending(phone, [Kept(new_uid(), "ab"[place % 2], guest.badge_code, NOW + drift)], drift))
    told = [answers[0] for answers in together(app, acts)]
    (arrival,) = arrivals()
    assert (arrival.registration_id, arrival.at) == (guest.id, NOW)
    results = [result for result, _at, _point in told]
    assert results.count(ScanResult.ADMITTED) == 1
    assert results.count(ScanResult.AGAIN) == PHONES - 1
    assert {(at, point.en) for _result, at, point in told} == {(NOW, arrival.scan.point.name.en)}
    scans = db.session.scalars(select(Scan)).all()
    assert len(scans) == PHONES
    assert {scan.earlier_id for scan in scans if scan.result is ScanResult.AGAIN} == {arrival.scan_id}
