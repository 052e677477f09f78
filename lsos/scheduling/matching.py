"""Use cases of the organiser's matching: a run that drafts a schedule, its publishing, and throwing it away."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from lsos import audit
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.meetings.booking import locked_settings, remove_drafts, settings_for
from lsos.scheduling.drafts import batched, drafts_of, forget_unmet, keep, publish_some
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.planning import plan
from lsos.scheduling.queries import last_run
from lsos.scheduling.rules import DIAL, SPREAD, RunSettings

#: So many drafts are published in one transaction, so that nobody who books meanwhile waits long.
PUBLISH_AT_ONCE = 40


@dataclass(frozen=True)
class Published:
    """What came of publishing: meetings that stand now, and drafts whose place or people were gone."""

    scheduled: int
    dropped: int


def run_matching(
    event: Event,
    *,
    by: int | None,
    now: datetime,
    seconds: float = 2.0,
    dial: float = DIAL,
    leeway: float = 0.0,
    spread: float = SPREAD,
) -> MatchingRun:
    """Find whom everybody should meet, and draft a schedule around the meetings there are, while the caller waits.

    Agreed requests without a time come first, then the best matches. Only suggestions and drafts that are not locked
    are replaced; what people arranged stays where it is.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    begun = monotonic()
    chosen = RunSettings(seconds=seconds, dial=dial, leeway=leeway, spread=spread)
    made = plan(event, settings_for(db.session(), event.id), now=now, chosen=chosen)
    with transaction() as session:
        locked_settings(session, event.id)
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


def publish(event: Event, *, by: int | None, now: datetime) -> Published:
    """Turn the drafts into meetings and send everybody their invitations, some at a time.

    Each meeting comes by a letter of its own, since calendars take one invitation a letter. A run
    that is cut short is finished by the next. Drafts whose people or time are gone are dropped. From then on the
    people read why the run found no place for them and others.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    scheduled = dropped = 0
    for some in batched(drafts_of(event.id, with_locked=True), PUBLISH_AT_ONCE):
        with transaction() as session:
            settings_for(session, event.id)
            done, gone = publish_some(session, event, some, now=now)
            scheduled, dropped = scheduled + done, dropped + gone
            audit.record(
                session, "matching.published", actor_id=by, scope=event.slug, object_uid=event.uid, meetings=done
            )
    run = last_run(event.id)
    if run is not None and scheduled:
        with transaction() as session:
            session.get_one(MatchingRun, run.id, with_for_update=True).published_at = now
            forget_unmet(session, event.id, but=run.id, with_published=True)
    return Published(scheduled, dropped)


def discard(event: Event, *, by: int | None) -> int:
    """Throw away the drafts that are not locked; gives back how many these were."""
    with transaction() as session:
        gone = remove_drafts(session, drafts_of(event.id, with_locked=False))
        audit.record(session, "matching.discarded", actor_id=by, scope=event.slug, object_uid=event.uid, drafts=gone)
    return gone
