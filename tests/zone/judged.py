"""A jury for tests: a call with applications, criteria and jurors, ready to be shared out."""

from dataclasses import dataclass

from lsos.accounts.models import Person
from lsos.db import db
from lsos.events.models import Event, Hat
from lsos.events.rules import HatKind
from lsos.texts import Bilingual
from lsos.zone import jury_service
from lsos.zone.jury_models import Criterion, Review
from lsos.zone.jury_queries import Board, load
from lsos.zone.jury_reviewing import Written, write_review
from lsos.zone.jury_service import CriterionFacts, Way
from lsos.zone.models import ZoneApplication, ZoneCall
from tests import make
from tests.zone import given

NOW = given.NOW


@dataclass(frozen=True)
class Judged:
    """A call with its jury."""

    event: Event
    call: ZoneCall
    applications: list[ZoneApplication]
    jurors: list[Person]
    criteria: list[Criterion]

    def board(self) -> Board:
        """Read the jury afresh."""
        db.session.rollback()
        db.session.expire_all()
        return load(db.session(), db.session.get_one(ZoneCall, self.call.id))

    def review(self, application: int, juror: int) -> Review:
        """Find the review of an application by a juror, each by its place."""
        return self.board().held[self.applications[application].id, self.jurors[juror].id]

    def send(self, application: int, juror: int, *scores: int, feedback: str = "") -> None:
        """Let a juror send a review."""
        by_criterion = dict(zip((one.id for one in self.criteria), scores, strict=True))
        written = Written(by_criterion, feedback=feedback)
        uid, juror_id = self.review(application, juror).uid, self.jurors[juror].id
        write_review(self.call.id, uid, written, sends=True, juror_id=juror_id, now=NOW)


def juror(where: Event, name: str = "Jagoda", **more: str) -> Person:
    """Make a juror of an event."""
    who = make.person(name, "Juror", **more)
    make.add(Hat(event_id=where.id, person_id=who.id, kind=HatKind.JUROR))
    return who


def jury(*, applications: int = 2, jurors: int = 2, way: Way | None = None) -> Judged:
    """Make a call with so many applications that were sent, two criteria and so many jurors; nothing is given out."""
    event = make.event()
    kind = given.kind(event)
    call = given.call(event, kind)
    by = make.person().id
    sent = [given.application(event, kind) for _ in range(applications)]
    jury_service.set_up(call.id, way or Way(reviews_wanted=jurors), by=by)
    criteria = [
        jury_service.save_criterion(call.id, None, CriterionFacts(Bilingual(name, name), weight=weight), by=by)
        for name, weight in (("Zespół", 1), ("Rynek", 3))
    ]
    people = [juror(event, f"Juror {number}") for number in range(jurors)]
    return Judged(event, call, sent, people, criteria)


def shared_out(**how: object) -> Judged:
    """Make such a jury, and let every juror have every application."""
    made = jury(**how)  # type: ignore[arg-type]  # what it takes is said above
    jury_service.share_out(made.call.id, by=made.jurors[0].id, now=NOW)
    return made
