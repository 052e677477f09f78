"""What was ticked on paper, brought by the command line."""

from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from lsos.checkin.models import Arrival, Scan
from lsos.cli import main
from lsos.db import db
from lsos.registration.rules import RegistrationState
from tests import make


def run(app: Flask, *words: object) -> str:
    return app.test_cli_runner().invoke(main, ["paper", "import", *map(str, words)]).output


def test_a_file_is_looked_at_and_taken_once(app: Flask, tmp_path: Path):
    event = make.event()
    make.point(event, code="main")
    ola = make.registration(event, make.person("Ola", "Wąs"))
    jan = make.registration(event, make.person("Jan", "Lis"), state=RegistrationState.WAITLISTED)
    file = tmp_path / "ticked.csv"
    file.write_text(f"code;time\n{ola.badge_code};9:05\n{jan.badge_code};\nNikt Taki;9:10\n")
    how = ("--day", make.FIRST_DAY.isoformat(), "--point", "main", "--time", "9:30")
    told = run(app, event.slug, file, *how, "--dry-run")
    assert "Line 4: Nobody at this event has this code or name: Nikt Taki" in told
    assert "2 of 3 lines are understood. Nothing was taken." in told
    for _ in range(2):
        told = run(app, event.slug, file, *how)
        assert "Line 3: Jan Lis: This guest is on the waiting list." in told
        assert "1 admitted, 1 refused" in told
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(Scan)) == 2
        assert db.session.scalars(select(Arrival.registration_id)).all() == [ola.id]
    assert "no such point" in run(app, event.slug, file, "--day", "2027-11-25", "--point", "cellar")
