"""A start-up, in a browser: it applies, is reviewed and accepted, fills in, cancels, and the next in line moves up."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lsos.db import db, transaction
from lsos.editions.importing import import_edition
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.paths import folder
from lsos.registration.models import ParticipationType
from lsos.texts import Bilingual
from lsos.zone import applying, jury_service
from lsos.zone.jury_service import CriterionFacts, Way
from lsos.zone.models import Stand, ZoneApplication, ZoneCall
from lsos.zone.rules import ApplicationState
from tests import make
from tests.browser.conftest import DESK, PHONE, Console, LiveServer, Opener
from tests.zone import given
from tests.zone.judged import juror

ZONE = "startup-scaleup"
S = ApplicationState


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    """The edition, some weeks ahead, with one place left in the zone."""
    now = datetime.now(UTC)
    made = import_edition(folder("data") / "lsos-2025.yaml", move_first_day_to=now.date() + timedelta(days=30), now=now)
    with transaction() as session:
        kind = session.scalars(select(ParticipationType).where(ParticipationType.code == "startup")).one()
        min(kind.capacities, key=lambda one: one.seats).seats = 1
    return made


def local(event: Event, days: int) -> str:
    """Write a moment so many days from now as a field for moments wants it."""
    return (datetime.now(ZoneInfo(event.timezone)) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def states() -> dict[str, ApplicationState]:
    """Say how each company's application stands."""
    db.session.rollback()
    db.session.expire_all()
    return {one.name: one.state for one in db.session.scalars(select(ZoneApplication))}


def set_up_call(page: Page, language: str, event: Event) -> None:
    """Set up the call of the zone, and make a stand and a pitch."""
    page.goto(f"/{language}/events/{event.slug}/organise/zone")
    page.locator(f'a[href$="/organise/zone/{ZONE}/call"]').click()
    page.fill("[name=opens_at]", local(event, -1))
    page.fill("[name=closes_at]", local(event, 9))
    page.fill("[name=gallery_from]", local(event, -1))
    page.check("[name=types][value=startup]")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    page.locator('a[href$="/places"]').click()
    page.fill("[name=codes]", "A1")
    page.locator("form:has([name=codes]) button[type=submit]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    page.fill("[name=starts_at]", f"{event.starts_on.isoformat()}T14:00")
    page.fill("[name=number]", "1")
    page.locator("form:has([name=number]) button[type=submit]").click()
    expect(page.locator("#pitches")).to_contain_text("14:00")


def register(page: Page, language: str, event: Event, company: str) -> None:
    """Register for the zone, and be led to the application."""
    page.goto(f"/{language}/events/{event.slug}/register/startup")
    page.fill("[name=organisation]", company)
    page.select_option("[name=stakeholder_type]", "startup")
    page.select_option("[name=country]", "PL")
    for box in page.locator("input[name^=agree-]").all():
        box.check()
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/register/thanks"))
    page.locator('main a.button[href$="/me/application"]').click()


def apply(page: Page, company: str, deck: Path) -> None:
    """Write the application with a mistake and a gap, keep all of it, and send it."""
    page.fill("[name=one_liner_pl]", f"{company} słyszy serce")
    page.fill("[name=website]", "javascript:alert(1)")
    page.set_input_files("[name=deck]", deck)
    page.locator("button[name=draft]").click()
    expect(page.locator(".form-errors")).to_be_visible()
    expect(page.locator("[name=website]")).to_have_value("javascript:alert(1)")
    expect(page.locator("[name=one_liner_pl]")).to_have_value(f"{company} słyszy serce")
    page.fill("[name=website]", "https://example.org/łącze")
    page.locator("button[name=send]").click()
    expect(page.locator(".form-errors")).to_be_visible()
    page.fill("[name=pitch_en]", "We measure rhythm for a week.")
    page.select_option("[name=stage]", "seed")
    page.select_option("[name=trl]", "6")
    page.check("[name=is_for_gallery]")
    page.locator("button[name=send]").click()
    expect(page.locator(".flash.done")).to_be_visible()
    expect(page.locator("main")).to_contain_text("deck.pdf")
    assert states()[company] is S.SENT


def review(page: Page, language: str, event: Event) -> None:
    """Score the two applications, the first better."""
    page.goto(f"/{language}/events/{event.slug}/review")
    for company, value in (("Zielona Iskra", "5"), ("Druga Próba", "2")):
        page.goto(f"/{language}/events/{event.slug}/review")
        page.locator("main a", has_text=company).first.click()
        page.locator(f"form fieldset.scores input[value='{value}']").first.check()
        page.locator("button[name=do][value=send]").click()
        expect(page.locator(".flash.done[role=status]")).to_be_visible()


def accept_both(page: Page, language: str, event: Event) -> None:
    """Accept both in the order of the ranking: one place, so that the second one waits; give out the stand."""
    page.goto(f"/{language}/events/{event.slug}/organise/zone/{ZONE}")
    expect(page.locator("tbody th").first).to_contain_text("Zielona Iskra")
    for box in page.locator("tbody [name=uid]").all():
        box.check()
    page.locator("button[name=do][value=accept]").click()
    expect(page.locator(".decided-on li")).to_have_count(2)
    expect(page.locator(".decided-on li").nth(1).locator(".chip")).to_be_visible()
    page.fill("[name=feedback_pl]", "Mocny zespół.")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".figures")).to_be_visible()
    assert states() == {"Zielona Iskra": S.ACCEPTED, "Druga Próba": S.WAITING}
    give_out(page, language, event)


def give_out(page: Page, language: str, event: Event) -> None:
    """Give out what is free."""
    page.goto(f"/{language}/events/{event.slug}/organise/zone/{ZONE}/places")
    page.locator("button[name=free]").click()
    expect(page.locator(".flash.done")).to_be_visible()


def fill_in(page: Page, language: str, event: Event) -> None:
    """See stand and pitch, take the pitch into the calendar, and say what the stand needs."""
    page.goto(f"/{language}/events/{event.slug}/me/")
    page.locator('main a[href$="/me/application/stand"]').click()
    expect(page.locator(".lead")).to_contain_text("A1")
    page.check("[name=needs_power]")
    page.fill("[name=catalogue_en]", "Hearts, heard for a week.")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("Mocny zespół.")
    expect(page.locator("main")).to_contain_text("14:00")
    calendar = page.request.get(f"/{language}/events/{event.slug}/me/application/pitch.ics").text()
    assert "T140000" in calendar


def expect_in_gallery(page: Page, language: str, event: Event, company: str) -> None:
    """Expect one company to be shown to everybody, by way of the edition's page."""
    page.goto(f"/{language}/events/{event.slug}/")
    page.locator(f'a[href$="/zone/{ZONE}"]').click()
    expect(page.locator(".companies h2")).to_have_text([company])


@pytest.mark.parametrize(("language", "size"), [("pl", PHONE), ("en", DESK)])
def test_a_start_up_from_its_application_to_the_next_in_line(
    live_server: LiveServer,
    event: Event,
    open_context: Opener,
    console: Console,
    tmp_path: Path,
    language: str,
    size: dict[str, int],
):
    console.allow("status of 422")
    deck = tmp_path / "deck.pdf"
    deck.write_bytes(b"%PDF-1.7 a deck")
    first, second = (make.person(name, "Wąs", language=language) for name in ("Ada", "Bea"))
    boss, judge = make.staff(Role.OWNER, event), juror(event, language=language)
    organiser, ada, bea, reviewer = (
        open_context(who, viewport=size).new_page() for who in (boss, first, second, judge)
    )
    stranger = open_context(viewport=size).new_page()

    set_up_call(organiser, language, event)
    register(ada, language, event, "Zielona Iskra")
    apply(ada, "Zielona Iskra", deck)
    register(bea, language, event, "Druga Próba")
    db.session.rollback()
    other = db.session.scalars(select(ZoneApplication).order_by(ZoneApplication.id.desc())).first()
    assert other is not None
    content = replace(given.CONTENT, is_for_gallery=True)
    assert applying.save(other.registration_id, content, sends=True, by=second.id, now=datetime.now(UTC)) == []
    call = db.session.scalars(select(ZoneCall)).one()
    jury_service.set_up(call.id, Way(reviews_wanted=1), by=boss.id)
    jury_service.save_criterion(call.id, None, CriterionFacts(Bilingual("Zespół", "Team"), weight=1), by=boss.id)
    jury_service.share_out(call.id, by=boss.id, now=datetime.now(UTC))
    review(reviewer, language, event)
    accept_both(organiser, language, event)
    fill_in(ada, language, event)
    expect_in_gallery(stranger, language, event, "Zielona Iskra")

    ada.goto(f"/{language}/events/{event.slug}/me/application")
    ada.locator('main a.danger[href$="/me/cancel"]').click()
    ada.locator("main form button[type=submit]").click()
    expect(ada.locator(".flash.done")).to_be_visible()
    assert states() == {"Zielona Iskra": S.WITHDRAWN, "Druga Próba": S.ACCEPTED}
    assert db.session.scalars(select(Stand.application_id)).all() == [None]
    expect_in_gallery(stranger, language, event, "Druga Próba")
    give_out(organiser, language, event)
    bea.goto(f"/{language}/events/{event.slug}/me/")
    expect(bea.locator("main")).to_contain_text("A1")
    letters = db.session.scalars(
        select(OutgoingMail.letter).where(OutgoingMail.to_address == second.email).order_by(OutgoingMail.id)
    ).all()
    assert letters == ["zone_apply", "zone_sent", "registration_waitlisted", "registration_confirmed"]
