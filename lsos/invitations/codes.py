"""Codes that open kinds of participation: kept, changed and ended; what they hold is let go when time is up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from lsos import audit
from lsos.db import db, new_code, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.invitations.models import AccessCode, OpenDomain
from lsos.invitations.rules import CodeRefusal, InviteRefusal, clean_domain, code_as_shown, code_as_typed, code_wrong
from lsos.registration import seats, steps
from lsos.registration.models import ParticipationType
from lsos.registration.rules import HeldFor

#: Letters of a code that nobody chose: 40 bits, in two groups that are easy to read aloud.
_GROUP = 4


@dataclass(frozen=True)
class Wanted:
    """What an organiser wants of a code."""

    #: Empty makes one.
    code: str
    label: str
    type_codes: Sequence[str]
    uses_allowed: int
    skips_approval: bool = False
    valid_until: datetime | None = None
    #: Hold a seat for each use that is left.
    holds_seats: bool = False


def made_code() -> str:
    """Make a code that is easy to read aloud and hard to guess."""
    return f"{new_code(_GROUP)}-{new_code(_GROUP)}"


def make_code(event_id: int, wanted: Wanted, *, by: int, now: datetime) -> AccessCode:
    """Make a code, and hold its seats if it is to.

    Raises:
        Refused: `CodeRefusal` gave a reason.
    """
    text = code_as_shown(wanted.code) or made_code()
    refusal = code_wrong(text)
    if refusal is not None:
        raise Refused(refusal)
    try:
        with transaction() as session:
            seats.lock(session, event_id)
            event = session.get_one(Event, event_id)
            of_event = session.scalars(select(AccessCode.code).where(AccessCode.event_id == event_id))
            if code_as_typed(text) in {code_as_typed(one) for one in of_event}:
                raise Refused(CodeRefusal.TAKEN)
            code = AccessCode(event=event, code=text, created_at=now, uses=0, seats_held=0)
            _write(session, code, wanted, now)
            session.add(code)
            session.flush()
            audit.record(session, "code.made", actor_id=by, scope=event.slug, object_uid=code.uid)
            return code
    except IntegrityError:
        raise Refused(CodeRefusal.TAKEN) from None


def change_code(event_id: int, uid: str, wanted: Wanted, *, by: int, now: datetime) -> AccessCode:
    """Change what a code opens, how often and until when; its letters stay, since people have them.

    Raises:
        NotFound: the event has no such code.
        Refused: `CodeRefusal` gave a reason.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        code = _locked(session, event_id, uid)
        if code.ended_at is not None:
            raise Refused(CodeRefusal.ENDED)
        _let_go(session, code)
        _write(session, code, wanted, now)
        steps.hand_on(session, event_id, now)
        audit.record(session, "code.changed", actor_id=by, scope=code.event.slug, object_uid=uid)
        return code


def end_code(event_id: int, uid: str, *, by: int, now: datetime) -> AccessCode:
    """End a code: it opens nothing any more, and what it held goes on to who waits; a second time changes nothing.

    Raises:
        NotFound: the event has no such code.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        code = _locked(session, event_id, uid)
        if code.ended_at is None:
            _end(session, code, by, now)
        return code


def let_time_pass(*, now: datetime) -> int:
    """End codes whose time is over, so that what they hold goes on; says how many."""
    over = select(AccessCode.event_id, AccessCode.uid).where(
        AccessCode.ended_at.is_(None), AccessCode.valid_until <= now
    )
    found = db.session.execute(over).all()
    db.session.rollback()
    for event_id, uid in found:
        with transaction() as session:
            seats.lock(session, event_id)
            code = _locked(session, event_id, uid)
            if code.ended_at is None and code.valid_until is not None and code.valid_until <= now:
                _end(session, code, None, now)
    return len(found)


def _end(session: Session, code: AccessCode, by: int | None, now: datetime) -> None:
    _let_go(session, code)
    code.ended_at = now
    audit.record(session, "code.ended", actor_id=by, scope=code.event.slug, object_uid=code.uid)
    steps.hand_on(session, code.event_id, now)


def _write(session: Session, code: AccessCode, wanted: Wanted, now: datetime) -> None:
    """Write what is wanted into a code that holds nothing at the moment."""
    kinds = session.scalars(
        select(ParticipationType)
        .where(ParticipationType.event_id == code.event.id, ParticipationType.code.in_(wanted.type_codes))
        .options(selectinload(ParticipationType.capacities))
    ).all()
    if not kinds:
        raise Refused(CodeRefusal.NO_TYPE)
    if wanted.uses_allowed < code.uses:
        raise Refused(CodeRefusal.FEWER_THAN_USED)
    if wanted.valid_until is not None and wanted.valid_until <= now:
        raise Refused(CodeRefusal.UNTIL_IN_THE_PAST)
    code.types = list(kinds)
    code.label = wanted.label
    code.uses_allowed = wanted.uses_allowed
    code.skips_approval = wanted.skips_approval or wanted.holds_seats
    code.valid_until = wanted.valid_until
    code.seats_held = 0
    if wanted.holds_seats:
        _hold(session, code, kinds)


def _hold(session: Session, code: AccessCode, kinds: Sequence[ParticipationType]) -> None:
    if len(kinds) > 1:
        raise Refused(CodeRefusal.HOLDS_MANY_TYPES)
    left = code.uses_allowed - code.uses
    if not kinds[0].capacities:
        raise Refused(CodeRefusal.NOT_COUNTED)
    if not seats.hold(session, kinds[0].capacities, left, what=HeldFor.DELEGATION):
        raise Refused(CodeRefusal.NO_SEAT)
    code.seats_held = left


def _let_go(session: Session, code: AccessCode) -> None:
    if code.seats_held:
        seats.let_go(session, code.types[0].capacities, code.seats_held, what=HeldFor.DELEGATION)
        code.seats_held = 0


def _locked(session: Session, event_id: int, uid: str) -> AccessCode:
    code = session.scalar(
        select(AccessCode)
        .where(AccessCode.event_id == event_id, AccessCode.uid == uid)
        .options(
            joinedload(AccessCode.event), selectinload(AccessCode.types).selectinload(ParticipationType.capacities)
        )
        .with_for_update(of=AccessCode)
        .execution_options(populate_existing=True)
    )
    if code is None:
        raise NotFound(N_("There is no such code at this event."))
    return code


# ---- domains


def open_to_domain(
    event_id: int, type_code: str, domain: str, *, opens: bool, skips_approval: bool, by: int, now: datetime
) -> OpenDomain:
    """Open a kind of participation to the addresses of a domain; said once more, it replaces what was said before.

    Raises:
        Refused: it is no domain, or the event has no such kind of participation.
    """
    cleaned = clean_domain(domain)
    if cleaned is None:
        raise Refused(CodeRefusal.NO_DOMAIN)
    with transaction() as session:
        kind = session.scalar(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id, ParticipationType.code == type_code)
            .options(joinedload(ParticipationType.event))
            .with_for_update(of=ParticipationType)
        )
        if kind is None:
            raise Refused(InviteRefusal.NO_TYPE)
        found = session.scalar(
            select(OpenDomain).where(OpenDomain.participation_type_id == kind.id, OpenDomain.domain == cleaned)
        )
        if found is None:
            found = OpenDomain(participation_type_id=kind.id, domain=cleaned, created_at=now)
            session.add(found)
        found.opens, found.skips_approval = opens, skips_approval
        session.flush()
        audit.record(session, "domain.opened", actor_id=by, scope=kind.event.slug, object_uid=found.uid, domain=cleaned)
        return found


def close_to_domain(event_id: int, uid: str, *, by: int) -> None:
    """Take a domain off the list; a second time changes nothing."""
    with transaction() as session:
        found = session.scalar(
            select(OpenDomain)
            .join(OpenDomain.participation_type)
            .where(OpenDomain.uid == uid, ParticipationType.event_id == event_id)
            .options(joinedload(OpenDomain.participation_type).joinedload(ParticipationType.event))
        )
        if found is None:
            return
        scope = found.participation_type.event.slug
        audit.record(session, "domain.closed", actor_id=by, scope=scope, object_uid=uid, domain=found.domain)
        session.delete(found)
