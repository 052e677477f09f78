"""Somebody unmistakable, in every table and every text of a filled demonstration."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Double,
    Enum,
    Float,
    Integer,
    String,
    Table,
    Time,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos.accounts.models import Person
from lsos.db import Model, UtcDateTime, new_code, new_uid, transaction
from lsos.editions.demo import VISITOR, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.paths import folder
from lsos.privacy.register import Tie, belongings, columns_of, own_tables
from lsos.privacy.traces import OF_THE_PLATFORM, columns_of_text
from lsos.questionnaires.rules import QuestionKind
from lsos.scheduling import matching, publishing
from tests.asking import ask
from tests.pages import person_of

GIVEN, FAMILY = "Żubrosława", "Kwiatopolska-Źrebięć"
ADDRESS = "zubroslawa.zrebiec@kwiatopolska.example"
PHONE = "+48 500 987 654"
#: What must not stand anywhere afterwards, in whatever letters.
UNMISTAKABLE = (GIVEN, FAMILY, "zubroslawa", "zrebiec", "kwiatopolska", "500 987 654")
WORDS = f"Ask {GIVEN} {FAMILY} <{ADDRESS}>, {PHONE}."
#: Where a row made by rule would break one, or would not be about the person.
VALUES: dict[str, dict[str, Any]] = {
    "registration_draft": {"token_hash": None},
    "answer": {"given": [PHONE]},
    "delegation": {"seats": 3, "sent": 1, "claimed": 0, "closed_at": None},
    "waiting_entry": {"state": "left", "colleagues_held": 0},
    "zone_criterion": {"high": 5},
    "erasure_request": {"state": "taken_back"},
    "meeting_change": {"is_open": True, "place_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "change_move": {"is_open": True, "from_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "certificate": {"number": "K7QF2M9XHTRP", "revoked_at": datetime(2026, 1, 1, tzinfo=UTC), "same_as_id": None},
    "badge_words": {"approved_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "access_code": {"uses": 1, "uses_allowed": 2},
    "proposal_decision": {"state": "accepted"},
    "proposal_call": {"opens_at": datetime(2026, 1, 1, tzinfo=UTC), "closes_at": datetime(2026, 2, 1, tzinfo=UTC)},
    "zone_call": {"opens_at": datetime(2026, 1, 1, tzinfo=UTC), "closes_at": datetime(2026, 2, 1, tzinfo=UTC)},
}


#: Lists of codes, which rules read.
CODES = frozenset({"to_review", "watched_answers", "days", "languages", "values", "interests"})


def filled(now: datetime, *, people: int = 12) -> Event:
    """Fill the edition, with meetings, so that it begins in a month."""
    first = date.fromordinal(now.date().toordinal() + 30)
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=first, now=now)
    fill(event, people=people, seed=3, now=now)
    ask(event, "phone", QuestionKind.PHONE)
    matching.run_matching(event, by=None, now=now, seconds=0.5)
    publishing.publish(event, by=None, now=now)
    return event


def unmistakable() -> Person:
    """Give the attendee of the demonstration a name, an address and a number that nobody else has."""
    with transaction() as session:
        person = session.get_one(Person, person_of(VISITOR.address).id)
        person.given_name, person.family_name = GIVEN, FAMILY
        person.emails[0].address = ADDRESS
        person.fold()
    return person


def put_everywhere(person: Person, now: datetime) -> set[str]:
    """Make a row about somebody in each table that can have one, and write of them into every text; name the tables."""
    made = set()
    with transaction() as session:
        for table in own_tables():
            theirs = belongings(session, person.id)
            if "id" in table.c and theirs.of(table.name):
                continue
            values = {column.name: _value(session, table, column, theirs.ids, now) for column in table.columns}
            values = {name: value for name, value in values.items() if value is not _LEFT} | VALUES.get(table.name, {})
            if "id" not in table.c and _is_there(session, table, values):
                continue
            try:
                with session.begin_nested():
                    session.execute(insert(table).values(values))
            except IntegrityError:
                #: A row of numbers alone, made by rule, may break one; a row of texts has to be made.
                if columns_of_text(table):
                    raise
            made.add(table.name)
        for table in Model.metadata.sorted_tables:
            if table.name not in OF_THE_PLATFORM | {"audit_entry", "email_address", "search_line"}:
                _write_into(session, table)
    return made


class _Left:
    """A column that the database fills, or that stays empty."""


_LEFT = _Left()


def _is_there(session: Session, table: Table, values: dict[str, Any]) -> bool:
    keys = [column == values[column.name] for column in table.primary_key.columns]
    return session.scalar(select(*table.primary_key.columns).where(*keys)) is not None


def _value(
    session: Session, table: Table, column: Column[Any], ids: Mapping[str, Collection[int]], now: datetime
) -> Any:
    """Give something that fits a column: what is theirs where it leads to them, else anything."""
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table
        if ids.get(target.name) and column.name in columns_of(table, Tie.OWN, Tie.SAME):
            return next(iter(ids[target.name]))
        key = next(iter(column.foreign_keys)).column
        return None if column.nullable else _any(session, key, now)
    if column.primary_key and isinstance(column.type, Integer):
        return _LEFT
    if column.name in {"address", "to_address"} and isinstance(column.type, String):
        return ADDRESS
    if column.nullable and (isinstance(column.type, Enum) or not isinstance(column.type, String)):
        return None
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if isinstance(column.type, JSON):
        return {"typed": [WORDS]} if "dict" in str(_python_type(table, column)) else [WORDS]
    if isinstance(column.type, String):
        return _word(column)
    plain = {Boolean: False, Integer: 1, Float: 1.0, Double: 1.0, UtcDateTime: now, Date: now.date(), Time: time(9)}
    return plain.get(type(column.type), WORDS.encode())


def _word(column: Column[Any]) -> str:
    if column.name == "language":
        return "pl"
    if column.unique or column.name.endswith("hash"):
        return new_uid()
    length = getattr(column.type, "length", None)
    return WORDS if length is None or length > 100 else new_code(2)


def _any(session: Session, key: Column[Any], now: datetime) -> Any:
    """Give the key of a row of another table; one is made where there is none."""
    found = session.scalar(select(key).order_by(key.desc()).limit(1))
    if found is not None:
        return found
    values = {column.name: _value(session, key.table, column, {}, now) for column in key.table.columns}
    values = {name: value for name, value in values.items() if value is not _LEFT} | VALUES.get(key.table.name, {})
    return session.scalar(insert(key.table).values(values).returning(key))


def _python_type(table: Table, column: Column[Any]) -> object:
    for mapper in Model.registry.mappers:
        if mapper.local_table is table:
            return mapper.class_.__annotations__.get(column.name, "")
    return ""


def _write_into(session: Session, table: Table) -> None:
    """Write of them into the texts of one row, as somebody else might have."""
    keys = list(table.primary_key.columns)
    row = session.execute(select(*keys).order_by(*keys).limit(1)).first()
    columns = [
        column
        for column in columns_of_text(table)
        if getattr(column.type, "length", None) in {None, 254} and column.name not in CODES
    ]
    if row is None or not columns:
        return
    values: dict[str, Any] = {}
    for column in columns:
        is_list = "list" in str(_python_type(table, column))
        values[column.name] = ([WORDS] if is_list else {"said": WORDS}) if isinstance(column.type, JSON) else WORDS
    own = [key == value for key, value in zip(keys, row, strict=True)]
    session.execute(update(table).where(*own).values(values))
