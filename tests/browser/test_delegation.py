"""A delegation, in a browser: seats kept, links sent, one taken, one swapped, one given back; in both languages."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lsos.db import db
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.invitations.models import Claim, Delegation
from lsos.invitations.rules import ClaimState
from lsos.mail import OutgoingMail
from lsos.paths import folder
from tests import make
from tests.browser.conftest import DESK, PHONE, Console, LiveServer, Opener

MANAGER = "maria@example.org"


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """The edition, its first day today, with nobody in it."""
    now = datetime.now(UTC)
    return import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)


def link_in_mail(address: str, language: str, part: str) -> str:
    """Find a link in the latest letter to an address, which is in the language it should be in."""
    db.session.rollback()
    letter = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.to_address == address).order_by(OutgoingMail.id.desc())
    ).first()
    assert letter is not None
    assert letter.language == language
    found = re.search(rf"https?://\S+/{part}/[\w-]+", letter.text)
    assert found is not None
    return found[0]


def expect_figures(page: Page, *figures: str) -> None:
    """Expect the figures of a delegation: seats, taken, promised, free."""
    expect(page.locator(".figures .figure")).to_have_text([*figures])


def keep_seats(page: Page, language: str, event: Event) -> None:
    """Keep four seats for an organisation, as an organiser."""
    page.goto(f"/{language}/events/{event.slug}/organise/delegations/new")
    page.fill("[name=organisation]", "Źródło S.A.")
    page.fill("[name=seats]", "4")
    page.select_option("[name=type]", "participant")
    page.fill("[name=address]", MANAGER)
    page.select_option("[name=language]", language)
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".flash.done")).to_contain_text("Źródło S.A.")
    expect_figures(page, "4", "0", "0", "4")


def send_links(page: Page, language: str) -> None:
    """Paste two people and a line that is none, look at what was read, and send."""
    page.goto(link_in_mail(MANAGER, language, "delegation"))
    page.fill("[name=list-text]", "Ola Łyżwińska <ola@example.org>\nnot an address\nJan Kos <jan@example.org>")
    page.select_option("[name=list-language]", language)
    page.locator("form:has([name=list-text]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("not an address")
    page.locator("button[name=confirmed]").click()
    expect_figures(page, "4", "0", "2", "2")


def take_the_seat(page: Page, language: str) -> None:
    """Open the letter's link, which says that it was opened, and fill in the form, the organisation being there."""
    page.goto(link_in_mail("ola@example.org", language, "claim"))
    expect(page.locator("h1")).to_contain_text("Ola")
    page.locator("main a.button.large").click()
    expect(page.locator("[name=organisation]")).to_have_value("Źródło S.A.")
    expect(page.locator("[name=family_name]")).to_have_value("Łyżwińska")
    page.select_option("[name=stakeholder_type]", "startup")
    page.select_option("[name=country]", "PL")
    for box in page.locator("input[name^=agree-]").all():
        box.check()
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/register/thanks"))
    expect(page.locator("main")).to_contain_text("ola@example.org")


def swap_and_give_back(page: Page) -> None:
    """Give the seat that was taken to somebody else, and one that is free back."""
    page.reload()
    expect_figures(page, "4", "1", "1", "2")
    page.locator('a[href*="/swap/"]').click()
    page.fill("[name=address]", "ewa@example.org")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("ewa@example.org")
    expect_figures(page, "4", "0", "2", "2")
    page.fill("[name=back-number]", "1")
    page.locator("form:has([name=back-number]) button[type=submit]").click()
    expect(page.locator(".figures .figure").first).to_have_text("3")


@pytest.mark.parametrize(("language", "size"), [("pl", PHONE), ("en", DESK)])
def test_a_delegation_from_its_seats_to_a_swap(
    live_server: LiveServer, event: Event, open_context: Opener, console: Console, language: str, size: dict[str, int]
):
    organiser = open_context(make.staff(Role.OWNER, event), viewport=size).new_page()
    manager = open_context(viewport=size).new_page()
    guest = open_context(viewport=size).new_page()
    keep_seats(organiser, language, event)
    send_links(manager, language)
    take_the_seat(guest, language)
    swap_and_give_back(manager)

    db.session.rollback()
    states = {one.address: one.state for one in db.session.scalars(select(Claim))}
    assert states == {
        "ola@example.org": ClaimState.GONE,
        "jan@example.org": ClaimState.SENT,
        "ewa@example.org": ClaimState.SENT,
    }
    assert db.session.scalars(select(Delegation)).one().seats == 3
    assert "/claim/" in link_in_mail("ewa@example.org", language, "claim")
