"""What each of two people says and keeps of their meeting: whose it is, and what follows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import feedback
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_queries import contacts, disputed, own_feedback
from lsos.meetings.feedback_rules import FeedbackRefusal, Impression
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState, OutcomeRefusal
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import MeetingOutcome
from lsos.texts import Bilingual
from tests import make

NOTHING = {
    "outcome_code": "",
    "private_note": "",
    "wants_contact": False,
    "phone": "",
    "follow_up_on": None,
}


class Scene:
    """Two people and their meeting, an hour after it."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event)
        self.one, self.other, self.third = (
            make.registration(self.event, make.person(name, "Próbny")) for name in ("Ola", "Jan", "Ewa")
        )
        self.meeting = make.meeting(self.one, self.other, self.slots[0])
        self.now = self.meeting.ends_at + timedelta(hours=1)
        make.add(MeetingOutcome(code="pilot", name=Bilingual("pilotaż", "pilot")))
        self.scanned = set()

    def say(self, who, impression, **more):
        return feedback.say(
            self.meeting.uid,
            by=who.id,
            impression=impression,
            present=lambda _meeting: self.scanned,
            **{"now": self.now} | more,
        )

    def keep(self, who, **more):
        values: dict[str, Any] = NOTHING | {"now": self.now, "today": self.now.date()} | more
        return feedback.keep(self.meeting.uid, by=who.id, present=lambda _meeting: self.scanned, **values)

    def stored(self):
        return db.session.get_one(Meeting, self.meeting.id, populate_existing=True)

    def own(self, who):
        return own_feedback(who.id, [self.meeting.id])[self.meeting.id]

    def contacts(self, who):
        return contacts(who.id, [self.stored()])


@pytest.fixture
def scene(app):
    return Scene()


def test_each_says_it_for_themselves_and_figures_have_one_outcome(scene):
    scene.say(scene.one, Impression.LITTLE)
    scene.say(scene.other, Impression.COOPERATION)
    scene.keep(scene.other, outcome_code="pilot", private_note="Zadzwonić do pani prezes.")

    assert scene.own(scene.one).impression is Impression.LITTLE
    assert scene.own(scene.one).private_note == ""
    stored = scene.stored()
    assert stored.state is MeetingState.HELD
    assert stored.outcome is not None
    assert stored.outcome.code == "pilot"


@pytest.mark.any_database
def test_where_they_contradict_each_other_the_organiser_says(scene):
    scene.say(scene.one, Impression.INFORMATIVE)
    scene.say(scene.other, Impression.MISSED)

    [(found, who_met)] = disputed(scene.event.id)
    assert (found.id, who_met, found.state) == (scene.meeting.id, scene.one.id, MeetingState.SCHEDULED)

    boss = make.person()
    feedback.settle(scene.event.id, scene.meeting.uid, was_held=True, actor_id=boss.id)
    assert scene.stored().state is MeetingState.HELD
    assert disputed(scene.event.id) == []
    scene.say(scene.one, Impression.COOPERATION)
    assert scene.stored().state is MeetingState.HELD
    with pytest.raises(Refused) as caught:
        feedback.settle(scene.event.id, scene.meeting.uid, was_held=False, actor_id=boss.id)
    assert caught.value.message == FeedbackRefusal.NOT_DISPUTED


@pytest.mark.any_database
def test_where_both_were_scanned_nobody_says_that_they_did_not_meet(scene):
    scene.scanned = {scene.one.id, scene.other.id}
    with pytest.raises(Refused) as caught:
        scene.say(scene.one, Impression.MISSED)
    assert caught.value.message == FeedbackRefusal.SCANNED


@pytest.mark.any_database
def test_nothing_is_said_of_a_meeting_ahead_or_of_somebody_elses(scene):
    for who, now, reason in (
        (scene.one, make.BEFORE, OutcomeRefusal.TOO_EARLY),
        (scene.third, scene.now, OutcomeRefusal.NOT_YOURS),
    ):
        with pytest.raises(Refused) as caught:
            scene.say(who, Impression.LITTLE, now=now)
        assert caught.value.message == reason
    with pytest.raises(NotFound):
        scene.keep(scene.one, outcome_code="fame")


def test_a_contact_shows_once_both_want_it_and_goes_when_one_does_not_any_more(scene):
    scene.keep(scene.one, wants_contact=True, phone="+48 600 000 001")
    assert scene.contacts(scene.one) == scene.contacts(scene.other) == {}

    scene.keep(scene.other, wants_contact=True)
    [theirs] = scene.contacts(scene.other).values()
    assert (theirs.email, theirs.phone) == (scene.one.person.email, "+48 600 000 001")

    scene.keep(scene.one, wants_contact=False, phone="+48 600 000 001")
    assert scene.contacts(scene.other) == {}
    assert scene.own(scene.one).phone == ""


def test_a_reminder_is_one_letter_in_the_morning_of_its_day_without_the_note(scene):
    day = scene.now.date() + timedelta(days=7)
    scene.keep(scene.one, follow_up_on=day, private_note="tajne")
    morning = scene.now.replace(hour=9) + timedelta(days=7)

    assert feedback.remind(now=morning - timedelta(hours=6)) == 0
    assert feedback.remind(now=morning) == 1
    assert feedback.remind(now=morning) == 0
    [letter] = db.session.scalars(select(OutgoingMail))
    assert letter.to_address == scene.one.person.email
    assert "Jan Próbny" in letter.text
    assert "tajne" not in letter.text

    scene.keep(scene.one, follow_up_on=day + timedelta(days=1))
    assert feedback.remind(now=morning + timedelta(days=1)) == 1


@pytest.mark.any_database
def test_whoever_does_not_come_any_more_is_not_reminded(scene):
    scene.keep(scene.one, follow_up_on=scene.now.date())
    with transaction() as session:
        session.get_one(Registration, scene.one.id).state = RegistrationState.CANCELLED
    assert feedback.remind(now=scene.now + timedelta(days=1)) == 0
    assert db.session.scalar(select(MeetingFeedback.reminded_at)) is not None
