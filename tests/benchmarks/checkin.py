"""Check-ins a second at 1, 8 and 32 clients beside the least that writes one row: `python -m tests.benchmarks.checkin`.

A paired phone scans, and somebody signed in at a desk does. The bar of the phone: at least half the floor's check-ins
a second, at each number of clients; the desk, whose page also looks up a session, its person's roles and the event, is
measured beside it. All run the same settings on the same database, by turns, so that what else the machine does meets
each of them.
"""

import argparse
import http.client
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade

from lsos.app import create_app
from lsos.db import db, new_uid
from lsos.events.rules import Role
from lsos.web.scanner import COOKIE
from tests import make
from tests.benchmarks.floor_insert import TABLE
from tests.benchmarks.measure import Figure, at_least, report
from tests.benchmarks.server import Client, Server
from tests.checkin.killing import at_noon, paired
from tests.databases import postgresql, settings_for

CLIENTS = (1, 8, 32)
BAR = 0.5
GUESTS = 600
#: Each turn lasts so long; the turns of both alternate.
SECONDS, TURNS = 1.0, 7


@dataclass(frozen=True)
class Pace:
    """How fast something was: acts a second, and milliseconds until the answer."""

    a_second: float
    p50: float
    p99: float


Act = Callable[[http.client.HTTPConnection, str], None]


def pace(port: int, act: Act, codes: Sequence[str], clients: int) -> list[float]:
    """Let so many clients act for a while, each on a connection of its own; gives how long each act took."""
    taken: list[list[float]] = [[] for _ in range(clients)]
    end = time.perf_counter() + SECONDS

    def go(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        number = place
        while (begin := time.perf_counter()) < end:
            act(connection, codes[number % len(codes)])
            taken[place].append(time.perf_counter() - begin)
            number += clients
        connection.close()

    threads = [threading.Thread(target=go, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for some in taken for one in some]


def summed(turns: Sequence[list[float]]) -> Pace:
    """Put the turns of one together."""
    acts = sorted(one for turn in turns for one in turn)
    p99 = acts[min(len(acts) - 1, round(len(acts) * 0.99))]
    return Pace(len(acts) / (SECONDS * len(turns)), statistics.median(acts) * 1000, p99 * 1000)


def posting(path: str, headers: dict[str, str], form: dict[str, str]) -> Act:
    """Send a form with a code and an id of its own, and want it taken."""

    def act(connection: http.client.HTTPConnection, code: str) -> None:
        body = urlencode(form | {"code": code, "uid": new_uid()})
        connection.request("POST", path, body, headers | {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")

    return act


def phoning(token: str) -> Act:
    """Send a scan as a paired phone does that hears of every answer before it sends the next."""
    headers = {"Cookie": f"{COOKIE}={token}", "Content-Type": "application/json"}

    def act(connection: http.client.HTTPConnection, code: str) -> None:
        now = round(time.time() * 1000)
        one = {"uid": new_uid(), "point": "main", "kind": "door", "code": code, "at": now, "direction": "entry"}
        sent = {"now": now, "waiting": 0, "snapshot_at": None, "walk_ins": [], "replies": [], "scans": [one]}
        connection.request("POST", "/en/d/scans.json", json.dumps(sent | {"count_at": ""}), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a scan was answered {answer.status}")

    return act


@contextmanager
def servers(app: Flask, url: str, place: Path) -> Iterator[tuple[Server, Server, str]]:
    """Serve the application and the floor beside each other; with them, a session of door staff."""
    environment = {"LSOS_DATABASE_URL": url, "LSOS_DATA_DIR": str(place)}
    desk, floor = (
        Server(f"tests.benchmarks.{name}()", environment) for name in ("server:served", "floor_insert:floored")
    )
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = str(signer.dumps({"_user_id": make.session_key(make.staff(Role.DOOR)), "_fresh": True}))
    db.session.remove()
    desk.start()
    floor.start()
    try:
        yield desk, floor, cookie
    finally:
        desk.stop()
        floor.stop()


def measure(url: str, place: Path, name: str) -> list[Figure]:
    """Measure both on one database."""
    app = create_app(settings_for(url, place))
    with app.app_context():
        upgrade()
        TABLE.create(db.engine)
        event = at_noon()
        make.point(event, code="main")
        codes = [make.registration(event).badge_code for _ in range(GUESTS)]
        phone = paired(event, "Phone", make.person().id)
        path = f"/en/events/{event.slug}/door/main"
        with servers(app, url, place) as (desk, floor, cookie):
            client = Client(desk)
            client.cookies["lsos"] = cookie
            if client.get(path) != 200:
                raise RuntimeError("the desk does not open")
            token = client.token
            said = "; ".join(f"{key}={morsel.value}" for key, morsel in client.cookies.items())
            headers = {"Cookie": said, "Accept": "application/json", "Referer": f"http://127.0.0.1:{desk.port}{path}"}
            acts = {
                "phone": (desk.port, phoning(phone)),
                "desk": (desk.port, posting(path, headers, {"csrf_token": token})),
                "floor": (floor.port, posting("/", {}, {})),
            }
            return [figure for clients in CLIENTS for figure in _beside(acts, codes, clients, name)]


def _beside(acts: Mapping[str, tuple[int, Act]], codes: Sequence[str], clients: int, name: str) -> list[Figure]:
    taken: dict[str, list[list[float]]] = {who: [] for who in acts}
    for _ in range(TURNS + 1):
        for who, (port, act) in acts.items():
            taken[who].append(pace(port, act, codes, clients))
    #: The first turns warm up.
    paces = {who: summed(turns[1:]) for who, turns in taken.items()}
    for who, one in paces.items():
        print(
            f"{name:11}{clients:3} clients {who:6}{one.a_second:7.1f}/s, p50 {one.p50:7.1f} ms, p99 {one.p99:7.1f} ms"
        )
    floor = paces["floor"].a_second
    what = f"{clients} clients, {name}"
    return [
        at_least(f"scans of phones a second, {what}", paces["phone"].a_second, floor, bar=BAR, unit="1/s"),
        at_least(f"scans of a desk a second, {what}", paces["desk"].a_second, floor, bar=0, unit="1/s"),
    ]


def main() -> None:
    """Measure on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", choices=("sqlite", "postgresql"), help="one of them only")
    chosen = parser.parse_args().db
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if chosen != "postgresql":
            figures += measure(f"sqlite:///{place / 'lsos.db'}", place, "SQLite")
        if chosen != "sqlite":
            with postgresql(place / "pg") as url:
                figures += measure(url, place, "PostgreSQL")
    report(figures)


if __name__ == "__main__":
    main()
