"""Two real programmes with all times removed; they lie beside the project, in ../shared/data/programmes."""

import os

import pytest

from lsos.timetabling.building import build
from tests.benchmarks.timetabling import PROGRAMMES, by_first_fit, camp, fosdem, overlaps, problem_of


@pytest.mark.parametrize(("read", "talks"), [(fosdem, 513), (camp, 79)])
def test_a_real_programme_is_built_anew_better_than_by_first_fit(read, talks):
    if not PROGRAMMES.exists():
        words = "The programmes are not in ../shared/data/programmes, so they were not built anew."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    problem, real = problem_of(read())
    answer = build(problem, seconds=60, work=2000)

    assert len(real) == len(answer.places) == len(by_first_fit(problem)) == talks
    assert overlaps(problem, answer.places) == (0, 0)
    assert answer.conflicts == ()
    assert (answer.shape.main_room, answer.shape.room_changes) == (1, 0)
