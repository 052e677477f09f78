"""Lists of organisations as people have them: in whichever encoding and separator, with lines that are wrong."""

import csv
import io

import pytest

from lsos.errors import InputError
from lsos.organisations.keeping import OrganisationFacts
from lsos.organisations.listing import Found, Ground, Index, Match, changes, merged_facts
from lsos.organisations.reading import LINES_AT_MOST, decode, read
from lsos.organisations.rules import Facts, Number, NumberKind
from lsos.taxonomy.rules import InterestGroup
from tests.naughty import naughty_strings

TYPES = {"start-up": "startup", "startup": "startup"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_any_encoding_and_separator_reads_the_same(separator: str, encoding: str):
    head, line = ["Nazwa", "NIP", "Miasto"], ["Źródło Zdrowia", "123-456-32-18", "Łódź"]
    text = "\r\n".join(separator.join(row) for row in (head, line))
    reading = read(decode(text.encode(encoding)), types=TYPES)
    (one,) = reading.lines
    assert (one.number, one.facts.name, one.facts.city) == (2, "Źródło Zdrowia", "Łódź")
    assert one.facts.numbers == {NumberKind.NIP: "1234563218"}
    assert read(reading.text, types=TYPES).lines == reading.lines


def test_every_column_is_read():
    text = (
        "name;aliases;website;country;region;city;interest group;type;partner;notes\n"
        "BioMed;BM|Bio Med;www.biomed.pl;Polska;woj. małopolskie;Kraków;B&R;Start-up;tak;x\n"
    )
    reading = read(text, types=TYPES)
    facts = reading.lines[0].facts
    assert (facts.aliases, facts.website, facts.domains) == (("BM", "Bio Med"), "https://www.biomed.pl", ("biomed.pl",))
    assert (facts.country, facts.region, facts.stakeholder_type) == ("PL", "PL-12", "startup")
    assert (facts.interest_group, facts.is_cluster_partner) == (InterestGroup.RD, True)
    assert reading.unknown == ("notes",)


def test_bad_lines_are_named_by_number_and_the_rest_is_read():
    text = (
        "name,nip,country,type\nGood,,,\n,,,\nNoName\n,1234563218,,\n"
        "Wrong,1234563217,,\nAbroad,,Narnia,\nKind,,,guild\ngood,,,\n"
    )
    reading = read(text, types=TYPES)
    assert [line.number for line in reading.lines] == [2, 4]
    assert [(bad.number, str(bad.problem)) for bad in reading.bad] == [
        (5, "It has no name."),
        (6, "This is no NIP: its last digit does not follow from the others. Look for a mistyped digit."),
        (7, "“Narnia” is no country code of two letters, such as PL."),
        (8, "“guild” is none of the types of organisation."),
        (9, "It repeats line 2."),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("who,what\na,b", "called “name”"),
        ("name\n" + "x\n" * (LINES_AT_MOST + 1), "too long"),
        ("name\n\x00", "is not text"),
        ('name\n"never closed' + "x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_what_is_no_list_says_so(text: str, words: str):
    with pytest.raises(InputError, match=words):
        read(text, types=TYPES)


INDEX = Index(
    {
        1: Facts(("biomed", "bm"), domains={"biomed.pl"}, numbers=[Number(NumberKind.NIP, "1234563218")]),
        2: Facts(("zielarnia sp. z o.o.",), domains={"ziola.pl"}),
    }
)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (OrganisationFacts("New", numbers={NumberKind.NIP: "1234563218"}), Found(Match.UPDATE, (1,), Ground.NUMBER)),
        (OrganisationFacts("New", domains=("ziola.pl",)), Found(Match.UPDATE, (2,), Ground.DOMAIN)),
        (OrganisationFacts("BM"), Found(Match.UPDATE, (1,), Ground.NAME)),
        (OrganisationFacts("Zielarnia"), Found(Match.UNSURE, (2,), Ground.SIMILAR)),
        (OrganisationFacts("BioMed", domains=("ziola.pl",)), Found(Match.UNSURE, (1, 2), Ground.SEVERAL)),
        (OrganisationFacts("Unheard of"), Found(Match.NEW)),
    ],
)
def test_a_line_is_new_known_or_unsure(facts: OrganisationFacts, found: Found):
    assert INDEX.find(facts) == found


def test_blanks_are_filled_and_what_differs_waits_to_be_asked():
    known = OrganisationFacts("BioMed", city="Kraków", numbers={NumberKind.NIP: "1234563218"})
    line = OrganisationFacts("Bio-Med", city="Łódź", country="PL", domains=("biomed.pl",), is_cluster_partner=True)
    assert [(one.field, one.old) for one in changes(known, line)] == [
        ("country", ""),
        ("city", "Kraków"),
        ("is_cluster_partner", ""),
        ("aliases", ""),
        ("domains", ""),
    ]
    careful = merged_facts(known, line, replace_known=False)
    assert (careful.name, careful.city, careful.country, careful.aliases) == ("BioMed", "Kraków", "PL", ("Bio-Med",))
    assert merged_facts(known, line, replace_known=True).city == "Łódź"
    assert changes(careful, line) == [change for change in changes(known, line) if change.field == "city"]


@pytest.mark.parametrize("separator", [",", ";"])
def test_every_string_is_read_unchanged_or_named_as_a_bad_line(separator: str):
    strings = [" ".join(text.split()) for text in naughty_strings()]
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows([["name", "city"], *([text, text] for text in strings)])
    if "\x00" in written.getvalue():
        pytest.fail("no keyboard has this letter")
    reading = read(decode(written.getvalue().encode()), types=TYPES)
    lines = sum(bool(text) for text in strings)
    assert len(reading.lines) + len(reading.bad) == lines
    kept = {line.facts.name for line in reading.lines}
    assert kept <= set(strings)
    assert {str(bad.problem).partition(" line")[0] for bad in reading.bad} <= {
        "It repeats",
        "It has no name.",
        "Its name is longer than 200 characters.",
        "Take out the characters that cannot be printed.",
    }
