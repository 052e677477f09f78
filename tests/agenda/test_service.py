"""Signing up, leaving, choosing several, and what happens when two people reach for one seat."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.agenda.models import Session, SessionSignup
from lsos.agenda.queries import busy_intervals, signups_of
from lsos.agenda.rules import Interval, LeaveRefusal, SignupRefusal
from lsos.agenda.service import leave, no_meetings, sign_up
from lsos.audit import AuditEntry
from lsos.db import db, transaction
from lsos.errors import LsosError, NotFound, Refused
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.queries import meeting_intervals
from lsos.meetings.rules import MeetingOrigin, MeetingState
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make

HOUR = timedelta(hours=1)
NOW = make.BEFORE


def reason_of(call: Callable[[], object]) -> str | None:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.reason


def counter(what: Session) -> int:
    db.session.rollback()
    return db.session.scalars(select(Session.signed_up).where(Session.id == what.id)).one()


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_signing_up_takes_a_seat_and_is_noted(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event, seats=2)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)

    assert [place.session_id for place in signups_of(guest.id)] == [talk.id]
    assert counter(talk) == 1
    assert actions() == ["signup.made"]


def test_signing_up_twice_takes_one_seat(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event, seats=2)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)

    assert counter(talk) == 1
    assert len(signups_of(guest.id)) == 1


def test_a_session_without_counted_seats_takes_everybody(app: Flask):
    event = make.event()
    talk = make.session(event)
    for _ in range(3):
        sign_up(make.registration(event).id, talk.id, meetings=no_meetings, now=NOW)
    assert counter(talk) == 3


def test_a_full_session_refuses(app: Flask):
    event = make.event()
    talk = make.session(event, seats=1)
    sign_up(make.registration(event).id, talk.id, meetings=no_meetings, now=NOW)
    late = make.registration(event)

    assert reason_of(lambda: sign_up(late.id, talk.id, meetings=no_meetings, now=NOW)) == "full"
    assert signups_of(late.id) == []


def test_a_clash_with_a_session_refuses(app: Flask):
    event = make.event()
    guest = make.registration(event)
    talk, other = make.session(event), make.session(event, starts_at=make.DOORS + HOUR / 2)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)

    assert reason_of(lambda: sign_up(guest.id, other.id, meetings=no_meetings, now=NOW)) == "clash"


def test_a_clash_with_a_meeting_refuses(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event)
    meeting = Interval(make.DOORS + HOUR / 3, make.DOORS + HOUR / 2)

    assert reason_of(lambda: sign_up(guest.id, talk.id, meetings=lambda _id: [meeting], now=NOW)) == "meeting"


def test_somebody_on_the_waiting_list_cannot_sign_up(app: Flask):
    event = make.event()
    guest = make.registration(event, state=RegistrationState.WAITLISTED)
    talk = make.session(event)
    assert reason_of(lambda: sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)) == "not_confirmed"


def test_a_registration_for_one_day_signs_up_for_that_day_only(app: Flask):
    event = make.event()
    second = make.participation_type(event, days=["2025-11-28"])
    guest = make.registration(event, participation_type=second)
    talk, tomorrow = make.session(event), make.session(event, starts_at=make.DOORS + 24 * HOUR)

    assert reason_of(lambda: sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)) == "wrong_day"
    sign_up(guest.id, tomorrow.id, meetings=no_meetings, now=NOW)


def test_the_session_of_another_event_is_not_here(app: Flask):
    guest, elsewhere = make.registration(), make.session(make.event())
    with pytest.raises(NotFound):
        sign_up(guest.id, elsewhere.id, meetings=no_meetings, now=NOW)


def test_leaving_gives_the_seat_back(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event, seats=1)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)
    leave(guest.id, talk.id, now=NOW)
    leave(guest.id, talk.id, now=NOW)

    assert counter(talk) == 0
    assert actions() == ["signup.made", "signup.left"]
    sign_up(make.registration(event).id, talk.id, meetings=no_meetings, now=NOW)


def test_a_session_that_is_over_keeps_its_list(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event)
    sign_up(guest.id, talk.id, meetings=no_meetings, now=NOW)

    assert reason_of(lambda: leave(guest.id, talk.id, now=make.DOORS + HOUR)) == LeaveRefusal.OVER.name.lower()
    assert counter(talk) == 1


def test_one_session_is_left_for_another_in_one_step(app: Flask):
    event = make.event()
    guest, had, wanted = make.registration(event), make.session(event, seats=1), make.session(event, seats=1)
    sign_up(guest.id, had.id, meetings=no_meetings, now=NOW)
    sign_up(guest.id, wanted.id, instead_of=[had.id], meetings=no_meetings, now=NOW)

    assert [place.session_id for place in signups_of(guest.id)] == [wanted.id]
    assert (counter(had), counter(wanted)) == (0, 1)
    assert actions() == ["signup.made", "signup.left", "signup.made"]


def test_who_does_not_get_into_another_session_keeps_the_one_they_have(app: Flask):
    event = make.event()
    guest, had, full = make.registration(event), make.session(event, seats=1), make.session(event, seats=0)
    sign_up(guest.id, had.id, meetings=no_meetings, now=NOW)
    refused = reason_of(lambda: sign_up(guest.id, full.id, instead_of=[had.id], meetings=no_meetings, now=NOW))

    assert refused == SignupRefusal.FULL.name.lower()
    assert [place.session_id for place in signups_of(guest.id)] == [had.id]
    assert counter(had) == 1


def together(app: Flask, *calls: Callable[[], object]) -> list[str]:
    """Run calls at the same time, each as a request of its own; say how each ended."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        with app.app_context():
            barrier.wait()
            try:
                call()
            except LsosError as error:
                return error.reason or "refused"
            return "done"

    db.session.rollback()
    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_the_last_seat_goes_to_one_of_many(app: Flask):
    event = make.event()
    talk = make.session(event, seats=1)
    talk_id, guests = talk.id, [make.registration(event).id for _ in range(6)]
    ends = together(app, *(lambda g=g: sign_up(g, talk_id, meetings=no_meetings, now=NOW) for g in guests))

    assert ends == ["done", *["full"] * 5]
    assert counter(talk) == 1


def test_one_person_at_two_doors_is_in_one_of_two_clashing_sessions(app: Flask):
    event = make.event()
    guest = make.registration(event)
    guest_id, talks = guest.id, [make.session(event).id for _ in range(4)]
    ends = together(app, *(lambda t=t: sign_up(guest_id, t, meetings=no_meetings, now=NOW) for t in talks))

    assert ends == ["clash"] * 3 + ["done"]
    assert len(signups_of(guest.id)) == 1


def test_many_who_change_sessions_both_ways_at_once_lose_no_seat(app: Flask):
    event = make.event()
    one, other = make.session(event, seats=4), make.session(event, seats=4)
    changes = []
    for had, wanted in ((one, other), (other, one)):
        for _ in range(3):
            guest = make.registration(event)
            make.signup(guest, had)
            changes.append((guest.id, had.id, wanted.id))
    swaps = [
        lambda g=guest, h=had, w=wanted: sign_up(g, w, instead_of=[h], meetings=no_meetings, now=NOW)
        for guest, had, wanted in changes
    ]
    ends = together(app, *swaps)

    assert set(ends) <= {"done", "full"}
    assert counter(one) + counter(other) == 6
    assert [len(signups_of(guest)) for guest, _, _ in changes] == [1] * 6


def test_a_double_click_takes_one_seat(app: Flask):
    event = make.event()
    guest, talk = make.registration(event), make.session(event, seats=5)
    guest_id, talk_id = guest.id, talk.id
    ends = together(app, *[lambda: sign_up(guest_id, talk_id, meetings=no_meetings, now=NOW)] * 4)

    assert ends == ["done"] * 4
    assert counter(talk) == 1


def test_a_meeting_booked_at_the_same_moment_does_not_slip_in(app: Flask):
    event = make.event()
    slot = make.meeting_grid(event)[0]
    table_id = db.session.scalars(select(MeetingTable.id)).first()
    guest_id, other_id, talk_id = make.registration(event).id, make.registration(event).id, make.session(event).id
    event_id, slot_id, when = event.id, slot.id, Interval(slot.starts_at, slot.ends_at)

    def book() -> None:
        """Book as meetings do: lock the two, then look at their time, then write."""
        with transaction() as writing:
            ids = sorted((guest_id, other_id))
            writing.scalars(
                select(Registration).where(Registration.id.in_(ids)).order_by(Registration.id).with_for_update()
            ).all()
            if any(when.overlaps(busy) for busy in busy_intervals(ids)[guest_id]):
                raise Refused(SignupRefusal.CLASH)
            writing.add(
                Meeting(
                    event_id=event_id,
                    origin=MeetingOrigin.WALK_UP,
                    state=MeetingState.SCHEDULED,
                    first_id=ids[0],
                    second_id=ids[1],
                    slot_id=slot_id,
                    table_id=table_id,
                    starts_at=when.starts_at,
                    ends_at=when.ends_at,
                    created_at=NOW,
                    participants=[MeetingParticipant(registration_id=i, slot_id=slot_id) for i in ids],
                )
            )

    for _ in range(5):
        ends = together(app, book, lambda: sign_up(guest_id, talk_id, meetings=meeting_intervals, now=NOW))
        assert ends in (["clash", "done"], ["done", "meeting"])
        with transaction() as writing:
            for row in (*writing.scalars(select(Meeting)), *writing.scalars(select(SessionSignup))):
                writing.delete(row)
            writing.get_one(Session, talk_id).signed_up = 0
