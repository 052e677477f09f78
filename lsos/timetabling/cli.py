"""The package's own commands, `lsos timetable`: build and judge programmes from files.

Results go to stdout, progress to stderr. What is wrong with the input ends a command with a sentence and status 2;
something forbidden in a programme ends `check` with status 1.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import click

from lsos.timetabling.building import Mode, Progress, build
from lsos.timetabling.file_format import answer_document, conflict_document, read_problem
from lsos.timetabling.judging import conflicts
from lsos.timetabling.problem import Severity

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, writable=True, path_type=Path)
#: Progress is told at most once in so many seconds.
PAUSE: Final = 1.0


class Refused(click.ClickException):
    """Input that cannot be worked with: one sentence, and status 2."""

    exit_code = 2


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with the input into the sentence a command ends with."""
    try:
        yield
    except ValueError as error:
        raise Refused(str(error)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def timetable() -> None:
    """Build and check programmes from files; docs/timetabling.md describes them."""


@timetable.command("build")
@click.argument("file", type=FILE)
@click.option("--seconds", type=click.FloatRange(0, 86_400), default=5.0, show_default=True, help="To search.")
@click.option("--out", type=NEW_FILE, help="Write the answer there.")
@click.option("--fill", is_flag=True, help="Only place what has no place; else rebuild all but what is locked.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same programme.")
def build_programme(*, file: Path, seconds: float, out: Path | None, fill: bool, seed: int) -> None:
    """Give the sessions of FILE rooms and times; Ctrl-C ends the search with the best found."""
    with refusing():
        problem, clock = read_problem(file)
    mode = Mode.FILL if fill else Mode.REBUILD
    with stopped_by_hand() as stop:
        answer = build(problem, mode, seconds=seconds, seed=seed, progress=telling(), stop=stop)
    document = answer_document(answer, clock)
    if out:
        try:
            out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise Refused(f"{out} cannot be written: {error.strerror}.") from None
    for key, reason in document["unplaced"].items():
        click.echo(f"{key}: {reason['words']}")
    told = {name: len(document[name]) for name in ("places", "unplaced", "moved", "changed", "conflicts")}
    also = ("main_room_share", "room_changes", "seconds", "ended")
    cost = {"cost": document["costs"]["after"]["total"]}
    click.echo(json.dumps(told | cost | {name: document[name] for name in also}))


@timetable.command("check")
@click.argument("file", type=FILE)
@click.argument("answer", type=FILE, required=False)
def check_programme(*, file: Path, answer: Path | None) -> None:
    """Say what is wrong with the draft in FILE, or with ANSWER by its rules: one line a conflict."""
    with refusing():
        problem, clock = read_problem(file)
        places = {each.key: each.place for each in problem.sessions if each.place is not None}
        if answer is not None:
            places = clock.places(read_json(answer), problem)
    found = conflicts(problem, places)
    for each in found:
        told = conflict_document(each)
        click.echo(f"{told['severity']:13}  {told['kind']:14}  {told['words']}")
    forbidden = sum(each.severity is Severity.FORBID for each in found)
    click.echo(json.dumps({"places": len(places), "conflicts": len(found), "forbidden": forbidden}))
    if forbidden:
        raise click.exceptions.Exit(1)


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        ValueError: there is none.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is not a JSON object.")  # noqa: TRY004 - one error for all that is wrong
    return found


def telling() -> Callable[[Progress], None]:
    """Give what tells the progress of a search on stderr, now and then."""
    told = monotonic()

    def tell(progress: Progress) -> None:
        nonlocal told
        if monotonic() - told >= PAUSE:
            told = monotonic()
            click.echo(
                f"{progress.share:4.0%}  {progress.placed} of {progress.sessions} placed, cost {progress.cost:.1f}",
                err=True,
            )

    return tell


@contextmanager
def stopped_by_hand() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end a search with the best so far, and the next one the program."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, usual)

    usual = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, usual)
