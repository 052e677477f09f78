"""Reading and writing JSON: what is wrong is told with its field and place."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from lsos.matchmaking.checking import check
from lsos.matchmaking.days import DayWeights, DayWish, Half
from lsos.matchmaking.exchange_format import WrongFile, meetings_of, problem_of, read_json, solution_document
from lsos.matchmaking.problem import Limit, Problem
from lsos.matchmaking.scheduling import solve

INSTANCE: dict[str, Any] = {
    "format": "meeting-instance/1",
    "name": "small",
    "slots": 4,
    "days": [2, 2],
    "tables": [1, 2, 0, 1],
    "bonus": [40, 20],
    "participants": [
        {"id": 0, "role": "startup", "cap": 2, "available": "1101"},
        {"id": 1, "role": "guest", "cap": 1, "available": "0111"},
        {"id": 2, "role": "guest", "cap": 3, "available": "0000"},
    ],
    "pairs": [[0, 1, 10], [0, 2, 2.5], [1, 2, 1]],
    "forbidden": [[1, 2]],
    "locked": [[0, 1, 3]],
}
FURTHER = {
    "musts": [[0, 2]],
    "musts_are_hard": True,
    "limits": [{"person": 0, "most": 1, "slots": [0, 1], "partners": [1]}, {"person": 1, "most": 2}],
    "alternatives": [[[0, 1], [0, 2]]],
    "without_table": [[0, 1]],
    "participants": [
        INSTANCE["participants"][0] | {"wish": {"compact": True, "half": "morning", "lunch": [1, 2]}},
        INSTANCE["participants"][1] | {"wish": {"most_in_a_row": 2, "no_waiting": True}},
        INSTANCE["participants"][2],
    ],
    "day_weights": {"breaks": 3, "no_lunch": 0.5},
    "mornings": [1, 2],
    "leeway": 0.01,
}


def test_an_instance_is_read():
    problem = problem_of(INSTANCE)

    assert problem == Problem(
        slots=4,
        tables=[1, 2, 0, 1],
        available={0: frozenset({0, 1, 3}), 1: frozenset({1, 2, 3}), 2: frozenset()},
        pairs={(0, 1): 10, (0, 2): 2.5, (1, 2): 1},
        caps={0: 2, 1: 1, 2: 3},
        locked=((0, 1, 3),),
        first_meeting_bonus=(40, 20),
        days=(2, 2),
        forbidden=frozenset({(1, 2)}),
    )


def test_an_instance_may_say_more_than_the_plain_format():
    problem = problem_of(INSTANCE | FURTHER)

    assert problem.musts == {(0, 2)}
    assert problem.musts_are_hard
    assert problem.limits == (Limit(0, 1, frozenset({0, 1}), frozenset({1})), Limit(1, 2))
    assert problem.alternatives == (frozenset({(0, 1), (0, 2)}),)
    assert problem.without_table == {(0, 1)}
    assert problem.wishes == {
        0: DayWish(compact=True, half=Half.MORNING, lunch=frozenset({1, 2})),
        1: DayWish(most_in_a_row=2, no_waiting=True),
    }
    assert problem.day_weights == DayWeights(breaks=3, no_lunch=0.5)
    assert problem.mornings == (1, 2)
    assert problem.leeway == 0.01


def test_one_number_of_tables_is_that_of_every_slot_and_another_bonus_may_be_asked_for():
    problem = problem_of(INSTANCE | {"tables": 5}, bonus=[3, 1])

    assert problem.tables == [5, 5, 5, 5]
    assert problem.first_meeting_bonus == (3, 1)


def test_only_what_is_needed_must_be_there():
    least = {name: INSTANCE[name] for name in ("slots", "tables", "participants", "pairs")}

    assert problem_of(least).days == (4,)
    assert problem_of({"slots": 0, "tables": 3, "participants": [], "pairs": []}).available == {}


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (["format"], "meeting-instance/2", r'format: it is "meeting-instance/2", not "meeting-instance/1"'),
        (["slots"], None, "slots: null is no whole number from 0"),
        (["slots"], 10**12, "slots: 1000000000000 is more than 10000"),
        (["slots"], True, "slots: true is no whole number"),
        (["days"], [2, 3], "days: they have 5 slots together, but slots is 4"),
        (["days"], 4, "days: it is no list"),
        (["tables"], [1, 2, 3], "tables: there are 3 numbers for 4 slots"),
        (["tables"], -1, "tables: -1 is no whole number"),
        (["tables", 2], 1.5, r"tables\[2\]: 1.5 is no whole number"),
        (["bonus"], [20, 40], r"bonus\[1\]: 40 is above the 20 of the meeting before"),
        (["bonus"], ["much"], "bonus: .* is no list of numbers"),
        (["participants"], {}, "participants: it is no list"),
        (["participants", 1], 7, r"participants\[1\]: it is no JSON object"),
        (["participants", 1, "id"], 2, r"participants\[1\].id: 2 is not the person's place in the list, 1"),
        (["participants", 1, "cap"], -2, r"participants\[1\].cap: -2 is no whole number"),
        (["participants", 0, "available"], "110", r'participants\[0\].available: "110" is no string of 4 zeros and'),
        (["participants", 0, "available"], "11x1", r"participants\[0\].available"),
        (["pairs", 1], [0, 9, 1], r"pairs\[1\]: 9 is not one of the people 0 to 2"),
        (["pairs", 1], [1, 0, 1], r"pairs\[1\]: 1, 0 must be two people, the smaller number first"),
        (["pairs", 1], [0, 1, 1], r"pairs\[1\]: 0 and 1 are in pairs\[0\] already"),
        (["pairs", 1], [0, 2], r"pairs\[1\]: \[0, 2\] is no list of 3 numbers"),
        (["pairs", 1], [0, 2, 0], r"pairs\[1\]: the value 0 is no number above 0"),
        (["pairs", 1], [0, 2, float("nan")], r"pairs\[1\]: the value NaN is no number above 0"),
        (["forbidden", 0], [1, 7], r"forbidden\[0\]: 7 is not one of the people"),
        (["locked", 0], [0, 1, 4], r"locked\[0\]: 4 is not one of the slots 0 to 3"),
        (["pairs"], [[0, 2, 1]], r"locked\[0\]: 0 and 1 are none of the pairs"),
        (["musts"], [[0, 1, 2]], r"musts\[0\]: \[0, 1, 2\] is no list of 2 numbers"),
        (["musts_are_hard"], 1, "musts_are_hard: 1 is neither true nor false"),
        (["limits", 0, "most"], None, r"limits\[0\].most: null is no whole number"),
        (["limits", 0, "slots"], [9], r"limits\[0\].slots\[0\]: 9 is not one of the slots 0 to 3"),
        (["limits", 0, "partners"], 3, r"limits\[0\].partners: it is no list"),
        (["limits", 0], 3, r"limits\[0\]: it is no JSON object"),
        (["alternatives", 0, 1], [1, 1], r"alternatives\[0\]\[1\]: 1, 1 must be two people"),
        (["without_table"], "all", "without_table: it is no list"),
        (["participants", 0, "wish"], 1, r"participants\[0\].wish: it is no JSON object"),
        (["participants", 0, "wish", "half"], "noon", r'wish.half: "noon" is neither "morning" nor "afternoon"'),
        (["participants", 1, "wish", "most_in_a_row"], 0, r"participants\[1\].wish.most_in_a_row: it is below 1"),
        (["participants", 0, "wish", "lunch"], [4], r"wish.lunch\[0\]: 4 is not one of the slots"),
        (["participants", 0, "wish", "compact"], 1, "wish.compact: 1 is neither true nor false"),
        (["day_weights"], [1], "day_weights: it is no JSON object"),
        (["day_weights", "breaks"], -1, "day_weights.breaks: -1 is no number from 0"),
        (["leeway"], 1, "leeway: 1 is no number from 0 to below 1"),
        (["mornings"], [1], "mornings: they must be as many as the days"),
        (["mornings"], [1, 3], "mornings: .* none longer than its day"),
    ],
)
def test_what_is_wrong_is_told_with_field_and_place(place, value, words):
    document = deepcopy(INSTANCE | FURTHER)
    at: Any = document
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value

    with pytest.raises(WrongFile, match=words):
        problem_of(document)


@pytest.mark.parametrize("field", ["slots", "tables", "participants", "pairs"])
def test_a_missing_field_is_named(field):
    with pytest.raises(WrongFile, match=f"^{field}: it is missing"):
        problem_of({name: value for name, value in INSTANCE.items() if name != field})


def test_a_solution_is_read_back_as_it_was_written_with_and_without_tables():
    problem = problem_of(INSTANCE)
    meetings = ((0, 1, 3), (0, 2, 1))

    bare = solution_document("small", meetings)
    seated = solution_document("small", meetings, tables={(0, 1, 3): 0, (0, 2, 1): 1})

    assert seated["meetings"] == [[0, 1, 3, 0], [0, 2, 1, 1]]
    for document in (bare, seated):
        assert meetings_of(json.loads(json.dumps(document)), problem) == meetings


@pytest.mark.parametrize(
    ("meetings", "words"),
    [
        ([[0, 1]], r"meetings\[0\]: \[0, 1\] is no list of 3 or 4 numbers"),
        ([[0, 1, 2], [0, 1, 3]], r"meetings\[1\]: 0 and 1 are in meetings\[0\] already"),
        ([[0, 1, 4]], r"meetings\[0\]: 4 is not one of the slots"),
        ([[0, 1, 1, -1]], r"meetings\[0\], its table: -1 is no whole number"),
    ],
)
def test_a_wrong_solution_is_told_with_its_place(meetings, words):
    with pytest.raises(WrongFile, match=words):
        meetings_of({"meetings": meetings}, problem_of(INSTANCE))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"slots": 4,\n "days": }', "is not JSON: .* in line 2, column 10"),
        (b"[1, 2]", "holds no JSON object"),
        (b"\xff\xfe\x00", "is not"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_json_object_is_told(tmp_path, content, words):
    file = tmp_path / "wrong.json"
    file.write_bytes(content)

    with pytest.raises(WrongFile, match=words):
        read_json(file)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WrongFile, match=r"nothing\.json cannot be read: No such file or directory"):
        read_json(tmp_path / "nothing.json")


def test_the_example_of_the_documentation_is_what_it_says():
    text = (Path(__file__).parents[2] / "docs" / "instance-format.md").read_text(encoding="utf-8")
    instance = json.loads(text.partition("```json\n")[2].partition("```")[0])
    meetings = json.loads("{" + text.partition("For the example: `")[2].partition("`")[0] + "}")
    verdict = check(instance, meetings)

    assert verdict["errors"] == []
    assert verdict["objective"] == solve(problem_of(instance)).bound == 28
