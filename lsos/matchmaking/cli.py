"""The package's own command line: `python -m lsos.matchmaking`, and `lsos matchmaking` beside the platform's commands.

Results go to stdout, one line each, progress to stderr. What is wrong with the input ends a command with a
sentence and status 2; a solution that breaks a rule ends `check` with status 1.
"""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Final

import click

from lsos.matchmaking.certificate import certificate_document, unbound
from lsos.matchmaking.checking import check as judge
from lsos.matchmaking.exchange_format import Document, meetings_of, problem_of, read_json, solution_document, tables_in
from lsos.matchmaking.fairness import with_dial
from lsos.matchmaking.problem import Placed, Problem
from lsos.matchmaking.replanning import Replan, replan
from lsos.matchmaking.scheduling import Progress, Schedule, solve
from lsos.matchmaking.seating import Floor, Table, seat

#: What comes after the search takes about so many seconds: writing, for each pair; seating, for each meeting; and for
#: each pair the programme that proves a bound of all schedules, not just of those that keep what was published.
WRITING, SEATING, PROVING = 6e-6, 1e-4, 3e-5
#: So much of the bound may go for days with fewer breaks, where nobody says how much.
LEEWAY: Final = 0.0008
#: Progress is told at most once in so many seconds.
PAUSE: Final = 1.0

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, writable=True, path_type=Path)


class Refused(click.ClickException):
    """Input that cannot be worked with: one sentence, and status 2."""

    exit_code = 2


class Bonus(click.ParamType[tuple[float, ...]]):
    """Numbers by commas: what somebody's first, second, third … meeting is worth."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Read the numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(each) if "." in each else int(each) for each in value.split(",") if each.strip())
        except ValueError:
            self.fail("Write numbers by commas, such as 400,200,100.", param, ctx)


BONUS: Final = click.option(
    "--bonus", type=Bonus(), help="Instead of the instance's: the worth of a first, second, third meeting."
)
DIAL: Final = click.option(
    "--dial", type=click.FloatRange(0, 1), help="Instead of a bonus: 0 for score alone, 1 for fairness first."
)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with the input into the sentence a command ends with."""
    try:
        yield
    except ValueError as error:
        raise Refused(str(error)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def matchmaking() -> None:
    """Solve, check and re-plan meeting schedules from files; docs/instance-format.md describes them."""


@matchmaking.command("solve")
@click.argument("instance", type=FILE)
@click.option("--seconds", type=click.FloatRange(0, 86_400), default=10.0, show_default=True, help="For everything.")
@click.option("--out", type=NEW_FILE, help="Write the solution there.")
@click.option("--certificate", type=NEW_FILE, help="Write the prices that prove the bound there.")
@click.option("--before", type=FILE, help="A published solution: keep its meetings where they can stand.")
@click.option("--max-moves", type=click.IntRange(0), help="With --before: so many may move; else those that must.")
@BONUS
@DIAL
@click.option(
    "--leeway",
    type=click.FloatRange(0, 1, max_open=True),
    help=f"So much of the bound may go for better days; {LEEWAY} unless the instance says, 0 with --before.",
)
@click.option("--tables", is_flag=True, help="Give each meeting its table, so that people seldom change places.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same schedule.")
def solve_instance(
    *,
    instance: Path,
    seconds: float,
    out: Path | None,
    certificate: Path | None,
    before: Path | None,
    max_moves: int | None,
    bonus: tuple[float, ...] | None,
    dial: float | None,
    leeway: float | None,
    tables: bool,
    seed: int,
) -> None:
    """Schedule the meetings of INSTANCE; Ctrl-C ends the search with the best found."""
    if max_moves is not None and before is None:
        raise click.UsageError("--max-moves says how many published meetings may move; give them with --before.")
    began = monotonic()
    with refusing():
        document, problem = readable_instance(instance, bonus, dial)
        if leeway is not None:
            problem = replace(problem, leeway=leeway)
        elif "leeway" not in document and before is None:
            problem = replace(problem, leeway=LEEWAY)
        older = read_json(before) if before else None
        published = None if older is None else meetings_of(older, problem)
        most = min(sum(problem.tables), len(problem.pairs))
        proving = PROVING * len(problem.pairs) if certificate and published is not None else 0.0
        after = WRITING * len(problem.pairs) + SEATING * most * tables + proving
        left = max(0.0, began + seconds - after - monotonic())
        made: Replan | None = None
        if published is None:
            with stopped_by_hand() as stop:
                schedule = solve(problem, seconds=left, seed=seed, progress=telling(began), stop=stop)
        else:
            made = replan(problem, published, max_moves=max_moves, seconds=left, seed=seed)
            schedule = made.schedule
    name = str(document.get("name", instance.stem))
    with refusing():
        seats = (
            seated(problem, schedule, {} if older is None else tables_in(older), began + seconds) if tables else None
        )
    if out:
        write(out, solution_document(name, schedule.meetings, tables=seats))
    if certificate:
        if made is not None:
            schedule = unbound(problem, schedule, seconds=max(seconds, 1.0))
        write(certificate, certificate_document(problem, schedule))
    click.echo(json.dumps(summary(name, problem, schedule, made) | {"seconds": round(monotonic() - began, 2)}))


def summary(name: str, problem: Problem, schedule: Schedule, made: Replan | None) -> dict[str, Any]:
    """Say in numbers what was decided and how good it is."""
    bound = schedule.bound
    had = {person: 0 for pair in problem.pairs for person in pair}
    for a, b, _ in schedule.meetings:
        had[a] = had.get(a, 0) + 1
        had[b] = had.get(b, 0) + 1
    found: dict[str, Any] = {
        "instance": name,
        "meetings": len(schedule.meetings),
        "objective": schedule.value,
        "bound": round(bound, 3),
        "share": round(schedule.value / bound, 6) if bound > 0 else 1.0,
        "without_meeting": sum(not count for count in had.values()),
        "breaks": schedule.breaks,
        "least_breaks": schedule.least_breaks,
        "bonus": list(problem.first_meeting_bonus),
    }
    if problem.musts:
        found |= {"musts": schedule.musts, "musts_bound": schedule.musts_bound}
    if made is not None:
        outcomes = [fate.outcome.value for fate in made.fates.values()]
        found |= {outcome: outcomes.count(outcome) for outcome in ("kept", "moved", "cancelled")}
    return found


@matchmaking.command("check")
@click.argument("instance", type=FILE)
@click.argument("solution", type=FILE)
@click.option("--certificate", type=FILE, help="Prices; what they prove is computed and compared.")
@click.option("--before", type=FILE, help="An older solution, to be compared with.")
@BONUS
@DIAL
def check_solution(
    *,
    instance: Path,
    solution: Path,
    certificate: Path | None,
    before: Path | None,
    bonus: tuple[float, ...] | None,
    dial: float | None,
) -> None:
    """Judge SOLUTION by INSTANCE, in plain Python that shares no code with the solver."""
    with refusing():
        document, problem = readable_instance(instance, bonus, dial)
        judged, older = (readable_solution(path, problem) if path else None for path in (solution, before))
        assert judged is not None
        prices = read_json(certificate) if certificate else None
        verdict = judge(document, judged, certificate=prices, before=older)
    click.echo(json.dumps(verdict))
    if not verdict["feasible"]:
        raise click.exceptions.Exit(1)


@matchmaking.command("b2b")
@click.argument(
    "places", metavar="FILE_OR_FOLDER...", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True
)
@click.option("--seconds", type=click.FloatRange(0, 86_400), default=10.0, show_default=True, help="For each instance.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Write the answers there.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same timetables.")
def schedule_b2b(*, places: tuple[Path, ...], seconds: float, out: Path, seed: int) -> None:
    """Give a slot to each meeting of B2BSP instances, with the fewest breaks, or say why there is none."""
    from lsos.matchmaking.b2b.running import run  # noqa: PLC0415 - only this command needs its solvers

    try:
        failures = run(places, seconds, out, click.echo, seed=seed)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}.") from None
    if failures:
        raise click.exceptions.Exit(Refused.exit_code)


def readable_instance(
    path: Path, bonus: tuple[float, ...] | None, dial: float | None
) -> tuple[dict[str, Any], Problem]:
    """Read an instance, with another bonus if one is given; the document then says it too."""
    if bonus is not None and dial is not None:
        raise click.UsageError("--dial stands for a bonus; give only one of the two.")
    document = dict(read_json(path))
    problem = problem_of(document, bonus=bonus)
    if dial is not None:
        problem = with_dial(problem, dial)
    document["bonus"] = list(problem.first_meeting_bonus)
    return document, problem


def seated(problem: Problem, schedule: Schedule, published: Mapping[Placed, int], deadline: float) -> dict[Placed, int]:
    """Give the meetings that need one their tables, numbered from 0; who had a table that is still there keeps it."""
    floor = Floor(
        [
            Table(str(number), closed=frozenset(slot for slot, count in enumerate(problem.tables) if number >= count))
            for number in range(max(problem.tables, default=0))
        ]
    )
    needing = [each for each in schedule.meetings if each[:2] not in problem.without_table]
    kept = {
        each: str(published[each])
        for each in needing
        if each in published and published[each] < problem.tables[each[2]]
    }
    places = seat(needing, floor, published=kept, deadline=deadline)
    return {meeting: int(place.name) for meeting, place in places.places.items() if isinstance(place, Table)}


def readable_solution(path: Path, problem: Problem) -> Document:
    """Read a solution that can be judged, however many rules it breaks."""
    document = read_json(path)
    meetings_of(document, problem, once=False)
    return document


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write one JSON object.

    Raises:
        Refused: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def telling(began: float) -> Callable[[Progress], None]:
    """Give what tells the progress of a search on stderr, now and then."""
    told = began

    def tell(progress: Progress) -> None:
        nonlocal told
        now = monotonic()
        if now - told >= PAUSE:
            told = now
            most = f" of at most {progress.bound:.0f}" if progress.bound < float("inf") else ""
            click.echo(f"{now - began:6.1f} s  {progress.value:.0f}{most}, {progress.breaks} breaks", err=True)

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
