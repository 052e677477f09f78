"""What an edition file says: its fields, and what must agree between them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from lsos.errors import N_
from lsos.organisations.models import SigKind
from lsos.registration.right_rules import Right
from lsos.registration.rules import ConsentKind
from lsos.taxonomy.rules import InterestGroup, interest_group
from lsos.texts import Bilingual, search_key

VERSION: Final = "lsos-edition/1"

#: Where something stands in a file: keys, and positions in lists.
Path = tuple[str | int, ...]


class Wrong(ValueError):
    """What is wrong with one field: a gettext id that says what to do, and its values."""

    def __init__(self, message: str, **details: object) -> None:
        self.message = message
        self.details = details
        super().__init__(message % details)


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise Wrong(N_("The text holds a control character. Remove it."))
    return value.strip()


def _reader(pattern: str, read: Callable[[str], Any], message: str) -> Callable[[object], Any]:
    """Make the one way a date or time is written; numbers that merely look like one are refused."""

    def parse(value: object) -> Any:
        if isinstance(value, str) and re.fullmatch(pattern, value.strip()):
            try:
                return read(value.strip())
            except ValueError:
                pass
        raise Wrong(message)

    return parse


_read_day = _reader(r"\d{4}-\d\d-\d\d", date.fromisoformat, N_("Write a day of the calendar, such as 2025-11-27."))
_read_moment = _reader(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
    datetime.fromisoformat,
    N_("Write a local date and time, such as 2025-11-27T09:30."),
)
_read_clock = _reader(r"\d\d:\d\d", time.fromisoformat, N_("Write a local time, such as 09:30."))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong(N_("No time zone is called %(name)s. Write one such as Europe/Warsaw."), name=name) from None
    return name


def _group(value: object) -> object:
    if isinstance(value, str):
        try:
            return interest_group(value)
        except ValueError:
            groups = ", ".join(InterestGroup)
            raise Wrong(
                N_("%(name)s is no interest group. Write one of: %(groups)s."), name=value, groups=groups
            ) from None
    return value


def _nobody(value: list[Any]) -> list[Any]:
    if value:
        raise Wrong(N_("People are not taken from an edition file. Leave this list empty and add them in the agenda."))
    return value


Text = Annotated[str, AfterValidator(_printable)]
Label = Annotated[str, StringConstraints(min_length=1), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9&]+([._-][A-Za-z0-9&]+)*$", max_length=60)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
Measure = Annotated[str, StringConstraints(pattern=r"^T\d+\.\d\d(\.[a-z])?$")]
Day = Annotated[date, BeforeValidator(_read_day)]
Moment = Annotated[datetime, BeforeValidator(_read_moment)]
Clock = Annotated[time, BeforeValidator(_read_clock)]
Group = Annotated[InterestGroup, BeforeValidator(_group)]
Seats = Annotated[int, Field(ge=0, le=1_000_000)]
Count = Annotated[int, Field(ge=1, le=10_000)]
NoOne = Annotated[list[Any], AfterValidator(_nobody)]


class Part(BaseModel):
    """A group of fields; one that nobody knows is an error, so that a slip of the pen is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Where a statement comes from, and whether it was made up; kept in the file for its readers.
    provenance: Text = ""
    note: Text = ""
    illustrative: bool = False


class Words(BaseModel):
    """A text in one language at least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pl: Text = ""
    en: Text = ""

    @model_validator(mode="after")
    def _says_something(self) -> "Words":
        if not self.pl and not self.en:
            raise Wrong(N_("Write the text in Polish (pl), in English (en), or in both."))
        return self

    @property
    def bilingual(self) -> Bilingual:
        """Give the text as the database keeps it."""
        return Bilingual(self.pl, self.en)


class Term(Part):
    """A listed term, its name in one language at least."""

    id: Code
    pl: Text = ""
    en: Text = ""

    @model_validator(mode="after")
    def _has_a_name(self) -> "Term":
        if not self.pl and not self.en:
            raise Wrong(N_("Give it a name in Polish (pl), in English (en), or in both."))
        return self

    @property
    def name(self) -> Bilingual:
        """Give the name as the database keeps it."""
        return Bilingual(self.pl, self.en)


class DayHours(Part):
    """When the house is open, by local time, the same on every day."""

    open: Clock
    close: Clock


class EventPart(Part):
    """The event itself."""

    id: Slug
    series: Code
    name: Words
    short_name: Label
    tagline: Words | None = None
    start_date: Day
    end_date: Day
    timezone: Annotated[str, AfterValidator(_zone)]
    languages: list[Literal["pl", "en"]] = ["pl", "en"]
    format: Literal["in_person"] = "in_person"
    organiser: Code
    website: Address | None = None
    day_hours: DayHours


class RoomPart(Part):
    """A room, with the seats it has at this event."""

    id: Code
    name: Words
    kind: Literal["plenary", "session", "zone", "registration", "networking", "meetings"]
    capacity: Seats | None = None
    tables: Count | None = None


class AddressPart(Part):
    """Where a house stands."""

    street: Text = ""
    city: Words
    country: Country


class VenuePart(Part):
    """The house and its rooms."""

    id: Code
    name: Words
    address: AddressPart
    rooms_note: Text = ""
    rooms: list[RoomPart] = []


class FocusAreaPart(Part):
    """A subject that sessions and people gather under."""

    id: Code
    name: Words
    scope: Words | None = None


class ZonePart(Part):
    """A place with a purpose of its own."""

    id: Code
    name: Words
    purpose: Words | None = None
    public: bool = False


class InterestGroupPart(Part):
    """One of the six groups of the cluster's strategy."""

    id: Group
    pl: Text = ""
    en: Text = ""
    process: Literal["core", "supporting"] | None = None


class StakeholderTypePart(Term):
    """What an organisation or a lone person is."""

    default_group: Group | None = None


class SigPart(Term):
    """A thematic group."""

    kind: SigKind
    lead_org: Text = ""


class TagPart(Term):
    """A subject people work on, and the focus areas it lies in."""

    fa: list[Code] = []


class TagGroupPart(Term):
    """A heading over subjects."""

    tags: list[TagPart] = []


class TaxonomyPart(Part):
    """All subjects."""

    groups: list[TagGroupPart] = []


class CooperationTypePart(Term):
    """A kind of cooperation, and how each side says it."""

    offer: Words
    seek: Words
    symmetric: bool = False


class FundingStagePart(Term):
    """How far the financing of a company has come."""

    order: Annotated[int, Field(ge=0, le=100)]


class TicketBandPart(Term):
    """A range of money in whole euros: `min` belongs to it, `max` no more."""

    min: Annotated[int, Field(ge=0)]
    max: Annotated[int, Field(ge=1)] | None


class TrlPart(BaseModel):
    """A technology readiness level."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Annotated[int, Field(ge=1, le=9)]
    pl: Text = ""
    en: Text = ""


#: So many meetings, or open requests, one person may have.
MeetingLimit = Annotated[int, Field(ge=1, le=1000)]


class RightPart(Part):
    """How far people of one way to take part may go with those of another."""

    towards: Code
    may: Right


class TicketTypePart(Term):
    """A way to take part."""

    days: list[Day] = []
    matchmaking: bool
    #: So many meetings each of its people may have; nothing leaves what the organiser set.
    max_meetings: MeetingLimit | None = None
    max_meetings_per_day: MeetingLimit | None = None
    max_open_requests: MeetingLimit | None = None
    #: How far its people may go with those of other ways to take part; what is not named stays as the organiser set it.
    rights: list[RightPart] = []
    requires_approval: bool = False
    by_invitation: bool = False
    #: Only these sessions, of which a light registration knows nothing but a name and an address.
    sessions: list[Code] = []
    #: What it is for, what happens after one has registered, and its own words in the letter that confirms a seat.
    description: Words | None = None
    next_steps: Words | None = None
    letter: Words | None = None


class ConsentPart(Term):
    """Words to be accepted, read, or agreed to."""

    required: bool
    kind: ConsentKind | None = None


FormField = Literal[
    "first_name", "last_name", "email", "organisation", "job_title", "stakeholder_type", "country", "language", "phone",
    "interest_group", "bio", "photo", "linkedin", "interests", "cooperation_offers", "cooperation_seeks", "focus_areas",
    "sigs", "trl", "funding_stage", "ticket_band", "accessibility_needs", "dietary_needs",
]  # fmt: skip


class FieldsPart(Part):
    """What the form asks for."""

    required: list[FormField] = []
    optional: list[FormField] = []
    minimal_for_public: list[FormField] = []


class RegistrationPart(Part):
    """Who may take part how, and what they agree to."""

    ticket_types: Annotated[list[TicketTypePart], Field(min_length=1)]
    fields: FieldsPart = FieldsPart()
    consents: list[ConsentPart] = []


class WindowPart(Part):
    """A stretch of time for 1:1 meetings."""

    start: Moment
    end: Moment
    #: Where they are not those of all windows.
    slot_minutes: Annotated[int, Field(ge=5, le=240)] | None = None
    buffer_minutes: Annotated[int, Field(ge=0, le=120)] | None = None


RequestWord = Literal["requested", "accepted", "declined", "cancelled", "scheduled", "held", "no_show"]


class MatchmakingPart(Part):
    """How 1:1 meetings go."""

    slot_minutes: Annotated[int, Field(ge=5, le=240)]
    buffer_minutes: Annotated[int, Field(ge=0, le=120)] = 0
    tables: Count
    room: Code | None = None
    max_meetings_per_person: Annotated[int, Field(ge=1, le=200)]
    #: What a file does not say stays as the organiser set it.
    max_meetings_per_day: MeetingLimit | None = None
    max_open_requests: MeetingLimit | None = None
    request_hours: Annotated[int, Field(ge=1, le=1000)] | None = None
    #: How two people come to a time; without it, what organisers chose stays.
    mode: Literal["later", "now"] | None = None
    request_flow: list[RequestWord] = []
    windows: list[WindowPart] = []
    outcomes: list[Term] = []


class SessionPart(Part):
    """One item of the programme."""

    id: Code
    format: Code
    title: Words
    abstract: Words | None = None
    start: Moment
    end: Moment
    room: Code | None = None
    focus_area: Code | None = None
    zone: Code | None = None
    capacity: Seats | None = None
    public: bool = False
    speakers: NoOne = []
    basis: Text = ""


class OrganisationPart(Part):
    """An organisation and its other names; what is `suggested` is ours, not from a source."""

    id: Code
    name: Label
    aliases: list[Label] = []
    role: Literal["organiser", "member", "network", "partner"]
    group_suggested: Group | None = None
    type_suggested: Code | None = None
    url: Address | None = None


class KpisPart(Part):
    """The indicators this edition feeds."""

    lsos_platform: list[Measure] = []
    also: list[Measure] = []


class Edition(BaseModel):
    """A whole edition file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[Literal["lsos-edition/1"], Field(alias="schema")]
    event: EventPart
    venue: VenuePart
    focus_areas: list[FocusAreaPart] = []
    zones: list[ZonePart] = []
    session_formats: Annotated[list[Term], Field(min_length=1)]
    interest_groups: list[InterestGroupPart] = []
    stakeholder_types: list[StakeholderTypePart] = []
    sigs: list[SigPart] = []
    taxonomy: TaxonomyPart = TaxonomyPart()
    cooperation_types: list[CooperationTypePart] = []
    funding_stages: list[FundingStagePart] = []
    ticket_bands_eur: list[TicketBandPart] = []
    trl: list[TrlPart] = []
    registration: RegistrationPart
    matchmaking: MatchmakingPart | None = None
    sessions: list[SessionPart] = []
    organisations: Annotated[list[OrganisationPart], Field(min_length=1)]
    kpis: KpisPart = KpisPart()
    people: NoOne = []


# What must agree is checked on the file as it was read, not on the model, so that one wrong field
# hides none of the others.

#: A field, and the list in which the code it names must stand.
REFERENCES: Final = (
    ("event.organiser", "organisations.*.id"),
    ("taxonomy.groups.*.tags.*.fa.*", "focus_areas.*.id"),
    ("registration.ticket_types.*.sessions.*", "sessions.*.id"),
    ("registration.ticket_types.*.rights.*.towards", "registration.ticket_types.*.id"),
    ("matchmaking.room", "venue.rooms.*.id"),
    ("sessions.*.format", "session_formats.*.id"),
    ("sessions.*.room", "venue.rooms.*.id"),
    ("sessions.*.focus_area", "focus_areas.*.id"),
    ("sessions.*.zone", "zones.*.id"),
    ("organisations.*.type_suggested", "stakeholder_types.*.id"),
)
#: Lists in which no code may stand twice.
UNIQUE: Final = (
    "venue.rooms.*.id",
    "focus_areas.*.id",
    "zones.*.id",
    "session_formats.*.id",
    "interest_groups.*.id",
    "stakeholder_types.*.id",
    "sigs.*.id",
    "taxonomy.groups.*.id",
    "taxonomy.groups.*.tags.*.id",
    "cooperation_types.*.id",
    "funding_stages.*.id",
    "ticket_bands_eur.*.id",
    "trl.*.level",
    "registration.ticket_types.*.id",
    "registration.consents.*.id",
    "matchmaking.outcomes.*.id",
    "sessions.*.id",
    "organisations.*.id",
)
#: A session longer than this is a slip of the pen.
LONGEST_SESSION: Final = timedelta(hours=16)

Found = Iterator[tuple[Path, Wrong]]


def select(raw: object, pattern: str) -> Iterator[tuple[Path, Any]]:
    """Find the values at the places of a pattern such as `sessions.*.room`; places that are not there are passed."""
    return _select(raw, tuple(pattern.split(".")), ())


def _select(raw: object, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any]]:
    if not steps:
        yield path, raw
    elif steps[0] == "*":
        if isinstance(raw, list):
            for n, item in enumerate(raw):
                yield from _select(item, steps[1:], (*path, n))
    elif isinstance(raw, dict) and steps[0] in raw:
        yield from _select(raw[steps[0]], steps[1:], (*path, steps[0]))


def contradictions(raw: object) -> Found:
    """Say where the parts of a file do not agree; what is malformed is left to the model."""
    yield from _unknown_references(raw)
    yield from _repeated_codes(raw)
    yield from _repeated_names(raw)
    yield from _wrong_dates(raw)
    yield from _wrong_meetings(raw)
    yield from _wrong_bands(raw)


def _texts(raw: object, pattern: str) -> Iterator[tuple[Path, str]]:
    return ((path, value) for path, value in select(raw, pattern) if isinstance(value, str))


def guess(value: str, known: Iterable[str]) -> str:
    """Give the word that was probably meant; empty when none is near."""
    return next(iter(get_close_matches(value, list(known), n=1, cutoff=0.7)), "")


def _unknown_references(raw: object) -> Found:
    for field, target in REFERENCES:
        known = [value for _, value in _texts(raw, target)]
        where = target.replace(".*.id", "")
        for path, value in _texts(raw, field):
            if value in known:
                continue
            if meant := guess(value, known):
                message = N_("Nothing in %(where)s has the id %(value)s. Did you mean %(meant)s?")
                yield path, Wrong(message, where=where, value=value, meant=meant)
            else:
                message = N_("Nothing in %(where)s has the id %(value)s. Add it there, or write another id here.")
                yield path, Wrong(message, where=where, value=value)


def _repeated_codes(raw: object) -> Found:
    for pattern in UNIQUE:
        seen: set[Any] = set()
        for path, value in select(raw, pattern):
            if not isinstance(value, (str, int)):
                continue
            if value in seen:
                yield path, Wrong(N_("%(value)s stands here a second time. Give this one another id."), value=value)
            seen.add(value)


def _repeated_names(raw: object) -> Found:
    owners: dict[str, Path] = {}
    names = [*_texts(raw, "organisations.*.name"), *_texts(raw, "organisations.*.aliases.*")]
    for path, value in names:
        owner = owners.setdefault(search_key(value), path[:2])
        if owner != path[:2]:
            message = N_("Another organisation goes by the name %(value)s too. Remove it from one of them.")
            yield path, Wrong(message, value=value)


def _parsed(value: object, read: Callable[[object], Any]) -> Any:
    try:
        return read(value)
    except Wrong:
        return None


def _one(raw: object, pattern: str, read: Callable[[object], Any]) -> Any:
    return next((_parsed(value, read) for _, value in select(raw, pattern)), None)


def _wrong_dates(raw: object) -> Found:
    first: date | None = _one(raw, "event.start_date", _read_day)
    last: date | None = _one(raw, "event.end_date", _read_day)
    if first and last and last < first:
        yield ("event", "end_date"), Wrong(N_("The event ends before it starts. Correct one of the two dates."))
        first = last = None
    opens, closes = (_one(raw, f"event.day_hours.{name}", _read_clock) for name in ("open", "close"))
    if opens and closes and closes <= opens:
        yield (
            ("event", "day_hours", "close"),
            Wrong(N_("The doors close before they open. Correct one of the two times.")),
        )

    for path, value in select(raw, "registration.ticket_types.*.days.*"):
        yield from _outside(path, _parsed(value, _read_day), first, last)
    for pattern in ("sessions.*", "matchmaking.windows.*"):
        for path, part in select(raw, pattern):
            if not isinstance(part, dict):
                continue
            start, end = (_parsed(part.get(name), _read_moment) for name in ("start", "end"))
            yield from _outside((*path, "start"), start and start.date(), first, last)
            if start and end and end <= start:
                yield (*path, "end"), Wrong(N_("It ends before it starts. Correct one of the two times."))
            elif start and end and end - start > LONGEST_SESSION:
                yield (*path, "end"), Wrong(N_("It lasts longer than a day. Correct one of the two times."))


def _outside(path: Path, day: date | None, first: date | None, last: date | None) -> Found:
    if day and first and last and not first <= day <= last:
        message = N_("%(day)s is not a day of the event, which lasts from %(first)s to %(last)s.")
        yield path, Wrong(message, day=day, first=first, last=last)


def _wrong_meetings(raw: object) -> Found:
    minutes = next((n for _, n in select(raw, "matchmaking.slot_minutes") if isinstance(n, int)), None)
    windows = []
    for path, part in select(raw, "matchmaking.windows.*"):
        if isinstance(part, dict):
            start, end = (_parsed(part.get(name), _read_moment) for name in ("start", "end"))
            if start and end and start < end:
                windows.append((start, end, path))
                if minutes and end - start < timedelta(minutes=minutes):
                    message = N_("This window is shorter than one meeting of %(minutes)s minutes. Make it longer.")
                    yield (*path, "end"), Wrong(message, minutes=minutes)
    windows.sort()
    for (_, before, _), (start, _, path) in pairwise(windows):
        if start < before:
            yield (*path, "start"), Wrong(N_("This window begins before the one before it ends. Join the two."))

    where = next((room for _, room in _texts(raw, "matchmaking.room")), None)
    tables = next((n for _, n in select(raw, "matchmaking.tables") if isinstance(n, int)), None)
    for path, part in select(raw, "venue.rooms.*"):
        is_it = where is not None and isinstance(part, dict) and part.get("id") == where
        here = part.get("tables") if is_it else None
        if here is not None and tables is not None and here != tables:
            message = N_("The room has %(here)s tables, but matchmaking says %(there)s. Write the same number in both.")
            yield (*path, "tables"), Wrong(message, here=here, there=tables)


def _wrong_bands(raw: object) -> Found:
    for path, part in select(raw, "ticket_bands_eur.*"):
        if isinstance(part, dict):
            low, high = part.get("min"), part.get("max")
            if isinstance(low, int) and isinstance(high, int) and high <= low:
                yield (*path, "max"), Wrong(N_("The largest amount must be greater than the smallest."))
    orders = Counter(value for _, value in select(raw, "funding_stages.*.order") if isinstance(value, int))
    for path, value in select(raw, "funding_stages.*.order"):
        if isinstance(value, int) and orders[value] > 1:
            yield path, Wrong(N_("Two stages have the order %(value)s. Number them one after another."), value=value)
