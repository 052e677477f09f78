"""Calls and applications for tests: each maker gives one whole thing, in the state that it is asked for."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from lsos.db import db, transaction
from lsos.events.models import Event, Zone
from lsos.registration import service
from lsos.registration.details import Details
from lsos.registration.models import ParticipationType, Registration
from lsos.taxonomy.models import FundingStage
from lsos.texts import Bilingual
from lsos.zone import applying
from lsos.zone.applying import Content
from lsos.zone.calls import CallFacts, save_call
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.rules import ApplicationState
from tests import make

OPENS = make.BEFORE - timedelta(days=10)
CLOSES = make.BEFORE + timedelta(days=5)
#: While the call is open.
NOW = make.BEFORE
_number = count(1)

CONTENT = Content(
    one_liner=Bilingual("Czujnik, który słucha serca", "A sensor that listens to the heart"),
    pitch=Bilingual("Mierzymy rytm.", "We measure rhythm."),
    stage="seed",
    trl=6,
)


def stage(code: str = "seed") -> FundingStage:
    """Make a funding stage, or give the one with this code."""
    found = db.session.query(FundingStage).filter_by(code=code).first()
    return found or make.add(FundingStage(code=code, name=Bilingual(code, code)))


def zone(where: Event) -> Zone:
    """Make a zone of an event."""
    return make.add(Zone(event_id=where.id, code="startup-scaleup", name=Bilingual("Strefa", "Zone")))


def kind(where: Event, *, seats: int | None = 2, **more: Any) -> ParticipationType:
    """Make a way to take part that the organiser approves."""
    return make.participation_type(where, seats=seats, **({"needs_approval": True} | more))


def call(where: Event, *kinds: ParticipationType, **more: Any) -> ZoneCall:
    """Make an open call that people apply to through these ways to take part."""
    stage()
    place = db.session.query(Zone).filter_by(event_id=where.id).first() or zone(where)
    facts = CallFacts(
        opens_at=more.pop("opens_at", OPENS),
        closes_at=more.pop("closes_at", CLOSES),
        words=Bilingual("Zgłoś się", "Apply"),
        types=[one.code for one in kinds],
        **more,
    )
    return save_call(where.id, place.code, facts, by=make.person().id, now=NOW)


def register(where: Event, what: ParticipationType, name: str = "Łucja", *, now: datetime = NOW) -> Registration:
    """Register somebody of a company, as they do it themselves."""
    number = next(_number)
    details = Details(name, f"founder-{number}@example.org", "en", family_name="Wąs", organisation=f"Firma {number}")
    outcome = service.register(where.id, what.code, details, (), by=None, now=now)
    assert outcome.registration is not None
    return outcome.registration


def application(
    where: Event, what: ParticipationType, *, is_sent: bool = True, content: Content = CONTENT, now: datetime = NOW
) -> ZoneApplication:
    """Let somebody register, write their application, and send it."""
    mine = register(where, what, now=now)
    assert applying.save(mine.id, content, sends=is_sent, by=mine.person_id, now=now) == []
    return of(mine)


def of(mine: Registration) -> ZoneApplication:
    """Read somebody's application afresh."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(ZoneApplication).filter_by(registration_id=mine.id).one()


def state(one: ZoneApplication) -> ApplicationState:
    """Say where an application stands now."""
    db.session.rollback()
    return db.session.get_one(ZoneApplication, one.id, populate_existing=True).state


def in_transaction(one: ZoneApplication, **values: Any) -> None:
    """Change columns of an application, whatever the rules say."""
    with transaction() as session:
        found = session.get_one(ZoneApplication, one.id)
        for name, value in values.items():
            setattr(found, name, value)
