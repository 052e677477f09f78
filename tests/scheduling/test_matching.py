"""The organiser's run: suggestions for everybody, a draft around what stands, publishing and throwing away."""

import re
from collections import Counter

import pytest
from sqlalchemy import func, select

from lsos.db import db
from lsos.errors import NotFound, Refused
from lsos.mail import OutgoingMail
from lsos.meetings import queries, requesting, service
from lsos.meetings.models import BlockedSlot, Meeting, MeetingRequest, Suggestion, Wish
from lsos.meetings.portraits import reasons_of
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState, WishGrade
from lsos.registration.models import Registration
from lsos.registration.rules import Direction, Purpose, RegistrationState
from lsos.scheduling import matching, planning, publishing, runs
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.rules import PublishRefusal, RunKind, RunRefusal, RunSettings
from lsos.stepping import Spell
from tests import make


class Forum:
    """An event of seekers and hospitals: each seeker fits each hospital, and nobody else."""

    def __init__(self, *, seekers=3, hospitals=3, slots=3, tables=3, **settings):
        self.event = make.event()
        self.slots = make.meeting_grid(self.event, slots=slots, tables=tables, **settings)
        self.pilot = make.cooperation_type("pilot-site")
        self.seekers = [self.person(Direction.SEEK) for _ in range(seekers)]
        self.hospitals = [self.person(Direction.OFFER) for _ in range(hospitals)]

    def person(self, direction, **more):
        who = make.registration(self.event, **more)
        make.listing(who, direction, self.pilot)
        return db.session.get_one(Registration, who.id)

    def run(self, **more):
        return matching.run_matching(self.event, by=None, now=make.BEFORE, seconds=0.2, **more)

    def publish(self):
        return publishing.publish(self.event, by=None, now=make.BEFORE)

    def drafts(self):
        return self.meetings(MeetingState.PROPOSED)

    def meetings(self, *states):
        return list(
            db.session.scalars(
                select(Meeting).where(Meeting.event_id == self.event.id, Meeting.state.in_(states)).order_by(Meeting.id)
            )
        )


def number_of(table):
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def places(meetings):
    return Counter((meeting.slot_id, meeting.table_id) for meeting in meetings)


def people_at(meetings):
    return Counter((person, m.slot_id) for m in meetings for person in (m.first_id, m.second_id))


def test_a_run_suggests_to_both_sides_and_says_why_to_each(app):
    forum = Forum(seekers=1, hospitals=1)
    forum.run()

    [mine], total = queries.suggestions_of(forum.seekers[0].id)
    [theirs], _ = queries.suggestions_of(forum.hospitals[0].id)

    assert total == 1
    assert mine.other_id == forum.hospitals[0].id
    assert [reason.side for reason in reasons_of(mine.reasons)] == ["for_a"]
    assert [reason.side for reason in reasons_of(theirs.reasons)] == ["for_b"]
    assert mine.score == theirs.score
    assert (mine.score_for_me, mine.score_for_other) == (theirs.score_for_other, theirs.score_for_me)


def test_a_run_drafts_meetings_that_clash_nowhere(app):
    forum = Forum(seekers=5, hospitals=5, slots=4, tables=3)
    run = forum.run()
    drafts = forum.drafts()

    assert len(drafts) == run.summary["drafts"] == 12
    assert max(places(drafts).values()) == 1
    assert max(people_at(drafts).values()) == 1
    assert {draft.origin for draft in drafts} == {MeetingOrigin.MATCHING}
    assert number_of(OutgoingMail) == 0


def test_drafts_are_seen_by_nobody_they_are_about(app):
    forum = Forum(seekers=1, hospitals=1)
    forum.run()

    assert len(forum.drafts()) == 1
    assert queries.meetings_of(forum.seekers[0].id) == []
    assert queries.meeting_intervals(forum.seekers[0].id) == []


@pytest.mark.parametrize(
    "change",
    [
        {"purposes": (Purpose.CATALOGUE,)},
        {"state": RegistrationState.CANCELLED},
        {"state": RegistrationState.PENDING},
    ],
)
def test_who_does_not_take_part_is_neither_suggested_nor_drafted(app, change):
    forum = Forum(seekers=1, hospitals=0)
    forum.person(Direction.OFFER, **change)
    run = forum.run()

    assert run.summary["people"] == 1
    assert number_of(Suggestion) == 0
    assert forum.drafts() == []


def test_what_people_arranged_stays_where_it_is(app):
    forum = Forum()
    stands = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[1], table=2)
    run = forum.run()

    stored = db.session.get_one(Meeting, stands.id)
    everything = forum.meetings(MeetingState.SCHEDULED, MeetingState.PROPOSED)
    assert (stored.slot_id, stored.state) == (forum.slots[1].id, MeetingState.SCHEDULED)
    assert max(places(everything).values()) == 1
    assert max(people_at(everything).values()) == 1
    assert run.summary["meetings"] == len(everything)


def test_agreed_requests_come_before_better_matches(app):
    forum = Forum(seekers=2, hospitals=2, slots=1, tables=1)
    plain = [make.registration(forum.event, make.person()) for _ in range(2)]
    agreed = make.meeting_request(*plain, state=RequestState.ACCEPTED)
    forum.run()

    [draft] = forum.drafts()
    assert {draft.first_id, draft.second_id} == {who.id for who in plain}
    assert draft.request_id == agreed.id
    assert draft.origin is MeetingOrigin.REQUEST


def test_who_said_no_is_not_brought_together(app):
    forum = Forum(seekers=1, hospitals=1)
    make.meeting_request(forum.seekers[0], forum.hospitals[0], state=RequestState.DECLINED)
    forum.run()

    assert forum.drafts() == []
    assert queries.suggestions_of(forum.seekers[0].id) == ([], 0)


def test_nobody_is_drafted_over_the_limit_or_into_busy_time(app):
    forum = Forum(seekers=1, hospitals=3, slots=3, max_per_person=1)
    busy = forum.seekers[0]
    make.add(BlockedSlot(registration_id=busy.id, slot_id=forum.slots[0].id))
    make.signup(busy, make.session(forum.event, starts_at=forum.slots[1].starts_at, minutes=20))
    forum.run()

    [draft] = forum.drafts()
    assert draft.slot_id == forum.slots[2].id


def test_a_meeting_over_the_limit_does_not_stop_the_run(app):
    forum = Forum(seekers=1, hospitals=2, slots=3, max_per_person=1)
    for place, hospital in enumerate(forum.hospitals):
        make.meeting(forum.seekers[0], hospital, forum.slots[place])

    assert forum.run().summary["drafts"] == 0


def test_a_second_run_replaces_suggestions_and_drafts_only(app):
    forum = Forum()
    forum.run()
    first = {draft.id for draft in forum.drafts()}
    suggested = number_of(Suggestion)
    forum.publish()
    scheduled = {meeting.id for meeting in forum.meetings(MeetingState.SCHEDULED)}
    forum.person(Direction.OFFER)
    forum.run()

    assert scheduled == first == {meeting.id for meeting in forum.meetings(MeetingState.SCHEDULED)}
    assert number_of(Suggestion) == suggested + 2 * len(forum.seekers)
    assert number_of(MatchingRun) == 2


def test_the_figures_of_a_run_tell_coverage_value_and_bound(app):
    forum = Forum(seekers=2, hospitals=1, slots=1, tables=2)
    run = forum.run()
    figures = run.summary

    assert figures["people"] == 3
    assert figures["candidate_pairs"] == 2
    assert figures["coverage"] == {"0": 1, "1": 2}
    assert 0 < figures["value"] <= figures["bound"]
    assert sum(figures["unmet"]["matches"].values()) == 1
    assert figures["unmet"]["requests"] == {}


def first_of(forum):
    """Count how often each hospital stands first."""
    return Counter(queries.suggestions_of(who.id)[0][0].other_id for who in forum.seekers)


def popular_forum(monkeypatch):
    """One hospital fits every seeker best; another follows for each half of them, by its subject."""
    monkeypatch.setattr(planning, "FIRST", 1)
    forum = Forum(seekers=6, hospitals=3)
    talent, subjects = make.cooperation_type("talent"), [make.tag(), make.tag()]
    make.listing(forum.hospitals[0], Direction.OFFER, talent)
    for who in forum.seekers:
        make.listing(who, Direction.SEEK, talent)
    halves = {who.id: [subjects[place % 2]] for place, who in enumerate([*forum.seekers, *forum.hospitals[1:]])}
    for registration_id, tags in {**halves, forum.hospitals[0].id: subjects}.items():
        profile = db.session.get_one(Registration, registration_id).profile
        assert profile is not None
        profile.tags = tags
    db.session.commit()
    return forum


def test_without_spreading_everybody_reads_the_same_first_name(app, monkeypatch):
    forum = popular_forum(monkeypatch)
    run = forum.run(spread=0.0)

    assert first_of(forum) == {forum.hospitals[0].id: 6}
    assert run.summary["exposures"][0] | {"gini": 0, "unseen": 0} == {
        "dial": 0.0,
        "gini": 0,
        "most": 6,
        "unseen": 0,
        "loss": 0.0,
    }


def test_suggestions_are_spread_and_the_run_says_what_it_costs(app, monkeypatch):
    forum = popular_forum(monkeypatch)
    run = forum.run(spread=1.0)
    even, spread = run.summary["exposures"][0], run.summary["exposures"][-1]

    assert max(first_of(forum).values()) < 6
    assert (even["dial"], spread["dial"]) == (0.0, 1.0)
    assert spread["gini"] < even["gini"]
    assert spread["most"] < even["most"]
    assert 0 < spread["loss"] < 1


def test_a_wish_of_ones_own_stands_first_however_suggestions_are_spread(app, monkeypatch):
    forum = popular_forum(monkeypatch)
    best = forum.hospitals[0].id
    for who in forum.seekers:
        make.add(Wish(registration_id=who.id, other_id=best, grade=WishGrade.MUST, at=make.BEFORE))
    forum.run(spread=1.0)

    assert first_of(forum) == {best: 6}


def test_publishing_makes_meetings_of_drafts_and_writes_to_both(app):
    forum = Forum(seekers=2, hospitals=2, slots=2, tables=2)
    drafted = forum.run().summary["drafts"]
    done = forum.publish()

    assert (done.scheduled, done.dropped) == (drafted, 0)
    assert forum.drafts() == []
    assert len(forum.meetings(MeetingState.SCHEDULED)) == drafted > 0
    assert number_of(OutgoingMail) == 2 * drafted
    assert forum.publish().scheduled == 0
    assert number_of(OutgoingMail) == 2 * drafted


def test_what_a_request_leaves_of_publishing_a_worker_goes_on_with(app):
    forum = Forum()
    drafted = forum.run().summary["drafts"]

    begun = publishing.publish(forum.event, by=None, now=make.BEFORE, spell=Spell(rows=2, seconds=60))
    assert (begun.scheduled, begun.left) == (2, drafted - 2)
    with pytest.raises(Refused, match=re.escape(RunRefusal.PUBLISHING)):
        forum.run()
    with pytest.raises(Refused, match=re.escape(RunRefusal.PUBLISHING)):
        runs.ask(forum.event, RunKind.DRAFT, RunSettings(), by=None, now=make.BEFORE)

    assert publishing.go_on(now=make.BEFORE) == drafted - 2
    assert publishing.go_on(now=make.BEFORE) == 0
    assert len(forum.meetings(MeetingState.SCHEDULED)) == drafted > 2
    assert number_of(OutgoingMail) == 2 * drafted
    assert forum.run().summary["drafts"] >= 0


def test_a_draft_that_a_run_is_about_to_replace_is_not_published(app):
    forum = Forum()
    forum.run()
    runs.ask(forum.event, RunKind.DRAFT, RunSettings(), by=None, now=make.BEFORE)

    with pytest.raises(Refused, match=re.escape(PublishRefusal.UNDER_WAY)):
        forum.publish()
    assert forum.drafts()


def test_a_draft_whose_time_is_gone_is_dropped_not_forced(app):
    forum = Forum(seekers=1, hospitals=1, slots=1)
    forum.run()
    make.signup(forum.seekers[0], make.session(forum.event, starts_at=forum.slots[0].starts_at))

    done = forum.publish()

    assert (done.scheduled, done.dropped) == (0, 1)
    assert forum.meetings(*MeetingState) == []


def test_a_draft_whose_person_left_the_matching_is_dropped(app):
    forum = Forum(seekers=1, hospitals=1, slots=1)
    forum.run()
    for consent in forum.seekers[0].consents:
        consent.withdrawn_at = make.BEFORE
    db.session.commit()

    assert forum.publish().dropped == 1


def test_publishing_answers_an_open_request_of_the_two(app):
    forum = Forum(seekers=1, hospitals=1)
    request = make.meeting_request(forum.seekers[0], forum.hospitals[0])
    forum.run()
    forum.publish()

    [meeting] = forum.meetings(MeetingState.SCHEDULED)
    assert meeting.request_id == request.id
    assert db.session.get_one(MeetingRequest, request.id).state is RequestState.ACCEPTED


def test_throwing_drafts_away_leaves_the_rest(app):
    forum = Forum()
    stands = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[0])
    drafted = forum.run().summary["drafts"]

    assert matching.discard(forum.event, by=None) == drafted > 0
    assert [meeting.id for meeting in forum.meetings(*MeetingState)] == [stands.id]
    assert number_of(Suggestion) > 0


def test_a_yes_turns_the_draft_of_the_two_into_their_meeting(app):
    forum = Forum(seekers=1, hospitals=1, slots=3)
    make.add(BlockedSlot(registration_id=forum.seekers[0].id, slot_id=forum.slots[0].id))
    request = make.meeting_request(forum.seekers[0], forum.hospitals[0])
    forum.run()
    [draft] = forum.drafts()
    service.unblock_slot(forum.seekers[0].id, forum.slots[0].starts_at)

    done = requesting.answer(request.uid, by=forum.hospitals[0].id, accept=True, now=make.BEFORE)

    assert done.meeting is not None
    assert (done.meeting.id, done.meeting.slot_id) == (draft.id, draft.slot_id)
    assert done.meeting.request_id == request.id


def test_a_yes_looks_elsewhere_when_the_draft_of_the_two_is_no_good_any_more(app):
    forum = Forum(seekers=1, hospitals=1, slots=2)
    request = make.meeting_request(forum.seekers[0], forum.hospitals[0])
    forum.run()
    [draft] = forum.drafts()
    taken = next(slot for slot in forum.slots if slot.id == draft.slot_id)
    service.block_slot(forum.seekers[0].id, taken.starts_at, now=make.BEFORE)

    done = requesting.answer(request.uid, by=forum.hospitals[0].id, accept=True, now=make.BEFORE)

    assert done.meeting is not None
    assert done.meeting.slot_id != draft.slot_id
    assert forum.drafts() == []


def test_a_no_takes_the_draft_of_the_two_away(app):
    forum = Forum(seekers=1, hospitals=1)
    request = make.meeting_request(forum.seekers[0], forum.hospitals[0])
    forum.run()
    requesting.answer(request.uid, by=forum.hospitals[0].id, accept=False, now=make.BEFORE)

    assert forum.drafts() == []


def test_drafts_of_others_are_spared_where_another_place_is_free(app):
    forum = Forum(seekers=1, hospitals=1, slots=2, tables=1)
    forum.run()
    [draft] = forum.drafts()
    others = [make.registration(forum.event, make.person()) for _ in range(2)]
    request = make.meeting_request(*others)

    done = requesting.answer(request.uid, by=others[1].id, accept=True, now=make.BEFORE)

    assert done.meeting is not None
    assert done.meeting.slot_id != draft.slot_id
    assert [left.id for left in forum.drafts()] == [draft.id]


def test_drafts_of_others_give_way_to_a_real_meeting_where_nothing_else_is_free(app):
    forum = Forum(seekers=1, hospitals=1, slots=1, tables=1)
    forum.run()
    others = [make.registration(forum.event, make.person()) for _ in range(2)]
    request = make.meeting_request(*others)

    done = requesting.answer(request.uid, by=others[1].id, accept=True, now=make.BEFORE)

    assert done.meeting is not None
    assert forum.drafts() == []


def test_an_organiser_moves_a_draft_without_a_letter_but_not_onto_another(app):
    forum = Forum(seekers=2, hospitals=2, slots=2, tables=1)
    one = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[0], state=MeetingState.PROPOSED)
    make.meeting(forum.seekers[1], forum.hospitals[1], forum.slots[1], state=MeetingState.PROPOSED)
    with pytest.raises(Exception, match="Another meeting is at this table then"):
        service.move(one.uid, forum.slots[1].starts_at, actor_id=None, now=make.BEFORE)
    service.block_slot(forum.seekers[1].id, forum.slots[1].starts_at, now=make.BEFORE)
    matching.discard(forum.event, by=None)
    two = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[0], state=MeetingState.PROPOSED)

    moved = service.move(two.uid, forum.slots[1].starts_at, actor_id=None, now=make.BEFORE)

    assert (moved.slot_id, moved.sequence) == (forum.slots[1].id, 0)
    assert number_of(OutgoingMail) == 0


def test_a_booked_meeting_pushes_drafts_aside_when_an_organiser_moves_it(app):
    forum = Forum(seekers=2, hospitals=2, slots=2, tables=1)
    real = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[0])
    make.meeting(forum.seekers[1], forum.hospitals[1], forum.slots[1], state=MeetingState.PROPOSED)

    moved = service.move(real.uid, forum.slots[1].starts_at, table_number=1, actor_id=None, now=make.BEFORE)

    assert moved.slot_id == forum.slots[1].id
    assert forum.drafts() == []


def test_taking_a_draft_out_tells_nobody(app):
    forum = Forum(seekers=1, hospitals=1)
    forum.run()
    [draft] = forum.drafts()

    assert service.cancel(draft.uid, by=None, now=make.BEFORE) is None
    assert forum.drafts() == []
    assert number_of(OutgoingMail) == 0


def test_a_run_over_nobody_and_nothing_is_a_run(app):
    forum = Forum(seekers=0, hospitals=0, slots=0, tables=0)

    assert forum.run().summary["coverage"] == {}


def test_an_event_without_settings_cannot_be_matched(app):
    with pytest.raises(NotFound):
        matching.run_matching(make.event(), by=None, now=make.BEFORE)
