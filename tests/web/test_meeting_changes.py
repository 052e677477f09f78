"""Another time for a meeting, as people read it and press it: on their pages, and by the link in a letter."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.meetings import changing, service
from lsos.meetings.models import Meeting
from tests import make
from tests.counting import counting

NOW = datetime.now(UTC)
#: Pages go by the real clock.
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """Two people who meet, and a third."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=3, tables=2)
        self.me, self.other, self.third = (
            make.registration(self.event, make.person(name, "Próbny", language="en")) for name in ("Ola", "Jan", "Ewa")
        )
        self.meeting = make.meeting(self.me, self.other, self.slots[0])

    def meetings(self, rest="/"):
        return f"/en/events/{self.event.slug}/meetings{rest}"

    def changes(self, rest):
        return f"/en/events/{self.event.slug}/meeting-changes{rest}"

    @property
    def page(self):
        return self.meetings(f"/{self.meeting.uid}")

    def propose(self, slot=1, by=None):
        return changing.propose(self.meeting.uid, self.slots[slot].starts_at, by=(by or self.me).id, now=NOW)

    @property
    def slot_id(self):
        db.session.rollback()
        return db.session.scalar(select(Meeting.slot_id).where(Meeting.id == self.meeting.id))


@pytest.fixture
def forum(app):
    return Forum()


def read(client, who, address):
    answer = client.sign_in(who.person).get(address)
    assert answer.status_code == 200
    return answer.text


def press(client, who, address, **data):
    return client.sign_in(who.person).post(address, data=data, follow_redirects=True)


def test_the_common_times_are_offered_one_press_proposes_and_one_press_agrees(client, forum):
    offered = re.findall(r'name="starts_at" value="([^"]+)"', read(client, forum.me, forum.page))
    assert offered == [slot.starts_at.isoformat() for slot in forum.slots[1:]]

    propose = forum.changes(f"/meetings/{forum.meeting.uid}/propose")
    asked = press(client, forum.me, propose, starts_at=offered[1], message="Za wcześnie dla mnie.")
    assert "Jan Próbny is asked." in asked.text
    assert "You proposed this." in asked.text
    assert forum.slot_id == forum.slots[0].id

    page = read(client, forum.other, forum.meetings())
    assert "Ola Próbny would like another time." in page
    assert "Za wcześnie dla mnie." in page
    [address] = re.findall(r'action="([^"]+/answer)"', page)
    agreed = press(client, forum.other, address, answer="yes")

    assert "Done. All of you get a letter" in agreed.text
    assert "Another time?" not in agreed.text
    assert forum.slot_id == forum.slots[2].id


def test_times_that_save_the_reader_a_wait_come_first_and_say_so(client, forum):
    fourth = make.add(
        type(forum.slots[0])(
            event_id=forum.event.id,
            starts_at=forum.slots[2].ends_at + timedelta(minutes=5),
            ends_at=forum.slots[2].ends_at + timedelta(minutes=25),
        )
    )
    make.meeting(forum.me, forum.third, fourth)
    page = read(client, forum.me, forum.page)

    assert "propose: saves you a wait" in page
    offered = re.findall(r'name="starts_at" value="([^"]+)"', page)
    assert offered == [slot.starts_at.isoformat() for slot in (forum.slots[2], forum.slots[1])]
    assert "saves you a wait" not in read(client, forum.other, forum.page), "whose day it is, reads of it"


def test_a_no_is_as_near_as_a_yes_and_the_old_time_stands(client, forum):
    change = forum.propose()
    answer = press(client, forum.other, forum.changes(f"/{change.uid}/answer"), answer="no")

    assert "Nothing changes, the old time stands." in answer.text
    assert forum.slot_id == forum.slots[0].id


def test_who_proposed_takes_it_back(client, forum):
    change = forum.propose()
    answer = press(client, forum.me, forum.changes(f"/{change.uid}/withdraw"))

    assert "Taken back." in answer.text
    late = press(client, forum.other, forum.changes(f"/{change.uid}/answer"), answer="yes")
    assert "This is settled already" in late.text


@pytest.mark.parametrize("typed", ["", "tomorrow", "2026-01-01T10:00", "9" * 300])
def test_a_time_that_is_none_proposes_nothing(client, forum, typed):
    propose = forum.changes(f"/meetings/{forum.meeting.uid}/propose")
    assert client.sign_in(forum.me.person).post(propose, data={"starts_at": typed}).status_code == 400


def test_a_word_that_is_too_long_is_kept_and_nothing_is_proposed(client, forum):
    propose = forum.changes(f"/meetings/{forum.meeting.uid}/propose")
    long = "słowo " * 100
    answer = press(client, forum.me, propose, starts_at=forum.slots[1].starts_at.isoformat(), message=long)

    assert answer.status_code == 422
    assert long.strip() in answer.text


def test_a_place_that_is_gone_is_said_and_what_was_typed_is_still_there(client, forum):
    service.block_slot(forum.other.id, forum.slots[1].starts_at, now=NOW)
    propose = forum.changes(f"/meetings/{forum.meeting.uid}/propose")
    answer = press(client, forum.me, propose, starts_at=forum.slots[1].starts_at.isoformat(), message="Mam panel.")

    assert answer.status_code == 409
    assert "Jan Próbny is not free then." in answer.text
    assert "Mam panel." in answer.text


def test_who_says_yes_too_late_reads_why_and_which_times_are_free_now(client, forum):
    change = forum.propose()
    service.block_slot(forum.me.id, forum.slots[1].starts_at, now=NOW)
    answer = press(client, forum.other, forum.changes(f"/{change.uid}/answer"), answer="yes")

    assert "Meanwhile one of the times or tables was taken" in answer.text
    offered = re.findall(r'name="starts_at" value="([^"]+)"', answer.text)
    assert offered == [forum.slots[2].starts_at.isoformat()]


def test_for_others_neither_the_meeting_nor_the_question_exists(client, forum):
    change = forum.propose()
    asking = client.sign_in(forum.third.person)

    for address in (f"/meetings/{forum.meeting.uid}/propose", f"/{change.uid}/answer", f"/{change.uid}/withdraw"):
        data = {"starts_at": forum.slots[1].starts_at.isoformat(), "answer": "yes"}
        assert asking.post(forum.changes(address), data=data).status_code == 404
    assert client.sign_in(forum.other.person).post(forum.changes(f"/{change.uid}/answer")).status_code == 400


def test_the_link_in_the_letter_asks_and_a_button_answers_without_signing_in(client, forum):
    forum.propose()
    [letter] = db.session.scalars(select(OutgoingMail))
    assert letter.to_address == forum.other.person.email
    [address] = re.findall(r"http://127.0.0.1\S+(/en/another-time/\S+)", letter.text) or re.findall(
        r"(/en/another-time/\S+)", letter.text
    )

    opened = client.get(address)
    assert "Ola Próbny would like another time" in opened.text
    assert forum.slot_id == forum.slots[0].id, "a mail scanner that opens the link moves nothing"

    answered = client.post(address, data={"answer": "yes"}, follow_redirects=True)
    assert "This is settled" in answered.text
    assert "the new time stands" in answered.text
    assert forum.slot_id == forum.slots[1].id
    assert client.post(address, data={"answer": "no"}, follow_redirects=True).status_code == 200
    assert forum.slot_id == forum.slots[1].id


@pytest.mark.parametrize("token", ["x", "WyJ4IiwieSJd.abc", "a" * 500])
def test_a_link_that_is_not_whole_opens_nothing(client, app, token):
    assert client.get(f"/en/another-time/{token}").status_code == 404
    assert client.post(f"/en/another-time/{token}", data={"answer": "yes"}).status_code == 404


def test_the_page_costs_the_same_for_one_question_and_for_many(client, forum):
    def cost():
        with counting() as statements:
            read(client, forum.other, forum.meetings())
        return len(statements)

    forum.propose(2)
    before = cost()
    for n in range(5):
        slot = make.add(
            type(forum.slots[0])(
                event_id=forum.event.id,
                starts_at=forum.slots[0].starts_at + timedelta(hours=3 + n),
                ends_at=forum.slots[0].ends_at + timedelta(hours=3 + n),
            )
        )
        guest = make.registration(forum.event)
        meeting = make.meeting(guest, forum.other, slot)
        changing.propose(meeting.uid, forum.slots[1].starts_at, by=guest.id, now=NOW)
    assert cost() <= before + 3
