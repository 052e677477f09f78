"""Measure what people wait for, and write it down: `make bench`."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_migrate import upgrade
from sqlalchemy import func, select

from lsos.accounts.models import EmailAddress, Person
from lsos.app import create_app
from lsos.db import db, new_uid, transaction
from lsos.editions.demo import ORGANISER, VISITOR, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.meetings import changing, direct
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_rules import ChangeState
from lsos.meetings.direct_rules import MeetingMode
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.places import common_places
from lsos.meetings.queries import taking_part
from lsos.meetings.rules import MeetingState, RequestState
from lsos.paths import folder
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.reporting import catalogue
from lsos.scheduling import matching
from tests import make
from tests.benchmarks.measure import Figure, against, median_ms, median_of_each_ms, report
from tests.benchmarks.server import Client, Server, serving
from tests.databases import settings_for

PEOPLE = 1200
SCANS = 60
BOOKINGS = 30
#: How many times the bare endpoint's time each may take; set before the first measurement, which some do not meet.
BARS = {
    "edition page": 25.0,
    "programme page": 60.0,
    "participant list of 1,200": 60.0,
    "my day": 60.0,
    "one check-in": 40.0,
    "one booking": 120.0,
    "one time booked at once": 120.0,
    "one agreed change": 120.0,
}


@contextmanager
def staged(place: Path) -> Iterator[tuple[Flask, Event]]:
    """Fill the edition with 1,200 invented people, matched, its doors open all day."""
    app = create_app(settings_for(f"sqlite:///{place / 'lsos.db'}", place))
    now = datetime.now(UTC)
    with app.app_context():
        upgrade()
        event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
        catalogue.load()
        fill(event, people=PEOPLE, seed=1, now=now)
        matching.run_matching(event, by=None, now=now)
        matching.discard(event, by=None)
        with transaction() as session:
            event = session.get_one(Event, event.id)
            event.doors_open, event.doors_close = time(0), time(23, 59)
        yield app, event


def reader(app: Flask, server: Server, person: Person) -> Client:
    """Open a browser in which a person is signed in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    client = Client(server)
    client.cookies["lsos"] = str(signer.dumps({"_user_id": make.session_key(person), "_fresh": True}))
    return client


def person_of(address: str) -> Person:
    """Find whom an address belongs to."""
    return db.session.scalars(select(Person).join(EmailAddress).where(EmailAddress.address == address)).one()


def page(client: Client, path: str) -> float:
    """Give the median time of a page."""

    def look() -> None:
        status = client.get(path)
        assert status == 200, f"{path} answered {status}"

    return median_ms(look)


def one_check_in(app: Flask, server: Server, event: Event) -> float:
    """Give the median time from sending a badge's code to the answer on the screen."""
    client = reader(app, server, person_of(ORGANISER.address))
    desk = f"/en/events/{event.slug}/door/main"
    assert client.get(desk) == 200
    codes = db.session.scalars(
        select(Registration.badge_code)
        .where(Registration.event_id == event.id, Registration.state == RegistrationState.CONFIRMED)
        .order_by(Registration.id.desc())
        .limit(SCANS)
    ).all()

    def scan(code: str) -> Callable[[], None]:
        def act() -> None:
            status = client.post(desk, code=code, uid=new_uid())
            assert status in {200, 302, 303}, f"scanning answered {status}"

        return act

    return median_of_each_ms([scan(code) for code in codes])


def one_booking(app: Flask, server: Server, event: Event) -> float:
    """Give the median time from a yes to a time and a table, with both mails written."""
    wishes = db.session.scalars(
        select(MeetingRequest)
        .where(
            MeetingRequest.event_id == event.id,
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > datetime.now(UTC),
        )
        .limit(BOOKINGS)
    ).all()
    assert len(wishes) > 10, "the demonstration has too few open requests to measure booking"
    inbox = f"/en/events/{event.slug}/meetings/"

    def acts() -> Iterator[Callable[[], None]]:
        for wish in wishes:
            client = reader(app, server, wish.addressee.person)
            assert client.get(inbox) == 200

            def accept(client: Client = client, path: str = f"{inbox}requests/{wish.uid}/answer") -> None:
                status = client.post(path, answer="accept")
                assert status == 302, f"accepting answered {status}"

            yield accept

    return median_of_each_ms(acts())


def one_time_booked(app: Flask, server: Server, event: Event) -> float:
    """Give the median time from choosing a time on somebody's page to the meeting, with both mails written."""
    direct.set_mode(event.id, MeetingMode.NOW, by=person_of(ORGANISER.address).id)
    people = [db.session.get_one(Registration, who) for who in taking_part(event.id)]

    def acts() -> Iterator[Callable[[], None]]:
        found = 0
        for me, other in zip(people[::2], people[1::2], strict=False):
            client = reader(app, server, me.person)
            path = f"/en/events/{event.slug}/people/{other.uid}"
            offered = client.get(path) == 200 and re.search(r'name="starts_at" value="([^"]+)"', client.body)
            if not offered:
                continue

            def book(client: Client = client, path: str = f"{path}/times", at: str = offered[1]) -> None:
                status = client.post(path, starts_at=at)
                assert status == 302, f"booking a time answered {status}"

            yield book
            found += 1
            if found == BOOKINGS:
                return
        raise AssertionError("the demonstration has too few people with time for one another")

    return median_of_each_ms(acts())


def one_agreed_change(app: Flask, server: Server, event: Event) -> float:
    """Give the median time from the last yes to a meeting at its new time, with both mails written."""
    now = datetime.now(UTC)
    meetings = db.session.scalars(
        select(Meeting)
        .where(Meeting.event_id == event.id, Meeting.state == MeetingState.SCHEDULED, Meeting.starts_at > now)
        .order_by(Meeting.id)
    ).all()

    def acts() -> Iterator[Callable[[], None]]:
        found = 0
        for meeting in meetings:
            #: The server has written meanwhile.
            db.session.rollback()
            free = common_places(event.id, meeting.first_id, meeting.second_id, now=now)
            if not free:
                continue
            change = changing.propose(meeting.uid, free[0].slot.starts_at, by=meeting.first_id, now=now)
            client = reader(app, server, meeting.second.person)
            assert client.get(f"/en/events/{event.slug}/meetings/") == 200

            def agree(
                client: Client = client, path: str = f"/en/events/{event.slug}/meeting-changes/{change.uid}/answer"
            ) -> None:
                status = client.post(path, answer="yes")
                assert status == 302, f"agreeing to a change answered {status}"

            yield agree
            found += 1
            if found == BOOKINGS:
                break
        db.session.rollback()
        done = select(func.count()).where(MeetingChange.event_id == event.id, MeetingChange.state == ChangeState.DONE)
        assert db.session.scalar(done) == BOOKINGS, "not every change was made"

    return median_of_each_ms(acts())


def main() -> None:
    """Measure everything beside the floor, in one run, with the same server settings."""
    with tempfile.TemporaryDirectory(prefix="lsos-bench-") as name:
        place = Path(name)
        with staged(place) as (app, event):
            environment = {"LSOS_DATABASE_URL": f"sqlite:///{place / 'lsos.db'}", "LSOS_DATA_DIR": name}
            with (
                serving("tests.benchmarks.floor:app") as bare,
                serving("tests.benchmarks.server:served()", environment) as server,
            ):
                bare_client, visitor = Client(bare), Client(server)
                organiser = reader(app, server, person_of(ORGANISER.address))
                attendee = reader(app, server, person_of(VISITOR.address))
                root = f"/en/events/{event.slug}"
                measures: dict[str, Callable[[], float]] = {
                    "edition page": lambda: page(visitor, f"{root}/"),
                    "programme page": lambda: page(visitor, f"{root}/programme"),
                    "participant list of 1,200": lambda: page(organiser, f"{root}/organise/people"),
                    "my day": lambda: page(attendee, f"{root}/me/"),
                    "one check-in": lambda: one_check_in(app, server, event),
                    "one booking": lambda: one_booking(app, server, event),
                    "one time booked at once": lambda: one_time_booked(app, server, event),
                    "one agreed change": lambda: one_agreed_change(app, server, event),
                }
                figures: list[Figure] = []
                for what, measure in measures.items():
                    #: The floor of the same minute: before and after, since a machine has other things to do.
                    before = page(bare_client, "/")
                    value = measure()
                    floor = (before + page(bare_client, "/")) / 2
                    figures.append(against(what, value, floor, bar=BARS[what]))
    report(figures)


if __name__ == "__main__":
    main()
