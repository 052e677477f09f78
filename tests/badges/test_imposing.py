"""Cards on sheets: none over the edge, none over another, backs behind their fronts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos.badges.imposing import (
    A4,
    LABELS,
    Paper,
    PaperRefusal,
    Sheet,
    cutting_marks,
    fitting,
    labels,
    most_on_a4,
    pages,
    sheet_for,
)
from lsos.errors import Refused


@pytest.mark.parametrize(
    ("size", "grid"),
    [((105, 148.5), (2, 2)), ((74, 105), (4, 2)), ((90, 55), (2, 5)), ((210, 297), (1, 1)), ((100, 210), (2, 1))],
)
def test_as_many_as_fit_lie_on_a4(size, grid):
    sheet = most_on_a4(*size)
    assert (sheet.columns, sheet.rows) == grid


def test_a_card_larger_than_a4_is_refused():
    with pytest.raises(Refused) as refused:
        most_on_a4(211, 297)
    assert refused.value.reason == PaperRefusal.NO_ROOM.name.lower()


sizes = st.integers(300, 2000).map(lambda n: n / 10)


@given(width=sizes, height=sizes, cards=st.integers(1, 40), start=st.integers(1, 4), has_backs=st.booleans())
def test_cards_lie_on_the_sheet_beside_one_another_and_backs_behind_them(width, height, cards, start, has_backs):
    sheet = most_on_a4(width, height)
    laid = list(pages(sheet, cards, width=width, height=height, start=min(start, sheet.cells), has_backs=has_backs))
    assert [one.card for page in laid if not page.is_back for one in page.placed] == list(range(cards))
    for page in laid:
        for number, one in enumerate(page.placed):
            assert -0.01 <= one.x <= sheet.width - width + 0.01
            assert -0.01 <= one.y <= sheet.height - height + 0.01
            for other in page.placed[:number]:
                assert abs(one.x - other.x) >= width - 0.01 or abs(one.y - other.y) >= height - 0.01
    if not has_backs:
        return
    for front, back in zip(laid[::2], laid[1::2], strict=True):
        assert (front.is_back, back.is_back) == (False, True)
        for one, behind in zip(front.placed, back.placed, strict=True):
            assert one.card == behind.card
            #: Held against the light, turned on its long edge, the back lies where the front is.
            if behind.is_turned:
                assert behind.x == one.x
                assert behind.y + height == pytest.approx(sheet.height - one.y, abs=0.01)
            else:
                assert behind.x + width == pytest.approx(sheet.width - one.x, abs=0.01)
                assert behind.y == one.y


def test_labels_begin_where_the_sheet_was_left():
    sheet = labels(LABELS[Paper.LABELS_8], 90, 55)
    first, second = pages(sheet, 5, width=90, height=55, start=6)
    assert [(one.x, one.y) for one in first.placed] == [(112.5, 158.0), (7.5, 232.0), (112.5, 232.0)]
    assert len(second.placed) == 2


@pytest.mark.parametrize("paper", LABELS)
def test_ready_made_labels_lie_on_their_sheet(paper):
    sheet = LABELS[paper]
    assert labels(sheet, 60, 30) == sheet


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        (Sheet(*A4, 0, 4, 100, 70, 0, 0, 100, 70), PaperRefusal.NO_NUMBER),
        (Sheet(*A4, 2, 4, 100, 70, -1, 0, 100, 70), PaperRefusal.NO_NUMBER),
        (Sheet(*A4, 3, 4, 100, 70, 0, 0, 100, 70), PaperRefusal.OFF_SHEET),
        (Sheet(*A4, 2, 4, 100, 70, 0, 0, 90, 70), PaperRefusal.OVERLAP),
        (Sheet(*A4, 2, 4, 80, 70, 0, 0, 80, 70), PaperRefusal.TOO_LARGE),
    ],
)
def test_labels_that_cannot_be_are_refused(sheet, reason):
    with pytest.raises(Refused) as refused:
        labels(sheet, 90, 55)
    assert refused.value.reason == reason.name.lower()


@pytest.mark.parametrize("start", [0, 5])
def test_a_sheet_begins_at_one_of_its_cells(start):
    with pytest.raises(Refused):
        list(pages(most_on_a4(105, 148.5), 1, width=105, height=148.5, start=start))


@given(width=sizes, height=sizes)
def test_marks_lie_where_cards_end_and_stay_out_of_them_where_there_is_a_margin(width, height):
    sheet = most_on_a4(width, height)
    edges_x = {round(sheet.left + n * width, 2) for n in range(sheet.columns + 1)}
    edges_y = {round(sheet.top + n * height, 2) for n in range(sheet.rows + 1)}
    for x, y, dx, dy in cutting_marks(sheet):
        assert any(abs(x - edge) < 0.02 for edge in edges_x) if dy else any(abs(y - edge) < 0.02 for edge in edges_y)
        assert -0.01 <= x + dx <= sheet.width + 0.01
        assert -0.01 <= y + dy <= sheet.height + 0.01


def test_papers_are_offered_that_fit():
    assert fitting(105, 148.5) == [Paper.CARDS, Paper.A4]
    assert Paper.LABELS_24 in fitting(60, 30)
    with pytest.raises(Refused):
        sheet_for(Paper.FREE, 60, 30)
