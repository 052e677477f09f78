"""The applications to a zone as a file, by the command line."""

import csv
from pathlib import Path

from flask import Flask

from lsos.cli import main
from tests import make
from tests.zone import given


def test_applications_go_out_and_no_spreadsheet_runs_them(app: Flask, tmp_path: Path):
    event = make.event()
    kind = given.kind(event)
    given.call(event, kind)
    one, _draft = given.application(event, kind), given.register(event, kind)
    given.in_transaction(one, website="=HYPERLINK(1)")
    file = tmp_path / "zone.csv"
    words = ["zone", "export", event.slug, str(file), "--language", "en", "--state", "sent"]
    told = app.test_cli_runner().invoke(main, words).output
    assert told == f"1 applications to startup-scaleup of {event.slug} are in {file}.\n"
    head, row = csv.reader(file.read_text("utf-8-sig").splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["Company"], found["TRL"], found["Website"]) == (one.name, "6", "'=HYPERLINK(1)")
    assert found["One line in Polish"] == "Czujnik, który słucha serca"
