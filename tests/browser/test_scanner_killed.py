"""A phone whose browser is killed with a full queue: started again it has lost nothing, and nothing counts twice."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from lsos.checkin.models import Arrival, Scan
from tests import make
from tests.browser.conftest import ARGUMENTS, LiveServer
from tests.browser.test_scanner import Hall, stored

GUESTS, TIMES = 12, 5
PORT_FILE = "DevToolsActivePort"


class Chromium:
    """A Chromium with a profile of its own, started by this test and killed by it as an empty battery would."""

    def __init__(self, playwright: Playwright, profile: Path):
        self.playwright, self.profile = playwright, profile
        self.browser: Browser | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Page:
        chromium = shutil.which("chromium")
        assert chromium, "chromium is missing: apt-get install --no-install-recommends chromium"
        (self.profile / PORT_FILE).unlink(missing_ok=True)
        own = ["--headless", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={self.profile}"]
        self.process = subprocess.Popen(
            [chromium, *ARGUMENTS, *own, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self._port()}")
        [context] = self.browser.contexts
        context.set_default_timeout(30_000)
        return context.pages[0] if context.pages else context.new_page()

    def _port(self) -> int:
        """Wait until the browser says where it is spoken to."""
        for _ in range(600):
            told = self.profile / PORT_FILE
            if told.exists() and (lines := told.read_text().splitlines()):
                return int(lines[0])
            time.sleep(0.05)
        raise AssertionError("the browser does not start")

    def close(self) -> None:
        """End it as its holder does, so that it writes down what it puts off, such as cookies."""
        assert self.browser is not None
        assert self.process is not None
        self.browser.new_browser_cdp_session().send("Browser.close")
        self.process.wait(60)
        self.process = None

    def kill(self) -> None:
        """End it at once, with all that belongs to it."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process = None


@pytest.fixture
def chromium(playwright: Playwright, tmp_path: Path) -> Iterator[Chromium]:
    profile = tmp_path / "profile"
    profile.mkdir()
    started = Chromium(playwright, profile)
    yield started
    started.kill()


def test_a_browser_that_is_killed_with_a_full_queue_loses_nothing(live_server: LiveServer, chromium: Chromium):
    hall = Hall(live_server)
    guests = [make.registration(hall.event, make.person(f"Gość{n}", "Próbny")) for n in range(GUESTS)]
    page = chromium.start()
    hall.pair(page)
    chromium.close()
    page = chromium.start()
    page.goto(f"{live_server.url}/en/d/")
    hall.ready(page)
    page.context.set_offline(True)
    for number in range(GUESTS * TIMES):
        guest = guests[number % GUESTS]
        page.fill("#code", guest.badge_code)
        page.press("#code", "Enter")
        expect(page.locator("[data-part=name]")).to_have_text(guest.person.name)
    #: What was shown is kept already: the last scan's answer is on the screen, and the phone dies.
    chromium.kill()
    assert stored(Scan) == 0

    #: It comes back, begins to send, and dies once more while it does.
    page = chromium.start()
    page.goto(f"{live_server.url}/en/d/", wait_until="commit")
    deadline = time.monotonic() + 30
    while not stored(Scan) and time.monotonic() < deadline:
        time.sleep(0.02)
    chromium.kill()
    assert stored(Scan) > 0

    page = chromium.start()
    page.goto(f"{live_server.url}/en/d/")
    hall.ready(page)
    expect(page.locator("#banner")).to_have_text(re.compile("Ready for offline.*, 0 scans waiting"), timeout=60_000)
    assert stored(Scan) == GUESTS * TIMES
    assert stored(Arrival) == GUESTS
