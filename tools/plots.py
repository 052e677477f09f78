"""Measure and draw the pictures of docs/matchmaking.md: quality over time, and what fairness costs.

`python -m tools.plots` measures anew, some minutes; `--drawn` draws again from what was measured last. The instances
are those of ../shared/bench/matching, and the certified bound is computed by the checker there.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from time import process_time
from typing import Any
from xml.sax.saxutils import escape

from lsos.matchmaking.certificate import certificate_document
from lsos.matchmaking.exchange_format import problem_of, solution_document
from lsos.matchmaking.fairness import coverage_bound, price_of_fairness
from lsos.matchmaking.scheduling import solve
from tests.benchmarks.matchmaking import outside

TOP = Path(__file__).resolve().parent.parent
PICTURES, MEASURED = TOP / "docs" / "pictures", TOP / "docs" / "pictures" / "matchmaking.json"
SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
#: What is solved over and over: name, family, bonus.
CASES = (("1,200 people", "lsos", ()), ("with a bonus", "lsos", (400, 200, 100)), ("5,000 people", "large", ()))
#: Marks of the axis of seconds.
TAKEN = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
DIALS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
PEOPLE_BELOW = ("without one", "fewer than two", "fewer than three")
WIDTH, HEIGHT = 460, 320
LEFT, RIGHT, ABOVE, BELOW = 56, 16, 64, 52
INK, SOFT, PAPER = "#10241f", "#c9d6d2", "#fafaf5"
COLOURS = ("#0b6e66", "#b93a16", "#6a3fb5", "#8a6a00")
#: Lines are told apart without their colours too.
DASHES = ("", "7 4", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Line:
    """One line of a picture: its name, and points (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]


# ---- measuring


def over_time() -> list[dict[str, Any]]:
    """Solve some instances in more and more seconds."""
    found = []
    for name, family, bonus in CASES:
        instance = outside("generator").generate(family, 1, list(bonus))
        problem = problem_of(instance)
        # What is loaded at first need is loaded before the clock runs.
        solve(problem, seconds=SECONDS[0])
        for seconds in SECONDS:
            begin = process_time()
            schedule = solve(problem, seconds=seconds)
            taken = process_time() - begin
            document = json.loads(json.dumps(certificate_document(problem, schedule)))
            solution = solution_document(instance["name"], schedule.meetings)
            verdict = outside("checker").check(instance, json.loads(json.dumps(solution)))
            if not verdict["feasible"]:
                sys.exit(str(verdict["errors"]))
            found.append(
                {
                    "case": name,
                    "seconds": seconds,
                    "taken": round(taken, 2),
                    "objective": verdict["objective"],
                    "certified_bound": round(outside("checker").certified_bound(instance, document), 1),
                    "breaks": verdict["breaks"],
                    "people": len(instance["participants"]),
                }
            )
            print(found[-1], file=sys.stderr)
    return found


def fairness() -> dict[str, Any]:
    """Turn the dial of one instance."""
    problem = problem_of(outside("generator").generate("lsos", 1, []))
    proved = coverage_bound(problem, 2)
    prices = price_of_fairness(problem, DIALS, seconds=3.0)
    positions = [
        {
            "dial": price.dial,
            "share": round(price.share, 5),
            "below": list(price.coverage.below),
            "breaks": price.breaks,
            "jain": round(price.coverage.jain, 4),
        }
        for price in prices
    ]
    return {"people": prices[0].coverage.people, "below_two_in_every_schedule": proved.below, "positions": positions}


# ---- drawing


def chart(
    title: str,
    across: str,
    up: str,
    lines: Sequence[Line],
    *,
    xs: Sequence[float],
    ys: Sequence[float],
) -> str:
    """Draw lines over axes with marks at `xs` and `ys`; marks that begin above 0 are of a logarithmic axis."""

    def place(value: float, marks: Sequence[float], start: float, length: float, *, bent: bool = False) -> float:
        first, last = marks[0], marks[-1]
        if bent:
            value, first, last = (log(each) for each in (value, first, last))
        return start + length * (value - first) / (last - first)

    def x(value: float) -> float:
        return place(value, xs, LEFT, WIDTH - LEFT - RIGHT, bent=xs[0] > 0)

    def y(value: float) -> float:
        bottom_up = HEIGHT - ABOVE - BELOW
        return place(max(value, ys[0]), ys, HEIGHT - BELOW, -bottom_up, bent=ys[0] > 0)

    shapes = [text(LEFT, 20, title, weight="700", size=14)]
    for mark in ys:
        shapes.append(f'<path d="M{LEFT} {y(mark):.1f}H{WIDTH - RIGHT}" stroke="{SOFT}"/>')
        shapes.append(text(LEFT - 8, y(mark) + 4, f"{mark:g}", anchor="end"))
    for mark in xs:
        shapes.append(text(x(mark), HEIGHT - BELOW + 18, f"{mark:g}", anchor="middle"))
    shapes.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, across, anchor="middle"))
    shapes.append(text(LEFT, 34, up, size=11))
    for number, line in enumerate(lines):
        colour, dash = COLOURS[number], DASHES[number]
        path = "L".join(f"{x(each):.1f} {y(value):.1f}" for each, value in line.points)
        shapes.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        shapes += [
            f'<circle cx="{x(each):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>' for each, value in line.points
        ]
    shapes += legend(lines)
    return "".join(shapes)


def legend(lines: Sequence[Line]) -> Iterable[str]:
    """Name the lines, side by side above the axes."""
    start = LEFT
    for number, line in enumerate(lines if len(lines) > 1 else ()):
        look = f'stroke="{COLOURS[number]}" stroke-width="2" stroke-dasharray="{DASHES[number]}"'
        yield f'<path d="M{start} 50h22" {look}/>'
        yield text(start + 26, 54, line.name, size=11)
        start += 40 + 6 * len(line.name)


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "400", size: int = 12) -> str:
    """Write words."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" font-size="{size}">'
        f"{escape(words)}</text>"
    )


def picture(name: str, label: str, charts: Sequence[str]) -> None:
    """Write charts side by side."""
    width = WIDTH * len(charts)
    groups = "".join(f'<g transform="translate({WIDTH * place} 0)">{each}</g>' for place, each in enumerate(charts))
    (PICTURES / f"{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'role="img" aria-label="{escape(label)}" font-family="Lato, sans-serif" fill="{INK}">'
        f'<rect width="{width}" height="{HEIGHT}" fill="{PAPER}"/>{groups}</svg>\n'
    )


def heights(lines: Sequence[Line]) -> list[float]:
    """Choose marks from 0 to at least the highest point, at round numbers."""
    most = max(max(value for _, value in line.points) for line in lines)
    steps = (10.0**power * digit for power in range(-4, 7) for digit in (1, 2, 5))
    step = next(step for step in steps if step * 5 >= most)
    return [step * place for place in range(6)]


def draw(measured: dict[str, Any]) -> None:
    """Draw both pictures."""
    runs = measured["over_time"]
    lowest = {name: min(run["certified_bound"] for run in runs if run["case"] == name) for name, *_ in CASES}

    def lines(value: Callable[[dict[str, Any]], float]) -> list[Line]:
        return [Line(name, [(run["taken"], value(run)) for run in runs if run["case"] == name]) for name, *_ in CASES]

    #: A gap below the lowest mark, none among them, is drawn at it.
    gaps = lines(lambda run: 100 * (1 - run["objective"] / lowest[run["case"]]))
    breaks = lines(lambda run: run["breaks"] / run["people"])
    picture(
        "quality-over-time",
        "How far schedules are from the lowest certified bound, and their breaks, by the seconds taken",
        [
            chart(
                "Below the certified bound",
                "processor seconds",
                "per cent",
                gaps,
                xs=TAKEN,
                ys=(0.001, 0.01, 0.1, 1, 10),
            ),
            chart(
                "Breaks",
                "processor seconds",
                "for each person",
                breaks,
                xs=TAKEN,
                ys=heights(breaks),
            ),
        ],
    )
    found = measured["fairness"]["positions"]
    below = [Line(name, [(each["dial"], each["below"][n]) for each in found]) for n, name in enumerate(PEOPLE_BELOW)]
    cost = [Line("score", [(each["dial"], 100 * (1 - each["share"])) for each in found])]
    picture(
        "price-of-fairness",
        "How many of 1,200 people have few meetings, and what of the score is given for it, by the dial",
        [
            chart(
                "People with few meetings",
                "dial, from score to fairness",
                f"of {measured['fairness']['people']:,} who can have one",
                below,
                xs=(0, 0.25, 0.5, 0.75, 1),
                ys=heights(below),
            ),
            chart(
                "What it costs",
                "dial, from score to fairness",
                "per cent of the score at 0",
                cost,
                xs=(0, 0.25, 0.5, 0.75, 1),
                ys=heights(cost),
            ),
        ],
    )


def main() -> None:
    """Measure if asked for, and draw."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--drawn", action="store_true", help="draw again from what was measured last")
    if not asked.parse_args().drawn:
        MEASURED.write_text(json.dumps({"over_time": over_time(), "fairness": fairness()}, indent=1) + "\n")
    draw(json.loads(MEASURED.read_text()))


if __name__ == "__main__":
    main()
