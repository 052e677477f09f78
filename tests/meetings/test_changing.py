"""Another time by the other's yes: until then the old one stands, and all of a change happens or nothing."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import changing, locking, requesting, service
from lsos.meetings.change_models import ChangeConsent, ChangeMove, MeetingChange
from lsos.meetings.change_queries import open_changes
from lsos.meetings.change_rules import ChangeKind, ChangeRefusal, ChangeState, answers_until
from lsos.meetings.models import BlockedSlot, Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.rules import LockRefusal, MeetingMoveRefusal, MeetingState, PlaceRefusal
from tests import make
from tests.racing import CROWD, race


class Scene:
    """An event with slots and tables, and people who take part."""

    def __init__(self, *, people=2, slots=3, tables=2, **settings):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, **settings)
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(people)]

    def meet(self, one=0, other=1, slot=0, table=1):
        return make.meeting(self.people[one], self.people[other], self.slots[slot], table=table)

    def propose(self, meeting, slot, by=0, now=make.BEFORE, **more):
        return changing.propose(meeting.uid, self.slots[slot].starts_at, by=self.people[by].id, now=now, **more)

    def answer(self, change, by=1, says_yes=True, now=make.BEFORE):
        return changing.answer(change.uid, by=self.people[by].id, says_yes=says_yes, now=now)

    def together(self, moves, *, by=None, request=None, place=None):
        """Ask for a change of several meetings, as the engine does."""
        with transaction() as session:
            session.add_all(meeting for meeting, _ in moves)
            return changing.begin(
                session,
                session.merge(self.event),
                ChangeKind.SWAP,
                [(meeting, self.slots[slot].starts_at) for meeting, slot in moves],
                by=by,
                yes=[by] if by else [],
                request=session.merge(request) if request else None,
                place_at=self.slots[place].starts_at if place is not None else None,
                now=make.BEFORE,
            )


def refusal_of(call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    return caught.value.message


def letters():
    return Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))


def where(meeting):
    """Say in which slot a meeting stands, and that its people are in it, too."""
    db.session.rollback()
    slot = db.session.scalar(select(Meeting.slot_id).where(Meeting.id == meeting.id))
    theirs = select(MeetingParticipant.slot_id).where(MeetingParticipant.meeting_id == meeting.id)
    assert set(db.session.scalars(theirs)) == {slot}
    return slot


def state_of(change):
    db.session.rollback()
    return db.session.scalar(select(MeetingChange.state).where(MeetingChange.id == change.id))


# ---- one proposes another time


def test_until_the_others_yes_the_old_time_stands_and_then_the_new_one_in_both_days(app):
    scene = Scene()
    meeting = scene.meet()

    change = scene.propose(meeting, 2, message="Mam wtedy pociąg.")

    assert where(meeting) == scene.slots[0].id
    assert letters() == {"meeting_change_asked": 1}
    [letter] = db.session.scalars(select(OutgoingMail))
    assert letter.to_address == scene.people[1].person.email
    assert "Mam wtedy pociąg." in letter.text

    done = scene.answer(change)

    assert done.state is ChangeState.DONE
    assert where(meeting) == scene.slots[2].id
    moved = db.session.get_one(Meeting, meeting.id)
    assert (moved.starts_at, moved.sequence, moved.state) == (scene.slots[2].starts_at, 1, MeetingState.SCHEDULED)
    assert letters() == {"meeting_change_asked": 1, "meeting_moved": 2}


def test_a_no_ends_it_and_who_proposed_hears_of_it(app):
    scene = Scene()
    meeting = scene.meet()
    change = scene.propose(meeting, 1)

    scene.answer(change, says_yes=False)

    assert where(meeting) == scene.slots[0].id
    assert state_of(change) is ChangeState.DECLINED
    assert letters() == {"meeting_change_asked": 1, "meeting_change_ended": 1}
    assert refusal_of(scene.answer, change) == ChangeRefusal.CLOSED


def test_a_second_proposal_takes_the_place_of_the_first_whoever_makes_it(app):
    scene = Scene()
    meeting = scene.meet()
    first = scene.propose(meeting, 1)
    second = scene.propose(meeting, 2)
    third = scene.propose(meeting, 1, by=1)

    assert [state_of(each) for each in (first, second, third)] == [
        ChangeState.WITHDRAWN,
        ChangeState.DECLINED,
        ChangeState.OPEN,
    ]
    scene.answer(third, by=0)
    assert where(meeting) == scene.slots[1].id


def test_only_who_is_asked_answers_and_only_who_proposed_takes_it_back(app):
    scene = Scene(people=3)
    meeting = scene.meet()
    change = scene.propose(meeting, 1)

    assert refusal_of(scene.answer, change, by=2) == ChangeRefusal.NOT_YOURS
    other = scene.people[1].id
    assert refusal_of(changing.withdraw, change.uid, by=other, now=make.BEFORE) == ChangeRefusal.NOT_YOURS_TO_WITHDRAW
    assert refusal_of(scene.propose, meeting, 1, by=2) == MeetingMoveRefusal.NOT_YOURS
    changing.withdraw(change.uid, by=scene.people[0].id, now=make.BEFORE)
    assert state_of(change) is ChangeState.WITHDRAWN
    assert refusal_of(changing.withdraw, change.uid, by=scene.people[0].id, now=make.BEFORE) == ChangeRefusal.CLOSED
    with pytest.raises(NotFound):
        changing.answer("no-such-change", by=other, says_yes=True, now=make.BEFORE)


def test_what_cannot_be_is_not_proposed(app):
    scene = Scene(people=6, slots=4)
    meeting = scene.meet()
    make.add(BlockedSlot(registration_id=scene.people[1].id, slot_id=scene.slots[1].id))
    scene.meet(2, 3, slot=2, table=1)
    scene.meet(4, 5, slot=2, table=2)

    assert refusal_of(scene.propose, meeting, 0) == ChangeRefusal.SAME_TIME
    assert refusal_of(scene.propose, meeting, 1) == PlaceRefusal.SECOND_BUSY
    assert refusal_of(scene.propose, meeting, 2) == PlaceRefusal.TABLE_TAKEN
    assert refusal_of(scene.propose, meeting, 3, now=meeting.starts_at) == MeetingMoveRefusal.BEGUN
    locking.lock_meeting(scene.event.id, meeting.uid, is_locked=True, by=None, now=make.BEFORE)
    assert refusal_of(scene.propose, meeting, 3) == LockRefusal.FIXED


def test_a_place_that_is_taken_before_the_yes_leaves_everything_as_it_was(app):
    scene = Scene(people=3)
    meeting = scene.meet()
    change = scene.propose(meeting, 1)
    scene.meet(1, 2, slot=1)

    assert scene.answer(change).state is ChangeState.OVERTAKEN
    assert where(meeting) == scene.slots[0].id
    assert letters() == {"meeting_change_asked": 1, "meeting_change_ended": 2}


@pytest.mark.parametrize("how", ["moved", "cancelled", "left"])
def test_what_happens_to_a_meeting_meanwhile_ends_the_question_about_it(app, how):
    scene = Scene()
    meeting = scene.meet()
    change = scene.propose(meeting, 1)

    if how == "moved":
        service.move(meeting.uid, scene.slots[2].starts_at, actor_id=None, now=make.BEFORE)
    elif how == "cancelled":
        service.cancel(meeting.uid, by=scene.people[1].id, now=make.BEFORE)
    else:
        with transaction() as session:
            service.release_meetings(session, scene.people[0].id, actor_id=None, now=make.BEFORE)

    assert state_of(change) is ChangeState.OVERTAKEN
    assert refusal_of(scene.answer, change) == ChangeRefusal.CLOSED
    assert letters()["meeting_change_ended"] == 0, "another letter says what became of the meeting"


def test_an_answer_counts_until_the_first_of_the_two_times_and_a_day_at_most(app):
    scene = Scene()
    first, later = scene.slots[0].starts_at, scene.slots[2].starts_at
    assert answers_until([first, later], now=first - timedelta(hours=2)) == first
    assert answers_until([later, first], now=first - timedelta(days=9)) == first - timedelta(days=8)

    meeting = scene.meet()
    change = scene.propose(meeting, 1)
    over = make.BEFORE + timedelta(hours=24)
    assert refusal_of(scene.answer, change, now=over) == ChangeRefusal.CLOSED
    assert changing.expire_changes(now=over - timedelta(seconds=1)) == 0
    assert changing.expire_changes(now=over) == 1
    assert changing.expire_changes(now=over) == 0
    assert state_of(change) is ChangeState.EXPIRED
    assert letters()["meeting_change_ended"] == 1
    assert scene.propose(meeting, 1, by=1, now=over).state is ChangeState.OPEN


def test_the_letter_of_who_cannot_be_written_to_stops_nothing(app):
    scene = Scene()
    scene.people[1].person.emails.clear()
    db.session.commit()

    assert scene.propose(scene.meet(), 1).state is ChangeState.OPEN
    assert letters() == {}


# ---- several at once


def test_meetings_take_one_anothers_places_although_every_table_is_taken(app):
    scene = Scene(people=3, slots=2, tables=1)
    one, two = scene.meet(0, 1, slot=0), scene.meet(0, 2, slot=1)
    change = scene.together([(one, 1), (two, 0)])

    scene.answer(change, by=0)
    scene.answer(change, by=1)
    assert where(one) == scene.slots[0].id
    assert scene.answer(change, by=2).state is ChangeState.DONE

    assert (where(one), where(two)) == (scene.slots[1].id, scene.slots[0].id)
    assert letters() == {"meeting_change_asked": 3, "meeting_moved": 4}


def test_a_no_of_anybody_ends_all_of_it_and_those_who_said_yes_hear_of_it(app):
    scene = Scene(people=3, slots=2, tables=1)
    one, two = scene.meet(0, 1, slot=0), scene.meet(0, 2, slot=1)
    change = scene.together([(one, 1), (two, 0)])

    scene.answer(change, by=1)
    scene.answer(change, by=2, says_yes=False)

    assert state_of(change) is ChangeState.DECLINED
    assert (where(one), where(two)) == (scene.slots[0].id, scene.slots[1].id)
    assert letters()["meeting_change_ended"] == 1
    assert open_changes(scene.people[0].id, now=make.BEFORE) == []


def test_when_one_part_cannot_be_no_part_is(app):
    scene = Scene(people=4, slots=3, tables=2)
    one, two = scene.meet(0, 1, slot=0), scene.meet(0, 2, slot=1)
    change = scene.together([(one, 1), (two, 2)])
    scene.meet(2, 3, slot=2)

    for person in (0, 1, 2):
        last = scene.answer(change, by=person)

    assert last.state is ChangeState.OVERTAKEN
    assert (where(one), where(two)) == (scene.slots[0].id, scene.slots[1].id)
    assert set(db.session.scalars(select(Meeting.state))) == {MeetingState.SCHEDULED}
    assert letters() == {"meeting_change_asked": 3, "meeting_change_ended": 3}


def test_a_meeting_is_in_one_open_change_only(app):
    scene = Scene()
    meeting = scene.meet()
    change = scene.together([(meeting, 1)])

    assert refusal_of(scene.propose, meeting, 2) == ChangeRefusal.ASKED_ALREADY
    with pytest.raises(IntegrityError):
        scene.together([(meeting, 2)])
    changing.withdraw(change.uid, by=None, now=make.BEFORE)
    assert scene.propose(meeting, 2).state is ChangeState.OPEN


# ---- many at once


def test_of_yeses_and_noes_at_once_one_outcome_stands(app):
    scene = Scene()
    meeting = scene.meet()
    change = scene.propose(meeting, 1)
    uid, by = change.uid, scene.people[1].id

    def say(says_yes):
        return lambda: changing.answer(uid, by=by, says_yes=says_yes, now=make.BEFORE).state

    answers = race(app, [say(n % 2 == 0) for n in range(CROWD)])

    settled = [each for each in answers if isinstance(each, ChangeState)]
    assert len(settled) == 1
    assert state_of(change) is settled[0]
    assert where(meeting) == scene.slots[1 if settled[0] is ChangeState.DONE else 0].id


def test_of_many_changes_to_the_last_table_one_is_done_and_the_others_stay(app):
    pairs = CROWD // 2
    scene = Scene(people=CROWD, slots=2, tables=1)
    for n in range(2, pairs + 1):
        make.add(MeetingTable(event_id=scene.event.id, number=n))
    meetings = [scene.meet(2 * n, 2 * n + 1, slot=0, table=n + 1) for n in range(pairs)]
    changes = [scene.propose(meeting, 1, by=2 * n) for n, meeting in enumerate(meetings)]
    others = [make.registration(scene.event) for _ in range(2 * pairs - 2)]
    for n in range(pairs - 1):
        make.meeting(others[2 * n], others[2 * n + 1], scene.slots[1], table=n + 1)
    say = [(change.uid, scene.people[2 * n + 1].id) for n, change in enumerate(changes)]

    def yes(uid, by):
        return lambda: changing.answer(uid, by=by, says_yes=True, now=make.BEFORE).state

    answers = Counter(race(app, [yes(*each) for each in say]))

    assert answers == {ChangeState.DONE: 1, ChangeState.OVERTAKEN: pairs - 1}
    assert Counter(where(meeting) for meeting in meetings) == {scene.slots[0].id: pairs - 1, scene.slots[1].id: 1}


def test_a_yes_a_cancelling_a_move_and_the_end_of_time_at_once_leave_one_story(app):
    scene = Scene(people=3, slots=3, tables=1)
    one, two = scene.meet(0, 1, slot=0), scene.meet(0, 2, slot=1)
    change = scene.together([(one, 1), (two, 0)])
    scene.answer(change, by=0)
    scene.answer(change, by=1)
    uid, last, by = change.uid, scene.people[2].id, scene.people[0].id
    there, ids = scene.slots[2].starts_at, (one.uid, two.uid)

    race(
        app,
        [
            *[lambda: changing.answer(uid, by=last, says_yes=True, now=make.BEFORE)] * 8,
            lambda: service.cancel(ids[0], by=by, now=make.BEFORE),
            lambda: service.move(ids[1], there, actor_id=None, now=make.BEFORE),
            *[lambda: changing.expire_changes(now=make.BEFORE + timedelta(days=2))] * 4,
        ],
    )

    assert state_of(change) is not ChangeState.OPEN
    assert where(one) is None
    assert where(two) == scene.slots[2].id
    told = Counter(db.session.scalars(select(OutgoingMail.key)))
    assert max(told.values()) == 1
    assert not db.session.scalars(select(ChangeMove).where(ChangeMove.is_open)).all()
    assert db.session.scalars(select(ChangeConsent)).all()
    assert requesting.expire_requests(now=make.BEFORE) == 0
