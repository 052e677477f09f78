"""A real programme as an event of the platform, with invented people who come to it; it lies in ../shared/data."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Writing

from lsos.accounts.models import EmailAddress, Person
from lsos.agenda.models import Session, SessionPerson, SessionSignup, SessionStar
from lsos.db import db, transaction
from lsos.editions.bulk import add_rows, add_with_ids, bilingual_columns
from lsos.events.models import Event, FocusArea, Room, RoomHours
from lsos.events.rules import Role
from lsos.registration.models import Profile, Registration
from lsos.registration.rules import RegistrationState
from lsos.schedule_files.files import read
from lsos.schedule_files.model import Programme
from lsos.schedule_files.model import Session as Talk
from lsos.taxonomy.models import SessionFormat
from lsos.texts import Bilingual, search_key
from tests import make

PROGRAMMES = Path(__file__).resolve().parents[3] / "shared" / "data" / "programmes"
FOSDEM, CAMP = "fosdem-2014.xml.gz", "frab-camp2019.json.gz"
#: Where nothing says otherwise, of each person.
STARS, SIGNUPS = 12, 4
#: Every so many-th session counts its seats.
COUNTED = 4


@cache
def programme(file: str) -> Programme:
    """Read a programme that lies beside the project."""
    return read((PROGRAMMES / file).read_bytes(), zone="Europe/Brussels").programme


def some(talks: Sequence[Talk], number: int) -> list[Talk]:
    """Take so many talks, spread over all."""
    return [talks[n * len(talks) // number] for n in range(min(number, len(talks)))]


@dataclass(frozen=True)
class Conference:
    """An event made of a programme, and who looks at it."""

    slug: str
    attendee: Person
    organiser: Person
    #: What addresses speak of: a session, its room and subject, its day, and somebody who speaks in it.
    code: str
    room: str
    area: str
    day: date
    speaker: str
    uid: str


def settle(
    file: str,
    *,
    sessions: int | None = None,
    people: int = 0,
    signups: int = SIGNUPS,
    first_day: date | None = None,
) -> Conference:
    """Put a programme into the database as it is released, its first day moved, and let people star and sign up."""
    whole = programme(file)
    talks = list(whole.sessions) if sessions is None else some(whole.sessions, sessions)
    days = sorted({one.date for one in whole.days})
    move = (first_day or days[0]) - days[0]
    event = make.event(
        slug="conference",
        starts_on=days[0] + move,
        days=(days[-1] - days[0]).days + 1,
        timezone=whole.zone or "Europe/Brussels",
        name=Bilingual(whole.title, whole.title),
        doors_open=time(10),
        doors_close=time(23, 59),
    )
    _places(event, talks, move)
    speakers = _sessions(event, talks, move)
    coming = _people(event, people - len(speakers))
    registered = _registered(event, [*speakers, *coming])
    _wishes(event, registered, signups)
    organiser = make.staff(Role.OWNER)
    named = db.session.scalars(
        select(Session).where(Session.event_id == event.id, Session.people.any()).order_by(Session.starts_at)
    ).first()
    attendee = db.session.get_one(Registration, registered[-1]).person
    assert named is not None
    assert named.room is not None
    assert named.focus_area is not None
    assert named.starts_at is not None
    found = Conference(
        slug=event.slug,
        attendee=attendee,
        organiser=organiser,
        code=named.code,
        room=named.room.code,
        area=named.focus_area.code,
        day=named.starts_at.date(),
        speaker=named.people[0].person.uid,
        uid=named.uid,
    )
    db.session.expire_all()
    return found


def _places(event: Event, talks: Sequence[Talk], move: timedelta) -> None:
    """Make rooms, open on each day from their first talk to their last, and subjects."""
    stretches: dict[str, dict[int, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for talk in talks:
        stretches[talk.room][talk.day] += [talk.start + move, talk.end + move]
    with transaction() as session:
        rooms = [
            {"event_id": event.id, "code": f"room-{n}", "position": n, "capacity": 40 + 45 * (n % 7)}
            | bilingual_columns("name", Bilingual(name, name))
            for n, name in enumerate(stretches)
        ]
        ids = add_with_ids(session, Room, rooms)
        hours = [
            {"room_id": one, "starts_at": min(moments).astimezone(UTC), "ends_at": max(moments).astimezone(UTC)}
            for one, of_room in zip(ids, stretches.values(), strict=True)
            for moments in of_room.values()
        ]
        add_rows(session, RoomHours, hours)
        tracks = dict.fromkeys(talk.track for talk in talks)
        areas = [
            {"event_id": event.id, "code": f"track-{n}", "position": n}
            | bilingual_columns("name", Bilingual(name, name))
            | bilingual_columns("scope", Bilingual(name, name))
            for n, name in enumerate(tracks)
        ]
        add_rows(session, FocusArea, areas)


def _sessions(event: Event, talks: Sequence[Talk], move: timedelta) -> list[int]:
    """Make the sessions, and give the ids of who speaks in them."""
    kind = make.add(SessionFormat(code="talk", name=Bilingual("Wykład", "Talk")))
    rooms = {room.name.en: room.id for room in db.session.scalars(select(Room).where(Room.event_id == event.id))}
    areas = {one.name.en: one.id for one in db.session.scalars(select(FocusArea).where(FocusArea.event_id == event.id))}
    names = {person.key: person.name for talk in talks for person in talk.persons}
    with transaction() as session:
        speakers = dict(zip(names, _new_people(session, list(names.values()), event), strict=True))
        rows = [
            {
                "event_id": event.id,
                "code": f"talk-{n}",
                "format_id": kind.id,
                "room_id": rooms[talk.room],
                "focus_area_id": areas[talk.track],
                "starts_at": (talk.start + move).astimezone(UTC),
                "ends_at": (talk.end + move).astimezone(UTC),
                "minutes": max(1, int(talk.duration.total_seconds() // 60)),
                "seats": 2000 if n % COUNTED == 0 else None,
            }
            | bilingual_columns("title", Bilingual(talk.title, talk.title))
            | bilingual_columns("abstract", Bilingual(talk.abstract, talk.abstract or talk.description))
            for n, talk in enumerate(talks)
        ]
        ids = add_with_ids(session, Session, rows)
        cast = [
            {"session_id": one, "person_id": speakers[key], "position": position}
            for one, talk in zip(ids, talks, strict=True)
            for position, key in enumerate(dict.fromkeys(person.key for person in talk.persons))
        ]
        add_rows(session, SessionPerson, cast)
    return list(speakers.values())


def _new_people(session: Writing, names: Sequence[str], event: Event) -> list[int]:
    addresses = [f"somebody-{event.id}-{n}-{len(names)}@example.org" for n in range(len(names))]
    rows = []
    for name, address in zip(names, addresses, strict=True):
        given, _, family = name.rpartition(" ")
        key = search_key(family, given, address)
        rows.append(
            {
                "given_name": given,
                "family_name": family,
                "search_key": key,
                "is_invented": True,
                "created_at": make.BEFORE,
            }
        )
    ids = add_with_ids(session, Person, rows)
    kept = [{"person_id": one, "address": address} for one, address in zip(ids, addresses, strict=True)]
    add_rows(session, EmailAddress, kept)
    return ids


def _people(event: Event, number: int) -> list[int]:
    with transaction() as session:
        return _new_people(session, [f"Anna Nowak {n}" for n in range(max(1, number))], event)


def _registered(event: Event, people: Sequence[int]) -> list[int]:
    kind = make.participation_type(event)
    with transaction() as session:
        rows = [
            {
                "event_id": event.id,
                "person_id": one,
                "participation_type_id": kind.id,
                "state": RegistrationState.CONFIRMED,
                "registered_at": make.BEFORE,
            }
            for one in people
        ]
        ids = add_with_ids(session, Registration, rows)
        add_rows(session, Profile, [{"registration_id": one} for one in ids])
    return ids


def _wishes(event: Event, registered: Sequence[int], signups: int) -> None:
    """Let everybody star some sessions, and sign up for some that are not at the same time."""
    draw = random.Random(len(registered))  # invented wishes need no secrets
    there = db.session.execute(
        select(Session.id, Session.starts_at, Session.ends_at).where(Session.event_id == event.id).order_by(Session.id)
    ).all()
    stars, places = [], []
    for one in registered:
        stars += [(one, row[0]) for row in draw.sample(there, min(STARS, len(there)))]
        mine: list[tuple[datetime, datetime]] = []
        for session_id, begin, end in draw.sample(there, min(2 * signups, len(there))):
            assert begin is not None
            assert end is not None
            if len(mine) < signups and all(end <= other or begin >= until for other, until in mine):
                mine.append((begin, end))
                places.append((one, session_id))
    taken = Counter(session_id for _, session_id in places)
    with transaction() as session:
        for table, pairs in ((SessionStar, stars), (SessionSignup, places)):
            rows = [{"registration_id": one, "session_id": other, "at": make.BEFORE} for one, other in pairs]
            add_rows(session, table, rows)
        for session_id, number in taken.items():
            session.execute(update(Session).where(Session.id == session_id).values(signed_up=number))
