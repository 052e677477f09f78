"""A whole event for a few people happens in front of the promises; the full size runs in tests/torture."""

import json

import pytest
from click.testing import CliRunner

from lsos.cli import main
from lsos.simulation.story import Simulated, simulate

#: So few are enough for every day and most acts.
PEOPLE = 12


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return simulate(PEOPLE, seed=7)


def test_a_whole_event_happens_and_no_promise_is_broken(simulated: Simulated):
    figures = simulated.figures
    assert simulated.checks > sum(simulated.done.values())
    assert figures["asked"] > figures["accepted"] > 0
    assert figures["scheduled"] >= figures["held"] > 0


def test_the_command_prints_the_same_figures_for_the_same_seed(simulated: Simulated):
    answer = CliRunner().invoke(main, ["simulate", "--people", str(PEOPLE), "--seed", "7", "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["figures"] == simulated.figures
