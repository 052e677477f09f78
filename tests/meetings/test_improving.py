"""The organiser asks people to move published meetings: found from what stands, and moved only with the yes of all."""

from collections import Counter

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings import changing, improving, locking, service
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_queries import asked_by_organisers, open_changes
from lsos.meetings.change_rules import ChangeKind, ChangeState
from lsos.meetings.models import Avoidance, Meeting
from lsos.meetings.rules import MeetingState, RequestState
from tests import make
from tests.racing import race

NOW = make.BEFORE


class Scene:
    """Ola meets Jan in the first slot and Ewa in the last, and waits between; Jan could come later, Ewa could not."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=4, tables=2)
        self.organiser = make.person("Ada", "Organizator")
        self.ola, self.jan, self.ewa = (self.person(name) for name in ("Ola", "Jan", "Ewa"))
        self.with_jan = make.meeting(self.ola, self.jan, self.slots[0])
        self.with_ewa = make.meeting(self.ola, self.ewa, self.slots[3])
        for slot in self.slots[:3]:
            service.block_slot(self.ewa.id, slot.starts_at, now=NOW)

    def person(self, name):
        return make.registration(self.event, make.person(name, "Próbny", language="en"))

    def found(self):
        return improving.proposals(self.event, now=NOW)

    def ask(self, keys=None):
        keys = [each.key for each in self.found()] if keys is None else keys
        return improving.ask(self.event, keys, actor_id=self.organiser.id, now=NOW)

    @property
    def changes(self):
        db.session.rollback()
        return asked_by_organisers(self.event.id, limit=50)

    def slot_of(self, meeting):
        db.session.rollback()
        return db.session.scalar(select(Meeting.slot_id).where(Meeting.id == meeting.id))


@pytest.fixture
def scene(app):
    return Scene()


def letters():
    return Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))


def test_what_is_found_says_who_moves_from_when_to_when_and_what_it_saves(scene):
    [one] = scene.found()

    assert [(move.meeting.id, move.from_at, move.to_at) for move in one.moves] == [
        (scene.with_jan.id, scene.slots[0].starts_at, scene.slots[2].starts_at)
    ]
    assert {each.id for each in one.asked} == {scene.ola.id, scene.jan.id}
    assert (one.saved, one.minutes, one.gives) == (1, 40, None)


def test_the_whole_improvement_happens_with_the_last_yes_and_nothing_of_it_before(scene):
    assert scene.ask() == improving.Asked(people=2, proposals=1, lost=0)
    [change] = scene.changes
    assert (change.kind, change.by_id, change.waits_saved) == (ChangeKind.IMPROVEMENT, None, 1)
    assert {each.registration_id: each.waits_saved for each in change.consents} == {scene.ola.id: 1, scene.jan.id: 0}
    assert letters() == {"meeting_change_asked": 2}

    changing.answer(change.uid, by=scene.ola.id, says_yes=True, now=NOW)
    assert scene.slot_of(scene.with_jan) == scene.slots[0].id

    done = changing.answer(change.uid, by=scene.jan.id, says_yes=True, now=NOW)
    assert done.state is ChangeState.DONE
    assert scene.slot_of(scene.with_jan) == scene.slots[2].id
    assert scene.found() == [], "nothing is left to improve"


def test_meetings_of_four_people_change_over_all_together_or_not_at_all(app):
    scene = Scene()
    #: Both tables are taken in the third slot, so that one of these has to leave it.
    iga, leo, kim, zoe = (scene.person(name) for name in ("Iga", "Leo", "Kim", "Zoe"))
    crowd = [make.meeting(iga, leo, scene.slots[2], table=1), make.meeting(kim, zoe, scene.slots[2], table=2)]
    service.block_slot(scene.jan.id, scene.slots[1].starts_at, now=NOW)
    scene.ask()
    [change] = scene.changes
    asked = [each.registration_id for each in change.consents]
    assert len(asked) == 4

    for who in asked[:-1]:
        changing.answer(change.uid, by=who, says_yes=True, now=NOW)
        assert [scene.slot_of(one) for one in (scene.with_jan, *crowd)] == [
            scene.slots[0].id,
            scene.slots[2].id,
            scene.slots[2].id,
        ]
    changing.answer(change.uid, by=asked[-1], says_yes=True, now=NOW)
    assert scene.slot_of(scene.with_jan) == scene.slots[2].id
    assert sorted(scene.slot_of(one) for one in crowd) == sorted([scene.slots[0].id, scene.slots[2].id])


def test_of_answers_that_come_at_once_a_no_leaves_everything_where_it_was(app):
    scene = Scene()
    scene.ask()
    [change] = scene.changes
    uid, ola, jan = change.uid, scene.ola.id, scene.jan.id

    def answers(who, says_yes):
        return lambda: changing.answer(uid, by=who, says_yes=says_yes, now=NOW).state

    race(app, [answers(ola, True), answers(jan, False)] * 10)
    assert scene.changes[0].state is ChangeState.DECLINED
    assert scene.slot_of(scene.with_jan) == scene.slots[0].id


def test_of_organisers_who_ask_at_once_one_puts_the_question(app):
    scene = Scene()
    [one] = scene.found()
    key, event_id, by = one.key, scene.event.id, scene.organiser.id

    def asking():
        return improving.ask(db.session.get_one(Event, event_id), [key], actor_id=by, now=NOW)

    results = race(app, [asking] * 20)

    assert sum(each.proposals for each in results) == 1
    assert len(scene.changes) == 1
    assert letters() == {"meeting_change_asked": 2}


def test_two_who_agreed_meet_when_all_who_make_way_say_yes(scene):
    lea = scene.person("Lea")
    for slot in scene.slots[1:]:
        service.block_slot(lea.id, slot.starts_at, now=NOW)
    request = make.meeting_request(scene.ola, lea, state=RequestState.ACCEPTED)

    [one] = scene.found()
    assert one.gives is not None
    assert (one.gives[0].id, one.gives[1]) == (request.id, scene.slots[0].starts_at)
    scene.ask()
    [change] = scene.changes
    [seen] = open_changes(scene.jan.id, now=NOW)
    with force_locale("en"):
        assert seen.reasons() == ["It gives Ola Próbny time for a meeting that has none so far."]
    to_jan = select(OutgoingMail.text).where(OutgoingMail.to_address == scene.jan.person.email)
    assert "Lea" not in db.session.scalars(to_jan).one(), "whom Ola would meet is not Jan's to read"
    for who in (scene.ola, scene.jan):
        changing.answer(change.uid, by=who.id, says_yes=True, now=NOW)

    db.session.rollback()
    booked = db.session.scalars(select(Meeting).where(Meeting.request_id == request.id)).one()
    assert (booked.state, booked.slot_id) == (MeetingState.SCHEDULED, scene.slots[0].id)


def test_for_two_of_whom_one_never_meets_the_other_nothing_is_found_as_for_two_without_time(scene):
    lea = scene.person("Lea")
    for slot in scene.slots[1:]:
        service.block_slot(lea.id, slot.starts_at, now=NOW)
    make.meeting_request(scene.ola, lea, state=RequestState.ACCEPTED)
    [gift] = scene.found()
    make.add(Avoidance(owner_id=lea.person_id, person_id=scene.ola.person_id, at=NOW))

    assert [each.gives for each in scene.found()] == [None]
    assert scene.ask([gift.key]) == improving.Asked(people=0, proposals=0, lost=1)


def test_the_letter_says_that_organisers_ask_and_what_its_reader_gains(scene):
    scene.ask()
    texts = {one.to_address: one.text for one in db.session.scalars(select(OutgoingMail))}

    assert "The organisers ask: may a meeting of yours take place at another time?" in texts[scene.ola.person.email]
    assert "It saves you 1 wait between your meetings." in texts[scene.ola.person.email]
    assert "It saves you" not in texts[scene.jan.person.email]
    assert "It saves 1 wait between meetings." in texts[scene.jan.person.email]


def test_who_is_asked_already_or_has_a_fixed_meeting_is_not_asked_again(scene):
    [one] = scene.found()
    scene.ask()
    assert scene.found() == []
    changing.withdraw(scene.changes[0].uid, by=None, actor_id=scene.organiser.id, now=NOW)
    assert [each.key for each in scene.found()] == [one.key]
    locking.lock_meeting(scene.event.id, scene.with_jan.uid, is_locked=True, by=None, now=NOW)

    assert scene.found() == []
    assert scene.ask([one.key]).proposals == 0


def test_a_draft_and_a_place_that_is_asked_for_are_as_good_as_taken(scene):
    iga, leo, kim, zoe = (scene.person(name) for name in ("Iga", "Leo", "Kim", "Zoe"))
    make.meeting(iga, leo, scene.slots[2], table=1, state=MeetingState.PROPOSED)
    assert len(scene.found()) == 1
    meeting = make.meeting(kim, zoe, scene.slots[1], table=2)
    changing.propose(meeting.uid, scene.slots[2].starts_at, by=kim.id, now=NOW)

    assert scene.found() == []


@pytest.mark.parametrize("key", ["", "x", "a@1", "a@b", "@", "a@1+b@2+c@3", "9" * 3000, "a@99999999999999"])
def test_what_is_no_proposal_asks_nobody(scene, key):
    assert scene.ask([key]).proposals == 0
    assert db.session.scalars(select(MeetingChange)).all() == []


def test_what_saves_nothing_any_more_asks_nobody(scene):
    keys = [each.key for each in scene.found()]
    service.cancel(scene.with_ewa.uid, by=None, now=NOW)

    assert scene.ask(keys) == improving.Asked(people=0, proposals=0, lost=1)


def test_what_was_taken_meanwhile_is_said_and_leaves_all_where_it_was(scene):
    scene.ask()
    [change] = scene.changes
    changing.answer(change.uid, by=scene.ola.id, says_yes=True, now=NOW)
    service.block_slot(scene.jan.id, scene.slots[2].starts_at, now=NOW)
    done = changing.answer(change.uid, by=scene.jan.id, says_yes=True, now=NOW)

    assert done.state is ChangeState.OVERTAKEN
    assert scene.slot_of(scene.with_jan) == scene.slots[0].id
    with pytest.raises(Refused):
        changing.withdraw(change.uid, by=None, now=NOW)
