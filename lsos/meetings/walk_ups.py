"""Use cases of meetings on the spot: two who are in the house agree to sit down in this slot or the next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.meetings import mails
from lsos.meetings.booking import book, lock, note, retrying, settings_for
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.queries import has_meeting, takes_part
from lsos.meetings.rules import LIVE_REQUESTS, BookingRefusal, MeetingOrigin, RequestState
from lsos.meetings.walk_up_models import WalkUp
from lsos.meetings.walk_up_queries import Here, slots_now, why_not_at_once
from lsos.meetings.walk_up_rules import (
    LASTS,
    WalkUpRefusal,
    WalkUpState,
    in_this_hour,
    standing,
    walk_up_answer_refusal,
    walk_up_withdrawal_refusal,
)
from lsos.registration.models import Registration


@dataclass(frozen=True)
class Said:
    """What came of asking or answering: the meeting, or why there is none; neither while an answer is awaited."""

    walk_up: WalkUp
    meeting: Meeting | None = None
    no_place: WalkUpRefusal | BookingRefusal | None = None


def ask(from_id: int, to_uid: str, *, table_id: int | None = None, here: Here, now: datetime) -> Said:
    """Ask somebody to sit down at once; if they ask the same, both have said yes, and it is booked.

    Raises:
        NotFound: nobody at this event has this id.
        Refused: `walk_up_refusal` gave a reason, or others were faster every time.
    """
    event_id = db.session.get_one(Registration, from_id).event_id
    other_id = db.session.scalar(
        select(Registration.id).where(Registration.event_id == event_id, Registration.uid == to_uid)
    )
    if other_id is None:
        raise NotFound(N_("This person is not registered for the event."))
    if other_id == from_id:
        raise Refused(WalkUpRefusal.ONESELF)
    pair = (min(from_id, other_id), max(from_id, other_id))

    def attempt() -> Said:
        with transaction() as session:
            people = lock(session, pair)
            me, other = people[from_id], people[other_id]
            _end_what_is_over(session, pair, from_id, now)
            settings_for(session, event_id)
            refusal = why_not_at_once(me, other, here=here, now=now)
            if refusal is not None:
                raise Refused(refusal)
            theirs = session.scalar(
                select(WalkUp)
                .where(WalkUp.from_id == other.id, WalkUp.to_id == me.id, WalkUp.state == WalkUpState.OPEN)
                .with_for_update(of=WalkUp)
            )
            if theirs is not None:
                return _sit_down(session, theirs, pair, by=me, now=now)
            walk_up = WalkUp(
                event_id=event_id,
                from_id=me.id,
                to_id=other.id,
                low_id=pair[0],
                high_id=pair[1],
                state=WalkUpState.OPEN,
                table_id=table_id,
                asked_at=now,
                expires_at=now + LASTS,
            )
            session.add(walk_up)
            session.flush()
            note(session, walk_up, "walk_up.asked", actor_id=me.person_id)
            return Said(walk_up)

    return retrying(attempt)


def _end_what_is_over(session: Session, pair: tuple[int, int], from_id: int, now: datetime) -> None:
    """Close what nobody answered in time, so that the keys let the next be asked."""
    session.execute(
        update(WalkUp)
        .where(
            WalkUp.state == WalkUpState.OPEN,
            WalkUp.expires_at <= now,
            (WalkUp.from_id == from_id) | ((WalkUp.low_id == pair[0]) & (WalkUp.high_id == pair[1])),
        )
        .values(state=WalkUpState.EXPIRED)
        .execution_options(synchronize_session="fetch")
    )


def answer(uid: str, *, by: int, accept: bool, here: Here, now: datetime) -> Said:
    """Say yes or no to somebody who would like to meet at once; a yes books this slot or the next, in one step.

    Raises:
        NotFound: nobody asked this.
        Refused: `walk_up_answer_refusal` gave a reason, or others were faster every time.
    """
    pair = _pair_of(uid)

    def attempt() -> Said:
        with transaction() as session:
            people = lock(session, pair)
            walk_up = _locked(session, uid)
            refusal = walk_up_answer_refusal(
                is_addressee=walk_up.to_id == by,
                state=standing(walk_up.state, walk_up.expires_at, now),
                accepts=accept,
                are_both_there=all(takes_part(one) for one in people.values()) and set(pair) <= set(here(pair)),
            )
            if refusal is not None:
                raise Refused(refusal)
            if accept:
                return _sit_down(session, walk_up, pair, by=people[by], now=now)
            walk_up.state, walk_up.answered_at = WalkUpState.DECLINED, now
            note(session, walk_up, "walk_up.declined", actor_id=people[by].person_id)
            return Said(walk_up)

    return retrying(attempt)


def _sit_down(session: Session, walk_up: WalkUp, pair: tuple[int, int], *, by: Registration, now: datetime) -> Said:
    """Book for two who both said yes; what one had asked the other before is answered with it."""
    request = session.scalar(
        select(MeetingRequest)
        .where(
            MeetingRequest.low_id == pair[0],
            MeetingRequest.high_id == pair[1],
            MeetingRequest.state.in_(LIVE_REQUESTS),
            ~has_meeting(),
        )
        .with_for_update(of=MeetingRequest)
    )
    walk_up.answered_at = now
    with session.begin_nested() as trial:
        found = book(
            session,
            walk_up.event,
            pair,
            request_id=request.id if request else None,
            origin=MeetingOrigin.WALK_UP,
            now=now,
            among=slots_now(walk_up.event_id, now),
            table_id=walk_up.table_id,
        )
        if isinstance(found, BookingRefusal):
            trial.rollback()
    if isinstance(found, BookingRefusal):
        walk_up.state = WalkUpState.UNPLACED
        note(session, walk_up, "walk_up.unplaced", actor_id=by.person_id)
        return Said(walk_up, no_place=in_this_hour(found))
    walk_up.state, walk_up.meeting_id = WalkUpState.ACCEPTED, found.id
    if request is not None and request.state is RequestState.OPEN:
        request.state, request.answered_at = RequestState.ACCEPTED, now
    mails.scheduled(session, found, now=now)
    note(session, found, "meeting.walked_up", actor_id=by.person_id)
    return Said(walk_up, found)


def withdraw(uid: str, *, by: int, now: datetime) -> WalkUp:
    """Take back what one asked.

    Raises:
        NotFound: nobody asked this.
        Refused: `walk_up_withdrawal_refusal` gave a reason.
    """
    pair = _pair_of(uid)
    with transaction() as session:
        people = lock(session, pair)
        walk_up = _locked(session, uid)
        refusal = walk_up_withdrawal_refusal(
            is_asker=walk_up.from_id == by, state=standing(walk_up.state, walk_up.expires_at, now)
        )
        if refusal is not None:
            raise Refused(refusal)
        walk_up.state = WalkUpState.WITHDRAWN
        note(session, walk_up, "walk_up.withdrawn", actor_id=people[by].person_id)
    return walk_up


def expire(*, now: datetime) -> int:
    """Close what nobody answered in time, at every event; gives back how many."""
    with transaction() as session:
        gone = session.execute(
            update(WalkUp)
            .where(WalkUp.state == WalkUpState.OPEN, WalkUp.expires_at <= now)
            .values(state=WalkUpState.EXPIRED)
            .returning(WalkUp.id)
            .execution_options(synchronize_session=False)
        )
        return len(gone.all())


def _pair_of(uid: str) -> tuple[int, int]:
    found = db.session.execute(select(WalkUp.low_id, WalkUp.high_id).where(WalkUp.uid == uid)).one_or_none()
    if found is None:
        raise NotFound(N_("Nobody asks this any more."))
    return found[0], found[1]


def _locked(session: Session, uid: str) -> WalkUp:
    return session.scalars(
        select(WalkUp).where(WalkUp.uid == uid).with_for_update(of=WalkUp).execution_options(populate_existing=True)
    ).one()
