"""The organiser's list as a file that a spreadsheet opens as what it is, never runs, and gives back unchanged."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import force_locale, gettext
from xlsxwriter import Workbook

from lsos.registration.fields import Field, Register, Value
from lsos.registration.listing import all_rows

#: A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); marks before it count as well, so
#: that what was marked once is known from what its owner wrote.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
#: What stands between several values of one cell.
BETWEEN = "; "
#: A spreadsheet holds no more letters in a cell.
CELL_LENGTH = 32_767


def safe(value: object) -> str:
    """Write a value so that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def unsafe(text: str) -> str:
    """Read a value as it was before `safe`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def cell(value: Value) -> str:
    """Write a value as a cell: moments in UTC, several values between semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, str | int) else BETWEEN.join(value)


def head_of(one: Field) -> str:
    """Name a column in the language of the file, with the code that stays the same in both."""
    return f"{one.title} [{one.code}]"


def table(register: Register, ids: Sequence[int], codes: Sequence[str], language: str) -> list[list[str]]:
    """Write registrations as rows of cells, the head first, in a language."""
    fields = [one for code in codes if (one := register.get(code)) is not None and one.is_in_files]
    with force_locale(language):
        rows = [[head_of(one) for one in fields]]
        rows += [[cell(row.value(one)) for one in fields] for row in all_rows(ids, fields)]
    return rows


def as_csv(rows: Iterable[Sequence[object]], *, has_mark: bool = True) -> bytes:
    """Write rows as comma-separated values in UTF-8; the mark at the beginning tells Excel so."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerows([safe(value) for value in row] for row in rows)
    return written.getvalue().encode("utf-8-sig" if has_mark else "utf-8")


def as_xlsx(rows: Sequence[Sequence[str]], *, name: str) -> bytes:
    """Write rows as a workbook in which every cell is text, so that none is ever computed.

    Formulas are marked all the same, since workbooks are saved as CSV.
    """
    content = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = Workbook(content, options)
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", name)[:31] or "LSOS")
    bold = book.add_format({"bold": True, "bottom": 1})
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write_string(at, column, safe(value)[:CELL_LENGTH], bold if at == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max((len(rows[0]) - 1) if rows else 0, 0), 18)
    book.close()
    return content.getvalue()
