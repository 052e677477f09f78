"""Reviewing: what organisers set up and share out, and what reviewers write and declare."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.accounts.erased import refuse_erased
from lsos.accounts.models import Person
from lsos.accounts.service import found_or_new
from lsos.db import transaction
from lsos.errors import NotFound, Refused
from lsos.proposals import mails
from lsos.proposals.models import Proposal, ProposalCall
from lsos.proposals.review_models import (
    SCALE,
    ProposalCriterion,
    ProposalReview,
    ProposalReviewer,
    ProposalScore,
    ReviewPhase,
)
from lsos.proposals.review_queries import Board, load
from lsos.proposals.review_rules import (
    CRITERIA_AT_MOST,
    STILL_OPEN,
    DeskRefusal,
    phase_refusal,
    read_refusal,
    review_refusal,
)
from lsos.proposals.writing import NO_CALL, NO_PROPOSAL, locked, record
from lsos.texts import Bilingual
from lsos.zone.jury_assignment import Plan, assign
from lsos.zone.jury_rules import DECLARED, ConflictKind, ReviewState, Verdict, wrong_scores


def _call(session: Session, event_id: int) -> ProposalCall:
    call = session.scalar(
        select(ProposalCall)
        .where(ProposalCall.event_id == event_id)
        .options(joinedload(ProposalCall.event))
        .with_for_update(of=ProposalCall)
    )
    if call is None:
        raise NotFound(NO_CALL)
    return call


def _note(session: Session, call: ProposalCall, what: str, by: int) -> None:
    audit.record(session, what, actor_id=by, scope=call.event.slug, object_uid=call.uid)


# ---- setting it up


def add_phase(
    event_id: int,
    name: Bilingual,
    *,
    opens_at: datetime,
    closes_at: datetime,
    hides_names: bool,
    shows_others: bool,
    by: int,
) -> ReviewPhase:
    """Add a phase of reviewing; no two are on at once.

    Raises:
        NotFound: the event has no call.
        Refused: a `PhaseRefusal`.
    """
    with transaction() as session:
        call = _call(session, event_id)
        there = session.execute(
            select(ReviewPhase.opens_at, ReviewPhase.closes_at).where(ReviewPhase.call_id == call.id)
        )
        others = [(row[0], row[1]) for row in there]
        refusal = phase_refusal(opens_at=opens_at, closes_at=closes_at, others=others)
        if refusal is not None:
            raise Refused(refusal)
        phase = ReviewPhase(
            call_id=call.id,
            name=name,
            opens_at=opens_at,
            closes_at=closes_at,
            hides_names=hides_names,
            shows_others=shows_others,
        )
        session.add(phase)
        _note(session, call, "proposals.phase_added", by)
        return phase


def delete_phase(event_id: int, uid: str, *, by: int) -> None:
    """Take a phase away; what was reviewed in it stays."""
    with transaction() as session:
        call = _call(session, event_id)
        session.execute(delete(ReviewPhase).where(ReviewPhase.call_id == call.id, ReviewPhase.uid == uid))
        _note(session, call, "proposals.phase_deleted", by)


def add_criterion(event_id: int, name: Bilingual, weight: int, *, by: int) -> ProposalCriterion:
    """Add something that every proposal is scored for, from 1 to 5.

    Raises:
        NotFound: the event has no call.
        Refused: a `DeskRefusal`.
    """
    with transaction() as session:
        call = _call(session, event_id)
        if not name:
            raise Refused(DeskRefusal.NO_NAME)
        there = session.scalars(select(ProposalCriterion.id).where(ProposalCriterion.call_id == call.id)).all()
        if len(there) >= CRITERIA_AT_MOST:
            raise Refused(DeskRefusal.TOO_MANY)
        if _is_scored(session, ProposalCriterion.call_id == call.id):
            raise Refused(DeskRefusal.SCORED)
        criterion = ProposalCriterion(call_id=call.id, name=name, weight=weight)
        session.add(criterion)
        _note(session, call, "proposals.criterion_added", by)
        return criterion


def _is_scored(session: Session, wanted: ColumnElement[bool]) -> bool:
    scored = (
        select(ProposalScore.review_id)
        .join(ProposalCriterion, ProposalCriterion.id == ProposalScore.criterion_id)
        .where(wanted)
        .limit(1)
    )
    return session.scalar(scored) is not None


def delete_criterion(event_id: int, uid: str, *, by: int) -> None:
    """Take a criterion away by which nothing was scored.

    Raises:
        Refused: something was.
    """
    with transaction() as session:
        call = _call(session, event_id)
        if _is_scored(session, ProposalCriterion.uid == uid):
            raise Refused(DeskRefusal.SCORED)
        session.execute(
            delete(ProposalCriterion).where(ProposalCriterion.call_id == call.id, ProposalCriterion.uid == uid)
        )
        _note(session, call, "proposals.criterion_deleted", by)


def add_reviewer(event_id: int, address: str, name: str, *, language: str, by: int, now: datetime) -> Person:
    """Make somebody a reviewer, and write to them.

    Raises:
        NotFound: the event has no call.
        Refused: they review already, or nobody is to write to this address.
    """
    with transaction() as session:
        call = _call(session, event_id)
        refuse_erased(session, address)
        person = found_or_new(session, address, name, language=language, now=now)
        if session.get(ProposalReviewer, (call.id, person.id)) is not None:
            raise Refused(DeskRefusal.REVIEWER_THERE)
        session.add(ProposalReviewer(call_id=call.id, person_id=person.id))
        mails.invite_reviewer(session, call.event, person, now=now)
        _note(session, call, "proposals.reviewer_added", by)
        return person


def remove_reviewer(event_id: int, person_uid: str, *, by: int) -> None:
    """Let somebody review no more; what they sent stays, what they had not begun goes."""
    with transaction() as session:
        call = _call(session, event_id)
        person = session.scalar(select(Person).where(Person.uid == person_uid))
        if person is None:
            return
        session.execute(
            delete(ProposalReviewer).where(ProposalReviewer.call_id == call.id, ProposalReviewer.person_id == person.id)
        )
        mine = select(Proposal.id).where(Proposal.call_id == call.id)
        session.execute(
            delete(ProposalReview)
            .where(
                ProposalReview.reviewer_id == person.id,
                ProposalReview.proposal_id.in_(mine),
                ProposalReview.state == ReviewState.ASSIGNED,
            )
            .execution_options(synchronize_session=False)
        )
        _note(session, call, "proposals.reviewer_removed", by)


def plan_for(board: Board, *, wanted: int) -> Plan:
    """Say who would be given what: evenly, never what binds them, and first of all to those who know its focus area.

    What is decided needs no further review; on the waiting list it may still be decided otherwise.
    """
    held = {pair for pair, one in board.reviews.items() if one.state is not ReviewState.CONFLICT}
    bound = {
        (proposal.id, one.id)
        for proposal in board.proposals
        for one in board.reviewers
        if board.is_bound(proposal, one.id)
    }
    return assign(
        {
            one.id: [one.focus_area_id] if one.focus_area_id else []
            for one in board.proposals
            if one.standing in STILL_OPEN
        },
        board.areas,
        wanted=wanted,
        conflicts=bound,
        given=held,
    )


def mark_of(plan: Plan) -> str:
    """Write shortly who gets what by a plan, so that two marks differ where two plans do."""
    return hashlib.sha256(repr(plan.pairs).encode()).hexdigest()[:16]


def share_out(event_id: int, *, wanted: int, seen: str | None = None, by: int, now: datetime) -> Plan:
    """Give each proposal to so many reviewers, as far as can be.

    `seen` is the mark of the plan that was shown before; where another would be made by now, nothing is given out.

    Raises:
        NotFound: the event has no call.
        Refused: nobody reviews, nothing is left to give out, or it is not what was shown.
    """
    with transaction() as session:
        call = _call(session, event_id)
        board = load(session, call)
        if not board.reviewers:
            raise Refused(DeskRefusal.NO_REVIEWERS)
        plan = plan_for(board, wanted=wanted)
        if not plan.pairs:
            raise Refused(DeskRefusal.NOTHING_TO_SHARE)
        if seen is not None and seen != mark_of(plan):
            raise Refused(DeskRefusal.OTHERWISE)
        session.add_all(
            ProposalReview(proposal_id=proposal_id, reviewer_id=person_id, changed_at=now)
            for proposal_id, person_id in plan.pairs
        )
        _note(session, call, "proposals.shared_out", by)
        return plan


def hide_words(event_id: int, uid: str, words: list[str], *, by: int) -> None:
    """Say which words of a proposal reviewers do not read while names are hidden.

    Raises:
        NotFound: there is no such proposal.
    """
    with transaction() as session:
        proposal = locked(session, event_id, uid)
        proposal.hidden_words = words
        record(session, proposal, "proposal.redacted", by, number=len(words))


# ---- what reviewers do


class WrongScores(Refused):
    """Some scores are missing or off their scale; `wrong` says which, by criterion."""

    def __init__(self, wrong: Mapping[int, Verdict]) -> None:
        super().__init__(next(iter(wrong.values())))
        self.wrong = wrong


def _of_board(board: Board, uid: str) -> Proposal:
    found = next((one for one in board.proposals if one.uid == uid), None)
    if found is None:
        raise NotFound(NO_PROPOSAL)
    return found


@dataclass(frozen=True)
class Said:
    """What a reviewer says of a proposal; a score that is not given yet is None."""

    scores: Mapping[int, int | None]
    comment: str = ""
    #: For the author, who never reads by whom.
    feedback: str = ""


def write_review(event_id: int, uid: str, said: Said, *, sends: bool, by: int, now: datetime) -> ReviewState:
    """Save a review as a draft, or send it; one that was sent stays sent.

    Raises:
        NotFound: there is no such proposal to review.
        WrongScores: scores are missing, or off their scale.
        Refused: a `ReviewRefusal`.
    """
    with transaction() as session:
        board = load(session, _call(session, event_id))
        proposal = _of_board(board, uid)
        refusal = review_refusal(board.facts(proposal, by, now=now))
        if refusal is not None:
            raise Refused(refusal)
        review = board.reviews.get((proposal.id, by))
        sends = sends or (review is not None and review.state is ReviewState.SENT)
        wrong = wrong_scores(said.scores, {one.id: SCALE for one in board.criteria}, is_sent=sends)
        if wrong:
            raise WrongScores(wrong)
        if review is None:
            review = ProposalReview(proposal_id=proposal.id, reviewer_id=by)
            session.add(review)
        held = {one.criterion_id: one for one in review.scores}
        review.scores = [
            held.get(one.id) or ProposalScore(criterion_id=one.id)
            for one in board.criteria
            if said.scores.get(one.id) is not None
        ]
        for one in review.scores:
            one.value = said.scores[one.criterion_id] or SCALE.low
        review.comment, review.feedback, review.changed_at = said.comment, said.feedback, now
        review.state = ReviewState.SENT if sends else ReviewState.DRAFT
        return review.state


def declare_conflict(event_id: int, uid: str, kind: ConflictKind, *, by: int, now: datetime) -> None:
    """Say what binds a reviewer to a proposal; what they scored stays on record and counts no more.

    Raises:
        NotFound: there is no such proposal to review.
        Refused: they may not read it anyway.
    """
    with transaction() as session:
        board = load(session, _call(session, event_id))
        proposal = _of_board(board, uid)
        refusal = read_refusal(board.facts(proposal, by, now=now))
        if refusal is not None:
            raise Refused(refusal)
        if kind not in DECLARED:
            raise NotFound(NO_PROPOSAL)
        review = board.reviews.get((proposal.id, by))
        if review is None:
            review = ProposalReview(proposal_id=proposal.id, reviewer_id=by)
            session.add(review)
        review.state, review.conflict, review.changed_at = ReviewState.CONFLICT, kind, now
        audit.record(
            session,
            "proposal.conflict_declared",
            actor_id=by,
            scope=board.call.event.slug,
            object_uid=proposal.uid,
            kind=kind.value,
        )
