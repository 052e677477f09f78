"""The points of an event: made from its doors, rooms, sessions and tables, added by hand, each with its rule."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.agenda.models import Session as AgendaSession
from lsos.checkin import queries
from lsos.checkin.models import Scan, ScanPoint, ScanPointType, UnwantedPoint
from lsos.checkin.rules import PointKind, Repeat, SignUpRule
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.queries import rooms
from lsos.events.rules import EventStatus
from lsos.meetings.places import tables_of
from lsos.texts import Bilingual, free_code

log = logging.getLogger("lsos.worker")

#: Who scans tries it out on the day before; an event whose programme is known has its points sooner.
MADE_BEFORE = timedelta(days=2)
#: What phones kept for a point that was taken away meanwhile is written down at one of these; a door stays a door.
GONE = {PointKind.DOOR: "gone-door", PointKind.OTHER: "gone"}
MAIN_DOOR = "main"
TABLES = "tables"
_ROOM_PREFIX = "room-"
_SESSION_PREFIX = "session-"
#: Nobody is counted where people queue or drink coffee; the tables have a point of their own.
_ROOMS_WITHOUT = frozenset({"registration", "networking", "meetings"})
#: What stands in addresses of the door beside the codes of points.
_WORDS = frozenset({"new", "badge", "questions", "live", "devices", *GONE.values()})
#: What organisers add by hand; the others follow the house and the programme.
BY_HAND = (PointKind.DOOR, PointKind.ZONE, PointKind.MEAL, PointKind.STAND, PointKind.OTHER)


class PointRefusal(StrEnum):
    """Why a point cannot be as asked, in words for the organiser."""

    NO_NAME = N_("Give the point a name in at least one language.")
    NO_PLACE = N_("At least one person fits in. Leave it empty where you do not count.")
    ENDS_TOO_EARLY = N_("It closes before it opens.")
    SCANNED = N_("Badges were scanned here, so it stays in the records. Close it for good instead.")


@dataclass(frozen=True)
class PointWish:
    """What organisers say of a point.

    Attributes:
        name: for everybody at the door.
        kind: of a new point; an old one keeps its own, since what it counted would mean something else.
        type_ids: the participation types that come in; none means all.
        opens_at: from when on, where that differs from the event's doors; `closes_at` until when.
        repeat: whether somebody is counted once more.
        sign_up: what becomes of those who did not sign up for the session held there.
        has_exit: people are also scanned when they leave.
        capacity: so many fit in, where that is not what its room says.
    """

    name: Bilingual
    kind: PointKind = PointKind.OTHER
    type_ids: frozenset[int] = field(default_factory=frozenset)
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    repeat: Repeat = Repeat.DAILY
    sign_up: SignUpRule = SignUpRule.IGNORED
    has_exit: bool = False
    capacity: int | None = None


def save_point(event: Event, code: str | None, wish: PointWish, *, actor_id: int) -> ScanPoint:
    """Change a point, or without a code add one.

    Raises:
        NotFound: there is no such point.
        Refused: it has no name, closes before it opens, or nobody fits in.
    """
    if not wish.name:
        raise Refused(PointRefusal.NO_NAME)
    if wish.capacity is not None and wish.capacity < 1:
        raise Refused(PointRefusal.NO_PLACE)
    if wish.opens_at and wish.closes_at and wish.closes_at <= wish.opens_at:
        raise Refused(PointRefusal.ENDS_TOO_EARLY)
    with transaction() as session:
        #: So that two who add one at once do not choose the same code.
        session.get_one(Event, event.id, with_for_update={"key_share": True, "of": Event})
        known = queries.points(event.id, with_closed=True)
        point = _point(known, code) if code is not None else None
        if point is None:
            taken = _WORDS | {each.code for each in known}
            new = free_code(wish.name.en or wish.name.pl, taken, stem="point")
            point = ScanPoint(event_id=event.id, code=new, kind=wish.kind, position=_last(known))
            session.add(point)
        point.name, point.has_exit, point.capacity = wish.name, wish.has_exit, wish.capacity
        point.opens_at, point.closes_at = wish.opens_at, wish.closes_at
        point.repeat, point.sign_up = wish.repeat, wish.sign_up
        had = {each.participation_type_id: each for each in point.types}
        point.types = [had.get(each) or ScanPointType(participation_type_id=each) for each in sorted(wish.type_ids)]
        audit.record(session, "point.saved", actor_id=actor_id, scope=event.slug, object_uid=point.code)
    return point


def _point(known: Collection[ScanPoint], code: str) -> ScanPoint:
    found = next((each for each in known if each.code == code), None)
    if found is None:
        raise NotFound(N_("There is no such point at this event. Choose one from the list."))
    return found


def _last(known: Collection[ScanPoint]) -> int:
    """Give the place behind all others."""
    return max((each.position for each in known), default=-1) + 1


def move_point(event: Event, code: str, by: int, *, actor_id: int) -> None:
    """Put a point so many places later in the order in which the door lists them; fewer than none is earlier.

    Raises:
        NotFound: there is no such point.
    """
    with transaction() as session:
        #: Of two who move points at once the second sees the order of the first.
        session.get_one(Event, event.id, with_for_update={"key_share": True, "of": Event})
        known = queries.points(event.id)
        point = _point(known, code)
        place = known.index(point)
        known.insert(max(place + by, 0), known.pop(place))
        for position, each in enumerate(known):
            each.position = position
        audit.record(session, "point.moved", actor_id=actor_id, scope=event.slug, object_uid=code)


def close_point(event: Event, code: str, *, actor_id: int, now: datetime | None) -> None:
    """Offer a point at the door no more, or without a moment offer it again; what a phone kept for it is still taken.

    Raises:
        NotFound: there is no such point.
    """
    with transaction() as session:
        point = _point(queries.points(event.id, with_closed=True), code)
        point.closed_for_good_at = now
        what = "point.closed" if now else "point.opened"
        audit.record(session, what, actor_id=actor_id, scope=event.slug, object_uid=code)


def remove_point(event: Event, code: str, *, actor_id: int) -> None:
    """Take away a point at which nobody was scanned.

    Raises:
        NotFound: there is no such point.
        Refused: badges were scanned there.
    """
    try:
        with transaction() as session:
            point = _point(queries.points(event.id, with_closed=True), code)
            if session.scalar(select(Scan.id).where(Scan.point_id == point.id).limit(1)) is not None:
                raise Refused(PointRefusal.SCANNED)
            session.delete(point)
            if follows(point):
                session.merge(UnwantedPoint(event_id=event.id, code=code))
            audit.record(session, "point.removed", actor_id=actor_id, scope=event.slug, object_uid=code)
    except IntegrityError:
        #: The first badge was scanned there at the same moment.
        raise Refused(PointRefusal.SCANNED) from None


# ---- made by themselves


def follows(point: ScanPoint) -> bool:
    """Say whether a point follows from the house or the programme, so that it would be made again."""
    return point.kind in {PointKind.ROOM, PointKind.SESSION, PointKind.TABLES} or point.code == MAIN_DOOR


def in_place_of(session: Session, event_id: int, kind: PointKind, *, now: datetime) -> str:
    """Give the code, within a change under way, of what stands for points of a kind that were taken away.

    Nobody is offered it.
    """
    kind = kind if kind in GONE else PointKind.OTHER
    code = GONE[kind]
    if queries.point_by_code(event_id, code) is None:
        name = Bilingual("Miejsce, które usunięto", "A place that was taken away")
        repeat = Repeat.DAILY if kind is PointKind.DOOR else Repeat.ALWAYS
        place = len(queries.points(event_id, with_closed=True))
        session.add(
            ScanPoint(
                event_id=event_id,
                code=code,
                name=name,
                kind=kind,
                repeat=repeat,
                position=place,
                closed_for_good_at=now,
            )
        )
        session.flush()
    return code


def lay_out_points(event: Event, *, by_id: int | None) -> list[ScanPoint]:
    """Give an event the points it lacks: a main door, its rooms, sessions without a room, and the meeting area.

    Who asks for them has those again that were taken away; those closed for good stay closed.
    """
    try:
        with transaction() as session:
            session.execute(delete(UnwantedPoint).where(UnwantedPoint.event_id == event.id))
            if add_missing_points(session, event):
                audit.record(session, "points.laid_out", actor_id=by_id, scope=event.slug, object_uid=event.uid)
    except IntegrityError:
        pass  # somebody else made them at the same moment
    return queries.points(event.id)


def lay_out_due(*, now: datetime) -> int:
    """Make the points that follow from house and programme for every event that is near or has a programme.

    It is done time and again, so that a room or a session added later gets its point; what organisers closed or took
    away is not brought back. Says how many were made.
    """
    made = 0
    for event in _due(now):
        event_id = event.id
        try:
            with transaction() as session:
                added = add_missing_points(session, event)
                if added:
                    audit.record(session, "points.laid_out", actor_id=None, scope=event.slug, object_uid=event.uid)
            made += added
        except IntegrityError:
            log.info("points of event %s: somebody else made them at the same moment", event_id)
    return made


def _due(now: datetime) -> list[Event]:
    """List the published events that are not over and have a programme that was made known, or begin in two days."""
    today = now.date()
    has_programme = (
        select(AgendaSession.id)
        .where(AgendaSession.event_id == Event.id, AgendaSession.starts_at.is_not(None))
        .exists()
    )
    return list(
        db.session.scalars(
            select(Event)
            .where(
                Event.status == EventStatus.PUBLISHED,
                Event.ends_on >= today - timedelta(days=1),
                or_(has_programme, Event.starts_on <= today + MADE_BEFORE),
            )
            .order_by(Event.id)
        )
    )


def add_missing_points(session: Session, event: Event) -> int:
    """Add, within a change under way, the points that an event lacks; what it has, by whatever code, stays."""
    held = queries.points(event.id, with_closed=True)
    kinds = {point.kind for point in held}
    rooms_held = {point.room_id for point in held}
    sessions_held = {point.session_id for point in held}
    wanted = []
    if PointKind.DOOR not in kinds:
        door = Bilingual("Wejście główne", "Main entrance")
        wanted.append(ScanPoint(code=MAIN_DOOR, name=door, kind=PointKind.DOOR))
    if PointKind.TABLES not in kinds and tables_of(event.id):
        tables = Bilingual("Stoliki spotkań 1:1", "1:1 meeting tables")
        wanted.append(ScanPoint(code=TABLES, name=tables, kind=PointKind.TABLES))
    for room in rooms(event.id):
        if room.kind not in _ROOMS_WITHOUT and room.id not in rooms_held:
            code = f"{_ROOM_PREFIX}{room.code}"
            wanted.append(ScanPoint(code=code, name=room.name, kind=PointKind.ROOM, room_id=room.id))
    for one in _sessions_without_room(session, event.id):
        if one.id not in sessions_held:
            code = f"{_SESSION_PREFIX}{one.code}"[:60]
            wanted.append(ScanPoint(code=code, name=one.title, kind=PointKind.SESSION, session_id=one.id))
    taken = {point.code for point in held}
    if wanted:
        taken |= set(session.scalars(select(UnwantedPoint.code).where(UnwantedPoint.event_id == event.id)))
    wanted = [point for point in wanted if point.code not in taken]
    for position, point in enumerate(wanted, start=_last(held)):
        point.event_id, point.position = event.id, position
        session.add(point)
    return len(wanted)


def _sessions_without_room(session: Session, event_id: int) -> list[AgendaSession]:
    return list(
        session.scalars(
            select(AgendaSession)
            .where(
                AgendaSession.event_id == event_id,
                AgendaSession.takes_signups,
                AgendaSession.starts_at.is_not(None),
                AgendaSession.room_id.is_(None),
            )
            .order_by(AgendaSession.starts_at, AgendaSession.id)
        )
    )
