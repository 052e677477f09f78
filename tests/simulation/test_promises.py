"""What must never happen is found when it is there: a watch that finds nothing is worth nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from lsos.agenda.models import SessionPerson
from lsos.agenda.rules import SessionRole
from lsos.db import db, transaction
from lsos.meetings.change_models import ChangeConsent, MeetingChange
from lsos.meetings.change_rules import ChangeKind, ChangeState
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Avoidance, BlockedSlot, Meeting, MeetingParticipant, MeetingPreference, MeetingTable
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_rules import Right
from lsos.registration.rules import RegistrationState
from lsos.simulation import promises
from tests import make


class Scene:
    """Two people with a meeting, and some around them."""

    def __init__(self) -> None:
        self.where = make.event(days=1)
        self.slots = make.meeting_grid(self.where, slots=4, tables=2, max_per_person=2, max_open_requests=1)
        self.people = [make.registration(self.where, make.person(f"Gość{n}")) for n in range(5)]
        self.one, self.other, *self.rest = self.people
        self.meeting = make.meeting(self.one, self.other, self.slots[0])

    def check(self, *people: Registration) -> None:
        db.session.rollback()
        ids = [one.id for one in people] or None
        promises.check(self.where.id, now=make.BEFORE, people=ids)


def block(scene: Scene) -> None:
    make.add(BlockedSlot(registration_id=scene.one.id, slot_id=scene.slots[0].id))


def sign_up(scene: Scene) -> None:
    make.signup(scene.other, make.session(scene.where, starts_at=scene.slots[0].starts_at, minutes=10))


def speak(scene: Scene) -> None:
    talk = make.session(scene.where, starts_at=scene.slots[0].starts_at, minutes=10)
    make.add(SessionPerson(session_id=talk.id, person_id=scene.one.person_id, role=SessionRole.SPEAKER))


def too_many(scene: Scene) -> None:
    for slot, other in zip(scene.slots[1:3], scene.rest, strict=False):
        make.meeting(scene.one, other, slot)


def too_many_a_day(scene: Scene) -> None:
    with transaction() as session:
        session.get_one(ParticipationType, scene.one.participation_type_id).max_meetings_a_day = 1
    make.meeting(scene.one, scene.rest[0], scene.slots[1])


def ask_without_right(scene: Scene) -> None:
    kind = make.participation_type(scene.where)
    stranger = make.registration(scene.where, participation_type=kind)
    make.right(scene.one.participation_type, kind, Right.SEE)
    make.meeting_request(scene.one, stranger)


def plan_without_right(scene: Scene) -> None:
    make.right(scene.one.participation_type, scene.one.participation_type, Right.NOTHING)
    with transaction() as session:
        session.get_one(Meeting, scene.meeting.id).origin = MeetingOrigin.MATCHING


def hand_on_to_a_stranger(scene: Scene) -> None:
    make.meeting_request(scene.one, scene.rest[0], to_organisation_id=make.organisation().id)


def wish_for_fewer(scene: Scene) -> None:
    make.add(MeetingPreference(registration_id=scene.one.id, most_meetings=1))
    make.meeting(scene.one, scene.rest[0], scene.slots[1])


def share_a_request(scene: Scene) -> None:
    request = make.meeting_request(scene.one, scene.other, state=RequestState.ACCEPTED)
    with transaction() as session:
        session.get_one(Meeting, scene.meeting.id).request_id = request.id
    make.meeting(scene.one, scene.rest[0], scene.slots[1], request_id=request.id)


def bring_the_avoided(scene: Scene) -> None:
    make.add(
        MeetingParticipant(
            meeting_id=scene.meeting.id,
            registration_id=scene.rest[0].id,
            slot_id=scene.slots[0].id,
            beside_id=scene.one.id,
        )
    )
    make.add(Avoidance(owner_id=scene.rest[0].person_id, person_id=scene.other.person_id, at=make.BEFORE))


def take_a_stand(scene: Scene) -> None:
    host = make.organisation()
    with transaction() as session:
        session.get_one(MeetingTable, scene.meeting.table_id).host_organisation_id = host.id


def change_alone(scene: Scene) -> None:
    change = MeetingChange(event_id=scene.where.id, kind=ChangeKind.RESCHEDULE, asked_at=make.BEFORE)
    change.state, change.is_open, change.closed_at, change.expires_at = (
        ChangeState.DONE, False, make.BEFORE, make.BEFORE
    )  # fmt: skip
    change.consents = [ChangeConsent(registration_id=scene.one.id, says_yes=None)]
    make.add(change)


def never_one(scene: Scene) -> None:
    make.add(Avoidance(owner_id=scene.one.person_id, person_id=scene.other.person_id, at=make.BEFORE))


def never_all(scene: Scene) -> None:
    company = make.organisation()
    with transaction() as session:
        session.get_one(Registration, scene.one.id).organisation_id = company.id
    make.add(Avoidance(owner_id=scene.other.person_id, organisation_id=company.id, at=make.BEFORE))


def leave(scene: Scene) -> None:
    with transaction() as session:
        session.get_one(Registration, scene.one.id).state = RegistrationState.CANCELLED


def leave_with_a_request(scene: Scene) -> None:
    make.meeting_request(scene.one, scene.rest[0])
    with transaction() as session:
        session.get_one(Registration, scene.rest[0].id).state = RegistrationState.CANCELLED


def decline(scene: Scene) -> None:
    request = make.meeting_request(scene.one, scene.other, state=RequestState.DECLINED)
    with transaction() as session:
        session.get_one(Meeting, scene.meeting.id).request_id = request.id


def ask_too_many(scene: Scene) -> None:
    make.meeting_request(scene.one, scene.rest[0])
    make.meeting_request(scene.one, scene.rest[1])


def hold(scene: Scene) -> None:
    with transaction() as session:
        session.get_one(Meeting, scene.meeting.id).state = MeetingState.HELD
    missed = MeetingFeedback(meeting_id=scene.meeting.id, registration_id=scene.one.id, said_at=make.BEFORE)
    missed.impression = Impression.MISSED
    make.add(missed)


def shift(scene: Scene) -> None:
    with transaction() as session:
        session.get_one(Meeting, scene.meeting.id).starts_at += timedelta(minutes=1)


def lose_one(scene: Scene) -> None:
    with transaction() as session:
        session.delete(session.get_one(MeetingParticipant, (scene.meeting.id, scene.one.id)))


@pytest.mark.parametrize(
    ("act", "promise"),
    [
        (block, "a meeting in a time that somebody keeps free"),
        (sign_up, "a meeting during a session that somebody signed up for"),
        (speak, "a meeting during a session in which somebody speaks"),
        (too_many, "somebody with more meetings than they may have"),
        (too_many_a_day, "somebody with more meetings on a day than they may have"),
        (ask_without_right, "a request of somebody who may not ask"),
        (plan_without_right, "a meeting of the matching of two of whom neither may ask the other"),
        (hand_on_to_a_stranger, "a request to an organisation that waits for somebody else"),
        (wish_for_fewer, "somebody with more meetings than they may have"),
        (share_a_request, "two meetings that came of one request"),
        (bring_the_avoided, promises.AGAINST_A_NEVER),
        (take_a_stand, "a meeting at the stand of others"),
        (change_alone, "a change that was made without the yes of all"),
        (never_one, promises.AGAINST_A_NEVER),
        (never_all, promises.AGAINST_A_NEVER),
        (leave, "a meeting ahead of somebody who does not come"),
        (leave_with_a_request, "a request under way of somebody who does not come"),
        (decline, "a meeting of a request that was not accepted"),
        (ask_too_many, "somebody with more open requests than may be"),
        (hold, "a meeting that was held although nobody saw or said it"),
        (shift, "a meeting at another time than its slot"),
        (lose_one, "a meeting without one of its two"),
    ],
)
def test_what_must_never_be_is_named_where_it_is(app: Flask, act: Callable[[Scene], None], promise: str):
    scene = Scene()
    scene.check()
    scene.check(scene.one, scene.other)
    act(scene)
    with pytest.raises(promises.Broken, match=promise):
        scene.check()
    with pytest.raises(promises.Broken, match=promise):
        scene.check(*scene.people)


def test_who_has_nothing_to_do_with_it_is_not_troubled(app: Flask):
    scene = Scene()
    block(scene)
    scene.check(*scene.rest)


def test_what_stood_before_a_never_stays(app: Flask):
    scene = Scene()
    never_one(scene)
    known = promises.against_a_never(scene.where.id)
    assert known == {scene.meeting.id}
    promises.check(scene.where.id, now=make.BEFORE, known=known)


def test_a_session_that_counts_its_places_wrongly_is_found(app: Flask):
    scene = Scene()
    talk = make.session(scene.where, starts_at=scene.slots[2].starts_at)
    make.signup(scene.one, talk)
    scene.check()
    with transaction() as session:
        session.get_one(type(talk), talk.id).signed_up = 2
    with pytest.raises(promises.Broken, match="count of places"):
        scene.check()
