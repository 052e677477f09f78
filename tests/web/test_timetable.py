"""Laying a programme out: nothing is lost, nothing stands twice, clashes share a cell."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.agenda.models import Session
from lsos.events.models import Room
from lsos.web.timetable import around, days, grid
from tests import make

ZONE = make.ZONE
HOUR = timedelta(hours=1)
ROOMS = [Room(id=n, code=f"r{n}", position=n) for n in (1, 2, 3)]


def session(number: int, start: float, end: float, room: Room | None = ROOMS[0]) -> Session:
    return Session(
        id=number,
        starts_at=make.DOORS + start * HOUR,
        ends_at=make.DOORS + end * HOUR,
        room_id=room.id if room else None,
        room=room,
    )


def test_sessions_are_arranged_by_day_and_hour():
    found = days([session(1, 0, 1), session(2, 0, 2, ROOMS[1]), session(3, 24, 25)], ZONE)
    assert [str(day.day) for day in found] == ["2025-11-27", "2025-11-28"]
    assert [[s.id for s in hour.sessions] for hour in found[0].hours] == [[1, 2]]
    assert found[0].begins_at == make.DOORS
    assert found[0].ends_at == make.DOORS + 2 * HOUR


def test_the_day_of_a_session_is_that_of_its_place_on_earth():
    late = session(1, 14.5, 15.5)  # 23:30 in Kraków, the day after in Tokyo
    assert str(days([late], ZONE)[0].day) == "2025-11-27"
    assert str(days([late], "Asia/Tokyo")[0].day) == "2025-11-28"


def test_a_session_without_a_time_is_in_no_day():
    assert days([Session(id=1)], ZONE) == []


def test_a_long_session_covers_the_rows_of_the_short_ones_beside_it():
    laid = grid([session(1, 0, 2), session(2, 0, 1, ROOMS[1]), session(3, 1, 2, ROOMS[1])])
    assert [room.id for room in laid.rooms if room] == [1, 2]
    assert [row.minutes for row in laid.rows] == [60, 60]
    assert [[cell.rows if cell else None for cell in row.cells] for row in laid.rows] == [[2, 1], [None, 1]]


def test_sessions_that_clash_in_a_room_share_a_cell():
    laid = grid([session(1, 0, 1), session(2, 0.5, 2), session(3, 1.5, 3)])
    first = laid.rows[0].cells[0]
    assert first is not None
    assert [s.id for s in first.sessions] == [1, 2, 3]
    assert first.rows == len(laid.rows)


def test_what_has_no_room_yet_stands_in_a_column_of_its_own_at_the_end():
    laid = grid([session(1, 0, 1, None), session(2, 0, 1, ROOMS[2])])
    assert laid.rooms == [ROOMS[2], None]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from([*ROOMS, None])), min_size=1, max_size=25
    )
)
def test_every_session_stands_in_the_grid_once_and_every_row_is_full(places):
    sessions = [
        session(number, start / 4, (start + length) / 4, room) for number, (start, length, room) in enumerate(places)
    ]
    laid = grid(sessions)
    shown = [s.id for row in laid.rows for cell in row.cells if cell for s in cell.sessions]
    assert sorted(shown) == [s.id for s in sessions]
    for column in range(len(laid.rooms)):
        covered = sum(cell.rows for row in laid.rows if (cell := row.cells[column]) is not None)
        assert covered == len(laid.rows)


@pytest.mark.parametrize(
    ("at", "now", "following"),
    [(-1, [], [1]), (0, [1], [2]), (0.5, [1], [2]), (1, [2], [3]), (3.5, [3], []), (4, [], [])],
)
def test_now_and_next_are_told_by_the_hour(at, now, following):
    sessions = [session(1, 0, 1), session(2, 1, 2), session(3, 3, 4), session(4, 24, 25)]
    found = around(sessions, make.DOORS + at * HOUR, ZONE)
    assert [s.id for s in found.now] == now
    assert [s.id for s in found.following] == following
