"""Erasure in two steps: asked for, confirmed, taken back, carried out; and seats that go on at once."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from lsos.accounts.erased import erased_among
from lsos.accounts.models import Person
from lsos.checkin import service as door
from lsos.checkin.models import Arrival
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations import service as invitations
from lsos.invitations.service import Asked
from lsos.mail import OutgoingMail
from lsos.privacy import service
from lsos.privacy.models import ErasureRequest
from lsos.privacy.rules import ASKING_LIFE, COOLING_OFF, ErasureState
from lsos.registration import importing
from lsos.registration.import_reading import Line
from lsos.registration.models import Capacity, Registration
from lsos.registration.rules import RegistrationState
from lsos.web.leaving import release_time
from tests import make
from tests.conftest import Reader
from tests.racing import race

NOW = datetime.now(UTC)
SOON = NOW.date() + timedelta(days=20)
DUE = NOW + COOLING_OFF + timedelta(minutes=1)
RELEASE = release_time(actor_id=None, now=NOW)


def _confirmed(person: Person) -> str:
    wish = service.ask(person.id, now=NOW)
    return service.confirm(wish.uid, by=person.id, release=RELEASE, now=NOW).uid


def test_a_seat_goes_on_as_soon_as_an_erasure_is_confirmed_and_those_one_was_to_meet_are_told(app: Flask):
    event = make.event(starts_on=SOON)
    kind = make.participation_type(event, seats=1)
    mine = make.registration(event, make.person("Łucja", "Wąs"), participation_type=kind)
    with transaction() as session:
        session.query(Capacity).update({"taken": 1})
    waits = make.registration(event, participation_type=kind, state=RegistrationState.WAITLISTED)
    other = make.registration(event, make.person("Zoë", "Zamojska"), participation_type=make.participation_type(event))
    make.meeting(mine, other, make.meeting_grid(event)[0])

    _confirmed(mine.person)

    db.session.expire_all()
    assert db.session.get_one(Registration, mine.id).state is RegistrationState.CANCELLED
    assert db.session.get_one(Registration, waits.id).state is RegistrationState.CONFIRMED
    letters = {(one.letter, one.to_address) for one in db.session.query(OutgoingMail)}
    assert ("meeting_cancelled", other.person.email) in letters
    assert ("erasure_confirmed", mine.person.email) in letters
    assert "registration_cancelled" not in {letter for letter, _ in letters}
    assert db.session.get_one(Person, mine.person_id).name == "Łucja Wąs", "the rest waits"


def test_an_erasure_that_was_taken_back_or_never_confirmed_erases_nothing(app: Flask, tmp_path: Path):
    back, lapsed = make.person(), make.person()
    service.take_back(_confirmed(back), by=back.id, now=NOW)
    wish = service.ask(lapsed.id, now=NOW)
    later = NOW + max(ASKING_LIFE, COOLING_OFF) + timedelta(days=1)
    assert service.run_due(release=RELEASE, data_dir=tmp_path, now=later) == 0
    with pytest.raises(Refused, match="has run out"):
        service.confirm(wish.uid, by=lapsed.id, release=RELEASE, now=later)
    assert service.ask(lapsed.id, now=later).state is ErasureState.ASKED, "they may ask again"


def test_nothing_is_erased_before_the_waiting_time_is_over(app: Flask, tmp_path: Path):
    person = make.person()
    _confirmed(person)
    early = NOW + COOLING_OFF - timedelta(minutes=1)
    assert service.run_due(release=RELEASE, data_dir=tmp_path, now=early) == 0
    assert service.run_due(release=RELEASE, data_dir=tmp_path, now=DUE) == 1
    assert service.run_due(release=RELEASE, data_dir=tmp_path, now=DUE) == 0


def test_the_only_owner_of_an_event_to_come_is_not_erased(app: Flask):
    event = make.event(starts_on=SOON)
    owner = make.staff(Role.OWNER, event)
    with pytest.raises(Refused, match="only owner"):
        service.ask(owner.id, now=NOW)
    make.staff(Role.OWNER, event)
    assert service.ask(owner.id, now=NOW).state is ErasureState.ASKED


def test_an_address_of_somebody_erased_is_not_invited_until_they_come_back_by_themselves(app: Flask, tmp_path: Path):
    person = make.person(email="lucja@example.org")
    _confirmed(person)
    service.run_due(release=RELEASE, data_dir=tmp_path, now=DUE)
    kind = make.participation_type(make.event(starts_on=SOON))
    asked = Asked(address="Lucja@example.org", type_code=kind.code)
    done = invitations.invite_many(kind.event_id, [asked], by=1, now=NOW)
    assert (done.number, [address for address, _why in done.refused]) == (0, ["Lucja@example.org"])
    event = db.session.get_one(Event, kind.event_id)
    cells = {"email": "lucja@example.org", "given_name": "Łucja", "type": kind.code}
    plan = importing.plans(event, [Line(2, cells)], source="")[0]
    assert "had all of their data erased" in str(plan.problems[0][1])
    assert erased_among(db.session(), ["lucja@example.org", "zoe@example.org"]) == {"lucja@example.org"}


def test_an_erasure_and_a_scan_at_the_door_at_once_leave_a_guest_who_came_or_one_who_did_not(
    app: Flask, tmp_path: Path
):
    now = datetime(2025, 11, 27, 9, 30, tzinfo=UTC)
    event = make.event(starts_on=date(2025, 11, 27))
    mine = make.registration(event)
    point = make.point(event)
    code, person_id = mine.badge_code, mine.person_id
    asked = now - COOLING_OFF - timedelta(hours=1)
    with transaction() as session:
        session.add(ErasureRequest(person_id=person_id, state=ErasureState.CONFIRMED, asked_at=asked, due_at=now))
    release = release_time(actor_id=None, now=now)
    event_id, at = event.id, point.code

    def scan(number: int) -> object:
        here = db.session.get_one(Event, event_id)
        return door.scan(here, at, code, uid=f"scan-{number}", scanned_at=now, by_id=None, now=now)

    def erase() -> int:
        return service.run_due(release=release, data_dir=tmp_path, now=now)

    done = race(app, [erase, *(lambda n=n: scan(n) for n in range(3))])
    assert done[0] == 1
    db.session.expire_all()
    shell = db.session.get_one(Registration, mine.id)
    assert shell.erased_at is not None
    assert shell.state is RegistrationState.CANCELLED
    assert shell.badge_code != code
    assert db.session.query(Arrival).count() <= 1
    assert db.session.get_one(Person, person_id).name == "…"


def test_the_link_in_the_letter_confirms_by_a_button_and_the_next_letter_takes_it_back(client: Reader):
    person = make.person("Łucja", "Wąs", email="lucja@example.org", language="en")
    client.sign_in(person).post("/en/account/data/erasure")
    first = _link_in("erasure_asked")
    visitor = client.application.test_client()
    assert "Nothing has gone yet" in visitor.get(first).text
    assert _wish(person.id).state is ErasureState.ASKED, "opening a link changes nothing"
    assert "We wrote to you once more" in visitor.post(first, data={"answer": "confirm"}).text
    assert visitor.get(first).status_code == 404, "the newer letter has the link that opens"
    second = _link_in("erasure_confirmed")
    for said in ({}, {"answer": ""}, {"answer": "yes"}, {"List-Unsubscribe": "One-Click"}):
        refused = visitor.post(second, data=said)
        assert (refused.status_code, "Nothing was changed. Press one of the buttons" in refused.text) == (422, True)
        db.session.expire_all()
        assert _wish(person.id).state is ErasureState.CONFIRMED, "only the button that says so takes it back"
    visitor.post(second, data={"answer": "no"})
    db.session.expire_all()
    assert service.open_request(person.id) is None


def _wish(person_id: int) -> ErasureRequest:
    found = service.open_request(person_id)
    assert found is not None
    return found


def _link_in(letter: str) -> str:
    db.session.expire_all()
    text = db.session.query(OutgoingMail).filter_by(letter=letter).one().text
    found = re.search(r"http://[^/]+(/\S+/erasure/\S+)", text)
    assert found is not None
    return found[1]


@pytest.mark.any_database
def test_one_types_the_address_again_and_an_owner_the_name(client: Reader):
    person = make.person("Łucja", "Wąs", email="lucja@example.org")
    client.sign_in(person).post("/en/account/data/erasure")
    wrong = client.post("/en/account/data/erasure/confirm", data={"typed": "zoe@example.org"})
    assert wrong.status_code == 422
    assert "letter by letter" in wrong.text
    client.post("/en/account/data/erasure/confirm", data={"typed": "Lucja@Example.org"})
    assert _wish(person.id).state is ErasureState.CONFIRMED

    other, owner = make.person("Zoë", "Zamojska"), make.staff(Role.OWNER)
    client.sign_in(owner)
    address = f"/en/people/{other.uid}/data/erasure"
    assert client.post(address, data={"typed": "Zoe Zamojska", "reason": "by mail"}).status_code == 422
    assert client.post(address, data={"typed": "Zoë Zamojska", "reason": ""}).status_code == 422
    assert client.post(address, data={"typed": "Zoë Zamojska", "reason": "by mail"}).status_code == 302
    assert _wish(other.id).by_id == owner.id
