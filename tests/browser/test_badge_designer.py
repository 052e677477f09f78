"""The designer of badges with mouse and keyboard: what is moved on the picture stands in the numbers, and is kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from lsos.badges import queries
from lsos.badges.rules import Kind, ReadyMade, ready_made
from lsos.badges.service import make_design
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from tests import make
from tests.browser.conftest import Console, LiveServer, Opener

GIVEN = next(place for place, one in enumerate(ready_made(ReadyMade.A6).front) if one.kind is Kind.GIVEN)


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    return make.event()


@pytest.fixture
def page(open_context: Opener, event: Event) -> Page:
    uid = make_design(event.id, "A6", ready_made(ReadyMade.A6), by=None, now=make.BEFORE)
    page = open_context(make.staff(Role.OWNER, event)).new_page()
    page.goto(f"/en/events/{event.slug}/organise/badges/designs/{uid}")
    return page


def test_a_field_is_moved_by_arrows_and_by_the_mouse_drawn_anew_and_kept(page: Page, event):
    handle = page.locator(f'[data-of="front-{GIVEN}"]')
    x, y = page.locator(f"#front-{GIVEN}-x"), page.locator(f"#front-{GIVEN}-y")
    width = page.locator(f"#front-{GIVEN}-width")
    picture = page.locator("[data-picture]")
    before = picture.get_attribute("src") or ""
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+ArrowLeft")
    expect(x).to_have_value("9")
    expect(y).to_have_value("31")
    expect(width).to_have_value("88")
    expect(picture).not_to_have_attribute("src", before)

    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 40, steps=5)
    page.mouse.up()
    expect(y).not_to_have_value("31")
    moved = float(y.input_value())
    page.get_by_role("button", name="Keep the design").last.click()
    expect(page.get_by_text("The design is kept.")).to_be_visible()
    db.session.rollback()
    (row,) = queries.designs(event.id)
    field = queries.design_of(row).front[GIVEN]
    #: Dragged near the edge of the fields around, it jumped there.
    assert (field.x, field.y, field.width) == (8, moved, 88)


def test_what_cannot_be_drawn_is_said_and_nothing_is_lost(page: Page, console: Console):
    console.allow("status of 422")
    page.locator(f"#front-{GIVEN} summary").click()
    page.fill(f"#front-{GIVEN}-width", "wide")
    expect(page.locator("[data-trouble]")).to_have_text(re.compile("Write a number"))
    page.get_by_role("button", name="Keep the design").last.click()
    expect(page.locator(f"#front-{GIVEN}-width")).to_have_value("wide")
    expect(page.locator(f"#front-{GIVEN}-width-error")).to_be_visible()
