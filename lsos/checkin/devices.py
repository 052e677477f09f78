"""Use cases of devices: made, paired by a code, seen, revoked; and the scans they kept, taken in one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.checkin import facts, rows, service
from lsos.checkin.deciding import Need, Told
from lsos.checkin.device_rules import (
    PAIRS_FOR,
    DeviceRefusal,
    clock_of,
    device_refusal,
    hashed,
    is_worth_noting,
    new_code,
    new_token,
)
from lsos.checkin.models import Device, Scan, ScanPoint
from lsos.checkin.rows import Paired
from lsos.checkin.rules import Direction, PointKind, Refusal, ScanResult, UndoReason
from lsos.checkin.service import Verdict
from lsos.db import db, new_uid, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.events.rules import moment
from lsos.questionnaires.answering import change_answers
from lsos.questionnaires.models import Question
from lsos.questionnaires.queries import asked_at_the_door
from lsos.questionnaires.rules import Given
from lsos.registration.models import Registration
from lsos.registration.walk_ins import WalkIn, register_at_door


@dataclass(frozen=True)
class DeviceWish:
    """What organisers say of a device; see `Device`."""

    name: str
    point_code: str | None = None
    may_choose_point: bool = False
    may_search: bool = False
    may_register: bool = False
    is_kiosk: bool = False


def devices_of(event_id: int) -> list[Device]:
    """List the devices of an event, those that were revoked last."""
    return list(
        db.session.scalars(
            select(Device)
            .where(Device.event_id == event_id)
            .order_by(Device.revoked_at.is_not(None), Device.name, Device.id)
            .options(joinedload(Device.point))
        )
    )


def device_by_uid(event_id: int, uid: str) -> Device | None:
    """Find a device of an event."""
    return db.session.scalar(select(Device).where(Device.event_id == event_id, Device.uid == uid))


def device_by_code(code: str, *, now: datetime) -> Device | None:
    """Find the device that a code would pair now."""
    return db.session.scalar(
        select(Device)
        .where(Device.pairing_hash == hashed(code.strip().upper()), Device.pairing_until > now)
        .options(joinedload(Device.event), joinedload(Device.point))
    )


def device_by_token(token: str, *, now: datetime) -> Device:
    """Find the device that holds a secret.

    Raises:
        NotFound: nobody holds it.
        Refused: the device was revoked, or its event is over.
    """
    found = db.session.scalar(
        select(Device)
        .where(Device.token_hash == hashed(token))
        .options(joinedload(Device.event), joinedload(Device.point))
    )
    if found is None:
        raise NotFound(DeviceRefusal.REVOKED)
    _let_in(found.revoked_at, found.event, now=now)
    return found


def paired_by_token(token: str, *, now: datetime) -> Paired:
    """Find the device that holds a secret, as a plain row: with every scan it is asked who sends it.

    Raises:
        NotFound: nobody holds it.
        Refused: the device was revoked, or its event is over.
    """
    #: Not through the session, which would have to begin anew for what is written next.
    with db.engine.connect() as c:
        found = rows.paired(c, hashed(token))
    if found is None:
        raise NotFound(DeviceRefusal.REVOKED)
    _let_in(found.revoked_at, found, now=now)
    return found


def _let_in(revoked_at: datetime | None, event: facts.Ending, *, now: datetime) -> None:
    ends_at = moment(event.ends_on, event.doors_close, event.timezone)
    refusal = device_refusal(revoked_at=revoked_at, ends_at=ends_at, now=now)
    if refusal is not None:
        raise Refused(refusal)


def seen_otherwise(event_id: int, *, limit: int) -> list[Scan]:
    """List the scans that phones without network decided otherwise than the server, the latest first.

    Guests let in who had come in elsewhere, or against a rule; and those sent away for a reason that no longer held
    are not among them: they were not let in, and that counts.
    """
    let_in = Scan.told_result == ScanResult.ADMITTED.value
    twice = Scan.result == ScanResult.AGAIN
    against = and_(Scan.result == ScanResult.ADMITTED, Scan.reason != "")
    return list(
        db.session.scalars(
            select(Scan)
            .where(Scan.event_id == event_id, let_in, or_(twice, against))
            .order_by(Scan.id.desc())
            .limit(limit)
            .options(
                joinedload(Scan.registration).joinedload(Registration.person),
                joinedload(Scan.point),
                joinedload(Scan.device),
                joinedload(Scan.earlier).joinedload(Scan.point),
            )
        )
    )


# ---- made, paired, revoked


def save_device(event: Event, uid: str | None, wish: DeviceWish, *, actor_id: int, now: datetime) -> Device:
    """Change a device, or without an id make one that waits to be paired.

    Raises:
        NotFound: there is no such device, or no such point.
        Refused: it has no name, or is a kiosk that stands nowhere.
    """
    if not wish.name.strip():
        raise Refused(DeviceRefusal.NO_NAME)
    if wish.is_kiosk and wish.point_code is None:
        raise Refused(DeviceRefusal.KIOSK_NOWHERE)
    with transaction() as session:
        device = device_by_uid(event.id, uid) if uid is not None else None
        if uid is not None and device is None:
            raise NotFound(N_("There is no such device at this event."))
        point = None
        if wish.point_code is not None:
            point = session.scalar(
                select(ScanPoint).where(ScanPoint.event_id == event.id, ScanPoint.code == wish.point_code)
            )
            if point is None:
                raise NotFound(N_("There is no such point at this event. Choose one from the list."))
        if device is None:
            device = Device(uid=new_uid(), event_id=event.id, made_by_id=actor_id, made_at=now)
            session.add(device)
        device.name, device.point = wish.name.strip(), point
        device.may_choose_point = not wish.is_kiosk and (wish.may_choose_point or point is None)
        device.is_kiosk = wish.is_kiosk
        device.may_search = wish.may_search and not wish.is_kiosk
        device.may_register = wish.may_register and not wish.is_kiosk
        audit.record(session, "device.saved", actor_id=actor_id, scope=event.slug, object_uid=device.uid)
    return device


def offer_code(event: Event, uid: str, *, actor_id: int, now: datetime) -> str:
    """Give the code that pairs a device, once, within half an hour; what was paired before is paired no more.

    Raises:
        NotFound: there is no such device.
    """
    code = new_code()
    with transaction() as session:
        device = device_by_uid(event.id, uid)
        if device is None:
            raise NotFound(N_("There is no such device at this event."))
        device.pairing_hash, device.pairing_until = hashed(code), now + PAIRS_FOR
        device.token_hash = device.paired_at = device.revoked_at = None
        audit.record(session, "device.code_offered", actor_id=actor_id, scope=event.slug, object_uid=uid)
    return code


def pair(code: str, *, now: datetime) -> tuple[Device, str]:
    """Pair the device that shows up with a code; gives it, and the secret that only it will know.

    Raises:
        Refused: the code was used, or is over.
    """
    token = new_token()
    with transaction() as session:
        waits = device_by_code(code, now=now)
        if waits is None:
            raise Refused(DeviceRefusal.CODE_OVER)
        #: The code is taken by whoever is first, which the condition says once more.
        taken = session.scalar(
            update(Device)
            .where(Device.id == waits.id, Device.pairing_hash == waits.pairing_hash)
            .values(pairing_hash=None, pairing_until=None, token_hash=hashed(token), paired_at=now, seen_at=now)
            .returning(Device.id)
            .execution_options(synchronize_session=False)
        )
        if taken is None:
            raise Refused(DeviceRefusal.CODE_OVER)
        audit.record(session, "device.paired", actor_id=None, scope=waits.event.slug, object_uid=waits.uid)
        session.refresh(waits)
    return waits, token


def revoke(event: Event, uid: str, *, actor_id: int, now: datetime) -> None:
    """Let a device in no more; what it kept and had not sent is lost with it, so that it says so first.

    Raises:
        NotFound: there is no such device.
    """
    with transaction() as session:
        device = device_by_uid(event.id, uid)
        if device is None:
            raise NotFound(N_("There is no such device at this event."))
        device.revoked_at = device.revoked_at or now
        device.pairing_hash = device.pairing_until = None
        audit.record(session, "device.revoked", actor_id=actor_id, scope=event.slug, object_uid=uid)


def note_seen(device: Paired, *, waiting: int, ahead: timedelta, snapshot_at: datetime | None, now: datetime) -> None:
    """Note that a device spoke: how many scans wait there, and how far its clock is off."""
    is_same = waiting == device.waiting and snapshot_at in {None, device.snapshot_at}
    if is_same and not is_worth_noting(device.seen_at, timedelta(milliseconds=device.drift_ms), ahead, now=now):
        return
    with transaction() as session:
        drift_ms = round(ahead / timedelta(milliseconds=1))
        values: dict[str, object] = {"seen_at": now, "waiting": waiting, "drift_ms": drift_ms}
        if snapshot_at is not None:
            values["snapshot_at"] = snapshot_at
        session.execute(
            update(Device).where(Device.id == device.id).values(**values).execution_options(synchronize_session=False)
        )


def take_back(device: Device, scan_uid: str, *, uid: str, reason: UndoReason, now: datetime) -> Verdict:
    """Take back what a scan of this device did; a kiosk, which guests use, takes nothing back.

    Raises:
        NotFound: the device made no such scan.
        Refused: it is a kiosk; the scan changed nothing, or was taken back already.
    """
    if device.is_kiosk:
        raise Refused(DeviceRefusal.NOT_A_SUPERVISOR)
    made = select(Scan.id).where(Scan.device_id == device.id, Scan.uid == scan_uid)
    if db.session.scalar(made) is None:
        raise NotFound(N_("There is no such scan at this event."))
    return service.undo(device.event, scan_uid, uid=uid, reason=reason, by_id=None, now=now)


# ---- what a device kept


class Scanning(Protocol):
    """A device, of the session or as a row."""

    @property
    def id(self) -> int: ...
    @property
    def event_id(self) -> int: ...
    @property
    def is_kiosk(self) -> bool: ...
    @property
    def may_register(self) -> bool: ...


@dataclass(frozen=True)
class Kept:
    """A scan that a device made: by its own clock, and what it told the desk where it was on its own."""

    uid: str
    point: str
    code: str
    at: datetime
    direction: Direction = Direction.ENTRY
    told: Told | None = None
    #: What its point was, as far as the device knew: one that was taken away meanwhile keeps no scan out.
    knew: PointKind = PointKind.OTHER


def take_in(token: str, kept: Sequence[Kept], *, device_now: datetime, now: datetime) -> tuple[Paired, list[Verdict]]:
    """Take the scans that a device kept, the oldest first; each is one however often it is sent.

    None is ever turned away: what cannot count is written down with its reason. With each it is asked whether the
    device is still let in.

    Raises:
        NotFound: nobody holds this secret.
        Refused: the device was revoked, or its event is over.
    """
    clock, key = clock_of(device_now, now=now), hashed(token)
    answers: dict[str, Verdict] = {}
    device: Paired | None = None
    for each in sorted(kept, key=lambda one: one.at):
        device, answers[each.uid] = _take_one(key, each, at=clock.ours(each.at, now=now), now=now)
    return device or paired_by_token(token, now=now), [answers[each.uid] for each in kept]


def _take_one(token_hash: str, kept: Kept, *, at: datetime, now: datetime) -> tuple[Paired | None, Verdict]:
    def look(c: Connection, badge: str) -> service.Stand:
        found = rows.at_device(c, token_hash, kept.point, badge, uid=kept.uid, at=at)
        if found is None:
            raise NotFound(DeviceRefusal.REVOKED)
        device, point, guest = found
        _let_in(device.revoked_at, device, now=now)
        return service.Stand(device.event_id, point, guest, device)

    reading = service.Reading(
        kept.code, kept.uid, at, direction=kept.direction, told=kept.told, device_at=kept.at, knew=kept.knew
    )
    stand, verdict = service.take_at(look, kept.point, reading, now=now)
    return stand.device, verdict


# ---- who came without a registration, and what was asked at the door


@dataclass(frozen=True)
class KeptWalkIn:
    """Somebody whom the holder of a device registered: who, where, and the scan that lets them in.

    `guest.once` makes the registration one however often it is sent, `scan_uid` the scan.
    """

    guest: WalkIn
    scan_uid: str
    point: str
    at: datetime
    knew: PointKind = PointKind.DOOR


def register(
    device: Scanning, kept: KeptWalkIn, *, device_now: datetime, now: datetime
) -> tuple[Verdict, Registration]:
    """Register somebody at the door and let them in, with the same rule as the desk's; sent twice it happens once.

    Whom a phone without network has let in is in: a seat is added where none is left, and organisers read of it.

    Raises:
        NotFound: the event has no such way to take part.
        Refused: the device may not do that, or `walk_in_refusal` gave a reason, or every seat is taken.
    """
    if not device.may_register:
        raise Refused(DeviceRefusal.NOT_A_SUPERVISOR)
    at = clock_of(device_now, now=now).ours(kept.at, now=now)
    guest = replace(kept.guest, accepted_at=at)
    came = register_at_door(device.event_id, guest, by=None, is_organiser=False, now=now)
    despite = Refusal.SEAT_ADDED if came.added_seat else Refusal.KNOWN_BEFORE if came.was_known else None
    reading = service.Reading(
        came.registration.badge_code,
        kept.scan_uid,
        at,
        told=Told(ScanResult.ADMITTED) if guest.was_let_in else None,
        device_id=device.id,
        device_at=kept.at,
        knew=kept.knew,
        despite=despite if guest.was_let_in else None,
    )
    return service.take(device.event_id, kept.point, reading, now=now), came.registration


def questions_after(device: Scanning, verdict: Verdict) -> list[Question]:
    """List what is to be asked of the guest of a scan; a kiosk asks nothing."""
    if device.is_kiosk or Need.QUESTIONS not in verdict.needs or verdict.is_undone:
        return []
    guest = scanned_by(device, verdict.uid)
    return asked_at_the_door(guest) if guest is not None else []


def answer(device: Scanning, scan_uid: str, replies: Mapping[str, Given], *, now: datetime) -> None:
    """Store what a guest answered after a scan of this device; what was answered meanwhile stays as it is.

    Raises:
        NotFound: the device made no such scan.
        Refused: an answer is not as its question wants it, or an option has no seat left.
    """
    guest = scanned_by(device, scan_uid)
    if guest is None or device.is_kiosk:
        raise NotFound(N_("There is no such scan at this event."))
    still_open = {question.code for question in asked_at_the_door(guest)}
    said = {code: given for code, given in replies.items() if code in still_open}
    if said:
        change_answers(guest.id, said, actor_id=None, by_owner=False, now=now)


def scanned_by(device: Scanning, scan_uid: str) -> Registration | None:
    """Find whom a device scanned; nobody by a scan that was none of its own."""
    return db.session.scalar(
        select(Registration)
        .join(Scan, Scan.registration_id == Registration.id)
        .where(Scan.device_id == device.id, Scan.uid == scan_uid)
    )
