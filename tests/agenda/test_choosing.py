"""Sessions that are chosen with the registration: seats, and the lines of those that are full."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from flask import Flask

from lsos.agenda.choosing import Chosen, choose
from lsos.agenda.models import Session
from lsos.agenda.queries import signups_of
from lsos.agenda.rules import Visibility
from lsos.agenda.service import no_meetings
from lsos.agenda.waiting_queries import waits_of
from lsos.db import transaction
from lsos.registration.models import Registration
from tests import make

pytestmark = pytest.mark.any_database
HOUR = timedelta(hours=1)
NOW = make.BEFORE


def chosen(guest: Registration, *codes: str, waits_for: Collection[str] = ()) -> Chosen:
    with transaction() as writing:
        return choose(writing, guest.id, codes, waits_for=waits_for, meetings=no_meetings, now=NOW)


def seats(guest: Registration) -> list[int]:
    return [place.session_id for place in signups_of(guest.id)]


def test_what_fits_is_taken_what_is_full_is_waited_for_and_the_rest_is_named(app: Flask):
    event = make.event()
    guest, other = make.registration(event), make.registration(event)
    first, clashing = make.session(event), make.session(event, starts_at=make.DOORS + HOUR / 2)
    full = make.session(event, starts_at=make.DOORS + 2 * HOUR, seats=0)
    later = make.session(event, starts_at=make.DOORS + 3 * HOUR)
    make.waiting(other, full)
    found = chosen(guest, *(talk.code for talk in (later, full, clashing, first)), "no-such")

    assert [(what.id, why.reason) for what, why in found.refused] == [(clashing.id, "clash")]
    assert [(what.id, rank) for what, rank in found.waits] == [(full.id, 2)]
    assert [wait.session.id for wait in waits_of(guest.id, now=NOW)] == [full.id]
    assert seats(guest) == [first.id, later.id]
    assert chosen(guest, first.code, later.code) == Chosen()


def test_waiting_takes_no_time_and_a_seat_that_is_free_by_now_is_taken_instead(app: Flask):
    event = make.event()
    guest = make.registration(event)
    full, sure, freed = make.session(event, seats=0), make.session(event), make.session(event, seats=1)
    found = chosen(guest, sure.code, waits_for=[full.code, freed.code])
    assert [what.id for what, _rank in found.waits] == [full.id]
    #: There is a seat, so there is nothing to wait for; but they have chosen something else then.
    assert [(what.id, why.reason) for what, why in found.refused] == [(freed.id, "clash")]
    assert seats(guest) == [sure.id]

    late = make.registration(event)
    assert chosen(late, waits_for=[freed.code]) == Chosen()
    assert seats(late) == [freed.id]


def test_nobody_waits_for_a_session_they_may_not_know_of(app: Flask):
    event = make.event()
    guest, investors = make.registration(event), make.participation_type(event)
    full: Session = make.session(event, seats=0)
    make.seen_by(full, Visibility.CHOSEN, investors)
    for found in (chosen(guest, full.code), chosen(guest, waits_for=[full.code])):
        assert [why.reason for _what, why in found.refused] == ["not_for_you"]
        assert found.waits == []
