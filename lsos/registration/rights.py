"""Reads of who may see and ask whom by their kinds of participation: one rule, for one pair, for a query, for all."""

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from lsos.db import db
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.right_models import TypeRight
from lsos.registration.right_rules import Right, Rights


def rights_at(event_id: int) -> Rights:
    """Give who may see and ask whom at an event."""
    rows = db.session.execute(
        select(TypeRight.viewer_type_id, TypeRight.other_type_id, TypeRight.right)
        .join(ParticipationType, ParticipationType.id == TypeRight.viewer_type_id)
        .where(ParticipationType.event_id == event_id)
    )
    return Rights({(viewer, other): right for viewer, other, right in rows})


def right_between(viewer: Registration, other: Registration) -> Right:
    """Give how far somebody may go with another."""
    found = db.session.scalar(
        select(TypeRight.right).where(
            TypeRight.viewer_type_id == viewer.participation_type_id,
            TypeRight.other_type_id == other.participation_type_id,
        )
    )
    return found or Right.ASK


def kinds_of(event_id: int) -> dict[int, int]:
    """Give, for each registration of an event, its kind of participation: ids both."""
    rows = db.session.execute(
        select(Registration.id, Registration.participation_type_id).where(Registration.event_id == event_id)
    )
    return {row[0]: row[1] for row in rows}


def shown_to(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether somebody sees people of its kind; a test holds it and the rule together."""
    return Registration.participation_type_id.not_in(_narrowed(viewer_id, Right.NOTHING))


def askable_by(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether somebody may ask people of its kind; as above."""
    return Registration.participation_type_id.not_in(_narrowed(viewer_id, Right.SEE, Right.NOTHING))


def _narrowed(viewer_id: int, *rights: Right) -> Select[int]:
    """Name the kinds with whose people somebody may go no further than one of some rights."""
    viewer = aliased(Registration)
    return (
        select(TypeRight.other_type_id)
        .join(viewer, viewer.participation_type_id == TypeRight.viewer_type_id)
        .where(viewer.id == viewer_id, TypeRight.right.in_(rights))
    )
