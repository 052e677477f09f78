"""At a table with one's phone, and what organisers print and settle, as people read and press it."""

from datetime import UTC, datetime, timedelta

import pytest

from lsos.checkin import service
from lsos.checkin.queries import present_ids
from lsos.checkin.rules import PointKind
from lsos.db import db, new_uid, transaction
from lsos.events.rules import Role
from lsos.meetings import feedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Avoidance, Meeting, MeetingSlot, Suggestion
from lsos.meetings.places import tables_of
from lsos.meetings.rules import MeetingState
from tests import make


class Now:
    """Two people whose meeting began two minutes ago, at the first table."""

    def __init__(self, *, began=timedelta(minutes=2)):
        #: Taken here, not when the file is read: a long run comes to this test much later.
        self.at = datetime.now(UTC)
        today = self.at.date()
        self.event = make.event(starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=1))
        self.slots = make.meeting_grid(self.event, slots=1)
        with transaction() as session:
            slot = session.get_one(MeetingSlot, self.slots[0].id)
            slot.starts_at, slot.ends_at = self.at - began, self.at - began + timedelta(minutes=20)
        make.point(self.event, PointKind.TABLES, "tables")
        self.me, self.other = (make.registration(self.event, make.person(n, "Próbny")) for n in ("Ola", "Jan"))
        self.meeting = make.meeting(self.me, self.other, slot)
        self.table, self.far = tables_of(self.event.id)

    def address(self, table=None):
        return f"/en/events/{self.event.slug}/tables/{(table or self.table).code}/"


@pytest.fixture
def now(app):
    return Now()


def test_the_code_on_the_table_leads_there_and_looking_changes_nothing(client, now):
    client.sign_in(now.me.person)
    answer = client.get(f"/t/{now.table.code.lower()}?lang=en")
    assert answer.location.endswith(now.address())
    assert "I am here" in client.get(now.address()).text
    assert present_ids(now.meeting.id) == set()
    assert client.get("/T/NOSUCHCODE").status_code == 404


def test_one_button_says_that_one_is_here(client, now):
    client.sign_in(now.me.person)
    told = client.post(now.address(), follow_redirects=True).text
    assert "Not here yet: Jan Próbny" in told
    assert ">I am here<" not in told

    client.sign_in(now.other.person)
    assert "You are both here." in client.post(now.address(), follow_redirects=True).text
    assert db.session.get_one(Meeting, now.meeting.id).state is MeetingState.HELD


def test_at_another_table_one_reads_where_to_go(client, now):
    client.sign_in(now.me.person)
    assert "Your meeting now is at table 1." in client.get(now.address(now.far)).text
    assert "Your meeting now is at another table." in client.post(now.address(now.far), follow_redirects=True).text


def test_the_organiser_prints_signs_and_settles_what_two_say_differently(client, now):
    for who, impression in ((now.me, Impression.LITTLE), (now.other, Impression.MISSED)):
        feedback.say(now.meeting.uid, by=who.id, impression=impression, present=lambda _meeting: (), now=now.at)
    client.sign_in(make.staff(Role.OWNER, now.event))
    desk = f"/en/events/{now.event.slug}/organise/matching/day/"

    page = client.get(desk).text
    assert "Says that they met: Ola Próbny" in page
    assert client.post(f"{desk}signs.pdf", data={"layout": "a5"}).data.startswith(b"%PDF")
    assert client.post(f"{desk}signs.pdf", data={"layout": "wall"}).status_code == 400

    address = f"{desk}meetings/{now.meeting.uid}/settle"
    assert "Nobody contradicts anybody." in client.post(address, data={"was_held": "no"}, follow_redirects=True).text
    assert db.session.get_one(Meeting, now.meeting.id).state is MeetingState.NO_SHOW


def test_whoever_waits_in_vain_reads_who_is_in_the_house_free_and_fits(client, app):
    now = Now(began=timedelta(minutes=6))
    fits, busy, away, avoider = (
        make.registration(now.event, make.person(n, "Wolna")) for n in ("Ala", "Bea", "Cyd", "Dag")
    )
    for rank, other in enumerate((fits, busy, away, avoider)):
        make.add(
            Suggestion(
                registration_id=now.me.id,
                other_id=other.id,
                rank=rank,
                score=0.5,
                score_for_me=0.5,
                score_for_other=0.5,
            )
        )
    door = make.point(now.event, PointKind.DOOR)
    for other in (fits, busy, avoider):
        service.scan(now.event, door.code, other.badge_code, uid=new_uid(), scanned_at=now.at, by_id=None, now=now.at)
    make.meeting(busy, away, now.slots[0], table=2)
    make.add(Avoidance(owner_id=avoider.person_id, person_id=now.me.person_id, at=now.at))
    my_day = f"/en/events/{now.event.slug}/me/"

    assert "Scan the code on the table" in client.sign_in(now.me.person).get(my_day).text
    client.post(now.address())
    page = client.get(my_day).text
    assert "Jan Próbny has not come yet." in page
    assert "Ala Wolna" in page
    assert not any(name in page for name in ("Bea Wolna", "Cyd Wolna", "Dag Wolna"))


def test_after_a_meeting_the_first_page_asks_how_it_was_until_one_says_it(client, app):
    now = Now(began=timedelta(minutes=30))
    my_day = f"/en/events/{now.event.slug}/me/"
    client.sign_in(now.me.person)
    assert "How was your meeting with Jan Próbny?" in client.get(my_day).text

    client.post(f"/en/events/{now.event.slug}/results/{now.meeting.uid}/say", data={"impression": "informative"})
    assert "How was your meeting" not in client.get(my_day).text
