"""The bars of the agenda: `python -m tests.benchmarks.agenda`, with the programmes in ../shared/data/programmes.

Pages of FOSDEM 2014 (513 talks, 1,200 people) beside the floor and beside the same with 60 talks, asked in turn, so
that what else the machine does hits all three; a release of 20 moved sessions; reading a file; and "Build it for me".
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, update

from lsos.agenda.models import Session
from lsos.app import create_app
from lsos.db import db, transaction
from lsos.drafting import service
from lsos.drafting.building import building_problem
from lsos.drafting.conflicts import problem_of
from lsos.drafting.queries import draft_of
from lsos.drafting.suggested import places_for
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.schedule_files.files import read
from lsos.timetabling.costs import shape
from tests import make
from tests.benchmarks.__main__ import reader
from tests.benchmarks.conference import CAMP, FOSDEM, PROGRAMMES, Conference, settle
from tests.benchmarks.measure import Figure, against, at_least, report
from tests.benchmarks.server import Client, serving
from tests.benchmarks.timetabling import by_first_fit, overlaps
from tests.databases import settings_for

PEOPLE, FEW, MANY = 1200, 60, 513
WARM_UP, ROUNDS = 1, 5
#: How many times the bare endpoint's time a page may take that shows all 513 talks, and one that shows one thing.
WHOLE, ONE = 500.0, 200.0
MOVED, RELEASES = 20, 3
#: name -> who looks, where, and how many times the floor it may take.
PAGES: dict[str, tuple[str, str, float]] = {
    "programme": ("", "/programme", WHOLE),
    "programme, signed in": ("attendee", "/programme", WHOLE),
    "programme of a day": ("", "/programme?day={day}", WHOLE),
    "programme as a grid": ("", "/programme?view=grid", WHOLE),
    "programme of a room": ("", "/programme?room={room}", ONE),
    "programme of an area": ("", "/programme?area={area}", ONE),
    "programme, searched": ("", "/programme?q=linux", WHOLE),
    "programme book": ("", "/programme-book", WHOLE),
    "what somebody starred": ("attendee", "/programme?mine=1", ONE),
    "one session": ("", "/programme/{code}", ONE),
    "one session, signed in": ("attendee", "/programme/{code}", ONE),
    "speakers": ("", "/speakers", WHOLE),
    "one speaker": ("", "/speakers/{speaker}", ONE),
    "programme.ics": ("", "/programme.ics", WHOLE),
    "schedule.xml": ("", "/schedule.xml", WHOLE),
    "schedule.json": ("", "/schedule.json", WHOLE),
    "programme.csv": ("", "/programme.csv", WHOLE),
    "embedded programme": ("", "/embed/programme", WHOLE),
    "my day": ("attendee", "/me/", ONE),
    "my calendar": ("attendee", "/me/calendar.ics", ONE),
    "agenda with room fit": ("organiser", "/organise/agenda", 2 * WHOLE),
    "one session's desk": ("organiser", "/organise/agenda/{code}", WHOLE),
    "editor with conflicts": ("organiser", "/organise/editor/?day={day}", WHOLE),
    "places for a session": ("organiser", "/organise/editor/sessions/{uid}", WHOLE),
    "release with impact": ("organiser", "/organise/release", WHOLE),
}


@dataclass(frozen=True)
class Stage:
    """A conference that is served, and a browser for each who looks at it."""

    app: Flask
    conference: Conference
    event_id: int
    organiser_id: int
    readers: dict[str, Client]

    def address(self, path: str) -> str:
        """Fill an address."""
        return f"/en/events/{self.conference.slug}" + path.format(**vars(self.conference))


@contextmanager
def staged(place: Path, prepare: Callable[[], Conference]) -> Iterator[Stage]:
    """Fill a database and serve it."""
    place.mkdir()
    url = f"sqlite:///{place / 'lsos.db'}"
    app = create_app(settings_for(url, place))
    with app.app_context():
        upgrade()
        conference = prepare()
        event_id = db.session.scalars(select(Event.id).where(Event.slug == conference.slug)).one()
        with serving(
            "tests.benchmarks.server:served()", {"LSOS_DATABASE_URL": url, "LSOS_DATA_DIR": str(place)}
        ) as server:
            who = {"attendee": conference.attendee, "organiser": conference.organiser}
            readers = {name: reader(app, server, person) for name, person in who.items()} | {"": Client(server)}
            yield Stage(app, conference, event_id, conference.organiser.id, readers)
        db.session.remove()
        db.engine.dispose()


def moved(stage: Stage, number: int) -> None:
    """Move so many sessions in the draft to other places that are free."""
    by, now = stage.organiser_id, datetime.now(UTC)
    done = 0
    for uid in list(draft_of(stage.event_id).contents):
        if done == number:
            break
        draft = draft_of(stage.event_id)
        places = places_for(draft, uid, most=3)
        other = next((one for one in places if one.starts_at != draft.contents[uid].starts_at), None)
        if other is not None:
            service.place(stage.event_id, uid, other.room.id, other.starts_at, seen=draft.latest, by=by, now=now)
            done += 1
    db.session.remove()
    assert done == number, f"only {done} sessions could be moved"


def joined(client: Client) -> None:
    """Connect anew: a server closes what was idle for two seconds."""
    client.connection.close()
    client.connection.connect()


def taken(client: Client, address: str) -> float:
    """Give the milliseconds of one page."""
    joined(client)
    begin = time.perf_counter()
    status = client.get(address)
    spent = (time.perf_counter() - begin) * 1000
    assert status == 200, f"{address} answered {status}"
    return spent


def pages(few: Stage, many: Stage, bare: Client) -> Iterator[Figure]:
    """Measure each page at both sizes, and the floor in between."""
    for name, (who, path, bar) in PAGES.items():
        rounds = [
            (
                taken(bare, "/"),
                taken(few.readers[who], few.address(path)),
                taken(many.readers[who], many.address(path)),
            )
            for _ in range(WARM_UP + ROUNDS)
        ][WARM_UP:]
        floor, small, large = (median(column) for column in zip(*rounds, strict=True))
        yield against(f"agenda, {name}: {MANY} talks beside the floor", large, floor, bar=bar)
        yield against(f"agenda, {name}: {MANY} beside {FEW}", large, small, bar=MANY / FEW)


def releases(stage: Stage) -> Iterator[Figure]:
    """Release 20 moved sessions of 60, with everybody told, beside the page before it; three times."""
    client, address = stage.readers["organiser"], stage.address("/organise/release")
    rounds, facts = [], []
    for number in range(RELEASES):
        if number:
            moved(stage, MOVED)
        shown = median(taken(client, address) for _ in range(3))
        draft = draft_of(stage.event_id)
        changed = [uid for uid, content in draft.contents.items() if content != draft.released.get(uid)]
        signups = sum(draft.signed_up.get(uid, 0) for uid in changed)
        db.session.remove()
        form = {"name_pl": "Nowa", "name_en": "New", "tells": "y", "seen": str(draft.latest)}
        joined(client)
        begin = time.perf_counter()
        status = client.post(address, **form)
        rounds.append(((time.perf_counter() - begin) * 1000, shown))
        facts.append(signups)
        assert status == 302, f"releasing answered {status}"
    name = f"agenda, release of {MOVED} moved sessions of {FEW}, {round(median(facts))} sign-ups, beside its page"
    yield against(name, median(each for each, _ in rounds), median(shown for _, shown in rounds), bar=3.0)


def reading() -> Iterator[Figure]:
    """Read both files."""
    for file in (FOSDEM, CAMP):
        content = (PROGRAMMES / file).read_bytes()
        begin = time.process_time()
        found = read(content, zone="Europe/Brussels").programme
        spent = time.process_time() - begin
        yield against(f"agenda, reading {file} ({len(found.sessions)})", spent, 1.0, bar=5.0, unit="s")


def without_times(file: str) -> Conference:
    """Put a programme into the database with all times and rooms removed."""
    made = settle(file)
    with transaction() as session:
        session.execute(update(Session).values(starts_at=None, ends_at=None, room_id=None))
    return made


def built(stage: Stage, file: str) -> Iterator[Figure]:
    """Press "Build it for me", read how far it is, and judge what stands in the draft beside a first fit."""
    client, address = stage.readers["organiser"], stage.address("/organise/editor/build/")
    fitted = building_problem(draft_of(stage.event_id))
    first = by_first_fit(fitted)
    db.session.remove()
    assert client.get(address) == 200
    form = {"mode": "rebuild", "csrf_token": client.token}
    begin = time.perf_counter()
    status = client.request("POST", address, form, Accept="application/x-ndjson")
    seconds = time.perf_counter() - begin
    told = [json.loads(line) for line in client.body.splitlines()]
    assert status == 200, f"building answered {status}"
    assert "html" in told[-1], "it did not come to an end"
    problem = problem_of(draft_of(stage.event_id))
    places = {each.key: each.place for each in problem.sessions if each.place is not None}
    rooms, people = overlaps(problem, places)
    name = f"agenda, {file} built"
    yield against(f"{name}: seconds", seconds, 1.0, bar=20.0, unit="s")
    yield at_least(f"{name}: steps of progress", len(told) - 1, 1, bar=2.0, unit="lines")
    yield against(f"{name}: rooms taken twice", rooms, 0, bar=1.0, unit="pairs")
    yield against(f"{name}: speakers twice at once", people, 0, bar=1.0, unit="pairs")
    yield at_least(f"{name}: placed beside first fit", len(places), len(first), bar=1.0, unit="talks")
    share, plain = shape(problem, places).main_room, shape(fitted, first).main_room
    yield at_least(f"{name}: in the main room beside first fit", share, plain, bar=1.0, unit="share")


def sixty_with_meetings(day: date) -> Conference:
    """Take 60 talks, 1,200 people who signed up for about two each, and 80 meetings of theirs."""
    made = settle(FOSDEM, sessions=FEW, people=PEOPLE, signups=2, first_day=day)
    event = db.session.scalars(select(Event).where(Event.slug == made.slug)).one()
    make_meetings(event)
    return made


def make_meetings(event: Event, *, slots: int = 4, tables: int = 20) -> None:
    """Let people meet in the morning, each once."""
    grid = make.meeting_grid(event, slots=slots, tables=tables)
    found = db.session.scalars(select(Registration).where(Registration.event_id == event.id).order_by(Registration.id))
    guests = iter(found.all())
    for slot in grid:
        for table in range(1, tables + 1):
            make.meeting(next(guests), next(guests), slot, table=table)


def main() -> None:
    """Measure everything."""
    if not PROGRAMMES.exists():
        sys.exit("../shared/data/programmes is not there, so nothing can be measured.")
    report(list(reading()))
    with tempfile.TemporaryDirectory(prefix="lsos-bench-") as name:
        place, today = Path(name), datetime.now(UTC).date()
        with (
            serving("tests.benchmarks.floor:app") as bare,
            staged(place / "few", lambda: sixty_with_meetings(today)) as few,
        ):
            moved(few, MOVED)
            whole = lambda: settle(FOSDEM, people=PEOPLE, first_day=today)  # noqa: E731
            with staged(place / "many", whole) as many:
                moved(many, MOVED)
                report(list(pages(few, many, Client(bare))))
            with few.app.app_context():
                report(list(releases(few)))
        for file in (FOSDEM, CAMP):
            with staged(place / file, lambda file=file: without_times(file)) as stage:  # type: ignore[misc]
                report(list(built(stage, file)))


if __name__ == "__main__":
    main()
