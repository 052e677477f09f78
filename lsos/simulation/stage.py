"""Where a simulation takes place: a database of its own, the edition that comes with the platform, invented people."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask_migrate import upgrade
from sqlalchemy import ColumnElement, func, select
from sqlalchemy import event as listening
from sqlalchemy.orm import Session

from lsos.accounts.service import new_person
from lsos.app import create_app
from lsos.checkin.points import lay_out_points
from lsos.db import db, transaction
from lsos.editions.filling import Filling
from lsos.editions.importing import import_edition
from lsos.events.models import Event, RoleGrant
from lsos.events.rules import Role, moment
from lsos.meetings.models import MeetingSettings, MeetingTable
from lsos.meetings.places import slots_of, tables_of
from lsos.meetings.tables import TableFacts, change_table
from lsos.paths import folder
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right
from lsos.settings import Settings
from lsos.simulation.newcomers import Newcomer, newcomers

#: So long before the doors open people begin to ask for meetings.
AHEAD: Final = timedelta(days=21)
#: So many of those who come register after that.
_LATE: Final = 0.06
#: A table for so many people, as far as the edition has fewer.
_PEOPLE_A_TABLE: Final = 12
#: So many meetings a day; of investors, so many in all and a day, and how far others may go with them.
_A_DAY: Final = 7
_CLOSED: Final = 4
_OF_INVESTORS: Final = (10, 6)
_RIGHTS: Final = {"participant": Right.SEE, "media": Right.NOTHING}


@dataclass(frozen=True)
class Stage:
    """An event that stands ready, three weeks before it begins."""

    seed: int
    event_id: int
    organiser_id: int
    #: Who will register when it is near.
    late: list[Newcomer]
    begins_at: datetime


@contextmanager
def staged(people: int, *, seed: int, tables: int | None = None) -> Iterator[Stage]:
    """Give an event for so many people on a database that is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="lsos-simulation-") as name:
        app = create_app(_settings(Path(name)))
        with app.app_context():
            #: The data is thrown away, so nothing has to reach the disk.
            listening.listen(db.engine, "connect", _do_not_wait_for_the_disk)
            upgrade()
            db.engine.dispose()
            try:
                yield _event(people, seed, tables or max(2, people // _PEOPLE_A_TABLE))
            finally:
                db.session.remove()
                db.engine.dispose()


def _settings(place: Path) -> Settings:
    values: dict[str, object] = {
        "secret_key": secrets.token_hex(32),
        "database_url": f"sqlite:///{place / 'lsos.db'}",
        "data_dir": place,
        "base_url": "http://127.0.0.1:8000",
        "mail_url": "",
        "rate_limits": False,
        "rate_limit_url": "memory://",
    }
    return Settings.model_validate(values)


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.cursor().execute("PRAGMA synchronous=OFF")


def _event(people: int, seed: int, tables: int) -> Stage:
    """Bring the edition in on its own days, and let people register as in a demonstration."""
    file = folder("data") / "lsos-2025.yaml"
    event = import_edition(file, now=datetime.fromisoformat("2025-01-01T00:00:00+00:00"))
    begins_at = moment(event.starts_on, event.doors_open, event.timezone) - AHEAD
    late = round(people * _LATE)
    with transaction() as session:
        event = session.get_one(Event, event.id)
        organiser_id = _organiser(session, begins_at)
        filling = Filling(session, event, seed, begins_at)
        everybody = filling.invite(people, after=0, progress=_quiet)
        filling.write(everybody[: people - late], organiser_id, _quiet)
        _put_tables(session, event, tables)
        _set_bounds(session, event)
        coming = newcomers(session, everybody[people - late :])
    lay_out_points(event, by_id=organiser_id)
    _keep_tables(event, organiser_id)
    return Stage(seed, event.id, organiser_id, coming, begins_at)


def _organiser(session: Session, now: datetime) -> int:
    person = new_person("Olga", "Organizacka", "organiser@example.org", language="pl", now=now, is_verified=True)
    session.add(person)
    session.flush()
    session.add(RoleGrant(person_id=person.id, role=Role.OWNER))
    return person.id


def _put_tables(session: Session, event: Event, wanted: int) -> None:
    """Give an event for many people more tables than the edition comes with."""
    there = tables_of(event.id)
    session.add_all(
        MeetingTable(event_id=event.id, number=number, room_id=there[-1].room_id if there else None)
        for number in range(len(there) + 1, wanted + 1)
    )


def _keep_tables(event: Event, by: int) -> None:
    """Close the last table in the first slots of the event, and make the one before it somebody's stand."""
    last = tables_of(event.id)[-1].number
    closed = frozenset(slot.id for slot in slots_of(event.id)[:_CLOSED])
    change_table(event.id, last, TableFacts(closed=closed), by=by)
    most = (
        select(Registration.organisation_id)
        .where(Registration.event_id == event.id, Registration.organisation_id.is_not(None))
        .group_by(Registration.organisation_id)
        .order_by(func.count().desc(), Registration.organisation_id)
    )
    change_table(event.id, last - 1, TableFacts(host_id=db.session.scalars(most).first()), by=by)


def _set_bounds(session: Session, event: Event) -> None:
    """Let the event bound meetings by day, and investors' further, whom not everybody may ask."""
    session.get_one(MeetingSettings, event.id).max_per_day = _A_DAY
    kinds = {kind.code: kind for kind in session.scalars(select(ParticipationType).where(_of(event)))}
    kinds["investor"].max_meetings, kinds["investor"].max_meetings_a_day = _OF_INVESTORS
    session.add_all(
        TypeRight(viewer_type_id=kinds[viewer].id, other_type_id=kinds["investor"].id, right=right)
        for viewer, right in _RIGHTS.items()
    )


def _of(event: Event) -> ColumnElement[bool]:
    return ParticipationType.event_id == event.id


def _quiet(_share: float) -> None:
    """Show no progress."""
