"""Two records of one human being become one: where both are named in a proposal, what was agreed stays agreed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos.proposals.models import ProposalSpeaker
from lsos.proposals.review_models import ProposalReview
from lsos.proposals.rules import SpeakerState
from lsos.zone.jury_rules import outweighs


def settle_speakers(session: Session, *, gone: int, into: int) -> None:
    """Keep one of two rows of the same proposal: that of the record that stays, which agrees where either did."""
    rows = session.scalars(
        select(ProposalSpeaker)
        .where(ProposalSpeaker.person_id.in_((gone, into)))
        .order_by(ProposalSpeaker.proposal_id)
        .with_for_update()
    ).all()
    mine = {one.proposal_id: one for one in rows if one.person_id == into}
    for other in rows:
        same = mine.get(other.proposal_id)
        if other.person_id == gone and same is not None:
            if other.state is SpeakerState.AGREED:
                same.state, same.answered_at = other.state, other.answered_at
            session.delete(other)
    _settle_reviews(session, gone=gone, into=into)
    session.flush()


def _settle_reviews(session: Session, *, gone: int, into: int) -> None:
    """Keep, of two reviews of a proposal that both records have, the one that weighs more; a conflict weighs most."""
    rows = session.scalars(
        select(ProposalReview)
        .where(ProposalReview.reviewer_id.in_((gone, into)))
        .order_by(ProposalReview.proposal_id)
        .with_for_update()
    ).all()
    mine = {one.proposal_id: one for one in rows if one.reviewer_id == into}
    for other in rows:
        same = mine.get(other.proposal_id)
        if other.reviewer_id == gone and same is not None:
            session.delete(same if outweighs(other.state, same.state) else other)
