"""Requests to an organisation: who is thought of first, who may take them over, and what nobody learns."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import delegates, organisation_requests, queries, requesting, service, wishing
from lsos.meetings.delegate_rules import (
    Candidate,
    HandOnRefusal,
    OrganisationRefusal,
    first_choice,
    hand_on_refusal,
    is_asked,
)
from lsos.meetings.models import BlockedSlot, MeetingRequest
from lsos.meetings.rules import TIME_TO_REPLY, RequestRefusal, RequestState
from lsos.meetings.threads import quota_of
from lsos.merging.organisations import merge
from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from tests import make
from tests.racing import CROWD, race

NOW = make.BEFORE


# ---- the rules


@pytest.mark.parametrize(
    ("candidates", "first"),
    [
        ([], None),
        ([Candidate(1, 0.2, 4), Candidate(2, 0.8, 4)], 2),
        ([Candidate(1, 0.8, 4, open_requests=36), Candidate(2, 0.4, 4)], 2),
        ([Candidate(1, 0.9, 0), Candidate(2, 0.1, 1)], 2),
        ([Candidate(1, 0.9, 4), Candidate(2, 0.1, 4, is_about_theirs=True)], 2),
        ([Candidate(1, 0.9, 4), Candidate(2, 0.1, 0, is_about_theirs=True)], 1),
        ([Candidate(1, 0.9, 0, is_about_theirs=True, is_apart=True), Candidate(2, 0.1, 0)], 2),
        ([Candidate(1, 0.9, 0, is_apart=True)], 1),
        ([Candidate(2, 0.5, 4), Candidate(1, 0.5, 4)], 1),
    ],
)
def test_whoever_fits_and_has_time_comes_first(candidates, first):
    found = first_choice(candidates)
    assert (found.key if found else None) == first


MAY = {
    "may_answer": True,
    "state": RequestState.OPEN,
    "is_colleague": True,
    "has_it": False,
    "is_under_way": False,
    "common_slots": 1,
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"may_answer": False}, HandOnRefusal.NOT_YOURS),
        ({"state": RequestState.EXPIRED}, HandOnRefusal.CLOSED),
        ({"state": RequestState.ACCEPTED}, HandOnRefusal.CLOSED),
        ({"is_colleague": False, "has_it": True}, HandOnRefusal.NO_COLLEAGUE),
        ({"has_it": True, "is_under_way": True}, HandOnRefusal.HAS_IT),
        ({"is_under_way": True, "common_slots": 0}, HandOnRefusal.UNDER_WAY),
        ({"common_slots": 0}, HandOnRefusal.NO_COMMON_TIME),
    ],
)
def test_when_a_request_goes_to_a_colleague(change, reason):
    assert hand_on_refusal(**MAY | change) is reason


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        ({"is_addressee": True, "to_organisation_id": None, "organisation_id": None, "takes_part": False}, True),
        ({"to_organisation_id": None, "organisation_id": 1, "takes_part": True}, False),
        ({"to_organisation_id": None, "organisation_id": None, "takes_part": True}, False),
        ({"to_organisation_id": 1, "organisation_id": 1, "takes_part": True}, True),
        ({"to_organisation_id": 1, "organisation_id": 1, "takes_part": False}, False),
        ({"to_organisation_id": 1, "organisation_id": 2, "takes_part": True}, False),
        ({"is_asker": True, "to_organisation_id": 1, "organisation_id": 1, "takes_part": True}, False),
    ],
)
def test_who_may_answer(facts, may):
    assert is_asked(**{"is_addressee": False, "is_asker": False} | facts) is may


# ---- asking


class Forum:
    """An asker, and three people of one organisation."""

    def __init__(self):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=3, tables=3)
        self.firm = make.organisation("Klinika")
        self.asker = make.registration(self.event, make.person("Ola", "Pyta", email="ola@example.org"))
        self.ewa, self.jan, self.leo = (self.colleague(name) for name in ("Ewa", "Jan", "Leo"))

    def colleague(self, name, **more):
        who = make.person(name, "Kliniczna", email=f"{name.lower()}@example.org")
        return make.registration(self.event, who, organisation_id=self.firm.id, **more)

    def ask(self, **more):
        return organisation_requests.ask_organisation(self.asker.id, self.firm.uid, now=NOW, **more)

    def block(self, who, *slots):
        for slot in slots or self.slots:
            make.add(BlockedSlot(registration_id=who.id, slot_id=slot.id))

    def never(self, who, other, *, whole=False):
        wishing.avoid(who.id, other.uid, whole_organisation=whole, now=NOW)

    def letters(self, template):
        rows = db.session.execute(
            select(OutgoingMail.to_address).where(OutgoingMail.key.startswith(f"{template}:")).order_by(OutgoingMail.id)
        )
        return [row[0] for row in rows]


@pytest.fixture
def forum(app):
    return Forum()


def test_it_is_the_turn_of_whoever_has_time_and_they_alone_get_a_letter(forum):
    forum.block(forum.ewa)
    forum.block(forum.leo, forum.slots[0])
    request = forum.ask(message="Let us talk.")

    assert (request.to_id, request.to_organisation_id) == (forum.jan.id, forum.firm.id)
    assert forum.letters("meeting_requested") == ["jan@example.org"]
    assert quota_of(forum.asker, now=NOW).open == 1


def test_a_request_about_an_offer_goes_to_its_owner_first(forum):
    offer = make.listing(forum.leo, Direction.OFFER, make.cooperation_type("pilot"))
    request = forum.ask(listing_uid=offer.uid)
    assert (request.to_id, request.listing_id) == (forum.leo.id, offer.id)


def test_an_organisation_is_asked_once_at_a_time(forum):
    request = forum.ask()
    with pytest.raises(Refused, match=OrganisationRefusal.UNDER_WAY.value):
        forum.ask()
    requesting.answer(request.uid, by=request.to_id, accept=False, now=NOW)
    assert forum.ask().uid != request.uid


def test_a_request_whose_time_has_run_out_is_not_in_the_way(forum):
    first = forum.ask()
    later = first.expires_at
    second = organisation_requests.ask_organisation(forum.asker.id, forum.firm.uid, now=later)
    db.session.refresh(first)
    assert (first.state, second.state) == (RequestState.EXPIRED, RequestState.OPEN)


def test_whom_one_asked_already_is_not_asked_again_for_their_organisation(forum):
    for who in (forum.ewa, forum.jan):
        requesting.ask(forum.asker.id, who.uid, now=NOW)
    assert forum.ask().to_id == forum.leo.id

    requests = db.session.scalar(select(func.count(MeetingRequest.id)))
    assert requests == 3


def test_who_may_not_ask_an_organisation(forum):
    inside = forum.colleague("Iga")
    with pytest.raises(Refused, match=RequestRefusal.SAME_ORGANISATION.value):
        organisation_requests.ask_organisation(inside.id, forum.firm.uid, now=NOW)
    with pytest.raises(Refused, match=OrganisationRefusal.NOBODY.value):
        organisation_requests.ask_organisation(forum.asker.id, make.organisation().uid, now=NOW)
    with pytest.raises(NotFound):
        organisation_requests.ask_organisation(forum.asker.id, "nothing", now=NOW)


# ---- never


def test_somebody_who_keeps_apart_is_not_chosen_and_sees_nothing(forum):
    forum.never(forum.ewa, forum.asker)
    request = forum.ask()
    assert request.to_id != forum.ewa.id
    assert delegates.organisation_inbox(forum.ewa, now=NOW) == []
    assert delegates.request_to_us(forum.ewa, request.uid) is None


def test_where_all_keep_apart_the_request_waits_like_any_other(forum):
    for who in (forum.ewa, forum.jan, forum.leo):
        forum.never(who, forum.asker)
    request = forum.ask()
    assert request.state is RequestState.OPEN
    assert forum.letters("meeting_requested") == []
    assert queries.inbox(request.to_id, now=NOW) == []
    assert [row.uid for row in queries.sent(forum.asker.id)] == [request.uid]


def test_the_asker_meets_nobody_they_keep_apart_from_and_is_told_only_of_all(forum):
    for who in (forum.ewa, forum.jan):
        forum.never(forum.asker, who)
    assert forum.ask().to_id == forum.leo.id

    other = make.registration(forum.event, make.person("Ala"))
    forum.never(other, forum.leo, whole=True)
    with pytest.raises(Refused, match="You keep apart"):
        organisation_requests.ask_organisation(other.id, forum.firm.uid, now=NOW)


@pytest.mark.parametrize("is_askers", [True, False])
def test_a_never_looks_like_no_common_time_to_whoever_hands_on(forum, is_askers):
    forum.block(forum.ewa)
    request = forum.ask()
    forum.never(*((forum.asker, forum.leo) if is_askers else (forum.leo, forum.asker)))
    words = []
    for who in (forum.ewa, forum.leo):
        with pytest.raises(Refused) as refused:
            organisation_requests.hand_on(request.uid, who.uid, by=request.to_id, now=NOW)
        words.append(refused.value.message)
    assert words == [HandOnRefusal.NO_COMMON_TIME.value] * 2


# ---- handing on and answering


def test_a_colleague_sees_it_and_gets_it_handed_on_with_time_to_answer(forum):
    request = forum.ask()
    by, other = request.to_id, next(one for one in (forum.ewa, forum.jan, forum.leo) if one.id != request.to_id)
    assert [one.uid for one in delegates.organisation_inbox(other, now=NOW)] == [request.uid]
    late = request.expires_at - timedelta(hours=1)
    done = organisation_requests.hand_on(request.uid, other.uid, by=by, now=late)

    assert (done.to_id, done.expires_at) == (other.id, late + TIME_TO_REPLY)
    assert forum.letters("meeting_requested")[1:] == [other.person.email]
    assert [one.uid for one in queries.inbox(other.id, now=late)] == [request.uid]
    assert queries.inbox(by, now=late) == []


def test_strangers_neither_see_nor_answer_nor_hand_it_on(forum):
    request = forum.ask()
    stranger = make.registration(forum.event, make.person("Obcy"), organisation_id=make.organisation().id)
    silent = forum.colleague("Cicha", purposes=())
    for who in (stranger, silent, forum.asker):
        assert delegates.organisation_inbox(who, now=NOW) == []
        with pytest.raises(Refused, match="not sent to you"):
            requesting.answer(request.uid, by=who.id, accept=True, now=NOW)
        with pytest.raises(Refused, match=HandOnRefusal.NOT_YOURS.value):
            organisation_requests.hand_on(request.uid, forum.leo.uid, by=who.id, now=NOW)
    for who in (stranger, silent):
        with pytest.raises(Refused, match=HandOnRefusal.NO_COLLEAGUE.value):
            organisation_requests.hand_on(request.uid, who.uid, by=request.to_id, now=NOW)


def test_whoever_accepts_is_the_one_who_goes(forum):
    request = forum.ask()
    other = next(one for one in (forum.ewa, forum.jan, forum.leo) if one.id != request.to_id)
    done = requesting.answer(request.uid, by=other.id, accept=True, now=NOW)

    assert done.meeting is not None
    assert {done.meeting.first_id, done.meeting.second_id} == {forum.asker.id, other.id}
    assert (done.request.to_id, done.request.state) == (other.id, RequestState.ACCEPTED)
    assert forum.letters("meeting_scheduled") == ["ola@example.org", other.person.email]


def test_a_colleague_without_a_common_time_cannot_take_it_but_whose_turn_it_is_can(forum):
    request = forum.ask()
    mine = db.session.get_one(Registration, request.to_id)
    other = next(one for one in (forum.ewa, forum.jan, forum.leo) if one.id != mine.id)
    forum.block(other)
    with pytest.raises(Refused, match="no free time in common"):
        requesting.answer(request.uid, by=other.id, accept=True, now=NOW)
    forum.block(mine)
    assert requesting.answer(request.uid, by=mine.id, accept=True, now=NOW).waits_because is not None


def test_a_colleague_declines_for_the_organisation_which_the_letter_names(forum):
    request = forum.ask()
    other = next(one for one in (forum.ewa, forum.jan, forum.leo) if one.id != request.to_id)
    requesting.answer(request.uid, by=other.id, accept=False, now=NOW)
    subject = db.session.scalars(
        select(OutgoingMail.subject).where(OutgoingMail.key.startswith("request_declined:"))
    ).one()
    assert "Klinika" in subject
    assert other.person.family_name not in subject


def test_the_answer_to_a_question_goes_to_the_colleague_who_asked_it(forum):
    request = forum.ask()
    other = next(one for one in (forum.ewa, forum.jan, forum.leo) if one.id != request.to_id)
    requesting.write_note(request.uid, "Which phase?", by=other.id, now=NOW)
    assert queries.inbox_size(forum.asker.id, now=NOW) == 1
    requesting.write_note(request.uid, "Phase two.", by=forum.asker.id, now=NOW)
    assert forum.letters("request_question") == ["ola@example.org"]
    assert forum.letters("request_explained") == [other.person.email]


def test_a_request_goes_on_to_a_colleague_when_whose_turn_it_was_drops_out(forum):
    request = forum.ask()
    asked = []
    #: All at the same moment, as when an organisation calls its journey off.
    for _ in range(3):
        db.session.refresh(request)
        asked.append(request.to_id)
        with transaction() as session:
            gone = session.get_one(Registration, request.to_id)
            gone.state = type(gone.state).CANCELLED
            session.flush()
            service.release_meetings(session, gone.id, actor_id=None, now=NOW)
    db.session.refresh(request)
    assert sorted(asked) == sorted(one.id for one in (forum.ewa, forum.jan, forum.leo))
    assert request.state is RequestState.WITHDRAWN


def test_merging_two_organisations_keeps_one_request_to_what_stays(forum):
    other = make.organisation("Klinika 2")
    make.registration(forum.event, make.person("Zoe"), organisation_id=other.id)
    first = forum.ask()
    second = organisation_requests.ask_organisation(forum.asker.id, other.uid, now=NOW)
    merge(forum.firm.uid, other.uid, frozenset(), by=make.person().id, now=NOW)

    for one in (first, second):
        db.session.refresh(one)
    assert (first.to_organisation_id, second.to_organisation_id) == (forum.firm.id, None)


# ---- many at once


@pytest.mark.each_database
def test_of_many_at_once_one_asks(app, forum):
    asker, uid = forum.asker.id, forum.firm.uid
    answers = race(
        app, [lambda: organisation_requests.ask_organisation(asker, uid, now=NOW).to_id for _ in range(CROWD)]
    )
    assert sum(not isinstance(one, Refused) for one in answers) == 1
    assert db.session.scalar(select(func.count(MeetingRequest.id))) == 1


@pytest.mark.each_database
def test_when_all_take_it_at_once_one_goes_and_the_others_are_told(app, forum):
    uid = forum.ask().uid
    people = [forum.ewa.id, forum.jan.id, forum.leo.id]
    answers = race(app, [partial(requesting.answer, uid, by=who, accept=True, now=NOW) for who in people * 14])
    assert sum(isinstance(one, requesting.Answered) for one in answers) == 1
    assert {one.message for one in answers if isinstance(one, Refused)} == {
        "This request was answered, withdrawn or has expired."
    }
