"""Small events around the year of a demonstration, so that its indicators have a year to speak of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from lsos.accounts.models import Person
from lsos.checkin.models import ScanPoint
from lsos.checkin.points import MAIN_DOOR
from lsos.checkin.rules import PointKind
from lsos.editions.attendance import attend
from lsos.editions.bulk import add_rows, add_with_ids
from lsos.events.models import Event, Series
from lsos.events.rules import EventKind, EventStatus, moment
from lsos.organisations.models import Organisation
from lsos.registration.models import Capacity, Consent, ConsentText, ParticipationType, Registration, RegistrationChange
from lsos.registration.rules import ConsentKind, RegistrationState
from lsos.texts import Bilingual

#: Said with every such event, so that nobody takes it for one that was.
TAGLINE: Final = Bilingual(
    "Wydarzenie pokazowe: daty, tematy i uczestnicy są wymyśleni.",
    "A demonstration event: its date, subject and people are made up.",
)
_THURSDAY: Final = 3
_REGISTER_DAYS: Final = 20


@dataclass(frozen=True)
class _Small:
    """A small event, so many days before the forum; a negative number is after it."""

    slug: str
    days_before: int
    kind: EventKind
    name: Bilingual
    series: str
    people: int
    opens: time
    closes: time


_SERIES: Final = {
    "demo-breakfasts": Bilingual("Śniadania klastra (pokaz)", "Cluster breakfasts (demo)"),
    "demo-trainings": Bilingual("Szkolenia (pokaz)", "Trainings (demo)"),
}
_MORNING: Final = (time(8, 30), time(10, 30))
_AFTERNOON: Final = (time(13), time(16, 30))


def _breakfast(number: int, days_before: int, polish: str, english: str, people: int) -> _Small:
    name = Bilingual(f"Śniadanie klastra (pokaz): {polish}", f"Cluster breakfast (demo): {english}")
    return _Small(
        f"demo-breakfast-{number}", days_before, EventKind.BREAKFAST, name, "demo-breakfasts", people, *_MORNING
    )


_YEAR: Final = (
    _breakfast(1, 308, "dane w szpitalu", "data in the hospital", 24),
    _breakfast(2, 266, "od pomysłu do wyrobu", "from an idea to a device", 31),
    _Small(
        "demo-training-1", 231, EventKind.TRAINING,
        Bilingual("Szkolenie (pokaz): wyroby medyczne i MDR", "Training (demo): medical devices and the MDR"),
        "demo-trainings", 18, *_AFTERNOON,
    ),
    _breakfast(3, 196, "żywność i zdrowie", "food and health", 27),
    _Small(
        "demo-sig-1", 168, EventKind.SIG_MEETING,
        Bilingual("Spotkanie SIG (pokaz): zdrowie cyfrowe", "SIG meeting (demo): digital health"),
        "", 21, *_AFTERNOON,
    ),
    _breakfast(4, 133, "pacjent w badaniu", "the patient in a trial", 22),
    _Small(
        "demo-partner-1", 98, EventKind.PARTNER_EVENT,
        Bilingual("Dzień otwarty partnera (pokaz)", "A partner's open day (demo)"),
        "", 36, *_AFTERNOON,
    ),
    _Small(
        "demo-networking-1", 63, EventKind.NETWORKING,
        Bilingual("Wieczór kontaktów (pokaz)", "An evening of contacts (demo)"),
        "", 44, time(17), time(20),
    ),
    _breakfast(5, 28, "przed forum", "before the forum", 33),
    _breakfast(6, -21, "po forum", "after the forum", 26),
)  # fmt: skip


def add_year(session: DatabaseSession, forum: Event, *, seed: int, now: datetime, by_id: int) -> int:
    """Add the small events that are not there yet, with people of the forum; gives back how many were added."""
    known = set(session.scalars(select(Event.slug).where(Event.slug.in_([one.slug for one in _YEAR]))))
    missing = [one for one in _YEAR if one.slug not in known]
    if not missing:
        return 0
    people = session.execute(
        select(Person.id, Registration.organisation_id, Registration.job_title, Registration.stakeholder_type_id)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == forum.id, Registration.organisation_id.is_not(None), Person.is_invented)
        .order_by(Person.id)
        .limit(1000)
    ).all()
    if not people:
        return 0
    series = _series(session)
    for one in missing:
        event = _event(session, forum, one, series)
        random = Random(f"{seed}/{one.slug}")  # noqa: S311  # to be repeated
        guests = random.sample(people, min(len(people), one.people))
        ids = _register(session, event, guests, random, now)
        attend(session, event, seed=seed, now=now, only=ids, by_id=by_id)
    return len(missing)


def _series(session: DatabaseSession) -> dict[str, Series]:
    found = {one.code: one for one in session.scalars(select(Series).where(Series.code.in_(_SERIES)))}
    for code, name in _SERIES.items():
        if code not in found:
            found[code] = Series(code=code, name=name)
            session.add(found[code])
    return found


def _event(session: DatabaseSession, forum: Event, small: _Small, series: dict[str, Series]) -> Event:
    day = forum.starts_on - timedelta(days=small.days_before)
    day += timedelta(days=_THURSDAY - day.weekday())
    organiser_id = forum.organiser_id
    if small.kind is EventKind.PARTNER_EVENT:
        organiser_id = _partner(session) or organiser_id
    event = Event(
        slug=small.slug,
        kind=small.kind,
        status=EventStatus.PUBLISHED,
        series=series.get(small.series),
        organiser_id=organiser_id,
        name=small.name,
        tagline=TAGLINE,
        timezone=forum.timezone,
        starts_on=day,
        ends_on=day,
        doors_open=small.opens,
        doors_close=small.closes,
        are_hours_illustrative=True,
    )
    session.add(event)
    session.flush()
    seats = Capacity(event=event, code="seats", name=Bilingual("Miejsca", "Seats"), seats=60)
    name = Bilingual("Uczestnik", "Participant")
    kind = ParticipationType(event=event, code="participant", name=name, has_matchmaking=False, capacities=[seats])
    door = Bilingual("Wejście", "Entrance")
    session.add_all([kind, ScanPoint(event=event, code=MAIN_DOOR, name=door, kind=PointKind.DOOR)])
    for text in session.scalars(
        select(ConsentText)
        .where(ConsentText.event_id == forum.id, ConsentText.is_current, ConsentText.is_required)
        .order_by(ConsentText.position, ConsentText.id)
    ).all():
        session.add(
            ConsentText(
                event=event,
                purpose=text.purpose,
                kind=ConsentKind(text.kind),
                wording=text.wording,
                is_required=True,
                position=text.position,
            )
        )
    session.flush()
    return event


def _partner(session: DatabaseSession) -> int | None:
    """Give an invented partner of the cluster, since nothing is invented about a real one."""
    return session.scalar(
        select(Organisation.id)
        .where(Organisation.is_invented, Organisation.is_cluster_partner)
        .order_by(Organisation.id)
        .limit(1)
    )


def _register(
    session: DatabaseSession, event: Event, people: Sequence[Any], random: Random, now: datetime
) -> list[int]:
    kind = session.scalars(select(ParticipationType).where(ParticipationType.event_id == event.id)).one()
    latest = min(now, moment(event.starts_on, event.doors_open, event.timezone))
    times = [latest - timedelta(days=random.uniform(1, _REGISTER_DAYS)) for _ in people]
    same = {"event_id": event.id, "participation_type_id": kind.id, "state": RegistrationState.CONFIRMED}
    rows = [
        same
        | {
            "person_id": one.id,
            "organisation_id": one.organisation_id,
            "job_title": one.job_title,
            "stakeholder_type_id": one.stakeholder_type_id,
            "registered_at": at,
        }
        for one, at in zip(people, times, strict=True)
    ]
    ids = add_with_ids(session, Registration, rows)
    changes = [{"registration_id": one, "state": same["state"], "at": at} for one, at in zip(ids, times, strict=True)]
    add_rows(session, RegistrationChange, changes)
    texts = session.scalars(select(ConsentText.id).where(ConsentText.event_id == event.id)).all()
    consents = [
        {"registration_id": one, "text_id": text, "given_at": at}
        for one, at in zip(ids, times, strict=True)
        for text in texts
    ]
    add_rows(session, Consent, consents)
    kind.capacities[0].taken += len(ids)
    session.flush()
    return ids
