"""Start a demonstration from nothing: keep what is there, tell where to look and how to sign in, then serve."""

import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from lsos.app import create_app
from lsos.cli import main as lsos
from lsos.cli.events import BUNDLED, bring_demo
from lsos.cli.frame import showing_progress
from lsos.cli.serving import need_port
from lsos.db import db
from lsos.editions import demo
from lsos.errors import LsosError
from lsos.events.models import Event
from lsos.scheduling import matching
from lsos.scheduling.models import MatchingRun

TOP = Path(__file__).resolve().parent.parent
SEED = 1
#: Enough for a demonstration's schedule; the matching says itself how near to the best it came.
MATCHING_SECONDS = 2.0


def run() -> None:
    """Prepare the demonstration, say how to look at it, and serve it."""
    dates = os.environ.get("DATES") or None
    if dates not in {None, "today", "real"}:
        sys.exit(f"DATES={dates} is not known. Write DATES=today or DATES=real, or leave it out.")
    people = os.environ.get("PEOPLE") or "400"
    if not people.isdecimal() or int(people) < 1:
        sys.exit(f"PEOPLE={people} is no number of people. Write PEOPLE=400, or leave it out.")
    _set_environment()
    try:
        app = create_app()
        with app.app_context():
            need_port(app.extensions["lsos"], "PORT=8001 make run")
            _prepare(dates, int(people))
            _tell(app)
            db.session.remove()
            db.engine.dispose()
    except LsosError as error:
        sys.exit(str(error))
    lsos(["serve"], prog_name="lsos")


def _set_environment() -> None:
    """Fill in the settings that a demonstration does not ask for; those that are set stay."""
    os.environ.setdefault("LSOS_DATA_DIR", str(TOP / "var"))
    port = os.environ.get("PORT") or os.environ.get("LSOS_PORT") or "8000"
    os.environ["LSOS_PORT"] = port
    os.environ.setdefault("LSOS_BASE_URL", f"http://127.0.0.1:{port}")
    if not os.environ.get("LSOS_SECRET_KEY"):
        os.environ["LSOS_SECRET_KEY"] = _secret_key(Path(os.environ["LSOS_DATA_DIR"]) / "secret_key")


def _secret_key(file: Path) -> str:
    """Give the key of this checkout, made once and readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as new:  # noqa: PTH123  # with its mode
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text(encoding="ascii").strip()


def _prepare(dates: str | None, people: int) -> None:
    """Bring everything in that is not there yet; what is there keeps its dates, unless others are asked for."""
    upgrade()
    event = bring_demo(BUNDLED, dates=dates, first_day=None, seed=SEED)
    now = datetime.now(UTC)
    showing_progress(
        "Inventing people", lambda progress: demo.fill(event, people=people, seed=SEED, now=now, progress=progress)
    )
    if db.session.scalar(select(MatchingRun.id).where(MatchingRun.event_id == event.id).limit(1)) is None:
        print("Finding whom they should meet ...", flush=True)
        matching.run_matching(event, by=None, now=datetime.now(UTC), seconds=MATCHING_SECONDS)


def _tell(app: Flask) -> None:
    """Say where to look, and how to sign in."""
    base = app.extensions["lsos"].base_url
    event = db.session.scalars(select(Event).where(Event.slug == BUNDLED)).one()
    here = f"{base}/en/events/{event.slug}"
    organiser, attendee, door, juror = demo.ACCOUNTS
    print(
        f"""
{event.name.read("en")}, {_when(event)}

  Edition     {here}/
  po polsku   {base}/pl/events/{event.slug}/
  Indicators  {base}/en/indicators/

  Sign in at {base}/en/sign-in as
    organiser   {organiser.address}   {organiser.password}   then open {here}/organise/
    attendee    {attendee.address}    {attendee.password}   then open {here}/me/
    door        {door.address}        {door.password}   then open {here}/door/
    juror       {juror.address}       {juror.password}   then open {here}/review

  Mails       {_mails(app, here)}
  Commands    {_commands()}
  Stop        Ctrl-C; what you did is kept for the next run
""",
        flush=True,
    )


def _when(event: Event) -> str:
    today = datetime.now(UTC).astimezone(ZoneInfo(event.timezone)).date()
    days = f"{event.starts_on} to {event.ends_on}"
    if not event.moved_days:
        return f"{days}, its real dates"
    if event.starts_on < today:
        return (
            f"moved to {days}.\nIts first day has passed. To begin again today, stop this and run: DATES=today make run"
        )
    return f"moved to {days} so that it can be tried now"


def _mails(app: Flask, here: str) -> str:
    if app.extensions["lsos"].mail_url:
        return "are sent by the mail server that LSOS_MAIL_URL names"
    return f"can be read by the organiser at {here}/organise/mail"


def _commands() -> str:
    """Say how to reach the same database with a command."""
    data = Path(os.environ["LSOS_DATA_DIR"])
    shown = data.relative_to(TOP) if data.is_relative_to(TOP) else data
    words = [f"LSOS_DATA_DIR={shown}"] if str(shown) != "var" else []
    if (data / "secret_key").exists():
        words.append(f"LSOS_SECRET_KEY=$(cat {shown}/secret_key)")
    return " ".join([*words, ".venv/bin/lsos --help"])


if __name__ == "__main__":
    run()
