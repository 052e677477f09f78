"""The waiting list: groups, offers, priorities, and approval asked for once more."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from lsos.registration import changing, kinds, queries, service, waiting, waiting_queries
from lsos.registration.details import Details
from lsos.registration.models import Capacity, ParticipationType, Registration, SeatLink, WaitingEntry
from lsos.registration.rules import RegistrationState, WatchedAnswer
from lsos.registration.steps import ALONE, Waits, nothing_else
from lsos.registration.waiting_rules import EntryState, WaitingRefusal
from tests import make
from tests.make import BEFORE

S = RegistrationState
ASKED = Waits(accepts_automatically=False)


def register(kind: ParticipationType, name: str, *, waits: Waits = ALONE) -> Registration:
    who = Details(given_name=name, email=f"{name.lower()}@example.org", language="en")
    outcome = service.register(kind.event_id, kind.code, who, (), by=None, waits=waits, now=BEFORE)
    assert outcome.registration is not None
    return outcome.registration


def cancel(one: Registration, now: datetime = BEFORE) -> None:
    service.move(one.event_id, one.uid, S.CANCELLED, by=one.person_id, release=nothing_else, now=now)


def state(one: Registration) -> RegistrationState:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Registration, one.id).state


def entry(one: Registration) -> WaitingEntry:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(
        select(WaitingEntry).where(WaitingEntry.registration_id == one.id).order_by(WaitingEntry.id.desc())
    ).all()[0]


def seats_of(kind: ParticipationType) -> tuple[int, int, int]:
    """Say how many seats of a type are taken, held and free."""
    db.session.rollback()
    db.session.expire_all()
    capacity = db.session.get_one(Capacity, kind.capacities[0].id)
    return capacity.taken, capacity.held, capacity.free


def raise_to(kind: ParticipationType, seats: int, *, lets_smaller_pass: bool = False) -> int:
    capacity = db.session.get_one(Capacity, kind.capacities[0].id)
    wish = kinds.CapacityFacts(capacity.name, seats, 48, lets_smaller_pass)
    by = make.person().id
    _, moved = kinds.save_capacity(kind.event_id, capacity.code, wish, kinds=[kind.code], by=by, now=BEFORE)
    return moved


def subjects(name: str) -> list[str]:
    found = select(OutgoingMail.subject).where(OutgoingMail.to_address == f"{name.lower()}@example.org")
    return list(db.session.scalars(found.order_by(OutgoingMail.id)))


def test_a_group_waits_until_there_are_seats_for_all_of_it(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    register(kind, "First")
    group = register(kind, "Group", waits=Waits(size=3))
    single = register(kind, "Single")
    assert raise_to(kind, 3) == 0
    assert (state(group), state(single)) == (S.WAITLISTED, S.WAITLISTED)
    assert register(kind, "Late").state is S.WAITLISTED

    assert raise_to(kind, 4) == 1
    assert (state(group), state(single)) == (S.CONFIRMED, S.WAITLISTED)
    assert seats_of(kind) == (2, 2, 0)
    assert entry(group).colleagues_held == 2


def test_free_seats_are_nobodys_turn_while_the_next_group_needs_more_of_them(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    register(kind, "First")
    register(kind, "Group", waits=Waits(size=3))
    turns = []
    for seats in (3, 4):
        db.session.get_one(Capacity, kind.capacities[0].id).seats = seats
        db.session.commit()
        turns.append(waiting_queries.whose_turn_now(kind.event_id))
    assert turns == [0, 1]


def test_an_organiser_may_let_smaller_groups_pass(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    register(kind, "First")
    group = register(kind, "Group", waits=Waits(size=3))
    single = register(kind, "Single")
    assert raise_to(kind, 2, lets_smaller_pass=True) == 1
    assert (state(group), state(single)) == (S.WAITLISTED, S.CONFIRMED)


def test_the_colleagues_seats_go_on_when_the_group_does_not_come(app: Flask):
    kind = make.participation_type(make.event(), seats=3)
    group = register(kind, "Group", waits=Waits(size=3))
    waiting_ones = [register(kind, name) for name in ("Ola", "Jan", "Ewa")]
    assert seats_of(kind) == (1, 2, 0)
    cancel(group)
    assert [state(one) for one in waiting_ones] == [S.CONFIRMED] * 3
    assert seats_of(kind) == (3, 0, 0)


def test_who_wants_to_be_asked_gets_an_offer_that_holds_the_seat(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = register(kind, "First")
    asked, behind = register(kind, "Asked", waits=ASKED), register(kind, "Behind")
    cancel(first)
    assert state(asked) is S.WAITLISTED
    assert entry(asked).offered_until == BEFORE + timedelta(hours=48)
    assert seats_of(kind) == (0, 1, 0)
    assert queries.waiting_rank(behind) == 1

    waiting.accept(kind.event_id, asked.id, now=BEFORE)
    assert waiting.accept(kind.event_id, asked.id, now=BEFORE).state is S.CONFIRMED
    assert (state(behind), seats_of(kind)) == (S.WAITLISTED, (1, 0, 0))
    assert len(subjects("Asked")) == 3


def test_an_offer_that_is_not_answered_goes_on_by_itself_once(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = register(kind, "First")
    asked, behind = register(kind, "Asked", waits=ASKED), register(kind, "Behind")
    cancel(first)
    until = entry(asked).offered_until
    assert until is not None
    assert waiting.close_offers(now=until - timedelta(seconds=1)) == 0
    with pytest.raises(Refused) as refused:
        waiting.accept(kind.event_id, asked.id, now=until)
    assert refused.value.message == WaitingRefusal.NO_OFFER
    assert [waiting.close_offers(now=until) for _ in range(2)] == [1, 0]
    assert (state(asked), entry(asked).state) == (S.CANCELLED, EntryState.EXPIRED)
    assert state(behind) is S.CONFIRMED
    assert subjects("Asked")[-1].endswith("went to the next in line")


def test_an_offer_that_is_let_pass_goes_on_at_once(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = register(kind, "First")
    asked, behind = register(kind, "Asked", waits=ASKED), register(kind, "Behind")
    cancel(first)
    cancel(asked)
    assert (state(behind), seats_of(kind)) == (S.CONFIRMED, (1, 0, 0))
    assert entry(asked).state is EntryState.LEFT


def test_whoever_is_moved_forward_is_next_and_the_reason_is_kept(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    first = register(kind, "First")
    ola, jan = register(kind, "Ola"), register(kind, "Jan")
    forward = partial(waiting.prioritise, kind.event_id, entry(jan).uid, priority=1, by=make.person().id, now=BEFORE)
    with pytest.raises(Refused):
        forward(reason="")
    forward(reason="speaks in a session")
    assert (queries.waiting_rank(jan), queries.waiting_rank(ola)) == (1, 2)
    cancel(first)
    assert (state(jan), state(ola)) == (S.CONFIRMED, S.WAITLISTED)


def test_who_comes_back_to_the_line_stands_at_its_end(app: Flask):
    kind = make.participation_type(make.event(), seats=0)
    ola, jan = register(kind, "Ola"), register(kind, "Jan")
    cancel(ola)
    who = Details(given_name="Ola", email="ola@example.org", language="en")
    service.register(kind.event_id, kind.code, who, (), by=ola.person_id, now=BEFORE)
    assert (queries.waiting_rank(jan), queries.waiting_rank(ola)) == (1, 2)


def test_an_approved_answer_that_changes_asks_for_approval_again_and_keeps_the_seat(app: Flask):
    watched = [WatchedAnswer.ORGANISATION.value]
    kind = make.participation_type(make.event(), seats=1, needs_approval=True, watched_answers=watched)
    one = register(kind, "Ola")
    move = partial(service.move, kind.event_id, one.uid, by=None, release=nothing_else, now=BEFORE)
    move(S.CONFIRMED)
    said = Details(given_name="Ola", email="ola@example.org", language="en")
    changing.change_details(kind.event_id, one.uid, replace(said, job_title="CEO"), by=one.person_id, now=BEFORE)
    assert state(one) is S.CONFIRMED

    other = replace(said, job_title="CEO", organisation="Nowa Terapia")
    changing.change_details(kind.event_id, one.uid, other, by=one.person_id, now=BEFORE)
    assert (state(one), seats_of(kind)) == (S.PENDING, (0, 1, 0))
    assert db.session.get_one(Registration, one.id).to_review == ["organisation"]
    move(S.CONFIRMED)
    assert (state(one), seats_of(kind)) == (S.CONFIRMED, (1, 0, 0))

    changing.change_details(kind.event_id, one.uid, said, by=one.person_id, now=BEFORE)
    move(S.DECLINED)
    assert (state(one), seats_of(kind)) == (S.DECLINED, (0, 0, 1))


def test_an_organiser_who_corrects_an_answer_need_not_approve_it(app: Flask):
    watched = [WatchedAnswer.JOB_TITLE.value]
    kind = make.participation_type(make.event(), seats=1, needs_approval=True, watched_answers=watched)
    one = register(kind, "Ola")
    service.move(kind.event_id, one.uid, S.CONFIRMED, by=None, release=nothing_else, now=BEFORE)
    details = Details(given_name="Ola", email="ola@example.org", language="en", job_title="CEO")
    changing.change_details(kind.event_id, one.uid, details, by=make.person().id, now=BEFORE)
    assert state(one) is S.CONFIRMED


def test_only_who_has_a_seat_can_say_that_they_still_come(app: Flask):
    kind = make.participation_type(make.event(), seats=1)
    one, other = register(kind, "Ola"), register(kind, "Jan")
    waiting.reconfirm(kind.event_id, one.id, now=BEFORE)
    assert db.session.get_one(Registration, one.id).reconfirmed_at == BEFORE
    with pytest.raises(Refused):
        waiting.reconfirm(kind.event_id, other.id, now=BEFORE)


def test_of_a_link_in_a_letter_only_the_hash_is_kept(app: Flask):
    one = register(make.participation_type(make.event(), seats=1), "Ola")
    letter = db.session.scalars(select(OutgoingMail)).one()
    link = db.session.scalars(select(SeatLink)).one()
    assert link.registration_id == one.id
    assert "/seat/" in letter.text
    assert link.token_hash not in letter.text
