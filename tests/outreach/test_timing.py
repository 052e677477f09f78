"""Scheduled letters: off until switched on, once to each, within their window, by any number of workers."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos import mail
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.invitations import claims, service
from lsos.invitations.models import Invitation
from lsos.invitations.reading import Person
from lsos.invitations.rules import WaveKind
from lsos.mail import OutgoingMail
from lsos.outreach import timing
from lsos.outreach.models import TimedLetter
from lsos.outreach.rules import Anchor, Audience
from lsos.outreach.timing import Rule
from lsos.outreach.timing_queries import due_at, outlook, sent_counts, timed_by_uid
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.invitations.given import act, delegation, invited, letters, token
from tests.racing import race

#: Doors open at nine local time on the first day; this is seven days before, at nine.
DUE = make.DOORS - timedelta(days=7)
CONFIRMED = Audience(states=("confirmed",))
NINE = time(9)


def set_up(event: Event, code: str = "still_coming", *, is_on: bool = True) -> TimedLetter:
    by = make.person().id
    timed = timing.add(event, code, by=by, now=make.BEFORE)
    if is_on:
        timing.switch(event.id, timed.uid, is_on=True, by=by, now=make.BEFORE)
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
    timing.switch(event.id, timed.uid, is_on=True, by=1, now=make.BEFORE)
    timing.change(event.id, timed.uid, Rule(CONFIRMED, Anchor.START, -7, timed.at, 48), by=1)
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
    assert (outlook(asked, now=DUE).fitting, outlook(asked, now=DUE).today) == (0, 0)
    found = outlook(profile, now=DUE - timedelta(days=7))
    assert (found.fitting, found.today, [one.name for one in found.some]) == (1, 1, [answered.person.name])
    assert outlook(profile, now=DUE - timedelta(days=8)).today == 0


def test_the_hour_is_the_events_own_across_a_change_of_clocks(app: Flask):
    event = make.event()
    timed = set_up(event, "thank_you")
    with transaction() as session:
        stored = session.get_one(TimedLetter, timed.id)
        stored.anchor, stored.days = Anchor.START, -60
    found = timed_by_uid(event.id, timed.uid)
    assert found is not None
    #: In September clocks in Warsaw are two hours ahead of UTC, in November one.
    due = due_at(found)
    assert due is not None
    assert due.isoformat() == "2025-09-28T08:00:00+00:00"


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


def own(event: Event, rule: Rule) -> TimedLetter:
    by = make.person().id
    timed = timing.add(event, "own", by=by, now=make.BEFORE)
    words = Bilingual("Temat {name}", "Subject {name}"), Bilingual("Treść", "Text")
    timing.change(event.id, timed.uid, replace(rule, name="Mine", subject=words[0], body=words[1]), by=by)
    timing.switch(event.id, timed.uid, is_on=True, by=by, now=make.BEFORE)
    return timed


def test_days_after_each_registered_are_counted_for_each_and_own_words_go_out(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    early, late = (
        make.registration(event, make.person(name, language="en"), participation_type=kind)
        for name in ("Early", "Late")
    )
    with transaction() as session:
        session.get_one(Registration, early.id).registered_at = make.BEFORE
        session.get_one(Registration, late.id).registered_at = make.BEFORE + timedelta(days=2)
    own(event, Rule(CONFIRMED, Anchor.REGISTERED, 3, NINE, 24))
    nine = (make.BEFORE + timedelta(days=3)).replace(hour=8, minute=0)
    assert timing.write_due(now=nine - timedelta(seconds=1)) == 0
    assert timing.write_due(now=nine) == 1
    assert timing.write_due(now=nine + timedelta(days=1)) == 0
    assert timing.write_due(now=nine + timedelta(days=2)) == 1
    assert [one.subject for one in written()] == [f"Subject {one.person.name}" for one in (early, late)]


def test_who_is_invited_and_has_not_answered_is_reminded_once(app: Flask):
    kind = make.participation_type(make.event(), is_by_invitation=True)
    by = make.person().id
    asked = invited(kind, "asked@example.org", expires_at=make.DOORS)
    service.decline_for(
        kind.event_id, invited(kind, "no@example.org", expires_at=make.DOORS).uid, note="x", by=by, now=make.BEFORE
    )
    timed = timing.add(kind.event, "invitation_reminder", by=by, now=make.BEFORE)
    timing.switch(kind.event_id, timed.uid, is_on=True, by=by, now=make.BEFORE)
    due = make.DOORS - timedelta(days=3)
    assert timing.write_due(now=due - timedelta(seconds=1)) == 0
    assert timing.write_due(now=due) == 1
    assert timing.write_due(now=due + timedelta(hours=30)) == 0
    assert letters(asked.address)[-1] == "Will you come to Trial forum?"


def test_for_whom_a_delegation_keeps_a_seat_is_reminded_once_unless_they_answered_or_have_one(app: Flask):
    kind = make.participation_type(make.event(), seats=9)
    by = make.person().id
    one = delegation(kind, 4)
    addresses = [f"{name}@example.org" for name in ("ola", "jan", "ewa")]
    people = [Person(n, address) for n, address in enumerate(addresses)]
    claims.send_links(kind.event_id, one.uid, people, language="en", by=None, now=make.BEFORE)
    claims.copy_link(kind.event_id, one.uid, "", language="en", by=None, now=make.BEFORE)
    claims.decline(token("delegation-seat", "jan@example.org"), now=make.BEFORE)
    make.registration(kind.event, make.person("Ewa", email="ewa@example.org"), participation_type=kind)
    timed = timing.add(kind.event, "delegation_reminder", by=by, now=make.BEFORE)
    timing.switch(kind.event_id, timed.uid, is_on=True, by=by, now=make.BEFORE)
    due = (make.BEFORE + timedelta(days=7)).replace(hour=8, minute=0)
    assert timing.write_due(now=due - timedelta(seconds=1)) == 0
    assert [coming.address for coming in outlook(timed, now=due).some] == ["ola@example.org"]
    assert timing.write_due(now=due) == 1
    assert timing.write_due(now=due + timedelta(hours=30)) == 0
    assert letters("ola@example.org")[-1] == "Your seat at Trial forum still waits for you"
    assert sent_counts(kind.event_id) == {timed.id: 1}
    timing.remove(kind.event_id, timed.uid, by=by)
    assert sent_counts(kind.event_id) == {timed.id: 1}  # what was sent is kept on record, switched off


def test_who_registered_after_they_were_invited_is_reminded_only_where_the_invitation_still_lets_them_in(app: Flask):
    event = make.event()
    kind = make.participation_type(event, seats=9, is_by_invitation=True)
    public = make.participation_type(event, is_light=True)
    seat, state = make.DOORS, RegistrationState
    cases = [
        ("confirmed", kind, state.CONFIRMED, seat),
        ("guest", public, state.CONFIRMED, None),
        ("cancelled", kind, state.CANCELLED, None),
        ("declined", public, state.DECLINED, seat),
        ("waits", kind, state.WAITLISTED, None),
        ("kept", kind, state.WAITLISTED, seat),
    ]
    for name, theirs, stands, holds_until in cases:
        invited(kind, f"{name}@example.org", expires_at=make.DOORS, holds_until=holds_until)
        who = make.person(name, email=f"{name}@example.org")
        make.registration(event, who, participation_type=theirs, state=stands)
    timed = timing.add(event, "invitation_reminder", by=make.person().id, now=make.BEFORE)
    lets_in = {f"{name}@example.org" for name in ("guest", "cancelled", "kept")}
    assert {coming.address for coming in outlook(timed, now=make.BEFORE).some} == lets_in
    waiting = {one.address: one.uid for one in db.session.scalars(select(Invitation))}
    reminded = act(WaveKind.REMIND, kind, list(waiting.values()), is_forced=True)
    assert reminded.number == len(lets_in) + 1  # by hand, whom the organiser declined may be asked all the same


def test_a_reminder_of_seats_finds_a_delegation_by_its_name(app: Flask):
    kind = make.participation_type(make.event(), seats=9)
    by = make.person().id
    claims.send_links(
        kind.event_id, delegation(kind).uid, [Person(1, "ola@example.org")], language="en", by=None, now=make.BEFORE
    )
    timed = timing.add(kind.event, "delegation_reminder", by=by, now=make.BEFORE)
    for words, found in (("zdrowia klinika", 1), ("ola@", 1), ("szpital", 0)):
        timing.change(kind.event_id, timed.uid, Rule(Audience(words=words), Anchor.INVITED, 7, NINE, 48), by=by)
        db.session.refresh(timed)
        assert outlook(timed, now=make.BEFORE).fitting == found


def test_late_comers_get_it_only_where_that_is_wanted_and_a_switch_off_holds_what_is_written(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    make.registration(event, participation_type=kind)
    timed = own(event, Rule(CONFIRMED, Anchor.START, -7, NINE, 48, takes_late=False))
    assert timing.write_due(now=DUE) == 1
    late = make.registration(event, participation_type=kind)
    with transaction() as session:
        session.get_one(Registration, late.id).registered_at = DUE + timedelta(minutes=1)
    assert timing.write_due(now=DUE + timedelta(hours=1)) == 0
    timing.switch(event.id, timed.uid, is_on=False, by=1, now=DUE)
    assert mail.deliver_due(None, "", now=DUE.replace(year=2100)) == 0
    timing.switch(event.id, timed.uid, is_on=True, by=1, now=DUE)
    assert mail.deliver_due(None, "", now=DUE.replace(year=2100)) == 1


def test_a_letter_of_ones_own_without_words_is_not_switched_on(app: Flask):
    event = make.event()
    timed = timing.add(event, "own", by=make.person().id, now=make.BEFORE)
    with pytest.raises(Refused, match="words first, in both languages"):
        timing.switch(event.id, timed.uid, is_on=True, by=1, now=make.BEFORE)
