"""Meetings with organisations as their pages show them: asked, seen by colleagues, handed on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.meetings import organisation_requests
from lsos.meetings.models import BlockedSlot, MeetingRequest
from tests import make

NOW = datetime.now(UTC)
#: Pages go by the real clock.
SOON = NOW.date() + timedelta(days=30)


class Forum:
    """Somebody who asks, and two of one organisation."""

    def __init__(self):
        self.event = make.event(starts_on=SOON)
        self.slots = make.meeting_grid(self.event, slots=8, tables=3)
        self.firm = make.organisation("Klinika Miejska")
        self.asker = make.registration(self.event, make.person("Ola", "Próbna"))
        self.ewa, self.jan = (
            make.registration(self.event, make.person(name, "Kliniczna"), organisation_id=self.firm.id)
            for name in ("Ewa", "Jan")
        )

    def address(self, rest=""):
        return f"/en/events/{self.event.slug}{rest}"

    def ask(self):
        """Ask, so that it is the turn of Ewa."""
        for slot in self.slots[:6]:
            make.add(BlockedSlot(registration_id=self.jan.id, slot_id=slot.id))
        request = organisation_requests.ask_organisation(self.asker.id, self.firm.uid, "Pilot?", now=NOW)
        assert request.to_id == self.ewa.id
        return request


@pytest.fixture
def forum(app):
    return Forum()


def test_the_page_of_an_organisation_asks_it_and_says_that_it_is_asked(client, forum):
    page = forum.address(f"/market/organisations/{forum.firm.uid}")
    client.sign_in(forum.asker.person)
    assert "its people decide among themselves who meets you" in client.get(page).text
    answer = client.post(
        forum.address(f"/meetings/ask-organisation/{forum.firm.uid}"),
        data={"message": "Pilot?", "listing": ""},
        follow_redirects=True,
    )
    assert "Your request went to Klinika Miejska." in answer.text
    assert "You asked; the answer is open" in answer.text
    assert db.session.scalars(select(MeetingRequest.message)).all() == ["Pilot?"]
    assert "Klinika Miejska</a>" in client.get(forum.address("/meetings/")).text

    client.sign_in(forum.ewa.person)
    assert "Meet this organisation" not in client.get(page).text


def test_a_message_that_is_too_long_is_kept_and_nothing_is_sent(client, forum):
    client.sign_in(forum.asker.person)
    answer = client.post(
        forum.address(f"/meetings/ask-organisation/{forum.firm.uid}"), data={"message": "słowo " * 200, "listing": ""}
    )
    assert answer.status_code == 422
    assert "słowo słowo" in answer.text
    assert db.session.scalars(select(MeetingRequest.id)).all() == []


def test_a_colleague_sees_the_request_and_who_of_them_is_free(client, forum):
    request = forum.ask()
    client.sign_in(forum.jan.person)
    inbox = client.get(forum.address("/meetings/")).text
    assert "1 request to your organisation" in inbox
    assert "The turn of Ewa Kliniczna." in inbox

    chosen = client.get(forum.address(f"/meetings/requests/{request.uid}/colleagues")).text
    assert "Who meets Ola Próbna?" in chosen
    assert "and 2 more times" in chosen
    assert "Take it myself" in chosen
    assert client.get(forum.address(f"/people/{forum.asker.uid}")).status_code == 200


def test_handing_on_makes_it_the_turn_of_the_other(client, forum):
    request = forum.ask()
    client.sign_in(forum.ewa.person)
    here = forum.address(f"/meetings/requests/{request.uid}/colleagues")
    answer = client.post(here, data={"to": forum.jan.uid}, follow_redirects=True)
    assert "Handed on: Jan Kliniczna gets a letter and answers." in answer.text
    again = client.post(here, data={"to": forum.jan.uid}, follow_redirects=True)
    assert "Jan Kliniczna has this request already." in again.text
    assert db.session.scalars(select(MeetingRequest.to_id)).all() == [forum.jan.id]


def test_others_do_not_find_the_choice_of_an_organisation(client, forum):
    request = forum.ask()
    for who in (forum.asker, make.registration(forum.event, make.person("Obca"))):
        client.sign_in(who.person)
        assert client.get(forum.address(f"/meetings/requests/{request.uid}/colleagues")).status_code == 404


# ---- who goes to a booked meeting


def test_the_page_of_a_meeting_leads_to_colleagues_who_are_free_and_one_goes_instead(client, forum):
    meeting = make.meeting(forum.asker, forum.ewa, forum.slots[0])
    client.sign_in(forum.ewa.person)
    here = forum.address(f"/meetings/{meeting.uid}/colleagues")
    assert here in client.get(forum.address(f"/meetings/{meeting.uid}")).text
    assert "Goes instead" in client.get(here).text

    answer = client.post(here, data={"to": forum.jan.uid}, follow_redirects=True)
    assert "Jan Kliniczna goes to the meeting." in answer.text
    assert client.get(here).status_code == 404
    client.sign_in(forum.asker.person)
    assert "Jan Kliniczna" in client.get(forum.address(f"/meetings/{meeting.uid}")).text


def test_a_colleague_who_is_not_free_has_a_reason_instead_of_a_button(client, forum):
    meeting = make.meeting(forum.asker, forum.ewa, forum.slots[0])
    make.add(BlockedSlot(registration_id=forum.jan.id, slot_id=forum.slots[0].id))
    client.sign_in(forum.ewa.person)
    here = forum.address(f"/meetings/{meeting.uid}/colleagues")
    page = client.get(here).text
    assert "Jan Kliniczna is not free at this time." in page
    assert "Goes instead" not in page
    refused = client.post(here, data={"to": forum.jan.uid}, follow_redirects=True)
    assert "Jan Kliniczna is not free at this time." in refused.text


def test_nobody_else_finds_who_could_go(client, forum):
    meeting = make.meeting(forum.asker, forum.ewa, forum.slots[0])
    for who in (forum.jan, forum.asker):
        client.sign_in(who.person)
        assert client.get(forum.address(f"/meetings/{meeting.uid}/colleagues")).status_code == 404


def test_a_colleague_comes_along_and_leaves_again(client, forum):
    meeting = make.meeting(forum.asker, forum.ewa, forum.slots[0])
    client.sign_in(forum.ewa.person)
    here = forum.address(f"/meetings/{meeting.uid}/colleagues")
    assert "Goes as well" in client.get(here).text
    client.post(here, data={"also": forum.jan.uid})
    assert "Does not go after all" in client.get(here).text

    for who in (forum.asker, forum.ewa):
        client.sign_in(who.person)
        assert "Also there: Jan Kliniczna" in client.get(forum.address("/meetings/")).text
    client.sign_in(forum.jan.person)
    page = client.get(forum.address(f"/meetings/{meeting.uid}")).text
    assert "You were brought along" in page
    assert "Cancel the meeting" not in page
    left = client.post(f"{here}/leave", data={"who": forum.jan.uid}, follow_redirects=True)
    assert "the meeting takes place all the same" in left.text
    assert client.get(forum.address(f"/meetings/{meeting.uid}")).status_code == 404
