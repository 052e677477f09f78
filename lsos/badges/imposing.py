"""How cards lie on sheets: as many as fit, on labels from a given one on, and their backs behind them. Stdlib only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor
from typing import Final

from lsos.errors import N_, Refused, Worded

A4: Final = (210.0, 297.0)
#: So long are the marks that show where to cut.
_MARK = 5.0
_HAIR = 0.01
_MOST = 200


class PaperRefusal(StrEnum):
    """Why cards do not go on a paper, in words for whoever prints."""

    TOO_LARGE = N_(
        "A card of %(width)s × %(height)s mm does not fit on a label of %(label_width)s × %(label_height)s mm."
    )
    NO_ROOM = N_("A card of %(width)s × %(height)s mm does not fit on a sheet of A4.")
    OFF_SHEET = N_("The labels reach over the edge of the sheet. Check margins, pitch and numbers.")
    OVERLAP = N_("The labels overlap: the pitch must be at least the size of a label.")
    NO_NUMBER = N_("Write numbers for the labels: columns and rows from 1 to 20, sizes in millimetres.")
    NO_LABEL = N_("Write the number of the label to start at: from 1 to %(most)s.")


class Paper(Worded):
    """What badges are printed on."""

    CARDS = "cards", N_("One card a page")
    A4 = "a4", N_("A4, as many as fit, with marks to cut")
    LABELS_8 = "labels_8", N_("Labels 2 × 4, 105 × 74 mm")
    LABELS_10 = "labels_10", N_("Labels 2 × 5, 99.1 × 57 mm")
    LABELS_24 = "labels_24", N_("Labels 3 × 8, 70 × 36 mm")
    FREE = "free", N_("Other labels")


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper with cells in rows and columns, in millimetres; on each cell one card, in its middle.

    Attributes:
        left: from the edge of the paper to the first cell; `top` likewise.
        pitch_x: from the left edge of one cell to that of the next; `pitch_y` likewise.
        has_marks: the cells are cut out; labels are cut already.
    """

    width: float
    height: float
    columns: int
    rows: int
    cell_width: float
    cell_height: float
    left: float = 0.0
    top: float = 0.0
    pitch_x: float = 0.0
    pitch_y: float = 0.0
    has_marks: bool = False

    @property
    def cells(self) -> int:
        """Count the cards that go on one."""
        return self.columns * self.rows


#: Columns and rows, size of a label, margins, and from edge to edge.
LABELS: Final = {
    Paper.LABELS_8: Sheet(*A4, 2, 4, 105, 74, 0, 0.5, 105, 74),
    Paper.LABELS_10: Sheet(*A4, 2, 5, 99.1, 57, 4.65, 6, 101.6, 57),
    Paper.LABELS_24: Sheet(*A4, 3, 8, 70, 36, 0, 4.5, 70, 36),
}


def card_alone(width: float, height: float) -> Sheet:
    """Give the page that is one card."""
    return Sheet(width, height, 1, 1, width, height, pitch_x=width, pitch_y=height)


def most_on_a4(width: float, height: float) -> Sheet:
    """Lay as many cards on A4 as fit, upright or across, in its middle.

    Raises:
        Refused: not one fits.
    """
    found = [_filled(page, width, height) for page in (A4, (A4[1], A4[0]))]
    best = max(found, key=lambda one: one.cells)
    if not best.cells:
        raise Refused(PaperRefusal.NO_ROOM, width=f"{width:g}", height=f"{height:g}")
    return best


def _filled(page: tuple[float, float], width: float, height: float) -> Sheet:
    columns, rows = floor((page[0] + _HAIR) / width), floor((page[1] + _HAIR) / height)
    left, top = (page[0] - columns * width) / 2, (page[1] - rows * height) / 2
    return Sheet(*page, columns, rows, width, height, left, top, width, height, has_marks=True)


def labels(sheet: Sheet, width: float, height: float) -> Sheet:
    """Check that cards of a size go on a sheet of labels, and that the labels lie on the sheet.

    Raises:
        Refused: they do not.
    """
    if not (1 <= sheet.columns <= 20 and 1 <= sheet.rows <= 20 and sheet.cells <= _MOST):
        raise Refused(PaperRefusal.NO_NUMBER)
    if min(sheet.cell_width, sheet.cell_height) <= 0 or min(sheet.left, sheet.top) < 0:
        raise Refused(PaperRefusal.NO_NUMBER)
    narrow = sheet.columns > 1 and sheet.pitch_x < sheet.cell_width - _HAIR
    if narrow or (sheet.rows > 1 and sheet.pitch_y < sheet.cell_height - _HAIR):
        raise Refused(PaperRefusal.OVERLAP)
    right = sheet.left + (sheet.columns - 1) * sheet.pitch_x + sheet.cell_width
    bottom = sheet.top + (sheet.rows - 1) * sheet.pitch_y + sheet.cell_height
    if right > sheet.width + _HAIR or bottom > sheet.height + _HAIR:
        raise Refused(PaperRefusal.OFF_SHEET)
    if width > sheet.cell_width + _HAIR or height > sheet.cell_height + _HAIR:
        raise Refused(
            PaperRefusal.TOO_LARGE,
            width=f"{width:g}",
            height=f"{height:g}",
            label_width=f"{sheet.cell_width:g}",
            label_height=f"{sheet.cell_height:g}",
        )
    return sheet


@dataclass(frozen=True)
class Placed:
    """One face of one card on a page: its number, where its top left corner lies, and whether it lies headlong."""

    card: int
    x: float
    y: float
    is_turned: bool = False


@dataclass(frozen=True)
class Page:
    """A side of a sheet: of fronts or of backs."""

    is_back: bool
    placed: tuple[Placed, ...]


def pages(
    sheet: Sheet, cards: int, *, width: float, height: float, start: int = 1, has_backs: bool = False
) -> Iterator[Page]:
    """Lay cards of a size on sheets, row by row, from a cell on; after each page of fronts that of their backs.

    Backs are mirrored left to right, for sheets that are turned on their long edge. Where the sheet lies across, that
    is its upper edge: there backs are mirrored top to bottom and lie headlong, so that a card that is cut out
    and turned as one turns a card stands upright on both sides.

    Raises:
        Refused: there is no such cell to start at.
    """
    if not 1 <= start <= sheet.cells:
        raise Refused(PaperRefusal.NO_LABEL, most=sheet.cells)
    number, cell = 0, start - 1
    while number < cards:
        placed = []
        while cell < sheet.cells and number < cards:
            placed.append(Placed(number, *_corner(sheet, cell, width, height)))
            number, cell = number + 1, cell + 1
        cell = 0
        yield Page(False, tuple(placed))
        if has_backs:
            yield Page(True, tuple(_behind(sheet, one, width, height) for one in placed))


def _corner(sheet: Sheet, cell: int, width: float, height: float) -> tuple[float, float]:
    row, column = divmod(cell, sheet.columns)
    x = sheet.left + column * sheet.pitch_x + (sheet.cell_width - width) / 2
    y = sheet.top + row * sheet.pitch_y + (sheet.cell_height - height) / 2
    return round(x, 3), round(y, 3)


def _behind(sheet: Sheet, front: Placed, width: float, height: float) -> Placed:
    if sheet.cells > 1 and sheet.width > sheet.height:
        return Placed(front.card, front.x, round(sheet.height - front.y - height, 3), is_turned=True)
    return Placed(front.card, round(sheet.width - front.x - width, 3), front.y)


def cutting_marks(sheet: Sheet) -> list[tuple[float, float, float, float]]:
    """Give the lines that show where to cut, as x, y and how far they run; none where nothing is cut."""
    if not sheet.has_marks:
        return []
    xs = _cuts(sheet.left, sheet.pitch_x, sheet.columns, sheet.width)
    ys = _cuts(sheet.top, sheet.pitch_y, sheet.rows, sheet.height)
    right, bottom = sheet.width - sheet.left, sheet.height - sheet.top
    marks = []
    for x in xs:
        for y, dy in ((0.0, _length(sheet.top)), (sheet.height, -_length(sheet.height - bottom))):
            marks.append((x, y, 0.0, dy))
    for y in ys:
        for x, dx in ((0.0, _length(sheet.left)), (sheet.width, -_length(sheet.width - right))):
            marks.append((x, y, dx, 0.0))
    inner_x = [x for x in xs if sheet.left + _HAIR < x < right - _HAIR]
    inner_y = [y for y in ys if sheet.top + _HAIR < y < bottom - _HAIR]
    for x in inner_x:
        for y in inner_y:
            marks += [(x - 3, y, 6.0, 0.0), (x, y - 3, 0.0, 6.0)]
    return [(round(x, 3), round(y, 3), dx, dy) for x, y, dx, dy in marks]


def _cuts(first: float, pitch: float, count: int, end: float) -> list[float]:
    """List where one cuts between and beside cells; the edge of the paper needs no cut."""
    return [at for at in (first + pitch * place for place in range(count + 1)) if _HAIR < at < end - _HAIR]


def _length(margin: float) -> float:
    """Give how long a mark is: it stays in the margin where there is one."""
    return min(_MARK, margin - 1) if margin > 2 else _MARK


def sheet_for(paper: Paper, width: float, height: float, free: Sheet | None = None) -> Sheet:
    """Give the sheet that cards of a size are printed on.

    Raises:
        Refused: they do not fit on it.
    """
    if paper is Paper.CARDS:
        return card_alone(width, height)
    if paper is Paper.A4:
        return most_on_a4(width, height)
    if paper is Paper.FREE:
        if free is None:
            raise Refused(PaperRefusal.NO_NUMBER)
        return labels(free, width, height)
    return labels(LABELS[paper], width, height)


def fitting(width: float, height: float) -> Sequence[Paper]:
    """List the papers that cards of a size go on, without those whose sizes are typed."""
    found = []
    for paper in Paper:
        if paper is Paper.FREE:
            continue
        try:
            sheet_for(paper, width, height)
        except Refused:
            continue
        found.append(paper)
    return found
