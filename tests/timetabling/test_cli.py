import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lsos.cli import PLACES
from lsos.timetabling.cli import timetable
from lsos.timetabling.file_format import ProblemFile
from lsos.timetabling.problem import Kind, Weights

FILE: dict[str, Any] = {
    "format": "timetable/1",
    "grid": 5,
    "room_buffer": 5,
    "rooms": [
        {"id": "hall", "open": [["2026-10-14T13:00", "2026-10-14T17:00"]], "capacity": 300, "equipment": ["stage"]},
        {"id": "studio", "open": [["2026-10-14T13:00", "2026-10-14T15:00"]], "capacity": 40},
    ],
    "breaks": [{"start": "2026-10-14T14:30", "end": "2026-10-14T15:00"}],
    "sessions": [
        {
            "id": "opening",
            "minutes": 30,
            "equipment": ["stage"],
            "place": {"room": "hall", "start": "2026-10-14T13:00"},
            "locked": True,
        },
        {"id": "cells", "minutes": 45, "track": "biotech", "people": ["anna"], "audience": 120},
        {
            "id": "genes",
            "minutes": 45,
            "track": "biotech",
            "released": {"room": "hall", "start": "2026-10-14T16:00"},
        },
        {"id": "pitch", "minutes": 60, "people": ["anna"], "audience": 30},
        {"id": "long", "minutes": 300},
    ],
    "away": {"anna": [["2026-10-14T13:00", "2026-10-14T13:15"]]},
    "wishes": [{"sessions": ["cells", "pitch"], "people": 12}],
    "severities": {"room_too_small": "forbid"},
    "weights": {"moved": 30, "warn_conflict": 4},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Work in a folder with the file, with some of it changed."""
    monkeypatch.chdir(tmp_path)

    def go(*words: str, **more: object):
        (tmp_path / "file.json").write_text(json.dumps(FILE | more))
        return CliRunner().invoke(timetable, words)

    return go


def test_a_programme_is_built_from_a_file_and_found_right(run, tmp_path):
    built = run("build", "file.json", "--seconds", "0.1", "--out", "out.json")
    told = json.loads(built.stdout.splitlines()[-1])
    answer = json.loads((tmp_path / "out.json").read_text())

    assert built.exit_code == 0
    assert "long: No room that suits it is open for 300 minutes" in built.stdout
    assert (told["places"], told["unplaced"], told["moved"]) == (4, 1, 0)
    assert answer["places"]["genes"] == {"room": "hall", "start": "2026-10-14T16:00"}
    assert answer["unplaced"]["long"]["why"] == "too_long"
    assert run("check", "file.json", "out.json").exit_code == 0


def test_only_what_has_no_place_is_placed_when_asked(run, tmp_path):
    sessions = [each | ({"place": each["released"]} if "released" in each else {}) for each in FILE["sessions"]]
    run("build", "file.json", "--fill", "--seconds", "0", "--out", "out.json", sessions=sessions)

    assert json.loads((tmp_path / "out.json").read_text())["changed"] == ["cells", "pitch"]


def test_what_is_forbidden_is_named_line_by_line(run, tmp_path):
    places = {
        "opening": {"room": "hall", "start": "2026-10-14T13:00"},
        "cells": {"room": "hall", "start": "2026-10-14T13:10"},
    }
    (tmp_path / "own.json").write_text(json.dumps({"places": places}))
    judged = run("check", "file.json", "own.json")

    assert judged.exit_code == 1
    assert "opening and cells are in hall at the same time." in judged.stdout
    assert json.loads(judged.stdout.splitlines()[-1]) == {"places": 2, "conflicts": 2, "forbidden": 2}


def test_moments_with_an_offset_come_back_in_utc(run, tmp_path):
    run(
        "build",
        "file.json",
        "--out",
        "out.json",
        rooms=[{"id": "hall", "open": [["2026-10-14T13:00+02:00", "2026-10-14T14:00+02:00"]]}],
        sessions=[{"id": "one", "minutes": 60}],
        breaks=[],
        away={},
        wishes=[],
    )

    assert json.loads((tmp_path / "out.json").read_text())["places"]["one"]["start"] == "2026-10-14T11:00Z"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"format": "timetable/9"}, "timetable/9"),
        ({"sessions": [{"id": "x", "minuten": 5}]}, "sessions.0"),
        ({"sessions": [{"id": "x", "minutes": 5}, {"id": "x", "minutes": 5}]}, "same key"),
        ({"rooms": [{"id": "hall", "open": [["2026-10-14T13:00", "2026-10-14T12:00"]]}]}, "before it starts"),
        ({"away": {"anna": [["2026-10-14T13:00Z", "2026-10-14T14:00Z"]]}}, "offset"),
        ({"away": {"anna": [["2026-10-14T13:00:01", "2026-10-14T14:00"]]}}, "whole minute"),
        ({"severities": {"nonsense": "warn"}}, "no kind of conflict"),
        ({"severities": {"break": "perhaps"}}, "severities.break"),
        ({"weights": {"nonsense": 1}}, "no weight"),
        ({"weights": {"moved": -1}}, "0 or more"),
        ({"wishes": [{"sessions": ["cells", "nothing"]}]}, "not there"),
        ({"rooms": [{"id": "hall", "open": [["0001-10-14T13:00", "2026-10-14T12:00"]]}]}, "two months"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_sentence(run, more, words):
    refused = run("build", "file.json", **more)

    assert refused.exit_code == 2
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "not a JSON object"),
        ("{}", "no readable places"),
        ('{"places": {"cells": {"room": "cellar", "start": "2026-10-14T13:00"}}}', "cellar"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(run, tmp_path, text, words):
    (tmp_path / "own.json").write_text(text)
    refused = run("check", "file.json", "own.json")

    assert refused.exit_code == 2
    assert words in refused.stderr


def test_the_documented_file_can_be_built_and_all_kinds_and_weights_are_documented(run, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "timetabling.md").read_text()
    (tmp_path / "documented.json").write_text(page.split("```json")[1].split("```")[0])
    built = run("build", "documented.json", "--seconds", "0.1")

    assert json.loads(built.stdout.splitlines()[-1])["places"] == 4
    names = [*(kind.name.lower() for kind in Kind), *(each.name for each in fields(Weights)), *ProblemFile.model_fields]
    assert [name for name in names if f"`{name}`" not in page and name not in {"severities", "name"}] == []


def test_the_command_is_one_of_the_platforms():
    assert PLACES["timetable"] == "lsos.timetabling.cli:timetable"
