"""What a speaker says of themselves for an event."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound
from lsos.events.models import Event, PersonAway
from lsos.events.rules import moment
from lsos.proposals.models import SpeakerProfile
from lsos.proposals.queries import is_speaker
from lsos.texts import Bilingual


@dataclass(frozen=True)
class Said:
    """What a speaker says of themselves."""

    bio: Bilingual = field(default_factory=Bilingual)
    is_public: bool = False
    may_photograph: bool | None = None
    #: ISO dates; what is no day of the event is left out.
    days: Collection[str] = ()
    times_note: str = ""


def save_profile(event_id: int, person_id: int, said: Said, *, now: datetime) -> SpeakerProfile:
    """Store what a speaker says of themselves.

    Raises:
        NotFound: they are no speaker of this event.
    """
    with transaction() as session:
        event = session.get_one(Event, event_id, with_for_update=True)
        if not is_speaker(event_id, person_id):
            raise NotFound(N_("You are no speaker of this event."))
        profile = session.scalar(
            select(SpeakerProfile).where(SpeakerProfile.event_id == event_id, SpeakerProfile.person_id == person_id)
        )
        if profile is None:
            profile = SpeakerProfile(event_id=event_id, person_id=person_id)
            session.add(profile)
        profile.bio, profile.is_public = said.bio, said.is_public
        profile.may_photograph, profile.times_note, profile.changed_at = said.may_photograph, said.times_note, now
        profile.days = [day.isoformat() for day in event.days if day.isoformat() in said.days]
        _keep_away(session, event, profile)
        session.flush()
        audit.record(
            session,
            "speaker.described",
            actor_id=person_id,
            scope=event.slug,
            object_uid=event.uid,
            is_public=said.is_public,
        )
        return profile


def _keep_away(session: Session, event: Event, profile: SpeakerProfile) -> None:
    """Say to whoever builds the programme on which whole days a speaker is not there; other times stay as they are."""
    begins = {day: moment(day, time(), event.timezone) for day in event.days}
    ends = {day: moment(day + timedelta(days=1), time(), event.timezone) for day in event.days}
    theirs = session.scalars(
        select(PersonAway).where(PersonAway.event_id == event.id, PersonAway.person_id == profile.person_id)
    )
    whole = {(begins[day], ends[day]) for day in event.days}
    for one in theirs.all():
        if (one.starts_at, one.ends_at) in whole:
            session.delete(one)
    for day in event.days:
        if profile.days and day.isoformat() not in profile.days:
            away = PersonAway(event_id=event.id, person_id=profile.person_id, starts_at=begins[day], ends_at=ends[day])
            session.add(away)
