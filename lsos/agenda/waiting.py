"""Waiting for a seat in a session that is full: joining the line, leaving it, and seats that go on to who stands in it.

A seat is freed in one transaction and handed on in another, right after: whoever hands it on has to lock the
registration of who gets it before the session, and who frees it holds the session already. Until then nobody else can
take it, since it counts as promised, and whatever happens in between the worker hands it on a moment later.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import String, cast, delete, select
from sqlalchemy.orm import Session as Writing
from sqlalchemy.orm import joinedload

from lsos import chores
from lsos.agenda import mails, places
from lsos.agenda.models import Session, SessionWaiting
from lsos.agenda.places import Meetings
from lsos.agenda.queries import signups_of, stage_of, why_not
from lsos.agenda.rules import Interval, Turn, turn_of, wait_refusal
from lsos.agenda.waiting_queries import promised_to_others, whose_turn
from lsos.chores import Work, WorkTrouble
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.registration.models import Registration

#: So many at a time: then the worker looks after other work, and a page answers.
AT_ONCE = 50


def wait(registration_id: int, session_id: int, *, now: datetime) -> None:
    """Put somebody at the end of the line of a full session; asking twice is asking once.

    Raises:
        NotFound: the session is not one of the event of the registration.
        Refused: `wait_refusal` gave a reason.
    """
    with transaction() as writing:
        whose = places.locked(writing, registration_id)
        places.lock_sessions(writing, [session_id])
        what = writing.get(Session, session_id)
        if what is None or what.event_id != whose.event_id:
            raise NotFound(N_("This session is not part of this event."))
        if _in_line(writing, whose.id, what.id) or places.place_in(writing, whose.id, what.id):
            return
        promised, stage = promised_to_others(whose.id, what.id), stage_of(whose, what)
        alone = why_not(whose, what, stage=stage, sessions=(), meetings=(), promised=promised, now=now)
        refusal = wait_refusal(alone)
        if refusal is not None:
            raise Refused(refusal, **(stage.details_of(alone) if alone else {}))
        places.stand_in_line(writing, whose, what, now=now)


def stop_waiting(registration_id: int, session_id: int) -> None:
    """Take somebody out of the line of a session; who does not stand in it stays out of it."""
    with transaction() as writing:
        whose = places.locked(writing, registration_id)
        mine = _in_line(writing, whose.id, session_id)
        if mine is not None:
            _go(writing, mine, whose, writing.get_one(Session, session_id))


def _in_line(writing: Writing, registration_id: int, session_id: int) -> SessionWaiting | None:
    return writing.scalar(
        select(SessionWaiting).where(
            SessionWaiting.registration_id == registration_id, SessionWaiting.session_id == session_id
        )
    )


def _go(writing: Writing, mine: SessionWaiting, whose: Registration, what: Session) -> None:
    writing.execute(delete(SessionWaiting).where(SessionWaiting.id == mine.id))
    places.note(writing, "session_waiting.left", whose, what)


def hand_on(*, meetings: Meetings, now: datetime, with_asked: bool = False, at_most: int = AT_ONCE) -> int:
    """Give the free seats of sessions to who waits for them, in order, each in a transaction of its own.

    Safe however often and by however many it is called. Whoever cannot be served holds up nobody else.

    Args:
        meetings: the times of somebody's meetings.
        now: the moment.
        with_asked: look also at those who had something else then; who has chosen the session gets its seat.
        at_most: so many are looked at.

    Returns:
        How many got a seat, were asked to choose, or cannot have a place any more.
    """
    if with_asked:
        _forget_gone()
    tried: set[int] = set()
    done = 0
    while len(tried) < at_most:
        turn = whose_turn(tried, with_asked=with_asked)[: at_most - len(tried)]
        db.session.rollback()
        if not turn:
            break
        tried.update(waiting_id for waiting_id, _slug in turn)
        pieces = [(str(waiting_id), slug) for waiting_id, slug in turn]
        done += chores.each(Work.SESSIONS, pieces, partial(_serve, meetings=meetings, now=now), now=now)
    return done


def _forget_gone() -> None:
    """Forget what failed for somebody who stands in no line any more."""
    there = select(cast(SessionWaiting.id, String))
    gone = WorkTrouble.what == Work.SESSIONS.value, WorkTrouble.key != "", WorkTrouble.key.not_in(there)
    found = db.session.scalar(select(WorkTrouble.key).where(*gone).limit(1))
    db.session.rollback()
    if found is not None:
        with transaction() as writing:
            writing.execute(delete(WorkTrouble).where(*gone))


def _serve(key: str, _scope: str, *, meetings: Meetings, now: datetime) -> int:
    """Give a seat to one in line, or ask them, or let them go; says whether anything changed."""
    row = select(SessionWaiting.registration_id, SessionWaiting.session_id).where(SessionWaiting.id == int(key))
    ids = db.session.execute(row).first()
    db.session.rollback()
    if ids is None:
        return 0
    with transaction() as writing:
        whose = places.locked(writing, ids.registration_id)
        places.lock_sessions(writing, [ids.session_id])
        found = writing.scalar(
            select(SessionWaiting)
            .where(SessionWaiting.id == int(key), SessionWaiting.registration_id == whose.id)
            .options(joinedload(SessionWaiting.session))
        )
        if found is None:
            return 0
        what, busy = found.session, meetings(whose.id)
        turn = turn_of(places.take(writing, whose, what, meetings=busy, now=now, is_their_turn=True))
        if turn is Turn.TAKES:
            mails.place_given(writing, whose, what, now=now)
        elif turn is Turn.GOES:
            _go(writing, found, whose, what)
        elif turn is Turn.PASSES and found.passed_at is None:
            found.passed_at = now
            _ask(writing, whose, what, busy, now)
        else:
            return 0
    return 1


def _ask(writing: Writing, whose: Registration, what: Session, meetings: Sequence[Interval], now: datetime) -> None:
    when = what.when
    assert when is not None, "what has no time clashes with nothing"
    others = [place.session for place in signups_of(whose.id)]
    mails.choice(
        writing,
        whose,
        what,
        sessions=[other for other in others if other.when is not None and other.when.overlaps(when)],
        stage=stage_of(whose, what),
        meetings=[one for one in meetings if one.overlaps(when)],
        now=now,
    )
