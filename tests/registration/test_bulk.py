"""Bulk actions: row by row by the rule of the single one, recorded, and taken back where nothing changed since."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.registration import bulk, bulk_queries, bulk_rows, service
from lsos.registration.bulk_rules import LETTERS_WAIT, UNDO_WITHIN, TypeRefusal, UndoRefusal, undo_refusal
from lsos.registration.details import Details
from lsos.registration.list_models import BulkAction, BulkKind, BulkStep, StepState
from lsos.registration.models import Capacity, Registration, RegistrationChange
from lsos.registration.queries import waiting_rank
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import Waits, nothing_else
from lsos.stepping import Spell
from tests import make

S = RegistrationState
NOW = make.BEFORE + timedelta(days=1)


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def boss(event: Event) -> Person:
    return make.staff(Role.REGISTRATIONS, event)


def run(event: Event, boss: Person, kind: BulkKind, *whom: Registration, **more: Any) -> str:
    chosen = bulk.choose(event.id, [one.uid for one in whom], by=boss.id, now=NOW)
    action = bulk.begin(event.id, chosen.uid, kind, by=boss.id, now=NOW, **more)
    assert bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW) == 0
    return action.uid


def state(one: Registration) -> RegistrationState:
    return db.session.get_one(Registration, one.id, populate_existing=True).state


def taken() -> int:
    db.session.expire_all()
    return db.session.scalars(select(Capacity.taken)).one()


def letters() -> list[OutgoingMail]:
    db.session.expire_all()
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def whys(uid: str) -> list[str]:
    return [step.why for step in db.session.scalars(select(BulkStep).order_by(BulkStep.id)) if step.why]


def test_nobody_selected_means_nobody(event: Event, boss: Person):
    with pytest.raises(Refused, match="Nobody is ticked"):
        bulk.choose(event.id, [], by=boss.id, now=NOW)


def test_people_are_let_in_until_the_seats_end_and_the_rest_wait(event: Event, boss: Person):
    kind = make.participation_type(event, seats=2, needs_approval=True)
    people = [make.registration(event, state=S.PENDING, participation_type=kind) for _ in range(3)]
    gone = make.registration(event, state=S.CANCELLED, participation_type=make.participation_type(event))
    uid = run(event, boss, BulkKind.DECLINE, gone)
    assert bulk_queries.count_steps(event.id, uid) == {StepState.REFUSED: 1}
    assert "cannot be changed that way" in whys(uid)[0]

    uid = run(event, boss, BulkKind.APPROVE, *people)
    assert [state(one) for one in people] == [S.CONFIRMED, S.CONFIRMED, S.WAITLISTED]
    assert bulk_queries.count_after(
        db.session.scalars(select(BulkStep.action_id).order_by(BulkStep.id.desc())).first() or 0
    ) == {
        "confirmed": 2,
        "waitlisted": 1,
    }
    assert {letter.next_try_at for letter in letters()} == {NOW + LETTERS_WAIT} or all(
        letter.next_try_at >= NOW + LETTERS_WAIT for letter in letters()
    )


def test_a_row_that_the_database_forbids_holds_up_no_other(event: Event, boss: Person):
    first, second = make.registration(event), make.registration(event)

    def release(session: Session, registration_id: int) -> None:
        if registration_id == first.id:
            session.execute(update(Registration).values(badge_code="ONE FOR ALL"))

    chosen = bulk.choose(event.id, [first.uid, second.uid], by=boss.id, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.CANCEL, by=boss.id, now=NOW)
    assert bulk.proceed(event.id, action.uid, release=release, now=NOW) == 0
    assert [state(one) for one in (first, second)] == [S.CONFIRMED, S.CANCELLED]
    assert whys(action.uid) == [bulk_rows.UNFORESEEN]


def test_undoing_takes_letters_seats_and_history_back(event: Event, boss: Person):
    kind = make.participation_type(event, seats=2, needs_approval=True)
    people = [make.registration(event, state=S.PENDING, participation_type=kind) for _ in range(2)]
    uid = run(event, boss, BulkKind.APPROVE, *people)
    assert taken() == 2
    assert bulk.undo(event.id, uid, by=boss.id, now=NOW + timedelta(minutes=1)) == {StepState.UNDONE: 2}
    assert [state(one) for one in people] == [S.PENDING, S.PENDING]
    assert taken() == 0
    assert letters() == []
    assert db.session.scalars(select(RegistrationChange)).all() == []


def test_whoever_waited_stands_where_they_stood(event: Event, boss: Person):
    kind = make.participation_type(event, seats=0)
    first, second = (make.registration(event, state=S.WAITLISTED, participation_type=kind) for _ in range(2))
    with transaction() as session:
        session.execute(update(Capacity).values(seats=1))
    uid = run(event, boss, BulkKind.DECLINE, first)
    bulk.undo(event.id, uid, by=boss.id, now=NOW)
    #: The seat that was free went to the next in line meanwhile; the first stands first again.
    assert state(first) is S.WAITLISTED
    assert state(second) is S.CONFIRMED
    assert waiting_rank(db.session.get_one(Registration, first.id)) == 1


def test_what_changed_since_or_was_told_stays(event: Event, boss: Person):
    kind = make.participation_type(event, needs_approval=True)
    moved, told = (make.registration(event, state=S.PENDING, participation_type=kind) for _ in range(2))
    uid = run(event, boss, BulkKind.APPROVE, moved, told)
    run(event, boss, BulkKind.CANCEL, moved)
    with transaction() as session:
        address = db.session.get_one(Registration, told.id).person.email
        session.execute(update(OutgoingMail).where(OutgoingMail.to_address == address).values(state=MailState.SENT))
    assert bulk.undo(event.id, uid, by=boss.id, now=NOW) == {StepState.KEPT: 2}
    assert (state(moved), state(told)) == (S.CANCELLED, S.CONFIRMED)
    assert set(whys(uid)) == {UndoRefusal.CHANGED_SINCE, UndoRefusal.LETTER_SENT}


def test_a_seat_goes_along_to_another_type_and_back(event: Event, boss: Person):
    old, new = make.participation_type(event, seats=1), make.participation_type(event, seats=1)
    one = make.registration(event, participation_type=old)
    other = make.registration(event, participation_type=old)
    with transaction() as session:
        session.execute(update(Capacity).where(Capacity.code == old.code).values(seats=2, taken=2))

    def seats() -> dict[str, int]:
        db.session.expire_all()
        return dict(db.session.execute(select(Capacity.code, Capacity.taken)).all())

    uid = run(event, boss, BulkKind.RETYPE, one, other, what=new.code)
    assert seats() == {old.code: 1, new.code: 1}
    assert whys(uid) == ["All seats of that kind are taken."]
    bulk.undo(event.id, uid, by=boss.id, now=NOW)
    assert seats() == {old.code: 2, new.code: 0}


def test_labels_are_added_taken_off_and_come_back(event: Event, boss: Person):
    people = [make.registration(event) for _ in range(2)]
    run(event, boss, BulkKind.LABEL, people[0], what="Ważny gość")
    uid = run(event, boss, BulkKind.LABEL, *people, what="wazny GOŚĆ")
    assert bulk_queries.count_steps(event.id, uid) == {StepState.DONE: 1, StepState.REFUSED: 1}
    uid = run(event, boss, BulkKind.UNLABEL, *people, what="ważny gość")
    assert bulk_queries.count_steps(event.id, uid)[StepState.DONE] == 2
    assert bulk.undo(event.id, uid, by=boss.id, now=NOW) == {StepState.UNDONE: 2}


def test_many_go_on_request_by_request(event: Event, boss: Person):
    people = [make.registration(event) for _ in range(5)]
    chosen = bulk.choose(event.id, [one.uid for one in people], by=boss.id, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.LABEL, what="VIP", by=boss.id, now=NOW)
    assert bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW, spell=Spell(2, 9.0)) == 3
    assert bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW, spell=Spell(9, 9.0)) == 0


def test_a_worker_goes_on_with_what_a_request_left_and_what_is_stopped_stays_as_it_is(event: Event, boss: Person):
    chosen = bulk.choose(event.id, [make.registration(event).uid for _ in range(5)], by=boss.id, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.LABEL, what="VIP", by=boss.id, now=NOW)
    assert bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW, spell=Spell(2, 9.0)) == 3
    assert bulk.go_on(lambda _by: nothing_else, now=NOW) == 3
    assert bulk.go_on(lambda _by: nothing_else, now=NOW) == 0
    again = bulk.begin(event.id, chosen.uid, BulkKind.UNLABEL, what="VIP", by=boss.id, now=NOW)
    bulk.proceed(event.id, again.uid, release=nothing_else, now=NOW, spell=Spell(2, 9.0))
    assert bulk.stop(event.id, again.uid, by=boss.id, now=NOW) == 3
    assert bulk.go_on(lambda _by: nothing_else, now=NOW) == 0
    assert bulk_queries.count_steps(event.id, again.uid) == {StepState.DONE: 2, StepState.UNDONE: 3}


def test_what_is_paused_waits_until_it_is_let_go_on(event: Event, boss: Person):
    people = [make.registration(event, state=S.PENDING) for _ in range(4)]
    selection = bulk.choose(event.id, [one.uid for one in people], by=boss.id, now=make.BEFORE)
    action = bulk.begin(event.id, selection.uid, BulkKind.DECLINE, by=boss.id, now=make.BEFORE)
    few = Spell(1, 9.0)

    def left() -> int:
        return bulk.proceed(event.id, action.uid, release=nothing_else, now=make.BEFORE, spell=few)

    assert left() == 3
    bulk.pause(event.id, action.uid, by=boss.id, now=make.BEFORE)
    assert left() == 3
    assert bulk.go_on(lambda _by: nothing_else, now=make.BEFORE) == 0
    bulk.resume(event.id, action.uid, by=boss.id)
    assert bulk.go_on(lambda _by: nothing_else, now=make.BEFORE) == 3
    bulk.pause(event.id, action.uid, by=boss.id, now=make.BEFORE)
    assert [state(one) for one in people] == [S.DECLINED] * 4
    assert db.session.scalars(select(BulkAction.paused_at)).one() is None


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({}, None),
        ({"letter_has_left": True}, UndoRefusal.LETTER_SENT),
        ({"has_changed": True, "letter_has_left": True}, UndoRefusal.CHANGED_SINCE),
        ({"is_group": True, "has_changed": True}, UndoRefusal.GROUP),
        ({"now": NOW + UNDO_WITHIN + timedelta(seconds=1), "is_group": True}, UndoRefusal.TOO_LATE),
        ({"now": NOW + UNDO_WITHIN}, None),
        ({"gave_up": True, "now": NOW + timedelta(days=9)}, UndoRefusal.GAVE_UP),
    ],
)
def test_whether_it_can_be_taken_back(facts: dict[str, Any], refusal: UndoRefusal | None):
    usual: dict[str, Any] = {
        "done_at": NOW,
        "gave_up": False,
        "is_group": False,
        "has_changed": False,
        "letter_has_left": False,
        "now": NOW,
    }
    assert undo_refusal(**(usual | facts)) is refusal


def test_a_seat_that_undoing_or_another_type_frees_goes_to_who_waits(event: Event, boss: Person):
    kind, other = (make.participation_type(event, seats=1, needs_approval=True) for _ in range(2))
    one, two, three = (make.registration(event, state=S.PENDING, participation_type=kind) for _ in range(3))
    first = run(event, boss, BulkKind.APPROVE, one)
    for waiting in (two, three):
        service.move(event.id, waiting.uid, S.CONFIRMED, by=boss.id, release=nothing_else, now=NOW)
    assert [state(each) for each in (two, three)] == [S.WAITLISTED, S.WAITLISTED]

    bulk.undo(event.id, first, by=boss.id, now=NOW)
    assert [state(each) for each in (two, three)] == [S.CONFIRMED, S.WAITLISTED]
    run(event, boss, BulkKind.RETYPE, two, what=other.code)
    assert state(three) is S.CONFIRMED


def test_nobody_changes_type_while_seats_are_held_for_their_colleagues(event: Event, boss: Person):
    kind, other = (make.participation_type(event, seats=5) for _ in range(2))
    who = Details("Ewa", "ewa@example.org", "en")
    leader = service.register(event.id, kind.code, who, (), by=None, waits=Waits(size=3), now=NOW).registration
    assert leader is not None
    uid = run(event, boss, BulkKind.RETYPE, leader, what=other.code)
    assert whys(uid) == [TypeRefusal.GROUP]
