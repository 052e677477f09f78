"""Checking an installation: what is wrong with configuration, database or mail, and how to mend it."""

import os
import shutil
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import click
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from lsos.app import create_app
from lsos.cli.frame import limits_words, now, revisions
from lsos.db import db, is_sqlite
from lsos.events.models import Event
from lsos.events.rules import EventStatus
from lsos.mail import MailState, OutgoingMail, SmtpTransport
from lsos.paths import folder
from lsos.settings import Settings, SettingsError, read_settings

#: Below this a busy day could fill the disk.
_FREE_BYTES: Final = 500_000_000
#: Clocks of server and database may differ by so much; times are compared between the two.
_DRIFT_SECONDS: Final = 5


@dataclass(frozen=True)
class Finding:
    """One line of the check."""

    what: str
    is_ok: bool
    words: str


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what is wrong with configuration, database, mail or disk, and how to mend it."""
    wrong = 0
    for finding in _findings():
        click.echo(f"{'ok   ' if finding.is_ok else 'wrong'}  {finding.what:14}  {finding.words}")
        wrong += not finding.is_ok
    if wrong:
        click.echo(f"{wrong} of these {'needs' if wrong == 1 else 'need'} mending.", err=True)
    ctx.exit(1 if wrong else 0)


def _findings() -> Iterator[Finding]:
    try:
        chosen = read_settings()
        app = create_app(chosen)
    except SettingsError as error:
        yield Finding("configuration", is_ok=False, words=str(error))
        return
    except ConfigurationError as error:
        yield Finding("limits", is_ok=False, words=limits_words(error))
        return
    except OSError as error:
        words = f"{error.filename}: {error.strerror}. Let LSOS_DATA_DIR name a folder that this user may write."
        yield Finding("configuration", is_ok=False, words=words)
        return
    yield from _configuration(chosen)
    with app.app_context():
        database = _database(chosen)
        yield database
        if database.is_ok:
            yield from _events()
            yield _outbox()
        db.session.remove()
        db.engine.dispose()
    for one in (_mail, _limits, _disk, _files):
        yield one(chosen)


def _configuration(chosen: Settings) -> Iterator[Finding]:
    known = {f"LSOS_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("LSOS_") and name not in known)
    unknown = [name for name in unknown if not name.startswith("LSOS_TEST_")]
    if unknown:
        names = ", ".join(unknown)
        yield Finding(
            "configuration", is_ok=False, words=f"No setting is called {names}. README.md, section Settings, names all."
        )
    else:
        yield Finding(
            "configuration", is_ok=True, words=f"served at {chosen.base_url}, listening on {chosen.host}:{chosen.port}"
        )
    is_local = chosen.base_url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if not chosen.is_https and not is_local:
        words = "LSOS_BASE_URL begins with http://, so cookies travel in the open and cameras stay shut. Use https://."
        yield Finding("address", is_ok=False, words=words)


def _database(chosen: Settings) -> Finding:
    try:
        at, needed = revisions()
        name = db.engine.dialect.name
        drift = 0.0
        if not is_sqlite(db.session()):
            theirs = db.session.scalar(select(func.clock_timestamp()))
            drift = abs((now() - theirs).total_seconds()) if isinstance(theirs, datetime) else 0.0
    except (SQLAlchemyError, OSError) as error:
        why = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        words = f"not reached: {why}. Look at LSOS_DATABASE_URL, and whether the database runs."
        return Finding("database", is_ok=False, words=words)
    if at != needed:
        words = f"{name}, at {at or 'nothing'} instead of {needed}. Run `lsos db upgrade`."
        return Finding("database", is_ok=False, words=words)
    if drift > _DRIFT_SECONDS:
        words = f"{name}, but its clock and ours differ by {drift:.0f} seconds. Set both by a time server."
        return Finding("database", is_ok=False, words=words)
    if chosen.workers > 1 and name == "sqlite":
        words = (
            f"{name}, with {chosen.workers} server processes writing to one file. Take PostgreSQL for more than one."
        )
        return Finding("database", is_ok=False, words=words)
    return Finding("database", is_ok=True, words=f"{name}, at {at}")


def _events() -> Iterator[Finding]:
    """Tell the clock of each event that is on or ahead, as its doors will read it."""
    moment = now()
    found = db.session.scalars(
        select(Event)
        .where(Event.status == EventStatus.PUBLISHED, Event.ends_on >= moment.date())
        .order_by(Event.starts_on, Event.id)
    )
    for event in found:
        here = moment.astimezone(ZoneInfo(event.timezone))
        days = (event.starts_on - here.date()).days
        when = "over" if here.date() > event.ends_on else "on" if days <= 0 else f"in {days} days"
        words = f"{event.slug}: {when}; it is {here:%H:%M} on {here:%Y-%m-%d} there ({event.timezone})"
        yield Finding("clock", is_ok=True, words=words)


def _outbox() -> Finding:
    counts = {
        row[0]: row[1]
        for row in db.session.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state))
    }
    failed = counts.get(MailState.FAILED, 0)
    overdue = db.session.scalar(
        select(func.count()).where(
            OutgoingMail.state == MailState.WAITING, OutgoingMail.tries == 0, OutgoingMail.next_try_at < now()
        )
    )
    if failed:
        words = f"{failed} mails failed. Organise, Mail says why, and sends them again."
        return Finding("outbox", is_ok=False, words=words)
    return Finding("outbox", is_ok=True, words=f"{overdue or 0} mails wait to be sent")


def _mail(chosen: Settings) -> Finding:
    if not chosen.mail_url:
        return Finding("mail", is_ok=True, words="no mail server is set: mails stay readable in the organisers' pages")
    try:
        SmtpTransport(chosen.mail_url).check()
    except (OSError, smtplib.SMTPException) as error:
        words = f"the mail server does not take us: {error}. Look at LSOS_MAIL_URL."
        return Finding("mail", is_ok=False, words=words)
    return Finding("mail", is_ok=True, words=f"the mail server takes us; mails come from {chosen.mail_from}")


def _limits(chosen: Settings) -> Finding:
    if not chosen.rate_limits:
        return Finding(
            "limits", is_ok=False, words="tries are not limited. Set LSOS_RATE_LIMITS=1, but for load tests."
        )
    if chosen.rate_limit_url.startswith("memory:"):
        if chosen.workers > 1:
            words = f"each of {chosen.workers} processes counts tries by itself. Set LSOS_RATE_LIMIT_URL=redis://..."
            return Finding("limits", is_ok=False, words=words)
        return Finding("limits", is_ok=True, words="tries are counted in the server's memory")
    try:
        answers = bool(storage_from_string(chosen.rate_limit_url).check())
    except Exception as error:  # noqa: BLE001  # each store has errors of its own, and any of them is the finding
        return Finding("limits", is_ok=False, words=f"not reached: {error}. Look at LSOS_RATE_LIMIT_URL.")
    words = "tries are counted for all processes together" if answers else "no answer. Look at LSOS_RATE_LIMIT_URL."
    return Finding("limits", is_ok=answers, words=words)


def _disk(chosen: Settings) -> Finding:
    place = next(one for one in (chosen.data_dir.resolve(), *chosen.data_dir.resolve().parents) if one.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB free at {place}"
    if free < _FREE_BYTES:
        return Finding("disk", is_ok=False, words=f"only {words}. Make room.")
    return Finding("disk", is_ok=True, words=words)


def _files(_chosen: Settings) -> Finding:
    needed = [folder("static") / "vendor" / ".ok", folder("translations") / "pl" / "LC_MESSAGES" / "messages.mo"]
    missing = [str(one) for one in needed if not one.exists()]
    if missing:
        return Finding("files", is_ok=False, words=f"{', '.join(missing)}: missing. Run `make setup`.")
    return Finding("files", is_ok=True, words="front-end files and translations are there")
