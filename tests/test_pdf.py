"""Printed pages are readable by machines, in one typeface, and the same every time."""

import io
import subprocess
from pathlib import Path

import pypdf
import pytest

from lsos import pdf

TEMPLATE = """
#let data = json("data.json")
#set document(title: data.title, date: none)
#set text(font: "Lato", lang: "pl", fallback: false)
= #data.title
#data.lines.join("; ")
#metadata((width: data.lines.len())) <found>
"""
POLISH = "Zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ"


def printed(title, *lines):
    return pdf.compile(TEMPLATE, {"title": title, "lines": lines})


def text_of(document):
    return pypdf.PdfReader(io.BytesIO(document)).pages[0].extract_text()


def test_polish_letters_come_out_as_they_went_in():
    assert POLISH in text_of(printed("Forum", POLISH))


def test_the_same_data_give_the_same_bytes():
    assert printed("Forum", POLISH) == printed("Forum", POLISH)


def test_a_long_document_is_printed_apart_and_is_the_same():
    with pdf.document(TEMPLATE, {"title": "Forum", "lines": [POLISH]}) as made:
        assert made.long_pdf() == made.pdf()


def test_a_template_that_is_broken_says_so_from_afar_too():
    with pdf.document("#nonsense", {}) as made, pytest.raises(RuntimeError, match="nonsense"):
        made.long_pdf()


def test_only_lato_is_used_and_it_is_inside_the_file(tmp_path: Path):
    (tmp_path / "page.pdf").write_bytes(printed("Forum", POLISH, "王伟", "Gürkan"))
    listing = subprocess.run(["pdffonts", tmp_path / "page.pdf"], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in listing.splitlines()[2:]]
    assert fonts
    for font in fonts:
        assert "Lato" in font[0]
        #: The columns from the end: emb sub uni object ID.
        assert font[-5:-2] == ["yes", "yes", "yes"]


def test_the_file_is_tagged_titled_and_names_its_language():
    reader = pypdf.PdfReader(io.BytesIO(printed("Forum")))
    assert "'/Marked': True" in str(reader.root_object["/MarkInfo"])
    assert str(reader.root_object["/Lang"]) == "pl"
    assert reader.metadata is not None
    assert reader.metadata.title == "Forum"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łucja Wąs", "Łucja Wąs"),
        ("Jose\u0301", "José"),
        ("Nguyễn", "Nguyễn"),
        ("王伟", "WangWei"),
        ("Анна Łoś", "Анна Łoś"),
        ("two\nlines", "two\nlines"),
        ("a\u200bb\u202ec", "abc"),
        ("bell\x07", "bell"),
    ],
)
def test_letters_that_the_typeface_lacks_are_written_in_its_own(text, expected):
    assert pdf.printable(text) == expected


def test_what_is_printable_can_be_printed_whatever_it_was():
    everything = "".join(chr(code) for code in (*range(32, 0x3000, 7), 0x4E00, 0x1F600, 0x20AC, 0x10FFFD))
    assert printed("Forum", everything).startswith(b"%PDF")


def test_a_template_tells_what_it_found_out():
    with pdf.document(TEMPLATE, {"title": "x", "lines": ["a", "b"]}) as made:
        assert made.values("found") == [{"width": 2}]


def test_pages_are_drawn_as_pictures_too():
    with pdf.document(TEMPLATE, {"title": "x", "lines": []}) as made:
        (picture,) = made.pictures(dots_per_inch=36)
    assert picture.startswith(b"\x89PNG")


def test_a_picture_is_given_by_name():
    source = '#set document(title: "x", date: none)\n#image("disc.svg", alt: "A disc")'
    square = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path d="M0 0h4v4z"/></svg>'
    assert pdf.compile(source, {}, files={"disc.svg": square}).startswith(b"%PDF")
