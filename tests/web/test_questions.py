"""Organisers' own questions: as they write them, as people answer them, and as the answers are read."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from lsos.accounts.queries import person_by_email
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.questionnaires import queries
from lsos.questionnaires.models import Answer, AnswerFile, RegistrationDraft
from lsos.questionnaires.rules import AskedWhen, Given, QuestionKind, answer_problem, tidy
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.queries import registration_of
from lsos.texts import Bilingual
from tests import make
from tests.asking import ask, if_
from tests.conftest import Reader
from tests.counting import counting
from tests.naughty import naughty_strings

K = QuestionKind
AHEAD = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture
def event(app: Flask) -> Event:
    return make.event(starts_on=AHEAD)


@pytest.fixture
def kind(event: Event) -> ParticipationType:
    return make.participation_type(event, is_light=True, has_matchmaking=False)


@pytest.fixture
def desk(client: Reader, event: Event) -> Reader:
    return client.sign_in(make.staff(Role.REGISTRATIONS, event))


def at(event: Event, more: str = "", language: str = "en") -> str:
    return f"/{language}/events/{event.slug}/organise/questions{more}"


def form_of(event: Event, kind: ParticipationType, more: str = "") -> str:
    return f"/en/events/{event.slug}/register/{kind.code}{more}"


PERSON = {"once": "1", "given_name": "Ola", "email": "ola@example.org", "language": "en"}


def answers_of(address: str, event: Event) -> dict[str, Given]:
    person = person_by_email(address)
    assert person is not None
    mine = registration_of(event.id, person.id)
    assert mine is not None
    return queries.given_by(queries.questions_of(event.id), queries.answers_of(mine.id))


# ---- writing


def test_an_organiser_writes_a_question_and_finds_it_in_the_list(desk: Reader, event: Event):
    assert "Nothing is asked yet" in desk.get(at(event)).text
    written = {
        "kind": "choose_one",
        "label_pl": "Który warsztat?",
        "label_en": "Which workshop?",
        "option_0_pl": "Wycena",
        "option_0_en": "",
        "option_0_seats": "20",
        "option_1_pl": "Żaden",
        "option_1_en": "None",
        "need": "required",
    }
    lonely = desk.post(at(event, "/new"), data=written | {"option_1_pl": "", "option_1_en": ""})
    assert lonely.status_code == 422
    assert "Write at least two options" in lonely.text
    assert "Który warsztat?" in lonely.text, "what was typed stays"

    page = desk.post(at(event, "/new"), data=written, follow_redirects=True).text
    assert "Which workshop?" in page
    assert "<code>which_workshop</code>" in page
    assert "0 of 20 seats taken" in page
    assert "missing: English" in page
    (question,) = queries.questions_of(event.id)
    assert question.is_required
    taken = desk.post(at(event, "/new"), data=written | {"code": "which_workshop"})
    assert "Another question of this event has this name" in taken.text


def test_a_question_of_every_kind_is_written_and_changed(desk: Reader, event: Event):
    words = {"label_pl": "Dalej", "label_en": "Further on", "option_0_en": "A", "option_1_en": "B", "file_kinds": "pdf"}
    for kind in K:
        assert desk.post(at(event, "/new"), data=words | {"kind": kind}).status_code == 302, kind
        question = queries.questions_of(event.id)[-1]
        assert question.kind is kind
        options = {f"option_{n}_code": one.code for n, one in enumerate(question.offered)}
        changed = {**words, **options, "kind": kind, "label_en": "On we go"}
        assert desk.post(at(event, f"/{question.uid}/edit"), data=changed).status_code == 302, kind
    db.session.expire_all()
    assert {one.current.label.en for one in queries.questions_of(event.id)} == {"On we go"}


def test_what_may_be_left_out_of_a_list_is_marked(client: Reader, event: Event, kind: ParticipationType):
    country = ask(event, "country", K.COUNTRY)
    page = client.get(form_of(event, kind)).text
    assert re.search(r"country\?\s*<span class=\"optional\">", page)
    country.is_required = True
    db.session.commit()
    assert not re.search(r"country\?\s*<span class=\"optional\">", client.get(form_of(event, kind)).text)


def test_a_condition_is_chosen_on_the_form_and_said_in_a_sentence(desk: Reader, event: Event):
    hotel = ask(event, "hotel", K.YES_NO)
    written = {
        "kind": "number",
        "label_en": "How many nights?",
        "least": "1",
        "most": "3,5",
        f"when_{hotel.id}": "one_of",
    }
    assert "Tick the answers" in desk.post(at(event, "/new"), data=written).text
    values = {f"values_{hotel.id}": ["yes"]}
    page = desk.post(at(event, "/new"), data=written | values, follow_redirects=True).text
    assert "Only if the answer to “hotel?” is: yes." in page
    nights = queries.questions_of(event.id)[1]
    assert "3.5" in desk.get(at(event, f"/{nights.uid}/edit")).text
    assert (
        "would stand before the one"
        in desk.post(at(event, f"/{nights.uid}/move"), data={"up": "1"}, follow_redirects=True).text
    )


def test_more_rows_lose_nothing_that_was_typed(desk: Reader, event: Event):
    typed = {"kind": "choose_one", "label_en": "Shirt?", "option_0_pl": "S", "option_4_en": "XL", "more": "1"}
    page = desk.post(at(event, "/new"), data=typed).text
    assert 'value="XL"' in page
    assert "option_9_pl" in page
    assert queries.questions_of(event.id) == []


def test_changing_what_was_answered_asks_what_the_change_means(desk: Reader, event: Event):
    shirt = ask(event, "shirt")
    whose = make.registration(event)
    make.add(
        Answer(
            registration_id=whose.id,
            question_id=shirt.id,
            version_id=shirt.current.id,
            given=["<b>XL</b>"],
            at=make.BEFORE,
        )
    )
    edit = at(event, f"/{shirt.uid}/edit")
    assert "1 person has answered it" in desk.get(edit).text
    changed = {"kind": "short_text", "code": "shirt", "label_en": "Sweater?", "meaning": "other"}
    desk.post(edit, data=changed)

    page = desk.get(at(event, f"/{shirt.uid}")).text
    assert "As it was asked before: shirt?" in page
    assert "&lt;b&gt;XL&lt;/b&gt;" in page
    person = desk.get(f"/en/events/{event.slug}/organise/people/{whose.uid}").text
    assert "to an earlier wording" in person
    assert "Archived" in desk.post(at(event, f"/{shirt.uid}/archive"), follow_redirects=True).text
    assert "asked again" in desk.post(at(event, f"/{shirt.uid}/restore"), follow_redirects=True).text


def test_the_preview_checks_what_is_typed_and_stores_nothing(desk: Reader, event: Event, kind: ParticipationType):
    ask(event, "hotel", K.YES_NO, is_required=True)
    ask(event, "nights", K.NUMBER, conditions=(if_("hotel", "yes"),), is_required=True)
    preview = at(event, f"/preview?type={kind.code}", "pl")
    page = desk.get(preview).text
    assert "data-when=" in page
    assert "nights?" in page
    wrong = desk.post(preview, data={"q-hotel": "yes"})
    assert wrong.status_code == 422
    right = desk.post(preview, data={"q-hotel": "no"})
    assert right.status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Answer)) == 0
    assert db.session.scalar(select(func.count()).select_from(RegistrationDraft)) == 0


def test_answers_are_given_as_a_file_that_runs_nothing(desk: Reader, event: Event):
    ask(event, "note", K.LONG_TEXT)
    ask(event, "shop", K.CHOOSE_SEVERAL, options={"a": None, "b": None})
    whose = make.registration(event)
    questions = {one.code: one for one in queries.questions_of(event.id)}
    for code, given in {"note": ["=1+1"], "shop": ["a", "b"]}.items():
        version = questions[code].current.id
        row = Answer(registration_id=whose.id, question_id=questions[code].id, version_id=version, at=make.BEFORE)
        row.given = given
        make.add(row)
    head, line = csv.reader(io.StringIO(desk.get(at(event, "/answers.csv")).data.decode("utf-8-sig")))
    assert head[-2:] == ["note", "shop"]
    assert line[-2:] == ["'=1+1", "a in English, b in English"]


# ---- answering


def test_whoever_registers_is_asked_and_their_answers_are_stored(client: Reader, event: Event, kind: ParticipationType):
    other = make.participation_type(event, is_light=True)
    ask(event, "hotel", K.YES_NO, is_required=True)
    ask(event, "nights", K.NUMBER, conditions=(if_("hotel", "yes"),), is_required=True)
    ask(event, "badge", types=frozenset({other.code}), is_required=True)
    page = client.get(form_of(event, kind)).text
    assert "Only if the answer to “hotel?” is: yes." in page
    assert "badge?" not in page

    wrong = client.post(form_of(event, kind), data=PERSON | {"q-hotel": "yes", "q-nights": "many"})
    assert wrong.status_code == 422
    assert "Write a number" in wrong.text
    assert 'value="many"' in wrong.text
    done = client.post(form_of(event, kind), data=PERSON | {"q-hotel": "yes", "q-nights": "2,50"})
    assert done.location.endswith("/thanks")
    assert answers_of("ola@example.org", event) == {"hotel": ("yes",), "nights": ("2.5",)}


def test_an_answer_to_what_is_not_asked_is_not_stored(client: Reader, event: Event, kind: ParticipationType):
    ask(event, "hotel", K.YES_NO)
    ask(event, "nights", K.NUMBER, conditions=(if_("hotel", "yes"),), is_required=True)
    client.post(form_of(event, kind), data=PERSON | {"q-hotel": "no", "q-nights": "rubbish"})
    assert answers_of("ola@example.org", event) == {"hotel": ("no",)}


def test_a_full_option_is_shown_as_full_and_refused_with_its_name(
    client: Reader, event: Event, kind: ParticipationType
):
    ask(event, "shop", K.CHOOSE_ONE, options={"a": 0, "b": 1}, is_required=True)
    page = client.get(form_of(event, kind)).text
    assert "full" in page
    assert re.search(r'<input[^>]*disabled[^>]*value="a"|<input[^>]*value="a"[^>]*disabled', page)
    full = client.post(form_of(event, kind), data=PERSON | {"q-shop": "a"})
    assert full.status_code == 422
    assert "“a in English” is full" in full.text
    client.post(form_of(event, kind), data=PERSON | {"q-shop": "b"})
    assert (
        "“b in English” is full"
        in client.post(
            form_of(event, kind), data=PERSON | {"q-shop": "b", "email": "jan@example.org", "once": "2"}
        ).text
    )


def test_a_form_of_several_pages_keeps_what_is_typed_back_and_forth(
    client: Reader, event: Event, kind: ParticipationType
):
    ask(event, "hotel", K.YES_NO)
    ask(event, "stand", K.PAGE_BREAK, label=Bilingual("Stoisko", "Your stand"))
    ask(event, "nights", K.NUMBER, conditions=(if_("hotel", "yes"),), is_required=True)
    ask(event, "note", K.LONG_TEXT)
    assert "Page 1 of 2" in client.get(form_of(event, kind)).text

    first = client.post(form_of(event, kind), data=PERSON | {"q-hotel": "yes"})
    assert first.location.endswith("/page/2")
    page = client.get(first.location).text
    assert "Your stand" in page
    assert "nights?" in page
    back = client.post(first.location, data={"q-nights": "rubbish", "q-note": "Zażółć", "back": "1"})
    assert "ola@example.org" in client.get(back.location).text
    assert "rubbish" in client.get(first.location).text, "going back loses nothing, right or wrong"

    assert client.post(first.location, data={"q-nights": "", "q-note": "Zażółć"}).status_code == 422
    client.post(form_of(event, kind), data=PERSON | {"q-hotel": "no"})
    assert "nights?" not in client.get(first.location).text, "an answer on an earlier page decides"
    done = client.post(first.location, data={"q-note": "Zażółć"})
    assert done.location.endswith("/thanks")
    assert answers_of("ola@example.org", event) == {"hotel": ("no",), "note": ("Zażółć",)}
    assert db.session.scalar(select(func.count()).select_from(RegistrationDraft)) == 0


def test_a_form_that_was_left_is_found_again_by_the_link_in_a_letter(
    client: Reader, event: Event, kind: ParticipationType
):
    ask(event, "note", K.LONG_TEXT)
    kept = client.post(form_of(event, kind), data=PERSON | {"q-note": "half a", "keep": "1"}, follow_redirects=True)
    assert "You are not registered yet" in kept.text
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 0
    letter = db.session.scalars(select(OutgoingMail).where(OutgoingMail.to_address == "ola@example.org")).one()
    link = re.search(r"/\w\w/events/[^\s]+/continue/[^\s]+", letter.text)
    assert link is not None
    draft = db.session.scalars(select(RegistrationDraft)).one()
    assert str(draft.token_hash) not in letter.text

    elsewhere = client.application.test_client()
    assert "half a" not in elsewhere.get(form_of(event, kind)).text
    assert "Continue with the form" in elsewhere.get(link[0]).text
    page = elsewhere.post(link[0], follow_redirects=True)
    assert "half a" in page.text
    assert "ola@example.org" in page.text
    assert "half a" not in elsewhere.post(form_of(event, kind, "/discard"), follow_redirects=True).text
    assert "not kept any more" in elsewhere.get(link[0]).text


def test_a_file_is_kept_while_the_rest_is_mended_and_given_to_its_owner_and_the_organiser_only(
    client: Reader, event: Event, kind: ParticipationType
):
    ask(event, "deck", K.FILE, file_kinds=("pdf",), is_required=True)
    who = make.person()
    client.sign_in(who)
    sent = PERSON | {"given_name": "", "q-deck-file": (io.BytesIO(b"%PDF-1.7 <script>"), "Plan <b>.pdf")}
    page = client.post(form_of(event, kind), data=sent, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "Plan &lt;b&gt;.pdf" in page.text
    kept = db.session.scalars(select(AnswerFile)).one()
    client.post(form_of(event, kind), data=PERSON | {"q-deck": kept.uid})
    mine = registration_of(event.id, who.id)
    assert mine is not None

    answer = client.get(f"/en/events/{event.slug}/me/questions/files/{kept.uid}")
    assert answer.data == b"%PDF-1.7 <script>"
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    client.sign_in(make.registration(event).person)
    assert client.get(f"/en/events/{event.slug}/me/questions/files/{kept.uid}").status_code == 404
    client.sign_in(make.staff(Role.REGISTRATIONS, event))
    assert client.get(at(event, f"/files/{kept.uid}")).data == b"%PDF-1.7 <script>"


def test_one_changes_ones_answers_and_is_told_of_what_is_missing(client: Reader, event: Event):
    ask(event, "food", is_required=True)
    ask(event, "final", may_edit=False)
    whose = make.registration(event)
    client.sign_in(whose.person)
    mine = f"/en/events/{event.slug}/me/questions"
    assert "The organiser needs an answer from you: food?" in client.get(f"/en/events/{event.slug}/me/profile").text
    assert client.post(mine, data={"q-food": "", "q-final": "x"}).status_code == 422
    stored = client.post(mine, data={"q-food": "vegan", "q-final": "done"}, follow_redirects=True).text
    assert "Your answers are saved." in stored
    assert "This answer is final." in stored
    client.post(mine, data={"q-food": "meat", "q-final": "changed"})
    assert queries.given_by(queries.questions_of(event.id), queries.answers_of(whose.id)) == {
        "food": ("meat",),
        "final": ("done",),
    }
    assert "needs an answer" not in client.get(f"/en/events/{event.slug}/me/profile").text


def test_what_is_asked_at_the_door_is_put_after_the_scan_and_nowhere_else(
    client: Reader, event: Event, kind: ParticipationType
):
    ask(event, "hotel", K.YES_NO)
    shirt = {"asked_when": AskedWhen.CHECK_IN, "is_required": True}
    ask(event, "shirt", K.CHOOSE_ONE, options={"s": 1, "m": None}, conditions=(if_("hotel", "yes"),), **shirt)
    whose = make.registration(event, participation_type=kind)
    client.sign_in(whose.person)
    mine = f"/en/events/{event.slug}/me/questions"
    assert "shirt?" not in client.get(mine).text
    door = make.staff(Role.DOOR, event)
    asks = f"/en/events/{event.slug}/door/questions/{whose.badge_code}"
    client.sign_in(door)
    assert "Nothing is left to ask." in client.get(asks).text
    client.sign_in(whose.person)
    client.post(mine, data={"q-hotel": "yes"})

    client.sign_in(door)
    page = client.get(asks).text
    assert "shirt?" in page
    assert "hotel?" not in page, "the door sees nothing else of a guest"
    assert client.post(asks, data={}).status_code == 422
    client.post(asks, data={"q-shirt": "s"})
    assert queries.given_by(queries.questions_of(event.id), queries.answers_of(whose.id)) == {
        "hotel": ("yes",),
        "shirt": ("s",),
    }
    assert "Nothing is left to ask." in client.get(asks).text


def test_every_naughty_text_is_stored_and_shown_as_it_was_typed(client: Reader, event: Event):
    note = ask(event, "note", K.LONG_TEXT)
    whose = make.registration(event)
    client.sign_in(whose.person)
    rule = queries.ask_of(note)
    asked = 0
    #: Every seventh, since each is a request; the rule alone is given all of them in its own test.
    for text in naughty_strings()[::7]:
        given = tidy(K.LONG_TEXT, [text])
        if "\x00" in text or not given or answer_problem(rule, given, is_required=True):
            continue
        asked += 1
        client.post(f"/en/events/{event.slug}/me/questions", data={"q-note": text})
        stored = queries.answers_of(whose.id)[note.id]
        assert tuple(stored.given) == given, text
    assert asked > 30


def test_the_list_asks_the_database_as_often_for_many_questions_as_for_few(desk: Reader, event: Event):
    def count() -> int:
        with counting() as statements:
            assert desk.get(at(event)).status_code == 200
        return len(statements)

    hotel = ask(event, "q0", K.YES_NO)
    ask(event, "q1", K.CHOOSE_ONE, options={"a": 1, "b": None}, conditions=(if_(hotel.code, "yes"),))
    few = count()
    for n in range(2, 12):
        ask(event, f"q{n}", K.CHOOSE_ONE, options={"a": 1, "b": None}, conditions=(if_("q0", "yes"),))
    assert count() == few
