"""The state machine of meetings for longer than the suite has time: every act gets through, in very many orders."""

import pytest

from tests.meetings.forum import Scene
from tests.meetings.test_machine import acts, play_stories, run_machine

pytestmark = pytest.mark.torture


def test_no_order_of_steps_breaks_a_promise(tmp_path):
    scene = Scene(tmp_path)
    done = run_machine(scene, examples=600, steps=60).done + play_stories(scene).done
    assert acts() <= {act for act, times in done.items() if times}
