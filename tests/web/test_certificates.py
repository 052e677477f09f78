"""Certificates on pages: organisers', one's own, by the link in a letter, and the public check of a number."""

import io
import re
import subprocess
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from lsos.certificates import service, writing
from lsos.certificates.links import token_for
from lsos.certificates.models import Certificate
from lsos.certificates.rules import grouped
from lsos.db import db
from lsos.events.rules import Role
from lsos.mail import OutgoingMail
from lsos.merging.people import Wish, merge
from lsos.privacy import service as erasures
from lsos.privacy.rules import COOLING_OFF
from lsos.web import certificate_files, certificates
from lsos.web.leaving import release_time
from tests import make
from tests.certificates.staged import AFTER, House
from tests.conftest import Reader


@pytest.fixture
def house(app):
    return House()


@pytest.fixture
def owner(client: Reader, house: House):
    make.role(house.owner, Role.OWNER, house.event)
    return client.sign_in(house.owner)


def _text(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def _pages(pdf: bytes) -> int:
    return _text(pdf).count("\f")


def _at(house: House, path: str, language: str = "en") -> str:
    return f"/{language}/events/{house.event.slug}{path}"


def _number(who) -> str:
    db.session.rollback()
    return db.session.scalars(select(Certificate.number).where(Certificate.registration_id == who.id)).one()


# ---- one's own


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "pl",
            [
                "Zaświadczenie o uczestnictwie",
                "Ada Próbna",
                "Zjazd próbny",
                "27–28 listopada 2025",
                "Źródła danych 2",
                "Zgodnie z uchwałą próbną.",
                "Bronisława Próbna",
                "Dyrektorka programowa",
                "2 godz. (godziny dydaktyczne po 45 minut: 2,6)",
                "/pl/certificates",
            ],
        ),
        (
            "en",
            [
                "Certificate of attendance",
                "Ada Próbna",
                "Sample congress",
                "27–28 November 2025",
                "Sources of data 2",
                "By a sample resolution.",
                "Programme director",
                "2 h (2.6 educational hours of 45 minutes)",
                "/en/certificates",
            ],
        ),
    ],
)
def test_the_certificate_says_who_was_where_and_for_how_long_in_either_language(client, house, language, said):
    client.sign_in(house.ada.person)
    answer = client.get(_at(house, f"/me/certificate/{language}.pdf"))
    assert answer.mimetype == "application/pdf"
    text = re.sub(r"\s+", " ", _text(answer.data))
    for words in [*said, grouped(_number(house.ada))]:
        assert words in text
    assert _pages(answer.data) == 1


def test_a_long_list_goes_on_the_next_page_with_number_and_name(client, house):
    house.ada.person.family_name = "Brzęczyszczykiewicz-Gżegżółkowska"
    db.session.commit()
    for n in range(2, 27):
        make.session(house.event, starts_at=make.DOORS + n * timedelta(minutes=20), room_id=house.sessions[0].room_id)
    for n in range(2, 27):
        house.scan(house.ada, n * 20 + 1)
    client.sign_in(house.ada.person)
    pdf = client.get(_at(house, "/me/certificate/pl.pdf")).data
    assert 2 <= _pages(pdf) <= 3
    last = _text(pdf).split("\f")[-2]
    assert "Brzęczyszczykiewicz-Gżegżółkowska" in last
    assert grouped(_number(house.ada)) in last
    assert f"Strona {_pages(pdf)} / {_pages(pdf)}" in last


def test_it_is_tagged_for_screen_readers_and_names_title_and_language(client, house):
    client.sign_in(house.ada.person)
    pdf = client.get(_at(house, "/me/certificate/pl.pdf")).data
    told = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "Zaświadczenie o uczestnictwie: Zjazd próbny" in told
    assert re.search(r"Tagged:\s+yes", told)
    assert b"/Lang (pl" in pdf or b"/Lang(pl" in pdf


def test_my_day_offers_it_and_whoever_did_not_come_reads_why_not(client, house):
    client.sign_in(house.ada.person)
    assert "me/certificate/pl.pdf" in client.get(_at(house, "/me/")).text
    client.sign_in(house.jan.person)
    assert "me/certificate/pl.pdf" not in client.get(_at(house, "/me/")).text
    assert "No badge was scanned" in client.get(_at(house, "/me/certificate")).text
    refused = client.get(_at(house, "/me/certificate/en.pdf"), follow_redirects=True)
    assert "No badge was scanned" in refused.text
    assert client.get(_at(house, "/me/certificate/de.pdf")).status_code == 404


# ---- by letter


def test_the_link_in_the_letter_opens_it_without_signing_in(client, house):
    writing.write_due(now=AFTER)
    letter = db.session.scalars(select(OutgoingMail).where(OutgoingMail.to_address == "ada@example.org")).one()
    assert "Zjazd próbny" in letter.subject
    path = re.search(r"https?://[^/]+(/pl/my-certificate/\S+)", letter.text)
    assert path is not None
    page = client.get(path[1])
    assert "Ada Próbna" in page.text
    #: Looking at the page takes nothing: scanners of mail open links.
    assert db.session.scalars(select(Certificate.downloaded_at)).all() == [None, None]
    assert client.get(f"{path[1]}/en.pdf").mimetype == "application/pdf"
    assert _number(house.ada)
    assert client.get("/pl/my-certificate/somebody-elses").status_code == 404


# ---- the public check


def _check(client, typed):
    return client.get("/en/certificates", query_string={"number": typed})


def test_whoever_types_the_number_sees_what_stands_on_it_and_no_more(client, house):
    service.take(house.ada.id, now=AFTER)
    number = _number(house.ada)
    for typed in (number, grouped(number).lower(), f" {grouped(number)} "):
        page = _check(client, typed)
        assert page.status_code == 200
        assert "It is genuine" in page.text
        assert "Ada Próbna" in page.text
        assert "2.6 educational hours" in page.text
        for hidden in ("ada@example.org", "Sources of data", house.ada.badge_code):
            assert hidden not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    by_code = client.get(f"/V/{number}?lang=pl", follow_redirects=True)
    assert "Jest autentyczne" in by_code.text


def test_a_wrong_number_is_told_clearly_and_stays_in_its_field(client, house):
    page = _check(client, "ABCD-2345-<b>")
    assert page.status_code == 404
    assert "There is no certificate with this number" in page.text
    assert "this one has fewer" in page.text
    assert 'value="ABCD-2345-&lt;b&gt;"' in page.text
    assert "letter by letter" in _check(client, "2222-2222-2222").text
    assert "this one has more" in _check(client, "2222-2222-2222-2").text
    assert client.get("/V/-").status_code == 302


def test_a_revoked_number_says_so_and_names_nobody(client, house):
    service.take(house.ada.id, now=AFTER)
    service.revoke(house.event.id, house.ada.uid, "Lent her badge", by=house.owner.id, now=AFTER)
    page = _check(client, _number(house.ada)).text
    assert "It was revoked" in page
    assert "Ada" not in page
    assert "Lent" not in page


def test_of_somebody_erased_only_the_number_is_left(client, house, tmp_path):
    service.take(house.ada.id, now=AFTER)
    number = _number(house.ada)
    wish = erasures.ask(house.ada.person_id, now=AFTER).uid
    erasures.confirm(wish, by=house.ada.person_id, release=release_time(actor_id=None, now=AFTER), now=AFTER)
    later = AFTER + COOLING_OFF + timedelta(minutes=1)
    erasures.run_due(release=release_time(actor_id=None, now=later), data_dir=tmp_path, now=later)
    page = _check(client, number).text
    assert "It is no longer on record" in page
    assert "Ada" not in page
    left = db.session.scalars(select(Certificate)).one()
    assert (left.number, left.downloaded_at) == (number, None)
    assert client.get(f"/en/my-certificate/{token_for(house.ada.uid)}").status_code == 404


def test_both_numbers_of_somebody_who_had_two_records_are_genuine(client, house):
    for who in (house.ada, house.ewa):
        service.take(who.id, now=AFTER)
    numbers = [_number(who) for who in (house.ada, house.ewa)]
    into, gone = house.ada.person.uid, house.ewa.person.uid
    staying = Wish(staying={house.event.slug: house.ada.uid})
    merge(into, gone, staying, release=release_time(actor_id=None, now=AFTER), by=house.owner.id, now=AFTER)
    for number in numbers:
        page = _check(client, number).text
        assert "It is genuine" in page
        assert "Ada Próbna" in page
    #: The link in the letter of the record that went leads to the certificate of the one that stays.
    assert "Ada Próbna" in client.get(f"/en/my-certificate/{token_for(house.ewa.uid)}").text


# ---- organisers


SETTINGS = {
    "is_given": "y",
    "content": "presence",
    "unit": "clock",
    "words_pl": "",
    "words_en": "",
    "signer": "Jan Próbny",
    "function_pl": "",
    "function_en": "",
    "sending": "by_hand",
}


def test_organisers_say_what_stands_on_them_and_nothing_typed_is_lost(owner, house):
    wrong = owner.post(_at(house, "/organise/certificates/settings"), data=SETTINGS | {"signer": "J" * 130})
    assert wrong.status_code == 422
    assert "J" * 130 in wrong.text
    owner.post(_at(house, "/organise/certificates/settings"), data=SETTINGS)
    answer = owner.post(_at(house, f"/organise/certificates/people/{house.ada.uid}.pdf"), data={"language": "en"})
    text = _text(answer.data)
    assert "Jan Próbny" in text
    assert "Sources of data" not in text


def test_the_list_says_who_gets_one_and_who_took_it(owner, house):
    service.take(house.ada.id, now=AFTER)
    page = owner.get(_at(house, "/organise/certificates")).text
    assert "2 people get a certificate." in page
    taken = owner.get(_at(house, "/organise/certificates?group=taken")).text
    assert grouped(_number(house.ada)) in taken
    assert "Ewa Próbna" not in taken
    assert "Ewa Próbna" in owner.get(_at(house, "/organise/certificates?q=ewa")).text


def test_all_are_printed_in_one_file_each_in_its_language(owner, house):
    house.ewa.person.language = "en"
    db.session.commit()
    text = _text(owner.post(_at(house, "/organise/certificates/certificates.pdf")).data)
    assert text.count("Zaświadczenie o uczestnictwie") == 1
    assert text.count("Certificate of attendance") == 1
    english = owner.post(_at(house, "/organise/certificates/certificates.pdf"), data={"language": "en"})
    assert _text(english.data).count("Certificate of attendance") == 2


def test_many_come_as_a_zip_of_files(owner, house, monkeypatch):
    for module in (certificate_files, certificates):
        monkeypatch.setattr(module, "IN_A_FILE", 1)
    answer = owner.post(_at(house, "/organise/certificates/certificates.pdf"), buffered=True)
    assert answer.mimetype == "application/zip"
    packed = ZipFile(io.BytesIO(answer.data))
    assert packed.testzip() is None
    assert [_pages(packed.read(name)) for name in packed.namelist()] == [1, 1]


def test_those_who_were_ticked_in_the_list_of_people_are_printed(owner, house):
    data = {"do": "certificates", "uid": [house.ewa.uid]}
    leads = owner.post(_at(house, "/organise/people/many/"), data=data)
    page = owner.get(leads.location).text
    assert "1 person is ticked" in page
    chosen = re.search(r"chosen=([\w-]+)", leads.location)
    assert chosen is not None
    printed = owner.post(_at(house, "/organise/certificates/certificates.pdf"), data={"chosen": chosen[1]})
    assert "Ewa" in _text(printed.data)
    assert "Ada" not in _text(printed.data)


def test_organisers_revoke_with_a_reason_and_undo_it(owner, house):
    here = _at(house, f"/organise/certificates/people/{house.ada.uid}")
    assert owner.post(f"{here}/revoke", data={"reason": ""}).status_code == 422
    assert (
        "Lent her badge" in owner.post(f"{here}/revoke", data={"reason": "Lent her badge"}, follow_redirects=True).text
    )
    history = owner.get(_at(house, f"/organise/people/{house.ada.uid}")).text
    assert "Certificate of attendance revoked: Lent her badge" in history
    refused = owner.post(f"{here}.pdf", data={"language": "pl"}, follow_redirects=True).text
    assert "revoked" in refused
    assert "It counts again" in owner.post(f"{here}/restore", follow_redirects=True).text


def test_letters_go_by_the_button(owner, house):
    owner.post(_at(house, "/organise/certificates/settings"), data=SETTINGS)
    page = owner.get(_at(house, "/organise/certificates")).text
    assert "Write to 2 people" in page
    owner.post(_at(house, "/organise/certificates/letters"))
    assert writing.write_due(now=datetime.now(UTC)) == 2
    assert "2 people were written to." in owner.get(_at(house, "/organise/certificates")).text


def test_the_preview_is_drawn_in_both_languages(owner, house):
    for language in ("pl", "en"):
        assert owner.get(_at(house, f"/organise/certificates/preview/{language}.png")).mimetype == "image/png"
