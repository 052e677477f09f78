"""What a report is made of, whoever shows it: findings with their sentences, charts and tables, and definitions."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from lsos.wording import number, percent

Cell = str | int | float | None


class Kind(StrEnum):
    """How a column of a table is written."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True)
class Table:
    """The figures of a section, as data; the first columns of text name each row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    #: How a workbook draws it: lying bars for groups, standing columns for time.
    is_over_time: bool = False

    def written(self) -> list[list[str]]:
        """Write every cell as the reader's language does."""
        return [
            [_written(cell, column.kind) for cell, column in zip(row, self.columns, strict=True)] for row in self.rows
        ]


@dataclass(frozen=True)
class Chart:
    """A picture, what stands over it, and what it says to those who do not see it."""

    #: Draws it so many pixels wide; its words stay as large as they are.
    draw: Callable[[float], Markup]
    alt: str
    title: str = ""

    @property
    def picture(self) -> Markup:
        """Draw it for a page."""
        return self.draw(640)

    @property
    def print(self) -> Markup:
        """Draw it for paper, where a line of words is longer."""
        return self.draw(780)

    @property
    def narrow_print(self) -> Markup:
        """Draw it for half of a page's width."""
        return self.draw(371)


@dataclass(frozen=True)
class Section:
    """One finding: its title says it, the sentences explain it, chart and table show it."""

    key: str
    #: A short name, for tabs and lists.
    name: str
    title: str
    paragraphs: tuple[str, ...]
    charts: tuple[Chart, ...]
    table: Table
    #: What the numbers beside the bars mean.
    legend: str = ""


@dataclass(frozen=True)
class KeyFigure:
    """A number that the report opens with, and what it counts."""

    value: float
    label: str
    is_share: bool = False

    @property
    def written(self) -> str:
        """Write it as the reader's language does."""
        return percent(self.value) if self.is_share else number(self.value)


@dataclass(frozen=True)
class Definition:
    """A word of the report, and what exactly it means."""

    term: str
    meaning: str


@dataclass(frozen=True)
class Document:
    """The whole report in one language."""

    title: str
    event: str
    tagline: str
    facts: tuple[tuple[str, str], ...]
    #: That this is a demonstration, where it is one; the pages of such an event say so at their top anyway.
    demonstration: str
    notices: tuple[str, ...]
    made: str
    key_figures: tuple[KeyFigure, ...]
    sections: tuple[Section, ...]
    definitions: tuple[Definition, ...]


def _written(cell: Cell, kind: Kind) -> str:
    if isinstance(cell, str):
        return cell
    return percent(cell) if kind is Kind.SHARE else number(cell)
