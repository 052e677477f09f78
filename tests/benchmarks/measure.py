"""How things are measured, and how the figures are written down."""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its reference; `bar` bounds the ratio from above."""

    name: str
    value: float
    unit: str
    reference: float
    ratio: float
    bar: float
    holds: bool


def against(name: str, value: float, reference: float, *, bar: float, unit: str = "ms") -> Figure:
    """Hold a value against its reference, as a ratio."""
    ratio = value / reference
    return Figure(name, round(value, 3), unit, round(reference, 3), round(ratio, 2), bar, ratio <= bar)


def median_ms(act: Callable[[], object], *, times: int = 60, warm_up: int = 5) -> float:
    """Give the median time of an act in milliseconds, after a few that do not count."""
    for _ in range(warm_up):
        act()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def median_of_each_ms(acts: Iterable[Callable[[], object]], *, warm_up: int = 3) -> float:
    """Give the median time of acts that can be done only once each, such as scanning a badge.

    What comes before an act, such as opening the page with its form, is done while `acts` is walked, and not counted.
    """
    taken = []
    for number, act in enumerate(acts):
        begin = time.perf_counter()
        act()
        if number >= warm_up:
            taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def report(figures: list[Figure]) -> None:
    """Print the figures as a table and write build/bench.json."""
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  {'value':>10} {'unit':<6} {'floor':>10} {'ratio':>8} {'bar':>6}")
    for f in figures:
        held = "holds" if f.holds else "FALLS SHORT"
        print(
            f"{f.name:{width}}  {f.value:>10.2f} {f.unit:<6} {f.reference:>10.2f} {f.ratio:>8.2f} {f.bar:>6.1f}  {held}"
        )
