"""The writing of a file in steps: begun in a request, gone on with by a worker; paused, let go on, stopped."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit, chores
from lsos.accounts.models import Person
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.registration.import_writing import LINES_AT_ONCE, write_some
from lsos.registration.importing import locked
from lsos.registration.list_models import RegistrationImport
from lsos.registration.steps import Also
from lsos.stepping import OF_A_WORKER, Spell, in_steps

#: In a request: one step, since each step looks at the whole file.
IN_A_REQUEST = Spell(LINES_AT_ONCE, 1.0)


def proceed(event_id: int, uid: str, *, release: Also, now: datetime, spell: Spell = IN_A_REQUEST) -> int:
    """Write the next lines of a file; none where it is paused, stopped or written. Says how many.

    Raises:
        NotFound: there is no such file at this event.
    """
    return in_steps(partial(write_some, event_id, uid, release, now), spell, at_once=LINES_AT_ONCE)


def go_on(release_for: Callable[[int | None], Also], *, now: datetime) -> int:
    """Go on with every file that is being written; say how many lines were done. An idle worker only reads.

    `release_for` makes, for whoever brought a file, what follows downstream when somebody does not come. What is noted
    of a line is in the language of whoever brought it.
    """
    found = db.session.execute(
        select(
            RegistrationImport.event_id, RegistrationImport.uid, RegistrationImport.by_id, Person.language, Event.slug
        )
        .join(Event, Event.id == RegistrationImport.event_id)
        .outerjoin(RegistrationImport.by)
        .where(
            RegistrationImport.started_at.is_not(None),
            RegistrationImport.finished_at.is_(None),
            RegistrationImport.paused_at.is_(None),
        )
        .order_by(RegistrationImport.id)
    ).all()
    db.session.rollback()
    files = {one.uid: one for one in found}

    def go_on_with(uid: str, _scope: str) -> int:
        one = files[uid]
        with force_locale(one.language or "en"):
            return proceed(one.event_id, uid, release=release_for(one.by_id), now=now, spell=OF_A_WORKER)

    return chores.each(Work.IMPORTS, [(one.uid, one.slug) for one in found], go_on_with, now=now)


def pause(event_id: int, uid: str, *, by: int, now: datetime) -> None:
    """Write no more of a file until it is let go on; what is written stays written.

    Raises:
        NotFound: there is no such file at this event.
    """
    with transaction() as session:
        kept = locked(session, event_id, uid)
        if kept.goes_on:
            kept.paused_at = now
            _record(session, kept, "paused", by)


def resume(event_id: int, uid: str, *, by: int) -> None:
    """Let the rest of a file be written.

    Raises:
        NotFound: there is no such file at this event.
    """
    with transaction() as session:
        kept = locked(session, event_id, uid)
        if kept.paused_at is not None and kept.finished_at is None:
            kept.paused_at = None
            _record(session, kept, "resumed", by)


def stop(event_id: int, uid: str, *, by: int, now: datetime) -> int:
    """Leave the lines that are not done unwritten, for good; say how many these are.

    Raises:
        NotFound: there is no such file at this event.
    """
    with transaction() as session:
        kept = locked(session, event_id, uid)
        if kept.started_at is None or kept.finished_at is not None:
            return 0
        kept.finished_at = now
        _record(session, kept, "stopped", by, lines=kept.left)
        return kept.left


def _record(session: Session, kept: RegistrationImport, what: str, by: int, **more: object) -> None:
    audit.record(
        session,
        f"registrations.import_{what}",
        actor_id=by,
        scope=session.get_one(Event, kept.event_id).slug,
        object_uid=kept.uid,
        file=kept.filename,
        **more,
    )
