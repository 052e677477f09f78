"""Measure a letter to 1,200 people, from the button to the last one stored: `python -m tests.benchmarks.letters`."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from flask_migrate import upgrade

from lsos.accounts.service import new_person
from lsos.app import create_app
from lsos.db import db, transaction
from lsos.outreach import sending, service
from lsos.outreach.rules import Audience, LetterPurpose
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.benchmarks.measure import Figure, against, report
from tests.databases import postgresql, settings_for

PEOPLE = 1200
#: The letters are written and stored in so many seconds.
SECONDS = 10.0
BODY = (
    "Hello **{given_name}**,\n\nlunch is at 13:00. Two things:\n\n- bring your badge\n"
    "- you come as {participation_type}, see [the programme]({programme})\n\n[Open my page]({my_page})\n\n"
    "See you at {event}."
)


def measured(url: str, place: Path, kind: str) -> Figure:
    """Measure one kind of database."""
    app = create_app(settings_for(url, place))
    with app.app_context():
        upgrade()
        event = make.event()
        type_id, by, now = make.participation_type(event).id, make.person().id, datetime.now(UTC)
        with transaction() as session:
            for n in range(PEOPLE):
                language = "pl" if n % 2 else "en"
                person = new_person("Łucja", f"Wąs {n}", f"reader-{n}@example.org", language=language, now=now)
                session.add(
                    Registration(
                        event_id=event.id,
                        person=person,
                        participation_type_id=type_id,
                        state=RegistrationState.CONFIRMED,
                        registered_at=now,
                    )
                )
        one = service.begin(event, "Lunch", LetterPurpose.ORGANISATIONAL, by=by, now=now)
        words = Bilingual(BODY, BODY)
        subject = Bilingual("Obiad: {event}", "Lunch at {event}")
        service.write(event.id, one.uid, name=one.name, purpose=one.purpose, subject=subject, body=words, reply_to="")
        service.add_people(event.id, one.uid, Audience(states=("confirmed",)), expected=PEOPLE)
        service.fix(event.id, one.uid, by=by, now=now)
        begin = time.perf_counter()
        assert service.send(event.id, one.uid, typed=PEOPLE, by=by, now=now) == PEOPLE
        assert sum(iter(lambda: sending.go_on(now=now), 0)) == PEOPLE
        seconds = time.perf_counter() - begin
        db.session.remove()
        db.engine.dispose()
    return against(f"letter to {PEOPLE:,} ({kind})", seconds, 1.0, bar=SECONDS, unit="s")


def main() -> None:
    """Measure both kinds of database."""
    with tempfile.TemporaryDirectory(prefix="lsos-bench-") as name:
        place = Path(name)
        figures = [measured(f"sqlite:///{place / 'letters.db'}", place, "SQLite")]
        with postgresql(place / "postgresql") as url:
            figures.append(measured(url, place, "PostgreSQL"))
    report(figures)


if __name__ == "__main__":
    main()
