"""A real Chromium in front of a real server: what both sides need, for every test that drives a browser."""

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from werkzeug.serving import make_server

from lsos.accounts.models import Person
from lsos.db import db
from tests import make
from tests.databases import Database

HERE = Path(__file__).parent
#: Nothing is fetched or synchronised behind a test's back.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that drive a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class LiveServer:
    """A server that answers on this machine; `url` has no slash at its end."""

    url: str
    app: Flask
    database: Database

    def cookie(self, person: Person) -> dict[str, Any]:
        """Make the cookie of somebody who signed in, for `context.add_cookies([...])`."""
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        value = signer.dumps({"_user_id": make.session_key(person), "_fresh": True})
        return {"name": self.app.config["SESSION_COOKIE_NAME"], "value": str(value), "url": self.url}


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Start a threaded server on a free port, in front of a migrated SQLite database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("live")
    url = f"http://127.0.0.1:{port}"
    database = Database("sqlite", f"sqlite:///{folder / 'live.db'}", folder, base_url=url)
    database.app.testing = False  # a broken page answers 500, as it would anywhere
    server = make_server("127.0.0.1", port, database.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield LiveServer(url, database.app, database)
    server.shutdown()
    thread.join(10)
    server.server_close()
    with database.app.app_context():
        db.engine.dispose()


@pytest.fixture
def live_server(_served: LiveServer) -> Iterator[LiveServer]:
    """Give the server on an empty database, with its context pushed, so that `tests.make` fills it.

    What a page changed since is seen after `db.session.rollback()`.
    """
    _served.database.empty()
    with _served.app.app_context():
        yield _served
        db.session.remove()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start what drives the browsers; a busy machine may take its time."""
    expect.set_options(timeout=15_000)
    with sync_playwright() as driver:
        yield driver


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start a Chromium of one's own, with more on its command line."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing: apt-get install --no-install-recommends chromium"
    return playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False, args=[*ARGUMENTS, *more])


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Give the browser that all tests share; each opens contexts of its own."""
    started = launch(playwright)
    yield started
    started.close()


@dataclass
class Console:
    """What pages complained of; a test allows what it provokes on purpose."""

    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Expect complaints that match a regular expression, such as "status of 422"."""
        self.allowed.append(pattern)

    def listen(self, page: Page) -> None:
        """Write down what a page complains of."""

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.complaints.append(f"{page.url}: {message.text}")

        page.on("console", hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def unexpected(self) -> list[str]:
        """List the complaints that no test asked for."""
        return [c for c in self.complaints if not any(re.search(pattern, c) for pattern in self.allowed)]


@pytest.fixture
def console() -> Iterator[Console]:
    """Collect what the pages of a test complain of, and fail on anything not allowed."""
    heard = Console()
    yield heard
    assert heard.unexpected() == []


Opener = Callable[..., BrowserContext]


@pytest.fixture
def open_context(browser: Browser, live_server: LiveServer, console: Console) -> Iterator[Opener]:
    """Open browsers of different people: `open_context(person, **playwright_options)`."""
    opened: list[BrowserContext] = []

    def open_one(person: Person | None = None, in_browser: Browser | None = None, **options: Any) -> BrowserContext:
        values = {"base_url": live_server.url, "locale": "en-GB", "viewport": DESK} | options
        context = (in_browser or browser).new_context(**values)
        context.set_default_timeout(20_000)
        if person is not None:
            context.add_cookies([live_server.cookie(person)])  # type: ignore[list-item]
        context.on("page", console.listen)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: Opener) -> Page:
    """Give a page at desk width, of somebody who is not signed in."""
    return open_context().new_page()


@pytest.fixture
def phone(open_context: Opener) -> Page:
    """Give a page as wide as a phone, of somebody who is not signed in."""
    return open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
