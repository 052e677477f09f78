"""Everything people and organisers can do with meetings, in any order: what must never happen does not."""

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

import lsos
from tests.meetings import forum_house, forum_people
from tests.meetings.forum import Scene
from tests.meetings.forum_house import House
from tests.meetings.forum_people import People

ROOMS = ("meetings", "scheduling")
#: What writes and is no act of the machine.
LEFT_OUT = {
    "calls.mark": "notes on the organisers' own list that somebody was rung up",
    "change_asking.put": "is how `swapping.ask_others` and `improving.ask` put their questions",
    "paper.note_printing": "puts on record that something was printed",
    "tables.stands_of_zone": "makes tables as `make_tables` does; its own test has a zone",
    "publishing.in_a_request": "publishes a few at a time, as `publish` here",
}


class Everybody(People, House):
    """All acts of all."""


def run_machine(scene: Scene, *, examples: int, steps: int) -> type[Everybody]:
    """Let so many orders of so many steps happen; gives the machine, which counted what was done."""
    machine = type("EverybodyHere", (Everybody,), {"scene": scene, "done": Counter()})
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
    return machine


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("machine"))


def test_no_order_of_steps_breaks_a_promise(scene):
    """Each run draws others; tests/torture plays six hundred, twice as long."""
    run_machine(scene, examples=10, steps=30)


# ---- nothing is left out


def calls(node: ast.AST) -> set[str]:
    """Name what is called in a piece of code, or given to something that calls it."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def use_cases(path: Path) -> Iterator[str]:
    """Name the public functions of a module that begin a transaction, be it by a private one."""
    functions = {each.name: each for each in ast.parse(path.read_text()).body if isinstance(each, ast.FunctionDef)}
    writes: set[str] = {"transaction"}
    while more := {name for name, function in functions.items() if calls(function) & writes} - writes:
        writes |= more
    yield from (f"{path.stem}.{name}" for name in writes & functions.keys() if not name.startswith("_"))


def test_every_use_case_of_meetings_is_an_act_of_the_machine():
    root = Path(lsos.__file__).parent
    there = {case for room in ROOMS for path in sorted((root / room).glob("*.py")) for case in use_cases(path)}
    played = set()
    for module in (forum_people, forum_house):
        for each in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
                played.add(f"{each.value.id}.{each.attr}")
            elif isinstance(each, ast.ImportFrom) and each.module:
                played |= {f"{each.module.rpartition('.')[2]}.{one.name}" for one in each.names}
    missing = there - played - LEFT_OUT.keys()
    assert not missing, f"Let somebody do these in tests/meetings/forum_*.py, or say why nobody does: {sorted(missing)}"
    assert there >= LEFT_OUT.keys()
