"""A change to which all said yes, done in one step: its meetings leave their places together, and take the new ones."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lsos import audit
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.meetings import mails, wishes
from lsos.meetings.booking import (
    free_table,
    make_room,
    put,
    put_elsewhere,
    remove_drafts,
)
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_queries import people_of
from lsos.meetings.change_rules import ChangeKind, ChangeRefusal
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.places import free_slots, slot_at
from lsos.meetings.queries import whole_meetings
from lsos.meetings.rules import BOOKED, MeetingOrigin, MeetingState, RequestState, change_refusal


def apply(
    session: Session, change: MeetingChange, *, locked: Collection[int], actor_id: int | None, now: datetime
) -> None:
    """Take the meetings of a change to their new times, and book what gets one by it; its people are locked.

    Raises:
        Refused: it is not possible any more; the caller takes back what was done.
    """
    to = {move.meeting_id: move.to_at for move in change.moves}
    from_at = {move.meeting_id: move.from_at for move in change.moves}
    meetings = session.scalars(
        whole_meetings()
        .where(Meeting.id.in_(to))
        .order_by(Meeting.id)
        .with_for_update(of=Meeting)
        .execution_options(populate_existing=True)
    ).all()
    concerned = {person for meeting in meetings for person in people_of(meeting)}
    if (
        len(meetings) < len(to)
        or not concerned <= set(locked)
        or any(_stays(meeting, from_at[meeting.id], now) for meeting in meetings)
    ):
        raise Refused(ChangeRefusal.OVERTAKEN)
    tables = {meeting.id: meeting.table_id for meeting in meetings}
    _lift(session, meetings)
    by = change.by if change.kind is ChangeKind.RESCHEDULE else None
    for meeting in sorted(meetings, key=lambda each: (to[each.id], each.id)):
        pair = (meeting.first_id, meeting.second_id)
        if any(each.refuses_move(from_at[meeting.id], to[meeting.id]) for each in budgets(pair).values()):
            raise Refused(ChangeRefusal.OVERTAKEN)
        slot, table = _place(session, change.event, pair, to[meeting.id], tables[meeting.id], now=now)
        with session.no_autoflush:
            #: State and place together: the database knows no meeting without the one or the other.
            meeting.state = MeetingState.SCHEDULED
            put_elsewhere(session, meeting, slot, table, by=by, is_agreed=True, actor_id=actor_id, now=now)
        session.execute(
            update(MeetingParticipant)
            .where(MeetingParticipant.meeting_id == meeting.id)
            .values(slot_id=slot.id)
            .execution_options(synchronize_session="fetch")
        )
    if change.request_id is not None and change.place_at is not None:
        _book(session, change.event, change.request_id, change.place_at, locked, actor_id=actor_id, now=now)


def _stays(meeting: Meeting, was_at: datetime, now: datetime) -> bool:
    """Say whether a meeting is not where it was when people were asked, or may not leave."""
    return (
        meeting.state is not MeetingState.SCHEDULED
        or meeting.starts_at != was_at
        or meeting.is_locked
        or change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) is not None
    )


def _lift(session: Session, meetings: Collection[Meeting]) -> None:
    """Take meetings off their places, so that they can take one another's; nobody sees them without one."""
    for meeting in meetings:
        meeting.state, meeting.slot_id, meeting.table_id = MeetingState.CANCELLED, None, None
    session.flush()


def _place(
    session: Session,
    event: Event,
    pair: tuple[int, int],
    starts_at: datetime,
    kept: int | None,
    *,
    now: datetime,
) -> tuple[MeetingSlot, MeetingTable]:
    """Find the slot, if it is still free for all, and a table: the one they had, where that is free then, too."""
    slot = slot_at(event.id, starts_at)
    if slot is None or slot.starts_at <= now:
        raise Refused(ChangeRefusal.OVERTAKEN)
    free = free_slots(event.id, pair)
    if any(slot.id not in {each.id for each in found} for found in free.values()):
        raise Refused(ChangeRefusal.OVERTAKEN)
    table = free_table(session, slot, pair, with_drafts=False, first=kept)
    if table is None:
        raise Refused(ChangeRefusal.OVERTAKEN)
    return slot, table


def _book(
    session: Session,
    event: Event,
    request_id: int,
    starts_at: datetime,
    locked: Collection[int],
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Give an agreed request the time that came free for it."""
    request = session.get_one(
        MeetingRequest, request_id, with_for_update={"of": MeetingRequest}, populate_existing=True
    )
    pair = (request.low_id, request.high_id)
    between = Meeting.first_id == pair[0], Meeting.second_id == pair[1]
    is_met = session.scalar(select(Meeting.id).where(*between, Meeting.state.in_(BOOKED)))
    full = first_refusal(budgets(pair).values(), starts_at)
    is_agreed = request.state is RequestState.ACCEPTED and set(pair) <= set(locked)
    if not is_agreed or is_met or full or wishes.apart_among(pair):
        raise Refused(ChangeRefusal.OVERTAKEN)
    drafts = session.scalars(select(Meeting.id).where(*between, Meeting.state == MeetingState.PROPOSED)).all()
    remove_drafts(session, drafts)
    slot, table = _place(session, event, pair, starts_at, None, now=now)
    make_room(session, slot, table, pair)
    meeting = put(session, event, pair, slot, table, request_id=request.id, origin=MeetingOrigin.REQUEST, now=now)
    mails.scheduled(session, meeting, now=now)
    audit.record(session, "meeting.scheduled", actor_id=actor_id, scope=event.slug, object_uid=meeting.uid)
