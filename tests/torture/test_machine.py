"""The state machine of meetings for longer than the suite has time: every act gets through, in very many orders."""

import ast
import inspect

import pytest

from tests.meetings import forum_house, forum_people
from tests.meetings.forum import Scene
from tests.meetings.test_machine import run_machine

pytestmark = pytest.mark.torture


def acts() -> set[str]:
    """Name the acts of which the machine counts how often they were done."""
    return {
        words.value
        for module in (forum_people, forum_house)
        for call in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "trying"
        for words in ast.walk(call.args[0])
        if isinstance(words, ast.Constant) and isinstance(words.value, str)
    }


def test_no_order_of_steps_breaks_a_promise(tmp_path):
    machine = run_machine(Scene(tmp_path), examples=600, steps=60)
    assert acts() <= {act for act, times in machine.done.items() if times}
