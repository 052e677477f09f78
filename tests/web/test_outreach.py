"""Organisers' letters, as organisers and readers meet them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.accounts.models import Person
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import MailState, OutgoingMail
from lsos.outreach import sending, service, timing, timing_queries
from lsos.outreach.models import Campaign, CampaignRecipient
from lsos.outreach.rules import Audience, LetterPurpose
from lsos.registration.list_models import SavedView
from lsos.registration.models import Consent
from lsos.registration.rules import Purpose, RegistrationState
from lsos.texts import Bilingual
from tests import make
from tests.conftest import Reader
from tests.counting import counting

WORDS = {
    "name": "Lunch",
    "purpose": "organisational",
    "reply_to": "",
    "subject_pl": "Obiad",
    "body_pl": "Dzień dobry {name}",
    "subject_en": "Lunch",
    "body_en": "Hello {name}",
}


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event()


@pytest.fixture
def organiser(client: Reader, event: Event) -> Reader:
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    return client


def at(event: Event, page: str = "") -> str:
    return f"/en/events/{event.slug}/organise/letters{page}"


def campaign(event: Event, purpose: LetterPurpose = LetterPurpose.ORGANISATIONAL) -> Campaign:
    return make.add(
        Campaign(
            event_id=event.id,
            name="Lunch",
            purpose=purpose,
            subject=Bilingual("Obiad", "Lunch"),
            body=Bilingual("Dzień dobry {name}", "Hello {name}"),
            created_at=make.BEFORE,
        )
    )


def on_the_list(event: Event, one: Campaign, number: int, **more: object) -> None:
    kind = make.participation_type(event)
    for n in range(number):
        make.registration(event, make.person(f"P{n}", "Reader", language="en"), participation_type=kind, **more)  # type: ignore[arg-type]
    service.add_people(event.id, one.uid, Audience(states=("confirmed",)), expected=number)


def test_a_letter_goes_from_its_first_word_to_its_readers(organiser: Reader, event: Event):
    reader = make.registration(event, make.person("Anna", "Nowak", language="en"))
    make.registration(event, state=RegistrationState.CANCELLED)
    begun = organiser.post(at(event), data={"name": "Lunch", "purpose": "organisational"})
    here = begun.location.removesuffix("/words")
    assert organiser.post(f"{here}/words", data=WORDS).status_code == 302
    page = organiser.get(f"{here}/people?states=confirmed").text
    assert "1 person fits." in page
    assert "Anna Nowak" in page
    organiser.post(f"{here}/people", data={"states": "confirmed", "expected": "1"})
    assert "their registration is: confirmed" in organiser.get(f"{here}/people").text
    look = organiser.get(f"{here}/look")
    assert "As Anna Nowak gets it, in English" in look.text
    assert "frame-src 'self'" in look.headers["Content-Security-Policy"]
    frame = organiser.get(f"{here}/look/1")
    assert "Hello Anna Nowak" in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    organiser.post(f"{here}/fix")
    assert "1 person gets this letter" in organiser.get(here).text
    wrong = organiser.post(f"{here}/send", data={"number": "2"})
    assert wrong.status_code == 422
    assert "another number" in wrong.text
    organiser.post(f"{here}/send", data={"number": "1"})
    assert "0 of 1 are sent" in organiser.get(here).text
    (letter,) = db.session.scalars(select(OutgoingMail)).all()
    assert letter.to_address == reader.person.email


def test_the_letter_is_shown_as_anybody_on_the_list_gets_it(organiser: Reader, event: Event):
    for name in ("Ada", "Bela", "Cela"):
        make.registration(event, make.person(name, "Nowak", language="en"))
    begun = organiser.post(at(event), data={"name": "Lunch", "purpose": "organisational"})
    here = begun.location.removesuffix("/words")
    organiser.post(f"{here}/words", data=WORDS)
    organiser.post(f"{here}/people", data={"states": "confirmed", "expected": "3"})
    to_each = re.findall(r"/look\?recipient=\d+", organiser.get(f"{here}/people").text)
    assert len(to_each) == 3
    assert "As Bela Nowak gets it" in organiser.get(here + to_each[1]).text
    assert "As Ada Nowak gets it" in organiser.get(f"{here}/look?recipient=0").text


def test_choosing_nothing_offers_nobody(organiser: Reader, event: Event):
    make.registration(event)
    one = campaign(event)
    page = organiser.get(at(event, f"/{one.uid}/people")).text
    assert "choosing nothing chooses nobody" in page
    organiser.post(at(event, f"/{one.uid}/people"), data={"expected": "1"})
    assert db.session.scalars(select(CampaignRecipient)).all() == []


def test_a_wrong_word_is_said_at_its_field_and_everything_typed_stays(organiser: Reader, event: Event):
    one = campaign(event)
    wrong = WORDS | {"body_en": "Call {phone}, [x](http://evil.example)", "subject_pl": ""}
    answer = organiser.post(at(event, f"/{one.uid}/words"), data=wrong)
    assert answer.status_code == 422
    assert "This letter knows no {phone}. It knows: {given_name}" in answer.text
    assert "but not to: http://evil.example" in answer.text
    assert "A letter needs both" in answer.text
    assert "Call {phone}" in answer.text


def test_ticks_are_kept_page_by_page(organiser: Reader, event: Event):
    one = campaign(event)
    on_the_list(event, one, 2)
    first, second = db.session.scalars(select(CampaignRecipient).order_by(CampaignRecipient.id)).all()
    organiser.post(at(event, f"/{one.uid}/ticks"), data={"shown": [first.id, second.id], "ticked": [second.id]})
    assert "1 person is ticked of 2 on the list." in organiser.get(at(event, f"/{one.uid}/people")).text
    organiser.post(at(event, f"/{one.uid}/ticks"), data={"clear": "1"})
    assert "The letter goes to nobody" in organiser.get(at(event, f"/{one.uid}/people")).text


@pytest.mark.parametrize("page", ["", "/people", "/look"])
def test_pages_ask_the_database_as_often_for_many_readers_as_for_few(organiser: Reader, event: Event, page: str):
    one = campaign(event)
    on_the_list(event, one, 3)
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    organiser.get(at(event, f"/{one.uid}{page}"))
    with counting() as few:
        organiser.get(at(event, f"/{one.uid}{page}"))
    service.reopen(event.id, one.uid, by=1)
    kind = make.participation_type(event)
    for _ in range(20):
        make.registration(event, participation_type=kind)
    service.add_people(event.id, one.uid, Audience(states=("confirmed",)), expected=23)
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    with counting() as many:
        organiser.get(at(event, f"/{one.uid}{page}"))
    assert len(few) == len(many)


def test_a_saved_view_is_looked_at_and_becomes_the_list(organiser: Reader, event: Event):
    kind = make.participation_type(event)
    make.registration(event, make.person("Ada", "Nowak", language="en"), participation_type=kind, country="PL")
    make.registration(event, make.person("Bela", "Nowak"), participation_type=kind)
    left = make.person("Cela", "Nowak")
    make.registration(event, left, participation_type=kind, country="PL", state=RegistrationState.CANCELLED)
    at_list = f"/en/events/{event.slug}/organise/people/views"
    organiser.post(f"{at_list}?country=PL", data={"name": "From Poland"})
    view = db.session.scalars(select(SavedView)).one()
    one = campaign(event)
    here = at(event, f"/{one.uid}/people")
    page = " ".join(organiser.get(f"{here}?view={view.uid}").text.split())
    assert "2 people are in this view." in page
    assert "Confirmed: 1, Cancelled: 1" in page
    assert "Country: Poland" in page
    assert "Ada Nowak" in page
    organiser.post(at(event, f"/{one.uid}/view"), data={"view": view.uid, "expected": "2"})
    page = " ".join(organiser.get(here).text.split())
    assert "2 people are ticked of 2 on the list." in page
    assert "the saved view “From Poland” showed them; Country: Poland" in page
    assert organiser.post(at(event, f"/{one.uid}/view"), data={"view": "x", "expected": "2"}).status_code == 404


def test_a_view_over_a_filter_that_is_gone_says_so_and_chooses_nobody(organiser: Reader, event: Event):
    make.registration(event)
    mine = db.session.scalars(select(Person.id).order_by(Person.id)).first()
    asked = {"question-lunch": ["soup"], "state": ["confirmed"]}
    view = make.add(SavedView(event_id=event.id, owner_id=mine, name="Soup", is_shared=True, address=asked))
    lost = make.add(SavedView(event_id=event.id, owner_id=mine, name="VIP", is_shared=True, address={"label": ["vip"]}))
    one = campaign(event)
    here = at(event, f"/{one.uid}/people")
    for kept, what in ((view, "question-lunch"), (lost, "Labels: vip")):
        page = organiser.get(f"{here}?view={kept.uid}").text
        assert f"filters by what is not there any more: {what}." in page
        answer = organiser.post(
            at(event, f"/{one.uid}/view"), data={"view": kept.uid, "expected": "1"}, follow_redirects=True
        )
        assert "not there any more" in answer.text
    assert db.session.scalars(select(CampaignRecipient)).all() == []
    shown = organiser.get(f"/en/events/{event.slug}/organise/people?state=confirmed&view={view.uid}").text
    assert "it may show more people than you saved it for: question-lunch" in shown


def test_a_letter_that_is_sent_says_what_came_of_it_and_offers_to_write_to_those_it_missed(
    organiser: Reader, event: Event
):
    one = campaign(event)
    on_the_list(event, one, 3)
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    service.send(event.id, one.uid, typed=3, by=1, now=make.BEFORE)
    sending.proceed(event.id, one.uid, now=make.BEFORE)
    with transaction() as session:
        for letter, state in zip(session.scalars(select(OutgoingMail)), ("sent", "sent", "failed"), strict=True):
            letter.state = MailState(state)
    page = " ".join(organiser.get(at(event)).text.split())
    assert "2 sent, 1 failed, 0 waiting" in page
    assert '<span class="chip good">sent</span>' in page
    here = at(event, f"/{one.uid}")
    page = organiser.get(here).text
    for gone in ("Pause", "Stop the"):
        assert gone not in page
    assert "It did not reach 1 person." in page
    begun = organiser.post(f"{here}/again")
    page = organiser.get(begun.location).text
    assert "Lunch, once more" in page
    assert "1 person is ticked of 1 on the list." in page
    assert "still to come" not in organiser.post(f"{here}/again", follow_redirects=True).text


def test_the_outbox_says_why_somebody_got_a_letter(organiser: Reader, event: Event):
    one = campaign(event)
    on_the_list(event, one, 1)
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    olga = make.person("Olga", "Organizator")
    service.send(event.id, one.uid, typed=1, by=olga.id, now=make.BEFORE)
    sending.proceed(event.id, one.uid, now=make.BEFORE)
    (letter,) = db.session.scalars(select(OutgoingMail)).all()
    page = organiser.get(f"/en/events/{event.slug}/organise/mail/{letter.uid}").text
    assert "Olga Organizator sent the letter “Lunch” on" in page
    assert "P0 Reader was on its list because this was so: their registration is: confirmed." in page
    assert "it needs no consent to news" in page


def test_the_outbox_says_why_a_letter_at_its_time_was_written(organiser: Reader, event: Event):
    make.registration(event)
    olga = make.person("Olga", "Organizator")
    timed = timing.add(event, "still_coming", by=olga.id, now=make.BEFORE)
    timing.switch(event.id, timed.uid, is_on=True, by=olga.id, now=make.BEFORE)
    timing.write_due(now=make.DOORS - timedelta(days=7))
    (letter,) = db.session.scalars(select(OutgoingMail)).all()
    page = organiser.get(f"/en/events/{event.slug}/organise/mail/{letter.uid}").text
    assert "The letter “Still coming?” goes out by itself" in page
    assert "they have not said that they are still coming" in page


def test_news_ends_by_the_button_and_by_a_mail_program_but_not_by_looking(app: Flask, client: Reader, event: Event):
    one = campaign(event, LetterPurpose.NEWS)
    on_the_list(event, one, 1, purposes=(Purpose.NEWSLETTER,))
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    service.send(event.id, one.uid, typed=1, by=make.person().id, now=make.BEFORE)
    sending.proceed(event.id, one.uid, now=make.BEFORE)
    address = db.session.scalars(select(OutgoingMail.unsubscribe)).one().removeprefix("http://127.0.0.1:8000")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert "Shall the news end?" in client.get(address).text
        assert db.session.scalars(select(Consent.withdrawn_at)).one() is None
        answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.text) == (200, "")
        assert db.session.scalars(select(Consent.withdrawn_at)).one() is not None
        assert "We send no more news" in client.post(address).text
        assert client.post(address[:-3] + "xxx").status_code == 404
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_all_mail_of_an_event_is_paused_and_let_go(organiser: Reader, event: Event):
    here = f"/en/events/{event.slug}/organise/mail"
    organiser.post(here, data={"what": "pause"})
    assert "All mail of this event is paused" in organiser.get(here).text
    organiser.post(here, data={"what": "resume"})
    assert "All mail of this event is paused" not in organiser.get(here).text


def test_failed_letters_go_once_more_together_if_their_number_is_what_was_shown(organiser: Reader, event: Event):
    one = campaign(event)
    on_the_list(event, one, 2)
    service.fix(event.id, one.uid, by=1, now=make.BEFORE)
    service.send(event.id, one.uid, typed=2, by=make.person().id, now=make.BEFORE)
    sending.proceed(event.id, one.uid, now=make.BEFORE)
    with transaction() as session:
        for letter in session.scalars(select(OutgoingMail)):
            letter.state = MailState.FAILED
    here = f"/en/events/{event.slug}/organise/mail"
    page = organiser.get(f"{here}?state=failed").text
    assert "Send these 2 letters once more" in page
    refused = organiser.post(here, data={"what": "again", "state": "failed", "expected": "1"}, follow_redirects=True)
    assert "Meanwhile there are 2 such letters, not 1." in refused.text
    organiser.post(here, data={"what": "again", "state": "failed", "expected": "2"})
    states = db.session.scalars(select(OutgoingMail.state)).all()
    assert states == [MailState.WAITING, MailState.WAITING]


def test_own_words_are_written_looked_at_kept_and_given_back(organiser: Reader, event: Event):
    make.registration(event, make.person("Anna", "Nowak", language="en"))
    here = f"/en/events/{event.slug}/organise/letter-words/registration_confirmed"
    words = {"subject_en": "Come, {given_name}", "body_en": "We keep **your** seat.", "seen": "0"}
    look = organiser.post(here, data=words | {"look": "1"}).text
    assert "Come, Anna" in look
    assert "English: the platform's words" in look.replace("&#39;", "'")
    assert organiser.post(here, data=words).status_code == 302
    page = organiser.get(here).text.replace("&#39;", "'")
    assert "English: your words" in page
    assert "Polski: the platform's words" in page
    assert "never get the English ones" in page
    frame = organiser.get(f"{here}/look?n=1&in=en").text
    assert "We keep <strong>your</strong> seat." in frame
    assert "data:image/png;base64," in frame
    assert organiser.post(here, data=words).status_code == 409
    organiser.post(here, data={"seen": "1", "back": "1"})
    assert "English: the platform's words" in organiser.get(here).text.replace("&#39;", "'")
    assert len(re.findall(r"Version \d", organiser.get(here).text)) == 2


def test_a_letter_at_its_time_is_set_up_shown_by_name_moved_and_switched_on(organiser: Reader, event: Event):
    make.registration(event, make.person("Anna", "Nowak"))
    here = f"/en/events/{event.slug}/organise/timed-letters"
    edit = organiser.post(here, data={"letter": "still_coming"}).location
    page = organiser.get(edit).text
    assert "Anna Nowak" in page
    assert "Its time has passed, so nobody gets it." in page
    when = {"days": "2", "direction": "before", "anchor": "start", "at": "18:00", "window_hours": "24"}
    assert organiser.post(edit, data=when | {"days": "x", "states": "confirmed"}).status_code == 422
    assert organiser.post(edit, data=when).status_code == 409
    assert organiser.post(edit, data=when | {"states": "confirmed"}).status_code == 302
    organiser.post(f"{edit}/on")
    (timed,) = timing_queries.timed_letters(event.id)
    assert (timed.days, timed.is_on) == (-2, True)
    assert "25 Nov 2025, 18:00" in organiser.get(here).text
    organiser.post(f"{edit}/remove")
    assert timing_queries.timed_letters(event.id) == []


def test_a_letter_of_ones_own_at_its_time_is_written_shown_to_a_reader_and_tried_on_oneself(
    organiser: Reader, event: Event
):
    make.registration(event, make.person("Anna", "Nowak", language="en"))
    here = f"/en/events/{event.slug}/organise/timed-letters"
    edit = organiser.post(here, data={"letter": "own"}).location
    when = {"days": "3", "direction": "after", "anchor": "registered", "at": "09:00", "window_hours": "48"}
    words = {f"{part}_{code}": "Hello {name}" for part in ("subject", "body") for code in ("pl", "en")}
    wrong = organiser.post(edit, data=when | words | {"states": "confirmed", "body_en": "{phone}"})
    assert wrong.status_code == 422
    assert "knows no {phone}" in wrong.text
    assert organiser.post(edit, data=when | words | {"states": "confirmed", "name": "50% off"}).status_code == 302
    page = organiser.get(edit).text
    assert "3 days after they registered, at 09:00" in page
    organiser.post(edit, data=when | words | {"states": "confirmed", "name": "50% off", "days": "0"})
    assert "on the day they register, at 09:00" in organiser.get(edit).text
    assert "50% off" in page
    assert "50% off" in organiser.get(here).text
    assert "Hello Anna Nowak" in organiser.get(f"{edit}/look/1").text
    organiser.post(f"{edit}/trial", data={"n": "1"})
    letters = db.session.scalars(select(OutgoingMail)).all()
    assert [one.subject for one in letters] == ["Hello Anna Nowak"] * 2
    assert len({one.to_address for one in letters} - {"", "anna@example.org"}) == 1
    early = organiser.post(edit, data=when | words | {"states": "confirmed", "direction": "before"})
    assert early.status_code == 409


def test_a_letter_at_its_time_is_shown_to_those_whom_it_is_for_and_switched_on_once_it_has_words(
    organiser: Reader, event: Event
):
    kind = make.participation_type(event)
    make.registration(event, make.person("Ada", "Adamska", language="en"), participation_type=kind)
    waits = make.person("Zofia", "Zych", language="en")
    make.registration(event, waits, participation_type=kind, state=RegistrationState.PENDING)
    edit = organiser.post(f"/en/events/{event.slug}/organise/timed-letters", data={"letter": "own"}).location
    page = organiser.get(edit).text
    assert "Write its words below in both languages" in page
    assert "Switch on" not in page
    when = {"days": "3", "direction": "after", "anchor": "registered", "at": "09:00", "window_hours": "48"}
    words = {f"{part}_{code}": "Hello {name}" for part in ("subject", "body") for code in ("pl", "en")}
    organiser.post(edit, data=when | words | {"states": "pending"})
    page = organiser.get(edit).text
    assert "Switch on" in page
    assert "As Zofia Zych gets it" in page
    assert "Next recipient" not in page
    assert "Hello Zofia Zych" in organiser.get(f"{edit}/look/1").text
    organiser.post(edit, data=when | words | {"states": "declined"})
    page = organiser.get(edit).text
    assert "It is for nobody now" in page
    assert "As Ada Adamska gets it" in page
