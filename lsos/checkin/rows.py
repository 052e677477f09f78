"""What one scan asks of the database, as plain rows of statements that are made once: a guest waits for the answer.

Objects of the session cost more than all the rest of a scan; what pages show is read in `queries`. The rows are named
tuples, which are made at once: a frozen dataclass sets field by field, and a scan has a hundred of them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Date,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.checkin.models import Arrival, Device, MeetingPresence, Scan, ScanPoint, ScanPointType, SessionAttendance
from lsos.checkin.prepared import Prepared
from lsos.checkin.rules import Direction, PointKind, Repeat, ScanResult, SignUpRule, seats_at
from lsos.db import UtcDateTime
from lsos.events.models import Event, Room
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingTable
from lsos.meetings.rules import MeetingState
from lsos.organisations.models import Organisation
from lsos.questionnaires.models import Question
from lsos.questionnaires.rules import AskedWhen
from lsos.registration.models import ParticipationType, Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.models import StakeholderType
from lsos.taxonomy.rules import GuestRole, guest_role
from lsos.texts import Bilingual

#: Results that count something until they are taken back.
COUNTS = (ScanResult.ADMITTED, ScanResult.LEFT, ScanResult.PRESENT)
#: In these states a meeting is one that people come to.
REAL = (MeetingState.SCHEDULED, MeetingState.HELD, MeetingState.NO_SHOW)

_point, _room, _event, _scan = (model.__table__.c for model in (ScanPoint, Room, Event, Scan))


def _among(column: Any, values: Iterable[StrEnum]) -> Any:
    """Ask whether a column is one of some constants, which are written into the statement: they never change."""
    return column.in_([literal_column(f"'{value}'") for value in values])


def _one(c: Connection, statement: Any, **values: object) -> Any:
    return c.execute(statement, values).first()


# ---- who scans


class Paired(NamedTuple):
    """A device that holds its secret, and when its event ends.

    Attributes:
        waiting: so many scans it had not sent when it last spoke; `drift_ms` and `snapshot_at` are of then, too.
    """

    id: int
    event_id: int
    is_kiosk: bool
    may_register: bool
    revoked_at: datetime | None
    seen_at: datetime | None
    waiting: int
    drift_ms: int
    snapshot_at: datetime | None
    ends_on: date
    doors_close: time
    timezone: str


_device = Device.__table__.c
_OF_DEVICE = (
    _device.id,
    _device.event_id,
    _device.is_kiosk,
    _device.may_register,
    _device.revoked_at,
    _device.seen_at,
    _device.waiting,
    _device.drift_ms,
    _device.snapshot_at,
    _event.ends_on,
    _event.doors_close,
    _event.timezone,
)
_PAIRED = select(*_OF_DEVICE).join(Event, _event.id == _device.event_id).where(_device.token_hash == bindparam("token"))


def paired(c: Connection, token_hash: str) -> Paired | None:
    """Read the device that holds the secret of a hash."""
    row = _one(c, _PAIRED, token=token_hash)
    return None if row is None else Paired(*row)


# ---- where


class Point(NamedTuple):
    """A point with what is asked of its event there.

    Attributes:
        room_id: of a point that counts what is held in a room; `session_id` of one for a session.
        fits: so many fit in; None where nobody said.
        admits: codes of the participation types that come in; none means all.
        asks: the event puts questions of its own to those who arrive.
        knows: the scan that is looked for was written down before.
    """

    id: int
    code: str
    name: Bilingual
    kind: PointKind
    room_id: int | None
    session_id: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    closed_for_good_at: datetime | None
    repeat: Repeat
    sign_up: SignUpRule
    has_exit: bool
    fits: int | None
    admits: tuple[str, ...]
    event_id: int
    starts_on: date
    ends_on: date
    doors_open: time
    doors_close: time
    timezone: str
    asks: bool
    knows: bool


_TYPES = (
    select(func.aggregate_strings(ParticipationType.code, " "))
    .join(ScanPointType, ScanPointType.participation_type_id == ParticipationType.id)
    .where(ScanPointType.point_id == _point.id)
    .correlate(ScanPoint.__table__)
    .scalar_subquery()
)
_ASKS = exists().where(
    Question.event_id == _event.id, Question.archived_at.is_(None), Question.asked_when == AskedWhen.CHECK_IN
)
_OF_POINT = (
    _point.id,
    _point.code,
    _point.name_pl,
    _point.name_en,
    _point.kind,
    _point.room_id,
    _point.session_id,
    _point.opens_at,
    _point.closes_at,
    _point.closed_for_good_at,
    _point.repeat,
    _point.sign_up,
    _point.has_exit,
    _point.capacity,
    _room.capacity,
    _TYPES,
    _event.id,
    _event.starts_on,
    _event.ends_on,
    _event.doors_open,
    _event.doors_close,
    _event.timezone,
    _ASKS,
    exists().where(_scan.event_id == _event.id, _scan.uid == bindparam("uid")),
)
_POINT = (
    select(*_OF_POINT)
    .join(Event, _event.id == _point.event_id)
    .outerjoin(Room, _room.id == _point.room_id)
    .where(_point.event_id == bindparam("event"), _point.code == bindparam("point"))
)
_PAIRED_AT = (
    select(*_OF_DEVICE, *_OF_POINT)
    .join_from(Device, Event, _event.id == _device.event_id)
    .outerjoin(ScanPoint, and_(_point.event_id == _event.id, _point.code == bindparam("point")))
    .outerjoin(Room, _room.id == _point.room_id)
    .where(_device.token_hash == bindparam("token"))
)


class Held(NamedTuple):
    """A session that is held where badges are scanned."""

    id: int
    room_id: int | None
    title: Bilingual
    starts_at: datetime
    ends_at: datetime
    takes_signups: bool


_held = Session.__table__.c
_HELD = (
    select(
        _held.id,
        _held.room_id,
        _held.title_pl,
        _held.title_en,
        _held.starts_at,
        _held.ends_at,
        _held.takes_signups,
    )
    .where(
        or_(
            _held.room_id.in_(bindparam("rooms", expanding=True)),
            _held.id.in_(bindparam("sessions", expanding=True)),
        ),
        _held.starts_at.is_not(None),
        _held.ends_at.is_not(None),
    )
    .order_by(_held.starts_at, _held.id)
)


def held(c: Connection, rooms: Collection[int], sessions: Collection[int]) -> list[Held]:
    """List the sessions that are held in some rooms, and some others, the first first."""
    rows = c.execute(_HELD, {"rooms": list(rooms), "sessions": list(sessions)})
    return [
        Held(row.id, row.room_id, Bilingual(row.title_pl, row.title_en), row.starts_at, row.ends_at, row.takes_signups)
        for row in rows
    ]


# ---- whose badge


class Guest(NamedTuple):
    """Whom a badge belongs to, as the desk needs it."""

    id: int
    uid: str
    person_id: int
    state: RegistrationState
    given_name: str
    family_name: str
    organisation: str
    type_id: int
    #: The way to take part: its code, its name, the days it is for.
    kind: str
    participation: Bilingual
    days: tuple[str, ...]
    role: GuestRole
    #: What organisers wrote for the desk.
    note: str
    #: A meeting of theirs is not over.
    meets: bool

    @property
    def name(self) -> str:
        """Give the name exactly as its owner writes it."""
        return f"{self.given_name} {self.family_name}".strip()


_whose, _person, _type = (model.__table__.c for model in (Registration, Person, ParticipationType))
_own_kind, _their_kind = (aliased(StakeholderType) for _ in range(2))
_MEETS = exists().where(
    MeetingParticipant.registration_id == _whose.id,
    Meeting.id == MeetingParticipant.meeting_id,
    _among(Meeting.state, REAL),
    Meeting.ends_at > bindparam("at", type_=UtcDateTime()),
)
_OF_GUEST = (
    _whose.id,
    _whose.uid,
    _whose.person_id,
    _whose.state,
    _person.given_name,
    _person.family_name,
    Organisation.name,
    _type.id,
    _type.code,
    _type.name_pl,
    _type.name_en,
    _type.days,
    _type.is_light,
    func.coalesce(_own_kind.code, _their_kind.code),
    _whose.desk_note,
    _MEETS,
)


def _as_guest(found: Any) -> Any:
    """Add to a statement that names a registration what the desk needs of it."""
    return (
        found.add_columns(*_OF_GUEST)
        .join(Person, _person.id == _whose.person_id)
        .join(ParticipationType, _type.id == _whose.participation_type_id)
        .outerjoin(Organisation, Organisation.id == _whose.organisation_id)
        .outerjoin(_own_kind, _own_kind.id == _whose.stakeholder_type_id)
        .outerjoin(_their_kind, _their_kind.id == Organisation.stakeholder_type_id)
    )


_GUEST = _as_guest(
    select().select_from(Registration).where(_whose.event_id == bindparam("event"), _whose.id == bindparam("number"))
)
#: Held, so that two scans of one badge are decided one after the other.
_HELD_GUEST = _GUEST.with_for_update(of=Registration.__table__)


def guest(c: Connection, event_id: int, number: int, *, at: datetime) -> Guest | None:
    """Read a guest by the number of the registration."""
    row = _one(c, _GUEST, event=event_id, number=number, at=at)
    return None if row is None else _guest_of(row)


def locked_guest(c: Connection, event_id: int, number: int, *, at: datetime) -> Guest | None:
    """Read a guest by the number of the registration, and let nobody else decide until the transaction ends."""
    row = _one(c, _HELD_GUEST, event=event_id, number=number, at=at)
    return None if row is None else _guest_of(row)


def _guest_of(columns: Sequence[Any]) -> Guest:
    number, uid, person, state, given_name, family_name, organisation, type_id = columns[:8]
    code, pl, en, days, is_light, stakeholder, note, meets = columns[8:]
    return Guest(
        id=number,
        uid=uid,
        person_id=person,
        state=state,
        given_name=given_name,
        family_name=family_name,
        organisation=organisation or "",
        type_id=type_id,
        kind=code,
        participation=Bilingual(pl, en),
        days=tuple(days),
        role=GuestRole.PUBLIC if is_light else guest_role(stakeholder),
        note=note,
        meets=meets,
    )


# ---- where, and whose badge, at once


def _with_guest(found: Any) -> Any:
    """Add to a statement that names a point whose badge it is, and let nobody else decide on that one meanwhile."""
    theirs = and_(_whose.event_id == _event.id, _whose.badge_code == bindparam("badge"))
    return _as_guest(found.join(Registration, theirs)).with_for_update(of=Registration.__table__)


_POINT_AND_GUEST, _PAIRED_AND_GUEST = (Prepared(_with_guest(found)) for found in (_POINT, _PAIRED_AT))


def at_point(
    c: Connection, event_id: int, code: str, badge: str, *, uid: str, at: datetime
) -> tuple[Point | None, Guest | None]:
    """Read a point of an event by the code in its address, and whose badge it is.

    Nobody else decides on that guest until the transaction ends. `uid` is the id of the scan that may be known.
    """
    asked: dict[str, Any] = {"event": event_id, "point": code, "uid": uid}
    row = _POINT_AND_GUEST.first(c, **asked, badge=badge, at=at)
    if row is not None:
        return _point_of(row[: len(_OF_POINT)]), _guest_of(row[len(_OF_POINT) :])
    row = _one(c, _POINT, **asked)
    return (None if row is None else _point_of(row)), None


def at_device(
    c: Connection, token_hash: str, code: str, badge: str, *, uid: str, at: datetime
) -> tuple[Paired, Point | None, Guest | None] | None:
    """Read the device that holds the secret of a hash, and of its event a point and a guest as `at_point` does."""
    asked: dict[str, Any] = {"token": token_hash, "point": code, "uid": uid}
    row = _PAIRED_AND_GUEST.first(c, **asked, badge=badge, at=at) or _one(c, _PAIRED_AT, **asked)
    if row is None:
        return None
    first, second = len(_OF_DEVICE), len(_OF_DEVICE) + len(_OF_POINT)
    device, point, theirs = row[:first], row[first:second], row[second:]
    return Paired(*device), None if point[0] is None else _point_of(point), _guest_of(theirs) if theirs else None


def _point_of(columns: Sequence[Any]) -> Point:
    number, code, pl, en, kind, room, session, opens, closes, closed, repeat, sign_up, has_exit = columns[:13]
    capacity, seats, types, event_id, starts_on, ends_on, doors_open, doors_close, zone, asks, knows = columns[13:]
    return Point(
        id=number,
        code=code,
        name=Bilingual(pl, en),
        kind=kind,
        room_id=room,
        session_id=session,
        opens_at=opens,
        closes_at=closes,
        closed_for_good_at=closed,
        repeat=repeat,
        sign_up=sign_up,
        has_exit=has_exit,
        fits=seats_at(kind, capacity, seats),
        admits=tuple(sorted((types or "").split())),
        event_id=event_id,
        starts_on=starts_on,
        ends_on=ends_on,
        doors_open=doors_open,
        doors_close=doors_close,
        timezone=zone,
        asks=asks,
        knows=knows,
    )


class Ahead(NamedTuple):
    """A meeting of somebody that is not over: when, at which table, with whom."""

    id: int
    starts_at: datetime
    ends_at: datetime
    table: int | None
    state: MeetingState
    other: str


_part, _meeting, _table = (model.__table__.c for model in (MeetingParticipant, Meeting, MeetingTable))
#: Who was brought by a colleague sits on the colleague's side.
_SIDE = func.coalesce(_part.beside_id, _part.registration_id)
_AHEAD = (
    select(
        _meeting.id,
        _meeting.starts_at,
        _meeting.ends_at,
        _table.number,
        _meeting.state,
        _person.given_name,
        _person.family_name,
    )
    .join(MeetingParticipant, _part.meeting_id == _meeting.id)
    .join(Registration, _whose.id == case((_meeting.first_id == _SIDE, _meeting.second_id), else_=_meeting.first_id))
    .join(Person, _person.id == _whose.person_id)
    .outerjoin(MeetingTable, _table.id == _meeting.table_id)
    .where(
        _part.registration_id == bindparam("number"),
        _among(_meeting.state, REAL),
        _meeting.ends_at > bindparam("at", type_=UtcDateTime()),
    )
    .order_by(_meeting.starts_at, _meeting.id)
)


def meetings_ahead(c: Connection, registration_id: int, *, after: datetime) -> list[Ahead]:
    """List somebody's meetings that end after a moment, the next first."""
    return [
        Ahead(row.id, row.starts_at, row.ends_at, row.number, row.state, f"{row.given_name} {row.family_name}".strip())
        for row in c.execute(_AHEAD, {"number": registration_id, "at": after})
    ]


# ---- what was before


class Standing(NamedTuple):
    """A scan that counts, and still does: when, where, which way, what for."""

    id: int
    uid: str
    at: datetime
    point: str
    point_name: Bilingual
    kind: PointKind
    direction: Direction
    registration_id: int
    session_id: int | None
    meeting_id: int | None


_undo = Scan.__table__.alias("undo")
_STANDING = (
    select(
        _scan.id,
        _scan.uid,
        _scan.scanned_at,
        _scan.direction,
        _scan.registration_id,
        _scan.session_id,
        _point.code,
        _point.name_pl,
        _point.name_en,
        _point.kind,
        MeetingPresence.meeting_id,
    )
    .join(ScanPoint, _point.id == _scan.point_id)
    .outerjoin(_undo, _undo.c.undoes_id == _scan.id)
    .outerjoin(MeetingPresence, MeetingPresence.scan_id == _scan.id)
    .where(_among(_scan.result, COUNTS), _undo.c.id.is_(None), _scan.registration_id.is_not(None))
    .order_by(_scan.id)
)
_STANDING_OF_ONE = Prepared(_STANDING.where(_scan.registration_id == bindparam("number")))
_STANDING_OF_ALL = _STANDING.where(_scan.event_id == bindparam("event"))


def standing_of(c: Connection, registration_id: int) -> list[Standing]:
    """List the scans of a guest that count, in the order in which they came in."""
    return list(_standing(_STANDING_OF_ONE.rows(c, number=registration_id)))


def standing_of_all(c: Connection, event_id: int) -> list[Standing]:
    """List the scans of everybody at an event that count, in the order in which they came in."""
    return list(_standing(c.execute(_STANDING_OF_ALL, {"event": event_id})))


def _standing(rows: Iterable[Any]) -> Iterable[Standing]:
    for number, uid, at, direction, whose, session, point, pl, en, kind, meeting in rows:
        yield Standing(number, uid, at, point, Bilingual(pl, en), kind, direction, whose, session, meeting)


# ---- what is written down

_INSERT_SCAN = insert(Scan.__table__).returning(_scan.id)  # type: ignore[arg-type]


def add_scan(c: Connection, **values: object) -> int:
    """Write a scan down, by the names of its columns; gives its number."""
    number: int = c.execute(_INSERT_SCAN, values).scalar_one()
    return number


def _unless_there(table: Any, key: tuple[str, ...], **types: Any) -> Any:
    """Make the statement that adds a row where none of the same key is."""
    values = [bindparam(name, type_=kind) for name, kind in types.items()]
    there = exists().where(*(table.c[name] == bindparam(name, type_=types[name]) for name in key))
    return insert(table).from_select(list(types), select(*values).where(~there))


_ARRIVE = _unless_there(
    Arrival.__table__,
    ("registration_id", "day"),
    event_id=Integer(),
    registration_id=Integer(),
    day=Date(),
    at=UtcDateTime(),
    scan_id=Integer(),
)
_ATTEND = _unless_there(
    SessionAttendance.__table__,
    ("session_id", "registration_id"),
    session_id=Integer(),
    registration_id=Integer(),
    at=UtcDateTime(),
    scan_id=Integer(),
)


def arrive(c: Connection, event_id: int, registration_id: int, day: date, *, at: datetime, scan_id: int) -> None:
    """Note that somebody came in on a day, unless they had."""
    c.execute(
        _ARRIVE, {"event_id": event_id, "registration_id": registration_id, "day": day, "at": at, "scan_id": scan_id}
    )


def attend(c: Connection, session_id: int, registration_id: int, *, at: datetime, scan_id: int) -> None:
    """Note that somebody was at a session, unless they had been."""
    c.execute(_ATTEND, {"session_id": session_id, "registration_id": registration_id, "at": at, "scan_id": scan_id})


# ---- a scan as it was written down


class Written(NamedTuple):
    """A scan as it was written down, with the scan that had counted before it, where there was one."""

    id: int
    uid: str
    event_id: int
    result: ScanResult
    #: The name of a refusal, or of why it was taken back.
    reason: str
    at: datetime
    direction: Direction
    code: str
    needs: str
    registration_id: int | None
    session: Bilingual | None
    point: str
    point_name: Bilingual
    kind: PointKind
    fits: int | None
    timezone: str
    earlier_id: int | None
    earlier_at: datetime | None
    earlier_point: Bilingual | None
    is_undone: bool = False


_earlier, _there = Scan.__table__.alias("earlier"), ScanPoint.__table__.alias("there")
_WRITTEN = (
    select(
        _scan.id,
        _scan.uid,
        _scan.result,
        _scan.reason,
        _scan.scanned_at,
        _scan.direction,
        _scan.code,
        _scan.needs,
        _scan.registration_id,
        _scan.session_id,
        _held.title_pl,
        _held.title_en,
        _point.code.label("point"),
        _point.name_pl,
        _point.name_en,
        _point.kind,
        _point.capacity,
        _room.capacity.label("seats"),
        _event.timezone,
        _earlier.c.id.label("earlier_id"),
        _earlier.c.scanned_at.label("earlier_at"),
        _there.c.name_pl.label("there_pl"),
        _there.c.name_en.label("there_en"),
        exists().where(_undo.c.undoes_id == _scan.id).label("is_undone"),
    )
    .join(ScanPoint, _point.id == _scan.point_id)
    .join(Event, _event.id == _scan.event_id)
    .outerjoin(Room, _room.id == _point.room_id)
    .outerjoin(Session, _held.id == _scan.session_id)
    .outerjoin(_earlier, _earlier.c.id == _scan.earlier_id)
    .outerjoin(_there, _there.c.id == _earlier.c.point_id)
    .where(_scan.event_id == bindparam("event"), _scan.uid == bindparam("uid"))
)


def written(c: Connection, event_id: int, uid: str) -> Written | None:
    """Read a scan of an event by the id its device gave it."""
    row = _one(c, _WRITTEN, event=event_id, uid=uid)
    if row is None:
        return None
    return Written(
        id=row.id,
        uid=row.uid,
        event_id=event_id,
        result=row.result,
        reason=row.reason,
        at=row.scanned_at,
        direction=row.direction,
        code=row.code,
        needs=row.needs,
        registration_id=row.registration_id,
        session=Bilingual(row.title_pl, row.title_en) if row.session_id is not None else None,
        point=row.point,
        point_name=Bilingual(row.name_pl, row.name_en),
        kind=row.kind,
        fits=seats_at(row.kind, row.capacity, row.seats),
        timezone=row.timezone,
        earlier_id=row.earlier_id,
        earlier_at=row.earlier_at,
        earlier_point=Bilingual(row.there_pl, row.there_en) if row.earlier_id is not None else None,
        is_undone=row.is_undone,
    )
