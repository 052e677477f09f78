"""Rooms that are too small: what is proposed makes room for all and puts nobody on top of anybody."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lsos.agenda.fit import Use, Way, is_too_small, way_out
from lsos.agenda.rules import Interval
from tests import make

HALL, LAB, ATTIC = 1, 2, 3
SIZES = {HALL: 100, LAB: 40, ATTIC: 10}


def at(start: int, hours: int = 1) -> Interval:
    begin = make.DOORS + timedelta(hours=start)
    return Interval(begin, begin + timedelta(hours=hours))


def test_a_free_room_comes_before_changing_places_and_the_smallest_that_fits_before_a_larger_one():
    full = Use(1, ATTIC, at(0), 30)
    assert is_too_small(full, SIZES)
    assert way_out(full, [full, Use(2, HALL, at(0), 5)], SIZES) == Way(LAB)
    there = [full, Use(2, HALL, at(0), 5), Use(3, LAB, at(0), 8)]
    assert way_out(full, there, SIZES) == Way(LAB, other=3)


def test_nobody_is_moved_where_they_do_not_fit_or_somebody_is():
    full = Use(1, ATTIC, at(0), 30)
    crowded = [full, Use(2, HALL, at(0), 90), Use(3, LAB, at(0), 40)]
    assert way_out(full, crowded, SIZES) is None
    long = [full, Use(2, HALL, at(0), 90), Use(3, LAB, at(0, 2), 8), Use(4, ATTIC, at(1), 3)]
    assert way_out(full, long, SIZES) is None


def test_what_is_fixed_moves_for_nobody():
    full, quiet = Use(1, ATTIC, at(0), 30), Use(2, LAB, at(0), 8, is_fixed=True)
    assert way_out(full, [full, quiet], {ATTIC: 10, LAB: 40}) is None
    assert way_out(replace(full, is_fixed=True), [full], SIZES) is None


def test_a_room_of_unknown_size_is_never_too_small():
    assert not is_too_small(Use(1, 9, at(0), 1000), SIZES)


@st.composite
def programmes(draw: st.DrawFn) -> list[Use]:
    """Make a programme in which no room is used twice at once."""
    uses: list[Use] = []
    for key in range(draw(st.integers(1, 9))):
        start, hours = draw(st.integers(0, 4)), draw(st.integers(1, 2))
        wish = Use(key, draw(st.sampled_from(list(SIZES))), at(start, hours), draw(st.integers(0, 120)))
        if _stands_alone(wish, uses):
            uses.append(wish)
    return uses


def _stands_alone(use: Use, others: list[Use]) -> bool:
    return not any(one.key != use.key and one.room == use.room and one.when.overlaps(use.when) for one in others)


@given(programmes())
def test_after_what_is_proposed_both_fit_and_no_room_is_used_twice(uses: list[Use]):
    full = uses[0]
    way = way_out(full, uses, SIZES)
    if way is None:
        #: Then no room that is large enough is free.
        free = [room for room in SIZES if room != full.room and SIZES[room] >= full.people]
        assert all(not _stands_alone(replace(full, room=room), uses) for room in free)
        return
    moved = {full.key: way.room} | ({way.other: full.room} if way.other is not None else {})
    after = [replace(one, room=moved.get(one.key, one.room)) for one in uses]
    assert all(_stands_alone(one, after) for one in after)
    assert not any(is_too_small(one, SIZES) for one in after if one.key in moved)
