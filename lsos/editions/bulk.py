"""Writing many rows at once, which a demonstration of thousands needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.orm import Session

from lsos.db import Model, is_sqlite

Row = Mapping[str, Any]


def table_of(kind: type[Model]) -> Table:
    """Give the table of a model."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


def add_rows(session: Session, kind: type[Model], rows: Sequence[Row]) -> None:
    """Add rows, columns by name; what a row leaves out takes its default, as everywhere."""
    if rows:
        session.connection().execute(insert(table_of(kind)), list(rows))


def add_with_ids(session: Session, kind: type[Model], rows: Sequence[Row]) -> list[int]:
    """Add rows and give their ids, in the same order."""
    ids = _free_ids(session, table_of(kind), len(rows))
    add_rows(session, kind, [{"id": row_id, **row} for row_id, row in zip(ids, rows, strict=True)])
    return ids


def _free_ids(session: Session, table: Table, count: int) -> list[int]:
    """Take so many ids of a table: from its sequence, or above the highest where only one can write at a time."""
    if not count:
        return []
    if is_sqlite(session):
        highest = session.scalar(select(func.max(table.c.id))) or 0
        return list(range(highest + 1, highest + count + 1))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    numbers = func.generate_series(1, count).table_valued("n")
    return list(session.scalars(select(func.nextval(cast(sequence, REGCLASS))).select_from(numbers)))


def set_by_id(session: Session, kind: type[Model], column: str, values: Mapping[int, Any]) -> None:
    """Set one column of many rows, each to its own value."""
    if values:
        table = table_of(kind)
        change = update(table).where(table.c.id == bindparam("row")).values({column: bindparam("value")})
        session.connection().execute(change, [{"row": row, "value": value} for row, value in values.items()])


def bilingual_columns(name: str, text: Any) -> dict[str, str]:
    """Give the two columns of a text in two languages."""
    return {f"{name}_pl": text.pl, f"{name}_en": text.en}
