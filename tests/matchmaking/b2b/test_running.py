"""The command on published instances, judged by a checker that shares no code with it.

Instances and checker lie beside the project, in ../shared/data/b2bsp and ../shared/bench/b2bsp.
"""

import csv
import importlib.util
import json
import os
from pathlib import Path

import pytest

from lsos.matchmaking.b2b import exact
from lsos.matchmaking.b2b.running import run

SHARED = Path(__file__).parents[4] / "shared"
INSTANCES, CHECKER = SHARED / "data" / "b2bsp", SHARED / "bench" / "b2bsp" / "check.py"


@pytest.fixture(scope="module")
def judge():
    """Load the checker; without it the test does not run, but in CI it fails."""
    if not (INSTANCES.exists() and CHECKER.exists()):
        words = "../shared/data/b2bsp or its checker is not there, so the timetables were not judged from outside."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    spec = importlib.util.spec_from_file_location("b2bsp_check", CHECKER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.check


def answer_of(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["tic-12.original", "tic-13crafb.fixed020-Forb"])
def test_a_published_instance_is_solved_to_its_proven_optimum(judge, tmp_path, name):
    if not exact.library():
        pytest.skip("The extra `exact` is not installed.")
    path = INSTANCES / f"{name}.json"

    assert run([path], 5, tmp_path, print) == 0

    slots = answer_of(tmp_path / path.name)
    violations, left_out, breaks, _, gap = judge(answer_of(path), dict(enumerate(slots)))
    with (INSTANCES / "best_known.csv").open(encoding="utf-8") as file:
        optimum = {row["instance"]: row["breaks_proven_optimum"] for row in csv.DictReader(file)}[name]
    assert (violations, left_out, breaks) == ([], 0, int(optimum))
    assert gap <= 2


def test_a_published_instance_has_a_valid_timetable_without_the_optional_solver(judge, tmp_path, monkeypatch):
    monkeypatch.setattr(exact, "library", lambda: None)
    path = INSTANCES / "forum-13.original.json"

    assert run([path], 2, tmp_path, print) == 0

    slots = answer_of(tmp_path / path.name)
    violations, left_out, _, _, gap = judge(answer_of(path), dict(enumerate(slots)))
    assert (violations, left_out) == ([], 0)
    assert gap <= 2


def test_a_published_instance_without_a_timetable_is_named_with_its_reason(judge, tmp_path):
    path = INSTANCES / "tic-12.forb0003.json"

    assert run([path], 1, tmp_path, print) == 0

    assert answer_of(tmp_path / path.name) == {
        "infeasible": "8 meetings of participant 1 (1, 2, 3, 4, 5, 12, 47, 66) have only the slots 1, 2, 3, 5, 6, 7, "
        "8: participant 1 has no meeting in slot 4; participant 1 is in one meeting at a time.",
        "statements": [{"kind": "forbidden", "numbers": [1, 4]}, {"kind": "one_at_a_time", "numbers": [1]}],
    }


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "instances"
    place.mkdir()
    content = {
        "participants": 3,
        "tables": 1,
        "slots": 2,
        "morning_slots": 1,
        "meetings": [[1, 2], [1, 3]],
        "session": [3, 1],
        "forbidden": [[], [], []],
        "fixed": [0, 0],
        "before": [[], []],
    }
    (place / "good.json").write_text(json.dumps(content), encoding="utf-8")
    (place / "wrong.json").write_text(json.dumps(content | {"tables": None}), encoding="utf-8")
    (place / "note.txt").write_text("not an instance", encoding="utf-8")
    return place


def test_every_instance_of_a_folder_is_answered_and_a_wrong_file_does_not_stop_the_rest(folder, tmp_path):
    lines: list[str] = []

    failures = run([folder], 1, tmp_path / "new" / "answers", lines.append)

    assert failures == 1
    assert answer_of(tmp_path / "new" / "answers" / "good.json") == [2, 1]
    good, wrong = lines
    assert good.startswith("good  0 breaks (proven), 0 idle slots, fairness gap 0  ")
    assert wrong == f"{folder / 'wrong.json'}: tables: a whole number is needed, not None."


def test_an_instance_is_not_overwritten_by_its_answer(folder):
    before = (folder / "good.json").read_text(encoding="utf-8")
    lines: list[str] = []

    assert run([folder / "good.json"], 1, folder, lines.append) == 1

    assert (folder / "good.json").read_text(encoding="utf-8") == before
    assert "give another folder" in lines[0]


def test_two_instances_of_the_same_name_are_not_mixed_up(folder, tmp_path):
    lines: list[str] = []

    assert run([folder / "good.json", folder / "good.json"], 1, tmp_path / "answers", lines.append) == 1

    assert "another instance has the same name" in lines[1]


def test_a_file_that_is_not_there_is_said(tmp_path):
    lines: list[str] = []

    assert run([tmp_path / "nowhere.json"], 1, tmp_path / "answers", lines.append) == 1

    assert "nowhere.json" in lines[0]
