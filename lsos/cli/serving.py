"""Serving pages and sending mail: one command that starts both, watches both, and leaves nothing behind."""

import gc
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from time import monotonic
from typing import Any, Final

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo, with_appcontext
from flask_migrate import upgrade
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from sqlalchemy.exc import OperationalError

from lsos import chores, mail
from lsos.agenda import materials, waiting
from lsos.certificates import writing as certificate_letters
from lsos.checkin import paper_making
from lsos.checkin.points import lay_out_due
from lsos.chores import Work
from lsos.cli.frame import need_tables, now, revisions, settings
from lsos.cli.matching_thread import MatchingThread
from lsos.contacts import evening
from lsos.db import db
from lsos.drafting import digests
from lsos.drafting.importing import forget_uploads
from lsos.errors import N_, LsosError
from lsos.invitations import waves
from lsos.invitations.passing import let_time_pass
from lsos.market import news
from lsos.meetings import feedback, reminders, walk_ups
from lsos.meetings.changing import expire_changes
from lsos.meetings.queries import meeting_intervals
from lsos.meetings.requesting import expire_requests
from lsos.outreach import sending
from lsos.outreach.timing import write_due
from lsos.privacy import keeping
from lsos.privacy import service as erasures
from lsos.questionnaires.tidying import tidy
from lsos.registration import bulk, import_running
from lsos.registration.steps import Also
from lsos.registration.waiting import close_offers
from lsos.scheduling import publishing, runs
from lsos.settings import Settings
from lsos.web.leaving import release_time
from lsos.web.market import unseen_by
from lsos.web.market_news import end_address
from lsos.web.paper import type_address
from lsos.zone.tidying import delete_loose_files

log = logging.getLogger("lsos.mail")

#: An idle worker looks for mail so often.
_PAUSE: Final = timedelta(seconds=1)
#: After the database failed, it tries again so often.
_RECOVERY: Final = timedelta(seconds=5)
#: Requests and offers that nobody answered in time are closed so often.
_TIDYING: Final = timedelta(minutes=1)
#: It sends mail for so long before it looks for other work.
_SPELL: Final = timedelta(seconds=5)
#: A worker that ends sooner than this after its start is started again more and more slowly.
_SOON: Final = timedelta(seconds=20)
_SLOWEST: Final = timedelta(minutes=1)
#: A mail under way may take this long to be handed over; then the worker is made to end.
_GRACE: Final = timedelta(seconds=mail.SMTP_TIMEOUT_SECONDS + 5)
#: Requests under way may take this long to end after a stop.
_GRACEFUL_SECONDS: Final = 30
#: Long, random parts of an address open something for whoever has them; so do codes of badges.
_SECRETS: Final = re.compile(r"(?<=/)(?=[^/]*[A-Z])[\w.~-]{20,}|(?<=/[bB]/)[^/]+")


# ---- the server


@click.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Apply migrations, then serve the pages and send the mail until told to stop."""
    app = ctx.ensure_object(ScriptInfo).load_app()
    with app.app_context():
        chosen = settings()
        need_port(chosen)
        upgrade()
        db.session.remove()
        db.engine.dispose()  # a connection must not be shared with the processes that are started now
    keep()
    _Server(app, chosen).run()


def keep() -> None:
    """Keep what is there now: nobody looks through it for garbage while a page is made."""
    gc.collect()
    gc.freeze()


def need_port(chosen: Settings, way_out: str = "LSOS_PORT=8001 lsos serve") -> None:
    """Stop where something else listens already; `way_out` is a command that takes another port.

    Raises:
        LsosError: the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((chosen.host, chosen.port))
        except OSError as error:
            raise LsosError(
                N_(
                    "The server cannot listen on %(host)s, port %(port)s: %(why)s. "
                    "Stop the program that has this port, or take another one: %(way_out)s"
                ),
                host=chosen.host,
                port=chosen.port,
                why=error.strerror,
                way_out=way_out,
            ) from None


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, set up from our settings alone."""

    def __init__(self, app: Flask, chosen: Settings) -> None:
        self._app = app
        self._chosen = chosen
        super().__init__()

    def load_config(self) -> None:
        """Take over the settings."""
        chosen = self._chosen
        host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
        values: dict[str, Any] = {
            "bind": f"{host}:{chosen.port}",
            "workers": chosen.workers,
            "threads": chosen.threads,
            "worker_class": "gthread",
            "proc_name": "lsos",
            "loglevel": chosen.log_level.lower(),
            "accesslog": "-",
            "access_log_format": '%(t)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms',
            "logger_class": _Log,
            "graceful_timeout": _GRACEFUL_SECONDS,
            "timeout": 120,
            #: Whom to believe about the reader's address is said by LSOS_TRUSTED_PROXIES, elsewhere.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
        }
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Give the application, made before the processes were started, which then share its memory."""
        return self._app

    def run(self) -> None:
        """Serve until told to stop."""
        _Watch(self, MailProcess() if self._chosen.mail_worker else None).run()


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The log of requests: no secrets from addresses, no files that are only part of a page."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> Any:
        """Give the parts of a line."""
        parts = super().atoms(resp, req, environ, request_time)
        return {**parts, "U": without_secrets(parts["U"])}

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Note a request, unless it went well and was for a file."""
        is_file = environ.get("PATH_INFO", "").startswith("/static/")
        if is_file and int(str(resp.status).split(maxsplit=1)[0]) < 400:
            return
        super().access(resp, req, environ, request_time)


def without_secrets(path: str) -> str:
    """Blacken what in an address opens something: sign-in links, ids, codes of badges."""
    return _SECRETS.sub("…", path)


class _Watch(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """Watches the processes that serve, and the one that sends mail."""

    def __init__(self, app: BaseApplication, mailer: "MailProcess | None") -> None:
        self._mailer = mailer
        super().__init__(app)

    def manage_workers(self) -> None:
        """Keep every process alive; called about once a second."""
        super().manage_workers()
        if self._mailer is not None:
            self._mailer.keep_alive()

    def stop(self, graceful: bool = True) -> None:
        """Stop every process; requests and mails under way may end."""
        if self._mailer is not None:
            self._mailer.ask_to_stop()
        super().stop(graceful)
        if self._mailer is not None:
            self._mailer.wait()


class MailProcess:
    """The process that sends mail: started again when it ends, but not in a hurry."""

    def __init__(self, command: tuple[str, ...] = ("worker",)) -> None:
        self._command = [sys.executable, "-m", "lsos", *command, "--parent", str(os.getpid())]
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = timedelta(0)
        self._is_stopping = False

    def keep_alive(self) -> None:
        """Start the process if it does not run, at once the first time and more slowly each time after."""
        if self._is_stopping or (self._process is not None and self._process.poll() is None):
            return
        ran_for = monotonic() - self._started
        if self._process is not None and ran_for < self._pause.total_seconds():
            return
        self._pause = min(max(self._pause * 2, _PAUSE), _SLOWEST) if ran_for < _SOON.total_seconds() else timedelta(0)
        #: A session of its own, so that Ctrl-C in a terminal reaches it through us only.
        self._process = subprocess.Popen(self._command, start_new_session=True)  # noqa: S603  # our own program
        self._started = monotonic()

    def ask_to_stop(self) -> None:
        """Tell the process to end after the mail that is under way."""
        self._is_stopping = True
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    def wait(self) -> None:
        """Wait for the end of the process, and bring it about if it takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(_GRACE.total_seconds())
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# ---- mail


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, then end.")
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the parent.")
@with_appcontext
def worker(*, once: bool, parent: int | None) -> None:
    """Send mail, go on with what was begun for many, and close what nobody answered, until told to stop."""
    chosen = settings()
    if once:
        need_tables()
        _tidy(chosen, None)
        while _go_on() or runs.take_up(clock=now):
            pass
        handled = chores.attempt(Work.MAIL, lambda: _send_due(chosen, threading.Event(), timedelta.max), now=now())
        click.echo(f"Mails handled: {handled}.")
        if chores.count_troubles():
            raise LsosError(N_("Some work could not be done. It is tried again; the log says what it is and why."))
        return
    logging.basicConfig(level=chosen.log_level, format="[%(asctime)s] [%(process)d] [%(levelname)s] mail: %(message)s")
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    log.info("Sending mail to %s", _where(chosen))
    matching = MatchingThread(click.get_current_context().ensure_object(ScriptInfo).load_app(), stopped)
    tidied_at = now() - _TIDYING
    forgot_on: date | None = None
    while not stopped.is_set() and (parent is None or os.getppid() == parent):
        pause = _PAUSE
        try:
            handled = chores.attempt(Work.MAIL, lambda: _send_due(chosen, stopped, _SPELL), now=now())
            if handled:
                log.info("Mails handled: %s", handled)
            if now() - tidied_at >= _TIDYING:
                forgot_on = _tidy(chosen, forgot_on)
                tidied_at = now()
            if _go_on():
                pause = timedelta(0)
            matching.start_if_due()
        except OperationalError as error:
            log.warning("The database does not answer (%s); trying again", str(error.orig).partition("\n")[0])
            pause = _RECOVERY
        except Exception as error:  # noqa: BLE001  # whatever it is, all the other work waits for this process
            log.warning("The worker stumbled (%s); going on", type(error).__name__)
            pause = _RECOVERY
        finally:
            db.session.remove()
        stopped.wait(pause.total_seconds())
    stopped.set()
    matching.join()
    log.info("Stopped")


def _tidy(chosen: Settings, forgot_on: date | None) -> date:
    """Do what time asks for, each kind by itself, and once a day delete what its time is over for; gives the day."""
    when, data_dir = now(), chosen.data_dir
    release = release_time(actor_id=None, now=when)
    kinds: dict[Work, Callable[[], int]] = {
        Work.REQUESTS: lambda: expire_requests(now=when) + walk_ups.expire(now=when),
        Work.CHANGES: lambda: expire_changes(now=when),
        Work.INVITATIONS: lambda: let_time_pass(now=when),
        Work.OFFERS: lambda: close_offers(now=when),
        Work.SESSIONS: lambda: waiting.hand_on(meetings=meeting_intervals, with_asked=True, now=when),
        Work.FORMS: lambda: tidy(data_dir, now=when),
        Work.FILES: lambda: (
            delete_loose_files(data_dir, now=when)
            + materials.delete_loose_files(data_dir, now=when)
            + forget_uploads(now=when)
        ),
        Work.ERASURES: lambda: erasures.run_due(release=release, data_dir=data_dir, now=when),
        Work.TIMED_LETTERS: lambda: write_due(now=when),
        Work.REMINDERS: lambda: reminders.write_due(now=when),
        Work.CONTACTS: lambda: evening.write_due(now=when),
        Work.FOLLOW_UPS: lambda: feedback.remind(now=when),
        Work.MARKET_NEWS: lambda: news.write_due(unseen=unseen_by, end_address=end_address, now=when),
        Work.POINTS: lambda: lay_out_due(now=when),
        Work.CERTIFICATES: lambda: certificate_letters.write_due(now=when),
        Work.PAPER: lambda: paper_making.make_due(type_at=type_address, now=when),
    }
    today = when.date()
    if forgot_on != today or chores.is_due_again(Work.RETENTION, now=when):
        kinds[Work.RETENTION] = lambda: len(keeping.run_all(data_dir=data_dir, now=when))
    for what, do in kinds.items():
        chores.attempt(what, do, now=when)
    return today


def _go_on() -> int:
    """Go on for a while with what was begun for many, and is too much for a request; say how many rows were done."""

    def release_for(by: int | None) -> Also:
        return release_time(actor_id=by, now=now())

    when = now()
    kinds: dict[Work, Callable[[], int]] = {
        Work.SESSIONS: lambda: waiting.hand_on(meetings=meeting_intervals, now=when),
        Work.CAMPAIGNS: lambda: sending.go_on(now=when),
        Work.DIGESTS: lambda: digests.go_on(now=when),
        Work.WAVES: lambda: waves.go_on(now=when),
        Work.BULK: lambda: bulk.go_on(release_for, now=when),
        Work.IMPORTS: lambda: import_running.go_on(release_for, now=when),
        Work.PUBLISHING: lambda: publishing.go_on(now=when),
        Work.PAPER: lambda: paper_making.go_on(type_at=type_address, now=when),
    }
    return sum(chores.attempt(what, do, now=when) for what, do in kinds.items())


def _send_due(chosen: Settings, stopped: threading.Event, spell: timedelta) -> int:
    """Send what is due for a while, mail by mail, so that a stop is heeded between two of them."""
    handled, until = 0, monotonic() + spell.total_seconds()
    with mail.smtp(chosen.mail_url) as transport:
        while not stopped.is_set() and monotonic() < until:
            if not mail.deliver_due(transport, chosen.mail_from, now=now(), limit=1):
                break
            handled += 1
    return handled


def _where(chosen: Settings) -> str:
    """Name the mail server without its password."""
    return (
        chosen.mail_url.rpartition("@")[2].rpartition("/")[2] or "the outbox page only, since LSOS_MAIL_URL is not set"
    )


# ---- the database


@click.group(name="db", cls=AppGroup)
def database() -> None:
    """Look after the database."""


@database.command(name="upgrade")
def upgrade_tables() -> None:
    """Apply the migrations that the database lacks."""
    before, _ = revisions()
    upgrade()
    after, _ = revisions()
    click.echo(f"The database is at {after}." if before != after else f"The database was at {after} already.")
