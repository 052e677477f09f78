"""Reads of scan points, scans and arrivals."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from lsos.accounts.models import Person
from lsos.agenda.models import Session
from lsos.audit import AuditEntry
from lsos.checkin.models import Arrival, MeetingPresence, ReplacedBadge, Scan, ScanPoint, SessionAttendance
from lsos.checkin.rules import PointKind, ScanResult
from lsos.db import db
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.rules import MeetingState
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration, RegistrationChange
from lsos.registration.rules import RegistrationState
from lsos.texts import search_key

#: What the record of changes calls a printing of many badges; of one it says "badge.printed".
BADGES_PRINTED = "badges.printed"
#: In these states a meeting is one that people come to.
_REAL = (MeetingState.SCHEDULED, MeetingState.HELD, MeetingState.NO_SHOW)


def points(event_id: int, *, with_closed: bool = False) -> list[ScanPoint]:
    """List the places of an event where badges are scanned, in their order; those closed for good where asked."""
    wanted = (
        select(ScanPoint)
        .where(ScanPoint.event_id == event_id)
        .order_by(ScanPoint.position, ScanPoint.id)
        .options(joinedload(ScanPoint.room))
    )
    if not with_closed:
        wanted = wanted.where(ScanPoint.closed_for_good_at.is_(None))
    return list(db.session.scalars(wanted))


def point_by_code(event_id: int, code: str) -> ScanPoint | None:
    """Find a scan point of an event by the code in its address."""
    return db.session.scalar(
        select(ScanPoint)
        .where(ScanPoint.event_id == event_id, ScanPoint.code == code)
        .options(joinedload(ScanPoint.room))
    )


def arrivals(event_id: int, day: date | None = None) -> list[Arrival]:
    """List who came in, on one local day or on all, the first first."""
    wanted = select(Arrival).where(Arrival.event_id == event_id)
    if day is not None:
        wanted = wanted.where(Arrival.day == day)
    return list(
        db.session.scalars(
            wanted.order_by(Arrival.at, Arrival.id).options(
                joinedload(Arrival.registration).joinedload(Registration.person),
                joinedload(Arrival.registration).joinedload(Registration.organisation),
                joinedload(Arrival.registration).joinedload(Registration.participation_type),
            )
        )
    )


def first_arrivals(event_id: int) -> dict[int, datetime]:
    """Give, for each registration that ever came in, when it first did; one query for all of them."""
    rows = db.session.execute(
        select(Arrival.registration_id, func.min(Arrival.at))
        .where(Arrival.event_id == event_id)
        .group_by(Arrival.registration_id)
    )
    return dict(rows.all())


def arrivals_on(event_id: int, day: date) -> int:
    """Count who came in on a local day."""
    wanted = select(func.count()).select_from(Arrival).where(Arrival.event_id == event_id, Arrival.day == day)
    return db.session.scalar(wanted) or 0


def table_point(event_id: int) -> ScanPoint | None:
    """Find where an event scans badges in its meeting area: the first such point, or none."""
    return db.session.scalar(
        select(ScanPoint)
        .where(
            ScanPoint.event_id == event_id,
            ScanPoint.kind == PointKind.TABLES,
            ScanPoint.closed_for_good_at.is_(None),
        )
        .order_by(ScanPoint.position, ScanPoint.id)
        .limit(1)
    )


def table_by_code(code: str) -> MeetingTable | None:
    """Find a table of any event by the code on its sign."""
    return db.session.scalar(
        select(MeetingTable).where(MeetingTable.code == code).options(joinedload(MeetingTable.room))
    )


def event_with_table(code: str) -> str | None:
    """Name, as in addresses, the event in which a table has this code on its sign."""
    return db.session.scalar(
        select(Event.slug).join(MeetingTable, MeetingTable.event_id == Event.id).where(MeetingTable.code == code)
    )


def arrived_on(event_id: int, day: date) -> set[int]:
    """Give the registrations that came in on a day, where the event is."""
    found = select(Arrival.registration_id).where(Arrival.event_id == event_id, Arrival.day == day)
    return set(db.session.scalars(found))


def here_among(registration_ids: Collection[int], day: date) -> set[int]:
    """Give those of some registrations that came in on a day, where the event is."""
    found = select(Arrival.registration_id).where(Arrival.registration_id.in_(registration_ids), Arrival.day == day)
    return set(db.session.scalars(found))


def people_by_point(event_id: int, zone: str, day: date) -> Counter[int]:
    """Count, for each point, the different people let in or marked there on a local day."""
    undo = aliased(Scan)
    since, until = day_bounds(day, zone)
    rows = db.session.execute(
        select(Scan.point_id, func.count(Scan.registration_id.distinct()))
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.event_id == event_id,
            Scan.result.in_((ScanResult.ADMITTED, ScanResult.PRESENT)),
            Scan.scanned_at >= since,
            Scan.scanned_at < until,
            undo.id.is_(None),
        )
        .group_by(Scan.point_id)
    )
    return Counter(dict(rows.all()))


def came_to(event_id: int, code: str, *, day: date, zone: str) -> int:
    """Count who came to a point on a local day; at a door, who came in by any."""
    since, until = day_bounds(day, zone)
    kind = db.session.scalar(select(ScanPoint.kind).where(ScanPoint.event_id == event_id, ScanPoint.code == code))
    if kind is PointKind.DOOR:
        wanted = select(func.count()).where(Arrival.event_id == event_id, Arrival.at >= since, Arrival.at < until)
        return db.session.scalar(wanted) or 0
    undo = aliased(Scan)
    wanted = (
        select(func.count(Scan.registration_id.distinct()))
        .join(Scan.point)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            ScanPoint.event_id == event_id,
            ScanPoint.code == code,
            Scan.result.in_((ScanResult.ADMITTED, ScanResult.PRESENT)),
            Scan.scanned_at >= since,
            Scan.scanned_at < until,
            undo.id.is_(None),
        )
    )
    return db.session.scalar(wanted) or 0


def attendances(session_ids: Collection[int]) -> dict[int, int]:
    """Count, by session, who was scanned there; one at which nobody was is left out."""
    rows = db.session.execute(
        select(SessionAttendance.session_id, func.count())
        .where(SessionAttendance.session_id.in_(session_ids))
        .group_by(SessionAttendance.session_id)
    )
    return dict(rows.all())


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Give the first moment of a local day and the first after it."""
    return moment(day, time(), zone), moment(day + timedelta(days=1), time(), zone)


def scan_by_uid(event_id: int, uid: str) -> Scan | None:
    """Find a scan of an event by the id its device gave it."""
    return db.session.scalar(
        select(Scan)
        .where(Scan.event_id == event_id, Scan.uid == uid)
        .options(
            joinedload(Scan.point),
            joinedload(Scan.registration).joinedload(Registration.person),
            joinedload(Scan.registration)
            .joinedload(Registration.organisation)
            .joinedload(Organisation.stakeholder_type),
            joinedload(Scan.registration).joinedload(Registration.participation_type),
            joinedload(Scan.registration).joinedload(Registration.stakeholder_type),
        )
    )


def undo_of(scan_id: int) -> Scan | None:
    """Find the scan that took another back."""
    return db.session.scalar(select(Scan).where(Scan.undoes_id == scan_id))


def latest_scans(point_id: int, *, limit: int) -> list[Scan]:
    """List the scans made at a point, the latest first."""
    return list(
        db.session.scalars(
            select(Scan)
            .where(Scan.point_id == point_id)
            .order_by(Scan.id.desc())
            .limit(limit)
            .options(joinedload(Scan.registration).joinedload(Registration.person))
        )
    )


def scan_that_proves(scan: Scan, zone: str) -> Scan | None:
    """Find another scan that proves what one does: the same guest came in that day, or was at that session."""
    undo = aliased(Scan)
    since, until = day_bounds(scan.scanned_at.astimezone(ZoneInfo(zone)).date(), zone)
    same = Scan.session_id == scan.session_id if scan.session_id is not None else ScanPoint.kind == scan.point.kind
    return db.session.scalar(
        select(Scan)
        .join(Scan.point)
        .outerjoin(undo, undo.undoes_id == Scan.id)
        .where(
            Scan.registration_id == scan.registration_id,
            Scan.result == ScanResult.ADMITTED,
            Scan.scanned_at >= since,
            Scan.scanned_at < until,
            Scan.id != scan.id,
            same,
            undo.id.is_(None),
        )
        .order_by(Scan.scanned_at, Scan.id)
        .limit(1)
    )


def has_session(event_id: int, session_id: int) -> bool:
    """Say whether a session is of an event."""
    found = select(Session.id).where(Session.id == session_id, Session.event_id == event_id)
    return db.session.scalar(found) is not None


def presence_by(scan_id: int) -> MeetingPresence | None:
    """Find the presence at a meeting that a scan marked."""
    return db.session.scalar(
        select(MeetingPresence)
        .where(MeetingPresence.scan_id == scan_id)
        .options(
            joinedload(MeetingPresence.meeting).joinedload(Meeting.table),
            joinedload(MeetingPresence.meeting).joinedload(Meeting.first).joinedload(Registration.person),
            joinedload(MeetingPresence.meeting).joinedload(Meeting.second).joinedload(Registration.person),
        )
    )


def present_ids(meeting_id: int, *, up_to: int | None = None) -> set[int]:
    """Give the registrations scanned for a meeting; `up_to` counts scans only as far as that one."""
    wanted = select(MeetingPresence.registration_id).where(MeetingPresence.meeting_id == meeting_id)
    if up_to is not None:
        wanted = wanted.where(MeetingPresence.scan_id <= up_to)
    return set(db.session.scalars(wanted))


def search_by_name(event_id: int, words: str, *, limit: int = 12) -> list[Registration]:
    """Find registrations whose person's or organisation's name holds every word; people so called come first."""
    folded = search_key(words).split()
    by_person = and_(true(), *(Person.search_key.contains(word, autoescape=True) for word in folded))
    wanted = (
        select(Registration)
        .join(Registration.person)
        .outerjoin(Registration.organisation)
        .where(Registration.event_id == event_id)
        .order_by(case((by_person, 0), else_=1), Person.family_name, Person.given_name, Registration.id)
        .limit(limit)
        .options(
            contains_eager(Registration.person),
            contains_eager(Registration.organisation),
            joinedload(Registration.participation_type),
        )
    )
    for word in folded:
        wanted = wanted.where(
            or_(
                Person.search_key.contains(word, autoescape=True),
                Organisation.search_key.contains(word, autoescape=True),
            )
        )
    return list(db.session.scalars(wanted))


def badge_registrations(event_id: int, *, since: datetime | None = None, uid: str | None = None) -> list[Registration]:
    """List the registrations that have a badge, in the order of the alphabet: all, those new since, or one."""
    wanted = (
        select(Registration)
        .join(Registration.person)
        .where(Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED)
        .options(
            contains_eager(Registration.person),
            joinedload(Registration.organisation).joinedload(Organisation.stakeholder_type),
            joinedload(Registration.participation_type),
            joinedload(Registration.stakeholder_type),
            selectinload(Registration.focus_areas),
        )
    )
    if uid is not None:
        wanted = wanted.where(Registration.uid == uid)
    if since is not None:
        wanted = wanted.where(_confirmed_at() > since)
    found = db.session.scalars(wanted)
    return sorted(found, key=lambda r: (search_key(r.person.family_name, r.person.given_name), r.id))


def badge_count(event_id: int, *, since: datetime | None = None) -> int:
    """Count the registrations that have a badge: all, or those new since."""
    wanted = select(func.count()).select_from(Registration)
    wanted = wanted.where(Registration.event_id == event_id, Registration.state == RegistrationState.CONFIRMED)
    if since is not None:
        wanted = wanted.where(_confirmed_at() > since)
    return db.session.scalar(wanted) or 0


def _confirmed_at() -> ColumnElement[datetime]:
    """Say in SQL when a registration was last confirmed; when it was made, where no step was written down."""
    confirmed = (
        select(func.max(RegistrationChange.at))
        .where(
            RegistrationChange.registration_id == Registration.id,
            RegistrationChange.state == RegistrationState.CONFIRMED,
        )
        .correlate(Registration)
        .scalar_subquery()
    )
    return func.coalesce(confirmed, Registration.registered_at)


def last_printing(slug: str) -> datetime | None:
    """Say when badges of an event were last printed, other than one by one."""
    return db.session.scalar(
        select(func.max(AuditEntry.at)).where(AuditEntry.scope == slug, AuditEntry.action == BADGES_PRINTED)
    )


def replaced_badge(event_id: int, badge_code: str) -> ReplacedBadge | None:
    """Find a badge of an event that is not valid any more, since its owner has another."""
    return db.session.scalar(
        select(ReplacedBadge).where(ReplacedBadge.event_id == event_id, ReplacedBadge.code == badge_code)
    )


def replaced_badges(event_id: int) -> list[tuple[int, str]]:
    """List the codes of an event that are not valid any more, with the registration that each was of."""
    rows = db.session.execute(
        select(ReplacedBadge.registration_id, ReplacedBadge.code)
        .where(ReplacedBadge.event_id == event_id)
        .order_by(ReplacedBadge.replaced_at, ReplacedBadge.code)
    )
    return [(row[0], row[1]) for row in rows]


def is_code_taken(badge_code: str) -> bool:
    """Say whether a code is, or ever was, on a badge of any event."""
    held = select(Registration.id).where(Registration.badge_code == badge_code)
    replaced = select(ReplacedBadge.registration_id).where(ReplacedBadge.code == badge_code)
    return db.session.scalar(held.union(replaced).limit(1)) is not None


def registration_by_any_badge(badge_code: str) -> Registration | None:
    """Find the registration, of whatever event, that carries a badge code."""
    return db.session.scalar(
        select(Registration)
        .where(Registration.badge_code == badge_code)
        .options(
            joinedload(Registration.event),
            joinedload(Registration.person),
            joinedload(Registration.organisation),
            joinedload(Registration.participation_type),
        )
    )
