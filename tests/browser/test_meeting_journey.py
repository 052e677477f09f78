"""Two strangers on their phones: one asks, the other accepts, they sit down, and both say how it was."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lsos.db import db
from lsos.editions.demo import fill
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.feedback_rules import Impression
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.rules import MeetingState, RequestState
from lsos.paths import folder
from lsos.registration.models import Registration
from tests.browser.conftest import PHONE, Console, LiveServer, Opener
from tests.browser.test_journey import fresh, invitations, letters, register, sign_in_by_mail, the_hour_has_come

WORDS = "Szukamy partnera. We look for a partner."


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """The edition with a few invented people, its first day today."""
    now = datetime.now(UTC)
    event = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date(), now=now)
    fill(event, people=24, seed=1, now=now)
    return event


def fits(page: Page) -> None:
    """Expect that nobody has to push the page sideways, once it is there with its styles."""
    page.wait_for_load_state()
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways <= 0, f"{page.url} is {sideways} px too wide"


def ask(page: Page, language: str, event: Event, mine: Registration) -> MeetingRequest:
    """Find something in the market, open who stands behind it, and ask about it."""
    page.goto(f"/{language}/events/{event.slug}/market/")
    fits(page)
    page.locator("ul.market .name a").first.click()
    fits(page)
    page.locator('main a[href*="/people/"]').first.click()
    fits(page)
    form = page.locator('form[action*="/ask/"]')
    form.locator("textarea[name=message]").fill(WORDS)
    form.locator("button[type=submit]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    fresh()
    return db.session.scalars(select(MeetingRequest).where(MeetingRequest.from_id == mine.id)).one()


def accept(page: Page, language: str, event: Event, request: MeetingRequest) -> Meeting:
    """Read the letter and the request with its reasons, and say yes; time and table come at once, in both calendars."""
    letter = letters(request.addressee.person.email)[0]
    assert WORDS in letter.text
    page.goto(f"/{language}/events/{event.slug}/meetings/")
    fits(page)
    mine = page.locator(f"#request-{request.uid}")
    expect(mine).to_contain_text("Hanna")
    expect(mine).to_contain_text(WORDS)
    mine.locator('[name=answer][value="accept"]').click()
    expect(page.locator(".flash.done")).to_be_visible()
    fits(page)
    fresh()
    assert db.session.get_one(MeetingRequest, request.id).state is RequestState.ACCEPTED
    meeting = db.session.scalars(select(Meeting).where(Meeting.request_id == request.id)).one()
    entries = {invitations(letters(who.person.email)[0])[0].vevent.uid.value for who in (meeting.first, meeting.second)}
    assert len(entries) == 1
    return meeting


def sit_down(page: Page, language: str, event: Event, meeting: Meeting, *, is_second: bool) -> None:
    """See the meeting on the first page of the day, and scan the code on the table."""
    page.goto(f"/{language}/events/{event.slug}/me/")
    fits(page)
    assert meeting.table is not None
    page.goto(f"/t/{meeting.table.code}?lang={language}")
    expect(page).to_have_url(re.compile(rf"/{language}/events/{event.slug}/tables/"))
    fits(page)
    page.locator("form[action*='/tables/'] button[type=submit]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    expect(page.locator(".seat.is-held")).to_have_count(int(is_second))
    fits(page)


def rate(page: Page, language: str, event: Event, meeting: Meeting, impression: Impression) -> None:
    """Say in one tap how it was, and agree to stay in touch."""
    page.goto(f"/{language}/events/{event.slug}/results/")
    fits(page)
    page.locator(f'form[action*="{meeting.uid}"] button[value="{impression.value}"]').click()
    expect(page.locator(f'button[value="{impression.value}"]').first).to_have_attribute("aria-pressed", "true")
    fits(page)
    page.check("[name=wants_contact]")
    page.locator("main form:has([name=private_note]) button[type=submit]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_stranger_asks_the_other_accepts_they_meet_and_both_rate_it(
    live_server: LiveServer, event: Event, open_context: Opener, console: Console, language: str
):
    console.allow("status of 422")  # the wrong address that `register` types on purpose
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    one = open_context(**phone).new_page()
    register(one, language, event)
    mine = sign_in_by_mail(one, language, live_server.app, event)
    request = ask(one, language, event, mine)
    other = open_context(request.addressee.person, **phone).new_page()
    meeting = accept(other, language, event, request)

    the_hour_has_come(meeting)
    fresh()
    sit_down(other, language, event, meeting, is_second=False)
    sit_down(one, language, event, meeting, is_second=True)
    fresh()
    assert db.session.get_one(Meeting, meeting.id).state is MeetingState.HELD

    rate(one, language, event, meeting, Impression.COOPERATION)
    rate(other, language, event, meeting, Impression.INFORMATIVE)
    fresh()
    said = {row.registration_id: row for row in db.session.scalars(select(MeetingFeedback))}
    assert said[mine.id].impression is Impression.COOPERATION
    assert said[request.to_id].impression is Impression.INFORMATIVE
    #: Now that both want it, each sees how to reach the other.
    one.goto(f"/{language}/events/{event.slug}/results/")
    expect(one.locator("main")).to_contain_text(request.addressee.person.email)
