"""What follows, downstream, when somebody does not come: their seats in sessions and their meetings go back."""

from datetime import datetime

from lsos.agenda.queries import signups_of
from lsos.agenda.service import leave
from lsos.errors import Refused
from lsos.meetings.service import cancel_all_of


def let_go(registration_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Free the sessions and call off the meetings of somebody whose registration is cancelled; what is over stays."""
    cancel_all_of(registration_id, actor_id=actor_id, now=now)
    for place in signups_of(registration_id):
        try:
            leave(registration_id, place.session_id, now=now)
        except Refused:
            continue
