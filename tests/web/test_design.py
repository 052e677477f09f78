"""The design language: contrast measured, no token forgotten, one page that shows it all."""

import re
from itertools import product

import pytest

from lsos.paths import folder
from lsos.web.design import COLOURS, SPACES, TYPE_SIZES, tokens
from tests.conftest import Reader

SURFACES = ("paper", "sheet", "shade")
TINTS = ("primary-tint", "attention-tint", "success-tint")
AREAS = tuple(f"area-{n}" for n in range(4))
ROLES = tuple(name for name in tokens()["light"] if name.startswith("role-"))

#: (words, ground): at least 4.5 to 1 (WCAG 2.2, 1.4.3).
WORDS = [
    *product(("ink", "quiet", "primary", "primary-strong", "attention", "success"), ("paper", "sheet", "shade")),
    *product(("ink", "quiet"), TINTS),
    *product(("ink", "quiet"), ("sky",)),
    *product(("on-disc",), AREAS + ROLES),
    *product(("on-primary",), ("primary", "primary-strong")),
    ("primary-strong", "primary-tint"),
    ("attention", "attention-tint"),
    ("success", "success-tint"),
    ("paper", "ink"),
    ("on-water", "water"),
]
#: (edge or drawing, ground): at least 3 to 1 (WCAG 2.2, 1.4.11).
SHAPES = [
    *product(("edge", "primary", "attention", "success", *AREAS, *ROLES), SURFACES),
    *product(("primary", "attention", "success"), TINTS),
]


def value(theme: str, name: str) -> str:
    return tokens()[theme].get(name) or tokens()["light"][name]


def luminance(colour: str) -> float:
    """Give the relative luminance of a colour as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_measures_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_on_every_ground(theme):
    faint = {pair: round(contrast(value(theme, pair[0]), value(theme, pair[1])), 2) for pair in WORDS}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_and_discs_can_be_seen_on_every_ground(theme):
    faint = {pair: round(contrast(value(theme, pair[0]), value(theme, pair[1])), 2) for pair in SHAPES}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 3} == {}


def test_every_colour_of_the_light_theme_has_a_dark_one():
    both = {"on-disc"}
    colours = {name for name, colour in tokens()["light"].items() if colour.startswith("#")}
    assert colours - set(tokens()["dark"]) == both


def test_the_page_forgets_no_token():
    told = {*COLOURS, *AREAS, *ROLES, *TYPE_SIZES, *SPACES, "measure", "corner", "page", "touch"}
    assert set(tokens()["light"]) == told


def test_every_sample_has_its_look():
    sheet = (folder("static") / "css" / "design.css").read_text()
    for name in COLOURS:
        assert f".swatch-{name} " in sheet
    for name in TYPE_SIZES:
        assert f".{name} " in sheet
    for name in SPACES:
        assert f".space-{name} " in sheet


def test_style_sheets_speak_in_tokens_only():
    for sheet in (folder("static") / "css").glob("*.css"):
        if sheet.name == "tokens.css":
            continue
        words = re.sub(r'url\(".*?"\)|@media print \{.*', "", sheet.read_text(), flags=re.DOTALL)
        assert re.findall(r"(?<!&)#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", words) == [], sheet.name


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_page_shows_discs_fields_and_messages(client: Reader, language):
    page = client.get(f"/{language}/design/")
    assert page.status_code == 200
    assert page.text.count('class="pair"') == 3
    assert page.text.count('class="ring"') == 3
    assert 'aria-invalid="true"' in page.text
    assert "size-poster" in page.text
