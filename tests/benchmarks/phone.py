"""A phone that scans at an event of 20,000, in a real Chromium: `python -m tests.benchmarks.phone`.

The bars: all guests are known within fifteen seconds; without network a badge is decided on within 20 ms, in the median
and in the 99th of a hundred; and on a slow phone (a quarter of this processor, 150 ms and 1.6 Mbit/s away, as
Lighthouse has it) the page paints its largest part within 2.5 s and does not move, and with 1,200 guests it is held up
for 200 ms at most.
From the badge to the word on the screen there is more: the scan is written to the disk before anything is said.
"""

import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from sqlalchemy import select

from lsos.app import create_app
from lsos.checkin import devices, points
from lsos.checkin.devices import DeviceWish
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.benchmarks.lists import staged
from tests.benchmarks.measure import Figure, against, report
from tests.benchmarks.server import serving
from tests.browser.conftest import launch
from tests.databases import settings_for

FEW, MANY = 1200, 20_000
SECONDS, DECIDED_MS = 15.0, 20.0
SCANS = 300

#: Decides on badges as the scanner does without network, with nothing kept and nothing shown.
DECIDE = """async ({ codes, point, known, snapshot }) => {
  const { Known } = await import(known);
  const words = JSON.parse(document.getElementById("words").textContent);
  const phone = new Known(await (await fetch(snapshot)).json(), "en");
  const taken = [];
  for (const code of codes) {
    const begin = performance.now();
    const one = { uid: code, point, code, at: Date.now(), direction: "entry" };
    const told = await phone.decide(one, words, { isDrill: true });
    taken.push(performance.now() - begin);
    if (!told?.telling?.name) throw new Error(`nothing was decided on ${code}`);
  }
  return taken;
}"""
#: Types a badge and waits for the word that answers it.
SCAN = """async (code) => {
  const field = document.getElementById("code");
  const verdict = document.getElementById("verdict");
  const begin = performance.now();
  const told = new Promise((done) => {
    const watch = new MutationObserver(() => { watch.disconnect(); done(performance.now() - begin); });
    watch.observe(verdict, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  field.value = code;
  field.form.requestSubmit();
  return told;
}"""


#: What is counted of a page from its very beginning.
WATCH = """globalThis.seen = { paint: 0, blocked: 0, moved: 0 };
const watch = (type, take) => {
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
};
watch("largest-contentful-paint", (one) => { seen.paint = one.startTime; });
watch("longtask", (one) => { seen.blocked += Math.max(0, one.duration - 50); });
watch("layout-shift", (one) => { if (!one.hadRecentInput) seen.moved += one.value; });"""


def _p99(taken: list[float]) -> float:
    return sorted(taken)[round(len(taken) * 0.99) - 1]


def _measured(browser: Browser, place: Path, people: int) -> list[Figure]:
    url = f"sqlite:///{place / f'lsos-{people}.db'}"
    with staged(url, place, people) as stage:
        app = create_app(settings_for(url, place))
        with app.app_context():
            now = datetime.now(UTC)
            event = db.session.scalars(select(Event).where(Event.slug == stage.slug)).one()
            event.starts_on, event.ends_on = now.date() - timedelta(days=1), now.date() + timedelta(days=1)
            db.session.commit()
            by = make.person().id
            points.lay_out_points(event, by_id=by)
            device = devices.save_device(event, None, DeviceWish("Phone", "main"), actor_id=by, now=now)
            code = devices.offer_code(event, device.uid, actor_id=by, now=now)
            wanted = select(Registration.badge_code).where(
                Registration.event_id == event.id, Registration.state == RegistrationState.CONFIRMED
            )
            codes = list(db.session.scalars(wanted.order_by(Registration.id.desc()).limit(2 * SCANS)))
            db.session.remove()
        with serving(
            "tests.benchmarks.server:served()", {"LSOS_DATABASE_URL": url, "LSOS_DATA_DIR": str(place)}
        ) as server:
            base = f"http://127.0.0.1:{server.port}"
            context = browser.new_context(
                viewport=ViewportSize(width=390, height=844), has_touch=True, is_mobile=True, base_url=base
            )
            page = context.new_page()
            page.goto(f"/en/d/pair/{code}")
            page.locator("main form button[type=submit]").click()
            page.locator("body[data-ready=yes]").wait_for(state="attached", timeout=120_000)
            ready = page.evaluate("performance.now()") / 1000
            figures = [*_slow(context, people), *_decided(page, codes, people)]
            context.close()
    return [against(f"seconds until {people:,} guests are known", ready, SECONDS, bar=1, unit="s"), *figures]


def _slow(context: BrowserContext, people: int) -> list[Figure]:
    """Open the page once more as a slow phone far away does, with nothing kept from before."""
    page = context.new_page()
    page.add_init_script(WATCH)
    phone = context.new_cdp_session(page)
    phone.send("Network.clearBrowserCache")
    phone.send("Network.setBypassServiceWorker", {"bypass": True})
    speed = 1.6 * 1024 * 1024 / 8
    away = {"offline": False, "latency": 150, "downloadThroughput": speed, "uploadThroughput": speed / 2}
    phone.send("Network.emulateNetworkConditions", away)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto("/en/d/")
    page.wait_for_timeout(8000)
    seen = page.evaluate("globalThis.seen")
    page.close()
    return [
        against(
            f"a slow phone with {people:,} paints the largest part after", seen["paint"] / 1000, 2.5, bar=1, unit="s"
        ),
        #: Twenty thousand guests are read in one piece, which no phone of this event has to.
        against(f"a slow phone with {people:,} is held up for", seen["blocked"], 200, bar=1 if people == FEW else inf),
        against(f"the page of a slow phone with {people:,} moves by", seen["moved"], 0.1, bar=1, unit=""),
    ]


def _decided(page: Page, codes: list[str], people: int) -> list[Figure]:
    asked: dict[str, Any] = {"codes": codes[:SCANS], "point": "main", "known": "/static/js/scanner/known.js"}
    snapshot = page.evaluate("JSON.parse(document.getElementById('here').textContent).snapshot")
    alone: list[float] = page.evaluate(DECIDE, asked | {"snapshot": snapshot})
    page.context.set_offline(True)
    shown = [page.evaluate(SCAN, code) for code in codes[SCANS : SCANS + 60]][5:]
    print(f"{people:,} guests: shown without network after {statistics.median(shown):.1f} ms, p99 {_p99(shown):.1f} ms")
    what = f"without network, of {people:,}"
    return [
        against(f"a badge is decided on {what}", statistics.median(alone), DECIDED_MS, bar=1),
        against(f"the 99th of a hundred is decided on {what}", _p99(alone), DECIDED_MS, bar=1),
    ]


def main() -> None:
    """Measure with few guests and with many."""
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = launch(driver)
        try:
            report([figure for people in (FEW, MANY) for figure in _measured(browser, Path(folder), people)])
        finally:
            browser.close()


if __name__ == "__main__":
    main()
