"""Texts in two languages: what organisers write exists in Polish and in English, or shows that it does not."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from anyascii import anyascii
from sqlalchemy import Text
from sqlalchemy.orm import Composite, composite, mapped_column

Language = Literal["pl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
OTHER: dict[Language, Language] = {"pl": "en", "en": "pl"}
#: Each in its own words, as whoever looks for it reads it.
LANGUAGE_NAMES: dict[str, str] = {"pl": "Polski", "en": "English"}


@dataclass(frozen=True)
class Reading:
    """One text as somebody reads it: the words, their language, and whether that is only a stand-in."""

    text: str
    language: Language
    is_fallback: bool

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Bilingual:
    """A text in Polish and English; an empty string means that it has not been written yet."""

    pl: str = ""
    en: str = ""

    def read(self, language: str) -> Reading:
        """Give the text in a language, or in the other one, marked, when this one is missing."""
        wanted: Language = "pl" if language == "pl" else "en"
        own: str = getattr(self, wanted)
        if own:
            return Reading(own, wanted, is_fallback=False)
        other = OTHER[wanted]
        stand_in: str = getattr(self, other)
        return Reading(stand_in, other if stand_in else wanted, is_fallback=bool(stand_in))

    def missing(self) -> tuple[Language, ...]:
        """Name the languages that still lack this text, when the other has it."""
        return tuple(code for code in LANGUAGES if not getattr(self, code) and getattr(self, OTHER[code]))

    def __bool__(self) -> bool:
        return bool(self.pl or self.en)


def bilingual(name: str) -> Composite[Bilingual]:
    """Map a text onto the two columns `<name>_pl` and `<name>_en`."""
    columns: list[Any] = [mapped_column(f"{name}_{code}", Text, default="", server_default="") for code in LANGUAGES]
    return composite(Bilingual, *columns)


#: An emoji folds into its name; PostgreSQL indexes at most 2,704 bytes.
SEARCH_KEY_LENGTH = 1000


def search_key(*parts: str, at_most: int | None = SEARCH_KEY_LENGTH) -> str:
    """Fold texts for searching, so that "lukasz" finds Łukasz: ASCII, lower case, single spaces."""
    return re.sub(r"\s+", " ", anyascii(" ".join(parts)).casefold()).strip()[:at_most]


#: Each letter of Polish that Latin lacks comes after the one it is made of: Łoś after Lwów.
_AFTER = "\x7f"
_POLISH: Final = dict(zip("ąćęłńóśź", "acelnosz", strict=True)) | {"ż": "z" + _AFTER}


def is_polish(letter: str) -> bool:
    """Say whether a letter is one that only Polish, of our languages, has."""
    return letter.casefold() in _POLISH


def alphabet_key(*parts: str) -> str:
    """Give what sorts names as a Polish directory does; letters of other languages stand with those they resemble."""
    words = unicodedata.normalize("NFC", " ".join(parts)).casefold()
    letters = (
        f"{_POLISH[one]}{_AFTER}" if one in _POLISH else one if one.isascii() else anyascii(one) for one in words
    )
    return re.sub(r"\s+", " ", "".join(letters).casefold()).strip()


def free_code(words: str, taken: Collection[str], *, stem: str) -> str:
    """Make a code for addresses and files from words, unlike those taken; from the stem where no letter is left."""
    base = re.sub(r"[^a-z0-9]+", "-", search_key(words)).strip("-")[:40].strip("-") or stem
    code, number = base, 2
    while code in taken:
        code, number = f"{base}-{number}", number + 1
    return code


#: Controls, halves of letters, and the two that are no letters: none of them can stand in XML, or be read aloud.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def has_controls(text: str) -> bool:
    """Say whether a text holds characters that cannot be printed; line ends and tabs are none."""
    return _CONTROLS.search(text) is not None


def is_one_line(text: str) -> bool:
    """Say whether a text fits a field of one line."""
    return not any(letter in text for letter in "\n\r\t\v\f\x85\u2028\u2029")


def is_readable(text: str) -> bool:
    """Say whether there is anything to see in a text: a name of blanks alone is nobody's."""
    return any(unicodedata.category(letter)[0] not in "ZC" for letter in text)
