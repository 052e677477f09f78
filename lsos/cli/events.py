"""Commands about events: bring one in, fill it, match its people, write its report."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select

from lsos.agenda import models as agenda
from lsos.cli.frame import Day, event_named, need_tables, now, showing_progress, today
from lsos.db import db
from lsos.editions import demo as demonstration
from lsos.editions.importing import import_edition
from lsos.editions.moving import move_edition
from lsos.errors import N_, NotFound
from lsos.events.models import Event, FocusArea, Room
from lsos.events.queries import event_by_slug
from lsos.meetings.models import MeetingSlot, MeetingTable
from lsos.paths import folder
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.reporting import catalogue
from lsos.reporting.models import Indicator
from lsos.reporting.pdf import participation_pdf
from lsos.reporting.xlsx import participation_xlsx
from lsos.scheduling import matching, publishing
from lsos.scheduling.rules import DIAL
from lsos.texts import LANGUAGES

BUNDLED: Final = "lsos-2025"
_WRITERS: Final = {"pdf": participation_pdf, "xlsx": participation_xlsx}


@click.group(cls=AppGroup)
def event() -> None:
    """Bring events in, and list them."""


@event.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--first-day", type=Day(), help="Move the first day there, for a demonstration.")
def import_event(file: Path, first_day: date | None) -> None:
    """Read an edition from FILE; a second time it updates what is there."""
    need_tables()
    brought = import_edition(file, move_first_day_to=first_day, now=now())
    click.echo(f"{brought.slug}: {brought.name.read('en')}, {_days(brought)}")
    for kind, what in _PARTS:
        click.echo(f"{_count(kind, brought):6}  {what}")


_PARTS: Final[tuple[tuple[Any, str], ...]] = (
    (agenda.Session, "sessions"),
    (FocusArea, "focus areas"),
    (Room, "rooms"),
    (ParticipationType, "ways to take part"),
    (MeetingSlot, "slots for 1:1 meetings"),
    (MeetingTable, "tables"),
    (Registration, "registrations"),
)


def _count(kind: Any, of: Event, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(kind.event_id == of.id, *where)) or 0


def _days(of: Event) -> str:
    moved = f", moved by {of.moved_days} days" if of.moved_days else ""
    return f"{of.starts_on} to {of.ends_on}, {of.timezone}{moved}"


@event.command(name="list")
def list_events() -> None:
    """List the events, the latest first, each with its days and confirmed people."""
    need_tables()
    confirmed = (
        select(func.count())
        .where(Registration.event_id == Event.id, Registration.state == RegistrationState.CONFIRMED)
        .correlate(Event)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Event, confirmed.label("people")).order_by(Event.starts_on.desc(), Event.slug)
    ).all()
    if not rows:
        click.echo("There are no events yet. `lsos event import FILE` or `lsos demo` brings one in.")
    for found, people in rows:
        click.echo(
            f"{found.starts_on}  {found.slug:24}  {found.kind.value:13}  {found.status.value:9}  "
            f"{people:5} people  {found.name.read('en')}"
        )


# ---- the demonstration


@click.command()
@click.option(
    "--event", "slug", default=BUNDLED, show_default=True, help="The event to fill, by the name in its address."
)
@click.option("--people", type=click.IntRange(1, 100_000), default=400, show_default=True, help="Fill up to so many.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same people.")
@click.option(
    "--dates", type=click.Choice(["today", "real"]), help="Where to put the first day; a new event starts today."
)
@click.option("--first-day", type=Day(), help="Move the first day there instead.")
@with_appcontext
def demo(slug: str, people: int, seed: int, dates: str | None, first_day: date | None) -> None:
    """Fill an event with invented people, so that everything can be tried."""
    if dates and first_day:
        raise click.UsageError("Give either --dates or --first-day, not both.")
    need_tables()
    found = bring_demo(slug, dates=dates, first_day=first_day, seed=seed)
    made = showing_progress(
        "Inventing people",
        lambda progress: demonstration.fill(found, people=people, seed=seed, now=now(), progress=progress),
    )
    click.echo(f"{found.slug}: {_days(found)}")
    if made.people:
        came = f"; {made.came} of them have come in already" if made.came else ""
        click.echo(f"{made.people} invented people registered{came}.")
    else:
        click.echo("Everybody was there already; nothing was added.")
    for account in demonstration.ACCOUNTS:
        click.echo(f"  {account.what:10} {account.address:24} {account.password}")


def bring_demo(slug: str, *, dates: str | None, first_day: date | None, seed: int) -> Event:
    """Give the event of a demonstration, brought in or moved as asked, and the indicators beside it.

    Raises:
        NotFound: the event is neither there nor comes with the program.
    """
    if db.session.scalar(select(Indicator.id).limit(1)) is None:
        catalogue.load(None)
    found = event_by_slug(slug)
    if found is None:
        if slug != BUNDLED:
            raise NotFound(N_("There is no event %(slug)s. Bring it in with `lsos event import FILE`."), slug=slug)
        wanted = first_day or (None if dates == "real" else today())
        return import_edition(folder("data") / f"{BUNDLED}.yaml", move_first_day_to=wanted, now=now())
    wanted = first_day
    if dates == "today":
        wanted = today(found.timezone)
    elif dates == "real":
        wanted = date.fromordinal(found.starts_on.toordinal() - found.moved_days)
    if wanted is None or wanted == found.starts_on:
        return found
    moved = move_edition(found, wanted, now=now())
    demonstration.replay(moved, seed=seed, now=now())
    return moved


# ---- matching, reports, indicators


@click.command()
@click.argument("slug", metavar="EVENT")
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=2.0, show_default=True, help="Search for so long.")
@click.option(
    "--fairness",
    type=click.FloatRange(0, 1),
    default=DIAL,
    show_default=True,
    help="0: only how well people fit counts; 1: two meetings for everybody come first.",
)
@click.option("--publish", is_flag=True, help="Turn the drafts into meetings, and send everybody their invitations.")
@with_appcontext
def match(*, slug: str, seconds: float, fairness: float, publish: bool) -> None:
    """Suggest whom the people of EVENT should meet, and draft a schedule around the meetings there are."""
    found = event_named(slug)
    click.echo(f"Matching the people of {found.slug} ...")
    run = matching.run_matching(found, by=None, now=now(), seconds=seconds, dial=fairness)
    figures = run.summary
    click.echo(f"{figures['people']:6}  people take part")
    click.echo(f"{figures['candidate_pairs']:6}  pairs fit")
    click.echo(f"{figures['meetings']:6}  meetings in the schedule, {figures['drafts']} of them drafts of this run")
    click.echo(f"{figures['coverage'].get('0', 0):6}  people without a meeting")
    click.echo(f"{figures['value']:.1f} of at most {figures['bound']:.1f} points, in {run.seconds:.1f} seconds")
    if publish:
        click.echo("Publishing the drafts ...")
        done = publishing.publish(found, by=None, now=now())
        click.echo(f"{done.scheduled:6}  meetings published, {done.dropped} dropped since their place was gone")
    elif figures["drafts"]:
        click.echo("Only organisers see the drafts. `--publish`, or the page Matchmaking, turns them into meetings.")


@click.command()
@click.argument("slug", metavar="EVENT")
@click.option("--language", type=click.Choice(LANGUAGES), default="pl", show_default=True)
@click.option("--format", "kind", type=click.Choice(list(_WRITERS)), help="Without it the file's name says; else pdf.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="The file to write.")
@with_appcontext
def report(slug: str, language: str, kind: str | None, out: Path | None) -> None:
    """Write the participation report of EVENT."""
    named = out.suffix.removeprefix(".").lower() if out else ""
    kind = kind or named or "pdf"
    if kind not in _WRITERS or named not in {"", kind}:
        raise click.BadParameter(
            f"{out} should end in {' or '.join(f'.{one}' for one in _WRITERS)}, and as --format says, if it is given.",
            param_hint="--out",
        )
    found = event_named(slug)
    out = out or Path(f"{found.slug}-report-{language}.{kind}")
    content = _WRITERS[kind](found, language, now=now())
    try:
        out.write_bytes(content)
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from None
    click.echo(f"{out}: {len(content) / 1000:.0f} kB")


@click.group(cls=AppGroup)
def kpis() -> None:
    """Work with the indicators of the strategy."""


@kpis.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def load(file: Path | None) -> None:
    """Read the catalogue of indicators from FILE, or the one that comes with the program."""
    need_tables()
    click.echo(f"{catalogue.load(file)} indicators loaded; values that were typed in stay.")
