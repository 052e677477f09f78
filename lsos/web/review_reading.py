"""An application as a juror may read it: without names where they are hidden."""

from dataclasses import dataclass
from datetime import datetime

from lsos.texts import Bilingual
from lsos.zone.jury_queries import Board
from lsos.zone.jury_rules import Act, ConflictKind, ReviewRefusal, ReviewState, may_review, without_names
from lsos.zone.models import ZoneApplication


@dataclass(frozen=True)
class Sheet:
    """An application as a juror may read it."""

    uid: str
    number: int
    #: Empty where names are hidden.
    name: str
    one_liner: Bilingual
    state: ReviewState | None
    #: Why the juror may not open it.
    refusal: ReviewRefusal | None
    conflict: ConflictKind | None


@dataclass(frozen=True)
class Texts:
    """What somebody wrote in an application, without names where they are hidden."""

    one_liner: Bilingual
    problem: Bilingual
    solution: Bilingual
    pitch: Bilingual


def _names_of(application: ZoneApplication) -> list[str]:
    """List what an application is known by, to be blacked out."""
    registration = application.registration
    person, organisation = registration.person, registration.organisation
    found = [person.name, person.given_name, person.family_name]
    if organisation is not None:
        found += [organisation.name, *(one.name for one in organisation.aliases)]
        found += [one.domain for one in organisation.domains]
    return found


def _read(text: Bilingual, application: ZoneApplication, *, hides: bool) -> Bilingual:
    if not hides:
        return text
    names = _names_of(application)
    return Bilingual(without_names(text.pl, names), without_names(text.en, names))


def texts_of(application: ZoneApplication, *, hides: bool) -> Texts:
    """Give what somebody wrote in an application, with names blacked out where they are hidden."""
    parts = (application.one_liner, application.problem, application.solution, application.pitch)
    return Texts(*(_read(part, application, hides=hides) for part in parts))


def sheet_of(board: Board, application: ZoneApplication, juror_id: int, now: datetime) -> Sheet:
    """Give the head of an application, as a juror's list shows it."""
    facts = board.facts(application, juror_id, now=now)
    review = board.held.get((application.id, juror_id))
    hides = board.jury.hides_names
    return Sheet(
        uid=review.uid if review else "",
        number=board.everything.index(application) + 1,
        name="" if hides else application.name,
        one_liner=_read(application.one_liner, application, hides=hides),
        state=review.state if review else None,
        refusal=may_review(facts, Act.READ),
        conflict=facts.conflict,
    )
