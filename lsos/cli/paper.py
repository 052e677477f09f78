"""Commands about the paper for the door: what was ticked on it, brought as a file."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import force_locale, gettext

from lsos.checkin import paper_lines, queries
from lsos.checkin.paper_lines import Usual
from lsos.cli.frame import event_named, now
from lsos.errors import N_, NotFound


@click.group(cls=AppGroup)
def paper() -> None:
    """Bring back what was ticked on paper at the door."""


@paper.command(name="import")
@click.argument("slug", metavar="EVENT")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--point", "code", required=True, help="Where it was ticked, for lines without a point: its code.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day of the paper: 2027-11-25.")
@click.option("--time", "said", default="", help="For lines without a time: 9:05.")
@click.option("--dry-run", is_flag=True, help="Say what each line means, and take nothing.")
def import_file(slug: str, file: Path, code: str, day: datetime, said: str, *, dry_run: bool) -> None:
    """Take the lines of FILE (CSV or XLSX: code or name, time, point) as scans at EVENT; bad lines are named."""
    event = event_named(slug)
    point = queries.point_by_code(event.id, code)
    if point is None:
        raise NotFound(N_("There is no such point at this event. Choose one from the list."))
    with force_locale("en"):
        read = paper_lines.read(file.name, file.read_bytes())
        ticked = paper_lines.understand(event, read.lines, Usual(day.date(), said, point), now=now())
        for one in ticked:
            if one.problem is not None:
                why = gettext(one.problem.message, **one.problem.details)
                click.echo(f"Line {one.line.number}: {why}", err=True)
        good = sum(one.problem is None for one in ticked)
        if dry_run:
            click.echo(f"{good} of {len(ticked)} lines are understood. Nothing was taken.")
            return
        done = paper_lines.write(event, read.mark, ticked, by=None, now=now())
        for one, verdict in done:
            if verdict.reason is not None:
                click.echo(f"Line {one.line.number}: {one.guest}: {gettext(verdict.reason)}", err=True)
        counts = Counter(verdict.result.value for _one, verdict in done)
        click.echo(", ".join(f"{number} {result}" for result, number in sorted(counts.items())) or "0 taken")
