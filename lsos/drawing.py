"""Drawings in SVG, for page, PDF and badge alike: everything is made of the disc.

Each shape carries both a class, which a page's style sheet may colour for light and dark, and
plain attributes, which a PDF shows as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin, sqrt
from textwrap import wrap
from typing import Literal

from markupsafe import Markup, escape

INK = "#10241f"
PAPER = "#fafaf5"
TEAL = "#0b6e66"
#: The whole that a part in teal belongs to.
SOFT = "#b0d2cb"
#: Focus areas by position; one more than four begins again, with another pattern.
AREA_COLOURS = ("#2f7d32", "#6a3fb5", "#0a67b3", "#8a6a00")
#: The letter tells a role to those who do not tell the colours apart.
ROLE_LOOKS = {
    "startup": ("S", "#6a3fb5"),
    "investor": ("I", "#8a6a00"),
    "partner": ("P", "#0b6e66"),
    "scientist": ("N", "#0a67b3"),
    "clinician": ("M", "#b93a16"),
    "public": ("O", "#2f7d32"),
    "participant": ("", "#3d524c"),
}


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def svg(width: float, height: float, *shapes: str, label: str = "", kind: str = "") -> Markup:
    """Wrap shapes in a picture; with a label it is read out, without one it is decoration."""
    voice = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true" focusable="false"'
    kind = f' class="{kind}"' if kind else ""
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}" height="{_number(height)}" '
        f'viewBox="0 0 {_number(width)} {_number(height)}"{kind} {voice}>{"".join(shapes)}</svg>'
    )


def circle(x: float, y: float, r: float, look: str) -> str:
    """Draw a circle; `look` is its attributes."""
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(r)}" {look}/>'


def _chords(x: float, y: float, r: float, gap: float, angle: float) -> str:
    """Draw parallel lines that end at the disc's edge, so that nothing needs to be clipped."""
    path = []
    steps = int(r / gap)
    for step in range(-steps, steps + 1):
        offset = step * gap
        half = sqrt(max(r * r - offset * offset, 0))
        if half < 1:
            continue
        ends = []
        for along in (-half, half):
            ends.append((x + along * cos(angle) - offset * sin(angle), y + along * sin(angle) + offset * cos(angle)))
        path.append(f"M{_number(ends[0][0])} {_number(ends[0][1])}L{_number(ends[1][0])} {_number(ends[1][1])}")
    return f'<path d="{"".join(path)}" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="{_number(r / 9)}"/>'


def _pattern(position: int, x: float, y: float, r: float) -> str:
    """Draw what tells one focus area from another without its colour: rings, bars, dots, slopes."""
    kind = position % 4
    if kind == 0:
        look = f'fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="{_number(r / 8)}"'
        return circle(x, y, r * 0.64, look) + circle(x, y, r * 0.3, look)
    if kind == 1:
        return _chords(x, y, r * 0.86, r / 2.6, 0)
    if kind == 2:
        dots = [
            circle(x + dx * r * 0.46, y + dy * r * 0.46, r / 8, 'fill="#fff" fill-opacity=".7"')
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
        ]
        return "".join(dots)
    return _chords(x, y, r * 0.86, r / 2.6, -pi / 4)


#: A list of people draws the same few discs hundreds of times.
@lru_cache(maxsize=256)
def area_shapes(position: int, x: float, y: float, r: float) -> str:
    """Draw the disc of a focus area as bare shapes, for use inside another picture."""
    colour = AREA_COLOURS[position % len(AREA_COLOURS)]
    return circle(x, y, r, f'class="area-{position % 4}" fill="{colour}"') + _pattern(position, x, y, r)


def area_disc(position: int, size: float = 20, label: str = "") -> Markup:
    """Draw the disc of a focus area, with colour and pattern."""
    return svg(size, size, area_shapes(position, size / 2, size / 2, size / 2), label=label, kind="disc")


def initials(name: str) -> str:
    """Take the first letters of the first and last word of a name."""
    words = [word for word in name.split() if word[0].isalnum()] or name.split()
    if not words:
        return "?"
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def _person_shapes(name: str, role: str, x: float, y: float, r: float, *, lean: float = 0, side: int = 1) -> str:
    """Draw a person; the letters `lean` aside to stay clear of an overlap, the role stands on a side (-1 or 1)."""
    letter, colour = ROLE_LOOKS.get(role, ROLE_LOOKS["participant"])
    size = r * 0.78 * (1 - min(abs(lean) / r, 0.5) * 0.6)
    shapes = circle(x, y, r, f'class="person role-{role}" fill="{colour}"')
    shapes += (
        f'<text x="{_number(x + lean)}" y="{_number(y)}" dy=".35em" text-anchor="middle" font-family="Lato" '
        f'font-weight="700" font-size="{_number(size)}" fill="#fff">{escape(initials(name))}</text>'
    )
    if letter and r >= 16:
        bx, by, br = x + side * r * 0.72, y + r * 0.72, r * 0.34
        shapes += circle(bx, by, br, f'class="role-letter" fill="{PAPER}" stroke="{colour}" stroke-width="1.5"')
        shapes += (
            f'<text x="{_number(bx)}" y="{_number(by)}" dy=".35em" text-anchor="middle" font-family="Lato" '
            f'font-weight="700" font-size="{_number(br * 1.15)}" class="role-text" fill="{colour}">{letter}</text>'
        )
    return shapes


@lru_cache(maxsize=8)
def star(size: float = 20) -> Markup:
    """Draw a star with five points; a page's style sheet fills it where it is set."""
    middle, points = size / 2, []
    for step in range(10):
        r = middle * (0.94 if step % 2 == 0 else 0.42)
        angle = step * pi / 5 - pi / 2
        points.append(f"{_number(middle + r * cos(angle))},{_number(middle * 1.04 + r * sin(angle))}")
    look = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"'
    return svg(size, size, f'<polygon points="{" ".join(points)}" {look}/>', kind="star")


def person_disc(name: str, role: str = "participant", size: float = 40) -> Markup:
    """Draw a person: a disc with initials, and the letter of their role."""
    r = size / 2
    pad = r * 0.1
    return svg(size + 2 * pad, size + 2 * pad, _person_shapes(name, role, r + pad, r + pad, r), kind="disc")


def pair(
    left: str,
    right: str,
    left_role: str = "participant",
    right_role: str = "participant",
    size: float = 56,
    *,
    overlap: float = 0.0,
) -> Markup:
    """Draw two people: overlapping for a match (0 to 1 by how well it fits), touching for a meeting."""
    r = size / 2
    shared = overlap * r * 0.9
    shift = size - shared
    pad = r * 0.1
    shapes = _person_shapes(left, left_role, r + pad, r + pad, r, lean=-shared / 2, side=-1)
    shapes += _person_shapes(right, right_role, r + pad + shift, r + pad, r, lean=shared / 2)
    if overlap:
        shapes += _lens(r + pad, r + pad, r, shift)
    return svg(size + shift + 2 * pad, size + 2 * pad, shapes, kind="pair")


def _lens(x: float, y: float, r: float, shift: float) -> str:
    """Draw what two discs share."""
    half = sqrt(max(r * r - shift * shift / 4, 0))
    middle = x + shift / 2
    arc = f"A{_number(r)} {_number(r)} 0 0 1 "
    return (
        f'<path class="lens" d="M{_number(middle)} {_number(y - half)}{arc}{_number(middle)} {_number(y + half)}'
        f'{arc}{_number(middle)} {_number(y - half)}Z" fill="#fff" fill-opacity=".85"/>'
    )


def ring(taken: float, of: float, size: float = 44, label: str = "") -> Markup:
    """Draw a capacity as a ring that fills; it turns to the colour of attention when it is full."""
    share = min(max(taken / of, 0), 1) if of else 0
    r = size / 2 - 4
    around = 2 * pi * r
    full = " is-full" if share >= 1 else ""
    look = 'fill="none" stroke-width="6"'
    return svg(
        size,
        size,
        circle(size / 2, size / 2, r, f'class="ring-rest" stroke="#d9dcd3" {look}'),
        circle(
            size / 2,
            size / 2,
            r,
            f'class="ring-part{full}" stroke="{TEAL}" {look} stroke-linecap="butt" '
            f'stroke-dasharray="{_number(share * around)} {_number(around)}" '
            f'transform="rotate(-90 {_number(size / 2)} {_number(size / 2)})"',
        ),
        label=label,
        kind="ring",
    )


def logo(size: float = 28) -> Markup:
    """Draw the mark: two discs that overlap."""
    r = size / 2
    shift = size * 0.62
    return svg(
        size + shift,
        size,
        circle(r, r, r, f'class="mark-left" fill="{TEAL}"'),
        circle(r + shift, r, r, 'class="mark-right" fill="#8a6a00" fill-opacity=".85"'),
        _lens(r, r, r, shift),
        kind="logo",
    )


#: Light to deep, as the river's layers lie before one another; a style sheet gives its own.
WATER = ("#a9cdc7", "#4f9d95", "#07534d")
#: Where each layer runs (a share of the height), how far it rises, and where its first crest is.
_WAVES = ((0.52, 0.16, -2.6), (0.66, 0.13, 0.1), (0.82, 0.1, 2.8))


def _level(layer: int, x: float, width: float, height: float) -> float:
    base, rise, phase = _WAVES[layer]
    waves = width / 1200 * (1.15 + 0.4 * layer)
    return height * (base + rise * sin((x / width - 0.5) * 2 * pi * waves + phase))


def _water(layer: int, width: float, height: float) -> str:
    steps = int(width // 25)
    points = [(width * n / steps, _level(layer, width * n / steps, width, height)) for n in range(steps + 1)]
    path = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    bottom = f"L{_number(width)} {_number(height)}L0 {_number(height)}Z"
    return f'<path class="wave-{layer}" d="M{path}{bottom}" fill="{WATER[layer]}"/>'


def wave(width: float = 1200, height: float = 120) -> Markup:
    """Draw the river: three slow curves, the same every time."""
    layers = [_water(layer, width, height) for layer in range(3)]
    return _fitted(svg(width, height, *layers, kind="wave"), "none")


def river(areas: int = 4, width: float = 2400, height: float = 300) -> Markup:
    """Draw the header of an edition: the discs of its focus areas afloat between the waves.

    The discs lie around the middle, so that a narrow screen, which shows only that, shows them too.
    """
    sizes = (0.235, 0.155, 0.195, 0.125)
    spread = min(width * 0.4, 130.0 * max(areas, 1))
    shapes = []
    for layer in range(3):
        shapes.append(_water(layer, width, height))
        for place in range(areas):
            if place % 2 != layer or layer == 2:
                continue
            r = height * sizes[place % 4]
            x = width / 2 + spread * ((place + 0.5) / areas - 0.5)
            y = _level(layer, x, width, height) - r * (0.5 if layer else 0.32)
            shapes.append(f"<g>{area_shapes(place, x, y, r)}</g>")
    return _fitted(svg(width, height, *shapes, kind="wave"), "xMidYMax slice")


def _fitted(picture: Markup, how: str) -> Markup:
    return Markup(str(picture).replace("<svg ", f'<svg preserveAspectRatio="{how}" ', 1))


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: its label, its value, how the value is written, and a target to mark."""

    label: str
    value: float
    written: str
    target: float | None = None
    kind: str = "bar"


#: Letters of a chart's label that fit beside one another on a phone.
LABEL_LETTERS = 46


def bars(rows: Sequence[Bar], *, width: float = 640, title: str = "") -> Markup:
    """Draw horizontal bars, each under its label and before its value; a target is a line across its bar.

    Lengths are shares of the width and nothing is scaled, so that the words stay as large as those
    of the page, on a phone too.
    """
    top = max([max(r.value, r.target or 0) for r in rows] + [1e-9])
    shapes = []
    y = 0.0
    for r in rows:
        for line in wrap(r.label, LABEL_LETTERS) or [""]:
            y += 18
            shapes.append(
                f'<text class="chart-label" x="0" y="{_number(y - 4)}" font-family="Lato" font-size="14" '
                f'fill="{INK}">{escape(line)}</text>'
            )
        shapes.append(_bar(r, y + 3, top))
        y += 36
    return _fluid(width, max(y, 1), shapes, title, "chart")


def _bar(row: Bar, y: float, top: float) -> str:
    """Draw one bar and its value; the longest takes 84 % of the width, the rest is the value's."""
    thick, room = 16, 84
    length = room * max(row.value, 0) / top
    shapes = f'<rect class="bar-rest" x="0" y="{_number(y)}" width="{room}%" height="{thick}" rx="3" fill="#f0f1ea"/>'
    if length:
        shapes += (
            f'<rect class="{escape(row.kind)}" x="0" y="{_number(y)}" width="{_number(max(length, 0.6))}%" '
            f'height="{thick}" rx="3" fill="{TEAL}"/>'
        )
    if row.target is not None:
        x = _number(room * row.target / top)
        shapes += (
            f'<line class="target" x1="{x}%" x2="{x}%" y1="{_number(y - 4)}" y2="{_number(y + thick + 4)}" '
            f'stroke="#b93a16" stroke-width="2"/>'
        )
    return shapes + (
        f'<text class="chart-value" x="100%" y="{_number(y + 13)}" text-anchor="end" font-family="Lato" '
        f'font-weight="700" font-size="14" fill="{INK}">{escape(row.written)}</text>'
    )


@dataclass(frozen=True)
class Mark:
    """A number on a scale, and how it is written there."""

    value: float
    written: str


def _edge(share: float) -> str:
    """Anchor a text so that it stays inside the picture wherever on the width it stands."""
    return "start" if share < 0.2 else "end" if share > 0.8 else "middle"


def gauge(value: float | None, *, baseline: Mark | None = None, target: Mark | None = None, title: str = "") -> Markup:
    """Draw how far something has come: a full disc on a line, between where it began and where it is to be.

    The beginning is a small empty disc, its words below; the aim is a ring that the full disc
    fills when it gets there, its words above. Nothing says that more is better.
    """
    top = max([value or 0, baseline.value if baseline else 0, target.value if target else 0]) or 1
    first, room, y = 3.5, 93.0, 34.0

    def place(number: float) -> float:
        return first + room * max(number, 0) / top

    def words(mark: Mark, at: float) -> str:
        share = max(mark.value, 0) / top
        x = {"start": 0.0, "middle": place(mark.value), "end": 100.0}[_edge(share)]
        return (
            f'<text class="chart-quiet" x="{_number(x)}%" y="{_number(at)}" text-anchor="{_edge(share)}" '
            f'font-family="Lato" font-size="13" fill="#4b5d57">{escape(mark.written)}</text>'
        )

    shapes = [
        (
            f'<rect class="bar-rest" x="{_number(first)}%" y="{y - 4}" width="{_number(room)}%" height="8" rx="4" '
            f'fill="#e4e6dd"/>'
        )
    ]
    if value is not None:
        shapes.append(
            f'<rect class="bar" x="{_number(first)}%" y="{y - 4}" width="{_number(place(value) - first)}%" height="8" '
            f'rx="4" fill="{TEAL}"/>'
        )
    if baseline is not None:
        shapes.append(
            f'<circle class="gauge-baseline" cx="{_number(place(baseline.value))}%" cy="{y}" r="5" fill="#fff" '
            f'stroke="#4b5d57" stroke-width="2"/>{words(baseline, y + 24)}'
        )
    if target is not None:
        shapes.append(
            f'<circle class="gauge-target" cx="{_number(place(target.value))}%" cy="{y}" r="11" fill="none" '
            f'stroke="{INK}" stroke-width="2"/>{words(target, y - 19)}'
        )
    if value is not None:
        shapes.append(f'<circle class="bar" cx="{_number(place(value))}%" cy="{y}" r="7" fill="{TEAL}"/>')
    return _fluid(320, 64 if baseline else 48, shapes, title, "chart gauge")


def gauge_key(kind: Literal["value", "baseline", "target"], size: float = 22) -> Markup:
    """Draw one sign of a gauge by itself, for its key."""
    middle = size / 2
    signs = {
        "value": circle(middle, middle, 7, f'class="bar" fill="{TEAL}"'),
        "baseline": circle(middle, middle, 5, 'class="gauge-baseline" fill="#fff" stroke="#4b5d57" stroke-width="2"'),
        "target": circle(middle, middle, 9, f'class="gauge-target" fill="none" stroke="{INK}" stroke-width="2"'),
    }
    return svg(size, size, signs[kind], kind="disc")


@dataclass(frozen=True)
class Column:
    """One column of a chart over time: what stands under it, its value, how that is written, and what it is part of."""

    label: str
    value: float
    written: str
    whole: float | None = None


def columns(
    rows: Sequence[Column], *, width: float = 640, height: float = 150, top: float = 0, title: str = ""
) -> Markup:
    """Draw columns from left to right, each under its value; an empty label or value is not written.

    `top` is the value of a full height where charts stand side by side and share a scale.
    """
    top = max([max(row.value, row.whole or 0) for row in rows] + [top, 1e-9])
    step = 100 / max(len(rows), 1)
    foot = 20 + height
    shapes = [
        (
            f'<line class="chart-line" x1="0" x2="100%" y1="{_number(foot)}" y2="{_number(foot)}" stroke="#7d8a84" '
            f'stroke-width="1"/>'
        )
    ]
    for place, row in enumerate(rows):
        middle, tall = (place + 0.5) * step, 0.0
        for look, colour, value in (("bar-whole", SOFT, row.whole or 0), ("bar", TEAL, row.value)):
            if value > 0:
                high = height * value / top
                tall = max(tall, high)
                shapes.append(
                    f'<rect class="{look}" x="{_number(place * step + step * 0.1)}%" y="{_number(foot - high)}" '
                    f'width="{_number(step * 0.8)}%" height="{_number(high)}" rx="2" fill="{colour}"/>'
                )
        if row.written and tall:
            shapes.append(
                f'<text class="chart-value" x="{_number(middle)}%" y="{_number(foot - tall - 5)}" text-anchor="middle" '
                f'font-family="Lato" font-weight="700" font-size="13" fill="{INK}">{escape(row.written)}</text>'
            )
        if row.label:
            shapes.append(
                f'<text class="chart-quiet" x="{_number(middle)}%" y="{_number(foot + 17)}" text-anchor="middle" '
                f'font-family="Lato" font-size="13" fill="#4b5d57">{escape(row.label)}</text>'
            )
    return _fluid(width, foot + 24, shapes, title, "chart")


@dataclass(frozen=True)
class Course:
    """How a number rises over time beside what was expected; across, moments are shares of the width from 0 to 1.

    `band` is what was expected, from and to; `line` what came; `ticks` are written below; `level` is the height of the
    whole with its words.
    """

    band: Sequence[tuple[float, float, float]]
    line: Sequence[tuple[float, float]]
    ticks: Sequence[tuple[float, str]]
    level: tuple[float, str]


def course(what: Course, *, width: float = 640, height: float = 220, title: str = "") -> Markup:
    """Draw a line before a band: the number that came, and the range in which it was expected."""
    most = max([high for _, _, high in what.band] + [value for _, value in what.line] + [what.level[0], 1])
    head, foot = 22, 22 + height

    def spot(x: float, value: float) -> str:
        return f"{_number(100 * x)},{_number(100 - 100 * value / most)}"

    around = [spot(x, high) for x, _, high in what.band] + [spot(x, low) for x, low, _ in reversed(what.band)]
    rest = 'preserveAspectRatio="none" overflow="visible"'
    shapes = [
        f'<svg x="0" y="{head}" width="100%" height="{_number(height)}" viewBox="0 0 100 100" {rest}>',
        f'<polygon class="chart-band" points="{" ".join(around)}" fill="{SOFT}" fill-opacity=".6"/>' if around else "",
    ]
    line = " ".join(spot(x, value) for x, value in what.line)
    stroke = f'fill="none" stroke="{TEAL}" stroke-width="3" vector-effect="non-scaling-stroke" stroke-linejoin="round"'
    shapes += [f'<polyline class="chart-course" points="{line}" {stroke}/>' if what.line else "", "</svg>"]
    at = foot - height * what.level[0] / most
    for y, look in ((foot, ""), (at, ' stroke-dasharray="3 5"')):
        shapes.append(
            f'<line class="chart-line" x1="0" x2="100%" y1="{_number(y)}" y2="{_number(y)}" stroke="#7d8a84" '
            f'stroke-width="1"{look}/>'
        )
    words = 'font-family="Lato" font-size="13"'
    shapes.append(
        f'<text class="chart-quiet" x="0" y="{_number(at - 5)}" {words} fill="#4b5d57">{escape(what.level[1])}</text>'
    )
    if what.line:
        x, value = what.line[-1]
        y = foot - height * value / most
        end = "end" if x > 0.5 else "start"
        shapes.append(f'<circle class="chart-end" cx="{_number(100 * x)}%" cy="{_number(y)}" r="6" fill="{TEAL}"/>')
        shapes.append(
            f'<text class="chart-value" x="{_number(100 * x)}%" y="{_number(y - 12)}" text-anchor="{end}" '
            f'font-family="Lato" font-weight="900" font-size="18" fill="{INK}">{_number(value)}</text>'
        )
    for x, label in what.ticks:
        anchor = "start" if x <= 0 else "end" if x >= 1 else "middle"
        shapes.append(
            f'<text class="chart-quiet" x="{_number(100 * x)}%" y="{_number(foot + 17)}" text-anchor="{anchor}" '
            f'{words} fill="#4b5d57">{escape(label)}</text>'
        )
    return _fluid(width, foot + 24, shapes, title, "chart course")


@dataclass(frozen=True)
class Portion:
    """One row of a chart of parts: its label, the part, the whole, and how both are written."""

    label: str
    part: float
    whole: float
    written: str


def portions(rows: Sequence[Portion], *, width: float = 640, title: str = "") -> Markup:
    """Draw wholes as bars and, inside each, the part of it that counts; labels above, numbers at the end."""
    top = max([row.whole for row in rows] + [1e-9])
    shapes = []
    y = 0.0
    for row in rows:
        for line in wrap(row.label, LABEL_LETTERS) or [""]:
            y += 18
            shapes.append(
                f'<text class="chart-label" x="0" y="{_number(y - 4)}" font-family="Lato" font-size="14" '
                f'fill="{INK}">{escape(line)}</text>'
            )
        for look, colour, value in (("bar-whole", SOFT, row.whole), ("bar", TEAL, row.part)):
            if value:
                shapes.append(
                    f'<rect class="{look}" x="0" y="{_number(y + 3)}" width="{_number(max(78 * value / top, 0.6))}%" '
                    f'height="16" rx="3" fill="{colour}"/>'
                )
        shapes.append(
            f'<text class="chart-value" x="100%" y="{_number(y + 16)}" text-anchor="end" font-family="Lato" '
            f'font-weight="700" font-size="14" fill="{INK}">{escape(row.written)}</text>'
        )
        y += 36
    return _fluid(width, max(y, 1), shapes, title, "chart")


@dataclass(frozen=True)
class Slice:
    """One part of a whole that is drawn as a bar: its look, a name that style sheets give a colour, and its size."""

    look: str
    size: float


def stack(slices: Sequence[Slice], *, width: float = 640, height: float = 28, title: str = "") -> Markup:
    """Draw a whole as one bar of its parts, side by side; a part that is there can be seen however small it is."""
    whole = sum(one.size for one in slices) or 1
    shapes, at = [], 0.0
    for one in slices:
        if one.size > 0:
            share = 100 * one.size / whole
            shapes.append(
                f'<rect class="slice {one.look}" x="{_number(at)}%" y="0" width="{_number(max(share, 0.6))}%" '
                f'height="{_number(height)}"/>'
            )
            at += share
    return _fluid(width, height, shapes, title, "chart stack")


def _fluid(width: float, height: float, shapes: Sequence[str], title: str, kind: str) -> Markup:
    """Wrap a chart that is as wide as its place and whose words are never scaled."""
    voice = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true" focusable="false"'
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}" height="{_number(height)}" '
        f'class="{kind}" {voice}>{"".join(shapes)}</svg>'
    )
