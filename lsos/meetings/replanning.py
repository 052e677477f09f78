"""Meetings that lie on a session of one of their two get another time, as many as can, and both are told.

A meeting keeps its place until it has another: whatever finds none stays, and nobody ever has two at once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lsos.agenda.rules import Interval
from lsos.db import db, transaction
from lsos.events.models import Event
from lsos.matchmaking.problem import day_of
from lsos.matchmaking.scheduling import Pair, Problem, Why, solve
from lsos.meetings.booking import free_table, lock, put_elsewhere, retrying
from lsos.meetings.limit_rules import Most
from lsos.meetings.limits import budgets, limits_by_day, limits_of
from lsos.meetings.models import Meeting, MeetingSlot, MeetingTable
from lsos.meetings.places import Sessions, day_lengths, open_slots, open_tables, slots_of, taken_slots, times_on_stage
from lsos.meetings.queries import FIRST, SECOND, whole_meetings
from lsos.meetings.rules import BOOKED, MeetingState, StayReason, change_refusal
from lsos.registration.models import Registration

#: So long other times are looked for, each time.
SECONDS = 1.0
#: What moved leaves its old time to what could not: so often it is looked again.
ROUNDS = 3
#: So many meetings move in one transaction, so that nobody who books meanwhile waits long.
AT_ONCE = 20
#: So many seconds the reader of a page waits for it; what is left then waits for another time.
PATIENCE = 6.0

_REASONS: Mapping[Why, StayReason] = {
    Why.NO_COMMON_SLOT: StayReason.NO_COMMON_SLOT,
    Why.TABLES_FULL: StayReason.NO_TABLE,
}


@dataclass(frozen=True)
class InTheWay:
    """A meeting that lies on a session of one of its two.

    Attributes:
        meeting: with its two people.
        slot: where it could go; None where nothing is free.
        why: why it could not go anywhere.
    """

    meeting: Meeting
    slot: MeetingSlot | None
    why: StayReason | None


@dataclass(frozen=True)
class Replanned:
    """What came of it: meetings that have another time, those that found none, and those whose turn has not come."""

    moved: int
    stayed: int
    left: int = 0


def in_the_way(event: Event, *, now: datetime, sessions: Sessions | None = None) -> list[InTheWay]:
    """List the meetings to come that lie on a session of one of their two, each with where it could go.

    Those that can move come first, in an order in which they can. Without `sessions` the released ones count; else
    they are those of everybody who meets somebody, as they would be.
    """
    standing = _standing(event.id)
    ahead = [one for one in standing if one.state is MeetingState.SCHEDULED and one.when.starts_at > now]
    busy = times_on_stage({each for one in ahead for each in one.pair}, sessions)
    ways = [one for one in ahead if any(one.when.overlaps(time) for each in one.pair for time in busy.get(each, ()))]
    if not ways:
        return []
    fixed = {one.pair: StayReason.LOCKED for one in ways if one.is_locked}
    slots, whys = _places(event, [one for one in ways if not one.is_locked], standing, sessions=sessions, now=now)
    whys |= fixed
    found = db.session.scalars(
        select(Meeting)
        .where(Meeting.id.in_([one.id for one in ways]))
        .options(joinedload(FIRST).joinedload(Registration.person), joinedload(SECOND).joinedload(Registration.person))
    )
    meetings = {(meeting.first_id, meeting.second_id): meeting for meeting in found}
    stay = [one.pair for one in ways if one.pair not in slots]
    return [InTheWay(meetings[pair], slots.get(pair), whys.get(pair)) for pair in (*slots, *stay) if pair in meetings]


def replan(event: Event, *, by: int | None, now: datetime, seconds: float = PATIENCE) -> Replanned:
    """Take the meetings that are in the way to other times, some at a time; both of each are told by letter.

    After so many seconds it ends, and who asks again goes on.
    """
    begun = monotonic()
    found = in_the_way(event, now=now)
    going = [(one.meeting.id, one.meeting.slot_id, one.slot.id) for one in found if one.slot is not None]
    moved = tried = 0
    while tried < len(going) and (not tried or monotonic() - begun < seconds):
        some = going[tried : tried + AT_ONCE]
        moved += retrying(partial(_move_some, event.id, some, by=by, now=now))
        tried += len(some)
    left = len(going) - tried
    return Replanned(moved, len(found) - moved - left, left)


# ---- where they could go


@dataclass(frozen=True)
class _Standing:
    """A real meeting, as far as planning asks."""

    id: int
    pair: Pair
    slot_id: int
    state: MeetingState
    is_locked: bool
    when: Interval
    is_at_stand: bool


def _standing(event_id: int) -> list[_Standing]:
    rows = db.session.execute(
        select(
            Meeting.id,
            Meeting.first_id,
            Meeting.second_id,
            Meeting.slot_id,
            Meeting.state,
            Meeting.is_locked,
            Meeting.starts_at,
            Meeting.ends_at,
            MeetingTable.host_organisation_id.is_not(None),
        )
        .join(Meeting.table)
        .where(Meeting.event_id == event_id, Meeting.state.in_(BOOKED), Meeting.slot_id.is_not(None))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [
        _Standing(row[0], (row[1], row[2]), slot_id, row[4], row[5], Interval(row[6], row[7]), row[8])
        for row in rows
        if (slot_id := row[3]) is not None
    ]


def _places(
    event: Event,
    ways: Sequence[_Standing],
    standing: Sequence[_Standing],
    *,
    sessions: Sessions | None,
    now: datetime,
) -> tuple[dict[Pair, MeetingSlot], dict[Pair, StayReason]]:
    """Find other times for meetings, in an order in which they can be taken, and say why some have none."""
    slots = slots_of(event.id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    people = {each for one in ways for each in one.pair}
    free = {
        person: frozenset(number[slot.id] for slot in found if slot.starts_at > now)
        for person, found in open_slots(event.id, people, sessions=sessions).items()
    }
    where = {one.pair: number[one.slot_id] for one in standing}
    #: Stands count where a meeting is at one; others of their people take a table, unless one of these is free then.
    pool = {
        slot_id: sum(table.host_organisation_id is None for table in them)
        for slot_id, them in open_tables(event.id).items()
    }
    at_stand = Counter(one.slot_id for one in standing if one.is_at_stand)
    tables, days = [pool.get(slot.id, 0) + at_stand[slot.id] for slot in slots], day_lengths(slots, event.timezone)
    waiting = [one.pair for one in ways]
    most = {person: budget.most for person, budget in limits_of(people).items()}
    found: dict[Pair, MeetingSlot] = {}
    whys: dict[Pair, StayReason] = {}
    for _ in range(ROUNDS):
        schedule = solve(_problem(waiting, where, free, most, tables=tables, days=days), seconds=SECONDS)
        news = {(a, b): slot for a, b, slot in schedule.meetings if (a, b) in set(waiting)}
        _bring_near(news, where, free, slots, tables=tables, day=day_of(days))
        found |= {pair: slots[slot] for pair, slot in news.items()}
        where |= news
        waiting = [pair for pair in waiting if pair not in news]
        whys = {pair: _REASONS.get(schedule.unmet[pair], StayReason.CROWDED) for pair in waiting}
        if not news or not waiting:
            break
    return found, whys


def _problem(
    waiting: Sequence[Pair],
    where: Mapping[Pair, int],
    free: Mapping[int, frozenset[int]],
    most: Mapping[int, Most],
    *,
    tables: Sequence[int],
    days: Sequence[int],
) -> Problem:
    """Put before the core what waits for another time: its old places are kept, and so is all that its people have."""
    pairs = set(waiting)
    people = {each for pair in waiting for each in pair}
    old: defaultdict[int, set[int]] = defaultdict(set)
    locked_at: defaultdict[int, set[int]] = defaultdict(set)
    locked, elsewhere = [], Counter[int]()
    for pair, slot in where.items():
        if pair in pairs or people.isdisjoint(pair):
            elsewhere[slot] += 1
        else:
            locked.append((*pair, slot))
        for each in pair:
            (old if pair in pairs else locked_at)[each].add(slot)
    available = {person: (free[person] - old[person]) | locked_at[person] for person in people}
    available |= {
        person: frozenset(locked_at[person]) for a, b, _ in locked for person in (a, b) if person not in people
    }
    return Problem(
        slots=sum(days),
        tables=[max(0, tables[slot] - elsewhere[slot]) for slot in range(sum(days))],
        available=available,
        pairs=dict.fromkeys(waiting, 1.0),
        locked=tuple(locked),
        days=tuple(days),
        limits=tuple(limits_by_day(most, available, days, locked_at)),
    )


def _bring_near(
    news: dict[Pair, int],
    where: Mapping[Pair, int],
    free: Mapping[int, frozenset[int]],
    slots: Sequence[MeetingSlot],
    *,
    tables: Sequence[int],
    day: Callable[[int], int],
) -> None:
    """Take each new time to the free one nearest to the old, one meeting after the other; all old places stay kept.

    It stays on its day, which has room for it, or goes back to its old one.
    """
    places = [*where.items(), *news.items()]
    busy: defaultdict[int, Counter[int]] = defaultdict(Counter)
    used = Counter(slot for _, slot in places)
    for pair, slot in places:
        for each in pair:
            busy[each][slot] += 1
    for (first, second), slot in news.items():
        old = where[first, second]
        was_at, on_days = slots[old].starts_at, {day(old), day(slot)}
        can = [
            each
            for each in free[first] & free[second]
            if day(each) in on_days and not busy[first][each] and not busy[second][each] and used[each] < tables[each]
        ]
        best = min((*can, slot), key=lambda each: (abs(slots[each].starts_at - was_at), each))
        for change, at in ((-1, slot), (1, best)):
            used[at] += change
            busy[first][at] += change
            busy[second][at] += change
        news[first, second] = best


# ---- the move


def _move_some(event_id: int, going: Sequence[tuple[int, int | None, int]], *, by: int | None, now: datetime) -> int:
    """Move some meetings, each from one slot to another, as far as both and a table are still free; says how many."""
    ids = [meeting_id for meeting_id, _, _ in going]
    pairs = db.session.execute(select(Meeting.first_id, Meeting.second_id).where(Meeting.id.in_(ids))).all()
    with transaction() as session:
        people = lock(session, {each for pair in pairs for each in pair})
        found = session.scalars(
            whole_meetings()
            .where(Meeting.id.in_(ids))
            .order_by(Meeting.id)
            .with_for_update(of=Meeting)
            .execution_options(populate_existing=True)
        )
        meetings = {meeting.id: meeting for meeting in found}
        slots = {slot.id: slot for slot in slots_of(event_id)}
        open_ = {
            one: {slot.id for slot in them if slot.starts_at > now}
            for one, them in open_slots(event_id, people).items()
        }
        taken = taken_slots(people)
        budget = budgets(people)
        moved = 0
        for meeting_id, from_id, to_id in going:
            meeting = meetings.get(meeting_id)
            if meeting is None or meeting.slot_id != from_id or not _is_ahead(meeting, now):
                continue
            pair = (meeting.first_id, meeting.second_id)
            if any(to_id not in open_[each] or to_id in taken[each] for each in pair):
                continue
            was_at, at = meeting.starts_at, slots[to_id].starts_at
            if any(budget[each].refuses_move(was_at, at) for each in pair):
                continue
            table = free_table(session, slots[to_id], pair, with_drafts=False)
            if table is None:
                continue
            put_elsewhere(session, meeting, slots[to_id], table, by=None, actor_id=by, now=now)
            for each in pair:
                taken[each] = (taken[each] - {from_id}) | {to_id}
                budget[each].move(was_at, at)
            moved += 1
    return moved


def _is_ahead(meeting: Meeting, now: datetime) -> bool:
    """Say whether a meeting is published, has not begun, and is not off."""
    return (
        meeting.state is MeetingState.SCHEDULED
        and not meeting.is_locked
        and change_refusal(meeting.state, starts_at=meeting.starts_at, now=now) is None
    )
