"""What all commands share: they start the application when they need it, and end with a sentence, never a traceback."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import ScriptInfo
from limits.errors import ConfigurationError
from sqlalchemy.exc import OperationalError

from lsos.app import create_app
from lsos.db import db
from lsos.errors import N_, LsosError, NotFound
from lsos.events.models import Event
from lsos.events.queries import event_by_slug
from lsos.settings import Settings, SettingsError


class Stop(click.ClickException):
    """The end of a command that could not do its work: one sentence, and nothing else."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say the sentence."""
        click.echo(self.format_message(), file=file, err=file is None)


class WrongSettings(Stop):
    """The end of a command that could not begin."""

    exit_code = 2


def application() -> ScriptInfo:
    """Give commands a way to make the application, once they need it; help needs no settings."""
    return ScriptInfo(create_app=create_app, set_debug_flag=False, load_dotenv_defaults=False)


def stop_of(error: Exception) -> Stop | None:
    """Turn what people can understand into the end of a command; None for what they cannot."""
    match error:
        case SettingsError():
            return WrongSettings(str(error))
        case ConfigurationError():
            return WrongSettings(limits_words(error))
        case LsosError():
            return Stop(str(error))
        case OperationalError():
            why = str(error.orig).strip().partition("\n")[0]
            return Stop(f"The database does not answer as it should: {why}. `lsos check` says more.")
        case _:
            return None


def limits_words(error: ConfigurationError) -> str:
    """Say that tries cannot be counted where the settings want it."""
    return f"LSOS_RATE_LIMIT_URL cannot be used here: {error} Install what is missing, or leave the setting out."


def settings() -> Settings:
    """Give the settings of the application that the command runs in."""
    found: Settings = current_app.extensions["lsos"]
    return found


def revisions() -> tuple[str | None, str | None]:
    """Give the revision that the database is at, and the one that this program needs."""
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), script.get_current_head()


def need_tables() -> None:
    """Stop where the database does not have the tables of this program.

    Raises:
        LsosError: the migrations were not applied.
    """
    at, needed = revisions()
    if at != needed:
        raise LsosError(N_("The database is not up to date. Run `lsos db upgrade` first; `lsos serve` does it too."))


def event_named(slug: str) -> Event:
    """Give the event with this name.

    Raises:
        NotFound: there is none.
    """
    need_tables()
    event = event_by_slug(slug)
    if event is None:
        raise NotFound(N_("There is no event %(slug)s. `lsos event list` names those there are."), slug=slug)
    return event


def now() -> datetime:
    """Read the clock, at the edge where commands are."""
    return datetime.now(UTC)


def today(zone: str = "Europe/Warsaw") -> date:
    """Give today's date where an event is."""
    return now().astimezone(ZoneInfo(zone)).date()


class Day(click.ParamType[date]):
    """A day of the calendar, or the word today."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day."""
        if isinstance(value, date):
            return value
        if value == "today":
            return today()
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("Write a day such as 2026-11-26, or today.", param, ctx)


def showing_progress(label: str, work: Callable[[Callable[[float], object]], Any]) -> Any:
    """Do long work under a bar that fills as it tells its share."""
    with click.progressbar(length=100, label=label) as bar:
        return work(lambda share: bar.update(max(0, int(share * 100) - bar.pos)))
