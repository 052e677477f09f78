"""Use cases of the organiser's matching: a run that drafts a schedule while the caller waits, and throwing it away."""

from datetime import datetime
from time import monotonic

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.meetings.booking import locked_settings, remove_drafts, settings_for
from lsos.scheduling.drafts import drafts_of, keep
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.planning import plan
from lsos.scheduling.queries import being_published
from lsos.scheduling.rules import DIAL, SPREAD, RunRefusal, RunSettings


def run_matching(
    event: Event,
    *,
    by: int | None,
    now: datetime,
    seconds: float = 2.0,
    heeds_clock: bool = True,
    dial: float = DIAL,
    leeway: float = 0.0,
    spread: float = SPREAD,
) -> MatchingRun:
    """Find whom everybody should meet, and draft a schedule around the meetings there are, while the caller waits.

    Agreed requests without a time come first, then the best matches. Only suggestions and drafts that are not locked
    are replaced; what people arranged stays where it is.

    Raises:
        NotFound: the event has no 1:1 meetings.
        Refused: a schedule is being published.
    """
    begun = monotonic()
    chosen = RunSettings(seconds=seconds, heeds_clock=heeds_clock, dial=dial, leeway=leeway, spread=spread)
    made = plan(event, settings_for(db.session(), event.id), now=now, chosen=chosen)
    with transaction() as session:
        locked_settings(session, event.id)
        if being_published(event.id) is not None:
            raise Refused(RunRefusal.PUBLISHING)
        run = MatchingRun(
            event_id=event.id, by_id=by, at=now, settings=chosen.stored(), share=1.0, seconds=monotonic() - begun
        )
        session.add(run)
        session.flush()
        keep(session, event, run, made, now=now)
        audit.record(
            session,
            "matching.run",
            actor_id=by,
            scope=event.slug,
            object_uid=run.uid,
            drafts=run.summary["drafts"],
        )
    return run


def discard(event: Event, *, by: int | None) -> int:
    """Throw away the drafts that are not locked; gives back how many these were."""
    with transaction() as session:
        gone = remove_drafts(session, drafts_of(event.id, with_locked=False))
        audit.record(session, "matching.discarded", actor_id=by, scope=event.slug, object_uid=event.uid, drafts=gone)
    return gone
