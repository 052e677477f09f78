"""How migrations reach the database: over the application's own engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

from lsos.db import Model, UtcDateTime


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their name, so that a migration reads like the model."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from lsos.db import UtcDateTime")
        return "UtcDateTime()"
    return False


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """On SQLite, follow no key meanwhile: a table that changes is copied and dropped, with all that hangs on it.

    Afterwards every key must lead somewhere.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = raw.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows lead nowhere: {broken[:5]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
    )
    with without_foreign_keys(connection), context.begin_transaction():
        context.run_migrations()
