"""One's own registration: answers, consents, badge, not coming."""

from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select

from lsos.agenda.models import SessionSignup
from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.registration.models import Capacity, ConsentText, Registration
from lsos.registration.rules import ConsentKind, Purpose, RegistrationState
from lsos.taxonomy.models import StakeholderType
from lsos.texts import Bilingual, search_key
from tests import make
from tests.conftest import Reader
from tests.naughty import naughty_strings

AHEAD = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture
def mine(app: Flask) -> Registration:
    """Give a confirmed registration, its one seat taken."""
    event = make.event(starts_on=AHEAD)
    kind = make.participation_type(event, seats=1)
    make.add(StakeholderType(code="startup", name=Bilingual("Startup", "Start-up")))
    found = db.session.scalars(select(Capacity)).one()
    found.taken = 1
    db.session.commit()
    return make.registration(event, participation_type=kind, organisation=make.organisation("Nowa Terapia"))


def at(mine: Registration, page: str) -> str:
    return f"/en/events/{mine.event.slug}/me/{page}"


def answers(**changed: Any) -> dict[str, Any]:
    values = {
        "given_name": "Łucja",
        "family_name": "Wąs",
        "language": "pl",
        "organisation": "Nowa Terapia",
        "stakeholder_type": "startup",
        "country": "PL",
    }
    return values | changed


def again(mine: Registration) -> Registration:
    return db.session.get_one(Registration, mine.id, populate_existing=True)


def test_answers_are_changed_and_shown_again(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    assert f'<form method="post" action="{at(mine, "profile")}"' in client.get(at(mine, "profile")).text
    answer = client.post(at(mine, "profile"), data=answers(job_title="Prezeska & CEO", about_en="New words"))
    assert answer.status_code == 302
    page = client.get(at(mine, "profile")).text
    assert "Your answers are saved." in page
    assert 'value="Prezeska &amp; CEO"' in page
    assert "New words" in page


def test_a_wrong_answer_keeps_what_was_typed(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    answer = client.post(at(mine, "profile"), data=answers(family_name="", job_title="Kept"))
    assert answer.status_code == 422
    assert "Write your family name." in answer.text
    assert 'value="Kept"' in answer.text


def test_pages_of_ones_own_are_for_who_is_registered(client: Reader, mine: Registration):
    assert "/sign-in?" in client.get(at(mine, "profile")).location
    client.sign_in(make.person())
    for page in ("profile", "consents", "badge", "badge.png", "cancel"):
        assert client.get(at(mine, page)).location.endswith("/register")


def test_a_consent_is_taken_back_and_given_by_one_press_each(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    page = client.post(at(mine, "consents"), data={"purpose": "catalogue"}, follow_redirects=True).text
    assert "Withdrawn" in page
    assert "Other participants do not see you." in page
    assert again(mine).purposes == {"matchmaking"}

    page = client.post(at(mine, "consents"), data={"purpose": "catalogue", "give": "1"}, follow_redirects=True).text
    assert "Participants see your name, organisation and profile." in page
    assert again(mine).purposes == {"matchmaking", "catalogue"}
    assert page.count("withdrawn") == 1


def test_a_consent_to_older_words_is_shown_with_them(client: Reader, mine: Registration):
    old = db.session.scalars(select(ConsentText).where(ConsentText.purpose == Purpose.CATALOGUE)).one()
    old.is_current = False
    old.wording = Bilingual("Dawne słowa", "Former words")
    db.session.add(
        ConsentText(
            event_id=mine.event_id,
            purpose=Purpose.CATALOGUE,
            version=2,
            kind=ConsentKind.CONSENT,
            wording=Bilingual("Nowe słowa", "New words"),
        )
    )
    db.session.commit()
    client.sign_in(mine.person)
    page = unescape(client.get(at(mine, "consents")).text)
    assert "You agreed to: “Former words”" in page
    client.post(at(mine, "consents"), data={"purpose": "catalogue", "give": "1"})
    held = [one.text.version for one in again(mine).consents if one.withdrawn_at is None]
    assert sorted(held) == [1, 2]  # the new words of one purpose, and the other purpose


def test_an_unknown_purpose_is_refused_with_a_sentence(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    page = client.post(at(mine, "consents"), data={"purpose": "nothing", "give": "1"}, follow_redirects=True).text
    assert "This event asks for no such consent." in page


def test_the_badge_says_who_and_its_code_is_read_by_a_camera(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    page = client.get(at(mine, "badge")).text
    for words in (mine.person.name, "Nowa Terapia", "Participant", mine.badge_code):
        assert words in page
    assert '<svg xmlns="http://www.w3.org/2000/svg" viewBox' in page

    picture = client.get(at(mine, "badge.png"))
    assert picture.mimetype == "image/png"
    read = zxingcpp.read_barcodes(Image.open(BytesIO(picture.data)))
    assert [one.text for one in read] == [f"HTTP://127.0.0.1:8000/B/{mine.badge_code}"]


def test_the_badge_is_seen_as_it_will_be_printed(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    assert "badge/print.png" in client.get(at(mine, "badge")).text
    seen = Image.open(BytesIO(client.get(at(mine, "badge/print.png")).data))
    assert [one.text for one in zxingcpp.read_barcodes(seen)] == [f"HTTP://127.0.0.1:8000/B/{mine.badge_code}"]


def test_there_is_no_badge_before_the_seat(client: Reader):
    mine = make.registration(make.event(starts_on=AHEAD), state=RegistrationState.WAITLISTED)
    client.sign_in(mine.person)
    page = client.get(at(mine, "badge")).text
    assert "as soon as your registration is confirmed" in page
    assert mine.badge_code not in page
    assert client.get(at(mine, "badge.png")).status_code == 302


def test_who_cannot_come_says_so_and_the_next_one_comes(client: Reader, mine: Registration):
    next_one = make.registration(
        mine.event,
        state=RegistrationState.WAITLISTED,
        participation_type=mine.participation_type,
    )
    session = make.session(mine.event, seats=1)
    make.signup(mine, session)
    client.sign_in(mine.person)
    page = client.get(at(mine, "cancel")).text
    assert "your seat, to whoever is next in line" in page
    assert "your sign-up for 1 session" in page
    assert again(mine).state is RegistrationState.CONFIRMED

    page = client.post(at(mine, "cancel"), data={"reason": "Chora"}, follow_redirects=True).text
    assert "Thank you for telling us" in page
    assert again(mine).state is RegistrationState.CANCELLED
    assert again(mine).changes[-1].reason == "Chora"
    assert again(next_one).state is RegistrationState.CONFIRMED
    assert db.session.scalars(select(SessionSignup)).all() == []
    addresses = db.session.scalars(select(OutgoingMail.to_address)).all()
    assert set(addresses) == {mine.person.email, next_one.person.email}

    assert client.get(at(mine, "cancel")).location.endswith("/me/profile")
    page = client.post(at(mine, "cancel"), follow_redirects=True).text
    assert "cannot be changed that way" in page


def test_who_cancelled_is_offered_to_register_again(client: Reader, mine: Registration):
    client.sign_in(mine.person)
    client.post(at(mine, "cancel"))
    page = client.get(f"/en/events/{mine.event.slug}/register").text
    assert "cancelled" in page
    assert "1 seat left of 1" in page


ONE_LINE = ("given_name", "family_name", "organisation", "job_title", "dietary_needs", "accessibility_needs")


def kept(mine: Registration) -> dict[str, str]:
    """Give what the fields of the profile have stored."""
    whole = again(mine)
    assert whole.profile is not None
    assert whole.organisation is not None
    return {
        "given_name": whole.person.given_name,
        "family_name": whole.person.family_name,
        "organisation": whole.organisation.name,
        "job_title": whole.job_title,
        "dietary_needs": whole.dietary_needs,
        "accessibility_needs": whole.accessibility_needs,
        "about_pl": whole.profile.about.pl,
        "about_en": whole.profile.about.en,
    }


def test_every_text_is_stored_and_shown_as_it_was_typed_or_refused(client: Reader, mine: Registration):
    """Blanks around a text are all that is taken off; each string goes through fields of both lengths."""
    client.sign_in(mine.person)
    strings = naughty_strings()
    refused = 0
    for start in range(0, len(strings), len(ONE_LINE)):
        some = (strings[start:] + strings)[: len(ONE_LINE)]
        typed = dict(zip(ONE_LINE, some, strict=True)) | {"about_pl": some[0] + some[1], "about_en": some[-1]}
        answer = client.post(at(mine, "profile"), data=answers(**typed))
        if answer.status_code == 422:
            wrong = {name for name in typed if f'id="{name}-error"' in answer.text}
            assert wrong, some
            refused += len(wrong)
            typed |= dict.fromkeys(wrong, "Replaced")
            answer = client.post(at(mine, "profile"), data=answers(**typed))
        assert answer.status_code == 302, some
        stored = kept(mine)
        #: An organisation that is known by these letters already keeps the name it has.
        assert search_key(stored.pop("organisation")) == search_key(typed.pop("organisation"))
        assert stored == {name: text.strip() for name, text in typed.items()}
        shown = unescape(client.get(at(mine, "profile")).text)
        for text in stored.values():
            assert text in shown
    assert refused < len(strings) / 10
