"""Somebody's days in their calendar program: the address, what it shows, and how it ends."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject
from sqlalchemy import update

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.meetings.preferences import Preference
from lsos.meetings.preferring import save_preference
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader

AT = "/en/events/forum/me/calendar"
SOON = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture
def event(app) -> Event:
    return make.event(slug="forum", starts_on=SOON)


@pytest.fixture
def mine(event: Event, client: Reader) -> Registration:
    mine = make.registration(event, make.person("Łucja", "Wąs"))
    client.sign_in(db.session.get_one(Person, mine.person_id))
    return mine


def address(client: Reader) -> str:
    """Read the address off the page; a program fetches it without any cookie."""
    page = client.get(AT).text
    start = page.index('value="http') + len('value="')
    return page[start : page.index('"', start)]


def read(client: Reader, where: str) -> list[str]:
    stranger = client.application.test_client()
    answer = stranger.get(where.removeprefix("http://localhost"))
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return [str(event["summary"]) for event in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")]


def test_nobody_has_an_address_who_did_not_ask_for_one(client: Reader, mine):
    assert "Make my address" in client.get(AT).text


def test_the_address_shows_ones_days_as_they_are_when_it_is_read(client: Reader, event, mine):
    talk = make.session(event, title=Bilingual("Sen", "Sleep"))
    make.signup(mine, talk)
    client.post(f"{AT}/address")
    where = address(client)
    assert "Sleep" in read(client, where)

    with transaction() as session:
        session.execute(update(Session).where(Session.id == talk.id).values(title_en="Dreams"))
    assert "Dreams" in read(client, where)


def test_it_tells_programs_how_often_to_come_back(client: Reader, mine):
    client.post(f"{AT}/address")
    written = client.get(address(client).removeprefix("http://localhost")).text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in written


def test_the_page_offers_it_to_calendar_programs(client: Reader, mine):
    client.post(f"{AT}/address")
    assert f'href="webcal{address(client).removeprefix("http")}"' in client.get(AT).text


def test_a_new_address_ends_the_old_one(client: Reader, mine):
    client.post(f"{AT}/address")
    old = address(client)
    answer = client.post(f"{AT}/address", follow_redirects=True)
    assert "The old one shows nothing any more." in answer.text
    assert client.get(old.removeprefix("http://localhost")).status_code == 404
    assert read(client, address(client))


def test_an_address_that_is_switched_off_opens_nothing(client: Reader, mine):
    client.post(f"{AT}/address")
    old = address(client)
    client.post(f"{AT}/address/end")
    assert client.get(old.removeprefix("http://localhost")).status_code == 404
    assert "Make my address" in client.get(AT).text


def test_a_key_that_nobody_made_opens_nothing(client: Reader, event):
    assert client.get("/en/events/forum/calendar/guess.ics").status_code == 404


def test_the_address_of_one_event_opens_no_other(client: Reader, mine):
    make.event(slug="other")
    client.post(f"{AT}/address")
    elsewhere = address(client).removeprefix("http://localhost").replace("/forum/", "/other/")
    assert client.get(elsewhere).status_code == 404


def test_who_cancelled_has_no_days_left_in_the_program(client: Reader, mine):
    client.post(f"{AT}/address")
    where = address(client)
    with transaction() as session:
        session.get_one(Registration, mine.id).state = RegistrationState.CANCELLED
    assert read(client, where) == []


def test_meetings_in_it_ring_as_their_owner_wishes_and_sessions_do_not(client: Reader, event, mine):
    slots = make.meeting_grid(event)
    make.meeting(mine, make.registration(event), slots[0])
    make.signup(mine, make.session(event))
    client.post(f"{AT}/address")
    where = address(client).removeprefix("http://localhost")

    def rings() -> list[timedelta]:
        entries = vobject.readOne(client.get(where).text).vevent_list
        return [-each.trigger.value for one in entries for each in one.contents.get("valarm", [])]

    assert rings() == [timedelta(minutes=10)]
    save_preference(mine.id, Preference(alarm_minutes=30))
    assert rings() == [timedelta(minutes=30)]
    save_preference(mine.id, Preference(alarm_minutes=0))
    assert rings() == []
