"""What organisers do with a call: set it up, and change it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from lsos import audit
from lsos.db import transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event, Zone
from lsos.registration import seats
from lsos.registration.models import ParticipationType, Registration
from lsos.texts import Bilingual
from lsos.wording import plain
from lsos.zone import following
from lsos.zone.models import ZoneApplication, ZoneCall, ZoneCallType
from lsos.zone.rules import ApplicationState, CallRefusal


@dataclass(frozen=True)
class CallFacts:
    """What a call says, as an organiser writes it."""

    opens_at: datetime
    closes_at: datetime
    words: Bilingual
    #: Codes of the ways to take part that one applies for.
    types: Collection[str]
    pitch_minutes: int = 5
    gallery_from: datetime | None = None
    needs_by: date | None = None


def save_call(event_id: int, zone_code: str, facts: CallFacts, *, by: int, now: datetime) -> ZoneCall:
    """Set up the call of a zone, or change it; whoever registered before can apply from then on.

    Raises:
        NotFound: the event has no such zone.
        Refused: a `CallRefusal`.
    """
    if facts.closes_at <= facts.opens_at:
        raise Refused(CallRefusal.CLOSES_TOO_EARLY)
    with transaction() as session:
        seats.lock(session, event_id)
        zone = session.scalar(select(Zone).where(Zone.event_id == event_id, Zone.code == zone_code).with_for_update())
        if zone is None:
            raise NotFound(N_("This event has no such zone."))
        call = session.scalar(select(ZoneCall).where(ZoneCall.zone_id == zone.id).options(selectinload(ZoneCall.types)))
        is_new = call is None
        call = call or ZoneCall(event_id=event_id, zone_id=zone.id)
        types = _types(session, event_id, None if is_new else call, facts.types)
        call.types = types
        call.opens_at, call.closes_at, call.words = facts.opens_at, facts.closes_at, facts.words
        call.pitch_minutes, call.gallery_from, call.needs_by = facts.pitch_minutes, facts.gallery_from, facts.needs_by
        session.add(call)
        session.flush()
        following.begin_all(session, call, now=now)
        audit.record(
            session,
            "zone.call_saved",
            actor_id=by,
            scope=session.get_one(Event, event_id).slug,
            object_uid=call.uid,
            zone=zone_code,
            types=sorted(kind.code for kind in types),
        )
        return call


def _types(session: Session, event_id: int, call: ZoneCall | None, codes: Collection[str]) -> list[ParticipationType]:
    """Give the ways that one applies for, if each of them can belong to this call."""
    found = list(
        session.scalars(
            select(ParticipationType)
            .where(ParticipationType.event_id == event_id, ParticipationType.code.in_(codes))
            .order_by(ParticipationType.position, ParticipationType.id)
        )
    )
    if not found:
        raise Refused(CallRefusal.NO_TYPE)
    of_others = select(ZoneCallType.participation_type_id).where(ZoneCallType.call_id != (call.id if call else 0))
    taken = set(session.scalars(of_others))
    for kind in found:
        name = plain(kind.name) or kind.code
        if kind.id in taken:
            raise Refused(CallRefusal.TYPE_TAKEN, way=name)
        if kind.is_light:
            raise Refused(CallRefusal.TYPE_LIGHT, way=name)
        if not kind.needs_approval:
            raise Refused(CallRefusal.TYPE_UNAPPROVED, way=name)
    for kind in call.types if call else ():
        if kind not in found and _applied_through(session, kind):
            raise Refused(CallRefusal.HAS_APPLICATIONS, way=plain(kind.name) or kind.code)
    return found


def _applied_through(session: Session, kind: ParticipationType) -> int:
    """Count who has sent an application in this way to take part."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ZoneApplication)
            .join(ZoneApplication.registration)
            .where(
                ZoneApplication.state.not_in((ApplicationState.DRAFT, ApplicationState.WITHDRAWN)),
                Registration.participation_type_id == kind.id,
            )
        )
        or 0
    )
