"""What is due, deleted and proven by the command line."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from lsos.cli import main
from lsos.db import db
from lsos.registration.models import Registration
from tests import make


@pytest.mark.any_database
def test_a_dry_run_says_what_goes_a_run_deletes_it_and_the_proof_says_that_it_went(app: Flask):
    event = make.event(days=1, starts_on=datetime.now(UTC).date() - timedelta(days=20))
    make.registration(event, dietary_needs="no nuts")

    def run(*words: str) -> str:
        return app.test_cli_runner().invoke(main, ["privacy", *words]).output

    told = run("run", "--dry-run")
    assert f"{event.slug}: Food and accessibility: 1" in told
    assert "Nothing was deleted." in told
    assert "Entries deleted: 1. People erased: 0." in run("run")
    assert db.session.query(Registration).one().dietary_needs == ""
    assert "Nothing is due." in run("run", "--dry-run")
    proof = run("proof", event.slug)
    assert "Food and accessibility  14 days after the event  1" in proof
    assert "Every line is as it was written." in proof
