"""Seats and ways to take part, as organisers read and change them."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.kind_queries import SUMMED, Part, accounts
from lsos.registration.models import Capacity, ParticipationType, Registration, WaitingEntry
from lsos.registration.rules import Audience, RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.web.test_registration import AHEAD

S = RegistrationState


@pytest.fixture
def event(app: Flask, client: Reader) -> Event:
    event = make.event(starts_on=AHEAD)
    client.sign_in(make.staff(Role.OWNER, event))
    return event


def path(event: Event, rest: str = "", part: str = "seats") -> str:
    return f"/en/events/{event.slug}/organise/{part}{rest}"


def filled(event: Event, *, seats: int = 20) -> ParticipationType:
    """Make a type with seats of every sort: 3 confirmed, 7 held for four reasons, 2 pending, 1 in line."""
    kind = make.participation_type(event, seats=seats)
    for state, number in ((S.CONFIRMED, 3), (S.PENDING, 2), (S.WAITLISTED, 1)):
        for _ in range(number):
            make.registration(event, participation_type=kind, state=state)
    make.registration(event, participation_type=kind, state=S.PENDING, to_review=["organisation"])
    capacity = db.session.get_one(Capacity, kind.capacities[0].id)
    capacity.taken, capacity.held_review, capacity.held_delegation = 3, 1, 3
    capacity.held_invited, capacity.held_offer = 2, 1
    db.session.commit()
    return kind


def test_the_parts_add_up_to_the_seats(client: Reader, event: Event):
    kind = filled(event)
    (one,) = accounts(event.id)
    assert [one.numbers[part] for part in SUMMED] == [3, 1, 3, 2, 1, 10]
    assert sum(one.numbers[part] for part in SUMMED) == one.capacity.seats
    assert (one.numbers[Part.PENDING], one.numbers[Part.WAITING]) == (2, 1)
    words = client.get(path(event)).text
    assert f"/seats/{kind.code}/people/confirmed" in words
    assert f"/seats/{kind.code}/line" in words
    for part, number in (("confirmed", 3), ("review", 1), ("pending", 2)):
        assert client.get(path(event, f"/{kind.code}/people/{part}")).text.count("/organise/people/") >= number


def test_the_page_asks_as_much_of_two_kinds_of_seat_as_of_twelve(client: Reader, event: Event):
    numbers = []
    for more in (2, 10):
        for _ in range(more):
            filled(event)
        with counting() as statements:
            assert client.get(path(event)).status_code == 200
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


def test_more_seats_go_on_at_once_and_fewer_than_are_promised_are_refused_with_the_numbers(
    client: Reader, event: Event
):
    kind = filled(event, seats=10)
    here = path(event, f"/{kind.code}")
    form = {"name_pl": "Sala", "name_en": "Hall", "seats": "9", "offer_hours": "24", "kinds": [kind.code]}
    answer = client.post(here, data=form)
    assert answer.status_code == 422
    assert "3 are taken and 7 are held, so there must be at least 10 seats." in answer.text
    answer = client.post(here, data=form | {"seats": "12"}, follow_redirects=True)
    assert "1 place in line got its seats, or an offer, at once." in answer.text
    capacity = db.session.scalars(select(Capacity).where(Capacity.event_id == event.id)).one()
    assert (capacity.seats, capacity.taken, capacity.offer_hours) == (12, 4, 24)


def test_new_seats_count_those_who_are_confirmed_already(client: Reader, event: Event):
    kind = make.participation_type(event)
    for _ in range(3):
        make.registration(event, participation_type=kind)
    form = {"name_en": "Hall", "seats": "2", "offer_hours": "48", "kinds": [kind.code]}
    answer = client.post(path(event, "/new"), data=form)
    assert answer.status_code == 422
    assert "Confirmed as “Participant”: 3. Free among “Hall”: 2." in answer.text
    assert client.post(path(event, "/new"), data=form | {"seats": "5"}).status_code == 302
    capacity = db.session.scalars(select(Capacity).where(Capacity.event_id == event.id)).one()
    assert (capacity.code, capacity.taken) == ("hall", 3)
    assert "Only seats that nobody has" in client.get(path(event, "/hall")).text
    assert "3 of these seats are taken" in client.post(path(event, "/hall/delete"), follow_redirects=True).text
    client.post(path(event, "/hall"), data=form | {"seats": "5", "kinds": []})
    assert "These seats are gone." in client.post(path(event, "/hall/delete"), follow_redirects=True).text


def test_somebody_in_line_is_moved_with_a_reason(client: Reader, event: Event):
    kind = make.participation_type(event, seats=0)
    first = make.registration(event, participation_type=kind, state=S.WAITLISTED)
    second = make.registration(event, make.person("Zenon"), participation_type=kind, state=S.WAITLISTED)
    entries = {one.registration_id: one.uid for one in db.session.scalars(select(WaitingEntry))}
    here = path(event, f"/{kind.code}/line")
    answer = client.post(f"{here}/{entries[second.id]}", data={"priority": "5", "reason": ""})
    assert answer.status_code == 422
    assert "Say why this person is moved" in answer.text
    answer = client.post(
        f"{here}/{entries[second.id]}", data={"priority": "5", "reason": "Speaks on Friday"}, follow_redirects=True
    )
    assert "Speaks on Friday" in answer.text
    assert answer.text.index("Zenon") < answer.text.index(first.person.name)


WAY = {
    "name_pl": "Prasa",
    "name_en": "Media",
    "description_en": "For journalists",
    "audience": "everybody",
    "needs_approval": "y",
    "watched_answers": ["organisation"],
    "has_matchmaking": "y",
}


def test_a_way_to_take_part_is_made_changed_ordered_and_deleted(client: Reader, event: Event):
    make.participation_type(event, seats=5)
    assert client.post(path(event, "/new", "ways"), data=WAY).status_code == 302
    words = client.get(path(event, part="ways")).text
    assert "missing in Polish: what it is for" in words
    assert words.index("Participant") < words.index("Media")
    client.post(path(event, "/media/move", "ways"), data={"up": "1"})
    words = client.get(path(event, part="ways")).text
    assert words.index("Media") < words.index("Participant")

    closes = {"opens_at": "2030-01-02T10:00", "closes_at": "2030-01-01T10:00"}
    answer = client.post(path(event, "/media", "ways"), data=WAY | closes)
    assert answer.status_code == 422
    assert "It closes before it opens." in answer.text
    assert client.post(path(event, "/media", "ways"), data=WAY | {"name_en": "Press"}).status_code == 302
    made = db.session.scalars(select(ParticipationType).where(ParticipationType.code == "media")).one()
    assert (made.name, made.watched_answers) == (Bilingual("Prasa", "Press"), ["organisation"])
    assert "is gone" in client.post(path(event, "/media/delete", "ways"), follow_redirects=True).text


def test_a_way_that_people_hold_is_not_deleted(client: Reader, event: Event):
    kind = make.participation_type(event)
    make.registration(event, participation_type=kind)
    answer = client.post(path(event, f"/{kind.code}/delete", "ways"), follow_redirects=True)
    assert "Registered this way: 1. So it stays" in answer.text


def test_a_way_that_only_a_link_shows_has_its_link(client: Reader, event: Event):
    kind = make.participation_type(event, audience=Audience.LINK)
    assert f"key={kind.link_key}" in client.get(path(event, part="ways")).text


def test_a_way_has_dates_of_its_own_within_those_of_the_event(client: Reader, app: Flask):
    opens = make.BEFORE
    event = make.event(starts_on=AHEAD, registration_opens_at=opens, registration_closes_at=opens + timedelta(days=9))
    client.sign_in(make.staff(Role.OWNER, event))
    answer = client.post(path(event, "/new", "ways"), data=WAY | {"opens_at": "2020-01-01T10:00"})
    assert "Registration for the event is not open then." in answer.text
    assert db.session.scalars(select(ParticipationType)).all() == []


def test_the_list_behind_a_number_holds_no_stranger(client: Reader, event: Event):
    kind = filled(event)
    other = make.registration(event, make.person("Obcy"), participation_type=make.participation_type(event, seats=5))
    assert (
        db.session.get_one(Registration, other.id).person.name
        not in client.get(path(event, f"/{kind.code}/people/confirmed")).text
    )
    assert client.get(path(event, f"/{kind.code}/people/free")).status_code == 404
