"""Wishes and "never": what they are worth to the planning, how they are said and taken back, and what merging does."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.matchmaking.reasons import Why
from lsos.meetings import wishes, wishing
from lsos.meetings.models import Avoidance, Meeting, Suggestion, Wish
from lsos.meetings.places import settings_of
from lsos.meetings.rules import MeetingState, RequestState, WishGrade, WishRefusal, is_avoided, pair_value
from lsos.registration.models import Registration
from lsos.registration.rules import Direction
from lsos.scheduling import matching, publishing
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.planning import plan
from lsos.scheduling.rules import RunSettings
from tests import make

MUST, NICE, MET = WishGrade.MUST, WishGrade.NICE, WishGrade.MET


def guests(where, number):
    """Give people who all fit each other equally well."""
    kind = make.cooperation_type(is_symmetric=True)
    made = []
    for n in range(number):
        who = make.registration(where, make.person(f"Gość{n}", "Próbny"), organisation=make.organisation(f"Firma {n}"))
        make.listing(who, Direction.OFFER, kind)
        made.append(who)
    return made


def pairs_drafted(where):
    return {
        (meeting.first_id, meeting.second_id)
        for meeting in db.session.scalars(
            select(Meeting).where(Meeting.event_id == where.id, Meeting.state == MeetingState.PROPOSED)
        )
    }


def run(where):
    matching.run_matching(where, by=None, now=make.BEFORE, seconds=0.2)


def test_a_must_of_one_side_is_worth_more_than_any_fit():
    assert pair_value(0.0, MUST, None) >= pair_value(1.0, None, None)
    assert pair_value(0.2, MUST, MUST) > pair_value(0.9, MUST, None) > pair_value(0.9, NICE, None)


def test_who_know_each_other_come_later_unless_one_of_them_has_to_meet():
    assert pair_value(0.8, MET, None) < pair_value(0.5, None, None)
    assert pair_value(0.8, MET, MUST) == pair_value(0.8, None, MUST)


@pytest.mark.parametrize(
    ("people", "organisations", "expected"),
    [((), (), False), ((7,), (), True), ((), (3,), True), ((8,), (4,), False)],
)
def test_whoever_is_named_or_of_an_organisation_named_is_avoided(people, organisations, expected):
    assert is_avoided(people, organisations, person_id=7, organisation_id=3) is expected


def test_without_an_organisation_only_the_person_counts():
    assert not is_avoided((), (3,), person_id=7, organisation_id=None)


@pytest.mark.any_database
def test_the_rule_and_the_database_say_the_same_of_whom_somebody_avoids(app: Flask):
    where = make.event()
    me, one, colleague, other = guests(where, 4)
    alone = make.registration(where, make.person("Bez", "Firmy"))
    make.add(Avoidance(owner_id=me.person_id, person_id=one.person_id, at=make.BEFORE))
    make.add(Avoidance(owner_id=me.person_id, organisation_id=colleague.organisation_id, at=make.BEFORE))
    make.add(Avoidance(owner_id=other.person_id, person_id=me.person_id, at=make.BEFORE))

    everybody = db.session.scalars(select(Registration).where(Registration.event_id == where.id)).all()
    by_rule = {each.id for each in everybody if wishes.avoids(me, each)}
    by_database = set(db.session.scalars(select(Registration.id).where(wishes.avoided_by(me.id))))

    assert by_rule == by_database == wishes.avoided_at(where.id)[me.id] == {one.id, colleague.id}
    assert alone.id not in by_rule
    assert wishes.apart_at(where.id) == {(me.id, one.id), (me.id, colleague.id), (me.id, other.id)}


@pytest.mark.any_database
def test_a_must_decides_who_meets_where_all_fit_alike(app: Flask):
    where = make.event()
    make.meeting_grid(where, slots=1, tables=1)
    people = guests(where, 4)
    wishing.wish(people[1].id, people[3].uid, MUST, now=make.BEFORE)

    run(where)

    assert pairs_drafted(where) == {(people[1].id, people[3].id)}


@pytest.mark.any_database
def test_a_must_meets_somebody_with_whom_nothing_is_in_common(app: Flask):
    where = make.event()
    make.meeting_grid(where, slots=1, tables=1)
    one = guests(where, 1)[0]
    stranger = make.registration(where, make.person("Nic", "Wspólnego"), organisation=make.organisation("Inna"))
    wishing.wish(one.id, stranger.uid, MUST, now=make.BEFORE)

    run(where)

    assert pairs_drafted(where) == {(one.id, stranger.id)}


@pytest.mark.any_database
def test_who_is_avoided_is_never_planned_whatever_was_agreed_and_the_figures_say_no_common_time(app: Flask):
    where = make.event()
    make.meeting_grid(where, slots=2, tables=2)
    one, other = guests(where, 2)
    make.meeting_request(other, one, state=RequestState.ACCEPTED)
    wishing.wish(other.id, one.uid, MUST, now=make.BEFORE)
    wishing.avoid(one.id, other.uid, whole_organisation=True, now=make.BEFORE)

    settings = settings_of(where.id)
    assert settings is not None
    made = plan(where, settings, now=make.BEFORE, chosen=RunSettings(seconds=1))

    assert made.proposals == []
    assert made.schedule.unmet == {(one.id, other.id): Why.NO_COMMON_SLOT}
    assert made.unmet() == {"requests": {"no_common_slot": 1}, "matches": {}}


@pytest.mark.any_database
def test_a_run_suggests_whom_somebody_avoids_to_nobody_but_the_other_as_before(app: Flask):
    where = make.event()
    make.meeting_grid(where, slots=1, tables=1)
    one, other, third = guests(where, 3)
    wishing.avoid(one.id, other.uid, whole_organisation=False, now=make.BEFORE)

    run(where)

    rows = db.session.execute(select(Suggestion.registration_id, Suggestion.other_id))
    found = {(row[0], row[1]) for row in rows}
    assert found == {
        (one.id, third.id),
        (other.id, one.id),
        (other.id, third.id),
        (third.id, one.id),
        (third.id, other.id),
    }


@pytest.mark.any_database
def test_a_draft_of_two_of_whom_one_said_never_since_is_not_published(app: Flask):
    where = make.event()
    slots = make.meeting_grid(where)
    one, other = guests(where, 2)
    make.meeting(one, other, slots[0], state=MeetingState.PROPOSED)
    make.add(MatchingRun(event_id=where.id, at=make.BEFORE, settings={}, share=1.0, seconds=0.0))
    wishing.avoid(other.id, one.uid, whole_organisation=False, now=make.BEFORE)

    done = publishing.publish(where, by=None, now=make.BEFORE)

    assert (done.scheduled, done.dropped) == (0, 1)


def test_a_wish_is_said_changed_and_taken_back(app: Flask):
    where = make.event()
    make.meeting_grid(where)
    one, other = guests(where, 2)

    for grade in (NICE, MUST):
        wishing.wish(one.id, other.uid, grade, now=make.BEFORE)
        assert wishes.grades_of(one.id) == {other.id: grade}
    assert wishes.grades_of(other.id) == {}
    assert wishes.count_wishes(where.id) == {MUST: 1}
    wishing.wish(one.id, other.uid, None, now=make.BEFORE)

    assert wishes.grades_of(one.id) == {}


@pytest.mark.any_database
def test_one_has_to_meet_no_more_people_than_one_can(app: Flask):
    where = make.event()
    make.meeting_grid(where, max_per_person=1)
    one, other, third = guests(where, 3)
    wishing.wish(one.id, other.uid, MUST, now=make.BEFORE)
    wishing.wish(one.id, other.uid, MUST, now=make.BEFORE)

    with pytest.raises(Refused) as refused:
        wishing.wish(one.id, third.uid, MUST, now=make.BEFORE)

    assert refused.value.message == WishRefusal.TOO_MANY.value
    wishing.wish(one.id, third.uid, NICE, now=make.BEFORE)


def test_never_takes_wishes_away_and_is_said_once(app: Flask):
    where = make.event()
    make.meeting_grid(where)
    one, other = guests(where, 2)
    wishing.wish(one.id, other.uid, MUST, now=make.BEFORE)

    for _ in range(2):
        wishing.avoid(one.id, other.uid, whole_organisation=False, now=make.BEFORE)

    assert wishes.grades_of(one.id) == {}
    said = wishes.avoidances_of(one.person_id)
    assert [each.person_id for each in said] == [other.person_id]
    with pytest.raises(Refused):
        wishing.wish(one.id, other.uid, MUST, now=make.BEFORE)
    wishing.take_back(other.person_id, said[0].uid)
    assert wishes.avoidances_of(one.person_id) == said
    wishing.take_back(one.person_id, said[0].uid)
    assert wishes.avoidances_of(one.person_id) == []


@pytest.mark.any_database
def test_never_holds_at_the_next_event_too(app: Flask):
    now, later = make.event(), make.event()
    people = [make.person("Ola", "Próbna"), make.person("Jan", "Próbny")]
    one, other = (make.registration(now, who) for who in people)
    again, other_again = (make.registration(later, who) for who in people)

    wishing.avoid(one.id, other.uid, whole_organisation=False, now=make.BEFORE)

    assert wishes.apart_at(later.id) == {(again.id, other_again.id)}


def test_merging_two_records_unites_whom_they_avoid_and_who_avoids_them(app: Flask):
    into, gone, one, other, third = (make.person(f"Osoba{n}", "Próbna") for n in range(5))
    firms = [make.organisation("Pierwsza"), make.organisation("Druga")]
    said = [
        (into.id, one.id, None),
        (gone.id, one.id, None),
        (gone.id, other.id, None),
        (into.id, None, firms[0].id),
        (gone.id, None, firms[1].id),
        (gone.id, into.id, None),
        (third.id, gone.id, None),
        (other.id, into.id, None),
        (other.id, gone.id, None),
    ]
    for owner, person, firm in said:
        make.add(Avoidance(owner_id=owner, person_id=person, organisation_id=firm, at=make.BEFORE))

    with transaction() as session:
        wishing.settle_avoided_people(session, gone=gone.id, into=into.id)
        wishing.settle_avoided_organisation(session, gone=firms[1].id, into=firms[0].id)

    rows = db.session.execute(select(Avoidance.owner_id, Avoidance.person_id, Avoidance.organisation_id))
    assert sorted(rows, key=str) == sorted(
        [
            (into.id, one.id, None),
            (into.id, other.id, None),
            (into.id, None, firms[0].id),
            (third.id, into.id, None),
            (other.id, into.id, None),
        ],
        key=str,
    )


def test_merging_two_registrations_keeps_the_word_of_the_one_that_stays(app: Flask):
    where = make.event()
    make.meeting_grid(where)
    keep, lose, one, other = guests(where, 4)
    later = make.BEFORE + timedelta(hours=1)
    for who, whom, grade in ((keep, one, NICE), (lose, one, MUST), (lose, other, MUST), (lose, keep, MET)):
        wishing.wish(who.id, whom.uid, grade, now=later)
    wishing.wish(one.id, lose.uid, MET, now=later)

    with transaction() as session:
        wishing.settle_wishes(session, keep=keep.id, lose=lose.id)

    rows = db.session.execute(select(Wish.registration_id, Wish.other_id, Wish.grade))
    assert {(row[0], row[1]): row[2] for row in rows} == {
        (keep.id, one.id): NICE,
        (keep.id, other.id): MUST,
        (one.id, keep.id): MET,
    }
