"""What organisers decide on many applications at once; each row moves with its registration, and can be taken back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.registration import bulk, seats
from lsos.registration.list_models import BulkAction, BulkKind
from lsos.registration.models import Capacity, ParticipationTypeCapacity, Registration
from lsos.texts import Bilingual
from lsos.zone.feedback import with_jury
from lsos.zone.jury_queries import is_bound, load
from lsos.zone.models import ZoneApplication, ZoneCall
from lsos.zone.rules import Decision, DecisionRefusal, decision_refusal

#: How a decision is done to the registrations behind it.
_DONE_AS = {
    Decision.ACCEPT: BulkKind.APPROVE,
    Decision.WAIT: BulkKind.WAITLIST,
    Decision.DECLINE: BulkKind.DECLINE,
}


@dataclass(frozen=True)
class Outlook:
    """What a decision would come to, before it is made."""

    #: Those it can be made on, in the order in which they get seats.
    able: Sequence[ZoneApplication]
    refused: Sequence[tuple[ZoneApplication, DecisionRefusal]]
    #: Seats that are free for them; None where they are not counted.
    seats: int | None

    @property
    def will_wait(self) -> int:
        """Count those for whom no seat is left, so that they would go onto the waiting list."""
        return max(len(self.able) - self.seats, 0) if self.seats is not None else 0


def outlook(
    call: ZoneCall, uids: Sequence[str], decision: Decision, *, bound: Collection[int] = frozenset()
) -> Outlook:
    """Say on whom a decision can be made, on whom not and why, and how many seats there are.

    `uids` are public ids of applications in the order in which they get seats; `bound` are ids of those to
    which whoever decides is bound.
    """
    chosen = _chosen(db.session(), call.id, uids)
    able, refused = _sorted_out(chosen, decision, bound)
    return Outlook(able, refused, _free_seats(able))


def _free_seats(able: Sequence[ZoneApplication]) -> int | None:
    """Count the seats that are free for all of them, those of a capacity that their types share only once."""
    kinds = {one.registration.participation_type_id for one in able}
    free = (
        select(Capacity.id, Capacity.free, ParticipationTypeCapacity.participation_type_id)
        .join(ParticipationTypeCapacity, ParticipationTypeCapacity.capacity_id == Capacity.id)
        .where(ParticipationTypeCapacity.participation_type_id.in_(kinds))
    )
    scarcest: dict[int, tuple[int, int]] = {}
    for capacity_id, left, type_id in db.session.execute(free):
        scarcest[type_id] = min(scarcest.get(type_id, (left, capacity_id)), (left, capacity_id))
    if not kinds or len(scarcest) < len(kinds):
        return None
    return sum(max(left, 0) for left, _capacity_id in set(scarcest.values()))


def decide(
    event_id: int,
    call_uid: str,
    uids: Sequence[str],
    decision: Decision,
    *,
    reason: Bilingual,
    feedback: Bilingual,
    from_jury: Mapping[int, Sequence[str]] | None = None,
    puts_in_letter: bool = False,
    by: int,
    now: datetime,
) -> BulkAction:
    """Set down what is decided on whom, with what they are told; `bulk.proceed` does it, row by row, with letters.

    Args:
        event_id: the event.
        call_uid: the call.
        uids: public ids of applications, in the order in which they get seats.
        decision: what is decided.
        reason: stands in the letter.
        feedback: stands on the page of each of them; what was written to one alone stays where this is empty.
        from_jury: what jurors wrote, by the id of the application; is added to the feedback of each.
        puts_in_letter: the feedback stands in the letter, too.
        by: who decides.
        now: the moment.

    Raises:
        NotFound: the event has no such call.
        Refused: it can be decided on none of them.
    """
    with transaction() as session:
        seats.lock(session, event_id)
        call = session.scalar(select(ZoneCall).where(ZoneCall.event_id == event_id, ZoneCall.uid == call_uid))
        if call is None:
            raise NotFound(N_("This event has no such call."))
        bound = load(session, call).bound(by)
        able, _refused = _sorted_out(_chosen(session, call.id, uids), decision, bound)
        if not able:
            raise Refused(DecisionRefusal.NOBODY)
        for application in able:
            told = feedback or application.feedback
            application.feedback = with_jury(told, (from_jury or {}).get(application.id, ()))
            application.is_feedback_in_letter = puts_in_letter
        ids = [one.registration_id for one in able]
        return bulk.begun(session, event_id, ids, _DONE_AS[decision], reason=reason, by=by, now=now)


def _sorted_out(
    chosen: Sequence[ZoneApplication], decision: Decision, bound: Collection[int]
) -> tuple[list[ZoneApplication], list[tuple[ZoneApplication, DecisionRefusal]]]:
    able, refused = [], []
    for application in chosen:
        refusal = decision_refusal(decision, application.state, is_bound=application.id in bound)
        if refusal is None:
            able.append(application)
        else:
            refused.append((application, refusal))
    return able, refused


def _chosen(session: Session, call_id: int, uids: Sequence[str]) -> list[ZoneApplication]:
    """Give applications in the order in which their ids were given."""
    rows = session.scalars(
        select(ZoneApplication)
        .where(ZoneApplication.call_id == call_id, ZoneApplication.uid.in_(uids))
        .options(
            joinedload(ZoneApplication.registration).options(
                joinedload(Registration.person),
                joinedload(Registration.organisation),
                joinedload(Registration.participation_type),
            )
        )
    )
    by_uid = {one.uid: one for one in rows}
    return [by_uid[uid] for uid in dict.fromkeys(uids) if uid in by_uid]


def write_feedback(event: Event, application_uid: str, feedback: Bilingual, *, by: int) -> None:
    """Write to one of them how they were judged; they read it once it is decided.

    Raises:
        NotFound: there is no such application at this event.
        Refused: whoever writes is bound to it.
    """
    with transaction() as session:
        application = session.scalar(
            select(ZoneApplication)
            .join(ZoneApplication.call)
            .where(ZoneCall.event_id == event.id, ZoneApplication.uid == application_uid)
            .with_for_update(of=ZoneApplication)
        )
        if application is None:
            raise NotFound(N_("There is no such application at this event."))
        if is_bound(session, application, by):
            raise Refused(DecisionRefusal.CONFLICT)
        application.feedback = feedback
