"""Use cases of the organiser's matching: a run that drafts a schedule, its publishing, and throwing it away."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import delete, insert, select

from lsos import audit
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.meetings.booking import lock, remove_drafts, settings_for
from lsos.meetings.drafts import batched, drafts_of, publish_some, put_drafts, summary
from lsos.meetings.models import (
    MatchingRun,
    MeetingSettings,
    Suggestion,
)
from lsos.meetings.planning import plan
from lsos.registration.models import Registration

#: So many drafts are published in one transaction, so that nobody who books meanwhile waits long.
PUBLISH_AT_ONCE = 40


@dataclass(frozen=True)
class Published:
    """What came of publishing: meetings that stand now, and drafts whose place or people were gone."""

    scheduled: int
    dropped: int


def run_matching(event: Event, *, by: int | None, now: datetime, seconds: float = 2.0) -> MatchingRun:
    """Find whom everybody should meet, and draft a schedule around the meetings there are.

    Agreed requests without a time come first, then the best matches. Only suggestions and drafts
    are replaced; what people arranged stays where it is.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    begun = monotonic()
    made = plan(event, settings_for(db.session(), event.id), now=now, seconds=seconds)
    with transaction() as session:
        #: Two runs at once follow one another.
        settings = session.scalars(
            select(MeetingSettings).where(MeetingSettings.event_id == event.id).with_for_update()
        ).one()
        people = lock(session, made.people)
        session.execute(
            delete(Suggestion).where(
                Suggestion.registration_id.in_(
                    select(Registration.id).where(Registration.event_id == event.id).scalar_subquery()
                )
            )
        )
        if made.suggestions:
            session.execute(insert(Suggestion), made.suggestions)
        remove_drafts(session, drafts_of(event.id))
        drafts = put_drafts(session, event, settings, made, people, now=now)
        run = MatchingRun(
            event_id=event.id, by_id=by, at=now, seconds=monotonic() - begun, summary=summary(made, drafts)
        )
        session.add(run)
        session.flush()
        audit.record(session, "matching.run", actor_id=by, scope=event.slug, object_uid=run.uid, drafts=len(drafts))
    return run


def publish(event: Event, *, by: int | None, now: datetime) -> Published:
    """Turn the drafts into meetings and send everybody their invitations, some at a time.

    Each meeting comes by a letter of its own, since calendars take one invitation a letter. A run
    that is cut short is finished by the next. Drafts whose people or time are gone are dropped.

    Raises:
        NotFound: the event has no 1:1 meetings.
    """
    scheduled = dropped = 0
    for some in batched(drafts_of(event.id), PUBLISH_AT_ONCE):
        with transaction() as session:
            settings = settings_for(session, event.id)
            done, gone = publish_some(session, event, settings, some, now=now)
            scheduled, dropped = scheduled + done, dropped + gone
            audit.record(
                session, "matching.published", actor_id=by, scope=event.slug, object_uid=event.uid, meetings=done
            )
    return Published(scheduled, dropped)


def discard(event: Event, *, by: int | None) -> int:
    """Throw the drafts away; gives back how many there were."""
    with transaction() as session:
        gone = remove_drafts(session, drafts_of(event.id))
        audit.record(session, "matching.discarded", actor_id=by, scope=event.slug, object_uid=event.uid, drafts=gone)
    return gone
