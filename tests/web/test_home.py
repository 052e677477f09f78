"""The first page: what comes, what was, and nothing that is not public."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lsos.events.rules import EventKind, EventStatus
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

TODAY = datetime.now(UTC).date()


def named(polish: str, english: str, **more: Any):
    return make.event(name=Bilingual(polish, english), **more)


def test_coming_and_past_events_are_told_apart(client: Reader):
    named("Śniadanie w maju", "May breakfast", starts_on=TODAY + timedelta(days=9), kind=EventKind.BREAKFAST, days=1)
    named("Szkolenie", "Old training", starts_on=TODAY - timedelta(days=90), kind=EventKind.TRAINING, days=1)
    page = client.get("/en/").text

    assert (
        page.index("Coming up")
        < page.index("Cluster breakfast")
        < page.index("Past events")
        < page.index("Old training")
    )


def test_an_event_that_is_on_today_still_comes_first(client: Reader):
    named("Forum", "Forum of today", starts_on=TODAY - timedelta(days=1))
    page = client.get("/en/").text
    assert "On now: see the event" in page
    assert "Past events" not in page


def test_drafts_and_cancelled_events_are_not_announced(client: Reader):
    soon = TODAY + timedelta(days=5)
    named("Szkic", "Secret draft", starts_on=soon, status=EventStatus.DRAFT)
    named("Odwołane", "Called off", starts_on=soon, status=EventStatus.CANCELLED)
    page = client.get("/en/").text

    assert "Secret draft" not in page
    assert "Called off" not in page
    assert "No event is announced at the moment" in page


def test_names_are_read_in_the_language_of_the_page(client: Reader):
    named("Forum zdrowia", "Health forum", starts_on=TODAY + timedelta(days=5))
    assert "Forum zdrowia" in client.get("/pl/").text
    assert "Health forum" in client.get("/en/").text


def test_many_events_cost_as_many_questions_as_one(client: Reader):
    named("A", "A", starts_on=TODAY + timedelta(days=3))
    with counting() as few:
        client.get("/en/")
    for day in range(20):
        named("B", "B", starts_on=TODAY + timedelta(days=day))
    with counting() as many:
        client.get("/en/")
    assert len(many) == len(few)
