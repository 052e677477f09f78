"""A stand without network: badges and notes are kept, survive a reload, and are sent by themselves, each once."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from lsos.contacts import leads
from lsos.contacts.models import Lead, LeadEntry
from lsos.db import db
from lsos.events.models import Event
from lsos.registration.models import Registration
from tests import make
from tests.browser.conftest import PHONE, Console, LiveServer, Opener

ON_A_PHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


class Hall:
    """An event that goes on, a start-up with a stand, and visitors."""

    def __init__(self, live_server: LiveServer):
        now = datetime.now(UTC)
        one = timedelta(days=1)
        self.event: Event = make.event(starts_on=now.date() - one, ends_on=now.date() + one)
        startup = make.organisation("Nowy Lek")
        self.ola: Registration = make.registration(self.event, make.person("Ola", "Próbna"), organisation_id=startup.id)
        self.guests = [make.registration(self.event, make.person(name, "Gość")) for name in ("Ewa", "Jan")]
        leads.let_in(self.event.id, "", startup.uid, is_in=True, by=self.ola.person_id, now=now)
        self.page = f"{live_server.url}/en/events/{self.event.slug}/leads/scan"


@pytest.fixture
def hall(live_server: LiveServer) -> Hall:
    return Hall(live_server)


def ready(page: Page) -> None:
    expect(page.locator("body[data-ready=yes]")).to_be_attached()
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")


def scan(page: Page, guest: Registration) -> None:
    page.fill("#code", guest.badge_code)
    page.get_by_role("button", name="Note the visitor").click()


def test_what_a_stand_collects_without_network_is_sent_once_it_is_back(
    hall: Hall, open_context: Opener, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    context = open_context(hall.ola.person, **ON_A_PHONE)
    page = context.new_page()
    page.goto(hall.page)
    ready(page)
    ewa, jan = hall.guests
    scan(page, ewa)
    expect(page.locator("#now-name")).to_have_text("Ewa Gość")

    context.set_offline(True)
    scan(page, jan)
    expect(page.locator("#now-name")).to_have_text(jan.badge_code)
    expect(page.locator("#now-sentence")).to_have_text("Kept. The name comes with the network.")
    page.get_by_label("hot", exact=True).check()
    page.fill("#note", "Asked for a trial")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#banner")).to_contain_text("2 kept on this phone")

    page.reload()
    expect(page.locator("#banner")).to_contain_text("2 kept on this phone")
    expect(page.locator("#last")).to_contain_text(jan.badge_code)
    kept = page.evaluate(
        "async (who) => { const open = indexedDB.open(`lsos-leads-${who}`);"
        " await new Promise((r) => (open.onsuccess = r));"
        " const all = open.result.transaction('pieces').objectStore('pieces').getAll();"
        " await new Promise((r) => (all.onsuccess = r));"
        " return all.result.map((one) => new TextDecoder().decode(one.sealed)).join() }",
        hall.ola.uid,
    )
    assert "trial" not in kept
    assert jan.badge_code not in kept

    context.set_offline(False)
    expect(page.locator("#last")).to_contain_text("Jan Gość")
    expect(page.locator("#banner")).to_have_text("Connected. Everything is sent.")
    db.session.rollback()
    assert db.session.query(Lead).count() == 2
    assert sorted(one.note for one in db.session.query(LeadEntry)) == ["", "", "Asked for a trial"]


def test_what_was_typed_of_a_badge_that_is_not_valid_stays_on_the_phone_until_it_is_used(
    hall: Hall, open_context: Opener, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    context = open_context(hall.ola.person, **ON_A_PHONE)
    page = context.new_page()
    page.goto(hall.page)
    ready(page)
    context.set_offline(True)
    page.fill("#code", "NOBODYS234")
    page.get_by_role("button", name="Note the visitor").click()
    page.fill("#note", "Wants the protocol")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#banner")).to_contain_text("2 kept on this phone")
    context.set_offline(False)
    refused = page.locator("#refused-list li")
    expect(refused).to_contain_text("NOBODYS234")
    expect(refused).to_contain_text("Wants the protocol")

    page.reload()
    ready(page)
    expect(refused).to_contain_text("Wants the protocol")
    ewa = hall.guests[0]
    scan(page, ewa)
    expect(page.locator("#now-name")).to_have_text("Ewa Gość")
    page.get_by_role("button", name="Put it into the note").click()
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#notice")).to_have_text("Saved for your team.")
    page.get_by_role("button", name="Throw it away").click()
    expect(page.locator("#refused")).to_be_hidden()
    db.session.rollback()
    assert [one.note for one in db.session.query(LeadEntry) if one.note] == ["Wants the protocol"]
