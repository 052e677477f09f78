"""What each page asks the database: as much for hundreds of people as for a dozen."""

from datetime import UTC, datetime

from flask import Flask

from lsos.db import db
from lsos.editions.demo import ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.meetings import matching
from lsos.paths import folder
from lsos.reporting import catalogue
from tests.conftest import Reader
from tests.counting import counting
from tests.pages import PAGES, demonstration, person_of

#: Some pages of a list; tests.benchmarks opens the pages of 1,200 people.
FEW, MANY = 12, 240
#: Seats that are taken, notices and lists that begin: a page with something on it asks a little more than an empty one.
ALLOWANCE = 3


def filled(people: int, now: datetime) -> Event:
    """Fill the edition with so many people, match them and publish their meetings."""
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
    catalogue.load()
    fill(event, people=people, seed=1, now=now)
    organiser = person_of(ORGANISER.address)
    matching.run_matching(event, by=organiser.id, now=now, seconds=1)
    matching.publish(event, by=organiser.id, now=now)
    return event


def asked(app: Flask, client: Reader, event: Event) -> dict[str, int]:
    """Count the statements of every page."""
    stage = demonstration(app, event)
    counts = {}
    for name, (who, _endpoint, _arguments) in PAGES.items():
        reader = app.test_client()
        assert isinstance(reader, Reader)
        if who:
            reader.sign_in(stage.people[who])
        address = stage.address(name, "en")
        with counting() as statements:
            answer = reader.get(address)
        assert answer.status_code == 200, address
        counts[name] = len(statements)
    return counts


def test_pages_ask_as_much_for_240_people_as_for_12(app: Flask, client: Reader):
    now = datetime.now(UTC)
    event = filled(FEW, now)
    few = asked(app, client, event)
    event = filled(MANY, now)
    db.session.expire_all()
    many = asked(app, client, event)
    grown = {name: (few[name], count) for name, count in many.items() if count > few[name] + ALLOWANCE}
    assert not grown, f"statements at {FEW} and at {MANY} people: {grown}"
