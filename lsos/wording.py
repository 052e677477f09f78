"""How numbers, dates and lists are written in the language of the reader, on a page as in a printed report."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from flask_babel import get_locale

from lsos.texts import Bilingual

_BRITISH: Final = Locale("en", "GB")


def locale() -> Locale:
    """Give the locale things are written in now; English dates and numbers are written as in Britain."""
    found = get_locale()
    return _BRITISH if found is None or found.language == "en" else found


def plain(value: Bilingual | None) -> str:
    """Give an organiser's text in the reader's language, without marks: for titles, charts and files."""
    return value.read(locale().language).text if value else ""


def clock(at: time | datetime, zone: str) -> str:
    """Write a time of day, 24 hours, as clocks of a zone show it."""
    if isinstance(at, datetime):
        at = at.astimezone(ZoneInfo(zone)).time()
    return f"{at:%H:%M}"


def day(when: date) -> str:
    """Write a day with its weekday, as the language does: Thursday, 27 November 2025."""
    return format_date(when, "EEEE, d MMMM y", locale=locale())


def full_day(when: date) -> str:
    """Write a day without its weekday: 27 November 2025."""
    return format_date(when, "d MMMM y", locale=locale())


def short_day(when: date) -> str:
    """Write a day in short: Thu 27 Nov."""
    return format_date(when, "EEE d MMM", locale=locale())


def weekday(when: date) -> str:
    """Write the name of a day: Thursday."""
    return format_date(when, "EEEE", locale=locale())


def zone_name(moment: datetime, zone: str) -> str:
    """Write the zone of a moment as clocks in it are called then: CET, CEST."""
    return get_timezone_name(moment.astimezone(ZoneInfo(zone)), width="short", locale=locale())


def stamp(moment: datetime, zone: str) -> str:
    """Write a moment with day and time, as clocks of a zone show it."""
    return format_datetime(moment.astimezone(ZoneInfo(zone)), "d MMM y, HH:mm", locale=locale())


def days_between(first: date, last: date) -> str:
    """Write a span of days without saying the month twice: 27–28 November 2025."""
    if first == last:
        return day(first)
    end = format_date(last, "d MMMM y", locale=locale())
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    begin = format_date(first, "d MMMM" if first.year == last.year else "d MMMM y", locale=locale())
    return f"{begin} – {end}"


def month_day(when: date) -> str:
    """Write a day without its year: 27 November."""
    return format_skeleton("MMMMd", datetime.combine(when, time()), locale=locale())


def month_short(when: date) -> str:
    """Write a month in short: Nov."""
    return format_date(when, "LLL", locale=locale())


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with at most so many decimals; a dash where there is none."""
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return format_decimal(value, pattern, locale=locale())


def to_digits(value: float | None, digits: int = 2) -> str:
    """Write a number with exactly so many decimals, so that a column of them stands in line; a dash for none."""
    return "–" if value is None else format_decimal(value, "#,##0." + "0" * digits, locale=locale())


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share of one as a percentage; a dash where there is none."""
    if share is None:
        return "–"
    return format_percent(share, "#,##0" + ("." + "#" * digits if digits else "") + "%", locale=locale())


def listed(items: Iterable[str]) -> str:
    """Join words as the language does: a, b and c."""
    return format_list(list(items), locale=locale())


def country_name(code: str | None) -> str:
    """Write a country by its ISO code."""
    if not code:
        return ""
    return str(locale().territories.get(code, code))
