"""Runs of the matching beside the mail: a worker does them in a thread of its own, one after another."""

import logging
from threading import Event, Thread

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from lsos.cli.frame import now
from lsos.db import db
from lsos.scheduling import runs

log = logging.getLogger("lsos.worker")


class MatchingThread:
    """Starts when a run is due and none is under way here; ends with the last run, or when the worker does."""

    def __init__(self, app: Flask, stopped: Event) -> None:
        self._app = app
        self._stopped = stopped
        self._thread: Thread | None = None

    def start_if_due(self) -> None:
        """Look whether a run is due, and begin it."""
        if (self._thread is None or not self._thread.is_alive()) and runs.is_any_due(now=now()):
            self._thread = Thread(target=self._work, name="matching")
            self._thread.start()

    def join(self) -> None:
        """Wait for the run under way, which goes back to the others as soon as it can."""
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        with self._app.app_context():
            try:
                while not self._stopped.is_set() and runs.take_up(clock=now, leave=self._stopped.is_set):
                    log.info("A run of the matching is over")
            except SQLAlchemyError as error:
                log.warning("The database does not answer a run of the matching (%s)", type(error).__name__)
            finally:
                db.session.remove()
