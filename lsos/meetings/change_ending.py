"""The end of a change, inside the transaction of another use case: what took its place from it closes it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos.meetings import mails
from lsos.meetings.change_models import ChangeConsent, ChangeMove, MeetingChange
from lsos.meetings.change_rules import ChangeState
from lsos.registration.models import Registration


def close(session: Session, change: MeetingChange, state: ChangeState, *, now: datetime) -> None:
    """Set down what became of a change; its meetings are open to another from then on."""
    change.state, change.is_open, change.closed_at = state, False, now
    session.flush()
    #: The database has said so to each move.
    session.expire(change, ["moves"])


def end(
    session: Session, change: MeetingChange, state: ChangeState, *, untold: Collection[int] = (), now: datetime
) -> None:
    """Close a change that came to nothing, and tell those who had said yes, and wait for it to happen."""
    close(session, change, state, now=now)
    for consent in change.consents:
        if consent.says_yes and consent.registration_id not in untold:
            mails.change_ended(session, change, consent.registration)


def overtake(
    session: Session, *, meeting_ids: Collection[int] = (), request_ids: Collection[int] = (), now: datetime
) -> None:
    """End the open changes of meetings that are elsewhere or off by now, and of requests that need none any more.

    The people of these meetings read of it in another letter.
    """
    moved = select(ChangeMove.change_id).where(ChangeMove.is_open, ChangeMove.meeting_id.in_(meeting_ids))
    for change in _open(session, or_(MeetingChange.id.in_(moved), MeetingChange.request_id.in_(request_ids))):
        told = {
            person
            for move in change.moves
            if move.meeting_id in meeting_ids
            for person in (move.meeting.first_id, move.meeting.second_id)
        }
        end(session, change, ChangeState.OVERTAKEN, untold=told, now=now)


def _open(session: Session, which: ColumnElement[bool]) -> list[MeetingChange]:
    return list(
        session.scalars(
            select(MeetingChange)
            .where(MeetingChange.is_open, which)
            .order_by(MeetingChange.id)
            .options(
                selectinload(MeetingChange.moves).joinedload(ChangeMove.meeting),
                selectinload(MeetingChange.consents)
                .joinedload(ChangeConsent.registration)
                .joinedload(Registration.person),
                joinedload(MeetingChange.event),
            )
            .with_for_update(of=MeetingChange)
            .execution_options(populate_existing=True)
        )
    )
