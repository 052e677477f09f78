"""Reads of slots and tables: what is taken, what is kept free, and where two people can meet."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload

from lsos.agenda.models import Session, SessionPerson
from lsos.agenda.queries import busy_intervals
from lsos.agenda.rules import Interval
from lsos.db import db
from lsos.events.models import Event
from lsos.meetings.models import (
    BlockedSlot,
    Meeting,
    MeetingParticipant,
    MeetingRequest,
    MeetingSettings,
    MeetingSlot,
    MeetingTable,
    TableTime,
)
from lsos.meetings.rules import (
    BOOKED,
    MeetingState,
    RequestState,
)
from lsos.meetings.table_rules import is_theirs
from lsos.registration.models import ParticipationType, Registration
from lsos.zone.queries import pitch_times

#: By registration, the times of its sessions.
Sessions = Mapping[int, Sequence[Interval]]


@dataclass(frozen=True)
class Place:
    """A slot and a table in it."""

    slot: MeetingSlot
    table: MeetingTable


@dataclass(frozen=True)
class Load:
    """How much is asked of somebody, so that others see whether asking has a chance."""

    open_requests: int
    meetings: int
    free_slots: int


def settings_of(event_id: int) -> MeetingSettings | None:
    """Find how 1:1 meetings go at an event; None where there are none."""
    return db.session.get(MeetingSettings, event_id)


def slots_of(event_id: int) -> list[MeetingSlot]:
    """List the slots of an event in the order of time."""
    return list(
        db.session.scalars(select(MeetingSlot).where(MeetingSlot.event_id == event_id).order_by(MeetingSlot.starts_at))
    )


def last_slot_ends_at(event_id: int) -> datetime | None:
    """Say when the last slot of an event ends; None where there are no slots."""
    return db.session.scalar(
        select(MeetingSlot.ends_at)
        .where(MeetingSlot.event_id == event_id)
        .order_by(MeetingSlot.ends_at.desc())
        .limit(1)
    )


def slot_at(event_id: int, starts_at: datetime) -> MeetingSlot | None:
    """Find the slot of an event that starts at a moment."""
    return db.session.scalar(
        select(MeetingSlot).where(MeetingSlot.event_id == event_id, MeetingSlot.starts_at == starts_at)
    )


def tables_of(event_id: int) -> list[MeetingTable]:
    """List the tables of an event by number, with their rooms."""
    return list(
        db.session.scalars(
            select(MeetingTable)
            .where(MeetingTable.event_id == event_id)
            .order_by(MeetingTable.number)
            .options(joinedload(MeetingTable.room), joinedload(MeetingTable.host))
        )
    )


def open_tables(event_id: int) -> dict[int, list[MeetingTable]]:
    """Give, for each slot, the tables that are open then, by number; whose stand one is, is not asked."""
    by_id = {table.id: table for table in tables_of(event_id)}
    rows = db.session.execute(
        select(TableTime.slot_id, TableTime.table_id)
        .join(MeetingTable, MeetingTable.id == TableTime.table_id)
        .where(MeetingTable.event_id == event_id)
        .order_by(MeetingTable.number)
    )
    found: dict[int, list[MeetingTable]] = defaultdict(list)
    for slot_id, table_id in rows:
        found[slot_id].append(by_id[table_id])
    return found


def organisations_of(registration_ids: Collection[int]) -> dict[int, int | None]:
    """Give the organisation of each registration, whose stand they may use."""
    rows = db.session.execute(
        select(Registration.id, Registration.organisation_id).where(Registration.id.in_(registration_ids))
    )
    return {row[0]: row[1] for row in rows}


def table_for(
    tables: Iterable[MeetingTable], organisations: Collection[int | None], taken: Collection[int]
) -> MeetingTable | None:
    """Choose a table for people of these organisations among those that are open: a stand of theirs, else the first."""
    free = [one for one in tables if one.id not in taken and is_theirs(one.host_organisation_id, organisations)]
    return min(free, key=lambda one: (one.host_organisation_id is None, one.number), default=None)


def states_that_count(*, with_drafts: bool) -> list[MeetingState]:
    """List the states in which a meeting takes its place: real ones, and drafts on request."""
    return [*BOOKED, MeetingState.PROPOSED] if with_drafts else [*BOOKED]


def taken_slots(registration_ids: Collection[int], *, with_drafts: bool = False) -> dict[int, set[int]]:
    """Give, for each registration, the slots in which it has a meeting; drafts count on request."""
    taken: dict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        select(MeetingParticipant.registration_id, MeetingParticipant.slot_id)
        .join(MeetingParticipant.meeting)
        .where(
            MeetingParticipant.registration_id.in_(registration_ids),
            MeetingParticipant.slot_id.is_not(None),
            Meeting.state.in_(states_that_count(with_drafts=with_drafts)),
        )
    )
    for registration_id, slot_id in rows:
        if slot_id is not None:
            taken[registration_id].add(slot_id)
    return taken


def blocked_slots(registration_ids: Collection[int]) -> dict[int, set[int]]:
    """Give, for each registration, the slots it keeps free of meetings."""
    blocked: dict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        select(BlockedSlot.registration_id, BlockedSlot.slot_id).where(
            BlockedSlot.registration_id.in_(registration_ids)
        )
    )
    for registration_id, slot_id in rows:
        blocked[registration_id].add(slot_id)
    return blocked


def _in_sessions(registration_ids: Collection[int]) -> dict[int, list[Interval]]:
    """Give, for each registration, the times of the sessions it signed up for, speaks in or chairs."""
    busy = busy_intervals(registration_ids)
    rows = db.session.execute(
        select(Registration.id, Session.starts_at, Session.ends_at)
        .join(SessionPerson, SessionPerson.person_id == Registration.person_id)
        .join(Session, and_(Session.id == SessionPerson.session_id, Session.event_id == Registration.event_id))
        .where(Registration.id.in_(registration_ids))
    )
    for registration_id, starts_at, ends_at in rows:
        if starts_at is not None and ends_at is not None:
            busy[registration_id].append(Interval(starts_at, ends_at))
    return busy


def times_on_stage(registration_ids: Collection[int], sessions: Sessions | None = None) -> dict[int, list[Interval]]:
    """Give, for each registration, the times of its pitch and of its sessions: those given, or the released ones."""
    if sessions is None:
        busy = _in_sessions(registration_ids)
    else:
        busy = defaultdict(list, {one: list(sessions.get(one, ())) for one in registration_ids})
    for registration_id, starts_at, ends_at in pitch_times(registration_ids):
        busy[registration_id].append(Interval(starts_at, ends_at))
    return busy


def _days_of(registration_ids: Collection[int]) -> tuple[dict[int, list[str]], str]:
    """Give the days each participation is for, none meaning every day, and the zone they are counted in."""
    rows = db.session.execute(
        select(Registration.id, ParticipationType.days, Event.timezone)
        .join(Registration.participation_type)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.id.in_(registration_ids))
    ).all()
    return {row[0]: row[1] for row in rows}, rows[0][2] if rows else "UTC"


def open_slots(
    event_id: int,
    registration_ids: Collection[int],
    *,
    sessions: Sessions | None = None,
    added: Sequence[MeetingSlot] = (),
) -> dict[int, list[MeetingSlot]]:
    """Give the slots in which each may meet, meetings aside: of their days, outside their sessions and blocks.

    Without `sessions` those that are released count. `added` are slots that there are only by way of trial.
    """
    slots = sorted([*slots_of(event_id), *added], key=lambda slot: slot.starts_at)
    blocked = blocked_slots(registration_ids)
    on_stage = times_on_stage(registration_ids, sessions)
    days, zone = _days_of(registration_ids)
    day_of: dict[int, str] = {slot.id: str(local_day(slot.starts_at, zone)) for slot in slots}
    in_the_way: dict[Interval, set[int]] = {}

    def hindered(session: Interval) -> set[int]:
        if session not in in_the_way:
            in_the_way[session] = {s.id for s in slots if session.overlaps(Interval(s.starts_at, s.ends_at))}
        return in_the_way[session]

    found = {}
    for registration_id in registration_ids:
        closed = set(blocked.get(registration_id, ()))
        for session in on_stage.get(registration_id, ()):
            closed |= hindered(session)
        own_days = days.get(registration_id)
        found[registration_id] = [
            slot for slot in slots if slot.id not in closed and (not own_days or day_of[slot.id] in own_days)
        ]
    return found


def local_day(moment: datetime, zone: str) -> date:
    """Give the day of a moment as calendars of a zone show it."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_lengths(slots: Iterable[MeetingSlot], zone: str) -> tuple[int, ...]:
    """Count the slots of each day, in the order of time, as the core wants them."""
    return tuple(len(list(group)) for _, group in groupby(slots, key=lambda slot: local_day(slot.starts_at, zone)))


def free_slots(
    event_id: int, registration_ids: Collection[int], *, now: datetime | None = None, with_drafts: bool = False
) -> dict[int, list[MeetingSlot]]:
    """Give the slots in which each could have another meeting; with `now`, only those to come."""
    taken = taken_slots(registration_ids, with_drafts=with_drafts)
    return {
        registration_id: [
            slot
            for slot in slots
            if slot.id not in taken.get(registration_id, ()) and (now is None or slot.starts_at > now)
        ]
        for registration_id, slots in open_slots(event_id, registration_ids).items()
    }


def taken_tables(event_id: int, *, with_drafts: bool = False) -> dict[int, set[int]]:
    """Give, for each slot, the tables that hold a meeting then."""
    taken: dict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        select(Meeting.slot_id, Meeting.table_id).where(
            Meeting.event_id == event_id,
            Meeting.slot_id.is_not(None),
            Meeting.state.in_(states_that_count(with_drafts=with_drafts)),
        )
    )
    for slot_id, table_id in rows:
        if slot_id is not None and table_id is not None:
            taken[slot_id].add(table_id)
    return taken


def common_places(event_id: int, first_id: int, second_id: int, *, now: datetime) -> list[Place]:
    """List where two people could meet: each slot free for both, at a stand of theirs or the lowest free table."""
    free = free_slots(event_id, [first_id, second_id], now=now)
    also = {slot.id for slot in free[second_id]}
    taken = taken_tables(event_id)
    tables, organisations = open_tables(event_id), set(organisations_of([first_id, second_id]).values())
    places = []
    for slot in free[first_id]:
        if slot.id in also:
            table = table_for(tables.get(slot.id, ()), organisations, taken.get(slot.id, ()))
            if table is not None:
                places.append(Place(slot, table))
    return places


def meeting_counts(registration_ids: Collection[int], *, with_drafts: bool = False) -> Counter[int]:
    """Count the meetings that each has, for the limit."""
    rows = db.session.execute(
        select(MeetingParticipant.registration_id, func.count())
        .join(MeetingParticipant.meeting)
        .where(
            MeetingParticipant.registration_id.in_(registration_ids),
            Meeting.state.in_(states_that_count(with_drafts=with_drafts)),
        )
        .group_by(MeetingParticipant.registration_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def loads(event_id: int, registration_ids: Collection[int], *, now: datetime) -> dict[int, Load]:
    """Give the load of each: unanswered requests to them, meetings, and free slots to come."""
    asked: Counter[int] = Counter()
    rows = db.session.execute(
        select(MeetingRequest.to_id, func.count())
        .where(
            MeetingRequest.to_id.in_(registration_ids),
            MeetingRequest.state == RequestState.OPEN,
            MeetingRequest.expires_at > now,
        )
        .group_by(MeetingRequest.to_id)
    )
    for registration_id, count in rows:
        asked[registration_id] = count
    free = free_slots(event_id, registration_ids, now=now)
    meetings = meeting_counts(registration_ids)
    return {i: Load(asked[i], meetings[i], len(free[i])) for i in registration_ids}


class SlotUse(StrEnum):
    """What somebody does in a slot."""

    FREE = "free"
    BLOCKED = "blocked"
    MEETING = "meeting"
    SESSION = "session"
    PAST = "past"


@dataclass(frozen=True)
class OwnSlot:
    """A slot as its owner sees it."""

    slot: MeetingSlot
    use: SlotUse


def own_time(event_id: int, registration_id: int, *, now: datetime) -> list[OwnSlot]:
    """List the slots of an event with what somebody does in each; slots outside their days are left out."""
    mine = [registration_id]
    open_ids = {slot.id for slot in open_slots(event_id, mine)[registration_id]}
    taken = taken_slots(mine).get(registration_id, set())
    blocked = blocked_slots(mine).get(registration_id, set())
    days, zone = _days_of(mine)
    own_days = days.get(registration_id)

    def use(slot: MeetingSlot) -> SlotUse:
        if slot.id in taken:
            return SlotUse.MEETING
        if slot.starts_at <= now:
            return SlotUse.PAST
        if slot.id in blocked:
            return SlotUse.BLOCKED
        return SlotUse.FREE if slot.id in open_ids else SlotUse.SESSION

    return [
        OwnSlot(slot, use(slot))
        for slot in slots_of(event_id)
        if not own_days or str(local_day(slot.starts_at, zone)) in own_days
    ]
