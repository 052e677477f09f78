from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsos.matchmaking.compaction import Leeway, reduce_breaks
from lsos.matchmaking.days import DayCosts, Days, DayWeights, DayWish, Half, Term, day_counts
from lsos.matchmaking.instance import Instance, Quota
from lsos.matchmaking.timetable import Timetable

FOREVER = float("inf")


@st.composite
def timetables(draw, most_people=8, most_slots=6, always=False):
    """Draw people with meetings somewhere; `always` means everybody is free and there are tables for all."""
    people, slots = draw(st.integers(2, most_people)), draw(st.integers(1, most_slots))
    every = (1 << slots) - 1
    available = [every if always else draw(st.integers(0, every)) for _ in range(people)]
    first_day = draw(st.integers(1, slots))
    ends = list(combinations(range(people), 2))
    #: Limits of one person each, in some slots, for some of that person's pairs.
    limited = [] if always else draw(st.lists(st.integers(0, people - 1), max_size=3))
    quotas = [Quota(draw(st.integers(0, every)), draw(st.integers(0, 2))) for _ in limited]
    instance = Instance(
        ends=ends,
        values=[draw(st.sampled_from([0.1, 0.5, 1.0])) for _ in ends],
        available=available,
        limits=[min(bits.bit_count(), draw(st.integers(1, slots))) for bits in available],
        bonus=[draw(st.sampled_from([(), (1.0, 0.5)])) for _ in range(people)],
        tables=[people] * slots if always else draw(st.lists(st.integers(0, 4), min_size=slots, max_size=slots)),
        busy=[draw(st.integers(0, every)) & ~bits for bits in available],
        days=(first_day, slots - first_day),
        tableless=frozenset() if always else draw(st.frozensets(st.integers(0, len(ends) - 1))),
        quotas=quotas,
        quotas_of=[
            tuple(quota for quota, person in enumerate(limited) if person in pair and draw(st.booleans()))
            for pair in ends
        ],
    )
    table = Timetable(instance)
    for pair in draw(st.permutations(range(len(instance.ends)))):
        possible = table.fits(pair) if table.may_meet(pair) else 0
        if possible and draw(st.booleans()):
            table.place(pair, (possible & -possible).bit_length() - 1)
    return table


def faults(table):
    """Name what must not be: two meetings at once, an absence, too few tables, a limit not kept."""
    instance = table.instance
    for slot in range(len(instance.tables)):
        inside = [pair for pair, place in enumerate(table.slot_of) if place == slot]
        people = [person for pair in inside for person in instance.ends[pair]]
        if len(set(people)) < len(people):
            yield f"somebody is in two meetings in {slot}"
        if len(set(inside) - instance.tableless) > instance.tables[slot]:
            yield f"{slot} has too few tables"
        if any(not instance.available[person] >> slot & 1 for person in people):
            yield f"somebody is away in {slot}"
    for number, quota in enumerate(instance.quotas):
        counted = [pair for pair, quotas in enumerate(instance.quotas_of) if number in quotas]
        if sum(table.slot_of[pair] >= 0 and quota.slots >> table.slot_of[pair] & 1 for pair in counted) > quota.most:
            yield f"more meetings than quota {number} allows"


def breaks(table):
    return sum(table.instance.breaks[busy] for busy in table.busy)


@settings(max_examples=60, deadline=None)
@given(timetables(), st.integers(0, 3))
def test_compact_days_keep_who_meets_and_every_rule_and_never_have_more_breaks(table, seed):
    before, met = breaks(table), [slot >= 0 for slot in table.slot_of]

    reduce_breaks(table, seed=seed, seconds=0.05, deadline=FOREVER)

    assert list(faults(table)) == []
    assert [slot >= 0 for slot in table.slot_of] == met
    assert breaks(table) <= before


@settings(max_examples=25, deadline=None)
@given(timetables(most_people=4, most_slots=4, always=True))
def test_where_few_people_are_always_free_no_other_timetable_has_fewer_breaks(table):
    meetings = [pair for pair, slot in enumerate(table.slot_of) if slot >= 0]
    instance = table.instance

    def fewest():
        for slots in product(range(len(instance.tables)), repeat=len(meetings)):
            other = Timetable(instance)
            for pair, slot in zip(meetings, slots, strict=True):
                if not other.common(pair) & other.open & 1 << slot:
                    break
                other.place(pair, slot)
            else:
                yield breaks(other)

    least = min(fewest())
    reduce_breaks(table, seed=1, seconds=0.5, deadline=FOREVER)
    assert breaks(table) == least


@settings(max_examples=100, deadline=None)
@given(timetables(), st.integers(0, 3), st.floats(0.1, 3))
def test_with_leeway_no_more_value_is_given_up_than_allowed_and_every_rule_holds(table, seed, most):
    before, count = table.worth, sum(slot >= 0 for slot in table.slot_of)
    leeway = Leeway(most, np.zeros(len(table.slot_of)))

    reduce_breaks(table, seed=seed, seconds=0.05, deadline=FOREVER, leeway=leeway)

    assert list(faults(table)) == []
    assert table.worth >= before - most - 1e-9
    assert sum(slot >= 0 for slot in table.slot_of) == count
    assert min(table.left) >= 0


def test_with_leeway_a_pair_of_nearly_the_same_worth_comes_for_one_that_breaks_a_day():
    table = lines(people=4, slots=5, values=[1.0, 1.0, 1.0, 0.9, 0.9, 0.9], first_available=0b10001)
    #: 0 meets 1 and 2 far apart; 3 meets nobody yet, and only 2 could come then.
    table.restore([0, 4, -1, -1, -1, -1])
    leeway = Leeway(0.5, np.zeros(6))

    reduce_breaks(table, seed=1, seconds=1, deadline=FOREVER, leeway=leeway)
    assert breaks(table) == 0
    assert sum(slot >= 0 for slot in table.slot_of) == 2


def test_the_same_seed_gives_the_same_days():
    def compact():
        table = lines(people=20, slots=8)
        reduce_breaks(table, seed=5, seconds=1, deadline=FOREVER)
        return table.slot_of

    assert compact() == compact()


def lines(people, slots, values=None, first_available=None):
    """Let everybody meet the next three, as early as possible."""
    instance = Instance(
        ends=[(one, other) for one in range(people) for other in range(one + 1, min(one + 4, people))],
        values=values or [1.0] * people * 3,
        available=[first_available or (1 << slots) - 1, *[(1 << slots) - 1] * (people - 1)],
        limits=[slots] * people,
        bonus=[()] * people,
        tables=[people] * slots,
        busy=[0] * people,
        days=(slots,),
    )
    table = Timetable(instance)
    for pair in range(len(instance.ends)):
        if possible := table.common(pair):
            table.place(pair, (possible & -possible).bit_length() - 1)
    return table


@pytest.mark.parametrize(
    ("wish", "term"),
    [
        (DayWish(no_waiting=True), Term.IDLE),
        (DayWish(most_in_a_row=2), Term.NO_REST),
        (DayWish(compact=True), Term.HALF_DAYS),
        (DayWish(half=Half.AFTERNOON), Term.OTHER_HALF),
        (DayWish(lunch=frozenset({0, 1, 2})), Term.NO_LUNCH),
    ],
)
def test_what_one_person_wishes_for_the_day_is_kept_where_it_can_be(wish, term):
    days = Days([8])
    table = lines(people=4, slots=8)
    costs = DayCosts(days, table.instance.available, [wish, None, None, None], DayWeights(breaks=1, no_rest=5))

    reduce_breaks(table, seed=1, seconds=1, deadline=FOREVER, costs=costs)

    busy = [slot for slot in range(8) if table.busy[0] >> slot & 1]
    assert len(busy) == 3
    assert day_counts(wish, busy, frozenset(range(8)), days).get(term, 0) == 0


def test_who_is_told_of_the_least_cost_so_far_may_end_the_search():
    told = []

    def tell(cost, breaks):
        told.append((cost, breaks()))
        return len(told) == 2

    table = lines(people=60, slots=12)
    reduce_breaks(table, seed=1, seconds=5, deadline=FOREVER, tell=tell)
    assert len(told) == 2
    assert told[1][0] <= told[0][0]
    assert all(cost == count for cost, count in told)
    assert breaks(table) <= told[1][1]
