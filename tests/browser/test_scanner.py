"""A phone that scans by itself, in a real browser: paired, without network, reloaded, back, and told what it missed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from lsos.checkin import devices, points
from lsos.checkin.devices import DeviceWish
from lsos.checkin.models import Arrival, Device, Scan
from lsos.checkin.points import PointWish
from lsos.checkin.rules import PointKind
from lsos.db import db
from lsos.questionnaires.models import Answer
from lsos.questionnaires.rules import AskedWhen, QuestionKind
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual
from tests import asking, make
from tests.browser.conftest import PHONE, Console, LiveServer, Opener
from tests.browser.test_pages import AXE, RULES, violations

ON_A_PHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


class Hall:
    """An event that goes on, two doors, and guests."""

    def __init__(self, live_server: LiveServer):
        self.server = live_server
        self.now = datetime.now(UTC)
        today, one = self.now.date(), timedelta(days=1)
        self.event = make.event(starts_on=today - one, ends_on=today + one)
        self.organiser = make.person("Ada", "Organizator")
        self.a, self.b = (
            points.save_point(
                self.event, None, PointWish(Bilingual(f"Wejście {n}", f"Door {n}"), PointKind.DOOR), actor_id=1
            )
            for n in "AB"
        )
        self.guests = [
            make.registration(self.event, make.person(name, "Próbny")) for name in ("Łucja", "Jan", "Ewa", "Ola")
        ]
        self.gone = make.registration(self.event, make.person("Leon", "Próbny"), state=RegistrationState.CANCELLED)

    def pair(self, page: Page, language: str = "en", **more: bool) -> Device:
        """Pair a browser as its holder does, with the code that organisers show."""
        by = self.organiser.id
        wish = DeviceWish("Telefon 1", self.a.code, **more)
        device = devices.save_device(self.event, None, wish, actor_id=by, now=self.now)
        code = devices.offer_code(self.event, device.uid, actor_id=by, now=self.now)
        page.goto(f"{self.server.url}/{language}/d/pair/{code}")
        page.locator("main form button[type=submit]").click()
        self.ready(page)
        return device

    @staticmethod
    def ready(page: Page) -> None:
        """Wait until the scanner knows its guests and its worker stands by."""
        expect(page.locator("body[data-ready=yes]")).to_be_attached()
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")


@pytest.fixture
def hall(live_server: LiveServer) -> Hall:
    return Hall(live_server)


@pytest.fixture
def phone(open_context: Opener) -> BrowserContext:
    return open_context(**ON_A_PHONE)


def scan(page: Page, guest: Registration | str, *, word: str) -> None:
    """Type a badge, and read the one word of the answer."""
    page.fill("#code", guest if isinstance(guest, str) else guest.badge_code)
    page.press("#code", "Enter")
    expect(page.locator("[data-part=word]")).to_have_text(word)


def stored(kind: type[Arrival] | type[Scan]) -> int:
    db.session.rollback()
    return db.session.query(kind).count()


def test_a_phone_goes_on_without_network_through_a_reload_and_sends_everything_once(
    hall: Hall, phone: BrowserContext, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    page = phone.new_page()
    hall.pair(page)
    banner = page.locator("#banner")
    expect(banner).to_have_text(re.compile("Ready for offline: 5 people, .*, 0 scans waiting"))
    scan(page, hall.guests[0], word="Welcome")

    phone.set_offline(True)
    scan(page, hall.guests[1], word="Welcome")
    scan(page, hall.guests[1], word="Already in")
    scan(page, hall.guests[0], word="Already in")
    scan(page, hall.gone, word="Stop")
    scan(page, "NOBODYS234", word="Unknown")
    expect(banner).to_have_text(re.compile("No network: deciding by itself.*5 scans waiting"))
    assert stored(Arrival) == 1

    page.reload()
    hall.ready(page)
    expect(banner).to_have_text(re.compile("5 scans waiting"))
    scan(page, hall.guests[2], word="Welcome")
    scan(page, hall.guests[1], word="Already in")

    phone.set_offline(False)
    expect(banner).to_have_text(re.compile("Ready for offline.*0 scans waiting"))
    expect(page.locator("#report-sum")).to_have_text("Sent after being alone: 7; counted elsewhere before: 0")
    assert stored(Arrival) == 3
    assert stored(Scan) == 8


def test_two_phones_that_were_alone_let_one_guest_in_and_the_second_to_come_back_is_told(
    hall: Hall, open_context: Opener, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    contexts = [open_context(**ON_A_PHONE) for _ in "ab"]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        hall.pair(page)
    for context, page in zip(contexts, pages, strict=True):
        context.set_offline(True)
        scan(page, hall.guests[3], word="Welcome")
    for context, page, doubles in zip(contexts, pages, (0, 1), strict=True):
        context.set_offline(False)
        expect(page.locator("#report-sum")).to_have_text(
            f"Sent after being alone: 1; counted elsewhere before: {doubles}"
        )
    expect(pages[1].locator("#report-list li")).to_have_text(re.compile("Ola Próbny: First scanned at"))
    assert stored(Arrival) == 1


def test_a_drill_decides_as_without_network_and_counts_nothing(hall: Hall, phone: BrowserContext, console: Console):
    page = phone.new_page()
    hall.pair(page)
    page.click("#drill")
    expect(page.locator("#banner")).to_have_text(re.compile("Drill"))
    scan(page, hall.guests[0], word="Welcome")
    scan(page, hall.guests[0], word="Welcome")
    page.click("#drill")
    expect(page.locator("#banner")).to_have_text(re.compile("Ready for offline"))
    assert stored(Scan) == 0


def test_a_device_that_is_revoked_forgets_its_guests_and_keeps_its_scans(
    hall: Hall, phone: BrowserContext, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError|status of 403")
    page = phone.new_page()
    device = hall.pair(page)
    phone.set_offline(True)
    scan(page, hall.guests[0], word="Welcome")
    devices.revoke(hall.event, device.uid, actor_id=hall.organiser.id, now=hall.now)
    phone.set_offline(False)
    expect(page.locator("#notice")).to_have_text(re.compile("may not scan any more"))
    held = "indexedDB.open('lsos-scanner').onsuccess"
    counts = page.evaluate(
        "() => new Promise((done) => {" + held + "; const open = indexedDB.open('lsos-scanner');"
        "open.onsuccess = () => { const t = open.result.transaction(['queue', 'known']);"
        "const scans = t.objectStore('queue').count(); const known = t.objectStore('known').count();"
        "t.oncomplete = () => done([scans.result, known.result]); }; })"
    )
    assert counts == [1, 0]


def test_nothing_about_a_guest_lies_readable_in_the_browser(hall: Hall, phone: BrowserContext, console: Console):
    page = phone.new_page()
    hall.pair(page)
    text = page.evaluate(
        """async () => {
          const open = indexedDB.open("lsos-scanner");
          await new Promise((done) => (open.onsuccess = done));
          const all = open.result.transaction("known").objectStore("known").getAll();
          await new Promise((done) => (all.onsuccess = done));
          const pages = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const key of await cache.keys()) pages.push(await (await cache.match(key)).text());
          }
          const sealed = all.result.map((one) => new TextDecoder().decode(one.sealed)).join("");
          return sealed + pages.join("") + JSON.stringify({ ...localStorage, ...sessionStorage });
        }"""
    )
    for guest in hall.guests:
        assert guest.person.given_name not in text
        assert guest.badge_code not in text


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_scanner_has_no_barrier_and_fits_a_phone(
    hall: Hall, phone: BrowserContext, console: Console, language: str
):
    #: Axe puts styles into a page, which its policy refuses.
    console.allow("Content Security Policy|content security policy")
    phone.add_init_script(path=AXE)
    page = phone.new_page()
    #: Axe reads colours at once, so that none may still be on its way from one tone to the next.
    page.emulate_media(reduced_motion="reduce")
    by = hall.organiser.id
    device = devices.save_device(hall.event, None, DeviceWish("Telefon 2", may_search=True), actor_id=by, now=hall.now)
    code = devices.offer_code(hall.event, device.uid, actor_id=by, now=hall.now)
    page.goto(f"{hall.server.url}/{language}/d/pair/{code}")
    assert violations(page, RULES) == []
    page.locator("main form button[type=submit]").click()
    hall.ready(page)
    for number in range(2):
        assert violations(page, RULES) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        if not number:
            page.fill("#code", hall.guests[0].badge_code)
            page.press("#code", "Enter")
            expect(page.locator("#verdict[data-tone=go]")).to_be_visible()


def test_a_guest_is_registered_without_network_and_asked_and_all_of_it_is_sent_once(
    hall: Hall, phone: BrowserContext, console: Console
):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    at_door, kind = AskedWhen.CHECK_IN, QuestionKind
    asking.ask(hall.event, "menu", kind.SHORT_TEXT, asked_when=at_door)
    asking.ask(
        hall.event, "shirt", kind.CHOOSE_ONE, options={"S": None, "M": None}, asked_when=at_door, is_required=True
    )
    make.participation_type(hall.event, seats=0)
    page = phone.new_page()
    hall.pair(page, may_register=True)

    phone.set_offline(True)
    scan(page, hall.guests[0], word="Welcome")
    expect(page.locator("#ask-fields .asked").first).to_contain_text("shirt? (required)")
    page.click("#ask-form button[type=submit]")
    expect(page.locator("#ask-fields .wrong-because").first).to_have_text("Please answer this question.")
    page.check("#ask-shirt-1")
    page.click("#ask-form button[type=submit]")
    expect(page.locator("#ask")).to_be_hidden()

    page.click("#guest summary")
    page.click("#guest-form button[type=submit]")
    expect(page.locator("#guest-form .wrong-because")).to_have_count(3)
    page.fill("[name=guest-given_name]", "Zoja")
    page.locator("[name=guest-kind]").last.check(force=True)
    page.check("[name=guest-accepts_terms]")
    page.click("#guest-form button[type=submit]")
    expect(page.locator("[data-part=word]")).to_have_text("Let in for now")
    sentence = page.locator("[data-part=sentence]").inner_text()
    code = re.search(r"[2-9A-Z]{10}", sentence)
    assert code is not None, sentence
    scan(page, code[0], word="Already in")

    page.reload()
    hall.ready(page)
    scan(page, code[0], word="Already in")
    phone.set_offline(False)
    expect(page.locator("#banner")).to_have_text(re.compile("Ready for offline.*0 scans waiting"))
    expect(page.locator("#report-list")).to_contain_text("Zoja: No seat was left, so one was added.")
    db.session.rollback()
    assert [answer.given for answer in db.session.query(Answer)] == [["M"]]
    guest = db.session.scalars(select(Registration).where(Registration.badge_code == code[0])).one()
    assert guest.person.given_name == "Zoja"
    assert stored(Arrival) == 2


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_phone_may_put_the_scanner_on_its_first_screen(
    hall: Hall, phone: BrowserContext, console: Console, language: str
):
    page = phone.new_page()
    hall.pair(page, language)
    devtools = phone.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith(f"/{language}/d/manifest.webmanifest")
    #: A test's window has no profile of its own, which is all that Chromium has against it.
    told = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {one["errorId"] for one in told} <= {"in-incognito"}


def test_a_kiosk_returns_to_waiting_and_leads_nowhere(hall: Hall, phone: BrowserContext, console: Console):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to fetch|net::ERR_FAILED|TypeError")
    page = phone.new_page()
    hall.pair(page, is_kiosk=True)
    scan(page, hall.guests[0], word="Welcome")
    expect(page.locator("[data-part=name]")).to_have_text("Łucja")
    phone.set_offline(True)
    scan(page, hall.gone, word="To the desk")
    expect(page.locator("[data-part=name]")).to_have_text("Leon")
    expect(page.locator("[data-part=word]")).to_have_text("Ready")
    for text in ("Łucja", "Leon", "Próbny", hall.gone.badge_code):
        assert text not in page.locator("body").inner_text()
    links = page.locator("a:not(.skip)").evaluate_all("links => links.map((link) => link.pathname)")
    assert links == ["/pl/d/"]
    page.click("a.door-language")
    hall.ready(page)
    scan(page, hall.guests[1], word="Zapraszamy")
    page.go_back()
    expect(page.locator("main.kiosk")).to_be_visible()
