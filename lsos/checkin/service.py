"""Use cases of the door: a scan, and a scan taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lsos import audit
from lsos.checkin import facts, queries
from lsos.checkin import points as scan_points
from lsos.checkin.deciding import Decision, Need, Told, decide, settle
from lsos.checkin.models import Arrival, MeetingPresence, ReplacedBadge, Scan, ScanPoint, SessionAttendance
from lsos.checkin.rules import (
    Direction,
    PointKind,
    Refusal,
    ScanResult,
    UndoReason,
    badge_code_of,
    undo_refusal,
)
from lsos.db import new_code, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.meetings import service as meetings
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.rules import MeetingState
from lsos.organisations.models import Organisation
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.taxonomy.rules import GuestRole
from lsos.texts import Bilingual

#: What the table of scans keeps of a code that is nobody's.
_CODE_LENGTH = 64
#: A scan that meets another at the same moment is decided once more, and then knows of it.
_TRIES = 3


@dataclass(frozen=True)
class Guest:
    """Whom a badge belongs to, as the desk needs it."""

    uid: str
    name: str
    given_name: str
    organisation: str
    participation: Bilingual
    role: GuestRole
    state: RegistrationState
    #: What organisers wrote for the desk.
    note: str


@dataclass(frozen=True)
class TableMeeting:
    """A guest's meeting: when, at which table, with whom."""

    starts_at: datetime
    ends_at: datetime
    table: int | None
    other: str


@dataclass(frozen=True)
class Verdict:
    """What the person at the desk is told of one scan; the same however often it is sent."""

    uid: str
    result: ScanResult
    reason: Refusal | None
    at: datetime
    point: Bilingual
    kind: PointKind
    code: str
    guest: Guest | None = None
    #: When and where the guest was first scanned, today and for this purpose.
    first_at: datetime | None = None
    first_point: Bilingual | None = None
    #: The meeting that a scan in the meeting area was for.
    meeting: TableMeeting | None = None
    #: Who of that meeting was not scanned yet; nobody means that it was held.
    missing: tuple[str, ...] = ()
    next_meeting: TableMeeting | None = None
    is_undone: bool = False
    direction: Direction = Direction.ENTRY
    #: The session that the guest is counted at.
    session: Bilingual | None = None
    needs: tuple[Need, ...] = ()
    #: So many people fit in at the point.
    fits: int | None = None


# ---- scanning


@dataclass(frozen=True)
class Reading:
    """A badge that was read.

    Attributes:
        code: as it was scanned or typed.
        uid: made by the device, so that a scan sent twice is one.
        at: when, by our clock.
        by_id: whose account scanned it.
        direction: whether the guest comes or goes.
        table_id: the one table that counts, where a guest scanned its sign.
        told: what a phone without network told the desk.
        device_id: the phone that scans by itself.
        device_at: what its clock said.
        despite: what organisers must hear of, although the guest is let in.
        knew: what the phone knew the point to be; where it is there no more, the scan is written down all the same.
    """

    code: str
    uid: str
    at: datetime
    by_id: int | None = None
    direction: Direction = Direction.ENTRY
    table_id: int | None = None
    told: Told | None = None
    device_id: int | None = None
    device_at: datetime | None = None
    knew: PointKind | None = None
    despite: Refusal | None = None


def scan(
    event: Event,
    point_code: str,
    scanned: str,
    *,
    uid: str,
    scanned_at: datetime,
    by_id: int | None,
    direction: Direction = Direction.ENTRY,
    now: datetime,
) -> Verdict:
    """Take one badge at one point: decide, write the scan down, and say what to do.

    What it counts is decided in `deciding`. Refused scans are written down too. A scan sent again
    (the same `uid`) changes nothing and gets the same answer.

    Raises:
        NotFound: the event has no such point.
    """
    return take(event, point_code, Reading(scanned, uid, scanned_at, by_id, direction), now=now)


def sit_at(event: Event, table: MeetingTable, guest: Registration, *, uid: str, now: datetime) -> Verdict:
    """Take somebody's word that they sit at a table, given with their own phone by the code on its sign.

    It is a scan of their badge in the meeting area, decided as any other, that counts for this table alone.

    Raises:
        NotFound: nobody is scanned in the meeting area of this event.
    """
    point = queries.table_point(event.id)
    if point is None:
        raise NotFound(N_("At this event nobody says by a table's code that they are there."))
    reading = Reading(guest.badge_code, uid, now, guest.person_id, table_id=table.number)
    return take(event, point.code, reading, now=now)


def take(event: Event, point_code: str, reading: Reading, *, now: datetime) -> Verdict:
    """Take one badge that was read at one point, as `scan` does.

    Raises:
        NotFound: the event has no such point.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return _take_once(event, point_code, reading, now=now)
        except IntegrityError:
            #: Another desk was first, with this very scan or with this guest.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _take_once(event: Event, point_code: str, reading: Reading, *, now: datetime) -> Verdict:
    code = badge_code_of(reading.code)[:_CODE_LENGTH]
    with transaction() as session:
        sent_before = queries.scan_by_uid(event.id, reading.uid)
        if sent_before is not None:
            return _verdict(sent_before)
        point = queries.point_by_code(event.id, point_code)
        if point is None and reading.knew is not None:
            point = scan_points.in_place_of(session, event, reading.knew, now=now)
        if point is None:
            raise NotFound(N_("There is no such point at this event. Choose one from the list."))

        guest = _lock_guest(session, event.id, Registration.badge_code == code)
        replaced = queries.replaced_badge(event.id, code) if guest is None else None
        if replaced is not None:
            guest = _lock_guest(session, event.id, Registration.id == replaced.registration_id)
        decided = _decide(event, point, guest, reading, is_revoked=replaced is not None)
        if point.code != point_code:
            decided = _without_point(decided)
        decision = settle(decided, _checked(event, reading.told))
        if reading.despite is not None and decision.result is ScanResult.ADMITTED:
            decision = replace(decision, reason=decision.reason or reading.despite)
        if decision.result is ScanResult.PRESENT and decision.meeting is not None:
            #: Held before the scan has its number: of the two people of a meeting the later number sees the earlier.
            session.get_one(Meeting, decision.meeting, with_for_update={"of": Meeting}, populate_existing=True)
        row = Scan(
            uid=reading.uid,
            event_id=event.id,
            point=point,
            code=code,
            registration=guest,
            direction=reading.direction,
            result=decision.result,
            reason=decision.reason.name if decision.reason else "",
            earlier=queries.scan_by_uid(event.id, decision.first.uid) if decision.first else None,
            needs=" ".join(need.value for need in decision.needs),
            session_id=decision.session,
            told_result=reading.told.result.value if reading.told else "",
            told_reason=reading.told.reason.name if reading.told and reading.told.reason else "",
            by_id=reading.by_id,
            device_id=reading.device_id,
            device_at=reading.device_at,
            scanned_at=reading.at,
            received_at=now,
        )
        session.add(row)
        if guest is not None:
            _count(session, event, guest, row, decision)
        session.flush()
        return _verdict(row, is_new=True)


def _without_point(decided: Decision) -> Decision:
    """Count nobody for the first time at a point that is there no more, unless the phone let them in."""
    if decided.result is ScanResult.ADMITTED or decided.reason is Refusal.CLOSED:
        return Decision(ScanResult.REFUSED, Refusal.GONE)
    return decided


def _checked(event: Event, told: Told | None) -> Told | None:
    """Leave out of what a phone told a session that is none of this event."""
    if told is None or told.session is None or queries.has_session(event.id, told.session):
        return told
    return replace(told, session=None)


def _lock_guest(session: Session, event_id: int, which: ColumnElement[bool]) -> Registration | None:
    """Find a badge's registration and hold it, so that two scans of one badge are decided one after the other."""
    return session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, which)
        .with_for_update(of=Registration)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.participation_type),
            joinedload(Registration.stakeholder_type),
            joinedload(Registration.organisation).joinedload(Organisation.stakeholder_type),
        )
    )


def _decide(
    event: Event, point: ScanPoint, guest: Registration | None, reading: Reading, *, is_revoked: bool
) -> Decision:
    """Ask the one decision with what this event, this point and this guest give."""
    rule = facts.point_facts([point], now=reading.at)[point.id]
    return decide(
        facts.event_facts(event),
        rule,
        facts.guest_facts(guest, rule, reading.at, is_revoked=is_revoked) if guest is not None else None,
        facts.past_of(guest) if guest is not None else (),
        at=facts.milliseconds(reading.at),
        direction=reading.direction,
        table=reading.table_id,
    )


def _count(session: Session, event: Event, guest: Registration, row: Scan, decision: Decision) -> None:
    """Write down what a scan proves: that somebody came, was at a session, sat at their table."""
    if decision.result is ScanResult.PRESENT and decision.meeting is not None:
        _sit_down(session, guest, row, decision.meeting)
    if decision.result is not ScanResult.ADMITTED:
        return
    day = facts.local_day(event, row.scanned_at)
    if row.point.kind is PointKind.DOOR and not queries.has_arrived(guest.id, day):
        session.add(Arrival(event_id=event.id, registration=guest, day=day, at=row.scanned_at, scan=row))
    if row.session_id is not None and not queries.attended(guest.id, row.session_id):
        session.add(SessionAttendance(session_id=row.session_id, registration=guest, at=row.scanned_at, scan=row))


def _sit_down(session: Session, guest: Registration, row: Scan, meeting_id: int) -> None:
    """Mark a guest as present at their meeting, which is held by now; the last of it makes it a meeting that was."""
    meeting = session.get_one(Meeting, meeting_id)
    present = queries.present_ids(meeting.id)
    session.add(MeetingPresence(meeting=meeting, registration=guest, scan=row, at=row.scanned_at))
    session.flush()
    meetings.hold_if_all_present(session, meeting.id, present | {guest.id}, row.received_at, actor_id=row.by_id)


# ---- the words of a scan


def told(event: Event, uid: str) -> Verdict | None:
    """Say again what a scan was told; None when there is no such scan."""
    row = queries.scan_by_uid(event.id, uid)
    return _verdict(row) if row is not None else None


def _verdict(row: Scan, *, is_new: bool = False) -> Verdict:
    """Put a stored scan into what the desk is told, from what was true when it was made."""
    guest = row.registration
    first: tuple[datetime, Bilingual] | None = None
    marked: MeetingPresence | None = None
    upcoming: Sequence[Meeting] = ()
    is_undone = not is_new and queries.undo_of(row.id) is not None
    if guest is not None:
        upcoming = queries.real_meetings(guest.id, after=row.scanned_at)
    counted = row if row.result in facts.COUNTS else row.earlier
    if counted is not None:
        first = counted.scanned_at, counted.point.name
    if counted is not None and row.point.kind is PointKind.TABLES and not is_undone:
        marked = queries.presence_by(counted)
    ahead = [m for m in upcoming if m.state is MeetingState.SCHEDULED and (not marked or m.id != marked.meeting_id)]
    return Verdict(
        uid=row.uid,
        result=row.result,
        reason=_reason(row),
        at=row.scanned_at,
        point=row.point.name,
        kind=row.point.kind,
        code=row.code,
        guest=_guest(guest) if guest is not None else None,
        first_at=first[0] if first else None,
        first_point=first[1] if first else None,
        meeting=_table_meeting(marked.meeting, marked.registration_id) if marked else None,
        missing=_missing(marked.meeting, up_to=row.id) if marked else (),
        next_meeting=_table_meeting(ahead[0], guest.id) if ahead and guest is not None else None,
        is_undone=is_undone,
        direction=row.direction,
        session=row.session.title if row.session is not None else None,
        needs=tuple(Need(need) for need in row.needs.split()),
        fits=row.point.fits if Need.FULL.value in row.needs.split() else None,
    )


def _reason(row: Scan) -> Refusal | None:
    """Give why a scan counts nothing, or against what somebody was let in; an undo's reason is of another kind."""
    return Refusal[row.reason] if row.reason and row.result is not ScanResult.UNDONE else None


def _guest(registration: Registration) -> Guest:
    return Guest(
        uid=registration.uid,
        name=registration.person.name,
        given_name=registration.person.given_name,
        organisation=registration.organisation.name if registration.organisation else "",
        participation=registration.participation_type.name,
        role=registration.role,
        state=registration.state,
        note=registration.desk_note,
    )


def _table_meeting(meeting: Meeting, registration_id: int) -> TableMeeting:
    table = meeting.table.number if meeting.table is not None else None
    return TableMeeting(meeting.starts_at, meeting.ends_at, table, meeting.other(registration_id).person.name)


def _missing(meeting: Meeting, *, up_to: int) -> tuple[str, ...]:
    present = queries.present_ids(meeting.id, up_to=up_to)
    return tuple(side[0].person.name for side in meeting.sides if not present.intersection(one.id for one in side))


# ---- taking back


def undo(event: Event, scan_uid: str, *, uid: str, reason: UndoReason, by_id: int | None, now: datetime) -> Verdict:
    """Take back what a scan did: an arrival, a presence, and with it that a meeting was held.

    The scan stays; the undo is a scan of its own that names it.

    Raises:
        NotFound: the event has no such scan.
        Refused: the scan changed nothing, or was taken back already.
    """
    try:
        with transaction() as session:
            sent_before = queries.scan_by_uid(event.id, uid)
            if sent_before is not None:
                return _verdict(sent_before)
            row = queries.scan_by_uid(event.id, scan_uid)
            if row is None:
                raise NotFound(N_("There is no such scan at this event."))
            if row.registration_id is not None:
                session.get_one(Registration, row.registration_id, with_for_update={"of": Registration})
            refusal = undo_refusal(row.result, is_undone=queries.undo_of(row.id) is not None)
            if refusal is not None:
                raise Refused(refusal)

            _take_back(session, row, event.timezone, by_id=by_id, now=now)
            taken_back = Scan(
                uid=uid,
                event_id=event.id,
                point=row.point,
                code=row.code,
                registration=row.registration,
                result=ScanResult.UNDONE,
                reason=reason.name,
                undoes_id=row.id,
                by_id=by_id,
                scanned_at=now,
                received_at=now,
            )
            session.add(taken_back)
            audit.record(
                session,
                "scan.undone",
                actor_id=by_id,
                scope=event.slug,
                object_uid=row.uid,
                reason=reason.name.lower(),
                guest=row.registration.uid if row.registration else "",
            )
            session.flush()
            return _verdict(taken_back)
    except IntegrityError:
        #: The unique key of undoes_id: another desk took it back at the same moment.
        raise Refused(undo_refusal(ScanResult.ADMITTED, is_undone=True) or "") from None


def _take_back(session: Session, row: Scan, zone: str, *, by_id: int | None, now: datetime) -> None:
    """Take back what a scan proved, unless another that still counts proves the same."""
    arrival = session.scalar(select(Arrival).where(Arrival.scan_id == row.id))
    attendance = session.scalar(select(SessionAttendance).where(SessionAttendance.scan_id == row.id))
    for proved in (arrival, attendance):
        if proved is None:
            continue
        other = queries.scan_that_proves(row, zone)
        if other is None:
            session.delete(proved)
        else:
            proved.scan, proved.at = other, other.scanned_at
    presence = session.scalar(select(MeetingPresence).where(MeetingPresence.scan_id == row.id))
    if presence is not None:
        meeting_id = presence.meeting_id
        session.delete(presence)
        session.flush()
        meetings.take_back_held(session, meeting_id, now, actor_id=by_id)


# ---- badges that are lost


def replace_badge(event: Event, uid: str, *, instead_of: str, by_id: int | None, now: datetime) -> str:
    """Give somebody a new code, and let their old one open nothing any more; give the code that is valid now.

    Asked for twice instead of the same code, as by two desks at once, it is done once.

    Raises:
        NotFound: there is no such registration.
        Refused: it has no badge.
    """
    with transaction() as session:
        guest = _lock_guest(session, event.id, Registration.uid == uid)
        if guest is None:
            raise NotFound(N_("There is no such registration at this event."))
        if guest.state is not RegistrationState.CONFIRMED:
            raise Refused(N_("There is no badge: the registration is not confirmed."))
        if guest.badge_code != instead_of:
            return guest.badge_code
        session.add(
            ReplacedBadge(
                code=guest.badge_code, event_id=event.id, registration_id=guest.id, replaced_at=now, by_id=by_id
            )
        )
        guest.badge_code = free_badge_code()
        audit.record(session, "badge.replaced", actor_id=by_id, scope=event.slug, object_uid=uid)
        return guest.badge_code


def free_badge_code() -> str:
    """Make a code that is on no badge, and never was."""
    code = new_code()
    while queries.is_code_taken(code):
        code = new_code()
    return code
