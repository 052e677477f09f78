"""A programme from a file: what is wrong is told by line, what it would do is shown, and one button takes it."""

import io
import re

import pytest
from sqlalchemy import func, select

from lsos.agenda.models import Session
from lsos.db import db
from lsos.drafting.models import ProgrammeUpload
from lsos.drafting.queries import draft_of
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.pages import BROUGHT
from tests.web.test_programme import forum

pytestmark = pytest.mark.any_database
AT = "/en/events/forum/organise/programme-file"


def organiser(client: Reader) -> Event:
    event = forum()
    make.add(SessionFormat(code="talk", name=Bilingual("Wykład", "Talk")))
    client.sign_in(make.staff(Role.PROGRAMME, event))
    return event


def brought(event: Event) -> bytes:
    return BROUGHT.replace(b"{day}", event.starts_on.isoformat().encode())


def send(client: Reader, content: bytes, name: str = "programme.csv") -> str:
    """Send a file, and give the address at which it is looked at."""
    answer = client.post(AT, data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def fields(page: str) -> dict[str, str]:
    """Read what the form of a page would send as it is."""
    form = re.search(r'<form method="post" class="taking".*?</form>', page, re.DOTALL)
    assert form
    found = dict(re.findall(r'<input[^>]*name="(seen)"[^>]*value="(\d+)"', form[0]))
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found | {"language": "en"}


def test_a_file_is_looked_at_then_taken_and_then_changes_nothing(client: Reader):
    event = organiser(client)
    way = send(client, brought(event))
    page = client.get(way).text
    assert "Line 4: the session Nobody knows when is left out. Its start is missing." in page
    assert "Opening and Panel are in the room Great hall at the same time" in page
    assert "Put 2 sessions into the draft" in page
    done = client.post(way, data=fields(page))
    assert done.location.startswith("/en/events/forum/organise/editor/")
    assert "2 new sessions" in client.get(done.location).text
    assert {one.title.en for one in draft_of(event.id).contents.values()} == {"Opening", "Panel"}
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0
    assert db.session.scalar(select(func.count()).select_from(ProgrammeUpload)) == 0
    again = client.get(way)
    assert again.location == "/en/events/forum/organise/programme-file"
    assert "This file is not kept any more." in client.get(again.location).text
    assert "Nothing changes" in client.get(send(client, brought(event))).text


def test_the_board_opens_on_the_first_day_of_a_file_however_old_it_is(client: Reader):
    organiser(client)
    way = send(client, BROUGHT.replace(b"{day}", b"2014-02-01"))
    done = client.post(way, data=fields(client.get(way).text))
    address, first = done.location.split("#")
    assert address.endswith("?day=2014-02-01")
    assert f'id="{first}"' in client.get(done.location).text
    assert re.search(r'<ol class="high[^>]*>\s*<li[^>]*class="[^"]*piece', client.get(done.location).text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"<schedule><conference>", "Line 1"),
        (b'{"schedule": {}}', "an object is missing here"),
        (b"title,when\nA,B\n", "Line 1: the column start is missing."),
        (b"\x1f\x8bnothing", "The file is packed, and damaged."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_line_and_nothing_is_kept(client: Reader, content: bytes, words: str):
    organiser(client)
    answer = client.post(AT, data={"file": (io.BytesIO(content), "x.xml")})
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert db.session.scalar(select(func.count()).select_from(ProgrammeUpload)) == 0


def test_looking_again_keeps_what_was_chosen_and_one_choice_can_speak_for_all(client: Reader):
    event = organiser(client)
    hall = make.room(event)
    way = send(client, brought(event))
    sent = fields(client.get(way).text)
    again = client.post(way, data=sent | {"rooms_0": hall.code, "all_tracks": "-", "again": "1"}).text
    assert fields(again)["rooms_0"] == hall.code
    assert fields(again)["tracks_0"] == ""
    client.post(way, data=fields(again))
    assert {one.room_id for one in draft_of(event.id).contents.values()} == {hall.id}
    assert db.session.scalar(select(func.count()).select_from(Room)) == 1


def test_a_draft_that_changed_meanwhile_is_looked_at_once_more(client: Reader):
    event = organiser(client)
    first, second = send(client, brought(event)), brought(event).replace(b"Opening", b"Welcome")
    sent = fields(client.get(first).text)
    client.post(first, data=sent)
    way = send(client, second)
    answer = client.post(way, data=fields(client.get(way).text) | {"seen": "0"})
    assert (answer.status_code, "The draft was changed since" in answer.text) == (409, True)
    gone = client.post(first, data=sent)
    assert (gone.status_code, "Choose it once more" in gone.text) == (404, True)


def test_what_was_sent_wrong_is_told_at_its_field(client: Reader):
    event = organiser(client)
    way = send(client, brought(event))
    answer = client.post(way, data=fields(client.get(way).text) | {"rooms_0": "no such room"})
    assert answer.status_code == 422
    assert draft_of(event.id).contents == {}
