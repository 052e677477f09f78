"""Badges on paper: read back by a decoder, in one typeface, and honest about what does not fit."""

import csv
import io
import itertools
import re
import subprocess
import unicodedata
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from PIL import Image

from lsos import pdf
from lsos.accounts.models import Person
from lsos.badges import printing
from lsos.badges.imposing import Paper
from lsos.badges.printing import Card, Fit, Layout, Setting
from lsos.badges.queries import registered_words
from lsos.badges.rules import Field, Kind, ReadyMade, ready_made
from lsos.badges.service import note_printing
from lsos.checkin import queries
from lsos.db import db
from lsos.events.models import Event
from lsos.organisations.models import Organisation
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.rules import GuestRole
from lsos.texts import Bilingual, has_controls
from tests import make
from tests.naughty import all_strings

BASE_URL = "https://lsos.example.org"


A6 = ready_made(ReadyMade.A6)


def badge(
    given="Łucja",
    family="Wąs",
    organisation="",
    job="",
    *,
    kind="Uczestnik",
    number=0,
    language="pl",
    design=A6,
) -> Card:
    """A badge whose owner is as loaded from a database, without one."""
    person = Person(given_name=given, family_name=family, language=language)
    registration = Registration(
        id=number,
        uid=f"uid{number}",
        badge_code=f"ABCDE{number:05d}",
        person=person,
        job_title=job,
        organisation=Organisation(name=organisation) if organisation else None,
        participation_type=ParticipationType(name=Bilingual(kind, kind), is_light=False),
    )
    return Card(registration, Layout("", "", 0, design), registered_words(registration))


@pytest.fixture
def event(app):
    return make.event(name=Bilingual("Forum nauk o życiu 2025", "Life science forum 2025"))


def printed(event: Event, cards, paper=Paper.CARDS):
    with printing.document(event, cards, base_url=BASE_URL, setting=Setting(paper)) as made:
        return made.pdf()


def pictures(document: bytes, folder: Path, dots_per_inch=150) -> list[Image.Image]:
    """Draw the pages by a program that knows nothing of how they were made."""
    (folder / "badges.pdf").write_bytes(document)
    command = ["pdftoppm", "-r", str(dots_per_inch), "-png", "badges.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    return [Image.open(path) for path in sorted(folder.glob("page-*.png"))]


# ---- what is on the paper


def test_each_code_is_read_back_from_its_page(event, tmp_path):
    owners = [badge(number=n) for n in range(3)]
    read = [[code.text for code in zxingcpp.read_barcodes(page)] for page in pictures(printed(event, owners), tmp_path)]
    assert read == [[f"HTTPS://LSOS.EXAMPLE.ORG/B/{owner.registration.badge_code}"] for owner in owners]


def test_a_sheet_carries_four_codes(event, tmp_path):
    owners = [badge(number=n) for n in range(5)]
    pages = pictures(printed(event, owners, Paper.A4), tmp_path)
    read = [{code.text[-10:] for code in zxingcpp.read_barcodes(page)} for page in pages]
    codes = [owner.registration.badge_code for owner in owners]
    assert read == [set(codes[:4]), {codes[4]}]


def test_the_code_is_read_from_a_badge_held_askew_and_half_as_large(event, tmp_path):
    (page,) = pictures(printed(event, [badge()]), tmp_path, dots_per_inch=75)
    askew = page.rotate(17, expand=True, fillcolor="white")
    assert [code.text[-10:] for code in zxingcpp.read_barcodes(askew)] == ["ABCDE00000"]


def test_a_badge_says_who_from_where_and_as_what(event):
    owner = badge("Żaneta", "Gąsior-Świętek", "Uniwersytet Jagielloński", "Kierowniczka Zakładu", kind="Prelegentka")
    text = pypdf.PdfReader(io.BytesIO(printed(event, [owner]))).pages[0].extract_text()
    for words in ("Żaneta", "Gąsior-", "Świętek", "Uniwersytet Jagielloński", "Kierowniczka Zakładu", "Prelegentka"):
        assert words in text
    assert "Forum nauk o życiu 2025" in text
    assert "27–28 listopada 2025" in text
    assert "ABCDE00000" in text


def test_a_badge_speaks_its_owners_language(event):
    text = pypdf.PdfReader(io.BytesIO(printed(event, [badge(language="en")]))).pages[0].extract_text()
    assert "Life science forum 2025" in text
    assert "27–28 November 2025" in text


@pytest.mark.parametrize(("paper", "size"), [(Paper.CARDS, (105, 148.5)), (Paper.A4, (210, 297))])
def test_pages_have_the_size_of_the_paper(event, paper, size):
    page = pypdf.PdfReader(io.BytesIO(printed(event, [badge()], paper))).pages[0]
    millimetres = (float(page.mediabox.width) / 72 * 25.4, float(page.mediabox.height) / 72 * 25.4)
    assert millimetres == pytest.approx(size, abs=0.1)


def test_lato_alone_is_embedded(event, tmp_path):
    path = tmp_path / "badges.pdf"
    path.write_bytes(printed(event, [badge(), badge("王伟", "Нowak")]))
    lines = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert lines
    for line in lines:
        name, *_, embedded, subset, unicode, _object, _id = line.split()
        assert "Lato" in name
        assert (embedded, subset, unicode) == ("yes", "yes", "yes")


def test_the_same_badges_give_the_same_bytes(event):
    assert printed(event, [badge()]) == printed(event, [badge()])


@pytest.mark.parametrize("role", GuestRole)
def test_every_role_has_a_disc_to_print(event, role, monkeypatch):
    monkeypatch.setattr(Registration, "role", role)
    assert printed(event, [badge()]).startswith(b"%PDF")


def test_a_person_of_one_name_and_nothing_else_has_a_badge(event):
    assert "Pelé" in pypdf.PdfReader(io.BytesIO(printed(event, [badge("Pelé", "")]))).pages[0].extract_text()


# ---- what does not fit


def fits(event, *cards):
    return [(item.registration.id, item.kind, item.fit) for item in printing.tight(event, cards)]


def test_ordinary_texts_fit(event):
    assert (
        fits(event, badge("Anna-Maria", "Brzęczyszczykiewicz", "Uniwersytet Jagielloński", "Kierowniczka Zakładu"))
        == []
    )


@pytest.mark.parametrize(
    ("given", "family", "expected"),
    [
        ("Wolfeschlegelsteinhausenbergerdorff", "Wąs", [(0, Kind.GIVEN, Fit.SMALL)]),
        ("Wolfeschlegelsteinhausenbergerdorff" * 2, "Wąs", [(0, Kind.GIVEN, Fit.BROKEN)]),
        ("Łucja", "Ż" * 120, [(0, Kind.FAMILY, Fit.CUT)]),
        ("Jose\u0301", " Wąs\n", []),
        ("王伟", "ნინო", [(0, Kind.FAMILY, Fit.LETTERS), (0, Kind.GIVEN, Fit.LETTERS)]),
    ],
)
def test_what_does_not_fit_is_told(event, given, family, expected):
    assert fits(event, badge(given, family)) == expected


def test_the_worst_comes_first_and_a_shared_text_is_told_for_each(event):
    company = "O" * 130
    owners = [badge(organisation=company, number=1), badge("x" * 40, number=2), badge(organisation=company, number=3)]
    assert fits(event, *owners) == [
        (1, Kind.ORGANISATION, Fit.CUT),
        (3, Kind.ORGANISATION, Fit.CUT),
        (2, Kind.GIVEN, Fit.BROKEN),
    ]


WORDS = [
    (which, side, one)
    for which in ReadyMade
    for side, face in ready_made(which).faces.items()
    for one in face
    if one.is_words
]


@pytest.mark.parametrize(("which", "side", "one"), WORDS)
def test_texts_that_are_not_even_measured_surely_fit(which, side, one: Field):
    """The widest letter there is, as often as the short cut lets it pass unseen."""
    data = {
        "title": "check",
        "designs": [printing._design(ready_made(which))],
        "pages": None,
        "texts": [
            {
                "design": 0,
                "side": side.value,
                "place": ready_made(which).faces[side].index(one),
                "words": "W" * one.surely_fits(),
            }
        ],
        **printing._look(),
    }
    with pdf.document(printing.TEMPLATE, data) as made:
        assert made.values("tight") == []


@pytest.mark.parametrize("which", ReadyMade)
def test_the_quick_check_says_what_the_print_says(event, which):
    design = ready_made(which)
    cards = [badge("x" * n, "Ż" * n, "W" * n, "m" * n, kind="i" * n, number=n, design=design) for n in range(1, 121, 7)]
    with printing.document(event, cards, base_url=BASE_URL) as made:
        told = {
            (cards[item["badge"]].registration.id, item["side"], item["place"], item["level"])
            for item in made.values("tight")
        }
    quick = {
        (item.registration.id, item.side.value, place, item.fit.name.lower())
        for item in printing.tight(event, cards)
        for place, one in enumerate(design.faces[item.side])
        if one.kind is item.kind
    }
    assert quick == told


# ---- names of the world


@pytest.fixture(scope="module")
def world() -> list[Card]:
    """The longest names of each script.

    They come from two collections: popular-names-by-country (CC0) and university-domains-list (MIT).
    """
    with (Path(__file__).parents[1] / "names.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    columns = ([row["text"] for row in found if row["field"] == field] for field in ("given", "family", "organisation"))
    together = itertools.zip_longest(*columns, fillvalue="")
    return [badge(*texts, number=number) for number, texts in enumerate(together)]


def _pieces(words: str) -> list[str]:
    """Cut a text at the letters whose marks stand by themselves: readers of PDF give those twice."""
    marked = re.compile(r".[\u0300-\u036f]+")
    return [piece for piece in marked.split(unicodedata.normalize("NFC", "".join(words.split()))) if piece]


@pytest.mark.any_database
def test_names_of_many_scripts_are_printed_or_told(event, world, tmp_path):
    """Every badge has its code, and whatever is not printed exactly as it is written is on the list."""
    told = {(item.registration.id, item.kind) for item in printing.tight(event, world)}
    pages = pypdf.PdfReader(io.BytesIO(printed(event, world))).pages
    assert len(pages) == len(world)
    for owner, page in zip(world, pages, strict=True):
        text = "".join(page.extract_text().replace("\u200b", "").split())
        assert owner.registration.badge_code in text
        for one, words in zip(A6.front, printing.texts_of(event, owner), strict=True):
            is_told = (owner.registration.id, one.kind) in told
            assert all(piece in text for piece in _pieces(words)) or is_told, words


@pytest.mark.any_database
def test_no_string_breaks_a_badge_or_is_lost_untold(event):
    texts = [" ".join(text.split()) for text in all_strings() if not has_controls(text) and len(text) <= 200]
    four = zip(*(texts[start::4] for start in range(4)), strict=False)
    owners = [badge(*some, number=number) for number, some in enumerate(four)]
    told = {(item.registration.id, item.kind) for item in printing.tight(event, owners)}
    pages = pypdf.PdfReader(io.BytesIO(printed(event, owners))).pages
    assert len(pages) == len(owners)
    for owner, page in zip(owners, pages, strict=True):
        text = "".join(page.extract_text().replace("\u200b", "").split())
        assert owner.registration.badge_code in text
        assert "\ufffd" not in text
        typed = {
            Kind.GIVEN: owner.words.given_name,
            Kind.FAMILY: owner.words.family_name,
            Kind.JOB: owner.words.job_title,
        }
        for field, words in typed.items():
            assert all(piece in text for piece in _pieces(words)) or (owner.registration.id, field) in told, words


@pytest.mark.any_database
def test_no_text_runs_out_of_its_room(event, world, tmp_path):
    """The margins stay empty: nothing is printed to the left of the first letter or to the right of the last."""
    for page in pictures(printed(event, world[:60]), tmp_path, dots_per_inch=60):
        names = page.convert("L").crop((0, int(page.height * 0.18), page.width, int(page.height * 0.7)))
        margin = int(page.width * 7 / 105)
        for strip in (names.crop((0, 0, margin, names.height)), names.crop((page.width - margin, 0, *names.size))):
            assert strip.getextrema() == (255, 255)


# ---- who has a badge


def test_confirmed_people_have_badges_in_the_order_of_the_alphabet(event):
    for given, family in (("Łucja", "Łoś"), ("Anna", "Zając"), ("Jan", "Lipa")):
        make.registration(event, make.person(given, family))
    make.registration(event, state=RegistrationState.CANCELLED)
    make.registration()
    assert [owner.person.family_name for owner in queries.badge_registrations(event.id)] == ["Lipa", "Łoś", "Zając"]
    assert queries.badge_count(event.id) == 3


def test_after_a_printing_only_the_new_ones_are_left(event):
    make.registration(event)
    assert queries.last_printing(event.slug) is None
    note_printing(event, [], count=1, paper="cards", one_uid=None, by_id=None)
    printed_at = queries.last_printing(event.slug)
    assert printed_at is not None
    assert queries.badge_count(event.id, since=printed_at) == 0
    late = make.registration(event)
    late.registered_at = printed_at + timedelta(minutes=1)
    db.session.commit()
    assert [owner.id for owner in queries.badge_registrations(event.id, since=printed_at)] == [late.id]


def test_one_badge_printed_again_is_not_a_printing_of_all(event):
    guest = make.registration(event)
    note_printing(event, [], count=1, paper="cards", one_uid=guest.uid, by_id=None)
    assert queries.last_printing(event.slug) is None
    assert [owner.id for owner in queries.badge_registrations(event.id, uid=guest.uid)] == [guest.id]
