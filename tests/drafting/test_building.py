"""Building the draft: what waits gets places that nothing forbids, what stands aside stays, and reasons are given."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from lsos.agenda.models import Session, SessionStar
from lsos.drafting import service
from lsos.drafting.building import Built, building_problem, told
from lsos.drafting.conflicts import conflicts_of, problem_of, wishes_beside
from lsos.drafting.queries import draft_of
from lsos.events.models import Event, Room
from lsos.texts import Bilingual
from lsos.timetabling.building import Mode, build
from lsos.timetabling.suggesting import suggestions
from tests import make

pytestmark = pytest.mark.any_database
HOUR = timedelta(hours=1)


def stage() -> tuple[Event, list[Room], Session]:
    """Make a day with two halls and a foyer, a lunch in the foyer at noon, and a talk in the first hall."""
    event = make.event(days=1)
    rooms = [make.room(event) for _ in range(3)]
    make.session(event, room_id=rooms[2].id, starts_at=make.DOORS + 3 * HOUR, takes_signups=False)
    return event, rooms, make.session(event, room_id=rooms[0].id)


def wait(event: Event, what: Session) -> None:
    """Take a session off the board."""
    service.place(event.id, what.uid, None, None, seen=0, by=make.person().id, now=make.BEFORE)


def built(event: Event, mode: Mode) -> Built:
    draft = draft_of(event.id)
    problem = building_problem(draft)
    return told(draft, problem, build(problem, mode, seconds=0.5))


def test_what_waits_goes_into_halls_and_never_into_a_pause(app: Flask):
    event, rooms, talk = stage()
    others = [make.session(event, room_id=rooms[1].id, starts_at=make.DOORS + n * HOUR) for n in (0, 1, 4, 5, 6, 7)]
    for session in (talk, *others):
        wait(event, session)
    done = built(event, Mode.FILL)
    assert {each.uid for each in done.moved} == {talk.uid, *(one.uid for one in others)}
    assert done.left_out == []
    for each in done.moved:
        assert each.spot.room_id in {rooms[0].id, rooms[1].id}
        assert each.spot.starts_at is not None
        assert not make.DOORS + 2 * HOUR < each.spot.starts_at < make.DOORS + 4 * HOUR
        assert make.DOORS <= each.spot.starts_at <= make.DOORS + 7 * HOUR


def test_what_cannot_be_placed_says_why(app: Flask):
    event, _rooms, _talk = stage()
    marathon = make.session(event, title=Bilingual("", "Marathon"), minutes=400)
    wait(event, marathon)
    done = built(event, Mode.FILL)
    assert done.moved == []
    assert [each.uid for each in done.left_out] == [marathon.uid]
    assert done.left_out[0].why


def test_building_anew_mends_a_clash_and_leaves_what_is_locked(app: Flask):
    event, rooms, talk = stage()
    locked = make.session(event, room_id=rooms[0].id, is_locked=True)
    done = built(event, Mode.REBUILD)
    assert [each.uid for each in done.moved] == [talk.uid]
    assert locked.uid not in done.spots
    assert done.released == 1
    assert done.together is None
    service.arrange(event.id, done.spots, seen=0, by=make.person().id, now=make.BEFORE)
    assert built(event, Mode.REBUILD).moved == []


def test_a_session_is_offered_the_same_places_whether_the_wishes_for_others_are_counted_or_not(app: Flask):
    event, rooms, talk = stage()
    others = [make.session(event, room_id=rooms[1].id, starts_at=make.DOORS + n * HOUR) for n in range(5)]
    for n in range(6):
        guest = make.registration(event)
        for one in (talk, *others[n % 3 :: 2]):
            make.add(SessionStar(session_id=one.id, registration_id=guest.id, at=make.BEFORE))
    draft = draft_of(event.id)
    among_all = problem_of(draft)
    audiences, weights = wishes_beside(draft, among_all.numbers, talk.uid)
    alone = replace(among_all, audiences=audiences, weights=weights)
    assert len(alone.audiences) < len(among_all.audiences)
    found, expected = (suggestions(problem, talk.uid, most=30) for problem in (alone, among_all))
    assert [one.place for one in found] == [one.place for one in expected]
    assert [one.cost for one in found] == pytest.approx([one.cost for one in expected])


def test_things_are_the_same_however_they_are_written_and_who_waits_wants_a_session_too(app: Flask):
    event = make.event(days=1)
    make.room(event, capacity=1, equipment=["Fortepian"])
    room = make.room(event, equipment=["projektor", "FORTEPIAN"])
    concert = make.session(event, room_id=room.id, equipment=["fortepian"])
    make.signup(make.registration(event=event), concert)
    make.waiting(make.registration(event=event), concert)
    draft = draft_of(event.id)
    assert not any(each.stops_release for each in conflicts_of(draft))
    assert len(draft.fans[concert.uid]) == 2
