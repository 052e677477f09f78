"""Organisers' own questions in a browser: what comes up while one answers, and pages that lose nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lsos.db import db
from lsos.events.models import Event
from lsos.questionnaires.models import Answer
from lsos.questionnaires.rules import QuestionKind
from lsos.texts import Bilingual
from tests import make
from tests.asking import ask, if_
from tests.browser.conftest import LiveServer

K = QuestionKind


@pytest.fixture
def event(live_server: LiveServer) -> Event:
    event = make.event(starts_on=datetime.now(UTC).date() + timedelta(days=30))
    make.participation_type(event, is_light=True, has_matchmaking=False, name=Bilingual("Gość", "Guest"))
    ask(event, "hotel", K.YES_NO, is_required=True)
    ask(event, "nights", K.NUMBER, conditions=(if_("hotel", "yes"),), is_required=True)
    ask(event, "late", K.TICK, conditions=(if_("hotel", "yes"),))
    ask(event, "key", conditions=(if_("late", "yes"),))
    ask(event, "second", K.PAGE_BREAK, label=Bilingual("Druga strona", "The second page"))
    ask(event, "parking", K.YES_NO, conditions=(if_("hotel", "no"),))
    ask(event, "note", K.LONG_TEXT)
    return event


def test_questions_come_up_while_one_answers_and_pages_lose_nothing(page: Page, event: Event):
    page.goto(f"/en/events/{event.slug}/register")
    page.locator(".way-go a").click()
    nights, key = page.get_by_label("nights?"), page.get_by_label("key?")
    expect(page.get_by_text("Only if the answer").first).to_be_hidden()
    expect(nights).to_be_hidden()

    page.get_by_role("group", name="hotel?").get_by_label("yes").check()
    expect(nights).to_be_visible()
    expect(key).to_be_hidden()
    page.get_by_label("late?").check()
    expect(key).to_be_visible()
    key.fill("at the desk")
    page.get_by_role("group", name="hotel?").get_by_label("no").check()
    expect(key).to_be_hidden()
    page.get_by_role("group", name="hotel?").get_by_label("yes").check()
    expect(key).to_have_value("at the desk")
    nights.fill("2")

    page.get_by_label("Given name").fill("Ola")
    page.get_by_label("E-mail", exact=True).fill("ola@example.org")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="The second page")).to_be_visible()
    expect(page.get_by_text("parking?")).to_have_count(0)
    page.get_by_label("note?").fill("Zażółć gęślą jaźń")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Given name")).to_have_value("Ola")
    expect(nights).to_have_value("2")

    page.get_by_role("group", name="hotel?").get_by_label("no").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("note?")).to_have_value("Zażółć gęślą jaźń")
    page.get_by_role("group", name="parking?").get_by_label("yes").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Your seat is confirmed")).to_be_visible()
    given = {tuple(answer.given) for answer in db.session.scalars(select(Answer))}
    assert given == {("no",), ("yes",), ("Zażółć gęślą jaźń",)}
