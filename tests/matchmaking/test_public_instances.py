"""The scheduler on generated instances, judged by a checker that shares no code with it.

Generator and checker lie beside the project, in ../shared/bench/matching; docs/matchmaking.md says what they are.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from lsos.matchmaking.scheduling import Problem, solve

BENCH = Path(__file__).parents[3] / "shared" / "bench" / "matching"


def load(name: str) -> ModuleType:
    """Load one of the scripts; without them the test does not run, but in CI it fails."""
    path = BENCH / f"{name}.py"
    if not path.exists():
        words = f"{path.name} is not in ../shared/bench/matching, so the schedules were not judged from outside."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    spec = importlib.util.spec_from_file_location(f"bench_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def problem_of(instance) -> Problem:
    """Read an instance in the generator's format."""
    forbidden = {tuple(pair) for pair in instance["forbidden"]}
    return Problem(
        slots=instance["slots"],
        tables=[instance["tables"]] * instance["slots"],
        available={
            person["id"]: frozenset(slot for slot, mark in enumerate(person["available"]) if mark == "1")
            for person in instance["participants"]
        },
        pairs={(a, b): value for a, b, value in instance["pairs"] if (a, b) not in forbidden},
        caps={person["id"]: person["cap"] for person in instance["participants"]},
        locked=tuple((a, b, slot) for a, b, slot in instance["locked"]),
        first_meeting_bonus=tuple(instance["bonus"]),
        days=tuple(instance["days"]),
    )


@pytest.mark.parametrize("bonus", [(), (400, 200, 100)], ids=["plain", "with-bonus"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("family", "share"), [("dense", 0.995), ("bipartite", 0.999)])
def test_an_independent_checker_finds_the_schedule_valid_and_near_its_bound(family, share, seed, bonus):
    instance = load("generator").generate(family, seed, bonus)

    schedule = solve(problem_of(instance), seconds=2)

    verdict = load("checker").check(instance, {"meetings": [list(meeting) for meeting in schedule.meetings]})
    assert verdict["errors"] == []
    assert verdict["objective"] == pytest.approx(schedule.value)
    assert verdict["breaks"] == schedule.breaks
    assert schedule.value >= share * schedule.bound
