"""Guests registered on a device, and questions asked there: once, by the desk's own rule, told where it was late."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lsos.checkin.models import Arrival, Scan
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.questionnaires.models import Answer
from lsos.questionnaires.rules import AskedWhen, QuestionKind
from lsos.registration.models import Consent, Registration
from lsos.registration.rules import ConsentKind
from tests import asking, make
from tests.web.test_scanner import Hall

CODE = "GASTGAST23"


@pytest.fixture
def hall(app):
    return Hall()


def walk_in(hall, kind, **more):
    """Give a guest as a phone sends them."""
    known = {
        "uid": new_uid(),
        "once": new_uid(),
        "point": hall.door.code,
        "at": round(hall.now.timestamp() * 1000),
        "given_name": "Ola",
        "family_name": "Nowa",
        "email": "",
        "language": "pl",
        "type": kind.code,
        "accepts_terms": True,
    }
    return known | more


def send(client, hall, language="en", **items):
    sending = {"now": round(hall.now.timestamp() * 1000), "scans": []} | items
    return client.post(f"/{language}/d/scans.json", json=sending)


def count(model):
    db.session.rollback()
    return db.session.query(model).count()


# ---- guests who come without a registration


def test_a_guest_is_registered_and_let_in_once_however_often_it_is_sent(client, hall):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event, seats=5)
    text = make.consent_text(hall.event, "terms", ConsentKind.ACCEPTANCE, is_required=True)
    guest = walk_in(hall, kind, badge_code=CODE, texts=[text.id])
    before = count(Registration)
    for _ in range(5):
        [told] = send(phone, hall, walk_ins=[guest]).json["walk_ins"]
        assert (told["result"], told["name"], told["code"], told["despite"]) == ("admitted", "Ola Nowa", CODE, "")
    assert (count(Registration) - before, count(Scan), count(Arrival)) == (1, 1, 1)
    consent = db.session.scalars(select(Consent).where(Consent.source == "door")).one()
    assert consent.text_id == text.id


def test_only_a_device_that_may_registers_guests(client, app, hall):
    kind, phone, kiosk = make.participation_type(hall.event), hall.paired(client), app.test_client()
    hall.paired(kiosk, is_kiosk=True, may_register=True)
    for device in (phone, kiosk):
        [told] = send(device, hall, walk_ins=[walk_in(hall, kind)]).json["walk_ins"]
        assert "may not do that" in told["error"]
        assert "guest-form" not in device.get("/en/d/").text
        assert device.post("/en/d/walk-in").status_code == 403
    assert count(Scan) == 0


def test_without_a_seat_the_desk_is_told_and_whom_a_phone_let_in_is_in(client, hall):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event, seats=0)
    asked = walk_in(hall, kind)
    [told] = send(phone, hall, walk_ins=[asked]).json["walk_ins"]
    assert "Every seat of this kind is taken" in told["error"]
    assert count(Arrival) == 0
    for _ in range(2):
        [told] = send(phone, hall, walk_ins=[asked | {"was_let_in": True, "badge_code": CODE}]).json["walk_ins"]
        assert (told["result"], told["despite"]) == ("admitted", "No seat was left, so one was added.")
    assert count(Arrival) == 1
    client.sign_in(make.staff(Role.OWNER, hall.event))
    page = client.get(f"/en/events/{hall.event.slug}/organise/devices").text
    assert "No seat was left, so one was added." in page[page.index("could not know") :]


def test_who_had_registered_before_comes_with_that_and_both_are_told(client, hall):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event)
    person = make.person("Aleksandra", "Nowa", email="ola@example.org")
    known = make.registration(hall.event, person, participation_type=kind)
    guest = walk_in(hall, kind, email="OLA@example.org", was_let_in=True, badge_code=CODE)
    [told] = send(phone, hall, "pl", walk_ins=[guest]).json["walk_ins"]
    assert (told["code"], told["name"]) == (known.badge_code, "Aleksandra Nowa")
    assert "zarejestrował się już wcześniej" in told["despite"]
    client.sign_in(make.staff(Role.OWNER, hall.event))
    assert "had registered before" in client.get(f"/en/events/{hall.event.slug}/organise/devices").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": " "},
        {"given_name": "O\nla"},
        {"email": "nowhere"},
        {"accepts_terms": False},
        {"badge_code": "short"},
        {"once": "x"},
        {"more": 1},
    ],
)
def test_what_is_no_guest_is_refused(client, hall, wrong):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event)
    assert send(phone, hall, walk_ins=[walk_in(hall, kind) | wrong]).status_code == 422


@pytest.mark.parametrize(
    ("language", "registered"), [("en", "Registered: Ola Nowa"), ("pl", "Zarejestrowano: Ola Nowa")]
)
def test_without_scripts_a_guest_is_registered_too(client, hall, language, registered):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event)
    page = phone.get(f"/{language}/d/").text
    once = re.search(r'name="guest-once"[^>]*value="([^"]+)"', page)
    assert once is not None
    sent = {"given_name": "Ola", "family_name": "Nowa", "language": language, "kind": kind.code}
    sent |= {"point": hall.door.code, "once": once[1]}
    form = {f"guest-{name}": value for name, value in sent.items()}
    refused = phone.post(f"/{language}/d/walk-in", data=form)
    assert refused.status_code == 422
    assert 'value="Nowa"' in refused.text, "nothing typed is lost"
    for _ in range(2):
        assert registered in phone.post(f"/{language}/d/walk-in", data=form | {"guest-accepts_terms": "y"}).text
    assert count(Arrival) == 1


# ---- questions


def at_door(event, code, kind=QuestionKind.SHORT_TEXT, **more):
    return asking.ask(event, code, kind, asked_when=AskedWhen.CHECK_IN, **more)


def test_a_phone_knows_which_questions_are_open_and_no_answer(client, hall):
    phone = hall.paired(client)
    asking.ask(hall.event, "hotel", QuestionKind.YES_NO)
    at_door(hall.event, "key", conditions=(asking.if_("hotel", "yes"),))
    at_door(hall.event, "shirt", QuestionKind.CHOOSE_ONE, options={"S": None, "M": 0}, is_required=True)
    known = phone.get("/en/d/snapshot.json").json
    [guest] = known["guests"]
    assert guest["asks"] == ["shirt"]
    shirt = next(one for one in known["questions"] if one["code"] == "shirt")
    assert [(one["code"], one["is_full"]) for one in shirt["options"]] == [("S", False), ("M", True)]
    [told] = phone.post("/en/d/scans.json", json=hall.sending({})).json["answers"]
    assert told["questions"] == ["shirt"]
    send(phone, hall, replies=[{"uid": new_uid(), "scan": told["uid"], "replies": {"shirt": ["S"]}}])
    known = phone.get("/en/d/snapshot.json").json
    assert "asks" not in known["guests"][0]


def test_an_answer_is_stored_once_and_never_over_another(client, app, hall):
    phone, other = hall.paired(client), app.test_client()
    hall.paired(other)
    at_door(hall.event, "shirt", QuestionKind.CHOOSE_ONE, options={"S": None, "M": None})
    sending = hall.sending({})
    [told] = phone.post("/en/d/scans.json", json=sending).json["answers"]
    reply = {"uid": new_uid(), "scan": told["uid"], "replies": {"shirt": ["S"], "unknown": ["x"]}}
    for _ in range(5):
        assert send(phone, hall, replies=[reply]).json["replies"] == [{"uid": reply["uid"]}]
    late = reply | {"uid": new_uid(), "replies": {"shirt": ["M"]}}
    send(phone, hall, replies=[late])
    assert count(Answer) == 1
    assert db.session.scalars(select(Answer)).one().given == ["S"]
    [refused] = send(other, hall, replies=[late]).json["replies"]
    assert "no such scan" in refused["error"], "another phone's guest"


def test_an_answer_that_cannot_be_stored_is_told_and_keeps_no_other_from_it(client, hall):
    phone = hall.paired(client)
    at_door(hall.event, "shirt", QuestionKind.CHOOSE_ONE, options={"S": 0, "M": None})
    at_door(hall.event, "age", QuestionKind.NUMBER)
    [told] = phone.post("/en/d/scans.json", json=hall.sending({})).json["answers"]
    replies = [
        {"uid": new_uid(), "scan": told["uid"], "replies": {"shirt": ["S"]}},
        {"uid": new_uid(), "scan": told["uid"], "replies": {"age": ["x"]}},
        {"uid": new_uid(), "scan": told["uid"], "replies": {"age": ["7"]}},
    ]
    full, wrong, fine = send(phone, hall, replies=replies).json["replies"]
    assert "full" in full["error"]
    assert "Write a number" in wrong["error"]
    assert "error" not in fine
    assert count(Answer) == 1


def test_without_scripts_what_is_asked_at_the_door_stands_under_the_answer(client, app, hall):
    phone, other = hall.paired(client), app.test_client()
    hall.paired(other)
    at_door(hall.event, "shirt", QuestionKind.CHOOSE_ONE, options={"S": None, "M": None}, is_required=True)
    at_door(hall.event, "deck", QuestionKind.FILE, file_kinds=("pdf",))
    page = phone.post("/en/d/", data={"point": hall.door.code, "code": hall.guest.badge_code}).text
    assert "deck?" not in page, "a file is given at the desk"
    where = re.search(r'action="(/en/d/answers/[^"]+)"', page)
    assert where is not None
    refused = phone.post(where[1], data={"q-meanings": ""})
    assert refused.status_code == 422
    assert "shirt?" in refused.text
    assert other.post(where[1], data={"q-shirt": "S"}).status_code == 404, "another phone's guest"
    assert "Saved. Next guest, please." in phone.post(where[1], data={"q-shirt": "S"}).text
    assert db.session.scalars(select(Answer)).one().given == ["S"]
    page = phone.post("/en/d/", data={"point": hall.door.code, "code": hall.guest.badge_code}).text
    assert "/en/d/answers/" not in page


def test_a_kiosk_asks_nothing_and_sends_the_guest_to_the_desk(client, hall):
    kiosk = hall.paired(client, is_kiosk=True)
    at_door(hall.event, "shirt")
    known = kiosk.get("/en/d/snapshot.json").json
    assert known["questions"] == []
    assert known["guests"][0]["has_questions"] is True
    [told] = kiosk.post("/en/d/scans.json", json=hall.sending({})).json["answers"]
    assert (told["questions"], told["tone"]) == ([], "look")
    assert "help desk" in told["sentence"]


def test_the_same_batch_sent_five_times_by_a_clock_three_hours_off_is_one(client, hall):
    phone, kind = hall.paired(client, may_register=True), make.participation_type(hall.event)
    at_door(hall.event, "shirt")
    ahead = timedelta(hours=3)
    scans = hall.sending(*({"uid": new_uid(), "told_result": "admitted"} for _ in range(20)))
    scans["walk_ins"] = [walk_in(hall, kind, was_let_in=True, badge_code=CODE)]
    scans["replies"] = [{"uid": new_uid(), "scan": scans["scans"][0]["uid"], "replies": {"shirt": ["M"]}}]
    for one in (scans, *scans["scans"], *scans["walk_ins"]):
        for name in ("now", "at"):
            if name in one:
                one[name] += round(ahead.total_seconds() * 1000)
    for _ in range(5):
        assert phone.post("/en/d/scans.json", json=scans).json["minutes_off"] != 0
    assert (count(Scan), count(Arrival), count(Answer)) == (21, 2, 1)
    scans_there = db.session.scalars(select(Scan)).all()
    assert all(abs(scan.scanned_at - hall.now) < timedelta(minutes=5) for scan in scans_there)
