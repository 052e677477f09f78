"""What organisers do with the call of an event: set it up, and change it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import Refused
from lsos.events.models import Event, FocusArea
from lsos.proposals.models import CallFormat, ProposalCall
from lsos.proposals.rules import call_refusal
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual


@dataclass(frozen=True)
class CallFacts:
    """What a call says, as an organiser writes it."""

    opens_at: datetime
    closes_at: datetime
    words: Bilingual
    #: Codes of the formats offered, each with its length in minutes.
    formats: Mapping[str, int]
    #: Codes of focus areas; none: every one.
    areas: Collection[str] = ()
    per_person: int | None = None
    confirm_by: date | None = None
    gives_feedback: bool = False


def save_call(event_id: int, facts: CallFacts, *, by: int) -> ProposalCall:
    """Set up the call of an event, or change it; what was proposed already keeps its format and area.

    Raises:
        Refused: a `CallRefusal`.
    """
    refusal = call_refusal(opens_at=facts.opens_at, closes_at=facts.closes_at, formats=len(facts.formats))
    if refusal is not None:
        raise Refused(refusal)
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update=True)
        call = session.scalar(
            select(ProposalCall)
            .where(ProposalCall.event_id == event_id)
            .options(selectinload(ProposalCall.formats), selectinload(ProposalCall.areas))
        ) or ProposalCall(event_id=event_id)
        call.opens_at, call.closes_at, call.words = facts.opens_at, facts.closes_at, facts.words
        call.per_person, call.confirm_by = facts.per_person, facts.confirm_by
        call.gives_feedback = facts.gives_feedback
        offered = session.scalars(select(SessionFormat).where(SessionFormat.code.in_(facts.formats))).all()
        held = {one.format_id: one for one in call.formats}
        call.formats = [held.get(kind.id) or CallFormat(format_id=kind.id) for kind in offered]
        for one, kind in zip(call.formats, offered, strict=True):
            one.minutes = facts.formats[kind.code]
        call.areas = list(
            session.scalars(
                select(FocusArea)
                .where(FocusArea.event_id == event_id, FocusArea.code.in_(facts.areas))
                .order_by(FocusArea.position, FocusArea.id)
            )
        )
        session.add(call)
        session.flush()
        audit.record(session, "proposals.call_saved", actor_id=by, scope=event.slug, object_uid=call.uid)
        return call
