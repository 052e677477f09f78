"""The commands on files of programmes: what they print, what they write, and the sentence they end with."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lsos.cli import main
from lsos.schedule_files.files import read
from tests.schedule_files.programmes import CAMP, FOSDEM, real
from tests.schedule_files.test_reading import event, xml


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with one small programme, in which two sessions are in one room at once and one is broken."""
    monkeypatch.chdir(tmp_path)
    events = event(persons="<person>Ewa</person>") + event(title="Second", track="Bio") + event(title="No", start="")
    (tmp_path / "forum.xml").write_bytes(xml(events))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["programme", *words])


def test_look_says_what_a_file_holds_and_what_is_wrong(place: Path):
    told = run("look", "forum.xml", "--zone", "Europe/Warsaw")

    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "Forum: 2026-05-01 09:00 to 2026-05-01 09:45, Europe/Warsaw",
        "     2  sessions",
        "     1  days",
        "     1  rooms",
        "     1  tracks",
        "     1  people",
        "3 findings, 1 session left out.",
        "  Times say no offset from UTC. They are read as times in Europe/Warsaw.",
        "  Line 14: the session No is left out. Its date is missing.",
        "  Opening and Second are in the room Aula at the same time, 2026-05-01 09:00.",
    ]


@pytest.mark.parametrize("ending", ["xml", "json", "csv", "ics"])
def test_convert_writes_by_the_ending_and_tells_what_is_left_out(place: Path, ending: str):
    told = run("convert", "forum.xml", f"out.{ending}", "--zone", "Europe/Warsaw")

    assert told.exit_code == 0
    assert told.stdout.startswith(f"out.{ending}: 2 sessions, ")
    assert "the session No is left out" in told.stderr
    assert "`lsos programme look forum.xml` names all of it." in told.stderr
    if ending != "ics":
        assert len(read((place / f"out.{ending}").read_bytes()).programme.sessions) == 2


def test_a_calendar_names_the_organiser_it_is_given(place: Path):
    run("convert", "forum.xml", "out", "--format", "ics", "--organiser", "forum@example.org")

    assert b"mailto:forum@example.org" in (place / "out").read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["look", "none.xml"], "File 'none.xml' does not exist."),
        (["look", "empty.xml"], "empty.xml: The file is empty."),
        (["look", "forum.xml", "--zone", "Mars"], "There is no time zone Mars. Write one such as Europe/Warsaw."),
        (["convert", "forum.xml", "out.pdf"], "out.pdf should end in .xml or .json or .csv or .ics, or --format says"),
        (["convert", "forum.xml", "forum.xml"], "Choose another file than the one that is read."),
        (["convert", "forum.xml", "no/folder.xml"], "Could not open file 'no/folder.xml'"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence(place: Path, words: list[str], sentence: str):
    (place / "empty.xml").write_bytes(b"")
    told = run(*words)

    assert told.exit_code in {1, 2}
    assert sentence in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize(("name", "sessions"), [(FOSDEM, 513), (CAMP, 79)])
def test_a_real_programme_is_looked_at(name: str, sessions: int):
    told = run("look", str(real(name)), "--zone", "Europe/Brussels")

    assert told.exit_code == 0
    assert f"{sessions:6}  sessions" in told.output


def test_the_commands_bring_in_neither_flask_nor_a_database():
    code = (
        "import sys; from lsos.cli import main; main(['programme', 'look', '--help'], standalone_mode=False);"
        "assert not {'flask', 'sqlalchemy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
