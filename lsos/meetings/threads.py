"""Reads of what was asked and answered about requests, whose turn it is, and how many requests may be open."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from lsos.db import db
from lsos.meetings.models import MeetingRequest, RequestNote
from lsos.meetings.places import settings_of
from lsos.meetings.rules import MAX_OPEN_REQUESTS, MOST_QUESTIONS, RequestState, request_limit
from lsos.registration.models import Registration


@dataclass(frozen=True)
class Thread:
    """What was asked and answered about one request, in its order."""

    request: MeetingRequest
    notes: Sequence[RequestNote] = ()

    @property
    def waits_for_asker(self) -> bool:
        """Say whether the last word is a question of whom the request was sent to."""
        return bool(self.notes) and self.notes[-1].author_id != self.request.from_id

    @property
    def questions(self) -> int:
        """Count what whom it was sent to asked so far."""
        return sum(note.author_id != self.request.from_id for note in self.notes)

    @property
    def may_ask(self) -> bool:
        """Say whether whom it was sent to may ask now, as long as it is open."""
        return not self.waits_for_asker and self.questions < MOST_QUESTIONS


def threads_of(requests: Collection[MeetingRequest]) -> dict[int, Thread]:
    """Give the thread of each request by its id, in one statement for any number."""
    notes: dict[int, list[RequestNote]] = defaultdict(list)
    if requests:
        for note in db.session.scalars(
            select(RequestNote)
            .where(RequestNote.request_id.in_([request.id for request in requests]))
            .order_by(RequestNote.id)
            .options(joinedload(RequestNote.author).joinedload(Registration.person))
        ):
            notes[note.request_id].append(note)
    return {request.id: Thread(request, notes.get(request.id, ())) for request in requests}


def waits_for_asker() -> ColumnElement[bool]:
    """Say in SQL what `Thread.waits_for_asker` says of one; a test holds the two together."""
    last = (
        select(RequestNote.author_id)
        .where(RequestNote.request_id == MeetingRequest.id)
        .order_by(RequestNote.id.desc())
        .limit(1)
        .correlate(MeetingRequest)
        .scalar_subquery()
    )
    return func.coalesce(last != MeetingRequest.from_id, False)


@dataclass(frozen=True)
class Quota:
    """How many requests of somebody may wait for an answer at once, and how many do."""

    most: int
    open: int

    @property
    def left(self) -> int:
        """Count how many more they may ask now."""
        return max(self.most - self.open, 0)


def quota_of(registration: Registration, *, now: datetime) -> Quota:
    """Count the open requests of somebody, who comes with their way to take part, against how many may be."""
    settings = settings_of(registration.event_id)
    is_open = select(func.count()).where(
        MeetingRequest.from_id == registration.id,
        MeetingRequest.state == RequestState.OPEN,
        MeetingRequest.expires_at > now,
    )
    return Quota(
        most=request_limit(
            registration.participation_type.max_open_requests,
            settings.max_open_requests if settings else MAX_OPEN_REQUESTS,
        ),
        open=db.session.scalar(is_open) or 0,
    )
