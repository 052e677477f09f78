"""Several at once: places are given out while companies withdraw and others move up."""

from functools import partial

from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.registration import bulk, service
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from lsos.texts import Bilingual
from lsos.zone import deciding, places
from lsos.zone.models import PitchSlot, Stand, ZoneApplication
from lsos.zone.rules import ApplicationState, Decision
from tests import make
from tests.racing import race
from tests.zone import given

S = ApplicationState


def test_no_place_stays_with_a_company_that_withdrew_while_places_were_given_out(app: Flask):
    event = make.event()
    kind = given.kind(event, seats=3)
    call = given.call(event, kind)
    by = make.person().id
    sent = [given.application(event, kind) for _ in range(5)]
    action = deciding.decide(
        event.id,
        call.uid,
        [one.uid for one in sent],
        Decision.ACCEPT,
        reason=Bilingual(),
        feedback=Bilingual(),
        by=by,
        now=given.NOW,
    )
    bulk.proceed(event.id, action.uid, release=nothing_else, now=given.NOW)
    places.add_stands(event.id, call.uid, ["A1", "A2", "A3"], Bilingual(), Bilingual(), by=by)
    places.add_slots(event.id, call.uid, make.DOORS, number=3, pause_minutes=0, room_code="", by=by)

    give = partial(places.assign_free, event.id, call.uid, [one.id for one in sent], by=by)
    withdraw = [
        partial(
            service.move,
            event.id,
            one.registration.uid,
            RegistrationState.CANCELLED,
            by=one.registration.person_id,
            release=nothing_else,
            now=given.NOW,
        )
        for one in sent[:2]
    ]
    race(app, [give, withdraw[0], give, withdraw[1], give])
    give()

    db.session.rollback()
    db.session.expire_all()
    accepted = set(db.session.scalars(select(ZoneApplication.id).where(ZoneApplication.state == S.ACCEPTED)))
    assert accepted == {one.id for one in sent[2:]}
    assert set(db.session.scalars(select(Stand.application_id))) == accepted
    assert set(db.session.scalars(select(PitchSlot.application_id))) == accepted
