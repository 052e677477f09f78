"""The live page in a real browser: its figures move without loading it again, and it says when no answer comes."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from lsos.checkin import service
from lsos.checkin.rules import PointKind
from lsos.db import new_uid
from lsos.events.models import Event
from lsos.events.rules import Role
from tests import make
from tests.browser.conftest import Console, LiveServer, Opener


def come(event: Event) -> None:
    now = datetime.now(UTC)
    guest = make.registration(event)
    service.scan(event, "main", guest.badge_code, uid=new_uid(), scanned_at=now, by_id=None, now=now)


def test_figures_move_without_reload_and_a_lost_network_is_told(
    live_server: LiveServer, open_context: Opener, console: Console
):
    today = datetime.now(UTC).date()
    event = make.event(starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=1))
    make.point(event, PointKind.DOOR, "main")
    context = open_context(make.staff(Role.DOOR, event))
    console.allow("ERR_INTERNET_DISCONNECTED")
    page = context.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/en/events/{event.slug}/live/")
    came = page.locator(".tally .good dd")
    expect(came).to_have_text("0")
    page.evaluate("window.isTheSame = true")
    come(event)
    #: The server keeps a reading for some seconds of its own clock.
    for _ in range(40):
        page.clock.run_for(10_000)
        page.wait_for_timeout(300)
        if came.text_content() == "1":
            break
    expect(came).to_have_text("1")
    context.set_offline(True)
    page.clock.run_for(10_000)
    expect(page.locator("[data-lost]")).to_contain_text("No answer since")
    context.set_offline(False)
    for _ in range(20):
        page.clock.run_for(60_000)
        page.wait_for_timeout(300)
        if page.locator("[data-lost]").is_hidden():
            break
    expect(page.locator("[data-lost]")).to_be_hidden()
    assert page.evaluate("window.isTheSame")
