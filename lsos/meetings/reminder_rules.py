"""When somebody is reminded of a meeting: so many minutes before it, and in the evening before a day of them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: So many minutes before a meeting somebody may wish to be reminded of it.
MINUTES = (10, 30, 60)
#: Calendars ring so many minutes before, unless their owner wishes otherwise: enough for the way to the table.
RINGS = 10
#: From this time of the evening on, where the event is, the meetings of the next day are told.
EVENING = time(18)


def is_to_be_reminded(*, starts_at: datetime, booked_at: datetime, minutes: int, now: datetime) -> bool:
    """Say whether a meeting is so near; whoever booked it within that time has just been told."""
    from_then = starts_at - timedelta(minutes=minutes)
    return booked_at < from_then <= now < starts_at


def day_told(zone: str, *, now: datetime) -> date | None:
    """Give the day whose meetings are told now, from the evening until midnight; None at any other time."""
    here = now.astimezone(ZoneInfo(zone))
    return here.date() + timedelta(days=1) if here.time() >= EVENING else None
