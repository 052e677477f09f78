"""Every page, as its readers see it: nothing for axe to find, nothing wider than a phone, and a picture of each.

The pictures lie in build/screenshots/: phone and desk, Polish and English, light and dark.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from lsos.db import db
from lsos.editions.demo import ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.meetings import service as meetings
from lsos.paths import folder
from lsos.reporting import catalogue
from tests.browser.conftest import DESK, PHONE, Console, LiveServer
from tests.pages import NOT_PICTURED, PAGES, Demonstration, demonstration, person_of

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = TOP / "build" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = 120


@pytest.fixture(scope="module")
def gallery(_served: LiveServer) -> Iterator[Demonstration]:
    """Fill the edition with invented people, as of its first day, with meetings published."""
    _served.database.empty()
    now = datetime.now(UTC)
    with _served.app.app_context():
        event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
        catalogue.load()
        fill(event, people=PEOPLE, seed=1, now=now)
        organiser = person_of(ORGANISER.address)
        meetings.run_matching(event, by=organiser.id, now=now)
        meetings.publish(event, by=organiser.id, now=now)
        yield demonstration(_served.app, event)
        db.session.remove()


def test_every_page_is_pictured(gallery: Demonstration):
    pages = {
        rule.endpoint
        for rule in gallery.app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and rule.endpoint not in NOT_PICTURED
    }
    assert pages == {endpoint for _who, endpoint, _arguments in PAGES.values()}


@pytest.fixture
def look(
    browser: Browser, _served: LiveServer, gallery: Demonstration, console: Console
) -> Iterator[Callable[..., Page]]:
    """Open a page as one of its readers."""
    contexts = []

    def open_page(who: str, address: str, **options: Any) -> Page:
        context = browser.new_context(base_url=_served.url, **options)
        contexts.append(context)
        if who:
            context.add_cookies([_served.cookie(gallery.people[who])])  # type: ignore[list-item]
        context.on("page", console.listen)
        page = context.new_page()
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address} answered {answer.status}"
        assert console.unexpected() == []
        return page

    yield open_page
    #: The camera and axe put styles into the page, which its policy refuses; what the page itself did was heard above.
    console.complaints.clear()
    for context in contexts:
        context.close()


def violations(page: Page) -> list[str]:
    """Let axe read a page; gives what it finds, with the place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]}"
        for finding in found["violations"]
        for node in finding["nodes"]
    ]


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_has_no_barrier_and_fits_a_phone(
    look: Callable[..., Page], gallery: Demonstration, console: Console, name: str, language: str
):
    who = PAGES[name][0]
    address = gallery.address(name, language)
    PICTURES.mkdir(parents=True, exist_ok=True)

    phone = look(who, address, viewport=PHONE, color_scheme="light")
    phone.screenshot(path=PICTURES / f"{name}-{language}-phone.png", full_page=True)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "wider than a phone"
    assert violations(phone) == []

    console.complaints.clear()
    desk = look(who, address, viewport=DESK, color_scheme="light")
    desk.screenshot(path=PICTURES / f"{name}-{language}-desk.png", full_page=True)
    desk.emulate_media(color_scheme="dark")
    desk.screenshot(path=PICTURES / f"{name}-{language}-desk-dark.png", full_page=True)
    assert violations(desk) == []
