"""Long work in steps."""

from collections.abc import Callable

import pytest

from lsos import stepping
from lsos.stepping import Spell, in_steps


def work(rows: int) -> tuple[list[int], Callable[[int], int]]:
    """Make work on so many rows, and the list of what each of its steps did."""
    steps: list[int] = []

    def step(most: int) -> int:
        some = min(most, rows - sum(steps))
        if some:
            steps.append(some)
        return some

    return steps, step


def test_a_spell_ends_with_its_rows_and_the_next_does_the_rest():
    steps, step = work(70)
    assert in_steps(step, Spell(60, 9.0)) == 60
    assert steps == [25, 25, 10]
    assert in_steps(step, Spell(60, 9.0)) == 10
    assert in_steps(step, Spell(60, 9.0)) == 0


def test_a_spell_ends_with_its_time_but_never_before_its_first_step(monkeypatch: pytest.MonkeyPatch):
    seconds = iter(range(0, 100, 2))
    monkeypatch.setattr(stepping, "monotonic", lambda: next(seconds))
    steps, step = work(200)
    assert in_steps(step, Spell(200, 0.0)) == 25
    assert in_steps(step, Spell(200, 3.0)) == 50
    assert steps == [25, 25, 25]


def test_a_worker_leaves_others_a_turn_after_each_step(monkeypatch: pytest.MonkeyPatch):
    rests: list[float] = []
    monkeypatch.setattr(stepping, "sleep", rests.append)
    steps, step = work(60)
    in_steps(step, stepping.OF_A_WORKER)
    assert len(rests) == len(steps) == 3
    assert min(rests) > 0
