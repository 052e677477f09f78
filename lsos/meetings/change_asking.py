"""A question about several meetings at once, put to all who are in them as long as nothing moved meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.meetings.booking import LostRace, lock
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_rules import ChangeKind
from lsos.meetings.changing import begin
from lsos.meetings.models import Meeting, MeetingRequest
from lsos.meetings.queries import whole_meetings
from lsos.meetings.rules import BOOKED, MeetingState, RequestState

Pair = tuple[int, int]


@dataclass(frozen=True)
class Question:
    """What would move, and who gets a time by it.

    Attributes:
        moves: meetings by their ids, from when to when.
        request_id: an agreed request that gets a time by it, with its two and when.
        waits: person -> so many waits between meetings fewer.
    """

    kind: ChangeKind
    moves: Sequence[tuple[int, datetime, datetime]]
    request_id: int | None = None
    pair: Pair | None = None
    place_at: datetime | None = None
    waits: Mapping[int, int] = field(default_factory=dict)


def put(
    event: Event, question: Question, *, by: int | None, actor_id: int | None = None, now: datetime
) -> MeetingChange:
    """Put a question to all whose meetings would move; who asks has said yes, and an organiser is no one of them.

    Raises:
        LostRace: a meeting is elsewhere by now, or fixed, or the two have a time.
    """
    ids = [meeting_id for meeting_id, _was_at, _to_at in question.moves]
    rows = db.session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.id.in_(ids))).all()
    with transaction() as session:
        people = lock(session, {*(question.pair or ()), *(person for row in rows for person in row)})
        request = _request(session, question)
        meetings = {
            meeting.id: meeting
            for meeting in session.scalars(
                whole_meetings()
                .where(Meeting.id.in_(ids), Meeting.state == MeetingState.SCHEDULED, ~Meeting.is_locked)
                .order_by(Meeting.id)
                .with_for_update(of=Meeting)
                .execution_options(populate_existing=True)
            )
        }
        if any(
            meeting_id not in meetings
            or meetings[meeting_id].starts_at != was_at
            or not {meetings[meeting_id].first_id, meetings[meeting_id].second_id} <= people.keys()
            for meeting_id, was_at, _to_at in question.moves
        ):
            raise LostRace
        change = begin(
            session,
            event,
            question.kind,
            [(meetings[meeting_id], to_at) for meeting_id, _was_at, to_at in question.moves],
            by=by,
            yes=[by] if by is not None else [],
            request=request,
            place_at=question.place_at,
            waits=question.waits,
            now=now,
        )
        audit.record(
            session,
            "meeting_change.asked",
            actor_id=people[by].person_id if by is not None else actor_id,
            scope=event.slug,
            object_uid=change.uid,
            moves=len(question.moves),
        )
    return change


def _request(session: Session, question: Question) -> MeetingRequest | None:
    """Take the request that gets a time, as long as its two wait for one."""
    if question.request_id is None or question.pair is None:
        return None
    request = session.scalars(
        select(MeetingRequest)
        .where(MeetingRequest.id == question.request_id)
        .with_for_update(of=MeetingRequest)
        .execution_options(populate_existing=True)
    ).one()
    is_same = (request.low_id, request.high_id) == question.pair
    if not is_same or request.state is not RequestState.ACCEPTED or meet(session, question.pair):
        raise LostRace
    return request


def meet(session: Session, pair: Pair) -> bool:
    """Say whether two have a real meeting."""
    between = Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state.in_(BOOKED)
    return session.scalar(select(Meeting.id).where(*between)) is not None
