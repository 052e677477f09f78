"""The organisers' page of proposals for a better schedule, as they read it and press it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.meetings import changing, service
from lsos.meetings.change_queries import asked_by_organisers
from lsos.meetings.models import Meeting
from tests import make

NOW = datetime.now(UTC)


class Forum:
    """Ola waits between Jan in the first slot and Ewa in the last; Jan could come later, Ewa could not."""

    def __init__(self):
        self.event = make.event(starts_on=NOW.date() + timedelta(days=30))
        self.slots = make.meeting_grid(self.event, slots=4, tables=2)
        self.ola, self.jan, self.ewa = (
            make.registration(self.event, make.person(name, "Próbny", language="en")) for name in ("Ola", "Jan", "Ewa")
        )
        self.with_jan = make.meeting(self.ola, self.jan, self.slots[0])
        self.with_ewa = make.meeting(self.ola, self.ewa, self.slots[3])
        for slot in self.slots[:3]:
            service.block_slot(self.ewa.id, slot.starts_at, now=NOW)
        self.staff = make.staff(Role.MATCHMAKING, self.event)

    def address(self, rest=""):
        return f"/en/events/{self.event.slug}/organise/matching/improve/{rest}"

    @property
    def changes(self):
        db.session.rollback()
        return asked_by_organisers(self.event.id, limit=9)


@pytest.fixture
def forum(app):
    return Forum()


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_what_is_ticked_is_looked_at_once_more_asked_answered_and_seen(client, forum):
    organiser = client.sign_in(forum.staff)
    page = organiser.get(forum.address())
    assert "1 wait fewer , 40 minutes" in words(page) or "1 wait fewer, 40 minutes" in words(page)
    assert re.search(r"(Jan Próbny and Ola|Ola Próbny and Jan) Próbny", words(page))
    [key] = re.findall(r'name="proposal" value="([^"]+)"', page.text)

    sure = organiser.post(forum.address("look"), data={"proposal": key})
    assert "Ask 2 people?" in words(sure)
    assert forum.changes == []
    assert re.findall(r'type="hidden" name="proposal" value="([^"]+)"', sure.text) == [key]

    asked = organiser.post(forum.address("ask"), data={"proposal": key}, follow_redirects=True)
    assert "2 people are asked by letter." in words(asked)
    assert "waits for answers" in words(asked)
    assert "Jan Próbny: no answer yet" in words(asked)
    [change] = forum.changes
    changing.answer(change.uid, by=forum.jan.id, says_yes=True, now=NOW)
    assert "Jan Próbny: yes" in words(organiser.get(forum.address()))
    changing.answer(change.uid, by=forum.ola.id, says_yes=True, now=NOW)
    page = words(organiser.get(forum.address()))
    assert "all agreed: moved" in page
    assert "Nothing gets better by moving a few meetings." in page
    assert db.session.get_one(Meeting, forum.with_jan.id).slot_id == forum.slots[2].id


def test_what_was_asked_can_be_taken_back_once(client, forum):
    organiser = client.sign_in(forum.staff)
    [key] = re.findall(r'name="proposal" value="([^"]+)"', organiser.get(forum.address()).text)
    organiser.post(forum.address("ask"), data={"proposal": key})
    [change] = forum.changes

    address = forum.address(f"{change.uid}/withdraw")
    assert "Taken back." in words(organiser.post(address, follow_redirects=True))
    assert "taken back" in words(organiser.get(forum.address()))
    assert "This is settled already" in words(organiser.post(address, follow_redirects=True))


def test_what_people_propose_to_each_other_is_neither_shown_nor_taken_back_here(client, forum):
    change = changing.propose(forum.with_jan.uid, forum.slots[1].starts_at, by=forum.ola.id, message="Psst", now=NOW)
    organiser = client.sign_in(forum.staff)

    page = organiser.get(forum.address()).text
    assert "Psst" not in page
    assert "Asked so far" not in page
    assert organiser.post(forum.address(f"{change.uid}/withdraw")).status_code == 404


def test_without_a_tick_or_with_one_that_is_out_of_date_nobody_is_asked(client, forum):
    organiser = client.sign_in(forum.staff)
    [key] = re.findall(r'name="proposal" value="([^"]+)"', organiser.get(forum.address()).text)
    nothing = organiser.post(forum.address("look"), follow_redirects=True)
    assert "Tick what you want to ask for first." in words(nothing)
    service.cancel(forum.with_ewa.uid, by=None, now=NOW)
    db.session.rollback()
    before = db.session.scalars(select(OutgoingMail.id)).all()

    for step in ("look", "ask"):
        late = organiser.post(forum.address(step), data={"proposal": key}, follow_redirects=True)
        assert "Meanwhile something changed" in words(late)
    assert db.session.scalars(select(OutgoingMail.id)).all() == before


def test_who_is_asked_reads_on_their_page_that_organisers_ask(client, forum):
    organiser = client.sign_in(forum.staff)
    [key] = re.findall(r'name="proposal" value="([^"]+)"', organiser.get(forum.address()).text)
    organiser.post(forum.address("ask"), data={"proposal": key})

    page = words(client.sign_in(forum.ola.person).get(f"/en/events/{forum.event.slug}/meetings/"))
    assert "The organisers ask whether it may take place at another time." in page
    assert "It saves you 1 wait between your meetings." in page
    [letter] = db.session.scalars(select(OutgoingMail).where(OutgoingMail.to_address == forum.ola.person.email))
    [address] = re.findall(r"(/en/another-time/\S+)", letter.text)
    assert "The organisers ask: may it take place at another time?" in words(client.get(address))
