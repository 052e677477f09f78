"""The command `lsos matchmaking b2b`: files of instances in, files of timetables out."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from lsos.matchmaking.b2b.problem import read
from lsos.matchmaking.b2b.solving import Timetable, solve


def run(paths: Sequence[Path], seconds: float, out: Path, echo: Callable[[str], object], *, seed: int = 1) -> int:
    """Solve instances one after the other, and write down and say what came out of each.

    A file that cannot be read is said, and does not stop the rest.

    Args:
        paths: instances, or folders of them, of which every `.json` file is taken.
        seconds: how long one instance may take.
        out: the folder for the answers; it is made. An answer has the name of its instance.
        echo: takes one line for each instance.
        seed: of everything that is left to chance.

    Returns:
        How many files had no answer.
    """
    out.mkdir(parents=True, exist_ok=True)
    answered: set[str] = set()
    failures = 0
    for path in _files(paths):
        try:
            problem = read(path)
            goal = _goal(path, out, answered)
            began = monotonic()
            answer = solve(problem, seconds=seconds, seed=seed)
            goal.write_text(json.dumps(as_json(answer)) + "\n", encoding="utf-8")
            echo(f"{path.stem}  {in_words(answer)}  {monotonic() - began:.1f} s")
        except (ValueError, OSError) as error:
            failures += 1
            echo(str(error))
    return failures


def _goal(path: Path, out: Path, answered: set[str]) -> Path:
    """Say where the answer for an instance goes."""
    goal = out / path.name
    if path.name in answered:
        raise ValueError(f"{path}: another instance has the same name; its answer would be lost.")
    if goal.exists() and goal.samefile(path):
        raise ValueError(f"{path}: the answer would take the place of the instance; give another folder.")
    answered.add(path.name)
    return goal


def as_json(answer: Timetable) -> Any:
    """Give what is written: the slots of the meetings, or why they have none, in words and in parts."""
    why = answer.contradiction
    if why is None:
        return list(answer.slots)
    parts = [{"kind": str(statement.kind), "numbers": list(statement.numbers)} for statement in why.statements]
    return {"infeasible": why.words, "statements": parts}


def in_words(answer: Timetable) -> str:
    """Sum an answer up in a line."""
    if answer.contradiction is not None:
        return f"infeasible: {answer.contradiction.words}"
    found = answer.measures
    if found.left_out:
        return f"{found.left_out} meetings left out: too little time to place them, or to show that they cannot be"
    proof = "proven" if answer.optimal else f"at least {answer.bound}"
    return f"{found.breaks} breaks ({proof}), {found.idle} idle slots, fairness gap {found.gap}"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else [path]
