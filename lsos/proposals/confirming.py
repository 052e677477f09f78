"""Who is in the draft of the programme with a proposal, and has not said that they will speak."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import or_, select

from lsos.db import db
from lsos.proposals.models import Proposal, ProposalCall, ProposalSpeaker
from lsos.proposals.rules import ProposalState, SpeakerState


def unconfirmed_of(event_id: int) -> Mapping[str, frozenset[int]]:
    """Name, by the uid of the session that a proposal became, those of its speakers who have not confirmed, or not now.

    Whoever wrote it answers for the proposal, and each of the others for themselves.
    """
    rows = db.session.execute(
        select(Proposal.session_uid, ProposalSpeaker.person_id)
        .join(ProposalSpeaker, ProposalSpeaker.proposal_id == Proposal.id)
        .join(Proposal.call)
        .where(
            ProposalCall.event_id == event_id,
            Proposal.session_uid.is_not(None),
            or_(Proposal.state != ProposalState.CONFIRMED, ProposalSpeaker.state != SpeakerState.AGREED),
        )
    )
    found: dict[str, set[int]] = defaultdict(set)
    for uid, person_id in rows:
        found[uid or ""].add(person_id)
    return {uid: frozenset(them) for uid, them in found.items()}
