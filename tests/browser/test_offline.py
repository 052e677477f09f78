"""The programme, one's own day and badge without a network, and what is left of them once one is signed out."""

import re
import time
from datetime import timedelta

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from lsos.accounts.models import UserSession
from lsos.agenda.rules import Visibility
from lsos.db import transaction
from lsos.texts import Bilingual
from tests import make
from tests.browser.conftest import PHONE, Console, LiveServer
from tests.drafting.releases import make_known

#: Whether all that a page was drawn with is kept.
STYLED = """caches.open('lsos-styles').then((cache) => cache.keys()).then((keys) => {
    const had = new Set(keys.map((key) => key.url));
    const used = performance.getEntriesByType('resource').map((entry) => entry.name);
    return used.filter((name) => name.startsWith(`${location.origin}/static/`)).every((name) => had.has(name));
})"""
#: Whether the page of everybody that is kept speaks of something.
SPEAKS = """caches.open('lsos-programme').then((cache) => cache.match('{}'))
    .then((found) => found.text()).then((words) => words.includes('{}'))"""
NO_OWN = "caches.has('lsos-own').then((has) => !has)"
KEPT = "caches.open('{}').then((cache) => cache.keys()).then((keys) => keys.map((key) => new URL(key.url).pathname))"


def kept(page: Page, name: str) -> list[str]:
    found: list[str] = page.evaluate(KEPT.format(name))
    return found


def wait_until(page: Page, promise: str, seconds: float = 40) -> None:
    """Wait until what an expression promises is true; `wait_for_function` takes the promise itself for an answer."""
    give_up = time.monotonic() + seconds
    while not page.evaluate(promise):
        assert time.monotonic() < give_up, promise
        page.wait_for_timeout(50)


def wait_for(page: Page, name: str, path: str) -> None:
    wait_until(page, f"{KEPT.format(name)}.then((paths) => paths.includes('{path}'))")


def test_the_programme_and_ones_own_day_are_read_without_a_network_until_one_signs_out(
    browser: Browser, live_server: LiveServer, console: Console
):
    event = make.event(slug="forum", name=Bilingual("Forum", "Forum"))
    first = make.session(event, title=Bilingual("Sen", "Sleep"))
    other = make.session(
        event,
        title=Bilingual("RNA", "On RNA"),
        abstract=Bilingual("O rybosomach", "Of ribosomes"),
        starts_at=make.DOORS + timedelta(hours=2),
    )
    mine = make.registration(event)
    make.signup(mine, first)
    context = browser.new_context(base_url=live_server.url, viewport=PHONE)  # type: ignore[arg-type]
    context.add_cookies([live_server.cookie(mine.person)])  # type: ignore[list-item]
    page = context.new_page()
    console.listen(page)
    console.allow("ERR_INTERNET_DISCONNECTED")
    at = "/en/events/forum"

    page.goto(f"{at}/me/")
    wait_for(page, "lsos-own", f"{at}/me/")
    wait_for(page, "lsos-own", f"{at}/programme")
    wait_for(page, "lsos-own", f"{at}/me/badge")
    wait_for(page, "lsos-programme", f"{at}/programme-book")
    wait_for(page, "lsos-programme", f"{at}/speakers")
    #: Else the network would go while the worker still fetches what the page is drawn with.
    page.wait_for_load_state("networkidle")
    wait_until(page, STYLED)

    context.set_offline(True)
    page.goto(f"{at}/me/")
    expect(page.get_by_role("status").first).to_contain_text("You are offline. This is how it stood at ")
    expect(page.locator("main")).to_contain_text("Sleep")
    page.goto(f"{at}/me/badge")
    expect(page.get_by_role("status").first).to_contain_text("You are offline.")
    expect(page.get_by_role("img", name="QR code of your badge")).to_be_visible()
    expect(page.get_by_text("As it will be printed")).to_be_hidden()
    page.goto(f"{at}/programme?area=nothing")
    expect(page.locator(f"#s-{first.code}")).to_contain_text("You are signed up")
    expect(page.get_by_role("status").first).to_contain_text("You are offline.")
    expect(page.get_by_text("Filters and search need a network")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.line')).listStyleType") == "none"
    page.get_by_role("link", name="On RNA").click()
    expect(page).to_have_url(f"{live_server.url}{at}/programme-book#s-{other.code}")
    expect(page.locator(f"#s-{other.code}")).to_contain_text("Of ribosomes")
    page.goto(f"{at}/speakers/nobody-read-yet")
    expect(page).to_have_url(f"{live_server.url}{at}/speakers#p-nobody-read-yet")
    expect(page.get_by_role("status").first).to_contain_text("You are offline.")
    assert kept(page, "lsos-own"), "a copy for everybody is no sign that nobody is signed in"

    context.set_offline(False)
    page.goto(f"{at}/programme")
    expect(page.locator("#offline")).to_be_hidden()
    #: The book was asked for without the cookie: it is what everybody reads.
    assert f"{at}/programme-book" not in kept(page, "lsos-own")
    wait_until(page, SPEAKS.format(f"{at}/programme-book", "RNA"))
    make_known(other, visibility=Visibility.REGISTERED)
    page.reload()
    wait_until(page, SPEAKS.format(f"{at}/programme-book", "RNA") + ".then((does) => !does)")

    #: The session is ended elsewhere: the worker sees it, whatever the page that is shown then does.
    context.route("**/forget.js*", lambda route: route.fulfill(content_type="text/javascript", body=""))
    with transaction() as session:
        session.execute(delete(UserSession).where(UserSession.person_id == mine.person_id))
    page.goto(f"{at}/me/badge")
    expect(page).to_have_url(re.compile("/en/sign-in"))
    wait_until(page, NO_OWN)
    context.unroute("**/forget.js*")

    context.add_cookies([live_server.cookie(mine.person)])  # type: ignore[list-item]
    page.goto(f"{at}/programme")
    wait_for(page, "lsos-own", f"{at}/me/badge")
    page.goto("/en/account")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("You are signed out.")
    wait_until(page, NO_OWN)

    context.set_offline(True)
    page.goto(f"{at}/programme")
    expect(page.locator("main")).to_contain_text("Sleep")
    expect(page.locator("body")).not_to_contain_text("You are signed up")
    expect(page.locator("body")).not_to_contain_text(mine.person.name)
    context.close()
