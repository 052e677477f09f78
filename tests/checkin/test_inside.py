"""Who is in a place: by tables, and as laws that hold whatever was scanned."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.checkin.inside import Passing, inside
from lsos.checkin.live_rules import Crowd, crowd
from lsos.checkin.rules import Direction

IN, OUT = Direction.ENTRY, Direction.EXIT
#: Two sessions one after the other, and the end of the day.
ENDS = {1: 60, 2: 120}
NIGHT = 1_000


@pytest.mark.parametrize(
    ("passings", "at", "found"),
    [
        ([], 10, {}),
        ([(5, IN, 1)], 4, {}),
        ([(5, IN, 1)], 5, {7: 5}),
        ([(5, IN, 1)], 59, {7: 5}),
        #: The end of the session empties the room, also of those who never left.
        ([(5, IN, 1)], 60, {}),
        #: Who came early for the next one stays.
        ([(50, IN, 2)], 60, {7: 50}),
        ([(50, IN, 2)], 120, {}),
        #: Counted for nothing: until the next end of a session, or of the day.
        ([(50, IN, None)], 59, {7: 50}),
        ([(50, IN, None)], 60, {}),
        ([(200, IN, None)], 999, {7: 200}),
        ([(200, IN, None)], 1_000, {}),
        #: Out, and in again.
        ([(5, IN, 1), (10, OUT, 1)], 11, {}),
        ([(5, IN, 1), (10, OUT, 1), (20, IN, 1)], 30, {7: 20}),
        ([(5, IN, 1), (6, IN, 1)], 30, {7: 5}),
        ([(5, OUT, None)], 30, {}),
        ([(5, IN, 1), (5, OUT, 1)], 5, {}),
        #: A session that is not held here any more holds as none does.
        ([(5, IN, 9)], 59, {7: 5}),
        ([(5, IN, 9)], 60, {}),
        #: Who stays is scanned for the next session.
        ([(5, IN, 1), (55, IN, 2)], 70, {7: 55}),
    ],
)
def test_who_is_in(passings, at, found):
    assert inside([Passing(7, *each) for each in passings], at=at, ends=ENDS, empties=[NIGHT]) == found


PASSINGS = st.lists(
    st.builds(
        Passing,
        who=st.integers(0, 4),
        at=st.integers(0, 150),
        direction=st.sampled_from(Direction),
        session=st.sampled_from([None, 1, 2, 3]),
    ),
    max_size=20,
)
MOMENT = st.integers(0, 1_100)


def seen(passings, at):
    return inside(passings, at=at, ends=ENDS, empties=[NIGHT])


@given(PASSINGS, MOMENT, st.randoms())
def test_the_order_in_which_scans_were_sent_does_not_matter(passings, at, chance):
    mixed = list(passings)
    chance.shuffle(mixed)
    assert seen(mixed, at) == seen(passings, at)


@given(PASSINGS, MOMENT)
def test_only_who_came_in_is_in_and_nobody_after_the_day(passings, at):
    came = {one.who for one in passings if one.direction is IN and one.at <= at}
    found = seen(passings, at)
    assert set(found) <= came
    assert all(since <= at for since in found.values())
    assert seen(passings, NIGHT) == {}


@given(PASSINGS, MOMENT)
def test_what_comes_later_changes_nothing_now(passings, at):
    assert seen([one for one in passings if one.at <= at], at) == seen(passings, at)


@given(PASSINGS, MOMENT, st.integers(0, 4))
def test_whoever_is_scanned_going_out_now_is_out_and_nobody_else(passings, at, who):
    left = seen([*passings, Passing(who, at, OUT)], at)
    assert left == {each: since for each, since in seen(passings, at).items() if each != who}


@given(PASSINGS, MOMENT)
def test_scanning_everybody_twice_counts_nobody_twice(passings, at):
    assert seen(passings + [replace(one) for one in passings], at) == seen(passings, at)


@given(PASSINGS)
def test_the_end_of_a_session_leaves_only_who_is_counted_for_another(passings):
    others = {one.who for one in passings if one.session == 2}
    of_now = {one.who for one in passings if one.at == ENDS[1]}
    assert set(seen(passings, ENDS[1])) <= others | of_now


@pytest.mark.parametrize(
    ("people", "capacity", "found"),
    [
        (500, None, Crowd.OPEN),
        (0, 80, Crowd.ROOM),
        (71, 80, Crowd.ROOM),
        (72, 80, Crowd.NEAR),
        (79, 80, Crowd.NEAR),
        (80, 80, Crowd.FULL),
        (81, 80, Crowd.OVER),
        (1, 1, Crowd.FULL),
    ],
)
def test_how_full_a_place_is(people, capacity, found):
    assert crowd(people, capacity) is found
