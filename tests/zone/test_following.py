"""Applications follow their registrations: changes of type, seats that are handed on, ways that leave a call."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.registration import bulk, service
from lsos.registration.details import Details
from lsos.registration.list_models import BulkKind, StepState
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from lsos.zone import applying, places
from lsos.zone.models import PitchSlot, Stand, ZoneApplication
from lsos.zone.queries import lost_places
from lsos.zone.rules import ApplicationState, Decision
from tests import make
from tests.invitations.test_transfers import offered, taking
from tests.zone import given, judged
from tests.zone.test_service import cancel, decide, held, letters

S = ApplicationState
NOW = given.NOW


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


def with_stand(event: Event, kind: ParticipationType) -> ZoneApplication:
    """Make an application that was accepted and has the only stand."""
    call = given.call(event, kind)
    one, by = given.application(event, kind), make.person().id
    decide(event, call, Decision.ACCEPT, one)
    places.add_stands(event.id, call.uid, ["A1"], Bilingual(), Bilingual(), by=by)
    places.assign_free(event.id, call.uid, [], by=by)
    return one


def slot_for(one: ZoneApplication) -> None:
    """Give an application the only pitch."""
    event, by = one.call.event, make.person().id
    places.add_slots(event.id, one.call.uid, make.DOORS, number=1, pause_minutes=0, room_code="", by=by)
    assert places.assign_free(event.id, one.call.uid, [], by=by) == (0, 1)


def come_back(one: ZoneApplication, event: Event) -> None:
    cancel(event, one.registration)
    pending, uid = RegistrationState.PENDING, one.registration.uid
    service.move(event.id, uid, pending, by=None, release=nothing_else, now=NOW)


def taker_of(kind: ParticipationType, one: ZoneApplication) -> Registration:
    taker = taking(kind, offered(one.registration))().registration
    assert taker is not None
    return taker


def test_a_change_of_type_that_is_undone_leaves_the_application_as_it_was_sent(event: Event):
    kind, plain = given.kind(event), make.participation_type(event)
    given.call(event, kind)
    one, by = given.application(event, kind), make.person().id
    before = letters()
    chosen = bulk.choose(event.id, [one.registration.uid], by=by, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.RETYPE, what=plain.code, by=by, now=NOW)
    bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    assert given.state(one) is S.WITHDRAWN

    bulk.undo(event.id, action.uid, by=by, now=NOW)
    again = given.of(one.registration)
    assert (again.state, again.sent_at) == (S.SENT, NOW)
    assert letters() == before


def test_whoever_is_moved_away_and_back_is_asked_to_apply_once_more(event: Event):
    kind, plain = given.kind(event), make.participation_type(event)
    given.call(event, kind)
    one, by = given.application(event, kind), make.person().id
    for code in (plain.code, kind.code):
        chosen = bulk.choose(event.id, [one.registration.uid], by=by, now=NOW)
        action = bulk.begin(event.id, chosen.uid, BulkKind.RETYPE, what=code, by=by, now=NOW)
        bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    assert given.state(one) is S.DRAFT
    assert letters() == ["zone_apply", "zone_sent", "zone_apply"]


def test_a_seat_handed_on_takes_the_application_along_while_the_colleague_waits_for_approval(event: Event):
    kind = given.kind(event, watched_answers=["job_title"])
    one = with_stand(event, kind)
    taker = taker_of(kind, one)
    assert taker.state is RegistrationState.PENDING
    assert (given.of(taker).id, given.state(one), held(Stand)) == (one.id, S.ACCEPTED, [one.id])

    declined = RegistrationState.DECLINED
    service.move(event.id, taker.uid, declined, by=None, release=nothing_else, now=NOW)
    assert (given.state(one), held(Stand)) == (S.DECLINED, [None])


@pytest.mark.parametrize("is_sent", [False, True])
def test_of_two_applications_of_colleagues_one_goes_on_with_the_stand(event: Event, *, is_sent: bool):
    kind = given.kind(event)
    one = with_stand(event, kind)
    details = Details("Ewa", "ewa@example.org", "en", organisation="Firma E")
    ewa = service.register(event.id, kind.code, details, (), by=None, now=NOW).registration
    assert ewa is not None
    if is_sent:
        applying.save(ewa.id, given.CONTENT, sends=True, by=ewa.person_id, now=NOW)
    own = given.of(ewa).id

    theirs = given.of(taker_of(kind, one))
    assert (theirs.id, theirs.state) == (own if is_sent else one.id, S.ACCEPTED)
    assert held(Stand) == [theirs.id]
    db.session.rollback()
    assert db.session.query(ZoneApplication).filter_by(state=S.ACCEPTED).count() == 1


def test_a_way_that_leaves_a_call_takes_drafts_out_of_it_until_it_comes_back(event: Event):
    kind, other = given.kind(event), given.kind(event)
    given.call(event, kind, other)
    one = given.application(event, other, is_sent=False)
    given.call(event, kind)
    assert given.state(one) is S.WITHDRAWN
    given.call(event, kind, other)
    assert given.state(one) is S.DRAFT


def test_what_was_judged_before_somebody_came_back_does_not_count_until_it_is_sent_again(app: Flask):
    made = judged.shared_out()
    made.send(0, 0, 3, 3)
    one = made.applications[0]
    come_back(one, made.event)
    applying.save(one.registration_id, given.CONTENT, sends=True, by=one.registration.person_id, now=NOW)
    assert made.board().counted() == []
    made.send(0, 0, 3, 3)
    assert len(made.board().counted()) == 1


def retyped_and_back(event: Event, one: ZoneApplication, between: Callable[[int], None] = lambda _by: None) -> None:
    """Move somebody to another way to take part, and undo it; `between` happens in the meantime."""
    plain, by = make.participation_type(event), make.person().id
    chosen = bulk.choose(event.id, [one.registration.uid], by=by, now=NOW)
    action = bulk.begin(event.id, chosen.uid, BulkKind.RETYPE, what=plain.code, by=by, now=NOW)
    bulk.proceed(event.id, action.uid, release=nothing_else, now=NOW)
    assert held(Stand) == [None]
    between(by)
    assert bulk.undo(event.id, action.uid, by=by, now=NOW) == {StepState.UNDONE: 1}


def test_stand_and_pitch_come_back_with_an_acceptance_that_is_undone(event: Event):
    one = with_stand(event, given.kind(event))
    slot_for(one)
    retyped_and_back(event, one)
    assert held(Stand) == held(PitchSlot) == [one.id]
    assert lost_places([one.registration_id]) == []


def test_stand_and_pitch_come_back_to_who_was_cancelled_and_is_let_in_again(event: Event):
    one = with_stand(event, given.kind(event))
    cancel(event, one.registration)
    confirmed, uid = RegistrationState.CONFIRMED, one.registration.uid
    service.move(event.id, uid, confirmed, by=None, release=nothing_else, now=NOW)
    assert (given.state(one), held(Stand)) == (S.ACCEPTED, [one.id])


def test_what_went_to_others_meanwhile_stays_theirs_and_is_named(event: Event):
    kind = given.kind(event)
    one = with_stand(event, kind)
    slot_for(one)
    other = given.application(event, kind)
    decide(event, one.call, Decision.ACCEPT, other)

    def meanwhile(by: int) -> None:
        assert places.assign_free(event.id, one.call.uid, [other.id], by=by) == (1, 1)
        places.remove_slots(event.id, one.call.uid, db.session.scalars(select(PitchSlot.uid)).all(), by=by)

    retyped_and_back(event, one, meanwhile)
    assert (given.state(one), held(Stand)) == (S.ACCEPTED, [other.id])
    lost = lost_places([one.registration_id, other.registration_id])
    assert [(each.application.id, each.stand, each.pitch, each.holder and each.holder.id) for each in lost] == [
        (one.id, "A1", None, other.id),
        (one.id, "", make.DOORS, None),
    ]
