"""The door and the account, as people read them."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts import service
from lsos.accounts.models import Person
from lsos.app import create_app
from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.web.limits import limiter
from tests import make
from tests.conftest import Reader
from tests.databases import Database, settings_for
from tests.make import BEFORE

GOOD = "cztery niepowiązane słowa tu"


def last_link() -> str:
    """Give the path of the link in the newest letter."""
    text = db.session.scalars(select(OutgoingMail.text).order_by(OutgoingMail.id.desc())).first() or ""
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found is not None
    return found[1]


def ask(client: Reader, address: str, **more: str) -> str:
    answer = client.post("/en/sign-in", data={"address": address, "way": "link", **more}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def counted(app: Flask, database: Database, tmp_path: Path) -> Iterator[Reader]:
    """Give a reader of a server that counts tries."""
    server = create_app(settings_for(database.url, tmp_path, rate_limits=True))
    server.config["WTF_CSRF_ENABLED"] = False
    server.test_client_class = Reader
    limiter.reset()
    reader = server.test_client()
    assert isinstance(reader, Reader)
    yield reader
    limiter.enabled = False
    with server.app_context():
        db.engine.dispose()


@pytest.fixture
def passwords_required(app: Flask) -> Iterator[None]:
    """Ask staff for a password."""
    settings = app.extensions["lsos"]
    app.extensions["lsos"] = settings.model_copy(update={"staff_password_required": True})
    yield
    app.extensions["lsos"] = settings


def test_the_answer_is_the_same_whether_or_not_the_address_is_known(client: Reader):
    make.person(email="known@example.org")
    known = ask(client, "known@example.org").replace("known@example.org", "…")
    unknown = ask(client, "unknown@example.org").replace("unknown@example.org", "…")
    without_tokens = re.compile(r'csrf_token" value="[^"]+"|nonce="[^"]+"')
    assert without_tokens.sub("", known) == without_tokens.sub("", unknown)
    assert "Check your e-mail" in known


def test_a_link_shows_a_button_and_only_the_button_signs_in(client: Reader):
    make.person("Łucja", "Wąs", email="lucja@example.org")
    ask(client, "lucja@example.org")
    path = last_link()

    for _ in range(3):  # a mail scanner looks, more than once
        page = client.get(path)
        assert page.status_code == 200
    answer = client.post(path)
    assert answer.location.endswith("/account")
    assert "Łucja Wąs" in client.get("/en/account").text


def test_a_used_link_says_so_and_offers_a_new_one(client: Reader, app: Flask):
    make.person(email="lucja@example.org", language="en")
    ask(client, "lucja@example.org")
    path = last_link()
    client.post(path)

    other = app.test_client()
    for answer in (other.get(path), other.post(path)):
        assert answer.status_code == 410
        assert "used already" in answer.text
        assert "Send me a new link" in answer.text


def test_whoever_is_in_and_opens_their_link_again_simply_goes_on(client: Reader):
    make.person(email="lucja@example.org")
    ask(client, "lucja@example.org", next="/pl/account/password")
    path = last_link()
    client.post(path)
    assert client.get(path).location == "/pl/account/password"


def test_a_link_that_nobody_sent_is_refused(client: Reader):
    answer = client.get("/en/sign-in/abc")
    assert answer.status_code == 410
    assert "not complete" in answer.text


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_never_leads_to_another_site(client: Reader, wanted: str):
    person = make.person(email="lucja@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    data = {"password-address": "lucja@example.org", "password-password": GOOD, "way": "password"}
    answer = client.post("/en/sign-in", data={**data, "password-next": wanted})
    assert answer.location == "/en/account"


def test_a_closed_page_is_reached_after_signing_in(client: Reader):
    person = make.person(email="lucja@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    to_door = client.get("/en/account/password")
    assert to_door.status_code == 302
    assert 'value="/en/account/password"' in client.get(to_door.location).text

    data = {"password-address": "lucja@example.org", "password-password": GOOD, "way": "password"}
    answer = client.post("/en/sign-in", data={**data, "password-next": "/en/account/password"})
    assert answer.location == "/en/account/password"


def test_a_wrong_password_keeps_the_address_and_does_not_say_who_is_known(client: Reader):
    person = make.person(email="lucja@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    for address in ("lucja@example.org", "nobody@example.org"):
        data = {"password-address": address, "password-password": "wrong", "way": "password"}
        answer = client.post("/en/sign-in", data=data)
        assert answer.status_code == 422
        assert "do not belong together" in answer.text
        assert f'value="{address}"' in answer.text


def test_a_mistyped_address_is_shown_again(client: Reader):
    answer = client.post("/en/sign-in", data={"address": "lucja@", "way": "link"})
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert 'value="lucja@"' in answer.text


def test_the_cookie_from_before_is_thrown_away(client: Reader):
    person = make.person(email="lucja@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
    data = {"password-address": "lucja@example.org", "password-password": GOOD, "way": "password"}
    client.post("/en/sign-in", data=data)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after.permanent


def test_signing_out_everywhere_ends_other_sessions(client: Reader, app: Flask):
    person = make.person()
    other = app.test_client()
    assert isinstance(other, Reader)
    other.sign_in(person)
    client.sign_in(person)
    assert other.get("/en/account").status_code == 200
    assert "signed out on every device" in client.post("/en/sign-out-everywhere", follow_redirects=True).text
    assert other.get("/en/account").status_code == 302


def test_signing_out_ends_this_session_only(client: Reader, app: Flask):
    person = make.person()
    other = app.test_client()
    assert isinstance(other, Reader)
    other.sign_in(person)
    client.sign_in(person).post("/en/sign-out")
    assert client.get("/en/account").status_code == 302
    assert other.get("/en/account").status_code == 200


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("wanted", "where"),
    [("/en/events/lsos/invitation/x", "/en/events/lsos/invitation/x"), ("https://example.org/x", "/en/"), ("", "/en/")],
)
def test_signing_out_leads_back_only_to_a_page_of_our_own(client: Reader, wanted: str, where: str):
    left = client.sign_in(make.person()).post("/en/sign-out", data={"next": wanted})
    assert left.headers["Location"] == where


def test_name_and_language_are_changed_and_wrong_ones_kept_on_the_page(client: Reader):
    person = make.person("Łucja", "Wąs")
    client.sign_in(person)
    client.post("/en/account", data={"given_name": "  Lucy ", "family_name": "O’Wasp", "language": "en"})
    changed = db.session.get_one(Person, person.id, populate_existing=True)
    assert (changed.name, changed.language) == ("Lucy O’Wasp", "en")

    answer = client.post("/en/account", data={"given_name": "\u200b", "family_name": "Kept<b>", "language": "en"})
    assert answer.status_code == 422
    assert "Write a name that people can read" in answer.text
    assert "Kept&lt;b&gt;" in answer.text


def test_an_address_is_added_made_primary_and_the_old_one_taken_away(client: Reader):
    person = make.person(email="first@example.org", language="en")
    client.sign_in(person)
    answer = client.post("/en/account/addresses", data={"new-address": "second@example.org"}, follow_redirects=True)
    assert "We wrote to second@example.org" in answer.text

    path = last_link()
    assert "Add second@example.org to your account?" in client.get(path).text
    assert "second@example.org is yours now" in client.post(path, follow_redirects=True).text
    client.post("/en/account/addresses/primary", data={"address": "second@example.org"})
    client.post("/en/account/addresses/remove", data={"address": "first@example.org"})
    page = client.get("/en/account").text
    assert "first@example.org" not in page
    assert "second@example.org" in page


def test_the_account_lists_the_readers_events(client: Reader):
    mine = make.registration()
    other = make.registration()
    page = client.sign_in(mine.person).get("/en/account").text
    assert f"/events/{mine.event.slug}/" in page
    assert f"/events/{other.event.slug}/" not in page


def test_a_password_is_set_without_the_old_one_just_after_a_link(client: Reader):
    person = make.person(email="lucja@example.org")
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    ask(client, "lucja@example.org")
    client.post(last_link())
    assert "Current password" not in client.get("/en/account/password").text
    answer = client.post("/en/account/password", data={"new": "short"})
    assert answer.status_code == 422
    assert "Use at least 10 characters" in answer.text
    assert client.post("/en/account/password", data={"new": "a new and long one"}).status_code == 302
    assert service.sign_in_with_password("lucja@example.org", "a new and long one").id == person.id
    assert client.get("/en/account").status_code == 200


def test_who_came_by_password_gives_it_before_changing_it(client: Reader):
    person = make.person()
    service.set_password(person.id, GOOD, current=None, now=BEFORE)
    client.sign_in(person, by_password=True)
    assert "Current password" in client.get("/en/account/password").text
    answer = client.post("/en/account/password", data={"current": "wrong", "new": "a new and long one"})
    assert answer.status_code == 422
    assert "This is not your current password" in answer.text


def test_staff_without_a_password_are_led_to_set_one(client: Reader, passwords_required: None):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    client.sign_in(owner)
    answer = client.get(f"/en/events/{event.slug}/organise/mail")
    assert answer.location == f"/en/account/password?next=/en/events/{event.slug}/organise/mail"
    assert "Your role asks for a password" in client.get(answer.location).text

    client.post("/en/account/password", data={"new": GOOD})
    assert client.get(f"/en/events/{event.slug}/organise/mail").status_code == 200


def test_staff_who_came_by_a_link_are_asked_for_their_password(client: Reader, passwords_required: None):
    event = make.event()
    owner = make.staff(Role.OWNER, event)
    service.set_password(owner.id, GOOD, current=None, now=BEFORE)
    ask(client, owner.email)
    client.post(last_link())
    answer = client.get(f"/en/events/{event.slug}/organise/mail")
    assert "/sign-in?" in answer.location
    assert client.post(f"/en/events/{event.slug}/organise/mail/x/again").status_code == 403

    data = {"password-address": owner.email, "password-password": GOOD, "way": "password"}
    client.post("/en/sign-in", data=data)
    assert client.get(f"/en/events/{event.slug}/organise/mail").status_code == 200


def test_others_need_no_password_where_staff_do(client: Reader, passwords_required: None):
    assert client.sign_in(make.person()).get("/en/account").status_code == 200


def test_tries_are_counted_by_address_whoever_asks(counted: Reader):
    make.person(email="known@example.org")
    for address in ("known@example.org", "unknown@example.org"):
        answers = [
            counted.post(
                "/en/sign-in", data={"address": address, "way": "link"}, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"}
            )
            for n in range(6)
        ]
        assert [answer.status_code for answer in answers] == [302] * 5 + [429]
        assert "Too many tries" in answers[-1].text
        assert "Wait one minute" in answers[-1].text


def test_who_tried_too_often_reads_how_long_to_wait(counted: Reader, monkeypatch: pytest.MonkeyPatch):
    asked = {"address": "known@example.org", "way": "link"}
    begun = time.time()
    for minutes in (0, 2, 4, 6, 8):
        monkeypatch.setattr(time, "time", lambda past=minutes * 60: begun + past)
        answers = [
            counted.post("/en/sign-in", data=asked, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"}) for n in range(5)
        ]
    answer = answers[0]
    assert answer.status_code == 429
    assert "Wait 52 minutes, then try again." in answer.text
    assert 51 * 60 < int(answer.headers["Retry-After"]) <= 52 * 60


def test_tries_are_counted_by_network_whatever_the_address(counted: Reader):
    answers = [
        counted.post("/en/sign-in", data={"address": f"person{n}@example.org", "way": "link"}) for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429]


def test_opening_links_is_limited_too(counted: Reader):
    assert [counted.get(f"/en/sign-in/{n}").status_code for n in range(31)] == [410] * 30 + [429]


def test_registrations_are_limited_by_network(counted: Reader):
    event = make.event(starts_on=datetime.now(UTC).date() + timedelta(days=30))
    kind = make.participation_type(event, is_light=True)
    path = f"/en/events/{event.slug}/register/{kind.code}"
    assert [counted.post(path).status_code for _ in range(21)] == [422] * 20 + [429]
    assert counted.get(path).status_code == 200


def test_the_corner_of_a_page_says_who_is_in(client: Reader):
    assert "Sign in" in client.get("/en/").text
    page = client.sign_in(make.person("Łucja", "Wąs")).get("/en/").text
    assert "Łucja Wąs" in page


def test_signing_in_leads_back_to_the_page_it_began_on(client: Reader):
    assert 'href="/en/sign-in?next=/en/"' in client.get("/en/").text


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_the_door_opens_in_both_languages(client: Reader, lang: str):
    assert client.get(f"/{lang}/sign-in").status_code == 200


def test_a_change_needs_a_csrf_token(client: Reader, app: Flask):
    app.config["WTF_CSRF_ENABLED"] = True
    client.sign_in(make.person())
    for path in ("/en/sign-out", "/en/sign-out-everywhere", "/en/account", "/en/account/password", "/en/sign-in"):
        assert client.post(path, data={"address": "a@example.org"}).status_code == 400
