"""Organisers' own words in the platform's letters."""

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.letters.queries import versions_of
from lsos.mail import OutgoingMail
from lsos.outreach import wording
from lsos.outreach.catalogue import LETTERS
from lsos.registration import service
from lsos.registration.rules import RegistrationState
from lsos.texts import LANGUAGES, Bilingual
from tests import make


def keep(
    event: Event, subject: Bilingual, body: Bilingual, *, seen: int = 0, code: str = "registration_declined"
) -> None:
    wording.keep(event, code, subject, body, seen=seen, by=make.person().id, now=make.BEFORE)


def declined(event: Event, language: str, given_name: str = "Ola") -> OutgoingMail:
    kind = make.participation_type(event, needs_approval=True)
    asked = make.registration(
        event,
        make.person(given_name, language=language),
        participation_type=kind,
        state=RegistrationState.PENDING,
    )
    service.move(
        event.id,
        asked.uid,
        RegistrationState.DECLINED,
        by=None,
        reason="No room <b>",
        release=service.nothing_else,
        now=make.BEFORE,
    )
    return db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).all()[0]


def test_own_words_go_out_within_the_frame_and_above_what_stays(app: Flask):
    event = make.event()
    keep(event, Bilingual("", "No, {given_name}"), Bilingual("", "Dear **{given_name}**, not to {event}."))
    letter = declined(event, "en", "<i>Ola")
    assert letter.subject == "No, <i>Ola"
    assert "Dear <i>Ola, not to Trial forum." in letter.text
    assert "We cannot offer you a place" not in letter.text
    assert "> No room <b>" in letter.text
    assert "<strong>&lt;i&gt;Ola</strong>" in letter.html
    assert "No room &lt;b&gt;" in letter.html
    assert "<title>No, &lt;i&gt;Ola</title>" in letter.html


def test_a_missing_language_goes_out_in_the_platforms_words_and_never_in_the_other_language(app: Flask):
    event = make.event()
    keep(event, Bilingual("", "English only"), Bilingual("", "English only"))
    letter = declined(event, "pl")
    assert "English only" not in letter.subject + letter.text + letter.html
    assert letter.subject != "English only"


def test_versions_are_kept_and_the_platform_gets_its_letter_back(app: Flask):
    event = make.event()
    keep(event, Bilingual("", "First"), Bilingual("", "First"))
    keep(event, Bilingual(), Bilingual(), seen=1)
    assert declined(event, "en").subject == "Your application for Trial forum"
    assert [one.subject.en for one in versions_of(event.slug, "registration_declined")] == ["", "First"]


def test_two_organisers_do_not_overwrite_each_other(app: Flask):
    event = make.event()
    keep(event, Bilingual("", "First"), Bilingual("", "First"))
    with pytest.raises(Refused, match="Somebody else"):
        keep(event, Bilingual("", "Second"), Bilingual("", "Second"))


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [
        ("Hello {rank}", "x", r"knows no \{rank\}"),
        ("Hello", "{{ config }}", "knows no"),
        ("Hello", "[x](http://evil.example)", "begins with https"),
        ("Hello", "", "needs both"),
    ],
)
def test_words_that_cannot_be_taken_are_refused(app: Flask, subject: str, body: str, words: str):
    event = make.event()
    with pytest.raises(Refused, match=words):
        keep(event, Bilingual("", subject), Bilingual("", body))
    assert versions_of(event.slug, "registration_declined") == []


def test_every_letter_that_can_be_worded_can_be_looked_at_in_both_languages(app: Flask):
    event = make.event()
    reader = make.registration(event)
    for code in LETTERS:
        keep(event, Bilingual("", "Own {event}"), Bilingual("", "Own words for {name}"), code=code)
        for language in LANGUAGES:
            letter = wording.look(event, code, reader, language)
            assert ("Own words for" in letter.text) == (language == "en")
            assert letter.subject
