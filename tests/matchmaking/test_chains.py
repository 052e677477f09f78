"""A time that comes free when others move: what is found can stand, and nothing with fewer moves could."""

from itertools import combinations, product
from random import Random

import pytest

from lsos.matchmaking.chains import Chain, find_chain


def everybody(slots, people=8):
    return {person: frozenset(range(slots)) for person in range(people)}


def can_stand(meetings, free, tables):
    """Say whether nobody and no table is anywhere twice, and everybody is where they can be."""
    places = [(person, slot) for a, b, slot in meetings for person in (a, b)]
    if len(set(places)) < len(places) or any(slot not in free[person] for person, slot in places):
        return False
    return all(sum(slot == each for _, _, slot in meetings) <= most for each, most in enumerate(tables))


def after(chain, pair, meetings):
    return [*((a, b, chain.moves.get((a, b), slot)) for a, b, slot in meetings), (*pair, chain.slot)]


def test_the_one_meeting_in_the_way_goes_to_the_nearest_other_slot():
    meetings = [(0, 2, 0), (1, 3, 1)]
    free = everybody(3) | {0: frozenset({0, 1}), 1: frozenset({0, 1})}
    found = find_chain((0, 1), [0, 1], meetings=meetings, movable=[(0, 2), (1, 3)], free=free, tables=[2] * 3, days=[3])

    assert found == Chain(0, {(0, 2): 1})


def test_a_full_slot_comes_free_when_strangers_move():
    meetings = [(2, 3, 0), (4, 5, 0)]
    free = everybody(2) | {0: frozenset({0}), 1: frozenset({0})}
    found = find_chain((0, 1), [0], meetings=meetings, movable=[(4, 5)], free=free, tables=[2, 1], days=[2])

    assert found == Chain(0, {(4, 5): 1})


def test_a_meeting_stays_on_its_day_and_one_that_may_not_move_where_it_is():
    free = everybody(2) | {1: frozenset({0})}
    over_night = find_chain((0, 1), [0], meetings=[(0, 2, 0)], movable=[(0, 2)], free=free, tables=[2, 2], days=[1, 1])
    locked = find_chain((0, 1), [0], meetings=[(0, 2, 0)], movable=[], free=free, tables=[2, 2], days=[2])

    assert over_night is locked is None


def test_a_search_ends_after_so_many_steps():
    free = everybody(12, 40)
    meetings = [(a, a + 1, slot) for slot in range(12) for a in range(0, 40, 2)]
    assert (
        find_chain(
            (0, 39), list(range(12)), meetings=meetings, movable=[], free=free, tables=[20] * 12, days=[12], steps=100
        )
        is None
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_can_stand_and_nothing_with_fewer_moves_could(seed):
    rng = Random(seed)
    slots, people = 4, 6
    tables = [rng.randint(1, 2) for _ in range(slots)]
    free = {person: frozenset(s for s in range(slots) if rng.random() < 0.8) for person in range(people)}
    meetings: list[tuple[int, int, int]] = []
    for a, b in combinations(range(people), 2):
        slot = rng.randrange(slots)
        if (a, b) != (0, 1) and can_stand([*meetings, (a, b, slot)], free, tables):
            meetings.append((a, b, slot))
    movable = [(a, b) for a, b, _ in meetings if rng.random() < 0.8]
    found = find_chain(
        (0, 1),
        sorted(free[0] & free[1]),
        meetings=meetings,
        movable=movable,
        free=free,
        tables=tables,
        days=[slots],
        most=2,
    )

    if found is not None:
        assert can_stand(after(found, (0, 1), meetings), free, tables)
        assert set(found.moves) <= set(movable)
    fewer = range(3) if found is None else range(len(found.moves))
    for moves in fewer:
        for chosen in combinations(movable, moves):
            for to, slot in product(product(range(slots), repeat=moves), range(slots)):
                tried = Chain(slot, dict(zip(chosen, to, strict=True)))
                assert not can_stand(after(tried, (0, 1), meetings), free, tables)
