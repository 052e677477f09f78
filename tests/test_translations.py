"""Every sentence of the interface exists in Polish, with all its plural forms and the same values in it."""

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

TOP = Path(__file__).resolve().parent.parent
CATALOGUE = TOP / "lsos" / "translations" / "pl" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None, "_l": None, "_n": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")

Id = str | tuple[str, str]


@cache
def sentences() -> dict[Id, str]:
    """Every marked sentence of code and templates, and where it stands."""
    found: dict[Id, str] = {}
    for folder, method in (
        ("lsos", [("**.py", "python")]),
        ("templates", [("**.html", "jinja2"), ("**.jinja", "jinja2")]),
    ):
        for file, line, message, *_ in extract_from_dir(TOP / folder, method_map=method, keywords=KEYWORDS):
            found.setdefault(message if isinstance(message, str) else (message[0], message[1]), f"{file}:{line}")
    return found


@cache
def catalogue() -> Catalog:
    """The Polish catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="pl")


def test_every_sentence_has_its_polish_words():
    missing = []
    for message, place in sentences().items():
        entry = catalogue().get(message if isinstance(message, str) else message[0])
        words = entry.string if entry else ""
        forms = words if isinstance(words, tuple | list) else (words,)
        if entry is None or entry.fuzzy or not all(forms):
            missing.append(f"{place}: {message}")
    assert not missing, "without Polish words:\n" + "\n".join(missing)


def test_every_plural_has_all_polish_forms():
    for message in sentences():
        if isinstance(message, tuple) and (entry := catalogue().get(message[0])):
            assert len(entry.string or ()) == catalogue().num_plurals, message


def test_translations_carry_the_same_values():
    for entry in catalogue():
        if not entry.id or not entry.string:
            continue
        #: The sentence of one may name it where that of several only counts.
        wanted = set(PLACEHOLDER.findall(entry.id if isinstance(entry.id, str) else " ".join(entry.id)))
        forms = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        for words in forms:
            extra = set(PLACEHOLDER.findall(words)) - wanted
            assert not extra, f"{entry.id!r} has no {extra}"
            if isinstance(entry.id, str):
                assert set(PLACEHOLDER.findall(words)) == wanted, entry.id


def test_nothing_in_the_catalogue_is_left_over():
    used = {message if isinstance(message, str) else message[0] for message in sentences()}
    kept = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue() if entry.id}
    assert kept <= used, f"no longer used: {sorted(kept - used)}"


def test_the_catalogue_says_how_it_is_written():
    header = CATALOGUE.read_text(encoding="utf-8").split("\n\n")[0]
    assert "Language: pl" in header
    assert "charset=utf-8" in header
    assert "nplurals=4" in header


def test_polish_sentences_keep_the_house_style():
    for entry in catalogue():
        if entry.id and entry.string:
            for words in entry.string if isinstance(entry.string, tuple | list) else (entry.string,):
                assert not set(words) & {"!", '"', "'"}, words
                assert " - " not in words, words
