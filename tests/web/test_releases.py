"""Before a release its maker reads what it means; after it everybody reads what changed."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda.models import SessionPerson
from lsos.agenda.rules import Visibility
from lsos.db import db
from lsos.drafting.content import Cast
from lsos.drafting.queries import draft_of, latest_step
from lsos.drafting.service import place
from lsos.events.models import Event
from lsos.events.rules import Role, moment
from lsos.meetings.models import Meeting
from lsos.schedule_files.files import read
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.drafting.releases import make_known
from tests.schedule_files.programmes import objections_to_json, objections_to_xml

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
DAY = NOW.date() + timedelta(days=30)
AT = "/en/events/forum/organise/release"


def forum() -> Event:
    return make.event(slug="forum", starts_on=DAY, name=Bilingual("Forum", "Forum"))


def boss(client: Reader, event: Event) -> Reader:
    return client.sign_in(make.staff(Role.PROGRAMME, event))


def moved(event: Event) -> None:
    """Move a session onto another, for somebody who signed up for both and somebody who has a meeting then."""
    first = make.session(event, title=Bilingual("Sen", "Sleep"), room_id=make.room(event).id)
    second = make.session(event, title=Bilingual("Jawa", "Waking"), starts_at=first.ends_at)
    one, two = (make.registration(event, make.person(name, "Kot")) for name in ("Ala", "Ola"))
    make.signup(one, first)
    make.signup(one, second)
    make.signup(two, first)
    slots = make.meeting_grid(event)
    make.meeting(two, make.registration(event), slots[3])
    assert first.starts_at is not None
    place(event.id, first.uid, first.room_id, first.starts_at + HOUR, seen=0, by=one.person_id, now=NOW)


def flat(page: str) -> str:
    return " ".join(page.split())


@pytest.mark.any_database
def test_what_a_release_means_is_told_before_it(client: Reader):
    event = forum()
    moved(event)
    page = flat(boss(client, event).get(AT).text)
    for figure in (
        "1</span> session moves",
        "2</span> sign-ups",
        "1</span> 1:1 meeting",
        "2</span> people get a clash",
    ):
        assert figure in page, figure
    assert "Sleep and Waking: one person" in page
    assert "Sleep, and a 1:1 meeting: one person" in page
    assert "Ala Kot" in page
    assert "What would help" in page
    assert "Release one change" in page


@pytest.mark.any_database
def test_meetings_in_the_way_move_with_the_release_or_after_it(client: Reader):
    event = forum()
    moved(event)
    first = db.session.scalars(select(Meeting)).one().starts_at
    page = flat(boss(client, event).get(AT).text)
    assert "After this release one 1:1 meeting is at the same time as a session of one of the two." in page
    assert "Find other times for the 1:1 meetings in the way" in page
    data = {"name_en": "Fresh", "seen": str(latest_step(event.id))}
    client.post(AT, data=data)
    page = flat(client.get(AT).text)
    assert "One 1:1 meeting is at the same time as a session of one of the two. For one of them" in page
    page = flat(client.post(f"{AT}/meetings", follow_redirects=True).text)
    assert "One 1:1 meeting has another time" in page
    assert "1:1 meetings in the way" not in page
    db.session.rollback()
    here = db.session.scalars(select(Meeting)).one().starts_at
    assert here < first

    draft = draft_of(event.id)
    uid = next(uid for uid, content in draft.contents.items() if content.title.en == "Sleep")
    place(event.id, uid, None, here, seen=draft.latest, by=make.person().id, now=NOW)
    answer = client.post(AT, data=data | {"seen": str(latest_step(event.id)), "replans": "y"}, follow_redirects=True)
    assert "One 1:1 meeting has another time" in flat(answer.text)


def test_a_release_is_read_by_everybody_and_followed_as_a_feed(client: Reader):
    event = forum()
    moved(event)
    seen = latest_step(event.id)
    data = {"name_pl": "Nowa", "name_en": "Fresh", "note_en": "Longer nights.", "seen": str(seen)}
    assert boss(client, event).post(AT, data=data | {"seen": "0"}).status_code == 422
    assert boss(client, event).post(AT, data=data | {"name_pl": "", "name_en": ""}).status_code == 422
    answer = client.post(AT, data=data | {"tells": "y"}, follow_redirects=True)
    assert "2 letters wait, the first until" in flat(answer.text)

    page = flat(client.application.test_client().get("/en/events/forum/changes").text)
    for words in ("Fresh", "Longer nights.", "Sleep", "<del>", "Time"):
        assert words in page, words
    feed = client.get("/pl/events/forum/changes/feed.atom")
    assert feed.mimetype == "application/atom+xml"
    atom = "{http://www.w3.org/2005/Atom}"
    entries = ET.fromstring(feed.data).findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}title") for entry in entries] == ["Nowa"]
    assert "Sen" in (entries[0].findtext(f"{atom}content") or "")


@pytest.mark.any_database
def test_a_release_is_kept_as_a_file_whatever_is_released_after_it(client: Reader):
    event = forum()
    hall, speaker = make.room(event), make.person("Ada", "Ząb")
    talk = make.session(event, title=Bilingual("Sen", "Sleep"), room_id=hall.id)
    make_known(talk, people=(Cast(speaker.id),))
    make_known(talk, title=Bilingual("Jawa", "Waking"), starts_at=None, ends_at=None)
    boss(client, event)
    for kind, objections in (("xml", objections_to_xml), ("json", objections_to_json)):
        content = client.get(f"{AT}/1.{kind}").data
        assert objections(content) == ""
        found = read(content).programme
        [session] = found.sessions
        assert (found.version, session.title, session.room) == ("New", "Sleep", "Room")
        assert [one.name for one in session.persons] == ["Ada Ząb"]
    table = client.get(f"{AT}/1.csv")
    assert "Sleep" in table.text
    assert table.headers["Content-Disposition"] == 'attachment; filename="forum-1.csv"'
    assert read(client.get(f"{AT}/2.json").data).programme.sessions == ()
    assert f"{AT}/1.json" in client.get(AT).text

    for _ in range(6):
        one = make.session(event, room_id=make.room(event).id, focus_area_id=make.focus_area(event).id)
        make.add(SessionPerson(session_id=one.id, person_id=make.person().id))
    make_known(talk, title=Bilingual("Nic", "Nothing"))
    with counting() as few:
        client.get(f"{AT}/1.json")
    with counting() as many:
        assert len(read(client.get(f"{AT}/3.json").data).programme.sessions) == 6
    assert len(many) == len(few)
    assert client.get(f"{AT}/4.json").status_code == 404


@pytest.mark.any_database
def test_the_log_does_not_tell_of_what_not_everybody_may_see(client: Reader):
    event = forum()
    talk = make.session(event, title=Bilingual("Tajne", "Secret"), visibility=Visibility.REGISTERED)
    assert talk.starts_at is not None
    place(event.id, talk.uid, None, talk.starts_at + HOUR, seen=0, by=make.person().id, now=NOW)
    boss(client, event).post(AT, data={"name_en": "Fresh", "seen": "1"})
    page = client.get("/en/events/forum/changes").text
    assert "Fresh" in page
    assert "Secret" not in page


@pytest.mark.any_database
def test_a_session_is_taken_back_or_put_where_it_hurts_less(client: Reader):
    event = forum()
    moved(event)
    uid = next(uid for uid, content in draft_of(event.id).contents.items() if content.title.en == "Sleep")
    room = draft_of(event.id).rooms[0].code
    later = moment(DAY, time(15), make.ZONE).isoformat()
    sent = {"uid": uid, "room": room, "starts_at": later, "seen": str(latest_step(event.id))}
    boss(client, event).post(f"{AT}/move", data=sent)
    assert "people get a clash" in flat(client.get(AT).text)
    assert "0</span> people get a clash" in flat(client.get(AT).text)
    client.post(f"{AT}/back", data={"uid": uid})
    assert "The draft is what everybody reads" in client.get(AT).text
    assert client.post(f"{AT}/move", data=sent | {"starts_at": "soon"}).status_code == 400


@pytest.mark.any_database
def test_what_stops_a_release_is_the_organisers_own_choice(client: Reader):
    event = forum()
    room = make.room(event)
    make.session(event, room_id=room.id)
    make.session(event, room_id=room.id)
    page = boss(client, event).get(AT).text
    assert "One conflict stops the release" in page
    assert client.post(AT, data={"name_en": "Fresh", "seen": "0"}).status_code == 409
    form = client.get(f"{AT}/severities").text
    kinds = [part.split('"')[0] for part in form.split('<select id="')[1:]]
    wish = dict.fromkeys(kinds, "warn") | {"room_minutes": "15", "person_minutes": "0"}
    assert client.post(f"{AT}/severities", data=wish).status_code == 302
    assert 'value="15"' in client.get(f"{AT}/severities").text
    assert client.post(AT, data={"name_en": "Fresh", "seen": "0"}).status_code == 302
    assert client.post(f"{AT}/severities", data=wish | dict.fromkeys(kinds, "hardly")).status_code == 422


@pytest.mark.any_database
def test_the_page_asks_as_much_for_many_as_for_few(app: Flask, client: Reader):
    event = forum()
    moved(event)
    boss(client, event).get(AT)
    with counting() as few:
        client.get(AT)
    for n in range(6):
        starts_at = moment(DAY, time(9 + n), make.ZONE)
        talk = make.session(event, starts_at=starts_at)
        make.signup(make.registration(event), talk)
        place(event.id, talk.uid, None, starts_at + HOUR / 2, seen=0, by=make.person().id, now=NOW)
    db.session.rollback()
    with counting() as many:
        client.get(AT)
    assert len(many) == len(few) < 70
