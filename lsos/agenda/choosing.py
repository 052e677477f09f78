"""Choosing sessions with the registration: a seat where there is one, and the line where there is none."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Writing

from lsos.agenda import places
from lsos.agenda.models import Session
from lsos.agenda.places import Meetings
from lsos.agenda.queries import stage_of, why_not
from lsos.agenda.rules import SignupRefusal, wait_refusal
from lsos.agenda.waiting_queries import promised_to_others
from lsos.errors import Refused


@dataclass(frozen=True)
class Chosen:
    """What became of the sessions that somebody chose."""

    #: What could not be had, each with the reason.
    refused: list[tuple[Session, Refused]] = field(default_factory=list)
    #: The full ones, each with the place in its line, from 1.
    waits: list[tuple[Session, int]] = field(default_factory=list)


def choose(
    writing: Writing,
    registration_id: int,
    session_codes: Collection[str],
    *,
    waits_for: Collection[str] = (),
    meetings: Meetings,
    now: datetime,
) -> Chosen:
    """Sign somebody up for sessions, in the order of time, within the open transaction of another use case.

    What is full they wait for. What they were ready to wait for comes last, and takes none of the time of the others:
    where a seat is free by now and they have nothing else then, it is theirs. What they have already they keep.
    """
    chosen = Chosen()
    whose = places.locked(writing, registration_id)
    busy = meetings(whose.id)
    wanted = writing.scalars(
        select(Session)
        .where(Session.event_id == whose.event_id, Session.code.in_({*session_codes, *waits_for}))
        .order_by(Session.code.not_in(session_codes), Session.starts_at, Session.id)
    ).all()
    places.lock_sessions(writing, [what.id for what in wanted])
    for what in wanted:
        stage = stage_of(whose, what)
        refusal = places.take(writing, whose, what, meetings=busy, now=now, stage=stage)
        if refusal is None:
            continue
        promised = promised_to_others(whose.id, what.id)
        alone = why_not(whose, what, stage=stage, sessions=(), meetings=(), promised=promised, now=now)
        may_wait = refusal is SignupRefusal.FULL or what.code in waits_for
        if may_wait and wait_refusal(alone) is None:
            places.stand_in_line(writing, whose, what, now=now)
            chosen.waits.append((what, promised + 1))
        else:
            chosen.refused.append((what, Refused(refusal, **stage.details_of(refusal))))
    return chosen
