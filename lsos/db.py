"""The database: the base of all tables, the types they share, and the one way to write."""

import enum
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, Date, DateTime, Engine, Enum, MetaData, String, Text, Time, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from lsos.errors import N_, LsosError

#: Without look-alikes (0 O, 1 I L, U V), so that a code can be read aloud and typed; five bits a letter.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept and given back in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """The base of every table: names for constraints, and how Python types become columns."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        date: Date(),
        time: Time(),
        str: Text(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
        #: Stored by value in a checked column, so that the database refuses a state that does not exist.
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            create_constraint=True,
            length=40,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


class HoldingSession(FlaskSession):
    """A session that holds whatever it has loaded while it lets go of all of it.

    Python 3.11 collects garbage in the midst of an assignment. When that is SQLAlchemy marking an object as let go of,
    and the object itself is among the garbage, as hundreds are that point at each other, the process dies.
    """

    def expunge_all(self) -> None:
        """Forget everything, as when the session is closed."""
        _held = list(self.identity_map.values())
        super().expunge_all()

    def expire_all(self) -> None:
        """Read everything afresh when it is asked for."""
        _held = list(self.identity_map.values())
        super().expire_all()

    def rollback(self) -> None:
        """Take back what was not committed."""
        _held = list(self.identity_map.values())
        super().rollback()


db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False, "class_": HoldingSession})
migrate = Migrate(render_as_batch=True, compare_type=True)


def new_uid() -> str:
    """Make an id for addresses: 22 letters, 128 bits, not to be guessed."""
    return secrets.token_urlsafe(16)


def new_code(length: int = 10) -> str:
    """Make a short code for a badge or a pass: 4.9 bits a letter, easy to read aloud."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def uid_column() -> Any:
    """Declare the public id of a row."""
    return mapped_column(String(22), unique=True, default=new_uid)


#: So long somebody waits for their turn to write; whoever waited in vain reads a sentence and tries again.
TURN_SECONDS = 60.0


class Busy(LsosError):
    """Too many write at once; nothing was changed."""


class _Turns:
    """Lets threads write one after another, in the order in which they came.

    SQLite lets one write at a time, and who waits asks it again and again: whoever has just come is as likely to be
    next as whoever has waited for half a minute. Threads of one process need not ask; another process still does.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    def take(self) -> None:
        """Wait for one's turn.

        Raises:
            Busy: it did not come in time.
        """
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            if mine.wait(TURN_SECONDS):
                return
        except BaseException:
            #: Stopped while waiting, as by Ctrl-C: a turn that came all the same goes on, else all would wait for it.
            if not self._leave(mine):
                self.give()
            raise
        if self._leave(mine):
            raise Busy(BUSY)
        #: It came in the moment in which the waiting ended.

    def _leave(self, mine: threading.Event) -> bool:
        """Stand in line no more; False where the turn has come."""
        with self._guard:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True

    def give(self) -> None:
        """Let the next one write."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


BUSY = N_("Many people are saving something at this moment, and it is not your turn yet. Send it again in a minute.")
_turns: WeakKeyDictionary[Engine, _Turns] = WeakKeyDictionary()
_turns_guard = threading.Lock()


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Write in turn where the database lets one write at a time."""
    if not is_sqlite(session):
        yield
        return
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with _turns_guard:
        turns = _turns.setdefault(engine, _Turns())
    turns.take()
    try:
        yield
    finally:
        turns.give()


#: What PostgreSQL calls it when two wait for each other, a lock is not given, or there are too many connections.
_BUSY_STATES = frozenset({"40P01", "40001", "55P03", "53300"})


def is_busy(error: Exception) -> bool:
    """Say whether an error of the database means only that too many want something of it at once."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return False
    return "database is locked" in str(error.orig) or getattr(error.orig, "sqlstate", None) in _BUSY_STATES


class NestedTransaction(RuntimeError):
    """A use case called another; what two share is a rule or a query."""


@contextmanager
def transaction() -> Iterator[Session]:
    """Write once: commit on leaving, roll back on an exception.

    The read transaction of the page ends here and everything loaded is read afresh, so that
    rules decide on what is true now. On SQLite the write lock is taken at once (no writer can
    be overtaken between its reading and its writing), by one thread after another in the order in
    which they came; on PostgreSQL use cases lock the rows that their rule speaks of.

    Raises:
        Busy: many write at once, and the turn did not come.
    """
    session = db.session()
    if session.info.get("writing"):
        raise NestedTransaction
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside of a transaction")
    session.rollback()
    session.expire_all()  # a rollback alone forgets nothing where no transaction was open
    with _turn(session):
        session.info["writing"] = True
        try:
            session.connection(execution_options={"lsos_write": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False


def is_sqlite(session: Session) -> bool:
    """Say whether this session talks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _tune_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if type(connection).__module__ != "sqlite3":
        return
    connection.isolation_level = None  # SQLAlchemy's begin event below decides, not the driver
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "synchronous=NORMAL",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def attach(app: Flask) -> None:
    """Put the database on an application."""
    db.init_app(app)
    with app.app_context():
        #: Of this engine only: where nobody listens, a statement costs a tenth less.
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "begin", _begin_sqlite)


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("lsos_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
