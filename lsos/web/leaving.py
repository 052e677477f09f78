"""What follows, downstream, when somebody does not come: seats in sessions and of options, and meetings go back."""

from datetime import datetime

from sqlalchemy.orm import Session

from lsos.agenda.service import release_sessions
from lsos.invitations.claims import leave
from lsos.meetings.service import release_meetings
from lsos.questionnaires.answering import release_options
from lsos.registration.steps import Also


def release_time(*, actor_id: int | None, now: datetime) -> Also:
    """Make what frees the sessions and calls off the meetings of somebody who cancels, as part of cancelling."""

    def release(session: Session, registration_id: int) -> None:
        leave(session, registration_id, now=now)
        release_meetings(session, registration_id, actor_id=actor_id, now=now)
        release_sessions(session, registration_id, now=now)
        release_options(session, registration_id)

    return release
