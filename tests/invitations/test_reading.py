"""Lists of people, as spreadsheets save them in Poland: every separator and letter, and each bad line by its number."""

import pytest

from lsos.errors import InputError
from lsos.invitations import reading
from lsos.invitations.reading import Listed, Person, decode, read, without
from lsos.invitations.rules import LINES_AT_MOST
from tests.naughty import naughty_strings

TYPES = {"vip": "vip", "gosc honorowy": "vip"}
HEAD = "E-mail;Imię;Nazwisko;Organizacja;Język;Typ;Dopisek"
LINE = "ola@example.org;Żaneta;Łyżwińska;Źródło S.A.;pl;Gość honorowy;Zapraszamy"
ZANETA = Person(2, "ola@example.org", "Żaneta", "Łyżwińska", "Źródło S.A.", "pl", "vip", "Zapraszamy")


def words(listed: Listed) -> list[tuple[int, str]]:
    return [(one.number, one.message % dict(one.details)) for one in listed.bad]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_is_read_whatever_parts_its_cells_and_however_its_letters_are_written(separator, encoding, end):
    content = end.join([HEAD, LINE, ""]).replace(";", separator).encode(encoding)
    assert read(decode(content), types=TYPES) == Listed([ZANETA], [])


@pytest.mark.parametrize(
    "head",
    [
        "e-mail;imię;nazwisko;organizacja;język;forma udziału;zdanie pl;zdanie en",
        "e-mail;given name;family name;organisation;language;type;line pl;line en",
    ],
)
def test_every_column_that_the_page_names_is_read(head):
    line = "ola@example.org;Żaneta;Łyżwińska;Źródło S.A.;pl;vip;Zapraszamy;Come"
    (found,) = (listed := read(f"{head}\n{line}", types=TYPES)).people
    assert (found.type_code, found.line_pl, found.line_en) == ("vip", "Zapraszamy", "Come")
    assert listed.unread == ()


def test_columns_that_say_nothing_known_are_named():
    assert read("e-mail;Buty;;Imię\nola@example.org;38;x;Ola", types={}).unread == ("Buty",)
    assert read("ola@example.org;Ola;Nowak;Firma;38", types={}).unread == ()


def test_bad_lines_are_named_by_number_and_the_good_rest_is_kept():
    text = """e-mail,given name,language,type
ola@example.org,Ola,pl,vip
not an address,Jan,,

,Ewa,,
OLA@example.org,Ola,,
jan@example.org,Jan,fr,
ewa@example.org,Ewa,,king
iga@example.org,Iga,English,
"""
    listed = read(text, types=TYPES)
    assert [(one.number, one.address, one.language) for one in listed.people] == [
        (2, "ola@example.org", "pl"),
        (9, "iga@example.org", "en"),
    ]
    assert words(listed) == [
        (3, "“not an address” is not an e-mail address. Correct it."),
        (5, "There is no address here."),
        (6, "This address stands on line 2 already. Only the first is taken."),
        (7, "“fr” is no language we write in. Write pl or en, or leave it empty."),
        (8, "There is no kind of participation called “king”. Write its name as on the event's page."),
    ]


def test_numbers_count_the_lines_of_the_file_also_after_a_cell_of_two_lines():
    text = 'e-mail,organisation\nola@example.org,"Klinika\nZdrowia"\nbad,'
    listed = read(text, types={})
    assert listed.people[0].organisation == "Klinika Zdrowia"
    assert listed.bad[0].number == 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ola Maria Nowak <Ola@Example.org>", Person(1, "ola@example.org", "Ola Maria", "Nowak")),
        ("ola@example.org", Person(1, "ola@example.org")),
        ("ola@example.org\tOla Nowak", Person(1, "ola@example.org", "Ola", "Nowak")),
        ("Ola;Nowak;ola@example.org", Person(1, "ola@example.org", "Ola", "Nowak")),
    ],
)
def test_lines_pasted_without_a_head_are_understood(line, expected):
    assert read(line, types={}).people == [expected]


def test_people_who_are_there_already_are_taken_out_and_named():
    listed = without(read("ola@example.org\njan@example.org", types={}), {"jan@example.org"}, "taken")
    assert [one.address for one in listed.people] == ["ola@example.org"]
    assert words(listed) == [(2, "taken")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", reading.EMPTY),
        ("e-mail\n\n", reading.EMPTY),
        ("name,organisation\nOla,Klinika", reading.NO_ADDRESSES),
        ("e-mail\n" + "a@example.org\n" * (LINES_AT_MOST + 1), reading.TOO_MANY),
        ('e-mail,name\na@example.org,"open', None),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text, message):
    with pytest.raises(InputError) as refused:
        read(text, types={})
    assert message is None or refused.value.message == message


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(InputError):
        decode(b"PK\x03\x04\x00\x00\x00")


def test_no_string_breaks_the_reading_of_a_list():
    for text in naughty_strings():
        cell = text.replace('"', '""')
        try:
            listed = read(f'e-mail,given name\nola@example.org,"{cell}"', types={})
        except InputError:
            continue
        assert len(listed.people) + len(listed.bad) == 1, text
