"""The list of an event as a file, and back, by the command line."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from lsos.cli import main
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.models import Registration
from tests import make


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(main, ["registrations", *map(str, words)])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_goes_out_and_comes_back(app: Flask, event: Event, tmp_path: Path, kind: str):
    make.registration(event, make.person("Łukasz", "Żak"))
    file = tmp_path / f"people.{kind}"
    assert "1 people" in run(app, "export", event.slug, file, "--language", "en").output
    assert "0 new, 0 changed, 1 unchanged, 0 refused." in run(app, "import", event.slug, file).output


def test_bad_lines_are_named_and_the_good_ones_written(app: Flask, event: Event, tmp_path: Path):
    kind = make.participation_type(event)
    file = tmp_path / "people.csv"
    file.write_text(f"email,given_name,type,colour\na@example.org,A,{kind.code},red\nbad,B,{kind.code},blue\n")
    told = run(app, "import", event.slug, file, "--dry-run").output
    assert "The column colour means nothing here" in told
    assert "Line 3: “bad” is not an e-mail address." in told
    assert "1 new, 0 changed, 0 unchanged, 1 refused. Nothing was written." in told
    assert db.session.scalars(select(Registration)).all() == []
    assert "1 new, 0 changed, 0 unchanged, 1 refused." in run(app, "import", event.slug, file).output
    assert [one.person.email for one in db.session.scalars(select(Registration))] == ["a@example.org"]
