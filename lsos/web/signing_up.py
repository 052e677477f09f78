"""How somebody stands to a session: whether they may sign up, or wait, and what stands in the way."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lsos.agenda import waiting
from lsos.agenda.models import Session
from lsos.agenda.queries import Stage, signups_of, stage_of, why_not
from lsos.agenda.rules import Interval, SignupRefusal, leave_refusal, wait_refusal
from lsos.agenda.waiting_queries import Wait, promised_to_others, waiting_in, waits_of
from lsos.meetings.models import Meeting
from lsos.meetings.queries import meeting_intervals, meetings_of
from lsos.registration.models import Registration

#: So many seats go on while a page is answered; the worker does the rest a moment later.
FEW = 5


@dataclass(frozen=True)
class Standing:
    """What a page says to somebody about their place in a session."""

    is_mine: bool
    refusal: SignupRefusal | None
    #: What the sentence of the refusal names.
    details: dict[str, str]
    #: Where they are on stage themselves at that time.
    stage: Stage
    #: No seat is free for them, whatever else they have at that time.
    is_full: bool
    #: What else they have at that time.
    sessions_in_the_way: list[Session]
    meetings_in_the_way: list[Meeting]
    #: Leaving those sessions would let them in.
    may_swap: bool
    may_wait: bool
    #: Their place in the line.
    wait: Wait | None
    #: How many stand in it.
    waiting: int


def standing(registration: Registration, found: Session, *, now: datetime) -> Standing:
    """Say how somebody stands to a session."""
    places = signups_of(registration.id)
    meetings = meetings_of(registration.id)
    when = found.when
    times = [(place.session, place.session.when) for place in places if place.session_id != found.id]
    in_the_way = [other for other, time in times if when and time and when.overlaps(time)]
    is_mine = any(place.session_id == found.id for place in places)
    wait = next((one for one in waits_of(registration.id, now=now) if one.session.id == found.id), None)
    stage, promised = stage_of(registration, found), promised_to_others(registration.id, found.id)
    ask = partial(why_not, registration, found, stage=stage, promised=promised, now=now)
    hours = [_time(meeting) for meeting in meetings]
    alone = ask(sessions=(), meetings=())
    without = [time for other, time in times if time and other not in in_the_way]
    refusal = ask(sessions=[time for _, time in times if time is not None], meetings=hours)
    return Standing(
        is_mine=is_mine,
        refusal=refusal,
        details=stage.details_of(refusal) if refusal else {},
        stage=stage,
        is_full=alone is SignupRefusal.FULL,
        sessions_in_the_way=in_the_way,
        meetings_in_the_way=[meeting for meeting in meetings if when and when.overlaps(_time(meeting))],
        may_swap=bool(in_the_way)
        and ask(sessions=without, meetings=hours) is None
        and all(leave_refusal(other.when, now=now) is None for other in in_the_way),
        may_wait=not is_mine and wait is None and wait_refusal(alone) is None,
        wait=wait,
        waiting=waiting_in(found.event_id).get(found.id, 0),
    )


def _time(meeting: Meeting) -> Interval:
    return Interval(meeting.starts_at, meeting.ends_at)


def hand_on_now(*, now: datetime) -> None:
    """Let a seat that was just freed go on at once."""
    waiting.hand_on(meetings=meeting_intervals, at_most=FEW, now=now)
