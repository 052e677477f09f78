"""Scheduled letters: off until switched on, once to each, within their window, by any number of workers."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.outreach import timing
from lsos.outreach.models import TimedLetter
from lsos.outreach.rules import Anchor, Audience
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.racing import race

#: Doors open at nine local time on the first day; this is seven days before, at nine.
DUE = make.DOORS - timedelta(days=7)


def set_up(event: Event, code: str = "still_coming", *, is_on: bool = True) -> TimedLetter:
    by = make.person().id
    timed = timing.add(event, code, by=by, now=make.BEFORE)
    if is_on:
        timing.switch(event.id, timed.uid, is_on=True, by=by)
    return timed


def written() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_a_letter_goes_out_at_its_time_to_whom_it_concerns_once_each(app: Flask):
    event = make.event()
    reader = make.registration(event)
    make.registration(event, state=RegistrationState.CANCELLED)
    make.registration(make.event())
    set_up(event)
    assert timing.write_due(now=DUE - timedelta(seconds=1)) == 0
    assert timing.write_due(now=DUE) == 1
    assert timing.write_due(now=DUE + timedelta(hours=1)) == 0
    (letter,) = written()
    assert letter.to_address == reader.person.email
    assert "/seat/" in letter.text
    late = make.registration(event)
    assert timing.write_due(now=DUE + timedelta(hours=2)) == 1
    assert written()[1].to_address == late.person.email


def test_a_letter_is_off_until_it_is_switched_on_and_off_again_after_a_change(app: Flask):
    event = make.event()
    make.registration(event)
    timed = set_up(event, is_on=False)
    assert timing.write_due(now=DUE) == 0
    timing.switch(event.id, timed.uid, is_on=True, by=1)
    timing.change(
        event.id,
        timed.uid,
        Audience(states=("confirmed",)),
        anchor=Anchor.START,
        days=-7,
        at=timed.at,
        window_hours=48,
        by=1,
    )
    assert timing.write_due(now=DUE) == 0


def test_after_a_standstill_it_catches_up_within_its_window_only(app: Flask):
    event = make.event()
    make.registration(event)
    set_up(event)
    assert timing.write_due(now=DUE + timedelta(hours=48)) == 0
    assert timing.write_due(now=DUE + timedelta(hours=47, minutes=59)) == 1


def test_who_answered_is_not_asked_and_a_complete_profile_is_not_asked_for(app: Flask):
    event = make.event()
    answered = make.registration(event)
    with transaction() as session:
        session.get_one(Registration, answered.id).reconfirmed_at = make.BEFORE
    asked = set_up(event)
    profile = set_up(event, "complete_profile")
    assert timing.would_get(asked) == (0, [])
    number, names = timing.would_get(profile)
    assert (number, [one.id for one in names]) == (1, [answered.id])


def test_the_hour_is_the_events_own_across_a_change_of_clocks(app: Flask):
    event = make.event()
    timed = set_up(event, "thank_you")
    with transaction() as session:
        stored = session.get_one(TimedLetter, timed.id)
        stored.anchor, stored.days = Anchor.START, -60
    found = timing.timed_by_uid(event.id, timed.uid)
    assert found is not None
    #: In September clocks in Warsaw are two hours ahead of UTC, in November one.
    assert timing.due_at(found).isoformat() == "2025-09-28T08:00:00+00:00"


def test_many_workers_write_to_each_person_once(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    for _ in range(12):
        make.registration(event, participation_type=kind)
    set_up(event)
    race(app, [lambda: timing.write_due(now=DUE)] * 4)
    timing.write_due(now=DUE)
    addresses = [letter.to_address for letter in written()]
    assert len(addresses) == len(set(addresses)) == 12
