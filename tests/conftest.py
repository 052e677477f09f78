"""One suite for two databases: tests that ask for `app` run on SQLite or on PostgreSQL, by turns.

On each run those that send many at once, and those that are marked so. What pages show is tested on SQLite, and that
each page answers also on PostgreSQL (tests/web/test_access.py). `--db each` runs
everything on both; `make torture` does.
"""

import contextvars
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from lsos.accounts import service as accounts
from lsos.accounts.models import Person
from lsos.db import db
from lsos.web.limits import limiter
from tests import make
from tests.databases import Database, postgresql

PAGES = Path(__file__).parent / "web"
KINDS = ["sqlite", "postgresql"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", default="by turns", help="each, sqlite or postgresql; without it by turns")
    parser.addoption("--pictures", action="store_true", help="keep a picture of every page in build/screenshots/")


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist says nothing of its types
    """Hand tests to workers one by one, but those of one browser file together: they share what is slow to make.

    The journeys are long and share nothing, so that each goes by itself. The mark `xdist_group` says the same, but
    pytest 9.2 makes nothing of it.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _test = nodeid.partition("::")
        return file if file.startswith("tests/browser/") and not file.endswith("_journey.py") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Hand out tests by what they share."""
    return Shares(config, log)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "any_database: what it sees is never stored, so that SQLite is enough")
    config.addinivalue_line("markers", "each_database: what it sees is the database's own, so it runs on each")
    config.addinivalue_line("markers", "postgresql: what it sees was seen on SQLite before")
    config.addinivalue_line("markers", "race: sends many at once; set by itself")
    #: Thousands of tests are read in first, and nothing of that is garbage.
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_finish() -> None:
    """Leave what the whole run needs out of every search for garbage; there is much of it, and it is searched often."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--db")
        kinds = _databases(metafunc.definition, by_turns=wanted == "by turns")
        if wanted in KINDS:
            kinds = [kind for kind in kinds if kind == wanted] or [wanted]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


def _databases(test: pytest.Item, *, by_turns: bool) -> list[str]:
    """Say on which databases a test runs, unless one is asked for."""
    if test.get_closest_marker("postgresql"):
        return KINDS[1:]
    is_on_each = test.get_closest_marker("each_database") or _is_race(test)
    if test.get_closest_marker("any_database") or (PAGES in test.path.parents and not is_on_each):
        return KINDS[:1]
    if is_on_each or not by_turns:
        return KINDS
    #: By its name, so that a test stays where it is whatever is added beside it.
    return [KINDS[crc32(test.name.encode()) % 2]]


def _is_race(test: Any) -> bool:
    return "race" in test.function.__code__.co_names


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_race(item):
            item.add_marker("race")


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
