"""The whole house as it stands: who came, who is expected, who is in, how full rooms are, what devices say.

Plain values, so that one reading serves everybody who looks for some seconds; as many statements for twelve people as
for 20,000.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy import Row, Select, func, select

from lsos.agenda.models import Session, SessionSignup
from lsos.checkin import facts, queries
from lsos.checkin.deciding import near
from lsos.checkin.devices import devices_of
from lsos.checkin.expecting import LEAST, Expected, Stretch, Turnout, by_day, by_plan, expected, turnout
from lsos.checkin.live_rules import Crowd, crowd
from lsos.checkin.models import Arrival, Scan, ScanPoint
from lsos.checkin.rows import Held
from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import EventStatus, moment
from lsos.meetings.models import Meeting, MeetingParticipant
from lsos.meetings.rules import BOOKED
from lsos.organisations.models import Organisation
from lsos.registration.desk_notes import with_desk_note
from lsos.registration.models import Registration
from lsos.registration.queries import participation_types
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import StakeholderType
from lsos.texts import Bilingual

#: The curve of arrivals has a point each so many minutes.
STEP = timedelta(minutes=15)
#: A device that has not spoken for so long may have no network, or lie in a drawer.
SILENT = timedelta(minutes=10)
#: So many refusals are listed, and so many earlier events tell how many come.
REFUSALS, EVENTS = 8, 3


@dataclass(frozen=True)
class Part:
    """Some of the people: how many have a place today, and how many of them came."""

    name: Bilingual
    placed: int
    came: int


@dataclass(frozen=True)
class Place:
    """A point where people are counted: what runs there, how many are in, how many fit in, how many came today.

    Attributes:
        inside: None where it cannot be known who is in.
        session: the title of what runs there or begins in a quarter of an hour.
    """

    name: Bilingual
    kind: PointKind
    inside: int | None
    fits: int | None
    crowd: Crowd
    today: int
    session: Bilingual | None
    until: datetime | None
    attended: int | None


@dataclass(frozen=True)
class Phone:
    """A device that scans: minutes since it spoke, scans that wait there, minutes by which its clock is off."""

    name: str
    point: Bilingual | None
    minutes: int | None
    is_silent: bool
    waiting: int
    minutes_off: int


@dataclass(frozen=True)
class Turned:
    """A badge that was turned away."""

    at: datetime
    point: Bilingual
    reason: str


@dataclass(frozen=True)
class Noted:
    """Somebody on whom there is a note for the desk."""

    uid: str
    name: str
    organisation: str
    note: str
    came_at: datetime | None


@dataclass(frozen=True)
class House:
    """How it stands.

    Attributes:
        day: the local day that is looked at.
        in_house: None where doors do not scan on leaving.
        by_now: how many are expected by now; `in_all` by the end of the day.
        curve: arrivals until now, and `range` what is expected over the day, every quarter of an hour.
    """

    as_of: datetime
    day: date
    opens_at: datetime
    closes_at: datetime
    placed: int
    came: int
    in_house: int | None
    turnout: Turnout
    by_now: Expected
    in_all: Expected
    curve: tuple[tuple[datetime, int], ...]
    range: tuple[Expected, ...]
    by_type: tuple[Part, ...]
    by_stakeholder: tuple[Part, ...]
    places: tuple[Place, ...]
    phones: tuple[Phone, ...]
    refused: tuple[tuple[str, int], ...]
    last_refused: tuple[Turned, ...]
    noted: tuple[Noted, ...]

    @property
    def mark(self) -> str:
        """Name what is shown: while it stays the same, nothing changed but the clock."""
        return hashlib.sha256(repr(replace(self, as_of=self.opens_at)).encode()).hexdigest()[:20]

    @property
    def has_exits(self) -> bool:
        """Say whether it can be known who is in the house."""
        return self.in_house is not None


def house(event: Event, *, now: datetime) -> House:
    """Read how it stands today; before and after the event, on its first or last day."""
    today = facts.local_day(event, now)
    day = min(max(today, event.starts_on), event.ends_on)
    opens_at = moment(day, event.doors_open, event.timezone)
    closes_at = moment(day, event.doors_close, event.timezone)
    types = {one.id: one for one in participation_types(event.id)}
    people = [
        row
        for row in db.session.execute(_confirmed(event)).all()
        if not types[row.type_id].days or day.isoformat() in types[row.type_id].days
    ]
    arrivals = _arrivals(event.id)
    came = dict(arrivals.get(day, ()))
    #: Whoever came has a place, whatever became of it since.
    placed = {row.id for row in people} | came.keys()
    share, stretches = _expectation(event, day, len(placed), people, arrivals)
    moments = _moments(opens_at, max([closes_at, *came.values()]))
    #: Seconds are not shown, so that what is shown changes with the minute.
    minute = now.replace(second=0, microsecond=0)
    by_now, in_all = expected(stretches, share, [minute, closes_at + timedelta(days=1)])
    points = [point for point in queries.points(event.id) if point.kind is not PointKind.TABLES]
    places, in_house = _places(event, points, day=day, now=now)
    notes = with_desk_note(event.id)
    reasons, last = _refusals(event, day)
    return House(
        as_of=now,
        day=day,
        opens_at=opens_at,
        closes_at=closes_at,
        placed=len(placed),
        came=len(came),
        in_house=in_house,
        turnout=share,
        by_now=by_now,
        in_all=in_all,
        curve=_curve(sorted(came.values()), moments, opens_at=opens_at, now=minute),
        range=tuple(expected(stretches, share, moments)),
        by_type=_parts(people, came, {one.id: one.name for one in types.values()}, "type_id"),
        by_stakeholder=_parts(people, came, _stakeholders(), "stakeholder_id"),
        places=places,
        phones=tuple(_phones(event.id, now)),
        refused=reasons,
        last_refused=last,
        noted=tuple(
            Noted(
                one.uid,
                one.person.name,
                one.organisation.name if one.organisation else "",
                one.desk_note,
                came.get(one.id),
            )
            for one in notes
        ),
    )


# ---- who came, and who is expected


def _confirmed(event: Event) -> Select[int, int, int | None]:
    """Select who has a place: id, kind of participation, own kind or that of the organisation."""
    own = func.coalesce(Registration.stakeholder_type_id, Organisation.stakeholder_type_id)
    return (
        select(Registration.id, Registration.participation_type_id.label("type_id"), own.label("stakeholder_id"))
        .outerjoin(Registration.organisation)
        .where(Registration.event_id == event.id, Registration.state == RegistrationState.CONFIRMED)
        .order_by(Registration.id)
    )


def _arrivals(event_id: int) -> dict[date, list[tuple[int, datetime]]]:
    found: dict[date, list[tuple[int, datetime]]] = {}
    for registration_id, day, at in db.session.execute(
        select(Arrival.registration_id, Arrival.day, Arrival.at)
        .where(Arrival.event_id == event_id)
        .order_by(Arrival.at, Arrival.id)
    ):
        found.setdefault(day, []).append((registration_id, at))
    return found


def _expectation(
    event: Event,
    day: date,
    placed: int,
    people: Sequence[Row[int, int, int | None]],
    arrivals: Mapping[date, Sequence[tuple[int, datetime]]],
) -> tuple[Turnout, list[Stretch]]:
    """Say which share comes and when each would, by the day before where enough came then."""
    opens_at = moment(day, event.doors_open, event.timezone)
    before = max((one for one in arrivals if one < day and len(arrivals[one]) >= LEAST), default=None)
    if before is not None:
        opened = moment(before, event.doors_open, event.timezone)
        offsets = [max(at - opened, timedelta()) for _, at in arrivals[before]]
        share = turnout((len(offsets), max(placed, len(offsets))), ())
        return share, by_day(placed, offsets, opens_at=opens_at)
    first, begins_at = _first_things(event, day)
    extra = placed - len(people)
    plans = [first.get(row.id) for row in people] + [None] * extra
    return turnout(None, _earlier_events(event)), by_plan(plans, opens_at=opens_at, begins_at=begins_at)


def _first_things(event: Event, day: date) -> tuple[dict[int, datetime], datetime | None]:
    """Give what each signed up for first on a day, a session or a meeting, and when the programme begins."""
    since, until = queries.day_bounds(day, event.timezone)
    first: dict[int, datetime] = {}
    of_day = Session.event_id == event.id, Session.starts_at >= since, Session.starts_at < until
    sessions = (
        select(SessionSignup.registration_id, func.min(Session.starts_at))
        .join(SessionSignup.session)
        .where(*of_day)
        .group_by(SessionSignup.registration_id)
    )
    meetings = (
        select(MeetingParticipant.registration_id, func.min(Meeting.starts_at))
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(
            Meeting.event_id == event.id,
            Meeting.state.in_(BOOKED),
            Meeting.starts_at >= since,
            Meeting.starts_at < until,
        )
        .group_by(MeetingParticipant.registration_id)
    )
    for rows in (sessions, meetings):
        for registration_id, at in db.session.execute(rows):
            assert at is not None, "the day says between which moments"
            first[registration_id] = min(first.get(registration_id, at), at)
    begins_at = db.session.scalar(select(func.min(Session.starts_at)).where(*of_day))
    return first, begins_at


def _earlier_events(event: Event) -> list[tuple[int, int]]:
    """Say of the last earlier events at which badges were scanned how many came, of how many with a place."""
    came = dict(
        db.session.execute(
            select(Arrival.event_id, func.count(Arrival.registration_id.distinct()))
            .join(Event, Event.id == Arrival.event_id)
            .where(Event.status == EventStatus.PUBLISHED, Event.ends_on < event.starts_on)
            .group_by(Arrival.event_id, Event.ends_on)
            .order_by(Event.ends_on.desc(), Arrival.event_id)
            .limit(EVENTS)
        ).all()
    )
    placed = dict(
        db.session.execute(
            select(Registration.event_id, func.count())
            .where(Registration.event_id.in_(came), Registration.state == RegistrationState.CONFIRMED)
            .group_by(Registration.event_id)
        ).all()
    )
    return [(number, max(placed.get(event_id, 0), number)) for event_id, number in came.items()]


def _moments(opens_at: datetime, closes_at: datetime) -> list[datetime]:
    """List the moments of the curve: from half an hour before the doors open until they close, or the last came."""
    first = opens_at - 2 * STEP
    return [first + n * STEP for n in range(ceil((closes_at - first) / STEP) + 1)]


def _curve(
    came: Sequence[datetime], moments: Sequence[datetime], *, opens_at: datetime, now: datetime
) -> tuple[tuple[datetime, int], ...]:
    """Count who had come by each moment until now."""
    if now < moments[0] or (now < opens_at and not came):
        return ()
    until = {at: bisect_right(came, at) for at in moments if at < now}
    return tuple((until | {min(now, moments[-1]): len(came)}).items())


def _parts(
    people: Sequence[Row[int, int, int | None]], came: Mapping[int, datetime], names: Mapping[int, Bilingual], of: str
) -> tuple[Part, ...]:
    """Split the people with a place by a kind, the largest first; those of no kind are left out."""
    placed = Counter(getattr(row, of) for row in people)
    there = Counter(getattr(row, of) for row in people if row.id in came)
    return tuple(Part(names[one], number, there[one]) for one, number in placed.most_common() if one in names)


def _stakeholders() -> dict[int, Bilingual]:
    return dict(db.session.execute(select(StakeholderType.id, StakeholderType.name)).all())


# ---- places


def _places(
    event: Event, points: Sequence[ScanPoint], *, day: date, now: datetime
) -> tuple[tuple[Place, ...], int | None]:
    """Say of each point how it stands, and how many are in the house."""
    held = facts.held_at(points)
    since = facts.inside_points(event.id, event.timezone, points, held, now=now)
    today = queries.people_by_point(event.id, event.timezone, day)
    running = {point.id: _running(held.get(point.id, ()), now) for point in points}
    attended = queries.attendances([one.id for one in running.values() if one is not None])
    doors = [point for point in points if point.kind is PointKind.DOOR]
    in_house = len(since[doors[0].id]) if any(door.has_exit for door in doors) else None
    places = []
    for point in points:
        is_known = facts.counts_who_is_in(point)
        inside = len(since[point.id]) if is_known else None
        session = running[point.id]
        places.append(
            Place(
                name=point.name,
                kind=point.kind,
                inside=inside,
                fits=point.fits if is_known else None,
                crowd=crowd(inside, point.fits) if inside is not None else Crowd.OPEN,
                today=today[point.id],
                session=session.title if session is not None else None,
                until=session.ends_at if session is not None else None,
                attended=attended.get(session.id, 0) if session is not None else None,
            )
        )
    return tuple(places), in_house


def _running(held: Sequence[Held], now: datetime) -> Held | None:
    """Choose what is on at a point: what runs, else what begins soon."""
    at = facts.milliseconds(now)
    soon = {one.id for one in near([facts.session_facts(one) for one in held], at)}
    of_these = [one for one in held if one.id in soon]
    return min(of_these, key=lambda one: (one.starts_at > now, one.starts_at, one.id), default=None)


# ---- devices and refusals


def _phones(event_id: int, now: datetime) -> Iterable[Phone]:
    """List the devices that are paired: first who needs a hand."""
    found = [
        Phone(
            device.name,
            device.point.name if device.point else None,
            int((now - device.seen_at) / timedelta(minutes=1)) if device.seen_at else None,
            device.seen_at is None or now - device.seen_at > SILENT,
            device.waiting,
            device.minutes_off,
        )
        for device in devices_of(event_id)
        if device.token_hash is not None and device.revoked_at is None
    ]
    return sorted(found, key=lambda one: (not one.waiting, not one.minutes_off, not one.is_silent, one.name))


def _refusals(event: Event, day: date) -> tuple[tuple[tuple[str, int], ...], tuple[Turned, ...]]:
    """Count the refusals of a day by reason, the most frequent first, and list the last."""
    since, until = queries.day_bounds(day, event.timezone)
    of_day = (
        Scan.event_id == event.id,
        Scan.result == ScanResult.REFUSED,
        Scan.scanned_at >= since,
        Scan.scanned_at < until,
    )
    number = func.count()
    counted = db.session.execute(
        select(Scan.reason, number).where(*of_day).group_by(Scan.reason).order_by(number.desc(), Scan.reason)
    )
    last = db.session.execute(
        select(Scan.scanned_at, ScanPoint.name, Scan.reason)
        .join(Scan.point)
        .where(*of_day)
        .order_by(Scan.scanned_at.desc(), Scan.id.desc())
        .limit(REFUSALS)
    )
    return tuple((row[0], row[1]) for row in counted), tuple(Turned(*row) for row in last)
