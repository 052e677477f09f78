"""Reads that are asked with every scan: put into the words of the database once, and fetched past result objects.

SQLAlchemy finds a statement by all its parts, and describes each column of each answer anew; beside a row or two that
is more work than the database has. What is read here is not seen by those who listen to statements.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

Process = Callable[[Any], Any]


class _Form(NamedTuple):
    """A statement as one kind of database reads it.

    Attributes:
        order: the names of the values in the order in which they are wanted; None where they go by name.
        fixed: values that stand in the statement itself, ready to be sent.
        sent, read: what is done to the values of some names before, and of some columns afterwards.
    """

    sql: str
    order: tuple[str, ...] | None
    fixed: dict[str, Any]
    sent: dict[str, Process]
    read: tuple[tuple[int, Process], ...]


class Prepared:
    """A read whose words never change; its values are given by the names of its parameters."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def rows(self, c: Connection, **values: Any) -> list[list[Any]]:
        """Read the rows, each as the list of its columns.

        Raises:
            DBAPIError: the database refused, as an error of its kind.
        """
        form = self._forms.get(c.dialect.name)
        if form is None:
            form = self._forms[c.dialect.name] = _form(self._statement, c.dialect)
        given = form.fixed | {name: form.sent[name](one) if name in form.sent else one for name, one in values.items()}
        said = given if form.order is None else tuple(given[name] for name in form.order)
        cursor = c.connection.cursor()
        try:
            cursor.execute(form.sql, said)
            found = [list(row) for row in cursor.fetchall()]
        except c.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(form.sql, said, error, c.dialect.loaded_dbapi.Error) from error
        finally:
            cursor.close()
        for row in found:
            for place, process in form.read:
                row[place] = process(row[place])
        return found

    def first(self, c: Connection, **values: Any) -> list[Any] | None:
        """Read the first row, as `rows` does; None where there is none."""
        found = self.rows(c, **values)
        return found[0] if found else None


def _form(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Form:
    compiled = statement.compile(dialect=dialect)
    asked = [name for name, bound in compiled.binds.items() if bound.required]
    #: With what is written into the statement only in the last moment; the values that are asked for are still to come.
    nothing: dict[str, Any] = dict.fromkeys(asked)
    whole = compiled.construct_expanded_state(nothing)
    sent: dict[str, Process] = {}
    for name, bound in compiled.binds.items():
        process = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            sent[name] = process
    read = []
    for place, column in enumerate(statement.selected_columns):
        turn = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if turn is not None:
            read.append((place, turn))
    return _Form(
        whole.statement,
        tuple(whole.positiontup) if whole.positiontup is not None else None,
        {name: sent[name](value) if name in sent else value for name, value in whole.parameters.items()},
        sent,
        tuple(read),
    )
