"""Measure the organiser's list at 1,200 and 20,000 people, and an import: `python -m tests.benchmarks.lists`."""

import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
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
from lsos.registration.service import nothing_else
from lsos.texts import search_key
from tests.benchmarks.measure import Figure, against, median_ms, report
from tests.databases import postgresql, settings_for

FEW, MANY = 1200, 20_000
#: 20,000 answer in at most twice the time of 1,200.
BAR = 2.0
#: A file of 1,200 lines is written in so many seconds.
IMPORT_SECONDS = 15.0
GIVEN = ("Łukasz", "Anna", "Żaneta", "John", "Ángel", "Ewa", "Piotr", "Miłosz", "Zoë", "Ola")
FAMILY = ("Kowalski", "Nowak", "Wąs", "Smith", "Żak", "Ćwik", "Öztürk", "Lis", "Mróz", "Gil")
STATES = (RegistrationState.CONFIRMED,) * 8 + (RegistrationState.PENDING, RegistrationState.CANCELLED)
QUESTIONS = {
    "list": "",
    "search": "?q=lukasz+kowal+1",
    "search that finds nobody": "?q=qqqq",
    "filter": "?state=pending&type=startup&area={area}",
    "sort": "?sort=-registered",
    "far page": "?page=20",
}


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
            given, family = draw.choice(GIVEN), f"{draw.choice(FAMILY)} {n}"
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
                "registered_at": now,
            }
            for one in ids
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


def asked(app: Flask, event: Event) -> dict[str, float]:
    """Give the median time of each question to the list, over the whole application."""
    boss = db.session.scalars(select(Person).join(EmailAddress).where(EmailAddress.address == ORGANISER.address)).one()
    area = db.session.scalars(select(FocusArea.code).where(FocusArea.event_id == event.id)).first()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{boss.id}.{boss.session_epoch}"
        cookie["by_password"] = True
    path = f"/en/events/{event.slug}/organise/people"
    times = {}
    for name, question in QUESTIONS.items():

        def look(query: str = question.format(area=area)) -> None:
            answer = client.get(f"{path}{query}")
            assert answer.status_code == 200, answer.location

        times[name] = median_ms(look, times=15, warm_up=3)
    return times


def imported(event: Event) -> float:
    """Give the seconds from a file of 1,200 lines to the last of them written."""
    kind = db.session.scalars(
        select(ParticipationType.code).where(ParticipationType.event_id == event.id, ParticipationType.has_matchmaking)
    ).first()
    head = ["email", "given_name", "family_name", "organisation", "type", "job_title", "country"]
    lines = [
        [f"file-{n}@example.org", GIVEN[n % 10], FAMILY[n % 7], f"Organisation {n % 300}", kind, "Chemist", "PL"]
        for n in range(FEW)
    ]
    content = as_csv([head, *lines])
    begin = time.perf_counter()
    found = read("people.csv", content, import_words.heads_of(event))
    now = datetime.now(UTC)
    kept = importing.keep(event.id, "people.csv", found.lines, by=None, source="measured", now=now)
    while kept.done < FEW:
        kept = import_writing.write_next(event.id, kept.uid, release=nothing_else, now=now)
    assert kept.outcomes == {"new": FEW}, kept.outcomes
    return time.perf_counter() - begin


def measured(url: str, place: Path, kind: str) -> list[Figure]:
    """Measure one database."""
    app = create_app(settings_for(url, place))
    with app.app_context():
        upgrade()
        now = datetime.now(UTC)
        event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
        fill(event, people=FEW, seed=1, now=now)
        grown(event, FEW)
        few = asked(app, event)
        seconds = imported(event)
        grown(event, MANY)
        many = asked(app, event)
        db.session.remove()
        db.engine.dispose()
    figures = [
        against(f"people, {name}: 20,000 beside 1,200 ({kind})", many[name], few[name], bar=BAR) for name in QUESTIONS
    ]
    return [
        *figures,
        against(f"import of 1,200 ({kind})", seconds, 1.0, bar=IMPORT_SECONDS, unit="s"),
    ]


def main() -> None:
    """Measure both databases."""
    with tempfile.TemporaryDirectory(prefix="lsos-bench-") as name:
        place = Path(name)
        figures = measured(f"sqlite:///{place / 'lsos.db'}", place, "SQLite")
        with postgresql(place / "postgresql") as url:
            figures += measured(url, place, "PostgreSQL")
    report(figures)


if __name__ == "__main__":
    main()
