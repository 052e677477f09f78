"""Marks, normalising and ranking, counted by hand."""

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.zone.jury_rules import Scale
from lsos.zone.jury_scores import Mark, Standing, Weighed, mark, normalised, scale_of, standings

FIVE = Scale(1, 5)


def test_a_mark_is_the_weighted_mean_of_the_scores():
    criteria = {1: Weighed(3, FIVE), 2: Weighed(1, FIVE)}
    assert mark({1: 5, 2: 1}, criteria) == pytest.approx(4.0)


def test_a_weight_of_nought_is_not_summed_and_may_be_missing():
    criteria = {1: Weighed(1, FIVE), 2: Weighed(0, Scale(0, 10))}
    assert scale_of(criteria.values()) == FIVE
    assert mark({1: 4}, criteria) == pytest.approx(4.0)
    assert mark({2: 10}, criteria) is None


def test_different_scales_are_told_out_of_a_hundred():
    criteria = {1: Weighed(1, FIVE), 2: Weighed(1, Scale(0, 10))}
    assert mark({1: 5, 2: 5}, criteria) == pytest.approx(75.0)


def test_nothing_is_marked_where_nothing_counts():
    assert mark({1: 5}, {1: Weighed(0, FIVE)}) is None
    assert mark({}, {}) is None


def rank(*marks: Mark, applications: tuple[int, ...] = (1, 2, 3)) -> list[tuple[int, int | None, bool]]:
    found = standings(applications, marks, scale=FIVE)
    return [(one.application, one.rank, one.is_tie) for one in found]


def test_equal_means_are_ties_and_the_next_rank_is_skipped():
    marks = Mark(1, 9, 2.0), Mark(2, 9, 4.0), Mark(3, 8, 3.0), Mark(3, 9, 5.0)
    assert rank(*marks) == [(2, 1, True), (3, 1, True), (1, 3, False)]


def test_what_reads_equal_to_the_hundredth_is_a_tie():
    assert rank(Mark(1, 9, 3.3333), Mark(2, 9, 3.3349)) == [(1, 1, True), (2, 1, True), (3, None, False)]


def test_disagreement_is_marked_from_four_tenths_of_the_scale():
    one, other = standings([1, 2], [Mark(1, 8, 2.0), Mark(1, 9, 3.6), Mark(2, 8, 2.0), Mark(2, 9, 3.5)], scale=FIVE)
    assert one == Standing(1, 1, False, 2.8, 2, 2.0, 3.6, is_disputed=True)
    assert not other.is_disputed


def test_a_strict_and_a_mild_juror_who_see_the_same_order_agree_once_normalised():
    strict = [Mark(n, 1, value) for n, value in enumerate([1.0, 2.0, 3.0])]
    mild = [Mark(n, 2, value) for n, value in enumerate([3.0, 4.0, 5.0])]
    told = normalised([*strict, *mild])
    assert [one.value for one in told[:3]] == pytest.approx([one.value for one in told[3:]])
    assert fmean(one.value for one in told) == pytest.approx(3.0)


def test_few_reviews_stay_as_they_are_and_equal_marks_become_the_mean():
    few = [Mark(1, 1, 5.0), Mark(2, 1, 4.0)]
    equal = [Mark(n, 2, 2.0) for n in (1, 2, 3)]
    told = normalised([*few, *equal])
    assert [one.value for one in told[:2]] == [5.0, 4.0]
    assert [one.value for one in told[2:]] == pytest.approx([3.0] * 3)
    assert normalised([]) == []


@given(
    st.lists(
        st.builds(Mark, st.integers(0, 5), st.integers(0, 3), st.floats(1, 5)),
        max_size=25,
        unique_by=lambda one: (one.application, one.juror),
    )
)
def test_ranks_follow_the_means_and_normalising_keeps_each_jurors_order(marks: list[Mark]):
    found = standings(range(6), marks, scale=FIVE)
    ranked = [one for one in found if one.rank is not None]
    assert {one.application for one in found} == set(range(6))
    for above, below in pairwise(ranked):
        assert above.mean is not None
        assert below.mean is not None
        assert above.mean >= below.mean
        assert (above.rank == below.rank) == (above.mean == below.mean)
    told = normalised(marks)
    for before, after in zip(marks, told, strict=True):
        for other_before, other_after in zip(marks, told, strict=True):
            if before.juror == other_before.juror and before.value < other_before.value:
                assert after.value <= other_after.value + 1e-6
