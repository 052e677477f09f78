"""The server is killed at its work, again and again; nothing it acknowledged may be lost or counted twice."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import time as hour
from http.client import HTTPException
from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select

from lsos.checkin.models import Arrival, Scan
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.registration import import_running, import_writing, importing
from lsos.registration.import_reading import Line
from lsos.registration.list_models import RegistrationImport
from lsos.registration.models import Capacity, Registration
from lsos.registration.steps import nothing_else
from tests import make
from tests.benchmarks.server import START_SECONDS, Client, Server
from tests.checkin import killing
from tests.databases import SECRET, Database

pytestmark = pytest.mark.torture

KILLS = 25
GUESTS = 400
CLIENTS = 4
LINES = 1_200
IMPORT_KILLS = 3


@pytest.fixture
def server(app: Flask, database: Database, tmp_path: Path) -> Iterator[Server]:
    """Serve the test's database from a process of its own."""
    made = Server("lsos.app:create_app()", {"LSOS_DATABASE_URL": database.url, "LSOS_DATA_DIR": str(tmp_path)})
    made.start()
    yield made
    made.stop()


class Desk(threading.Thread):
    """A desk that scans until it is told to stop, and sends a scan again until it is acknowledged."""

    def __init__(self, server: Server, cookie: str, path: str, codes: list[str]) -> None:
        super().__init__(daemon=True)
        self.server, self.cookie, self.path, self.codes = server, cookie, path, codes
        self.acknowledged: dict[str, str] = {}
        self.ends = threading.Event()

    def run(self) -> None:
        for code in self.codes:
            uid = new_uid()
            while not self.ends.is_set():
                client = Client(self.server)
                try:
                    client.cookies["lsos"] = self.cookie
                    client.get(self.path)
                    if client.post(self.path, code=code, uid=uid) in {200, 302, 303}:
                        self.acknowledged[uid] = code
                        break
                except (OSError, HTTPException):
                    time.sleep(0.05)  # the server is dead or half started: try again, with the same uid
                finally:
                    client.connection.close()


def test_no_acknowledged_scan_is_lost_and_none_counts_twice(app: Flask, server: Server):
    event = make.event(starts_on=datetime.now(UTC).date(), days=3, doors_open=hour(0), doors_close=hour(23, 59))
    make.point(event, code="main")
    staff = make.staff(Role.DOOR, event)
    codes = [make.registration(event).badge_code for _ in range(GUESTS)]
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = str(signer.dumps({"_user_id": make.session_key(staff), "_fresh": True}))
    #: Every badge is scanned at two desks.
    desks = [Desk(server, cookie, f"/en/events/{event.slug}/door/main", codes[n % 2 :: 2]) for n in range(CLIENTS)]
    for desk in desks:
        desk.start()
    chance = random.Random(1)  # only has to differ from kill to kill
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 1.0))
        server.kill()
        server.start()
    for desk in desks:
        desk.join(180)
        desk.ends.set()

    acknowledged = {uid: code for desk in desks for uid, code in desk.acknowledged.items()}
    assert len(acknowledged) == GUESTS * CLIENTS // 2
    db.session.rollback()
    stored = {scan.uid: scan.code for scan in db.session.scalars(select(Scan))}
    assert stored.items() >= acknowledged.items()
    assert len(stored) == db.session.scalar(select(func.count()).select_from(Scan))
    assert db.session.scalar(select(func.count()).select_from(Arrival)) == GUESTS


def test_an_import_whose_worker_is_killed_again_and_again_is_whole_in_the_end(
    app: Flask, database: Database, tmp_path: Path
):
    event = make.event(starts_on=datetime.now(UTC).date())
    kind = make.participation_type(event, seats=LINES)
    lines = [
        Line(n, {"email": f"p{n}@example.org", "given_name": f"P{n}", "family_name": "Z pliku", "type": kind.code})
        for n in range(2, LINES + 2)
    ]
    kept = importing.keep(event.id, "people.csv", lines, by=None, now=make.BEFORE)
    import_writing.write_next(event.id, kept.uid, release=nothing_else, now=make.BEFORE, lines=1)
    uid, event_id = kept.uid, event.id
    db.session.remove()
    environment = os.environ | {
        "LSOS_SECRET_KEY": SECRET,
        "LSOS_DATABASE_URL": database.url,
        "LSOS_DATA_DIR": str(tmp_path),
    }
    done: list[int] = []
    chance = random.Random(2)  # only has to differ from kill to kill
    while len(done) < IMPORT_KILLS and (not done or done[-1] < LINES):
        worker = subprocess.Popen([sys.executable, "-m", "lsos", "worker"], env=environment)
        before, until = done[-1] if done else 1, time.monotonic() + START_SECONDS
        while _done(uid) == before and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.5))
        worker.kill()
        worker.wait()
        done.append(_done(uid))
        assert done[-1] == db.session.scalar(select(func.count()).select_from(Registration))
        db.session.rollback()
    assert 1 < done[0] < LINES, "the worker was not killed in the middle"
    while import_running.go_on(lambda _by: nothing_else, now=make.BEFORE):
        pass
    kept = db.session.scalars(select(RegistrationImport)).one()
    assert (kept.event_id, kept.done, kept.outcomes, kept.refused) == (event_id, LINES, {"new": LINES}, [])
    assert db.session.scalar(select(func.count(Registration.person_id.distinct()))) == LINES
    assert db.session.scalars(select(Capacity.taken)).one() == LINES


def _done(uid: str) -> int:
    db.session.rollback()
    return db.session.scalars(select(RegistrationImport.done).where(RegistrationImport.uid == uid)).one()


@pytest.mark.each_database
def test_two_hundred_kills_lose_no_scan_of_desks_and_phones_and_count_none_twice(
    app: Flask, database: Database, tmp_path: Path
):
    killing.run(app, database, tmp_path, kills=200, guests=400)
