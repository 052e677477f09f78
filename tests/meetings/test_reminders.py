"""Letters that remind of meetings ahead: to whom, when, and once."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import select

from lsos.chores import WorkTrouble
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.mail import OutgoingMail
from lsos.meetings import reminders, service
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.preferences import Preference
from lsos.meetings.preferring import save_preference
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration
from lsos.registration.rules import Direction, RegistrationState
from tests import make
from tests.racing import race

MINUTE = timedelta(minutes=1)


class Scene:
    """Two who meet at ten; one of them wishes a letter half an hour before."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=4, days=2)
        self.ola, self.jan, self.ewa = (
            make.registration(self.event, make.person(name, "Próbny", language="en")) for name in ("Ola", "Jan", "Ewa")
        )
        self.meeting = make.meeting(self.ola, self.jan, self.slots[2])
        self.begins = self.meeting.starts_at

    def wish(self, who, minutes, **more):
        save_preference(who.id, Preference(letter_minutes=minutes, **more))

    def tick(self, now: datetime):
        """Let the worker come by; gives what was written."""
        before = {each.key for each in letters()}
        reminders.write_due(now=now)
        return [each for each in letters() if each.key not in before]

    def evening(self, day=0):
        """Give half past six in the evening before a day of the event."""
        return make.DOORS + timedelta(days=day - 1, hours=9.5)


def letters():
    db.session.rollback()
    kinds = (reminders.SOON, reminders.EVENING)
    return list(
        db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter.in_(kinds)).order_by(OutgoingMail.id))
    )


@pytest.fixture
def scene(app):
    return Scene()


@pytest.mark.any_database
def test_who_wishes_it_gets_one_letter_at_their_time_and_the_other_none(scene):
    scene.wish(scene.ola, 30)
    assert scene.tick(scene.begins - 31 * MINUTE) == []
    [letter] = scene.tick(scene.begins - 30 * MINUTE)
    assert letter.to_address == scene.ola.person.email
    assert "your meeting with Jan Próbny" in letter.subject
    assert "Table 1" in letter.text
    assert scene.tick(scene.begins - 29 * MINUTE) == []
    assert scene.tick(scene.begins) == []


def test_the_letter_has_a_question_to_begin_with(scene):
    pilot = make.cooperation_type("pilot")
    make.listing(scene.ola, Direction.SEEK, pilot)
    make.listing(scene.jan, Direction.OFFER, pilot)
    scene.wish(scene.ola, 10)
    [letter] = scene.tick(scene.begins - 5 * MINUTE)
    assert "“You offer: pilot. What would we need to begin?”" in letter.text
    assert f"/meetings/{scene.meeting.uid}" in letter.text
    assert "/my-time#reminders" in letter.text


@pytest.mark.any_database
def test_each_has_their_own_time_and_so_has_who_is_brought_along(scene):
    make.add(
        MeetingParticipant(
            meeting_id=scene.meeting.id,
            registration_id=scene.ewa.id,
            slot_id=scene.meeting.slot_id,
            beside_id=scene.jan.id,
        )
    )
    for who, minutes in ((scene.ola, 60), (scene.jan, 30), (scene.ewa, 10)):
        scene.wish(who, minutes)
    told = [
        [each.to_address for each in scene.tick(scene.begins - minutes * MINUTE)] for minutes in (61, 60, 30, 10, 9)
    ]
    assert told == [[], [scene.ola.person.email], [scene.jan.person.email], [scene.ewa.person.email], []]
    of_ewa = letters()[-1]
    assert "Ola Próbny" in of_ewa.text
    assert "Jan Próbny, Ewa Próbny" not in letters()[0].text


@pytest.mark.any_database
def test_a_meeting_that_moved_is_reminded_of_at_its_new_time(scene):
    scene.wish(scene.ola, 10)
    assert len(scene.tick(scene.begins - 10 * MINUTE)) == 1
    service.move(
        scene.meeting.uid, scene.slots[3].starts_at, actor_id=scene.ola.person_id, now=scene.begins - 9 * MINUTE
    )
    assert scene.tick(scene.begins - 8 * MINUTE) == []
    again = scene.tick(scene.slots[3].starts_at - 10 * MINUTE)
    assert [each.to_address for each in again] == [scene.ola.person.email]


@pytest.mark.any_database
@pytest.mark.parametrize("why", ["cancelled", "held", "draft", "left", "hidden"])
def test_nobody_is_reminded_of_what_does_not_wait_for_them(scene, why):
    scene.wish(scene.ola, 10)
    with transaction() as session:
        meeting = session.get_one(Meeting, scene.meeting.id)
        match why:
            case "held":
                meeting.state = MeetingState.HELD
            case "draft":
                meeting.state = MeetingState.PROPOSED
            case "left":
                session.get_one(Registration, scene.ola.id).state = RegistrationState.CANCELLED
            case "hidden":
                session.get_one(Event, scene.event.id).status = EventStatus.CANCELLED
    if why == "cancelled":
        service.cancel(scene.meeting.uid, by=scene.jan.id, now=scene.begins - 60 * MINUTE)
    assert scene.ola.person.email not in {each.to_address for each in scene.tick(scene.evening())}
    assert scene.tick(scene.begins - 10 * MINUTE) == []


@pytest.mark.any_database
def test_in_the_evening_before_each_day_a_letter_lists_its_meetings(scene):
    make.meeting(scene.ola, scene.ewa, scene.slots[0], table=2)
    make.meeting(scene.jan, scene.ewa, scene.slots[4])
    assert scene.tick(scene.evening() - timedelta(hours=1)) == []
    first = {each.to_address: each for each in scene.tick(scene.evening())}
    assert set(first) == {each.person.email for each in (scene.ola, scene.jan, scene.ewa)}
    of_ola = first[scene.ola.person.email]
    assert of_ola.subject == "Tomorrow: 2 meetings, the first at 09:00"
    places = [
        of_ola.text.index(words) for words in ("09:00–09:20", "Ewa Próbny", "Table 2", "09:50–10:10", "Jan Próbny")
    ]
    assert all(one < next_one for one, next_one in pairwise(places))
    assert first[scene.jan.person.email].subject == "Tomorrow: one meeting, at 09:50"
    assert scene.tick(scene.evening() + timedelta(hours=1)) == []
    second = scene.tick(scene.evening(1))
    assert {each.to_address for each in second} == {scene.jan.person.email, scene.ewa.person.email}


@pytest.mark.any_database
def test_who_wants_no_evening_letter_gets_none(scene):
    scene.wish(scene.ola, 0, evening_letter=False)
    assert [each.to_address for each in scene.tick(scene.evening())] == [scene.jan.person.email]


@pytest.mark.any_database
def test_workers_at_once_write_each_letter_once(scene, app):
    for slot, table in ((0, 2), (1, 1), (3, 1)):
        make.meeting(scene.ewa, make.registration(scene.event), scene.slots[slot], table=table)
    for who in (scene.ola, scene.jan, scene.ewa):
        scene.wish(who, 60)
    for now in (scene.evening(), scene.begins - 50 * MINUTE, scene.begins - 10 * MINUTE):
        race(app, [partial(reminders.write_due, now=now)] * 6)
    written = letters()
    assert len({each.key for each in written}) == len(written)
    assert sum(each.letter == reminders.EVENING for each in written) == 6
    assert sum(each.letter == reminders.SOON for each in written) == 4
    assert db.session.scalars(select(WorkTrouble.what)).all() == []
