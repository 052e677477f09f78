"""What a speaker confirmed becomes a session in the draft of the programme, without a time, once; others join."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lsos.db import new_uid
from lsos.drafting.content import Cast, Content
from lsos.drafting.desk import Desk, at_the_desk
from lsos.drafting.service import free_code
from lsos.proposals.models import CallFormat, Proposal, ProposalCall
from lsos.proposals.rules import ProposalState


def put_into_draft(event_id: int, *, by: int, now: datetime) -> int:
    """Put what is confirmed and not yet in the draft of the programme there; says how many.

    Asked at the same time twice, by a speaker who confirms and an organiser, it does so once.
    """
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        confirmed = desk.writing.scalars(
            select(Proposal)
            .join(Proposal.call)
            .where(
                ProposalCall.event_id == event_id,
                Proposal.state == ProposalState.CONFIRMED,
                Proposal.session_uid.is_(None),
            )
            .order_by(Proposal.id)
            .options(joinedload(Proposal.format), selectinload(Proposal.speakers))
            .with_for_update(of=Proposal)
        ).all()
        minutes = _minutes(desk, confirmed)
        for proposal in confirmed:
            proposal.session_uid = new_uid()
            content = content_of(proposal, minutes.get(proposal.format_id or 0))
            desk.put(proposal.session_uid, _with_code(content, desk))
        return len(confirmed)


def add_to_cast(event_id: int, uid: str, *, by: int, now: datetime) -> bool:
    """Put somebody who agreed to speak among the people of the proposal's session in the draft, if it is there.

    It is a step like any other: organisers see whose it is and can undo it, and nobody else sees it before a
    release. Whoever says no later stays: the draft names it as a conflict, and an organiser decides.
    """
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        proposal = desk.writing.scalar(
            select(Proposal)
            .join(Proposal.call)
            .where(ProposalCall.event_id == event_id, Proposal.uid == uid)
            .options(selectinload(Proposal.speakers))
            .with_for_update(of=Proposal)
        )
        session_uid = proposal.session_uid if proposal is not None else None
        content = desk.draft.contents.get(session_uid or "")
        if proposal is None or session_uid is None or content is None or content.is_withdrawn:
            return False
        if by in content.person_ids or by not in {one.person_id for one in proposal.agreed}:
            return False
        desk.put(session_uid, replace(content, people=(*content.people, Cast(by))))
        return True


def _minutes(desk: Desk, confirmed: Iterable[Proposal]) -> dict[int, int]:
    calls = {one.call_id for one in confirmed}
    offered = select(CallFormat.format_id, CallFormat.minutes).where(CallFormat.call_id.in_(calls))
    return {row[0]: row[1] for row in desk.writing.execute(offered)}


def _with_code(content: Content, desk: Desk) -> Content:
    return replace(content, code=free_code(content, desk.draft))


def content_of(proposal: Proposal, minutes: int | None) -> Content:
    """Say of a session what its proposal says."""
    assert proposal.format_id is not None
    wanted = (words.strip() for words in proposal.equipment.replace("\n", ",").split(","))
    return Content(
        title=proposal.title,
        abstract=proposal.abstract,
        format_id=proposal.format_id,
        focus_area_id=proposal.focus_area_id,
        minutes=minutes,
        languages=tuple(sorted(proposal.languages)),
        equipment=tuple(sorted({words for words in wanted if words})),
        people=tuple(Cast(one.person_id) for one in proposal.agreed),
    )
