"""Strings that break what is not written with care, and real names; without their lists a test says why it did not run.

The lists: the Big List of Naughty Strings (MIT), popular-names-by-country (CC0) and university-domains-list (MIT).
"""

import csv
import gzip
import io
import json
from html.parser import HTMLParser

from tests.shared import shared_file

#: What the list lacks: controls, halves of letters, directions, marks, joined pictures, blanks of all kinds, very long.
MORE = (
    "\x00",
    "a\x00b",
    "a\x1bb",
    "a\x7fb",
    "a\x85b",
    "\ud800",
    "a\udfffb",
    "\ufffe",
    "a\uffffb",
    "\u202eabc\u202c",
    "a\u2066b",
    "שלום \u200fabc",
    "مرحبا بكم",
    "e\u0301\u0302\u0303",
    "Z\u0351\u036b\u0343\u036a",
    "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈",
    "a\u2028b",
    "a\u2029b",
    "  both ends\t",
    "two\r\nlines",
    "two\rlines",
    "\ufeffmarked",
    "\u200b",
    "\u00ad",
    "İstanbul ß ŉ",
    "'=1+1",
    "+48 12 345",
    "ﬁ Ⅷ ½",
    "x" * 100_000,
    "Ż" * 121,
)
#: What no database of ours can hold; the door of the application refuses or mends it, see tests/web/test_texts.py.
NEVER = frozenset("\x00") | {chr(code) for code in range(0xD800, 0xE000)}


def naughty_strings() -> list[str]:
    """Give every string of the Big List of Naughty Strings."""
    return [str(text) for text in json.loads(shared_file("naughty_strings", "blns.json").decode())]


def all_strings() -> list[str]:
    """Give every string of the list, and what it lacks."""
    return [*naughty_strings(), *MORE]


def _column(file: str, column: str) -> list[str]:
    content = shared_file("names", file)
    text = (gzip.decompress(content) if file.endswith(".gz") else content).decode("utf-8-sig")
    found = (row[column].strip() for row in csv.DictReader(io.StringIO(text)))
    return [name for name in dict.fromkeys(found) if name]


def given_names() -> list[str]:
    """Give every given name, in its own script."""
    return _column("common-forenames-by-country.csv", "Localized Name")


def family_names() -> list[str]:
    """Give every family name, in its own script."""
    return _column("common-surnames-by-country.csv", "Localized Name")


def organisation_names() -> list[str]:
    """Give the name of every organisation."""
    return _column("organisations.csv.gz", "name")


class Shown(HTMLParser):
    """A page as a browser reads it: the texts of its elements, what stands in its fields, and its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        #: Texts between tags, blanks at their ends taken off.
        self.texts: set[str] = set()
        #: What stands in a field, by its name.
        self.fields: dict[str, str] = {}
        self.attributes: set[str] = set()
        self._tag = ""
        self._area: str | None = None
        self._piece = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes of a tag."""
        self._end_of_piece()
        values = {name: value or "" for name, value in attrs}
        self.attributes |= set(values.values())
        if tag == "input" and values.get("type") not in {"checkbox", "radio"}:
            self.fields[values.get("name", "")] = values.get("value", "")
        self._area = values.get("name", "") if tag == "textarea" else None

    def handle_endtag(self, tag: str) -> None:
        """End a text."""
        if tag == "textarea" and self._area is not None:
            #: The line end that stands first in a text area is not part of it.
            self.fields[self._area] = self._piece.removeprefix("\r").removeprefix("\n")
            self._area = None
        self._end_of_piece()

    def handle_data(self, data: str) -> None:
        """Take a piece of text."""
        self._piece += data

    def _end_of_piece(self) -> None:
        self.texts.add(self._piece.strip())
        self._piece = ""
