"""Two who agreed to meet and have no time: a few others are asked to move, and all of it happens or nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lsos import audit
from lsos.db import db, transaction
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.matchmaking.chains import find_chain
from lsos.meetings import wishes
from lsos.meetings.booking import LostRace, lock, retrying
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_queries import asked_for_times, busy_meetings
from lsos.meetings.change_rules import NOTICE, ChangeKind, ChangeRefusal
from lsos.meetings.changing import begin
from lsos.meetings.limits import budgets
from lsos.meetings.models import Meeting, MeetingRequest, MeetingTable
from lsos.meetings.places import day_lengths, open_slots, open_tables, slots_of
from lsos.meetings.queries import whole_meetings
from lsos.meetings.rules import BOOKED, MeetingState, RequestState

Pair = tuple[int, int]

#: So many meetings of others move at most for one that has no time.
MOST_MOVES = 3


@dataclass(frozen=True)
class WayFound:
    """When two could meet, and the meetings that would move for it: by their ids, from when to when."""

    place_at: datetime
    moves: Sequence[tuple[int, datetime, datetime]]


@dataclass(frozen=True)
class _Standing:
    """A real meeting, as far as the search asks."""

    id: int
    pair: Pair
    slot_id: int
    may_move: bool
    is_at_stand: bool


def _standing(event_id: int, *, now: datetime) -> list[_Standing]:
    rows = db.session.execute(
        select(
            Meeting.id,
            Meeting.first_id,
            Meeting.second_id,
            Meeting.slot_id,
            Meeting.state,
            Meeting.is_locked,
            Meeting.starts_at,
            MeetingTable.host_organisation_id,
        )
        .join(Meeting.table)
        .where(Meeting.event_id == event_id, Meeting.state.in_(BOOKED), Meeting.slot_id.is_not(None))
        .order_by(Meeting.id)
    ).all()
    busy = busy_meetings(event_id, now=now)
    return [
        _Standing(
            id=row.id,
            pair=(row.first_id, row.second_id),
            slot_id=row.slot_id,
            may_move=row.state is MeetingState.SCHEDULED
            and not row.is_locked
            and row.starts_at > now + NOTICE
            and row.id not in busy,
            is_at_stand=row.host_organisation_id is not None,
        )
        for row in rows
    ]


def find_way(event: Event, pair: Pair, *, now: datetime) -> WayFound | None:
    """Find a time for two that comes free when a few meetings move; None where there is none, whatever the reason.

    That one of the two never meets the other is such a reason, and looks like any.
    """
    slots = slots_of(event.id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    standing = _standing(event.id, now=now)
    people = {*pair, *(person for one in standing for person in one.pair)}
    free = {
        person: frozenset(number[slot.id] for slot in found if slot.starts_at > now + NOTICE)
        for person, found in open_slots(event.id, people).items()
    }
    budget = budgets(pair)
    both = [
        place
        for place in sorted(free[pair[0]] & free[pair[1]])
        if all(each.refusal(slots[place].starts_at) is None for each in budget.values())
    ]
    #: A stand is taken as one more table where a meeting is at one.
    pool = {
        slot_id: sum(table.host_organisation_id is None for table in them)
        for slot_id, them in open_tables(event.id).items()
    }
    at_stand = Counter(one.slot_id for one in standing if one.is_at_stand)
    chain = find_chain(
        pair,
        both,
        meetings=[(*one.pair, number[one.slot_id]) for one in standing],
        movable=[one.pair for one in standing if one.may_move],
        free=free,
        tables=[pool.get(slot.id, 0) + at_stand[slot.id] for slot in slots],
        days=day_lengths(slots, event.timezone),
        most=MOST_MOVES,
    )
    if chain is None or not chain.moves or wishes.apart_among(pair):
        return None
    of = {one.pair: one for one in standing}
    return WayFound(
        slots[chain.slot].starts_at,
        [
            (of[moved].id, slots[number[of[moved].slot_id]].starts_at, slots[to].starts_at)
            for moved, to in chain.moves.items()
        ],
    )


def ask_others(request_uid: str, *, by: int | None, actor_id: int | None = None, now: datetime) -> MeetingChange:
    """Ask the people of a few meetings to move, so that an agreed request gets a time; until all agree nothing changes.

    One of the two asks, or an organiser, for whom `by` is None.

    Raises:
        NotFound: there is no such request.
        Refused: it is not theirs, it does not wait for a time, or no way was found.
    """

    def attempt() -> MeetingChange:
        found = db.session.scalar(select(MeetingRequest).where(MeetingRequest.uid == request_uid))
        if found is None:
            raise NotFound(N_("There is no such request."))
        pair = (found.low_id, found.high_id)
        if by is not None and by not in pair:
            raise Refused(ChangeRefusal.NOT_YOURS)
        if found.state is not RequestState.ACCEPTED or _meet(db.session(), pair):
            raise Refused(ChangeRefusal.HAS_TIME)
        if asked_for_times([found.id], now=now):
            raise Refused(ChangeRefusal.ASKED_ALREADY)
        way = find_way(found.event, pair, now=now)
        if way is None:
            raise Refused(ChangeRefusal.NO_WAY)
        return _ask(request_uid, pair, way, by=by, actor_id=actor_id, now=now)

    return retrying(attempt)


def _meet(session: Session, pair: Pair) -> bool:
    between = Meeting.first_id == pair[0], Meeting.second_id == pair[1], Meeting.state.in_(BOOKED)
    return session.scalar(select(Meeting.id).where(*between)) is not None


def _ask(
    request_uid: str, pair: Pair, way: WayFound, *, by: int | None, actor_id: int | None, now: datetime
) -> MeetingChange:
    """Put the question to all whose meetings would move, as long as these are where they were found."""
    ids = [meeting_id for meeting_id, _was_at, _to_at in way.moves]
    rows = db.session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.id.in_(ids))).all()
    with transaction() as session:
        people = lock(session, {*pair, *(person for row in rows for person in row)})
        request = session.scalars(
            select(MeetingRequest)
            .where(MeetingRequest.uid == request_uid)
            .with_for_update(of=MeetingRequest)
            .execution_options(populate_existing=True)
        ).one()
        meetings = {
            meeting.id: meeting
            for meeting in session.scalars(
                whole_meetings()
                .where(Meeting.id.in_(ids), Meeting.state == MeetingState.SCHEDULED)
                .order_by(Meeting.id)
                .with_for_update(of=Meeting)
                .execution_options(populate_existing=True)
            )
        }
        if (
            (request.low_id, request.high_id) != pair
            or request.state is not RequestState.ACCEPTED
            or _meet(session, pair)
            or any(
                meeting_id not in meetings
                or meetings[meeting_id].starts_at != was_at
                or not {meetings[meeting_id].first_id, meetings[meeting_id].second_id} <= people.keys()
                for meeting_id, was_at, _to_at in way.moves
            )
        ):
            raise LostRace
        change = begin(
            session,
            request.event,
            ChangeKind.SWAP if by is not None else ChangeKind.IMPROVEMENT,
            [(meetings[meeting_id], to_at) for meeting_id, _was_at, to_at in way.moves],
            by=by,
            yes=[by] if by is not None else [],
            request=request,
            place_at=way.place_at,
            now=now,
        )
        audit.record(
            session,
            "meeting_change.asked",
            actor_id=people[by].person_id if by is not None else actor_id,
            scope=change.event.slug,
            object_uid=change.uid,
            moves=len(way.moves),
        )
    return change
