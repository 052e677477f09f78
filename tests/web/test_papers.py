"""The page from which organisers print the meetings, and everybody's own plan."""

import io

import pypdf
import pytest

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.rules import Role
from lsos.registration.rules import RegistrationState
from lsos.web import papers
from tests import make
from tests.conftest import Reader


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def pair(event):
    slots = make.meeting_grid(event, slots=2)
    ola, tom = (make.registration(event, make.person(*name)) for name in (("Ola", "Żółć"), ("Tom", "Reader")))
    make.meeting(ola, tom, slots[0])
    return ola, tom


@pytest.fixture
def organiser(client: Reader, event) -> Reader:
    return client.sign_in(make.staff(Role.MATCHMAKING, event))


def address(event, rest=""):
    return f"/en/events/{event.slug}/organise/matching/print/{rest}"


def pages(answer):
    assert answer.mimetype == "application/pdf"
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages]


def test_before_meetings_are_published_there_is_nothing_to_print(organiser, event):
    assert "Nothing to print yet." in organiser.get(address(event)).text
    answer = organiser.post(address(event, "tables.pdf"), data={"language": "en"}, follow_redirects=True)
    assert "There is nothing to print before meetings are published." in answer.text


def test_the_page_says_what_each_is_for_and_how_many_pages_it_takes(organiser, event, pair):
    page = organiser.get(address(event)).text
    assert "2 pages" in page
    assert "about 1 page" in page
    assert page.count("Print as PDF") == 4


@pytest.mark.parametrize(
    ("kind", "language", "number"),
    [("schedules", "own", 2), ("schedules", "pl", 2), ("tables", "en", 1), ("slots", "pl", 1), ("names", "en", 1)],
)
def test_each_is_printed_and_put_on_record(organiser, event, pair, kind, language, number):
    assert len(pages(organiser.post(address(event, f"{kind}.pdf"), data={"language": language}))) == number
    assert db.session.query(AuditEntry).filter_by(action="meetings.printed").one().details["paper"] == kind


def test_much_is_printed_apart_and_given_as_a_file(organiser, event, pair, monkeypatch):
    monkeypatch.setattr(papers, "LONG", 1)
    with organiser.post(address(event, "schedules.pdf"), data={"language": "en"}) as answer:
        assert len(pages(answer)) == 2


@pytest.mark.parametrize(("kind", "language"), [("maps", "en"), ("tables", "own"), ("tables", "de"), ("tables", "")])
def test_what_makes_no_sense_is_not_found(organiser, event, pair, kind, language):
    assert organiser.post(address(event, f"{kind}.pdf"), data={"language": language}).status_code == 404


def test_everybody_prints_their_own_plan_in_the_language_of_the_page(client, event, pair):
    ola, _tom = pair
    client.sign_in(ola.person)
    assert "Print my plan" in client.get(f"/en/events/{event.slug}/me/").text
    (only,) = pages(client.get(f"/pl/events/{event.slug}/me/plan.pdf"))
    assert "Forum na próbę" in only
    assert "Tom Reader" in only


def test_who_has_no_seat_has_no_plan_yet(client, event):
    client.sign_in(make.registration(event, state=RegistrationState.PENDING).person)
    answer = client.get(f"/en/events/{event.slug}/me/plan.pdf", follow_redirects=True)
    assert "once your registration is confirmed" in answer.text
