"""What the agenda editor shows of a draft: the blocks of a day on their board, the tray, and what is wrong."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter

from flask import url_for
from flask_babel import gettext, ngettext

from lsos.drafting.conflicts import Found
from lsos.drafting.content import Content
from lsos.drafting.models import DraftStep
from lsos.drafting.queries import Draft, History
from lsos.drafting.rules import Gap
from lsos.errors import N_
from lsos.events.models import FocusArea, Room
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from lsos.web import language
from lsos.web.board import PACE, Board, Laid, Piece, closed, lay
from lsos.web.look import clock, plain, short_day
from lsos.web.timetable import local_day
from lsos.wording import listed

#: So many conflicts are listed beside the board; the others are counted.
LISTED = 60
#: What the tray itself says of a session, and no block needs to say again.
SAID_BY_THE_TRAY = frozenset({Gap.NO_TIME.name.lower(), Gap.NO_ROOM.name.lower()})
#: From so many minutes on, a block has room for its time below its title, and for a title of two lines or three.
TWO_LINES, FOUR_LINES = 25, 45
#: As many lanes as the style sheet knows.
MOST_LANES = 8
HOW_BAD = {
    Severity.FORBID: N_("Forbidden"),
    Severity.BLOCK_RELEASE: N_("Stops a release"),
    Severity.WARN: N_("Warning"),
}


def _steps_of_ten(prefix: str, minutes: int) -> str:
    """Write minutes in the classes of the style sheet: hours, tens, units."""
    return f"{prefix}-h{min(minutes // 60, 36)} {prefix}-t{minutes % 60 // 10} {prefix}-u{minutes % 10}"


@dataclass(frozen=True)
class Block:
    """A session as the editor shows it; `laid` where it stands on the board of the day."""

    uid: str
    content: Content
    area: int | None
    people: str
    laid: Laid | None = None
    worst: str = ""
    finds: int = 0
    #: How it differs from what is released, in a word; empty where it is in the same place.
    differs: str = ""
    room: str = ""

    @property
    def code(self) -> str:
        """Give its name in addresses."""
        return self.content.code

    @property
    def title(self) -> Bilingual:
        """Give its title."""
        return self.content.title

    @property
    def minutes(self) -> int:
        """Say how long it is."""
        return self.content.length

    @property
    def is_locked(self) -> bool:
        """Say whether it stays where it is."""
        return self.content.is_locked

    @property
    def is_placed(self) -> bool:
        """Say whether it has a time."""
        return self.content.when is not None

    @property
    def is_movable(self) -> bool:
        """Say whether arrow keys move it."""
        return self.laid is not None and not self.is_locked

    @property
    def people_keys(self) -> str:
        """Name its people for the script, which compares them only."""
        return " ".join(str(one) for one in self.content.person_ids)

    @property
    def when(self) -> str:
        """Say from when to when, or how long it is."""
        when = self.content.when
        if when is None:
            return str(ngettext("%(num)s minute", "%(num)s minutes", self.minutes))
        return f"{clock(when.starts_at)}–{clock(when.ends_at)}"

    @property
    def looks(self) -> str:
        """Give the classes that say what it is."""
        found = {
            f"in-{(self.area or 0) % 4}": self.area is not None,
            "apart": not self.content.takes_signups,
            "is-locked": self.is_locked,
            "is-short": self.minutes < TWO_LINES,
            "is-low": self.minutes < FOUR_LINES,
            "new-to-all": bool(self.differs),
            f"wrong-{self.worst}": bool(self.worst),
            "goes-on": self.laid is not None and self.laid.goes_on,
            "came-on": self.laid is not None and self.laid.came_on,
        }
        return " ".join(name for name, is_so in found.items() if is_so)

    @property
    def spot(self) -> str:
        """Give the classes that put it in its place."""
        laid = self.laid
        if laid is None:
            return ""
        place = f"{_steps_of_ten('at', laid.start)} {_steps_of_ten('for', laid.minutes)}"
        return f"spot high {place} lane-{laid.lane % MOST_LANES} of-{min(laid.lanes, MOST_LANES)}"


@dataclass(frozen=True)
class Link:
    """The way to a block."""

    title: str
    address: str


@dataclass(frozen=True)
class Find:
    """Something wrong, in words, with the ways to what it is about."""

    number: int
    severity: str
    how: str
    words: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class HowBad:
    """A severity, for the legend."""

    severity: str
    words: str


@dataclass(frozen=True)
class Hour:
    """A clock beside the board."""

    at: datetime
    spot: str


@dataclass(frozen=True)
class Column:
    """A room with its blocks."""

    code: str
    name: Bilingual | None
    capacity: int | None
    blocks: list[Block]
    #: The classes that put a shade where the room is closed.
    shades: list[str]


@dataclass(frozen=True)
class Sheet:
    """All that the editor shows of one day."""

    day: date
    #: Those with a board.
    days: list[date]
    board: Board
    columns: list[Column]
    tray: list[Block]
    finds: list[Find]
    more_finds: int
    seen: int
    #: What undoing would take back, in words; empty where there is nothing.
    undo: str
    #: Who made the last step, in words, where that was not the reader.
    latest: str
    version: str
    pace: int = PACE
    kinds: list[HowBad] = field(default_factory=list)
    #: What begins first on the day, of those the one whose room is nearest; empty where there is nothing.
    first: str = ""

    @property
    def begins_ms(self) -> int:
        """Give the top of the board, for the script."""
        return int(self.board.begins_at.timestamp() * 1000)

    @property
    def height(self) -> str:
        """Give the classes that make the columns as high as the day is long."""
        return _steps_of_ten("for", self.board.minutes)

    @property
    def hours(self) -> list[Hour]:
        """Give the clocks beside the board; its foot needs none."""
        return [Hour(at, _steps_of_ten("at", number * 60)) for number, at in enumerate(self.board.hours[:-1])]


def version_of(latest: int, day: date) -> str:
    """Name what a page shows, so that it is told apart from what it would show now."""
    return f'"{latest}-{day.isoformat()}-{language.current()}"'


def block_of(
    draft: Draft,
    uid: str,
    *,
    areas: Sequence[FocusArea],
    found: Collection[Found] = (),
    laid: Laid | None = None,
) -> Block:
    """Show one session; `found` is what is wrong with it."""
    content = draft.contents[uid]
    told = [each for each in found if content.when is not None or each.kind not in SAID_BY_THE_TRAY]
    order = list(Severity)
    return Block(
        uid,
        content,
        area=next((area.position for area in areas if area.id == content.focus_area_id), None),
        people=listed(draft.names.get(one, "") for one in content.person_ids),
        laid=laid,
        worst=min((each.severity for each in told), key=order.index).value if told else "",
        finds=len(told),
        differs=_difference(draft, uid),
        room=next((room.code for room in draft.rooms if room.id == content.room_id), ""),
    )


def _difference(draft: Draft, uid: str) -> str:
    """Say in a word whether a session is elsewhere than it is released."""
    content, there = draft.contents[uid], draft.released.get(uid)
    if there is None:
        return str(gettext("new"))
    if (content.room_id, content.when) != (there.room_id, there.when):
        return str(gettext("moved"))
    return ""


def days_of(draft: Draft) -> list[date]:
    """List the days of the event, and others on which the draft has something."""
    zone = draft.event.timezone
    timed = (content.when for content in draft.contents.values() if not content.is_withdrawn)
    return sorted({*draft.event.days, *(local_day(when.starts_at, zone) for when in timed if when)})


def sheet_of(
    draft: Draft, history: History, *, day: date, areas: Sequence[FocusArea], reader_id: int, found: list[Found]
) -> Sheet:
    """Put together what the editor shows of a day."""
    zone = draft.event.timezone
    there = {uid: content for uid, content in draft.contents.items() if not content.is_withdrawn}
    pieces = [
        Piece(uid, content.room_id, when.starts_at, when.ends_at, _sameness(content))
        for uid, content in there.items()
        if (when := content.when) is not None and local_day(when.starts_at, zone) == day
    ]
    hours = [
        (span.starts_at, span.ends_at)
        for spans in draft.hours.values()
        for span in spans
        if local_day(span.starts_at, zone) == day
    ]
    board = lay(pieces, [room.id for room in draft.rooms], day=day, zone=zone, hours=hours)
    of_uid: dict[str, list[Found]] = {}
    for each in found:
        for uid in each.uids:
            of_uid.setdefault(uid, []).append(each)
    rooms = {room.id: room for room in draft.rooms}
    columns = [
        _column(
            draft,
            board,
            rooms.get(column.room or 0),
            [
                block_of(draft, laid.uid, areas=areas, found=of_uid.get(laid.uid, ()), laid=laid)
                for laid in column.pieces
            ],
        )
        for column in board.columns
    ]
    todays = {piece.uid for piece in pieces}
    told = [each for each in found if each.kind not in SAID_BY_THE_TRAY or there[each.uids[0]].when is not None]
    listed_first = sorted(told, key=lambda each: (list(Severity).index(each.severity), not todays & set(each.uids)))
    bad = dict.fromkeys(each.severity for each in listed_first)
    return Sheet(
        day=day,
        days=days_of(draft),
        board=board,
        columns=columns,
        tray=[
            block_of(draft, uid, areas=areas, found=of_uid.get(uid, ()))
            for uid, content in there.items()
            if content.when is None
        ],
        finds=finds_of(draft, listed_first[:LISTED], day=day),
        more_finds=max(0, len(told) - LISTED),
        seen=draft.latest,
        undo=_undo_words(draft, history, reader_id),
        latest=_latest_words(draft, history, reader_id),
        version=version_of(draft.latest, day),
        kinds=[HowBad(severity.value, gettext(HOW_BAD[severity])) for severity in bad],
        first=_first(columns),
    )


def _first(columns: Iterable[Column]) -> str:
    """Find the block to open on."""
    laid = ((block.laid.start, block.uid) for column in columns for block in column.blocks if block.laid)
    return min(laid, key=itemgetter(0), default=(0, ""))[1]


def _sameness(content: Content) -> tuple[Bilingual, int] | None:
    """Say what makes a break in one room the same as in another; what takes sign-ups stands alone."""
    return None if content.takes_signups else (content.title, content.format_id)


def _column(draft: Draft, board: Board, room: Room | None, blocks: list[Block]) -> Column:
    if room is None:
        return Column("", None, None, blocks, [])
    open_hours = [(span.starts_at, span.ends_at) for span in draft.hours.get(room.id, ())]
    shut = closed(open_hours, begins_at=board.begins_at, ends_at=board.ends_at) if open_hours else []
    shades = [f"{_steps_of_ten('at', start)} {_steps_of_ten('for', minutes)}" for start, minutes in shut]
    return Column(room.code, room.name, room.capacity, blocks, shades)


def finds_of(draft: Draft, found: Iterable[Found], *, day: date, ways: bool = True) -> list[Find]:
    """Put what is wrong into words, with the ways to the blocks it is about."""
    return [
        Find(
            number,
            each.severity.value,
            gettext(HOW_BAD[each.severity]),
            each.words,
            tuple(_way(draft, uid, day) for uid in each.uids) if ways else (),
        )
        for number, each in enumerate(found)
    ]


def _way(draft: Draft, uid: str, day: date) -> Link:
    content = draft.contents[uid]
    when = content.when
    shown = local_day(when.starts_at, draft.event.timezone) if when else day
    address = f"#s-{uid}"
    if shown != day:
        address = url_for("editor.index", slug=draft.event.slug, day=shown.isoformat(), _anchor=f"s-{uid}")
    return Link(title_of(content), address)


def title_of(content: Content) -> str:
    """Give the title of a session, or its code where it has none."""
    return plain(content.title) or content.code


def where_words(draft: Draft, content: Content) -> str:
    """Say where and when a session is."""
    room = next((room for room in draft.rooms if room.id == content.room_id), None)
    when = content.when
    if when is None:
        return str(gettext("not placed yet"))
    time = f"{short_day(when.starts_at)}, {clock(when.starts_at)}–{clock(when.ends_at)}"
    return f"{time}, {plain(room.name)}" if room else f"{time}, {gettext('no room yet')}"


def _title_in(draft: Draft, step: DraftStep) -> str:
    content = draft.contents.get(step.uid)
    return title_of(content) if content else gettext("a session that is gone")


def _undo_words(draft: Draft, history: History, reader_id: int) -> str:
    batch = history.mine(reader_id, draft)
    steps = [step for step in history.steps if step.batch == batch] if batch is not None else []
    if not steps:
        return ""
    #: Those of a batch follow one another; a programme from a file is more of them than the history shows.
    number = steps[0].number - steps[0].batch + 1
    if number > 1:
        return str(ngettext("Takes back %(num)s change.", "Takes back %(num)s changes.", number))
    return str(gettext("Takes back your change of %(title)s.", title=_title_in(draft, steps[0])))


def _latest_words(draft: Draft, history: History, reader_id: int) -> str:
    if not history.steps or history.steps[0].by_id == reader_id:
        return ""
    step = history.steps[0]
    who = step.by.name if step.by else gettext("Somebody")
    what = {"name": who, "title": _title_in(draft, step), "at": clock(step.at)}
    return str(gettext("%(name)s changed %(title)s at %(at)s.", **what))
