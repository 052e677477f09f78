"""A file of registrations, as a spreadsheet saves it: read line by line into cells by field, whatever its encoding."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lsos.errors import N_, InputError
from lsos.registration.exporting import unsafe
from lsos.texts import search_key

LINES_AT_MOST = 20_000
BYTES_AT_MOST = 20_000_000
#: What a workbook may unpack to, so that a small file cannot fill the memory.
UNPACKED_AT_MOST = 200_000_000
SEPARATORS = ",;\t"
#: What else a column may be called, folded: as people name it who did not take the file from here.
OTHER_HEADS: Mapping[str, str] = {
    **dict.fromkeys(("first name", "firstname", "imie"), "given_name"),
    **dict.fromkeys(("last name", "lastname", "surname", "nazwisko"), "family_name"),
    **dict.fromkeys(("e-mail address", "mail", "adres e-mail", "adres email", "address"), "email"),
    **dict.fromkeys(("company", "organization", "firma", "instytucja", "organizacja"), "organisation"),
    **dict.fromkeys(("participation", "participation type", "udzial", "rodzaj udzialu"), "type"),
    **dict.fromkeys(("position", "stanowisko"), "job_title"),
    **dict.fromkeys(("kraj",), "country"),
    **dict.fromkeys(("jezyk",), "language"),
    **dict.fromkeys(("labels", "etykiety"), "label"),
}
_CODE = re.compile(r"\[([a-z][\w-]*)\]\s*$")


@dataclass(frozen=True)
class Line:
    """One line of a file: its number there, and its cells by the codes of their fields."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class File:
    """A file as it was read: its lines, and the columns that mean nothing here."""

    lines: Sequence[Line]
    unknown: Sequence[str]


def read(filename: str, content: bytes, heads: Mapping[str, str]) -> File:
    """Read a CSV file or a workbook.

    Args:
        filename: tells a workbook from text by its end.
        content: the bytes of the file.
        heads: what a column may be called, folded -> the code of its field.

    Raises:
        InputError: it is no table, has no column of addresses or records, or too many lines.
    """
    numbered = rows_of(filename, content)
    head = next(numbered, None)
    if head is None:
        raise InputError(N_("The file is empty."))
    codes = [_code_of(cell, heads) for cell in head[1]]
    if not {"email", "uid"} & set(codes):
        raise InputError(N_("No column holds addresses or records. Name one of them “E-mail” in the first line."))
    doubled = next((code for code in codes if code and codes.count(code) > 1), None)
    if doubled:
        raise InputError(N_("Two columns are called %(name)s. Take one of them out."), name=doubled)
    lines = list(_lines(numbered, codes))
    unknown = [cell.strip() for cell, code in zip(head[1], codes, strict=True) if not code and cell.strip()]
    return File(lines, unknown)


def rows_of(filename: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Read a file row by row, each with the number of its line; rows in which nothing stands are left out.

    Raises:
        InputError: it is no table, or too large.
    """
    if len(content) > BYTES_AT_MOST:
        raise InputError(N_("The file is larger than 20 MB. Send it in parts."))
    is_workbook = content.startswith(b"PK") or filename.lower().endswith((".xlsx", ".xlsm"))
    rows = _workbook_rows(content) if is_workbook else _text_rows(_decoded(content))
    return ((number, row) for number, row in rows if any(cell.strip() for cell in row))


def _lines(rows: Iterable[tuple[int, list[str]]], codes: Sequence[str]) -> Iterator[Line]:
    for count, (number, row) in enumerate(rows):
        if count >= LINES_AT_MOST:
            raise InputError(N_("The file has more than %(most)s lines. Send it in parts."), most=LINES_AT_MOST)
        yield Line(number, {code: _typed(cell) for code, cell in zip(codes, row, strict=False) if code})


def _typed(cell: str) -> str:
    """Read a cell as it was written: line ends in one way, no blanks around, no mark against formulas."""
    return unsafe(cell.replace("\r\n", "\n").strip(" \n"))


def _code_of(cell: str, heads: Mapping[str, str]) -> str:
    named = _CODE.search(cell)
    if named:
        return named[1] if named[1] in heads.values() else ""
    folded = search_key(unsafe(cell.strip()))
    return heads.get(folded) or OTHER_HEADS.get(folded, "")


def _decoded(content: bytes) -> str:
    """Read bytes as text: UTF-8 with or without its mark, UTF-16 with one, else what Polish Windows writes."""
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1250")
        except UnicodeDecodeError:
            raise InputError(
                N_("This file is not a table of text. Save it as CSV or XLSX and choose it again.")
            ) from None
    if "\x00" in text:
        raise InputError(N_("This file is not a table of text. Save it as CSV or XLSX and choose it again."))
    return text


def _text_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Split text into rows, each with the number of the line where it begins."""
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            N_("Line %(number)s cannot be read as a line of a table: %(why)s."), number=begins, why=error
        ) from None


def _workbook_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    broken = InputError(N_("This workbook cannot be read. Save it as XLSX or CSV and choose it again."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_AT_MOST:
                raise InputError(N_("The file is larger than 20 MB. Send it in parts."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_cell(value) for value in row]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError):
        raise broken from None


def _cell(value: Any) -> str:
    """Write what a spreadsheet holds as text; a number without decimals has none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
