"""What organisers decide on proposals, with letters, and what those who were accepted answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.proposals import mails
from lsos.proposals.models import Proposal, ProposalCall, ProposalDecision, ProposalSpeaker
from lsos.proposals.queries import waits_for_answer
from lsos.proposals.review_models import ProposalReview
from lsos.proposals.review_queries import load
from lsos.proposals.rules import (
    LEADS_TO,
    DecisionRefusal,
    ProposalState,
    SpeakerState,
    WriteRefusal,
    answer_refusal,
    decision_refusal,
)
from lsos.proposals.writing import NO_PROPOSAL, locked, record
from lsos.texts import Bilingual
from lsos.zone.jury_rules import ReviewState
from lsos.zone.rules import Decision


@dataclass(frozen=True)
class Outlook:
    """On which proposals a decision can be made, and on which not, and why."""

    able: list[Proposal]
    refused: list[tuple[Proposal, DecisionRefusal]]


def bound_ids(session: Session, call_id: int, person_id: int) -> frozenset[int]:
    """Give the proposals that somebody wrote, speaks in or declared a conflict with, on which they do not decide."""
    speaks = select(ProposalSpeaker.proposal_id).where(ProposalSpeaker.person_id == person_id)
    declared = select(ProposalReview.proposal_id).where(
        ProposalReview.reviewer_id == person_id, ProposalReview.state == ReviewState.CONFLICT
    )
    found = select(Proposal.id).where(
        Proposal.call_id == call_id,
        or_(Proposal.author_id == person_id, Proposal.id.in_(speaks), Proposal.id.in_(declared)),
    )
    return frozenset(session.scalars(found))


def outlook(call: ProposalCall, uids: Sequence[str], decision: Decision, *, by: int) -> Outlook:
    """Say on which proposals a decision can be made, and on which not, and why."""
    session = db.session()
    return _sorted_out(_chosen(session, call.id, uids), decision, bound_ids(session, call.id, by))


def _sorted_out(chosen: Sequence[Proposal], decision: Decision, bound: Collection[int]) -> Outlook:
    found = Outlook([], [])
    for proposal in chosen:
        refusal = decision_refusal(decision, proposal.standing, is_bound=proposal.id in bound)
        if refusal is None:
            found.able.append(proposal)
        else:
            found.refused.append((proposal, refusal))
    return found


def _chosen(session: Session, call_id: int, uids: Sequence[str], *, is_locked: bool = False) -> list[Proposal]:
    statement = (
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.uid.in_(uids))
        .order_by(Proposal.id)
        .options(
            joinedload(Proposal.author).selectinload(Person.emails),
            joinedload(Proposal.call).joinedload(ProposalCall.event),
            joinedload(Proposal.format),
            joinedload(Proposal.decision),
        )
    )
    if is_locked:
        statement = statement.with_for_update(of=Proposal).execution_options(populate_existing=True)
    return list(session.scalars(statement))


def decide(
    call_id: int,
    uids: Sequence[str],
    decision: Decision,
    *,
    message: Bilingual,
    is_told: bool,
    by: int,
    now: datetime,
) -> int:
    """Decide on proposals; says on how many.

    Authors learn of it by a letter, and on their page with it: now, if `is_told`, else when somebody tells them.
    Until then it can be decided anew, and nobody but organisers knows.

    Raises:
        Refused: it can be decided on none of them.
    """
    with transaction() as session:
        chosen = _chosen(session, call_id, uids, is_locked=True)
        able = _sorted_out(chosen, decision, bound_ids(session, call_id, by)).able
        if not able:
            raise Refused(DecisionRefusal.NOBODY)
        audit.record(
            session,
            "proposals.decided",
            actor_id=by,
            scope=able[0].call.event.slug,
            object_uid=able[0].call.uid,
            decision=decision.value,
            number=len(able),
        )
        for proposal in able:
            if LEADS_TO[decision] is proposal.state:
                #: Its author knows so much from before.
                proposal.decision = None
                continue
            made = proposal.decision or ProposalDecision()
            made.state, made.message, made.decided_at, made.decided_by_id = LEADS_TO[decision], message, now, by
            proposal.decision = made
        session.flush()
        if is_told:
            _tell(session, [one for one in able if one.decision is not None], by=by, now=now)
        return len(able)


def tell(call_id: int, uids: Sequence[str], *, by: int, now: datetime) -> int:
    """Write to authors what was decided on their proposals; from now on their page says so. Says to how many.

    Raises:
        Refused: all of them know already, or it is not for this organiser to tell them.
    """
    with transaction() as session:
        bound = bound_ids(session, call_id, by)
        found = _chosen(session, call_id, uids, is_locked=True)
        untold = [one for one in found if one.decision is not None and one.id not in bound]
        if not untold:
            raise Refused(DecisionRefusal.TOLD)
        _tell(session, untold, by=by, now=now)
        return len(untold)


def _tell(session: Session, untold: Sequence[Proposal], *, by: int, now: datetime) -> None:
    """Let authors know: what they read on their page and the letter come in one change."""
    calls = {one.call_id: one.call for one in untold if one.call.gives_feedback}
    boards = {key: load(session, call) for key, call in calls.items()}
    for proposal in untold:
        made = proposal.decision
        assert made is not None
        proposal.state, proposal.message, proposal.answered_at = made.state, made.message, None
        proposal.decided_at, proposal.decided_by_id = made.decided_at, made.decided_by_id
        board = boards.get(proposal.call_id)
        proposal.feedback = board.feedback_of(proposal) if board else []
        proposal.decision = None
        mails.tell_of_decision(session, proposal, now=now)
        record(session, proposal, f"proposal.{proposal.state.value}", by)


def to_be_told(call: ProposalCall, *, by: int) -> list[Proposal]:
    """List on what it is decided and whose authors do not know yet, without what binds the reader."""
    session = db.session()
    made = select(Proposal.uid).join(Proposal.decision).where(Proposal.call_id == call.id)
    bound = bound_ids(session, call.id, by)
    return [one for one in _chosen(session, call.id, session.scalars(made).all()) if one.id not in bound]


def answer(event_id: int, uid: str, *, says_yes: bool, by: int, now: datetime) -> Proposal:
    """Confirm that one speaks, or give the place up; only whoever wrote the proposal answers for it.

    Raises:
        NotFound: there is no such proposal.
        Refused: an `AnswerRefusal`, or it is somebody else's.
    """
    with transaction() as session:
        proposal = locked(session, event_id, uid)
        if proposal.author_id != by:
            raise Refused(WriteRefusal.NOT_YOURS)
        event = proposal.call.event
        refusal = answer_refusal(
            proposal.state,
            says_yes=says_yes,
            confirm_by=proposal.call.confirm_by,
            today=now.astimezone(ZoneInfo(event.timezone)).date(),
        )
        if refusal is not None:
            raise Refused(refusal)
        wanted = ProposalState.CONFIRMED if says_yes else ProposalState.GIVEN_UP
        if proposal.state is not wanted:
            #: What organisers meant to tell them is overtaken by their answer.
            proposal.state, proposal.answered_at, proposal.decision = wanted, now, None
            record(session, proposal, f"proposal.{wanted.value}", by)
        return proposal


def remind(event_id: int, people: Collection[int], *, by: int, now: datetime) -> int:
    """Write to speakers that something is not known of them yet; says to how many."""
    with transaction() as session:
        rows = session.scalars(
            select(ProposalSpeaker)
            .join(ProposalSpeaker.proposal)
            .join(Proposal.call)
            .where(
                ProposalCall.event_id == event_id,
                ProposalSpeaker.person_id.in_(people),
                ProposalSpeaker.state == SpeakerState.AGREED,
            )
            .order_by(ProposalSpeaker.id)
            .options(
                joinedload(ProposalSpeaker.person).selectinload(Person.emails),
                joinedload(ProposalSpeaker.proposal).options(
                    joinedload(Proposal.call).joinedload(ProposalCall.event), joinedload(Proposal.format)
                ),
            )
        ).all()
        #: What waits for an answer comes before what does not: the letter asks for it first.
        rows = sorted(rows, key=lambda one: not waits_for_answer(one.proposal, one.person_id))
        first = {one.person_id: one for one in reversed(rows)}
        if not first:
            raise NotFound(NO_PROPOSAL)
        for speaker in first.values():
            mails.ask_for_data(session, speaker, now=now)
        record(session, rows[0].proposal, "proposals.reminded", by, number=len(first))
        return len(first)
