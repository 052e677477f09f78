"""A release in a browser: what it means is read before it, mended by one button, and read by everybody after it."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from lsos.drafting.service import place
from lsos.events.rules import Role
from lsos.texts import Bilingual
from tests import make
from tests.browser.conftest import DESK, PHONE, LiveServer, Opener

HOUR = timedelta(hours=1)


def test_a_clash_is_seen_before_a_release_and_mended_and_the_rest_is_read_by_everybody(
    open_context: Opener, live_server: LiveServer
):
    event = make.event(slug="forum", starts_on=datetime.now(UTC).date() + timedelta(days=30))
    room = make.room(event)
    first = make.session(event, title=Bilingual("Sen", "Sleep"), room_id=room.id)
    assert first.starts_at is not None
    assert first.ends_at is not None
    second = make.session(event, title=Bilingual("Jawa", "Waking"), starts_at=first.ends_at)
    guest = make.registration(event, make.person("Ala", "Kot"))
    for what in (first, second):
        make.signup(guest, what)
    third = make.session(event, title=Bilingual("Świt", "Dawn"), starts_at=first.starts_at + 5 * HOUR)
    boss, begins = make.staff(Role.PROGRAMME, event), first.starts_at
    #: Another session takes its place, so that it cannot simply go back.
    for what, starts_at in ((first, begins + HOUR), (third, begins)):
        place(event.id, what.uid, room.id, starts_at, seen=0, by=boss.id, now=datetime.now(UTC))

    page = open_context(boss, viewport=DESK).new_page()
    page.goto("/en/events/forum/organise/agenda")
    page.get_by_role("link", name="What would be released").click()
    bumped = page.locator(".impact li").last
    expect(bumped).to_have_text("1 person gets a clash")
    page.locator(".pile summary").click()
    expect(page.locator(".pile .names")).to_have_text("Ala Kot")
    page.locator(".mends button").first.click()
    expect(bumped).to_have_text("0 people get a clash")
    page.get_by_label("Name in English").fill("Longer nights")
    page.get_by_role("button", name="Release 2 changes").click()
    expect(page.locator(".flash.done")).to_contain_text("Longer nights")

    visitor = open_context(None, viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    visitor.goto("/en/events/forum/programme")
    visitor.get_by_role("link", name="Changes of the programme").click()
    expect(visitor.get_by_role("heading", name="Longer nights")).to_be_visible()
    expect(visitor.locator(".of-session").filter(has_text="Sleep")).to_be_visible()
