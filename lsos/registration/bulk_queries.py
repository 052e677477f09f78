"""Reads of what was done to many registrations, and how far it is."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.mail import MailState, OutgoingMail
from lsos.registration.list_models import BulkAction, BulkStep, StepState
from lsos.registration.models import Registration


def action_by_uid(event_id: int, uid: str) -> BulkAction | None:
    """Find a bulk action of an event."""
    return db.session.scalar(
        select(BulkAction)
        .where(BulkAction.event_id == event_id, BulkAction.uid == uid)
        .options(joinedload(BulkAction.by))
    )


def count_steps(event_id: int, action_uid: str) -> Counter[StepState]:
    """Count the rows of a bulk action by how they stand."""
    rows = db.session.execute(
        select(BulkStep.state, func.count())
        .join(BulkStep.action)
        .where(BulkAction.event_id == event_id, BulkAction.uid == action_uid)
        .group_by(BulkStep.state)
    )
    return Counter({row[0]: row[1] for row in rows})


def count_after(action_id: int) -> Counter[str]:
    """Count the rows that were done by what came of them: some who were let in went onto the waiting list."""
    rows = db.session.execute(
        select(BulkStep.after, func.count())
        .where(BulkStep.action_id == action_id, BulkStep.state == StepState.DONE)
        .group_by(BulkStep.after)
    )
    return Counter({row[0]: row[1] for row in rows})


def steps_not_done(action_id: int, *, limit: int = 200) -> list[BulkStep]:
    """List the rows that were refused or could not be taken back, with whom they are about."""
    return list(
        db.session.scalars(
            select(BulkStep)
            .where(BulkStep.action_id == action_id, BulkStep.state.in_((StepState.REFUSED, StepState.KEPT)))
            .order_by(BulkStep.id)
            .limit(limit)
            .options(joinedload(BulkStep.registration).joinedload(Registration.person))
        )
    )


def registrations_of(action_id: int) -> list[int]:
    """List the registrations that a bulk action is about, by id."""
    return list(db.session.scalars(select(BulkStep.registration_id).where(BulkStep.action_id == action_id)))


def letters_waiting(action_id: int) -> int:
    """Count the letters of a bulk action that have not left yet."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(BulkStep)
            .join(OutgoingMail, OutgoingMail.id == BulkStep.letter_id)
            .where(BulkStep.action_id == action_id, OutgoingMail.state == MailState.WAITING)
        )
        or 0
    )
