"""The programme in open formats: valid, whole, and only what the reader may know of."""

import csv
import io
import json

import pytest
import vobject

from lsos.accounts.models import Person
from lsos.agenda.models import Session, SessionPerson
from lsos.agenda.rules import SessionRole, Visibility
from lsos.db import db
from lsos.drafting.queries import draft_of
from lsos.drafting.releasing import release
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.schedule_files.files import read
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.drafting.releases import make_known
from tests.schedule_files.programmes import objections_to_json, objections_to_xml
from tests.web.test_programme import forum, guest, talk

pytestmark = pytest.mark.any_database
AT = "/en/events/forum"
FILES = [f"{AT}/schedule.xml", f"{AT}/schedule.json", f"{AT}/programme.csv", f"{AT}/programme.ics"]


def full_of_it() -> Event:
    """Make a programme with all that files say: rooms, areas, people, past midnight, and signs that files use."""
    event = forum(tagline=Bilingual("Żywo", "A & <B>"))
    hall, area = make.room(event, capacity=80), make.focus_area(event)
    first = talk(
        event,
        'Sleep; "deep" & <more>',
        0,
        room_id=hall.id,
        focus_area_id=area.id,
        abstract=Bilingual("O śnie", "On\nsleep"),
        languages=["pl", "en"],
    )
    make.add(SessionPerson(session_id=first.id, person_id=make.person("Ada", "Ząb").id))
    make.add(SessionPerson(session_id=first.id, person_id=make.person("Jan", "Kot").id, role=SessionRole.CHAIR))
    talk(event, "=Night", 16.5, room_id=make.room(event).id)
    talk(event, "Tomorrow", 24, room_id=hall.id)
    return event


def test_xml_and_json_are_valid_by_their_schemas_and_read_back_whole(client: Reader):
    event = full_of_it()
    for way, objections in ((FILES[0], objections_to_xml), (FILES[1], objections_to_json)):
        content = client.get(way).data
        assert objections(content) == ""
        reading = read(content)
        assert reading.findings == ()
        found = reading.programme
        assert [one.title for one in found.sessions] == ['Sleep; "deep" & <more>', "=Night", "Tomorrow"]
        first = found.sessions[0]
        assert [(one.name, one.role) for one in first.persons] == [("Ada Ząb", ""), ("Jan Kot", "chair")]
        assert first.start.isoformat().startswith(f"{event.starts_on}T09:00:00+0")
        assert first.language == "pl"
        assert first.abstract == "On\nsleep"
        assert first.url.endswith(f"/en/events/forum/programme/{db.session.get_one(Session, int(first.id)).code}")
        assert [one.day for one in found.sessions] == [1, 1, 2]
        assert (found.zone, found.rooms[0].capacity) == ("Europe/Warsaw", 80)


def test_a_table_and_a_calendar_hold_every_session(client: Reader):
    full_of_it()
    rows = list(csv.DictReader(io.StringIO(client.get(FILES[2]).data.decode("utf-8-sig"))))
    assert [row["title"] for row in rows] == ['Sleep; "deep" & <more>', "'=Night", "Tomorrow"]
    assert rows[0]["persons"] == "Ada Ząb; Jan Kot"
    assert len(vobject.readOne(client.get(FILES[3]).text).vevent_list) == 3


def test_titles_stand_in_the_language_of_the_address(client: Reader):
    talk(forum(), "Sleep")
    assert json.loads(client.get("/pl/events/forum/schedule.json").data)["schedule"]["conference"]["title"] == "Forum"
    assert b"Sleep PL" in client.get("/pl/events/forum/schedule.xml").data


@pytest.mark.parametrize("way", FILES)
def test_an_empty_programme_is_a_file_too(client: Reader, way: str):
    forum()
    assert client.get(way).status_code == 200


@pytest.mark.parametrize("way", FILES)
def test_what_did_not_change_is_not_sent_again(client: Reader, way: str):
    found = talk(forum(), "Sleep")
    had = client.get(way)
    assert had.headers["Cache-Control"] == "no-cache"
    again = client.get(way, headers={"If-None-Match": had.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", had.headers["ETag"])
    make_known(found, title=Bilingual("B", "Dreams"))
    changed = client.get(way, headers={"If-None-Match": had.headers["ETag"]})
    assert changed.status_code == 200
    assert "Dreams" in changed.text


# ---- who sees what: every door


def hidden(event: Event) -> tuple[Session, Session, Session]:
    """Make three sessions: for everybody, for registered people, and for one kind of participation."""
    make.participation_type(event)  # the one that guests have
    kind = make.participation_type(event, name=Bilingual("Inwestorzy", "Investors"))
    area = make.focus_area(event)
    speaker = make.person("Sekretna", "Osoba")
    found = tuple(
        talk(event, title, hours, seats=5, focus_area_id=area.id)
        for title, hours in (("Opening", 0), ("Members", 2), ("Deals", 4))
    )
    make.add(SessionPerson(session_id=found[2].id, person_id=speaker.id))
    make.seen_by(found[1], Visibility.REGISTERED)
    make.seen_by(found[2], Visibility.CHOSEN, kind)
    return found  # type: ignore[return-value]


PAGES = [f"{AT}/programme", f"{AT}/programme?view=grid", f"{AT}/programme?q=deals", f"{AT}/", *FILES]


@pytest.mark.parametrize("who", ["visitor", "waiting", "guest", "investor", "speaker", "holder", "organiser"])
def test_no_door_shows_a_session_to_whom_it_is_not_meant_for(client: Reader, who: str):
    event = forum()
    _, members, deals = hidden(event)
    (kind,) = {item.participation_type_id for item in deals.audience}
    sees = {
        "visitor": "",
        "waiting": "",
        "guest": "m",
        "investor": "md",
        "speaker": "d",
        "holder": "md",
        "organiser": "md",
    }
    match who:
        case "waiting":
            guest(event, client, state="pending")
        case "guest":
            guest(event, client)
        case "holder":
            make.signup(guest(event, client), deals)
        case "investor":
            found = make.registration(event, participation_type_id=kind)
            client.sign_in(db.session.get_one(Person, found.person_id))
        case "speaker":
            client.sign_in(deals.people[0].person)
        case "organiser":
            client.sign_in(make.staff(Role.READER, event))
    for way in PAGES:
        text = client.get(way).text
        if "?q" not in way:
            assert ("Members" in text) is ("m" in sees[who]), way
        assert ("Deals" in text) is ("d" in sees[who]), way
        assert "d" in sees[who] or "Sekretna" not in text, way
    for session, letter in ((members, "m"), (deals, "d")):
        for ending in ("", ".ics"):
            answer = client.get(f"{AT}/programme/{session.code}{ending}")
            assert (answer.status_code == 200) is (letter in sees[who]), (session.code, ending)


def test_nobody_signs_up_for_what_they_may_not_know_of_nor_marks_it(client: Reader):
    event = forum()
    _, members, deals = hidden(event)
    mine = guest(event, client)
    at = f"{AT}/me/sessions"
    assert client.post(f"{at}/{deals.code}/sign-up").status_code == 404
    assert client.post(f"{at}/{deals.code}/star", data={"star": "on"}).status_code == 404
    assert client.post(f"{at}/{members.code}/sign-up").status_code == 302
    make.signup(mine, deals)
    assert client.post(f"{at}/{deals.code}/leave").status_code == 302


def test_hidden_sessions_cost_no_question_each(client: Reader):
    event = forum()
    guest(event, client)
    hidden(event)
    for way in (f"{AT}/programme", FILES[0]):
        with counting() as few:
            client.get(way)
        hidden(event)
        with counting() as many:
            client.get(way)
        assert len(many) == len(few) <= 16


def test_who_sees_a_session_is_set_in_the_draft_and_holds_with_the_release(client: Reader):
    event = forum()
    found, kind = talk(event, "Deals"), make.participation_type(event)
    client.sign_in(make.staff(Role.PROGRAMME, event))
    at = f"{AT}/organise/agenda/{found.code}/seen"
    assert client.post(at, data={"visibility": "chosen", "seen": 0}).status_code == 422
    assert client.post(at, data={"visibility": "chosen", "kinds": [kind.code], "seen": 0}).status_code == 302
    assert client.post(at, data={"visibility": "registered", "seen": 0}).status_code == 422
    page = client.get(at).text
    assert f'checked id="kinds-0" name="kinds" type="checkbox" value="{kind.code}"' in page
    visitor = client.application.test_client()
    assert "Deals" in visitor.get(f"{AT}/programme").text
    seen = draft_of(event.id).latest
    by, name = make.person().id, Bilingual("A", "A")
    release(event.id, name, Bilingual(), seen=seen, tells=False, by=by, now=make.BEFORE)
    assert "Deals" not in visitor.get(f"{AT}/programme").text
    assert b"<version>A</version>" in visitor.get(FILES[0]).data
    assert "Deals" in client.get(f"{AT}/programme").text
