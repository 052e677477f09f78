"""A crowd does everything at once, for a minute, over many threads; afterwards every promise of the tables holds."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.agenda import service as agenda
from lsos.agenda import waiting as agenda_waiting
from lsos.agenda.models import Session, SessionSignup, SessionWaiting
from lsos.checkin import service as checkin
from lsos.checkin.models import Arrival, Scan
from lsos.checkin.rules import PointKind, UndoReason
from lsos.chores import count_troubles
from lsos.db import db, new_uid
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.meetings import requesting
from lsos.meetings import service as meetings
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot
from lsos.meetings.queries import meeting_intervals
from lsos.meetings.rules import BOOKED, LIVE_REQUESTS, MeetingState, RequestState
from lsos.registration import consents
from lsos.registration import service as registration
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.web.leaving import release_time
from tests import make
from tests.racing import race
from tests.registration import last_seats
from tests.registration.test_races import registering, seats, states

pytestmark = pytest.mark.torture

SECONDS = 60
#: As many as the application keeps connections for.
THREADS = 10
GUESTS = 200
SEATS = 220
#: While the first meetings go on, so that some may still be moved and some be held.
NOW = make.DOORS + timedelta(minutes=30)


def test_of_two_hundred_for_ten_seats_ten_get_one_and_the_rest_wait_in_a_line(app: Flask):
    kind = make.participation_type(make.event(), seats=10)
    places = BoundedSemaphore(last_seats.AT_A_TIME)
    outcomes = race(app, [last_seats.served(registering(kind, f"P{n}"), places) for n in range(200)])
    assert states(kind) == {RegistrationState.CONFIRMED: 10, RegistrationState.WAITLISTED: 190}
    assert sorted(outcome.rank for outcome in outcomes if outcome.rank) == list(range(1, 191))
    assert seats(kind) == (10, 10)


def test_of_two_hundred_for_ten_seats_beside_a_delegation_and_a_line_ten_get_in_and_the_rest_have_a_rank(app: Flask):
    last_seats.check(last_seats.run(app, newcomers=200), newcomers=200)


def test_fifty_desks_scan_the_same_hundred_badges_and_each_guest_arrives_once(app: Flask):
    event_id = (event := make.event()).id
    make.point(event, code="main")
    badges = [make.registration(event).badge_code for _ in range(100)]

    def scan(code: str) -> None:
        with app.app_context():
            where = db.session.get_one(Event, event_id)
            checkin.scan(where, "main", code, uid=new_uid(), scanned_at=NOW, by_id=None, now=NOW)
            db.session.remove()

    queues = [random.Random(desk).sample(badges, len(badges)) for desk in range(50)]
    db.session.rollback()
    with ThreadPoolExecutor(THREADS) as pool:
        #: Wave by wave, a badge of each desk.
        list(pool.map(scan, [code for wave in zip(*queues, strict=True) for code in wave]))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 50 * 100
    assert db.session.scalar(select(func.count()).select_from(Arrival)) == 100


class Storm:
    """Random acts of random people, each as one of them would do it; a refusal is an answer like any other."""

    def __init__(self, app: Flask, event: Event, kind: ParticipationType) -> None:
        self.app, self.event_id, self.kind_code = app, event.id, kind.code
        self.done: Counter[str] = Counter()

    def run(self, seed: int) -> None:
        chance = random.Random(seed)
        acts = [self.register, self.cancel, self.ask, self.ask, self.answer, self.answer, self.call_off,
                self.move, self.block, self.sign_up, self.wait, self.leave, self.hand_on,
                self.scan, self.sit_down, self.undo]  # fmt: skip
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            act = chance.choice(acts)
            with self.app.app_context():
                try:
                    act(chance)
                    self.done[act.__name__] += 1
                except LsosError:
                    self.done["refused"] += 1
                finally:
                    db.session.remove()

    def event(self) -> Event:
        return db.session.get_one(Event, self.event_id)

    def somebody(self, chance: random.Random) -> Registration:
        everybody = db.session.scalars(select(Registration.id).where(Registration.event_id == self.event_id)).all()
        return db.session.get_one(Registration, chance.choice(everybody))

    def register(self, chance: random.Random) -> None:
        name = f"Guest{chance.randrange(10_000)}"
        details = Details(given_name=name, email=f"{name.lower()}@example.org", language="pl")
        registration.register(self.event_id, self.kind_code, details, (), by=None, now=make.BEFORE)

    def cancel(self, chance: random.Random) -> None:
        who = self.somebody(chance)
        release = release_time(actor_id=who.person_id, now=NOW)
        cancelled = RegistrationState.CANCELLED
        registration.move(self.event_id, who.uid, cancelled, by=who.person_id, release=release, now=NOW)

    def ask(self, chance: random.Random) -> None:
        requesting.ask(self.somebody(chance).id, self.somebody(chance).uid, now=NOW)

    def answer(self, chance: random.Random) -> None:
        wishes = db.session.scalars(select(MeetingRequest).where(MeetingRequest.state == RequestState.OPEN)).all()
        if wishes:
            wish = chance.choice(wishes)
            requesting.answer(wish.uid, by=wish.to_id, accept=chance.random() < 0.8, now=NOW)

    def _meeting(self, chance: random.Random) -> Meeting | None:
        booked = db.session.scalars(select(Meeting).where(Meeting.state == MeetingState.SCHEDULED)).all()
        return chance.choice(booked) if booked else None

    def call_off(self, chance: random.Random) -> None:
        if meeting := self._meeting(chance):
            meetings.cancel(meeting.uid, by=meeting.first_id, now=NOW)

    def move(self, chance: random.Random) -> None:
        if meeting := self._meeting(chance):
            slot = chance.choice(db.session.scalars(select(MeetingSlot)).all())
            meetings.move(meeting.uid, slot.starts_at, actor_id=None, now=NOW)

    def block(self, chance: random.Random) -> None:
        slot = chance.choice(db.session.scalars(select(MeetingSlot)).all())
        who = self.somebody(chance)
        meetings.block_slot(who.id, slot.starts_at, now=NOW)
        meetings.unblock_slot(who.id, slot.starts_at)

    def _session(self, chance: random.Random) -> int:
        return chance.choice(db.session.scalars(select(Session.id)).all())

    def sign_up(self, chance: random.Random) -> None:
        agenda.sign_up(self.somebody(chance).id, self._session(chance), meetings=meeting_intervals, now=NOW)

    def wait(self, chance: random.Random) -> None:
        agenda_waiting.wait(self.somebody(chance).id, self._session(chance), now=NOW)

    def hand_on(self, chance: random.Random) -> None:
        agenda_waiting.hand_on(meetings=meeting_intervals, with_asked=chance.random() < 0.5, now=NOW)

    def leave(self, chance: random.Random) -> None:
        agenda.leave(self.somebody(chance).id, self._session(chance), now=NOW)

    def scan(self, chance: random.Random) -> None:
        code = self.somebody(chance).badge_code
        checkin.scan(self.event(), "main", code, uid=new_uid(), scanned_at=NOW, by_id=None, now=NOW)

    def sit_down(self, chance: random.Random) -> None:
        if meeting := self._meeting(chance):
            for who in (meeting.first, meeting.second):
                then = meeting.starts_at
                checkin.scan(
                    self.event(), "tables", who.badge_code, uid=new_uid(), scanned_at=then, by_id=None, now=then
                )

    def undo(self, chance: random.Random) -> None:
        scans = db.session.scalars(select(Scan.uid).order_by(Scan.id.desc()).limit(50)).all()
        if scans:
            uid = chance.choice(scans)
            checkin.undo(self.event(), uid, uid=new_uid(), reason=UndoReason.MISTAKE, by_id=None, now=NOW)


def test_after_a_storm_every_promise_holds(app: Flask):
    event = make.event()
    kind = make.participation_type(event, seats=SEATS, has_matchmaking=True)
    make.point(event, code="main")
    make.point(event, PointKind.TABLES, code="tables")
    make.meeting_grid(event, slots=12, tables=15, max_per_person=6)
    for hour in range(4):
        make.session(event, starts_at=make.DOORS + timedelta(hours=hour), seats=12)
    for n in range(GUESTS):
        guest = make.person(f"Gość{n}", "Próbny")
        made = registration.register(
            event.id,
            kind.code,
            Details(given_name=guest.given_name, email=guest.email, language="pl"),
            (),
            by=guest.id,
            now=make.BEFORE,
        )
        assert made.state is RegistrationState.CONFIRMED
        for purpose in ("catalogue", "matchmaking"):
            make.consent_text(event, purpose)
            assert made.registration is not None
            consents.give_consent(made.registration.id, purpose, by=guest.id, now=make.BEFORE)

    storm = Storm(app, event, kind)
    db.session.rollback()
    with ThreadPoolExecutor(THREADS) as pool:
        for end in [pool.submit(storm.run, seed) for seed in range(THREADS)]:
            end.result()
    acts = ["register", "cancel", "ask", "answer", "call_off", "move", "scan", "sit_down", "undo"]
    acts += ["sign_up", "wait", "leave"]
    assert all(storm.done[act] for act in acts), storm.done

    db.session.rollback()
    seats_are_those_of_the_confirmed(kind)
    nobody_waits_for_a_free_seat_that_is_theirs()
    places_in_sessions_are_those_of_the_signed_up()
    nobody_and_no_table_is_in_two_places()
    who_cancelled_has_nothing_ahead()


def seats_are_those_of_the_confirmed(kind: ParticipationType) -> None:
    confirmed = select(func.count()).select_from(Registration).where(Registration.state == RegistrationState.CONFIRMED)
    capacity = db.session.scalars(select(Capacity).where(Capacity.event_id == kind.event_id)).one()
    assert capacity.taken == db.session.scalar(confirmed)
    assert capacity.taken <= capacity.seats


def places_in_sessions_are_those_of_the_signed_up() -> None:
    signed_up = Counter(db.session.scalars(select(SessionSignup.session_id)).all())
    for session in db.session.scalars(select(Session)):
        assert session.signed_up == signed_up[session.id]
        assert session.seats is None or session.signed_up <= session.seats


def nobody_waits_for_a_free_seat_that_is_theirs() -> None:
    agenda_waiting.hand_on(meetings=meeting_intervals, with_asked=True, at_most=10_000, now=NOW)
    assert count_troubles() == 0
    free = Session.signed_up < Session.seats
    waiting = select(SessionWaiting).join(SessionWaiting.session).where(free, SessionWaiting.passed_at.is_(None))
    assert db.session.scalars(waiting).all() == []
    both = select(SessionWaiting.id).join(
        SessionSignup,
        (SessionSignup.session_id == SessionWaiting.session_id)
        & (SessionSignup.registration_id == SessionWaiting.registration_id),
    )
    assert db.session.scalars(both).all() == []


def nobody_and_no_table_is_in_two_places() -> None:
    booked = db.session.scalars(select(Meeting).where(Meeting.state.in_(BOOKED), Meeting.slot_id.is_not(None))).all()
    assert booked
    assert max(Counter((meeting.slot_id, meeting.table_id) for meeting in booked).values()) == 1
    assert max(Counter((who, m.slot_id) for m in booked for who in (m.first_id, m.second_id)).values()) == 1
    assert max(Counter((meeting.first_id, meeting.second_id) for meeting in booked).values()) == 1
    seated = db.session.execute(select(MeetingParticipant.registration_id, MeetingParticipant.slot_id)).all()
    taken = [(row[0], row[1]) for row in seated if row[1] is not None]
    assert len(taken) == len(set(taken))


def who_cancelled_has_nothing_ahead() -> None:
    gone = set(
        db.session.scalars(select(Registration.id).where(Registration.state == RegistrationState.CANCELLED)).all()
    )
    assert gone
    ahead = select(Meeting).where(Meeting.state == MeetingState.SCHEDULED, Meeting.starts_at > NOW)
    assert not {who for meeting in db.session.scalars(ahead) for who in (meeting.first_id, meeting.second_id)} & gone
    has_meeting = select(Meeting.id).where(Meeting.request_id == MeetingRequest.id, Meeting.state.in_(BOOKED)).exists()
    waiting = db.session.scalars(select(MeetingRequest).where(MeetingRequest.state.in_(LIVE_REQUESTS), ~has_meeting))
    assert not {who for wish in waiting for who in (wish.from_id, wish.to_id)} & gone
    places = select(SessionSignup.registration_id).join(SessionSignup.session).where(Session.ends_at > NOW)
    assert not set(db.session.scalars(places)) & gone
    assert not set(db.session.scalars(select(SessionWaiting.registration_id))) & gone
