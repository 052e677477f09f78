"""What the pages of meetings ask the database at 1,200 people, and with dozens of requests, as at 12."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.editions.demo import ORGANISER, VISITOR, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.meetings.models import MeetingRequest
from lsos.meetings.queries import taking_part
from lsos.paths import folder
from lsos.registration.models import Registration
from lsos.scheduling import matching
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.pages import person_of

FEW, MANY = 12, 1200
#: So many ask the one who looks at their inbox, beside whoever did already.
ASK = 60
#: Modules of pages, and whether an organiser looks at them. The call list is not among them: it weighs all who owe an
#: answer, whose profiles come 500 at a time; tests/web/test_queries.py bounds it below that.
MODULES = {
    "board": True,
    "delegates": False,
    "market": False,
    "matches": False,
    "matching": True,
    "matching_improving": True,
    "matching_runs": True,
    "meeting_desk": True,
    "myday": False,
    "places": True,
    "requests": False,
    "results": False,
    "walk_ups": False,
    "wishes": False,
}
#: The inbox, suggestions, the grid, and the board of the day.
AT_LEAST = {"requests.index", "matches.index", "matching.schedule", "meeting_desk.index"}
#: A page with something on it asks a little more than an empty one.
ALLOWANCE = 3


def filled(people: int, now: datetime) -> Event:
    """Fill the edition with so many people, its first day today, and draft a schedule."""
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
    fill(event, people=people, seed=1, now=now)
    matching.run_matching(event, by=None, now=now, seconds=1)
    return event


def ask_the_attendee(event: Event, now: datetime) -> None:
    """Let dozens ask the attendee for a meeting."""
    me = db.session.scalars(
        select(Registration).where(
            Registration.event_id == event.id, Registration.person_id == person_of(VISITOR.address).id
        )
    ).one()
    known = {
        each
        for low, high in db.session.execute(select(MeetingRequest.low_id, MeetingRequest.high_id))
        if me.id in {low, high}
        for each in (low, high)
    }
    others = [one for one in taking_part(event.id) if one not in known | {me.id}]
    for one in others[:ASK]:
        make.meeting_request(db.session.get_one(Registration, one), me, asked_at=now, expires_at=event_ends(event))


def event_ends(event: Event) -> datetime:
    """Say until when a request to the attendee is open, whatever the time of day."""
    return datetime(event.ends_on.year, event.ends_on.month, event.ends_on.day, 23, tzinfo=UTC)


def asked(app: Flask, event: Event) -> dict[str, int]:
    """Count the statements of each page that wants no more than the event."""
    counts = {}
    for rule in app.url_map.iter_rules():
        module = rule.endpoint.partition(".")[0]
        if "GET" not in (rule.methods or set()) or rule.arguments - {"lang"} != {"slug"} or module not in MODULES:
            continue
        reader = app.test_client()
        assert isinstance(reader, Reader)
        reader.sign_in(person_of((ORGANISER if MODULES[module] else VISITOR).address))
        address = app.url_map.bind("127.0.0.1").build(rule.endpoint, {"lang": "en", "slug": event.slug})
        with counting() as statements:
            answer = reader.get(address)
        assert answer.status_code in {200, 302, 303}, (address, answer.status_code)
        counts[rule.endpoint] = len(statements)
    return counts


@pytest.mark.any_database  # what is asked does not hang on who answers
def test_inbox_suggestions_grid_and_board_ask_as_much_for_1200_people_as_for_12(app: Flask, client: Reader):
    now = datetime.now(UTC)
    few = asked(app, filled(FEW, now))
    event = filled(MANY, now)
    ask_the_attendee(event, now)
    db.session.expire_all()
    many = asked(app, event)
    assert many.keys() >= AT_LEAST
    grown = {name: (few[name], count) for name, count in many.items() if count > few[name] + ALLOWANCE}
    assert not grown, f"statements at {FEW} and at {MANY} people: {grown}"
