"""Commands about the people of an event: their list as a file, and a file as their list."""

from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import force_locale, gettext

from lsos.cli.frame import event_named, now, showing_progress
from lsos.errors import LsosError
from lsos.registration import exporting, import_words, import_writing, importing, listing, queries
from lsos.registration.fields import Register
from lsos.registration.import_reading import read
from lsos.registration.own_fields import OWN, consent_fields
from lsos.texts import LANGUAGES
from lsos.web.leaving import release_time


@click.group(cls=AppGroup)
def registrations() -> None:
    """Take the people of an event out as a file, and bring a file in."""


@registrations.command(name="export")
@click.argument("slug", metavar="EVENT")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--language", type=click.Choice(LANGUAGES), default="pl", show_default=True, help="Of heads and words.")
@click.option("--columns", help="Codes of columns, by commas; without it, all.")
def export_file(slug: str, file: Path, language: str, columns: str | None) -> None:
    """Write the people of EVENT into FILE: a workbook where it ends in .xlsx, else CSV."""
    event = event_named(slug)
    fields = [*OWN, *consent_fields(queries.consent_texts(event.id))]
    register = Register(event, {one.code: one for one in fields})
    codes = columns.split(",") if columns else [one.code for one in register.in_files()]
    ids = listing.ids_of(register, listing.Wanted())
    rows = exporting.table(register, ids, codes, language)
    is_workbook = file.suffix.lower() == ".xlsx"
    file.write_bytes(exporting.as_xlsx(rows, name=event.slug) if is_workbook else exporting.as_csv(rows))
    click.echo(f"{len(ids)} people of {event.slug} are in {file}.")


@registrations.command(name="import")
@click.argument("slug", metavar="EVENT")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--source", default="", help="Where new people accepted what they must accept; noted with each consent.")
@click.option("--letters", is_flag=True, help="Write to each of them what their registration has come to.")
@click.option("--dry-run", is_flag=True, help="Say what each line would do, and write nothing.")
def import_file(slug: str, file: Path, source: str, *, letters: bool, dry_run: bool) -> None:
    """Bring FILE (CSV or XLSX) into EVENT; bad lines are named, the others are written."""
    event = event_named(slug)
    with force_locale("en"):
        found = read(file.name, file.read_bytes(), import_words.heads_of(event))
        for column in found.unknown:
            click.echo(f"The column {column} means nothing here and is passed over.", err=True)
        if dry_run:
            _say(importing.plans(event, found.lines, source=source))
            return
        kept = importing.keep(event.id, file.name, found.lines, by=None, source=source, now=now())
        importing.set_source(event.id, kept.uid, source, writes_letters=letters)
        total = max(len(found.lines), 1)

        def work(tell: Callable[[float], object]) -> None:
            written = kept
            while written.finished_at is None and written.paused_at is None:
                written = import_writing.write_next(
                    event.id, kept.uid, release=release_time(actor_id=None, now=now()), now=now()
                )
                tell(written.done / total)

        showing_progress(f"{len(found.lines)} lines", work)
        kept = importing.import_by_uid(event.id, kept.uid) or kept
        for line in kept.refused:
            why = gettext(LsosError(line["message"]).message, **line["details"])
            click.echo(f"Line {line['number']}: {why}", err=True)
        click.echo(_summary(kept.outcomes))


def _say(plans: list[importing.Plan]) -> None:
    for plan in plans:
        for _code, error in plan.problems:
            click.echo(f"Line {plan.line.number}: {gettext(error.message, **error.details)}", err=True)
        for change in plan.changes if plan.outcome is importing.Outcome.CHANGED else ():
            click.echo(f"Line {plan.line.number}: {plan.name}, {change.field}: {change.before} -> {change.after}")
    counts = {outcome.value: sum(plan.outcome is outcome for plan in plans) for outcome in importing.Outcome}
    click.echo(f"{_summary(counts)} Nothing was written.")


def _summary(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts.get(one.value, 0)} {one.value}" for one in importing.Outcome) + "."
