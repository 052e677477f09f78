"""One's seat by the link in a letter, without signing in: buttons first, deeds by pressing them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.registration.models import Registration, WaitingEntry
from lsos.registration.rules import RegistrationState
from lsos.registration.waiting_rules import EntryState
from tests import make
from tests.conftest import Reader
from tests.web.test_registration import AHEAD

S = RegistrationState


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=AHEAD)


def register(client: Reader, event: Event, code: str, name: str, **more: str) -> Registration:
    form = {"once": name, "given_name": name, "email": f"{name.lower()}@example.org", "language": "en"} | more
    client.post(f"/en/events/{event.slug}/register/{code}", data=form)
    found = select(Registration).order_by(Registration.id.desc())
    return db.session.scalars(found).all()[0]


def link(name: str) -> str:
    """Give the address of the link in the latest letter to somebody."""
    letters = select(OutgoingMail).where(OutgoingMail.to_address == f"{name.lower()}@example.org")
    letter = db.session.scalars(letters.order_by(OutgoingMail.id.desc())).all()[0]
    found = re.search(r"/(?:en|pl)/seat/[\w-]+", letter.text)
    assert found is not None
    return found[0]


def state(one: Registration) -> RegistrationState:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Registration, one.id).state


def test_not_coming_is_one_press_and_the_seat_goes_on_at_once(client: Reader, event: Event):
    kind = make.participation_type(event, seats=1, is_light=True)
    ola, jan = (register(client, event, kind.code, name) for name in ("Ola", "Jan"))
    here = link("Ola")
    page = client.get(here).text
    assert "Are you still coming, Ola?" in page
    assert state(ola) is S.CONFIRMED
    client.post(here, data={"answer": "coming"})
    assert "You told us on" in client.get(here).text
    page = client.post(here, data={"answer": "leave"}, follow_redirects=True).text
    assert "You are not coming to" in page
    assert (state(ola), state(jan)) == (S.CANCELLED, S.CONFIRMED)
    assert client.post(here, data={"answer": "leave"}, follow_redirects=True).status_code == 200


def test_the_waiting_list_shows_its_rank_and_is_left_by_the_link(client: Reader, event: Event):
    kind = make.participation_type(event, seats=0, is_light=True)
    for name in ("Ola", "Jan"):
        register(client, event, kind.code, name)
    jan = db.session.scalars(select(Registration).order_by(Registration.id.desc())).all()[0]
    page = client.get(link("Jan")).text
    assert "You are number 2 on the waiting list" in page
    page = client.post(link("Ola"), data={"answer": "leave"}, follow_redirects=True).text
    assert "You are not on the waiting list of" in page
    assert "no seat is kept for you" in page
    assert "You are number 1 on the waiting list" in client.get(link("Jan")).text
    assert state(jan) is S.WAITLISTED


def test_an_offer_is_taken_by_the_link_while_it_holds(client: Reader, event: Event):
    kind = make.participation_type(event, seats=1, is_light=True)
    register(client, event, kind.code, "First")
    asked = register(client, event, kind.code, "Asked", group_size="1", on_turn="ask")
    late = register(client, event, kind.code, "Late", group_size="1", on_turn="ask")
    client.post(link("First"), data={"answer": "leave"})
    here = link("Asked")
    assert "A seat is kept for you" in client.get(here).text
    assert "The seat is yours." in client.post(here, data={"answer": "accept"}, follow_redirects=True).text
    assert state(asked) is S.CONFIRMED
    client.post(here, data={"answer": "leave"})
    with transaction() as session:
        entry = session.scalars(select(WaitingEntry).where(WaitingEntry.state == EntryState.OFFERED)).one()
        entry.offered_until = make.BEFORE - timedelta(days=1)
    page = client.post(link("Late"), data={"answer": "accept"}, follow_redirects=True).text
    assert "This offer is over" in page
    assert state(late) is S.WAITLISTED


@pytest.mark.parametrize("is_by_link", [True, False])
def test_who_takes_the_seats_of_a_group_reads_where_the_colleagues_get_theirs(
    client: Reader, event: Event, is_by_link: bool
):
    kind = make.participation_type(event, seats=2, is_light=True)
    for name in ("First", "Second"):
        register(client, event, kind.code, name)
    group = register(client, event, kind.code, "Group", group_size="2", on_turn="ask")
    for name in ("First", "Second"):
        client.post(link(name), data={"answer": "leave"})
    if is_by_link:
        page = client.post(link("Group"), data={"answer": "accept"}, follow_redirects=True).text
    else:
        client.sign_in(db.session.get_one(Registration, group.id).person)
        page = client.post(f"/en/events/{event.slug}/me/offer", follow_redirects=True).text
    assert "the page from which your colleagues get their seats" in page


@pytest.mark.parametrize(("on_turn", "then"), [("ask", "keep them for you"), ("take", "they are yours")])
def test_a_group_reads_everywhere_that_it_waits_for_seats_for_all_of_it(
    client: Reader, event: Event, on_turn: str, then: str
):
    kind = make.participation_type(event, seats=0, is_light=True)
    group = register(client, event, kind.code, "Group", group_size="2", on_turn=on_turn)
    letter = " ".join(db.session.scalars(select(OutgoingMail.text)).one().split())
    thanks, by_link = client.get(f"/en/events/{event.slug}/register/thanks").text, client.get(link("Group")).text
    client.sign_in(db.session.get_one(Registration, group.id).person)
    for said in (letter, thanks, by_link, client.get(f"/en/events/{event.slug}/me/").text):
        assert "there are seats for all of you" in said
        assert then in said
        assert "As soon as one is free" not in said
        assert "a seat is free" not in said


def test_an_offer_is_taken_on_ones_own_page_too(client: Reader, event: Event):
    kind = make.participation_type(event, seats=1, is_light=True)
    register(client, event, kind.code, "First")
    asked = register(client, event, kind.code, "Asked", group_size="1", on_turn="ask")
    client.post(link("First"), data={"answer": "leave"})
    client.sign_in(db.session.get_one(Registration, asked.id).person)
    own = f"/en/events/{event.slug}/me/"
    assert "A seat is kept for you" in client.get(own).text
    assert "The seat is yours." in client.post(f"{own}offer", follow_redirects=True).text
    assert "Take part in more, without typing again" in client.get(own).text


@pytest.mark.parametrize("token", ["nothing", "A" * 43])
def test_a_link_that_is_nobodys_opens_nothing(client: Reader, event: Event, token: str):
    assert client.get(f"/en/seat/{token}").status_code == 404
    assert client.post(f"/en/seat/{token}", data={"answer": "leave"}).status_code == 404
