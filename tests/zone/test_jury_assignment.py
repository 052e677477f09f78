"""Laws of sharing reviews out: no conflict, everyone who can has n, loads that no exchange makes more even."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lsos.zone.jury_assignment import Gap, Pair, Shortage, assign

AREAS = st.frozensets(st.integers(0, 3), max_size=3)


@st.composite
def juries(draw: st.DrawFn) -> dict[str, Any]:
    """Draw applications, jurors, conflicts, and what somebody has already."""
    applications = draw(st.dictionaries(st.integers(1, 9), AREAS, max_size=7))
    jurors = draw(st.dictionaries(st.integers(11, 19), AREAS, max_size=6))
    pairs = st.tuples(st.integers(1, 9), st.integers(11, 19))
    conflicts = draw(st.frozensets(pairs, max_size=15))
    held = draw(st.frozensets(pairs, max_size=8)) - conflicts
    return {
        "applications": applications,
        "jurors": jurors,
        "wanted": draw(st.integers(1, 4)),
        "conflicts": conflicts,
        "given": frozenset(pair for pair in held if pair[0] in applications),
    }


@given(juries())
def test_never_a_conflict_nor_twice_and_whoever_can_has_enough(jury: dict[str, Any]):
    plan = assign(**jury)
    assert len(set(plan.pairs)) == len(plan.pairs)
    assert not set(plan.pairs) & (jury["conflicts"] | jury["given"])
    has = Counter(application for application, _ in [*plan.pairs, *jury["given"]])
    missing = {gap.application: gap.missing for gap in plan.gaps}
    for application in jury["applications"]:
        free = [
            juror
            for juror in jury["jurors"]
            if (application, juror) not in jury["conflicts"] and (application, juror) not in jury["given"]
        ]
        already = sum(pair[0] == application for pair in jury["given"])
        assert has[application] == max(already, min(jury["wanted"], already + len(free)))
        assert missing.get(application, 0) == max(jury["wanted"] - has[application], 0)


@given(juries())
def test_no_exchange_makes_the_loads_more_even(jury: dict[str, Any]):
    """A juror may hand a review to another who may have it, and so on; none with two more reaches one with less."""
    plan = assign(**jury)
    loads = Counter(juror for _, juror in [*plan.pairs, *jury["given"]])
    taken: set[Pair] = set(plan.pairs) | jury["given"]
    hands_to = {
        giver: {
            taker
            for application, juror in plan.pairs
            if juror == giver
            for taker in jury["jurors"]
            if (application, taker) not in taken and (application, taker) not in jury["conflicts"]
        }
        for giver in jury["jurors"]
    }
    for start in jury["jurors"]:
        reached, open_ends = {start}, [start]
        while open_ends:
            for taker in hands_to[open_ends.pop()] - reached:
                reached.add(taker)
                open_ends.append(taker)
        assert min(loads[one] for one in reached) >= loads[start] - 1


@given(st.integers(1, 8), st.integers(1, 6), st.integers(1, 4))
def test_without_conflicts_loads_differ_by_one_at_most(applications: int, jurors: int, wanted: int):
    plan = assign(dict.fromkeys(range(applications), ()), dict.fromkeys(range(100, 100 + jurors), ()), wanted=wanted)
    loads = Counter(juror for _, juror in plan.pairs)
    numbers = [loads[100 + n] for n in range(jurors)]
    assert max(numbers) - min(numbers) <= 1


@given(juries())
def test_the_same_input_gives_the_same_result_in_whatever_order(jury: dict[str, Any]):
    backwards = jury | {kind: dict(reversed(list(jury[kind].items()))) for kind in ("applications", "jurors")}
    assert assign(**jury) == assign(**backwards)


def test_whoever_knows_the_subject_is_preferred_while_loads_stay_even():
    plan = assign({1: {1}, 2: {2}, 3: {1}, 4: {2}}, {11: {2}, 12: {1}}, wanted=1)
    assert plan.pairs == ((1, 12), (2, 11), (3, 12), (4, 11))


def test_what_cannot_be_filled_is_named_with_its_reason():
    plan = assign({1: (), 2: ()}, {11: (), 12: ()}, wanted=3, conflicts={(1, 11)})
    assert plan.gaps == (Gap(1, 2, 1, Shortage.CONFLICTS), Gap(2, 1, 0, Shortage.FEW_JURORS))
    assert plan.pairs == ((1, 12), (2, 11), (2, 12))
