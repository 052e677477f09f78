"""Places in sessions: taken and given back one by one, never more than there are seats; what all who move them share.

A place takes time that a 1:1 meeting could take, too. Whoever gives somebody's time away therefore locks that
person's registration first, then the sessions by their ids, and only then reads what the person has.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload

from lsos import audit
from lsos.agenda.models import Session, SessionSignup, SessionWaiting
from lsos.agenda.queries import Stage, signups_of, stage_of, why_not
from lsos.agenda.rules import Interval, SignupRefusal, leave_refusal
from lsos.agenda.waiting_queries import promised_to_others
from lsos.errors import Refused
from lsos.registration.models import Registration

#: The times of somebody's meetings: asked by the id of the registration, once it is locked.
Meetings = Callable[[int], Sequence[Interval]]


def locked(writing: Writing, registration_id: int) -> Registration:
    """Load a registration and keep others from giving its time away."""
    return writing.scalars(
        select(Registration)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.event), joinedload(Registration.participation_type))
        .with_for_update(of=Registration)
    ).one()


def lock_sessions(writing: Writing, ids: Collection[int]) -> None:
    """Keep others from moving the seats of some sessions; all in one order, so that nobody waits for each other."""
    rows = select(Session).where(Session.id.in_(ids)).order_by(Session.id)
    writing.scalars(rows.with_for_update(of=Session).execution_options(populate_existing=True)).all()


def place_in(writing: Writing, registration_id: int, session_id: int) -> SessionSignup | None:
    """Find somebody's place in a session."""
    return writing.scalar(
        select(SessionSignup).where(
            SessionSignup.registration_id == registration_id, SessionSignup.session_id == session_id
        )
    )


def take(
    writing: Writing,
    whose: Registration,
    what: Session,
    *,
    meetings: Sequence[Interval],
    now: datetime,
    stage: Stage | None = None,
    is_their_turn: bool = False,
) -> SignupRefusal | None:
    """Take one seat of a locked session if the rule allows it; the counter moves only while a seat is left.

    Seats that belong to who waits longer are not free, unless it is this person's turn. Who has a place waits no more.
    `stage` spares asking once more what `stage_of` says.
    """
    if place_in(writing, whose.id, what.id) is not None:
        return None
    refusal = why_not(
        whose,
        what,
        sessions=[place.session.when for place in signups_of(whose.id) if place.session.when is not None],
        meetings=meetings,
        stage=stage if stage is not None else stage_of(whose, what),
        promised=0 if is_their_turn else promised_to_others(whose.id, what.id),
        now=now,
    )
    if refusal is not None:
        return refusal
    moved = writing.execute(
        update(Session)
        .where(Session.id == what.id, or_(Session.seats.is_(None), Session.signed_up < Session.seats))
        .values(signed_up=Session.signed_up + 1)
        .returning(Session.seats, Session.signed_up)
    ).first()
    if moved is None:
        return SignupRefusal.FULL
    writing.execute(
        delete(SessionWaiting).where(SessionWaiting.session_id == what.id, SessionWaiting.registration_id == whose.id)
    )
    if moved.seats == moved.signed_up:
        #: Who could not take the seat that was free is asked again about the next.
        asked = SessionWaiting.session_id == what.id, SessionWaiting.passed_at.is_not(None)
        writing.execute(update(SessionWaiting).where(*asked).values(passed_at=None))
    writing.add(SessionSignup(session_id=what.id, registration_id=whose.id, at=now))
    writing.flush()
    note(writing, "signup.made", whose, what)
    return None


def leave_in(writing: Writing, whose: Registration, session_id: int, *, now: datetime) -> None:
    """Give somebody's place in a session back; without a place nothing happens.

    Raises:
        Refused: `leave_refusal` gave a reason.
    """
    place = place_in(writing, whose.id, session_id)
    if place is None:
        return
    what = writing.get_one(Session, session_id)
    refusal = leave_refusal(what.when, now=now)
    if refusal is not None:
        raise Refused(refusal)
    give_back(writing, whose, place, what)


def give_back(writing: Writing, whose: Registration, place: SessionSignup, what: Session) -> None:
    """Free the seat of a place; `waiting.hand_on` gives it to who waits."""
    writing.delete(place)
    writing.execute(update(Session).where(Session.id == what.id).values(signed_up=Session.signed_up - 1))
    note(writing, "signup.left", whose, what)


def stand_in_line(writing: Writing, whose: Registration, what: Session, *, now: datetime) -> None:
    """Put somebody at the end of the line of a locked session; who stands in it already stays where they are."""
    mine = SessionWaiting.session_id == what.id, SessionWaiting.registration_id == whose.id
    if writing.scalar(select(SessionWaiting.id).where(*mine)) is None:
        writing.add(SessionWaiting(session_id=what.id, registration_id=whose.id, at=now))
        writing.flush()
        note(writing, "session_waiting.joined", whose, what)


def note(writing: Writing, action: str, whose: Registration, what: Session) -> None:
    """Set down what somebody did about a session."""
    audit.record(
        writing,
        action,
        actor_id=whose.person_id,
        scope=whose.event.slug,
        object_uid=what.uid,
        registration=whose.uid,
    )
