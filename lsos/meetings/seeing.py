"""Whom somebody sees among the participants: whom their kind of participation may see, and whom they met before.

Every list, count, filter and page that shows participants to participants asks here, so that they agree.
"""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from lsos.db import db
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest
from lsos.meetings.rules import MeetingState
from lsos.meetings.walk_up_models import WalkUp
from lsos.registration import rights
from lsos.registration.models import Registration
from lsos.registration.right_rules import may_see


def brought_together(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL of a registration whether somebody, or their organisation, has or had to do with its owner.

    That is a request, at once or for later, or a meeting that is more than a draft.
    """
    viewer = aliased(Registration)
    organisation_id = select(viewer.organisation_id).where(viewer.id == viewer_id).scalar_subquery()
    asked = select(MeetingRequest.id).where(
        or_(
            and_(MeetingRequest.from_id == viewer_id, MeetingRequest.to_id == Registration.id),
            and_(MeetingRequest.to_id == viewer_id, MeetingRequest.from_id == Registration.id),
            and_(MeetingRequest.to_organisation_id == organisation_id, MeetingRequest.from_id == Registration.id),
        )
    )
    at_once = select(WalkUp.id).where(
        or_(
            and_(WalkUp.from_id == viewer_id, WalkUp.to_id == Registration.id),
            and_(WalkUp.to_id == viewer_id, WalkUp.from_id == Registration.id),
        )
    )
    mine, theirs = aliased(MeetingParticipant), aliased(MeetingParticipant)
    met = (
        select(Meeting.id)
        .join(mine, mine.meeting_id == Meeting.id)
        .join(theirs, theirs.meeting_id == Meeting.id)
        .where(
            mine.registration_id == viewer_id,
            theirs.registration_id == Registration.id,
            Meeting.state != MeetingState.PROPOSED,
        )
    )
    return or_(*(found.correlate(Registration).exists() for found in (asked, at_once, met)))


def seen_by(viewer_id: int) -> ColumnElement[bool]:
    """Say in SQL what `sees` says of one; a test holds the two together."""
    return or_(Registration.id == viewer_id, rights.shown_to(viewer_id), brought_together(viewer_id))


def sees(viewer: Registration, other: Registration) -> bool:
    """Say whether somebody sees another at all, as far as their kinds of participation go; consents aside."""
    if viewer.id == other.id or may_see(rights.right_between(viewer, other)):
        return True
    known = select(Registration.id).where(Registration.id == other.id, brought_together(viewer.id))
    return db.session.scalar(known) is not None
