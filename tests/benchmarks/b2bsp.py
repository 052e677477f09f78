"""Measure timetables of given meetings beside their proven optima: `python -m tests.benchmarks.b2bsp --seconds 10`.

The instances lie in ../shared/data/b2bsp, and every answer is judged by the checker in ../shared/bench/b2bsp, which
shares no code with the solver. `--without-solver` measures what the package does when its extra is not installed.
"""

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from lsos.matchmaking.b2b import exact
from lsos.matchmaking.b2b.problem import parse
from lsos.matchmaking.b2b.running import as_json, in_words
from lsos.matchmaking.b2b.solving import solve
from tests.benchmarks.measure import Figure, against, report

SHARED = Path(__file__).resolve().parents[3] / "shared"
#: The families over which breaks are summed, as far as their instances have a timetable.
SUMMED = ("original", "fixed020", "prec15")
#: Most breaks in that sum, by the seconds for each instance; with others there is no bar.
BARS = {10: 145, 60: 110}
INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class Row:
    """One instance, its answer, and what the checker says."""

    name: str
    optimum: str
    verdict: str
    breaks: int | None
    bound: int
    gap: int
    left_out: int
    seconds: float
    processor_seconds: float
    said: str

    @property
    def right(self) -> bool:
        """Say whether the answer is valid and whole, or no timetable is known where it says that there is none."""
        if self.breaks is None:
            return self.optimum in {INFEASIBLE, ""}
        return self.verdict == "valid" and not self.left_out

    @property
    def summed(self) -> bool:
        """Say whether the instance belongs to the sum of the bar."""
        return self.name.split(".")[1].startswith(SUMMED) and self.optimum.isdigit()


def main() -> None:
    """Read what is to be measured, measure it, print the table and write the figures down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--data", type=Path, default=SHARED / "data" / "b2bsp")
    options.add_argument("--without-solver", action="store_true")
    asked = options.parse_args()
    if asked.without_solver:
        exact.library = lambda: None  # type: ignore[assignment]
    best_known = asked.data / "best_known.csv"
    if not best_known.exists():
        sys.exit(f"{best_known} is not there, so nothing can be measured.")
    with best_known.open(encoding="utf-8") as file:
        optima = {row["instance"]: row["breaks_proven_optimum"] for row in csv.DictReader(file)}
    print(
        f"{'':28} {'optimum':>10} {'breaks':>6} {'bound':>5} {'gap':>3} {'left out':>8} {'s':>5} {'cpu s':>5}  checker"
    )
    rows = [one(asked.data / f"{name}.json", optimum, asked.seconds, asked.seed) for name, optimum in optima.items()]
    print(f"{sum(not row.right for row in rows)} of {len(rows)} answers are wrong or leave meetings out.")
    report(figures(rows, asked.seconds, "" if exact.library() else ", without solver"))


def one(path: Path, optimum: str, seconds: float, seed: int) -> Row:
    """Solve an instance, have the answer judged, and print its line."""
    instance: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    began, busy = perf_counter(), process_time()
    answer = solve(parse(instance), seconds=seconds, seed=seed)
    taken, worked = perf_counter() - began, process_time() - busy
    slots = as_json(answer)
    breaks, gap, left_out, verdict = None, 0, 0, INFEASIBLE
    if isinstance(slots, list):
        placed = {number: slot for number, slot in enumerate(slots) if slot}
        violations, left_out, breaks, _, gap = checker().check(instance, placed)
        verdict = "; ".join(violations) or "valid"
    said = in_words(answer)
    row = Row(path.stem, optimum, verdict, breaks, answer.bound, gap, left_out, taken, worked, said)
    shown = "–" if row.breaks is None else str(row.breaks)
    print(
        f"{row.name:28} {row.optimum or 'unknown':>10} {shown:>6} {row.bound:>5} {row.gap:>3} {row.left_out:>8} "
        f"{row.seconds:>5.1f} {row.processor_seconds:>5.1f}  {row.said if row.breaks is None else row.verdict}",
        flush=True,
    )
    return row


def figures(rows: list[Row], seconds: float, how: str) -> list[Figure]:
    """Sum up: breaks beside the optima, and how many answers are not right."""
    summed = [row for row in rows if row.summed]
    optimum = sum(int(row.optimum) for row in summed)
    breaks = sum(row.breaks or 0 for row in summed)
    bar = BARS.get(int(seconds), sum(row.breaks or 0 for row in summed)) / max(optimum, 1)
    wrong = sum(not row.right for row in rows)
    return [
        against(f"b2b, breaks of {len(summed)} in {seconds:g} s each{how}", breaks, optimum, bar=bar, unit="breaks"),
        against(f"b2b, wrong answers of {len(rows)} in {seconds:g} s each{how}", wrong, len(rows), bar=0, unit=""),
    ]


def checker() -> Any:
    """Load the checker that lies beside the project."""
    path = SHARED / "bench" / "b2bsp" / "check.py"
    spec = spec_from_file_location("b2bsp_check", path)
    if spec is None or spec.loader is None or not path.exists():
        sys.exit("check.py is not in ../shared/bench/b2bsp, so nothing can be judged.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
