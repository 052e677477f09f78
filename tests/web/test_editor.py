"""The agenda editor without JavaScript and as its script asks: forms and JSON at the same addresses, no edit lost."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from lsos.agenda.models import Session
from lsos.db import db
from lsos.drafting.queries import Buffers, draft_of
from lsos.drafting.severities import set_severities
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from tests import make
from tests.conftest import Reader

pytestmark = pytest.mark.any_database
JSON = {"Accept": "application/json"}
HOUR = timedelta(hours=1)


@dataclass
class Stage:
    """An event with two rooms and a talk, and two organisers."""

    event: Event
    rooms: list[Room]
    talk: Session
    first: Reader
    second: Reader

    @property
    def home(self) -> str:
        return f"/en/events/{self.event.slug}/organise/editor/"

    def at(self, what: Session, part: str = "") -> str:
        return f"{self.home}sessions/{what.uid}{part}"

    def where(self, what: Session) -> tuple[str | None, str, int]:
        """Say where the draft has a session: its room, its time of day in UTC, its minutes."""
        db.session.rollback()
        content = draft_of(self.event.id).contents[what.uid]
        room = next((room.code for room in self.rooms if room.id == content.room_id), None)
        return room, f"{content.starts_at:%H:%M}" if content.starts_at else "", content.length


@pytest.fixture
def stage(app: Flask, client: Reader) -> Stage:
    event = make.event()
    rooms = [make.add(Room(event_id=event.id, code=code, name=Bilingual("", f"Room {code.upper()}"))) for code in "ab"]
    title = Bilingual("Odczyt", "Talk")
    talk = make.session(event, title=title, room_id=rooms[0].id)
    second = app.test_client()
    assert isinstance(second, Reader)
    readers = [one.sign_in(make.staff(Role.PROGRAMME, event)) for one in (client, second)]
    return Stage(event, rooms, talk, *readers)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page) or re.search(r'data-seen="(\d+)"', page)
    assert found is not None
    return found[1]


def spot(start: str, room: str = "a", minutes: int = 60, **more: str) -> dict[str, str]:
    return {"room": room, "day": str(make.FIRST_DAY), "start": start, "minutes": str(minutes), **more}


def test_a_block_leads_to_a_form_that_moves_it_and_the_move_can_be_undone(stage: Stage):
    board = stage.first.get(stage.home).text
    assert stage.at(stage.talk) in board
    form = stage.first.get(stage.at(stage.talk)).text
    answer = stage.first.post(stage.at(stage.talk), data=spot("11:30", "b", 45, seen=seen(form)))
    assert answer.status_code == 302
    assert answer.location.endswith(f"?day={make.FIRST_DAY}#s-{stage.talk.uid}")
    assert stage.where(stage.talk) == ("b", "10:30", 45)
    assert "Talk" in stage.first.get(stage.home).text
    stage.first.post(stage.home + "undo")
    assert stage.where(stage.talk) == ("a", "08:00", 60)


def test_the_public_programme_stays_as_it_is(stage: Stage):
    stage.first.post(stage.at(stage.talk), data=spot("11:30", "b", seen="0"))
    assert "09:00" in stage.first.get(f"/en/events/{stage.event.slug}/programme").text


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"room": "a", "day": str(make.FIRST_DAY), "start": "", "minutes": "60"}, "Say when it starts."),
        ({"room": "a", "day": "", "start": "10:00", "minutes": "60"}, "Say on which day."),
        (spot("10:00", minutes=0), "Write a number of minutes"),
        (spot("25:99"), "Not a valid time"),
        (spot("10:00", room="cellar"), "Not a valid choice"),
    ],
)
def test_what_is_typed_wrong_is_told_at_its_field(stage: Stage, sent: dict[str, str], told: str):
    answer = stage.first.post(stage.at(stage.talk), data=sent | {"seen": "0"})
    assert answer.status_code == 422
    assert told in answer.text
    assert stage.where(stage.talk) == ("a", "08:00", 60)


def test_the_script_gets_the_board_as_it_is_afterwards(stage: Stage):
    answer = stage.first.post(stage.at(stage.talk), data=spot("11:30", seen="0"), headers=JSON)
    assert answer.json is not None
    assert answer.json["said"] == "Talk: Thu 27 Nov, 11:30–12:30, Room A"
    assert seen(answer.json["board"]) == "1"


def test_a_place_with_a_conflict_is_taken_and_the_conflict_is_said_at_once(stage: Stage):
    other = make.session(stage.event, room_id=stage.rooms[1].id)
    answer = stage.first.post(stage.at(other), data=spot("09:30", "a", seen="0"), headers=JSON)
    assert answer.json is not None
    assert "at the same time" in answer.json["said"]
    assert 'class="dot block_release"' in answer.json["board"]
    assert stage.where(other) == ("a", "08:30", 60)


def test_a_place_that_is_forbidden_is_refused_with_the_reason(stage: Stage):
    other = make.session(stage.event, room_id=stage.rooms[1].id)
    set_severities(stage.event.id, {"room_taken": Severity.FORBID}, Buffers(), actor_id=make.person().id)
    answer = stage.first.post(stage.at(other), data=spot("09:30", "a", seen="0"), headers=JSON)
    assert answer.status_code == 409
    assert "at the same time" in answer.json["said"]  # type: ignore[index]
    page = stage.first.post(stage.at(other), data=spot("09:30", "a", seen="0") | {"from": "form"})
    assert page.status_code == 422
    assert "at the same time" in page.text
    assert stage.where(other) == ("b", "08:00", 60)


@pytest.mark.parametrize("headers", [{}, JSON])
def test_who_is_late_reads_both_wishes_and_chooses(stage: Stage, headers: dict[str, str]):
    old = seen(stage.second.get(stage.at(stage.talk)).text)
    stage.first.post(stage.at(stage.talk), data=spot("11:30", "b", seen=old))
    late = stage.second.post(stage.at(stage.talk), data=spot("14:00", seen=old), headers=headers)
    assert late.status_code == 409
    text = late.json["form"] if late.json else late.text
    assert "11:30–12:30" in text
    assert "14:00–15:00" in text
    assert "Olga Organizator moved this session" in text
    assert stage.where(stage.talk) == ("b", "10:30", 60)
    stage.second.post(stage.at(stage.talk), data=spot("14:00", seen=seen(text)))
    assert stage.where(stage.talk) == ("a", "13:00", 60)


def test_a_page_asks_lightly_whether_anything_changed(stage: Stage):
    headers = {"X-Lsos-Fragment": "board"}
    first = stage.first.get(stage.home, headers=headers)
    headers |= {"If-None-Match": first.headers["ETag"]}
    assert stage.first.get(stage.home, headers=headers).status_code == 304
    stage.second.post(stage.at(stage.talk), data=spot("11:30", seen="0"))
    again = stage.first.get(stage.home, headers=headers)
    assert again.status_code == 200
    assert "Olga Organizator changed Talk" in again.text


def test_a_break_is_copied_to_the_rooms_that_are_free_then(stage: Stage):
    third = make.room(stage.event)
    noon = make.DOORS + 3 * HOUR
    pause = make.session(stage.event, room_id=stage.rooms[1].id, starts_at=noon, minutes=30, takes_signups=False)
    make.session(stage.event, room_id=third.id, starts_at=noon)
    form = stage.first.get(stage.at(pause)).text
    assert re.findall(r'name="rooms" value="(\w+)"', form) == ["a"]
    assert "at least one room" in stage.first.post(stage.at(pause, "/copy"), follow_redirects=True).text
    stage.first.post(stage.at(pause, "/copy"), data={"rooms": ["a"]})
    board = stage.first.get(stage.home).text
    assert "goes-on" in board
    assert "came-on" in board


def test_a_locked_session_stays_until_it_is_unlocked(stage: Stage):
    stage.first.post(stage.at(stage.talk, "/lock"), data={"is_locked": "1"})
    answer = stage.first.post(stage.at(stage.talk), data=spot("11:30", seen="9"), headers=JSON)
    assert answer.status_code == 409
    stage.first.post(stage.at(stage.talk, "/lock"), data={"is_locked": ""})
    stage.first.post(stage.at(stage.talk), data=spot("11:30", seen="9"))
    assert stage.where(stage.talk)[1] == "10:30"


def test_what_is_taken_off_the_board_waits_in_the_tray_and_is_offered_places_that_are_free(stage: Stage):
    make.session(stage.event, room_id=stage.rooms[1].id, minutes=480)
    stage.first.post(stage.at(stage.talk), data={"room": "", "day": "", "start": "", "minutes": "60", "seen": "0"})
    assert stage.where(stage.talk) == (None, "", 60)
    tray = stage.first.get(stage.home).text.partition("data-tray")[2]
    assert stage.at(stage.talk) in tray
    noon = make.DOORS + 3 * HOUR
    make.session(stage.event, room_id=make.room(stage.event).id, starts_at=noon, takes_signups=False)
    form = stage.first.get(stage.at(stage.talk)).text.partition("Places that suit it")[2]
    offers = re.findall(r'name="room" value="(\w+)">\s*<input type="hidden" name="day" value="([\d-]+)">', form)
    assert offers
    assert ("b", str(make.FIRST_DAY)) not in offers
    starts = re.findall(r'name="start" value="(\d\d):', form)
    assert all(9 <= int(start) < 17 and start != "12" for start in starts)


def wait(stage: Stage) -> None:
    """Take the talk off the board."""
    stage.first.post(stage.at(stage.talk), data={"room": "", "day": "", "start": "", "minutes": "60", "seen": "0"})


def test_building_places_what_waits_and_says_where_and_one_undo_takes_it_back(stage: Stage):
    wait(stage)
    assert "1 session waits for a place." in stage.first.get(stage.home + "build/").text
    page = stage.first.post(stage.home + "build/", data={"mode": "fill"}).text
    assert "1 session has a new place." in page
    assert "No session waits for a place." in page
    assert stage.where(stage.talk)[0] is not None
    stage.first.post(stage.home + "undo")
    assert stage.where(stage.talk) == (None, "", 60)
    assert stage.first.post(stage.home + "build/", data={"mode": "guess"}).status_code == 400


def test_the_script_reads_how_far_the_building_is(stage: Stage):
    wait(stage)
    wanted = {"Accept": "application/x-ndjson"}
    answer = stage.first.post(stage.home + "build/", data={"mode": "fill"}, headers=wanted, buffered=True)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["share"] for line in lines[:-1]][-1] == 1
    assert lines[-2]["words"] == "1 of 1 sessions have a place."
    assert "1 session has a new place." in lines[-1]["html"]


def test_a_day_beside_the_event_on_which_something_is_has_a_board_too(stage: Stage):
    eve = make.session(stage.event, room_id=stage.rooms[0].id, starts_at=make.DOORS - 24 * HOUR)
    page = stage.first.get(stage.home + "?day=2025-11-26").text
    assert f'data-uid="{eve.uid}"' in page
    assert "Wed 26 Nov" in page
    assert stage.first.get(stage.home + "?day=1999-01-01").status_code == 200


def test_the_editor_opens_on_a_day_that_has_a_session_unless_another_is_asked_for(stage: Stage):
    assert f'data-first="{stage.talk.uid}"' in stage.first.get(stage.home).text
    stage.first.post(stage.at(stage.talk), data=spot("11:30", seen="0") | {"day": "2025-11-28"})
    assert 'data-day="2025-11-28"' in stage.first.get(stage.home).text
    assert 'data-day="2025-11-27"' in stage.first.get(stage.home + "?day=2025-11-27").text


def test_a_block_says_that_it_is_elsewhere_than_released(stage: Stage):
    assert ">moved<" not in stage.first.get(stage.home).text
    stage.first.post(stage.at(stage.talk), data=spot("11:30", seen="0"))
    assert ">moved<" in stage.first.get(stage.home).text
