"""What uses a room, a focus area, a zone or a format, in words; and the way to take away what nothing uses."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext, ngettext

from lsos.drafting.removing import Uses
from lsos.taxonomy.listing import Placed
from lsos.web.forms import options

#: By table, how often it speaks of something; what matters most to organisers stands first.
WORDS: dict[str, Callable[[int], str]] = {
    "session": lambda n: ngettext("%(num)s session", "%(num)s sessions", n),
    "proposal": lambda n: ngettext("%(num)s proposal", "%(num)s proposals", n),
    "listing": lambda n: ngettext("%(num)s offer or request", "%(num)s offers and requests", n),
    "registration_focus_area": lambda n: ngettext("%(num)s person chose it", "%(num)s people chose it", n),
    "registration_zone": lambda n: ngettext("%(num)s person chose it", "%(num)s people chose it", n),
    "zone_call": lambda n: ngettext("%(num)s call for applications", "%(num)s calls for applications", n),
    "zone_juror_area": lambda n: ngettext("%(num)s juror", "%(num)s jurors", n),
    "pitch_slot": lambda n: ngettext("%(num)s time for a pitch", "%(num)s times for pitches", n),
    "meeting_table": lambda n: ngettext("%(num)s table for 1:1 meetings", "%(num)s tables for 1:1 meetings", n),
    "scan_point": lambda n: ngettext("%(num)s check-in point", "%(num)s check-in points", n),
}


def uses_words(uses: Uses) -> list[str]:
    """Say what uses something; nothing where nothing does."""
    return [words(uses[table]) for table, words in WORDS.items() if uses[table]]


def place_choices(things: Sequence[tuple[Placed, str]], moved: Placed | None) -> tuple[list[Any], str]:
    """Give the places in a list as the options of a field, and where a thing stands now; a new one stands last.

    `things` is all of the list in its order, each with its name.
    """
    others = [(one.code, name) for one, name in things if one is not moved]
    codes = [one.code for one, _name in things]
    before = codes[: codes.index(moved.code)] if moved is not None else codes
    behind = ((code, gettext("after %(name)s", name=name)) for code, name in others)
    return options(("", gettext("first")), *behind), before[-1] if before else ""
