"""What a worker does by itself, time and again: each piece stands by itself, so that one that fails holds up no other.

What failed is tried again after growing pauses, and organisers see what keeps failing.
"""

import logging
import traceback
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from sqlalchemy import String, delete, func, select
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from lsos.db import Busy, Model, db, is_busy, transaction
from lsos.errors import N_

log = logging.getLogger("lsos.worker")

#: Waits between tries; the last one again and again.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360))
#: What many wait for is tried again sooner.
LONGEST = {"mail": timedelta(minutes=5)}
#: What failed so often in a row is shown to organisers; before that it may have been a moment's trouble.
TOLD_AFTER = 3


class Work(StrEnum):
    """A kind of work that is done by itself."""

    MAIL = "mail"
    REQUESTS = "requests"
    CHANGES = "changes"
    INVITATIONS = "invitations"
    OFFERS = "offers"
    FORMS = "forms"
    FILES = "files"
    ERASURES = "erasures"
    RETENTION = "retention"
    TIMED_LETTERS = "timed_letters"
    CAMPAIGNS = "campaigns"
    WAVES = "waves"
    BULK = "bulk"
    IMPORTS = "imports"
    SESSIONS = "sessions"
    DIGESTS = "digests"
    FOLLOW_UPS = "follow_ups"
    REMINDERS = "reminders"
    PUBLISHING = "publishing"
    MARKET_NEWS = "market_news"
    POINTS = "points"
    CONTACTS = "contacts"
    PAPER = "paper"
    CERTIFICATES = "certificates"

    @property
    def words(self) -> str:
        """Say it to organisers; translated where it is shown."""
        return _WORK_WORDS[self]


_WORK_WORDS = {
    Work.MAIL: N_("sending mail"),
    Work.REQUESTS: N_("closing requests for meetings that nobody answered"),
    Work.CHANGES: N_("ending questions about other times for meetings that not all answered"),
    Work.INVITATIONS: N_("ending invitations, codes and delegations in time"),
    Work.OFFERS: N_("handing on seats that were offered and not taken"),
    Work.FORMS: N_("deleting forms that were begun and not sent"),
    Work.FILES: N_("deleting files that nothing needs any more"),
    Work.ERASURES: N_("erasing people who asked for it"),
    Work.RETENTION: N_("deleting data whose time is over"),
    Work.TIMED_LETTERS: N_("writing letters at their time"),
    Work.CAMPAIGNS: N_("writing letters to many"),
    Work.WAVES: N_("sending invitations to many"),
    Work.BULK: N_("decisions on many registrations"),
    Work.IMPORTS: N_("writing the lines of files that were brought"),
    Work.SESSIONS: N_("handing on seats in sessions to who waits"),
    Work.DIGESTS: N_("telling people what a release of the programme changed for them"),
    Work.PUBLISHING: N_("publishing schedules of meetings"),
    Work.FOLLOW_UPS: N_("reminding people of meetings, as they asked"),
    Work.REMINDERS: N_("reminding people of meetings before they begin"),
    Work.CONTACTS: N_("telling people in the evening who asks for their contact"),
    Work.MARKET_NEWS: N_("telling people what is new in searches they keep"),
    Work.POINTS: N_("making the points at which badges are scanned"),
    Work.PAPER: N_("making paper for the door"),
    Work.CERTIFICATES: N_("telling people that their certificate is ready"),
}


class WorkTrouble(Model):
    """A piece of work that failed the last time it was tried; the row goes as soon as it succeeds."""

    __tablename__ = "work_trouble"

    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Which piece of the kind: the public id of a letter to many, of an erasure; empty for all of the kind.
    key: Mapped[str] = mapped_column(String(60), primary_key=True, default="")
    #: The event it is of, by slug; empty for what belongs to the whole platform.
    scope: Mapped[str] = mapped_column(String(80), default="")
    #: How often it failed in a row.
    times: Mapped[int]
    since: Mapped[datetime]
    next_try_at: Mapped[datetime]
    #: What kind of error it was, without what it said, which may be about somebody.
    error: Mapped[str] = mapped_column(String(200))


def pause_after(times: int, what: Work) -> timedelta:
    """Say how long to wait after so many failures in a row."""
    pause = PAUSES[min(times, len(PAUSES)) - 1]
    return min(pause, LONGEST.get(what, pause))


def attempt(what: Work, do: Callable[[], int], *, key: str = "", scope: str = "", now: datetime) -> int:
    """Do a piece of work, unless it failed and its pause is not over; whatever it raises is noted and goes no further.

    Returns:
        What it says it did; none where it failed or waits.

    Raises:
        OperationalError: the database does not answer, so that nothing can be done now.
    """
    waits = db.session.execute(
        select(WorkTrouble.next_try_at, WorkTrouble.times).where(WorkTrouble.what == what.value, WorkTrouble.key == key)
    ).first()
    db.session.rollback()
    if waits is not None and waits.next_try_at > now:
        return 0
    try:
        done = do()
    except Exception as error:
        db.session.rollback()
        if _is_passing(error):
            log.warning("%s %s: the database is busy; it is tried again", what.value, key)
        elif isinstance(error, OperationalError) and not _answers():
            raise
        else:
            _note(what, key, scope, error, now)
        return 0
    if waits is not None:
        _forget(what, [key])
    return done


def _forget(what: Work, keys: Collection[str]) -> None:
    """Take away what was noted of work that is done now."""
    with transaction() as session:
        session.execute(delete(WorkTrouble).where(WorkTrouble.what == what.value, WorkTrouble.key.in_(keys)))
    log.info("%s %s: done, after it had failed", what.value, ", ".join(keys))


def each(what: Work, pieces: Iterable[tuple[str, str]], do: Callable[[str, str], int], *, now: datetime) -> int:
    """Attempt several pieces of one kind, by key and event, each by itself; says what they did together."""
    return sum(attempt(what, partial(do, key, scope), key=key, scope=scope, now=now) for key, scope in pieces)


class Rows:
    """The rows of one piece of work, each by itself: one that fails waits for its next try, the others are done."""

    def __init__(self, what: Work, key: str, scope: str, *, now: datetime) -> None:
        self._what, self._key, self._scope, self.now = what, key, scope, now
        self._failed: dict[int, Exception] = {}
        self._done: set[int] = set()
        mine = WorkTrouble.what == what.value, WorkTrouble.key.startswith(f"{key}:", autoescape=True)
        known = db.session.execute(select(WorkTrouble.key, WorkTrouble.next_try_at).where(*mine)).all()
        ids = {int(row.key.rpartition(":")[2]): row.next_try_at for row in known}
        self._known = set(ids)
        #: Whom to leave out: their pause is not over, or they failed just now.
        self.left_out = {row_id for row_id, next_try_at in ids.items() if next_try_at > now}

    def attempt(self, session: Session, row_id: int, do: Callable[[], None]) -> bool:
        """Do one row within a change under way; of one that fails nothing is left. Says whether it was done.

        Raises:
            OperationalError: the database itself failed.
        """
        try:
            with session.begin_nested():
                do()
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001  # noted by `settle`
            self.left_out.add(row_id)
            self._failed[row_id] = error
            return False
        self._done.add(row_id)
        return True

    def settle(self) -> None:
        """Set down, once the changes are written, what failed and what is done after it had failed."""
        for row_id, error in self._failed.items():
            _note(self._what, f"{self._key}:{row_id}", self._scope, error, self.now)
        mended = [f"{self._key}:{row_id}" for row_id in sorted(self._known & self._done)]
        if mended:
            _forget(self._what, mended)


def give_up(session: Session, what: Work, key: str) -> None:
    """Forget, within a change under way, that a piece of work failed: nobody wants it any more."""
    session.execute(delete(WorkTrouble).where(WorkTrouble.what == what.value, WorkTrouble.key == key))


def is_due_again(what: Work, *, now: datetime) -> bool:
    """Say whether a piece of a kind failed, and its pause is over."""
    due = select(WorkTrouble.key).where(WorkTrouble.what == what.value, WorkTrouble.next_try_at <= now).limit(1)
    return db.session.scalar(due) is not None


def count_troubles() -> int:
    """Count the pieces of work that failed and are not done since."""
    return db.session.scalar(select(func.count()).select_from(WorkTrouble)) or 0


def failing(scope: str) -> list[Work]:
    """List the kinds of work that keep failing, of an event or of the whole platform."""
    found = set(
        db.session.scalars(
            select(WorkTrouble.what).where(WorkTrouble.times >= TOLD_AFTER, WorkTrouble.scope.in_((scope, "")))
        )
    )
    return [what for what in Work if what.value in found]


def _is_passing(error: Exception) -> bool:
    """Say whether too many wanted something of the database at once, which nobody needs to look after."""
    return isinstance(error, Busy) or is_busy(error)


def _answers() -> bool:
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return False
    finally:
        db.session.rollback()
    return True


def _note(what: Work, key: str, scope: str, error: Exception, now: datetime) -> None:
    """Log a failure, and set down when the work is tried again.

    Of the error its kind and place are told, not its words: they may hold what was to be written, about somebody.
    """
    log.error("%s %s failed: %s at %s", what.value, key, type(error).__name__, _place(error))
    try:
        with transaction() as session:
            trouble = session.get(WorkTrouble, (what.value, key), with_for_update=True)
            if trouble is None:
                trouble = WorkTrouble(what=what.value, key=key, times=0, since=now)
                session.add(trouble)
            trouble.scope, trouble.error = scope, type(error).__name__[:200]
            trouble.times += 1
            trouble.next_try_at = now + pause_after(trouble.times, what)
    except IntegrityError:
        #: Another worker met the same trouble at the same moment.
        return


def _place(error: Exception) -> str:
    """Name the last line of our own code that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if "lsos" in Path(one.filename).parts and one.filename != __file__] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"
