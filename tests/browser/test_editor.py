"""The agenda editor in a real browser: by hand, by keys, by two organisers at once, and without JavaScript."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from lsos.db import db
from lsos.drafting.queries import Buffers, draft_of
from lsos.drafting.severities import set_severities
from lsos.events.models import Event, Room
from lsos.events.rules import Role
from lsos.texts import Bilingual
from lsos.timetabling.problem import Severity
from tests import make
from tests.browser.conftest import PHONE, Console, LiveServer, Opener

HOUR = timedelta(hours=1)


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """Two rooms, a talk in the first at nine, a break at noon."""
    event = make.event()
    rooms = [make.add(Room(event_id=event.id, code=code, name=Bilingual("", f"Room {code.upper()}"))) for code in "ab"]
    make.session(event, title=Bilingual("", "Talk"), room_id=rooms[0].id)
    make.session(
        event, title=Bilingual("", "Lunch"), room_id=rooms[0].id, starts_at=make.DOORS + 3 * HOUR, takes_signups=False
    )
    return event


@pytest.fixture
def desk(event: Event, open_context: Opener) -> Page:
    """The editor, as an organiser sees it."""
    page = open_context(make.staff(Role.PROGRAMME, event)).new_page()
    page.goto(f"/en/events/{event.slug}/organise/editor/")
    return page


def block(page: Page, title: str) -> Locator:
    return page.locator(".piece", has_text=title)


def room(page: Page, code: str) -> Locator:
    return page.locator(f"[data-column={code}]")


def where(event: Event, title: str) -> str:
    """Say where the draft has a session: room, time of day in UTC, minutes."""
    db.session.rollback()
    draft = draft_of(event.id)
    content = next(each for each in draft.contents.values() if each.title.en == title)
    code = next((one.code for one in draft.rooms if one.id == content.room_id), "-")
    return f"{code} {content.starts_at:%H:%M} {content.length}" if content.starts_at else f"- {content.length}"


def carry(page: Page, title: str, x: float, y: float, *, by_the_edge: bool = False) -> None:
    """Take a block by hand, and let go of it so far away."""
    piece = block(page, title)
    piece.scroll_into_view_if_needed()
    box = piece.bounding_box()
    assert box is not None
    at = (box["x"] + 30, box["y"] + (box["height"] - 3 if by_the_edge else 8))
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + x, at[1] + y, steps=6)
    page.mouse.up()


def width(page: Page) -> float:
    box = room(page, "a").bounding_box()
    assert box is not None
    return box["width"]


def height_of(page: Page, minutes: int) -> float:
    box = room(page, "a").bounding_box()
    assert box is not None
    return box["height"] * minutes / int(page.locator("#editor").get_attribute("data-minutes") or 0)


def test_a_block_is_dragged_resized_taken_off_and_brought_back(desk: Page, event: Event, console: Console):
    carry(desk, "Talk", width(desk), height_of(desk, 62))
    expect(room(desk, "b")).to_contain_text("Talk")
    expect(desk.locator("#said")).to_contain_text("10:00–11:00, Room B")
    assert where(event, "Talk") == "b 09:00 60"

    carry(desk, "Talk", 0, height_of(desk, 31), by_the_edge=True)
    expect(desk.locator("#said")).to_contain_text("10:00–11:30")
    assert where(event, "Talk") == "b 09:00 90"

    tray = desk.locator("[data-tray]").bounding_box()
    piece = block(desk, "Talk").bounding_box()
    assert tray
    assert piece
    carry(desk, "Talk", tray["x"] - piece["x"], tray["y"] - piece["y"] + 10)
    expect(desk.locator("[data-tray]")).to_contain_text("Talk")
    assert where(event, "Talk") == "- 90"

    for left in ("b 09:00 90", "b 09:00 60", "a 08:00 60"):
        desk.locator("#undo").click()
        expect(desk.locator("#said")).to_contain_text("Taken back")
        desk.wait_for_load_state("networkidle")
        assert where(event, "Talk") == left
        desk.evaluate("document.getElementById('said').textContent = ''")
    expect(desk.locator("#undo")).to_be_disabled()


def test_two_blocks_change_places_by_two_drops_and_what_is_forbidden_goes_back(
    desk: Page, event: Event, console: Console
):
    rooms = draft_of(event.id).rooms
    make.session(event, title=Bilingual("", "Panel"), room_id=rooms[1].id)
    desk.reload()
    clash = desk.locator(".finds li", has_text="are in Room B at the same time")
    for title, columns, clashes in (("Talk", 1, 1), ("Panel", -1, 0)):
        carry(desk, title, columns * width(desk), 0)
        expect(desk.locator("#said")).to_contain_text(f"{title}: ")
        expect(clash).to_have_count(clashes)
        desk.wait_for_load_state("networkidle")
    assert [where(event, title) for title in ("Talk", "Panel")] == ["b 08:00 60", "a 08:00 60"]

    set_severities(event.id, {"room_taken": Severity.FORBID}, Buffers(), actor_id=make.person().id)
    console.allow("status of 409")
    carry(desk, "Panel", 0, height_of(desk, 150))
    expect(desk.locator("#said.refused")).to_contain_text("Panel and Lunch are in Room A at the same time")
    expect(room(desk, "a").locator(".piece").first).to_contain_text("09:00–10:00")
    assert where(event, "Panel") == "a 08:00 60"


def test_arrow_keys_move_a_block_and_shift_resizes_it_and_focus_stays(desk: Page, event: Event, console: Console):
    link = block(desk, "Talk").locator("a")
    link.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Shift+ArrowDown"):
        desk.keyboard.press(key)
    expect(desk.locator("#said")).to_have_text("Talk: Thu 27 Nov, 09:10–10:15, Room B")
    expect(link).to_be_focused()
    assert where(event, "Talk") == "b 08:10 65"

    desk.keyboard.press("Control+z")
    expect(room(desk, "a")).to_contain_text("Talk")
    assert where(event, "Talk") == "a 08:00 60"


def test_enter_opens_the_form_in_a_dialog_which_copies_a_break_to_every_room(
    desk: Page, event: Event, console: Console
):
    link = block(desk, "Lunch").locator("a")
    link.focus()
    desk.keyboard.press("Enter")
    dialog = desk.locator("dialog")
    expect(dialog.locator("h1")).to_have_text("Lunch")
    dialog.get_by_role("button", name="Copy it to these rooms").click()
    expect(dialog).to_be_hidden()
    expect(room(desk, "b")).to_contain_text("Lunch")
    expect(link.first).to_be_focused()


def test_two_organisers_see_each_other_and_who_is_late_chooses(
    desk: Page, event: Event, open_context: Opener, console: Console
):
    console.allow("status of 409")
    other = open_context(make.staff(Role.PROGRAMME, event)).new_page()
    other.goto(desk.url)
    carry(desk, "Talk", width(desk), 0)
    expect(room(desk, "b")).to_contain_text("Talk")
    other.evaluate("document.getElementById('editor').dataset.seen = '0'")
    carry(other, "Talk", 0, height_of(other, 60))
    form = other.locator("dialog .form-errors")
    expect(form).to_contain_text("Olga Organizator moved this session")
    expect(form).to_contain_text("09:00–10:00, Room B")
    expect(form).to_contain_text("10:00–11:00, Room A")
    assert where(event, "Talk") == "b 08:00 60"
    other.get_by_role("button", name="Have it my way").click()
    expect(other.locator("#said")).to_contain_text("10:00–11:00, Room A")
    expect(block(desk, "Talk")).to_contain_text("10:00–11:00")
    expect(desk.locator("#said")).to_contain_text("Olga Organizator changed Talk")
    assert where(event, "Talk") == "a 09:00 60"


def test_without_javascript_and_on_a_phone_the_same_is_done_by_forms(
    event: Event, open_context: Opener, console: Console
):
    organiser = make.staff(Role.PROGRAMME, event)
    page = open_context(organiser, java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(f"/en/events/{event.slug}/organise/editor/")
    block(page, "Talk").locator("a").click()
    page.get_by_label("Room").select_option("b")
    page.get_by_label("Starts").fill("13:30")
    page.get_by_label("Length in minutes").fill("45")
    page.get_by_role("button", name="Put it there").click()
    expect(page.locator(".flash.done")).to_contain_text("13:30–14:15, Room B")
    assert where(event, "Talk") == "b 12:30 45"
    page.locator("#undo").click()
    expect(page.locator(".flash.done")).to_contain_text("Taken back: Talk.")
    assert where(event, "Talk") == "a 08:00 60"
    block(page, "Talk").locator("a").click()
    page.get_by_role("button", name="Take it off the board").click()
    expect(page.locator("[data-tray]")).to_contain_text("Talk")
    assert where(event, "Talk") == "- 60"
    block(page, "Talk").locator("a").click()
    page.locator(".places button").first.click()
    expect(page.locator(".flash.done")).to_contain_text("Talk: Thu 27 Nov")
    assert where(event, "Talk") != "- 60"


def test_building_shows_how_far_it_is_and_then_what_it_did(desk: Page, event: Event, console: Console):
    block(desk, "Talk").locator("a").click()
    desk.get_by_role("button", name="Take it off the board").click()
    expect(desk.locator("[data-tray]")).to_contain_text("Talk")
    desk.get_by_role("link", name="Build it for me").click()
    desk.get_by_role("button", name="Place them").click()
    expect(desk.locator("#outcome")).to_contain_text("1 session has a new place.")
    expect(desk.locator("#outcome")).to_be_focused()
    expect(desk.get_by_role("button", name="Place them")).to_be_disabled()
    assert where(event, "Talk") != "- 60"
    desk.get_by_role("button", name="Take all of it back").click()
    expect(desk.locator("[data-tray]")).to_contain_text("Talk")
    assert where(event, "Talk") == "- 60"
