"""The page of the participation report: who reads it, what it says, and what can be taken home."""

import pytest
from flask import Flask

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.reporting import story

ADDRESSES = ("", ".pdf", ".xlsx")


@pytest.fixture
def forum(app: Flask) -> Event:
    """A forum of the past with six guests, five of whom came."""
    where = make.event(name=Bilingual("Forum <b>", "Forum <b>"))
    for number in range(6):
        guest = make.registration(where, organisation_id=make.organisation(country="PL").id)
        if number:
            story.arrive(guest)
    return where


def address(event: Event, suffix: str = "", language: str = "en") -> str:
    return f"/{language}/events/{event.slug}/organise/report{suffix}"


@pytest.mark.parametrize("suffix", ADDRESSES)
def test_only_staff_of_the_event_read_its_report(client: Reader, forum: Event, suffix: str):
    assert client.get(address(forum, suffix)).status_code == 302
    for who in (make.person(), make.staff(Role.DOOR, forum), make.staff(Role.OWNER, make.event())):
        assert client.sign_in(who).get(address(forum, suffix)).status_code == 403
    assert client.sign_in(make.staff(Role.READER, forum)).get(address(forum, suffix)).status_code == 200


def test_the_page_says_its_findings_and_escapes_what_others_wrote(client: Reader, forum: Event):
    page = client.sign_in(make.staff(Role.READER, forum)).get(address(forum)).text
    assert "5 people came, 83% of those with a place" in page
    assert "Forum &lt;b&gt;" in page
    assert "<b>" not in page.partition("<main")[2]
    assert "Definitions" in page


def test_the_polish_page_writes_dates_in_polish(client: Reader, forum: Event):
    page = client.sign_in(make.staff(Role.READER, forum)).get(address(forum, language="pl")).text
    assert "27–28 listopada 2025" in page


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_files_are_in_the_language_of_the_page_and_named_for_it(client: Reader, forum: Event, language: str):
    client.sign_in(make.staff(Role.READER, forum))
    pdf = client.get(address(forum, ".pdf", language))
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF-")
    assert f"{forum.slug}-report-{language}.pdf" in pdf.headers["Content-Disposition"]
    book = client.get(address(forum, ".xlsx", language))
    assert "spreadsheetml.sheet" in str(book.mimetype)
    assert book.data.startswith(b"PK")


def test_before_anybody_registers_the_page_says_what_comes_here(client: Reader):
    where = make.event()
    page = client.sign_in(make.staff(Role.OWNER, where)).get(address(where)).text
    assert "Nobody has registered yet." in page


def test_a_report_costs_the_same_queries_for_many_as_for_few(client: Reader, forum: Event):
    client.sign_in(make.staff(Role.READER, forum))
    client.get(address(forum))
    with counting() as few:
        client.get(address(forum))
    for _ in range(10):
        story.arrive(make.registration(forum, organisation_id=make.organisation(country="DE").id))
    db.session.rollback()
    with counting() as many:
        assert "15 people came" in client.get(address(forum)).text
    assert len(many) == len(few)
