"""A demonstration moves whole; what happened at its doors does not, and a real event stays where it is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lsos.agenda.models import Session
from lsos.checkin.models import Arrival, MeetingPresence, Scan, ScanPoint
from lsos.checkin.rules import PointKind, ScanResult
from lsos.checkin.service import scan
from lsos.db import db, transaction
from lsos.drafting.queries import draft_of, released_differences
from lsos.drafting.service import place
from lsos.editions.moving import later, move_edition
from lsos.errors import NotFound, Refused
from lsos.events.models import Event, PersonAway, RoomHours
from lsos.events.rules import moment
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.rules import MeetingOrigin, MeetingState, RequestState
from lsos.texts import Bilingual
from lsos.zone.models import PitchSlot
from tests import make
from tests.zone import given as zone_given

NOW = make.BEFORE
WARSAW = ZoneInfo(make.ZONE)


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware here
    days=st.integers(-400, 400),
)
def test_clocks_on_the_wall_show_the_same_after_any_number_of_days(at, days):
    before, after = (moment_.astimezone(WARSAW) for moment_ in (at, later(at, days, make.ZONE)))
    assert (after.date() - before.date()).days == days
    #: Only a time that clocks skip, in the night of a change, cannot show the same.
    assert after.time() == before.time() or before.hour == 2


def test_programme_slots_and_openings_move_over_the_change_of_clocks(app: Flask):
    event = make.event(registration_opens_at=make.BEFORE, registration_closes_at=make.DOORS)
    talk = make.session(event)
    slots = make.meeting_grid(event)
    kind = make.participation_type(event, days=["2025-11-28"])
    call = zone_given.call(event, zone_given.kind(event))
    pitch = make.add(PitchSlot(call_id=call.id, starts_at=make.DOORS, ends_at=make.DOORS + timedelta(minutes=5)))
    move_edition(event, date(2026, 7, 1), now=NOW)
    moved = db.session.get_one(Event, event.id)
    assert (moved.starts_on, moved.ends_on) == (date(2026, 7, 1), date(2026, 7, 2))
    assert moved.moved_days == 216
    assert moved.registration_closes_at == moment(date(2026, 7, 1), time(9), make.ZONE)
    assert db.session.get_one(Session, talk.id).starts_at == moment(date(2026, 7, 1), time(9), make.ZONE)
    assert db.session.get_one(MeetingSlot, slots[1].id).starts_at == moment(date(2026, 7, 1), time(9, 25), make.ZONE)
    assert db.session.get_one(PitchSlot, pitch.id).starts_at == moment(date(2026, 7, 1), time(9), make.ZONE)
    assert db.session.get_one(type(kind), kind.id).days == ["2026-07-02"]


@pytest.mark.parametrize("days", [1, -1])
def test_slots_may_move_onto_times_that_other_slots_held(app: Flask, days):
    event = make.event(days=3)
    opens = [moment(day, time(9), make.ZONE) for day in event.days]
    for starts_at in opens:
        make.add(MeetingSlot(event_id=event.id, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=20)))
    move_edition(event, event.starts_on + timedelta(days=days), now=NOW)
    moved = db.session.scalars(select(MeetingSlot.starts_at).order_by(MeetingSlot.starts_at)).all()
    assert moved == [at + timedelta(days=days) for at in opens]


def test_the_doors_start_anew_and_held_meetings_are_ahead_again(app: Flask):
    event = make.event()
    one, two = make.registration(event), make.registration(event)
    slot, table = make.meeting_grid(event)[0], db.session.scalars(select(MeetingTable)).first()
    assert table is not None
    meeting = make.add(
        Meeting(
            event_id=event.id,
            origin=MeetingOrigin.REQUEST,
            state=MeetingState.SCHEDULED,
            first_id=one.id,
            second_id=two.id,
            slot_id=slot.id,
            table_id=table.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            created_at=NOW,
            participants=[MeetingParticipant(registration_id=r.id, slot_id=slot.id) for r in (one, two)],
        )
    )
    for code, kind in (("door", PointKind.DOOR), ("tables", PointKind.TABLES)):
        make.add(ScanPoint(event_id=event.id, code=code, name=Bilingual(code, code), kind=kind))
        for n, guest in enumerate((one, two)):
            uid = f"{code}{n}"
            scan(event, code, guest.badge_code, uid=uid, scanned_at=make.DOORS, by_id=None, now=make.DOORS)
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.HELD

    move_edition(event, make.FIRST_DAY + timedelta(days=7), now=make.DOORS)
    db.session.expire_all()
    moved = db.session.get_one(Meeting, meeting.id)
    assert (moved.state, moved.sequence) == (MeetingState.SCHEDULED, 1)
    assert moved.starts_at == make.DOORS + timedelta(days=7) == db.session.get_one(MeetingSlot, slot.id).starts_at
    assert db.session.scalars(select(Arrival)).all() == []
    assert db.session.scalars(select(MeetingPresence)).all() == []
    undone = db.session.scalars(select(Scan).where(Scan.result == ScanResult.UNDONE)).all()
    assert len({row.undoes_id for row in undone}) == 4

    #: Back on the first days, the same badge comes in again.
    event = move_edition(event, make.FIRST_DAY, now=make.DOORS)
    again = scan(event, "door", one.badge_code, uid="again", scanned_at=make.DOORS, by_id=None, now=make.DOORS)
    assert again.result is ScanResult.ADMITTED


def test_open_requests_keep_their_time_to_be_answered(app: Flask):
    event = make.event()
    one, two = make.registration(event), make.registration(event)
    for state in (RequestState.OPEN, RequestState.DECLINED):
        make.add(
            MeetingRequest(
                event_id=event.id,
                from_id=one.id,
                to_id=two.id,
                low_id=one.id,
                high_id=two.id,
                state=state,
                asked_at=NOW,
                expires_at=NOW,
            )
        )
    move_edition(event, make.FIRST_DAY + timedelta(days=10), now=NOW)
    rows = db.session.execute(select(MeetingRequest.state, MeetingRequest.expires_at)).all()
    found = {row.state: row.expires_at for row in rows}
    assert found == {RequestState.OPEN: NOW + timedelta(days=10), RequestState.DECLINED: NOW}


def test_an_event_of_real_people_stays_where_it_is(app: Flask):
    event = make.event()
    guest = make.registration(event)
    with transaction() as session:
        session.get_one(type(guest.person), guest.person_id).is_invented = False
    with pytest.raises(Refused, match="real people registered for it"):
        move_edition(event, date(2026, 7, 1), now=NOW)
    assert db.session.get_one(Event, event.id).starts_on == make.FIRST_DAY


def test_a_real_visitor_does_not_stop_a_demonstration(app: Flask):
    event = make.event()
    guest = make.registration(event)
    make.registration(event)
    with transaction() as session:
        session.get_one(type(guest.person), guest.person_id).is_invented = False
    move_edition(event, date(2026, 7, 1), now=NOW)
    assert db.session.get_one(Event, event.id).starts_on == date(2026, 7, 1)


def test_an_event_that_is_gone_is_told(app: Flask):
    event = make.event()
    with transaction() as session:
        session.delete(session.get_one(Event, event.id))
    with pytest.raises(NotFound):
        move_edition(event, date(2026, 7, 1), now=NOW)


@pytest.mark.any_database
def test_the_draft_the_hours_of_rooms_absences_and_openings_of_sign_up_move_along(app: Flask):
    event = make.event()
    talk, room, boss = make.session(event, signup_opens_at=make.BEFORE), make.room(event), make.person()
    waiting = make.session(event, signup_opens_at=make.BEFORE)
    with transaction() as session:
        untimed = session.get_one(Session, waiting.id)
        untimed.starts_at = untimed.ends_at = None
    span = {"starts_at": make.DOORS, "ends_at": make.DOORS + timedelta(hours=8)}
    make.add(RoomHours(room_id=room.id, **span))
    make.add(PersonAway(event_id=event.id, person_id=boss.id, **span))
    place(event.id, talk.uid, room.id, make.DOORS + timedelta(hours=1), seen=0, by=boss.id, now=make.BEFORE)
    move_edition(event, event.starts_on + timedelta(days=3), now=make.BEFORE)
    db.session.rollback()
    draft, there = draft_of(event.id), make.DOORS + timedelta(days=3)
    assert draft.contents[talk.uid].starts_at == there + timedelta(hours=1)
    opens_at = {one.signup_opens_at for one in (*draft.contents.values(), *draft.released.values())}
    assert opens_at == {later(make.BEFORE, 3, make.ZONE)}
    assert [one.starts_at for one in (*draft.hours[room.id], *draft.away[boss.id])] == [there, there]
    assert released_differences(draft) == {talk.uid: ["room_id", "starts_at", "ends_at"]}
