"""What organisers decide on proposals, with letters, and what those who were accepted answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session, joinedload

from lsos import mail
from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.errors import NotFound, Refused
from lsos.mail import MailState, OutgoingMail
from lsos.proposals import mails
from lsos.proposals.models import Proposal, ProposalCall, ProposalSpeaker
from lsos.proposals.review_models import ProposalReview
from lsos.proposals.rules import (
    Decision,
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

#: Letters about decisions wait so long; who decides anew within it takes the earlier letter back.
HELD = timedelta(minutes=10)


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
        refusal = decision_refusal(decision, proposal.state, is_bound=proposal.id in bound)
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
        )
    )
    if is_locked:
        statement = statement.with_for_update(of=Proposal).execution_options(populate_existing=True)
    return list(session.scalars(statement))


def decide(call_id: int, uids: Sequence[str], decision: Decision, *, message: Bilingual, by: int, now: datetime) -> int:
    """Decide on proposals, and write to those who sent them; the letters wait ten minutes.

    Whoever decides anew meanwhile stops the letter about the decision before. Says how many were decided on.

    Raises:
        Refused: it can be decided on none of them.
    """
    with transaction() as session:
        chosen = _chosen(session, call_id, uids, is_locked=True)
        able = _sorted_out(chosen, decision, bound_ids(session, call_id, by)).able
        if not able:
            raise Refused(DecisionRefusal.NOBODY)
        _stop_letters(session, able)
        with mail.holding_back(session, until=now + HELD):
            for proposal in able:
                proposal.state, proposal.message = decision.leads_to, message
                proposal.decided_at, proposal.decided_by_id, proposal.answered_at = now, by, None
                mails.tell_of_decision(session, proposal, now=now)
                record(session, proposal, f"proposal.{decision.leads_to.value}", by)
        return len(able)


def _stop_letters(session: Session, chosen: Collection[Proposal]) -> None:
    """Throw letters away that tell of an earlier decision and have not left yet."""
    unsent = OutgoingMail.state == MailState.WAITING
    batches = [one.uid for one in chosen]
    session.execute(
        delete(OutgoingMail)
        .where(OutgoingMail.batch.in_(batches), OutgoingMail.letter.in_(mails.DECISIONS.values()), unsent)
        .execution_options(synchronize_session=False)
    )


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
            proposal.state, proposal.answered_at = wanted, now
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
        first = {one.person_id: one for one in reversed(rows)}
        if not first:
            raise NotFound(NO_PROPOSAL)
        for speaker in first.values():
            mails.ask_for_data(session, speaker, now=now)
        record(session, rows[0].proposal, "proposals.reminded", by, number=len(first))
        return len(first)
