"""How things are measured, and how the figures are written down."""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its reference; `bar` bounds the ratio from above, or from below where it says so."""

    name: str
    value: float
    unit: str
    reference: float
    ratio: float
    bar: float | None
    holds: bool
    least: bool = False


def against(name: str, value: float, reference: float, *, bar: float, unit: str = "ms") -> Figure:
    """Hold a value against its reference, as a ratio; nothing beside nothing is 1, and an infinite bar is none."""
    ratio = value / reference if reference else 1.0 if value == 0 else inf
    bounded = None if bar == inf else bar
    return Figure(name, round(value, 3), unit, round(reference, 3), round(ratio, 4), bounded, ratio <= bar)


def at_least(name: str, value: float, reference: float, *, bar: float, unit: str) -> Figure:
    """Hold a value against its reference, where more is better."""
    ratio = value / reference if reference else inf
    return Figure(name, round(value, 3), unit, round(reference, 3), round(ratio, 6), bar, ratio >= bar, least=True)


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
    """Print the figures as a table, and write them into build/bench.json, where those of other benchmarks stay."""
    BUILD.mkdir(exist_ok=True)
    written = BUILD / "bench.json"
    names = {figure.name for figure in figures}
    kept = [each for each in json.loads(written.read_text()) if each["name"] not in names] if written.exists() else []
    written.write_text(json.dumps(kept + [asdict(figure) for figure in figures], indent=2) + "\n")
    width = max(len(figure.name) for figure in figures)
    print(f"{'':{width}}  {'value':>12} {'unit':<6} {'beside':>12} {'ratio':>9} {'bar':>8}")
    for f in figures:
        bar = "" if f.bar is None else f"{'≥' if f.least else '≤'} {f.bar:g}"
        held = "" if f.bar is None else "holds" if f.holds else "FALLS SHORT"
        print(f"{f.name:{width}}  {f.value:>12.2f} {f.unit:<6} {f.reference:>12.2f} {f.ratio:>9.5g} {bar:>8}  {held}")
