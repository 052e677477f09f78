"""The whole story once, in a browser: from a visitor's first look to the funder's report, in both languages."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pypdf
import pytest
import vobject
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from sqlalchemy import select

from lsos import qr
from lsos.accounts.models import EmailAddress, Person
from lsos.accounts.queries import fold_address
from lsos.db import db, transaction
from lsos.editions.demo import DOOR, ORGANISER, fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.mail import OutgoingMail
from lsos.meetings.models import Meeting, MeetingRequest, MeetingSlot
from lsos.meetings.rules import MeetingState
from lsos.paths import folder
from lsos.registration.models import Registration
from lsos.reporting import catalogue
from lsos.scheduling import publishing, runs
from tests.browser.conftest import DESK, PHONE, Console, LiveServer, Opener, launch
from tests.pages import person_of

PEOPLE = 60
FAMILY = "Święcicka-Żółć"
EMAIL = "hanna.swiecicka@example.org"


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """The edition with some invented people, its first day today."""
    now = datetime.now(UTC)
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
    catalogue.load()
    fill(event, people=PEOPLE, seed=1, now=now)
    return event


@pytest.fixture
def film(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """Start browsers whose camera sees one QR code."""
    started: list[Browser] = []

    def of(text: str) -> Browser:
        scene = Image.new("RGB", (480, 480), "#7a6a58")
        code = Image.open(io.BytesIO(qr.png(text))).convert("RGB").resize((300, 300))
        scene.paste(code, (90, 80))
        frame = io.BytesIO()
        scene.save(frame, "JPEG", quality=85)
        path = tmp_path / f"{len(started)}.mjpeg"
        path.write_bytes(frame.getvalue() * 30)
        started.append(
            launch(
                playwright,
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={path}",
            )
        )
        return started[-1]

    yield of
    for browser in started:
        browser.close()


def fresh() -> None:
    """See what the pages have changed."""
    db.session.rollback()


def letters(address: str, subject_part: str = "") -> list[OutgoingMail]:
    """List the mails to an address, the latest first."""
    fresh()
    found = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.to_address == address).order_by(OutgoingMail.id.desc())
    )
    return [mail for mail in found if subject_part in mail.subject]


def invitations(mail: OutgoingMail) -> list[vobject.base.Component]:
    """Read the calendar files of a mail with another library than the one that wrote them."""
    files = [each for each in mail.attachments if each.content_type.startswith("text/calendar")]
    return [vobject.readOne(each.content.decode()) for each in files]


def download(page: Page, address: str) -> bytes:
    """Fetch a file as the person of a page."""
    answer = page.request.get(address)
    assert answer.ok, f"{address}: {answer.status}"
    return answer.body()


def print_badges(page: Page, address: str) -> bytes:
    """Press the button that prints every badge, and give the file as the answer to it."""
    page.goto(address)
    form = page.locator('form[action*="badges.pdf"]').first
    token = form.locator('input[name="csrf_token"]').input_value()
    answer = page.request.post(form.get_attribute("action") or "", form={"csrf_token": token})
    assert answer.ok, f"{address}: {answer.status}"
    return answer.body()


def register(page: Page, language: str, event: Event) -> None:
    """1: look at the edition and its programme, and register with everything that is asked."""
    page.goto(f"/{language}/events/{event.slug}/")
    expect(page.locator("h1")).to_contain_text("Open Space 2025")
    page.goto(f"/{language}/events/{event.slug}/programme")
    expect(page.locator("main")).to_contain_text("Next-Gen Therapies")

    page.goto(f"/{language}/events/{event.slug}/register")
    page.locator('a[href$="/register/participant"]').first.click()
    page.fill("[name=given_name]", "Hanna")
    page.fill("[name=family_name]", FAMILY)
    page.fill("[name=email]", "not an address")
    page.select_option("[name=language]", language)
    page.fill("[name=organisation]", "Śródmiejska Pracownia Próbek")
    page.select_option("[name=stakeholder_type]", "startup")
    page.select_option("[name=country]", "PL")
    page.check("[name=focus_areas][value=therapies]")
    page.check("[name=zones][value=startup-scaleup]")
    #: On the second day, so that it is to come at any hour of the first.
    page.check("[name=sessions][value=s-health]")
    for tag in ("oncology", "clinical-validation", "ip-licensing"):
        page.locator(f"details:has([name=tags][value={tag}]) > summary").click()
        page.check(f"[name=tags][value={tag}]")
    page.check("[name=offers][value=rd-consortium]")
    page.check("[name=seeks][value=investment]")
    page.check("[name=seeks][value=clinical-partner]")
    for box in page.locator("input[name^=agree-]").all():
        box.check()
    #: The other button keeps the form for later.
    send = page.get_by_role("button", name={"pl": "Zarejestruj się", "en": "Register"}[language], exact=True)
    send.click()

    expect(page.locator(".form-errors")).to_be_visible()
    expect(page.locator("[name=family_name]")).to_have_value(FAMILY)
    expect(page.locator("[name=tags][value=oncology]")).to_be_checked()
    page.fill("[name=email]", EMAIL)
    send.click()
    expect(page).to_have_url(re.compile(r"/register/thanks"))
    expect(page.locator("main")).to_contain_text(EMAIL)


def sign_in_by_mail(page: Page, language: str, app: Flask, event: Event) -> Registration:
    """1: the mail holds the QR code, a calendar file and a link that signs in."""
    mail = letters(EMAIL)[0]
    assert mail.language == language
    assert any(each.cid and each.content_type == "image/png" for each in mail.attachments)
    assert invitations(mail)[0].vevent.summary.value
    link = re.search(r"https?://\S+/sign-in/\S+", mail.text)
    assert link is not None
    page.goto(link[0])
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile(rf"/{language}/events/{event.slug}/me/"))
    expect(page.locator("header")).to_contain_text("Hanna")
    fresh()
    return db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .join(EmailAddress)
        .where(EmailAddress.address == fold_address(EMAIL), Registration.event_id == event.id)
    ).one()


def run_matching(page: Page, language: str, event: Event) -> None:
    """3: the organiser asks for a run; a worker does it, the page follows and shows the draft."""
    page.goto(f"/{language}/events/{event.slug}/organise/matching/")
    page.locator('form[action$="/matching/run"] button').click()
    expect(page.locator("[data-run]")).to_be_visible()
    fresh()
    assert runs.take_up(clock=lambda: datetime.now(UTC))
    expect(page.locator('form[action$="/matching/publish"]')).to_be_visible(timeout=30_000)


def meet(page: Page, others: Callable[[Person], Page], language: str, event: Event, mine: Registration) -> Meeting:
    """2: a suggestion with reasons, a request, a yes, a time and a table, and calendars that follow."""
    page.goto(f"/{language}/events/{event.slug}/matches/")
    expect(page.locator("main .match").first).to_be_visible()
    expect(page.locator("main .match").first.locator("li").first).to_be_visible()
    page.locator('main .match a[href*="/people/"]').first.click()
    page.locator('form[action*="/ask/"] textarea[name=message]').fill("Chcemy pokazać wyniki. Let us talk.")
    page.locator('form[action*="/ask/"] button[type=submit]').click()
    fresh()
    request = db.session.scalars(select(MeetingRequest).where(MeetingRequest.from_id == mine.id)).one()
    other = request.addressee.person
    assert letters(other.email)[0].text.count("Chcemy pokazać wyniki")

    theirs = others(other)
    theirs.goto(f"/{language}/events/{event.slug}/meetings/")
    form = theirs.locator(f'form[action*="{request.uid}/answer"]')
    form.locator("[value=accept]").click()
    fresh()
    meeting = db.session.scalars(select(Meeting).where(Meeting.request_id == request.id)).one()
    assert meeting.state is MeetingState.SCHEDULED

    entries = {}
    for address in (EMAIL, other.email):
        calendar = invitations(letters(address)[0])[0]
        assert calendar.method.value == "REQUEST"
        entries[address] = (calendar.vevent.uid.value, calendar.vevent.dtstart.value)
    assert len(set(entries.values())) == 1
    page.goto(f"/{language}/events/{event.slug}/me/?day={meeting.starts_at.date()}")
    expect(page.locator("main")).to_contain_text(other.name)
    return meeting


def publish(page: Page, language: str, event: Event, meeting: Meeting) -> None:
    """3: a worker goes on where the request stopped; then the schedule shows the meeting just agreed among others."""
    page.goto(f"/{language}/events/{event.slug}/organise/matching/")
    page.locator('form[action$="/matching/publish"] button').click(timeout=90_000)
    expect(page.locator('form[action$="/matching/publish"]')).to_have_count(0, timeout=60_000)
    fresh()
    while publishing.go_on(now=datetime.now(UTC)):
        pass
    expect(page.locator("[data-goes-on]")).to_have_count(0)
    page.goto(f"/{language}/events/{event.slug}/organise/matching/schedule?day={meeting.starts_at.date()}")
    expect(page.locator("main")).to_contain_text(FAMILY)


def scan_badges(
    with_camera: BrowserContext,
    with_keys: BrowserContext,
    language: str,
    event: Event,
    mine: Registration,
    meeting: Meeting,
) -> None:
    """4: a camera reads the badge, a second scan says when the first was, two badges make a meeting held."""
    page = with_camera.new_page()
    desk = f"/{language}/events/{event.slug}/door/main"
    page.goto(desk)
    page.locator("#camera-on").click()
    expect(page.locator("#verdict")).to_have_attribute("data-tone", "go", timeout=20_000)
    expect(page.locator("#verdict")).to_contain_text(FAMILY)

    page = with_keys.new_page()
    page.goto(desk)
    page.fill("#code", mine.badge_code)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_attribute("data-tone", "again")
    expect(page.locator('#verdict [data-part="sentence"]')).to_contain_text(re.compile(r"\d\d:\d\d"))

    page.goto(f"/{language}/events/{event.slug}/door/tables")
    page.fill("#code", mine.badge_code)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_attribute("data-tone", "part")
    page.fill("#code", meeting.other(mine.id).badge_code)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_attribute("data-tone", "go")
    fresh()
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.HELD


def the_hour_has_come(meeting: Meeting) -> None:
    """Move the meeting's slot to this minute, and open the doors: a test cannot wait for the day."""
    now = datetime.now(UTC)
    with transaction() as session:
        event = session.get_one(Event, meeting.event_id)
        event.doors_open, event.doors_close = time(0), time(23, 59)
        slot = session.get_one(MeetingSlot, meeting.slot_id)
        slot.starts_at, slot.ends_at = now - timedelta(minutes=5), now + timedelta(minutes=15)
        held = session.get_one(Meeting, meeting.id)
        held.starts_at, held.ends_at = slot.starts_at, slot.ends_at


def read_figures(page: Page, language: str, event: Event) -> None:
    """5 and 6: the indicators with what stands behind them, a figure typed in, and the report in three forms."""
    year = event.starts_on.year
    page.goto(f"/{language}/indicators/?year={year}")
    expect(page.locator("main")).to_contain_text("T9.06.b")
    page.goto(f"/{language}/indicators/T9.09.a?year={year}")
    form = page.locator("form.note")
    form.locator("[name=value]").fill("25")
    form.locator("[name=source]").fill("Mapa infrastruktury, zarząd klastra")
    form.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Mapa infrastruktury")

    page.goto(f"/{language}/events/{event.slug}/organise/report")
    expect(page.locator("main")).to_contain_text("2025")
    pdf = pypdf.PdfReader(io.BytesIO(download(page, f"/{language}/events/{event.slug}/organise/report.pdf")))
    assert "Life Science Open Space 2025" in "".join(sheet.extract_text() for sheet in pdf.pages)
    assert str(pdf.root_object["/Lang"]).startswith(language)
    book = openpyxl.load_workbook(io.BytesIO(download(page, f"/{language}/events/{event.slug}/organise/report.xlsx")))
    assert len(book.sheetnames) > 2


@pytest.mark.parametrize(("language", "size"), [("pl", PHONE), ("en", DESK)])
def test_from_the_first_look_to_the_report(
    live_server: LiveServer,
    event: Event,
    open_context: Opener,
    film: Callable[[str], Browser],
    console: Console,
    language: str,
    size: dict[str, int],
):
    console.allow("status of 422")  # the wrong address, typed on purpose
    visitor = open_context(viewport=size).new_page()
    organiser = open_context(person_of(ORGANISER.address), viewport=size).new_page()
    register(visitor, language, event)
    mine = sign_in_by_mail(visitor, language, live_server.app, event)
    run_matching(organiser, language, event)
    meeting = meet(visitor, lambda who: open_context(who, viewport=size).new_page(), language, event, mine)
    publish(organiser, language, event, meeting)

    badges = pypdf.PdfReader(io.BytesIO(print_badges(organiser, f"/{language}/events/{event.slug}/organise/badges/")))
    assert any("Hanna" in sheet.extract_text() for sheet in badges.pages)
    the_hour_has_come(meeting)
    camera = film(qr.badge_address(live_server.url, mine.badge_code))
    keeper = person_of(DOOR.address)
    phone = open_context(keeper, camera, viewport=PHONE, permissions=["camera"])
    scan_badges(phone, open_context(keeper, viewport=size), language, event, mine, meeting)

    read_figures(organiser, language, event)
