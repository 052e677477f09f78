"""Rooms that are too small for who wants to come, as organisers read it in the agenda."""

import re
from datetime import timedelta

import pytest

from lsos.agenda.models import Session, SessionStar
from lsos.checkin.models import Scan
from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import db
from lsos.drafting.queries import draft_of
from lsos.drafting.service import place
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

pytestmark = pytest.mark.any_database
AT = "/en/events/forum/organise/agenda"


def room(event: Event, name: str, capacity: int) -> Room:
    return make.add(Room(event_id=event.id, code=name.lower(), name=Bilingual(name, name), capacity=capacity))


def test_a_session_that_more_want_than_its_room_holds_is_named_with_what_would_help(client: Reader):
    event = make.event(slug="forum")
    attic, hall = room(event, "Attic", 2), room(event, "Hall", 50)
    full = make.session(event, title=Bilingual("Sen", "Sleep"), room_id=attic.id, seats=2)
    other = make.session(event, title=Bilingual("Cisza", "Silence"), room_id=hall.id)
    guests = [make.registration(event) for _ in range(3)]
    #: Each counts once, however they show that they want it; who is not coming does not count.
    make.signup(guests[0], full)
    for one in (*guests[:2], make.registration(event, state=RegistrationState.CANCELLED)):
        make.add(SessionStar(session_id=full.id, registration_id=one.id, at=make.BEFORE))
    client.sign_in(make.staff(Role.READER))
    assert "people want it" not in client.get(AT).text

    seen(guests[2], event, attic)
    make.waiting(guests[1], full)
    make.waiting(make.registration(event), full)
    page = client.get(AT).text
    assert "4 people want it, the room holds 2" in page
    assert "Change rooms with “Silence” in Hall (50): both then fit." in page
    assert "2 wait" in page
    #: The room is as small as the list of sign-ups.
    assert "more could sign up" not in page
    assert f"{full.code}/room" not in page  # who only reads changes nothing
    with counting() as few:
        client.get(AT)
    for _ in range(5):
        make.signup(make.registration(event), other)
    with counting() as many:
        client.get(AT)
    assert len(many) == len(few)
    full.room_id = hall.id
    db.session.commit()
    assert "The room holds 50: more could sign up." in client.get(AT).text


def crowded() -> tuple[Event, Session, Session]:
    """Make a session that two people want in a room for one, and another in a larger room at the same time."""
    event = make.event(slug="forum")
    attic, hall = room(event, "Attic", 1), room(event, "Hall", 50)
    full = make.session(event, title=Bilingual("Sen", "Sleep"), room_id=attic.id)
    other = make.session(event, title=Bilingual("Cisza", "Silence"), room_id=hall.id)
    for _ in range(2):
        make.signup(make.registration(event), full)
    return event, full, other


def press(client: Reader, full: Session, page: str) -> str:
    """Press the button of what a page proposes, and read where that leads."""
    form = re.search(rf'action="(\S+{full.code}/room)".*?"room" value="(\S*)".*?"other" value="(\S*)"', page, re.DOTALL)
    assert form, "there is no button"
    answer = client.post(form[1], data={"room": form[2], "other": form[3]}, follow_redirects=True)
    return " ".join(answer.text.split())


def test_one_button_changes_the_rooms_in_the_draft_and_one_undo_takes_it_back(client: Reader):
    event, full, other = crowded()
    client.sign_in(make.staff(Role.PROGRAMME))
    before = draft_of(event.id)
    db.session.rollback()
    page = client.get(AT).text
    assert "“Sleep” is in Hall now and has changed rooms with “Silence”, in the draft." in press(client, full, page)
    after = draft_of(event.id)
    assert after.contents[full.uid].room_id == before.contents[other.uid].room_id
    assert after.contents[other.uid].room_id == before.contents[full.uid].room_id
    db.session.rollback()
    assert "In the draft it is elsewhere, and fits." in client.get(AT).text
    assert "a room that is large enough, so nothing was moved." in press(client, full, page)
    client.post("/en/events/forum/organise/editor/undo")
    assert draft_of(event.id).contents == before.contents


def test_what_was_proposed_is_not_done_once_the_draft_is_another(client: Reader):
    event, full, other = crowded()
    boss = make.staff(Role.PROGRAMME)
    client.sign_in(boss)
    page = client.get(AT).text
    place(event.id, other.uid, None, None, seen=0, by=boss.id, now=make.BEFORE)
    answer = press(client, full, page)
    assert "something else would help now" in answer
    assert "Hall (50) is free at that time." in answer
    assert draft_of(event.id).contents[full.uid].room_id == full.room_id


def seen(who: Registration, event: Event, where: Room) -> None:
    """Scan a badge at a room a little before its first session begins."""
    at = make.DOORS - timedelta(minutes=5)
    point = make.point(event, PointKind.ROOM, room_id=where.id)
    facts = {"point_id": point.id, "code": who.badge_code, "registration_id": who.id}
    make.add(Scan(event_id=event.id, uid="scan", result=ScanResult.ADMITTED, scanned_at=at, received_at=at, **facts))
