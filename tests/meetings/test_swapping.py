"""Two who agreed and have no time: others are asked to move, and with the last yes they meet."""

from collections import Counter

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import changing, locking, requesting, swapping
from lsos.meetings.change_queries import open_changes
from lsos.meetings.change_rules import ChangeRefusal, ChangeState
from lsos.meetings.models import Avoidance, Meeting
from lsos.meetings.rules import MeetingState, RequestState
from lsos.scheduling import matching, publishing
from tests import make
from tests.racing import CROWD, race


class Scene:
    """Ola and Jan agreed to meet and are free in the first slot only, in which Ola meets Ewa."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=2, tables=2)
        self.ola, self.jan, self.ewa, self.leo = (
            make.registration(self.event, make.person(name, "Próbny", language="en"))
            for name in ("Ola", "Jan", "Ewa", "Leo")
        )
        self.with_ewa = make.meeting(self.ola, self.ewa, self.slots[0])
        self.with_leo = make.meeting(self.jan, self.leo, self.slots[1])
        self.request = make.meeting_request(self.ola, self.jan, state=RequestState.ACCEPTED)

    def ask(self, by=None):
        return swapping.ask_others(self.request.uid, by=(by or self.ola).id, now=make.BEFORE)

    def slot_of(self, meeting):
        db.session.rollback()
        return db.session.scalar(select(Meeting.slot_id).where(Meeting.id == meeting.id))

    @property
    def agreed(self):
        db.session.rollback()
        return db.session.scalar(select(Meeting).where(Meeting.request_id == self.request.id))


def refusal_of(call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    return caught.value.message


@pytest.fixture
def scene(app):
    return Scene()


def test_the_other_is_asked_and_with_their_yes_the_two_meet(scene):
    change = scene.ask()

    assert scene.slot_of(scene.with_ewa) == scene.slots[0].id
    assert {each.registration_id: each.says_yes for each in change.consents} == {scene.ola.id: True, scene.ewa.id: None}
    [seen] = open_changes(scene.ewa.id, now=make.BEFORE)
    with force_locale("en"):
        assert seen.reasons() == ["It gives Ola Próbny time for a meeting that has none so far."]
    assert "Jan" not in db.session.scalars(select(OutgoingMail.text)).one(), "whom Ola would meet is not Ewa's to read"

    done = changing.answer(change.uid, by=scene.ewa.id, says_yes=True, now=make.BEFORE)

    assert done.state is ChangeState.DONE
    assert scene.slot_of(scene.with_ewa) == scene.slots[1].id
    assert scene.agreed.slot_id == scene.slots[0].id
    told = Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))
    assert told == {"meeting_change_asked": 1, "meeting_moved": 2, "meeting_scheduled": 2}


def test_a_no_leaves_the_two_waiting_and_somebody_may_ask_again(scene):
    change = scene.ask()
    assert refusal_of(scene.ask, scene.jan) == ChangeRefusal.ASKED_ALREADY
    changing.answer(change.uid, by=scene.ewa.id, says_yes=False, now=make.BEFORE)

    assert scene.agreed is None
    assert scene.slot_of(scene.with_ewa) == scene.slots[0].id
    assert scene.ask(scene.jan).state is ChangeState.OPEN


def test_who_never_meets_the_other_gives_no_other_answer_than_who_has_no_time(scene):
    make.add(Avoidance(owner_id=scene.jan.person_id, person_id=scene.ola.person_id, at=make.BEFORE))

    assert refusal_of(scene.ask) == ChangeRefusal.NO_WAY


def test_meetings_that_are_fixed_are_not_asked_about(scene):
    for meeting in (scene.with_ewa, scene.with_leo):
        locking.lock_meeting(scene.event.id, meeting.uid, is_locked=True, by=None, now=make.BEFORE)

    assert refusal_of(scene.ask) == ChangeRefusal.NO_WAY


def test_only_one_of_the_two_asks_and_only_while_there_is_no_time(scene):
    assert refusal_of(scene.ask, scene.ewa) == ChangeRefusal.NOT_YOURS
    with pytest.raises(NotFound):
        swapping.ask_others("no-such-request", by=scene.ola.id, now=make.BEFORE)
    changing.answer(scene.ask().uid, by=scene.ewa.id, says_yes=True, now=make.BEFORE)
    assert scene.agreed is not None
    assert refusal_of(scene.ask) == ChangeRefusal.HAS_TIME


def test_a_request_that_is_taken_back_asks_nobody_any_more(scene):
    change = scene.ask()
    requesting.withdraw(scene.request.uid, by=scene.jan.id, now=make.BEFORE)

    assert (
        refusal_of(changing.answer, change.uid, by=scene.ewa.id, says_yes=True, now=make.BEFORE) == ChangeRefusal.CLOSED
    )
    assert scene.slot_of(scene.with_ewa) == scene.slots[0].id


def test_of_all_who_ask_at_once_one_question_stands(app):
    scene = Scene()
    uid, both = scene.request.uid, (scene.ola.id, scene.jan.id)

    def asking(by):
        return lambda: swapping.ask_others(uid, by=by, now=make.BEFORE).uid

    answers = race(app, [asking(both[n % 2]) for n in range(CROWD)])

    assert len({each for each in answers if isinstance(each, str)}) == 1
    assert len(open_changes(scene.ewa.id, now=make.BEFORE)) + len(open_changes(scene.leo.id, now=make.BEFORE)) == 1


def test_of_many_swaps_that_need_the_last_table_one_happens_and_the_others_stay(app):
    event = make.event()
    swaps = CROWD // 4
    first, second = make.meeting_grid(event, slots=2, tables=swaps + 1)
    changes, moving = [], []
    for n in range(swaps):
        ola, jan, ewa, leo = (make.registration(event) for _ in range(4))
        moving.append(make.meeting(ola, ewa, first, table=n + 1).id)
        make.meeting(jan, leo, second, table=n + 1)
        request = make.meeting_request(ola, jan, state=RequestState.ACCEPTED)
        changes.append((swapping.ask_others(request.uid, by=ola.id, now=make.BEFORE).uid, ewa.id))

    def yes(uid, by):
        return lambda: changing.answer(uid, by=by, says_yes=True, now=make.BEFORE).state

    answers = race(app, [yes(*each) for each in changes * 5])

    told = Counter(each.message if isinstance(each, Refused) else each for each in answers)
    assert told == {ChangeState.DONE: 1, ChangeState.OVERTAKEN: swaps - 1, ChangeRefusal.CLOSED: 4 * swaps}
    db.session.rollback()
    stands = Counter(db.session.scalars(select(Meeting.slot_id).where(Meeting.id.in_(moving))))
    assert stands == {first.id: swaps - 1, second.id: 1}
    places = Counter((row[0], row[1]) for row in db.session.execute(select(Meeting.slot_id, Meeting.table_id)))
    assert (len(places), max(places.values())) == (2 * swaps + 1, 1)


def test_who_registers_late_gets_free_slots_and_moves_nobody(app):
    scene = Scene()
    before = {m.id: (m.slot_id, m.table_id, m.sequence) for m in db.session.scalars(select(Meeting))}
    late = make.registration(scene.event, make.person("Zoe", "Późna"))
    request = make.meeting_request(late, scene.ewa, state=RequestState.ACCEPTED)

    matching.run_matching(scene.event, by=None, now=make.BEFORE, seconds=0.2)
    publishing.publish(scene.event, by=None, now=make.BEFORE)

    db.session.rollback()
    after = {m.id: (m.slot_id, m.table_id, m.sequence) for m in db.session.scalars(select(Meeting))}
    assert {key: after[key] for key in before} == before
    booked = db.session.scalars(select(Meeting).where(Meeting.request_id == request.id)).one()
    assert (booked.state, booked.slot_id) == (MeetingState.SCHEDULED, scene.slots[1].id)
