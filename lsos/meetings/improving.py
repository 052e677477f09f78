"""What organisers can ask for so that the published schedule gets better; a yes of all moves it, and nothing else does.

Found, each time anew, from what stands now; what is ticked on a page is weighed once more before anybody is asked.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from sqlalchemy.orm.interfaces import LoaderOption

from lsos.db import db
from lsos.errors import Refused
from lsos.events.models import Event
from lsos.matchmaking.days import Days
from lsos.matchmaking.improving import COMMON, Board, Choice, Improvement, Published, Standing, Wanted, improvements
from lsos.meetings import wishes
from lsos.meetings.booking import retrying
from lsos.meetings.change_asking import Pair, Question, put
from lsos.meetings.change_queries import Pending, pending_at
from lsos.meetings.change_rules import NOTICE, ChangeKind
from lsos.meetings.limits import budgets, first_refusal
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingRequest, MeetingSlot, MeetingTable
from lsos.meetings.places import day_lengths, open_slots, open_tables, slots_of
from lsos.meetings.preferences import day_wishes, mornings, preferences_of
from lsos.meetings.queries import FIRST, SECOND, taking_part, unplaced_requests
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.registration.models import Registration

#: So many are proposed at once: so many letters as one request writes, and so much as one reads.
MOST = 20


@dataclass(frozen=True)
class Move:
    """A meeting that would go from one time to another."""

    meeting: Meeting
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Proposal:
    """Moves that happen together or not at all, as an organiser reads of them.

    Attributes:
        key: by which a page sends it back.
        asked: whose yes it takes.
        saved: so many waits fewer, all people together.
        minutes: so much less waiting.
        gives: an agreed request that gets a time by it, and when.
    """

    key: str
    moves: list[Move]
    asked: list[Registration]
    saved: int
    minutes: int
    gives: tuple[MeetingRequest, datetime] | None
    found: Improvement


@dataclass(frozen=True)
class Asked:
    """What came of it: how many people were asked, about how many proposals, and how many were out of date."""

    people: int
    proposals: int
    lost: int


def proposals(event: Event, *, now: datetime) -> list[Proposal]:
    """Find what could get better by asking people to move, the best first; any of them can come about by itself."""
    schedule = _read(event, now=now)
    return _shown(schedule, improvements(schedule.published, schedule.wanted, most=MOST))


def chosen(event: Event, keys: Sequence[str], *, now: datetime) -> list[Proposal]:
    """Find those of some proposals that are still what they were, and get into nobody's way."""
    schedule = _read(event, now=now)
    board = Board(schedule.published)
    choice = Choice(board)
    for key in dict.fromkeys(keys[:MOST]):
        one = _weighed(schedule, board, key)
        if one is not None and choice.has_room(one):
            choice.take(one)
    return _shown(schedule, choice.taken)


def ask(event: Event, keys: Sequence[str], *, actor_id: int | None, now: datetime) -> Asked:
    """Ask the people of proposals, each by itself; what is out of date by now asks nobody."""
    asked: set[int] = set()
    done = 0
    for each in chosen(event, keys, now=now):
        question = Question(
            ChangeKind.IMPROVEMENT,
            [(move.meeting.id, move.from_at, move.to_at) for move in each.moves],
            request_id=each.gives[0].id if each.gives else None,
            pair=each.found.gives[0] if each.found.gives else None,
            place_at=each.gives[1] if each.gives else None,
            waits={} if each.gives else each.found.waits,
        )
        people = {one.id for one in each.asked}
        try:
            retrying(partial(put, event, question, by=None, actor_id=actor_id, now=now))
        except Refused:
            continue
        asked |= people
        done += 1
    return Asked(len(asked), done, len(set(keys)) - done)


# ---- what stands


@dataclass(frozen=True)
class _Schedule:
    """What stands at an event, in the words of the core, and what the words stand for."""

    published: Published
    slots: list[MeetingSlot]
    wanted: list[Wanted]
    #: By who would meet.
    requests: dict[Pair, MeetingRequest]
    uids: dict[int, str]


def _read(event: Event, *, now: datetime) -> _Schedule:
    slots = slots_of(event.id)
    number = {slot.id: place for place, slot in enumerate(slots)}
    pending = pending_at(event.id, now=now)
    rows = db.session.execute(
        select(
            Meeting.id,
            Meeting.uid,
            Meeting.first_id,
            Meeting.second_id,
            Meeting.slot_id,
            Meeting.state,
            Meeting.is_locked,
            Meeting.starts_at,
            MeetingTable.host_organisation_id,
        )
        .join(Meeting.table)
        .where(
            Meeting.event_id == event.id,
            Meeting.state.in_([*BOOKED, MeetingState.PROPOSED]),
            Meeting.slot_id.is_not(None),
        )
        .order_by(Meeting.starts_at, Meeting.id)
    ).all()
    beside = _brought(event.id)
    standing: dict[int, Standing] = {}
    drafted: list[tuple[Pair, int, int]] = []
    for row in rows:
        pair, place, kind = (row.first_id, row.second_id), number[row.slot_id], row.host_organisation_id or COMMON
        if row.state is MeetingState.PROPOSED:
            drafted.append((pair, place, kind))
            continue
        people = (*pair, *beside[row.id])
        may_move = row.state is MeetingState.SCHEDULED and not row.is_locked and len(people) == 2
        standing[row.id] = Standing(people, place, kind, may_move and pending.people.isdisjoint(people))
    met = {one.people[:2] for one in standing.values()} | {pair for pair, _, _ in drafted}
    requests = _waiting(event, met, pending)
    everybody = {person for one in standing.values() for person in one.people} | {
        person for pair in requests for person in pair
    }
    free = _free(event, everybody, number, drafted)
    ahead = frozenset(place for place, slot in enumerate(slots) if slot.starts_at > now + NOTICE)
    lengths = day_lengths(slots, event.timezone)
    return _Schedule(
        Published(
            meetings=standing,
            open=free,
            tables=_tables(event.id, slots, standing, drafted, pending),
            days=Days(lengths, mornings(slots, lengths, event.timezone)),
            minutes=[int((slot.ends_at - slot.starts_at).total_seconds() // 60) for slot in slots],
            ahead=ahead,
            wishes=day_wishes(preferences_of(everybody), slots, event.timezone),
        ),
        slots,
        _wanted(requests, free, slots, ahead),
        requests,
        {row.id: row.uid for row in rows},
    )


def _brought(event_id: int) -> defaultdict[int, list[int]]:
    """Name, by meeting, who was brought along."""
    rows = db.session.execute(
        select(MeetingParticipant.meeting_id, MeetingParticipant.registration_id)
        .join(MeetingParticipant.meeting)
        .where(Meeting.event_id == event_id, MeetingParticipant.beside_id.is_not(None))
    )
    found = defaultdict[int, list[int]](list)
    for meeting_id, registration_id in rows:
        found[meeting_id].append(registration_id)
    return found


def _waiting(event: Event, met: Collection[tuple[int, ...]], pending: Pending) -> dict[Pair, MeetingRequest]:
    """Give the agreed requests that wait for a time, and for nobody's answer; the longest wait first.

    Of two of whom one never meets the other nothing is looked for, as of two who have no time.
    """
    here, apart = set(taking_part(event.id)), wishes.apart_at(event.id)
    return {
        pair: each
        for each in unplaced_requests(event.id)
        for pair in [(each.low_id, each.high_id)]
        if pair not in met and pair not in apart and here.issuperset(pair) and pending.people.isdisjoint(pair)
    }


def _wanted(
    requests: Iterable[Pair], free: dict[int, frozenset[int]], slots: Sequence[MeetingSlot], ahead: frozenset[int]
) -> list[Wanted]:
    """Say where two who wait for a time could meet, meetings and tables aside, as their limits allow."""
    budget = budgets({person for pair in requests for person in pair})
    found = []
    for pair in requests:
        of_both = [budget[person] for person in pair]
        places = [
            place
            for place in free[pair[0]] & free[pair[1]] & ahead
            if first_refusal(of_both, slots[place].starts_at) is None
        ]
        if places:
            found.append(Wanted(pair, frozenset(places)))
    return found


def _free(
    event: Event, people: Collection[int], number: dict[int, int], drafted: Iterable[tuple[Pair, int, int]]
) -> dict[int, frozenset[int]]:
    """Give the slots in which each can meet; where a draft of theirs stands, they cannot."""
    kept = {(person, place) for pair, place, _kind in drafted for person in pair}
    return {
        person: frozenset(number[slot.id] for slot in found if (person, number[slot.id]) not in kept)
        for person, found in open_slots(event.id, people).items()
    }


def _tables(
    event_id: int,
    slots: Sequence[MeetingSlot],
    standing: dict[int, Standing],
    drafted: Iterable[tuple[Pair, int, int]],
    pending: Pending,
) -> dict[int, list[int]]:
    """Count the tables of each slot, common ones and those of each stand, but for those that are as good as taken."""
    there = open_tables(event_id)
    counts = [Counter(table.host_organisation_id or COMMON for table in there.get(slot.id, ())) for slot in slots]
    at = {slot.starts_at: place for place, slot in enumerate(slots)}
    gone = [(place, kind) for _pair, place, kind in drafted]
    gone += [(at[to_at], standing[key].table) for key, to_at in pending.moves if key in standing and to_at in at]
    gone += [(at[to_at], COMMON) for to_at in pending.places if to_at in at]
    for place, kind in gone:
        counts[place][kind] -= 1
    return {kind: [count[kind] for count in counts] for kind in {COMMON, *(kind for each in counts for kind in each)}}


# ---- what is shown


def _shown(schedule: _Schedule, found: Sequence[Improvement]) -> list[Proposal]:
    """Give proposals with the names that are in them."""
    ids = {meeting_id for one in found for meeting_id in one.moves}
    wanted = [schedule.requests[one.gives[0]].id for one in found if one.gives]
    of_meetings = select(Meeting).where(Meeting.id.in_(ids)).options(*map(_named, (FIRST, SECOND)))
    of_requests = (
        select(MeetingRequest)
        .where(MeetingRequest.id.in_(wanted))
        .options(*map(_named, (MeetingRequest.asker, MeetingRequest.addressee)))
    )
    meetings = {each.id: each for each in db.session.scalars(of_meetings)}
    requests = {each.id: each for each in db.session.scalars(of_requests)}
    return [_one(schedule, one, meetings, requests) for one in found]


def _named(path: InstrumentedAttribute[Registration]) -> LoaderOption:
    return joinedload(path).joinedload(Registration.person)


def _one(
    schedule: _Schedule, one: Improvement, meetings: dict[int, Meeting], requests: dict[int, MeetingRequest]
) -> Proposal:
    slots = schedule.slots
    moves = [
        Move(meetings[meeting_id], slots[schedule.published.meetings[meeting_id].slot].starts_at, slots[to].starts_at)
        for meeting_id, to in one.moves.items()
    ]
    people = {each.id: each for move in moves for each in (move.meeting.first, move.meeting.second)}
    gives = None
    if one.gives is not None:
        gives = requests[schedule.requests[one.gives[0]].id], slots[one.gives[1]].starts_at
    return Proposal(
        key=_key(moves, gives),
        moves=sorted(moves, key=lambda move: (move.from_at, move.meeting.id)),
        asked=sorted(people.values(), key=lambda each: each.person.name),
        saved=one.saved,
        minutes=one.minutes,
        gives=gives,
        found=one,
    )


_KEY = re.compile(r"(?:[\w-]{1,22}@\d{1,10}[ +])*[\w-]{1,22}@\d{1,10}", re.ASCII)


def _key(moves: Iterable[Move], gives: tuple[MeetingRequest, datetime] | None) -> str:
    """Write down what a proposal is: each meeting with where it goes, and after a plus who gets a time."""
    parts = " ".join(f"{move.meeting.uid}@{int(move.to_at.timestamp())}" for move in moves)
    return f"{parts}+{gives[0].uid}@{int(gives[1].timestamp())}" if gives else parts


def _weighed(schedule: _Schedule, board: Board, key: str) -> Improvement | None:
    """Weigh a proposal once more by its key; None where it is none, or none any more."""
    if not _KEY.fullmatch(key) or key.count("+") > 1:
        return None
    ids = {uid: meeting_id for meeting_id, uid in schedule.uids.items()}
    at = {slot.starts_at: place for place, slot in enumerate(schedule.slots)}
    moved, _, given = key.partition("+")

    def read(part: str) -> tuple[str, int | None]:
        uid, _, moment = part.partition("@")
        return uid, at.get(datetime.fromtimestamp(int(moment), UTC))

    moves = {}
    for uid, to in map(read, moved.split(" ")):
        if uid not in ids or to is None:
            return None
        moves[ids[uid]] = to
    if not given:
        return board.weigh(moves)
    uid, to = read(given)
    for wanted in schedule.wanted:
        if schedule.requests[wanted.pair].uid == uid and to in wanted.slots:
            return board.weigh(moves, (wanted.pair, to))
    return None
