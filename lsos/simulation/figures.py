"""What became of a simulated event, in figures read from its database: the same for the same seed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, func, select

from lsos.agenda.models import Session, SessionSignup
from lsos.checkin.models import Arrival
from lsos.db import db
from lsos.mail import OutgoingMail
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_rules import ChangeState
from lsos.meetings.feedback_models import MeetingFeedback
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingTable, RequestNote
from lsos.meetings.queries import taking_part
from lsos.meetings.rules import BOOKED, MeetingOrigin, MeetingState, RequestState
from lsos.meetings.walk_up_models import WalkUp
from lsos.simulation.world import World

Span = tuple[datetime, datetime]
#: By what is counted: how many, or in words.
Figures = dict[str, Any]


def figures(world: World) -> Figures:
    """Count what became of an event that is over, in the order in which it is told."""
    db.session.remove()
    people = taking_part(world.event_id)
    days = _days(world)
    waiting = sum(day.waiting for day in days.values())
    return {
        "people who take part in meetings": len(people),
        "places (slots times tables)": len(world.slots()) * _count(MeetingTable.event_id == world.event_id),
        **_of_requests(world),
        **_of_meetings(world),
        "people by their number of meetings": _coverage(world, people),
        "days with meetings": len(days),
        "breaks in them": sum(day.breaks for day in days.values()),
        "minutes of waiting on such a day": round(waiting / max(1, len(days)), 1),
        "places taken in sessions": _count(SessionSignup.session_id == Session.id, Session.event_id == world.event_id),
        "arrivals": _count(Arrival.event_id == world.event_id),
        "letters": _count(OutgoingMail.id.is_not(None)),
    }


def _count(*where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).where(*where)) or 0


def _by(column: Any, *where: ColumnElement[bool]) -> Mapping[Any, int]:
    rows = db.session.execute(select(column, func.count()).where(*where).group_by(column))
    return Counter({row[0]: row[1] for row in rows})


def _of_requests(world: World) -> Figures:
    states = _by(MeetingRequest.state, MeetingRequest.event_id == world.event_id)
    asked = sum(states.values())
    #: One whose meeting was called off again was accepted, too.
    accepted = _count(
        MeetingRequest.event_id == world.event_id,
        MeetingRequest.answered_at.is_not(None),
        MeetingRequest.state != RequestState.DECLINED,
    )
    return {
        "asked": asked,
        "of which organisations": _count(
            MeetingRequest.event_id == world.event_id, MeetingRequest.to_organisation_id.is_not(None)
        ),
        "questions and replies": _count(RequestNote.id.is_not(None)),
        "accepted": accepted,
        "declined": states[RequestState.DECLINED],
        "withdrawn": states[RequestState.WITHDRAWN],
        "expired": states[RequestState.EXPIRED],
        "open in the end": states[RequestState.OPEN],
    }


def _of_meetings(world: World) -> Figures:
    here = Meeting.event_id == world.event_id
    states = _by(Meeting.state, here)
    origins = _by(Meeting.origin, here, Meeting.state.in_(BOOKED))
    said = _by(MeetingFeedback.impression, MeetingFeedback.impression.is_not(None))
    return {
        "scheduled": sum(states[state] for state in (*BOOKED, MeetingState.CANCELLED)),
        "called off": states[MeetingState.CANCELLED],
        "moved": _count(here, Meeting.sequence > 0, Meeting.state != MeetingState.CANCELLED),
        "held": states[MeetingState.HELD],
        "no-show": states[MeetingState.NO_SHOW],
        "of which nobody said anything": states[MeetingState.SCHEDULED],
        **{f"from {origin.value.replace('_', '-')}": origins[origin] for origin in MeetingOrigin},
        "with somebody brought along": _count(
            MeetingParticipant.beside_id.is_not(None),
            MeetingParticipant.meeting_id == Meeting.id,
            here,
            Meeting.state.in_(BOOKED),
        ),
        "booked at once": _count(MeetingRequest.booked_at_once.is_(True), MeetingRequest.event_id == world.event_id),
        "changes agreed to": _count(MeetingChange.state == ChangeState.DONE, MeetingChange.event_id == world.event_id),
        "asked on the spot": _count(WalkUp.event_id == world.event_id),
        "impressions": ", ".join(f"{one.value} {number}" for one, number in sorted(said.items())),
    }


def _coverage(world: World, people: list[int]) -> str:
    """Say how many people have no meeting, one, two…; what was called off does not count."""
    had = _by(
        MeetingParticipant.registration_id,
        MeetingParticipant.meeting_id == Meeting.id,
        Meeting.event_id == world.event_id,
        Meeting.state.in_(BOOKED),
    )
    counts = Counter(had[person] for person in people)
    return ", ".join(f"{number}: {counts[number]}" for number in sorted(counts))


# ---- days


@dataclass
class _Day:
    """One person's day: the times of their meetings and sessions, and the numbers of the slots of the meetings."""

    slots: list[int] = field(default_factory=list)
    meetings: list[Span] = field(default_factory=list)
    sessions: list[Span] = field(default_factory=list)

    @property
    def breaks(self) -> int:
        """Count the stretches without a meeting between two meetings."""
        return sum(later - earlier > 1 for earlier, later in pairwise(sorted(self.slots)))

    @property
    def waiting(self) -> float:
        """Count the minutes between the first and the last meeting with neither meeting nor session."""
        at, end = min(self.meetings)[0], max(self.meetings)[1]
        idle = 0.0
        for starts_at, ends_at in sorted([*self.meetings, *self.sessions]):
            idle += max(0.0, (min(starts_at, end) - at).total_seconds() / 60)
            at = max(at, min(ends_at, end))
        return idle


def _days(world: World) -> dict[tuple[int, date], _Day]:
    """Give the days on which somebody has meetings."""
    number = {slot.id: place for place, slot in enumerate(world.slots())}
    found: defaultdict[tuple[int, date], _Day] = defaultdict(_Day)
    meetings = db.session.execute(
        select(MeetingParticipant.registration_id, Meeting.slot_id, Meeting.starts_at, Meeting.ends_at)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(Meeting.event_id == world.event_id, Meeting.state.in_(BOOKED))
    )
    for person, slot_id, starts_at, ends_at in meetings:
        day = found[person, starts_at.date()]
        day.slots.append(number[slot_id or 0])
        day.meetings.append((starts_at, ends_at))
    sessions = db.session.execute(
        select(SessionSignup.registration_id, Session.starts_at, Session.ends_at)
        .join(Session, Session.id == SessionSignup.session_id)
        .where(Session.event_id == world.event_id, Session.starts_at.is_not(None))
    )
    for person, begins_at, over_at in sessions:
        if begins_at is not None and over_at is not None and (person, begins_at.date()) in found:
            found[person, begins_at.date()].sessions.append((begins_at, over_at))
    return dict(found)
