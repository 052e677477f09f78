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


# ---- nothing is left out, and nothing is refused always


def on_the_spot(forum):
    forum.the_day_comes(2, -3)
    forum.ask_on_the_spot(0, 3, None, then=True)
    forum.ask_on_the_spot(1, 3, None, then=False)
    forum.ask_on_the_spot(2, 2, None, then=None)
    forum.take_back_on_the_spot(-1, None)


def with_a_colleague(forum):
    forum.bring_a_colleague(2, None, None, comes=True)
    forum.bring_a_colleague(2, None, None, comes=False)
    forum.ask_organisation(4, 1, goes_on=True)
    forum.send_a_colleague(2, None, None)


def out_of_the_way(forum):
    forum.keep_free(2, {2, 3}, is_open=False)
    for number in range(4):
        forum.ask_others_to_move(number, None)
    forum.settle_a_change(0, says_yes=True)


def asked_in_vain(forum):
    forum.keep_free(2, {2, 3}, is_open=False)
    for number in range(4):
        forum.ask_others_to_move(number, None)
    forum.take_a_change_back(0, None)


def said_differently(forum):
    forum.the_day_comes(2, 0)
    forum.say_the_opposite(0)
    forum.settle(0, was_held=True)


#: What the machine seldom comes to by chance.
STORIES = (on_the_spot, with_a_colleague, out_of_the_way, asked_in_vain, said_differently)


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


def play_stories(scene: Scene) -> type[Everybody]:
    """Let each story happen; gives the machine, which counted what was done."""
    machine = type("EverybodyHere", (Everybody,), {"scene": scene, "done": Counter()})
    for story in STORIES:
        forum = machine()
        forum.begin()
        try:
            story(forum)
            forum.promises_hold()
        finally:
            forum.teardown()
    return machine


def test_what_seldom_comes_to_pass_breaks_no_promise_either(scene):
    done = play_stories(scene).done
    for act in (
        "accept on the spot", "decline on the spot", "take back on the spot", "bring a colleague", "send a colleague",
        "leave a colleague out", "hand on", "ask others to move", "answer a change", "take a change back", "settle",
    ):  # fmt: skip
        assert done[act], f"{act}: refused"


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
