"""Every page, as its readers see it: nothing for axe to find, nothing wider than a phone.

With --pictures a picture of each is kept in build/screenshots/: phone and desk, Polish and English, light and dark.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from lsos.db import db
from lsos.editions.demo import ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.paths import folder
from lsos.reporting import catalogue
from lsos.scheduling import matching, publishing
from tests.browser.conftest import DESK, PHONE, Console, LiveServer
from tests.pages import NOT_PICTURED, PAGES, Demonstration, demonstration, person_of

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = TOP / "build" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "document-title", "html-has-lang", "html-lang-valid"]
PEOPLE = 80


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
        matching.run_matching(event, by=organiser.id, now=now)
        publishing.publish(event, by=organiser.id, now=now)
        yield demonstration(_served.app, event)
        db.session.remove()


@pytest.fixture(scope="session")
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a picture of a page, for people to look at, where that is asked for: no test reads it."""
    wanted = request.config.getoption("--pictures")

    def take(page: Page, name: str) -> None:
        if wanted:
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    return take


def test_every_page_is_looked_at(gallery: Demonstration):
    pages = {
        rule.endpoint
        for rule in gallery.app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and rule.endpoint not in NOT_PICTURED
    }
    assert pages == {endpoint for _who, endpoint, _arguments in PAGES.values()}


@pytest.fixture(scope="module")
def tab(
    browser: Browser, _served: LiveServer, gallery: Demonstration
) -> Iterator[Callable[[str], tuple[Page, Console]]]:
    """Give the one tab of a reader, and what it complains of; a new one for each page would take longer to come up."""
    tabs: dict[str, tuple[Page, Console]] = {}

    def of(who: str) -> tuple[Page, Console]:
        if who not in tabs:
            #: Axe reads colours at once, so that none may still be on its way from light to dark.
            context = browser.new_context(base_url=_served.url, reduced_motion="reduce")
            #: Read once for all pages: sent to each anew it would take longer than it reads.
            context.add_init_script(path=AXE)
            if who:
                context.add_cookies([_served.cookie(gallery.people[who])])  # type: ignore[list-item]
            console = Console()
            context.on("page", console.listen)
            tabs[who] = context.new_page(), console
        return tabs[who]

    yield of
    for page, _console in tabs.values():
        page.context.close()


def violations(page: Page, rules: list[str]) -> list[str]:
    """Let axe read a page; gives what it finds, with the place."""
    how = {"runOnly": rules, "resultTypes": ["violations"], "preload": False, "selectors": False, "iframes": False}
    found = page.evaluate("how => axe.run(how)", how)
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]}"
        for finding in found["violations"]
        for node in finding["nodes"]
    ]


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_has_no_barrier_and_fits_a_phone(
    tab: Callable[[str], tuple[Page, Console]],
    gallery: Demonstration,
    picture: Callable[..., None],
    name: str,
    language: str,
):
    """Axe reads each page as it is in Polish on a phone by day, and of the English one at a desk by night the colours.

    A page is loaded once and then made wider: no script of ours asks how wide the window is.
    """
    address = gallery.address(name, language)
    page, console = tab(PAGES[name][0])
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    #: Axe puts styles into a page, which its policy refuses; what a page itself does is heard before.
    console.complaints.clear()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address} answered {answer.status}"
    assert console.unexpected() == []

    picture(page, f"{name}-{language}-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "wider than a phone"
    if language == "pl":
        assert violations(page, RULES) == []

    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    picture(page, f"{name}-{language}-desk")
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"], "wider than a desk"
    page.emulate_media(color_scheme="dark")
    picture(page, f"{name}-{language}-desk-dark")
    if language == "en":
        assert violations(page, COLOURS) == []
