"""Drawings: well-formed, safe to put names into, and true to their numbers."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsos import drawing
from lsos.drawing import Bar

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)


@pytest.mark.parametrize(
    "picture",
    [
        drawing.area_disc(0),
        drawing.area_disc(7, 40, label="Prevention"),
        drawing.person_disc("Łucja Wąs", "startup"),
        drawing.pair("A B", "C D"),
        drawing.pair("A B", "C D", overlap=1),
        drawing.ring(0, 0),
        drawing.ring(3, 5, label="3 of 5"),
        drawing.logo(),
        drawing.wave(),
        drawing.river(0),
        drawing.river(4),
        drawing.bars([]),
        drawing.bars([Bar("a", 1, "1", 2)], title="A chart"),
    ],
)
def test_every_drawing_is_well_formed_and_carries_no_style(picture):
    root = parsed(picture)
    assert root.tag == f"{SVG}svg"
    assert not any("style" in element.attrib for element in root.iter())


def test_a_drawing_without_a_label_is_decoration():
    assert parsed(drawing.area_disc(0)).get("aria-hidden") == "true"
    named = parsed(drawing.area_disc(0, label="Prevention & care"))
    assert (named.get("role"), named.get("aria-label")) == ("img", "Prevention & care")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_any_name_can_be_drawn(name):
    parsed(drawing.person_disc(name, "investor"))
    parsed(drawing.pair(name, name, overlap=0.5))
    parsed(drawing.bars([Bar(name, 1, name)], title=name))


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Łucja Wąs", "ŁW"), ("Maria de la Cruz", "MC"), ("Sting", "S"), ("", "?"), ("(Anna) Nowak", "N"), ("木村", "木")],
)
def test_initials_are_the_first_letters_of_the_first_and_the_last_word(name, letters):
    assert drawing.initials(name) == letters


def length_of(picture: str) -> float:
    part = next(c for c in parsed(picture).iter(f"{SVG}circle") if "ring-part" in c.get("class", ""))
    return float(part.get("stroke-dasharray", "").split()[0])


@given(st.integers(0, 200), st.integers(1, 100))
def test_a_ring_fills_by_the_share_that_is_taken(taken, seats):
    whole = length_of(drawing.ring(1, 1))
    assert length_of(drawing.ring(taken, seats)) == pytest.approx(min(taken / seats, 1) * whole, abs=0.01)
    assert ("is-full" in drawing.ring(taken, seats)) == (taken >= seats)


def test_discs_of_a_meeting_touch_and_those_of_a_match_overlap():
    def gap(picture: str) -> float:
        left, right = [c for c in parsed(picture).iter(f"{SVG}circle") if "person" in c.get("class", "")]
        return float(right.get("cx", "")) - float(left.get("cx", "")) - 2 * float(left.get("r", ""))

    assert gap(drawing.pair("A B", "C D")) == pytest.approx(0)
    assert gap(drawing.pair("A B", "C D", overlap=0.3)) < 0
    assert gap(drawing.pair("A B", "C D", overlap=0.9)) < gap(drawing.pair("A B", "C D", overlap=0.3))


def test_a_fifth_focus_area_begins_again():
    assert drawing.area_disc(4) == drawing.area_disc(0)
    assert len({str(drawing.area_disc(n)) for n in range(4)}) == 4


def widths(picture: str) -> list[float]:
    found = [r for r in parsed(picture).iter(f"{SVG}rect") if r.get("class") == "bar"]
    return [float(r.get("width", "").rstrip("%")) for r in found]


def test_bars_are_as_long_as_their_values():
    both = drawing.bars([Bar("a", 5, "5"), Bar("b", 10, "10")])
    assert widths(both) == pytest.approx([42, 84])
    assert widths(drawing.bars([Bar("c", 0, "0")])) == []


def test_a_target_beyond_its_bar_sets_the_scale():
    chart = drawing.bars([Bar("held", 50, "50", 100)])
    target = next(iter(parsed(chart).iter(f"{SVG}line")))
    assert widths(chart) == pytest.approx([42])
    assert target.get("x1") == "84%"


def test_a_long_label_takes_more_lines_and_loses_no_word():
    label = "Liczba osób uczestniczących w wydarzeniach sieciujących organizowanych przez Klaster w roku"
    chart = drawing.bars([Bar(label, 1, "1")])
    lines = re.findall(r'class="chart-label"[^>]*>([^<]*)<', chart)
    assert " ".join(lines) == label
    assert all(len(line) <= drawing.LABEL_LETTERS for line in lines)


def test_the_river_carries_a_disc_for_each_focus_area():
    for count in range(1, 5):
        assert len(re.findall(r'class="area-\d"', drawing.river(count))) == count


def circles(picture: str) -> dict[str, float]:
    """Where the discs of a gauge stand, by their kind."""
    return {c.get("class", ""): float(c.get("cx", "").rstrip("%")) for c in parsed(picture).iter(f"{SVG}circle")}


def test_a_gauge_sets_value_baseline_and_target_on_one_scale():
    places = circles(drawing.gauge(30, baseline=drawing.Mark(60, "2021: 60"), target=drawing.Mark(15, "2025: 15")))
    assert places["bar"] - 3.5 == pytest.approx((places["gauge-baseline"] - 3.5) / 2)
    assert places["gauge-target"] - 3.5 == pytest.approx((places["bar"] - 3.5) / 2)


def test_a_gauge_without_a_figure_shows_where_it_would_be_and_no_disc():
    assert "bar" not in circles(drawing.gauge(None, target=drawing.Mark(60, "2025: 60")))
    assert circles(drawing.gauge(0))["bar"] == pytest.approx(3.5)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_nothing_of_a_gauge_leaves_the_picture(value, baseline, target):
    picture = drawing.gauge(value, baseline=drawing.Mark(baseline, "b"), target=drawing.Mark(target, "t"))
    assert all(3 <= place <= 97 for place in circles(picture).values())


def test_columns_are_as_tall_as_their_values():
    chart = drawing.columns([drawing.Column("9", 2, "2"), drawing.Column("10", 4, "4"), drawing.Column("11", 0, "0")])
    tall = [float(r.get("height", "")) for r in parsed(chart).iter(f"{SVG}rect")]
    assert tall == pytest.approx([75, 150])
    assert re.findall(r'class="chart-value"[^>]*>([^<]*)<', chart) == ["2", "4"]


def test_a_part_lies_within_its_whole():
    chart = drawing.portions([drawing.Portion("BioF", 3, 12, "3 / 12"), drawing.Portion("GOV", 0, 6, "0 / 6")])
    found = [(r.get("class"), float(r.get("width", "").rstrip("%"))) for r in parsed(chart).iter(f"{SVG}rect")]
    assert found == [("bar-whole", 78), ("bar", 19.5), ("bar-whole", 39)]
