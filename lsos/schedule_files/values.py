"""How dates, times and durations are written in files of programmes, and read; None when they cannot be."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

#: Conferences lie between; what lies outside is a slip, and would break sums of dates. A year more on both sides than
#: the model promises, since a day of the programme may begin or end there.
FIRST_YEAR, LAST_YEAR = 1899, 2201
LONGEST: Final = timedelta(hours=99_999, minutes=99, seconds=99)
_DURATION: Final = re.compile(r"(-?)(\d{1,5}):(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
#: XML takes no others, and a page shows no others.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_OFFSET: Final = timedelta(hours=14)


def day_of(text: str) -> date | None:
    """Read the day of a date, or of a date with a time."""
    try:
        found = datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def moment_of(text: str) -> datetime | None:
    """Read a date with a time; it is naive where the text gives no offset."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR or not re.search(r"\d[T ]\d", text):
        return None
    return found


def time_of(text: str) -> time | None:
    """Read a time of day: 9:00, 09:00 or 09:00:00."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def duration_of(text: str) -> timedelta | None:
    """Read a duration: 00:45, 1:30, 00:45:30, 100:00, -00:30."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] else size


def duration_text(duration: timedelta, *, with_seconds: bool = False) -> str:
    """Write a duration in hours and minutes; nothing shorter than none."""
    minutes, seconds = divmod(max(int(duration.total_seconds()), 0), 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if with_seconds and seconds else text


def moment_text(moment: datetime) -> str:
    """Write a moment with an offset that all formats take: whole minutes, at most 14 hours."""
    offset = moment.utcoffset() or timedelta()
    if offset % timedelta(minutes=1) or abs(offset) > _MOST_OFFSET:
        moment = moment.astimezone(UTC)
    return moment.isoformat()


def localised(moment: datetime, zone: tzinfo) -> datetime:
    """Give a moment its offset, as a fixed one: those of two clocks differ by what time passes between them."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return fixed(moment)


def fixed(moment: datetime) -> datetime:
    """Write a moment with the offset it has then, whatever its zone does at other times."""
    return datetime.fromisoformat(moment.isoformat())


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Show a moment in a zone, with a fixed offset."""
    return fixed(moment.astimezone(zone))


def cleaned(text: str) -> str:
    """Leave out of a text what XML cannot say: controls, and halves of letters."""
    return _NOT_IN_XML.sub("", text)


def text_of(value: object) -> str | None:
    """Read a text from JSON; None where something else stands there."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return None


def translated(value: object) -> str:
    """Give one text of those that stand in several languages; the English, if there is."""
    if not isinstance(value, Mapping):
        return ""
    texts: dict[Any, str] = {name: text for name, text in value.items() if isinstance(text, str) and text}
    return texts.get("en") or next(iter(texts.values()), "")
