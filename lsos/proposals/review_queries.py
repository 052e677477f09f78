"""Reads of reviewing: all of it at once, in a constant number of statements, and what follows from it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.db import db
from lsos.organisations.models import Affiliation
from lsos.proposals.models import Proposal, ProposalCall, ProposalSpeaker
from lsos.proposals.review_models import (
    SCALE,
    ProposalCriterion,
    ProposalReview,
    ProposalReviewer,
    ReviewPhase,
)
from lsos.proposals.review_rules import NOT_REVIEWED, ReviewFacts
from lsos.proposals.rules import SpeakerState
from lsos.texts import Bilingual
from lsos.zone.jury_assignment import Pair
from lsos.zone.jury_queries import areas_of
from lsos.zone.jury_rules import BLACKED, ReviewState, without_names
from lsos.zone.jury_scores import Mark, Standing, mark, standings


@dataclass(frozen=True)
class Board:
    """All that reviewing of one call rests on."""

    call: ProposalCall
    phases: list[ReviewPhase]
    criteria: list[ProposalCriterion]
    reviewers: list[Person]
    proposals: list[Proposal]
    reviews: dict[Pair, ProposalReview]
    #: By person, the organisations they belong to: of reviewers and of speakers.
    organisations: dict[int, frozenset[int]]
    #: By reviewer, the focus areas that they know well.
    areas: dict[int, frozenset[int]]

    def phase(self, now: datetime) -> ReviewPhase | None:
        """Give the phase that is on at a moment."""
        return next((one for one in self.phases if one.opens_at <= now < one.closes_at), None)

    def is_bound(self, proposal: Proposal, person_id: int) -> bool:
        """Say whether somebody has a conflict of interest with a proposal, found or declared."""
        speakers = {one.person_id for one in proposal.speakers if one.state is not SpeakerState.DECLINED}
        speakers.add(proposal.author_id)
        mine = self.organisations.get(person_id, frozenset())
        review = self.reviews.get((proposal.id, person_id))
        return (
            person_id in speakers
            or (review is not None and review.state is ReviewState.CONFLICT)
            or any(mine & self.organisations.get(one, frozenset()) for one in speakers)
        )

    def facts(self, proposal: Proposal, person_id: int, *, now: datetime) -> ReviewFacts:
        """Give what decides whether somebody may review a proposal."""
        return ReviewFacts(
            is_reviewer=any(one.id == person_id for one in self.reviewers),
            is_bound=self.is_bound(proposal, person_id),
            state=proposal.state,
            has_criteria=bool(self.criteria),
            is_phase_open=self.phase(now) is not None,
        )

    def counted(self, proposal: Proposal) -> list[ProposalReview]:
        """List the reviews of a proposal that were sent by somebody who is not bound to it."""
        return [
            one
            for (proposal_id, person_id), one in self.reviews.items()
            if proposal_id == proposal.id and one.state is ReviewState.SENT and not self.is_bound(proposal, person_id)
        ]

    def feedback_of(self, proposal: Proposal) -> list[str]:
        """List what reviewers wrote for its author, by the alphabet: the order of reviewers gives no name away."""
        return sorted(one.feedback for one in self.counted(proposal) if one.feedback)

    def mark_of(self, review: ProposalReview) -> float | None:
        """Give the weighted mean of a review."""
        return mark(review.values, {one.id: one.weighed for one in self.criteria})

    def standings(self) -> dict[int, Standing]:
        """Rank what was sent by the mean of its marks, by the id of the proposal."""
        marks = [
            Mark(proposal.id, one.reviewer_id, value)
            for proposal in self.proposals
            for one in self.counted(proposal)
            if (value := self.mark_of(one)) is not None
        ]
        return {one.application: one for one in standings([one.id for one in self.proposals], marks, scale=SCALE)}

    def number(self, proposal: Proposal) -> int:
        """Give the number by which a proposal is known where names are hidden."""
        return self.proposals.index(proposal) + 1

    def sent_by(self, person_id: int) -> int:
        """Count the reviews that somebody has sent."""
        return sum(one.state is ReviewState.SENT for (_, who), one in self.reviews.items() if who == person_id)

    def given_to(self, person_id: int) -> int:
        """Count what was given to somebody and is not sent yet."""
        states = {ReviewState.ASSIGNED, ReviewState.DRAFT}
        return sum(one.state in states for (_, who), one in self.reviews.items() if who == person_id)


def load(session: Session, call: ProposalCall) -> Board:
    """Read all of a call's reviewing."""
    proposals = list(
        session.scalars(
            select(Proposal)
            .where(Proposal.call_id == call.id, Proposal.state.not_in(NOT_REVIEWED))
            .order_by(Proposal.sent_at, Proposal.id)
            .options(
                joinedload(Proposal.author),
                joinedload(Proposal.format),
                joinedload(Proposal.focus_area),
                joinedload(Proposal.decision),
                selectinload(Proposal.speakers).joinedload(ProposalSpeaker.person),
            )
        )
    )
    reviewers = list(
        session.scalars(
            select(Person)
            .join(ProposalReviewer, ProposalReviewer.person_id == Person.id)
            .where(ProposalReviewer.call_id == call.id)
            .order_by(Person.search_key, Person.id)
            .options(selectinload(Person.emails))
        )
    )
    reviews = session.scalars(
        select(ProposalReview)
        .join(ProposalReview.proposal)
        .where(Proposal.call_id == call.id)
        .order_by(ProposalReview.id)
        .options(selectinload(ProposalReview.scores), joinedload(ProposalReview.reviewer))
    )
    people = {one.id for one in reviewers}
    people |= {each.person_id for one in proposals for each in one.speakers} | {one.author_id for one in proposals}
    of_call = ReviewPhase.call_id == call.id
    return Board(
        call=call,
        phases=list(session.scalars(select(ReviewPhase).where(of_call).order_by(ReviewPhase.opens_at))),
        criteria=list(
            session.scalars(
                select(ProposalCriterion).where(ProposalCriterion.call_id == call.id).order_by(ProposalCriterion.id)
            )
        ),
        reviewers=reviewers,
        proposals=proposals,
        reviews={(one.proposal_id, one.reviewer_id): one for one in reviews},
        organisations=_organisations(session, people),
        areas=areas_of(session, call.event_id, {one.id for one in reviewers}),
    )


def _organisations(session: Session, people: Collection[int]) -> dict[int, frozenset[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    rows = session.execute(
        select(Affiliation.person_id, Affiliation.organisation_id).where(Affiliation.person_id.in_(people))
    )
    for person_id, organisation_id in rows:
        found[person_id].add(organisation_id)
    return {key: frozenset(values) for key, values in found.items()}


@dataclass(frozen=True)
class Ties:
    """What somebody is to the proposals of an event."""

    #: They wrote something or are named as a speaker.
    proposes: bool = False
    reviews: bool = False


def ties_of(event_id: int, person_id: int) -> Ties:
    """Say whether somebody proposes something for an event, or reviews what others propose."""
    of_call = ProposalCall.event_id == event_id
    speaks = (ProposalSpeaker.person_id == person_id) & (ProposalSpeaker.state != SpeakerState.DECLINED)
    wrote = exists().where(of_call, Proposal.call_id == ProposalCall.id, Proposal.author_id == person_id)
    named = exists().where(
        of_call, Proposal.call_id == ProposalCall.id, ProposalSpeaker.proposal_id == Proposal.id, speaks
    )
    reviews = exists().where(
        of_call, ProposalReviewer.call_id == ProposalCall.id, ProposalReviewer.person_id == person_id
    )
    proposes, judges = db.session.execute(select(or_(wrote, named), reviews)).one()
    return Ties(bool(proposes), bool(judges))


@dataclass(frozen=True)
class Redacted:
    """A proposal as a reviewer reads it."""

    title: Bilingual
    abstract: Bilingual
    notes: str
    #: Empty where names are hidden.
    speakers: tuple[str, ...]


def redacted(proposal: Proposal, *, hides: bool) -> Redacted:
    """Give a proposal without names and the words that the organiser hides, where that is wanted."""
    if not hides:
        speakers = tuple(one.person.name for one in proposal.speakers if one.state is not SpeakerState.DECLINED)
        return Redacted(proposal.title, proposal.abstract, proposal.notes, speakers)
    people = [proposal.author, *(one.person for one in proposal.speakers)]
    names = [part for one in people for part in (one.name, one.given_name, one.family_name)]

    def clean(text: str) -> str:
        for words in sorted(proposal.hidden_words, key=len, reverse=True):
            text = text.replace(words, BLACKED)
        return without_names(text, [*names, *proposal.hidden_words])

    title, abstract = proposal.title, proposal.abstract
    return Redacted(
        Bilingual(clean(title.pl), clean(title.en)),
        Bilingual(clean(abstract.pl), clean(abstract.en)),
        clean(proposal.notes),
        (),
    )
