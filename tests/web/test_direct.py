"""A time booked at once, from the page of a person: what is offered, pressed, refused; and the same as JSON."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.events.rules import Role
from lsos.meetings import direct, service
from lsos.meetings.direct_rules import Bookable, MeetingMode
from lsos.meetings.models import Meeting, MeetingSettings
from lsos.meetings.preferences import Preference
from lsos.meetings.preferring import save_preference
from lsos.registration.models import Registration
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)
#: Pages go by the real clock.
SOON = NOW.date() + timedelta(days=30)
JSON = {"Accept": "application/json"}


class Forum:
    """An event at which times are booked at once."""

    def __init__(self, *, slots=8, tables=2, mode=MeetingMode.NOW):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, mode=mode)
        self.times = [slot.starts_at.isoformat() for slot in self.slots]
        names = ("Ola", "Jan", "Ewa")
        self.me, self.other, self.third = (make.registration(self.event, make.person(name, "Próbny")) for name in names)

    @property
    def person(self):
        return f"/en/events/{self.event.slug}/people/{self.other.uid}"

    @property
    def times_page(self):
        return f"{self.person}/times"


@pytest.fixture
def forum(app):
    return Forum()


def test_the_page_of_a_person_shows_the_times_that_are_free_for_both(client, forum):
    service.block_slot(forum.other.id, forum.slots[1].starts_at, now=NOW)
    page = client.sign_in(forum.me.person).get(forum.person).text
    assert [at for at in forum.times if f'value="{at}"' in page] == [forum.times[0], *forum.times[2:]]


def test_at_an_event_where_people_ask_no_times_are_shown(client, app):
    forum = Forum(mode=MeetingMode.LATER)
    page = client.sign_in(forum.me.person).get(forum.person).text
    assert "Book a time" not in page
    assert "Ask for a meeting" in page


def test_who_lets_nobody_book_is_asked(client, forum):
    save_preference(forum.other.id, Preference(bookable=Bookable.NOBODY))
    page = client.sign_in(forum.me.person).get(forum.person).text
    assert "Not everybody books a time with this person at once." in page
    assert forum.times[0] not in page


def test_one_press_books_and_leads_to_the_meeting(client, forum):
    answer = client.sign_in(forum.me.person).post(
        forum.times_page, data={"starts_at": forum.times[3], "message": "Pilot?", "listing": ""}, follow_redirects=True
    )
    assert "Booked: Jan Próbny," in answer.text
    assert "Pilot?" in answer.text
    assert db.session.scalars(select(Meeting.starts_at)).all() == [forum.slots[3].starts_at]


def test_who_comes_too_late_reads_why_keeps_the_words_and_gets_five_other_times(client, forum):
    direct.book_now(forum.third.id, forum.other.uid, forum.slots[3].starts_at, now=NOW)
    answer = client.sign_in(forum.me.person).post(
        forum.times_page, data={"starts_at": forum.times[3], "message": "Pilot?", "listing": ""}
    )
    assert answer.status_code == 409
    assert "Jan Próbny is no longer free at this time." in answer.text
    assert "Pilot?" in answer.text
    said = answer.text.partition("These times next to it")[2].partition("</ul>")[0]
    assert [at for at in forum.times if at in said] == [forum.times[n] for n in (0, 1, 2, 4, 5)]
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 1


def test_a_message_that_is_too_long_is_kept_and_nothing_is_booked(client, forum):
    answer = client.sign_in(forum.me.person).post(
        forum.times_page, data={"starts_at": forum.times[0], "message": "x" * 1001, "listing": ""}
    )
    assert answer.status_code == 422
    assert "x" * 1001 in answer.text
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 0


def test_programs_read_times_book_them_and_get_alternatives(client, forum):
    mine = client.sign_in(forum.me.person)
    listed = mine.get(forum.times_page, headers=JSON).get_json()
    assert [one["starts_at"] for one in listed["times"]] == forum.times
    assert listed["why_not"] == ""

    direct.book_now(forum.third.id, forum.other.uid, forum.slots[0].starts_at, now=NOW)
    late = mine.post(forum.times_page, data={"starts_at": forum.times[0], "listing": ""}, headers=JSON)
    assert late.status_code == 409
    assert late.get_json()["reason"] == "other_busy"
    assert late.get_json()["message"] == "Jan Próbny is no longer free at this time."
    assert [one["starts_at"] for one in late.get_json()["alternatives"]] == forum.times[1:6]

    done = mine.post(forum.times_page, data={"starts_at": forum.times[1], "listing": ""}, headers=JSON)
    assert done.status_code == 201
    assert done.get_json()["starts_at"] == forum.times[1]


def test_a_browser_is_led_to_the_page_of_the_person(client, forum):
    assert client.sign_in(forum.me.person).get(forum.times_page).location.endswith(f"{forum.person}#ask")


def test_a_person_who_cannot_be_opened_has_no_times(client, forum):
    hidden = make.registration(forum.event, make.person("Iga"))
    for consent in db.session.get_one(Registration, hidden.id).consents:
        consent.withdrawn_at = make.BEFORE
    db.session.commit()
    address = f"/en/events/{forum.event.slug}/people/{hidden.uid}/times"
    assert client.sign_in(forum.me.person).get(address, headers=JSON).status_code == 404


def test_the_page_of_a_person_costs_the_same_for_many_times_as_for_few(client, app):
    def cost(slots):
        forum = Forum(slots=slots)
        reader = client.sign_in(forum.me.person)
        with counting() as sent:
            assert reader.get(forum.person).status_code == 200
        return len(sent)

    assert cost(2) == cost(20)


def test_the_organiser_chooses_how_a_time_is_found(client, app):
    forum = Forum(mode=MeetingMode.LATER)
    owner = make.staff(Role.OWNER, forum.event)
    address = f"/en/events/{forum.event.slug}/organise/matching/requests"
    answer = client.sign_in(owner).post(
        address, data={"mode": "now", "max_per_person": "12", "max_open_requests": "10"}, follow_redirects=True
    )
    assert "Saved." in answer.text
    assert db.session.get_one(MeetingSettings, forum.event.id).mode is MeetingMode.NOW
