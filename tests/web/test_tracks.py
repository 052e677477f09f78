"""Focus areas, zones, formats and rooms in the hands of organisers: named, ordered, and taken away while unused."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from lsos.agenda.models import Session
from lsos.db import db
from lsos.drafting.queries import draft_of
from lsos.drafting.removing import referring_to, remove, uses_of
from lsos.drafting.service import save, undo
from lsos.errors import Refused
from lsos.events.models import Event, FocusArea, Room, Zone
from lsos.events.queries import focus_areas, rooms, zones
from lsos.events.rules import Role
from lsos.taxonomy.models import SessionFormat
from lsos.taxonomy.queries import session_formats
from lsos.web.uses import WORDS
from tests import make
from tests.conftest import Reader

NOW = datetime(2030, 5, 1, tzinfo=UTC)
AT = "/en/events/forum/organise/tracks"
AREA: dict[str, Any] = {
    "name_pl": "Terapie",
    "name_en": "Therapies",
    "scope_pl": "",
    "scope_en": "New ones",
    "after": "",
}


def forum(client: Reader) -> Event:
    event = make.event(slug="forum")
    client.sign_in(make.staff(Role.PROGRAMME, event))
    return event


@pytest.mark.any_database
def test_focus_areas_are_made_renamed_and_put_in_order(client: Reader):
    event, tag = forum(client), make.tag()
    assert client.post(f"{AT}/areas/new", data=AREA | {"tags": [tag.code]}).status_code == 302
    green = {"name_pl": "Zielone", "name_en": "", "after": "therapies"}
    assert client.post(f"{AT}/areas/new", data=AREA | green).status_code == 302
    first, second = focus_areas(event.id)
    assert ([t.code for t in first.tags], first.scope.en, second.code) == ([tag.code], "New ones", "zielone")

    client.post(f"{AT}/areas/therapies", data=AREA | {"name_en": "Cures", "after": "zielone"})
    db.session.rollback()
    assert [area.code for area in focus_areas(event.id)] == ["zielone", "therapies"]
    page = client.get(AT).text
    assert "Cures" in page
    assert client.get(f"{AT}/areas/nowhere").status_code == 404

    answer = client.post(f"{AT}/areas/new", data=AREA | {"name_pl": "", "name_en": ""})
    assert answer.status_code == 422
    assert "Give it a name in at least one language." in answer.text
    assert "New ones" in answer.text


@pytest.mark.any_database
def test_zones_are_made_and_changed(client: Reader):
    event = forum(client)
    data = {"name_pl": "Strefa", "name_en": "Stage", "purpose_pl": "Pokazy", "purpose_en": "", "after": ""}
    assert client.post(f"{AT}/zones/new", data=data | {"is_public": "y"}).status_code == 302
    [zone] = zones(event.id)
    assert (zone.code, zone.is_public, zone.purpose.pl) == ("stage", True, "Pokazy")
    client.post(f"{AT}/zones/stage", data=data)
    db.session.rollback()
    assert not zones(event.id)[0].is_public
    client.post(f"{AT}/zones/stage/remove")
    db.session.rollback()
    assert zones(event.id) == []


@pytest.mark.any_database
def test_formats_belong_to_those_who_look_after_the_whole_platform(client: Reader):
    forum(client)
    assert client.get("/en/formats").status_code == 403
    client.sign_in(make.staff(Role.PROGRAMME))
    kept = make.session(make.event()).format
    data = {"name_pl": "Debata", "name_en": "Debate", "after": ""}
    assert client.post("/en/formats/new", data=data).status_code == 302
    assert session_formats()[0].code == "debate"
    client.post("/en/formats/debate/remove")
    client.post(f"/en/formats/{kept.code}/remove")
    db.session.rollback()
    assert [one.code for one in session_formats()] == [kept.code]
    assert "1 session" in client.get("/en/formats").text


def test_what_a_session_of_the_draft_uses_is_not_taken_away(client: Reader):
    event = forum(client)
    area, room = make.focus_area(event), make.room(event)
    talk = make.session(event, focus_area_id=area.id, room_id=room.id)
    wish = replace(draft_of(event.id).contents[talk.uid], focus_area_id=None)
    save(event.id, talk.uid, wish, seen=0, by=make.person().id, now=NOW)
    assert uses_of(FocusArea, [area.id])[area.id] == {"session": 1}

    answer = client.post(f"{AT}/areas/{area.code}/remove", follow_redirects=True)
    assert "It cannot be taken away while it is in use: 1 session." in answer.text
    rooms_at = "/en/events/forum/organise/rooms"
    answer = client.post(f"{rooms_at}/{room.code}/remove", follow_redirects=True)
    assert "while it is in use: 1 session." in answer.text
    assert [one.code for one in rooms(event.id)] == [room.code]


def test_undoing_leaves_out_what_was_taken_away_meanwhile(app: Flask):
    event = make.event()
    area, talk = make.focus_area(event), make.session(event)
    by = make.person().id
    there = draft_of(event.id).contents[talk.uid]
    save(event.id, talk.uid, replace(there, focus_area_id=area.id), seen=0, by=by, now=NOW)
    with pytest.raises(Refused):
        remove(FocusArea, event, area.code, actor_id=by)
    save(event.id, talk.uid, there, seen=1, by=by, now=NOW)
    remove(FocusArea, event, area.code, actor_id=by)
    undo(event.id, by=by, now=NOW)
    db.session.rollback()
    assert draft_of(event.id).contents[talk.uid] == there


def test_every_use_has_its_words():
    kinds: tuple[Any, ...] = (Room, FocusArea, Zone, SessionFormat)
    assert {column.table.name for kind in kinds for column in referring_to(kind)} == set(WORDS)
    assert Session.__tablename__ in WORDS
