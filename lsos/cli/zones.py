"""Commands about the zones of an event: their applications as a file."""

from pathlib import Path

import click
from flask.cli import AppGroup

from lsos.cli.frame import event_named
from lsos.errors import N_, NotFound
from lsos.registration.exporting import as_csv, as_xlsx
from lsos.texts import LANGUAGES
from lsos.zone.exporting import table
from lsos.zone.queries import Filters, application_ids, applications, call_of_zone, calls_of
from lsos.zone.rules import ApplicationState


@click.group(cls=AppGroup)
def zone() -> None:
    """Take the applications to a zone out as a file."""


@zone.command(name="export")
@click.argument("slug", metavar="EVENT")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--zone", "code", help="Of which zone; without it, of the first that has a call.")
@click.option("--state", type=click.Choice([one.value for one in ApplicationState]), help="Only those that stand so.")
@click.option("--language", type=click.Choice(LANGUAGES), default="pl", show_default=True, help="Of heads and words.")
def export_file(slug: str, file: Path, code: str | None, state: str | None, language: str) -> None:
    """Write the applications to a zone of EVENT into FILE: a workbook where it ends in .xlsx, else CSV."""
    event = event_named(slug)
    codes = [code] if code else [call.zone.code for call in calls_of(event.id)]
    call = call_of_zone(event.id, codes[0]) if codes else None
    if call is None:
        raise NotFound(N_("This event has no such call."))
    ids = application_ids(call.id, Filters(ApplicationState(state) if state else None), {})
    rows = table(applications(ids), zone=event.timezone, language=language)
    is_workbook = file.suffix.lower() == ".xlsx"
    file.write_bytes(as_xlsx(rows, name=call.zone.code) if is_workbook else as_csv(rows))
    click.echo(f"{len(ids)} applications to {call.zone.code} of {event.slug} are in {file}.")
