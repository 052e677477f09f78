"""Runs of the matching as jobs: asked for on a page, done by a worker, watched and cancelled meanwhile.

The search itself runs in a thread that touches no database; beside it, whoever does the run says now and then how far
it is, and hears whether it is to end. A worker that dies falls silent, and its run is taken up once more.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from math import isfinite
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import Busy, db, is_busy, new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.matchmaking.fairness import POSITIONS, Price, price_of_fairness
from lsos.matchmaking.scheduling import Contradiction, Progress
from lsos.meetings.booking import locked_settings, settings_for
from lsos.meetings.places import slots_of, tables_of
from lsos.scheduling.drafts import keep
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.planning import Plan, Question, answer, problem_of, read
from lsos.scheduling.queries import being_published, under_way
from lsos.scheduling.rules import (
    MOST_TRIES,
    SILENT_SECONDS,
    UNDER_WAY,
    RunFailure,
    RunKind,
    RunRefusal,
    RunSettings,
    RunState,
    run_refusal,
)

log = logging.getLogger("lsos.worker")

#: So many seconds lie between two words on how far a run is.
BEAT_SECONDS: Final = 1.0

Found = TypeVar("Found")


# ---- asked for


def ask(event: Event, kind: RunKind, chosen: RunSettings, *, by: int | None, now: datetime) -> MatchingRun:
    """Ask for a run; a worker takes it up.

    Raises:
        NotFound: the event has no 1:1 meetings.
        Refused: `run_refusal` gave a reason.
    """
    try:
        with transaction() as session:
            locked_settings(session, event.id)
            refusal = run_refusal(
                kind,
                chosen,
                has_places=bool(slots_of(event.id)) and bool(tables_of(event.id)),
                is_under_way=under_way(event.id, kind) is not None,
                is_publishing=being_published(event.id) is not None,
            )
            if refusal is not None:
                raise Refused(refusal)
            run = MatchingRun(
                event_id=event.id,
                by_id=by,
                at=now,
                kind=kind,
                state=RunState.WAITING,
                settings=chosen.stored(),
                seconds=0.0,
            )
            session.add(run)
            session.flush()
            _record(session, run, "matching.asked", by=by, kind=kind.value)
    except IntegrityError:
        #: Somebody else asked at the same moment; the key of runs under way holds.
        raise Refused(RunRefusal.UNDER_WAY) from None
    return run


def cancel(event_id: int, uid: str, *, by: int | None) -> MatchingRun:
    """End a run: at once while it waits, else as soon as whoever does it hears of it. One that is over stays as it is.

    Raises:
        NotFound: there is no such run at this event.
    """
    with transaction() as session:
        run = session.scalar(
            select(MatchingRun).where(MatchingRun.event_id == event_id, MatchingRun.uid == uid).with_for_update()
        )
        if run is None:
            raise NotFound(N_("There is no such run."))
        if run.state in UNDER_WAY:
            if run.state is RunState.WAITING:
                run.state = RunState.CANCELLED
            run.cancel_asked = True
            _record(session, run, "matching.cancelled", by=by)
    return run


def _record(session: Session, run: MatchingRun, action: str, *, by: int | None, **details: object) -> None:
    slug = session.get_one(Event, run.event_id).slug
    audit.record(session, action, actor_id=by, scope=slug, object_uid=run.uid, **details)


# ---- done


def is_any_due(*, now: datetime) -> bool:
    """Say whether a run waits, or has lost its worker."""
    due = db.session.scalar(select(MatchingRun.id).where(_is_due(now)).limit(1))
    db.session.rollback()
    return due is not None


def take_up(*, clock: Callable[[], datetime], leave: Callable[[], bool] = lambda: False) -> bool:
    """Do the run that has waited longest, to its end; says whether there was one.

    `leave` is asked now and then: once it gives true, the run waits again, for another worker.

    Raises:
        OperationalError: the database does not answer; the run is taken up once more later.
    """
    claimed = _claim(clock())
    if claimed is None:
        return False
    hold = _Hold(*claimed, clock=clock, leave=leave)
    try:
        _carry_out(hold)
    except _Over as over:
        db.session.rollback()
        hold.end(over.state)
    except Contradiction:
        hold.end(RunState.FAILED, RunFailure.CONTRADICTION)
    except NotFound:
        db.session.rollback()
        hold.end(RunState.FAILED, RunFailure.GONE)
    except Exception as error:
        db.session.rollback()
        if isinstance(error, Busy) or is_busy(error):
            hold.end(RunState.WAITING)
        elif isinstance(error, OperationalError):
            raise
        else:
            #: Its kind is told and not its words, which may be about somebody.
            log.warning("A run of the matching failed: %s", type(error).__name__)
            hold.end(RunState.FAILED, RunFailure.BROKEN)
    return True


def _is_lost(now: datetime) -> ColumnElement[bool]:
    silent_since = now - timedelta(seconds=SILENT_SECONDS)
    return and_(MatchingRun.state == RunState.RUNNING, MatchingRun.beat_at < silent_since)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(MatchingRun.state == RunState.WAITING, _is_lost(now))


def _claim(now: datetime) -> tuple[int, str] | None:
    """Take the first run that is due for oneself; of several who try, one gets it."""
    due = db.session.scalars(select(MatchingRun.id).where(_is_due(now)).order_by(MatchingRun.id)).all()
    db.session.rollback()
    for run_id in due:
        holder = new_uid()
        with transaction() as session:
            session.execute(
                update(MatchingRun)
                .where(MatchingRun.id == run_id, _is_lost(now), MatchingRun.tries >= MOST_TRIES)
                .values(state=RunState.FAILED, failure=RunFailure.LOST)
                .execution_options(synchronize_session=False)
            )
            taken = session.scalars(
                update(MatchingRun)
                .where(MatchingRun.id == run_id, _is_due(now))
                .values(state=RunState.RUNNING, holder=holder, beat_at=now, tries=MatchingRun.tries + 1, share=0.0)
                .returning(MatchingRun.id)
                .execution_options(synchronize_session=False)
            ).all()
        if taken:
            return run_id, holder
    return None


class _Over(Exception):
    """The run is to end; it becomes what is said here, unless somebody else has it by now."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.state = state


class _Hold:
    """A run that somebody does: says how far it is, and hears whether it is to end."""

    def __init__(self, run_id: int, holder: str, *, clock: Callable[[], datetime], leave: Callable[[], bool]) -> None:
        self.run_id = run_id
        self.clock = clock
        self._holder = holder
        self._leave = leave
        self._begun = monotonic()
        #: Written by the search, read beside it.
        self.share = 0.0
        self._figures: dict[str, Any] = {}
        #: Written beside the search, read by it.
        self._over: RunState | None = None

    @property
    def seconds(self) -> float:
        """Give how long it has taken."""
        return monotonic() - self._begun

    def await_(self, work: Callable[[], Found]) -> Found:
        """Let a search run in a thread of its own, and beat beside it.

        Raises:
            _Over: it was to end meanwhile.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="matching") as pool:
            future = pool.submit(work)
            while not wait([future], timeout=BEAT_SECONDS).done:
                try:
                    self.beat()
                except Exception as error:  # noqa: BLE001  # a beat that fails is made up for by the next
                    db.session.rollback()
                    log.warning("A run of the matching could not say how far it is: %s", type(error).__name__)
        self.beat()
        if self._over is not None:
            raise _Over(self._over)
        return future.result()

    def told(self, progress: Progress, *, part: int = 0, parts: int = 1) -> None:
        """Hear from the search how far it is; it may be one of several."""
        self.share = (part + min(1.0, progress.share)) / parts
        self._figures = {"breaks": progress.breaks, "value": round(progress.value, 1)}
        if isfinite(progress.bound) and progress.bound > 0:
            self._figures["gap"] = round(max(0.0, 1 - progress.value / progress.bound), 4)

    def is_over(self) -> bool:
        """Say whether the search is to end."""
        return self._over is not None

    def beat(self) -> None:
        """Say how far it is, and hear whether it was cancelled, or somebody else has it."""
        with transaction() as session:
            asked = session.scalar(
                update(MatchingRun)
                .where(*self._mine())
                .values(beat_at=self.clock(), share=self.share, progress=self._figures)
                .returning(MatchingRun.cancel_asked)
                .execution_options(synchronize_session=False)
            )
        if asked is None:
            #: Ending it then changes nothing, since it is somebody else's.
            self._over = RunState.FAILED
        elif asked:
            self._over = RunState.CANCELLED
        elif self._leave():
            self._over = RunState.WAITING

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (
            MatchingRun.id == self.run_id,
            MatchingRun.holder == self._holder,
            MatchingRun.state == RunState.RUNNING,
        )

    def locked(self, session: Session) -> MatchingRun:
        """Give the run to write down what came of it, locked.

        Raises:
            _Over: it was cancelled at the last moment, or is somebody else's.
        """
        run = session.scalar(select(MatchingRun).where(*self._mine()).with_for_update())
        if run is None or run.cancel_asked:
            raise _Over(RunState.CANCELLED)
        run.state, run.share, run.seconds = RunState.DONE, 1.0, self.seconds
        return run

    def end(self, state: RunState, failure: RunFailure | None = None) -> None:
        """Set down that nothing came of it; a run that waits again has not been tried."""
        with transaction() as session:
            session.execute(
                update(MatchingRun)
                .where(*self._mine())
                .values(
                    state=state,
                    failure=failure,
                    seconds=self.seconds,
                    tries=MatchingRun.tries - int(state is RunState.WAITING),
                )
                .execution_options(synchronize_session=False)
            )


def _carry_out(hold: _Hold) -> None:
    run = db.session.get_one(MatchingRun, hold.run_id)
    event = db.session.get_one(Event, run.event_id)
    kind, chosen = run.kind, RunSettings.of(run.settings)
    now = hold.clock()
    settings = settings_for(db.session(), event.id)
    question = read(event, settings, now=now)
    changed = read(event, settings, now=now, chosen=chosen) if chosen.is_trial else None
    #: Nothing is held while it thinks, which may be long.
    db.session.rollback()
    hold.beat()
    if kind is RunKind.DRAFT:
        _draft(hold, event, question, chosen)
    elif chosen.prices_fairness:
        _price(hold, question, chosen)
    else:
        assert changed is not None
        _try_out(hold, question, changed, chosen)


def _draft(hold: _Hold, event: Event, question: Question, chosen: RunSettings) -> None:
    made = hold.await_(partial(answer, question, chosen, progress=hold.told, stop=hold.is_over))
    with transaction() as session:
        locked_settings(session, event.id)
        run = hold.locked(session)
        keep(session, event, run, made, now=hold.clock())
        _record(session, run, "matching.run", by=run.by_id, drafts=run.summary["drafts"])


def _try_out(hold: _Hold, present: Question, changed: Question, chosen: RunSettings) -> None:
    """Plan what is and what would be, with the same seconds, and keep the figures of both."""

    def work() -> list[dict[str, Any]]:
        return [
            _figures(
                answer(question, chosen, progress=partial(hold.told, part=part, parts=2), stop=hold.is_over), question
            )
            for part, question in enumerate((present, changed))
        ]

    now, then = hold.await_(work)
    _keep_result(hold, {"now": now, "then": then})


def _figures(made: Plan, question: Question) -> dict[str, Any]:
    coverage = made.coverage
    return {
        "people": len(made.people),
        "places": sum(question.places.tables),
        "slots": len(question.slot_ids),
        "tables": max(question.places.tables, default=0),
        "meetings": len(made.schedule.meetings),
        "without": coverage.get(0, 0),
        "breaks": made.schedule.breaks,
        "value": round(made.schedule.value, 3),
        "bound": round(made.schedule.bound, 3),
        "coverage": {str(number): people for number, people in coverage.items()},
    }


def _price(hold: _Hold, question: Question, chosen: RunSettings) -> None:
    """Measure what each position of the dial costs."""

    def tell(_price: Price) -> None:
        hold.share += 1 / len(POSITIONS)
        if hold.is_over():
            raise _Over(RunState.CANCELLED)

    def work() -> list[dict[str, Any]]:
        prices = price_of_fairness(problem_of(question, chosen), seconds=chosen.seconds, tell=tell)
        return [
            {
                "dial": price.dial,
                "share": round(price.share, 4),
                "meetings": price.meetings,
                "breaks": price.breaks,
                **{name: value for name, value in asdict(price.coverage).items() if name != "jain"},
            }
            for price in prices
        ]

    _keep_result(hold, {"prices": hold.await_(work)})


def _keep_result(hold: _Hold, result: dict[str, Any]) -> None:
    with transaction() as session:
        hold.locked(session).result = result
