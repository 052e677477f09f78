"""One suite for both databases: a test that asks for `app` runs on SQLite and on PostgreSQL.

What pages show is tested on SQLite: the rooms that they ask are tested on both, and so is that every page answers
(tests/web/test_access.py).
"""

import contextvars
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lsos.accounts import service as accounts
from lsos.accounts.models import Person
from lsos.db import db
from lsos.web.limits import limiter
from tests import make
from tests.databases import Database, postgresql

PAGES = Path(__file__).parent / "web"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", default="sqlite,postgresql", help="databases to test on, by commas")
    parser.addoption("--pictures", action="store_true", help="keep a picture of every page in build/screenshots/")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "any_database: what it sees is never stored, so that one database is enough")
    config.addinivalue_line("markers", "each_database: of pages, but it runs on every database")
    #: Thousands of tests are read in first, and nothing of that is garbage.
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_finish() -> None:
    """Leave what the whole run needs out of every search for garbage; there is much of it, and it is searched often."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        kinds = metafunc.config.getoption("--db").split(",")
        definition = metafunc.definition
        is_of_pages = PAGES in definition.path.parents and not definition.get_closest_marker("each_database")
        if is_of_pages or definition.get_closest_marker("any_database"):
            kinds = kinds[:1]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hash passwords at the lowest price; tests/accounts/test_service.py names the price that is paid elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a migrated database of the kind asked for; it lives as long as the session."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield Database("sqlite", f"sqlite:///{folder / 'test.db'}", folder)
        return
    shared = Path(request.config.getoption("basetemp") or tmp_path_factory.getbasetemp())
    #: The workers of a run share one server; each has a database of its own.
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    with postgresql(shared / "postgresql") as url:
        database = Database("postgresql", url, folder)
        yield database
        with database.app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    """Give the application on an empty database, with its context pushed."""
    database.empty()
    #: Switching it on is a test's own act, which ends with it: the limits are one object for every application.
    limiter.enabled = False
    with database.app.app_context():
        yield database.app
        db.session.remove()


class Reader(FlaskClient):
    """A browser without JavaScript; each request starts from a clean context, as a server's does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer: TestResponse = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return answer

    def sign_in(self, person: Person, **how: bool) -> "Reader":
        """Take a person's seat without the way through the door."""
        return self.hold(make.session_key(person, **how))

    def hold(self, key: str) -> "Reader":
        """Come with what the cookie of somebody who signed in before carries."""
        with self.session_transaction() as session:
            session["_user_id"] = key
            session["_fresh"] = True
        return self


@pytest.fixture
def client(app: Flask) -> Reader:
    """Give a reader who is not signed in; forms are taken without their CSRF token."""
    app.test_client_class = Reader
    app.config["WTF_CSRF_ENABLED"] = False
    reader = app.test_client()
    assert isinstance(reader, Reader)
    return reader
