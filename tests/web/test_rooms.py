"""Rooms with seats, equipment and hours, and speakers who cannot come: what the draft is judged by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from lsos.agenda.models import SessionPerson
from lsos.db import db
from lsos.drafting.conflicts import conflicts_of
from lsos.drafting.queries import Draft, draft_of
from lsos.events.models import Event
from lsos.events.rules import Role
from tests import make
from tests.conftest import Reader

pytestmark = pytest.mark.any_database

DAY = datetime.now(UTC).date() + timedelta(days=30)
AT = "/en/events/forum/organise/rooms"


def forum(client: Reader) -> Event:
    event = make.event(slug="forum", starts_on=DAY)
    client.sign_in(make.staff(Role.PROGRAMME, event))
    return event


def draft(event: Event) -> Draft:
    db.session.rollback()
    return draft_of(event.id)


def kinds(event: Event) -> list[str]:
    return [found.kind for found in conflicts_of(draft(event)) if found.stops_release]


def room(**more: str) -> dict[str, Any]:
    return {"name_pl": "Aula", "name_en": "Great hall", "capacity": "80", "equipment": "piano, projector"} | more


def test_a_room_is_made_and_changed(client: Reader):
    event = forum(client)
    hours = {f"opens_{DAY:%Y%m%d}": "10:00", f"closes_{DAY:%Y%m%d}": "12:30"}
    assert client.post(f"{AT}/new", data=room(**hours)).status_code == 302
    [made] = draft(event).rooms
    assert (made.code, made.capacity, made.equipment) == ("great-hall", 80, ["piano", "projector"])
    page = client.get(AT).text
    assert "10:00–12:30" in page
    assert 'value="12:30"' in client.get(f"{AT}/great-hall").text

    make.session(event, room_id=made.id)
    assert kinds(event) == ["room_closed"]
    client.post(f"{AT}/great-hall", data=room(**dict.fromkeys(hours, "")))
    assert kinds(event) == []
    assert client.get(f"{AT}/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name_pl": "", "name_en": ""}, "Give the room a name"),
        ({"capacity": "-3"}, "Write a number of seats, or nothing."),
        ({f"opens_{DAY:%Y%m%d}": "10:00"}, "Give both, or neither."),
        ({f"opens_{DAY:%Y%m%d}": "10:00", f"closes_{DAY:%Y%m%d}": "09:00"}, "It ends before it starts."),
    ],
)
def test_a_wrong_room_says_why(client: Reader, wrong: dict[str, str], words: str):
    event = forum(client)
    answer = client.post(f"{AT}/new", data=room(**wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert draft(event).rooms == []


def test_who_cannot_come_is_noted_and_stands_in_the_way(app: Flask, client: Reader):
    event = forum(client)
    talk, ewa = make.session(event), make.person("Ewa", "Lis")
    make.add(SessionPerson(session_id=talk.id, person_id=ewa.id))
    away = {"person": str(ewa.id), "starts_at": f"{DAY}T08:00", "ends_at": f"{DAY}T10:00"}
    assert client.post(f"{AT}/away", data=away | {"ends_at": f"{DAY}T07:00"}).status_code == 422
    assert client.post(f"{AT}/away", data=away | {"person": str(make.person().id)}).status_code == 422
    assert client.post(f"{AT}/away", data=away).status_code == 302
    assert client.post(f"{AT}/away", data=away).status_code == 302
    assert "Ewa Lis" in client.get(AT).text
    assert kinds(event) == ["person_away"]
    form = client.get(AT).text
    address = form.split("/away/")[1].split('"')[0]
    client.post(f"{AT}/away/{address}")
    assert kinds(event) == []
