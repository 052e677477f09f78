"""A list of organisations as a file: in whichever encoding and separator; a bad line is named, the rest is read."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lsos.errors import N_, InputError
from lsos.organisations.keeping import OrganisationFacts
from lsos.organisations.rules import NumberKind, domain_of, number_refusal, plain_number
from lsos.taxonomy.rules import interest_group
from lsos.texts import has_controls, search_key

LINES_AT_MOST = 4000
BYTES_AT_MOST = 400_000
NAME_LENGTH = 200
#: Folded head of a column -> what it holds. Both languages, since files come from both.
COLUMNS: Mapping[str, str] = {
    head: meaning
    for meaning, heads in {
        "name": "name|nazwa|organisation|organization|organizacja|firma|company|institution|instytucja",
        "aliases": "aliases|alias|other names|inne nazwy|skrot|short name|nazwa skrocona",
        "nip": "nip",
        "krs": "krs",
        "regon": "regon",
        "vat": "vat|vat number|vat eu|nip ue|numer vat",
        "domains": "domain|domains|domena|domeny",
        "website": "website|www|strona|strona www|url|web",
        "country": "country|kraj|panstwo",
        "region": "region|wojewodztwo",
        "city": "city|town|miasto|miejscowosc",
        "interest_group": "interest group|interest_group|grupa|grupa interesow",
        "stakeholder_type": "type|typ|rodzaj|stakeholder_type",
        "is_cluster_partner": "partner|cluster partner|partner klastra|is_cluster_partner",
    }.items()
    for head in heads.split("|")
}
_YES = frozenset({"1", "yes", "y", "tak", "t", "true", "prawda", "x"})
_COUNTRIES = {"polska": "PL", "poland": "PL", "niemcy": "DE", "germany": "DE", "czechy": "CZ", "czechia": "CZ"}


@dataclass(frozen=True)
class Line:
    """One organisation of a list, and the line of the file where it stands."""

    number: int
    facts: OrganisationFacts


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be taken: why, in a sentence with its details."""

    number: int
    text: str
    problem: InputError


@dataclass(frozen=True)
class Reading:
    """A list as it was read."""

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]
    #: Heads of columns that mean nothing to us; their cells are passed over.
    unknown: tuple[str, ...]
    #: The list once more, in the one encoding and with the one separator that we write.
    text: str


def decode(data: bytes) -> str:
    """Read bytes as text: by their mark, else as UTF-8, else as Polish Windows writes."""
    if len(data) > BYTES_AT_MOST:
        raise InputError(N_("This list is too long. Take at most 4,000 lines at a time."))
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_wide else ["utf-8-sig", "cp1250"]
    for encoding in encodings:
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise InputError(N_("This file is not text. Save the list as CSV, in UTF-8 if you are asked."))


def _separator(head: str) -> str:
    """Take the sign that parts the heads of the columns most often."""
    return max(";,\t|", key=head.count)


def read(text: str, *, types: Mapping[str, str]) -> Reading:
    """Read a list whose first line names its columns.

    Args:
        text: the list.
        types: folded names and codes of the types of organisation -> code.

    Raises:
        InputError: it has no column of names, or it is too long.
    """
    if "\x00" in text:
        raise InputError(N_("This file is not text. Save the list as CSV, in UTF-8 if you are asked."))
    head_line = text.lstrip("\n").partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=_separator(head_line))
    table: list[tuple[int, list[str]]] = []
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                table.append((rows.line_num, row))
    except csv.Error as error:
        raise InputError(N_("Line %(line)s cannot be read as CSV: %(why)s"), line=rows.line_num, why=error) from None
    if not table:
        raise InputError(N_("This list is empty."))
    heads = [search_key(cell.strip().replace("_", " ")) for cell in table[0][1]]
    meanings = [COLUMNS.get(head) or COLUMNS.get(head.replace(" ", "_")) for head in heads]
    if "name" not in meanings:
        raise InputError(
            N_("No column of this list is called “name” or “nazwa”. The first line has to name the columns.")
        )
    if len(table) - 1 > LINES_AT_MOST:
        raise InputError(N_("This list is too long. Take at most 4,000 lines at a time."))
    lines, bad = _read_all(table[1:], meanings, types)
    unknown = [
        cell.strip() for cell, meaning in zip(table[0][1], meanings, strict=True) if not meaning and cell.strip()
    ]
    return Reading(tuple(lines), tuple(bad), tuple(unknown), _written([row for _number, row in table]))


def _written(rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _read_all(
    table: list[tuple[int, list[str]]], meanings: list[str | None], types: Mapping[str, str]
) -> tuple[list[Line], list[BadLine]]:
    lines: list[Line] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for number, row in table:
        try:
            line = Line(number, _facts(row, meanings, types))
            _refuse_repeat(line, seen)
        except InputError as problem:
            bad.append(BadLine(number, " · ".join(cell for cell in row if cell.strip())[:120], problem))
        else:
            lines.append(line)
    return lines, bad


def _refuse_repeat(line: Line, seen: dict[str, int]) -> None:
    """Refuse a line that says a name, a number or a domain of an earlier one."""
    facts = line.facts
    keys = [f"name {search_key(name)}" for name in (facts.name, *facts.aliases)]
    keys += [f"{kind} {number}" for kind, number in (facts.numbers or {}).items()]
    keys += [f"domain {domain}" for domain in facts.domains]
    earlier = next((seen[key] for key in keys if key in seen), None)
    if earlier is not None:
        raise InputError(N_("It repeats line %(line)s."), line=earlier)
    seen.update(dict.fromkeys(keys, line.number))


def _facts(row: list[str], meanings: list[str | None], types: Mapping[str, str]) -> OrganisationFacts:
    if len(row) > len(meanings) and any(cell.strip() for cell in row[len(meanings) :]):
        raise InputError(N_("It has more cells than the first line has columns."))
    cells: dict[str, str] = {}
    for meaning, cell in zip(meanings, row, strict=False):
        if meaning and cell.strip():
            cells[meaning] = " ".join(cell.split())
    name = cells.get("name", "")
    if not search_key(name):
        raise InputError(N_("It has no name."))
    if len(name) > NAME_LENGTH:
        raise InputError(N_("Its name is longer than 200 characters."))
    if any(has_controls(cell) for cell in cells.values()):
        raise InputError(N_("Take out the characters that cannot be printed."))
    facts = OrganisationFacts(
        name=name,
        aliases=tuple(_several(cells.get("aliases", ""))),
        numbers=_numbers(cells),
        domains=tuple(_domains(cells)),
        country=_country(cells.get("country", "")),
        region=_region(cells.get("region", "")),
        city=cells.get("city", ""),
        website=_website(cells.get("website", "")),
        is_cluster_partner=search_key(cells.get("is_cluster_partner", "")) in _YES,
    )
    if group := cells.get("interest_group"):
        try:
            facts = replace(facts, interest_group=interest_group(group))
        except ValueError:
            raise InputError(N_("“%(group)s” is none of the six interest groups."), group=group) from None
    if kind := cells.get("stakeholder_type"):
        if search_key(kind) not in types:
            raise InputError(N_("“%(type)s” is none of the types of organisation."), type=kind)
        facts = replace(facts, stakeholder_type=types[search_key(kind)])
    return facts


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.replace("|", ";").split(";") if search_key(part)]


def _numbers(cells: dict[str, str]) -> dict[NumberKind, str]:
    found = {}
    for kind in NumberKind:
        typed = cells.get(kind.value, "")
        if not typed:
            continue
        refusal = number_refusal(kind, typed)
        if refusal is not None:
            raise InputError(refusal)
        found[kind] = plain_number(kind, typed)
    return found


def _domains(cells: dict[str, str]) -> list[str]:
    domains = []
    for typed in _several(cells.get("domains", "").replace(",", ";")):
        domain = domain_of(typed)
        if not domain:
            raise InputError(N_("“%(domain)s” is no domain of one organisation."), domain=typed)
        domains.append(domain)
    site = domain_of(cells.get("website", ""))
    return list(dict.fromkeys([*domains, site] if site else domains))


def _website(typed: str) -> str:
    if not typed:
        return ""
    address = typed if typed.lower().startswith(("http://", "https://")) else f"https://{typed}"
    if len(address) > 300 or " " in address:
        raise InputError(N_("“%(address)s” is no address of a website."), address=typed)
    return address


def _country(typed: str) -> str:
    if not typed:
        return ""
    code = _COUNTRIES.get(search_key(typed), typed.upper())
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise InputError(N_("“%(country)s” is no country code of two letters, such as PL."), country=typed)
    return code


def _region(typed: str) -> str:
    """Read a region's code, or the name of a Polish one."""
    if not typed:
        return ""
    code = REGIONS_BY_NAME.get(search_key(typed).removeprefix("woj. ").removeprefix("wojewodztwo "), typed.upper())
    if len(code) > 6 or code[2:3] != "-":
        raise InputError(N_("“%(region)s” is no code of a region, such as PL-12."), region=typed)
    return code


#: Folded names of the Polish regions -> ISO 3166-2.
REGIONS_BY_NAME = {
    "dolnoslaskie": "PL-02",
    "kujawsko-pomorskie": "PL-04",
    "lubelskie": "PL-06",
    "lubuskie": "PL-08",
    "lodzkie": "PL-10",
    "malopolskie": "PL-12",
    "mazowieckie": "PL-14",
    "opolskie": "PL-16",
    "podkarpackie": "PL-18",
    "podlaskie": "PL-20",
    "pomorskie": "PL-22",
    "slaskie": "PL-24",
    "swietokrzyskie": "PL-26",
    "warminsko-mazurskie": "PL-28",
    "wielkopolskie": "PL-30",
    "zachodniopomorskie": "PL-32",
}
