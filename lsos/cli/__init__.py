"""The command line: the other door to the same use cases."""

import sys
from importlib import import_module
from typing import Any, Final

import click

from lsos import __version__

#: Command -> where it is. Only the one asked for is brought in, since most bring the whole platform with them.
PLACES: Final = {
    "serve": "lsos.cli.serving:serve",
    "simulate": "lsos.cli.simulating:simulate",
    "worker": "lsos.cli.serving:worker",
    "db": "lsos.cli.serving:database",
    "check": "lsos.cli.checking:check",
    "event": "lsos.cli.events:event",
    "demo": "lsos.cli.events:demo",
    "match": "lsos.cli.events:match",
    "paper": "lsos.cli.paper:paper",
    "registrations": "lsos.cli.registrations:registrations",
    "privacy": "lsos.cli.privacy:privacy",
    "report": "lsos.cli.events:report",
    "kpis": "lsos.cli.events:kpis",
    "user": "lsos.cli.people:user",
    "matchmaking": "lsos.matchmaking.cli:matchmaking",
    "programme": "lsos.schedule_files.cli:programme",
    "timetable": "lsos.timetabling.cli:timetable",
    "zone": "lsos.cli.zones:zone",
}
FRAME: Final = "lsos.cli.frame"


class Commands(click.Group):
    """Commands that are brought in when they are needed; those of the platform get a way to make the application."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands."""
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Bring one command in."""
        if cmd_name not in PLACES:
            return None
        module, _, name = PLACES[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        if ctx.obj is None and FRAME in sys.modules:
            ctx.obj = sys.modules[FRAME].application()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn what people can understand into a sentence."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            frame = sys.modules.get(FRAME)
            stop: Exception | None = frame.stop_of(error) if frame else None
            if stop is None:
                raise
            raise stop from None


@click.group(
    cls=Commands,
    help="LSOS: registration, programme, matchmaking, check-in and the KPI report of a forum.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="lsos")
def main() -> None:
    """Run one of the commands."""
