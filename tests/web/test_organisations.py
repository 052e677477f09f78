"""The register of organisations, as its keeper reads it."""

import html
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lsos.db import db
from lsos.events.rules import Role
from lsos.organisations.keeping import OrganisationFacts, store
from lsos.organisations.models import Affiliation, Organisation
from lsos.organisations.queries import organisation_by_name, whole_organisation
from lsos.organisations.rules import NumberKind
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key
from lsos.web import organisations
from lsos.web.organisations import organisation_form
from tests import make
from tests.conftest import Reader
from tests.counting import counting
from tests.invitations.given import delegation
from tests.naughty import naughty_strings

AT = "/en/organisations"


@pytest.fixture
def desk(client: Reader) -> Reader:
    return client.sign_in(make.staff(Role.REGISTRATIONS))


def kept(name: str, **more: Any) -> Organisation:
    return store(None, OrganisationFacts(name, **more), by=make.person().id, now=make.BEFORE)


def form(name: str, **more: str) -> dict[str, str]:
    return {"name": name, **more}


def test_an_organisation_is_added_corrected_and_found_by_name_domain_and_number(desk: Reader):
    typed = form("Łąki Bio", aliases="ŁB\nMeadows", nip="123-456-32-18", domains="laki.pl", region="PL-12", city="Łódź")
    answer = desk.post(f"{AT}/new", data=typed, follow_redirects=True)
    assert "Łąki Bio is saved." in answer.text
    assert "małopolskie" in answer.text
    for words in ("laki", "meadows", "laki.pl", "123-456-32-18", "PL1234563218"):
        assert "Łąki Bio" in desk.get(f"{AT}?q={words}").text, words
        assert desk.get("/en/suggest/organisations", query_string={"q": words}).json == [
            {"name": "Łąki Bio", "town": "Łódź"}
        ]
    assert desk.get("/en/suggest/organisations?q=l").json == []
    one = organisation_by_name("meadows")
    assert one is not None
    assert 'value="1234563218"' in desk.get(f"{AT}/{one.uid}/edit").text
    desk.post(f"{AT}/{one.uid}/edit", data=form("Łąki Biotech", aliases="Meadows"))
    assert organisation_by_name("łb") is None
    assert organisation_by_name("laki biotech") == one


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (form("", city="Kept"), "Write the name of the organisation."),
        (form("Bio", nip="1234563217"), "This is no NIP"),
        (form("Bio", website="javascript:alert(1)"), "begins with https://"),
        (form("Bio", domains="gmail.com"), "gmail.com is no domain of one organisation"),
        (form("Taken"), "Taken is a name of Taken."),
        (form("Bio", aliases="TAKEN"), "TAKEN is a name of Taken."),
        (form("Bio", krs="123456"), "0000123456 is the number of Taken."),
        (form("Bio", domains="taken.pl"), "taken.pl is the domain of Taken."),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_sentence_and_kept_on_the_page(
    desk: Reader, typed: dict[str, str], words: str
):
    kept("Taken", domains=("taken.pl",), numbers={NumberKind.KRS: "0000123456"})
    answer = desk.post(f"{AT}/new", data=typed)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert words in page
    assert all(value in page for value in typed.values())


def test_every_string_is_kept_unchanged_or_refused_with_a_sentence(
    desk: Reader, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    #: Sorting all countries five hundred times over is not what is tested here.
    monkeypatch.setattr(organisations, "country_choices", lambda: [("PL", "Poland")])
    accepted: dict[str, str] = {}
    for text in naughty_strings():
        with app.test_request_context(f"{AT}/new", method="POST", data=form(text, city=text[:100])):
            typed = organisation_form()
            if typed.validate():
                assert (typed.facts().name, typed.facts().city) == (text.strip(), text[:100].strip())
                accepted.setdefault(search_key(text), text.strip())
            else:
                assert typed.name.errors
    accepted.pop("", None)
    assert len(accepted) > 300
    uid = kept("Base", aliases=tuple(accepted.values())).uid
    whole = whole_organisation(uid)
    assert whole is not None
    assert set(whole.other_names) == set(accepted.values())
    page = html.unescape(desk.get(f"{AT}/{uid}").text)
    assert [name for name in accepted.values() if name not in page] == []


def test_the_list_costs_the_same_for_many(desk: Reader):
    def cost() -> int:
        with counting() as statements:
            desk.get(AT)
        return len(statements)

    for n in range(3):
        kept(f"One {n}", city="Kraków")
    few = cost()
    for n in range(30):
        who = make.person()
        make.add(Affiliation(person_id=who.id, organisation_id=kept(f"More {n}").id))
    assert cost() == few


def test_two_are_compared_and_merged_and_the_old_address_leads_on(desk: Reader):
    into, gone = kept("Biomed", city="Kraków"), kept("Biomed S.A.", country="PL")
    into_uid, gone_uid = into.uid, gone.uid
    listed = desk.get(f"{AT}/duplicates").text
    assert "the same name but for its legal form" in listed
    page = desk.get(f"{AT}/{into_uid}/merge?other={gone_uid}").text
    assert 'name="from-country" value="gone" checked' in page
    assert desk.get(f"{AT}/{into_uid}/merge?q=biomed").text.count("Compare") == 1
    answer = desk.post(
        f"{AT}/{into_uid}/merge", data={"other": gone_uid, "from-country": "gone"}, follow_redirects=True
    )
    assert "The two are one now: Biomed." in answer.text
    assert desk.get(f"{AT}/{gone_uid}").location.endswith(into_uid)
    again = desk.post(f"{AT}/{into_uid}/merge", data={"other": gone_uid}, follow_redirects=True)
    assert "merged meanwhile" in again.text


def test_a_list_is_looked_at_before_it_is_taken_in(desk: Reader):
    known = kept("BioMed", city="Kraków")
    similar = kept("Zielarnia sp. z o.o.")
    text = "nazwa;nip;miasto\nBioMed;123-456-32-18;Łódź\nZielarnia;;\nNowa;;Żory\nZła;123;\n"
    data = {"file": (io.BytesIO(text.encode("cp1250")), "lista.csv")}
    answer = desk.post(f"{AT}/list", data=data)
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    for words in (
        "Line 5",
        "A NIP has 10 digits",
        "<del>Kraków</del>",
        "It is Zielarnia sp. z o.o.",
        "Import the list",
    ):
        assert words in page, words
    assert db.session.query(Organisation).count() == 2

    pasted = desk.post(f"{AT}/list/take", data={"text": text, "line-3": similar.uid}, follow_redirects=True)
    assert "1 organisation was added. 2 were brought up to date." in pasted.text
    one = whole_organisation(known.uid)
    assert one is not None
    assert (one.city, [number.number for number in one.numbers]) == ("Kraków", ["1234563218"])
    assert organisation_by_name("zielarnia") == db.session.get_one(Organisation, similar.id)
    assert db.session.scalars(select(Organisation.city).where(Organisation.name == "Nowa")).one() == "Żory"
    again = desk.post(f"{AT}/list/take", data={"text": text, "replace_known": "y"}, follow_redirects=True)
    assert "0 organisations were added. 1 was brought up to date." in again.text


def test_a_file_that_is_no_list_says_so(desk: Reader):
    answer = desk.post(f"{AT}/list", data={"file": (io.BytesIO(b"\x00\x01\x02"), "x.png")})
    assert answer.status_code == 422
    assert "This file is not text" in answer.text
    assert desk.post(f"{AT}/list", data={}).status_code == 422


def test_the_page_counts_registrations_over_the_years(desk: Reader):
    one = kept("Biomed")
    event = make.event()
    for state in (RegistrationState.CONFIRMED, RegistrationState.CONFIRMED, RegistrationState.CANCELLED):
        make.registration(event, state=state, organisation_id=one.id)
    page = desk.get(f"{AT}/{one.uid}").text
    assert "2 confirmed" in page
    assert "1 cancelled" in page


def test_suggestions_name_no_people(client: Reader, app: Flask):
    kept("Biomed")
    answer = client.get("/en/suggest/organisations?q=bio")
    assert answer.json == [{"name": "Biomed", "town": ""}]


def test_an_organisations_page_shows_its_delegations_and_their_figures(desk: Reader):
    kind = make.participation_type(make.event(), seats=5)
    made = delegation(kind, 4)
    found = organisation_by_name("Klinika Zdrowia")
    assert found is not None
    page = desk.get(f"{AT}/{found.uid}").text
    assert f"/organise/delegations/{made.uid}" in page
    assert "0 of 0" in page
