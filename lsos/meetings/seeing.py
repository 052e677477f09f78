"""Whom somebody sees among the participants: whom their kind of participation may see, and whom they met before.

Every list, count, filter and page that shows participants to participants asks here, so that they agree.
"""

from sqlalchemy import ColumnElement, and_, or_, select

from lsos.db import db
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.rules import MeetingState
from lsos.registration import rights
from lsos.registration.models import Registration
from lsos.registration.right_rules import may_see


def brought_together(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether somebody has, or had, a request or a meeting with its owner."""
    asked = select(MeetingRequest.id).where(
        or_(
            and_(MeetingRequest.from_id == viewer_id, MeetingRequest.to_id == Registration.id),
            and_(MeetingRequest.to_id == viewer_id, MeetingRequest.from_id == Registration.id),
        )
    )
    met = select(Meeting.id).where(
        or_(
            and_(Meeting.first_id == viewer_id, Meeting.second_id == Registration.id),
            and_(Meeting.second_id == viewer_id, Meeting.first_id == Registration.id),
        ),
        Meeting.state != MeetingState.PROPOSED,
    )
    return or_(asked.correlate(Registration).exists(), met.correlate(Registration).exists())


def seen_by(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL what `sees` says of one; a test holds the two together."""
    return or_(Registration.id == viewer_id, rights.shown_to(viewer_id), brought_together(viewer_id))


def sees(viewer: Registration, other: Registration) -> bool:
    """Say whether somebody sees another at all, as far as their kinds of participation go; consents aside."""
    if viewer.id == other.id or may_see(rights.right_between(viewer, other)):
        return True
    known = select(Registration.id).where(Registration.id == other.id, brought_together(viewer.id))
    return db.session.scalar(known) is not None
