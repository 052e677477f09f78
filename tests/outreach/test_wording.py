"""Organisers' own words in the platform's letters."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.invitations import service as invitations
from lsos.invitations import waves
from lsos.invitations.rules import WaveKind
from lsos.invitations.service import Asked
from lsos.letters.queries import versions_of
from lsos.mail import OutgoingMail
from lsos.outreach import wording
from lsos.paths import folder
from lsos.registration import service
from lsos.registration.rules import RegistrationState
from lsos.registration.steps import nothing_else
from lsos.texts import LANGUAGES, Bilingual
from lsos.web.letter_catalogue import FIXED, LETTERS
from tests import make


def keep(
    event: Event, subject: Bilingual, body: Bilingual, *, seen: int = 0, code: str = "registration_declined"
) -> None:
    wording.keep(event, LETTERS[code], subject, body, seen=seen, by=make.person().id, now=make.BEFORE)


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
        release=nothing_else,
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


def links_in(letter: OutgoingMail) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', letter.html))


def test_every_letter_can_be_worded_and_keeps_its_links_and_looked_at_in_both_languages(app: Flask):
    event = make.event()
    make.registration(event)
    for code, letter in LETTERS.items():
        sample = letter.samples.nth(event.id, 1)
        assert sample is not None, code
        ours = wording.look(event, letter, sample, "en")
        names = " ".join(f"{{{one.name}}}" for one in letter.placeholders)
        keep(event, Bilingual("", "Own {event}"), Bilingual("", f"Own words {names}"), code=code)
        theirs = {language: wording.look(event, letter, sample, language) for language in LANGUAGES}
        assert ("Own words" in theirs["en"].text, "Own words" in theirs["pl"].text) == (True, False), code
        assert theirs["pl"].subject
        assert theirs["en"].subject == "Own Trial forum"
        assert links_in(ours) <= links_in(theirs["en"]), code
        for name in (one.name for one in letter.placeholders):
            assert f"{{{name}}}" not in theirs["en"].text + theirs["en"].html, (code, name)


def test_every_template_of_a_letter_can_be_worded_or_says_why_not():
    templates = {path.stem for path in (folder("templates") / "mail").glob("*.jinja") if not path.stem.startswith("_")}
    assert templates == {*LETTERS, *FIXED}


def test_own_words_reach_who_is_invited(app: Flask):
    event = make.event()
    kind = make.participation_type(event)
    keep(event, Bilingual("", "Come, {given_name}"), Bilingual("", "Dear {name}, {organiser} asks."), code="invitation")
    asked = Asked("ola@example.org", kind.code, "Ola", "Lis", language="en", line=Bilingual("", "See you"))
    by = make.person().id
    made = invitations.invite(event.id, asked, by=by, now=make.BEFORE)
    wave = waves.freeze(event.id, [made.uid], WaveKind.SEND, by=by, now=make.BEFORE)
    waves.begin(event.id, wave.uid, expected=1, by=by, now=make.BEFORE)
    waves.proceed(event.id, wave.uid, now=make.BEFORE)
    (letter,) = db.session.scalars(select(OutgoingMail)).all()
    assert letter.subject == "Come, Ola"
    assert "Dear Ola Lis" in letter.text
    assert "> See you" in letter.text
    assert "/invitation" in letter.text
