"""What a speaker says of themselves for an event."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound
from lsos.events.models import Event, PersonAway
from lsos.events.rules import moment
from lsos.proposals.models import SpeakerProfile
from lsos.proposals.queries import is_speaker
from lsos.texts import Bilingual

#: When somebody comes and leaves on a day, such as 09:30; None: they are there from its beginning, or to its end.
Hours = Sequence[str | None]


@dataclass(frozen=True)
class Said:
    """What a speaker says of themselves."""

    bio: Bilingual = field(default_factory=Bilingual)
    is_public: bool = False
    may_photograph: bool | None = None
    #: ISO dates; what is no day of the event is left out.
    days: Collection[str] = ()
    #: By day, from when until when, where it is not the whole day.
    hours: Mapping[str, Hours] = field(default_factory=dict)
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
        profile.hours = {day: list(said.hours[day]) for day in profile.days if any(said.hours.get(day, ()))}
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
    """Tell whoever builds the programme when a speaker is not there; what organisers noted stays as it is."""
    session.execute(
        delete(PersonAway).where(
            PersonAway.event_id == event.id, PersonAway.person_id == profile.person_id, PersonAway.is_own
        )
    )
    session.add_all(
        PersonAway(event_id=event.id, person_id=profile.person_id, starts_at=starts_at, ends_at=ends_at, is_own=True)
        for starts_at, ends_at in away_times(event, profile.days, profile.hours)
    )


def away_times(event: Event, days: Collection[str], hours: Mapping[str, Hours]) -> Iterator[tuple[datetime, datetime]]:
    """Give when a speaker is not there: on days they did not choose, and outside their hours; with no day, never."""
    for day in event.days if days else ():
        begins = moment(day, time(), event.timezone)
        ends = moment(day + timedelta(days=1), time(), event.timezone)
        comes, leaves = hours.get(day.isoformat(), (None, None))
        if day.isoformat() not in days:
            yield begins, ends
            continue
        if comes and time.fromisoformat(comes) > time():
            yield begins, moment(day, time.fromisoformat(comes), event.timezone)
        if leaves:
            yield moment(day, time.fromisoformat(leaves), event.timezone), ends
