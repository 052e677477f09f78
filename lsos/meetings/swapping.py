"""Two who agreed to meet and have no time: a few others are asked to move, and all of it happens or nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lsos.db import db
from lsos.errors import N_, NotFound, Refused
from lsos.events.models import Event
from lsos.matchmaking.chains import find_chain
from lsos.meetings import wishes
from lsos.meetings.booking import retrying
from lsos.meetings.change_asking import Pair, Question, meet, put
from lsos.meetings.change_models import MeetingChange
from lsos.meetings.change_queries import asked_for_times, busy_meetings
from lsos.meetings.change_rules import NOTICE, ChangeKind, ChangeRefusal
from lsos.meetings.limits import budgets
from lsos.meetings.models import Meeting, MeetingRequest, MeetingTable
from lsos.meetings.places import day_lengths, open_slots, open_tables, slots_of
from lsos.meetings.rules import BOOKED, MeetingState, RequestState

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


def ask_others(request_uid: str, *, by: int, now: datetime) -> MeetingChange:
    """Ask the people of a few meetings to move, so that an agreed request gets a time; until all agree nothing changes.

    One of the two asks; organisers do so with `improving`.

    Raises:
        NotFound: there is no such request.
        Refused: it is not theirs, it does not wait for a time, or no way was found.
    """

    def attempt() -> MeetingChange:
        found = db.session.scalar(select(MeetingRequest).where(MeetingRequest.uid == request_uid))
        if found is None:
            raise NotFound(N_("There is no such request."))
        pair = (found.low_id, found.high_id)
        if by not in pair:
            raise Refused(ChangeRefusal.NOT_YOURS)
        if found.state is not RequestState.ACCEPTED or meet(db.session(), pair):
            raise Refused(ChangeRefusal.HAS_TIME)
        if asked_for_times([found.id], now=now):
            raise Refused(ChangeRefusal.ASKED_ALREADY)
        way = find_way(found.event, pair, now=now)
        if way is None:
            raise Refused(ChangeRefusal.NO_WAY)
        question = Question(ChangeKind.SWAP, way.moves, request_id=found.id, pair=pair, place_at=way.place_at)
        return put(found.event, question, by=by, now=now)

    return retrying(attempt)
