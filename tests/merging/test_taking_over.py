"""Of two registrations of one human being, the one that stays takes over what does not collide."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.agenda.models import SessionSignup
from lsos.agenda.queries import signups_of
from lsos.agenda.rules import Interval
from lsos.agenda.service import no_meetings
from lsos.agenda.stars import set_star, starred
from lsos.agenda.waiting import hand_on
from lsos.agenda.waiting_queries import waits_of
from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import MeetingState, RequestState
from lsos.merging.people import Wish, merge, preview
from lsos.merging.rules import Diary, Given, Thing, what_fits, withdrawn_by_another
from lsos.registration.models import Consent, Registration
from lsos.registration.rules import Purpose
from lsos.registration.rules import RegistrationState as S
from lsos.web.leaving import release_time
from tests import make
from tests.make import BEFORE

NINE = datetime(2025, 11, 27, 8, tzinfo=UTC)
ME, LOSER, EWA, JAN = 1, 2, 3, 4


def at(hour: int, minutes: int = 60) -> Interval:
    begin = NINE + timedelta(hours=hour)
    return Interval(begin, begin + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("mine", "theirs", "meetings", "sessions"),
    [
        (Diary(), Diary((Thing(10, EWA, at(0)),), (Thing(20, 7, at(1)),)), {10}, {20}),
        #: At the same time as something of one's own, or with somebody whom one meets already.
        (Diary((Thing(1, JAN, at(0)),)), Diary((Thing(10, EWA, at(0)), Thing(11, JAN, at(1)))), set(), set()),
        (Diary(sessions=(Thing(1, 7, at(0)),)), Diary((Thing(10, EWA, at(0)),)), set(), set()),
        #: The same session is taken once; one without a time stands in nobody's way.
        (Diary(sessions=(Thing(1, 7, None),)), Diary(sessions=(Thing(20, 7, None), Thing(21, 8, None))), set(), {21}),
        #: A meeting comes before a session at its time.
        (Diary(), Diary((Thing(10, EWA, at(0)),), (Thing(20, 7, at(0)), Thing(21, 8, at(1)))), {10}, {21}),
        #: Nobody meets themselves, nor anybody twice.
        (Diary(), Diary((Thing(10, ME, at(0)), Thing(11, EWA, at(1)), Thing(12, EWA, at(2)))), {11}, set()),
    ],
)
def test_what_is_free_for_both_comes_along(mine: Diary, theirs: Diary, meetings: set[int], sessions: set[int]):
    assert what_fits(mine, theirs, never=ME) == (meetings, sessions)


@pytest.mark.parametrize(
    ("agreements", "ended"),
    [
        ([Given(1, at(0).starts_at, None)], {}),
        ([Given(1, at(0).starts_at, None), Given(2, at(1).starts_at, at(2).starts_at)], {1: at(2).starts_at}),
        ([Given(1, at(3).starts_at, None), Given(2, at(1).starts_at, at(2).starts_at)], {}),
        ([Given(1, at(2).starts_at, None), Given(2, at(1).starts_at, at(2).starts_at)], {1: at(2).starts_at}),
    ],
)
def test_a_later_withdrawal_ends_an_earlier_consent(agreements: list[Given], ended: dict[int, datetime]):
    assert withdrawn_by_another(agreements) == ended


def both(event) -> tuple[Person, Registration, Registration]:
    kind = make.participation_type(event)
    into, gone = make.person("Jan", "Kos"), make.person("Jan", "Kos")
    first, second = (make.registration(event, one, participation_type=kind) for one in (into, gone))
    return gone, first, second


@pytest.mark.any_database
def test_who_stays_stands_in_each_line_where_either_stood_first_and_a_freed_seat_goes_on(app: Flask):
    event = make.event()
    organiser = make.staff(Role.OWNER)
    _gone, keep, lose = both(event)
    twice, behind = (make.session(event, seats=0, starts_at=NINE + timedelta(hours=n)) for n in range(2))
    has, only = (make.session(event, seats=1, starts_at=NINE + timedelta(hours=n)) for n in (2, 3))
    stranger = make.registration(event)
    for who, what in ((lose, twice), (stranger, twice), (keep, twice), (stranger, behind), (lose, behind)):
        make.waiting(who, what)
    make.signup(keep, has), make.signup(lose, only)
    make.waiting(lose, has), make.waiting(keep, only)
    clashing = make.session(event, seats=1, starts_at=NINE + timedelta(hours=2))
    make.signup(lose, clashing)
    make.waiting(stranger, clashing)

    release = release_time(actor_id=organiser.id, now=BEFORE)
    merge(
        keep.person.uid,
        lose.person.uid,
        Wish(staying={event.slug: keep.uid}),
        release=release,
        by=organiser.id,
        now=BEFORE,
    )
    hand_on(meetings=no_meetings, now=BEFORE)
    db.session.expire_all()
    assert [(one.session.id, one.rank) for one in waits_of(keep.id, now=BEFORE)] == [(twice.id, 1), (behind.id, 2)]
    assert waits_of(lose.id, now=BEFORE) == []
    assert [place.session_id for place in signups_of(keep.id)] == [has.id, only.id]
    assert [place.session_id for place in signups_of(stranger.id)] == [clashing.id]


def test_meetings_sessions_requests_and_consents_come_along_and_the_rest_is_given_back(app: Flask):
    event = make.event()
    organiser = make.staff(Role.OWNER)
    slots = make.meeting_grid(event)
    _gone, keep, lose = both(event)
    ewa, iga, ola, uli = (make.registration(event, make.person(name, "Lis", email=f"{name}@example.org"))
                          for name in ("Ewa", "Iga", "Ola", "Uli"))  # fmt: skip
    make.meeting(keep, iga, slots[0], table=1)
    comes, collides = make.meeting(lose, ewa, slots[1], table=1), make.meeting(lose, uli, slots[0], table=2)
    asked = make.meeting_request(lose, ola)
    make.meeting_request(keep, uli)
    twice = make.meeting_request(uli, lose)
    afternoon = make.DOORS + timedelta(hours=5)
    talk = make.session(event, starts_at=afternoon)
    make.signup(lose, talk)
    for star in ((keep, talk), (lose, talk), (lose, make.session(event))):
        set_star(star[0].id, star[1].id, is_on=True, now=BEFORE)
    for one in db.session.scalars(select(Consent).where(Consent.registration_id == lose.id)).all():
        if one.text.purpose == Purpose.CATALOGUE:
            one.withdrawn_at = BEFORE + timedelta(days=1)
    db.session.commit()

    (clash,) = preview(keep.person.uid, lose.person.uid).clashes
    plan = clash.plans[keep.id]
    assert (len(plan.meetings), plan.meetings_left, len(plan.requests), plan.requests_left) == (1, 1, 1, 1)
    assert [text.purpose for text in plan.withdrawn] == [Purpose.CATALOGUE]

    wish = Wish(staying={event.slug: keep.uid})
    release = release_time(actor_id=organiser.id, now=BEFORE)
    merge(keep.person.uid, lose.person.uid, wish, release=release, by=organiser.id, now=BEFORE)
    db.session.expire_all()

    found = db.session.get_one(Meeting, comes.id)
    assert (found.state, {found.first_id, found.second_id}) == (MeetingState.SCHEDULED, {keep.id, ewa.id})
    assert db.session.get_one(Meeting, collides.id).state is MeetingState.CANCELLED
    sitting = select(MeetingParticipant.registration_id).where(MeetingParticipant.meeting_id == comes.id)
    assert set(db.session.scalars(sitting)) == {keep.id, ewa.id}
    requested = db.session.get_one(MeetingRequest, asked.id)
    assert (requested.from_id, requested.to_id, requested.state) == (keep.id, ola.id, RequestState.OPEN)
    assert db.session.get_one(MeetingRequest, twice.id).state is RequestState.WITHDRAWN
    assert [place.registration_id for place in db.session.scalars(select(SessionSignup))] == [keep.id]
    assert talk.signed_up == 1
    assert len(starred(keep.id)) == 2
    kept = db.session.get_one(Registration, keep.id, populate_existing=True)
    assert kept.purposes == {Purpose.MATCHMAKING}
    assert db.session.get_one(Registration, lose.id).state is S.CANCELLED
    told = set(db.session.scalars(select(OutgoingMail.to_address)))
    assert told & {"Ewa@example.org", "Ola@example.org", "Uli@example.org"} == {"Uli@example.org"}
