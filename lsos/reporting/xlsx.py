"""A participation report as a workbook: real numbers, native charts, and nothing a spreadsheet could run."""

import io
import re
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from lsos.events.models import Event
from lsos.reporting import participation, prose
from lsos.reporting.document import Column, Document, Kind, Section

TEAL = "#0B6E66"
SOFT = "#B0D2CB"
#: Excel takes no longer names of sheets, and none of these letters in them.
NAME_LENGTH = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
WIDTHS = {Kind.TEXT: 42, Kind.NUMBER: 16, Kind.SHARE: 22}


def participation_xlsx(event: Event, language: str, *, now: datetime) -> bytes:
    """Write the participation report of an event as an Excel workbook in one language."""
    report = participation.report(event, now=now)
    with force_locale(language):
        return _workbook(prose.write(report), now)


def _workbook(document: Document, now: datetime) -> bytes:
    content = io.BytesIO()
    #: Texts stay texts, whatever they begin with: a name such as "=1+1" is shown, and never computed.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = Workbook(content, options)
    book.set_properties(
        {"title": f"{document.title}: {document.event}", "author": "LSOS", "created": now.replace(tzinfo=None)}
    )
    formats = Formats(book)
    taken: set[str] = set()
    _summary(book.add_worksheet(_sheet_name(_("Summary"), taken)), document, formats)
    for section in document.sections:
        _section(book, book.add_worksheet(_sheet_name(section.name, taken)), section, formats)
    _definitions(book.add_worksheet(_sheet_name(_("Definitions"), taken)), document, formats)
    book.close()
    return content.getvalue()


class Formats:
    """How cells look."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_name": "Lato", "valign": "top"}
        self.title: Format = book.add_format({**base, "bold": True, "font_size": 20})
        self.heading: Format = book.add_format({**base, "bold": True, "font_size": 13})
        self.head: Format = book.add_format({**base, "bold": True, "bottom": 1, "text_wrap": True})
        self.head_number: Format = book.add_format(
            {**base, "bold": True, "bottom": 1, "text_wrap": True, "align": "right"}
        )
        self.text: Format = book.add_format({**base, "text_wrap": True})
        self.bold: Format = book.add_format({**base, "bold": True, "text_wrap": True})
        self.large: Format = book.add_format({**base, "bold": True, "font_size": 14, "align": "right"})
        self.number: Format = book.add_format({**base, "num_format": "#,##0"})
        self.share: Format = book.add_format({**base, "num_format": "0%"})

    def of(self, column: Column) -> Format:
        """Choose how the cells of a column look."""
        return {Kind.TEXT: self.text, Kind.NUMBER: self.number, Kind.SHARE: self.share}[column.kind]


def _sheet_name(name: str, taken: set[str]) -> str:
    """Make a name that Excel takes and that no other sheet has."""
    plain = FORBIDDEN.sub(" ", name).strip()[:NAME_LENGTH] or "LSOS"
    made, n = plain, 2
    while made.casefold() in taken:
        made = f"{plain[: NAME_LENGTH - 3]} {n}"
        n += 1
    taken.add(made.casefold())
    return made


def _paper(sheet: Worksheet) -> None:
    sheet.hide_gridlines(2)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _summary(sheet: Worksheet, document: Document, formats: Formats) -> None:
    """Open with what the report is about and with its key figures."""
    _paper(sheet)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, document.title, formats.title)
    sheet.write_string(1, 0, document.event, formats.heading)
    row = 3
    for label, value in document.facts:
        sheet.write_string(row, 0, label, formats.text)
        sheet.write_string(row, 1, value, formats.text)
        row += 1
    for notice in (document.demonstration, *document.notices, document.made):
        if notice:
            sheet.write_string(row, 1, notice, formats.text)
            row += 1
    row += 1
    for figure in document.key_figures:
        sheet.write_string(row, 0, figure.label, formats.text)
        sheet.write_number(row, 1, figure.value, formats.share if figure.is_share else formats.number)
        row += 1
    row += 1
    for section in document.sections:
        sheet.write_string(row, 0, section.name, formats.bold)
        sheet.write_string(row, 1, section.title, formats.text)
        row += 1


def _section(book: Workbook, sheet: Worksheet, section: Section, formats: Formats) -> None:
    """Give a section its sheet: what was found, the figures, and a chart beside them."""
    _paper(sheet)
    table = section.table
    sheet.write_string(0, 0, section.title, formats.heading)
    row = 1
    for words in (*section.paragraphs, section.legend):
        if words:
            sheet.write_string(row, 0, words)
            row += 1
    head = row + 1
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, 18 if table.is_over_time else WIDTHS[column.kind])
        sheet.write_string(head, place, column.name, formats.head if column.kind is Kind.TEXT else formats.head_number)
    for n, cells in enumerate(table.rows, head + 1):
        for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            if isinstance(cell, str):
                sheet.write_string(n, place, cell, formats.of(column))
            elif cell is not None:
                sheet.write_number(n, place, cell, formats.of(column))
    if table.rows:
        sheet.freeze_panes(head + 1, 0)
        _chart(book, sheet, section, head)


def _chart(book: Workbook, sheet: Worksheet, section: Section, head: int) -> None:
    """Draw the numbers of a table natively: lying bars for groups, standing columns for time."""
    table = section.table
    names = sum(column.kind is Kind.TEXT for column in table.columns)
    numbers = [place for place, column in enumerate(table.columns) if column.kind is Kind.NUMBER]
    first, last = head + 1, head + len(table.rows)
    chart = book.add_chart({"type": "column" if table.is_over_time else "bar"})
    for series, place in enumerate(numbers):
        chart.add_series(
            {
                "name": [sheet.get_name(), head, place],
                "categories": [sheet.get_name(), first, 0, last, names - 1],
                "values": [sheet.get_name(), first, place, last, place],
                "fill": {"color": (SOFT, TEAL)[series % 2] if len(numbers) > 1 else TEAL},
                "gap": 60,
                "data_labels": {"value": not table.is_over_time},
            }
        )
    chart.set_title({"name": section.title, "name_font": {"size": 11, "name": "Lato"}, "overlay": False})
    chart.set_legend({"none": True} if len(numbers) < 2 else {"position": "bottom"})
    if not table.is_over_time:
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"major_gridlines": {"visible": False}, "visible": False})
    chart.set_size({"width": 720, "height": max(280, 30 * len(table.rows) + 120) if not table.is_over_time else 340})
    sheet.insert_chart(head, len(table.columns) + 1, chart, {"description": section.charts[0].alt})


def _definitions(sheet: Worksheet, document: Document, formats: Formats) -> None:
    """Close with what the words mean."""
    _paper(sheet)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, _("Definitions"), formats.heading)
    for row, definition in enumerate(document.definitions, 2):
        sheet.write_string(row, 0, definition.term, formats.bold)
        sheet.write_string(row, 1, definition.meaning, formats.text)
