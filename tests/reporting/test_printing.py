"""The report as a file: opened by other programs, with the words and numbers of the page."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from lsos.events.models import Event
from lsos.registration.rules import RegistrationState
from lsos.reporting import prose
from lsos.reporting.document import Document, Kind
from lsos.reporting.participation import report
from lsos.reporting.pdf import participation_pdf
from lsos.reporting.xlsx import participation_xlsx
from lsos.texts import Bilingual
from tests import make
from tests.reporting import story

NOW = datetime(2025, 12, 1, 12, tzinfo=UTC)
LANGUAGES = pytest.mark.parametrize("language", ["en", "pl"])


@pytest.fixture
def forum(app: Flask) -> Event:
    """Seven with a place, six came, two met; names that a program could take for something else."""
    where = make.event(name=Bilingual("Forum Żółć", '#set "Forum" $x$ @you'), moved_days=1)
    kind = make.participation_type(where, name=Bilingual("=1+1", "=HYPERLINK(A1)"))
    guests = [
        make.registration(where, participation_type=kind, organisation_id=make.organisation(country="PL").id)
        for _ in range(7)
    ]
    make.registration(where, participation_type=kind, state=RegistrationState.CANCELLED)
    for guest in guests[:6]:
        story.arrive(guest)
    talk = make.session(where, title=Bilingual("+48 12 *wykład*", "-1 [talk]"))
    make.signup(guests[0], talk)
    story.meet(guests[0], guests[1], came_of_it="pilot")
    return where


def written(event: Event, language: str) -> Document:
    with force_locale(language):
        return prose.write(report(event, now=NOW))


def root_of(content: bytes) -> Any:
    """The catalogue of a PDF."""
    return PdfReader(io.BytesIO(content)).trailer["/Root"].get_object()


def pages(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@LANGUAGES
def test_the_pdf_says_what_the_page_says(forum: Event, language: str):
    text = pages(participation_pdf(forum, language, now=NOW))
    document = written(forum, language)
    for section in document.sections:
        assert section.title in text
        for paragraph in section.paragraphs:
            assert paragraph in text
        for cells in section.table.written():
            for cell in cells:
                assert cell in text
    for figure in document.key_figures:
        assert figure.written in text
    assert document.demonstration in text
    assert document.definitions[-1].meaning in text


@LANGUAGES
def test_the_pdf_is_tagged_and_names_its_language_and_title(forum: Event, language: str):
    found = PdfReader(io.BytesIO(participation_pdf(forum, language, now=NOW)))
    root: Any = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith(language)
    assert found.metadata
    assert forum.name.read(language).text in str(found.metadata.title)
    assert found.metadata.creation_date
    assert found.metadata.creation_date.date() == NOW.date()


def test_every_chart_of_the_pdf_is_read_out(forum: Event):
    content = participation_pdf(forum, "en", now=NOW)
    found = set()

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for kid in node:
                walk(kid)
        elif hasattr(node, "get"):
            if "/Alt" in node:
                found.add(str(node["/Alt"]))
            walk(node.get("/K"))

    walk(root_of(content)["/StructTreeRoot"])
    assert found == {chart.alt for section in written(forum, "en").sections for chart in section.charts}


def test_the_same_report_is_the_same_file(forum: Event):
    assert participation_pdf(forum, "en", now=NOW) == participation_pdf(forum, "en", now=NOW)


def test_only_lato_is_in_the_pdf(forum: Event):
    for page in PdfReader(io.BytesIO(participation_pdf(forum, "pl", now=NOW))).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            assert "Lato" in font.get_object()["/BaseFont"]


@LANGUAGES
def test_an_event_without_anybody_still_gives_a_report(app: Flask, language: str):
    where = make.event(starts_on=NOW.date() + timedelta(days=30))
    assert "Trial forum" in pages(participation_pdf(where, "en", now=NOW))
    openpyxl.load_workbook(io.BytesIO(participation_xlsx(where, language, now=NOW)))


def sheets(content: bytes) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: sheet for sheet in book.worksheets}


def rows(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@LANGUAGES
def test_the_workbook_has_the_numbers_of_the_page_as_numbers(forum: Event, language: str):
    found = sheets(participation_xlsx(forum, language, now=NOW))
    document = written(forum, language)
    assert len(found) == len(document.sections) + 2
    for section, sheet in zip(document.sections, list(found.values())[1:-1], strict=True):
        table = section.table
        width = len(table.columns)
        cells = [row[:width] for row in rows(sheet)]
        head = cells.index([column.name for column in table.columns])
        for wanted, got in zip(table.rows, cells[head + 1 :], strict=True):
            for value, column, cell in zip(wanted, table.columns, got, strict=True):
                assert cell == (pytest.approx(value) if isinstance(value, float) else value)
                assert isinstance(cell, str) == (column.kind is Kind.TEXT) or cell is None


def test_the_first_sheet_opens_with_the_key_figures(forum: Event):
    summary = rows(next(iter(sheets(participation_xlsx(forum, "en", now=NOW)).values())))
    assert ["people came", 6] in [row[:2] for row in summary]
    assert ["show-up rate", pytest.approx(6 / 7)] in [row[:2] for row in summary]


@LANGUAGES
def test_no_text_of_a_workbook_is_ever_computed(forum: Event, language: str):
    content = participation_xlsx(forum, language, now=NOW)
    kinds = {cell.data_type for sheet in sheets(content).values() for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}
    values = [value for sheet in sheets(content).values() for row in rows(sheet) for value in row]
    assert {"en": "=HYPERLINK(A1)", "pl": "=1+1"}[language] in values


def test_a_workbook_draws_each_table_natively(forum: Event):
    with zipfile.ZipFile(io.BytesIO(participation_xlsx(forum, "en", now=NOW))) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == len(written(forum, "en").sections)
