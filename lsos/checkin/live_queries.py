"""Reads of the live board: the slot that runs and the next, with who sits where and who is missing."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lsos.audit import AuditEntry
from lsos.checkin.live_rules import ORDER, Standing, minutes_late, standing
from lsos.checkin.models import MeetingPresence, Scan
from lsos.checkin.queries import here_among
from lsos.db import db
from lsos.events.models import Event
from lsos.meetings.models import Meeting, MeetingParticipant, MeetingSlot, MeetingTable
from lsos.meetings.places import local_day, open_tables, slots_of, tables_of
from lsos.meetings.rules import BOOKED, MeetingState
from lsos.meetings.walk_up_rules import due_at
from lsos.registration.models import Registration


@dataclass(frozen=True)
class AtTable:
    """A meeting of the slot that runs: who came, who is missing and since when."""

    meeting: Meeting
    standing: Standing
    present: list[Registration]
    missing: list[Registration]
    minutes_late: int


@dataclass(frozen=True)
class Wanted:
    """Somebody to look for: who, where they should be, and whether they are in the house today."""

    person: Registration
    at: AtTable
    is_in_house: bool


@dataclass(frozen=True)
class Board:
    """What staff see of the tables now, and of the slot that comes."""

    slot: MeetingSlot | None
    following: MeetingSlot | None
    tables: list[AtTable]
    empty: list[MeetingTable]
    wanted: list[Wanted]
    #: The meetings of the following slot, in the order of their tables.
    ahead: list[Meeting]

    def count(self, *kinds: str) -> int:
        """Count the meetings of the slot that stand so."""
        return sum(one.standing.value in kinds for one in self.tables)


def stamp(event: Event) -> str:
    """Name the last that happened at an event: while it stays the same, the board does, within a minute."""
    noted = select(AuditEntry.id).where(AuditEntry.scope == event.slug).order_by(AuditEntry.at.desc()).limit(1)
    scanned = select(Scan.id).where(Scan.event_id == event.id).order_by(Scan.received_at.desc()).limit(1)
    return f"{db.session.scalar(noted)}:{db.session.scalar(scanned)}"


def board(event: Event, *, room_id: int | None = None, now: datetime) -> Board:
    """Read how it stands at the tables of an event, or of one of its rooms; as many statements for few as for many."""
    slots, today = slots_of(event.id), local_day(now, event.timezone)
    running = next((slot for slot in slots if slot.starts_at <= now < slot.ends_at), None)
    following = next(
        (slot for slot in slots if slot.starts_at > now and local_day(slot.starts_at, event.timezone) == today), None
    )
    tables = [table for table in tables_of(event.id) if room_id is None or table.room_id == room_id]
    known = {table.id for table in tables}
    found = [
        one
        for one in _meetings([slot.id for slot in (running, following) if slot is not None])
        if one.table_id in known
    ]
    ongoing = [one for one in found if running is not None and one.slot_id == running.id]
    there = _presences([one.id for one in ongoing])
    at_tables = sorted(
        (_at_table(one, there[one.id], now) for one in ongoing),
        key=lambda one: (ORDER.index(one.standing), -one.minutes_late, _number(one.meeting)),
    )
    missing = [
        (person, one) for one in at_tables if one.standing in {Standing.LATE, Standing.NOBODY} for person in one.missing
    ]
    in_house = here_among([person.id for person, _ in missing], today)
    taken = {one.table_id for one in ongoing}
    open_now = open_tables(event.id).get(running.id, []) if running is not None else []
    return Board(
        slot=running,
        following=following,
        tables=at_tables,
        empty=[table for table in open_now if table.id in known - taken],
        wanted=[Wanted(person, one, person.id in in_house) for person, one in missing],
        ahead=sorted((one for one in found if following and one.slot_id == following.id), key=_number),
    )


def _meetings(slot_ids: Collection[int]) -> Iterable[Meeting]:
    return db.session.scalars(
        select(Meeting)
        .where(Meeting.slot_id.in_(slot_ids), Meeting.state.in_(BOOKED))
        .options(
            joinedload(Meeting.table).joinedload(MeetingTable.room),
            selectinload(Meeting.participants)
            .joinedload(MeetingParticipant.registration)
            .options(
                joinedload(Registration.person),
                joinedload(Registration.organisation),
                joinedload(Registration.participation_type),
                joinedload(Registration.stakeholder_type),
            ),
        )
    )


def _presences(meeting_ids: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for meeting_id, registration_id in db.session.execute(
        select(MeetingPresence.meeting_id, MeetingPresence.registration_id).where(
            MeetingPresence.meeting_id.in_(meeting_ids)
        )
    ):
        found[meeting_id].add(registration_id)
    return found


def _at_table(meeting: Meeting, present: Collection[int], now: datetime) -> AtTable:
    #: In one order, so that a page that is asked again shows nobody elsewhere.
    people = sorted((one.registration for one in meeting.participants), key=lambda one: one.id)
    due = due_at(meeting.starts_at, meeting.created_at)
    return AtTable(
        meeting,
        standing(
            due_at=due,
            present=present,
            expected=[one.id for one in people],
            is_held=meeting.state is MeetingState.HELD,
            is_off=meeting.state is MeetingState.NO_SHOW,
            now=now,
        ),
        [one for one in people if one.id in present],
        [one for one in people if one.id not in present],
        minutes_late(due, now),
    )


def _number(meeting: Meeting) -> int:
    return meeting.table.number if meeting.table is not None else 0
