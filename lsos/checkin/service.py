"""Use cases of the door: a scan, and a scan taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lsos import audit
from lsos.checkin import facts, queries, rows
from lsos.checkin import points as scan_points
from lsos.checkin.deciding import Decision, Need, Told, decide, settle
from lsos.checkin.models import Arrival, MeetingPresence, ReplacedBadge, Scan, SessionAttendance
from lsos.checkin.rows import Ahead, Guest, Held, Paired, Point, Standing, Written
from lsos.checkin.rules import (
    Direction,
    PointKind,
    Refusal,
    ScanResult,
    UndoReason,
    badge_code_of,
    undo_refusal,
)
from lsos.db import db, new_code, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.meetings import service as meetings
from lsos.meetings.models import Meeting, MeetingTable
from lsos.meetings.rules import MeetingState
from lsos.registration.models import Registration
from lsos.registration.rules import RegistrationState
from lsos.texts import Bilingual

#: What the table of scans keeps of a code that is nobody's.
_CODE_LENGTH = 64
#: A scan that meets another at the same moment is decided once more, and then knows of it.
_TRIES = 3


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
    point_code: str
    point: Bilingual
    kind: PointKind
    timezone: str
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
    return take(event.id, point_code, Reading(scanned, uid, scanned_at, by_id, direction), now=now)


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
    return take(event.id, point.code, reading, now=now)


class Stand(NamedTuple):
    """Where somebody scans: at which event, at which of its points if it is one, whose badge, with which device."""

    event_id: int
    point: Point | None
    guest: Guest | None
    device: Paired | None = None


#: Given a badge's code; asked within the transaction that writes the scan down, so that it is true then.
Look = Callable[[Connection, str], Stand]


def take(event_id: int, point_code: str, reading: Reading, *, now: datetime) -> Verdict:
    """Take one badge that was read at one point, as `scan` does.

    Raises:
        NotFound: the event has no such point.
    """

    def look(c: Connection, badge: str) -> Stand:
        return Stand(event_id, *rows.at_point(c, event_id, point_code, badge, uid=reading.uid, at=reading.at))

    return take_at(look, point_code, reading, now=now)[1]


def take_at(look: Look, point_code: str, reading: Reading, *, now: datetime) -> tuple[Stand, Verdict]:
    """Take one badge where `look` finds who scans it; gives that, too.

    Raises:
        NotFound: the event has no such point.
        LsosError: whatever `look` raises; nothing was written down then.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return _take_once(look, point_code, reading, now=now)
        except IntegrityError:
            #: Another desk was first, with this very scan or with this guest.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _take_once(look: Look, point_code: str, reading: Reading, *, now: datetime) -> tuple[Stand, Verdict]:
    code = badge_code_of(reading.code)[:_CODE_LENGTH]
    with transaction() as session:
        c = session.connection()
        stand = look(c, code)
        event_id, point, guest, device = stand
        if (point is None or point.knows) and (before := rows.written(c, event_id, reading.uid)) is not None:
            return stand, _verdict_on(c, before)
        if point is None and reading.knew is not None:
            stand_in = scan_points.in_place_of(session, event_id, reading.knew, now=now)
            point, guest = rows.at_point(c, event_id, stand_in, code, uid=reading.uid, at=reading.at)
        if point is None:
            raise NotFound(N_("There is no such point at this event. Choose one from the list."))

        found = _found(c, point, guest, code, at=reading.at)
        decided = _decide(found, reading)
        if point.code != point_code:
            decided = _without_point(decided)
        decision = settle(decided, _checked(event_id, reading.told))
        if reading.despite is not None and decision.result is ScanResult.ADMITTED:
            decision = replace(decision, reason=decision.reason or reading.despite)
        if decision.result is ScanResult.PRESENT and decision.meeting is not None:
            #: Held before the scan has its number: of the two people of a meeting the later number sees the earlier.
            session.get_one(Meeting, decision.meeting, with_for_update={"of": Meeting}, populate_existing=True)
        device_id = device.id if device else reading.device_id
        row = _write(c, found, decision, reading, code, device_id=device_id, now=now)
        _count(c, session, found, row, decision, by_id=reading.by_id, now=now)
        return stand, _verdict(row, found.guest, found.meetings)


class _Found(NamedTuple):
    """What a scan is decided on: where it was made, what is held there, whose badge it is, and what was before."""

    point: Point
    held: Sequence[Held]
    guest: Guest | None
    is_revoked: bool
    standing: Sequence[Standing]
    meetings: Sequence[Ahead]


def _found(c: Connection, point: Point, guest: Guest | None, code: str, *, at: datetime) -> _Found:
    replaced = queries.replaced_badge(point.event_id, code) if guest is None else None
    if replaced is not None:
        guest = rows.locked_guest(c, point.event_id, replaced.registration_id, at=at)
    return _Found(
        point=point,
        held=facts.held_at([point]).get(point.id, ()),
        guest=guest,
        is_revoked=replaced is not None,
        standing=rows.standing_of(c, guest.id) if guest is not None else (),
        meetings=rows.meetings_ahead(c, guest.id, after=at) if guest is not None and guest.meets else (),
    )


def _write(
    c: Connection,
    found: _Found,
    decision: Decision,
    reading: Reading,
    code: str,
    *,
    device_id: int | None,
    now: datetime,
) -> Written:
    """Write a scan down, whatever came of it."""
    point, guest, told = found.point, found.guest, reading.told
    first = next((one for one in found.standing if decision.first and one.uid == decision.first.uid), None)
    reason = decision.reason.name if decision.reason else ""
    needs = " ".join(need.value for need in decision.needs)
    number = rows.add_scan(
        c,
        uid=reading.uid,
        event_id=point.event_id,
        point_id=point.id,
        code=code,
        registration_id=guest.id if guest else None,
        direction=reading.direction,
        result=decision.result,
        reason=reason,
        earlier_id=first.id if first else None,
        needs=needs,
        session_id=decision.session,
        told_result=told.result.value if told else "",
        told_reason=told.reason.name if told and told.reason else "",
        by_id=reading.by_id,
        device_id=device_id,
        device_at=reading.device_at,
        scanned_at=reading.at,
        received_at=now,
    )
    return Written(
        id=number,
        uid=reading.uid,
        event_id=point.event_id,
        result=decision.result,
        reason=reason,
        at=reading.at,
        direction=reading.direction,
        code=code,
        needs=needs,
        registration_id=guest.id if guest else None,
        session=_title(c, found.held, decision.session),
        point=point.code,
        point_name=point.name,
        kind=point.kind,
        fits=point.fits,
        timezone=point.timezone,
        earlier_id=first.id if first else None,
        earlier_at=first.at if first else None,
        earlier_point=first.point_name if first else None,
    )


def _title(c: Connection, held: Sequence[Held], session_id: int | None) -> Bilingual | None:
    """Give the title of the session that somebody is counted at; a phone may have told one that is elsewhere by now."""
    if session_id is None:
        return None
    known = next((one for one in held if one.id == session_id), None) or next(
        iter(rows.held(c, (), [session_id])), None
    )
    return known.title if known else Bilingual()


def _without_point(decided: Decision) -> Decision:
    """Count nobody for the first time at a point that is there no more, unless the phone let them in."""
    if decided.result is ScanResult.ADMITTED or decided.reason is Refusal.CLOSED:
        return Decision(ScanResult.REFUSED, Refusal.GONE)
    return decided


def _checked(event_id: int, told: Told | None) -> Told | None:
    """Leave out of what a phone told a session that is none of this event."""
    if told is None or told.session is None or queries.has_session(event_id, told.session):
        return told
    return replace(told, session=None)


def _decide(found: _Found, reading: Reading) -> Decision:
    """Ask the one decision with what this event, this point and this guest give."""
    point, guest = found.point, found.guest
    rule = facts.point_facts(point, found.held, inside=_inside(found, reading.at))
    known = None
    if guest is not None:
        known = facts.guest_facts(guest, rule, found.meetings, asks=point.asks, is_revoked=found.is_revoked)
    return decide(
        facts.event_facts(point),
        rule,
        known,
        [facts.past_of(one) for one in found.standing],
        at=facts.milliseconds(reading.at),
        direction=reading.direction,
        table=reading.table_id,
    )


def _inside(found: _Found, at: datetime) -> int:
    """Count who is in, where so many fit in."""
    point = found.point
    if point.fits is None or not facts.counts_who_is_in(point):
        return 0
    return len(facts.inside_points(point.event_id, point.timezone, [point], {point.id: found.held}, now=at)[point.id])


def _count(
    c: Connection,
    session: Session,
    found: _Found,
    row: Written,
    decision: Decision,
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Write down what a scan proves: that somebody came, was at a session, sat at their table."""
    if row.registration_id is None:
        return
    proof: dict[str, Any] = {"at": row.at, "scan_id": row.id}
    if decision.result is ScanResult.PRESENT and decision.meeting is not None:
        present = queries.present_ids(decision.meeting)
        session.add(MeetingPresence(meeting_id=decision.meeting, registration_id=row.registration_id, **proof))
        session.flush()
        #: Both of them there makes it a meeting that was.
        meetings.hold_if_all_present(session, decision.meeting, present | {row.registration_id}, now, actor_id=by_id)
    if decision.result is ScanResult.ADMITTED and row.kind is PointKind.DOOR:
        rows.arrive(c, row.event_id, row.registration_id, facts.local_day(found.point, row.at), **proof)
    if decision.result is ScanResult.ADMITTED and decision.session is not None:
        rows.attend(c, decision.session, row.registration_id, **proof)


# ---- the words of a scan


def told(event: Event, uid: str) -> Verdict | None:
    """Say again what a scan was told; None when there is no such scan."""
    c = db.session.connection()
    row = rows.written(c, event.id, uid)
    return _verdict_on(c, row) if row is not None else None


def _verdict_on(c: Connection, row: Written) -> Verdict:
    """Put a scan that was stored before into what the desk is told."""
    guest = None
    if row.registration_id is not None:
        guest = rows.guest(c, row.event_id, row.registration_id, at=row.at)
    return _verdict(row, guest, rows.meetings_ahead(c, guest.id, after=row.at) if guest and guest.meets else ())


def _verdict(row: Written, guest: Guest | None, upcoming: Sequence[Ahead]) -> Verdict:
    """Put a scan into what the desk is told, from what was true when it was made."""
    counts = row.result in rows.COUNTS
    counted = row.id if counts else row.earlier_id
    marked: MeetingPresence | None = None
    if counted is not None and row.kind is PointKind.TABLES and not row.is_undone:
        marked = queries.presence_by(counted)
    ahead = [m for m in upcoming if m.state is MeetingState.SCHEDULED and (not marked or m.id != marked.meeting_id)]
    needs = tuple(Need(need) for need in row.needs.split())
    return Verdict(
        uid=row.uid,
        result=row.result,
        reason=_reason(row),
        at=row.at,
        point_code=row.point,
        point=row.point_name,
        kind=row.kind,
        timezone=row.timezone,
        code=row.code,
        guest=guest,
        first_at=row.at if counts else row.earlier_at,
        first_point=row.point_name if counts else row.earlier_point,
        meeting=_table_meeting(marked) if marked else None,
        missing=_missing(marked.meeting, up_to=row.id) if marked else (),
        next_meeting=_next_meeting(ahead[0]) if ahead else None,
        is_undone=row.is_undone,
        direction=row.direction,
        session=row.session,
        needs=needs,
        fits=row.fits if Need.FULL in needs else None,
    )


def _reason(row: Written) -> Refusal | None:
    """Give why a scan counts nothing, or against what somebody was let in; an undo's reason is of another kind."""
    return Refusal[row.reason] if row.reason and row.result is not ScanResult.UNDONE else None


def _next_meeting(ahead: Ahead) -> TableMeeting:
    return TableMeeting(ahead.starts_at, ahead.ends_at, ahead.table, ahead.other)


def _table_meeting(marked: MeetingPresence) -> TableMeeting:
    meeting = marked.meeting
    table = meeting.table.number if meeting.table is not None else None
    return TableMeeting(meeting.starts_at, meeting.ends_at, table, meeting.other(marked.registration_id).person.name)


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
            c = session.connection()
            if (before := rows.written(c, event.id, uid)) is not None:
                return _verdict_on(c, before)
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
            taken = rows.written(c, event.id, uid)
            assert taken is not None
            return _verdict_on(c, taken)
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
        guest = session.scalar(
            select(Registration)
            .where(Registration.event_id == event.id, Registration.uid == uid)
            .with_for_update(of=Registration)
        )
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
