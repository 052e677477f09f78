"""The package's own command line, on files as others would give them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest
from click.testing import CliRunner

from lsos.cli import main
from lsos.matchmaking.cli import matchmaking, stopped_by_hand
from tests.matchmaking.test_public_instances import load

outside = cache(load)

SMALL = {
    "format": "meeting-instance/1",
    "name": "small",
    "slots": 3,
    "days": [3],
    "tables": 1,
    "participants": [{"id": key, "cap": 2, "available": "111"} for key in range(4)],
    "pairs": [[0, 1, 5], [0, 2, 4], [1, 2, 3], [2, 3, 2]],
    "forbidden": [],
    "locked": [[1, 2, 0]],
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Work in an empty folder with one small instance."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.json").write_text(json.dumps(SMALL))
    return tmp_path


def run(*words):
    return CliRunner().invoke(matchmaking, words)


def lines(answer):
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_an_instance_is_solved_and_the_files_satisfy_both_checkers(place):
    told = lines(run("solve", "small.json", "--seconds", "0.5", "--out", "s.json", "--certificate", "c.json"))
    solution, certificate = (json.loads((place / name).read_text()) for name in ("s.json", "c.json"))

    assert told["objective"] == 12
    assert told["share"] == 1.0
    assert solution["format"] == "meeting-solution/1"
    assert outside("checker").check(SMALL, solution)["errors"] == []
    assert outside("checker").certified_bound(SMALL, certificate) == pytest.approx(told["bound"])
    judged = lines(run("check", "small.json", "s.json", "--certificate", "c.json"))
    assert (judged["objective"], judged["certified_bound"], judged["ratio"]) == (12, 12, 1)


def test_the_same_seed_gives_the_same_file(place):
    for name in ("one.json", "other.json"):
        lines(run("solve", "small.json", "--seconds", "0.5", "--seed", "3", "--out", name))

    assert (place / "one.json").read_bytes() == (place / "other.json").read_bytes()


def test_another_bonus_may_be_asked_for(place):
    plain = lines(run("solve", "small.json", "--seconds", "0.3", "--out", "s.json"))
    told = lines(run("solve", "small.json", "--seconds", "0.3", "--bonus", "40,20", "--out", "s.json"))

    assert told["objective"] > plain["objective"] + 100
    assert lines(run("check", "small.json", "s.json", "--bonus", "40,20"))["objective"] == told["objective"]


def test_the_dial_stands_for_a_bonus(place):
    told = lines(run("solve", "small.json", "--seconds", "0.3", "--dial", "1", "--out", "s.json"))

    assert told["bonus"] == [50, 40, 5]
    assert lines(run("check", "small.json", "s.json", "--dial", "1"))["objective"] == told["objective"]


def test_meetings_get_tables_that_the_checkers_accept(place):
    instance = SMALL | {"tables": [2, 1, 2]}
    (place / "small.json").write_text(json.dumps(instance))
    lines(run("solve", "small.json", "--seconds", "0.3", "--tables", "--out", "s.json"))
    solution = json.loads((place / "s.json").read_text())

    assert all(len(row) == 4 for row in solution["meetings"])
    assert outside("checker").check(instance, solution)["errors"] == []
    assert lines(run("check", "small.json", "s.json"))["table_changes"] is not None


def test_published_meetings_stay_and_the_moves_are_counted(place):
    (place / "old.json").write_text(json.dumps({"meetings": [[0, 1, 0], [0, 2, 1], [2, 3, 2]]}))
    words = ["--max-moves", "0", "--out", "new.json", "--certificate", "c.json"]
    told = lines(run("solve", "small.json", "--before", "old.json", *words))
    judged = lines(run("check", "small.json", "new.json", "--before", "old.json"))

    assert judged["moved"] == told["moved"] == 0
    assert judged["kept"] == told["kept"] == 1
    assert judged["cancelled"] == told["cancelled"]
    #: The bound is that of all schedules, so it says what keeping to the published ones costs.
    certificate = json.loads((place / "c.json").read_text())
    assert outside("checker").certified_bound(SMALL, certificate) == pytest.approx(told["bound"]) == pytest.approx(12)


def test_a_published_meeting_that_stays_keeps_its_table(place):
    (place / "small.json").write_text(json.dumps(SMALL | {"tables": 3, "locked": []}))
    old = [[0, 1, 0, 2], [2, 3, 0, 0], [0, 2, 1, 2]]
    (place / "old.json").write_text(json.dumps({"meetings": old}))
    lines(run("solve", "small.json", "--before", "old.json", "--tables", "--out", "new.json"))

    assert all(row in json.loads((place / "new.json").read_text())["meetings"] for row in old)


def test_a_solution_that_breaks_a_rule_ends_the_check_with_status_1(place):
    (place / "s.json").write_text(json.dumps({"meetings": [[0, 1, 0], [0, 1, 1], [1, 2, 0]]}))
    answer = run("check", "small.json", "s.json")

    assert answer.exit_code == 1
    assert "0 and 1 meet 2 times" in json.loads(answer.stdout)["errors"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["solve", "small.json", "--max-moves", "3"], "give them with --before"),
        (["solve", "nothing.json"], "does not exist"),
        (["solve", "wrong.json"], "wrong.json is not JSON"),
        (["solve", "odd.json"], "tables: -1 is no whole number from 0."),
        (["solve", "small.json", "--before", "wrong.json"], "wrong.json is not JSON"),
        (["solve", "small.json", "--before", "empty.json"], "meetings: it is missing."),
        (["solve", "small.json", "--bonus", "many"], "Write numbers by commas"),
        (["solve", "small.json", "--bonus", "1", "--dial", "1"], "give only one of the two"),
        (["solve", "small.json", "--dial", "2"], "is not in the range"),
        (["solve", "small.json", "--bonus", "1,2"], "bonus[1]: 2 is above the 1"),
        (["solve", "small.json", "--seconds", "0.1", "--out", "no/where.json"], "cannot be written"),
        (["solve", "never.json"], "1 and 2 may not meet; 1 and 2 have a locked meeting in slot 0."),
        (["check", "small.json", "small.json"], 'format: it is "meeting-instance/1", not "meeting-solution/1"'),
        (["check", "small.json", "s.json", "--certificate", "small.json"], "u: the certificate must have a list of 4"),
    ],
)
def test_wrong_input_ends_with_a_sentence_and_status_2(place, words, says):
    (place / "wrong.json").write_text("{")
    (place / "empty.json").write_text("{}")
    (place / "odd.json").write_text(json.dumps(SMALL | {"tables": -1}))
    (place / "never.json").write_text(json.dumps(SMALL | {"forbidden": [[1, 2]]}))
    (place / "s.json").write_text(json.dumps({"meetings": [[1, 2, 0]]}))
    answer = run(*words)

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.output


B2B = {
    "participants": 3,
    "tables": 1,
    "slots": 3,
    "morning_slots": 2,
    "meetings": [[1, 2], [1, 3]],
    "session": [3, 3],
    "forbidden": [[], [], []],
    "fixed": [2, 0],
    "before": [[], []],
}


def test_given_meetings_get_their_slots_file_by_file_and_a_wrong_file_does_not_stop_the_rest(place):
    (place / "in").mkdir()
    (place / "in" / "fine.json").write_text(json.dumps(B2B))
    (place / "in" / "narrow.json").write_text(json.dumps(B2B | {"forbidden": [[1, 2, 3], [], []]}))
    answer = run("b2b", "in", "--seconds", "1", "--out", "out")

    assert answer.exit_code == 0, answer.output
    assert json.loads((place / "out" / "fine.json").read_text()) in ([2, 1], [2, 3])
    assert "infeasible" in json.loads((place / "out" / "narrow.json").read_text())
    assert len(answer.stdout.splitlines()) == 2
    (place / "in" / "odd.json").write_text("[]")
    assert run("b2b", "in", "--seconds", "0.5", "--out", "out").exit_code == 2


def test_progress_is_told_on_stderr_alone(place):
    (place / "dense.json").write_text(json.dumps(outside("generator").generate("dense", 1, [400, 200, 100])))
    answer = run("solve", "dense.json", "--seconds", "2.5")

    assert json.loads(answer.stdout)["meetings"] > 100
    assert all(" of at most " in line and "breaks" in line for line in answer.stderr.splitlines())


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let an interrupt end the program, as in a terminal; what runs in the background is started deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_the_first_interrupt_ends_a_search_and_the_next_one_the_program():
    with stopped_by_hand() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_platform_offers_the_same_commands(place):
    answer = CliRunner().invoke(main, ["matchmaking", "solve", "small.json", "--seconds", "0.3"])

    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["objective"] == 12


@pytest.mark.parametrize("module", ["lsos", "lsos.matchmaking"])
def test_the_commands_bring_in_neither_pages_nor_database(place, module):
    words = ["matchmaking"] if module == "lsos" else []
    program = (
        "import runpy, sys\n"
        f"sys.argv = [{module!r}, *{words!r}, 'solve', 'small.json', '--seconds', '0.1']\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "print(sorted({'flask', 'sqlalchemy', 'lsos.app', 'lsos.db'} & sys.modules.keys()), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stderr.splitlines()[-1] == "[]"
