"""One-time codes and devices, as people meet them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from lsos.accounts import second_factor, service, sessions, totp
from lsos.accounts.models import Person, RecoveryCode, TotpDevice, UserSession
from lsos.accounts.rules import SESSION_LIFE, CodeRefusal
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import SecondFactorRule
from lsos.events.rules import Role
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.make import BEFORE
from tests.racing import race

GOOD = "cztery niepowiązane słowa tu"
LATER = timedelta(seconds=90)


def device_of(person: Person, *, name: str = "my phone", now: datetime = BEFORE) -> tuple[TotpDevice, list[str]]:
    """Set up a device, as of some time ago."""
    begun = second_factor.begin_device(person.id, name, now=now)
    code = code_of(begun, now)
    opened = sessions.begin(person.id, user_agent="", by_password=True, now=now).session
    codes = second_factor.confirm_device(person.id, begun.uid, code, session_id=opened.id, now=now)
    return begun, codes


def code_of(device: TotpDevice, now: datetime) -> str:
    return totp.code_at(second_factor.secret_of(device), totp.step_at(now))


def by_password(client: Reader, address: str, wanted: str = "") -> str:
    data = {"password-address": address, "password-password": GOOD, "way": "password", "password-next": wanted}
    return str(client.post("/en/sign-in", data=data).location)


def test_a_device_is_set_up_by_its_first_code_and_asked_for_from_then_on(client: Reader, app: Flask):
    person = make.person(email="ola@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    other = app.test_client()
    assert isinstance(other, Reader)
    other.sign_in(person)
    client.sign_in(person, by_password=True)

    address = client.post("/en/account/second-factor", data={"name": "mój <b>telefon</b>"}).location
    page = client.get(address).text
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    device = db.session.scalars(select(TotpDevice)).one()
    assert found is not None
    assert found[1] == totp.written_secret(second_factor.secret_of(device))
    assert "mój &lt;b&gt;telefon&lt;/b&gt;" in page
    assert client.post(address, data={"code": "000000"}).status_code == 422

    now = datetime.now(UTC)
    paper = client.post(address, data={"code": code_of(device, now)}).text
    codes = re.findall(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>", paper)
    assert len(codes) == 8
    assert not set(codes) & set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert other.get("/en/account").status_code == 302
    assert client.get("/en/account").status_code == 200

    client.post("/en/sign-out")
    assert by_password(client, "ola@example.org", "/en/account/password").endswith("/sign-in/code")
    assert client.get("/en/account").status_code == 302
    #: The code that set the device up was used with it.
    again = client.post("/en/sign-in/code", data={"code": code_of(device, now)})
    assert again.status_code == 422
    assert client.post("/en/sign-in/code", data={"code": codes[0].lower()}).location.endswith("/second-factor")
    assert "7 are left" in client.get("/en/account/second-factor").text

    client.post("/en/sign-out")
    by_password(client, "ola@example.org", "/en/account/password")
    assert client.post("/en/sign-in/code", data={"code": codes[0]}).status_code == 422
    with transaction() as session:
        session.execute(update(TotpDevice).values(last_step=0))
    fresh = code_of(device, datetime.now(UTC))
    assert client.post("/en/sign-in/code", data={"code": fresh}).location.endswith("/en/account/password")


def test_a_link_asks_for_the_code_too_and_without_a_first_factor_nobody_is_asked(client: Reader):
    person = make.person(email="ola@example.org")
    device_of(person)
    assert client.get("/en/sign-in/code").location.endswith("/sign-in")
    assert client.post("/en/sign-in/code", data={"code": "000000"}).location.endswith("/sign-in")
    with transaction() as session:
        token = service.issue_link(
            session, person, email_id=None, life=timedelta(hours=1), next_path="", now=datetime.now(UTC)
        )
    assert client.post(f"/en/sign-in/{token}").location.endswith("/sign-in/code")
    assert client.get("/en/account").status_code == 302


@pytest.mark.each_database
def test_a_code_works_once_however_many_try_at_once(app: Flask):
    person = make.person()
    device, codes = device_of(person)
    now = BEFORE + LATER
    code, person_id = code_of(device, now), person.id
    tries = race(app, [lambda: second_factor.check_code(person_id, code, now=now)] * 4)
    assert tries.count(False) == 1
    assert all(isinstance(one, Refused) and one.reason == "used" for one in tries if one is not False)
    on_paper = race(app, [lambda: second_factor.check_code(person_id, codes[0], now=now)] * 4)
    assert on_paper.count(True) == 1
    with pytest.raises(Refused, match=str(CodeRefusal.WRONG)):
        second_factor.check_code(make.person().id, codes[1], now=now)


def test_with_the_last_device_the_codes_on_paper_go(client: Reader):
    person = make.person()
    device, _codes = device_of(person)
    client.sign_in(person, by_second_factor=True)
    page = client.post(f"/en/account/second-factor/{device.uid}/remove", follow_redirects=True).text
    assert "You sign in without codes from now on." in page
    assert second_factor.recovery_codes_left(person.id) == 0
    stranger = device_of(make.person())[0]
    assert (
        "There is no such device"
        in client.post(f"/en/account/second-factor/{stranger.uid}/remove", follow_redirects=True).text
    )


@pytest.mark.parametrize(("from_today", "is_open"), [(0, False), (1, True)])
def test_a_role_that_asks_for_a_code_rests_from_its_day_on(client: Reader, from_today: int, is_open: bool):
    event = make.event()
    person = make.staff(Role.OWNER, event)
    day = datetime.now(UTC).date() + timedelta(days=from_today)
    make.add(SecondFactorRule(role=Role.OWNER, required_from=day))
    client.sign_in(person)
    path = f"/en/events/{event.slug}/organise/"
    answer = client.get(path)
    assert (answer.status_code == 200) == is_open
    if not is_open:
        assert "/account/second-factor?next=" in answer.location
        assert "Your role asks for" in client.get(answer.location).text
        assert client.get("/en/indicators/").status_code == 302
    assert "Set them up before then" in client.get("/en/account").text
    client.sign_in(person, by_second_factor=True)
    assert client.get(path).status_code == 200


def test_sessions_are_listed_and_ended_one_by_one(client: Reader, app: Flask):
    person = make.person()
    other = app.test_client()
    assert isinstance(other, Reader)
    other.sign_in(person)
    client.sign_in(person)
    stranger = sessions.begin(make.person().id, user_agent="", by_password=False, now=datetime.now(UTC)).session
    page = client.get("/en/account").text
    assert page.count("Unknown device</span>") == 2
    uid = db.session.scalars(
        select(UserSession.uid).where(UserSession.person_id == person.id).order_by(UserSession.id)
    ).first()
    assert "Signed out: an unknown device" in client.post(f"/en/account/sessions/{uid}/end", follow_redirects=True).text
    assert other.get("/en/account").status_code == 302
    assert "signed out already" in client.post(f"/en/account/sessions/{stranger.uid}/end", follow_redirects=True).text

    other.sign_in(person)
    ended = client.post("/en/account/sessions/others", follow_redirects=True).text
    assert "1 other device is signed out." in ended
    assert other.get("/en/account").status_code == 302
    assert client.get("/en/account").status_code == 200


def test_only_the_hash_of_a_key_is_stored_and_its_use_is_noted_to_the_hour(client: Reader):
    person = make.person()
    client.sign_in(person)
    opened = db.session.scalars(select(UserSession)).one()
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != opened.key_hash
    with counting() as statements:
        client.get("/en/account")
    assert not any("UPDATE user_session" in statement for statement in statements)
    old = datetime.now(UTC) - timedelta(hours=2)
    with transaction() as session:
        session.execute(update(UserSession).values(last_seen_at=old))
    client.get("/en/account")
    assert db.session.scalars(select(UserSession.last_seen_at)).one() > old
    with transaction() as session:
        session.execute(update(UserSession).values(last_seen_at=datetime.now(UTC) - SESSION_LIFE))
    assert client.get("/en/account").status_code == 302
