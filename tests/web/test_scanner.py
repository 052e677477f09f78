"""The scanner as a device sees it: paired by a code, with a secret that opens nothing else, and turned away after."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.checkin import devices, points
from lsos.checkin.devices import DeviceWish
from lsos.checkin.models import Device, Scan
from lsos.checkin.points import PointWish
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.paths import folder
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.web import leads, scanner
from tests import make


class Hall:
    """An event that goes on, a door, a phone, and somebody who comes."""

    def __init__(self):
        #: Pages go by the real clock.
        self.now = datetime.now(UTC)
        today, one = self.now.date(), timedelta(days=1)
        self.event = make.event(starts_on=today - one, ends_on=today + one)
        self.organiser = make.person("Ada", "Organizator")
        name = Bilingual("Wejście A", "Door A")
        self.door = points.save_point(self.event, None, PointWish(name, PointKind.DOOR), actor_id=1)
        self.guest = make.registration(self.event, make.person("Łucja", "Wąs"))

    def code(self, **more):
        wish = DeviceWish("Telefon 1", self.door.code, **more)
        by = self.organiser.id
        device = devices.save_device(self.event, None, wish, actor_id=by, now=self.now)
        return devices.offer_code(self.event, device.uid, actor_id=by, now=self.now)

    def paired(self, client, **more):
        client.post(f"/en/d/pair/{self.code(**more)}")
        return client

    def sending(self, *scans, **more):
        at = round(self.now.timestamp() * 1000)
        known = {"point": self.door.code, "code": self.guest.badge_code, "at": at}
        return {"now": at, "scans": [{"uid": new_uid()} | known | scan for scan in scans], **more}


@pytest.fixture
def hall(app):
    return Hall()


def test_a_code_is_looked_at_pairs_once_and_then_the_page_is_there(client, hall):
    assert client.get("/en/d/").status_code == 403
    address = f"/en/d/pair/{hall.code()}"
    assert "Telefon 1" in client.get(address).text
    assert client.get("/en/d/").status_code == 403, "looking pairs nothing"
    answer = client.post(address)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    page = client.get("/en/d/").text
    assert "Door A" in page
    assert client.get(address).status_code == client.post(address).status_code == 410


def test_what_a_device_holds_opens_nothing_else(client, hall):
    phone = hall.paired(client)
    for page in ("door/", "organise/", "me/", "organise/devices"):
        assert phone.get(f"/en/events/{hall.event.slug}/{page}").status_code in {302, 401}


def test_a_scan_is_taken_and_told_and_sent_again_it_is_the_same(client, hall):
    phone = hall.paired(client)
    sending = hall.sending({}, count_at=hall.door.code)
    for _ in range(5):
        answer = phone.post("/en/d/scans.json", json=sending)
        [told] = answer.json["answers"]
        assert (told["result"], told["word"], told["name"]) == ("admitted", "Welcome", "Łucja Wąs")
        assert answer.json["count"] == 1
    db.session.rollback()
    assert db.session.query(Scan).count() == 1


def test_what_a_phone_says_of_itself_is_noted(client, hall):
    phone = hall.paired(client)
    ahead = hall.sending({}, waiting=7)
    ahead["now"] += 3 * 3_600_000
    ahead["scans"][0]["at"] += 3 * 3_600_000
    assert phone.post("/en/d/scans.json", json=ahead).json["minutes_off"] == 180
    db.session.rollback()
    device = db.session.scalars(select(Device)).one()
    assert device.waiting == 7
    assert abs(device.drift_ms - 3 * 3_600_000) < 60_000
    scan = db.session.scalars(select(Scan)).one()
    assert abs(scan.scanned_at - hall.now) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"now": 1},
        {"now": "x", "scans": []},
        {"now": 1, "scans": [{"uid": "short", "point": "a", "code": "b", "at": 1}]},
        {"now": 1, "scans": [{"uid": "a" * 22, "point": "a", "code": "b", "at": -1}]},
        {"now": 1, "scans": [{"uid": "a" * 22, "point": "a", "code": "b", "at": 1, "told_result": "refused"}]},
        {"now": 1, "scans": [{"uid": "a" * 22, "point": "a", "code": "b", "at": 1, "more": 1}]},
    ],
)
def test_what_is_no_scan_is_refused_whole(client, hall, sent):
    phone = hall.paired(client)
    assert phone.post("/en/d/scans.json", json=sent).status_code == 422
    assert phone.post("/en/d/scans.json", data=json.dumps(sent)).status_code == 422, "no form of another site is read"


def test_a_session_of_elsewhere_is_left_out_of_what_a_phone_told(client, hall):
    phone = hall.paired(client)
    gone = make.registration(hall.event, make.person("Leon", "Próbny"), state=RegistrationState.CANCELLED)
    told = {"code": gone.badge_code, "told_result": "admitted", "told_session": 4711}
    [answer] = phone.post("/en/d/scans.json", json=hall.sending(told)).json["answers"]
    assert answer["result"] == "admitted"
    db.session.rollback()
    assert db.session.scalars(select(Scan.session_id)).one() is None


def test_the_snapshot_is_sent_once_and_again_when_something_happened(client, hall):
    phone = hall.paired(client)
    first = phone.get("/en/d/snapshot.json")
    assert [guest["name"] for guest in first.json["guests"]] == ["Łucja Wąs"]
    same = phone.get("/en/d/snapshot.json", headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    phone.post("/en/d/scans.json", json=hall.sending({}))
    assert phone.get("/en/d/snapshot.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_device_that_is_revoked_learns_it_from_every_answer(client, hall):
    phone = hall.paired(client)
    db.session.rollback()
    device = db.session.scalars(select(Device)).one()
    devices.revoke(hall.event, device.uid, actor_id=hall.organiser.id, now=hall.now)
    for answer in (
        phone.get("/en/d/"),
        phone.get("/en/d/snapshot.json"),
        phone.post("/en/d/scans.json", json=hall.sending({})),
    ):
        assert answer.status_code == 403
        assert "may not scan any more" in answer.text


def test_only_a_supervisor_finds_guests_by_name(client, app, hall):
    phone = hall.paired(client)
    assert phone.get("/en/d/search.json?q=wąs").status_code == 403
    assert "Find by name" not in phone.get("/en/d/").text
    other = app.test_client()
    hall.paired(other, may_search=True)
    [found] = other.get("/en/d/search.json?q=was").json["found"]
    assert (found["name"], found["code"]) == ("Łucja Wąs", hall.guest.badge_code)


def test_a_scan_is_taken_back_with_its_reason_but_not_at_a_kiosk(client, app, hall):
    phone = hall.paired(client)
    sending = hall.sending({})
    phone.post("/en/d/scans.json", json=sending)
    asked = {"scan": sending["scans"][0]["uid"], "uid": new_uid(), "reason": "MISTAKE"}
    told = phone.post("/en/d/undo.json", json=asked).json
    assert told["word"] == "Withdrawn"
    assert phone.post("/en/d/undo.json", json=asked | {"uid": new_uid()}).status_code == 409
    kiosk = app.test_client()
    hall.paired(kiosk, is_kiosk=True)
    assert kiosk.post("/en/d/undo.json", json=asked).status_code == 409
    other = app.test_client()
    hall.paired(other)
    assert other.post("/en/d/undo.json", json=asked | {"uid": new_uid()}).status_code == 409, "another phone's scan"
    some: list[object] = [None, [], {}, asked | {"uid": "x"}, asked | {"reason": "why not"}]
    for wrong in some:
        assert phone.post("/en/d/undo.json", json=wrong).status_code == 422
    assert "Take this scan back" not in kiosk.get("/en/d/").text


@pytest.mark.parametrize(
    ("language", "welcome", "desk"), [("en", "Welcome", "To the desk"), ("pl", "Zapraszamy", "Do punktu")]
)
def test_a_kiosk_says_the_first_name_and_no_reason(client, hall, language, welcome, desk):
    kiosk = hall.paired(client, is_kiosk=True)
    lab = make.organisation("Laboratorium Przykładowe")
    guest = make.registration(hall.event, make.person("Leon", "Próbny"), organisation=lab, desk_note="Wózek.")
    gone = make.registration(hall.event, make.person("Ewa", "Próbna"), state=RegistrationState.CANCELLED)
    sending = hall.sending({"code": guest.badge_code}, {"code": gone.badge_code}, {"code": "NOBODYS234"}, {})
    answer = kiosk.post(f"/{language}/d/scans.json", json=sending)
    noted, refused, unknown, plain = answer.json["answers"]
    assert (noted["name"], noted["tone"], noted["about"]) == ("Leon", "look", "")
    assert (refused["name"], refused["tone"]) == ("Ewa", "desk")
    assert refused["word"].startswith(desk)
    assert (unknown["name"], unknown["tone"]) == ("", "desk")
    assert (plain["name"], plain["word"]) == ("Łucja", welcome)
    for hidden in ("Próbn", "Wąs", "Wózek", "Laboratorium", "cancel", "anulowan", "NOBODYS"):
        assert hidden not in answer.text
    page = kiosk.get(f"/{language}/d/").text
    for absent in ('id="last"', 'id="report"', 'id="drill"', 'id="undo"', 'id="q"', "<select"):
        assert absent not in page
    assert f'href="/{"pl" if language == "en" else "en"}/d/"' in page


@pytest.mark.parametrize(("script", "page"), [("js/scanner.js", scanner), ("js/leads.js", leads)])
def test_what_a_page_imports_is_kept_for_when_there_is_no_network(script, page):
    static = folder("static")
    wanted, waiting = set(), [script]
    while waiting:
        name = waiting.pop()
        found = re.findall(r'from "(\.[^"]+)"', (static / name).read_text(encoding="utf-8"))
        for each in found:
            path = (static / name).parent.joinpath(each).resolve().relative_to(static).as_posix()
            if path not in wanted:
                wanted.add(path)
                waiting.append(path)
    assert wanted <= {*page._IMPORTED, *page._NAMED}


def test_without_scripts_a_badge_is_typed(client, hall):
    phone = hall.paired(client)
    told = phone.post("/en/d/", data={"point": hall.door.code, "code": hall.guest.badge_code}).text
    assert "Welcome" in told
    assert "Łucja Wąs" in told
    assert "Już" in phone.post("/pl/d/", data={"point": hall.door.code, "code": hall.guest.badge_code}).text


def test_organisers_read_whom_phones_let_in_twice_or_against_a_rule(client, hall):
    phone = hall.paired(client)
    gone = make.registration(hall.event, make.person("Leon", "Próbny"), state=RegistrationState.CANCELLED)
    phone.post("/en/d/scans.json", json=hall.sending({}))
    let_in = {"told_result": "admitted"}
    phone.post("/en/d/scans.json", json=hall.sending(let_in, let_in | {"code": gone.badge_code}))
    client.sign_in(make.staff(Role.OWNER, hall.event))
    page = client.get(f"/en/events/{hall.event.slug}/organise/devices").text
    listed = page[page.index("could not know") :]
    assert "Łucja Wąs" in listed
    assert "First scanned at" in listed
    assert "This registration was cancelled" in listed


def test_organisers_make_a_device_and_read_its_code_once(client, hall):
    client.sign_in(make.staff(Role.OWNER, hall.event))
    address = f"/en/events/{hall.event.slug}/organise/devices"
    data = {"name": "Telefon 2", "point": hall.door.code, "may_choose_point": "y"}
    page = client.post(f"{address}/new", data=data).text
    assert "/en/d/pair/" in page
    assert "Telefon 2" in client.get(address).text
    wrong = client.post(f"{address}/new", data={"name": "", "point": ""})
    assert wrong.status_code == 422
