"""Whom I met: what two people read of each other before and after both agree, on pages and in files."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask

from lsos.contacts import service
from lsos.contacts.queries import asking
from lsos.db import db
from lsos.meetings.models import Avoidance
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from tests import make
from tests.conftest import Reader

NOW = datetime.now(UTC)


@dataclass
class Pair:
    """Two guests of one event, and where its pages are."""

    me: Registration
    other: Registration
    here: str

    def login(self, client: Reader, who: Registration) -> Reader:
        return client.sign_in(who.person)


@pytest.fixture
def pair(app: Flask) -> Pair:
    event = make.event(starts_on=NOW.date())
    given = make.organisation("Żabka Bio")
    me = make.registration(event, make.person("Ola", "Nowak"))
    other = make.registration(
        event, make.person("Jan", "Łęcki", email="jan@secret.example"), organisation_id=given.id, job_title="CTO"
    )
    return Pair(me, other, f"/en/events/{event.slug}")


def test_a_badge_read_with_a_plain_camera_asks_before_it_says_anything(client: Reader, pair: Pair):
    client.sign_in(pair.me.person)
    found = client.get(f"/b/{pair.other.badge_code}?lang=en")
    assert found.headers["Location"].endswith(f"{pair.here}/contacts/badge/{pair.other.badge_code}")
    page = client.get(found.headers["Location"]).text
    assert "Jan Łęcki" in page
    assert "Żabka Bio" in page
    assert "CTO" not in page
    assert "jan@secret.example" not in page
    assert asking(db.session.get_one(Registration, pair.other.id)) == []


def test_one_press_asks_one_press_answers_and_both_have_the_contact(client: Reader, pair: Pair):
    client.sign_in(pair.me.person)
    asked = client.post(f"{pair.here}/contacts/scan", data={"code": pair.other.badge_code}, follow_redirects=True).text
    assert "Jan Łęcki is asked" in asked
    assert "jan@secret.example" not in asked

    client.sign_in(pair.other.person)
    day = client.get(f"{pair.here}/me/").text
    assert "Ola Nowak would like to exchange contacts" in day
    (waiting,) = asking(db.session.get_one(Registration, pair.other.id))
    answer = client.post(
        f"{pair.here}/contacts/answer/{waiting.uid}", data={"answer": "yes"}, follow_redirects=True
    ).text
    assert "You and Ola Nowak have each other" in answer

    client.sign_in(pair.me.person)
    page = client.get(f"{pair.here}/contacts/").text
    assert "jan@secret.example" in page
    assert "CTO · Żabka Bio" in page


def test_a_no_leaves_no_trace_for_who_asked(client: Reader, pair: Pair):
    uid = service.scan(pair.me.id, pair.other.badge_code, now=NOW).exchange.uid
    client.sign_in(pair.me.person)
    before = client.get(f"{pair.here}/contacts/").text
    service.answer(uid, by=pair.other.id, is_yes=False, now=NOW)
    after = client.get(f"{pair.here}/contacts/").text

    def body(page: str) -> str:
        return page[page.index('<ol class="met">') : page.index("</ol>")]

    assert body(before) == body(after)


def test_never_looks_like_silence_on_every_page(client: Reader, pair: Pair):
    make.add(Avoidance(owner_id=pair.other.person_id, person_id=pair.me.person_id, at=NOW))
    client.sign_in(pair.me.person)
    asked = client.post(f"{pair.here}/contacts/scan", data={"code": pair.other.badge_code}, follow_redirects=True).text
    assert "Jan Łęcki is asked" in asked
    client.sign_in(pair.other.person)
    for page in ("/me/", "/contacts/", "/contacts/news"):
        assert "Ola" not in client.get(pair.here + page).text, page
    assert client.get(f"{pair.here}/contacts/{pair.me.uid}").status_code == 404


def test_a_wrong_code_says_so_and_keeps_what_was_typed(client: Reader, pair: Pair):
    client.sign_in(pair.me.person)
    for code, words in (
        ("XXXXXXXXXX", "No badge of this event has this code"),
        (pair.me.badge_code, "This is your own badge"),
        ("", "Type the code that stands on the badge"),
    ):
        answer = client.post(f"{pair.here}/contacts/scan", data={"code": code})
        assert answer.status_code == 422
        assert words in answer.text
        assert f'value="{code}"' in answer.text


def test_the_address_of_the_badge_is_as_good_as_its_code(client: Reader, pair: Pair):
    client.sign_in(pair.me.person)
    address = f"HTTP://127.0.0.1:8000/B/{pair.other.badge_code}"
    assert client.post(f"{pair.here}/contacts/scan", data={"code": address}).status_code == 302


def test_what_somebody_keeps_is_theirs_and_in_their_files_only(client: Reader, pair: Pair):
    service.scan(pair.me.id, pair.other.badge_code, now=NOW)
    service.scan(pair.other.id, pair.me.badge_code, now=NOW)
    client.sign_in(pair.me.person)
    one = f"{pair.here}/contacts/{pair.other.uid}"
    client.post(one, data={"text": "=Ask about the trial", "warmth": "hot"})
    assert "Ask about the trial" in client.get(one).text
    table = client.get(f"{pair.here}/contacts/contacts.csv").data.decode("utf-8-sig")
    assert "'=Ask about the trial" in table
    assert "jan@secret.example" in table
    cards = client.get(f"{pair.here}/contacts/contacts.vcf").data.decode()
    assert "FN:Jan Łęcki" in cards
    assert "ORG:Żabka Bio" in cards
    assert "Ask about" not in cards
    workbook = client.get(f"{pair.here}/contacts/contacts.xlsx")
    assert workbook.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(workbook.data)) as packed:
        assert "jan@secret.example" in packed.read("xl/sharedStrings.xml").decode()
    client.sign_in(pair.other.person)
    assert "Ask about" not in client.get(f"{pair.here}/contacts/{pair.me.uid}").text


def test_files_have_no_way_to_reach_who_did_not_agree(client: Reader, pair: Pair):
    service.scan(pair.me.id, pair.other.badge_code, now=NOW)
    client.sign_in(pair.me.person)
    for kind in ("csv", "vcf"):
        assert "jan@secret.example" not in client.get(f"{pair.here}/contacts/contacts.{kind}").data.decode()
    assert client.get(f"{pair.here}/contacts/{pair.other.uid}/contact.vcf").status_code == 404


def test_taking_back_says_what_it_does_and_does_it_for_both(client: Reader, pair: Pair):
    uid = service.scan(pair.me.id, pair.other.badge_code, now=NOW).exchange.uid
    service.scan(pair.other.id, pair.me.badge_code, now=NOW)
    client.sign_in(pair.other.person)
    one = client.get(f"{pair.here}/contacts/{pair.me.uid}").text
    assert "What the other saved on a phone or in a file before stays with them" in one
    client.post(f"{pair.here}/contacts/back/{uid}")
    client.sign_in(pair.me.person)
    page = client.get(f"{pair.here}/contacts/").text
    assert "jan@secret.example" not in page
    assert "Taken back" in page


def test_a_card_can_leave_out_the_address(client: Reader, pair: Pair):
    service.scan(pair.me.id, pair.other.badge_code, now=NOW)
    service.scan(pair.other.id, pair.me.badge_code, now=NOW)
    client.sign_in(pair.other.person)
    client.post(f"{pair.here}/contacts/card", data={"phone": "+48 600 100 200", "gives_job": "y"})
    client.sign_in(pair.me.person)
    page = client.get(f"{pair.here}/contacts/{pair.other.uid}").text
    assert "+48 600 100 200" in page
    assert "jan@secret.example" not in page


def test_the_standing_consent_is_off_at_first_and_one_press_away(client: Reader, pair: Pair):
    client.sign_in(pair.other.person)
    page = client.get(f"{pair.here}/me/consents").text
    assert "Whoever scans my badge may have my contact at once" in page
    assert "Stands at which my badge is scanned" in page
    client.post(f"{pair.here}/me/consents", data={"purpose": "exchange-contacts", "give": "1"})
    assert "Whoever scans your badge has your contact" in client.get(f"{pair.here}/me/consents").text
    client.sign_in(pair.me.person)
    asked = client.post(f"{pair.here}/contacts/scan", data={"code": pair.other.badge_code}, follow_redirects=True).text
    assert "jan@secret.example" in asked


def test_a_form_of_registration_does_not_ask_for_what_is_asked_on_the_spot(client: Reader, pair: Pair):
    client.sign_in(pair.other.person)
    client.post(f"{pair.here}/me/consents", data={"purpose": "stand-scans", "give": "1"})
    client.sign_in(make.person())
    code = pair.me.participation_type.code
    assert "Stands at which my badge" not in client.get(f"{pair.here}/register/{code}").text


def test_who_does_not_come_can_scan_nobody_and_be_scanned_by_nobody(client: Reader, pair: Pair):
    out = make.registration(pair.me.event, make.person("Ewa"), state=RegistrationState.CANCELLED)
    client.sign_in(pair.me.person)
    assert client.get(f"{pair.here}/contacts/badge/{out.badge_code}").status_code == 404
    client.sign_in(out.person)
    assert client.post(f"{pair.here}/contacts/scan", data={"code": pair.me.badge_code}).status_code == 422


def test_what_did_not_change_is_not_sent_again(client: Reader, pair: Pair):
    client.sign_in(pair.other.person)
    first = client.get(f"{pair.here}/contacts/news")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{pair.here}/contacts/news", headers=tag).status_code == 304
    service.scan(pair.me.id, pair.other.badge_code, now=NOW)
    assert "Ola Nowak" in client.get(f"{pair.here}/contacts/news", headers=tag).text
