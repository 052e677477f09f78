"""Many invitations sent, reminded of or taken back: frozen by name, begun by number, done in steps."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload

from lsos import audit, chores
from lsos.chores import Work
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.invitations import service
from lsos.invitations.models import Invitation, Wave, WaveStep
from lsos.invitations.rules import (
    STANDING,
    WITHOUT_ANSWER,
    InvitationState,
    InviteRefusal,
    WaveKind,
    WaveStepState,
)
from lsos.registration import seats
from lsos.registration.models import ParticipationType
from lsos.stepping import IN_A_REQUEST, OF_A_WORKER, Spell, in_steps

log = logging.getLogger("lsos.invitations")

K, T = WaveKind, WaveStepState
#: Whom each can be done to.
FITTING = {K.SEND: frozenset({InvitationState.DRAFT}), K.REMIND: WITHOUT_ANSWER, K.WITHDRAW: STANDING}
NO_WAVE = N_("There is nothing of the kind under way at this event.")
NOBODY = N_("Nobody is ticked, so nothing was done. Tick the people first.")
UNFORESEEN = N_("This cannot be done together with others. Open the invitation and do it there.")
CHANGED = N_("The list is another one than you saw. Look at its number once more.")


def freeze(
    event_id: int, uids: Collection[str], kind: WaveKind, *, is_forced: bool = False, by: int, now: datetime
) -> Wave:
    """Set down what shall be done to whom; nothing is done before somebody says the number again.

    Raises:
        NotFound: the event has no such invitation.
        Refused: nobody was chosen; nobody means nobody.
    """
    if not uids:
        raise Refused(NOBODY)
    with transaction() as session:
        session.execute(delete(Wave).where(Wave.event_id == event_id, Wave.by_id == by, Wave.begun_at.is_(None)))
        rows = session.execute(
            select(Invitation.uid, Invitation.id, Invitation.state)
            .where(Invitation.event_id == event_id)
            .order_by(Invitation.id)
        ).all()
        chosen = [row for row in rows if row.uid in set(uids)]
        if len(chosen) != len(set(uids)):
            raise NotFound(service.NO_INVITATION)
        wave = Wave(event_id=event_id, by_id=by, at=now, kind=kind, is_forced=is_forced)
        session.add(wave)
        session.flush()
        fitting = [{"wave_id": wave.id, "invitation_id": row.id} for row in chosen if row.state in FITTING[kind]]
        if fitting:
            session.execute(insert(WaveStep), fitting)
        return wave


def begin(event_id: int, uid: str, *, expected: int, is_forced: bool = False, by: int, now: datetime) -> None:
    """Begin what was frozen, once its number was said again; a second time changes nothing.

    Raises:
        NotFound: the event has no such wave.
        Refused: its number is another one.
    """
    with transaction() as session:
        wave = _locked(session, event_id, uid)
        if wave.begun_at is not None:
            return
        number = session.scalar(select(func.count(WaveStep.id)).where(WaveStep.wave_id == wave.id)) or 0
        if number != expected or not number:
            raise Refused(CHANGED)
        wave.begun_at, wave.is_forced = now, is_forced
        _record(session, wave, "begun", by, rows=number)


def _locked(session: Session, event_id: int, uid: str) -> Wave:
    wave = session.scalar(
        select(Wave)
        .where(Wave.event_id == event_id, Wave.uid == uid)
        .options(joinedload(Wave.event))
        .with_for_update(of=Wave)
        .execution_options(populate_existing=True)
    )
    if wave is None:
        raise NotFound(NO_WAVE)
    return wave


def _record(session: Session, wave: Wave, what: str, by: int | None, **more: object) -> None:
    audit.record(
        session,
        f"invitations.{wave.kind.value}.{what}",
        actor_id=by,
        scope=wave.event.slug,
        object_uid=wave.uid,
        **more,
    )


# ---- doing


def proceed(event_id: int, uid: str, *, now: datetime, spell: Spell = IN_A_REQUEST) -> None:
    """Do the next rows of a wave; nothing where it is paused, not begun, or over."""
    in_steps(partial(_some, event_id, uid, now), spell)


def go_on(*, now: datetime) -> int:
    """Go on with every wave that is under way; say how many rows were done. An idle worker only reads."""
    waves = db.session.execute(
        select(Wave.event_id, Wave.uid, Event.slug)
        .join(Wave.event)
        .where(Wave.finished_at.is_(None), Wave.begun_at.is_not(None), Wave.paused_at.is_(None))
        .order_by(Wave.id)
    ).all()
    db.session.rollback()
    event_ids = {one.uid: one.event_id for one in waves}

    def go_on_with(uid: str, _scope: str) -> int:
        return in_steps(partial(_some, event_ids[uid], uid, now), OF_A_WORKER)

    return chores.each(Work.WAVES, [(one.uid, one.slug) for one in waves], go_on_with, now=now)


def _some(event_id: int, uid: str, now: datetime, rows: int) -> int:
    with transaction() as session:
        seats.lock(session, event_id)
        wave = _locked(session, event_id, uid)
        if wave.begun_at is None or wave.paused_at is not None or wave.finished_at is not None:
            return 0
        steps = session.scalars(
            select(WaveStep)
            .where(WaveStep.wave_id == wave.id, WaveStep.state == T.WAITING)
            .order_by(WaveStep.id)
            .limit(rows)
        ).all()
        if not steps:
            wave.finished_at = now
            return 0
        found = session.scalars(
            select(Invitation)
            .where(Invitation.id.in_([step.invitation_id for step in steps]))
            .order_by(Invitation.id)
            .options(
                joinedload(Invitation.event),
                joinedload(Invitation.participation_type).selectinload(ParticipationType.capacities),
            )
            .with_for_update(of=Invitation)
            .execution_options(populate_existing=True)
        )
        by_id = {one.id: one for one in found}
        for step in steps:
            refusal = _attempt(session, wave, step, by_id[step.invitation_id], now)
            step.state, step.why = (T.DONE, "") if refusal is None else (T.REFUSED, str(refusal))
        return len(steps)


def _attempt(session: Session, wave: Wave, step: WaveStep, invitation: Invitation, now: datetime) -> str | None:
    """Do one row in a savepoint; what no rule foresaw refuses it, and holds up no other."""
    try:
        with session.begin_nested():
            return _do(session, wave, invitation, now)
    except OperationalError:
        raise
    except Exception as unforeseen:  # noqa: BLE001  # what no rule foresaw must not hold up the other rows
        log.warning("wave %s: row %s is refused, %s", wave.uid, step.id, type(unforeseen).__name__)
        return UNFORESEEN


def _do(session: Session, wave: Wave, invitation: Invitation, now: datetime) -> InviteRefusal | None:
    match wave.kind:
        case K.SEND:
            return service.send_one(session, invitation, by=wave.by_id, now=now)
        case K.REMIND:
            return service.remind_one(session, invitation, is_forced=wave.is_forced, by=wave.by_id, now=now)
        case K.WITHDRAW:
            return service.take_back_one(session, invitation, by=wave.by_id, now=now)


# ---- holding it up


def pause(event_id: int, uid: str, *, by: int, now: datetime) -> None:
    """Do no more of a wave until it is let go; what is done stays done.

    Raises:
        NotFound: the event has no such wave.
    """
    with transaction() as session:
        wave = _locked(session, event_id, uid)
        wave.paused_at = wave.paused_at or now
        _record(session, wave, "paused", by)


def resume(event_id: int, uid: str, *, by: int) -> None:
    """Let the rest be done.

    Raises:
        NotFound: the event has no such wave.
    """
    with transaction() as session:
        wave = _locked(session, event_id, uid)
        wave.paused_at = None
        _record(session, wave, "resumed", by)


def stop(event_id: int, uid: str, *, by: int, now: datetime) -> int:
    """Leave what of a wave is not done, for good; say how many that is.

    Raises:
        NotFound: the event has no such wave.
    """
    with transaction() as session:
        wave = _locked(session, event_id, uid)
        stopped = session.scalars(
            update(WaveStep)
            .where(WaveStep.wave_id == wave.id, WaveStep.state == T.WAITING)
            .values(state=T.STOPPED)
            .returning(WaveStep.id)
            .execution_options(synchronize_session=False)
        ).all()
        wave.finished_at = wave.finished_at or now
        _record(session, wave, "stopped", by, rows=len(stopped))
        return len(stopped)


# ---- how it stands


@dataclass(frozen=True)
class Line:
    """Somebody of a wave, and what came of it."""

    uid: str
    name: str
    address: str
    state: WaveStepState
    why: str


def wave_by_uid(event_id: int, uid: str) -> Wave | None:
    """Find a wave by its public id."""
    return db.session.scalar(
        select(Wave).where(Wave.event_id == event_id, Wave.uid == uid).options(joinedload(Wave.by))
    )


def waves_of(event_id: int, *, limit: int = 10) -> list[Wave]:
    """List the waves of an event that were begun, the latest first."""
    return list(
        db.session.scalars(
            select(Wave)
            .where(Wave.event_id == event_id, Wave.begun_at.is_not(None))
            .order_by(Wave.id.desc())
            .limit(limit)
        )
    )


def counts(wave: Wave) -> dict[WaveStepState, int]:
    """Count the rows of a wave by their state."""
    rows = db.session.execute(
        select(WaveStep.state, func.count()).where(WaveStep.wave_id == wave.id).group_by(WaveStep.state)
    )
    found = {row[0]: row[1] for row in rows}
    return {state: found.get(state, 0) for state in WaveStepState}


def lines(wave: Wave, *, state: WaveStepState | None = None, limit: int = 200) -> list[Line]:
    """List the people of a wave by name, or those in one state."""
    statement = select(WaveStep).join(WaveStep.invitation).where(WaveStep.wave_id == wave.id)
    if state is not None:
        statement = statement.where(WaveStep.state == state)
    steps = db.session.scalars(
        statement.order_by(Invitation.search_key, WaveStep.id).limit(limit).options(joinedload(WaveStep.invitation))
    )
    return [Line(one.invitation.uid, one.invitation.name, one.invitation.address, one.state, one.why) for one in steps]
