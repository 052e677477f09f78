"""Reads of the organiser's list: who is wanted, how many, a page of them, all of them.

Only narrow rows are read to find, to count and to put in order; what a page shows is read for that page alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from lsos.db import db, is_sqlite
from lsos.registration.fields import Field, Register, Value
from lsos.registration.list_models import SearchLine, Selection
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key

PAGE_LENGTH = 50
#: So many are read at once where all are wanted.
BATCH = 500
#: What a pattern of SQLite reads as more than itself; a class of its own takes the meaning away.
_NO_PATTERN = re.compile(r"[*?[]")
#: Up to so many are put in order after they were found.
FEW = 1000
DEFAULT_COLUMNS = ("name", "state", "type", "area", "registered")
DEFAULT_SORT = "name"


@dataclass(frozen=True)
class Wanted:
    """What the organiser's list shows: words to find, values by field, columns in their order, and a sorting.

    `sort` names a field; a minus before it turns the order round.
    """

    words: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    sort: str = DEFAULT_SORT

    def __bool__(self) -> bool:
        return bool(self.words or self.filters)


def _conditions(register: Register, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    for code, values in wanted.filters.items():
        one = register.get(code)
        if one is not None and one.where is not None and values:
            found.append(one.where(register.event, values))
    return found


def _wanted_ids(register: Register, wanted: Wanted, *, needs_registrations: bool = False) -> Select[int]:
    """Select the ids of those who are wanted; registrations themselves are joined only where something asks them."""
    statement = select(SearchLine.registration_id)
    conditions = _conditions(register, wanted)
    if conditions or needs_registrations:
        statement = statement.join(Registration, Registration.id == SearchLine.registration_id)
        statement = statement.where(Registration.event_id == register.event.id, *conditions)
    #: Said of both only where the lines may lead: otherwise an index on registrations does.
    if wanted.words or not needs_registrations:
        statement = statement.where(SearchLine.event_id == register.event.id)
    #: The longest first, since it rules most lines out.
    for word in sorted(search_key(wanted.words).split(), key=len, reverse=True):
        statement = statement.where(_holds(SearchLine.words, word))
    return statement


def _holds(column: Any, word: str) -> ColumnElement[bool]:
    """Look for a word as it stands, in the way that each database does it quickest."""
    if is_sqlite(db.session()):
        as_it_stands = _NO_PATTERN.sub(r"[\g<0>]", word)
        found: ColumnElement[bool] = column.op("GLOB", is_comparison=True)(f"*{as_it_stands}*")
        return found
    return func.strpos(column, word) > 0


def _in_order(register: Register, wanted: Wanted, *, is_few: bool) -> Select[int]:
    code, is_turned = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    sort = register.get(code)
    if sort is None or sort.order is None:
        sort, is_turned = register.get(DEFAULT_SORT), False
    is_by_name = sort is None or sort.code == DEFAULT_SORT
    statement = _wanted_ids(register, wanted, needs_registrations=not is_by_name)
    #: Of few, an index on what they are chosen by leads to them; of many, the order itself, until the page is full.
    name = SearchLine.name_key + "" if is_few and wanted.filters else SearchLine.name_key
    last: tuple[Any, ...] = (name, SearchLine.registration_id)
    if sort is None or is_by_name:
        return statement.order_by(*(each.desc() if is_turned else each for each in last))
    order = sort.order.desc() if is_turned else sort.order
    #: Those of whom it is not known stand at the end either way.
    unknown = () if sort.is_always_known else (sort.order.is_(None),)
    return statement.order_by(*unknown, order, *last)


def count_listed(register: Register, wanted: Wanted) -> int:
    """Count the registrations that the list shows."""
    if wanted.words or "name" in wanted.filters:
        counted = _wanted_ids(register, wanted).with_only_columns(func.count(), maintain_column_froms=True)
    else:
        here = Registration.event_id == register.event.id
        counted = select(func.count()).select_from(Registration).where(here, *_conditions(register, wanted))
    return db.session.scalar(counted) or 0


def counts_by_state(register: Register, wanted: Wanted) -> dict[RegistrationState, int]:
    """Count the registrations that the list shows by where they stand; states that nobody is in are left out."""
    ids = _wanted_ids(register, wanted).subquery()
    rows = db.session.execute(
        select(Registration.state, func.count())
        .join(ids, ids.c.registration_id == Registration.id)
        .group_by(Registration.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found[state] for state in RegistrationState if state in found}


@dataclass(frozen=True)
class Page:
    """One page of the list: the ids on it in their order, its number, and how many there are on all."""

    ids: Sequence[int]
    number: int
    total: int

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(1, -(-self.total // PAGE_LENGTH))


def page_of(register: Register, wanted: Wanted, *, page: int = 1) -> Page:
    """Read one page of the list, the last one where there are not so many."""
    if wanted.words and page == 1:
        #: Who searches finds few as a rule: then the page itself tells how many, and nothing is read twice.
        found = _read(register, wanted, 1, is_few=False)
        if len(found) < PAGE_LENGTH:
            return Page(found, 1, len(found))
        return Page(found, 1, count_listed(register, wanted))
    total = count_listed(register, wanted)
    number = min(max(page, 1), Page((), 1, total).last)
    return Page(_read(register, wanted, number, is_few=total <= FEW), number, total)


def _read(register: Register, wanted: Wanted, page: int, *, is_few: bool) -> list[int]:
    ids = _in_order(register, wanted, is_few=is_few).offset((page - 1) * PAGE_LENGTH).limit(PAGE_LENGTH)
    return list(db.session.scalars(ids))


def ids_of(register: Register, wanted: Wanted) -> list[int]:
    """Give the ids of everybody whom the list shows, in its order."""
    return list(db.session.scalars(_in_order(register, wanted, is_few=True)))


def uids_of(register: Register, wanted: Wanted) -> list[str]:
    """Give the public ids of everybody whom the list shows."""
    ids = _wanted_ids(register, wanted).subquery()
    rows = select(Registration.uid).join(ids, ids.c.registration_id == Registration.id).order_by(Registration.id)
    return list(db.session.scalars(rows))


def rows_of(ids: Sequence[int], fields: Sequence[Field]) -> list["Row"]:
    """Read some registrations, in the order of their ids as given, with what these fields need and nothing more."""
    loads = [option for one in fields for option in one.load]
    found = db.session.scalars(select(Registration).where(Registration.id.in_(ids)).options(*loads))
    by_id = {one.id: one for one in found}
    fetched = {one.code: one.fetch(ids) for one in fields if one.fetch is not None and ids}
    return [Row(by_id[each], fetched) for each in ids if each in by_id]


@dataclass(frozen=True)
class Row:
    """One registration of the list, with what rooms downstream say of it."""

    registration: Registration
    fetched: Mapping[str, Mapping[int, Value]]

    def value(self, one: Field) -> Value:
        """Read a field."""
        if one.fetch is not None:
            return self.fetched[one.code].get(self.registration.id)
        return one.value(self.registration)


def all_rows(ids: Sequence[int], fields: Sequence[Field]) -> Iterator[Row]:
    """Read many registrations, a batch at a time, so that memory stays small."""
    for begin in range(0, len(ids), BATCH):
        yield from rows_of(ids[begin : begin + BATCH], fields)


def ids_chosen(selection: Selection) -> list[int]:
    """Give the ids of those whom somebody chose, by name."""
    rows = db.session.execute(
        select(SearchLine.registration_id, Registration.uid)
        .join(Registration, Registration.id == SearchLine.registration_id)
        .where(SearchLine.event_id == selection.event_id)
        .order_by(SearchLine.name_key, SearchLine.registration_id)
    ).all()
    chosen = set(selection.uids)
    return [row[0] for row in rows if row[1] in chosen]


def selection_by_uid(event_id: int, uid: str) -> Selection | None:
    """Find what somebody chose in the list of an event."""
    return db.session.scalar(select(Selection).where(Selection.event_id == event_id, Selection.uid == uid))
