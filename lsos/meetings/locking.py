"""Locks: an organiser keeps a draft or a meeting where it is, whatever the next run finds."""

from datetime import datetime

from sqlalchemy import select

from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings.booking import note
from lsos.meetings.models import Meeting
from lsos.meetings.rules import change_refusal, lock_refusal


def lock_meeting(event_id: int, uid: str, *, is_locked: bool, by: int | None, now: datetime) -> Meeting:
    """Lock a draft or a meeting to come, or unlock it; asking twice changes nothing.

    Raises:
        NotFound: there is no such meeting at this event.
        Refused: `lock_refusal` gave a reason.
    """
    with transaction() as session:
        meeting = session.scalar(
            select(Meeting).where(Meeting.event_id == event_id, Meeting.uid == uid).with_for_update()
        )
        if meeting is None:
            raise NotFound(N_("There is no such meeting."))
        is_to_come = change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) is None
        refusal = lock_refusal(is_to_come=is_to_come)
        if refusal is not None:
            raise Refused(refusal)
        if meeting.is_locked != is_locked:
            meeting.is_locked = is_locked
            note(session, meeting, "meeting.locked" if is_locked else "meeting.unlocked", actor_id=by)
    return meeting
