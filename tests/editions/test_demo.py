"""A demonstration keeps every rule that real people keep, and says of all of it that it is made up."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import person_by_email
from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.queries import busy_intervals
from lsos.agenda.rules import Interval
from lsos.agenda.stars import stars_of
from lsos.checkin.models import Arrival, MeetingPresence, Scan
from lsos.checkin.rules import ScanResult
from lsos.checkin.service import scan
from lsos.db import Model, db, transaction
from lsos.editions import demo, filling
from lsos.editions.demo import VISITOR, fill, replay
from lsos.editions.importing import import_edition
from lsos.editions.moving import move_edition
from lsos.errors import NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import EventKind, moment
from lsos.meetings.models import BlockedSlot, Meeting, MeetingRequest, MeetingSettings
from lsos.meetings.rules import BOOKED, MeetingState, RequestState
from lsos.organisations.models import Affiliation, Organisation
from lsos.paths import folder
from lsos.proposals.models import Proposal
from lsos.proposals.rules import ProposalState
from lsos.questionnaires.queries import answer_counts, questions_of
from lsos.registration.models import Capacity, Consent, Registration, RegistrationChange
from lsos.registration.queries import participation_types, registration_of
from lsos.registration.rules import RegistrationState
from tests import make
from tests.databases import Database

BUNDLED = folder("data") / "lsos-2025.yaml"
FIRST_DAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def _without_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the hashes, which are slow on purpose, and the ways in: they have tests of their own beside this."""
    monkeypatch.setattr(demo, "_set_passwords", lambda _now: None)
    monkeypatch.setattr(demo, "add_ways_in", lambda _event, **_facts: False)


def local(hour: int, day: date = FIRST_DAY) -> datetime:
    return moment(day, time(hour), make.ZONE)


BEFORE = local(12, FIRST_DAY - timedelta(days=10))
SECOND_DAY = local(12, FIRST_DAY + timedelta(days=1))


def edition(now: datetime) -> Event:
    return import_edition(BUNDLED, move_first_day_to=FIRST_DAY, now=now)


Filled = Callable[..., Event]


@pytest.fixture
def filled(app: Flask, database: Database) -> Filled:
    def of(now: datetime = SECOND_DAY, people: int = 90) -> Event:
        database.filled(f"demo-{now:%d-%H}-{people}", lambda: fill(edition(now), people=people, seed=1, now=now))
        db.session.rollback()
        return db.session.scalars(select(Event).where(Event.kind == EventKind.EDITION)).one()

    return of


def count(kind: type[Model], *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(*where)) or 0  # type: ignore[arg-type]


def registrations(event: Event) -> list[Registration]:
    return list(db.session.scalars(select(Registration).where(Registration.event_id == event.id)))


def names(event: Event) -> list[tuple[str, str]]:
    rows = db.session.execute(
        select(Person.given_name, Person.family_name)
        .join(Registration)
        .where(Registration.event_id == event.id)
        .order_by(Registration.id)
    )
    return [(row.given_name, row.family_name) for row in rows]


# ---- who is there


def test_the_event_gets_as_many_people_as_asked_for_and_a_second_run_adds_none(filled: Filled):
    event = filled()
    assert count(Registration, Registration.event_id == event.id) == 90
    rows = {kind: count(kind) for kind in (Person, Organisation, Registration, MeetingRequest, Meeting, Scan, Event)}
    again = fill(event, people=90, seed=1, now=SECOND_DAY + timedelta(hours=1))
    assert (again.people, again.came, again.small_events) == (0, 0, 0)
    assert rows == {kind: count(kind) for kind in rows}


def test_more_people_are_added_to_those_who_are_there(filled: Filled):
    event = filled(people=40)
    before = names(event)
    added = fill(event, people=60, seed=1, now=SECOND_DAY)
    assert added.people == 20
    assert names(event)[:40] == before
    assert len(names(event)) == 60


def test_the_same_seed_gives_the_same_people_and_another_one_others(app: Flask, database):
    found = []
    for seed in (1, 1, 2):
        event = edition(SECOND_DAY)
        fill(event, people=30, seed=seed, now=SECOND_DAY)
        found.append(names(event))
        db.session.remove()
        database.empty()
    assert found[0] == found[1] != found[2]


def test_everybody_is_marked_as_invented_and_reached_by_no_mail(filled: Filled):
    filled()
    assert count(Person, Person.is_invented.is_(False)) == 0
    for address in db.session.scalars(select(EmailAddress.address)):
        assert address.endswith((".example", "@example.org"))


def test_nothing_is_invented_about_real_organisations(filled: Filled):
    filled()
    real = set(db.session.scalars(select(Organisation.id).where(Organisation.is_invented.is_(False))))
    assert len(real) == 20
    assert real.isdisjoint(db.session.scalars(select(Affiliation.organisation_id)))
    assert real.isdisjoint(db.session.scalars(select(Registration.organisation_id)))
    assert count(Organisation, Organisation.is_invented) > 25


def test_a_person_who_comes_to_two_events_is_one_person(filled: Filled):
    filled(people=20)
    people = count(Person)
    other = make.event(slug="other", starts_on=FIRST_DAY)
    make.participation_type(other)
    fill(other, people=20, seed=1, now=SECOND_DAY)
    assert count(Registration, Registration.event_id == other.id) == 20
    assert count(Person) == people


# ---- seats, consents, sessions


def test_seats_are_taken_by_the_confirmed_alone_and_never_more_than_there_are(filled: Filled):
    event = filled()
    taken: Counter[int] = Counter()
    for registration in registrations(event):
        if registration.state is RegistrationState.CONFIRMED:
            taken.update(capacity.id for capacity in registration.participation_type.capacities)
    for capacity in db.session.scalars(select(Capacity).where(Capacity.event_id == event.id)):
        assert capacity.taken == taken[capacity.id] <= capacity.seats


def test_only_who_finds_no_seat_waits_for_one(app: Flask):
    event = edition(BEFORE)
    with transaction() as session:
        forum = session.scalars(select(Capacity).where(Capacity.code == "forum")).one()
        forum.seats = 20
    fill(event, people=60, seed=1, now=BEFORE)
    states = Counter(r.state for r in registrations(event) if not r.participation_type.is_light)
    assert states[RegistrationState.CONFIRMED] <= 20
    assert states[RegistrationState.WAITLISTED] > 10


def test_every_state_occurs_and_has_its_history(filled: Filled):
    event = filled(people=400)
    found = Counter(registration.state for registration in registrations(event))
    assert all(found[state] for state in RegistrationState)
    assert found[RegistrationState.CONFIRMED] > 300
    last: dict[int, RegistrationState] = {}
    for change in db.session.scalars(select(RegistrationChange).order_by(RegistrationChange.id)):
        assert change.at <= SECOND_DAY
        last[change.registration_id] = change.state
    assert all(last[registration.id] is registration.state for registration in registrations(event))


def test_seats_grow_where_more_people_than_usual_are_asked_for(app: Flask, monkeypatch):
    monkeypatch.setattr(filling, "USUAL_PEOPLE", 50)
    event = edition(BEFORE)
    with transaction() as session:
        session.scalars(select(Capacity).where(Capacity.code == "forum")).one().seats = 20
    fill(event, people=80, seed=1, now=BEFORE)
    forum = db.session.scalars(select(Capacity).where(Capacity.code == "forum")).one()
    assert 60 < forum.taken <= forum.seats < 80


def test_everybody_accepts_the_terms_and_most_agree_to_be_matched(filled: Filled):
    event = filled()
    agreed: Counter[tuple[int, str]] = Counter()
    for consent in db.session.scalars(select(Consent)):
        agreed[consent.text.event_id, consent.text.purpose] += 1
    assert agreed[event.id, "terms"] == 90
    assert 50 < agreed[event.id, "matchmaking"] < 90
    light = [one for one in registrations(event) if one.participation_type.is_light]
    assert light
    for one in light:
        assert (one.organisation_id, one.profile, one.dietary_needs, one.country) == (None, None, "", None)
        assert "catalogue" not in one.purposes


def test_sign_ups_keep_seats_days_and_clocks(filled: Filled):
    event = filled(people=400)
    confirmed = {r.id: r for r in registrations(event) if r.state is RegistrationState.CONFIRMED}
    held = defaultdict(list)
    for signup in db.session.scalars(select(SessionSignup)):
        assert signup.registration_id in confirmed
        assert signup.session.takes_signups
        held[signup.registration_id].append(signup.session)
    for registration_id, sessions in held.items():
        kind = confirmed[registration_id].participation_type
        times = [one.when for one in sessions if one.when]
        assert not any(one.overlaps(other) for one, other in combinations(times, 2))
        assert all(not kind.days or one.starts_at.date().isoformat() in kind.days for one in times)
        assert all(one.is_public for one in sessions) or not kind.is_light
    for one in db.session.scalars(select(Session).where(Session.event_id == event.id)):
        assert one.signed_up == count(SessionSignup, SessionSignup.session_id == one.id)
        assert one.seats is None or one.signed_up <= one.seats
    assert len(held) > 250
    stars = stars_of(event.id)
    assert sum(stars.values()) > len(held)
    assert stars.keys() <= {one.session_id for one in db.session.scalars(select(SessionSignup))}


# ---- requests and meetings


def test_requests_stand_in_every_state_between_people_who_take_part(filled: Filled):
    event = filled(BEFORE, people=200)
    requests = list(db.session.scalars(select(MeetingRequest)))
    assert {request.state for request in requests} == set(RequestState)
    for request in requests:
        for side in (request.asker, request.addressee):
            assert side.state is RegistrationState.CONFIRMED
            assert side.participation_type.has_matchmaking
            assert "matchmaking" in side.purposes
            assert side.registered_at <= request.asked_at <= BEFORE
        if request.asker.organisation_id:
            assert request.asker.organisation_id != request.addressee.organisation_id
        assert (request.expires_at > BEFORE) or request.state is not RequestState.OPEN
        assert (request.expires_at <= BEFORE) or request.state is not RequestState.EXPIRED
        if request.listing is not None:
            assert request.listing.profile.registration_id in {request.from_id, request.to_id}
    assert event.moved_days


def test_after_the_event_nothing_waits_for_an_answer(filled: Filled):
    filled(SECOND_DAY + timedelta(days=20))
    assert count(MeetingRequest, MeetingRequest.state == RequestState.OPEN) == 0
    assert count(MeetingRequest, MeetingRequest.state == RequestState.EXPIRED) > 10


def test_meetings_stand_where_both_are_free(filled: Filled):
    event = filled(BEFORE, people=200)
    settings = db.session.get_one(MeetingSettings, event.id)
    meetings = [m for m in db.session.scalars(select(Meeting)) if m.state in BOOKED]
    assert len(meetings) > 30
    busy = busy_intervals({p.registration_id for m in meetings for p in m.participants})
    per_person: Counter[int] = Counter()
    blocked = {(b.registration_id, b.slot_id) for b in db.session.scalars(select(BlockedSlot))}
    assert blocked
    for meeting in meetings:
        assert meeting.slot is not None
        assert (meeting.starts_at, meeting.ends_at) == (meeting.slot.starts_at, meeting.slot.ends_at)
        assert {p.registration_id for p in meeting.participants} == {meeting.first_id, meeting.second_id}
        assert {p.slot_id for p in meeting.participants} == {meeting.slot_id}
        assert meeting.request is not None
        assert meeting.request.state is RequestState.ACCEPTED
        when = Interval(meeting.starts_at, meeting.ends_at)
        for participant in meeting.participants:
            per_person[participant.registration_id] += 1
            assert not any(when.overlaps(other) for other in busy[participant.registration_id])
            assert (participant.registration_id, meeting.slot_id) not in blocked
    assert max(per_person.values()) <= settings.max_per_person


def test_a_meeting_that_was_called_off_gives_its_place_back(filled: Filled):
    filled(BEFORE, people=400)
    called_off = [m for m in db.session.scalars(select(Meeting)) if m.state is MeetingState.CANCELLED]
    assert called_off
    for meeting in called_off:
        assert (meeting.slot_id, meeting.table_id) == (None, None)
        assert meeting.request is not None
        assert meeting.request.state is RequestState.WITHDRAWN


def test_the_attendee_finds_requests_to_answer_and_a_meeting_ahead(filled: Filled):
    event = filled(BEFORE)
    person = person_by_email(VISITOR.address)
    assert person is not None
    attendee = registration_of(event.id, person.id)
    assert attendee is not None
    assert attendee.state is RegistrationState.CONFIRMED
    assert attendee.profile is not None
    assert attendee.profile.listings
    assert {"catalogue", "matchmaking"} <= attendee.purposes
    asked = db.session.scalars(select(MeetingRequest).where(MeetingRequest.to_id == attendee.id)).all()
    still_open = [request for request in asked if request.state is RequestState.OPEN]
    assert len(still_open) == 3
    assert all(request.expires_at > BEFORE + timedelta(days=2) for request in still_open)
    mine = (Meeting.first_id == attendee.id) | (Meeting.second_id == attendee.id)
    assert count(Meeting, mine, Meeting.state == MeetingState.SCHEDULED) >= 1


# ---- the day


def test_nothing_happens_at_the_doors_before_they_open(filled: Filled):
    event = filled(BEFORE)
    assert count(Scan, Scan.event_id == event.id) == 0
    assert count(Meeting, Meeting.state == MeetingState.HELD) == 0


@pytest.mark.parametrize("now", [local(10), SECOND_DAY, local(9, FIRST_DAY + timedelta(days=30))])
def test_people_come_and_meet_before_now_only(filled: Filled, now):
    event = filled(now, people=150)
    doors = moment(event.starts_on, event.doors_open, event.timezone)
    for row in db.session.scalars(select(Scan).where(Scan.event_id == event.id)):
        assert doors <= row.scanned_at <= now
    arrivals = list(db.session.scalars(select(Arrival).where(Arrival.event_id == event.id)))
    assert arrivals
    for arrival in arrivals:
        assert arrival.registration.state is RegistrationState.CONFIRMED
        kind = arrival.registration.participation_type
        assert not kind.days or arrival.day.isoformat() in kind.days
        assert (arrival.scan.scanned_at, arrival.scan.result) == (arrival.at, ScanResult.ADMITTED)
    came = {(arrival.registration_id, arrival.day) for arrival in arrivals}
    held = [m for m in db.session.scalars(select(Meeting)) if m.state is MeetingState.HELD]
    present = defaultdict(set)
    for presence in db.session.scalars(select(MeetingPresence)):
        present[presence.meeting_id].add(presence.registration_id)
    for meeting in held:
        assert present[meeting.id] == {meeting.first_id, meeting.second_id}
        assert {(one, meeting.starts_at.date()) for one in present[meeting.id]} <= came
        assert meeting.outcome is None or meeting.ends_at <= now
    if now > local(10):
        assert held
        assert count(Meeting, Meeting.state == MeetingState.NO_SHOW) > 0


def test_who_came_in_is_known_at_the_door(filled: Filled):
    event = filled(local(15))
    arrival = db.session.scalars(select(Arrival).where(Arrival.event_id == event.id)).first()
    assert arrival is not None
    code = arrival.registration.badge_code
    answer = scan(event, "main", code, uid="again", scanned_at=local(15), by_id=None, now=local(15))
    assert (answer.result, answer.first_at) == (ScanResult.AGAIN, arrival.at)


def test_moved_to_another_day_the_same_people_come_in_anew(filled: Filled):
    event = filled(SECOND_DAY)
    event = move_edition(event, FIRST_DAY + timedelta(days=7), now=SECOND_DAY)
    assert count(Arrival, Arrival.event_id == event.id) == 0
    now = SECOND_DAY + timedelta(days=7)
    came = replay(event, seed=1, now=now)
    days = {arrival.day for arrival in db.session.scalars(select(Arrival).where(Arrival.event_id == event.id))}
    assert came > 50
    assert days == {FIRST_DAY + timedelta(days=7), FIRST_DAY + timedelta(days=8)}


# ---- the year


def test_small_events_around_the_year_say_that_they_are_made_up(filled: Filled):
    forum = filled()
    small = [event for event in db.session.scalars(select(Event)) if event.id != forum.id]
    assert {event.kind for event in small} == set(EventKind) - {EventKind.EDITION}
    for event in small:
        assert "(pokaz)" in event.name.pl
        assert "(demo)" in event.name.en
        assert "made up" in event.tagline.en
        arrivals = count(Arrival, Arrival.event_id == event.id)
        assert (arrivals > 0) == (event.starts_on <= SECOND_DAY.date())
    partner = next(event for event in small if event.kind is EventKind.PARTNER_EVENT)
    assert partner.organiser.is_invented
    assert partner.organiser.is_cluster_partner


# ---- other events


def test_a_few_questions_are_asked_and_some_have_answered_them(filled: Filled):
    event = filled(now=BEFORE, people=60)
    visit, overnight, nights = questions_of(event.id)
    counts = answer_counts(event.id)
    assert counts[visit.id] == counts[overnight.id] > 3
    assert 0 < counts[nights.id] < counts[overnight.id], "it is asked of who stays overnight"
    assert any(option.taken for option in visit.offered)
    assert not any(visit.is_for(kind.id) for kind in participation_types(event.id) if kind.is_light)
    fill(event, people=60, seed=1, now=BEFORE)
    assert len(questions_of(event.id)) == 3

    #: Every state of a proposal can be looked at, and is made once.
    proposed = db.session.scalars(select(Proposal)).all()
    assert {one.state for one in proposed} == set(ProposalState)
    assert {one.decision.state for one in proposed if one.decision} == {ProposalState.ACCEPTED, ProposalState.DECLINED}


def test_an_event_without_meetings_or_focus_areas_is_filled_too(app: Flask):
    event = make.event(starts_on=FIRST_DAY)
    make.participation_type(event)
    shares: list[float] = []
    fill(event, people=25, seed=1, now=BEFORE, progress=shares.append)
    assert len(registrations(event)) == 25
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_an_event_nobody_can_take_part_in_is_told(app: Flask):
    with pytest.raises(Refused, match="has no way to take part yet"):
        fill(make.event(), people=5, seed=1, now=BEFORE)


def test_an_event_that_is_gone_is_told(app: Flask):
    with pytest.raises(NotFound):
        fill(Event(id=999, slug="gone"), people=5, seed=1, now=datetime.now(UTC))
