"""A jury for the calls of a demonstration: criteria, three invented jurors, and reviews, some of them still to do."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.service import new_person
from lsos.events.models import Event, FocusArea, Hat
from lsos.events.rules import HatKind
from lsos.texts import Bilingual
from lsos.zone.jury_models import Criterion, JurorArea, Jury, Review, Score
from lsos.zone.jury_queries import load, usual_jury
from lsos.zone.jury_rules import ConflictKind, ReviewState
from lsos.zone.jury_service import plan_for
from lsos.zone.models import ZoneCall
from lsos.zone.rules import ApplicationState

#: The address and the name under which a visitor of the demonstration signs in as a juror.
JUROR: Final = ("juror@example.org", "Jadwiga", "Jurorska")
#: Address, given name, family name, and how much more than others they give.
_JURORS: Final = (
    (*JUROR, 0),
    ("juror2@example.org", "Olgierd", "Ocenny", -1),
    ("juror3@example.org", "Wanda", "Wyrozumiała", 1),
)
#: Name, hint and weight.
_CRITERIA: Final = (
    (
        Bilingual("Problem", "Problem"),
        Bilingual("1: nikogo nie boli. 5: wielu ludzi czeka na rozwiązanie.", "1: hurts nobody. 5: many wait for it."),
        2,
    ),
    (
        Bilingual("Rozwiązanie i dowody", "Solution and evidence"),
        Bilingual("1: sam pomysł. 5: dane z badań lub klienci.", "1: an idea. 5: data of trials, or customers."),
        3,
    ),
    (
        Bilingual("Zespół", "Team"),
        Bilingual("1: brakuje kluczowych osób. 5: wie, co robi.", "1: key people are missing. 5: knows its trade."),
        2,
    ),
    (
        Bilingual("Dopasowanie do strefy", "Fit with the Zone"),
        Bilingual("Nie liczy się do średniej.", "Is not counted in the mean."),
        0,
    ),
)
_COMMENTS: Final = (
    "",
    "Mocny zespół, rynek opisany zbyt ogólnie.",
    "Convincing data; the path to reimbursement is missing.",
    "Ciekawe, ale dowody są wczesne.",
)
_FEEDBACK: Final = (
    "",
    "Napiszcie, kto za to zapłaci i dlaczego.",
    "Show one patient's day before and after.",
)
#: Around these scores; what was decided fits what the jury thinks.
_LEVELS: Final = {ApplicationState.ACCEPTED: 3.2, ApplicationState.WAITING: 2.5, ApplicationState.DECLINED: 1.5}
#: Of those given out, so many are sent, and so many more begun.
_SENT, _BEGUN = 0.7, 0.12


def add_juries(session: Session, event: Event, *, seed: int, now: datetime) -> int:
    """Give every call of an event that has none a jury at work; says how many reviews it has."""
    calls = session.scalars(
        select(ZoneCall)
        .where(ZoneCall.event_id == event.id, ZoneCall.id.not_in(select(Jury.call_id)))
        .order_by(ZoneCall.id)
        .options(joinedload(ZoneCall.event))
    ).all()
    if not calls:
        return 0
    jurors = [_juror(session, event, *facts[:3], now=now) for facts in _JURORS]
    areas = session.scalars(select(FocusArea).where(FocusArea.event_id == event.id).order_by(FocusArea.position)).all()
    known = set(session.scalars(select(JurorArea.person_id).where(JurorArea.person_id.in_([j.id for j in jurors]))))
    for number, juror in enumerate(jurors):
        if juror.id not in known:
            session.add_all(JurorArea(person_id=juror.id, focus_area_id=one.id) for one in areas[number::2])
    return sum(_judge(session, call, jurors, _random(seed, call), now) for call in calls)


def _random(seed: int, call: ZoneCall) -> Random:
    return Random(f"{seed}/{call.event.slug}/jury/{call.zone_id}")  # noqa: S311  # to be repeated


def _juror(session: Session, event: Event, address: str, given_name: str, family_name: str, *, now: datetime) -> Person:
    person = session.scalar(select(Person).join(Person.emails).where(EmailAddress.address == address))
    if person is None:
        person = new_person(
            given_name, family_name, address, language="pl", now=now, is_verified=True, is_invented=True
        )
        session.add(person)
        session.flush()
    worn = select(Hat.id).where(Hat.event_id == event.id, Hat.person_id == person.id, Hat.kind == HatKind.JUROR)
    if session.scalar(worn) is None:
        session.add(Hat(event_id=event.id, person_id=person.id, kind=HatKind.JUROR))
        session.flush()
    return person


def _judge(session: Session, call: ZoneCall, jurors: Sequence[Person], random: Random, now: datetime) -> int:
    jury = usual_jury(call.id)
    jury.reviews_wanted = 2
    session.add(jury)
    criteria = [
        Criterion(call_id=call.id, name=name, hint=hint, weight=weight, low=1, high=5, position=position)
        for position, (name, hint, weight) in enumerate(_CRITERIA, 1)
    ]
    session.add_all(criteria)
    session.flush()
    board = load(session, call)
    mild = {juror.id: facts[3] for juror, facts in zip(jurors, _JURORS, strict=True)}
    good = {one.id: random.uniform(0, 1.2) + _LEVELS.get(one.state, 2.6) for one in board.applications}
    pairs = plan_for(board).pairs
    for number, (application_id, juror_id) in enumerate(pairs):
        review = Review(application_id=application_id, juror_id=juror_id, state=ReviewState.ASSIGNED, changed_at=now)
        session.add(review)
        chance = random.random()
        if number == 0:
            review.state, review.conflict = ReviewState.CONFLICT, ConflictKind.MENTOR
            review.conflict_note = "program mentorski"
        elif chance < _SENT + _BEGUN:
            is_sent = chance < _SENT
            review.state = ReviewState.SENT if is_sent else ReviewState.DRAFT
            review.changed_at = now - timedelta(hours=random.randrange(1, 200))
            review.sent_at = review.changed_at if is_sent else None
            review.comment, review.feedback = random.choice(_COMMENTS), random.choice(_FEEDBACK)
            level = good[application_id] + 0.6 * mild.get(juror_id, 0)
            for criterion in criteria if is_sent else criteria[:2]:
                value = min(max(round(random.gauss(level, 0.8)), criterion.low), criterion.high)
                review.scores.append(Score(criterion_id=criterion.id, value=value))
    session.flush()
    return len(pairs)
