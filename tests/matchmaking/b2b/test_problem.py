import json

import pytest

from lsos.matchmaking.b2b.problem import Measures, Session, breaks_in, measures, objections, read
from tests.matchmaking.b2b.instances import problem

INSTANCE = {
    "participants": 3,
    "tables": 2,
    "slots": 4,
    "morning_slots": 2,
    "meetings": [[1, 2], [1, 3]],
    "session": [1, 3],
    "forbidden": [[], [2], []],
    "fixed": [0, 4],
    "before": [[], [1]],
}


@pytest.fixture
def file(tmp_path):
    def write(**changed):
        path = tmp_path / "instance.json"
        path.write_text(json.dumps(INSTANCE | changed), encoding="utf-8")
        return path

    return write


def test_an_instance_is_read_as_it_is_published(file):
    found = read(file())

    assert found.meetings == ((1, 2), (1, 3))
    assert found.sessions == (Session.MORNING, Session.ANY)
    assert found.possible == [0, 0b00010, 0b10000]
    assert found.order == [(1, 2)]


def test_what_is_said_of_meetings_that_are_declared_but_not_listed_is_passed_over(file):
    found = read(file(declared_meetings=3, session=[1, 3, 3], fixed=[0, 4, 0], before=[[], [1, 3], []]))

    assert found == read(file())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tables": "two"}, "tables: a whole number is needed, not 'two'"),
        ({"tables": True}, "tables: a whole number is needed"),
        ({"slots": -1}, "slots: a number of at least 0 is needed, not -1"),
        ({"morning_slots": 5}, "morning_slots: a number from 0 to 4 is needed, not 5"),
        ({"meetings": [[1, 2], [1, 4]]}, "meetings, entry 2: a number from 1 to 3 is needed, not 4"),
        ({"meetings": [[1, 2], [3, 3]]}, "meetings, entry 2: participant 3 cannot meet themselves"),
        ({"meetings": [[1, 2, 3], [1, 2]]}, "meetings, entry 1: two participants are needed, not 3"),
        ({"meetings": 7}, "meetings: a list is needed, not 7"),
        ({"meetings": [7, [1, 2]]}, "meetings, entry 1: a list is needed, not 7"),
        ({"session": [1]}, "sessions has 1 entries where 2 are needed"),
        ({"session": [1, 4]}, "session, entry 2: a number from 1 to 3 is needed, not 4"),
        ({"forbidden": [[], []]}, "forbidden has 2 entries where 3 are needed"),
        ({"forbidden": [[], [5], []]}, "forbidden, entry 2: a number from 1 to 4 is needed, not 5"),
        ({"fixed": [0, 9]}, "fixed: a number from 0 to 4 is needed, not 9"),
        ({"before": [[], [3]]}, "before, entry 2: a number from 1 to 2 is needed, not 3"),
    ],
)
def test_a_wrong_field_is_named_together_with_its_file(file, changed, words):
    path = file(**changed)

    with pytest.raises(ValueError, match=r"instance\.json: ") as error:
        read(path)
    assert words in str(error.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", '{"participants": 3}', "\ufeff{}", "null"])
def test_a_file_that_is_no_instance_is_named(tmp_path, text):
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"wrong\.json: "):
        read(path)


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "wrong.json"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ValueError, match=r"wrong\.json: "):
        read(path)


@pytest.mark.parametrize(("busy", "breaks"), [(0, 0), (0b1110, 0), (0b10010, 1), (0b10101010, 3), (0b11001101, 2)])
def test_a_break_is_a_group_of_idle_slots_between_two_meetings(busy, breaks):
    assert breaks_in(busy) == breaks


def test_a_timetable_is_measured():
    asked = problem([(1, 2), (1, 3), (1, 4)], slots=6, participants=5)

    assert measures(asked, [1, 4, 6]) == Measures(left_out=0, breaks=2, idle=3, gap=2)
    assert measures(asked, [1, 0, 2]) == Measures(left_out=1, breaks=0, idle=0, gap=0)


def test_every_broken_rule_is_said():
    asked = problem([(1, 2), (1, 3), (2, 3)], tables=1, forbidden={3: [4]}, before={1: [3]})

    assert list(objections(asked, [1, 1, 4])) == [
        "Meeting 3 may not be in slot 4.",
        "Participant 1 has 2 meetings in slot 1.",
        "Slot 1 has 2 meetings for 1 tables.",
        "Meeting 3 is not before meeting 1.",
    ]
    assert list(objections(asked, [2, 3, 1])) == []
    assert list(objections(asked, [0, 3, 0])) == []


def test_a_timetable_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 entries for 1 meetings"):
        list(objections(problem([(1, 2)]), [1, 2]))
