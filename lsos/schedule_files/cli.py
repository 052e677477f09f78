"""Commands on files of programmes: `lsos programme look` and `lsos programme convert`; neither settings nor database.

Results go to stdout. A file that holds no programme ends a command with a sentence and status 2.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from lsos.calendar_file import CalendarPerson
from lsos.schedule_files.files import Format, Reading, read, write
from lsos.schedule_files.findings import shown
from lsos.schedule_files.model import Programme, known_zone
from lsos.schedule_files.wrong import MOST_BYTES, WrongFile

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, writable=True, path_type=Path)


class Refused(click.ClickException):
    """A file that cannot be worked with: one sentence, and status 2."""

    exit_code = 2


class Zone(click.ParamType[str]):
    """A time zone by its name."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the name of a zone."""
        if value and known_zone(value) is None:
            self.fail(f"There is no time zone {value}. Write one such as Europe/Warsaw.", param, ctx)
        return str(value)


ZONE: Final = click.option(
    "--zone", type=Zone(), default="", help="The time zone of times that say none, such as Europe/Warsaw."
)


@click.group()
def programme() -> None:
    """Look at conference programmes in files, and convert them."""


@programme.command()
@click.argument("file", type=FILE)
@ZONE
def look(file: Path, zone: str) -> None:
    """Say what FILE holds, a schedule.xml, schedule.json or CSV, and what is wrong in it."""
    reading = _read(file, zone)
    found = reading.programme
    click.echo(f"{found.title or 'A programme without a title'}: {_when(found)}")
    for number, what in _counts(found):
        click.echo(f"{number:6}  {what}")
    click.echo(_told(reading))
    for finding in reading.findings:
        click.echo(f"  {finding.words}")


@programme.command()
@click.argument("file", type=FILE)
@click.argument("out", type=NEW_FILE)
@click.option(
    "--format", "kind", type=click.Choice([one.value for one in Format]), help="Without it the ending of OUT says."
)
@ZONE
@click.option(
    "--organiser", default="", metavar="ADDRESS", help="The e-mail address that a calendar names as organiser."
)
def convert(file: Path, out: Path, kind: str | None, zone: str, organiser: str) -> None:
    """Read FILE and write it as OUT: .xml, .json, .csv or .ics."""
    ending = out.suffix.removeprefix(".").lower()
    if kind is None and ending not in set(Format):
        raise click.BadParameter(
            f"{out} should end in {' or '.join(f'.{one}' for one in Format)}, or --format says what it is.",
            param_hint="OUT",
        )
    if out.exists() and out.samefile(file):
        raise click.BadParameter("Choose another file than the one that is read.", param_hint="OUT")
    reading = _read(file, zone)
    named = CalendarPerson(reading.programme.title, organiser) if organiser else None
    content = write(reading.programme, Format(kind or ending), now=datetime.now(UTC), organizer=named)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from None
    click.echo(f"{out}: {_number(len(reading.programme.sessions), 'session')}, {len(content) / 1000:.0f} kB")
    for finding in reading.left_out:
        click.echo(f"  {finding.words}", err=True)
    if reading.findings:
        click.echo(f"{_told(reading)} `lsos programme look {file}` names all of it.", err=True)


def _read(file: Path, zone: str) -> Reading:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        return read(content, zone=zone)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    except WrongFile as error:
        raise Refused(f"{file}: {error}") from None


def _when(found: Programme) -> str:
    if not found.sessions:
        return "no sessions"
    first, last = min(one.start for one in found.sessions), max(one.end for one in found.sessions)
    return f"{shown(first)} to {shown(last)}, {found.zone or 'no time zone'}"


def _counts(found: Programme) -> list[tuple[int, str]]:
    people = {person.key for session in found.sessions for person in session.persons}
    tracks = {session.track for session in found.sessions if session.track}
    return [
        (len(found.sessions), "sessions"),
        (len(found.days), "days"),
        (len(found.rooms), "rooms"),
        (len(tracks), "tracks"),
        (len(people), "people"),
    ]


def _told(reading: Reading) -> str:
    if not reading.findings:
        return "Nothing is wrong in it."
    out = len(reading.left_out)
    left = f", {_number(out, 'session')} left out" if out else ""
    return f"{_number(len(reading.findings), 'finding')}{left}."


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
