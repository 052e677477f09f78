"""Laying out a day of the draft: nothing is lost, nothing covers anything else, breaks are drawn through rooms."""

from datetime import UTC, date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lsos.web.board import LEAST_HOURS, Board, Piece, closed, day_shown, lay
from tests import make

ROOMS = (1, 2, 3)
MINUTE = timedelta(minutes=1)


def piece(uid: str, start: int, end: int, room: int | None = 1, same: str | None = None) -> Piece:
    return Piece(uid, room, make.DOORS + start * MINUTE, make.DOORS + end * MINUTE, same)


def laid(*pieces: Piece) -> Board:
    return lay(pieces, ROOMS, day=make.FIRST_DAY, zone=make.ZONE)


PIECES = st.lists(
    st.tuples(st.integers(-300, 600), st.integers(1, 300), st.sampled_from([1, 2, 3, 9, None])), max_size=14
).map(lambda found: [piece(str(n), start, start + length, room) for n, (start, length, room) in enumerate(found)])


@given(PIECES)
def test_every_piece_lies_once_in_the_column_of_its_room_at_its_minute(pieces: list[Piece]):
    board = laid(*pieces)
    found = {each.uid: (column.room, each) for column in board.columns for each in column.pieces}
    assert sum(len(column.pieces) for column in board.columns) == len(pieces) == len(found)
    for known in pieces:
        room, each = found[known.uid]
        assert room == (known.room if known.room in ROOMS else None)
        assert board.begins_at + each.start * MINUTE == known.starts_at
        assert each.minutes * MINUTE == known.ends_at - known.starts_at
        assert 0 <= each.start <= each.start + each.minutes <= board.minutes


@given(PIECES)
def test_what_overlaps_in_a_room_lies_side_by_side_in_as_few_lanes_as_can_be(pieces: list[Piece]):
    for column in laid(*pieces).columns:
        spans = {each.uid: range(each.start, each.start + each.minutes) for each in column.pieces}
        for each in column.pieces:
            assert 0 <= each.lane < each.lanes
            others = [o for o in column.pieces if o.uid != each.uid and set(spans[o.uid]) & set(spans[each.uid])]
            assert each.lanes == 1 or others
            assert all(other.lane != each.lane and other.lanes == each.lanes for other in others)
        for lanes in {each.lanes for each in column.pieces}:
            starts = [each.start for each in column.pieces if each.lanes == lanes]
            assert lanes in {sum(minute in span for span in spans.values()) for minute in starts}


@given(PIECES)
def test_a_board_goes_from_one_full_hour_to_another_and_is_never_a_strip(pieces: list[Piece]):
    board = laid(*pieces)
    assert board.begins_at.minute == board.ends_at.minute == 0
    assert board.minutes >= LEAST_HOURS * 60
    assert len(board.hours) == board.minutes // 60 + 1


def test_a_break_in_neighbouring_rooms_is_drawn_as_one():
    board = laid(
        piece("a", 0, 30, 1, "coffee"),
        piece("b", 0, 30, 2, "coffee"),
        piece("c", 0, 45, 3, "coffee"),
        piece("d", 60, 90, 1),
        piece("e", 60, 90, 2),
    )
    marks = {each.uid: (each.came_on, each.goes_on) for column in board.columns for each in column.pieces}
    assert marks == {
        "a": (False, True),
        "b": (True, False),
        "c": (False, False),
        "d": (False, False),
        "e": (False, False),
    }


def test_a_column_for_what_has_no_room_is_there_only_when_needed():
    assert [column.room for column in laid(piece("a", 0, 5)).columns] == [1, 2, 3]
    assert [column.room for column in laid(piece("a", 0, 5, None)).columns] == [1, 2, 3, None]


def test_a_board_shows_the_hours_in_which_rooms_are_open():
    opens, closes = make.DOORS - 30 * MINUTE, make.DOORS + 700 * MINUTE
    board = lay([], ROOMS, day=make.FIRST_DAY, zone=make.ZONE, hours=[(opens, closes)])
    assert board.begins_at == make.DOORS - 60 * MINUTE
    assert board.ends_at == make.DOORS + 720 * MINUTE


def test_hours_are_those_of_the_zone_even_where_it_is_half_an_hour_off():
    board = lay([], ROOMS, day=make.FIRST_DAY, zone="Asia/Kolkata")
    assert board.begins_at.astimezone(UTC).strftime("%H:%M") == "03:30"


def test_the_day_shown_is_the_one_asked_for_then_today_then_the_first():
    days = [date(2025, 11, 27), date(2025, 11, 28)]
    assert day_shown(days, "2025-11-28", days[0]) == days[1]
    assert day_shown(days, "nonsense", days[1]) == days[1]
    assert day_shown(days, "", date(2025, 1, 1)) == days[0]


@given(st.lists(st.tuples(st.integers(-200, 700), st.integers(1, 200)), max_size=5))
def test_a_room_is_closed_in_every_minute_in_which_it_is_not_open(hours: list[tuple[int, int]]):
    spans = [(start, start + length) for start, length in hours]
    moments = [(make.DOORS + start * MINUTE, make.DOORS + end * MINUTE) for start, end in spans]
    found = closed(moments, begins_at=make.DOORS, ends_at=make.DOORS + 480 * MINUTE)
    shut = [minute for start, length in found for minute in range(start, start + length)]
    assert shut == [minute for minute in range(480) if not any(start <= minute < end for start, end in spans)]
