"""Use case of what people wish for their meetings and days."""

from lsos.db import transaction
from lsos.meetings.booking import lock, note
from lsos.meetings.models import MeetingPreference
from lsos.meetings.preferences import NAMES, Preference


def save_preference(registration_id: int, wished: Preference) -> None:
    """Keep what somebody wishes; meetings that stand stay where they are."""
    with transaction() as session:
        who = lock(session, [registration_id])[registration_id]
        row = session.get(MeetingPreference, registration_id)
        if row is None:
            row = MeetingPreference(registration_id=registration_id)
            session.add(row)
        for name in NAMES:
            setattr(row, name, getattr(wished, name))
        note(session, who, "meeting_preference.saved", actor_id=who.person_id)
