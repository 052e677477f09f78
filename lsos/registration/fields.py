"""The fields of the organiser's list: one register, from which filters, columns, files, order and views all come."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_
from sqlalchemy.sql.base import ExecutableOption

from lsos.events.models import Event
from lsos.events.rules import Role, moment
from lsos.registration.models import (
    Profile,
    Registration,
)
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from lsos.wording import plain

R = Registration
#: What stands in a cell: one value, or several words.
Value = str | int | bool | datetime | Sequence[str] | None
#: The value of a filter that asks for those where nothing was given.
NONE = "-"
STATES = frozenset(state.value for state in RegistrationState)


class Kind(StrEnum):
    """How a field is filtered: by words, by one of a list, by several of a list, by days, by numbers, by yes or no."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    DAY = "day"
    NUMBER = "number"
    YES_NO = "yes_no"


@dataclass(frozen=True)
class Choice:
    """One value that a field can have, and its name."""

    code: str
    name: str


def _nothing(_registration: Registration) -> Value:
    return None


@dataclass(frozen=True)
class Field:
    """One field: what it is called, how it is read, filtered and put in order, and who may see it."""

    code: str
    #: Marked for translation; what organisers wrote comes in two languages.
    label: str | Bilingual
    kind: Kind
    #: Reads it of a registration that was loaded with `load`.
    value: Callable[[Registration], Value] = _nothing
    #: Reads it of many at once, by their ids, where it belongs to a room downstream.
    fetch: Callable[[Collection[int]], Mapping[int, Value]] | None = None
    #: Turns what a filter says into a condition; None for what cannot be filtered.
    where: Callable[[Event, Sequence[str]], ColumnElement[bool]] | None = None
    order: Any = None
    #: Everybody has a value, so that an index gives the order.
    is_always_known: bool = False
    choices: Callable[[Event], list[Choice]] | None = None
    load: tuple[ExecutableOption, ...] = ()
    #: What the reader needs to see it, beside the list itself.
    role: Role = Role.REGISTRATIONS
    #: In files only, or nowhere but on pages.
    is_column: bool = True
    is_in_files: bool = True

    @property
    def title(self) -> str:
        """Give its name in the reader's language."""
        return plain(self.label) if isinstance(self.label, Bilingual) else gettext(self.label)


def allowed(fields: Iterable[Field], may: Callable[[Role], bool]) -> dict[str, Field]:
    """Keep the fields that a reader may see, by their codes."""
    return {one.code: one for one in fields if may(one.role)}


# ---- conditions


def like(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for any of some words in a column of folded or of plain text."""
    return or_(false(), *(func.lower(column).contains(value.lower(), autoescape=True) for value in values))


def any_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for any of some values in a column, or for none where that is asked."""
    wanted = column.in_([value for value in values if value != NONE])
    return or_(wanted, column.is_(None), column == "") if NONE in values else wanted


def linked(link: Any, term: Any, key: str, values: Sequence[str], of: Any = R.id) -> ColumnElement[bool]:
    """Ask for any of some terms among those a registration is linked to."""
    owner, term_id = (getattr(link, key), getattr(link, f"{term.__tablename__}_id"))
    has_any = exists().where(owner == of)
    codes = [value for value in values if value != NONE]
    has_these = exists().where(owner == of, term_id == term.id, term.code.in_(codes))
    return or_(has_these, not_(has_any)) if NONE in values else has_these


def of_profile(link: Any, term: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for any of some terms among those of a profile."""
    owned = exists().where(Profile.registration_id == R.id, link.profile_id == Profile.id)
    codes = [value for value in values if value != NONE]
    term_id = getattr(link, f"{term.__tablename__}_id")
    these = exists().where(
        Profile.registration_id == R.id, link.profile_id == Profile.id, term_id == term.id, term.code.in_(codes)
    )
    return or_(these, not_(owned)) if NONE in values else these


def yes_or_no(condition: ColumnElement[bool], values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for those of whom something is so, for those of whom it is not, or, asked for both, for all."""
    wanted = [condition if value == "yes" else not_(condition) for value in values if value in {"yes", "no"}]
    return or_(false(), *wanted) if wanted else condition


def bounds(values: Sequence[str]) -> tuple[str, str]:
    """Read a span as an address holds it: "2025-10-01..2025-10-31", either side may be empty."""
    first, _, last = (values[0] if values else "").partition("..")
    return first.strip(), last.strip()


def days_between(column: Any, event: Event, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for moments from one local day to another, both included; a day that does not exist bounds nothing."""
    first, last = (_day(text) for text in bounds(values))
    parts = []
    if first is not None:
        parts.append(column >= moment(first, time(), event.timezone))
    if last is not None:
        parts.append(column < moment(last + timedelta(days=1), time(), event.timezone))
    return and_(column.is_not(None), *parts)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2200 else None


def numbers_between(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Ask for numbers from one to another, both included."""
    first, last = bounds(values)
    parts = []
    if first.isdecimal() and len(first) < 10:
        parts.append(column >= int(first))
    if last.isdecimal() and len(last) < 10:
        parts.append(column <= int(last))
    return and_(column.is_not(None), *parts)


@dataclass
class Register:
    """The fields of one event's list: our own, its consents, and those that rooms downstream add."""

    event: Event
    fields: dict[str, Field] = field(default_factory=dict)

    def __iter__(self) -> Any:
        return iter(self.fields.values())

    def get(self, code: str) -> Field | None:
        """Find a field by its code."""
        return self.fields.get(code)

    def columns(self) -> list[Field]:
        """List the fields that can stand as columns on a page."""
        return [one for one in self if one.is_column]

    def filters(self) -> list[Field]:
        """List the fields that the list can be filtered by."""
        return [one for one in self if one.where is not None]

    def in_files(self) -> list[Field]:
        """List the fields that files can have."""
        return [one for one in self if one.is_in_files]
