"""Runs as jobs: asked for once at a time, done by one worker, watched, cancelled, taken up again; locks; what if."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.meetings import changing, locking, requesting, service
from lsos.meetings.models import Meeting
from lsos.meetings.rules import MeetingState
from lsos.scheduling import matching, runs
from lsos.scheduling import queries as run_queries
from lsos.scheduling.models import MatchingRun, UnmetWish
from lsos.scheduling.rules import RunFailure, RunKind, RunRefusal, RunSettings, RunState, run_refusal
from tests import make
from tests.racing import race
from tests.scheduling.test_matching import Forum

QUICK = RunSettings(seconds=0.1)


def clock():
    return make.BEFORE


def ask(forum, kind=RunKind.DRAFT, chosen=QUICK):
    return runs.ask(forum.event, kind, chosen, by=None, now=make.BEFORE)


def stored(run):
    db.session.rollback()
    return db.session.get_one(MatchingRun, run.id, populate_existing=True)


def silence(run, *, tries=1):
    """Leave a run as a worker does that died."""
    with transaction() as session:
        session.execute(
            update(MatchingRun)
            .where(MatchingRun.id == run.id)
            .values(
                state=RunState.RUNNING, holder="gone", tries=tries, beat_at=make.BEFORE - timedelta(hours=1), share=0.5
            )
        )


@pytest.mark.parametrize(
    ("kind", "chosen", "more", "why"),
    [
        (RunKind.DRAFT, QUICK, {}, None),
        (RunKind.DRAFT, QUICK, {"is_under_way": True}, RunRefusal.UNDER_WAY),
        (RunKind.DRAFT, QUICK, {"has_places": False, "is_under_way": True}, RunRefusal.NO_PLACES),
        (RunKind.DRAFT, QUICK, {"is_publishing": True}, RunRefusal.PUBLISHING),
        (RunKind.WHAT_IF, RunSettings(more_tables=1), {"is_publishing": True}, None),
        (RunKind.WHAT_IF, QUICK, {}, RunRefusal.NOTHING_ASKED),
        (RunKind.WHAT_IF, RunSettings(more_tables=1), {}, None),
        (RunKind.WHAT_IF, RunSettings(prices_fairness=True), {}, None),
    ],
)
def test_why_no_run_begins(kind, chosen, more, why):
    assert (
        run_refusal(kind, chosen, **{"has_places": True, "is_under_way": False, "is_publishing": False, **more}) is why
    )


def test_a_run_is_asked_for_and_done_by_a_worker(app):
    forum = Forum()
    run = ask(forum)
    assert (stored(run).state, forum.drafts()) == (RunState.WAITING, [])

    assert runs.is_any_due(now=make.BEFORE)
    assert runs.take_up(clock=clock)

    done = stored(run)
    assert (done.state, done.share) == (RunState.DONE, 1.0)
    assert len(forum.drafts()) == done.summary["drafts"] > 0
    assert not runs.take_up(clock=clock)


def test_one_draft_is_made_at_a_time_and_what_if_beside_it(app):
    forum = Forum()
    ask(forum)

    with pytest.raises(Refused, match="under way"):
        ask(forum)
    ask(forum, RunKind.WHAT_IF, RunSettings(seconds=0.1, more_tables=1))


def test_two_who_ask_at_once_begin_one_run_and_two_workers_do_it_once(app):
    forum = Forum()
    event_id = forum.event.id

    def asking():
        return runs.ask(db.session.get_one(type(forum.event), event_id), RunKind.DRAFT, QUICK, by=None, now=make.BEFORE)

    asked = race(app, [asking] * 4)
    assert Counter(isinstance(one, Refused) for one in asked) == {True: 3, False: 1}

    taken = race(app, [lambda: runs.take_up(clock=clock)] * 3)
    assert Counter(taken) == {True: 1, False: 2}
    [run] = db.session.scalars(select(MatchingRun)).all()
    assert (run.state, run.tries) == (RunState.DONE, 1)


def test_a_run_that_waits_is_cancelled_at_once(app):
    forum = Forum()
    run = ask(forum)
    runs.cancel(forum.event.id, run.uid, by=None)

    assert stored(run).state is RunState.CANCELLED
    assert not runs.take_up(clock=clock)


def test_a_run_under_way_that_is_cancelled_changes_nothing(app, monkeypatch):
    forum = Forum(seekers=2, hospitals=2)
    forum.run()
    before = [draft.id for draft in forum.drafts()]
    run = ask(forum)
    event_id, uid = forum.event.id, run.uid

    def cancelling(*_args, **_more):
        with app.app_context():
            runs.cancel(event_id, uid, by=None)

    monkeypatch.setattr(runs, "answer", cancelling)
    runs.take_up(clock=clock)

    assert stored(run).state is RunState.CANCELLED
    assert [draft.id for draft in forum.drafts()] == before


def test_a_worker_that_is_told_to_stop_hands_its_run_back(app):
    forum = Forum()
    run = ask(forum)
    runs.take_up(clock=clock, leave=lambda: True)

    assert (stored(run).state, stored(run).tries) == (RunState.WAITING, 0)
    assert runs.take_up(clock=clock)
    assert stored(run).state is RunState.DONE


def test_a_run_whose_worker_died_is_taken_up_once_more_and_then_failed(app):
    forum = Forum()
    run = ask(forum)
    silence(run)
    assert runs.take_up(clock=clock)
    assert stored(run).state is RunState.DONE

    other = ask(forum)
    silence(other, tries=2)
    assert not runs.take_up(clock=clock)
    assert (stored(other).state, stored(other).failure) == (RunState.FAILED, RunFailure.LOST)


def test_an_error_fails_the_run_with_words_and_stops_no_other(app, monkeypatch):
    forum = Forum()
    run = ask(forum)

    def broken(*_args, **_more):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(runs, "answer", broken)
        assert runs.take_up(clock=clock)
    assert (stored(run).state, stored(run).failure) == (RunState.FAILED, RunFailure.BROKEN)
    ask(forum)
    assert runs.take_up(clock=clock)


def test_run_look_lock_run_again_publish(app):
    forum = Forum(seekers=4, hospitals=4, slots=3, tables=2)
    ask(forum)
    runs.take_up(clock=clock)
    kept = forum.drafts()[-1]
    place = (kept.slot_id, kept.table_id)
    locking.lock_meeting(forum.event.id, kept.uid, is_locked=True, by=None, now=make.BEFORE)

    ask(forum)
    runs.take_up(clock=clock)

    again = {draft.id: (draft.slot_id, draft.table_id) for draft in forum.drafts()}
    assert again[kept.id] == place
    assert len(set(again.values())) == len(again) == 6
    assert matching.discard(forum.event, by=None) == 5
    assert forum.publish().scheduled == 1
    [stands] = forum.meetings(MeetingState.SCHEDULED)
    assert (stands.id, stands.is_locked) == (kept.id, True)


def test_a_locked_draft_gives_way_to_nobody_and_its_own_people_get_it(app):
    forum = Forum(seekers=1, hospitals=1, slots=1, tables=1)
    forum.run()
    [draft] = forum.drafts()
    locking.lock_meeting(forum.event.id, draft.uid, is_locked=True, by=None, now=make.BEFORE)
    others = [make.registration(forum.event, make.person()) for _ in range(2)]
    request = make.meeting_request(*others)

    assert requesting.answer(request.uid, by=others[1].id, accept=True, now=make.BEFORE).meeting is None
    assert [one.id for one in forum.drafts()] == [draft.id]

    own = make.meeting_request(forum.seekers[0], forum.hospitals[0])
    done = requesting.answer(own.uid, by=forum.hospitals[0].id, accept=True, now=make.BEFORE)
    assert done.meeting is not None
    assert done.meeting.id == draft.id


def test_a_locked_meeting_is_moved_by_nobody_before_it_is_unlocked(app):
    forum = Forum(seekers=1, hospitals=1, slots=2)
    stands = make.meeting(forum.seekers[0], forum.hospitals[0], forum.slots[0])
    locking.lock_meeting(forum.event.id, stands.uid, is_locked=True, by=None, now=make.BEFORE)
    there = forum.slots[1].starts_at

    with pytest.raises(Refused, match="locked"):
        service.move(stands.uid, there, actor_id=None, now=make.BEFORE)
    with pytest.raises(Refused, match="fixed"):
        changing.propose(stands.uid, there, by=forum.seekers[0].id, now=make.BEFORE)
    locking.lock_meeting(forum.event.id, stands.uid, is_locked=False, by=None, now=make.BEFORE)
    assert service.move(stands.uid, there, actor_id=None, now=make.BEFORE).slot_id == forum.slots[1].id


def test_what_if_measures_and_changes_nothing(app):
    forum = Forum(seekers=4, hospitals=4, slots=2, tables=1)
    run = ask(forum, RunKind.WHAT_IF, RunSettings(seconds=0.1, more_tables=1, slots_a_block=1))
    runs.take_up(clock=clock)

    found = stored(run).result
    assert (found["now"]["meetings"], found["then"]["meetings"]) == (2, 6)
    assert (found["now"]["without"], found["then"]["without"]) == (4, 0)
    assert (found["then"]["slots"], found["then"]["tables"]) == (3, 2)
    assert db.session.scalars(select(Meeting)).all() == []


def test_the_price_of_fairness_is_measured(app):
    forum = Forum(seekers=2, hospitals=2)
    run = ask(forum, RunKind.WHAT_IF, RunSettings(seconds=0.05, prices_fairness=True))
    runs.take_up(clock=clock)

    prices = stored(run).result["prices"]
    assert [price["dial"] for price in prices][:2] == [0.0, 0.1]
    assert {price["people"] for price in prices} == {4}


def test_why_two_do_not_meet_is_kept_and_told_them_once_it_is_published(app):
    forum = Forum(seekers=2, hospitals=2, slots=1, tables=1)
    ask(forum)
    runs.take_up(clock=clock)
    assert len(db.session.scalars(select(UnmetWish)).all()) == 3
    alone = next(
        person
        for person in [*forum.seekers, *forum.hospitals]
        if all(person.id not in (draft.first_id, draft.second_id) for draft in forum.drafts())
    )
    assert run_queries.reasons_for(alone.id) == {}

    forum.publish()

    assert len(run_queries.reasons_for(alone.id)) == 2
    first = db.session.scalars(select(MatchingRun.id)).one()
    ask(forum)
    runs.take_up(clock=clock)
    assert first in set(db.session.scalars(select(UnmetWish.run_id)))
