"""A second factor: an app that shows one-time codes, and codes on paper for the day when it is lost."""

import secrets
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lsos import audit
from lsos.accounts import totp
from lsos.accounts.models import Passkey, Person, RecoveryCode, TotpDevice, UserSession
from lsos.accounts.queries import token_hash
from lsos.accounts.rules import DEVICES_AT_MOST, RECOVERY_CODES, CodeRefusal
from lsos.accounts.sessions import end_all_of
from lsos.db import CODE_ALPHABET, db, transaction
from lsos.errors import N_, NotFound, Refused


def devices_of(person_id: int) -> list[TotpDevice]:
    """List the devices that somebody has set up, the oldest first."""
    return list(
        db.session.scalars(
            select(TotpDevice)
            .where(TotpDevice.person_id == person_id, TotpDevice.confirmed_at.is_not(None))
            .order_by(TotpDevice.id)
        )
    )


def has_second_factor(person_id: int) -> bool:
    """Say whether somebody is asked for a one-time code when they sign in."""
    mine = TotpDevice.person_id == person_id, TotpDevice.confirmed_at.is_not(None)
    return db.session.scalar(select(TotpDevice.id).where(*mine).limit(1)) is not None


def recovery_codes_left(person_id: int) -> int:
    """Count the codes on paper that were not used yet."""
    mine = RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*mine)) or 0


def secret_of(device: TotpDevice) -> bytes:
    """Give a device's secret, which is stored nowhere."""
    return totp.secret_of(device.seed, current_app.config["SECRET_KEY"])


def device_by_uid(person_id: int, uid: str) -> TotpDevice:
    """Find a device of somebody's.

    Raises:
        NotFound: they have no such device.
    """
    return _device(db.session(), person_id, uid)


def _device(session: Session, person_id: int, uid: str) -> TotpDevice:
    found = session.scalar(select(TotpDevice).where(TotpDevice.person_id == person_id, TotpDevice.uid == uid))
    if found is None:
        raise NotFound(N_("There is no such device in your account."))
    return found


def begin_device(person_id: int, name: str, *, now: datetime) -> TotpDevice:
    """Begin to set up a device; it counts once its first code was typed. One that was begun before is forgotten.

    Raises:
        Refused: the account has as many devices as it may keep.
    """
    with transaction() as session:
        session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        session.execute(delete(TotpDevice).where(TotpDevice.person_id == person_id, TotpDevice.confirmed_at.is_(None)))
        held = select(func.count()).select_from(TotpDevice).where(TotpDevice.person_id == person_id)
        if (session.scalar(held) or 0) >= DEVICES_AT_MOST:
            raise Refused(CodeRefusal.TOO_MANY)
        device = TotpDevice(person_id=person_id, name=name, seed=secrets.token_urlsafe(32), created_at=now)
        session.add(device)
        return device


def confirm_device(person_id: int, uid: str, code: str, *, session_id: int, now: datetime) -> list[str]:
    """Take a device's first code, and ask for codes from now on; every other session ends.

    Returns:
        The codes on paper, if these are the first; they are shown once and kept as hashes only.

    Raises:
        NotFound: there is no such device.
        Refused: the code is not what the device shows now.
    """
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        device = _device(session, person_id, uid)
        step = totp.matching_step(secret_of(device), code, now=now)
        if step is None or step <= device.last_step:
            raise Refused(CodeRefusal.WRONG)
        is_first = not has_second_factor(person_id)
        device.last_step, device.confirmed_at, device.last_used_at = step, now, now
        end_all_of(session, person_id, but=session_id)
        session.execute(update(UserSession).where(UserSession.id == session_id).values(by_second_factor=True))
        audit.record(session, "person.second_factor_added", actor_id=person_id, object_uid=person.uid)
        return _new_codes(session, person_id) if is_first else []


def new_recovery_codes(person_id: int) -> list[str]:
    """Make new codes on paper; the old ones work no more."""
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        audit.record(session, "person.recovery_codes_made", actor_id=person_id, object_uid=person.uid)
        return _new_codes(session, person_id)


def _new_codes(session: Session, person_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(CODE_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(person_id=person_id, code_hash=_code_hash(person_id, code)) for code in codes)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def _code_hash(person_id: int, code: str) -> str:
    return token_hash(f"{person_id} {totp.plain_code(code).upper()}")


def remove_device(person_id: int, uid: str) -> bool:
    """Take a device away; with the last one the codes on paper go, and no more codes are asked for.

    Returns:
        Whether a device is left.

    Raises:
        NotFound: there is no such device.
    """
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        session.delete(_device(session, person_id, uid))
        session.flush()
        is_left = has_second_factor(person_id)
        if not is_left:
            _forget(session, person_id)
        audit.record(session, "person.second_factor_removed", actor_id=person_id, object_uid=person.uid)
        return is_left


def _forget(session: Session, person_id: int) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    session.execute(update(UserSession).where(UserSession.person_id == person_id).values(by_second_factor=False))


def check_code(person_id: int, code: str, *, now: datetime) -> bool:
    """Take a one-time code, or one on paper; neither works twice, however many try at once.

    Returns:
        Whether it was one on paper.

    Raises:
        Refused: it is neither, or was used already.
    """
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        for device in devices_of(person_id):
            step = totp.matching_step(secret_of(device), code, now=now)
            if step is None:
                continue
            moved = session.scalar(
                update(TotpDevice)
                .where(TotpDevice.id == device.id, TotpDevice.last_step < step)
                .values(last_step=step, last_used_at=now)
                .returning(TotpDevice.id)
            )
            if moved is None:
                raise Refused(CodeRefusal.USED)
            return False
        used = session.scalar(
            update(RecoveryCode)
            .where(
                RecoveryCode.person_id == person_id,
                RecoveryCode.code_hash == _code_hash(person_id, code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(RecoveryCode.id)
        )
        if used is None:
            raise Refused(CodeRefusal.WRONG)
        audit.record(session, "person.recovery_code_used", actor_id=person_id, object_uid=person.uid)
        return True


def forget_second_factor(person_id: int) -> None:
    """Take every device, passkey and code on paper away from somebody who has lost them all, and end their sessions."""
    with transaction() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        session.execute(delete(TotpDevice).where(TotpDevice.person_id == person_id))
        session.execute(delete(Passkey).where(Passkey.person_id == person_id))
        _forget(session, person_id)
        end_all_of(session, person_id)
        audit.record(session, "person.second_factor_forgotten", actor_id=None, object_uid=person.uid)
