"""Times to which a meeting could go that are good for the day of one of its two."""

from collections.abc import Iterable

from lsos.matchmaking.days import Days
from lsos.matchmaking.improving import waits_saved
from lsos.meetings.models import Meeting
from lsos.meetings.places import Place, day_lengths, slots_of, taken_slots


def that_save_a_wait(meeting: Meeting, registration_id: int, places: Iterable[Place]) -> list[Place]:
    """Choose from places those by which somebody waits less often; of the day of the other nothing is said."""
    slots = slots_of(meeting.event_id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    if meeting.slot_id is None:
        return []
    days = Days(day_lengths(slots, meeting.event.timezone))
    busy = [number[slot_id] for slot_id in taken_slots([registration_id])[registration_id]]
    was = number[meeting.slot_id]
    return [place for place in places if waits_saved(busy, was, number[place.slot.id], days) > 0]
