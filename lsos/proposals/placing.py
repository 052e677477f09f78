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
from lsos.proposals.writing import filled_up


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
        for proposal, content in _in_draft(desk, uid):
            agreed = {one.person_id for one in proposal.agreed}
            if by in agreed and by not in content.person_ids:
                desk.put(proposal.session_uid or "", replace(content, people=(*content.people, Cast(by))))
        return bool(desk.touched)


def add_language(event_id: int, uid: str, *, by: int, now: datetime) -> bool:
    """Put the language that a proposal's author added into its session in the draft, where that lacks it still."""
    with at_the_desk(event_id, by=by, now=now, may_break=True) as desk:
        for proposal, content in _in_draft(desk, uid):
            title = filled_up(content.title, proposal.title)
            abstract = filled_up(content.abstract, proposal.abstract)
            desk.put(proposal.session_uid or "", replace(content, title=title, abstract=abstract))
        return bool(desk.touched)


def _in_draft(desk: Desk, uid: str) -> list[tuple[Proposal, Content]]:
    """Give a proposal with its session in the draft; nothing where it has none, or where it was withdrawn."""
    proposal = desk.writing.scalar(
        select(Proposal)
        .join(Proposal.call)
        .where(ProposalCall.event_id == desk.draft.event.id, Proposal.uid == uid)
        .options(selectinload(Proposal.speakers))
        .with_for_update(of=Proposal)
    )
    content = desk.draft.contents.get(proposal.session_uid or "") if proposal is not None else None
    return [(proposal, content)] if proposal and content and not content.is_withdrawn else []


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
