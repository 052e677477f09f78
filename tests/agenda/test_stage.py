"""Who is on stage themselves has no time for another session then, by whichever door they come."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda import waiting
from lsos.agenda.choosing import choose
from lsos.agenda.models import SessionPerson
from lsos.agenda.queries import signups_of
from lsos.agenda.rules import SessionRole
from lsos.agenda.service import no_meetings, sign_up
from lsos.agenda.waiting_queries import waits_of
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.mail import OutgoingMail
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.zone.models import PitchSlot
from tests import make
from tests.zone import given

pytestmark = pytest.mark.any_database
HALF = timedelta(minutes=30)
NOW = make.BEFORE


@pytest.mark.parametrize("role", SessionRole)
def test_who_speaks_then_neither_signs_up_nor_changes_over_nor_waits_nor_chooses(app: Flask, role: SessionRole):
    event = make.event()
    guest, other = make.registration(event), make.registration(event)
    own = make.session(event, title=Bilingual("My own", "My own"))
    make.add(SessionPerson(session_id=own.id, person_id=guest.person_id, role=role))
    beside, full = make.session(event, starts_at=make.DOORS + HALF), make.session(event, seats=0)
    later = make.session(event, starts_at=make.DOORS + 2 * HALF)
    make.signup(guest, later)

    for call in (
        lambda: sign_up(guest.id, beside.id, meetings=no_meetings, now=NOW),
        lambda: sign_up(guest.id, beside.id, instead_of=[later.id], meetings=no_meetings, now=NOW),
        lambda: waiting.wait(guest.id, full.id, now=NOW),
    ):
        with pytest.raises(Refused, match="You speak in “My own” at that time"):
            call()
    with transaction() as writing:
        found = choose(writing, guest.id, [beside.code], waits_for=[full.code], meetings=no_meetings, now=NOW)
    assert [why.details for _what, why in found.refused] == [{"session": "My own"}] * 2
    assert [place.session_id for place in signups_of(guest.id)] == [later.id]
    assert not waits_of(guest.id, now=NOW)

    sign_up(other.id, beside.id, meetings=no_meetings, now=NOW)
    sign_up(guest.id, own.id, meetings=no_meetings, now=NOW)


def test_who_came_to_speak_since_keeps_their_place_in_line_and_the_seat_goes_on(app: Flask):
    event = make.event()
    guest, behind = make.registration(event, make.person(language="en")), make.registration(event)
    full = make.session(event, seats=1)
    for one in (guest, behind):
        make.waiting(one, full)
    own = make.session(event, title=Bilingual("My own", "My own"))
    make.add(SessionPerson(session_id=own.id, person_id=guest.person_id))

    assert waiting.hand_on(meetings=no_meetings, now=NOW) == 2
    assert [place.session_id for place in signups_of(behind.id)] == [full.id]
    assert len(waits_of(guest.id, now=NOW)) == 1
    letter = db.session.scalars(select(OutgoingMail.text).where(OutgoingMail.key.startswith("session_choice"))).one()
    assert "You speak then" in letter
    assert "My own" in letter


def test_a_pitch_takes_the_time_of_what_goes_on_in_other_rooms_only(app: Flask):
    event = make.event()
    kind, stage, hall = given.kind(event), make.room(event), make.room(event)
    made = given.call(event, kind)
    guest = given.register(event, kind)
    with transaction() as writing:
        writing.get_one(Registration, guest.id).state = RegistrationState.CONFIRMED
    make.add(
        PitchSlot(
            call_id=made.id,
            room_id=stage.id,
            starts_at=make.DOORS,
            ends_at=make.DOORS + HALF,
            application_id=given.of(guest).id,
        )
    )
    elsewhere, around = (make.session(event, room_id=room.id) for room in (hall, stage))
    full = make.session(event, room_id=hall.id, seats=0)
    for call in (
        lambda: sign_up(guest.id, elsewhere.id, meetings=no_meetings, now=NOW),
        lambda: waiting.wait(guest.id, full.id, now=NOW),
    ):
        with pytest.raises(Refused, match="Your pitch is at that time"):
            call()
    sign_up(guest.id, around.id, meetings=no_meetings, now=NOW)
