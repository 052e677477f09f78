"""Publishing a draft: its meetings stand and their people are written to, some at a time.

What a request does not get done, a worker goes on with; a publishing that was cut short is finished by the next.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit, chores
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.meetings.booking import locked_settings
from lsos.scheduling.drafts import drafts_of, forget_unmet, publish_some
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.queries import being_published, is_being_published, last_run, under_way
from lsos.scheduling.rules import RunKind, publish_refusal
from lsos.stepping import IN_A_REQUEST, OF_A_WORKER, Spell, in_steps

#: Whoever waits for all of it.
TO_THE_END = Spell(1_000_000, float("inf"))
#: Each meeting is two letters; in a request only the first are written.
AT_ONCE = 10


@dataclass(frozen=True)
class Published:
    """What came of publishing so far: meetings that stand, drafts whose place or people were gone, and those left."""

    scheduled: int
    dropped: int
    left: int = 0


def publish(event: Event, *, by: int | None, now: datetime, spell: Spell = TO_THE_END) -> Published:
    """Turn the drafts into meetings and send everybody their invitations; a worker goes on after `spell`.

    Each meeting comes by a letter of its own, since calendars take one invitation a letter. Drafts whose people or
    time are gone are dropped. Once all is done the people read why the run found no place for them and others.
    Asked again meanwhile, it goes on.

    Raises:
        NotFound: the event has no 1:1 meetings.
        Refused: `publish_refusal` gave a reason.
    """
    run = _begin(event, by=by, now=now)
    if run is None:
        return Published(0, 0)
    _go_on_with(run.id, now=now, spell=spell)
    db.session.refresh(run)
    return Published(run.published, run.dropped, len(drafts_of(event.id, with_locked=True)))


def in_a_request(event: Event, *, by: int | None, now: datetime) -> Published:
    """Publish as much as its reader may wait for; see `publish`."""
    return publish(event, by=by, now=now, spell=IN_A_REQUEST)


def go_on(*, now: datetime) -> int:
    """Go on with every schedule that is being published; say how many drafts were done. An idle worker only reads."""
    found = db.session.execute(
        select(MatchingRun.id, MatchingRun.uid, Event.slug)
        .join(Event, Event.id == MatchingRun.event_id)
        .where(is_being_published())
        .order_by(MatchingRun.id)
    ).all()
    db.session.rollback()
    ids = {one.uid: one.id for one in found}

    def go_on_with(uid: str, _scope: str) -> int:
        return _go_on_with(ids[uid], now=now, spell=OF_A_WORKER)

    return chores.each(Work.PUBLISHING, [(one.uid, one.slug) for one in found], go_on_with, now=now)


def _begin(event: Event, *, by: int | None, now: datetime) -> MatchingRun | None:
    with transaction() as session:
        locked_settings(session, event.id)
        begun = being_published(event.id)
        drafts = len(drafts_of(event.id, with_locked=True))
        run = last_run(event.id)
        if begun is not None or run is None or not drafts:
            return begun
        refusal = publish_refusal(is_run_under_way=under_way(event.id, RunKind.DRAFT) is not None)
        if refusal is not None:
            raise Refused(refusal)
        run.publishing_since, run.published, run.dropped = now, 0, 0
        audit.record(session, "matching.publishing", actor_id=by, scope=event.slug, object_uid=event.uid, drafts=drafts)
    return run


def _go_on_with(run_id: int, *, now: datetime, spell: Spell) -> int:
    return in_steps(partial(_some, run_id, now), spell, at_once=AT_ONCE)


def _some(run_id: int, now: datetime, rows: int) -> int:
    """Publish the next few; none where nothing is left, or another worker is at it."""
    with transaction() as session:
        run = session.scalar(
            select(MatchingRun)
            .where(MatchingRun.id == run_id, is_being_published())
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if run is None:
            return 0
        event = session.get_one(Event, run.event_id)
        some = drafts_of(event.id, with_locked=True)[:rows]
        if not some:
            _end(session, run, event, now=now)
            return 0
        done, gone = publish_some(session, event, some, now=now)
        run.published, run.dropped = run.published + done, run.dropped + gone
        return done + gone


def _end(session: Session, run: MatchingRun, event: Event, *, now: datetime) -> None:
    run.publishing_since = None
    if run.published:
        run.published_at = now
        forget_unmet(session, event.id, but=run.id, with_published=True)
    audit.record(
        session,
        "matching.published",
        actor_id=None,
        scope=event.slug,
        object_uid=event.uid,
        meetings=run.published,
        dropped=run.dropped,
    )
