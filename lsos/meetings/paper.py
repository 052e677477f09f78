"""Meetings on paper: a plan for each person, one for each table, a list of each slot, and one to hand the plans out by.

Only published meetings are printed, and of people only what they show each other: name, organisation, and why the
two should meet. What lies open, as the plan of a table does, names those alone who agreed to be listed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import force_locale, gettext, ngettext

from lsos import audit, drawing, pdf, qr
from lsos.agenda.rules import SessionRole
from lsos.db import transaction
from lsos.errors import N_
from lsos.events.models import Event
from lsos.matchmaking.affinity import DEFAULT_WEIGHTS, reasons_of
from lsos.matchmaking.model import ReasonKind
from lsos.matchmaking.outline import outlines
from lsos.meetings.models import Meeting, MeetingSlot, MeetingTable
from lsos.meetings.paper_queries import Extent, Sheet, extent, people_of, published, sheet_of, sheets
from lsos.meetings.places import open_tables, slots_of, tables_of
from lsos.meetings.portraits import portraits, taxonomy_of
from lsos.meetings.words import in_words, vocabulary
from lsos.registration.models import Registration
from lsos.registration.showing import Place as ShownAt
from lsos.registration.showing import may_show
from lsos.texts import LANGUAGES, Language, alphabet_key, is_polish
from lsos.wording import clock, day, days_between, plain, short_day, stamp

TEMPLATE = Path(__file__).with_name("paper.typ")
#: So many reasons of a meeting are printed, to begin the talk with.
REASONS = 2
#: About so many lines go on a page of a list; a block of the list of slots takes some lines more than its meetings.
_LINES_OF_NAMES, _LINES_OF_SLOTS, _LINES_OF_A_HEAD = 38, 52, 4


#: Sizes of letters in points, the largest first, and the points that the head of a page leaves for the rows.
_PLAN_SIZES, _PLAN_ROOM = (10.5, 9.5, 8.75, 8.0), 640
_TABLE_SIZES, _TABLE_ROOM = (11.5, 10.0, 9.0, 8.0, 7.5), 640
#: What is reckoned to need so much more than a page mostly fits it, at the smallest size.
_NEARLY: Final = 1.2
#: In ems: a line, what is around a row, and the head of a day.
_LINE, _ROW, _DAY = 1.1, 1.0, 4.6
#: The widths of the columns of words in points; a letter is about half an em wide.
_PLAN_WIDTH, _TABLE_WIDTH, _PLACE_WIDTH, _LETTER = 310, 196, 96, 0.41


class Paper(StrEnum):
    """What can be printed."""

    SCHEDULES = "schedules"
    TABLES = "tables"
    SLOTS = "slots"
    NAMES = "names"


#: What each is called, and what for; in words for the organiser.
NAMES: Final[Mapping[Paper, str]] = {
    Paper.SCHEDULES: N_("Personal plans"),
    Paper.TABLES: N_("Plans of the tables"),
    Paper.SLOTS: N_("List of slots"),
    Paper.NAMES: N_("List to hand plans out by"),
}
USES: Final[Mapping[Paper, str]] = {
    Paper.SCHEDULES: N_(
        "To hand out at the door: whom somebody meets when, where and why, their sessions, and a code that opens "
        "the live plan. By family name."
    ),
    Paper.TABLES: N_(
        "To lay on each table: who sits there when, a page a day. Everybody who passes can read it, so whoever did "
        "not agree to be in the list of participants is not named."
    ),
    Paper.SLOTS: N_("For the desk: who should be where now, slot by slot, and which tables are free. Names everybody."),
    Paper.NAMES: N_("For the desk: everybody with a meeting by family name, their first meeting, and a box to tick."),
}


@dataclass(frozen=True)
class Pages:
    """How many pages a paper takes; exact where each table has one, as a full plan may go on over a second."""

    number: int
    is_exact: bool


def pages(event: Event) -> dict[Paper, Pages]:
    """Say how much paper each takes, before it is printed."""
    there = extent(event.id)
    zone = ZoneInfo(event.timezone)
    tables = {(starts_at.astimezone(zone).date(), table) for starts_at, table in there.places}
    return {
        Paper.SCHEDULES: Pages(there.people, is_exact=False),
        Paper.TABLES: Pages(len(tables), is_exact=True),
        Paper.SLOTS: Pages(_pages_of_slots(there), is_exact=False),
        Paper.NAMES: Pages(ceil(there.people / _LINES_OF_NAMES), is_exact=False),
    }


def _pages_of_slots(there: Extent) -> int:
    slots = {starts_at for starts_at, _table in there.places}
    return ceil((len(there.places) + _LINES_OF_A_HEAD * len(slots)) / _LINES_OF_SLOTS)


@contextmanager
def document(
    event: Event,
    paper: Paper,
    *,
    language: Language,
    live: Mapping[Language, str],
    now: datetime,
    each_their_own: bool = False,
) -> Iterator[pdf.Document]:
    """Set a paper of an event; with `each_their_own`, every personal plan in the language of its owner.

    `live` is the address of everybody's own plan, in each language.
    """
    with force_locale(language):
        data = _head(event, paper, language, now)
        match paper:
            case Paper.SCHEDULES:
                data["sheets"] = _sheets(event, sheets(event.id), None if each_their_own else language)
            case Paper.TABLES:
                data["tables"] = _tables(event)
            case Paper.SLOTS:
                data["slots"] = _slots(event)
            case Paper.NAMES:
                data["rows"] = _names(event)
    with pdf.document(TEMPLATE, data, files=_files(live)) as made:
        yield made


def own_plan(mine: Registration, language: Language, *, live: Mapping[Language, str], now: datetime) -> bytes:
    """Print one person's own plan, in one language."""
    event = mine.event
    with force_locale(language):
        data = _head(event, Paper.SCHEDULES, language, now)
        data["sheets"] = _sheets(event, [sheet_of(mine)], language)
    return pdf.compile(TEMPLATE, data, files=_files(live))


def note_printing(event: Event, paper: Paper, *, pages: int, by_id: int | None) -> None:
    """Write down that a paper that names people was taken."""
    with transaction() as session:
        audit.record(
            session,
            "meetings.printed",
            actor_id=by_id,
            scope=event.slug,
            object_uid=event.uid,
            paper=paper.value,
            pages=pages,
        )


# ---- what every paper has


def _head(event: Event, paper: Paper, language: Language, now: datetime) -> dict[str, Any]:
    words = {}
    for each in LANGUAGES:
        with force_locale(each):
            words[each] = _words(event, now)
    return {
        "paper": paper.value,
        "language": language,
        "title": f"{gettext(NAMES[paper])}: {plain(event.name)}",
        "words": words,
    }


def _words(event: Event, now: datetime) -> dict[str, str]:
    return {
        "event": plain(event.name),
        "dates": days_between(event.starts_on, event.ends_on),
        "page": gettext("Page"),
        "time": gettext("Time"),
        "where": gettext("Where"),
        "what": gettext("With whom, and why"),
        "table": gettext("Table"),
        "people": gettext("Who meets"),
        "name": gettext("Name"),
        "organisation": gettext("Organisation"),
        "meetings": gettext("Meetings"),
        "first": gettext("First meeting"),
        "given": gettext("Handed out"),
        "free": gettext("free"),
        "free-tables": gettext("Free tables:"),
        "live": gettext("Your plan as it is now"),
        "nothing": gettext("Nothing is planned yet."),
        "made": gettext(
            "Printed on %(when)s. What changed since stands in the live plan.", when=stamp(now, event.timezone)
        ),
    }


def _files(live: Mapping[Language, str]) -> dict[str, bytes]:
    codes = {f"live-{language}.svg": str(qr.svg(live[language], border=2)).encode() for language in LANGUAGES}
    return {"logo.svg": str(drawing.logo(28)).encode(), **codes}


def _hours(event: Event, starts_at: datetime, ends_at: datetime) -> str:
    return f"{clock(starts_at, event.timezone)}–{clock(ends_at, event.timezone)}"


def _table(table: MeetingTable | None) -> str:
    return gettext("Table %(number)s", number=table.number) if table is not None else ""


def _room(table: MeetingTable | None) -> str:
    return plain(table.room.name) if table is not None and table.room is not None else ""


def _organisation(one: Registration) -> str:
    return one.organisation.name if one.organisation else ""


def _local_day(event: Event, at: datetime) -> date:
    return at.astimezone(ZoneInfo(event.timezone)).date()


def _lines(words: str, width: float, size: float) -> int:
    """Say about how many lines words take; none take none."""
    return ceil(len(words) * _LETTER * size / width)


def _fitting(sizes: tuple[float, ...], room: float, ems: Callable[[float], float]) -> float:
    """Choose the largest size at which a page takes it all; what never fits goes on over pages, and is legible there.

    Reckoned, since setting a thousand pages several times to find out takes minutes.
    """
    smallest = sizes[-1]
    last = smallest if ems(smallest) * smallest <= _NEARLY * room else sizes[1]
    return next((size for size in sizes if ems(size) * size <= room), last)


# ---- personal plans


class _Grounds:
    """Why people should meet; reads everybody once, whatever the number of meetings."""

    def __init__(self, event_id: int, meetings: Iterable[Meeting]) -> None:
        people = {one.id for meeting in meetings for one in people_of(meeting)}
        self._taxonomy = taxonomy_of(event_id)
        known = portraits(people) if people else {}
        self._outlines = dict(zip(known, outlines(list(known.values()), self._taxonomy), strict=True))
        self._names = vocabulary(event_id)

    def between(self, one: Registration, other: Registration) -> list[str]:
        """Say why two people should meet, to the first; nothing where one of them is not matched any more."""
        if not (may_show(ShownAt.SUGGESTIONS, one) and may_show(ShownAt.SUGGESTIONS, other)):
            return []
        found = reasons_of(self._outlines[one.id], self._outlines[other.id], self._taxonomy, DEFAULT_WEIGHTS)
        #: Which words are rare depends on who else is printed, and one person's plan says what it says among all.
        lasting = [reason for reason in found if reason.kind is not ReasonKind.SHARED_WORDS]
        return in_words(lasting, other.person.name, self._names).in_favour[:REASONS]


def _sheets(event: Event, plans: list[Sheet], language: Language | None) -> list[dict[str, Any]]:
    """Write plans, all in one language or each in the one of its owner, which is set but once."""
    grounds = _Grounds(event.id, (meeting for plan in plans for meeting in plan.meetings))
    written: dict[int, dict[str, Any]] = {}
    for each in LANGUAGES:
        with force_locale(each):
            for plan in plans:
                spoken = language or ("en" if plan.owner.person.language == "en" else "pl")
                if spoken == each:
                    written[plan.owner.id] = {"language": each, **_sheet(event, plan, grounds)}
    return [written[plan.owner.id] for plan in plans]


def _sheet(event: Event, plan: Sheet, grounds: _Grounds) -> dict[str, Any]:
    items: list[tuple[datetime, dict[str, Any]]] = [
        (meeting.starts_at, _meeting(event, meeting, plan.owner, grounds)) for meeting in plan.meetings
    ]
    for session in plan.sessions:
        when = session.when
        if when is None:
            continue
        parts = {SessionRole.SPEAKER: gettext("You speak"), SessionRole.CHAIR: gettext("You chair it")}
        roles = [parts[role] for role in plan.roles.get(session.id, ())]
        item = {
            "hours": _hours(event, when.starts_at, when.ends_at),
            "place": plain(session.room.name) if session.room else "",
            "room": "",
            "title": plain(session.title),
            "under": " · ".join([plain(session.format.name), *roles]),
            "why": [],
        }
        items.append((when.starts_at, item))
    if plan.pitch is not None:
        item = {
            "hours": _hours(event, plan.pitch.starts_at, plan.pitch.ends_at),
            "place": plain(plan.pitch.room.name) if plan.pitch.room else "",
            "room": "",
            "title": gettext("Your pitch"),
            "under": plain(plan.pitch.call.zone.name),
            "why": [],
        }
        items.append((plan.pitch.starts_at, item))
    days: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for at, item in sorted(items, key=lambda pair: pair[0]):
        days[_local_day(event, at)].append(item)
    met = len(plan.meetings)
    return {
        "name": plan.owner.person.name,
        "organisation": _organisation(plan.owner),
        "count": ngettext("%(num)s meeting", "%(num)s meetings", met) if met else "",
        "days": [{"day": day(when), "items": of_day} for when, of_day in days.items()],
        "size": _fitting(_PLAN_SIZES, _PLAN_ROOM, lambda size: _ems_of_plan(days.values(), size)),
    }


def _ems_of_plan(days: Collection[list[dict[str, Any]]], size: float) -> float:
    ems = _DAY * len(days)
    for item in (item for of_day in days for item in of_day):
        said = sum(_lines(words, _PLAN_WIDTH, size) for words in (item["title"], item["under"], *item["why"]))
        place = sum(_lines(words, _PLACE_WIDTH, size) for words in (item["place"], item["room"]))
        ems += _ROW + _LINE * max(said, place, 1)
    return ems


def _meeting(event: Event, meeting: Meeting, owner: Registration, grounds: _Grounds) -> dict[str, Any]:
    others = [one for one in people_of(meeting) if one.id != owner.id]
    return {
        "hours": _hours(event, meeting.starts_at, meeting.ends_at),
        "place": _table(meeting.table),
        "room": _room(meeting.table),
        "title": ", ".join(one.person.name for one in others),
        "under": ", ".join(dict.fromkeys(filter(None, map(_organisation, others)))),
        "why": grounds.between(owner, others[0]) if others else [],
    }


# ---- tables, slots, and the list of names


def _shown(one: Registration) -> dict[str, str]:
    """Name somebody on a paper that lies open, if they agreed to be listed."""
    if not may_show(ShownAt.PARTICIPANTS, one):
        return {"name": gettext("Reserved"), "organisation": ""}
    return _named(one)


def _named(one: Registration) -> dict[str, str]:
    return {"name": one.person.name, "organisation": _organisation(one)}


def _slots_by_day(event: Event) -> dict[date, list[MeetingSlot]]:
    days: dict[date, list[MeetingSlot]] = defaultdict(list)
    for slot in slots_of(event.id):
        days[_local_day(event, slot.starts_at)].append(slot)
    return days


def _tables(event: Event) -> list[dict[str, Any]]:
    """Lay out, day by day, the tables at which somebody meets, with the slots in which they are free."""
    _people, meetings = published(event.id)
    cells = {(meeting.slot_id, meeting.table_id): meeting for meeting in meetings}
    found = []
    for when, slots in _slots_by_day(event).items():
        for table in tables_of(event.id):
            there = [(slot, cells.get((slot.id, table.id))) for slot in slots]
            if not any(meeting for _slot, meeting in there):
                continue
            rows = [
                {
                    "hours": _hours(event, slot.starts_at, slot.ends_at),
                    "people": [_shown(one) for one in people_of(meeting)] if meeting is not None else [],
                }
                for slot, meeting in there
            ]
            size = _fitting(_TABLE_SIZES, _TABLE_ROOM, partial(_ems_of_table, rows))
            found.append({"table": _table(table), "room": _room(table), "day": day(when), "rows": rows, "size": size})
    return found


def _ems_of_table(rows: list[dict[str, Any]], size: float) -> float:
    ems = _ROW + _LINE
    for row in rows:
        some = [sum(_lines(words, _TABLE_WIDTH, size) for words in one.values()) for one in row["people"]]
        ems += _ROW + _LINE * max([*some, 1]) * ceil(max(len(some), 1) / 2)
    return ems


def _slots(event: Event) -> list[dict[str, Any]]:
    """List, slot by slot, who should be at which table; slots without a meeting are left out."""
    _people, meetings = published(event.id)
    tables = open_tables(event.id)
    there: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        if meeting.slot_id is not None:
            there[meeting.slot_id].append(meeting)
    found = []
    for when, slots in _slots_by_day(event).items():
        for slot in slots:
            taken = {meeting.table_id for meeting in there[slot.id]}
            if not taken:
                continue
            rows = [
                {
                    "table": str(meeting.table.number) if meeting.table else "",
                    "people": [_named(one) for one in people_of(meeting)],
                }
                for meeting in there[slot.id]
            ]
            found.append(
                {
                    "day": day(when),
                    "hours": _hours(event, slot.starts_at, slot.ends_at),
                    "count": ngettext("%(num)s meeting", "%(num)s meetings", len(rows)),
                    "rows": rows,
                    "free": ", ".join(
                        _runs([table.number for table in _for_all(tables.get(slot.id, ())) if table.id not in taken])
                    ),
                }
            )
    return found


def _for_all(tables: Iterable[MeetingTable]) -> list[MeetingTable]:
    """Leave out the stands, which are nobody else's to sit at."""
    return [table for table in tables if table.host_organisation_id is None]


def _runs(numbers: list[int]) -> list[str]:
    """Write numbers in short, those that follow one another as a span: 4, 7–9."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]


def _letter(name: str) -> str:
    """Give the letter that a name stands under: Ł is one of its own, Å stands under A."""
    first = name[:1]
    return first.upper() if is_polish(first) else alphabet_key(first)[:1].upper()


def _names(event: Event) -> list[dict[str, str]]:
    people, meetings = published(event.id)
    theirs: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        for one in people_of(meeting):
            theirs[one.id].append(meeting)
    found, last = [], ""
    for one in people:
        family, given = one.person.family_name, one.person.given_name
        letter = _letter(family or given)
        first = theirs[one.id][0]
        begins = f"{short_day(_local_day(event, first.starts_at))}, {clock(first.starts_at, event.timezone)}"
        found.append(
            {
                "letter": letter if letter != last else "",
                "family": family,
                "given": given,
                "organisation": _organisation(one),
                "meetings": str(len(theirs[one.id])),
                "first": f"{begins} · {_table(first.table)}",
            }
        )
        last = letter
    return found
