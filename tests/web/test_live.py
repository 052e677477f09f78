"""The live board as staff read it."""

from datetime import UTC, datetime, timedelta

from lsos.db import transaction
from lsos.events.rules import Role
from lsos.meetings.models import MeetingSlot
from tests import make


def running():
    """Make a meeting that began eight minutes ago, to which nobody came."""
    now = datetime.now(UTC)
    event = make.event(starts_on=now.date() - timedelta(days=1), ends_on=now.date() + timedelta(days=1))
    slots = make.meeting_grid(event, slots=1)
    with transaction() as session:
        slot = session.get_one(MeetingSlot, slots[0].id)
        slot.starts_at, slot.ends_at = now - timedelta(minutes=8, seconds=5), now + timedelta(minutes=12)
    ola, jan = (make.registration(event, make.person(n, "Próbny")) for n in ("Ola", "Jan"))
    make.meeting(ola, jan, slot)
    return event


def test_door_staff_and_matchmakers_see_whom_to_look_for(client):
    event = running()
    for role in (Role.DOOR, Role.MATCHMAKING):
        client.sign_in(make.staff(role, event))
        page = client.get(f"/en/events/{event.slug}/tables-live/").text
        assert "Whom to look for" in page
        assert "Jan Próbny" in page
        assert "late by 8 minutes" in page
        assert "did not come in today" in page
    assert "Leave the large view" in client.get(f"/en/events/{event.slug}/tables-live/?screen=1").text


def test_the_board_is_sent_again_only_when_something_changed(client):
    event = running()
    client.sign_in(make.staff(Role.DOOR, event))
    address = f"/en/events/{event.slug}/tables-live/news"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert first.status_code == 200
    #: A minute may have passed between the two.
    assert again.status_code == 304 or again.headers["ETag"] != first.headers["ETag"]
