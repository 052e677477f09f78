"""Asking, answering, booking, moving, cancelling, reporting: what each does and whom it refuses."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lsos.agenda.models import SessionPerson
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import changing, places, requesting, service
from lsos.meetings.models import BlockedSlot, Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import (
    AnswerRefusal,
    BlockRefusal,
    BookingRefusal,
    MeetingMoveRefusal,
    MeetingOrigin,
    MeetingState,
    PlaceRefusal,
    RequestRefusal,
    RequestState,
)
from lsos.registration.models import Registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from tests import make


class Scene:
    """An event with slots and tables, and people who take part."""

    def __init__(self, *, people=2, slots=3, tables=2, **settings):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, **settings)
        self.people = [make.registration(self.event, make.person(f"Gość{n}", "Próbny")) for n in range(people)]

    def ask(self, one=0, other=1, **more):
        return requesting.ask(self.people[one].id, self.people[other].uid, now=make.BEFORE, **more)

    def accept(self, request):
        return requesting.answer(request.uid, by=request.to_id, accept=True, now=make.BEFORE)

    def meet(self, one=0, other=1):
        meeting = self.accept(self.ask(one, other)).meeting
        assert meeting is not None
        return meeting


def refusal_of(call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    return caught.value.message


def mails():
    return Counter(key.partition(":")[0] for key in db.session.scalars(select(OutgoingMail.key)))


def slot_of(meeting):
    return db.session.scalar(select(Meeting.slot_id).where(Meeting.id == meeting.id))


# ---- asking


def test_asking_takes_no_time_and_writes_to_the_other(app):
    scene = Scene()
    request = scene.ask(message="Porozmawiajmy o pilotażu.")

    assert request.state is RequestState.OPEN
    assert request.expires_at == make.BEFORE + timedelta(hours=72)
    assert places.free_slots(scene.event.id, [scene.people[1].id])[scene.people[1].id] == scene.slots
    [mail] = db.session.scalars(select(OutgoingMail))
    assert mail.to_address == scene.people[1].person.email
    assert "Porozmawiajmy o pilotażu." in mail.text


def test_the_letter_tells_why_from_the_readers_side(app):
    scene = Scene()
    pilot = make.cooperation_type("pilot-site")
    make.listing(scene.people[0], Direction.SEEK, pilot)
    make.listing(scene.people[1], Direction.OFFER, pilot)
    scene.people[1].person.language = "en"
    db.session.commit()

    scene.ask()

    [mail] = db.session.scalars(select(OutgoingMail))
    assert "Gość0 Próbny seeks: pilot-site. You offer it." in mail.text


def test_a_request_can_name_an_offer_of_one_of_the_two_only(app):
    scene = Scene(people=3)
    pilot = make.cooperation_type("pilot-site")
    theirs = make.listing(scene.people[1], Direction.OFFER, pilot)
    strangers = make.listing(scene.people[2], Direction.OFFER, pilot)

    about = scene.ask(0, 1, listing_uid=theirs.uid)
    about_nothing = scene.ask(1, 2, listing_uid=strangers.uid)
    about_unknown = scene.ask(0, 2, listing_uid="no-such-listing")

    assert about.listing_id == theirs.id
    assert about_nothing.listing_id == strangers.id
    assert about_unknown.listing_id is None


@pytest.mark.parametrize("again", [(0, 1), (1, 0)])
def test_nobody_asks_twice_in_either_direction(app, again):
    scene = Scene()
    scene.ask(0, 1)

    assert refusal_of(scene.ask, *again) == RequestRefusal.UNDER_WAY


def test_who_meets_already_cannot_be_asked_again(app):
    scene = Scene()
    scene.meet()

    assert refusal_of(scene.ask) == RequestRefusal.UNDER_WAY


def test_after_a_no_or_an_end_one_may_ask_again(app):
    scene = Scene()
    first = scene.ask()
    requesting.answer(first.uid, by=first.to_id, accept=False, now=make.BEFORE)
    second = scene.ask()
    late = second.expires_at

    third = requesting.ask(scene.people[1].id, scene.people[0].uid, now=late)

    assert db.session.get_one(MeetingRequest, second.id).state is RequestState.EXPIRED
    assert third.state is RequestState.OPEN


def test_who_agreed_to_no_suggestions_neither_asks_nor_is_asked(app):
    scene = Scene()
    shy = make.registration(scene.event, purposes=(Purpose.CATALOGUE,))
    scene.people.append(shy)

    assert refusal_of(scene.ask, 2, 0) == RequestRefusal.NOT_TAKING_PART
    assert refusal_of(scene.ask, 0, 2) == RequestRefusal.OTHER_NOT_TAKING_PART


def test_colleagues_need_no_table(app):
    firm = make.organisation()
    scene = Scene(people=0)
    scene.people = [make.registration(scene.event, make.person(), organisation=firm) for _ in range(2)]

    assert refusal_of(scene.ask) == RequestRefusal.SAME_ORGANISATION


def test_people_of_another_event_cannot_be_asked(app):
    scene, elsewhere = Scene(), Scene()
    with pytest.raises(NotFound):
        requesting.ask(scene.people[0].id, elsewhere.people[0].uid, now=make.BEFORE)


# ---- answering


def test_a_yes_finds_a_slot_free_for_both_and_the_lowest_table(app):
    scene = Scene(people=4)
    one, other, third, fourth = scene.people
    make.signup(one, make.session(scene.event, starts_at=scene.slots[0].starts_at, minutes=20))
    make.meeting(third, fourth, scene.slots[1], table=1)

    done = scene.accept(scene.ask())

    assert done.meeting is not None
    assert done.meeting.slot_id == scene.slots[1].id
    assert done.meeting.table is not None
    assert done.meeting.table.number == 2
    assert done.meeting.state is MeetingState.SCHEDULED
    assert done.meeting.origin is MeetingOrigin.REQUEST
    assert mails() == {"meeting_requested": 1, "meeting_scheduled": 2}
    places = db.session.execute(select(MeetingParticipant.registration_id, MeetingParticipant.slot_id)).all()
    assert (one.id, scene.slots[1].id) in places
    assert (other.id, scene.slots[1].id) in places


def test_nobody_is_booked_while_they_speak(app):
    scene = Scene(slots=1)
    talk = make.session(scene.event, starts_at=scene.slots[0].starts_at, minutes=20)
    make.add(SessionPerson(session_id=talk.id, person_id=scene.people[1].person_id))

    assert scene.accept(scene.ask()).waits_because is BookingRefusal.NO_COMMON_SLOT


def test_nobody_is_booked_into_the_past(app):
    scene = Scene(slots=2)
    request = requesting.ask(scene.people[0].id, scene.people[1].uid, now=scene.slots[0].starts_at)

    done = requesting.answer(request.uid, by=request.to_id, accept=True, now=scene.slots[0].starts_at)

    assert done.meeting is not None
    assert done.meeting.slot_id == scene.slots[1].id


def test_a_meeting_is_put_beside_another_so_that_nobody_waits_between(app):
    scene = Scene(people=3, slots=4, tables=3)
    make.add(BlockedSlot(registration_id=scene.people[1].id, slot_id=scene.slots[0].id))
    make.add(BlockedSlot(registration_id=scene.people[1].id, slot_id=scene.slots[1].id))
    first = scene.meet(0, 1)
    second = scene.meet(0, 2)

    assert slot_of(first) == scene.slots[2].id
    assert slot_of(second) in {scene.slots[1].id, scene.slots[3].id}


@pytest.mark.parametrize(
    ("blocks", "tables", "reason"),
    [(True, 1, BookingRefusal.NO_COMMON_SLOT), (False, 0, BookingRefusal.NO_TABLE)],
)
def test_without_a_place_the_request_waits_and_both_are_told_why(app, blocks, tables, reason):
    scene = Scene(slots=1, tables=tables)
    if blocks:
        make.add(BlockedSlot(registration_id=scene.people[0].id, slot_id=scene.slots[0].id))

    done = scene.accept(scene.ask())

    assert done.meeting is None
    assert done.waits_because is reason
    assert db.session.get_one(MeetingRequest, done.request.id).state is RequestState.ACCEPTED
    assert mails() == {"meeting_requested": 1, "request_waiting_for_time": 2}


def test_who_has_as_many_meetings_as_allowed_waits_too(app):
    scene = Scene(people=3, max_per_person=1)
    scene.meet(0, 1)

    assert scene.accept(scene.ask(0, 2)).waits_because is BookingRefusal.TOO_MANY


def test_a_waiting_request_finds_its_time_when_there_is_one_again(app):
    scene = Scene(slots=1)
    make.add(BlockedSlot(registration_id=scene.people[0].id, slot_id=scene.slots[0].id))
    request = scene.accept(scene.ask()).request
    nothing = requesting.find_time(request.uid, by=scene.people[0].id, now=make.BEFORE)
    service.unblock_slot(scene.people[0].id, scene.slots[0].starts_at)

    found = requesting.find_time(request.uid, by=scene.people[1].id, now=make.BEFORE)

    assert nothing.waits_because is BookingRefusal.NO_COMMON_SLOT
    assert found.meeting is not None
    assert refusal_of(requesting.find_time, request.uid, by=scene.people[0].id, now=make.BEFORE) == AnswerRefusal.CLOSED


def test_only_the_one_who_was_asked_answers_and_only_once(app):
    scene = Scene(people=3)
    request = scene.ask()

    def answer(who, accept=True):
        return requesting.answer(request.uid, by=scene.people[who].id, accept=accept, now=make.BEFORE)

    assert refusal_of(answer, 0) == AnswerRefusal.NOT_YOURS
    assert refusal_of(answer, 2) == AnswerRefusal.NOT_YOURS
    answer(1, accept=False)
    assert refusal_of(answer, 1) == AnswerRefusal.CLOSED
    assert mails() == {"meeting_requested": 1, "request_declined": 1}


def test_an_answer_that_comes_too_late_changes_nothing(app):
    scene = Scene()
    request = scene.ask()

    def late():
        return requesting.answer(request.uid, by=request.to_id, accept=True, now=request.expires_at)

    assert refusal_of(late) == AnswerRefusal.CLOSED
    assert db.session.scalar(select(func.count()).select_from(Meeting)) == 0


def test_who_does_not_come_any_more_cannot_be_accepted_but_declined(app):
    scene = Scene()
    request = scene.ask()
    scene.people[0].state = RegistrationState.CANCELLED
    db.session.commit()

    assert refusal_of(scene.accept, request) == AnswerRefusal.NOT_COMING
    done = requesting.answer(request.uid, by=request.to_id, accept=False, now=make.BEFORE)
    assert done.request.state is RequestState.DECLINED


def test_requests_that_nobody_answered_are_closed_by_the_worker(app):
    scene = Scene(people=3)
    old = scene.ask(0, 1)
    fresh = requesting.ask(scene.people[0].id, scene.people[2].uid, now=make.BEFORE + timedelta(hours=1))

    assert requesting.expire_requests(now=old.expires_at) == 1
    assert db.session.get_one(MeetingRequest, old.id).state is RequestState.EXPIRED
    assert db.session.get_one(MeetingRequest, fresh.id).state is RequestState.OPEN


def test_who_asked_takes_an_open_request_back_and_either_a_waiting_one(app):
    scene = Scene(people=3, slots=1, tables=0)
    open_one = scene.ask(0, 1)
    waiting = scene.accept(scene.ask(0, 2)).request

    def withdraw(request, who):
        return requesting.withdraw(request.uid, by=scene.people[who].id, now=make.BEFORE)

    assert refusal_of(withdraw, open_one, 1) == AnswerRefusal.NOT_YOURS_TO_WITHDRAW
    assert withdraw(open_one, 0).state is RequestState.WITHDRAWN
    assert withdraw(waiting, 2).state is RequestState.WITHDRAWN
    assert mails()["request_withdrawn"] == 1
    assert refusal_of(withdraw, waiting, 2) == AnswerRefusal.CLOSED


# ---- changing


def test_cancelling_frees_time_and_table_and_lets_the_two_ask_again(app):
    scene = Scene(slots=1, tables=1, people=4)
    meeting = scene.meet(0, 1)

    service.cancel(meeting.uid, by=scene.people[1].id, now=make.BEFORE)

    stored = db.session.get_one(Meeting, meeting.id)
    assert (stored.state, stored.slot_id, stored.table_id, stored.sequence) == (MeetingState.CANCELLED, None, None, 1)
    assert set(db.session.scalars(select(MeetingParticipant.slot_id))) == {None}
    assert stored.request is not None
    assert stored.request.state is RequestState.WITHDRAWN
    assert mails()["meeting_cancelled"] == 2
    assert scene.meet(2, 3).slot_id == scene.slots[0].id
    assert scene.ask(1, 0).state is RequestState.OPEN


def test_strangers_cannot_touch_a_meeting_and_nobody_one_that_has_begun(app):
    scene = Scene(people=3)
    meeting = scene.meet(0, 1)
    begun = meeting.starts_at

    def cancel(who, now=make.BEFORE):
        return service.cancel(meeting.uid, by=scene.people[who].id, now=now)

    def move(who, now=make.BEFORE):
        return changing.propose(meeting.uid, scene.slots[2].starts_at, by=scene.people[who].id, now=now)

    assert refusal_of(cancel, 2) == refusal_of(move, 2) == MeetingMoveRefusal.NOT_YOURS
    assert refusal_of(cancel, 0, begun) == refusal_of(move, 0, begun) == MeetingMoveRefusal.BEGUN
    cancel(0)
    assert refusal_of(cancel, 0) == refusal_of(move, 0) == MeetingMoveRefusal.DONE


def test_moving_is_one_step_to_a_slot_free_for_both(app):
    scene = Scene()
    meeting = scene.meet()

    moved = service.move(meeting.uid, scene.slots[2].starts_at, actor_id=None, now=make.BEFORE)

    assert moved.slot_id == scene.slots[2].id
    assert moved.starts_at == scene.slots[2].starts_at
    assert moved.sequence == 1
    assert set(db.session.scalars(select(MeetingParticipant.slot_id))) == {scene.slots[2].id}
    assert mails()["meeting_moved"] == 2
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.action == "meeting.moved")) is not None


def test_moving_to_where_it_is_changes_and_tells_nothing(app):
    scene = Scene()
    meeting = scene.meet()

    same = service.move(meeting.uid, meeting.starts_at, table_number=1, actor_id=None, now=make.BEFORE)

    assert same.sequence == 0
    assert mails()["meeting_moved"] == 0


def test_a_meeting_cannot_be_moved_to_where_one_is_busy_or_the_table_taken(app):
    scene = Scene(people=5)
    one, other, third, fourth, fifth = scene.people
    meeting = make.meeting(one, other, scene.slots[0])
    make.add(BlockedSlot(registration_id=one.id, slot_id=scene.slots[1].id))
    make.meeting(third, fourth, scene.slots[2], table=1)
    make.meeting(fifth, make.registration(scene.event), scene.slots[2], table=2)

    def move(slot, table=None, now=make.BEFORE):
        return service.move(meeting.uid, scene.slots[slot].starts_at, table_number=table, actor_id=None, now=now)

    assert refusal_of(move, 1) == PlaceRefusal.FIRST_BUSY
    assert refusal_of(move, 2) == PlaceRefusal.TABLE_TAKEN
    assert refusal_of(move, 2, 1) == PlaceRefusal.TABLE_TAKEN
    assert refusal_of(move, 1, 99) == MeetingMoveRefusal.NO_SUCH_PLACE
    no_slot = scene.slots[0].starts_at + timedelta(minutes=1)
    nowhere = refusal_of(service.move, meeting.uid, no_slot, actor_id=None, now=make.BEFORE)
    assert nowhere == MeetingMoveRefusal.NO_SUCH_PLACE
    assert slot_of(meeting) == scene.slots[0].id


def test_an_organiser_may_change_the_table_within_a_slot(app):
    scene = Scene()
    meeting = scene.meet()

    moved = service.move(meeting.uid, meeting.starts_at, table_number=2, actor_id=None, now=make.BEFORE)

    assert moved.table is not None
    assert moved.table.number == 2
    assert moved.sequence == 1


def test_who_does_not_come_loses_meetings_and_requests_and_the_others_are_told(app):
    scene = Scene(people=4, slots=4, tables=4)
    meeting = scene.meet(0, 1)
    asked = scene.ask(0, 2)
    kept = scene.meet(1, 3)

    with transaction() as session:
        assert service.release_meetings(session, scene.people[0].id, actor_id=None, now=make.BEFORE) == 1

    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.CANCELLED
    assert db.session.get_one(MeetingRequest, asked.id).state is RequestState.WITHDRAWN
    assert db.session.get_one(Meeting, kept.id).state is MeetingState.SCHEDULED
    assert mails()["meeting_cancelled"] == 2


def test_a_blocked_slot_takes_no_meeting_until_it_is_open_again(app):
    scene = Scene(slots=1)
    who = scene.people[0]
    service.block_slot(who.id, scene.slots[0].starts_at, now=make.BEFORE)
    service.block_slot(who.id, scene.slots[0].starts_at, now=make.BEFORE)

    assert places.free_slots(scene.event.id, [who.id])[who.id] == []
    service.unblock_slot(who.id, scene.slots[0].starts_at)
    service.unblock_slot(who.id, scene.slots[0].starts_at)
    assert places.free_slots(scene.event.id, [who.id])[who.id] == scene.slots


def test_a_slot_with_a_meeting_cannot_be_blocked(app):
    scene = Scene()
    meeting = scene.meet()

    def block(at):
        return service.block_slot(scene.people[0].id, at, now=make.BEFORE)

    assert refusal_of(block, meeting.starts_at) == BlockRefusal.MEETING
    assert refusal_of(block, meeting.starts_at + timedelta(minutes=1)) == BlockRefusal.UNKNOWN


# ---- on the day


def test_a_meeting_is_held_when_both_are_present(app):
    scene = Scene()
    meeting = scene.meet()
    one, other = scene.people
    with transaction() as session:
        alone = service.hold_if_all_present(session, meeting.id, {one.id}, meeting.starts_at)
    with transaction() as session:
        both = service.hold_if_all_present(session, meeting.id, {one.id, other.id}, meeting.starts_at)

    assert (alone, both) == (False, True)
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.HELD
    with transaction() as session:
        service.take_back_held(session, meeting.id, meeting.ends_at)
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.SCHEDULED


def test_a_meeting_that_was_not_held_after_all_is_off_where_one_of_its_people_has_left(app):
    scene = Scene()
    meeting = scene.meet()
    early = meeting.starts_at - timedelta(minutes=5)
    with transaction() as session:
        service.hold_if_all_present(session, meeting.id, {one.id for one in scene.people}, early)
    with transaction() as session:
        service.release_meetings(session, scene.people[0].id, actor_id=None, now=early)
        session.get_one(Registration, scene.people[0].id).state = RegistrationState.CANCELLED
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.HELD

    with transaction() as session:
        service.take_back_held(session, meeting.id, early)

    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.CANCELLED
    assert mails()["meeting_cancelled"] == 2


def test_a_cancelled_meeting_cannot_be_held(app):
    scene = Scene()
    meeting = scene.meet()
    service.cancel(meeting.uid, by=None, now=make.BEFORE)
    with transaction() as session:
        held = service.hold_if_all_present(session, meeting.id, {p.id for p in scene.people}, meeting.starts_at)

    assert held is False


def test_what_is_not_there_has_its_sentence(app):
    Scene()
    with pytest.raises(NotFound):
        requesting.answer("no-such-request", by=1, accept=True, now=make.BEFORE)
    with pytest.raises(NotFound):
        service.move("no-such-meeting", make.DOORS, actor_id=None, now=make.BEFORE)


def test_an_event_without_meetings_takes_no_requests(app):
    where = make.event()
    one, other = make.registration(where), make.registration(where)

    assert refusal_of(requesting.ask, one.id, other.uid, now=make.BEFORE) == RequestRefusal.OVER


def test_every_change_leaves_a_trace(app):
    scene = Scene()
    meeting = scene.meet()
    service.cancel(meeting.uid, by=scene.people[0].id, now=make.BEFORE)

    traces = db.session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()

    one, other = (db.session.get_one(Registration, who.id).person_id for who in scene.people)
    assert traces == [
        ("meeting_request.sent", one),
        ("meeting_request.accepted", other),
        ("meeting.scheduled", other),
        ("meeting.cancelled", one),
    ]
