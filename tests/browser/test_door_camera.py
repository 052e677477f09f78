"""The desk in a real browser: camera, USB scanner, no network, no JavaScript."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy import func, select

from lsos.badges.printing import document
from lsos.badges.queries import cards_of
from lsos.checkin.models import Arrival, Scan
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.registration.models import Registration
from lsos.texts import Bilingual
from tests import make
from tests.browser.conftest import PHONE, Console, LiveServer, Opener, launch

FRAMES_A_BADGE = 45


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """An event that is open now, whatever the hour."""
    yesterday = datetime.now(UTC).astimezone(ZoneInfo(make.ZONE)).date() - timedelta(days=1)
    event = make.event(starts_on=yesterday, days=3, doors_open=time(0), doors_close=time(23, 59))
    make.point(event, code="main", name=Bilingual("Wejście główne", "Main entrance"))
    return event


@pytest.fixture
def guests(event: Event) -> list[Registration]:
    return [make.registration(event, make.person(*name)) for name in (("Łucja", "Wąs"), ("Jan", "Kos"))]


@pytest.fixture
def desk(open_context: Opener, event: Event) -> Page:
    """A desk computer with a USB scanner and no camera."""
    page = open_context(make.staff(Role.DOOR, event)).new_page()
    page.goto(f"/en/events/{event.slug}/door/main")
    return page


def frames(event: Event, owners: list[Registration], base_url: str) -> bytes:
    """Film printed badges, held one after the other before a camera, with nothing in between for a moment."""
    with document(event, cards_of(event, owners), base_url=base_url) as made:
        pages = [Image.open(io.BytesIO(page)) for page in made.pictures(dots_per_inch=110)]
    film = []
    for page in pages:
        scene = Image.new("RGB", (640, 640), "#7a6a58")
        scene.paste(page.convert("RGB").rotate(4, expand=True, fillcolor="#7a6a58"), (70, -30))
        film += [scene.resize((480, 480))] * FRAMES_A_BADGE + [Image.new("RGB", (480, 480), "#7a6a58")] * 8
    pictures = []
    for picture in film:
        encoded = io.BytesIO()
        picture.save(encoded, "JPEG", quality=80)
        pictures.append(encoded.getvalue())
    return b"".join(pictures)


@pytest.fixture
def camera(
    playwright: Playwright, event: Event, guests: list[Registration], live_server: LiveServer, tmp_path: Path
) -> Iterator[Browser]:
    """A browser whose camera sees the printed badges of the guests."""
    film = tmp_path / "badges.mjpeg"
    film.write_bytes(frames(event, guests, live_server.url))
    browser = launch(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield browser
    browser.close()


def rows(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def verdict(page: Page, tone: str) -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-tone", tone)


def part(page: Page, name: str):
    return page.locator(f'#verdict [data-part="{name}"]')


def enter(page: Page, code: str) -> None:
    """Type a code and press Enter, as a USB scanner does, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


# ---- camera


def test_the_camera_reads_one_badge_after_the_other_without_a_tap(camera, open_context, event, guests):
    staff = make.staff(Role.DOOR, event)
    context = open_context(staff, camera, viewport=PHONE, has_touch=True, is_mobile=True, permissions=["camera"])
    page = context.new_page()
    page.goto(f"/en/events/{event.slug}/door/main")
    page.get_by_role("button", name="Use the camera").click()
    for guest in guests:
        row = page.locator("#last li", has_text=guest.person.name)
        expect(row).to_contain_text("In", timeout=20_000)
    verdict(page, "go")
    expect(part(page, "word")).to_have_text("Welcome")
    expect(page.locator("#count")).to_have_text("2")

    #: The film runs again and again; a badge still before the camera is not sent again.
    page.wait_for_timeout(4500)
    assert rows(Scan) == rows(Arrival) == 2
    page.get_by_role("button", name="Stop the camera").click()
    expect(page.locator("#camera")).to_be_hidden()


def test_without_a_camera_the_page_says_so_and_typing_goes_on(desk, guests):
    desk.get_by_role("button", name="Use the camera").click()
    expect(desk.locator("#notice")).to_contain_text("ype the code")
    enter(desk, guests[0].badge_code)
    verdict(desk, "go")


# ---- USB scanner, keys


def test_a_usb_scanner_is_heard_wherever_the_focus_is(desk, guests):
    for guest, blurred in zip(
        guests, ("document.activeElement.blur()", "document.querySelector('#camera-on').focus()"), strict=True
    ):
        desk.evaluate(blurred)
        enter(desk, guest.badge_code)
        expect(part(desk, "name")).to_have_text(guest.person.name)
    expect(desk.locator("#code")).to_be_focused()
    expect(desk.locator("#code")).to_have_value("")


def test_the_whole_screen_takes_the_colour_of_the_answer(desk, guests):
    def colour():
        return desk.evaluate("getComputedStyle(document.body).backgroundColor")

    colours = {colour()}
    for code, tone in ((guests[0].badge_code, "go"), (guests[0].badge_code, "again"), ("NOBODY", "stop")):
        enter(desk, code)
        verdict(desk, tone)
        desk.wait_for_timeout(200)
        colours.add(colour())
    assert len(colours) == 4


def test_the_last_scan_is_taken_back(desk, guests):
    enter(desk, guests[0].badge_code)
    verdict(desk, "go")
    desk.get_by_text("Take this scan back").click()
    desk.get_by_label("The guest did not come in").check()
    desk.get_by_role("button", name="Take it back").click()
    verdict(desk, "undone")
    expect(desk.locator("#count")).to_have_text("0")
    assert rows(Arrival) == 0
    assert rows(Scan) == 2


def test_a_scan_taken_back_at_once_does_not_say_later_that_it_is_being_checked(desk, guests):
    desk.clock.install()
    desk.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    enter(desk, guests[0].badge_code)
    verdict(desk, "go")
    desk.get_by_text("Take this scan back").click()
    desk.get_by_label("The guest did not come in").check()
    desk.get_by_role("button", name="Take it back").click()
    verdict(desk, "undone")
    desk.clock.run_for(1000)
    verdict(desk, "undone")


# ---- no network


def test_a_scan_without_network_is_kept_and_sent_when_it_is_back(desk, guests, console: Console):
    console.allow("ERR_INTERNET_DISCONNECTED")
    desk.context.set_offline(True)
    for guest in guests:
        enter(desk, guest.badge_code)
        verdict(desk, "kept")
        expect(part(desk, "name")).to_have_text(guest.badge_code)
    expect(desk.locator("#notice")).to_have_text("No network. Scans that wait to be sent: 2")
    assert rows(Scan) == 0

    desk.context.set_offline(False)
    verdict(desk, "go")
    expect(part(desk, "name")).to_have_text("Jan Kos")
    expect(desk.locator("#notice")).to_have_text("The network is back. All scans are sent.")
    expect(desk.locator("#last li").nth(1)).to_contain_text("Łucja Wąs")
    assert rows(Scan) == rows(Arrival) == 2


def test_a_kept_scan_survives_that_the_page_is_loaded_again(desk, guests, console: Console):
    console.allow("ERR_FAILED")
    desk.route("**/door/main", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    enter(desk, guests[0].badge_code)
    verdict(desk, "kept")
    desk.unroute_all()
    desk.reload()
    expect(desk.locator("#last li")).to_contain_text("Łucja Wąs")
    assert rows(Scan) == rows(Arrival) == 1


def test_an_answer_that_got_lost_does_not_make_two_scans(desk, guests, console: Console):
    console.allow("ERR_FAILED")
    lost: list[object] = []

    def lose_the_first_answer(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    desk.route("**/door/main", lose_the_first_answer)
    enter(desk, guests[0].badge_code)
    verdict(desk, "go")
    assert lost
    assert rows(Scan) == rows(Arrival) == 1


def test_a_scan_the_server_cannot_take_does_not_block_the_next(desk, guests, console: Console):
    console.allow("status of 500")

    def break_one(route):
        if route.request.method == "POST" and guests[0].badge_code in (route.request.post_data or ""):
            route.fulfill(status=500, body="broken")
        else:
            route.continue_()

    desk.route("**/door/main", break_one)
    enter(desk, guests[0].badge_code)
    verdict(desk, "kept")
    enter(desk, guests[1].badge_code)
    expect(part(desk, "name")).to_have_text("Jan Kos")
    verdict(desk, "go")
    assert rows(Arrival) == 1


def test_signed_out_the_desk_says_so_and_keeps_the_scan(desk, guests, console: Console):
    console.allow("status of 40[01]")
    desk.context.clear_cookies()
    enter(desk, guests[0].badge_code)
    verdict(desk, "kept")
    expect(desk.locator("#notice")).not_to_be_empty()
    assert rows(Scan) == 0


# ---- no JavaScript


def test_the_desk_works_without_javascript(open_context, event, guests):
    page = open_context(make.staff(Role.DOOR, event), java_script_enabled=False).new_page()
    page.goto(f"/en/events/{event.slug}/door/main")
    for word in ("Welcome", "Already in"):
        #: The words are there before the field has the focus; what is typed between goes nowhere.
        expect(page.locator("[name=code]")).to_be_focused()
        enter(page, guests[0].badge_code)
        expect(part(page, "word")).to_have_text(word)
    assert rows(Scan) == 2
