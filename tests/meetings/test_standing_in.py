"""Who goes to a booked meeting: a colleague instead, in one step, with everybody's calendar right."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import vobject
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import (
    changing,
    organisation_requests,
    queries,
    requesting,
    service,
    standing_in,
    walk_ups,
    wishing,
)
from lsos.meetings.delegate_rules import StandInRefusal, stand_in_refusal
from lsos.meetings.models import BlockedSlot, Meeting, MeetingParticipant, MeetingSettings
from lsos.meetings.paper_queries import sheets
from lsos.meetings.rules import MeetingMoveRefusal, MeetingState, RequestState
from lsos.registration.models import Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.scheduling import publishing
from lsos.scheduling.models import MatchingRun
from lsos.simulation import promises
from tests import make
from tests.racing import race

NOW = make.BEFORE
MAY = {
    "is_colleague": True,
    "is_in_it": False,
    "may_meet": True,
    "is_under_way": False,
    "is_free": True,
    "is_full": False,
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"is_colleague": False, "is_in_it": True}, StandInRefusal.NO_COLLEAGUE),
        ({"is_in_it": True, "may_meet": False}, StandInRefusal.IN_IT),
        ({"may_meet": False, "is_under_way": True}, StandInRefusal.KINDS),
        ({"is_under_way": True, "is_free": False}, StandInRefusal.UNDER_WAY),
        ({"is_free": False, "is_full": True}, StandInRefusal.BUSY),
        ({"is_full": True}, StandInRefusal.FULL),
    ],
)
def test_when_a_colleague_goes(change, reason):
    assert stand_in_refusal(**MAY | change) is reason


class Forum:
    """A meeting of somebody with one of three people of an organisation."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=3, tables=3)
        self.firm = make.organisation("Klinika")
        self.asker = make.registration(self.event, make.person("Ola", "Pyta", email="ola@example.org"))
        self.ewa, self.jan, self.leo = (
            make.registration(
                self.event,
                make.person(name, "Kliniczna", email=f"{name.lower()}@example.org"),
                organisation_id=self.firm.id,
            )
            for name in ("Ewa", "Jan", "Leo")
        )

    def meet(self, *, by_request=False):
        if not by_request:
            return make.meeting(self.asker, self.ewa, self.slots[0])
        request = organisation_requests.ask_organisation(self.asker.id, self.firm.uid, now=NOW)
        return requesting.answer(request.uid, by=self.ewa.id, accept=True, now=NOW).meeting

    def send(self, meeting, who, *, by=None):
        return standing_in.send_instead(meeting.uid, who.uid, by=(by or self.ewa).id, now=NOW)

    def in_it(self, meeting):
        db.session.rollback()
        rows = db.session.scalars(
            select(MeetingParticipant.registration_id).where(MeetingParticipant.meeting_id == meeting.id)
        )
        return set(rows)


@pytest.fixture
def forum(app):
    return Forum()


def entries(address):
    """Give what the calendar of somebody holds who read all letters: one entry a name, none after a CANCEL."""
    kept: dict[str, str] = {}
    seen: dict[str, int] = {}
    letters = select(OutgoingMail).where(OutgoingMail.to_address == address).order_by(OutgoingMail.id)
    for letter in db.session.scalars(letters):
        for file in letter.attachments:
            calendar = vobject.readOne(file.content.decode())
            uid, sequence = calendar.vevent.uid.value, int(calendar.vevent.sequence.value)
            assert sequence >= seen.get(uid, -1)
            seen[uid] = sequence
            if calendar.method.value == "CANCEL":
                kept.pop(uid, None)
            else:
                kept[uid] = calendar.vevent.summary.value
    return list(kept.values())


def test_a_colleague_goes_instead_and_every_calendar_is_right(forum):
    meeting = forum.meet(by_request=True)
    request = meeting.request
    place = (meeting.slot_id, meeting.table_id)
    forum.send(meeting, forum.jan)

    assert forum.in_it(meeting) == {forum.asker.id, forum.jan.id}
    meeting = db.session.get_one(Meeting, meeting.id)
    assert (meeting.slot_id, meeting.table_id) == place
    assert (request.to_id, request.state) == (forum.jan.id, RequestState.ACCEPTED)
    assert {queries.meetings_of(who.id) == [] for who in (forum.asker, forum.jan)} == {False}
    assert queries.meetings_of(forum.ewa.id) == []
    assert entries("ola@example.org") == ["Spotkanie: Jan Kliniczna"]
    assert entries("jan@example.org") == ["Spotkanie: Ola Pyta"]
    assert entries("ewa@example.org") == []

    forum.send(meeting, forum.ewa, by=forum.jan)
    service.cancel(meeting.uid, by=forum.ewa.id, now=NOW)
    assert [entries(f"{name}@example.org") for name in ("ola", "ewa", "jan")] == [[], [], []]


def test_whoever_went_is_free_again_and_whoever_comes_is_not(forum):
    meeting = forum.meet()
    forum.send(meeting, forum.jan)
    third = make.registration(forum.event, make.person("Trzecia"))
    booked = [
        requesting.answer(requesting.ask(third.id, who.uid, now=NOW).uid, by=who.id, accept=True, now=NOW).meeting
        for who in (forum.ewa, forum.jan)
    ]
    slots = [one.slot_id for one in booked if one is not None]
    assert len(slots) == 2
    assert slots[1] != meeting.slot_id


def test_why_somebody_does_not_go(forum):
    meeting = forum.meet()
    outside = make.registration(forum.event, make.person("Obcy"), organisation_id=make.organisation().id)
    silent = make.registration(forum.event, make.person("Cicha"), organisation_id=forum.firm.id, purposes=())
    for who in (outside, silent, forum.asker):
        with pytest.raises(Refused, match=StandInRefusal.NO_COLLEAGUE.value):
            forum.send(meeting, who)
    with pytest.raises(NotFound):
        standing_in.send_instead(meeting.uid, "nobody", by=forum.ewa.id, now=NOW)
    with pytest.raises(Refused, match="is in this meeting already"):
        forum.send(meeting, forum.ewa)
    requesting.ask(forum.asker.id, forum.jan.uid, now=NOW)
    with pytest.raises(Refused, match="has a request or a meeting with Ola Pyta already"):
        forum.send(meeting, forum.jan)
    make.add(BlockedSlot(registration_id=forum.leo.id, slot_id=meeting.slot_id))
    with pytest.raises(Refused, match="is not free at this time"):
        forum.send(meeting, forum.leo)


@pytest.mark.parametrize("is_askers", [True, False])
def test_a_never_looks_like_a_time_that_is_taken(forum, is_askers):
    meeting = forum.meet()
    one, other = (forum.asker, forum.jan) if is_askers else (forum.jan, forum.asker)
    wishing.avoid(one.id, other.uid, whole_organisation=False, now=NOW)
    with pytest.raises(Refused, match="is not free at this time"):
        forum.send(meeting, forum.jan)


def test_kinds_of_participation_that_do_not_meet_are_kept_apart(forum):
    meeting = forum.meet()
    kind = make.participation_type(forum.event)
    student = make.registration(
        forum.event, make.person("Ala", "Młoda"), organisation_id=forum.firm.id, participation_type=kind
    )
    ours, theirs = kind.id, forum.asker.participation_type_id
    for viewer, other in ((ours, theirs), (theirs, ours)):
        make.add(TypeRight(viewer_type_id=viewer, other_type_id=other, right=Right.SEE))
    with pytest.raises(Refused, match="cannot meet, by the ways"):
        forum.send(meeting, student)


def test_nobody_goes_over_their_limit(forum):
    meeting = forum.meet()
    third = make.registration(forum.event, make.person("Trzecia"))
    make.meeting(third, forum.jan, forum.slots[1])
    settings = db.session.get_one(MeetingSettings, forum.event.id)
    settings.max_per_person = 1
    db.session.commit()
    with pytest.raises(Refused, match="as many meetings as there may be"):
        forum.send(meeting, forum.jan)


def test_only_whose_side_it_is_decides_and_only_before_it_begins(forum):
    meeting = forum.meet()
    with pytest.raises(Refused, match=MeetingMoveRefusal.NOT_YOURS.value):
        forum.send(meeting, forum.leo, by=forum.jan)
    with pytest.raises(Refused, match=StandInRefusal.NO_ORGANISATION.value):
        forum.send(meeting, forum.leo, by=forum.asker)
    with pytest.raises(Refused, match=MeetingMoveRefusal.BEGUN.value):
        standing_in.send_instead(meeting.uid, forum.jan.uid, by=forum.ewa.id, now=meeting.starts_at)
    draft = make.meeting(forum.asker, forum.leo, forum.slots[1], state=MeetingState.PROPOSED)
    with pytest.raises(Refused, match=StandInRefusal.NOT_BOOKED.value):
        forum.send(draft, forum.jan, by=forum.leo)


def test_a_colleague_decides_where_the_organisation_was_asked(forum):
    meeting = forum.meet(by_request=True)
    forum.send(meeting, forum.leo, by=forum.jan)
    assert forum.in_it(meeting) == {forum.asker.id, forum.leo.id}


def test_drafts_give_way_to_whoever_comes(forum):
    meeting = forum.meet()
    third = make.registration(forum.event, make.person("Trzecia"))
    then = make.meeting(third, forum.jan, forum.slots[0], table=2, state=MeetingState.PROPOSED)
    same = make.meeting(forum.asker, forum.jan, forum.slots[1], state=MeetingState.PROPOSED)
    ids = [then.id, same.id]
    forum.send(meeting, forum.jan)
    assert db.session.scalars(select(Meeting.id).where(Meeting.id.in_(ids))).all() == []


def test_the_request_of_whoever_does_not_go_leads_to_no_second_meeting(forum):
    request = requesting.ask(forum.ewa.id, forum.asker.uid, now=NOW)
    meeting = requesting.answer(request.uid, by=forum.asker.id, accept=True, now=NOW).meeting
    assert meeting is not None
    forum.send(meeting, forum.jan)
    with pytest.raises(Refused):
        requesting.find_time(request.uid, by=forum.asker.id, now=NOW)
    assert queries.waiting_for_time(forum.ewa.id) == []
    assert set(queries.under_way(forum.asker.id, now=NOW)) == {forum.jan.id}


@pytest.mark.parametrize("how", ["published", "on the spot"])
def test_calling_off_what_a_colleague_went_to_leaves_another_meeting_of_the_two_alone(forum, how):
    request = requesting.ask(forum.ewa.id, forum.asker.uid, now=NOW)
    first = requesting.answer(request.uid, by=forum.asker.id, accept=True, now=NOW).meeting
    assert first is not None
    forum.send(first, forum.jan)
    if how == "published":
        make.meeting(forum.asker, forum.ewa, forum.slots[2], table=2, state=MeetingState.PROPOSED)
        make.add(MatchingRun(event_id=forum.event.id, at=NOW, settings={}, share=1.0, seconds=0.0))
        publishing.publish(forum.event, by=None, now=NOW)
    else:
        now = forum.slots[1].starts_at - timedelta(minutes=2)
        asked = walk_ups.ask(forum.ewa.id, forum.asker.uid, here=set, now=now)
        assert walk_ups.answer(asked.walk_up.uid, by=forum.asker.id, accept=True, here=set, now=now).meeting
    second = db.session.scalars(select(Meeting).where(Meeting.id != first.id)).one()
    assert second.state is MeetingState.SCHEDULED
    assert second.request_id is None
    service.cancel(first.uid, by=forum.jan.id, now=NOW)
    promises.check(forum.event.id, now=NOW)


# ---- a second


def bring(forum, meeting, who, *, by=None):
    return standing_in.bring_along(meeting.uid, who.uid, by=(by or forum.ewa).id, now=NOW)


def test_a_colleague_comes_as_well_and_stands_in_every_agenda(forum):
    meeting = forum.meet(by_request=True)
    bring(forum, meeting, forum.jan)

    assert forum.in_it(meeting) == {forum.asker.id, forum.ewa.id, forum.jan.id}
    assert [one.uid for one in queries.meetings_of(forum.jan.id)] == [meeting.uid]
    assert queries.under_way(forum.jan.id, now=NOW)[forum.asker.id].meeting is not None
    assert queries.is_known_to(forum.asker.id, forum.jan.id)
    assert sorted(entries("ola@example.org")[0].removeprefix("Spotkanie: ").split(", ")) == [
        "Ewa Kliniczna",
        "Jan Kliniczna",
    ]
    assert entries("jan@example.org") == ["Spotkanie: Ola Pyta"]
    assert [one.owner.id for one in sheets(forum.event.id) if one.meetings].count(forum.jan.id) == 1

    service.cancel(meeting.uid, by=forum.asker.id, now=NOW)
    assert [entries(f"{name}@example.org") for name in ("ola", "ewa", "jan")] == [[], [], []]


def test_at_most_two_of_a_side_go(forum):
    meeting = forum.meet()
    bring(forum, meeting, forum.jan)
    with pytest.raises(Refused, match="Two of your organisation go already"):
        bring(forum, meeting, forum.leo)
    with pytest.raises(Refused, match="is in this meeting already"):
        forum.send(meeting, forum.jan)


def test_whoever_was_brought_along_goes_with_the_colleague_who_stands_in(forum):
    meeting = forum.meet()
    bring(forum, meeting, forum.jan)
    forum.send(meeting, forum.leo)
    assert forum.in_it(meeting) == {forum.asker.id, forum.leo.id, forum.jan.id}
    assert {one.id for one in meeting.side(forum.jan.id)} == {forum.leo.id, forum.jan.id}


def test_a_meeting_goes_on_without_whoever_was_brought_along(forum):
    meeting = forum.meet()
    for leave in (
        lambda: standing_in.leave_out(meeting.uid, forum.jan.uid, by=forum.jan.id, now=NOW),
        lambda: standing_in.leave_out(meeting.uid, forum.jan.uid, by=forum.ewa.id, now=NOW),
    ):
        bring(forum, meeting, forum.jan)
        with pytest.raises(Refused):
            standing_in.leave_out(meeting.uid, forum.jan.uid, by=forum.asker.id, now=NOW)
        leave()
        assert forum.in_it(meeting) == {forum.asker.id, forum.ewa.id}
        assert entries("jan@example.org") == []
    bring(forum, meeting, forum.jan)
    with transaction() as session:
        service.release_meetings(session, forum.jan.id, actor_id=None, now=NOW)
    assert forum.in_it(meeting) == {forum.asker.id, forum.ewa.id}
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.SCHEDULED


@pytest.mark.parametrize("is_free", [True, False])
def test_whoever_was_brought_along_moves_too_where_they_are_free(forum, is_free):
    meeting = forum.meet()
    bring(forum, meeting, forum.jan)
    if not is_free:
        make.add(BlockedSlot(registration_id=forum.jan.id, slot_id=forum.slots[1].id))
    service.move(meeting.uid, forum.slots[1].starts_at, now=NOW)
    assert (forum.jan.id in forum.in_it(meeting)) is is_free
    assert len(entries("jan@example.org")) == is_free


@pytest.mark.parametrize("is_free", [True, False])
def test_an_agreed_change_takes_along_whoever_is_free_then(forum, is_free):
    meeting = forum.meet()
    bring(forum, meeting, forum.jan)
    if not is_free:
        third = make.registration(forum.event, make.person("Trzecia"))
        make.meeting(third, forum.jan, forum.slots[1], table=2)
    change = changing.propose(meeting.uid, forum.slots[1].starts_at, by=forum.asker.id, now=NOW)
    changing.answer(change.uid, by=forum.ewa.id, says_yes=True, now=NOW)

    stored = db.session.get_one(Meeting, meeting.id, populate_existing=True)
    assert stored.starts_at == forum.slots[1].starts_at
    assert (forum.jan.id in forum.in_it(meeting)) is is_free
    assert len(entries("jan@example.org")) == is_free


def test_a_meeting_is_held_when_one_of_each_side_is_there(forum):
    meeting = forum.meet()
    bring(forum, meeting, forum.jan)
    with transaction() as session:
        assert not service.hold_if_all_present(session, meeting.id, {forum.ewa.id, forum.jan.id}, NOW)
        assert service.hold_if_all_present(session, meeting.id, {forum.asker.id, forum.jan.id}, NOW)


# ---- many at once


@pytest.mark.each_database
def test_of_many_brought_along_at_once_one_comes(app, forum):
    meeting = forum.meet()
    ewa, people = forum.ewa.id, [forum.jan.uid, forum.leo.uid]
    answers = race(app, [partial(standing_in.bring_along, meeting.uid, who, by=ewa, now=NOW) for who in people * 20])
    told = Counter(one.message if isinstance(one, Refused) else "comes" for one in answers)
    assert told == {"comes": 1, StandInRefusal.TWO: 39}
    assert len(forum.in_it(meeting)) == 3


@pytest.mark.each_database
def test_of_many_sent_at_once_each_meeting_has_two_and_nobody_is_twice_at_a_time(app, forum):
    others = [make.registration(forum.event, make.person(f"Gość{n}")) for n in range(3)]
    people = [forum.ewa, forum.jan]
    first = make.meeting(others[0], people[0], forum.slots[0], table=1)
    second = make.meeting(others[1], people[1], forum.slots[0], table=2)
    calls = [
        partial(standing_in.send_instead, meeting.uid, forum.leo.uid, by=whose.id, now=NOW)
        for meeting, whose in ((first, forum.ewa), (second, forum.jan))
        for _ in range(20)
    ]
    answers = race(app, calls)
    assert sum(isinstance(one, Meeting) for one in answers) == 1
    assert all(isinstance(one, Meeting | Refused) for one in answers)
    sizes = [len(forum.in_it(meeting)) for meeting in (first, second)]
    assert sizes == [2, 2]


@pytest.mark.each_database
def test_sending_somebody_and_cancelling_at_once_leave_one_of_the_two(app, forum):
    meeting = forum.meet()
    uid, asker, ewa, jan = meeting.uid, forum.asker.id, forum.ewa.id, forum.jan.uid
    answers = race(
        app,
        [
            partial(standing_in.send_instead, uid, jan, by=ewa, now=NOW),
            partial(service.cancel, uid, by=asker, now=NOW),
        ],
    )
    stored = db.session.get_one(Meeting, meeting.id, populate_existing=True)
    assert stored.state is MeetingState.CANCELLED
    assert not isinstance(answers[1], Refused)
    assert db.session.get_one(Registration, ewa) is not None
