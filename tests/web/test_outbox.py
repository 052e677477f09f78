"""The outbox, as organisers read it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos import mail
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import Attachment, MailState, OutgoingMail
from tests import make
from tests.conftest import Reader
from tests.counting import counting


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


def write(scope: str, key: str = "letter", **more: Any) -> OutgoingMail:
    state = more.pop("state", MailState.SENT)
    error = more.pop("error", "")
    with transaction() as session:
        letter = mail.enqueue(
            session,
            "sign_in_link",
            key=key,
            to="ola@example.org",
            name="Ola <b>",
            language="en",
            scope=scope,
            token="SECRET-TOKEN",
            **more,
        )
        letter.state = state
        letter.error = error
        return letter


@pytest.fixture
def with_server(app: Flask) -> Any:
    settings = app.extensions["lsos"]
    app.extensions["lsos"] = settings.model_copy(update={"mail_url": "smtp://127.0.0.1:25"})
    yield
    app.extensions["lsos"] = settings


def at(event: Event, page: str = "") -> str:
    return f"/en/events/{event.slug}/organise/mail{page}"


def test_letters_are_listed_with_state_and_what_went_wrong(client: Reader, event: Event):
    write(event.slug)
    write(event.slug, "failed", state=MailState.FAILED, error="550 no such user")
    write("another-event", "elsewhere")
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    page = client.get(at(event)).text
    assert "All <strong>2</strong>" in page
    assert "Failed <strong>1</strong>" in page
    assert "550 no such user" in page
    assert "Ola &lt;b&gt;" in page
    page = client.get(at(event, "?state=failed")).text
    assert page.count('<th scope="row">') == 1
    assert client.get(at(event, "?state=nonsense")).status_code == 200


def test_an_empty_outbox_says_what_comes_here(client: Reader, event: Event):
    client.sign_in(make.staff(Role.OWNER, event))
    assert "Each registration, decision and meeting writes one." in client.get(at(event)).text


def test_a_secret_letter_is_hidden_once_a_server_sends_it(client: Reader, event: Event, with_server: None):
    files = [Attachment("badge.png", "image/png", b"picture")]
    letter = write(event.slug, is_secret=True, attachments=files)
    client.sign_in(make.staff(Role.OWNER, event))
    page = client.get(at(event, f"/{letter.uid}")).text
    assert "SECRET-TOKEN" not in page
    assert "stays between the platform and its reader" in page
    assert client.get(at(event, f"/{letter.uid}/files/1")).status_code == 403


def test_without_a_server_a_secret_letter_can_be_read_and_the_page_says_so(client: Reader, event: Event):
    letter = write(event.slug, is_secret=True, state=MailState.KEPT)
    client.sign_in(make.staff(Role.OWNER, event))
    page = client.get(at(event, f"/{letter.uid}")).text
    assert "SECRET-TOKEN" in page
    assert "only because no mail server is set up" in page
    assert "No mail server is set up" in client.get(at(event)).text


def test_files_are_given_to_keep_and_never_shown_as_a_page(client: Reader, event: Event):
    files = [Attachment("zaproszenie ż.html", "text/html; charset=utf-8", b"<script>alert(1)</script>")]
    letter = write(event.slug, attachments=files)
    client.sign_in(make.staff(Role.OWNER, event))
    assert "zaproszenie ż.html" in client.get(at(event, f"/{letter.uid}")).text
    answer = client.get(at(event, f"/{letter.uid}/files/1"))
    assert answer.data == files[0].content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(at(event, f"/{letter.uid}/files/2")).status_code == 404
    assert client.get(at(event, f"/{letter.uid}/files/0")).status_code == 404


def test_the_platforms_own_letters_are_for_owners_of_every_event(client: Reader, event: Event):
    letter = write("", is_secret=True)
    client.sign_in(make.staff(Role.OWNER, event))
    assert client.get(at(event, f"/{letter.uid}")).status_code == 404
    assert "All <strong>0</strong>" in client.get(at(event)).text
    client.sign_in(make.staff(Role.OWNER))
    assert client.get(at(event, f"/{letter.uid}")).status_code == 200


def test_letters_of_another_event_are_out_of_reach(client: Reader, event: Event):
    letter = write("another-event", state=MailState.FAILED)
    client.sign_in(make.staff(Role.OWNER, event))
    assert client.get(at(event, f"/{letter.uid}")).status_code == 404
    assert client.post(at(event, f"/{letter.uid}/again")).status_code == 404
    assert db.session.get_one(OutgoingMail, letter.id).state is MailState.FAILED


def test_a_failed_letter_is_sent_once_more_and_a_sent_one_is_not(client: Reader, event: Event):
    failed = write(event.slug, state=MailState.FAILED, error="550 no such user")
    sent = write(event.slug, "sent")
    client.sign_in(make.staff(Role.OWNER, event))
    page = client.post(at(event, f"/{failed.uid}/again"), follow_redirects=True).text
    assert "back in the queue" in page
    assert "on its way or was sent already" in client.post(at(event, f"/{sent.uid}/again"), follow_redirects=True).text
    found = db.session.scalars(select(OutgoingMail).execution_options(populate_existing=True))
    states = {letter.key: letter.state for letter in found}
    assert states == {"letter": MailState.WAITING, "sent": MailState.SENT}


def test_a_long_outbox_has_pages_and_costs_the_same(client: Reader, event: Event):
    client.sign_in(make.staff(Role.OWNER, event))
    write(event.slug, "first")
    with counting() as few:
        client.get(at(event))
    for n in range(60):
        write(event.slug, f"letter-{n}")
    with counting() as many:
        page = client.get(at(event)).text
    assert len(many) == len(few)
    assert "Page 1 of 2" in page
    assert client.get(at(event, "?page=2")).text.count('<th scope="row">') == 11
    assert client.get(at(event, "?page=99")).text.count('<th scope="row">') == 11
    assert client.get(at(event, "?page=x")).status_code == 200
