"""Commands about people's data: what is due to be deleted, and deleting it."""

import click
from flask.cli import AppGroup
from flask_babel import force_locale, gettext

from lsos.cli.frame import event_named, need_tables, now, settings
from lsos.privacy import keeping, service
from lsos.privacy.printing import names_of
from lsos.privacy.proof import broken, lines
from lsos.texts import LANGUAGES
from lsos.web.leaving import release_time
from lsos.wording import plain


@click.group(cls=AppGroup)
def privacy() -> None:
    """Delete what its time is over for, and erase who asked for it; the worker does both by itself."""


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what is said.")
def run(*, dry_run: bool, language: str) -> None:
    """Delete what is due of every event that is over, and carry out erasures whose waiting time is over."""
    need_tables()
    moment = now()
    with force_locale(language):
        found = keeping.due_now(now=moment)
        for event, due in found:
            for one in due:
                name = gettext(one.name) if isinstance(one.name, str) else plain(one.name)
                click.echo(f"{event.slug}: {name}: {one.goes_today}")
        if not found:
            click.echo("Nothing is due.")
        waiting = service.how_many_wait(now=moment)
        if dry_run:
            click.echo(f"Erasures that are due: {waiting}. Nothing was deleted.")
            return
        data_dir = settings().data_dir
        lines = keeping.run_all(data_dir=data_dir, now=moment)
        erased = service.run_due(release=release_time(actor_id=None, now=moment), data_dir=data_dir, now=moment)
        click.echo(f"Entries deleted: {sum(line.number for line in lines)}. People erased: {erased}.")
        left = service.how_many_wait(now=moment)
        if left:
            click.echo(f"Erasures that could not be carried out: {left}. The page Erasures says whose.", err=True)


@privacy.command()
@click.argument("slug", metavar="EVENT")
def proof(slug: str) -> None:
    """Print the proof of what was deleted of EVENT, one line each, the latest first."""
    event = event_named(slug)
    with force_locale("en"):
        names = names_of(event)
    for line in lines(event.slug):
        rule = "" if line.days is None else f"{line.days} days after the event"
        click.echo(f"{line.at.isoformat()}  {names.get(line.what, line.what)}  {rule}  {line.number}  {line.seal[:12]}")
    click.echo("Every line is as it was written." if broken() is None else "A line was changed or is missing.")
