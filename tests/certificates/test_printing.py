"""Certificates as they are set: the first page holds what it has to, however long names and lists are."""

import io
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from flask_babel import force_locale
from pypdf import PdfReader

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.badges.printing import LONGEST
from lsos.certificates.models import Certificate, CertificateSettings
from lsos.certificates.printing import Addresses, Sheet, document, duration, in_total
from lsos.certificates.queries import Holder, Sat
from lsos.certificates.rules import Content, Span, Unit
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual
from tests import make

SHORT, LONG = "Rak", "Jak od pomysłu dojść do badania klinicznego, znaleźć finansowanie i nie zgubić pacjenta po drodze"
NAMES = {"short": ("Ada", "Kot"), "long": (LONGEST.given_name, LONGEST.family_name)}
ORGANISATIONS = {
    "short": "Kot",
    "long": LONGEST.organisation,
}
ADDRESSES = Addresses(
    {one: f"https://lsos.example.org/{one}/certificates" for one in ("pl", "en")}, "https://lsos.example.org"
)


@pytest.fixture
def known():
    return CertificateSettings(
        content=Content.SESSIONS,
        unit=Unit.LESSONS,
        words=Bilingual("Słowo " * 60, "\n".join(["A line"] * 6)),
        signer="Bronisława Próbna",
        function=Bilingual("Dyrektorka", "Director"),
    )


def _holder(name, organisation, sessions, title):
    given, family = NAMES[name]
    guest = Registration(
        person=Person(given_name=given, family_name=family), organisation=Organisation(name=ORGANISATIONS[organisation])
    )
    kind = SessionFormat(code="talk", name=Bilingual("Wykład", "Talk"))
    sat = []
    for n in range(sessions):
        begin = make.DOORS + n * timedelta(minutes=30)
        what = Session(code=f"s{n}", title=Bilingual(title, title), format=kind)
        what.starts_at, what.ends_at = begin, begin + timedelta(minutes=30)
        sat.append(Sat(what, Span(begin, begin + timedelta(minutes=30))))
    return Holder(guest, Certificate(number="K7QF2M9XHTRP"), (make.FIRST_DAY,), tuple(sat), None)


@pytest.mark.any_database
def test_the_first_page_is_one_page_and_a_list_without_room_goes_on_the_next(app, known):
    event = make.event(name=Bilingual("Zjazd próbny", "Sample congress"))
    cases = [
        Sheet(_holder(name, organisation, sessions, title), language)
        for name, organisation, title in product(NAMES, ORGANISATIONS, (SHORT, LONG))
        for sessions in range(9)
        for language in (("pl", "en")[sessions % 2],)
    ]
    with document(event, known, cases, addresses=ADDRESSES, now=make.DOORS) as made:
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(made.pdf())).pages]
    firsts = [n for n, text in enumerate(pages) if "lsos.example.org" in text]
    assert len(firsts) == len(cases)
    #: Each page is a first one, or a list that says which page of which it is.
    assert all("lsos.example.org" in text or "K7QF-2M9X-HTRP" in text for text in pages)
    assert not any("lsos.example.org" in text and ("Słowo" not in text and "A line" not in text) for text in pages)
    assert len(pages) <= 2 * len(cases)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("minutes", "polish", "english"),
    [(0, "0 min", "0 min"), (45, "45 min", "45 min"), (60, "1 godz.", "1 h"), (90, "1 godz. 30 min", "1 h 30 min")],
)
def test_lengths_of_time_in_both_languages(app, minutes, polish, english):
    with app.test_request_context():
        for language, said in (("pl", polish), ("en", english)):
            with force_locale(language):
                assert duration(minutes) == said


@pytest.mark.any_database
def test_a_sum_is_told_in_the_hours_that_organisers_chose(app, known):
    with app.test_request_context(), force_locale("en"):
        assert in_total(known, 390) == "6 h 30 min (8.6 educational hours of 45 minutes)"
        known.unit = Unit.CLOCK
        assert in_total(known, 390) == "6 h 30 min"


@pytest.mark.any_database
def test_the_same_certificate_is_the_same_file(app, known):
    event = make.event()
    sheet = Sheet(_holder("long", "long", 3, LONG), "pl")
    printed = []
    for each in (sheet, replace(sheet)):
        with document(event, known, [each], addresses=ADDRESSES, now=make.DOORS) as made:
            printed.append(made.pdf())
    assert printed[0] == printed[1]
