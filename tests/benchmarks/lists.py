"""Measure the organiser's list at 1,200 and 20,000 people, and an import: `python -m tests.benchmarks.lists`."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import select

from lsos.accounts.models import EmailAddress, Person
from lsos.app import create_app
from lsos.db import db, is_sqlite, transaction
from lsos.editions.bulk import add_rows, add_with_ids
from lsos.editions.demo import ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event, FocusArea
from lsos.organisations.models import Organisation
from lsos.paths import folder
from lsos.registration import import_words, import_writing, importing, queries
from lsos.registration.exporting import as_csv
from lsos.registration.import_reading import read
from lsos.registration.models import ParticipationType, Registration, RegistrationFocusArea
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from lsos.texts import search_key
from tests import make
from tests.benchmarks.measure import Figure, against, report
from tests.databases import postgresql, settings_for

FEW, MANY = 1200, 20_000
#: 20,000 answer in at most twice the time of 1,200.
BAR = 2.0
WARM_UP, TIMES = 3, 15
#: A file of 1,200 lines is written in so many seconds of the processor, whatever else the machine does meanwhile.
IMPORT_SECONDS = 5.0
GIVEN = ("Łukasz", "Anna", "Żaneta", "John", "Ángel", "Ewa", "Piotr", "Miłosz", "Zoë", "Ola")
FAMILY = ("Kowalski", "Nowak", "Wąs", "Smith", "Żak", "Ćwik", "Öztürk", "Lis", "Mróz", "Gil")
STATES = (RegistrationState.CONFIRMED,) * 8 + (RegistrationState.PENDING, RegistrationState.CANCELLED)
#: Somebody whom nobody else's name is like.
ALONE = ("Świętosława", "Brzęczyszczykiewicz")
#: Each shows as many people of 1,200 as of 20,000, since drawing a row takes as long as finding it.
QUESTIONS = {
    "list": "",
    "search that fills a page": "?q=lukasz",
    "search that finds one": "?q=swietoslawa+brzeczysz",
    "search that finds nobody": "?q=qqqq",
    "filter": "?state=confirmed&type=startup",
    "filter and search": "?state=confirmed&q=example.org+a",
    "sort": "?sort=-registered",
    "far page": "?page=20",
}
#: 50 found among many take longer than one among few, for they are drawn; this is shown, and held to nothing.
UNEVEN = {"search that finds 2 of 1,200 and 50 of 20,000": "?q=lukasz+kowal+1"}


def grown(event: Event, number: int) -> None:
    """Add invented people until the event has so many."""
    draw = random.Random(number)  # invented people need no secrets
    kinds = db.session.scalars(select(ParticipationType.id).where(ParticipationType.event_id == event.id)).all()
    areas = db.session.scalars(select(FocusArea.id).where(FocusArea.event_id == event.id)).all()
    organisations = db.session.scalars(select(Organisation.id)).all()
    there = sum(queries.counts_by_state(event.id).values())
    now = datetime.now(UTC)
    with transaction() as session:
        people, addresses = [], []
        for n in range(number - there):
            given, family = (GIVEN[n % 10], f"{FAMILY[n // 10 % 10]} {n}") if n else ALONE
            address = f"grown-{number}-{n}@example.org"
            addresses.append(address)
            key = search_key(family, given, address)
            people.append(
                {"given_name": given, "family_name": family, "search_key": key, "is_invented": True, "created_at": now}
            )
        ids = add_with_ids(session, Person, people)
        add_rows(
            session,
            EmailAddress,
            [{"person_id": one, "address": address} for one, address in zip(ids, addresses, strict=True)],
        )
        rows = [
            {
                "event_id": event.id,
                "person_id": one,
                "participation_type_id": draw.choice(kinds),
                "organisation_id": draw.choice(organisations),
                "state": draw.choice(STATES),
                "registered_at": now - timedelta(minutes=at),
            }
            for at, one in enumerate(ids)
        ]
        registered = add_with_ids(session, Registration, rows)
        add_rows(
            session,
            RegistrationFocusArea,
            [{"registration_id": one, "focus_area_id": draw.choice(areas)} for one in registered],
        )
        if not is_sqlite(session):
            for table in ("registration", "person", "search_line", "registration_focus_area"):
                session.connection().exec_driver_sql(f"ANALYZE {table}")


@dataclass(frozen=True)
class Stage:
    """One database with so many people in it, and an organiser who looks at them."""

    app: Flask
    client: FlaskClient
    slug: str
    area: str

    def look(self, question: str) -> float:
        """Give the milliseconds that one page takes; of the processor where the database works in this process too."""
        path = f"/en/events/{self.slug}/organise/people{question.format(area=self.area)}"
        clock = (
            time.process_time if self.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") else time.perf_counter
        )
        begin = clock()
        answer = self.client.get(path)
        taken = (clock() - begin) * 1000
        assert answer.status_code == 200, answer.location
        return taken


@contextmanager
def staged(url: str, place: Path, number: int) -> Iterator[Stage]:
    """Fill a database."""
    app = create_app(settings_for(url, place))
    with app.app_context():
        upgrade()
        now = datetime.now(UTC)
        event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
        fill(event, people=FEW // 2, seed=1, now=now)
        grown(event, number)
        boss = db.session.scalars(
            select(Person).join(EmailAddress).where(EmailAddress.address == ORGANISER.address)
        ).one()
        key, area = make.session_key(boss), db.session.scalars(select(FocusArea.code)).first()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = key
        yield_to = Stage(app, client, event.slug, str(area))
        db.session.remove()
    yield yield_to
    with app.app_context():
        db.engine.dispose()


def asked(few: Stage, many: Stage) -> dict[str, tuple[float, float]]:
    """Give the median time of each question at both, asked in turn, so that what else the machine does hits both."""
    times = {}
    for name, question in (QUESTIONS | UNEVEN).items():
        pairs = [(few.look(question), many.look(question)) for _ in range(WARM_UP + TIMES)][WARM_UP:]
        times[name] = (median(one for one, _other in pairs), median(other for _one, other in pairs))
    return times


def imported(event: Event) -> tuple[float, float]:
    """Give the seconds from a file of 1,200 lines to the last of them written: by the clock, and of the processor."""
    kind = db.session.scalars(
        select(ParticipationType.code).where(ParticipationType.event_id == event.id, ParticipationType.has_matchmaking)
    ).first()
    head = ["email", "given_name", "family_name", "organisation", "type", "job_title", "country"]
    lines = [
        [f"file-{n}@example.org", GIVEN[n % 10], FAMILY[n % 7], f"Organisation {n % 300}", kind, "Chemist", "PL"]
        for n in range(FEW)
    ]
    content = as_csv([head, *lines])
    begin, worked = time.perf_counter(), time.process_time()
    found = read("people.csv", content, import_words.heads_of(event))
    now = datetime.now(UTC)
    kept = importing.keep(event.id, "people.csv", found.lines, by=None, source="measured", now=now)
    while kept.done < FEW:
        kept = import_writing.write_next(event.id, kept.uid, release=nothing_else, now=now)
    assert kept.outcomes == {"new": FEW}, kept.outcomes
    return time.perf_counter() - begin, time.process_time() - worked


def measured(urls: tuple[str, str], place: Path, kind: str) -> list[Figure]:
    """Measure one kind of database."""
    with staged(urls[0], place, FEW) as few, staged(urls[1], place, MANY) as many:
        figures = [
            against(f"people, {name}: 20,000 beside 1,200 ({kind})", second, first, bar=inf if name in UNEVEN else BAR)
            for name, (first, second) in asked(few, many).items()
        ]
        with few.app.app_context():
            event = db.session.scalars(select(Event).where(Event.slug == few.slug)).one()
            seconds, worked = imported(event)
            db.session.remove()
    return [
        *figures,
        against(f"import of 1,200, by the clock ({kind})", seconds, 1.0, bar=inf, unit="s"),
        against(f"import of 1,200, of the processor ({kind})", worked, 1.0, bar=IMPORT_SECONDS, unit="s"),
    ]


def main() -> None:
    """Measure both kinds of database."""
    with tempfile.TemporaryDirectory(prefix="lsos-bench-") as name:
        place = Path(name)
        figures = measured((f"sqlite:///{place / 'few.db'}", f"sqlite:///{place / 'many.db'}"), place, "SQLite")
        with postgresql(place / "postgresql") as few, postgresql(place / "postgresql") as many:
            figures += measured((few, many), place, "PostgreSQL")
    report(figures)


if __name__ == "__main__":
    main()
