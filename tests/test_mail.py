"""Mail: what arrives at a real server, and what happens when nothing listens."""

import email
import email.policy
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from lsos import calendar_file, mail, qr
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import BACK_OFF, LEASE, Attachment, MailState, OutgoingMail, sending
from lsos.mail.message import as_message
from lsos.web import language, look
from tests import make
from tests.inbox import SENDER, Inbox, listening
from tests.make import BEFORE, DOORS
from tests.racing import race


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server_url(inbox: Inbox) -> Iterator[str]:
    with listening(inbox) as url:
        yield url


def write(key: str = "letter", *, to: str = "lucja@example.org", name: str = "Łucja Wąs", **more: Any) -> OutgoingMail:
    values = {"language": "pl", "token": "abc"} | more
    with transaction() as session:
        letter = mail.enqueue(session, "sign_in_link", key=key, to=to, name=name, **values)
        letter.next_try_at = letter.created_at = BEFORE
        return letter


def deliver(url: str, now=BEFORE) -> int:
    with mail.smtp(url) as transport:
        return mail.deliver_due(transport, SENDER, now=now)


def only() -> OutgoingMail:
    return db.session.scalars(select(OutgoingMail).execution_options(populate_existing=True)).one()


class Down:
    """A server that cannot be reached."""

    def __init__(self) -> None:
        self.tries = 0

    def send(self, message: EmailMessage) -> None:
        self.tries += 1
        raise ConnectionRefusedError("nobody listens")


class Killed(BaseException):
    """The process ends in the middle."""


class Killer:
    """A transport during which the worker dies."""

    def send(self, message: EmailMessage) -> None:
        raise Killed


# ---- what arrives


def test_a_letter_arrives_with_text_picture_calendar_and_file(app: Flask, inbox: Inbox, server_url: str):
    host = calendar_file.CalendarPerson("LSOS", "a@example.org")
    ends = DOORS + timedelta(hours=8)
    entry = calendar_file.CalendarEntry("1@lsos", 0, "Forum", DOORS, ends, make.ZONE, BEFORE, host)
    files = [
        Attachment("qr.png", "image/png", qr.png("HELLO"), cid="badge"),
        Attachment("forum.ics", "text/calendar; method=PUBLISH; charset=utf-8", calendar_file.write([entry])),
        Attachment("Mapa dojazdu – żółta.pdf", "application/pdf", b"%PDF-1.7"),
    ]
    write(attachments=files)
    assert deliver(server_url) == 1

    (message,) = inbox.messages
    assert message.get_content_type() == "multipart/mixed"
    alternative, *attached = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "multipart/related",
        "text/calendar",
    ]
    related = list(alternative.iter_parts())[1]
    assert isinstance(related, EmailMessage)
    html, picture = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert picture["Content-ID"] == "<badge>"
    assert picture.get_content() == files[0].content

    calendar = list(alternative.iter_parts())[2]
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_content_charset() == "utf-8"
    assert [part.get_filename() for part in attached] == ["forum.ics", "Mapa dojazdu – żółta.pdf"]
    assert attached[0].get_content_type() == "text/calendar"
    assert b"BEGIN:VTIMEZONE" in attached[0].get_payload(decode=True)
    assert message.get_body(("plain",)) is not None


def test_a_letter_without_files_is_text_and_html(app: Flask, inbox: Inbox, server_url: str):
    write()
    deliver(server_url)
    (message,) = inbox.messages
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "pl"
    assert message["Date"].datetime == BEFORE


@pytest.mark.parametrize(
    "name",
    [
        "Łucja Wąs",
        'Anna "Ania" O’Brien, dr hab.',
        "田中さん",
        "Müller <boss@example.com>",
        "😀" * 40,
        "a@b",
        "",
        "ąę" * 60,
    ],
)
def test_names_in_any_script_arrive_as_they_are(app: Flask, inbox: Inbox, server_url: str, name: str):
    write(name=name)
    deliver(server_url)
    #: Decoded as RFC 2047 says; the standard library's own reading of long names leaves blanks in them.
    header = email.message_from_bytes(inbox.raw[0], policy=email.policy.compat32)["To"]
    written, address = parseaddr(str(header))
    assert str(make_header(decode_header(written))) == name
    assert address == "lucja@example.org"


def test_a_subject_in_polish_and_emoji_arrives_as_it_is(app: Flask, inbox: Inbox, server_url: str):
    subject = "Zażółć gęślą jaźń 🎉 " + "długi temat " * 20
    letter = write()
    with transaction() as session:
        session.get_one(OutgoingMail, letter.id).subject = subject.strip()
    deliver(server_url)
    assert inbox.messages[0]["Subject"] == subject.strip()


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_nobody_adds_a_header_by_means_of_a_name(app: Flask, inbox: Inbox, server_url: str, breaks: str):
    letter = write(name="Eve")
    injected = f"Eve{breaks}Bcc: all@example.org"
    mail_with = mail.as_message(
        OutgoingMail(
            uid="u",
            to_address="eve@example.org",
            to_name=injected,
            subject=injected,
            language="en",
            text="t",
            html="h",
            created_at=letter.created_at,
        ),
        SENDER,
    )
    assert mail_with["Bcc"] is None
    read = email.message_from_bytes(mail_with.as_bytes(), policy=email.policy.default)
    assert read["Bcc"] is None
    assert read["Subject"] == "Eve Bcc: all@example.org"
    assert read["To"].addresses[0].display_name == "Eve Bcc: all@example.org"


def test_one_connection_serves_a_round(app: Flask, inbox: Inbox, server_url: str):
    for n in range(5):
        write(f"letter-{n}", to=f"p{n}@example.org")
    assert deliver(server_url) == 5
    assert inbox.recipients == [f"p{n}@example.org" for n in range(5)]


def test_the_same_cause_sends_one_letter(app: Flask):
    write("once")
    with pytest.raises(IntegrityError):
        write("once")


# ---- the language of a letter


def test_a_letter_is_in_its_readers_language_on_a_page_in_another(app: Flask):
    event = make.event()
    with app.test_request_context("/en/"):
        app.preprocess_request()
        assert language.current() == "en"
        with force_locale("pl"):
            assert language.current() == "pl"
            assert look.plain(event.name) == "Forum na próbę"
            assert look.link("home.index").endswith("/pl/")
            assert look.day(make.FIRST_DAY) == "czwartek, 27 listopada 2025"
            with force_locale("en"):
                assert look.plain(event.name) == "Trial forum"
        assert language.current() == "en"
        assert look.plain(event.name) == "Trial forum"


def test_links_in_letters_are_whole_and_in_the_readers_language(app: Flask):
    assert "http://127.0.0.1:8000/pl/sign-in/abc" in write("pl", language="pl").text
    assert "http://127.0.0.1:8000/en/sign-in/abc" in write("en", language="en").html


# ---- tries, leases, failures


def test_without_a_server_letters_are_kept_readable(app: Flask):
    write()
    assert deliver("") == 1
    assert only().state is MailState.KEPT
    assert deliver("") == 0


def test_after_each_failure_the_wait_grows_and_after_the_last_one_it_has_failed(app: Flask):
    write()
    down = Down()
    now = BEFORE
    for place, wait in enumerate(BACK_OFF, start=1):
        assert mail.deliver_due(down, SENDER, now=now) == 1
        letter = only()
        assert (letter.state, letter.tries, letter.next_try_at) == (MailState.WAITING, place, now + wait)
        assert mail.deliver_due(down, SENDER, now=now + wait - timedelta(seconds=1)) == 0
        now += wait
    assert mail.deliver_due(down, SENDER, now=now) == 1
    assert only().state is MailState.FAILED
    assert "nobody listens" in only().error
    assert mail.deliver_due(down, SENDER, now=now + timedelta(days=9)) == 0
    assert down.tries == len(BACK_OFF) + 1


def test_a_letter_that_was_late_arrives_when_the_server_is_back(app: Flask, inbox: Inbox, server_url: str):
    write()
    mail.deliver_due(Down(), SENDER, now=BEFORE)
    deliver(server_url, now=BEFORE + BACK_OFF[0])
    letter = only()
    assert (letter.state, letter.error) == (MailState.SENT, "")
    assert letter.sent_at == BEFORE + BACK_OFF[0]


def test_a_server_that_closed_the_line_is_tried_again_with_the_same_id(app: Flask, inbox: Inbox, server_url: str):
    write()
    inbox.answer_to_data = "451 busy, come back"
    deliver(server_url)
    assert only().state is MailState.WAITING
    assert only().error == "451 busy, come back"
    inbox.answer_to_data = "250 OK"
    deliver(server_url, now=BEFORE + BACK_OFF[0])
    assert inbox.messages[0]["Message-ID"] == f"<{only().uid}@example.org>"


def test_an_address_that_does_not_exist_fails_at_once_with_the_servers_words(app: Flask, inbox: Inbox, server_url: str):
    write()
    inbox.answer_to_recipient = "550 no such user"
    deliver(server_url)
    assert only().state is MailState.FAILED
    assert only().error == "550 no such user"


@pytest.mark.parametrize(
    ("answer", "is_refused"),
    [
        ("550 no such user", True),
        ("550 5.1.1 no such user", True),
        ("550 5.2.1 mailbox disabled", True),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 we do not like your network", False),
        ("450 4.2.0 come back", False),
    ],
)
def test_an_address_is_known_as_refused_until_a_letter_gets_through(
    app: Flask, inbox: Inbox, server_url: str, answer: str, is_refused: bool
):
    write()
    inbox.answer_to_recipient = answer
    deliver(server_url)
    assert list(mail.refused_among(["lucja@example.org", "other@example.org"])) == ["lucja@example.org"] * is_refused
    inbox.answer_to_recipient = "250 OK"
    write("another")
    deliver(server_url, now=BEFORE + BACK_OFF[0])
    assert mail.refused_among(["lucja@example.org"]) == {}


def test_an_address_that_cannot_be_written_fails_and_holds_nobody_up(app: Flask, inbox: Inbox, server_url: str):
    write("bad", to="not an address")
    write("good")
    assert deliver(server_url) == 2
    states = {letter.key: letter.state for letter in db.session.scalars(select(OutgoingMail))}
    assert states == {"bad": MailState.FAILED, "good": MailState.SENT}


def test_a_letter_that_nobody_foresaw_fails_alone_and_without_its_words(
    app: Flask, inbox: Inbox, server_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def stumble(letter: OutgoingMail, sender: str) -> EmailMessage:
        if letter.key == "bad":
            raise AttributeError("Łucja Wąs")
        return as_message(letter, sender)

    monkeypatch.setattr(sending, "as_message", stumble)
    write("bad")
    write("good")
    assert deliver(server_url) == 2
    states = {letter.key: (letter.state, letter.error) for letter in db.session.scalars(select(OutgoingMail))}
    assert states == {"bad": (MailState.FAILED, "AttributeError"), "good": (MailState.SENT, "")}
    assert "AttributeError" in caplog.text
    assert "Łucja" not in caplog.text


def test_a_letter_whose_files_cannot_be_read_just_now_is_sent_later(
    app: Flask, inbox: Inbox, server_url: str, monkeypatch: pytest.MonkeyPatch
):
    write()
    with monkeypatch.context() as broken:
        broken.setattr(sending, "as_message", Mock(side_effect=OperationalError("SELECT", {}, Exception("gone"))))
        with pytest.raises(OperationalError):
            deliver(server_url)
    db.session.rollback()
    assert only().state is MailState.SENDING
    assert deliver(server_url, now=BEFORE + LEASE) == 1
    assert only().state is MailState.SENT


def test_a_worker_that_dies_loses_no_letter_and_keeps_others_off_it_meanwhile(
    app: Flask, inbox: Inbox, server_url: str
):
    write()
    with pytest.raises(Killed):
        mail.deliver_due(Killer(), SENDER, now=BEFORE)
    db.session.rollback()
    assert only().state is MailState.SENDING
    assert deliver(server_url, now=BEFORE + LEASE - timedelta(seconds=1)) == 0
    assert deliver(server_url, now=BEFORE + LEASE) == 1
    assert only().state is MailState.SENT


def test_a_letter_that_kills_its_worker_every_time_is_given_up(app: Flask):
    write()
    now = BEFORE
    for _ in range(len(BACK_OFF) + 1):
        with pytest.raises(Killed):
            mail.deliver_due(Killer(), SENDER, now=now)
        db.session.rollback()
        now += LEASE
    assert mail.deliver_due(Killer(), SENDER, now=now) == 0
    assert only().state is MailState.FAILED
    assert only().error


def test_many_workers_send_each_letter_once(app: Flask, inbox: Inbox, server_url: str):
    for n in range(12):
        write(f"letter-{n}", to=f"p{n}@example.org")
    handled = race(app, [lambda: deliver(server_url)] * 4)
    assert sum(handled) == 12
    assert sorted(inbox.recipients) == sorted(f"p{n}@example.org" for n in range(12))


def test_a_failed_letter_is_tried_again_when_asked_and_a_sent_one_is_not(app: Flask, inbox: Inbox, server_url: str):
    letter = write(scope="lsos")
    inbox.answer_to_recipient = "550 no such user"
    deliver(server_url)
    with pytest.raises(NotFound):
        mail.try_again(letter.uid, scopes=["another"], now=BEFORE)

    mail.try_again(letter.uid, scopes=["lsos"], now=BEFORE)
    assert (only().state, only().tries) == (MailState.WAITING, 0)
    inbox.answer_to_recipient = "250 OK"
    deliver(server_url)
    with pytest.raises(Refused):
        mail.try_again(letter.uid, scopes=["lsos"], now=BEFORE)


def test_the_check_of_a_server_says_what_is_wrong(app: Flask, server_url: str):
    with mail.smtp(server_url) as transport:
        assert isinstance(transport, mail.SmtpTransport)
        transport.check()
    with mail.smtp("smtp://127.0.0.1:1") as transport:
        assert isinstance(transport, mail.SmtpTransport)
        with pytest.raises((OSError, smtplib.SMTPException)):
            transport.check()


def test_mails_are_counted_by_state_within_their_event(app: Flask):
    for n in range(3):
        write(f"letter-{n}", scope="lsos")
    write("other", scope="another")
    deliver("")
    write("new", scope="lsos")
    found = mail.counts_by_state("lsos")
    assert (found[MailState.KEPT], found[MailState.WAITING], found[MailState.FAILED]) == (3, 1, 0)
    assert [letter.key for letter in mail.outbox(["lsos"], state=MailState.WAITING)] == ["new"]


# ---- headers, holding up, stopping


def test_a_letter_by_consent_carries_whole_headers_that_end_it_by_one_click(app: Flask, inbox: Inbox, server_url: str):
    address = "https://events.example.org/en/no-more-news/" + "x" * 90
    write(unsubscribe=address, is_automatic=False, reply_to="ola@example.org")
    deliver(server_url)
    (message,) = inbox.messages
    assert f"List-Unsubscribe: <{address}>\r\n".encode() in inbox.raw[0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Reply-To"] == "ola@example.org"
    assert message["Auto-Submitted"] is None
    assert message["Precedence"] == "bulk"


def test_what_is_held_up_waits_and_other_mail_does_not(app: Flask):
    write("campaign", scope="lsos", batch="one")
    write("other", scope="lsos", batch="two")
    write("sign-in")
    with transaction() as session:
        mail.hold_up(session, "lsos", "one", by=None, now=BEFORE)
    assert deliver("") == 2
    with transaction() as session:
        mail.let_go(session, "lsos", "one")
        mail.hold_up(session, "lsos", by=None, now=BEFORE)
    assert deliver("") == 0
    with transaction() as session:
        mail.let_go(session, "lsos")
    assert deliver("") == 1


def test_stopping_stops_what_waits_and_nothing_else_and_can_be_taken_back(app: Flask):
    write("sent", scope="lsos", batch="one")
    deliver("")
    write("waiting", scope="lsos", batch="one")
    write("other", scope="lsos", batch="two")
    with transaction() as session:
        assert mail.stop(session, "lsos", "one") == 1
    assert deliver("") == 1
    with transaction() as session:
        assert mail.put_back(session, ["lsos"], MailState.STOPPED, batch="one", now=BEFORE) == 1
    assert deliver("") == 1
    with pytest.raises(Refused), transaction() as session:
        mail.put_back(session, ["lsos"], MailState.SENT, batch=None, now=BEFORE)
