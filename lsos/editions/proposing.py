"""A call for proposals of a demonstration: what invented people propose, in every state, and what reviewers think."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.service import new_person
from lsos.editions.judging import JUROR
from lsos.events.models import Event, FocusArea, PersonAway
from lsos.events.rules import moment
from lsos.proposals.models import (
    CallFormat,
    Proposal,
    ProposalCall,
    ProposalDecision,
    ProposalSpeaker,
    SpeakerProfile,
)
from lsos.proposals.review_models import (
    ProposalCriterion,
    ProposalReview,
    ProposalReviewer,
    ProposalScore,
    ReviewPhase,
)
from lsos.proposals.rules import ProposalState, SpeakerState
from lsos.proposals.speaking import away_times
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual
from lsos.zone.jury_models import JurorArea
from lsos.zone.jury_rules import ConflictKind, ReviewState

S, R = ProposalState, ReviewState
#: The second reviewer; the first is the juror of the demonstration.
_REVIEWER: Final = ("recenzent@example.org", "Rafał", "Recenzencki")
#: So long before the first day the call opens and closes, and before its end reviewing begins.
_OPENS, _CLOSES, _REVIEWING = timedelta(days=80), timedelta(days=21), timedelta(days=14)
_MINUTES: Final = {"talk": 20, "keynote": 30, "workshop": 60, "panel": 45}
_WORDS: Final = Bilingual(
    "Opowiedz o czymś, co działa: badaniu, wdrożeniu, produkcie. Prelegenci wchodzą bez opłaty.\n\n"
    "Ten nabór jest wymyślony na potrzeby demonstracji.",
    "Tell us of something that works: a study, a roll-out, a product. Speakers come free of charge.\n\n"
    "This call is made up for the demonstration.",
)
_ABSTRACT: Final = Bilingual(
    "Co chcieliśmy osiągnąć, co się udało, a co nie, i czego byśmy dziś nie powtórzyli. Z liczbami.\n\n"
    "Ta treść jest wymyślona na potrzeby demonstracji.",
    "What we wanted, what worked and what did not, and what we would not do again. With figures.\n\n"
    "This text is made up for the demonstration.",
)
_CRITERIA: Final = ((Bilingual("Nowość", "Novelty"), 2), (Bilingual("Pożytek dla praktyki", "Use in practice"), 2))
_BIO: Final = Bilingual("Osoba wymyślona na potrzeby demonstracji.", "Somebody who is made up for the demonstration.")


@dataclass(frozen=True)
class _Idea:
    """A proposal, where it stands, and what each of two reviewers gave: a score a criterion, or how far they are."""

    title: tuple[str, str]
    state: ProposalState
    scores: tuple[tuple[int, int] | ReviewState, ...] = ()
    #: Decided, and its author does not know yet.
    untold: ProposalState | None = None
    feedback: str = ""
    is_attendees: bool = False


_IDEAS: Final = (
    _Idea(
        ("Czujniki w domu pacjenta: rok po wdrożeniu", "Sensors in patients' homes, a year on"),
        S.DRAFT,
        is_attendees=True,
    ),
    _Idea(
        ("Dane z przychodni, które da się porównać", "Data of surgeries that can be compared"),
        S.SENT,
        (R.ASSIGNED, (4, 3)),
        is_attendees=True,
    ),
    _Idea(
        ("Jak rozmawiać z pacjentem o algorytmie", "How to talk with patients about an algorithm"),
        S.ACCEPTED,
        ((5, 4), (4, 4)),
        feedback="Pokażcie jedną prawdziwą rozmowę.",
        is_attendees=True,
    ),
    _Idea(("Drukowane tkanki: co już wolno", "Printed tissue: what is allowed by now"), S.SENT, ((3, 4), R.DRAFT)),
    _Idea(("Laboratorium bez papieru", "A laboratory without paper"), S.SENT, ((4, 5), (5, 5)), untold=S.ACCEPTED),
    _Idea(
        ("Dlaczego nasz pilotaż się nie udał", "Why our pilot failed"),
        S.SENT,
        ((2, 1), (5, 4)),
        untold=S.DECLINED,
        feedback="Say sooner what others can learn from it.",
    ),
    _Idea(("Enzymy z odpadów po piwie", "Enzymes from what brewing leaves"), S.SENT, (R.ASSIGNED, R.CONFLICT)),
    _Idea(("Refundacja krok po kroku", "Reimbursement, step by step"), S.WAITING, ((4, 3), (3, 3))),
    _Idea(
        ("Nasz produkt w dziesięciu slajdach", "Our product in ten slides"),
        S.DECLINED,
        ((1, 2), (2, 1)),
        feedback="Mniej o firmie, więcej o pacjentach.",
    ),
    _Idea(("Badanie kliniczne w małym mieście", "A clinical trial in a small town"), S.CONFIRMED, ((5, 5), (4, 5))),
    _Idea(("Warsztat: opis patentowy od zera", "Workshop: a patent from scratch"), S.GIVEN_UP, ((4, 4), (4, 3))),
    _Idea(("Sztuczna inteligencja w aptece", "Artificial intelligence at the chemist's"), S.WITHDRAWN),
)


def add_proposals(session: Session, event: Event, *, attendee: Person, by_id: int, now: datetime) -> int:
    """Give an event that has none a call with proposals in every state, and two reviewers; says how many proposals."""
    formats = session.scalars(select(SessionFormat).where(SessionFormat.code.in_(_MINUTES)).order_by(SessionFormat.id))
    offered, authors = formats.all(), _authors(session, event, attendee)
    there = session.scalar(select(exists().where(ProposalCall.event_id == event.id)))
    if there or not offered or not authors:
        return 0
    call = _call(event, offered, now)
    session.add(call)
    session.flush()
    reviewers = _reviewers(session, event, now)
    criteria = [ProposalCriterion(call_id=call.id, name=name, weight=weight) for name, weight in _CRITERIA]
    session.add_all([*criteria, *_phases(event, call, now)])
    session.add_all(ProposalReviewer(call_id=call.id, person_id=one.id) for one in reviewers)
    session.flush()
    areas = session.scalars(select(FocusArea).where(FocusArea.event_id == event.id).order_by(FocusArea.position)).all()
    for number, idea in enumerate(_IDEAS):
        author = attendee if idea.is_attendees else authors[number % len(authors)]
        sent_at = min(call.closes_at, now) - timedelta(days=9, hours=5 * number)
        proposal = _proposal(idea, author, sent_at, by_id)
        proposal.call, proposal.format = call, offered[number % len(offered)]
        proposal.focus_area = areas[number % len(areas)] if areas else None
        session.add(proposal)
        session.flush()
        session.add_all(_reviews(idea, proposal, reviewers, criteria, sent_at))
        if idea.state is S.CONFIRMED:
            _describe(session, event, author, now)
    _name_another(session, call, authors, now)
    session.flush()
    return len(_IDEAS)


def _authors(session: Session, event: Event, attendee: Person) -> Sequence[Person]:
    return session.scalars(
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            Registration.event_id == event.id,
            Registration.state == RegistrationState.CONFIRMED,
            Person.is_invented,
            Person.id != attendee.id,
        )
        .order_by(Registration.id)
        .limit(6)
    ).all()


def _call(event: Event, offered: Sequence[SessionFormat], now: datetime) -> ProposalCall:
    """Set up the call, open for as long as a visitor of the demonstration may want to propose something."""
    begins_at = moment(event.starts_on, time(), event.timezone)
    closes_at = begins_at - _CLOSES
    if now < begins_at:
        closes_at = max(closes_at, min(_midnight(event, now, days=7), begins_at))
    return ProposalCall(
        event_id=event.id,
        words=_WORDS,
        opens_at=min(begins_at, now) - _OPENS,
        closes_at=closes_at,
        per_person=3,
        confirm_by=event.starts_on,
        gives_feedback=True,
        formats=[CallFormat(format=one, minutes=_MINUTES[one.code]) for one in offered],
    )


def _midnight(event: Event, now: datetime, *, days: int) -> datetime:
    return moment(now.astimezone(ZoneInfo(event.timezone)).date() + timedelta(days=days), time(), event.timezone)


def _phases(event: Event, call: ProposalCall, now: datetime) -> list[ReviewPhase]:
    """Let it be reviewed without names while the call is open, and with them until the event is over."""
    ends_at = max(moment(event.ends_on, event.doors_close, event.timezone), _midnight(event, now, days=7))
    return [
        ReviewPhase(
            call_id=call.id,
            name=Bilingual("Bez nazwisk", "Without names"),
            opens_at=call.closes_at - _REVIEWING,
            closes_at=call.closes_at,
        ),
        ReviewPhase(
            call_id=call.id,
            name=Bilingual("Rozmowa komisji", "The committee talks"),
            opens_at=call.closes_at,
            closes_at=ends_at,
            hides_names=False,
            shows_others=True,
        ),
    ]


def _reviewers(session: Session, event: Event, now: datetime) -> list[Person]:
    found = []
    for address, given_name, family_name in (JUROR, _REVIEWER):
        person = session.scalar(select(Person).join(Person.emails).where(EmailAddress.address == address))
        if person is None:
            person = new_person(
                given_name, family_name, address, language="pl", now=now, is_verified=True, is_invented=True
            )
            session.add(person)
            session.flush()
        found.append(person)
    areas = select(FocusArea.id).where(FocusArea.event_id == event.id).order_by(FocusArea.position)
    known = select(exists().where(JurorArea.person_id == found[1].id, JurorArea.focus_area_id.in_(areas)))
    if not session.scalar(known):
        session.add_all(
            JurorArea(person_id=found[1].id, focus_area_id=key) for key in session.scalars(areas).all()[1::2]
        )
    return found


def _proposal(idea: _Idea, author: Person, sent_at: datetime, by_id: int) -> Proposal:
    is_draft, is_told = idea.state is S.DRAFT, idea.state not in {S.DRAFT, S.SENT, S.WITHDRAWN}
    decided_at = sent_at + timedelta(days=6)
    return Proposal(
        author=author,
        state=idea.state,
        title=Bilingual(*idea.title),
        #: What is accepted lacks a language, so that its author can add it.
        abstract=Bilingual() if is_draft else Bilingual(_ABSTRACT.pl, "" if idea.state is S.ACCEPTED else _ABSTRACT.en),
        languages=["pl"],
        created_at=sent_at - timedelta(days=1),
        changed_at=sent_at,
        sent_at=None if is_draft else sent_at,
        decided_at=decided_at if is_told else None,
        decided_by_id=by_id if is_told else None,
        answered_at=decided_at + timedelta(days=1) if idea.state in {S.CONFIRMED, S.GIVEN_UP} else None,
        feedback=[idea.feedback] if is_told and idea.feedback else [],
        decision=ProposalDecision(state=idea.untold, message=Bilingual(), decided_at=decided_at, decided_by_id=by_id)
        if idea.untold
        else None,
        speakers=[
            ProposalSpeaker(
                person_id=author.id,
                state=SpeakerState.AGREED,
                asked_at=sent_at - timedelta(days=1),
                answered_at=sent_at - timedelta(days=1),
            )
        ],
    )


def _reviews(
    idea: _Idea,
    proposal: Proposal,
    reviewers: Sequence[Person],
    criteria: Sequence[ProposalCriterion],
    sent_at: datetime,
) -> list[ProposalReview]:
    found = []
    for reviewer, given in zip(reviewers, idea.scores, strict=False):
        state = given if isinstance(given, ReviewState) else R.SENT
        review = ProposalReview(
            proposal_id=proposal.id,
            reviewer_id=reviewer.id,
            state=state,
            conflict=ConflictKind.MENTOR if state is R.CONFLICT else None,
            changed_at=sent_at + timedelta(days=4),
        )
        if not isinstance(given, ReviewState):
            review.scores = [
                ProposalScore(criterion_id=one.id, value=value) for one, value in zip(criteria, given, strict=True)
            ]
        found.append(review)
    if found and idea.feedback:
        found[0].feedback = idea.feedback
    return found


def _describe(session: Session, event: Event, speaker: Person, now: datetime) -> None:
    """Let somebody who confirmed say who they are, and that they come at ten on the first day they can."""
    days = [day.isoformat() for day in event.days[-1:]]
    hours: Mapping[str, list[str | None]] = {days[0]: ["10:00", None]}
    session.add(
        SpeakerProfile(
            event_id=event.id,
            person_id=speaker.id,
            bio=_BIO,
            is_public=True,
            may_photograph=True,
            days=days,
            hours=dict(hours),
            changed_at=now,
        )
    )
    session.add_all(
        PersonAway(event_id=event.id, person_id=speaker.id, starts_at=starts_at, ends_at=ends_at, is_own=True)
        for starts_at, ends_at in away_times(event, days, hours)
    )


def _name_another(session: Session, call: ProposalCall, authors: Sequence[Person], now: datetime) -> None:
    """Let the author of what is accepted name somebody who has not answered yet."""
    accepted = select(Proposal).where(Proposal.call_id == call.id, Proposal.state == S.ACCEPTED)
    for one in session.scalars(accepted):
        one.speakers.append(ProposalSpeaker(person_id=authors[0].id, state=SpeakerState.ASKED, asked_at=now))
