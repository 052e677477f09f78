"""Whatever happens in whatever order: what is taken and held is what registrations, offers and promises say."""

from contextlib import suppress
from datetime import datetime, timedelta

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from lsos.db import db, new_uid, transaction
from lsos.errors import Refused
from lsos.registration import changing, kinds, seats, service, steps, waiting
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration, WaitingEntry
from lsos.registration.rules import HeldFor, RegistrationState, WatchedAnswer
from lsos.registration.steps import Waits, nothing_else
from lsos.registration.waiting_rules import EntryState
from tests import make
from tests.make import BEFORE

S = RegistrationState
SEATS = 4


class Seats(RuleBasedStateMachine):
    """People come, leave, wait alone or with others, are asked, are approved again; organisers change the seats."""

    def __init__(self) -> None:
        super().__init__()
        event = make.event()
        watched = [WatchedAnswer.JOB_TITLE.value]
        self.plain = make.participation_type(event, seats=SEATS)
        self.approved = make.participation_type(event, needs_approval=True, watched_answers=watched)
        self.event_id = event.id
        code = self.plain.capacities[0].code
        both = [self.plain.code, self.approved.code]
        self.facts = kinds.CapacityFacts(self.plain.capacities[0].name, SEATS, 48, lets_smaller_pass=False)
        self.by = make.person().id
        kinds.save_capacity(event.id, code, self.facts, kinds=both, by=self.by, now=BEFORE)
        self.code, self.both = code, both
        self.promised = 0
        self.people: list[Registration] = []
        self.now: datetime = BEFORE

    def _somebody(self) -> Details:
        return Details(given_name="P", email=f"{new_uid().lower()}@example.org", language="en")

    @rule(size=st.integers(1, 3), asks=st.booleans(), by_approval=st.booleans())
    def somebody_comes(self, size: int, asks: bool, by_approval: bool) -> None:
        kind = self.approved if by_approval else self.plain
        waits = Waits(size, accepts_automatically=not asks)
        who = self._somebody()
        outcome = service.register(self.event_id, kind.code, who, (), by=None, waits=waits, now=self.now)
        assert outcome.registration is not None
        self.people.append(outcome.registration)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), wanted=st.sampled_from([S.CONFIRMED, S.DECLINED, S.CANCELLED]))
    def the_organiser_decides(self, data: st.DataObject, wanted: RegistrationState) -> None:
        one = data.draw(st.sampled_from(self.people))
        with suppress(Refused):
            service.move(self.event_id, one.uid, wanted, by=None, release=nothing_else, now=self.now)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), title=st.sampled_from(["CEO", "CTO"]))
    def somebody_changes_an_answer(self, data: st.DataObject, title: str) -> None:
        one = data.draw(st.sampled_from(self.people))
        details = Details(given_name="P", email="", language="en", job_title=title)
        changing.change_details(self.event_id, one.uid, details, by=one.person_id, now=self.now)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def somebody_answers_an_offer(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.people))
        with suppress(Refused):
            waiting.accept(self.event_id, one.id, now=self.now)

    @precondition(lambda self: self.now < BEFORE + timedelta(days=10))
    @rule()
    def offers_run_out(self) -> None:
        self.now += timedelta(hours=49)
        waiting.close_offers(now=self.now)

    @rule(n=st.integers(1, 2))
    def seats_are_promised_to_a_delegation(self, n: int) -> None:
        with transaction() as session:
            seats.lock(session, self.event_id)
            capacities = session.get_one(ParticipationType, self.plain.id).capacities
            self.promised += n if seats.hold(session, capacities, n) else 0

    @precondition(lambda self: self.promised)
    @rule()
    def a_delegate_comes(self) -> None:
        who, held = self._somebody(), HeldFor.DELEGATION
        outcome = service.register(self.event_id, self.plain.code, who, (), by=None, holding=held, now=self.now)
        assert outcome.registration is not None
        assert outcome.state is S.CONFIRMED
        self.people.append(outcome.registration)
        self.promised -= 1

    @precondition(lambda self: self.promised)
    @rule()
    def a_promise_is_taken_back(self) -> None:
        with transaction() as session:
            seats.lock(session, self.event_id)
            seats.let_go(session, session.get_one(ParticipationType, self.plain.id).capacities, 1)
            steps.hand_on(session, self.event_id, self.now)
        self.promised -= 1

    @rule(number=st.integers(1, 6), passing=st.booleans())
    def the_number_of_seats_changes(self, number: int, passing: bool) -> None:
        facts = kinds.CapacityFacts(self.facts.name, number, 48, lets_smaller_pass=passing)
        with suppress(Refused):
            kinds.save_capacity(self.event_id, self.code, facts, kinds=self.both, by=self.by, now=self.now)

    @invariant()
    def the_numbers_say_what_is_true(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        (capacity,) = db.session.scalars(select(Capacity).where(Capacity.event_id == self.event_id))
        everybody = db.session.scalars(select(Registration).where(Registration.event_id == self.event_id)).all()
        entries = db.session.scalars(
            select(WaitingEntry).join(Registration).where(Registration.event_id == self.event_id)
        ).all()
        assert capacity.taken == sum(one.state is S.CONFIRMED for one in everybody)
        assert capacity.held_offer == sum(one.size for one in entries if one.state is EntryState.OFFERED)
        assert capacity.held_review == sum(bool(one.to_review) for one in everybody)
        assert all(one.state is S.PENDING for one in everybody if one.to_review)
        assert capacity.held_delegation == self.promised + sum(one.colleagues_held for one in entries)
        assert capacity.taken + capacity.held <= capacity.seats
        in_line = {one.registration_id for one in entries if one.state in {EntryState.WAITING, EntryState.OFFERED}}
        assert in_line == {one.id for one in everybody if one.state is S.WAITLISTED}
        singles = [one for one in entries if one.state is EntryState.WAITING and one.size <= max(capacity.free, 0)]
        first = min((one.id for one in entries if one.state is EntryState.WAITING), default=None)
        assert first not in {one.id for one in singles}


def test_seats_taken_and_held_are_what_people_and_promises_say(app: Flask):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    quick = settings(max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Seats, settings=quick)
    assert db.session.scalar(select(func.count()).select_from(Capacity)) is not None
