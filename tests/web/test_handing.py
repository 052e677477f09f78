"""Handing a seat on as people see it: who has it, who gets it, and the organiser who helps."""

import re

import pytest
from sqlalchemy import select

from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.registration import service
from lsos.registration.details import Details
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState as S
from tests import make
from tests.conftest import Reader

COLLEAGUE = {"given_name": "Ewa", "family_name": "Lis", "email": "ewa@example.org", "language": "en"}


@pytest.fixture
def mine(client: Reader) -> Registration:
    event = make.event(starts_on=make.FIRST_DAY.replace(year=2999))
    kind = make.participation_type(event, seats=None, is_light=True)
    return make.registration(event, make.person("Ola", "Nowak", email="ola@example.org"), participation_type=kind)


def link() -> str:
    """Read the link from the letter to the colleague."""
    db.session.rollback()
    texts = select(OutgoingMail.text).where(OutgoingMail.to_address == "ewa@example.org").order_by(OutgoingMail.id)
    text = db.session.scalars(texts).first()
    found = re.search(r"/en/events/\S+/seat-from/\S+", text or "")
    assert found is not None
    return found[0]


def test_a_seat_goes_from_ones_page_through_a_letter_and_a_form_to_the_colleague(client: Reader, mine: Registration):
    address = f"/en/events/{mine.event.slug}/me/hand-on"
    client.sign_in(mine.person)
    assert "A colleague comes in my place" in client.get(f"/en/events/{mine.event.slug}/me/profile").text
    assert client.post(address, data=COLLEAGUE | {"email": "no address"}).status_code == 422
    wrong = client.post(address, data=COLLEAGUE | {"email": "ola@example.org"})
    assert wrong.status_code == 422
    assert "an address of who has the seat" in wrong.text
    assert 'value="Ewa"' in wrong.text
    page = client.post(address, data=COLLEAGUE, follow_redirects=True).text
    assert "Offered to Ewa Lis" in page

    visitor = client.application.test_client()
    seen = visitor.get(link()).text
    assert "Ola Nowak" in seen
    way = re.search(r'href="([^"]+entry=transfer[^"]+)"', seen)
    assert way is not None
    form = visitor.get(way[1]).text
    assert "Ola" not in re.sub(r"Ola Nowak hands their seat on to you", "", form)
    answer = visitor.post(way[1], data={"once": "1", "given_name": "Ewa", "language": "en"}, follow_redirects=True)
    assert "Your seat is confirmed" in answer.text
    db.session.rollback()
    states = dict(db.session.execute(select(Registration.badge_code, Registration.state)).all())
    assert sorted(states.values()) == [S.CANCELLED, S.CONFIRMED]
    assert states[mine.badge_code] is S.CANCELLED
    assert "taken with this link already" in visitor.get(link()).text


def test_somebody_signed_in_under_another_address_cannot_take_it(client: Reader, mine: Registration):
    client.sign_in(mine.person).post(f"/en/events/{mine.event.slug}/me/hand-on", data=COLLEAGUE)
    page = client.sign_in(make.person("Iga", "Kos", email="iga@example.org")).get(link()).text
    assert "for another address than yours" in page
    assert "Take the seat" not in page


def test_an_organiser_offers_it_for_somebody_and_the_colleague_says_no(client: Reader, mine: Registration):
    slug = mine.event.slug
    client.sign_in(make.staff(Role.OWNER, mine.event))
    address = f"/en/events/{slug}/organise/people/{mine.uid}/hand-on"
    assert "Offered to Ewa Lis" in client.post(address, data=COLLEAGUE, follow_redirects=True).text
    visitor = client.application.test_client()
    assert "You said that you do not take this seat" in visitor.post(f"{link()}/decline", follow_redirects=True).text
    page = client.get(f"/en/events/{slug}/organise/people/{mine.uid}").text
    assert "The colleague did not take the seat" in page


def test_a_guest_asks_for_more_and_the_organiser_decides_on_their_page(client: Reader, mine: Registration):
    event = mine.event
    forum = make.participation_type(event, seats=2, needs_approval=True, is_light=True, has_matchmaking=False)
    forum.is_light = False
    db.session.commit()
    who = Details("Ola", "ola@example.org", "en", family_name="Nowak")
    service.register(event.id, forum.code, who, (), by=mine.person_id, now=make.BEFORE)
    client.sign_in(mine.person)
    assert "You asked to take part as" in client.get(f"/en/events/{event.slug}/me/profile").text
    client.sign_in(make.staff(Role.OWNER, event))
    assert client.get(f"/en/events/{event.slug}/organise/people?wish=yes").text.count(mine.uid) > 0
    page = client.post(
        f"/en/events/{event.slug}/organise/people/{mine.uid}/upgrade/approve", follow_redirects=True
    ).text
    assert "They have the seat they asked for" in page
    db.session.rollback()
    assert db.session.get_one(Registration, mine.id, populate_existing=True).participation_type_id == forum.id
