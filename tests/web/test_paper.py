"""The pages of the paper: made, printed, typed back line by line, and brought as a file; all without JavaScript."""

import html
import io
import re
from datetime import UTC, datetime, timedelta
from datetime import time as hour

import pytest
from sqlalchemy import select

from lsos.checkin import paper_making
from lsos.checkin.models import Arrival, PaperKit, PaperOrder, PaperWords, Scan
from lsos.checkin.rules import ScanResult
from lsos.db import db
from lsos.events.rules import Role
from lsos.registration.rules import RegistrationState
from lsos.web.paper import type_address
from tests import make
from tests.conftest import Reader

pytestmark = pytest.mark.any_database


@pytest.fixture
def event(app):
    """An event that is on now, since typed lines may not be of the future."""
    return make.event(
        starts_on=datetime.now(UTC).date() - timedelta(days=1), days=4, doors_open=hour(0), doors_close=hour(23, 59)
    )


@pytest.fixture
def door(event):
    return make.point(event, code="main")


@pytest.fixture
def ola(event, door):
    return make.registration(event, make.person("Ola", "Wąs"))


@pytest.fixture
def organiser(client: Reader, event) -> Reader:
    return client.sign_in(make.staff(Role.REGISTRATIONS, event))


def address(event, rest=""):
    return f"/en/events/{event.slug}/organise/paper/{rest}"


def where(event, time="0:05", **more):
    return {"day": event.starts_on.isoformat(), "time": time, "point": "main"} | more


def hidden(page):
    """Read the hidden fields of the form that takes the lines."""
    form = page[page.index("import/write") :]
    form = form[: form.index("</form>")]
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def scans():
    db.session.rollback()
    return db.session.scalars(select(Scan).order_by(Scan.id)).all()


def test_the_paper_is_made_listed_and_printed(organiser, event, ola):
    assert ola.id
    assert "Nothing is made yet." in organiser.get(address(event)).text
    form = {"make-day": event.starts_on.isoformat(), "make-language": "pl"}
    page = organiser.post(address(event, "make"), data=form, follow_redirects=True).text
    assert "Being made: " in page
    assert "See whether it is there now" in page
    other = organiser.post(address(event, "make"), data=form | {"make-language": "en"}, follow_redirects=True).text
    assert "Another paper of this event is being made." in other
    order = db.session.scalars(select(PaperOrder)).one()
    organiser.post(address(event, "call-off"), data={"order": order.uid})
    assert "Being made: " not in organiser.get(address(event)).text
    organiser.post(address(event, "make"), data=form)
    assert paper_making.go_on(type_at=type_address, now=datetime.now(UTC)) == 1
    page = organiser.get(address(event)).text
    kit = db.session.scalars(select(PaperKit)).one()
    assert "1 guest ·" in page
    answer = organiser.get(address(event, f"{kit.uid}.pdf"))
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    gone = organiser.get(address(event, "nosuchpaper.pdf"), follow_redirects=True).text
    assert "This paper is not here any more." in gone
    wrong = organiser.post(address(event, "make"), data=form | {"make-day": "1999-01-01"})
    assert wrong.status_code == 422


def test_what_stands_on_it_is_kept_and_refused_with_all_that_was_typed(organiser, event):
    page = organiser.post(address(event, "words"), data={"desks": "12", "words_pl": "Magda", "words_en": "Magda E"})
    assert page.status_code == 422
    assert "Between 1 and 9 desks." in page.text
    assert "Magda E" in page.text
    organiser.post(address(event, "words"), data={"desks": "3", "words_pl": "Magda", "words_en": "Magda E"})
    kept = db.session.scalars(select(PaperWords)).one()
    assert (kept.desks, kept.words.pl, kept.words.en) == (3, "Magda", "Magda E")


def test_a_code_is_taken_at_once_and_the_page_stands_ready_for_the_next(organiser, event, ola):
    page = organiser.post(
        address(event, "type"), data=where(event, "0:07", said=ola.badge_code, ticket="t" * 22), follow_redirects=True
    ).text
    assert "Welcome: Ola Wąs" in page
    assert 'value="0:07"' in page
    (scan,) = scans()
    assert scan.uid.startswith("paper-")
    assert scan.result is ScanResult.ADMITTED
    assert scan.scanned_at == db.session.scalars(select(Arrival)).one().at
    assert (scan.received_at - scan.scanned_at) > timedelta(hours=1)
    #: The page sent twice is one line.
    organiser.post(address(event, "type"), data=where(event, "0:07", said=ola.badge_code, ticket="t" * 22))
    assert len(scans()) == 1
    again = organiser.post(
        address(event, "type"), data=where(event, "0:09", said=ola.badge_code, ticket="u" * 22), follow_redirects=True
    ).text
    assert "Already in: Ola Wąs" in again


def test_of_a_name_those_so_called_are_offered(organiser, event, ola):
    page = organiser.post(address(event, "type"), data=where(event, said="was")).text
    assert "One guest is called so." in page
    assert f'value="{ola.badge_code}"' in page
    assert not scans()


def test_what_cannot_be_is_said_and_nothing_typed_is_lost(organiser, event, ola):
    assert ola.id
    for said, time, words in (
        ("Nikt", "0:05", "Nobody at this event has this code or name: Nikt"),
        ("Wąs", "soon", "This is no time: soon."),
        ("", "0:05", "Type the code beside the name, or the name."),
    ):
        answer = organiser.post(address(event, "type"), data=where(event, time, said=said))
        assert answer.status_code == 422
        assert words in html.unescape(answer.text)
        assert f'value="{time}"' in answer.text
    later = where(event, "23:50", said="Wąs") | {"day": event.ends_on.isoformat()}
    assert "This time is still to come." in organiser.post(address(event, "type"), data=later).text


def test_a_line_is_taken_back(organiser, event, ola):
    organiser.post(address(event, "type"), data=where(event, said=ola.badge_code, ticket="t" * 22))
    (scan,) = scans()
    form = {"scan": scan.uid, "uid": "u" * 22}
    page = organiser.post(address(event, "type/undo?time=0:05"), data=form, follow_redirects=True).text
    assert "Taken back." in page
    assert 'value="0:05"' in page
    assert not db.session.scalars(select(Arrival)).all()
    page = organiser.post(address(event, "type/undo"), data=form | {"uid": "w" * 22}, follow_redirects=True).text
    assert "This scan was taken back already." in page


def test_a_file_is_looked_at_first_and_then_taken_once(organiser, event, ola):
    other = make.registration(event, make.person("Jan", "Lis"), state=RegistrationState.WAITLISTED)
    content = f"code;time\n{ola.badge_code};0:06\n{other.badge_code};0:07\nNikt Taki;0:08\n".encode()
    form = where(event) | {"file": (io.BytesIO(content), "ticked.csv")}
    page = organiser.post(address(event, "import"), data=form, content_type="multipart/form-data").text
    assert "Take 2 lines" in page
    assert "Line 4" in page
    assert "Nobody at this event has this code or name: Nikt Taki" in page
    assert not scans()
    for _ in range(2):
        done = html.unescape(organiser.post(address(event, "import/write"), data=hidden(page)).text)
        assert "waiting list" in done
        assert "Line 3" in done
        assert [scan.result for scan in scans()] == [ScanResult.ADMITTED, ScanResult.REFUSED]


def test_a_file_that_is_none_is_refused_and_what_was_chosen_stays(organiser, event, door):
    assert door.id
    answer = organiser.post(address(event, "import"), data=where(event, "0:33"), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text
    assert 'value="0:33"' in answer.text
    form = where(event) | {"file": (io.BytesIO(b"Time\n9:05"), "ticked.csv")}
    answer = organiser.post(address(event, "import"), data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "No column holds codes or names." in answer.text
    nonsense = where(event) | {"mark": "0" * 64, "lines": '[{"x": 1}]'}
    assert organiser.post(address(event, "import/write"), data=nonsense).status_code == 400


def test_without_points_the_pages_say_what_to_do(organiser, event):
    for rest in ("type", "import"):
        assert "There is no point yet at which anybody is counted." in organiser.get(address(event, rest)).text
