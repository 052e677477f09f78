"""Two people in two browsers reach for the last seat of a session: one gets it, the other waits and moves up."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from lsos.agenda.models import SessionSignup
from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.texts import Bilingual
from tests import make
from tests.browser.conftest import DESK, PHONE, LiveServer, Opener

#: Two browsers press their buttons in the same thousandth of a second.
PRESS_AT = """at => setTimeout(
    () => document.querySelector('main form[action$="/sign-up"]').requestSubmit(), at - Date.now())"""


def button(page: Page, what: str) -> Locator:
    """Find the button that does something about this session."""
    return page.locator(f'main form[action$="/{what}"] button')


def inside(session_id: int) -> list[int]:
    """Give who has a place, as the database says it now."""
    db.session.rollback()
    places = select(SessionSignup.registration_id).where(SessionSignup.session_id == session_id)
    return list(db.session.scalars(places))


@pytest.mark.parametrize(
    ("language", "screen"),
    [("pl", {"viewport": PHONE, "has_touch": True, "is_mobile": True}), ("en", {"viewport": DESK})],
)
def test_of_two_for_the_last_seat_one_waits_and_moves_up_when_the_other_leaves(
    open_context: Opener, live_server: LiveServer, language: str, screen: dict[str, object]
):
    event = make.event(slug="forum", starts_on=datetime.now(UTC).date() + timedelta(days=30))
    talk = make.session(event, title=Bilingual("Warsztat snu", "A workshop on sleep"), seats=1)
    people = [make.person(name, language=language) for name in ("Ala", "Ola")]
    guests = [make.registration(event, one) for one in people]
    address = f"/{language}/events/forum/programme/{talk.code}"
    pages = [open_context(one, **screen).new_page() for one in people]
    for page in pages:
        page.goto(address)
        expect(button(page, "sign-up")).to_be_visible()
    at = int(datetime.now(UTC).timestamp() * 1000) + 700
    for page in pages:
        page.evaluate(PRESS_AT, at)
    for page in pages:
        expect(page.locator(".flash").first).to_be_visible()

    (winner_id,) = inside(talk.id)
    won = [one.id for one in guests].index(winner_id)
    winner, loser, waits = pages[won], pages[1 - won], guests[1 - won]
    expect(winner.locator(".flash.done")).to_be_visible()
    expect(loser.locator(".flash.refused")).to_be_visible()
    button(loser, "wait").click()
    expect(button(loser, "stop-waiting")).to_be_visible()
    expect(loser.locator(".in-line")).to_be_visible()
    loser.goto(f"/{language}/events/forum/me/")
    expect(loser.locator(".waits li")).to_have_count(1)

    button(winner, "leave").click()
    expect(button(winner, "wait").or_(winner.locator(".flash.done")).first).to_be_visible()
    assert inside(talk.id) == [waits.id]
    loser.goto(f"/{language}/events/forum/me/")
    expect(loser.locator(".waits")).to_have_count(0)
    expect(loser.locator(f'main a[href$="/programme/{talk.code}"]').first).to_be_visible()
    (letter,) = db.session.scalars(select(OutgoingMail).where(OutgoingMail.letter == "session_place")).all()
    assert (letter.to_address, letter.language) == (waits.person.email, language)
    #: Whoever left may wait in turn, behind nobody.
    button(winner, "wait").click()
    expect(button(winner, "stop-waiting")).to_be_visible()
