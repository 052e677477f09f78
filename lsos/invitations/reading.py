"""Lists of people, as a spreadsheet saves them or as somebody pastes them: read line by line, bad ones named."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from lsos.errors import N_, InputError
from lsos.invitations.rules import LINES_AT_MOST
from lsos.texts import LANGUAGES, has_controls, search_key

SEPARATORS: Final = (";", ",", "\t")
#: As long as a name may be in a form.
CELL_LENGTH: Final = 120
LINE_LENGTH: Final = 500
#: A list that is shown before it is taken travels in a form, which holds so many letters.
TEXT_LENGTH: Final = 400_000

#: What a column may be called, folded; in Polish or English, as people name them.
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "address": frozenset(
        {"e-mail", "email", "mail", "adres", "address", "adres e-mail", "adres email", "e-mail address"}
    ),
    "given_name": frozenset({"given name", "first name", "imie", "given_name", "firstname"}),
    "family_name": frozenset({"family name", "last name", "surname", "nazwisko", "family_name", "lastname"}),
    "name": frozenset({"name", "imie i nazwisko", "full name", "osoba", "person"}),
    "organisation": frozenset({"organisation", "organization", "organizacja", "firma", "company", "instytucja"}),
    "language": frozenset({"language", "jezyk", "lang", "language of mails"}),
    "type": frozenset(
        {"type", "participation", "participation type", "forma udzialu", "forma", "rodzaj udzialu", "udzial", "typ"}
        | {"rodzaj", "takes part as", "way to take part"}
    ),
    "line_pl": frozenset({"line pl", "line_pl", "zdanie pl", "zdanie", "dopisek", "dopisek pl", "personal line pl"}),
    "line_en": frozenset({"line en", "line_en", "zdanie en", "dopisek en", "personal line en", "personal line"}),
}
_LANGUAGE_WORDS: Final = {"pl": "pl", "polski": "pl", "polish": "pl", "en": "en", "english": "en", "angielski": "en"}

NOT_A_TABLE: Final = N_("This file is not a table of text. Save it as CSV and choose it again.")
NO_ADDRESSES: Final = N_("No column holds addresses. Name one of them “e-mail” in the first line.")
TOO_MANY: Final = N_("The list has more than %(most)s lines. Send it in parts.")
EMPTY: Final = N_("The list is empty.")


@dataclass(frozen=True)
class Person:
    """One line of a list, as far as it says something."""

    number: int
    address: str
    given_name: str = ""
    family_name: str = ""
    organisation: str = ""
    #: Empty where the list does not say.
    language: str = ""
    type_code: str = ""
    line_pl: str = ""
    line_en: str = ""


@dataclass(frozen=True)
class BadLine:
    """A line that is not taken: its number, what is wrong, and what to do; a gettext id and its values."""

    number: int
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    #: What stands there, to find it by.
    excerpt: str = ""


@dataclass(frozen=True)
class Listed:
    """A list as it was read: the good lines, and the bad ones in their order."""

    people: Sequence[Person]
    bad: Sequence[BadLine]
    #: Headings of columns that say nothing that is known.
    unread: Sequence[str] = ()


def decode(content: bytes) -> str:
    """Read a file as text: UTF-8 with or without its mark, UTF-16 with one, else Windows-1250.

    Raises:
        InputError: it is no text.
    """
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1250"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
            return text
    raise InputError(NOT_A_TABLE)


def separator_of(text: str) -> str:
    """Say what parts the cells: whichever stands most often in the first line, outside quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=bare.count)


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the lines that are not blank, each with its number in the file and its cells.

    Raises:
        InputError: a quote is opened and never closed, or so long a cell makes it no table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True)
    number = 1
    try:
        for cells in reader:
            cleaned = [" ".join(cell.split()) for cell in cells]
            if any(cleaned):
                yield number, cleaned
            number = reader.line_num + 1
    except csv.Error:
        raise InputError(
            N_("From line %(number)s on the list cannot be read: a quotation mark is opened there and not closed."),
            number=number,
        ) from None


def read(text: str, *, types: Mapping[str, str]) -> Listed:
    """Read a list of people; a bad line does not stop the rest.

    Args:
        text: the list, its cells parted by commas, semicolons or tabs.
        types: what a kind of participation may be called, folded -> its code.

    Raises:
        InputError: it is empty, too long, or has no addresses at all.
    """
    if len(text) > TEXT_LENGTH:
        raise InputError(TOO_MANY, most=LINES_AT_MOST)
    lines = list(rows(text))
    if not lines:
        raise InputError(EMPTY)
    if len(lines) > LINES_AT_MOST + 1:
        raise InputError(TOO_MANY, most=LINES_AT_MOST)
    names = _columns(lines)
    has_head = not any("@" in cell for cell in lines[0][1])
    people: list[Person] = []
    bad: list[BadLine] = []
    first: dict[str, int] = {}
    for number, cells in lines[has_head:]:
        found = _person(number, dict(zip(names, cells, strict=False)), types)
        if isinstance(found, BadLine):
            bad.append(found)
        elif found.address in first:
            details = {"first": first[found.address]}
            words = N_("This address stands on line %(first)s already. Only the first is taken.")
            bad.append(BadLine(number, words, details, found.address))
        else:
            first[found.address] = number
            people.append(found)
    if not people and not bad:
        raise InputError(EMPTY)
    unread = [cell for cell, name in zip(lines[0][1], names, strict=True) if has_head and cell and not name]
    return Listed(people, bad, tuple(unread))


def without(listed: Listed, taken: Collection[str], message: str) -> Listed:
    """Take out the people whose addresses are taken, and name their lines with the reason."""
    bad = [BadLine(one.number, message, {}, one.address) for one in listed.people if one.address in taken]
    people = [one for one in listed.people if one.address not in taken]
    return replace(listed, people=people, bad=sorted([*listed.bad, *bad], key=lambda one: one.number))


def _columns(lines: Sequence[tuple[int, list[str]]]) -> list[str]:
    """Say what each column holds: by the first line, or, where that names a person already, by its place."""
    head = lines[0][1]
    if not any("@" in cell for cell in head):
        named = [next((name for name, words in COLUMNS.items() if search_key(cell) in words), "") for cell in head]
        if "address" not in named:
            raise InputError(NO_ADDRESSES)
        return named
    rest = iter(["given_name", "family_name", "organisation"] if len(head) > 2 else ["name"])
    return ["address" if "@" in cell else next(rest, "") for cell in head]


def address_of(text: str) -> str | None:
    """Give an address as it is stored, from "Ola <ola@example.org>" too; None where there is none."""
    in_brackets = re.search(r"<([^<>]+)>", text)
    try:
        found = validate_email(
            (in_brackets.group(1) if in_brackets else text).strip(), check_deliverability=False, allow_smtputf8=True
        )
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def _person(number: int, cells: Mapping[str, str], types: Mapping[str, str]) -> Person | BadLine:
    """Read one line, or say what is wrong with it."""
    typed = cells.get("address", "")
    address = address_of(typed)
    if address is None:
        words = N_("There is no address here.") if not typed else N_("“%(text)s” is not an e-mail address. Correct it.")
        return BadLine(number, words, {"text": typed[:80]}, typed[:80] or " ".join(cells.values())[:80])
    given, family = cells.get("given_name", ""), cells.get("family_name", "")
    if not given and not family:
        given, _, family = (cells.get("name", "") or _name_before(typed)).rpartition(" ")
        given, family = (given, family) if given else (family, "")
    too_long = max(len(given), len(family), len(cells.get("organisation", ""))) > CELL_LENGTH
    if too_long or max(len(cells.get("line_pl", "")), len(cells.get("line_en", ""))) > LINE_LENGTH:
        words = N_(
            "A name here is longer than %(most)s letters, or the personal line longer than %(line)s. Shorten it."
        )
        return BadLine(number, words, {"most": CELL_LENGTH, "line": LINE_LENGTH}, address)
    if any(has_controls(cell) for cell in cells.values()):
        return BadLine(number, N_("Take out the characters that cannot be printed."), {}, address)
    language = _LANGUAGE_WORDS.get(search_key(cells.get("language", "")), "")
    if cells.get("language") and language not in LANGUAGES:
        words = N_("“%(text)s” is no language we write in. Write pl or en, or leave it empty.")
        return BadLine(number, words, {"text": cells["language"][:40]}, address)
    wanted = search_key(cells.get("type", ""))
    if wanted and wanted not in types:
        words = N_("There is no kind of participation called “%(text)s”. Write its name as on the event's page.")
        return BadLine(number, words, {"text": cells["type"][:80]}, address)
    return Person(
        number=number,
        address=address,
        given_name=given,
        family_name=family,
        organisation=cells.get("organisation", ""),
        language=language,
        type_code=types[wanted] if wanted else "",
        line_pl=cells.get("line_pl", ""),
        line_en=cells.get("line_en", ""),
    )


def _name_before(typed: str) -> str:
    """Give the name that stands before an address in angle brackets."""
    return typed.partition("<")[0].strip().strip('"') if "<" in typed else ""
