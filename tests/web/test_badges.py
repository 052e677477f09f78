"""The organisers' page of badges: what can be printed, and what does not fit."""

import io
import re
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import func, select

from lsos.audit import AuditEntry
from lsos.db import db
from lsos.events.rules import Role
from lsos.registration.rules import RegistrationState
from tests import make
from tests.conftest import Reader
from tests.counting import counting


@pytest.fixture
def event(app):
    return make.event()


@pytest.fixture
def organiser(client: Reader, event) -> Reader:
    return client.sign_in(make.staff(Role.REGISTRATIONS, event))


def address(event, rest="", language="en"):
    return f"/{language}/events/{event.slug}/organise/badges/{rest}"


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def pages(answer):
    assert answer.mimetype == "application/pdf"
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages]


def test_before_anybody_is_confirmed_the_page_says_what_comes_here(organiser, event):
    make.registration(event, state=RegistrationState.PENDING)
    assert "Nobody is confirmed yet." in organiser.get(address(event)).text
    answer = organiser.post(address(event, "badges.pdf"), follow_redirects=True)
    assert "There is no such badge to print." in answer.text


def test_the_page_counts_badges_and_shows_one(organiser, event):
    make.registration(event, make.person("Łucja", "Wąs"))
    make.registration(event, make.person("Jan", "Kos"))
    page = organiser.get(address(event))
    assert "2 people have a badge." in text_of(page)
    assert "Every text of every badge fits." in text_of(page)
    assert 'alt="The badge of Jan Kos"' in page.text


def test_texts_that_do_not_fit_are_listed_with_what_happens(organiser, event):
    make.registration(event, make.person("Łucja", "Ż" * 120), job_title="მეცნიერი")
    page = text_of(organiser.get(address(event)))
    assert "2 texts are not printed as one would wish." in page
    assert re.search(r"Family name Ż+ cut off", page)
    assert "Job title მეცნიერი printed in other letters" in page


def test_all_badges_are_printed_in_the_order_of_the_alphabet(organiser, event):
    for given, family in (("Łucja", "Wąs"), ("Jan", "Kos")):
        make.registration(event, make.person(given, family))
    first, second = pages(organiser.post(address(event, "badges.pdf")))
    assert "Kos" in first
    assert "Wąs" in second


def test_a_sheet_takes_four(organiser, event):
    for _ in range(5):
        make.registration(event)
    assert len(pages(organiser.post(address(event, "badges.pdf?paper=a4")))) == 2


def test_one_badge_is_found_and_printed_again(organiser, event):
    make.registration(event, make.person("Jan", "Kos"))
    guest = make.registration(event, make.person("Łucja", "Wąs"))
    page = organiser.get(address(event, "?q=was"))
    assert "Print the badge of Łucja Wąs" in page.text
    assert "Print the badge of Jan Kos" not in page.text
    (only,) = pages(organiser.post(address(event, f"badges.pdf?who={guest.uid}")))
    assert guest.badge_code in only


def test_after_a_printing_the_new_ones_can_be_printed_alone(organiser, event):
    make.registration(event)
    organiser.post(address(event, "badges.pdf"))
    assert "0 of them are new since the last printing" in text_of(organiser.get(address(event)))
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "badges.printed")).one()
    assert (entry.scope, entry.details) == (event.slug, {"count": 1, "layout": "cards", "designs": {}})

    late = make.registration(event, make.person("Późna", "Osoba"))
    late.registered_at = entry.at + timedelta(seconds=1)
    db.session.commit()
    page = organiser.get(address(event))
    assert "1 of them is new since the last printing" in text_of(page)
    since = re.search(r'name="since" value="([^"]+)"', page.text)
    assert since is not None
    (only,) = pages(organiser.post(address(event, "badges.pdf"), data={"since": since.group(1)}))
    assert "Późna" in only


@pytest.mark.parametrize("how", ["", "paper=a4", "worst=1", "design="])
def test_a_look_before_printing_is_a_picture(organiser, event, how):
    make.registration(event)
    answer = organiser.get(address(event, f"preview.png?{how}"))
    assert answer.data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "rest",
    [
        "badges.pdf?paper=a5",
        "badges.pdf?since=yesterday",
        "badges.pdf?since=2025-01-01",
        "preview.png?who=nobody",
        "preview.png?back=1",
    ],
)
def test_an_address_that_makes_no_sense_is_not_found(organiser, event, rest):
    make.registration(event)
    ask = organiser.post if rest.startswith("badges.pdf") else organiser.get
    assert ask(address(event, rest)).status_code == 404
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_readers_and_door_staff_do_not_print(client, event):
    for role in (Role.READER, Role.DOOR):
        client.sign_in(make.staff(role, event))
        for rest in ("", "preview.png"):
            assert client.get(address(event, rest)).status_code == 403
        assert client.post(address(event, "badges.pdf")).status_code == 403


def test_badges_of_another_event_are_not_printed(organiser, event):
    make.registration(event)
    stranger = make.registration()
    answer = organiser.post(address(event, f"badges.pdf?who={stranger.uid}"))
    assert answer.mimetype == "text/html"


def test_the_page_asks_as_much_for_many_as_for_few(organiser, event):
    def statements():
        with counting() as made:
            assert organiser.get(address(event)).status_code == 200
        return len(made)

    def registrations(count):
        for _ in range(count):
            organisation = make.organisation("x" * 130)
            make.registration(event, organisation_id=organisation.id)

    registrations(2)
    few = statements()
    registrations(12)
    assert statements() == few


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"paper": "labels_24"}, "A card of 105 × 148.5 mm does not fit on a label of 70 × 36 mm."),
        ({"paper": "a4", "start": "5"}, "Write the number of the label to start at: from 1 to 4."),
        ({"paper": "a4", "start": "first"}, "Write the number of the label to start at"),
        ({"paper": "free", "columns": "two"}, "Write numbers for the labels"),
    ],
)
def test_paper_that_does_not_fit_is_told_and_what_was_typed_stays(organiser, event, typed, sentence):
    make.registration(event)
    answer = organiser.post(address(event, "badges.pdf"), data=typed)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert f'value="{typed.get("start", "1")}"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0
