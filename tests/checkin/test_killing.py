"""The server is killed under a load of scans: a few times here, two hundred times by `make torture`."""

from pathlib import Path

import pytest
from flask import Flask

from tests.checkin import killing
from tests.databases import Database


@pytest.mark.each_database
def test_a_server_that_is_killed_loses_no_scan_that_it_acknowledged_and_counts_none_twice(
    app: Flask, database: Database, tmp_path: Path
):
    killing.run(app, database, tmp_path, kills=5, guests=30)
