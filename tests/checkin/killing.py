"""A server of scans that is killed at random, while desks and phones scan on and send again what was not answered."""

import http.client
import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from http.client import HTTPException
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select, text

from lsos.checkin import devices
from lsos.checkin.devices import DeviceWish
from lsos.checkin.models import Arrival, Scan
from lsos.checkin.rules import ScanResult
from lsos.db import db, new_uid
from lsos.events.models import Event
from lsos.events.rules import Role
from tests import make
from tests.benchmarks.server import Client, Server
from tests.databases import Database

#: Clocks of phones are off by as much.
DRIFTS = (timedelta(hours=3), timedelta(hours=-3))
BATCH = 5
#: Whoever is not answered within this time after the last kill never is.
PATIENCE = 120


def at_noon(**more: object) -> Event:
    """Make an event where it is about noon now, so that no midnight passes under the test."""
    now = datetime.now(UTC)
    zone = f"Etc/GMT{now.hour - 12:+d}"
    first = now.astimezone(ZoneInfo(zone)).date()
    return make.event(starts_on=first, days=2, timezone=zone, doors_open=hour(0), doors_close=hour(23, 59), **more)


class _Sender(ABC, threading.Thread):
    """Scans until it is told to stop; what is not answered is sent again under the same ids."""

    def __init__(self, server: Server, codes: Sequence[str], seed: int) -> None:
        super().__init__(daemon=True)
        self.server, self.codes, self.chance = server, codes, random.Random(seed)
        self.acknowledged: dict[str, str] = {}
        self.ends, self.gives_up = threading.Event(), threading.Event()
        self.again = 0

    def run(self) -> None:
        while not self.ends.is_set():
            scans = {new_uid(): self.chance.choice(self.codes) for _ in range(self.size)}
            while not self.gives_up.is_set():
                try:
                    if not self.send(scans):
                        raise ConnectionError
                except (OSError, HTTPException, ValueError):
                    #: The server is dead or half started.
                    self.again += 1
                    time.sleep(0.02)
                    continue
                self.acknowledged |= scans
                if self.chance.random() < 0.8:
                    break
                #: As where the answer was lost on the way: all of it is sent once more.

    size = 1

    @abstractmethod
    def send(self, scans: dict[str, str]) -> bool:
        """Send scans by their ids; true once the server has acknowledged all of them."""


class Desk(_Sender):
    """A desk in a browser: one badge after another."""

    def __init__(self, server: Server, codes: Sequence[str], seed: int, *, cookie: str, path: str) -> None:
        super().__init__(server, codes, seed)
        self.cookie, self.path = cookie, path

    def send(self, scans: dict[str, str]) -> bool:
        client = Client(self.server)
        try:
            client.cookies["lsos"] = self.cookie
            client.get(self.path)
            [(uid, code)] = scans.items()
            return client.post(self.path, code=code, uid=uid) in {200, 302, 303}
        finally:
            client.connection.close()


class Phone(_Sender):
    """A phone that sends what it kept, so many at a time, by a clock that is hours off."""

    size = BATCH

    def __init__(
        self, server: Server, codes: Sequence[str], seed: int, *, token: str, point: str, drift: timedelta
    ) -> None:
        super().__init__(server, codes, seed)
        self.token, self.point, self.drift = token, point, drift

    def send(self, scans: dict[str, str]) -> bool:
        now = round((datetime.now(UTC) + self.drift).timestamp() * 1000)
        kept = [
            {"uid": uid, "point": self.point, "code": code, "at": now - 1_000 * place}
            for place, (uid, code) in enumerate(scans.items())
        ]
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            headers = {"Content-Type": "application/json", "Cookie": f"lsos_device={self.token}"}
            connection.request("POST", "/en/d/scans.json", json.dumps({"now": now, "scans": kept}), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            return answer.status == 200 and {each["uid"] for each in said["answers"]} == set(scans)
        finally:
            connection.close()


def run(app: Flask, database: Database, place: Path, *, kills: int, guests: int, seed: int = 1) -> None:
    """Kill the server so many times under a load of scans, and look what is left."""
    environment = {"LSOS_DATABASE_URL": database.url, "LSOS_DATA_DIR": str(place)}
    server = Server("lsos.app:create_app()", environment, threads=4, workers=2, is_preloaded=True)
    event = at_noon()
    codes = [make.registration(event).badge_code for _ in range(guests)]
    points = [make.point(event, code=code).code for code in ("a", "b")]
    staff = make.staff(Role.DOOR, event)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = str(signer.dumps({"_user_id": make.session_key(staff), "_fresh": True}))
    tokens = [paired(event, f"Phone {n}", staff.id) for n in range(len(DRIFTS))]
    senders: list[_Sender] = [
        *(
            Desk(server, codes, n, cookie=cookie, path=f"/en/events/{event.slug}/door/{point}")
            for n, point in enumerate(points)
        ),
        *(
            Phone(server, codes, 10 + n, token=token, point=points[n], drift=DRIFTS[n])
            for n, token in enumerate(tokens)
        ),
    ]
    db.session.remove()
    server.start()
    try:
        for sender in senders:
            sender.start()
        _kill(database, server, kills, random.Random(seed))
        for sender in senders:
            sender.ends.set()
        for sender in senders:
            sender.join(PATIENCE)
            sender.gives_up.set()
    finally:
        #: What was acknowledged is there also where the end is a power cut.
        server.kill()
    _look(senders)


def paired(event: Event, name: str, by: int) -> str:
    """Make a device that chooses its point, pair it, and give its secret."""
    now = datetime.now(UTC)
    device = devices.save_device(event, None, DeviceWish(name, None, may_choose_point=True), actor_id=by, now=now)
    return devices.pair(devices.offer_code(event, device.uid, actor_id=by, now=now), now=now)[1]


def _kill(database: Database, server: Server, kills: int, chance: random.Random) -> None:
    """Kill one of the processes each time; every fortieth time the whole server, and on PostgreSQL its connections."""
    for number in range(1, kills + 1):
        time.sleep(chance.uniform(0.05, 0.5))
        if number % 40 == 0 or number == kills:
            server.kill()
            server.start()
        elif number % 5 == 0 and database.url.startswith("postgresql"):
            db.session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            db.session.remove()
        else:
            server.kill_worker(chance)


def _look(senders: Sequence[_Sender]) -> None:
    """Want all that was acknowledged there, once, and of each guest one arrival, by the scan that says so."""
    acknowledged = {uid: code for sender in senders for uid, code in sender.acknowledged.items()}
    assert not any(sender.is_alive() for sender in senders), "somebody was never answered"
    assert all(sender.acknowledged for sender in senders)
    assert any(sender.again for sender in senders), "no kill met anybody"
    db.session.rollback()
    rows = db.session.execute(
        select(Scan.uid, Scan.code, Scan.result, Scan.id, Scan.earlier_id).order_by(Scan.id)
    ).all()
    assert {row.uid: row.code for row in rows} == acknowledged
    assert len(rows) == len(acknowledged)
    admitted = {row.code: row.id for row in rows if row.result is ScanResult.ADMITTED}
    assert Counter(row.code for row in rows if row.result is ScanResult.ADMITTED) == Counter(set(acknowledged.values()))
    assert all(row.earlier_id == admitted[row.code] for row in rows if row.result is ScanResult.AGAIN)
    assert {row.result for row in rows} <= {ScanResult.ADMITTED, ScanResult.AGAIN}
    assert db.session.scalar(select(func.count()).select_from(Arrival)) == len(admitted)
