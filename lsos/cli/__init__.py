"""The command line: the other door to the same use cases."""

import click

from lsos import __version__
from lsos.cli import checking, events, people, serving
from lsos.cli.frame import Commands


@click.group(
    cls=Commands,
    help="LSOS: registration, programme, matchmaking, check-in and the KPI report of a forum.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="lsos")
def main() -> None:
    """Run one of the commands."""


for command in (
    serving.serve,
    serving.worker,
    serving.database,
    checking.check,
    events.event,
    events.demo,
    events.match,
    events.report,
    events.kpis,
    people.user,
):
    main.add_command(command)
