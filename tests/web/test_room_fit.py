"""Rooms that are too small for who wants to come, as organisers read it in the agenda."""

from datetime import timedelta

import pytest

from lsos.agenda.models import SessionStar
from lsos.checkin.models import Scan
from lsos.checkin.rules import PointKind, ScanResult
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
    client.sign_in(make.staff(Role.OWNER))
    assert "people want it" not in client.get(AT).text

    seen(guests[2], event, attic)
    make.waiting(guests[1], full)
    page = client.get(AT).text
    assert "3 people want it, the room holds 2" in page
    assert "Change rooms with “Silence” in Hall (50): both then fit." in page
    assert "one waits" in page
    with counting() as few:
        client.get(AT)
    for _ in range(5):
        make.signup(make.registration(event), other)
    with counting() as many:
        client.get(AT)
    assert len(many) == len(few)


def seen(who: Registration, event: Event, where: Room) -> None:
    """Scan a badge at a room a little before its first session begins."""
    at = make.DOORS - timedelta(minutes=5)
    point = make.point(event, PointKind.ROOM, room_id=where.id)
    facts = {"point_id": point.id, "code": who.badge_code, "registration_id": who.id}
    make.add(Scan(event_id=event.id, uid="scan", result=ScanResult.ADMITTED, scanned_at=at, received_at=at, **facts))
