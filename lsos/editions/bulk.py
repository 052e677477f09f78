"""Writing many rows at once, which a demonstration of thousands needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session

from lsos.db import Model

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
    if not rows:
        return []
    table = table_of(kind)
    adding = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(adding, list(rows)).scalars())


def set_by_id(session: Session, kind: type[Model], column: str, values: Mapping[int, Any]) -> None:
    """Set one column of many rows, each to its own value."""
    if values:
        table = table_of(kind)
        change = update(table).where(table.c.id == bindparam("row")).values({column: bindparam("value")})
        session.connection().execute(change, [{"row": row, "value": value} for row, value in values.items()])


def bilingual_columns(name: str, text: Any) -> dict[str, str]:
    """Give the two columns of a text in two languages."""
    return {f"{name}_pl": text.pl, f"{name}_en": text.en}
