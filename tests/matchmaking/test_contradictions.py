from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.contradictions import Contradiction, Said, Statement, can_all_hold, contradiction
from lsos.matchmaking.problem import Limit, Problem
from lsos.matchmaking.scheduling import solve


@st.composite
def crowded(draw, hard=False):
    """Draw a small problem in which locked meetings, or hard must-meets beside them, may stand in each other's way."""
    people, slots = range(draw(st.integers(2, 4))), draw(st.integers(1, 2))
    every = sorted(combinations(people, 2))
    meetings = st.tuples(st.sampled_from(every), st.integers(0, slots - 1))
    some = st.frozensets(st.sampled_from(every), max_size=2)
    slot_sets = st.frozensets(st.integers(0, slots - 1))
    locked = draw(st.lists(meetings, max_size=2 if hard else 4, unique=True))
    return Problem(
        slots=slots,
        tables=draw(st.lists(st.integers(0, 2), min_size=slots, max_size=slots)),
        available={key: draw(st.just(frozenset(range(slots))) | slot_sets) for key in people},
        pairs={},
        caps={key: draw(st.integers(0, 2)) for key in people if draw(st.booleans())},
        locked=tuple(sorted((a, b, slot) for (a, b), slot in locked)),
        forbidden=draw(some),
        limits=tuple(
            draw(st.lists(st.builds(Limit, st.sampled_from(people), st.integers(0, 1), slot_sets), max_size=1))
        ),
        alternatives=draw(st.just(()) | st.tuples(some)),
        without_table=draw(some),
        musts=draw(st.frozensets(st.sampled_from(every), max_size=4)) if hard else frozenset(),
        musts_are_hard=hard,
    )


def statements_of(problem):
    """Write down everything that a problem says."""
    yield from (Statement(Said.LOCKED, (a, b), (slot,)) for a, b, slot in problem.locked)
    yield from (Statement(Said.AVAILABLE, (key,), tuple(sorted(slots))) for key, slots in problem.available.items())
    yield from (Statement(Said.TABLES, slots=(slot,), number=number) for slot, number in enumerate(problem.tables))
    yield from (Statement(Said.CAP, (key,), number=cap) for key, cap in problem.caps.items())
    yield from (Statement(Said.FORBIDDEN, pair) for pair in problem.forbidden)
    for limit in problem.limits:
        yield Statement(Said.LIMIT, (limit.person,), tuple(sorted(limit.slots)), limit.most)
    yield from (Statement(Said.ONE_OF, number=1, pairs=tuple(sorted(group))) for group in problem.alternatives)


def hold(problem, statements):
    """Try every way of placing the meetings that are asked for; shares nothing with the solver."""
    said = list(statements)
    locked = [each for each in said if each.kind is Said.LOCKED]
    asked = [each.pairs for each in said if each.kind is Said.MUST]
    fixed = [(*each.people, each.slots[0]) for each in locked]
    choices = [
        [(a, b, slot) for a, b in pairs for slot in range(problem.slots)]
        for pairs in asked
        if not any(meeting[:2] in pairs for meeting in fixed)
    ]
    return any(_stands(problem, said, {*fixed, *chosen}) for chosen in product(*choices))


def _stands(problem, said, meetings):
    pairs = [meeting[:2] for meeting in meetings]
    places = [(key, slot) for *both, slot in meetings for key in both]
    if len(set(pairs)) < len(pairs) or len(set(places)) < len(places):
        return False
    for each in said:
        own = [meeting for meeting in meetings if each.people and each.people[0] in meeting[:2]]
        match each.kind:
            case Said.AVAILABLE:
                broken = any(meeting[2] not in each.slots for meeting in own)
            case Said.TABLES:
                seated = [meeting for meeting in meetings if meeting[:2] not in problem.without_table]
                broken = sum(meeting[2] in each.slots for meeting in seated) > each.number
            case Said.CAP:
                broken = len(own) > each.number
            case Said.LIMIT:
                broken = sum(meeting[2] in each.slots for meeting in own) > each.number
            case Said.FORBIDDEN:
                broken = each.people in pairs
            case Said.ONE_OF:
                broken = len(set(pairs) & set(each.pairs)) > 1
            case _:
                broken = False
        if broken:
            return False
    return True


@settings(max_examples=150, deadline=None)
@given(crowded())
def test_of_locked_meetings_no_smaller_set_of_statements_cannot_hold(problem):
    said = list(statements_of(problem))
    found = contradiction(problem)

    if found is None:
        assert hold(problem, said)
        return
    assert set(found.statements) <= set(said)
    assert not hold(problem, found.statements)
    for size in range(len(found.statements)):
        assert all(hold(problem, fewer) for fewer in combinations(said, size))


@settings(max_examples=150, deadline=None)
@given(crowded(hard=True))
def test_of_hard_must_meets_none_of_the_statements_named_can_be_left_out(problem):
    found = contradiction(problem)

    if found is None:
        schedule = solve(problem, seconds=0.1)
        assert schedule.musts == schedule.musts_bound
        return
    assert not hold(problem, found.statements)
    for place in range(len(found.statements)):
        assert hold(problem, found.statements[:place] + found.statements[place + 1 :])


@settings(max_examples=100, deadline=None)
@given(crowded(hard=True), st.data())
def test_the_solver_and_trying_everything_agree_on_what_can_hold(problem, data):
    said = [*statements_of(problem), *(Statement(Said.MUST, pairs=(pair,)) for pair in sorted(problem.musts))]
    some = [each for each in said if data.draw(st.booleans())]

    assert can_all_hold(problem, some) == hold(problem, some)


PROBLEM = Problem(3, [1, 2, 2], {key: frozenset(range(3)) for key in range(4)} | {4: frozenset({1})}, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"locked": ((0, 1, 0), (0, 2, 0))},
            "0 and 1 have a locked meeting in slot 0; 0 and 2 have a locked meeting in slot 0.",
        ),
        (
            {"locked": ((0, 1, 0), (0, 1, 1))},
            "0 and 1 have a locked meeting in slot 0; 0 and 1 have a locked meeting in slot 1.",
        ),
        (
            {"locked": ((0, 1, 0), (2, 3, 0))},
            "slot 0 has 1 table; 0 and 1 have a locked meeting in slot 0; 2 and 3 have a locked meeting in slot 0.",
        ),
        ({"locked": ((0, 4, 0),)}, "4 is available in slot 1 only; 0 and 4 have a locked meeting in slot 0."),
        ({"locked": ((0, 9, 0),)}, "9 is available in no slot; 0 and 9 have a locked meeting in slot 0."),
        (
            {"locked": ((0, 1, 0),), "caps": {0: 0}},
            "0 may have no meetings at most; 0 and 1 have a locked meeting in slot 0.",
        ),
        (
            {"locked": ((0, 1, 0), (0, 2, 2)), "limits": (Limit(0, 1, frozenset({0, 2}), frozenset({1, 2, 3})),)},
            (
                "0 may have 1 meeting at most with 1, 2, 3 in slots 0, 2; "
                "0 and 1 have a locked meeting in slot 0; 0 and 2 have a locked meeting in slot 2."
            ),
        ),
        (
            {"locked": ((0, 1, 0),), "forbidden": frozenset({(0, 1)})},
            "0 and 1 may not meet; 0 and 1 have a locked meeting in slot 0.",
        ),
        (
            {"musts": frozenset({(0, 1)}), "forbidden": frozenset({(0, 1), (2, 3)}), "musts_are_hard": True},
            "0 and 1 may not meet; 0 and 1 must meet.",
        ),
        (
            {"musts": frozenset({(0, 4), (1, 4)}), "musts_are_hard": True},
            "4 is available in slot 1 only; 0 and 4 must meet; 1 and 4 must meet.",
        ),
        (
            {
                "musts": frozenset({(0, 1), (0, 2)}),
                "alternatives": (frozenset({(0, 1), (0, 2)}),),
                "caps": {0: 0},
                "musts_are_hard": True,
            },
            "0 may have no meetings at most; one of these pairs must meet: 0 and 1, 0 and 2.",
        ),
    ],
)
def test_a_contradiction_names_the_statements_in_words(change, words):
    with pytest.raises(Contradiction) as found:
        solve(replace(PROBLEM, **change))

    assert str(found.value) == f"These statements cannot all hold: {words}"


def test_must_meets_that_are_not_hard_are_kept_as_far_as_they_can_be():
    problem = replace(PROBLEM, musts=frozenset({(0, 4), (1, 4), (2, 3)}))

    schedule = solve(problem)

    assert (schedule.musts, schedule.musts_bound) == (2, 2)


def test_three_people_who_must_all_meet_need_three_slots():
    problem = replace(
        PROBLEM,
        available={key: frozenset({1, 2}) for key in range(3)},
        musts=frozenset({(0, 1), (0, 2), (1, 2)}),
        musts_are_hard=True,
    )

    with pytest.raises(Contradiction) as found:
        solve(problem)

    kinds = [each.kind for each in found.value.statements]
    assert kinds.count(Said.MUST) == 3
    assert kinds.count(Said.AVAILABLE) >= 2
