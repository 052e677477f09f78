"""Which meeting may be at which table: a stand belongs to one organisation, and any table may be closed at times."""

from collections.abc import Collection
from enum import StrEnum

from lsos.errors import N_
from lsos.meetings.rules import PlaceRefusal

#: So many tables are made in one go at most.
MOST_TABLES = 500


def is_theirs(host: int | None, organisations: Collection[int | None]) -> bool:
    """Say whether people of these organisations may sit at a table: it is nobody's stand, or that of one of them."""
    return host is None or host in organisations


def table_refusal(*, is_theirs: bool, is_open: bool) -> PlaceRefusal | None:
    """Say why a meeting may not be at a table, whoever else is there; None when it may."""
    if not is_theirs:
        return PlaceRefusal.STAND
    return None if is_open else PlaceRefusal.TABLE_CLOSED


class TablesRefusal(StrEnum):
    """Why tables cannot be made, changed or taken away, in words for the organiser."""

    BACKWARDS = N_("The last number is below the first. Write the lower one first.")
    TOO_MANY = N_("At most 500 tables are made in one go.")
    NUMBER_TAKEN = N_("There is a table %(number)s already. Choose other numbers.")
    HAS_MEETINGS = N_("Meetings are at table %(number)s (%(count)s of them). Move or cancel them first.")
    CLOSED_WITH_MEETINGS = N_(
        "Meetings are at table %(number)s at times that you want to close (%(count)s of them). "
        "Move or cancel them first. Nothing was changed."
    )
    HELD_FOR_OTHERS = N_(
        "Meetings of others are at table %(number)s (%(count)s of them), so it cannot become this stand. "
        "Move them first."
    )
    NO_SUCH_TABLE = N_("There is no such table. Somebody took it away meanwhile.")


def range_refusal(first: int, last: int) -> TablesRefusal | None:
    """Say why tables with these numbers cannot be made; None when they can, as far as one sees without looking."""
    if last < first:
        return TablesRefusal.BACKWARDS
    return TablesRefusal.TOO_MANY if last - first >= MOST_TABLES else None
